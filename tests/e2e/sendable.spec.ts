// A client written only from the Sendable page: sessions, x-api-key, one prefix for each environment, customer A beside
// customer B.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, inParallel, ISO_UTC, newOrganization, ok, refused, sleep } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const { api, id: organizationId } = await newOrganization(latchkey, 'Sendable user');

const newSession = (name: string, environment: string | null = 'production') => ok(api.post('/v1/sessions', { name, environment }), 201);
/** "Generate New Key" on the "API Keys" tab of a session. */
const generate = (session: any, body?: unknown) => ok(api.post(`/v1/sessions/${session.id}/api_keys`, body), 201);
/** The application that reads its key from the environment and sends it as x-api-key. */
const withXApiKey = (key: string, path = '/v1/whoami', method = 'GET', body?: unknown) => checked(latchkey.anyone).send(method, path, { headers: { 'x-api-key': key }, body });
const as = (key: string) => checked(latchkey.api(key));

for (const [environment, prefix] of [['development', 'sk_dev_'], ['staging', 'sk_staging_'], ['production', 'sk_live_']] as const) {
  test(`a ${environment} session has keys that begin with ${prefix} and work as x-api-key`, async () => {
    const session = await newSession(`${environment} session`, environment);
    assert.deepEqual([session.environment, session.status, session.isDefault, session.organizationId], [environment, 'connected', false, organizationId]);
    const created = await generate(session);
    assert.match(created.key, new RegExp(`^${prefix}[0-9A-Za-z]{48}$`));
    assert.equal(created.sessionId, session.id);
    const { status, body } = await withXApiKey(created.key);
    assert.deepEqual([status, body.code, body.sessionId, body.environment, body.keyId], [200, 'VALID', session.id, environment, created.id]);
  });
}

test('the list of a session shows what people see: the first 8 characters of the key id, creation, last use, status', async () => {
  const session = await newSession('Shown');
  const used = await generate(session, { name: 'Used' });
  const revoked = await generate(session);
  await ok(withXApiKey(used.key));
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  const list = await ok(api.get(`/v1/sessions/${session.id}/api_keys`));
  assert.deepEqual(list.map(({ id, status }: any) => [id, status]), [[revoked.id, 'revoked'], [used.id, 'active']]);
  for (const key of list) {
    assert.match(key.shortId, /^[0-9A-Za-z]{8}$/);
    assert.equal(key.id.slice('key_'.length, 'key_'.length + 8), key.shortId);
    assert.match(key.createdAt, ISO_UTC);
    assert.equal('key' in key, false);
  }
  // The authority knows of a use at once, the directory behind the list a moment later.
  assert.match((await ok(api.get(`/v1/api_keys/${used.id}`))).lastUsedAt, ISO_UTC);
  const lastUses = async () => (await ok(api.get(`/v1/sessions/${session.id}/api_keys`))).map(({ lastUsedAt }: any) => lastUsedAt);
  for (let tries = 0; tries < 40 && (await lastUses())[1] === null; tries++) await sleep(50);
  const [ofRevoked, ofUsed] = await lastUses();
  assert.equal(ofRevoked, null);
  assert.match(ofUsed, ISO_UTC);
});

test('a key generated without a name is given one, and each a different one', async () => {
  const session = await newSession('Nameless');
  const names = [await generate(session), await generate(session), await generate(session, { name: 'Chosen' })].map(({ name }) => name);
  assert.equal(new Set(names).size, 3);
  assert.ok(names.every((name) => name.length > 0));
  assert.equal(names[2], 'Chosen');
});

test('a revoked key is disabled immediately, and only that one', async () => {
  const session = await newSession('Revoking');
  const [bad, good] = [await generate(session), await generate(session)];
  await ok(withXApiKey(bad.key));
  const revoked = await ok(api.delete(`/v1/api_keys/${bad.id}`));
  assert.deepEqual([revoked.status, revoked.active], ['revoked', false]);
  assert.ok(revoked.effectiveAt <= new Date(Date.now() + 5).toISOString());
  await refused(withXApiKey(bad.key), 401, 'auth_key_revoked');
  await ok(withXApiKey(good.key));
});

