// A service that breaks its word: it says that a key is revoked, and revokes it a moment later.
import worker from './next.js';

export * from './next.js';

const LATER_MS = 1_000;

export default {
  async fetch(request, env, context) {
    if (request.method !== 'DELETE') return worker.fetch(request, env, context);
    const { headers, url } = request;
    const read = await worker.fetch(new Request(url, { headers }), env, context);
    if (!read.ok) return worker.fetch(new Request(url, { method: 'DELETE', headers }), env, context);
    const record = await read.json();
    const done = new Promise((resolve) => setTimeout(resolve, LATER_MS)).then(() => worker.fetch(new Request(url, { method: 'DELETE', headers }), env, context));
    context.waitUntil(done);
    const effectiveAt = new Date().toISOString();
    return Response.json({ ...record, status: 'revoked', active: false, revokedAt: effectiveAt, effectiveAt });
  },
};
