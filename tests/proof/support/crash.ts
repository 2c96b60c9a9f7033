// Rounds of a crash test: load, SIGKILL at a random moment, what is on disk, a start on it, and what it answers then. Whatever
// is wrong becomes a finding; it is the spec that says that there must be none, or, of a service that breaks its word, some.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { filesBelow, leaksBelow, recordedSecrets } from '../../e2e/support/canary.ts';
import type { Faults } from '../../e2e/support/faults.ts';
import { sleep } from '../../e2e/support/acceptance.ts';
import { disagreements, places, readDisk, type Disk, type Record } from './disk.ts';
import { random, type Random } from './random.ts';
import { startService, type Front, type Service } from './service.ts';
import { expectedCode, load, Told, type Key, type Tenancy } from './workload.ts';

/** How KV fails, round by round. What was written and then said to have failed is the hardest. */
const FAULTS: Faults[] = [
  { kv: { put: { fail: '500 Internal Server Error', share: 0.5 } } },
  { kv: { put: { fail: '500 Internal Server Error', share: 0.5, after: true } } },
  { kv: { put: { fail: '503 Service Unavailable' }, get: { fail: '503 Service Unavailable' } } },
  { kv: { put: { delayMs: [1, 60] }, get: { delayMs: [1, 60] } } },
  { kv: { perKeyMs: 1_000, get: { empty: true, share: 0.5 } } },
  {},
];
/** What is waited for at most until everything has been delivered, after no time at all without KV. */
const DRAIN_MS = 10_000;

export class Crash {
  readonly told = new Told();
  /** Per round: how many requests were under way when it was killed. */
  readonly cutOff: number[] = [];
  /** How long (ms) starting took, and until all was delivered once KV was well. */
  readonly boots: number[] = [];
  readonly drains: number[] = [];
  private readonly service: Service;
  private readonly tenants: Tenancy[];
  private readonly seed: number;
  private disk: Disk = { sessions: [], organizations: [] };
  private illSince = 0;

  constructor(service: Service, tenants: Tenancy[], seed: number) {
    this.service = service;
    this.tenants = tenants;
    this.seed = seed;
  }

  get findings(): string[] {
    return this.told.findings;
  }

  /** One round; every fifth one waits until all is delivered. */
  async round(number: number): Promise<void> {
    const { service, told, seed } = this;
    const rng = random(seed, number);
    this.illSince ||= Date.now();
    await service.setFaults({ seed: rng.between(1, 1e6), ...rng.of(FAULTS) });
    for (const key of told.keys.values()) key.fresh = false;
    const before = told.acknowledged;
    let running = true;
    const clients = load(service, this.tenants, told, seed, number, () => running);
    const target = before + rng.between(2, 40);
    for (const end = Date.now() + 2_500; told.acknowledged < target && Date.now() < end; ) await sleep(3);
    await sleep(rng.between(0, 30));
    await service.kill();
    running = false;
    this.cutOff.push(await clients);
    await this.inspect();
    await this.boot({ seed: rng.between(1, 1e6), ...rng.of(FAULTS) });
    await this.firstRequests(rng);
    if (number % 5 === 4) await this.drain();
  }

  /** Starts on what is there. */
  private async boot(faults: Faults): Promise<void> {
    const began = performance.now();
    await this.service.restart(faults);
    this.boots.push(performance.now() - began);
  }

  /** What is on disk, against itself, against KV, and against what clients were told; what was open is settled by it. */
  private async inspect(options: { drained?: boolean } = {}): Promise<void> {
    this.disk = readDisk(this.service.directory);
    this.findings.push(...(await disagreements(this.disk, this.service.kv.entries, options)));
    const rows = new Map(this.disk.sessions.flatMap(({ keys }) => [...keys].map(([id, { record }]) => [id, record] as const)));
    const explained = new Set(this.tenants.map(({ keyId }) => keyId));
    for (const key of this.told.keys.values()) {
      explained.add(key.id);
      const row = rows.get(key.id);
      if (!row) this.findings.push(`${key.id} was acknowledged and is lost`);
      else this.settle(key, row, explained);
    }
    for (const { id, rotated_from: from, settings } of rows.values()) {
      if (explained.has(id)) continue;
      if (from === null && this.told.ghosts.has(settings.name)) explained.add(id);
      else this.findings.push(`${id}, ${settings.name}, was asked for by nobody`);
    }
    for (const name of this.told.ghosts.keys()) {
      const found = [...rows.values()].filter((row) => row.rotated_from === null && row.settings.name === name).length;
      if (found > 1) this.findings.push(`${name} was issued ${found} times`);
    }
  }