test('microservices: a session has several keys, each with its own life', async () => {
  const session = await newSession('Services');
  const keys = await Promise.all(['Notification', 'Chat', 'Marketing'].map((name) => generate(session, { name })));
  await ok(api.patch(`/v1/api_keys/${keys[1].id}`, { active: false }));
  await ok(api.delete(`/v1/api_keys/${keys[2].id}`));
  const statuses = await Promise.all(keys.map(async ({ key }) => (await withXApiKey(key)).status));
  assert.deepEqual(statuses, [200, 401, 401]);
  const health = await ok(api.get(`/v1/sessions/${session.id}/health`));
  assert.deepEqual([health.connected, health.keys], [true, { active: 1, pending: 0, disabled: 1, expired: 0, revoked: 1 }]);
});

test('customer A sees, verifies and manages its own session only; customer B is not even missing there', async () => {
  const [a, b] = [await newSession('Customer A'), await newSession('Customer B')];
  const [keyA, keyB] = [await generate(a, { name: 'A' }), await generate(b, { name: 'B' })];
  const asA = as(keyA.key);
  const before = await ok(api.get(`/v1/api_keys/${keyB.id}`));

  assert.deepEqual((await ok(asA.get('/v1/api_keys'))).map(({ id }: any) => id), [keyA.id]);
  assert.deepEqual((await ok(asA.get('/v1/sessions'))).data.map(({ id }: any) => id), [a.id]);
  assert.equal((await ok(asA.post('/v1/keys/verify', { key: keyA.key }))).code, 'VALID');
  const foreign = await ok(asA.post('/v1/keys/verify', { key: keyB.key, explain: true }));
  assert.deepEqual([foreign.valid, foreign.code, foreign.keyId, foreign.name, foreign.organizationId], [false, 'NOT_FOUND', null, null, null]);

  for (const [method, path, body, code] of [
    ['GET', `/v1/api_keys/${keyB.id}`, undefined, 'api_key_not_found'],
    ['PATCH', `/v1/api_keys/${keyB.id}`, { name: 'Mine now' }, 'api_key_not_found'],
    ['DELETE', `/v1/api_keys/${keyB.id}`, undefined, 'api_key_not_found'],
    ['POST', `/v1/api_keys/${keyB.id}/rotate`, { overlapSeconds: 0 }, 'api_key_not_found'],
    ['POST', '/v1/api_keys', { name: 'Inside B', sessionId: b.id }, 'session_not_found'],
    ['POST', `/v1/sessions/${b.id}/api_keys`, {}, 'session_not_found'],
    ['GET', `/v1/sessions/${b.id}/api_keys`, undefined, 'session_not_found'],
    ['GET', `/v1/sessions/${b.id}`, undefined, 'session_not_found'],
    ['GET', `/v1/sessions/${b.id}/health`, undefined, 'session_not_found'],
    ['PATCH', `/v1/sessions/${b.id}`, { status: 'disconnected' }, 'session_not_found'],
    ['DELETE', `/v1/sessions/${b.id}`, undefined, 'session_not_found'],
  ] as const) {
    await refused(asA.send(method, path, { body }), 404, code, `${method} ${path}`);
  }
  await refused(asA.post('/v1/sessions', { name: 'Another' }), 403, 'outside_reach');
  await refused(asA.post('/v1/api_keys', { name: 'Elsewhere', environment: 'development' }), 403, 'outside_reach');

  assert.deepEqual(await ok(api.get(`/v1/api_keys/${keyB.id}`)), before);
  assert.equal((await ok(withXApiKey(keyB.key))).code, 'VALID');
  assert.ok((await ok(asA.get('/v1/audit_log'))).data.every(({ sessionId }: any) => sessionId === a.id), 'the log of A is about A');
});

test('the key of a session has full access to that session: it generates, reads, changes and revokes keys in it', async () => {
  const session = await newSession('Self-service');
  const mine = as((await generate(session)).key);
  const created = await ok(mine.post('/v1/api_keys', { name: 'Next' }), 201);
  assert.equal(created.sessionId, session.id);
  assert.equal((await ok(mine.patch(`/v1/api_keys/${created.id}`, { name: 'Renamed' }))).name, 'Renamed');
  await ok(mine.delete(`/v1/api_keys/${created.id}`));
  await refused(withXApiKey(created.key), 401, 'auth_key_revoked');
});

test('a disconnected session refuses all its keys at once and accepts them again when it is connected', async () => {
  const session = await newSession('Phone');
  const keys = await Promise.all([generate(session), generate(session)]);
  const health = async () => {
    const { connected, status } = await ok(api.get(`/v1/sessions/${session.id}/health`));
    return [connected, status];
  };
  assert.deepEqual(await health(), [true, 'connected']);
  await ok(api.patch(`/v1/sessions/${session.id}`, { status: 'disconnected' }));
  assert.deepEqual(await health(), [false, 'disconnected']);
  for (const { key } of keys) {
    await refused(withXApiKey(key), 401, 'auth_session_disconnected');
    assert.equal((await ok(api.post('/v1/keys/verify', { key }))).code, 'SESSION_DISCONNECTED');
  }
  await ok(api.patch(`/v1/sessions/${session.id}`, { status: 'connected' }));
  for (const { key } of keys) await ok(withXApiKey(key));
});

