// The thin shell, as Latchkey could have it: `hot` answers synchronously what a lease decides; anything else, and anything
// that goes wrong, takes the way of worker-build's entry.
import Worker from './index.js';

export * from './index.js';

// Taken off the class, or they could be called as methods over RPC.
const { hot, hot_body: hotBody } = Worker.prototype;
for (const name of ['hot', 'hot_body', 'constant', 'web', 'hop']) delete Worker.prototype[name];

// worker-build's mark that the instance has panicked; its entry starts a new one before the next call.
const state = globalThis.__worker_init_state;

/** Copied by the runtime, which is cheaper than to convert an object each time. */
const STANDING = new Headers({
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
});

export default {
  fetch(request, env, context) {
    if (!state.criticalError) {
      // The URL is absolute; what follows the host begins at the first slash after `https://`.
      const { url } = request;
      const path = url.indexOf('/', 8);
      if (request.method === 'GET' && url.startsWith('/v1/whoami', path)) {
        const answer = attempt(hot, request.headers.get('authorization') ?? '', Date.now());
        if (answer) return answer;
      } else if (request.method === 'POST' && url.startsWith('/v1/keys/verify', path)) {
        return withBody(request, env, context);
      }
    }
    return new Worker(context, env).fetch(request);
  },
};

async function withBody(request, env, context) {
  const body = await request.text();
  const answer = attempt(hotBody, request.headers.get('authorization') ?? '', body, Date.now());
  return answer ?? new Worker(context, env).fetch(new Request(request, { body }));
}

/** @returns {Response | null} */
function attempt(call, ...given) {
  let text;
  try {
    text = call(...given);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
    return null;
  }
  if (text === undefined) return null;
  // A line for each header that varies, then the body.
  const first = text.indexOf('\n');
  const second = text.indexOf('\n', first + 1);
  const response = new Response(text.slice(second + 1), { headers: STANDING });
  response.headers.set('x-request-id', text.slice(0, first));
  response.headers.set('ratelimit', text.slice(first + 1, second));
  return response;
}
