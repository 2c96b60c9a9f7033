// Requests whose answer the network loses are sent again, with the same Idempotency-Key: one key comes of each, and every answer
// shows the same secret, though nobody has stored it. `LATCHKEY_RETRIES_SEED` repeats a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inParallel, ok, refused, sleep } from '../e2e/support/acceptance.ts';
import { leaksBelow, recordedSecrets } from '../e2e/support/canary.ts';
import { Cutter, type Cut } from './support/cutter.ts';
import { disagreements, readDisk } from './support/disk.ts';
import { figure, full } from './support/proof.ts';
import { random, seedOf } from './support/random.ts';
import { startService } from './support/service.ts';

const RETRIES = Number(process.env.LATCHKEY_RETRIES ?? (full ? 10_000 : 150));
const seed = seedOf('LATCHKEY_RETRIES_SEED');
/** In how many sessions. */
const TENANTS = 4;
/** What is cut early keeps its place for half a minute: in the full form only. */
const FIRST: Cut[] = full ? ['dropped', 'dropped', 'dropped', 'half', 'half', 'lost', 'early'] : ['dropped', 'dropped', 'dropped', 'half', 'lost'];

test(`${RETRIES} requests sent again after their answer was lost: no key twice, the same secret each time, and nobody else is told`, { timeout: 2 * 3_600_000 }, async (t) => {
  figure('retries: seed', seed);
  const service = await startService({ services: 2 });
  const tenants = await Promise.all(Array.from({ length: TENANTS }, (_, at) => service.newTenant(`Retries ${at}`)));
  // A second key of each, which may as much as the first.
  const seconds = await Promise.all(tenants.map(({ key }) => ok(service.client(0, key).post('/v1/api_keys', { name: 'Second' }), 201)));
  const cutters = [await new Cutter(() => service.origin(0)).listen(), await new Cutter(() => service.origin(1)).listen()];
  let retries = 0;
  let waited = 0;
  let strangers = 0;
  /** Every key that was asked for once, by its label. */
  const keys = new Map<string, { id: string; key: string }>();
  const replaced = new Set<string>();

  async function once(at: number): Promise<void> {
    const rng = random(seed, at);
    const tenant = at % TENANTS;
    const { key: caller } = tenants[tenant]!;
    const label = `retry-${seed}-${at}-of-many`;
    // A fifth of them replaces a key that another one has made.
    const former = at % 5 === 4 ? keys.get(`retry-${seed}-${at - TENANTS}-of-many`) : undefined;
    const path = former ? `/v1/api_keys/${former.id}/rotate` : '/v1/api_keys';
    const body = former ? { overlapSeconds: 0 } : { name: label };
    const cutter = () => rng.of(cutters);
    const send = (cut: Cut, bearer = caller, sent: object = body) => cutter().post(cut, path, { authorization: `Bearer ${bearer}`, 'idempotency-key': label }, sent);
    assert.equal(await send(rng.of(FIRST)), undefined);
    const end = Date.now() + 60_000;
    let answer;
    for (let attempt = 0; answer === undefined; ) {
      const reply = await send(attempt < 3 && rng.chance(0.25) ? rng.of(['dropped', 'half', 'lost'] as Cut[]) : 'none');
      if (reply?.status === 409 && reply.body.code === 'idempotency_in_flight' && Date.now() < end) {
        // The first request is taken to be at work until half a minute after it was last heard of.
        waited += 1;
        await sleep(1_000);
        continue;
      }
      attempt += 1;
      retries += 1;
      if (reply) answer = reply;
    }
    const { id, key } = await ok(answer, 201);
    // Once more, when all is well.
    retries += 1;
    const again = await ok((await send('none'))!, 201);
    assert.deepEqual([again.id, again.key], [id, key], label);
    for (const lost of cutters.flatMap(({ swallowed }) => swallowed.get(label) ?? [])) assert.deepEqual([lost.id, lost.key], [id, key], label);
    keys.set(label, { id, key });
    if (former) replaced.add(former.id);
    if (at % 10 !== 3) return;
    // The same text from others, of the same organization and of another one, is theirs and says nothing of this one.
    const other = { name: `Other of ${label}` };
    await refused((await send('none', caller, other))!, 422, 'idempotency_mismatch', label);
    for (const bearer of [seconds[tenant]!.key, tenants[(tenant + 1) % TENANTS]!.key]) {
      const theirs = await ok((await send('none', bearer, other))!, 201);
      assert.ok(theirs.id !== id && theirs.key !== key, label);
      assert.ok(!JSON.stringify(theirs).includes(id) && !JSON.stringify(theirs).includes(key.slice(8, 31)), label);
      strangers += 1;
    }
  }

  const began = Date.now();
  for (let from = 0; retries < RETRIES; from += 50) {
    await inParallel(Array.from({ length: 50 }, (_, at) => from + at), 8, once);
    if (full && from % 1_000 === 950) console.log(`${retries} of ${RETRIES} retries, ${Math.round((Date.now() - began) / 1_000)} s`);
  }
  // What was shown is good, until it was replaced.
  const sample = [...keys.values()].slice(-100);
  await inParallel(sample, 8, async ({ id, key }) => {
    const session = tenants.find(({ sessionId }) => id.includes(sessionId.slice(4, 15)))!;
    const { code } = await ok(service.client(0, session.key).post('/v1/keys/verify', { key }));
    assert.equal(code, replaced.has(id) ? 'REVOKED' : 'VALID', id);
  });
  await service.kill();

  const disk = readDisk(service.directory);
  assert.deepEqual(await disagreements(disk, service.kv.entries), []);
  const rows = disk.sessions.flatMap(({ keys: found }) => [...found.values()].map(({ record }) => record));
  const issued = rows.filter(({ rotated_from: from, settings }) => from === null && settings.name.startsWith('retry-')).map(({ settings }) => settings.name);
  const successors = rows.flatMap(({ rotated_from: from }) => from ?? []);
  const duplicates = [issued, successors].flatMap((names) => names.filter((name, at) => names.indexOf(name) !== at));
  assert.deepEqual(duplicates, [], 'something was issued twice');
  assert.equal(issued.length + successors.length, keys.size, 'as many keys as were asked for');
  assert.deepEqual(new Set([...keys.values()].map(({ id }) => id)).size, keys.size);
  assert.deepEqual(leaksBelow(service.directory, recordedSecrets()), []);
  const lost = cutters.reduce((sum, { swallowed }) => sum + [...swallowed.values()].flat().length, 0);
  assert.ok(lost >= keys.size / 2 && strangers > 0, `${lost} answers lost, ${strangers} strangers`);
  t.diagnostic(JSON.stringify(cutters.map(({ counts }) => counts)));
  figure('retries: requests sent again', retries, 'requests');
  figure('retries: answers lost that had issued a key', lost, 'answers');
  figure('retries: keys issued twice', duplicates.length, `of ${keys.size}`);
  figure('retries: of others with the same Idempotency-Key, told anything', 0, `of ${strangers}`);
  figure('retries: waited for a first attempt', waited);
});
