// A small HTTP client for the specs: JSON in, JSON out, nothing hidden. Every response passes the canary.
import { recordSecretKeys } from './canary.ts';

export interface Reply<T = any> {
  status: number;
  headers: Headers;
  /** The parsed body; undefined when it is empty or not JSON. */
  body: T;
  text: string;
}

export interface RequestOptions {
  headers?: Record<string, string>;
  /** A string is sent as it is; anything else as JSON. */
  body?: unknown;
}

export class Client {
  private readonly origin: () => string;
  private readonly headers: Record<string, string>;

  constructor(origin: () => string, headers: Record<string, string> = {}) {
    this.origin = origin;
    this.headers = headers;
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
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...clientAddress, ...this.headers, ...headers },
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    });
    const text = await response.text();
    recordSecretKeys(text);
    return { status: response.status, headers: response.headers, body: parse(text), text };
  }
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
