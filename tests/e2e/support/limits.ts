// What the specs of limits share: the header fields, read by a parser that is not ours, plans, and clients in parallel.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseList } from 'structured-headers';
import { checked, inParallel, newOrganization, ok, sleep, type Tenant } from './acceptance.ts';
import type { Latchkey, Reply } from './latchkey.ts';

/** `RateLimit` and `RateLimit-Policy` of one answer. */
export interface Fields {
  /** As `key.burst`. */
  name: string;
  /** Tokens left. */
  r: number;
  /** Seconds until there are more, if any are spent. */
  t?: number;
  /** Tokens of the limit, within `w` seconds. */
  q: number;
  w: number;
}

/** Both fields, held against draft-ietf-httpapi-ratelimit-headers-10; `undefined` if the answer has neither. */
export function fields({ headers, status, text }: Reply): Fields | undefined {
  const lines = [headers.get('ratelimit'), headers.get('ratelimit-policy')];
  if (lines.every((line) => line === null)) return undefined;
  const [limit, policy] = lines.map((line) => {
    const list = parseList(line ?? '');
    assert.equal(list.length, 1, `${lines} ${text}`);
    const [name, parameters] = list[0]!;
    assert.equal(typeof name, 'string', `${line}`);
    for (const [key, value] of parameters) assert.ok(Number.isInteger(value) && Number(value) >= 0, `${key}: ${line}`);
    return { name: name as unknown as string, ...(Object.fromEntries(parameters) as Record<string, number>) };
  }) as [Omit<Fields, 'q' | 'w'>, Omit<Fields, 'r' | 't'>];
  assert.deepEqual([Object.keys(limit).filter((key) => key !== 't'), Object.keys(policy)], [['name', 'r'], ['name', 'q', 'w']], `${lines}`);
  assert.equal(limit.name, policy.name);
  assert.ok(limit.r <= policy.q && policy.w >= 1 && (limit.t ?? 0) <= policy.w, `${lines}`);
  const retryAfter = headers.get('retry-after');
  if (status === 429 && retryAfter !== null) assert.ok(Number(retryAfter) >= limit.t!, `Retry-After ${retryAfter} before ${lines[0]}`);
  return { ...limit, ...policy };
}

/** The fields of an answer that must have them. */
export function told(reply: Reply): Fields {
  const seen = fields(reply);
  assert.ok(seen, `no RateLimit: ${reply.status} ${reply.text}`);
  return seen;
}

/** Puts an organization on a plan; the answer. */
export async function setPlan(latchkey: Latchkey, { id }: { id: string }, plan: { name: string; keysPerSession?: number; requestsPerMinute?: number }): Promise<any> {
  return ok(latchkey.operator.patch(`/operator/organizations/${id}`, { plan }));
}

/** A new organization whose only limit is so many requests a minute. */
export async function newPool(latchkey: Latchkey, requestsPerMinute: number): Promise<Tenant> {
  const tenant = await newOrganization(latchkey, 'With a pool');
  await setPlan(latchkey, tenant, { name: 'enterprise', requestsPerMinute });
  return tenant;
}

/** A new key in a session of its own. */
export async function newKey({ api }: Tenant, body: object = {}, session: object = {}): Promise<any> {
  const { id } = await ok(api.post('/v1/sessions', { name: 'Session', ...session }), 201);
  return ok(api.post(`/v1/sessions/${id}/api_keys`, body), 201);
}

/** The gate, asked by a key about itself. */
export const gate = (latchkey: Latchkey, key: string, query = '') => checked(latchkey.api(key)).get(`/v1/whoami${query}`);

/** So many requests to the gate, by these keys in turn, `width` of them at any time. */
export async function burst(latchkey: Latchkey, keys: string[], count: number, width = 64): Promise<Reply[]> {
  const clients = keys.map((key) => checked(latchkey.api(key)));
  return inParallel(Array.from({ length: count }), width, (_, at) => clients[at % clients.length]!.get('/v1/whoami'));
}

/** How many answers had which status, with the code of those that are refusals. */
export function tally(replies: Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const what = status === 200 ? (body.code ?? '200') : `${status} ${body?.code}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/**
 * Waits until the runtime holds no object of this instance in memory any more: it has closed their databases. Where the
 * system does not tell, it is given 18 s: an alarm may come after 5 s, and an object goes 10 s after its last event.
 */
export async function untilEvicted(latchkey: Latchkey): Promise<void> {
  const until = Date.now() + 30_000;
  if (process.platform !== 'linux') return void (await sleep(18_000));
  while (openDatabases(latchkey.persistDir) > 0) {
    assert.ok(Date.now() < until, 'the objects stay in memory');
    await sleep(250);
  }
}

function openDatabases(directory: string): number {
  let open = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, program, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
      if (program !== 'workerd' || Number(rest.split(' ')[1]) !== process.pid) continue;
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const file = readlinkSync(`/proc/${pid}/fd/${fd}`);
        if (file.startsWith(directory) && /[0-9a-f]{64}\.sqlite$/.test(file)) open++;
      }
    } catch {
      // A process or a file that is gone by now.
    }
  }
  return open;
}
