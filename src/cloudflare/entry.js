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

export default {
  fetch(request, env, context) {
    const { method, url } = request;
    // What follows the host begins at the first slash after the scheme.
    const path = url.indexOf('/', 8);
    if (!state.criticalError) {
      if (method === 'GET' && url.startsWith('/v1/whoami', path)) {
        return answer(request, undefined, context) ?? new Worker(context, env).fetch(request);
      }
      if (method === 'POST' && url.startsWith('/v1/keys/verify', path) && Number(request.headers.get('content-length') ?? Infinity) <= LONGEST) {
        return withBody(request, env, context);
      }
    }
    if ((method === 'GET' || method === 'HEAD') && !API.test(url.slice(path))) return page(request, env, context);
    return new Worker(context, env).fetch(request);
  },
};

/** What is the API's, whoever asks; a path that it does not know is its 404. */
const API = /^\/(?:v1|auth|organizations|operator|leaks|healthz|openapi\.json)(?:[/?#]|$)/;
/** The places of the dashboard; which pages there are below them, its own router knows. */
const PAGES = /^\/(?:o\/[^?#]*|sign-in|register|set-up|forgot-password|password-reset|invitation|account|docs(?:\/[^?#]*)?)?(?:[?#]|$)/;

/**
 * The dashboard is one document, whichever of its pages is asked for. Whoever navigates to a page that does not exist gets
 * it too, as a 404 that people can read. The headers are those of public/_headers.
 */
async function page(request, env, context) {
  const { method, url, headers } = request;
  const known = PAGES.test(url.slice(url.indexOf('/', 8)));
  if (env.ASSETS && (known || headers.get('sec-fetch-mode') === 'navigate')) {
    const tag = headers.get('if-none-match');
    const found = await env.ASSETS.fetch(new URL('/', url), { method, headers: tag && known ? { 'if-none-match': tag } : {} });
    const html = found.headers.get('content-type')?.startsWith('text/html');
    if (known && (found.status === 304 || (found.ok && html))) return found;
    if (found.ok && html) return new Response(found.body, { status: 404, headers: found.headers });
  }
  // A deployment without a dashboard, or something that is no page.
  return new Worker(context, env).fetch(request);
}

async function withBody(request, env, context) {
  const body = new Uint8Array(await request.arrayBuffer());
  return answer(request, body, context) ?? new Worker(context, env).fetch(new Request(request, { body }));
}

/** The answer or a promise of it; null if the request has to take the long way. */
function answer({ method, url, headers }, body, context) {
  let head = `${method}\n${url}\n`;
  for (const name of READ) {
    const value = headers.get(name);
    if (value !== null) head += `${name}\n${value}\n`;
  }
  let text;
  try {
    text = direct(head, body, context);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    state.criticalError = true;
    throw error;
  }
  if (text === undefined) return null;
  return typeof text === 'string' ? response(text) : text.then(response);
}

/**
 * Headers by what they were made of: the runtime copies them, which is cheaper than to convert them each time.
 * @type {Map<string, Headers>}
 */
const made = new Map();
/** More than there are kinds of answers that occur often. */
const MADE_MAX = 256;

/** @param {string} common  lines of headers that were seen before, most likely */
function headersOf(common) {
  let headers = made.get(common);
  if (headers === undefined) {
    headers = new Headers();
    add(headers, standing() + common);
    if (made.size >= MADE_MAX) made.clear();
    made.set(common, headers);
  }
  return headers;
}

/** @param {string} text  as direct.rs writes it */
function response(text) {
  const line = text.indexOf('\n') + 1;
  const own = text[line] === '\n' ? line : text.indexOf('\n\n', line) + 1;
  const end = text[own + 1] === '\n' ? own + 1 : text.indexOf('\n\n', own + 1) + 1;
  const answered = new Response(text.slice(end + 1), { status: Number(text.slice(0, line)), headers: headersOf(text.slice(line, own)) });
  add(answered.headers, text.slice(own + 1, end));
  return answered;
}

/** @param {Headers} headers @param {string} lines  names and values by turns, each ending its line */
function add(headers, lines) {
  for (let at = 0; at < lines.length;) {
    const middle = lines.indexOf('\n', at);
    const end = lines.indexOf('\n', middle + 1);
    headers.set(lines.slice(at, middle), lines.slice(middle + 1, end));
    at = end + 1;
  }
}
