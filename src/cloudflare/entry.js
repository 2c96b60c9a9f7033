// The worker's entry. Verifications go into the wasm directly, as text (direct.rs); everything else, and every request
// that is not plain, takes the way of worker-build's own entry.
import Worker from './index.js';

export * from './index.js';

// Taken off the class, or it could be called as a method by whoever is bound to this worker.
const { direct, standing, gate, settle, unreached } = Worker.prototype;
for (const name of ['direct', 'standing', 'gate', 'settle', 'unreached']) delete Worker.prototype[name];

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
    if (url.startsWith('/gateway/', path)) return gateway(request, env, context);
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
const API = /^\/(?:v1|gateway|auth|organizations|operator|leaks|healthz|openapi\.json)(?:[/?#]|$)/;
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

/** What the gateway looks at, of a request that it may hand over. */
const LOOKED_AT = [...READ, 'host', 'connection', 'upgrade', 'via'];
/** Statuses without a body, with which a response must not be made with one (Fetch, "null body status"). */
const BARE = new Set([101, 204, 205, 304]);
/** Methods with which no body can be fetched. */
const BODILESS = new Set(['GET', 'HEAD']);
/** The cookie of the dashboard, which is on the same host: no origin sets it. */
const OURS = /^\s*__Host-latchkey\s*=/;

/**
 * What is decided is decided in the wasm (gateway.rs), by the names of the header fields and the values of a few. Bodies go
 * from stream to stream, both ways, and WebSockets from end to end.
 */
async function gateway(request, env, context) {
  let decided = state.criticalError ? undefined : asked(request, context);
  if (decided === undefined) {
    // Nobody has set the service up in this isolate, or the last one who was here has broken it.
    await new Worker(context, env).fetch(new Request(new URL('/healthz', request.url)));
    decided = asked(request, context);
  }
  const text = await decided;
  return text.startsWith('forward\n') ? forward(request, JSON.parse(text.slice(8)), context) : bodiless(request, response(text));
}

/** A HEAD is answered like a GET, without a body. */
function bodiless(request, answered) {
  return request.method === 'HEAD' ? new Response(null, answered) : answered;
}

function asked({ method, url, headers }, context) {
  let head = `${method}\n${url}\n`;
  for (const [name, value] of headers) head += `${name}\n${LOOKED_AT.includes(name) ? value : ''}\n`;
  return guarded(() => gate(head, context));
}

/** Calls the wasm; an instance that has panicked is started anew before the next call. */
function guarded(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) state.criticalError = true;
    throw error;
  }
}

async function forward(request, { url, timeoutMs, upgrade, remove, set, answer: ours, requestId, outcome }, context) {
  const headers = new Headers(request.headers);
  for (const name of remove) headers.delete(name);
  for (const [name, value] of set) headers.set(name, value);
  if (upgrade) headers.set('upgrade', 'websocket');
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), timeoutMs);
  const began = Date.now();
  const settled = (status) => {
    if (!state.criticalError) guarded(() => settle(outcome, requestId, status, Date.now() - began, context));
  };
  let answered;
  try {
    // Nothing is kept for another client, who may be somebody else; and where a redirect leads is the client's to decide.
    answered = await fetch(url, {
      method: request.method, headers, body: BODILESS.has(request.method) ? null : request.body, redirect: 'manual', cache: 'no-store', signal: ending.signal,
    });
  } catch {
    const timedOut = ending.signal.aborted;
    settled(timedOut ? 504 : 502);
    const told = await guarded(() => unreached(requestId, request.headers.get('accept') ?? '', timedOut));
    return bodiless(request, response(told));
  } finally {
    clearTimeout(timer);
  }
  settled(answered.status);
  const { status, statusText, webSocket } = answered;
  const passed = new Headers(answered.headers);
  const cookies = answered.headers.getSetCookie();
  if (cookies.some((cookie) => OURS.test(cookie))) {
    passed.delete('set-cookie');
    for (const cookie of cookies.filter((each) => !OURS.test(each))) passed.append('set-cookie', cookie);
  }
  // What depends on a key is for nobody else, unless the origin says so.
  if (!passed.has('cache-control')) passed.set('cache-control', 'private');
  for (const [name, value] of ours) passed.set(name, value);
  if (webSocket) return new Response(null, { status, headers: passed, webSocket });
  return new Response(BARE.has(status) ? null : answered.body, { status, statusText, headers: passed });
}
