// Traffic as customers make it, on raw workerd: most of it verifications, some of it rubbish, a little of it management.
// What each answer has to be is known before it is asked for, and one that is anything else is an error.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { start, type Isolates } from '../../../benches/lib/isolates.mjs';
import type { Service } from '../../../benches/lib/workerd.mjs';
import { line, percentile, type Shot } from '../../../benches/load.mjs';
import { leaksBelow, recordSecret, recordSecretKeys, recordedSecrets, runDirectory } from '../../e2e/support/canary.ts';

export type Kind = 'verify' | 'garbage' | 'manage';

/** What is asked, and what has to come. */
export interface Ask extends Pick<Shot, 'method' | 'path' | 'headers' | 'body'> {
  status: number;
  contains?: string;
}

export interface Customer {
  organizationId: string;
  /** Its first key, which manages. */
  owner: string;
  keys: { id: string; key: string }[];
}

/**
 * Starts the service, in two isolates: objects live in the first one, and the second one is asked. All of it is one thread: a
 * commit that waits for a disk keeps everybody waiting, who would be elsewhere in a deployment. With `inMemory` there is no disk.
 */
export async function serving({ inMemory = false, ...options }: { shim?: string; inMemory?: boolean; collects?: boolean; kv?: string; beside?: Service[] } = {}): Promise<Isolates> {
  const elsewhere = inMemory && existsSync('/dev/shm');
  const place = elsewhere ? '/dev/shm' : join(runDirectory, 'state');
  mkdirSync(place, { recursive: true });
  const directory = mkdtempSync(join(place, 'latchkey-traffic-'));
  const service = await start({ directory, services: 2, build: '.e2e/worker', ...options });
  after(async () => {
    await service.stop();
    if (!elsewhere) return;
    // The canary looks only at what a run has left on disk.
    const leaks = leaksBelow(directory, recordedSecrets());
    rmSync(directory, { recursive: true });
    assert.deepEqual(leaks, []);
  });
  recordSecret(service.operatorToken);
  return service;
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A call that has to succeed. */
export async function call(origin: URL, method: string, path: string, key: string, body?: unknown): Promise<any> {
  const response = await fetch(new URL(path, origin), { method, headers: { ...bearer(key), 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) });
  const text = await response.text();
  recordSecretKeys(text);
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** A new organization with keys in a session of its own. */
export async function customer(service: Isolates, count: number, requestsPerMinute?: number): Promise<Customer> {
  const origin = service.urls[0]!;
  const plan = { name: 'enterprise', ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }) };
  const { organization, apiKey } = await call(origin, 'POST', '/operator/organizations', service.operatorToken, { name: 'Customer', plan });
  const { id } = await call(origin, 'POST', '/v1/sessions', apiKey.key, { name: 'Session' });
  const keys = [];
  for (let at = 0; at < count; at++) keys.push(await call(origin, 'POST', `/v1/sessions/${id}/api_keys`, apiKey.key, { permissions: ['emails:send'] }));
  return { organizationId: organization.id, owner: apiKey.key, keys };
}

/** Half of them ask for themselves, half are asked about by their owner. */
export function verification({ owner, keys }: Customer, at: number): Ask {
  const { key } = keys[at % keys.length]!;
  if (at % 2 === 0) return { method: 'GET', path: '/v1/whoami?permission=emails:send', headers: bearer(key), status: 200 };
  return { method: 'POST', path: '/v1/keys/verify', headers: bearer(owner), body: JSON.stringify({ key, permissions: ['emails:send'] }), status: 200, contains: '"code":"VALID"' };
}

/** What never was a key, what was never made here, and what is no request at all. */
export function rubbish({ owner, keys }: Customer, at: number): Ask {
  const { key } = keys[at % keys.length]!;
  const forged = key.slice(0, 20) + (key[20] === 'x' ? 'y' : 'x') + key.slice(21);
  const all: Ask[] = [
    { method: 'GET', path: '/v1/whoami', headers: bearer(`sk_${'%'.repeat(1 + (at % 90))}`), status: 401 },
    { method: 'GET', path: '/v1/whoami', headers: bearer(forged), status: 401 },
    { method: 'GET', path: '/v1/whoami', status: 401 },
    { method: 'POST', path: '/v1/keys/verify', headers: bearer(owner), body: JSON.stringify({ key: forged }), status: 200, contains: '"code":"NOT_FOUND"' },
    { method: 'POST', path: '/v1/keys/verify', headers: bearer(owner), body: '{"key":', status: 400 },
    { method: 'GET', path: `/v1/api_keys/key_${at}`, headers: bearer(owner), status: 404 },
    { method: 'GET', path: `/v1/nothing/${at}`, headers: bearer(owner), status: 404 },
  ];
  return all[at % all.length]!;
}

