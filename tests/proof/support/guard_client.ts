// Customers in a process of their own: a few lines to each guard, each of which asks again as soon as it was answered, with
// good keys and bad ones, and notes everything. The parent is `guards.ts`.
import { request as httpRequest, Agent, type IncomingMessage } from 'node:http';
import { createLatchkey, type Latchkey } from '../../../clients/typescript/src/client.ts';
import type { Ask } from './guard_history.ts';
import { random, type Random } from './random.ts';

/** Somewhere to ask. */
export interface Target {
  guard: string;
  /** `client`: the client library itself, at this service. `plain`: requests without bodies, answered in JSON. */
  kind: 'http' | 'client' | 'plain';
  url: string;
  /** The key of the client. */
  own?: string;
  /** Beside the usual ones. */
  headers?: { [name: string]: string };
}

/** Something to present: header fields, or the key alone for a client. */
export interface Secret {
  name: string;
  /** Null: nothing at all. */
  key: string | null;
  /** In both headers. */
  isTwice?: boolean;
  /** How often, beside the others. */
  weight: number;
  /** Whether it is worth a large body. */
  isGood?: boolean;
}

export interface Order {
  start?: { run: string; seed: number; process: number; targets: Target[]; width: number; pauseMs: number };
  add?: Secret;
  /** Something is about to happen to it: everybody looks. */
  watch?: string;
  drop?: string;
  stop?: true;
}

export interface Report {
  asks?: Ask[];
  bytes?: number;
}

const PATIENCE_MS = 30_000;
const PERMISSION = 'api:call';
const SMALL = 4_096;
const LARGE = 131_072;
const STATUSES: { [code: string]: number } = { VALID: 200, NOT_FOUND: 401, REVOKED: 401, DISABLED: 401, INSUFFICIENT_PERMISSIONS: 403, USAGE_EXCEEDED: 429 };

const now = () => Number(process.hrtime.bigint()) / 1e6;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const secrets = new Map<string, Secret>();
const watched = new Set<string>();
const asks: Ask[] = [];
let running = true;
let bytes = 0;
let noise = Buffer.alloc(0);

function chosen(rng: Random, isClient: boolean): Secret | undefined {
  const seen = [...watched].flatMap((name) => secrets.get(name) ?? []);
  if (seen.length > 0 && rng.chance(0.35)) return rng.of(seen);
  // Whoever calls the client has taken the one key out of the request.
  const all = [...secrets.values()].filter(({ key, isTwice }) => !isClient || (key !== null && !isTwice));
  let left = rng.next() * all.reduce((sum, { weight }) => sum + weight, 0);
  return all.find(({ weight }) => (left -= weight) < 0);
}

async function line(target: Target, rng: Random, name: string, pauseMs: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latchkey = target.kind === 'client' ? clientOf(target) : undefined;
  for (let turn = 0; running; turn++) {
    const secret = chosen(rng, latchkey !== undefined);
    if (secret) {
      const id = `${name}.${turn}`;
      const { guard } = target;
      const [sent, at] = [now(), { guard, id, key: secret.name }];
      try {
        const seen = latchkey ? await verified(latchkey, secret) : await asked(target, secret, id, rng, agent);
        asks.push({ ...at, sent, answered: now(), ...seen });
      } catch (error) {
        asks.push({ ...at, sent, answered: now(), status: 0, error: String((error as NodeJS.ErrnoException).code ?? error) });
      }
    }
    if (pauseMs > 0) await sleep(pauseMs);
  }
  agent.destroy();
}

const clientOf = ({ url, own }: Target) => createLatchkey({ baseUrl: url, key: own!, verifyTimeoutMs: 20_000 });

async function verified(latchkey: Latchkey, { key }: Secret): Promise<Pick<Ask, 'status' | 'whose' | 'reliableMs' | 'isRepeated'>> {
  const { code, externalId, freshness, repeated } = await latchkey.verify(key!, { permissions: PERMISSION });
  return { status: STATUSES[code] ?? 599, whose: externalId, reliableMs: freshness.maxStalenessMs, isRepeated: repeated };
}

type Answered = Pick<Ask, 'status' | 'whose' | 'isWhole' | 'isRepeated' | 'error'>;

function asked({ kind, url, headers: own }: Target, secret: Secret, id: string, rng: Random, agent: Agent): Promise<Answered> {
  const { key, isTwice, isGood } = secret;
  const shape = kind === 'plain' ? 0 : rng.next();
  const size = shape < 0.4 ? 0 : isGood && shape > 0.98 ? LARGE : rng.between(1, SMALL);
  const from = rng.between(0, noise.length - size);
  const body = noise.subarray(from, from + size);
  const inParts = isGood && shape > 0.8;
  const headers: { [name: string]: string } = { 'x-ask': id, ...own };
  if (key !== null && (isTwice || rng.chance(0.7))) headers.authorization = `Bearer ${key}`;
  if (key !== null && (isTwice || !headers.authorization)) headers['x-api-key'] = key;
  if (size > 0 && !inParts) headers['content-length'] = String(size);
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method: size === 0 ? 'GET' : 'POST', headers, agent });
    let begun = 'not begun';
    const shape = `${size} bytes${inParts ? ' in parts' : ''}`;
    const timer = setTimeout(() => request.destroy(new Error(`no answer in time, ${shape}, ${begun}`)), PATIENCE_MS);
    request.on('error', reject).on('close', () => clearTimeout(timer));
    request.on('response', (response) => {
      begun = 'begun';
      void read(response).then((received) => resolve(told(kind, response, received, body)), reject);
    });
    if (!inParts) return void request.end(body);
    request.write(body.subarray(0, size / 3));
    setImmediate(() => {
      request.write(body.subarray(size / 3, size / 2));
      setImmediate(() => request.end(body.subarray(size / 2)));
    });
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function told(kind: Target['kind'], { statusCode: status = 0, headers }: IncomingMessage, received: Buffer, body: Buffer): Answered {
  if (status !== 200) return { status };
  bytes += received.length;
  if (kind === 'plain') {
    const { hello, repeated } = JSON.parse(received.toString());
    return { status, whose: hello, isRepeated: repeated };
  }
  const isWhole = received.equals(body);
  return { status, whose: String(headers['x-whose']), isWhole, isRepeated: headers['x-repeated'] === 'true', ...(!isWhole && { error: `${received.length} of ${body.length} bytes` }) };
}

async function start({ run, seed, process: number, targets, width, pauseMs }: NonNullable<Order['start']>): Promise<void> {
  noise = Buffer.from(Uint8Array.from({ length: 2 * LARGE }, ((rng) => () => rng.between(0, 255))(random(seed, 999))));
  await Promise.all(targets.flatMap((target, at) => Array.from({ length: width }, (_, each) => line(target, random(seed, number, at, each), `${run} ${target.guard} ${number}.${each}`, pauseMs))));
  process.send?.({ asks, bytes } satisfies Report, () => process.disconnect?.());
}

process.on('message', (order: Order) => {
  if (order.add) secrets.set(order.add.name, order.add);
  if (order.watch) watched.add(order.watch);
  if (order.drop) {
    secrets.delete(order.drop);
    watched.delete(order.drop);
  }
  if (order.stop) running = false;
  if (order.start) void start(order.start);
});
