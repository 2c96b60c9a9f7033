// Who may do what: isolation of organizations, no more than one has oneself, what is tightened holds from the answer on,
// the operator, and the limiter on failed authentications.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base62, checked, forgedKey, inParallel, masked, newOrganization, ok, refused, seconds, violations, type Tenant } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
const [acme, victim] = [await newOrganization(latchkey, 'Acme'), await newOrganization(latchkey, 'Victim')];
const { api } = acme;
await resolver.own(api, 'example.com');
await resolver.own(api, 'example.org');
const operator = checked(latchkey.operator);
const as = (key: string) => checked(latchkey.api(key));
const create = (body: object = {}, by = api) => ok(by.post('/v1/api_keys', { name: 'Key', ...body }), 201);
const session = (name: string, environment: string | null = 'production', by = api) => ok(by.post('/v1/sessions', { name, environment }), 201);
const visible = async ({ api }: Tenant) => JSON.stringify(await Promise.all(['/v1/api_keys', '/v1/sessions', '/v1/organization', '/v1/audit_log'].map(async (path) => ok(api.get(path)))), (name, value) => (name === 'lastUsedAt' ? undefined : value));

test('the ids of another organization, wherever they are put, are those that nobody has, and nothing of it changes', async () => {
  const theirs = await session('Theirs', 'staging', victim.api);
  const theirKey = await create({ sessionId: theirs.id }, victim.api);
  await ok(as(theirKey.key).get('/v1/whoami'));
  const before = await visible(victim);
  const cursor = (await ok(victim.api.get('/v1/api_keys?limit=1'))).pagination.nextCursor;
  const places: [string, string, (id: string) => [string, unknown?], string, string][] = [
    ['in the query', 'GET', (id) => [`/v1/api_keys?sessionId=${id}`], theirs.id, `ses_${base62(19)}`],
    ['in a body', 'POST', (id) => ['/v1/api_keys', { name: 'x', sessionId: id }], theirs.id, `ses_${base62(19)}`],
    ['in a body with its environment', 'POST', (id) => ['/v1/api_keys', { name: 'x', sessionId: id, environment: 'staging' }], theirs.id, `ses_${base62(19)}`],
    ['as what a key should belong to', 'POST', (id) => ['/v1/keys/verify', { key: acme.key, sessionId: id, explain: true }], theirs.id, `ses_${base62(19)}`],
    ['as a key to verify', 'POST', (id) => ['/v1/keys/verify', { key: id, explain: true }], theirKey.key, forgedKey('sk_staging_')],
    ['as a cursor', 'GET', (id) => [`/v1/api_keys?cursor=${id}`], cursor, `${cursor.slice(0, -8)}${base62(8)}`],
    ['as a filter of the log', 'GET', (id) => [`/v1/audit_log?target=${id}`], theirKey.id, `key_${base62(31)}`],
    ['as an actor of the log', 'GET', (id) => [`/v1/audit_log?actor=${id}`], victim.apiKey.id, `key_${base62(31)}`],
    ['as an external id', 'GET', (id) => [`/v1/api_keys?externalId=${id}`], theirKey.id, `key_${base62(31)}`],
    ['as a search', 'GET', (id) => [`/v1/api_keys?search=${id}`], theirKey.shortId, base62(12)],
  ];
  for (const [where, method, request, foreign, unknown] of places) {
    const [a, b] = await Promise.all([foreign, unknown].map(async (id) => {
      const [path, body] = request(id!);
      return masked(await api.send(method, path, { body }));
    }));
    assert.deepEqual(a, b, where);
  }
  assert.deepEqual(await violations(api.get(`/v1/api_keys?cursor=${cursor}`)), ['?cursor invalid_format']);
  assert.equal(await visible(victim), before);
});

test('an Idempotency-Key belongs to the credential: the same text elsewhere is another request', async () => {
  const headers = { 'idempotency-key': 'shared-by-everybody-0001' };
  const second = await create();
  const keys = await Promise.all([api, victim.api, as(second.key)].map(async (client) => ok(client.post('/v1/api_keys', { name: 'Mine' }, { headers }), 201)));
  assert.equal(new Set(keys.map(({ id }) => id)).size, 3);
  assert.equal(new Set(keys.map(({ key }) => key)).size, 3);
  assert.deepEqual(keys.map(({ organizationId }) => organizationId), [acme.id, victim.id, acme.id]);
});

