// What every acceptance spec needs: clients whose every answer is held against the rules for all answers, requests that
// fetch() would tidy up, and small helpers.
import assert from 'node:assert/strict';
import { createHmac, randomInt } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { recordExchange, type Client, type Reply, type RequestOptions } from './client.ts';
import type { Latchkey, Registered } from './latchkey.ts';

export const ISO_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/;
export const REQUEST_ID = /^req_[0-9A-Za-z]{22}$/;

/** Every error code that the documentation knows; an answer with another one fails. */
const PROBLEM = { own: ['code', 'details', 'message'], rfc9457: ['code', 'details', 'detail', 'instance', 'status', 'title', 'type'] };

/** The only answers that may set a cookie, and the only one they may set. */
const SETS_COOKIE = /^POST \/auth\/(register|login|logout):/;
const SET_COOKIE = /^__Host-latchkey=(lkat_[0-9A-Za-z]{51})?; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=\d+$/;

/** What holds for every answer whatever was asked: headers, the error schema, a challenge, no CORS, no bare 5xx. */
export function assertEnvelope(reply: Reply, what = ''): void {
  const { status, headers, body, text } = reply;
  const seen = `${what} ${status} ${text.slice(0, 300)}`;
  assert.match(headers.get('x-request-id') ?? '', REQUEST_ID, `x-request-id: ${seen}`);
  assert.equal(headers.get('cache-control'), 'no-store', seen);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', seen);
  for (const name of ['access-control-allow-origin', 'access-control-allow-headers', 'access-control-allow-methods', 'set-cookie', 'server', 'x-powered-by', 'location']) {
    if (name === 'location' && status === 201) continue;
    if (name === 'set-cookie' && status < 300 && SETS_COOKIE.test(what)) continue;
    // A cookie whose sign-in has ended is taken away.
    if (name === 'set-cookie' && status === 401 && headers.get(name)?.startsWith('__Host-latchkey=;')) continue;
    assert.equal(headers.get(name), null, `${name}: ${seen}`);
  }
  for (const cookie of headers.getSetCookie()) assert.match(cookie, SET_COOKIE, seen);
  assert.ok(status < 500 || status === 503, `never a 5xx: ${seen}`);
  if (status === 401) assert.match(headers.get('www-authenticate') ?? '', /^Bearer realm="[^"]+"(, error="invalid_token")?$/, seen);
  if (status === 405) assert.ok(headers.get('allow'), seen);
  // Of a limit that no waiting helps against, the details say so.
  const never = status === 429 && body?.details?.retryAfterMs === null;
  if (status === 429 || status === 503) assert.ok(never ? headers.get('retry-after') === null : Number(headers.get('retry-after')) >= 1, seen);
  if (status >= 400 && text !== '') {
    const rfc9457 = headers.get('content-type') === 'application/problem+json';
    assert.deepEqual(Object.keys(body ?? {}).sort(), [...(rfc9457 ? PROBLEM.rfc9457 : PROBLEM.own)].sort(), seen);
    assert.equal(body.details.requestId, headers.get('x-request-id'), seen);
    assert.match(body.code, /^[a-z][a-z0-9_]+$/, seen);
    if (!rfc9457) assert.equal(headers.get('content-type'), 'application/json', seen);
  }
}

/** The same client, but no answer passes that breaks a rule for all answers. */
export function checked(client: Client): Client {
  const send = client.send.bind(client);
  client.send = async <T = any>(method: string, path: string, options?: RequestOptions): Promise<Reply<T>> => {
    const reply = await send<T>(method, path, options);
    assertEnvelope(reply, `${method} ${path.slice(0, 200)}:`);
    return reply;
  };
  return client;
}

export interface PersonHere extends Registered {
  /** With the access token in a header. */
  api: Client;
  /** With it as the cookie, on a page of ours. */
  browser: Client;
  /** The path of the organization that was founded with the account, if one was. */
  home: string;
}

/** A new account, with checked clients. */
export async function newPerson(latchkey: Latchkey, fields: Record<string, unknown> = {}): Promise<PersonHere> {
  const registered = await latchkey.register(fields);
  const { accessToken, organization } = registered;
  const [api, browser] = [checked(latchkey.person(accessToken)), checked(latchkey.browser(accessToken))];
  return { ...registered, api, browser, home: `/organizations/${organization?.id}` };
}

