// What stands between customers and handlers, under load: the client with its cache, the middleware of Express and Hono, the
// gateway, the layer of tower in front of axum, nginx and Caddy in front of the gate. Meanwhile keys are revoked, rotated, and
// switched off and on. Each request is answered once, as it must be; nothing is accepted that was begun after the answer to a
// change that ends a key; a handler runs for what is accepted and for nothing else; bodies arrive whole. By which rules:
// support/guard_history.ts. `LATCHKEY_FRONT_SEED` repeats what is asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgedKey, ok, sleep } from '../e2e/support/acceptance.ts';
import type { Reply } from '../e2e/support/client.ts';
import type { Secret } from './support/guard_client.ts';
import { grouped, judge, type Ask, type Change, type Presented, type Rule } from './support/guard_history.ts';
import { Customers, PERMISSIONS, startGuards, startWorld, type World } from './support/guards.ts';
import { figure, full } from './support/proof.ts';
import { random, seedOf, type Random } from './support/random.ts';

const seed = seedOf('LATCHKEY_FRONT_SEED');
const now = () => Number(process.hrtime.bigint()) / 1e6;
const CREDITS = full ? 2_000 : 40;
/** Of everything that has to have happened, or nothing is proven; a busy machine gets little done in some seconds. */
const LEAST = full ? 100 : 3;

/** Everything that is presented, and what becomes of it. */
class Keys {
  readonly presented = new Map<string, Presented>();
  /** How often keys were ended, and how. */
  readonly ends = { revoked: 0, rotated: 0, disabled: 0 };
  private readonly world: World;
  private readonly customers: Customers;

  constructor(world: World, customers: Customers) {
    this.world = world;
    this.customers = customers;
  }

  private present(secret: Secret, presented: Presented): void {
    this.presented.set(secret.name, presented);
    this.customers.add(secret);
  }

  private create(name: string, session: 'strict' | 'leased', body: object = {}): Promise<any> {
    return ok(this.world.api.post(`/v1/sessions/${this.world.sessions[session]}/api_keys`, { name, externalId: name, permissions: PERMISSIONS, ...body }), 201);
  }

  /** Those that stay what they are. */
  async standing(): Promise<void> {
    for (const mode of ['strict', 'leased'] as const) {
      for (const [name, body, status, weight] of [['good', {}, 200, mode === 'leased' ? 10 : 4], ['poor', { permissions: ['other:thing'] }, 403, 1]] as const) {
        const { id, key } = await this.create(`${name}-${mode}`, mode, body);
        this.present({ name: `${name}-${mode}`, key, weight, isGood: status === 200 }, { keyId: id, whose: `${name}-${mode}`, is: { always: status } });
        if (status === 200 && mode === 'strict') this.present({ name: 'two at once', key, isTwice: true, weight: 0.5 }, { is: { always: 400 } });
      }
    }
    for (const [name, key] of [['nothing', null], ['nonsense', 'nonsense'], ['a forged one', forgedKey()], ['a long one', 'x'.repeat(500)]] as const) {
      this.present({ name, key, weight: 0.7 }, { is: { always: 401 } });
    }
    const { id, key } = await this.create('credits', 'leased', { credits: { remaining: CREDITS } });
    this.present({ name: 'credits', key, weight: 1 }, { keyId: id, whose: 'credits', is: { credits: CREDITS } });
  }

  /** A key from its creation to its end, while everybody asks with it. */
  async life(name: string, mode: 'strict' | 'leased', rng: Random): Promise<void> {
    const sent = now();
    const { id, key } = await this.create(name, mode);
    await this.going({ id, key, name, whose: name, mode, life: [{ sent, answered: now(), isGood: true }] }, rng, true);
  }

