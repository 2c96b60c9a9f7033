// One call of the service: sent, repeated once where that can do no harm, given up in time.
//
// Repeated is what may be sent twice: reads, deletions, whatever carries an `Idempotency-Key`, and what its caller says
// may be. Then a connection that broke is tried once more, and so is a 503 that says to come back shortly.
import { LatchkeyError, invalidArgument, isRecord, refusal, unreachable } from './errors.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Call {
  method: string;
  /** Without origin and query. */
  path: string;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** Whether sending it twice is the same as sending it once, or nearly. */
  repeatable: boolean;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** What must not stand in an error, besides the credential. */
  secrets?: readonly string[];
}

export interface Reply {
  headers: Headers;
  body: unknown;
  /** As it came. */
  text: string;
  /** When the request was sent that this answers. */
  sentAt: Moment;
}

/** A moment by two clocks: one that never runs backwards, one that goes on while the machine sleeps. */
export interface Moment {
  steadyMs: number;
  wallMs: number;
}

export interface Settings {
  baseUrl: string;
  key: string;
  fetch?: Fetch | undefined;
  allowHttp?: boolean | undefined;
  userAgent?: string | undefined;
}

export type Send = (call: Call) => Promise<Reply>;

/** The longest pause that is waited out before a repeat. */
const PAUSE_MAX_MS = 2_000;
/** A connection that broke is tried again after up to so long: not all clients of one that restarts at once. */
const SPREAD_MS = 100;

/** Longer ones would end at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export function moment(): Moment {
  return { steadyMs: performance.now(), wallMs: Date.now() };
}

/** The way to one service with one credential, which lives in this closure and nowhere else. */
export function transport({ baseUrl, key, fetch = (url, init) => globalThis.fetch(url, init), allowHttp = false, userAgent }: Settings): Send {
  const base = origin(baseUrl, allowHttp);
  // Else `Headers` would complain about it, and name it.
  if (typeof key !== 'string' || !/^[!-~]{1,512}$/.test(key)) throw invalidArgument('`key` is no API key: it must be 1 to 512 visible ASCII characters.');
  const authorization = `Bearer ${key}`;

  async function attempt({ method, path, query, body, headers, secrets = [] }: Call, signal: AbortSignal): Promise<Reply> {
    const sentAt = moment();
    const response = await fetch(`${base}${path}${search(query)}`, {
      method,
      // A credential goes nowhere but where it was sent.
      redirect: 'manual',
      headers: { ...headers, accept: 'application/json', authorization, ...(userAgent === undefined ? {} : { 'user-agent': userAgent }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = parse(text);
    if (!response.ok) throw refusal(response.status, response.headers, parsed, [key, ...secrets]);
    if (parsed === undefined && text !== '' && isJson(response.headers)) throw unexpected(response);
    return { headers: response.headers, body: parsed ?? (text === '' ? undefined : text), text, sentAt };
  }

  return async (call) => {
    const { timeoutMs, signal: caller } = call;
    if (!(timeoutMs > 0)) throw invalidArgument('`timeoutMs` must be more than 0.');
    caller?.throwIfAborted();
    const controller = new AbortController();
    const end = performance.now() + timeoutMs;
    let stop = () => {};
    // A `fetch` that does not listen to its signal is left behind.
    const given = new Promise<never>((_, reject) => {
      const over = (reason: unknown) => (reject(reason), controller.abort());
      const timer = setTimeout(() => over(new LatchkeyError(`The service has not answered within ${timeoutMs} ms.`, { code: 'timeout' })), Math.min(timeoutMs, TIMER_MAX_MS));
      const aborted = () => over(caller?.reason);
      caller?.addEventListener('abort', aborted, { once: true });
      stop = () => (clearTimeout(timer), caller?.removeEventListener('abort', aborted));
    });
    const within = <T>(work: Promise<T>) => Promise.race([work, given]);
    try {
      for (let repeats = 0; ; repeats++) {
        try {
          return await within(attempt(call, controller.signal).catch((thrown) => Promise.reject(thrown instanceof LatchkeyError ? thrown : unreachable(thrown))));
        } catch (thrown) {
          if (controller.signal.aborted || !(thrown instanceof LatchkeyError)) throw thrown;
          const pause = pauseBefore(thrown, call.repeatable, repeats);
          if (pause === null || performance.now() + pause >= end) throw thrown;
          await within(new Promise((resolve) => setTimeout(resolve, pause)));
        }
      }
    } finally {
      stop();
    }
  };
}

/** How long (ms) to wait before a failed call is sent again; null if it is not. */
export function pauseBefore(error: LatchkeyError, repeatable: boolean, repeats: number): number | null {
  if (!repeatable) return null;
  // The first of the two is still at work, and its answer is the one to wait for: as often as there is time.
  if (error.code === 'idempotency_in_flight') return error.retryAfterMs ?? 1_000;
  if (repeats > 0) return null;
  if (error.code === 'network_error') return Math.random() * SPREAD_MS;
  const { status, retryAfterMs } = error;
  return status === 503 && retryAfterMs !== null && retryAfterMs <= PAUSE_MAX_MS ? retryAfterMs : null;
}

function origin(baseUrl: string, allowHttp: boolean): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalidArgument('`baseUrl` must be an https URL, such as https://keys.example.com.');
  if (url.username || url.password || url.search || url.hash) throw invalidArgument('`baseUrl` has no place for credentials, a query or a fragment.');
  const here = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !here && !allowHttp) throw invalidArgument('`baseUrl` must be https, so that no key is sent in the clear; within a network of your own set `allowHttp`.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function search(query: Query = {}): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null) given.append(name, String(value));
  return given.size === 0 ? '' : `?${given}`;
}

/** A path with its parameters in place. They are ids: whatever could lead elsewhere is a mistake, and is not repeated. */
export function filled(template: string, params: Record<string, unknown> = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    // A secret key in a path would stand in logs.
    if (typeof value === 'string' && /[0-9A-Za-z]{48}$/.test(value)) throw invalidArgument(`\`${name}\` is a secret key, not an id.`);
    if (typeof value !== 'string' || !/^[A-Za-z0-9_]{1,64}$/.test(value)) throw invalidArgument(`\`${name}\` is no id.`);
    return value;
  });
}

export function unexpected(response: { status: number; headers: Headers }): LatchkeyError {
  return new LatchkeyError(`What has answered (${response.status}) is not the service: check \`baseUrl\`.`, { status: response.status, code: 'unexpected_answer', requestId: response.headers.get('x-request-id') });
}

function isJson(headers: Headers): boolean {
  return /^application\/json\b/.test(headers.get('content-type') ?? '');
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
