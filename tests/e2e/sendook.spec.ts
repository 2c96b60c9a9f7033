// A client written only from the Sendook pages ("API Keys", "Authentication", "API overview"), run against us.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, ISO_UTC, newOrganization, ok, refused, violations } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

/** What the pages promise of a key, apart from its value. */
interface ApiKey {
  id: string;
  name: string;
  organizationId: string;
  active: boolean;
  createdAt: string;
  updatedAt: string;
}

/** The four curl lines of the page as functions, and nothing that the page does not say. */
class SendookClient {
  private readonly url: string;
  private readonly headers: Record<string, string>;

  constructor(url: string, key: string) {
    this.url = url;
    this.headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
  }

  create = (name: string) => this.call<ApiKey & { key: string }>('POST', '/v1/api_keys', { name });
  list = () => this.call<ApiKey[]>('GET', '/v1/api_keys');
  get = (id: string) => this.call<ApiKey>('GET', `/v1/api_keys/${id}`);
  delete = (id: string) => this.call<ApiKey>('DELETE', `/v1/api_keys/${id}`);

  private async call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(this.url + path, { method, headers: this.headers, body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, body: (await response.json()) as T };
  }
}

const latchkey = await startLatchkey();
const acme = await newOrganization(latchkey, 'Acme');
const client = new SendookClient(latchkey.url, acme.key);

function assertApiKey(key: ApiKey, expected: Partial<ApiKey>): void {
  const { id, name, organizationId, active, createdAt, updatedAt } = key;
  assert.deepEqual({ id, name, organizationId, active, createdAt, updatedAt }, { id, name, organizationId: acme.id, active, createdAt, updatedAt, ...expected });
  assert.ok(typeof id === 'string' && id.startsWith('key_'));
  assert.match(createdAt, ISO_UTC);
  assert.match(updatedAt, ISO_UTC);
  assert.ok(updatedAt >= createdAt);
}

test('an organization begins with a "Default API Key" whose value works', async () => {
  assert.equal(acme.apiKey.name, 'Default API Key');
  assert.equal((await client.get(acme.apiKey.id)).status, 200);
});

test('a key is created with a name, answered 201 with its value, and is active', async () => {
  const { status, body } = await client.create('Production API Key');
  assert.equal(status, 201);
  assertApiKey(body, { name: 'Production API Key', active: true });
  assert.match(body.key, /^sk_live_[0-9A-Za-z]{48}$/);
});

test('the value is returned by the creation only: neither list, nor get, nor delete, nor any other field holds it', async () => {
  const { body: created } = await client.create('Shown once');
  const random = created.key.slice('sk_live_'.length, 'sk_live_'.length + 23);
  for (const { body } of [await client.list(), await client.get(created.id), await client.delete(created.id)]) {
    const text = JSON.stringify(body);
    for (let at = 4; at + 12 <= random.length; at++) assert.ok(!text.includes(random.slice(at, at + 12)), text);
    assert.ok(!/"(key|hash|digest|secret|tag|nonce)":/.test(text), text);
  }
});

test('the list is a bare array with every key of the organization, newest first', async () => {
  const names = ['Development Key', 'CI/CD Pipeline', 'Production API Key'];
  for (const name of names) await client.create(name);
  const { status, body } = await client.list();
  assert.equal(status, 200);
  assert.ok(Array.isArray(body));
  assert.deepEqual(body.slice(0, 3).map(({ name }) => name), [...names].reverse());
  body.forEach((key) => assertApiKey(key, {}));
  const times = body.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
});

test('one key is read by its id, with the same fields as in the list', async () => {
  const { body: created } = await client.create('Read me');
  const { status, body } = await client.get(created.id);
  assert.equal(status, 200);
  assertApiKey(body, { id: created.id, name: 'Read me', active: true });
  assert.deepEqual(body, (await client.list()).body.find(({ id }) => id === created.id));
});

test('a key has full access to the resources of its organization, so it manages keys itself', async () => {
  const { body: created } = await client.create('Second');
  const second = new SendookClient(latchkey.url, created.key);
  const { status, body: third } = await second.create('Third');
  assert.equal(status, 201);
  assert.equal((await client.get(third.id)).body.organizationId, acme.id);
});

test('a deleted key comes back with active false, and no longer authenticates from that answer on', async () => {
  const { body: created } = await client.create('Short-lived');
  const holder = new SendookClient(latchkey.url, created.key);
  assert.equal((await holder.list()).status, 200);
  const { status, body } = await client.delete(created.id);
  assert.equal(status, 200);
  assertApiKey(body, { id: created.id, name: 'Short-lived', active: false, createdAt: created.createdAt });
  assert.equal((await holder.list()).status, 401);
  assert.equal((await client.get(created.id)).body.active, false);
});