  private async going({ id, key, name, whose, mode, life }: { id: string; key: string; name: string; whose: string; mode: 'strict' | 'leased'; life: Change[] }, rng: Random, mayRotate: boolean): Promise<void> {
    const { world: { api }, customers, ends } = this;
    const path = `/v1/api_keys/${id}`;
    // It is noted when it was answered; who judges looks when all is over.
    const changed = async (isGood: boolean, change: () => Promise<Reply>): Promise<any> => {
      const sent = now();
      let reply = await change();
      // It stands, but not everybody has confirmed it: then it may be repeated.
      while (reply.status === 202) reply = await change();
      const answered = now();
      life.push({ sent, answered, isGood });
      return ok(reply, reply.status === 201 ? 201 : 200);
    };
    this.present({ name, key, weight: 2 }, { keyId: id, whose, is: { life, mode } });
    const lived = () => sleep(mode === 'strict' ? rng.between(60, 300) : rng.between(300, 1_500));
    await lived();
    customers.watch(name);
    for (let turn = rng.between(0, full ? 2 : 1); turn > 0; turn--) {
      await changed(false, () => api.patch(path, { active: false }));
      ends.disabled += 1;
      await sleep(rng.between(20, 120));
      await changed(true, () => api.patch(path, { active: true }));
      await lived();
    }
    let next: Promise<void> | undefined;
    if (mayRotate && rng.chance(0.4)) {
      const sent = now();
      const successor = await changed(false, () => api.post(`${path}/rotate`, { overlapSeconds: 0 }));
      ends.rotated += 1;
      const second = `${name}-rotated`;
      // What it is for is what the old one was for.
      next = this.going({ id: successor.id, key: successor.key, name: second, whose, mode, life: [{ sent, answered: now(), isGood: true }] }, rng, false);
    } else {
      await changed(false, () => api.delete(path));
      ends.revoked += 1;
    }
    await sleep(rng.between(100, 250));
    customers.drop(name);
    await next;
  }
}

interface Seen {
  asks: Ask[];
  bytes: number;
  keys: Keys;
}

/** So many lives beside each other, again and again until the time is over, while everybody asks. */
async function underLoad(world: World, customers: Customers, lanes: { strict: number; leased: number }, seconds: number): Promise<Seen> {
  const keys = new Keys(world, customers);
  await keys.standing();
  const until = now() + seconds * 1_000;
  const lane = async (mode: 'strict' | 'leased', at: number) => {
    const rng = random(seed, mode === 'strict' ? 1 : 2, at);
    for (let turn = 0; now() < until; turn++) await keys.life(`${mode}-${at}.${turn}`, mode, rng);
  };
  await Promise.all((['strict', 'leased'] as const).flatMap((mode) => Array.from({ length: lanes[mode] }, (_, at) => lane(mode, at))));
  return { ...(await customers.stop()), keys };
}

/** What was asked for after a key had ended, which is what most of this is about. */
function tooLate({ asks, keys }: Seen): number {
  let late = 0;
  for (const { key, sent } of asks) {
    const is = keys.presented.get(key)!.is;
    if ('life' in is && is.life.findLast((change) => change.answered < sent)?.isGood === false) late += 1;
  }
  return late;
}

const world = await startWorld();

test(`${full ? 'five minutes' : 'some seconds'} of load on all guards: each answer is the one that it must be, and nothing ended gets through`, { timeout: 900_000 }, async (t) => {
  const guards = await startGuards(world);
  for (const name of guards.missing) t.diagnostic(`no ${name} is here: left out`);
  const socket = await Socket.open(world);
  const customers = new Customers(guards.targets, full ? { run: 'all', seed, width: 3, pauseMs: 5 } : { run: 'all', seed, width: 1, pauseMs: 12 });
  const running = underLoad(world, customers, full ? { strict: 8, leased: 16 } : { strict: 2, leased: 5 }, full ? 300 : 6);
  const [seen, messages] = await Promise.all([running, socket.during(running)]);
  const { asks, keys: { presented, ends }, bytes } = seen;
  const findings = judge(asks, presented, await guards.handled(), guards.directly);
  const rules = [...grouped(findings, ({ rule }) => rule)].map(([rule, all]) => `${rule} ${all.length}`);
  assert.deepEqual(findings.slice(0, 20), [], `seed ${seed}, ${rules} of ${asks.length}`);
  let repeated = 0;
  for (const [guard, all] of grouped(asks, (ask) => ask.guard)) {
    const count = (fits: (ask: Ask) => boolean | undefined) => all.filter(fits).length;
    const accepted = count(({ status }) => status === 200);
    assert.ok(accepted > LEAST && all.length - accepted > LEAST, `${guard}: ${accepted} of ${all.length} accepted`);
    figure(`front: ${guard}, accepted and handled`, accepted, `of ${all.length}`);
    const again = count(({ isRepeated }) => isRepeated);
    if (again > 0) figure(`front: ${guard}, answered again from its cache`, again, 'requests');
    repeated += again;
  }
  // Clients have kept decisions: else nothing would be proven of that.
  assert.ok(repeated > LEAST, `${repeated} of ${asks.length}`);
  const late = tooLate(seen);
  const total = ends.revoked + ends.rotated + ends.disabled;
  assert.ok(total >= 4 && ends.revoked > 0 && late > LEAST, JSON.stringify({ ends, late }));
  figure('front: keys ended', `${ends.revoked} revoked, ${ends.rotated} rotated, ${ends.disabled} disabled`);
  figure('front: accepted after the answer to their end', 0, `of ${late}`);
  figure('front: without an answer, or with another one than it must be', 0, `of ${asks.length}`);
  figure('front: handlers reached by an invalid key', 0, `of ${asks.filter(({ status }) => status !== 200).length}`);
  figure('front: bodies that came back whole', Math.round(bytes / 1e5) / 10, 'MB');
  figure('front: messages over a WebSocket whose key was revoked meanwhile', messages, 'of as many');
});

