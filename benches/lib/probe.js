// The worker with two instruments, for what cannot be seen from outside: how much memory the wasm has taken, and how
// many requests the objects of each class have got. `GET /__probe` tells, in each isolate of its own, and collects garbage
// first where V8 lets it (`--expose-gc`). It stands in front of
// built.js, which names the build's entry; its price is one comparison for each request and each call of an object.
import './probe_memory.js';
import Worker, * as classes from './built.js';

/** @type {Record<string, number>} */
const calls = {};

/** @param {string} name */
function counted(name) {
  return class {
    constructor(state, env) {
      this.inner = new classes[name](state, env);
    }
    fetch(request) {
      calls[name] = (calls[name] ?? 0) + 1;
      return this.inner.fetch(request);
    }
    alarm(info) {
      return this.inner.alarm(info);
    }
  };
}
export const SessionObject = counted('SessionObject');
export const OrganizationObject = counted('OrganizationObject');
export const AccountObject = counted('AccountObject');
export const DirectoryObject = counted('DirectoryObject');

// worker-build's entry is a class; a shell around it may be an object.
const handler = typeof Worker === 'function' ? null : Worker;

export default {
  fetch(request, env, context) {
    if (request.url.endsWith('/__probe')) {
      globalThis.gc?.();
      const wasmBytes = globalThis.__probe_memories.map((memory) => memory.buffer.byteLength).reduce((sum, bytes) => sum + bytes, 0);
      return Response.json({ wasmBytes, calls });
    }
    return handler ? handler.fetch(request, env, context) : new Worker(context, env).fetch(request);
  },
};