test('no key hands out more than it has: permissions, domain, addresses, lifetime, reach', async () => {
  const expiresAt = seconds(3600);
  const own = { permissions: ['api_keys:*', 'emails:send'], domain: 'example.com', ipAllowList: ['203.0.113.0/24'], expiresAt };
  const manager = as((await create(own)).key);
  const made = await create(own, manager);
  await create({ ...own, permissions: ['emails:send'], ipAllowList: ['203.0.113.7'], expiresAt: seconds(60) }, manager);
  const excesses = {
    'every permission': { permission: 'full_access' }, 'one more permission': { permissions: ['emails:send', 'emails:read'] }, 'a wildcard': { permissions: ['emails:*'] },
    'no domain': { domain: null }, 'another domain': { domain: 'example.org' }, 'all addresses': { ipAllowList: null },
    'more addresses': { ipAllowList: ['203.0.0.0/16'] }, 'no end': { expiresAt: null }, 'a later end': { expiresAt: seconds(7200) },
  };
  for (const [what, excess] of Object.entries(excesses)) {
    const { permissions: _, ...rest } = own;
    await refused(manager.post('/v1/api_keys', { name: 'More', ...('permission' in excess ? rest : own), ...excess }), 403, 'exceeds_own_permissions', `create with ${what}`);
    await refused(manager.patch(`/v1/api_keys/${made.id}`, excess), 403, 'exceeds_own_permissions', `change to ${what}`);
  }
  const stronger = await create({ permission: 'full_access' });
  await refused(manager.post(`/v1/api_keys/${stronger.id}/rotate`, { overlapSeconds: 0 }), 403, 'exceeds_own_permissions', 'rotating hands out the successor');
  assert.equal((await ok(api.get(`/v1/api_keys/${stronger.id}`))).status, 'active');
  const { permissions, domain, ipAllowList } = await ok(api.get(`/v1/api_keys/${made.id}`));
  assert.deepEqual({ permissions, domain, ipAllowList }, { permissions: own.permissions, domain: own.domain, ipAllowList: own.ipAllowList });
});

const NEEDS: [string, string, string, unknown?][] = [
  ['api_keys:read', 'GET', '/v1/api_keys'], ['api_keys:read', 'GET', '/v1/api_keys/{key}'], ['api_keys:read', 'GET', '/v1/sessions/{session}/api_keys'],
  ['api_keys:write', 'POST', '/v1/api_keys', { name: 'x', permissions: ['api_keys:write'] }], ['api_keys:write', 'PATCH', '/v1/api_keys/{key}', { name: 'x' }], ['api_keys:write', 'POST', '/v1/sessions/{session}/api_keys', { permissions: [] }], ['api_keys:write', 'POST', '/v1/api_keys/{key}/rotate', { overlapSeconds: 0 }], ['api_keys:write', 'DELETE', '/v1/api_keys/{key}'],
  ['keys:verify', 'POST', '/v1/keys/verify', { key: 'x' }], ['keys:verify', 'POST', '/v1/outcomes', { outcomes: [{ keyId: `key_${'0'.repeat(31)}`, status: 200, latencyMs: 1 }] }], ['sessions:read', 'GET', '/v1/sessions'], ['sessions:read', 'GET', '/v1/sessions/{session}'], ['sessions:read', 'GET', '/v1/sessions/{session}/health'], ['sessions:write', 'PATCH', '/v1/sessions/{session}', { name: 'x' }],
  ['audit_log:read', 'GET', '/v1/audit_log'],
];
test('each route needs its one permission, says so, and is content with it', async () => {
  const home = await session('Home');
  const granted = async (permissions: string[]) => ok(api.post(`/v1/sessions/${home.id}/api_keys`, { permissions }), 201);
  const all = [...new Set(NEEDS.map(([permission]) => permission))];
  const holders = Object.fromEntries(await Promise.all(all.map(async (permission) => [permission, await granted([permission])])));
  const lacking = Object.fromEntries(await Promise.all(all.map(async (permission) => [permission, await granted(all.filter((other) => other !== permission))])));
  for (const [permission, method, route, body] of NEEDS) {
    const target = await granted(['emails:send']);
    const path = route.replace('{session}', home.id).replace('{key}', target.id);
    const reply = await as(lacking[permission].key).send(method, path, { body });
    await refused(reply, 403, 'insufficient_permissions', `${method} ${route}`);
    assert.match(reply.headers.get('www-authenticate')!, new RegExp(`scope="${permission.replace('*', '\\*')}"`));
    assert.ok(!reply.text.includes(all.find((other) => other !== permission)!), 'what the key does have is not listed');
    const { status, body: { code } } = await as(holders[permission].key).send(method, path, { body });
    if (route.endsWith('rotate')) assert.deepEqual([status, code], [403, 'exceeds_own_permissions']);
    else assert.ok(status < 300, `${method} ${route} ${status}`);
  }
});