test('a deletion is permanent: repeating it changes nothing, and nothing brings the key back', async () => {
  const { body: created } = await client.create('Gone');
  const first = await client.delete(created.id);
  assert.deepEqual(await client.delete(created.id), first);
  for (const body of [{ active: true }, { expiresAt: null }, { name: 'Back' }]) {
    await refused(acme.api.patch(`/v1/api_keys/${created.id}`, body), 409, 'api_key_revoked');
  }
  assert.equal((await new SendookClient(latchkey.url, created.key).list()).status, 401);
});

test('a regular rotation: create a new key, move over, delete the old one; nothing in between is refused', async () => {
  const { body: old } = await client.create('v1');
  const { body: fresh } = await client.create('v2');
  for (const { key } of [old, fresh]) assert.equal((await new SendookClient(latchkey.url, key).list()).status, 200);
  await client.delete(old.id);
  assert.equal((await new SendookClient(latchkey.url, old.key).list()).status, 401);
  assert.equal((await new SendookClient(latchkey.url, fresh.key).list()).status, 200);
});

for (const [what, name] of Object.entries({ 'an empty name': '', 'a name of blanks': '   ', 'a name of tabs and newlines': '\t\n', 'a no-break space': '\u00a0', 'an invisible name': '\u200b\u2060' })) {
  test(`${what} is refused, as "cannot be empty or contain only whitespace"`, async () => {
    assert.deepEqual(await violations(acme.api.post('/v1/api_keys', { name })), ['/name too_short']);
  });
}

test('every error is {message, code, details.requestId} as application/json', async () => {
  for (const [reply, status] of [
    [await latchkey.anyone.get('/v1/api_keys'), 401],
    [await acme.api.get('/v1/api_keys/key_123'), 404],
    [await acme.api.post('/v1/api_keys', {}), 400],
    [await acme.api.get('/v1/inboxes'), 404],
  ] as const) {
    assert.equal(reply.status, status);
    assert.deepEqual(Object.keys(reply.body).sort(), ['code', 'details', 'message']);
    assert.equal(typeof reply.body.message, 'string');
    assert.match(reply.body.details.requestId, /^req_/);
    assert.equal(reply.headers.get('content-type'), 'application/json');
  }
});

test('401 for a key that is missing, invalid, expired, of a wrong format, deleted or deactivated: the health check of the page', async () => {
  const { body: deleted } = await client.create('Deleted');
  await client.delete(deleted.id);
  const { body: inactive } = await client.create('Inactive');
  await ok(acme.api.patch(`/v1/api_keys/${inactive.id}`, { active: false }));
  const expiring = await ok(acme.api.post('/v1/api_keys', { name: 'Expired', expiresAt: new Date(Date.now() + 150).toISOString() }), 201);
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const [key, code] of [
    [deleted.key, 'auth_key_revoked'],
    [inactive.key, 'auth_key_disabled'],
    [expiring.key, 'auth_key_expired'],
    [`${acme.key.slice(0, -1)}${acme.key.endsWith('0') ? '1' : '0'}`, 'auth_invalid_key'],
    ['YOUR_API_KEY', 'auth_invalid_key'],
    ['sk_live_abc123', 'auth_invalid_key'],
  ] as const) {
    await refused(checked(latchkey.api(key)).get('/v1/api_keys'), 401, code);
  }
  await refused(checked(latchkey.anyone).get('/v1/api_keys'), 401, 'auth_missing_credentials');
});

test('403 for a key without the permission that the resource needs', async () => {
  const { key } = await ok(acme.api.post('/v1/api_keys', { name: 'Sender', permission: 'sending_access' }), 201);
  await refused(checked(latchkey.api(key)).get('/v1/api_keys'), 403, 'insufficient_permissions');
});

test('the keys of another organization do not exist: 404 to read and to delete, and they live on', async () => {
  const other = await newOrganization(latchkey, 'Other');
  const stranger = new SendookClient(latchkey.url, other.key);
  const { body: mine } = await client.create('Mine');
  assert.equal((await stranger.get(mine.id)).status, 404);
  assert.equal((await stranger.delete(mine.id)).status, 404);
  assert.deepEqual((await stranger.list()).body.map(({ id }) => id), [other.apiKey.id]);
  assert.deepEqual((await client.get(mine.id)).body.active, true);
  assert.equal((await new SendookClient(latchkey.url, mine.key).list()).status, 200);
});

test('development, staging and production have different keys that are revoked independently', async () => {
  const keys = await Promise.all(['development', 'staging', 'production'].map((environment) => ok(acme.api.post('/v1/api_keys', { name: environment, environment }), 201)));
  assert.deepEqual(keys.map(({ key }) => key.slice(0, -48)), ['sk_dev_', 'sk_staging_', 'sk_live_']);
  await client.delete(keys[0].id);
  const statuses = await Promise.all(keys.map(async ({ key }) => (await latchkey.api(key).get('/v1/whoami')).status));
  assert.deepEqual(statuses, [401, 200, 200]);
});
