// Evaluated before the worker's own module: keeps the memories of the wasm instances that it makes.
globalThis.__probe_memories = [];
WebAssembly.Instance = class extends WebAssembly.Instance {
  constructor(...given) {
    super(...given);
    if (this.exports.memory) globalThis.__probe_memories.push(this.exports.memory);
  }
};