/** The code that an authenticator shows for a secret (RFC 6238, SHA-1), so many half minutes from now. */
export function totpCode(secret: string, steps = 0): string {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

export interface Tenant {
  id: string;
  /** The secret key of its "Default API Key". */
  key: string;
  api: Client;
  organization: any;
  /** That key's record. */
  apiKey: any;
}

/** A new organization, with a checked client of its first key. */
export async function newOrganization(latchkey: Latchkey, name = 'Example organization'): Promise<Tenant> {
  const { organization, apiKey, key } = await latchkey.createOrganization(name);
  return { id: organization.id, key, api: checked(latchkey.api(key)), organization, apiKey };
}

/** The body of an answer that must have this status. */
export async function ok<T = any>(reply: Promise<Reply<T>> | Reply<T>, status = 200): Promise<T> {
  const { status: seen, text, body } = await reply;
  assert.equal(seen, status, text);
  return body;
}

/** The details of a refusal that must have this status and code. */
export async function refused(reply: Promise<Reply> | Reply, status: number, code: string, what = ''): Promise<any> {
  const { status: seen, body, text } = await reply;
  assert.equal(`${seen} ${body?.code}`, `${status} ${code}`, `${what} ${text}`);
  return body.details;
}

/** The violations of a 400 as `pointer code`. */
export async function violations(reply: Promise<Reply> | Reply, what = ''): Promise<string[]> {
  const details = await refused(reply, 400, 'invalid_request', what);
  return details.errors.map(({ pointer, parameter, code }: any) => `${pointer ?? `?${parameter}`} ${code}`);
}

/** An answer without what differs between any two: request and verification ids, and the moment. */
export function masked({ status, headers, text }: Reply): unknown {
  const kept = [...headers].filter(([name]) => !['x-request-id', 'date', 'server-timing'].includes(name));
  return { status, headers: kept, text: text.replace(/(req|ver)_[0-9A-Za-z]{22,}/g, '$1_…').replace(/"asOf":"[^"]*"/, '"asOf":"…"') };
}

/** A request as it stands on the wire: header lines in order and twice if so given, the path as it is, no length if chunked. */
export async function rawRequest(latchkey: Latchkey, options: RawRequest, tries = 10): Promise<Reply> {
  try {
    return await send(latchkey, options);
  } catch (error) {
    // Whoever refuses a body early closes the connection on a client that is still writing, and Node then drops the
    // answer that has already arrived. A matter of timing, so it is asked again.
    const cut = typeof options.body === 'function' && ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
    if (!cut || tries <= 1) throw error;
    return rawRequest(latchkey, options, tries - 1);
  }
}

interface RawRequest {
  method?: string;
  path?: string;
  headers?: [string, string][];
  /** A function streams, in chunks. */
  body?: (() => AsyncIterable<Buffer>) | string;
}

function send(latchkey: Latchkey, { method = 'GET', path = '/', headers = [], body }: RawRequest): Promise<Reply> {
  const { hostname, port } = new URL(latchkey.url);
  const lines = [['host', 'localhost'], ['cf-connecting-ip', '203.0.113.9'], ['connection', 'close'], ...headers];
  if (typeof body === 'string') lines.push(['content-length', String(Buffer.byteLength(body))]);
  else if (body) lines.push(['transfer-encoding', 'chunked']);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers: lines.flat() as any, agent: false, timeout: 20_000 }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const seen = new Headers();
        for (let at = 0; at < response.rawHeaders.length; at += 2) seen.append(response.rawHeaders[at]!, response.rawHeaders[at + 1]!);
        const reply = { status: response.statusCode!, headers: seen, body: parse(text), text };
        recordExchange(typeof body === 'string' ? parse(body) : undefined, reply);
        resolve(reply);
      });
    });
    request.on('timeout', () => request.destroy(new Error('timed out')));
    request.on('error', reject);
    if (typeof body === 'string' || !body) request.end(body);
    else void pour(body(), request);
  });
}

async function pour(body: AsyncIterable<Buffer>, request: ReturnType<typeof httpRequest>): Promise<void> {
  request.setMaxListeners(0);
  for await (const part of body) {
    if (request.destroyed) return;
    if (!request.write(part)) await new Promise<void>((resolve) => void request.once('drain', resolve).once('close', resolve));
  }
  request.end();
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const base62 = (length: number) => Array.from({ length }, () => ALPHABET[randomInt(62)]).join('');

/** CRC-32/ISO-HDLC in six base62 digits: what anybody can compute, and so what alone proves nothing. */
export function checksum(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let value = (crc ^ 0xffffffff) >>> 0;
  let digits = '';
  for (let digit = 0; digit < 6; digit++, value = Math.floor(value / 62)) digits = ALPHABET[value % 62] + digits;
  return digits;
}

/** A key of the right length with the right checksum that nobody ever issued. */
export function forgedKey(prefix = 'sk_live_'): string {
  const text = `${prefix}${base62(23)}0${base62(10)}${base62(8)}`;
  return text + checksum(text);
}

export const seconds = (after: number) => new Date(Date.now() + after * 1000).toISOString();
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What gives more waits for nobody: an isolate may remember a refusal by a limit until its lease ends. */
export const forgotten = () => sleep(2_100);

/** Runs `task` over `items`, so many at a time. */
export async function inParallel<T, R>(items: T[], width: number, task: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await task(items[index]!, index);
  }));
  return results;
}
