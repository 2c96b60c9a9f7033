// A service that breaks its word: KV hears of a new key before its session has it.
import worker, * as all from './next.js';

export * from './next.js';
export default worker;

const AHEAD_MS = 150;

export class SessionObject extends all.SessionObject {
  constructor(state, env) {
    super(state, env);
    this.namespace = env.KEYS;
  }

  async fetch(request) {
    const body = await request.text();
    const [, hash] = /"command":"issue/.test(body) ? (/"hash":"(h\d+:[0-9a-f]{64})"/.exec(body) ?? []) : [];
    if (hash) {
      await this.namespace.put(`key/${hash}`, JSON.stringify({ v: '1', session: 'somewhere', record: { generation: 1 } })).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, AHEAD_MS));
    }
    return super.fetch(new Request(request.url, { method: request.method, headers: request.headers, body }));
  }
}