  /** One key: as it was told, or, of what was not answered, whole or not at all. */
  private settle(key: Key, row: Record, explained: Set<string>): void {
    const { doubt } = key;
    const state = row.rotated_to ? (row.revocation ? 'replaced' : 'overlapping') : row.revocation ? 'revoked' : 'active';
    const states = new Set<string>([key.state]);
    const numbers = new Set<number>([key.n]);
    if (doubt?.what === 'revoke') states.add('revoked');
    if (doubt?.what === 'rotate') states.add(doubt.overlapping ? 'overlapping' : 'replaced');
    if (doubt?.what === 'patch') numbers.add(doubt.n);
    const n = row.settings.metadata.n ?? 0;
    if (!states.has(state)) this.findings.push(`${key.id} is ${state}, not ${[...states].join(' or ')}`);
    if (!numbers.has(n)) this.findings.push(`${key.id} has ${n}, not ${[...numbers].join(' or ')}`);
    if (doubt) {
      this.told.count(state !== key.state || n !== key.n ? 'unanswered and done' : 'unanswered and not done');
      // Whose successor nobody was shown is left alone until it is asked for again.
      if (doubt.what === 'rotate') explained.add(row.rotated_to ?? '');
      else key.doubt = undefined;
    }
    key.state = state;
    key.n = n;
  }

  /** The first requests after a start are those of revoked keys, one for each session; then everything that was touched. */
  private async firstRequests(rng: Random): Promise<void> {
    const { service, told, tenants } = this;
    const all = [...told.keys.values()];
    const refused = (key: Key) => key.state === 'revoked' || key.state === 'replaced';
    for (const tenant of tenants.keys()) {
      const gone = all.filter((key) => key.tenant === tenant && refused(key));
      if (gone.length === 0) continue;
      const key = rng.of(gone);
      const { status, body, text } = await service.client(rng.between(0, 1), key.secret).get('/v1/whoami');
      told.count('first requests after a start');
      if (status !== 401 || body.code !== 'auth_key_revoked') this.findings.push(`${key.id} was revoked, and the first request was answered ${status}: ${text}`);
    }
    const others = all.filter(({ fresh }) => !fresh);
    const sample = [...all.filter(({ fresh }) => fresh), ...Array.from({ length: Math.min(12, others.length) }, () => rng.of(others))];
    await Promise.all(sample.map((key) => this.expect(key, rng.between(0, 1))));
    for (const { sessionId, key } of tenants) {
      const session = this.disk.sessions.find(({ id }) => id === sessionId);
      const { body } = await service.client(0, key).get(`/v1/sessions/${sessionId}`);
      const used = body.limits?.keys?.used;
      if (!session || used !== places(session, Date.now())) this.findings.push(`${sessionId} counts ${used} keys`);
    }
  }

  private async expect(key: Key, isolate: number): Promise<void> {
    // Where the session's policy has to be asked for first, it may be that nobody knows yet.
    for (let tries = 0; ; tries++) {
      const { status, body, text } = await this.service.client(isolate, this.tenants[key.tenant]!.key).post('/v1/keys/verify', { key: key.secret });
      if (status >= 500 && tries < 20) {
        this.told.count('verifications to be repeated');
        await sleep(100);
        continue;
      }
      this.told.count('verifications after a start');
      // An open rotation may have been carried out since.
      if (body.code !== expectedCode(key)) this.findings.push(`${key.id}, ${key.state}, is ${body.code ?? text} after a start`);
      return;
    }
  }