/** A WebSocket through the gateway that stays open. */
class Socket {
  private readonly socket: WebSocket;
  private readonly received: string[] = [];
  private readonly id: string;
  private readonly key: string;

  private constructor(socket: WebSocket, { id, key }: { id: string; key: string }) {
    [this.socket, this.id, this.key] = [socket, id, key];
    socket.addEventListener('message', ({ data }) => this.received.push(String(data)));
  }

  private static connect(key: string): Promise<WebSocket> {
    // What Node's takes besides protocols the types of browsers do not know.
    const socket = new WebSocket(`${world.gateways[0]!.replace('http', 'ws')}/socket`, { headers: { 'x-api-key': key } } as any);
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(socket), { once: true });
      socket.addEventListener('error', () => reject(new Error('no WebSocket')), { once: true });
    });
  }

  static async open({ api, sessions }: World): Promise<Socket> {
    const made = await ok(api.post(`/v1/sessions/${sessions.leased}/api_keys`, { name: 'Socket', permissions: PERMISSIONS }), 201);
    return new Socket(await Socket.connect(made.key), made);
  }

  /** Speaks while something goes on, all the way; how many messages came back. */
  async during(work: Promise<unknown>): Promise<number> {
    let going = true;
    void work.finally(() => (going = false)).catch(() => {});
    let sent = 0;
    for (; going; await sleep(100)) {
      this.socket.send(`message ${sent++}`);
      if (sent !== 20) continue;
      await ok(world.api.delete(`/v1/api_keys/${this.id}`));
      // Who was let through before goes on; nobody else comes in.
      await assert.rejects(Socket.connect(this.key), /no WebSocket/);
    }
    for (const end = Date.now() + 10_000; this.received.length < sent && Date.now() < end; ) await sleep(20);
    assert.deepEqual(this.received, Array.from({ length: sent }, (_, at) => `message ${at}`));
    assert.ok(sent > 20, `${sent}`);
    this.socket.close();
    return sent;
  }
}

/** What each of these has to be found out by. */
const BROKEN: { [name: string]: Rule } = {
  'keeps decisions for too long': 'late',
  'opens when nobody can be asked': 'open',
  'opens what the gateway refuses': 'late',
  'drops a request': 'lost',
  'asks when it has begun': 'reached',
  'loses a byte': 'body',
  'takes it for somebody else': 'whose',
};

