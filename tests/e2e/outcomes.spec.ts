// What backends tell of verified requests: counted once each, whoever tells it, however often, and over a SIGKILL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok, sleep } from './support/acceptance.ts';
import { startIsolates } from './support/isolates.ts';

const cluster = await startIsolates({ services: 3 });
const { service, client } = cluster;
const { key: root } = await cluster.createOrganization('Outcomes');
const api = () => client(0, root);

const usage = async (id: string) => (await ok(api().get(`/v1/api_keys/${id}/usage?granularity=hour`))).totals.outcomes;
const verify = async (at: number, key: string) => (await ok(client(at, root).post('/v1/keys/verify', { key }))).verificationId as string;
const tell = async (at: number, outcomes: unknown[]) => ok(client(at, root).post('/v1/outcomes', { outcomes }));

test('every verification of a key names it, and its outcome is counted once, from whichever isolate it comes', { timeout: 60_000 }, async () => {
  const { key, id } = await ok(api().post('/v1/api_keys', { name: 'Told' }), 201);
  const ids: string[] = [];
  for (let round = 0; round < 20; round += 1) ids.push(await verify(0, key), await verify(1, key), await verify(2, key));
  assert.equal(new Set(ids).size, 60);
  for (const verification of ids) assert.ok(verification.startsWith(`ver_${id.slice(4)}`), verification);
  const { data } = await ok(api().get(`/v1/api_keys/${id}/requests`));
  for (const { verificationId } of data) assert.ok(ids.includes(verificationId), 'the list names them as the answers did');
  const outcomes = ids.map((verificationId, place) => ({ verificationId, status: place % 10 === 0 ? 503 : 200, latencyMs: 10 + place }));
  // The same three times at once, over three isolates.
  const answers = await Promise.all([0, 1, 2].map((at) => tell(at, outcomes)));
  assert.equal(answers.reduce((sum, { accepted }) => sum + accepted, 0), 60);
  assert.equal(answers.reduce((sum, { duplicates }) => sum + duplicates, 0), 120);
  const told = await usage(id);
  assert.deepEqual([told.totalRequests, told.failedRequests, told.errorRate, told.byStatus], [60, 6, 0.1, { 200: 54, 503: 6 }]);
  assert.equal(told.latencyMs.average, 39.5);
  assert.ok(Math.abs(told.latencyMs.p95 - 66) <= 1.4, JSON.stringify(told));

  const unknown = await verify(0, `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`);
  const stranger = await ok(client(0, (await cluster.createOrganization('Other')).key).post('/v1/api_keys', { name: 'Theirs' }), 201);
  const { accepted, rejected } = await tell(1, [
    { verificationId: unknown, status: 200, latencyMs: 1 }, { keyId: stranger.id, status: 200, latencyMs: 1 }, { keyId: id, id: 'own-1', status: 200, latencyMs: 1 },
    { keyId: id, status: 200, latencyMs: 1, time: new Date(Date.now() - 3_700_000).toISOString() }, { keyId: id, status: 200, latencyMs: 1, time: new Date(Date.now() + 400_000).toISOString() },
  ]);
  assert.deepEqual([accepted, rejected.map(({ index, code }: any) => [index, code])], [1, [[0, 'not_found'], [1, 'not_found'], [3, 'too_late'], [4, 'in_future']]]);
});

test('what was answered is there after SIGKILL, and what is sent again is counted once', { timeout: 90_000 }, async () => {
  const { key, id } = await ok(api().post('/v1/api_keys', { name: 'Killed' }), 201);
  await verify(0, key);
  let accepted = 0;
  const batches: unknown[][] = [];
  const sending = (async () => {
    for (let batch = 0; batch < 2_000; batch += 1) {
      const outcomes = [0, 1, 2, 3, 4].map((place) => ({ keyId: id, id: `${batch}-${place}`, time: new Date().toISOString(), status: 200, latencyMs: 20 }));
      batches.push(outcomes);
      const answer = await client(0, root).post('/v1/outcomes', { outcomes }).catch(() => null);
      if (answer?.status !== 200) return;
      accepted += 5;
    }
  })();
  await sleep(1_500);
  await service.restart();
  await sending;
  const { totalRequests } = await usage(id);
  assert.ok(accepted > 0 && totalRequests >= accepted && totalRequests <= accepted + 5, `${accepted} of ${totalRequests}`);
  for (const outcomes of batches) {
    const answer = await tell(1, outcomes);
    assert.deepEqual(answer.accepted + answer.duplicates, 5, JSON.stringify(answer));
  }
  assert.equal((await usage(id)).totalRequests, batches.length * 5);
});

test('health tells what went wrong lately', { timeout: 60_000 }, async () => {
  const session = await ok(api().post('/v1/sessions', { name: 'Ill', environment: 'staging' }), 201);
  const { id } = await ok(api().post(`/v1/sessions/${session.id}/api_keys`), 201);
  const path = `/v1/sessions/${session.id}/health`;
  const idle = await ok(api().get(path));
  assert.deepEqual([idle.status, idle.health, idle.reasons], ['connected', 'idle', ['no_requests']]);
  await tell(0, Array.from({ length: 20 }, (_, place) => ({ keyId: id, id: `${place}`, status: place < 2 ? 500 : 200, latencyMs: 100 })));
  const degraded = await ok(api().get(path));
  assert.deepEqual([degraded.health, degraded.reasons, degraded.recent.outcomes, degraded.recent.serverErrorRate], ['degraded', ['server_errors'], 20, 0.1]);
  await ok(api().patch(`/v1/sessions/${session.id}`, { status: 'disconnected' }));
  assert.equal((await ok(api().get(path))).health, 'disconnected');
});