test('what is tightened holds from the answer on, whichever way it is tightened', async () => {
  type Case = [string, (key: any, home: any) => Promise<any>, number, string, string?];
  const cases: Case[] = [
    ['deleted', (key) => api.delete(`/v1/api_keys/${key.id}`), 401, 'auth_key_revoked'],
    ['deleted by itself', (key) => as(key.key).delete(`/v1/api_keys/${key.id}`), 401, 'auth_key_revoked'],
    ['disabled', (key) => api.patch(`/v1/api_keys/${key.id}`, { active: false }), 401, 'auth_key_disabled'],
    ['put off', (key) => api.patch(`/v1/api_keys/${key.id}`, { notBefore: seconds(60) }), 401, 'auth_key_not_yet_valid'],
    ['rotated without overlap', (key) => api.post(`/v1/api_keys/${key.id}/rotate`, { overlapSeconds: 0 }), 401, 'auth_key_revoked'],
    ['given fewer permissions', (key) => api.patch(`/v1/api_keys/${key.id}`, { permissions: ['a:b'] }), 403, 'insufficient_permissions', '?permission=c:d'],
    ['given other addresses', (key) => api.patch(`/v1/api_keys/${key.id}`, { ipAllowList: ['192.0.2.0/24'] }), 403, 'forbidden_ip'],
    ['bound to a domain', (key) => api.patch(`/v1/api_keys/${key.id}`, { domain: 'example.com' }), 403, 'domain_not_allowed', '?domain=example.org'],
    ['in a session disconnected', (_, home) => api.patch(`/v1/sessions/${home.id}`, { status: 'disconnected' }), 401, 'auth_session_disconnected'],
    ['in a session deleted', (_, home) => api.delete(`/v1/sessions/${home.id}`), 401, 'auth_key_revoked'],
  ];
  await inParallel(cases, 4, async ([what, tighten, status, code, query = '']) => {
    const home = await session(`Home of a key ${what}`);
    const key = await ok(api.post(`/v1/sessions/${home.id}/api_keys`), 201);
    const gate = () => as(key.key).get(`/v1/whoami${query}`);
    await ok(gate());
    const { status: answered, text } = await tighten(key, home);
    assert.ok(answered === 200 || answered === 201, `${what}: ${text}`);
    for (const reply of await Promise.all([gate(), gate(), gate()])) await refused(reply, status, code, what);
  });
});

test('a revoked management key mints nothing: of 200 tries in parallel, in its own session and in others, none', async () => {
  const place = await session('Far away', 'staging');
  const manager = await create({ permission: 'full_access', name: 'Manager' });
  const client = as(manager.key);
  const target = await create({ name: 'Target' });
  await create({ sessionId: place.id }, client);
  const before = async () => JSON.stringify((await ok(api.get('/v1/api_keys'))).map(({ lastUsedAt: _, ...key }: any) => key));
  await ok(api.delete(`/v1/api_keys/${manager.id}`));
  const expected = await before();
  const tries = Array.from({ length: 200 }, (_, at) => [
    () => client.post('/v1/api_keys', { name: 'Minted' }),
    () => client.post('/v1/api_keys', { name: 'Minted', sessionId: place.id }),
    () => client.post('/v1/api_keys', { name: 'Minted', environment: 'development' }),
    () => client.post(`/v1/sessions/${place.id}/api_keys`, undefined, { headers: { 'idempotency-key': `minting-attempt-${at}` } }),
    () => client.post(`/v1/api_keys/${target.id}/rotate`, { overlapSeconds: 60 }),
    () => client.patch(`/v1/api_keys/${target.id}`, { name: 'Taken' }),
    () => client.delete(`/v1/api_keys/${target.id}`),
    () => client.post('/v1/sessions', { name: 'Minted' }),
  ][at % 8]!);
  const codes = (await inParallel(tries, 32, (attempt) => attempt())).map(({ status, body }) => `${status} ${body.code}`);
  assert.deepEqual(new Set(codes), new Set(['401 auth_key_revoked']));
  assert.equal(await before(), expected);
});