test('control: what is in front of a handler and breaks its word is found out', { timeout: 120_000 }, async () => {
  const urls = await world.serve(['express', ...Object.keys(BROKEN)]);
  const targets = Object.entries(urls).map(([guard, url]) => ({ guard, kind: 'http' as const, url }));
  const rules = new Map<string, Set<Rule>>();
  const isFound = () => Object.entries(BROKEN).every(([guard, rule]) => rules.get(guard)?.has(rule));
  // As often as it takes on a machine that has other things to do.
  for (let round = 0; round < 8 && !isFound(); round++) {
    const before = await world.handled();
    const { asks, keys } = await underLoad(world, new Customers([targets], { run: `broken ${round}`, seed: seed + round, width: 1, pauseMs: 10 }), { strict: 1, leased: 3 }, 1);
    const byId = new Map([...(await world.handled())].filter(([id]) => !before.has(id)));
    for (const { guard, rule } of judge(asks, keys.presented, { byId }, new Set())) {
      // All share the credits: whoever comes last stands for what the others have let through for nothing.
      if (rule !== 'spent') rules.set(guard, (rules.get(guard) ?? new Set()).add(rule));
    }
  }
  for (const [guard, rule] of Object.entries(BROKEN)) assert.ok(rules.get(guard)?.has(rule), `${guard}: ${[...(rules.get(guard) ?? [])]}`);
  // Beside all of them one that keeps its word, so that it is not the judge who sees ghosts.
  assert.equal(rules.get('express'), undefined, [...(rules.get('express') ?? [])].join());
});

/** What the judge says of histories that are made up. */
test('control: each rule is broken by a history, and none by one in which all is well', () => {
  const life: Change[] = [[0, 10, true], [100, 110, false], [200, 210, true], [300, 310, false]].map(([sent, answered, isGood]) => ({ sent, answered, isGood }) as Change);
  const presented = new Map<string, Presented>([
    ['life', { whose: 'Ada', is: { life, mode: 'leased' } }], ['strict', { whose: 'Ada', is: { life, mode: 'strict' } }],
    ['good', { whose: 'Ada', is: { always: 200 } }], ['poor', { is: { always: 403 } }], ['credits', { whose: 'Ada', is: { credits: 1 } }],
  ]);
  const ask = (key: string, sent: number, answered: number, status = 200, more: Partial<Ask> = {}): Ask => ({ guard: 'one', id: `${key} ${sent}`, key, sent, answered, status, ...(status === 200 && { whose: 'Ada', isWhole: true }), ...more });
  const well = [
    ask('life', 20, 30, 200, { reliableMs: 80 }), ask('life', 90, 120), ask('life', 105, 130), ask('life', 120, 130, 401), ask('life', 190, 205), ask('life', 205, 230, 401), ask('life', 220, 230),
    ask('strict', 101, 104), ask('strict', 102, 105, 401), ask('strict', 103, 106), ask('strict', 106, 107, 401), ask('good', 1, 2), ask('poor', 1, 2, 403), ask('credits', 1, 2), ask('credits', 3, 4, 429),
  ];
  const broken: [Rule, Ask][] = [
    ['lost', ask('good', 5, 6, 0)], ['status', ask('good', 5, 6, 503)], ['open', ask('poor', 5, 6)], ['late', ask('life', 111, 199)], ['late', ask('life', 311, 999)], ['back', ask('strict', 108, 120)],
    ['refused', ask('life', 211, 299, 401)], ['relied', ask('life', 20, 30, 200, { reliableMs: 91 })], ['whose', ask('good', 5, 6, 200, { whose: 'Bob' })], ['body', ask('good', 5, 6, 200, { isWhole: false })],
    ['spent', ask('credits', 5, 6)], ['status', ask('credits', 5, 6, 401)],
  ];
  const rules = (asks: Ask[], runs: [string, number][] = asks.filter(({ status }) => status === 200).map(({ id }) => [id, 1]), byKey?: Map<string, Map<string, number>>) =>
    judge(asks, presented, { byId: new Map(runs), ...(byKey && { byKey }) }, new Set(['directly'])).map(({ rule }) => rule);
  assert.deepEqual(rules(well), []);
  for (const [rule, one] of broken) assert.deepEqual(rules([...well, { ...one, id: 'broken' }]), [rule], JSON.stringify(one));
  const [good, poor] = [ask('good', 5, 6), ask('poor', 5, 6, 403)];
  assert.deepEqual([rules([good], []), rules([good], [[good.id, 2]]), rules([poor], [[poor.id, 1]]), rules([], [['unknown', 1]])], [['missed'], ['reached'], ['reached'], ['reached']]);
  for (const [ran, found] of [[1, []], [0, ['missed']], [2, ['reached']]] as [number, Rule[]][]) assert.deepEqual(rules([good], [], new Map([['one', new Map([['good', ran]])]])), found);
});
