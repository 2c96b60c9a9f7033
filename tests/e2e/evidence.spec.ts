// Who still uses a key that was replaced; keys that lie idle; and many keys revoked at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newOrganization, ok, refused, sleep, newPerson } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();

/** Uses a key at the gate, asked of its session, as somebody from somewhere. */
const use = (key: string, client: string, country: string) =>
  latchkey.api(key).get('/v1/whoami?consistency=strict', { headers: { 'user-agent': client, 'cf-ipcountry': country } });

test('after a rotation the old key says who still uses it, from where and how often; after its end, who is refused', { timeout: 90_000 }, async () => {
  const { api } = await newOrganization(latchkey, 'Rotated');
  const { id, key } = await ok(api.post('/v1/api_keys', { name: 'Old' }), 201);
  await use(key, 'before/1', 'US');
  const successor = await ok(api.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds: 3600 }), 201);
  const read = async () => ok(api.get(`/v1/api_keys/${id}/evidence`));
  const fresh = await read();
  assert.deepEqual([fresh.rotatedTo, fresh.uses, fresh.safeToDelete, fresh.reason, fresh.lastUsed.client], [successor.id, 0, false, 'too_early', 'before/1']);

  for (let times = 0; times < 3; times++) assert.equal((await use(key, 'backend/2', 'DE')).status, 200);
  for (let times = 0; times < 2; times++) assert.equal((await use(key, 'cron/1', 'JP')).status, 200);
  assert.equal((await use(successor.key, 'backend/3', 'DE')).status, 200);
  const busy = await read();
  assert.deepEqual([busy.uses, busy.safeToDelete, busy.reason, busy.revokedAt], [5, false, 'in_use', null]);
  assert.deepEqual([busy.lastUsed.client, busy.lastUsed.country], ['cron/1', 'JP']);
  assert.deepEqual(busy.clients.map(({ client, country, seen }: any) => [client, country, seen]), [['cron/1', 'JP', 2], ['backend/2', 'DE', 3]]);

  await ok(api.delete(`/v1/api_keys/${id}`));
  const refusals = [];
  for (let times = 0; times < 4; times++) refusals.push((await use(key, 'cron/1', 'JP')).status);
  assert.deepEqual(refusals, [401, 401, 401, 401]);
  // Those too that an isolate has refused by itself: it tells of them within ten seconds.
  let ended = await read();
  for (const end = Date.now() + 30_000; ended.refusedUses < 4 && Date.now() < end; ended = await read()) await sleep(250);
  assert.deepEqual([ended.refusedUses, ended.uses, ended.safeToDelete, ended.reason], [4, 5, true, 'ended']);
  assert.deepEqual([ended.lastRefused.client, ended.lastRefused.country], ['cron/1', 'JP']);
  assert.equal(typeof ended.revokedAt, 'string');
  await refused((await newOrganization(latchkey, 'Stranger')).api.get(`/v1/api_keys/${id}/evidence`), 404, 'api_key_not_found');
});

test('many keys at once: a dry run shows them, a filter wants its count confirmed, each says what became of it', { timeout: 90_000 }, async () => {
  const { api } = await newOrganization(latchkey, 'Bulk');
  const issue = async (name: string) => ok(api.post('/v1/api_keys', { name }), 201);
  const keys = [await issue('Pipeline 1'), await issue('Pipeline 2'), await issue('Production')];
  const state = async () => Promise.all(keys.map(async ({ key }) => (await ok(api.post('/v1/keys/verify', { key }))).code));
  const revoke = (body: object) => api.post('/v1/api_keys/revoke', body);

  const filter = { search: 'pipeline' };
  const dry = await ok(revoke({ filter, dryRun: true }));
  assert.deepEqual([dry.dryRun, dry.count, dry.hasMore, dry.data.map(({ name }: any) => name).sort()], [true, 2, false, ['Pipeline 1', 'Pipeline 2']]);
  for (const confirm of [undefined, 1, 3]) {
    const details = await refused(revoke({ filter, confirm }), 409, 'confirmation_needed');
    assert.equal(details.count, 2);
  }
  assert.deepEqual(await state(), ['VALID', 'VALID', 'VALID']);
  const done = await ok(revoke({ filter, confirm: 2, reason: 'Spring cleaning' }));
  assert.deepEqual([done.count, done.data.map(({ result, settled }: any) => [result, settled])], [2, [['revoked', true], ['revoked', true]]]);
  assert.deepEqual(await state(), ['REVOKED', 'REVOKED', 'VALID']);
  assert.equal((await ok(api.get(`/v1/api_keys/${keys[0].id}`))).revocationReason, 'Spring cleaning');

  const stranger = await ok((await newOrganization(latchkey, 'Bulk stranger')).api.post('/v1/api_keys', { name: 'Theirs' }), 201);
  const ids = [keys[2].id, keys[0].id, stranger.id];
  const shown = await ok(revoke({ ids, dryRun: true }));
  assert.deepEqual(shown.data.map(({ result }: any) => result), ['revoked', 'already_revoked', 'not_found']);
  assert.deepEqual((await state())[2], 'VALID');
  const named = await ok(revoke({ ids }));
  assert.deepEqual(named.data.map(({ keyId, result }: any) => [keyId, result]), [[ids[0], 'revoked'], [ids[1], 'already_revoked'], [ids[2], 'not_found']]);
  assert.deepEqual(await state(), ['REVOKED', 'REVOKED', 'REVOKED']);
  const log = (await ok(api.get('/v1/audit_log?action=api_key.revoked'))).data;
  assert.deepEqual(log.map(({ target }: any) => target).sort(), keys.map(({ id }) => id).sort(), 'one entry for each');
  for (const body of [{}, { ids, filter }, { ids: ['key_x'] }, { filter: { name: 'Pipeline' } }]) await refused(revoke(body), 400, 'invalid_request');
});

test('the report of unused keys; members use it and revoke many as keys do', { timeout: 60_000 }, async () => {
  const person = await newPerson(latchkey);
  const mine = (path: string) => `${person.home}/api_keys${path}`;
  const { id } = await ok(person.api.post(mine(''), { name: 'Fresh' }), 201);
  const { data } = await ok(person.api.get(mine('/unused?days=1')));
  assert.deepEqual(data, [], 'nothing is unused on its first day');
  await refused(person.api.get(mine('/unused?days=0')), 400, 'invalid_request');
  const idle = { filter: { unusedForDays: 1 } };
  assert.equal((await ok(person.api.post(mine('/revoke'), { ...idle, dryRun: true }))).count, 0);
  const created = { filter: { createdBefore: new Date(Date.now() + 60_000).toISOString(), search: 'Fresh' } };
  const dry = await ok(person.api.post(mine('/revoke'), { ...created, dryRun: true }));
  assert.deepEqual(dry.data.map(({ keyId, lastUsedAt }: any) => [keyId, lastUsedAt]), [[id, null]]);
  const [gone] = (await ok(person.api.post(mine('/revoke'), { ...created, confirm: 1 }))).data;
  assert.deepEqual([gone.keyId, gone.result], [id, 'revoked']);
});
