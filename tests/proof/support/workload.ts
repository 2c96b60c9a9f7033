// Clients that issue, change, rotate, verify and revoke keys until the service dies under them, and what they have been told so
// far. It stands in the memory of the test, so a kill of the runtime takes nothing of it.
//
// Each key belongs to one client, which waits for each answer: so what every key must be is known at any time, but for the one
// thing that was under way when an answer did not come.
import type { Client, Reply } from '../../e2e/support/client.ts';
import { random, type Random } from './random.ts';
import type { Service, Tenant } from './service.ts';

export interface Key {
  id: string;
  secret: string;
  /** Its organization and its client, by number. */
  tenant: number;
  owner: number;
  /** `replaced`: rotated without an overlap; `overlapping`: rotated, and good for an hour. */
  state: 'active' | 'revoked' | 'replaced' | 'overlapping';
  /** The number in its metadata, which every change counts up. */
  n: number;
  /** The key that it replaces, and will for an hour. */
  overlaps?: boolean;
  /** What may have happened to it: the answer has not come. */
  doubt?: { what: 'revoke' } | { what: 'patch'; n: number } | { what: 'rotate'; overlapping: boolean; attempt: Attempt };
  /** Touched in this round. */
  fresh: boolean;
}

/** Something that was asked for with an Idempotency-Key, and can be asked for again. */
export interface Attempt {
  tenant: number;
  /** Of the new key, or of the one to be replaced. */
  name: string;
  again: (() => Promise<Reply>) | undefined;
}

export interface Tenancy extends Tenant {
  /** Whether isolates may decide by leases there. */
  leased: boolean;
}

/** What clients were told. */
export class Told {
  readonly keys = new Map<string, Key>();
  /** Keys that may have been issued, by name. */
  readonly ghosts = new Map<string, Attempt>();
  /** Answers that must not be. */
  readonly findings: string[] = [];
  /** How many of what were answered. */
  readonly counts: { [what: string]: number } = {};
  acknowledged = 0;

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  acknowledge(what: string): void {
    this.acknowledged += 1;
    this.count(what);
  }
}

/** What a verification must answer. */
export const expectedCode = ({ state }: Key) => (state === 'active' || state === 'overlapping' ? 'VALID' : 'REVOKED');

export const CLIENTS = 12;

/** Runs all clients until `running` says no or they are cut off; how many were in the middle of something then. */
export async function load(service: Service, tenants: Tenancy[], told: Told, seed: number, round: number, running: () => boolean): Promise<number> {
  const cut = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => client(service, tenants, told, random(seed, round, at), `r${round}c${at}`, at, running)));
  return cut.filter(Boolean).length;
}

async function client(service: Service, tenants: Tenancy[], told: Told, rng: Random, name: string, at: number, running: () => boolean): Promise<boolean> {
  const tenant = at % tenants.length;
  const { key: root, leased } = tenants[tenant]!;
  const api = () => service.client(rng.between(0, 1), root);
  const own = [...told.keys.values()].filter(({ owner }) => owner === at);
  let cut = false;
  for (let turn = 0; running() && !cut; turn++) {
    const ready = own.filter(({ state, doubt }) => state === 'active' && !doubt);
    const roll = rng.next();
    const key = ready.length > 0 ? rng.of(ready) : undefined;
    let reply: Reply | undefined;
    const ask = async (what: string, request: Promise<Reply>, good: number[]): Promise<Reply | undefined> => {
      reply = await request.catch(() => undefined);
      if (reply === undefined) cut = true;
      if (reply === undefined || reply.status >= 500) return undefined;
      if (good.includes(reply.status)) {
        told.acknowledge(what);
        return reply;
      }
      told.findings.push(`${what} was answered ${reply.status}: ${reply.text}`);
      return undefined;
    };
    if (!key || roll < 0.35) await create(`${name}n${turn}`);
    else if (roll < 0.55) await revoke(key);
    else if (roll < 0.75 && !key.overlaps) await rotate(key, `${name}n${turn}`);
    else if (roll < 0.88) await patch(key);
    else await look(rng.of(own));

    async function create(label: string): Promise<void> {
      const again = keyed(api(), label, '/v1/api_keys', { name: label });
      const attempt = { tenant, name: label, again };
      // Until it is answered it may have happened.
      told.ghosts.set(label, attempt);
      const answer = await ask('create', again(), [201, 202]);
      if (!answer) return;
      told.ghosts.delete(label);
      hold({ id: answer.body.id, secret: answer.body.key, tenant, owner: at, state: 'active', n: 0, fresh: true });
    }
    async function revoke(key: Key): Promise<void> {
      key.doubt = { what: 'revoke' };
      key.fresh = true;
      if (!(await ask('revoke', api().delete(`/v1/api_keys/${key.id}`), [200]))) return;
      key.doubt = undefined;
      key.state = 'revoked';
    }
    async function rotate(key: Key, label: string): Promise<void> {
      const overlapping = rng.chance(0.5);
      const again = keyed(api(), label, `/v1/api_keys/${key.id}/rotate`, { overlapSeconds: overlapping ? 3600 : 0 });
      key.doubt = { what: 'rotate', overlapping, attempt: { tenant, name: key.id, again } };
      key.fresh = true;
      const answer = await ask(overlapping ? 'rotate with overlap' : 'rotate', again(), [201]);
      if (!answer) return;
      key.doubt = undefined;
      key.state = overlapping ? 'overlapping' : 'replaced';
      hold({ id: answer.body.id, secret: answer.body.key, tenant, owner: at, state: 'active', n: key.n, fresh: true, overlaps: overlapping });
    }
    async function patch(key: Key): Promise<void> {
      const n = key.n + 1;
      key.doubt = { what: 'patch', n };
      key.fresh = true;
      if (!(await ask('patch', api().patch(`/v1/api_keys/${key.id}`, { metadata: { n } }), [200]))) return;
      key.doubt = undefined;
      key.n = n;
    }
    async function look(key: Key): Promise<void> {
      if (key.doubt) return;
      // Where isolates decide by leases, a key that was just verified takes seconds to end: seldom, or nothing else would happen.
      if (leased && !rng.chance(0.2)) return;
      const answer = await ask('verify', api().post('/v1/keys/verify', { key: key.secret }), [200]);
      if (answer && answer.body.code !== expectedCode(key)) told.findings.push(`${key.id}, ${key.state}, was ${answer.body.code}`);
    }
  }
  return cut;

  function hold(key: Key): void {
    told.keys.set(key.id, key);
    own.push(key);
  }
}

/** A request that may be sent again, by the same key. */
const keyed = (api: Client, label: string, path: string, body: object) => () => api.post(path, body, { headers: { 'idempotency-key': `crash-proof-${label}` } });