test('the operator founds, reads, lists, changes, suspends, resumes and deletes organizations', async () => {
  const { organization, apiKey } = await ok(operator.post('/operator/organizations', { name: 'Founded', plan: { name: 'starter' } }), 201);
  const path = `/operator/organizations/${organization.id}`;
  assert.deepEqual([organization.status, organization.plan.name, apiKey.name, apiKey.environment], ['active', 'starter', 'Default API Key', 'production']);
  assert.deepEqual(await ok(operator.get(path)), organization);
  assert.equal((await ok(operator.patch(path, { name: 'Renamed' }))).name, 'Renamed');
  const ids: string[] = [];
  for (let cursor = ''; ; ) {
    const { data, pagination } = await ok(operator.get(`/operator/organizations?limit=1${cursor && `&cursor=${cursor}`}`));
    ids.push(...data.map(({ id }: any) => id));
    if (!pagination.hasMore) break;
    cursor = pagination.nextCursor;
  }
  assert.deepEqual(ids, [organization.id, victim.id, acme.id]);

  const client = as(apiKey.key);
  const [extra, dev] = [await create({}, client), await create({ environment: 'development' }, client)];
  const statuses = async () => Promise.all([apiKey, extra, dev].map(async ({ key }) => { const { status, body } = await as(key).get('/v1/whoami'); return `${status} ${body.code}`; }));
  assert.deepEqual(await statuses(), Array(3).fill('200 VALID'));
  assert.equal((await ok(operator.post(`${path}/suspend`))).status, 'suspended');
  assert.deepEqual(await statuses(), Array(3).fill('401 auth_organization_suspended'));
  assert.equal((await ok(operator.post(`${path}/suspend`))).status, 'suspended', 'again: the same');
  assert.equal((await ok(operator.post(`${path}/resume`))).status, 'active');
  assert.deepEqual(await statuses(), Array(3).fill('200 VALID'));
  assert.equal((await ok(operator.delete(path))).status, 'deleted');
  for (const status of await statuses()) assert.match(status, /^401 auth_(key_revoked|organization_suspended)$/);
  await refused(operator.post(`${path}/resume`), 409, 'organization_deleted');
  await ok(api.get('/v1/whoami'));
});

test('a wrong operator token is 401; without a configured one, or with one that is no hash, the routes do not exist', async () => {
  for (const token of ['x', `${latchkey.operatorToken}x`, latchkey.operatorToken.slice(0, -1), latchkey.operatorToken.toUpperCase(), acme.key, 'undefined']) {
    for (const [method, path] of [['POST', '/operator/organizations'], ['GET', '/operator/organizations'], ['POST', `/operator/organizations/${acme.id}/suspend`], ['DELETE', `/operator/organizations/${acme.id}`]] as const) {
      await refused(as(token).send(method, path, { body: method === 'POST' && path.endsWith('ions') ? { name: 'x' } : undefined }), 401, 'auth_invalid_key');
    }
  }
  assert.equal((await ok(operator.get('/operator/organizations'))).data.length, 3);
  await ok(api.get('/v1/whoami'));
  for (const OPERATOR_TOKEN_SHA256 of [undefined, '']) {
    const closed = await startLatchkey({ vars: { OPERATOR_TOKEN_SHA256 } });
    for (const token of ['', 'x', closed.operatorToken]) {
      for (const [method, path] of [['POST', '/operator/organizations'], ['GET', '/operator/organizations'], ['DELETE', `/operator/organizations/${acme.id}`]] as const) await refused(checked(closed.api(token)).send(method, path), 404, 'not_found');
    }
    await closed.stop();
  }
});

test('whoever guesses from one address gets 429, whatever the guess; a good key from there, and other addresses, do not notice', async () => {
  const limited = await startLatchkey({ authFailureLimit: 20 });
  const tenant = await newOrganization(limited);
  const from = (ip: string, key: string, path = '/v1/whoami') => checked(limited.api(key)).get(path, { headers: { 'cf-connecting-ip': ip, 'x-forwarded-for': base62(8) } });
  const guesses = Array.from({ length: 90 }, (_, at) => [forgedKey(), 'hello', `${tenant.key.slice(0, -1)}=`, 'operator_guess'][at % 4]!);
  const paths = ['/v1/whoami', '/v1/api_keys', '/operator/organizations', '/v1/whoami?on_limit=403'];
  const answers = await inParallel(guesses, 8, async (guess, at) => from('198.51.100.1', guess, paths[Math.floor(at / 4) % 4]));
  const tooMany = answers.filter(({ body }) => body.code === 'auth_too_many_failures');
  // The window may turn once in between.
  assert.ok(tooMany.length >= 90 - 2 * 20, `${tooMany.length}`);
  assert.ok(tooMany.every(({ status }) => status === 429 || status === 403));
  assert.ok(tooMany.some(({ status }) => status === 403), 'on_limit=403 for proxies that cannot pass a 429');
  for (let tries = 0; tries < 30; tries++) await ok(from('198.51.100.1', tenant.key));
  assert.equal((await from('198.51.100.2', forgedKey())).status, 401);
  await limited.stop();
});