  /** KV is well again: everything is delivered, by nothing but the alarms; and then it is so on disk. */
  async drain(): Promise<void> {
    const { service } = this;
    const ill = Date.now() - this.illSince;
    await service.setFaults({});
    const began = Date.now();
    // Pauses between attempts double, so none is longer than what came before it.
    const patience = Math.max(DRAIN_MS, ill + 5_000);
    while (this.waiting() > 0 && Date.now() - began < patience) await sleep(100);
    this.drains.push(Date.now() - began);
    await service.kill();
    this.illSince = 0;
    await this.inspect({ drained: true });
    await this.boot({});
  }

  /** How many messages wait. The databases are in use: what cannot be read now is read a moment later. */
  private waiting(): number {
    try {
      const { sessions, organizations } = readDisk(this.service.directory);
      return [...sessions, ...organizations].flatMap(({ outbox }) => [...outbox.keys()]).filter((entry) => /^(kv|directory|audit|session) /.test(entry)).length;
    } catch {
      return Infinity;
    }
  }

  /** What was never answered is asked for again, the way clients do: one key each, which verifies. */
  async retry(): Promise<void> {
    const { service, told } = this;
    await service.kill();
    // A claim is free again half a minute after its request was last heard of: here, that has passed.
    for (const { file } of this.disk.sessions) {
      const database = new DatabaseSync(file);
      database.exec('UPDATE claims SET busy_until = busy_until - 30000');
      database.close();
    }
    await this.boot({});
    const rows = new Map(this.disk.sessions.flatMap(({ keys }) => [...keys.values()].map(({ record }) => [record.rotated_from ?? record.settings.name, record.id] as const)));
    const open = [...told.ghosts.values(), ...[...told.keys.values()].flatMap(({ doubt }) => (doubt?.what === 'rotate' ? [doubt.attempt] : []))];
    for (const { tenant, name, again } of open) {
      const { status, body, text } = await again!();
      const { body: verdict } = await service.client(1, this.tenants[tenant]!.key).post('/v1/keys/verify', { key: body?.key ?? '' });
      const before = rows.get(name);
      if (status !== 201 || verdict.code !== 'VALID') this.findings.push(`${name}, asked for again, was answered ${status}, and is ${verdict.code}: ${status === 201 ? '' : text}`);
      else if (before && before !== body.id) this.findings.push(`${name} was issued twice: ${before} and ${body.id}`);
      told.count(before ? 'asked for again, and there' : 'asked for again, and new');
    }
  }

  /** Ends it: no secret is anywhere. */
  async end(): Promise<void> {
    await this.service.kill();
    const secrets = recordedSecrets();
    const stored = [...this.service.kv.entries.values()].map((value) => value.toString('latin1')).join('\n');
    if (secrets.some((secret) => stored.includes(secret.slice(0, 12)))) this.findings.push('a secret is in KV');
    if (!filesBelow(this.service.directory).some((file) => file.endsWith('.sqlite'))) this.findings.push('nothing was stored');
    for (const { file, offset } of leaksBelow(join(this.service.directory, 'objects'), secrets)) this.findings.push(`a secret is in ${file} at ${offset}`);
    if (this.findings.length === 0) rmSync(this.service.directory, { recursive: true });
  }
}

/** A service with five organizations, one of which lets isolates decide by leases. */
export async function startCrash(seed: number, fronts: Front[] = []): Promise<Crash> {
  const service = await startService({ services: 2, fronts, faulty: {} });
  const tenants: Tenancy[] = [];
  for (let at = 0; at < 5; at++) {
    const tenant = await service.newTenant(`Crash ${at}`);
    const leased = at === 4;
    if (!leased) await done(service.client(0, tenant.key).patch(`/v1/sessions/${tenant.sessionId}`, { consistency: { mode: 'strict' } }));
    // With a bound on keys in some, so that places are counted.
    if (at < 2) await done(service.operator.patch(`/operator/organizations/${tenant.id}`, { plan: { name: 'enterprise', keysPerSession: 5_000 } }));
    tenants.push({ ...tenant, leased });
  }
  return new Crash(service, tenants, seed);
}

async function done(reply: Promise<{ status: number; text: string }>): Promise<void> {
  const { status, text } = await reply;
  if (status !== 200) throw new Error(`answered ${status}: ${text}`);
}
