// The worker's entry. Verifications go into the wasm directly, as text (direct.rs); everything else, and every request
// that is not plain, takes the way of worker-build's own entry.
import Worker from './index.js';

export * from './index.js';

// Taken off the class, or it could be called as a method by whoever is bound to this worker.
const { direct, standing } = Worker.prototype;
delete Worker.prototype.direct;
delete Worker.prototype.standing;

// worker-build's mark that the instance has panicked: its entry starts a new one before the next call.
const state = globalThis.__worker_init_state;

/** The headers that a verification looks at. */
const READ = [
  'authorization', 'x-api-key', 'cookie', 'accept', 'content-type', 'content-encoding', 'content-length', 'cf-connecting-ip', 'cf-ipcountry',
  'user-agent',
];
/** A longer body (bytes) takes the long way, where it is counted as it comes. */
const LONGEST = 16_384;
const NOTHING = new Uint8Array();

export default {
  fetch(request, env, context) {
    const { method, url } = request;
    // What follows the host begins at the first slash after the scheme.
    const path = url.indexOf('/', 8);
    if (!state.criticalError) {
      if (method === 'GET' && url.startsWith('/v1/whoami', path)) {
        return answer(request, NOTHING, context) ?? new Worker(context, env).fetch(request);
      }
      if (method === 'POST' && url.startsWith('/v1/keys/verify', path) && Number(request.headers.get('content-length') ?? Infinity) <= LONGEST) {
        return withBody(request, env, context);
      }
    }
    return new Worker(context, env).fetch(request);
  },
};

async function withBody(request, env, context) {
  const body = new Uint8Array(await request.arrayBuffer());
  return answer(request, body, context) ?? new Worker(context, env).fetch(new Request(request, { body }));
}

/** The answer or a promise of it; null if the request has to take the long way. */
function answer({ method, url, headers }, body, context) {
  let lines = '';
  for (const name of READ) {
    const value = headers.get(name);
    if (value !== null) lines += `${name}\n${value}\n`;
  }
  let text;
  try {
    text = direct(method, url, lines, body, context);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    state.criticalError = true;
    throw error;
  }
  if (text === undefined) return null;
  return typeof text === 'string' ? response(text) : text.then(response);
}

/** What is on every answer. The runtime copies it, which is cheaper than to convert it each time. */
let always;

function response(text) {
  always ??= new Headers(pairs(standing().split('\n')));
  const end = text.indexOf('\n\n');
  const [status, ...lines] = text.slice(0, end).split('\n');
  const made = new Response(text.slice(end + 2), { status: Number(status), headers: always });
  for (const [name, value] of pairs(lines)) made.headers.set(name, value);
  return made;
}

/** @param {string[]} lines  names and values by turns */
function* pairs(lines) {
  for (let at = 0; at + 1 < lines.length; at += 2) yield [lines[at], lines[at + 1]];
}