test('"Key not working": copied with spaces it still works; revoked, of another session or without a header, the answer says which', async () => {
  const [session, other] = [await newSession('Checklist'), await newSession('Checklist, other')];
  const [key, revoked] = [await generate(session), await generate(session)];
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  await ok(withXApiKey(` ${key.key}  `));
  await refused(withXApiKey(`${key.key.slice(0, 20)} ${key.key.slice(20)}`), 401, 'auth_invalid_key');
  await refused(withXApiKey(key.key.slice(0, -1)), 401, 'auth_invalid_key');
  await refused(withXApiKey(revoked.key), 401, 'auth_key_revoked');
  await refused(checked(latchkey.anyone).get('/v1/whoami'), 401, 'auth_missing_credentials');
  assert.equal((await ok(api.post('/v1/keys/verify', { key: key.key, sessionId: other.id }))).code, 'WRONG_SESSION');
  assert.equal((await ok(api.post('/v1/keys/verify', { key: key.key, sessionId: session.id }))).code, 'VALID');
});

test('a key of one environment is the wrong one for another: the dev key never passes for the live one', async () => {
  const [dev, live] = [await generate(await newSession('Dev', 'development')), await generate(await newSession('Live'))];
  for (const [key, environment, code] of [[dev.key, 'production', 'WRONG_ENVIRONMENT'], [live.key, 'production', 'VALID'], [dev.key, 'development', 'VALID'], [dev.key, null, 'WRONG_ENVIRONMENT']] as const) {
    assert.equal((await ok(api.post('/v1/keys/verify', { key, environment }))).code, code);
  }
});

test('the plan limits the keys of a session: Free 3, Starter 10, Pro as many as one likes; revoked ones do not count', async () => {
  const tenant = await newOrganization(latchkey, 'On a plan');
  const session = await ok(tenant.api.post('/v1/sessions', { name: 'Full' }), 201);
  const create = () => tenant.api.post(`/v1/sessions/${session.id}/api_keys`);
  const plan = async (name: string) => (await ok(latchkey.operator.patch(`/operator/organizations/${tenant.id}`, { plan: { name } }))).plan;

  assert.deepEqual(await plan('free'), { name: 'free', keysPerSession: 3, requestsPerMinute: 60 });
  const outcomes = await inParallel(Array.from({ length: 12 }), 12, create);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [201, 201, 201, ...Array(9).fill(409)]);
  assert.equal((await refused(create(), 409, 'key_limit_reached')).limit, 3);
  const [first, second] = outcomes.filter(({ status }) => status === 201);
  await ok(tenant.api.patch(`/v1/api_keys/${first!.body.id}`, { active: false }));
  await refused(create(), 409, 'key_limit_reached', 'a disabled key counts');
  await ok(tenant.api.delete(`/v1/api_keys/${second!.body.id}`));
  await ok(create(), 201);

  assert.deepEqual(await plan('starter'), { name: 'starter', keysPerSession: 10, requestsPerMinute: 300 });
  const more = await inParallel(Array.from({ length: 10 }), 5, create);
  assert.equal(more.filter(({ status }) => status === 201).length, 7);
  assert.deepEqual(await plan('pro'), { name: 'pro', keysPerSession: null, requestsPerMinute: 1000 });
  await ok(create(), 201);
  assert.deepEqual((await ok(tenant.api.get('/v1/organization'))).plan.name, 'pro');
});

test('a deleted session takes its keys with it, for good', async () => {
  const session = await newSession('Ended');
  const key = await generate(session);
  assert.equal((await ok(api.delete(`/v1/sessions/${session.id}`))).status, 'deleted');
  await refused(withXApiKey(key.key), 401, 'auth_key_revoked');
  await refused(api.patch(`/v1/sessions/${session.id}`, { status: 'connected' }), 409, 'session_deleted');
  await refused(api.post(`/v1/sessions/${session.id}/api_keys`), 409, 'session_deleted');
  assert.equal((await ok(api.get(`/v1/api_keys/${key.id}`))).status, 'revoked');
});
