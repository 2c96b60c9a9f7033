// What is counted of verifications, wherever they are decided: in the sums within seconds, once each, and after a SIGKILL
// all but the last seconds of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, sleep } from './support/acceptance.ts';
import { startIsolates } from './support/isolates.ts';

const cluster = await startIsolates({ services: 3 });
const { service, client } = cluster;
const { key: root } = await cluster.createOrganization('Usage');
const api = () => client(0, root);

/** An isolate reports after 10 s at the latest, and the object writes down within another 10. */
const COUNTED_WITHIN_MS = 22_000;

const usage = async (id: string) => ok(api().get(`/v1/api_keys/${id}/usage?granularity=hour`));

/** Verifies in two isolates for a time; how many were valid. */
async function verified(key: string, ms: number): Promise<number> {
  let valid = 0;
  const end = Date.now() + ms;
  await Promise.all([1, 2].map(async (at) => {
    while (Date.now() < end) {
      const answer = await ok(client(at, root).post('/v1/keys/verify', { key }));
      if (answer.valid) valid += 1;
    }
  }));
  return valid;
}

/** Waits until the sum is there; it is never more. */
async function counted(id: string, sum: number): Promise<any> {
  const end = Date.now() + COUNTED_WITHIN_MS;
  for (;;) {
    const body = await usage(id);
    assert.ok(body.totals.requests <= sum, `${body.totals.requests} of ${sum}`);
    if (body.totals.requests === sum) return body;
    assert.ok(Date.now() < end, `${body.totals.requests} of ${sum}`);
    await sleep(500);
  }
}

test('each verification is counted once, decided by a lease or not, with when and by whom', { timeout: 60_000 }, async () => {
  const { key, id } = await ok(api().post('/v1/api_keys', { name: 'Counted' }), 201);
  const sum = await verified(key, 3_000);
  const { totals, lastUsed } = await counted(id, sum);
  assert.deepEqual([totals.valid, totals.refused, totals.byCode, totals.successRate], [sum, 0, { VALID: sum }, 1]);
  assert.ok(Date.now() - Date.parse(lastUsed.at) < 60_000, JSON.stringify(lastUsed));
  const { data } = await ok(api().get(`/v1/api_keys/${id}/requests?limit=5`));
  assert.ok(data.length === 5 && data.every(({ code }: any) => code === 'VALID'), JSON.stringify(data));
  const { lastUsedAt } = await ok(api().get(`/v1/api_keys/${id}`));
  assert.ok(Date.now() - Date.parse(lastUsedAt) < 60_000, lastUsedAt);
});

test('after SIGKILL everything is there that is older than the time it may take, and nothing twice', { timeout: 90_000 }, async () => {
  const { key, id } = await ok(api().post('/v1/api_keys', { name: 'Killed' }), 201);
  const before = await verified(key, 2_000);
  await counted(id, before);
  // What was read may be in memory; what is older than this is written down.
  await sleep(10_500);
  const late = await verified(key, 1_000);
  await service.restart();
  const { totals } = await usage(id);
  assert.ok(totals.requests >= before && totals.requests <= before + late, `${before} ≤ ${totals.requests} ≤ ${before + late}`);
  const again = await verified(key, 1_000);
  await counted(id, totals.requests + again);
});