/** The lives of keys, one after the other: made, looked at, renamed, listed, ended. */
export function management(customers: Customer[]): (say: (ask: Ask) => Promise<string>) => Promise<void> {
  let at = 0;
  const last = new Map<Customer, string[]>();
  return async (say) => {
    const turn = at++;
    const customer = customers[turn % customers.length]!;
    const headers = bearer(customer.owner);
    const alive = last.get(customer) ?? [];
    last.set(customer, alive);
    const id = alive[0];
    const step = Math.floor(turn / customers.length) % 5;
    if (step === 0 || id === undefined) {
      const answer = await say({ method: 'POST', path: '/v1/api_keys', headers, body: '{"name":"Passing"}', status: 201, contains: '"key"' });
      recordSecretKeys(answer);
      alive.push(/"id":"(key_[^"]+)"/.exec(answer)![1]!);
    } else if (step === 1) await say({ method: 'GET', path: `/v1/api_keys/${id}`, headers, status: 200, contains: '"active":true' });
    else if (step === 2) await say({ method: 'PATCH', path: `/v1/api_keys/${id}`, headers, body: '{"name":"Passed"}', status: 200, contains: '"Passed"' });
    else if (step === 3) await say({ method: 'GET', path: '/v1/api_keys?limit=20', headers, status: 200 });
    else {
      // Whoever comes next takes another one.
      alive.shift();
      await say({ method: 'DELETE', path: `/v1/api_keys/${id}`, headers, status: 200, contains: '"active":false' });
    }
  };
}

export interface Seen {
  counts: Record<Kind, number>;
  /** Milliseconds, ascending. */
  times: Record<Kind, number[]>;
  errors: string[];
  /** Every few seconds: requests so far, and what the process holds. */
  samples: { requests: number; rssBytes: number; wasmBytes: number }[];
}

export interface Mixture {
  customers: Customer[];
  /** Those of them whose keys are managed: all of them, if nothing is said. */
  managed?: Customer[];
  seconds: number;
  /** Connections that verify; a quarter as many manage. */
  width: number;
  /** Between two samples of memory. */
  sampleMs: number;
}

/** Ninety verifications, eight pieces of rubbish and two calls of management, again and again. */
export async function mixed(service: Isolates, { customers, managed = customers, seconds, width, sampleMs }: Mixture): Promise<Seen> {
  const origin = service.urls[1]!;
  const seen: Seen = { counts: { verify: 0, garbage: 0, manage: 0 }, times: { verify: [], garbage: [], manage: [] }, errors: [], samples: [] };
  const until = performance.now() + seconds * 1000;
  const going = () => performance.now() < until && seen.errors.length < 20;
  const total = () => seen.counts.verify + seen.counts.garbage + seen.counts.manage;
  const asked = async (talk: Awaited<ReturnType<typeof line>>, kind: Kind, ask: Ask) => {
    const { ms, status, answer } = await talk.ask(ask);
    seen.counts[kind]++;
    seen.times[kind].push(ms);
    if (status !== ask.status || (ask.contains && !answer.includes(ask.contains))) seen.errors.push(`${kind}: ${ask.method} ${ask.path}: ${answer.split('\r\n')[0]} ${answer.slice(answer.indexOf('\r\n\r\n') + 4, 400)}`);
    return answer;
  };
  let [turn, owed] = [0, 0];
  const verifying = async () => {
    const talk = await line(origin);
    while (going()) {
      const at = turn++;
      const customer = customers[at % customers.length]!;
      const rubbishy = at % 98 < 8;
      if (at % 49 === 0) owed++;
      await asked(talk, rubbishy ? 'garbage' : 'verify', rubbishy ? rubbish(customer, Math.floor(at / 98) * 8 + (at % 98)) : verification(customer, at));
      // Deletions wait for leases to end: those who verify do not run away from those who manage.
      while (owed > 50 && going()) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    talk.close();
  };
  const manage = management(managed);
  const managing = async () => {
    const talk = await line(origin);
    while (going()) {
      if (owed > 0) {
        owed--;
        await manage((ask) => asked(talk, 'manage', ask));
      } else await new Promise((resolve) => setTimeout(resolve, 5));
    }
    talk.close();
  };
  const sampling = async () => {
    while (going()) {
      const [one, other] = [await service.probe(0), await service.probe(1)];
      seen.samples.push({ requests: total(), rssBytes: service.rssBytes(), wasmBytes: one.wasmBytes + other.wasmBytes });
      await new Promise((resolve) => setTimeout(resolve, sampleMs));
    }
  };
  await Promise.all([...Array.from({ length: width }, verifying), ...Array.from({ length: width }, managing), sampling()]);
  for (const times of Object.values(seen.times)) times.sort((one, other) => one - other);
  return seen;
}

export const p = (times: number[], share: number) => Math.round(100 * percentile(times, share)) / 100;

/** By how many bytes memory grows with each request: the median of all slopes between two samples (Theil and Sen). */
export function slope(samples: { requests: number; bytes: number }[]): number {
  const slopes = samples.flatMap((one, at) => samples.slice(at + 1).map((other) => (other.bytes - one.bytes) / (other.requests - one.requests)));
  slopes.sort((one, other) => one - other);
  return slopes[Math.floor(slopes.length / 2)] ?? NaN;
}
