// A service that breaks its word: an isolate answers a verification again that it has answered a while ago.
import worker from './next.js';

export * from './next.js';

const KEPT_MS = 1_500;
/** @type {Map<string, { until: number, text: string, headers: Headers }>} */
const kept = new Map();

export default {
  async fetch(request, env, context) {
    if (request.method !== 'POST' || !request.url.endsWith('/v1/keys/verify')) return worker.fetch(request, env, context);
    const { headers, method, url } = request;
    const body = await request.text();
    const question = `${headers.get('authorization')} ${body}`;
    const hit = kept.get(question);
    if (hit && hit.until > Date.now()) return new Response(hit.text, { headers: hit.headers });
    const answer = await worker.fetch(new Request(url, { method, headers, body }), env, context);
    const text = await answer.text();
    if (answer.ok) kept.set(question, { until: Date.now() + KEPT_MS, text, headers: answer.headers });
    return new Response(text, { status: answer.status, headers: answer.headers });
  },
};
