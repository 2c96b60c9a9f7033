// What many clients see of keys, from processes of their own, over several isolates, while objects end and start again, can have
// happened in one order: support/history.ts says by which rules. `LATCHKEY_HISTORY_SEED` repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inParallel, ok, sleep } from '../e2e/support/acceptance.ts';
import { Clients } from './support/histories.ts';
import { check, type Call, type Finding, type Values } from './support/history.ts';
import { figure, full } from './support/proof.ts';
import { random, seedOf } from './support/random.ts';
import { startService, type Front } from './support/service.ts';

const seed = seedOf('LATCHKEY_HISTORY_SEED');
const PROCESSES = 3;

interface Recorded {
  findings: Finding[];
  history: Call[];
  outcomes: { [outcome: string]: number };
  restarts: number;
}

/** So many keys live and end, a few at a time, while everybody verifies all of them; what was seen. */
async function record(mode: 'strict' | 'leased', keys: number, fronts: Front[], restarting: boolean): Promise<Recorded> {
  const service = await startService({ services: 3, fronts: [...fronts, 'abort'] });
  const { key: root, sessionId: home } = await service.newTenant('History');
  const api = service.client(0, root);
  const consistency = mode === 'strict' ? { mode } : { mode, ttlMs: 1_000 };
  const { id: sessionId } = await ok(api.post('/v1/sessions', { name: mode, consistency }), 201);
  // Who verifies is not to end when objects do: it is the session of the keys that is restarted.
  assert.notEqual(sessionId, home);
  const clients = new Clients(PROCESSES, { origins: [1, 2].map((isolate) => service.origin(isolate)), bearer: root });
  const final = new Map<string, Values>();
  let restarts = 0;
  let running = true;
  const restarter = (async () => {
    for (let turn = 0; running && restarting; turn++) {
      await sleep(300 + 40 * (turn % 7));
      await service.client(turn, root).post(`/__abort?session=${sessionId.slice(4, 15)}`);
      restarts += 1;
    }
  })();

  async function life(number: number): Promise<void> {
    const rng = random(seed, number);
    const name = `key ${number}`;
    const created: Values = { name: 'new', metadata: {} };
    const made = await clients.change(rng.between(0, 9), { key: name, what: 'create', method: 'POST', path: `/v1/sessions/${sessionId}/api_keys`, body: created, sets: created });
    // An object was ended over it: nobody knows its secret.
    if (made.status !== 201) return;
    const { id, key: secret } = made.body;
    clients.tell({ add: { key: name, secret } });
    await sleep(rng.between(10, 60));
    const path = `/v1/api_keys/${id}`;
    const patch = (sets: Values) => clients.change(rng.between(0, 9), { key: name, what: 'patch', method: 'PATCH', path, body: sets, sets });
    const values = () => rng.of<Values>([{ name: `name ${rng.between(1, 99)}` }, { metadata: { n: rng.between(1, 99) } }, { name: `both ${rng.between(1, 99)}`, metadata: { n: rng.between(100, 199) } }]);
    if (rng.chance(0.4)) {
      await Promise.all([patch(values()), patch(values()), patch(values())]);
      await Promise.all([patch(values()), patch(values())]);
    }
    // What was not answered may happen yet, so what the key is now is not the end of it; but nothing takes a second here.
    if (restarting) await sleep(50);
    const read = await api.get(path);
    if (read.status === 200) final.set(name, { name: read.body.name, metadata: read.body.metadata });
    if (rng.chance(0.4)) {
      const overlap = rng.chance(0.3);
      const rotations = await Promise.all([0, 1].map((each) => clients.change(each, { key: name, what: 'rotate', method: 'POST', path: `${path}/rotate`, body: { overlapSeconds: overlap ? 60 : 0 }, overlap, makes: `${name}, rotated` })));
      const successor = rotations.find(({ status }) => status === 201);
      if (successor) clients.tell({ add: { key: `${name}, rotated`, secret: successor.body.key } });
    }
    const end = () => clients.change(rng.between(0, 9), { key: name, what: 'revoke', method: 'DELETE', path });
    for (let tries = 0; tries < 20 && (await end()).status !== 200; tries++) await sleep(20);
    await sleep(rng.between(60, 160));
    clients.tell({ drop: name });
    clients.tell({ drop: `${name}, rotated` });
  }
  await inParallel(Array.from({ length: keys }, (_, at) => at), mode === 'strict' ? 4 : 8, life);
  running = false;
  await restarter;
  const { history, outcomes } = await clients.stop();
  await service.kill();
  return { findings: check(history, { mode, final }), history, outcomes, restarts };
}

const ends = (history: Call[]) => history.filter(({ what, outcome }) => what === 'revoke' && outcome === 'done').length;

for (const [mode, keys] of [['strict', full ? 2_000 : 24], ['leased', full ? 500 : 12]] as const) {
  test(`what ${PROCESSES} processes see of ${keys} keys over two isolates, ${mode}, while objects end, has an order`, { timeout: 3_600_000 }, async () => {
    const { findings, history, outcomes, restarts } = await record(mode, keys, [], true);
    assert.deepEqual(findings, [], JSON.stringify({ seed, outcomes }));
    const known = Object.keys(outcomes).filter((code) => !['VALID', 'REVOKED', 'status 503', 'status 500', 'status undefined'].includes(code));
    assert.deepEqual(known, [], JSON.stringify(outcomes));
    assert.ok((outcomes.VALID ?? 0) > keys && (outcomes.REVOKED ?? 0) > keys / 2 && ends(history) > keys / 2 && restarts > 0, JSON.stringify({ ...outcomes, restarts, ends: ends(history) }));
    figure(`linearizability: calls in an order, ${mode}`, history.length, 'calls');
    figure(`linearizability: calls out of order, ${mode}`, findings.length, `of ${history.length}`);
    figure(`linearizability: objects ended meanwhile, ${mode}`, restarts, 'times');
    figure(`linearizability: keys ended, ${mode}`, ends(history), 'keys');
  });
}

/** What a service that breaks its word is found out by. */
async function broken(fronts: Front[], rule: Finding['rule']): Promise<void> {
  const { findings, outcomes } = await record('strict', 6, fronts, false);
  assert.ok(findings.some((finding) => finding.rule === rule), JSON.stringify({ findings, outcomes }));
}

test('a service that answers a revocation before it commits is found out', { timeout: 120_000 }, () => broken(['early'], 'L1'));
test('one in which an isolate keeps its answers is found out', { timeout: 120_000 }, () => broken(['caching'], 'L1'));
