// A small HTTP client for the specs: JSON in, JSON out, nothing hidden. Every exchange passes the canary.
import { recordPasswords, recordSecretKeys, recordShown, repeats } from './canary.ts';

export interface Reply<T = any> {
  status: number;
  headers: Headers;
  /** The parsed body; undefined when it is empty or not JSON. */
  body: T;
  text: string;
}

/** By name in lower case; `undefined` takes one away that the client sends by itself. */
export type HeaderLines = Record<string, string | undefined>;

export interface RequestOptions {
  headers?: HeaderLines;
  /** A string is sent as it is; anything else as JSON. */
  body?: unknown;
}

export class Client {
  private readonly origin: () => string;
  private readonly headers: (origin: string) => HeaderLines;

  /** `headers` go with every request; they may depend on where the service is just then. */
  constructor(origin: () => string, headers: HeaderLines | ((origin: string) => HeaderLines) = {}) {
    this.origin = origin;
    this.headers = typeof headers === 'function' ? headers : () => headers;
  }

  get = <T = any>(path: string, options: RequestOptions = {}) => this.send<T>('GET', path, options);
  post = <T = any>(path: string, body?: unknown, options: RequestOptions = {}) => this.send<T>('POST', path, { ...options, body });
  patch = <T = any>(path: string, body?: unknown, options: RequestOptions = {}) => this.send<T>('PATCH', path, { ...options, body });
  put = <T = any>(path: string, body?: unknown, options: RequestOptions = {}) => this.send<T>('PUT', path, { ...options, body });
  delete = <T = any>(path: string, options: RequestOptions = {}) => this.send<T>('DELETE', path, options);

  async send<T = any>(method: string, path: string, { headers, body }: RequestOptions = {}): Promise<Reply<T>> {
    const raw = typeof body === 'string';
    const response = await fetch(new URL(path, this.origin()), {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: lines({ ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...clientAddress, ...this.headers(this.origin()), ...headers }),
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const reply = { status: response.status, headers: response.headers, body: parse(text), text };
    // A create that is sent again under its Idempotency-Key is the one that says its secret once more.
    const again = method === 'POST' && response.status < 300 && Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'idempotency-key');
    if (!again && repeats(text)) throw new Error(`${method} ${path.split('?')[0]} answered ${response.status} with a secret that had been told before`);
    recordExchange(raw ? parse(body) : body, reply);
    return reply;
  }
}

/** Everything secret in a request and its answer. */
export function recordExchange(sent: unknown, { status, headers, body, text }: Reply): void {
  recordSecretKeys(text);
  for (const cookie of headers.getSetCookie()) recordSecretKeys(cookie);
  recordShown(body);
  recordPasswords(sent, status);
}

function lines(headers: HeaderLines): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** A request that hangs is a failed test with a line number, not a run that never ends. */
const PATIENCE_MS = 20_000;

/** Cloudflare's edge always says who the client is; the runtime alone does not. From the documentation range. */
const clientAddress = { 'cf-connecting-ip': '203.0.113.7' };

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
