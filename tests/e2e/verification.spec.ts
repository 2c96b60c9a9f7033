// Verification in its two shapes, `POST /v1/keys/verify` and the gate `GET /v1/whoami`: every code that can occur, how a
// key is presented, and what nobody can tell apart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base62, checked, checksum, forgedKey, masked, newOrganization, ok, rawRequest, refused, seconds, sleep, violations } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
const acme = await newOrganization(latchkey, 'Acme');
const other = await newOrganization(latchkey, 'Other');
const { api } = acme;
await resolver.own(api, 'example.com');

const create = (body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Verified', ...body }), 201);
const verify = async (key: string, demand: object = {}) => ok(api.post('/v1/keys/verify', { key, ...demand }));
const code = async (key: string, demand: object = {}) => (await verify(key, demand)).code;
const gate = (key: string, path = '/v1/whoami', headers = {}) => checked(latchkey.api(key)).get(path, { headers });
const session = (name: string) => ok(api.post('/v1/sessions', { name, environment: 'production' }), 201);

const elsewhere = await session('Elsewhere');
const disconnected = await session('Disconnected');

/** A key in each state that a key can be in, how it is verified, and what the gate answers. */
const STATES: Record<string, { make: () => Promise<any>; demand?: object; query?: string; code: string; gate?: [number, string] }> = {
  'a good key': { make: create, code: 'VALID' },
  'a made-up key': { make: async () => ({ key: forgedKey() }), code: 'NOT_FOUND', gate: [401, 'auth_invalid_key'] },
  'a revoked key': { make: async () => changed({}, (id) => api.delete(`/v1/api_keys/${id}`)), code: 'REVOKED', gate: [401, 'auth_key_revoked'] },
  'a disabled key': { make: async () => changed({}, (id) => api.patch(`/v1/api_keys/${id}`, { active: false })), code: 'DISABLED', gate: [401, 'auth_key_disabled'] },
  'an expired key': { make: async () => changed({ expiresAt: seconds(0.1) }, () => sleep(110)), code: 'EXPIRED', gate: [401, 'auth_key_expired'] },
  'a key before its time': { make: () => create({ notBefore: seconds(3600) }), code: 'NOT_YET_VALID', gate: [401, 'auth_key_not_yet_valid'] },
  'a key of a disconnected session': { make: () => disconnectedKey, code: 'SESSION_DISCONNECTED', gate: [401, 'auth_session_disconnected'] },
  'a key of another session than asked for': { make: create, demand: { sessionId: elsewhere.id }, code: 'WRONG_SESSION' },
  'a key of another environment than asked for': { make: create, demand: { environment: 'staging' }, code: 'WRONG_ENVIRONMENT' },
  'a key from a foreign address': { make: () => create({ ipAllowList: ['192.0.2.0/24'] }), demand: { ip: '203.0.113.7' }, code: 'FORBIDDEN', gate: [403, 'forbidden_ip'] },
  'a key without the permission': { make: () => create({ permissions: ['emails:send'] }), demand: { permissions: 'emails:read' }, query: '?permission=emails:read', code: 'INSUFFICIENT_PERMISSIONS', gate: [403, 'insufficient_permissions'] },
  'a key for another domain': { make: () => create({ domain: 'example.com' }), demand: { domain: 'example.org' }, query: '?domain=example.org', code: 'DOMAIN_NOT_ALLOWED', gate: [403, 'domain_not_allowed'] },
};

async function changed(body: object, change: (id: string) => Promise<unknown>): Promise<any> {
  const created = await create(body);
  await change(created.id);
  return created;
}

const disconnectedKey = ok(api.post(`/v1/sessions/${disconnected.id}/api_keys`), 201).then(async (key) => {
  await ok(api.patch(`/v1/sessions/${disconnected.id}`, { status: 'disconnected' }));
  return key;
});

for (const [what, { make, demand, query = '', code: expected, gate: refusal }] of Object.entries(STATES)) {
  test(`${what} is ${expected}${refusal ? `, and ${refusal.join(' ')} at the gate` : ''}`, async () => {
    const { key, id } = await make();
    const body = await verify(key, demand);
    assert.deepEqual([body.valid, body.code], [expected === 'VALID', expected]);
    assert.equal(body.keyId, expected === 'NOT_FOUND' ? null : id);
    assert.match(body.verificationId, /^ver_([0-9A-Za-z]{22}|[0-9A-Za-z]{48})$/);
    assert.deepEqual([body.freshness.mode, body.freshness.maxStalenessMs], ['strict', 0]);
    if (!refusal) return;
    const reply = await gate(key, `/v1/whoami${query}`);
    await refused(reply, ...refusal);
    if (refusal[0] === 401) assert.equal(reply.headers.get('www-authenticate'), 'Bearer realm="latchkey", error="invalid_token"');
  });
}

test('a suspended organization: its keys are refused at the gate and on every route, and accepted again once it is resumed', async () => {
  const tenant = await newOrganization(latchkey, 'Late payer');
  await ok(latchkey.operator.post(`/operator/organizations/${tenant.id}/suspend`));
  for (const path of ['/v1/whoami', '/v1/api_keys', '/v1/organization']) await refused(tenant.api.get(path), 401, 'auth_organization_suspended');
  await refused(tenant.api.post('/v1/api_keys', { name: 'More' }), 401, 'auth_organization_suspended');
  await ok(latchkey.operator.post(`/operator/organizations/${tenant.id}/resume`));
  await ok(tenant.api.get('/v1/whoami'));
});

test('the gate answers 200 with the same context as a verification', async () => {
  const { key } = await create({ name: 'Context', permissions: ['emails:send', 'api_keys:read'], externalId: 'user-7', metadata: { tier: ['gold'] }, domain: 'example.com', expiresAt: '2040-01-01T00:00:00Z' });
  const strip = ({ verificationId: _, freshness: __, ...rest }: any) => rest;
  const [asked, own] = [strip(await verify(key)), strip(await ok(gate(key)))];
  assert.deepEqual(own, asked);
  const { keyId: _, sessionId: __, ...known } = own;
  assert.deepEqual(known, {
    valid: true, code: 'VALID', name: 'Context', organizationId: acme.id, environment: 'production', permissions: ['api_keys:read', 'emails:send'],
    domain: 'example.com', externalId: 'user-7', metadata: { tier: ['gold'] }, expiresAt: '2040-01-01T00:00:00.000Z', rateLimits: [], credits: null, limitedBy: null,
  });
});

test('the checks come in one order: what ends a key before what restricts it', async () => {
  const place = await session('Order');
  const { id, key } = await ok(api.post(`/v1/sessions/${place.id}/api_keys`, { expiresAt: seconds(0.15), ipAllowList: ['192.0.2.1'], permissions: ['a:b'], domain: 'example.com' }), 201);
  await ok(api.patch(`/v1/api_keys/${id}`, { active: false }));
  await ok(api.patch(`/v1/sessions/${place.id}`, { status: 'disconnected' }));
  await sleep(160);
  const demand: any = { sessionId: elsewhere.id, environment: 'staging', ip: '192.0.2.2', permissions: ['a:c'], domain: 'example.org' };
  for (const [expected, repair] of [
    ['DISABLED', () => ok(api.patch(`/v1/api_keys/${id}`, { active: true }))],
    ['EXPIRED', () => ok(api.patch(`/v1/api_keys/${id}`, { expiresAt: null }))],
    ['SESSION_DISCONNECTED', () => ok(api.patch(`/v1/sessions/${place.id}`, { status: 'connected' }))],
    ['WRONG_SESSION', () => (demand.sessionId = place.id)],
    ['WRONG_ENVIRONMENT', () => (demand.environment = 'production')],
    ['FORBIDDEN', () => (demand.ip = '192.0.2.1')],
    ['INSUFFICIENT_PERMISSIONS', () => (demand.permissions = ['a:b'])],
    ['DOMAIN_NOT_ALLOWED', () => (demand.domain = 'example.com')],
    ['VALID', () => ok(api.delete(`/v1/api_keys/${id}`))],
    ['REVOKED', () => undefined],
  ] as const) {
    assert.equal(await code(key, demand), expected);
    await repair();
  }
});

test('explain lists the checks in that order up to the one that refuses; without it there is no trace', async () => {
  const { key } = await create({ permissions: ['emails:send'], domain: 'example.com' });
  const trace = async (demand: object) => (await verify(key, { ...demand, explain: true })).trace.map(({ name, outcome }: any) => `${name} ${outcome}`);
  const begin = ['known passed', 'revoked passed', 'disabled passed', 'expiry skipped', 'notBefore skipped', 'organization passed', 'sessionState passed', 'session skipped', 'environment skipped', 'ipAllowList skipped'];
  const end = ['rateLimits skipped', 'credits skipped'];
  assert.deepEqual(await trace({}), [...begin, 'permissions skipped', 'domain skipped', ...end]);
  assert.deepEqual(await trace({ permissions: 'emails:send', domain: 'example.com' }), [...begin, 'permissions passed', 'domain passed', ...end]);
  assert.deepEqual(await trace({ permissions: ['emails:send', 'x:y'], domain: 'example.org' }), [...begin, 'permissions refused']);
  assert.deepEqual((await verify(forgedKey(), { explain: true })).trace, [{ name: 'known', outcome: 'refused' }]);
  assert.equal('trace' in (await verify(key)), false);
  const limited = await create({ rateLimits: [{ name: 'minute', limit: 1, windowMs: 60_000 }], credits: { remaining: 1 } });
  const last = async () => (await verify(limited.key, { explain: true })).trace.slice(-2).map(({ name, outcome }: any) => `${name} ${outcome}`);
  assert.deepEqual(await last(), ['rateLimits passed', 'credits passed']);
  assert.equal(await code(limited.key), 'VALID');
  assert.deepEqual(await last(), ['domain skipped', 'rateLimits refused']);
});

const GRANTS: [string[], string | string[], boolean][] = [
  [['*'], ['anything:goes', '*'], true],
  [['emails:*'], ['emails:send', 'emails:read'], true],
  [['emails:*'], 'email:send', false],
  [['*:read'], 'contacts:read', true],
  [['*:read'], 'contacts:write', false],
  [['emails:send'], 'emails:*', false],
  [['emails:send'], '*', false],
  [['foo:bar'], 'fooo:bar', false],
  [['foo:bar'], 'foo:ba', false],
  [['foo-x:bar'], 'foo_x:bar', false],
  [['a:b', 'c:d'], ['a:b', 'c:d'], true],
  [['a:b', 'c:d'], ['a:b', 'c:e'], false],
  [[], 'a:b', false],
  [[], [], true],
];
test('permissions: a string or a list, all needed; wildcards in the grant, compared character by character', async () => {
  for (const [permissions, demand, allowed] of GRANTS) {
    const { key } = await create({ permissions });
    assert.equal(await code(key, { permissions: demand }), allowed ? 'VALID' : 'INSUFFICIENT_PERMISSIONS', `${permissions} / ${demand}`);
  }
});

test('an allow list holds addresses and networks of both kinds; whose address is unknown is refused', async () => {
  const { key } = await create({ permissions: ['api_keys:read'], ipAllowList: ['198.51.100.7', '203.0.113.0/24', '2001:db8::/32'] });
  for (const [ip, allowed] of [
    ['198.51.100.7', true], ['198.51.100.8', false], ['203.0.113.0', true], ['203.0.113.255', true], ['203.0.114.0', false],
    ['::ffff:203.0.113.5', true], ['::ffff:203.0.114.5', false], ['2001:db8::1', true], ['2001:DB8:FFFF::1', true], ['2001:db9::1', false], ['::1', false],
  ] as const) {
    assert.equal(await code(key, { ip }), allowed ? 'VALID' : 'FORBIDDEN', ip);
    const reply = await gate(key, '/v1/whoami', { 'cf-connecting-ip': ip, 'x-forwarded-for': '203.0.113.5', 'x-real-ip': '203.0.113.5', 'true-client-ip': '203.0.113.5' });
    assert.equal(reply.status, allowed ? 200 : 403, ip);
    assert.equal((await gate(key, '/v1/api_keys', { 'cf-connecting-ip': ip })).status, allowed ? 200 : 403, ip);
  }
  assert.equal(await code(key), 'FORBIDDEN', 'no address given');
  for (const unknown of ['', 'localhost', '203.0.113.5, 203.0.113.5']) await refused(gate(key, '/v1/whoami', { 'cf-connecting-ip': unknown }), 403, 'forbidden_ip');
  for (const ip of ['203.0.113', '1.2.3.4/32', '203.0.113.05', ' 203.0.113.5', '']) assert.deepEqual(await violations(api.post('/v1/keys/verify', { key, ip })), ['/ip invalid_format']);
});

test('unknown, malformed, forged and foreign keys cannot be told apart, in a verification or at the gate', async () => {
  // Same root secret, another store: well-formed down to the keyed tag, and yet never issued here.
  const twin = await startLatchkey({ vars: { ROOT_SECRETS: latchkey.rootSecret } });
  const { key: unknown } = await newOrganization(twin, 'Twin');
  await twin.stop();
  const presented = { unknown, foreign: other.key, forged: forgedKey(), 'with a bad checksum': `${acme.key.slice(0, -6)}000000`, short: acme.key.slice(0, -1), 'no key at all': 'hello', 'of another product': `AKIA${base62(16)}` };
  const verified = await Promise.all(Object.values(presented).map(async (key) => masked(await api.post('/v1/keys/verify', { key }))));
  for (const answer of verified) assert.deepEqual(answer, verified[0]);
  const { foreign: _, ...notFound } = presented;
  const atTheGate = await Promise.all(Object.values(notFound).map(async (key) => masked(await gate(key))));
  for (const answer of atTheGate) assert.deepEqual(answer, atTheGate[0]);
});

test('a changed character, a swapped prefix or a recomputed checksum never passes', async () => {
  const dev = await create({ environment: 'development' });
  const replace = (text: string, at: number) => text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
  for (const key of [acme.key, dev.key]) {
    const rest = key.slice(-48);
    const swapped = ['sk_live_', 'sk_dev_', 'sk_staging_', 'sk_', 'pk_live_', 'SK_LIVE_', 'sk_test_', ''].map((prefix) => prefix + rest).filter((text) => text !== key);
    const mutated = [0, 3, 8, 20, 31, 35, 44, 50, key.length - 1].map((at) => replace(key, at));
    const checksummed = [...swapped, ...mutated].map((text) => text.slice(0, -6) + checksum(text.slice(0, -6))).filter((text) => text !== key);
    for (const text of [...swapped, ...mutated, ...checksummed, key + key, `${key}0`, key.toLowerCase(), `${key}\u0000`, `${key}\n`, ` ${key}`]) assert.equal(await code(text), 'NOT_FOUND', `${text.length}`);
    for (const text of [...swapped, ...checksummed]) await refused(gate(text), 401, 'auth_invalid_key');
  }
});

/** [header lines, status, code]; K stands for a good key. */
const PRESENTED: [[string, string][], number, string][] = [
  [[['authorization', 'Bearer K']], 200, 'VALID'],
  [[['authorization', 'bearer K']], 200, 'VALID'],
  [[['AUTHORIZATION', 'BEARER   K  ']], 200, 'VALID'],
  [[['x-api-key', 'K']], 200, 'VALID'],
  [[['X-API-KEY', '  K ']], 200, 'VALID'],
  [[], 401, 'auth_missing_credentials'],
  [[['authorization', '']], 401, 'auth_missing_credentials'],
  [[['authorization', 'Bearer']], 401, 'auth_missing_credentials'],
  [[['authorization', 'Bearer ']], 401, 'auth_missing_credentials'],
  [[['authorization', 'K']], 401, 'auth_missing_credentials'],
  [[['authorization', 'Basic K']], 401, 'auth_missing_credentials'],
  [[['authorization', 'BearerK']], 401, 'auth_missing_credentials'],
  [[['x-api-key', '']], 401, 'auth_missing_credentials'],
  [[['authorization', 'Bearer\tK']], 401, 'auth_invalid_key'],
  [[['authorization', 'Bearer K K']], 401, 'auth_invalid_key'],
  [[['authorization', 'Bearer "K"']], 401, 'auth_invalid_key'],
  [[['authorization', 'Bearer Bearer K']], 401, 'auth_invalid_key'],
  [[['x-api-key', 'Bearer K']], 401, 'auth_invalid_key'],
  [[['x-api-key', `K${'0'.repeat(5000)}`]], 401, 'auth_invalid_key'],
  [[['authorization', 'Bearer K, Bearer K']], 400, 'auth_malformed_header'],
  [[['authorization', 'Bearer K,']], 400, 'auth_malformed_header'],
  [[['authorization', 'Bearer K'], ['authorization', 'Bearer K']], 400, 'auth_malformed_header'],
  [[['x-api-key', 'K'], ['x-api-key', 'K']], 400, 'auth_malformed_header'],
  [[['authorization', 'Bearer K'], ['x-api-key', 'K']], 400, 'auth_conflicting_credentials'],
  [[['authorization', 'Bearer K'], ['x-api-key', '']], 400, 'auth_conflicting_credentials'],
  [[['authorization', 'Bearer k\u00e9y']], 401, 'auth_invalid_key'],
];
test('one credential is taken however it is spelled; two, a list or none is named as what it is', async () => {
  for (const [lines, status, expected] of PRESENTED) {
    const headers = lines.map(([name, value]): [string, string] => [name, value.replaceAll('K', acme.key)]);
    const reply = await rawRequest(latchkey, { path: '/v1/whoami', headers });
    assert.equal(`${reply.status} ${reply.body?.code}`, `${status} ${expected}`, JSON.stringify(lines));
    if (status === 401) assert.equal(reply.headers.get('www-authenticate'), `Bearer realm="latchkey"${expected === 'auth_missing_credentials' ? '' : ', error="invalid_token"'}`);
    if (status !== 200) assert.ok(!reply.text.includes(acme.key.slice(8, 20)), 'nothing is echoed');
  }
});

test('a key in the query string is not accepted, not echoed, and not ignored beside a header', async () => {
  for (const name of ['api_key', 'apiKey', 'access_token', 'key', 'TOKEN', 'x-api-key']) {
    const path = `/v1/whoami?${name}=${acme.key}`;
    const reply = await checked(latchkey.anyone).get(path);
    await refused(reply, 401, 'auth_missing_credentials', name);
    assert.match(reply.body.message, /query/);
    assert.ok(!reply.text.includes(acme.key.slice(8, 20)));
    await refused(gate(acme.key, path), 400, 'auth_conflicting_credentials', name);
  }
  assert.deepEqual(latchkey.logs().filter((line) => line.includes(acme.key.slice(8, 20))), []);
});

test('what a verification does not understand is named, all at once', async () => {
  assert.deepEqual(await violations(api.post('/v1/keys/verify', { permissions: 'x', domain: 'localhost', sessionId: 'ses_1', environment: 'test', ip: '1', cost: -1, tags: [''], explain: 'yes', dryRun: 1, strict: true })), [
    '/key required', '/permissions invalid_format', '/domain invalid_format', '/sessionId invalid_format', '/environment invalid_format', '/ip invalid_format', '/cost out_of_range', '/tags/0 too_short', '/explain invalid_type', '/dryRun invalid_type', '/strict unknown_field',
  ]);
  for (const [key, expected] of [[null, '/key required'], [5, '/key invalid_type'], [[acme.key], '/key invalid_type'], [{ key: acme.key }, '/key invalid_type']] as const) assert.deepEqual(await violations(api.post('/v1/keys/verify', { key })), [expected]);
  for (const [path, expected] of [['?permission=x', '?permission invalid_format'], ['?domain=-', '?domain invalid_format'], ['?on_limit=500', '?on_limit invalid_format'], ['?other=1', '?other unknown_field'], ['?permission=a:b&permission=c:d', '?permission duplicate_field']] as const) {
    assert.deepEqual(await violations(gate(acme.key, `/v1/whoami${path}`)), [expected]);
  }
  assert.deepEqual(await violations(api.post('/v1/keys/verify', { key: acme.key, permissions: Array.from({ length: 65 }, (_, at) => `a:b${at}`) })), ['/permissions too_many']);
  for (const on of ['403', '429']) await ok(gate(acme.key, `/v1/whoami?on_limit=${on}`));
});

test('whoever may not verify learns nothing, not even whether a key exists', async () => {
  const { key } = await create({ permissions: ['api_keys:*'] });
  const answers = await Promise.all([acme.key, forgedKey(), other.key].map(async (presented) => masked(await checked(latchkey.api(key)).post('/v1/keys/verify', { key: presented }))));
  assert.equal((answers[0] as any).status, 403);
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

test('KV empty or full of nonsense changes no answer', async () => {
  const [good, bad] = [await create(), await create()];
  await ok(api.delete(`/v1/api_keys/${bad.id}`));
  const kv = await latchkey.kv();
  const answers = async () => [await code(good.key), await code(bad.key), (await gate(good.key)).status, (await gate(bad.key)).status];
  const expected = ['VALID', 'REVOKED', 200, 401];
  for (const name of await kv.names()) await kv.put(name, '{"v":1,"revoked":true,"status":"revoked"}');
  assert.deepEqual(await answers(), expected);
  await kv.empty();
  assert.deepEqual(await answers(), expected);
});
