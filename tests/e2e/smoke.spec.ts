// The harness itself, and that the shipped worker comes up in the real runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, newPerson, ok } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();

test('the worker answers in workerd, and says which version it is', async () => {
  const { status, body } = await latchkey.fetch('/healthz');
  assert.equal(status, 200);
  assert.equal(typeof body.version, 'string');
});

test('an organization, a key, a verification, a revocation', async () => {
  const { key } = await latchkey.createOrganization();
  const api = latchkey.api(key);
  const created = await api.post('/v1/api_keys', { name: 'Smoke' });
  assert.equal(created.status, 201, created.text);
  const verify = async () => (await api.post('/v1/keys/verify', { key: created.body.key })).body;
  assert.equal((await verify()).code, 'VALID');
  assert.equal((await api.delete(`/v1/api_keys/${created.body.id}`)).status, 200);
  assert.equal((await verify()).code, 'REVOKED');
});

test('a person registers, creates a key with the access token, reads with the cookie, and signs out', async () => {
  const person = await newPerson(latchkey);
  const created = await ok(person.api.post(`${person.home}/api_keys`, { name: 'Personal' }), 201);
  assert.equal((await ok(latchkey.api(person.apiKey.key).post('/v1/keys/verify', { key: created.key }))).code, 'VALID');

  const signedIn = await ok(checked(latchkey.browser()).post('/auth/login', { email: person.email, password: person.password, cookie: true }));
  assert.equal(signedIn.accessToken, null);
  assert.equal((await ok(person.browser.get('/auth/user'))).email, person.email);
  assert.equal((await person.browser.patch('/auth/user', { firstName: 'Eve' }, { headers: { origin: 'https://evil.example' } })).status, 403);
  await ok(person.browser.patch('/auth/user', { firstName: 'Eve' }));
  await ok(person.browser.post('/auth/logout'), 204);
  assert.equal((await person.api.get('/auth/user')).status, 401);
});

test('SIGKILL and start again on the same state: nothing acknowledged is lost, a revoked key stays revoked', async () => {
  const { key } = await latchkey.createOrganization('Survivor');
  const api = latchkey.api(key);
  const kept = (await api.post('/v1/api_keys', { name: 'Kept' })).body;
  const revoked = (await api.post('/v1/api_keys', { name: 'Revoked' })).body;
  await api.delete(`/v1/api_keys/${revoked.id}`);
  await latchkey.kill();
  await assert.rejects(latchkey.fetch('/healthz'));
  await latchkey.restart();
  const code = async (secret: string) => (await api.post('/v1/keys/verify', { key: secret })).body.code;
  assert.equal(await code(kept.key), 'VALID');
  assert.equal(await code(revoked.key), 'REVOKED');
  assert.ok(latchkey.sqliteFiles('SessionObject').length > 0);
});

test('two instances do not share anything', async () => {
  const other = await startLatchkey();
  const { key } = await latchkey.createOrganization();
  assert.equal((await other.api(key).get('/v1/whoami')).status, 401);
  assert.deepEqual((await other.operator.get('/operator/organizations')).body.data, []);
});
