// Bodies: everything that is wrong with one is named at once, by its place and never by its value; nothing of it is kept.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checked, inParallel, newOrganization, ok, rawRequest, refused, violations } from './support/acceptance.ts';
import { filesBelow } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
const acme = await newOrganization(latchkey, 'Acme');
const { api } = acme;
await resolver.own(api, 'example.com');
const operator = checked(latchkey.operator);
const session = await ok(api.post('/v1/sessions', { name: 'Own', environment: 'staging' }), 201);
const key = await ok(api.post('/v1/api_keys', { name: 'Changed', sessionId: session.id }), 201);

const create = (body: object) => api.post('/v1/api_keys', { name: 'Created', sessionId: session.id, ...body });
const change = (body: unknown) => api.patch(`/v1/api_keys/${key.id}`, body);
const read = () => ok(api.get(`/v1/api_keys/${key.id}`));
/** All that a client could see change, but what asking itself changes. */
const visible = async () => JSON.stringify(await Promise.all(['/v1/api_keys', '/v1/sessions', '/v1/organization', '/v1/audit_log'].map(async (path) => ok(api.get(path)))), (name, value) => (['lastUsedAt', 'limits'].includes(name) ? undefined : value));

/** Every route that takes a body, and the fields it takes. */
const SETTINGS = ['permission', 'permissions', 'domain', 'expiresAt', 'notBefore', 'ipAllowList', 'metadata', 'externalId', 'rateLimits', 'credits'];
const WRITES = [
  { method: 'POST', path: '/v1/api_keys', client: api, body: { name: 'New' }, fields: ['name', 'sessionId', 'environment', ...SETTINGS] },
  { method: 'POST', path: `/v1/sessions/${session.id}/api_keys`, client: api, body: {}, fields: ['name', ...SETTINGS] },
  { method: 'PATCH', path: `/v1/api_keys/${key.id}`, client: api, body: { name: 'New' }, fields: ['name', 'active', ...SETTINGS] },
  { method: 'DELETE', path: `/v1/api_keys/${key.id}`, client: api, body: {}, fields: ['reason'] },
  { method: 'POST', path: `/v1/api_keys/${key.id}/rotate`, client: api, body: { overlapSeconds: 0 }, fields: ['overlapSeconds', 'expiresAt'] },
  { method: 'POST', path: '/v1/sessions', client: api, body: { name: 'New' }, fields: ['name', 'environment', 'region', 'rateLimits', 'consistency', 'leakPolicy'] },
  { method: 'PATCH', path: `/v1/sessions/${session.id}`, client: api, body: { name: 'New' }, fields: ['name', 'status', 'rateLimits', 'consistency', 'leakPolicy'] },
  { method: 'POST', path: '/v1/keys/verify', client: api, body: { key: key.key }, fields: ['key', 'permissions', 'domain', 'sessionId', 'environment', 'ip', 'cost', 'tags', 'consistency', 'explain', 'dryRun'] },
  { method: 'POST', path: '/operator/organizations', client: operator, body: { name: 'New' }, fields: ['name', 'plan'] },
  { method: 'PATCH', path: `/operator/organizations/${acme.id}`, client: operator, body: { name: 'New' }, fields: ['name', 'plan'] },
];

test('all violations come at once, each with its JSON pointer and code', async () => {
  assert.deepEqual(await violations(api.post('/v1/api_keys', { name: ' ', permission: 'admin', permissions: ['emails:send', 'EMAILS', 5], domain: 'localhost', expiresAt: 'tomorrow', notBefore: 7, sessionId: 'ses_', environment: 'test', ipAllowList: ['10.0.0.1/8', 'x'], metadata: [], externalId: '', colour: 'red' })), [
    '/name too_short', '/sessionId invalid_format', '/environment invalid_format', '/permission invalid_format', '/permissions/1 invalid_format', '/permissions/2 invalid_type', '/permissions conflict', '/domain invalid_format', '/ipAllowList/0 invalid_format', '/ipAllowList/1 invalid_format', '/metadata invalid_type', '/externalId too_short', '/expiresAt invalid_format', '/notBefore invalid_type', '/colour unknown_field',
  ]);
});

test('a body that is no object, empty or not JSON is refused by every route that needs one', async () => {
  for (const { method, path, client, fields } of WRITES) {
    for (const [body, expected] of [['[]', 'invalid_request'], ['null', 'invalid_request'], ['"x"', 'invalid_request'], ['5', 'invalid_request'], ['{', 'invalid_json'], ['{"name":"a",}', 'invalid_json'], ["{'name':'a'}", 'invalid_json'], ['{}{}', 'invalid_json'], ['{"name":"\\ud800"}', 'invalid_json'], ['\ufeff{}', 'invalid_json'], ['NaN', 'invalid_json']] as const) {
      await refused(client.send(method, path, { body }), 400, expected, `${method} ${path} ${body}`);
    }
    if (fields.includes('reason') || path.endsWith('/api_keys') && path !== '/v1/api_keys') continue;
    assert.deepEqual(await violations(client.send(method, path, { body: '' })), [' required'], `${method} ${path}`);
  }
});

test('a member given twice is refused at any depth, its escaped twin too', async () => {
  for (const [body, pointer] of [
    ['{"name":"a","name":"b"}', '/name'],
    ['{"name":"a","n\\u0061me":"b"}', '/name'],
    ['{"name":"a","metadata":{"x":1,"x":1}}', '/metadata/x'],
    ['{"name":"a","metadata":{"list":[{"deep":{"x":1,"\\u0078":2}}]}}', '/metadata/list/0/deep/x'],
    ['{"expiresAt":null,"name":"a","expiresAt":"2030-01-01T00:00:00Z"}', '/expiresAt'],
  ] as const) assert.deepEqual(await violations(api.post('/v1/api_keys', body), body), [`${pointer} duplicate_field`]);
});

/** [what is sent, how it comes back]; without the second it is refused with that code. */
const DATES: [unknown, string | null, string?][] = [
  ['2031-01-02T03:04:05Z', '2031-01-02T03:04:05.000Z'],
  ['2031-01-02T03:04:05.5Z', '2031-01-02T03:04:05.500Z'],
  ['2031-01-02T03:04:05.678+05:30', '2031-01-01T21:34:05.678Z'],
  ['2031-01-02T03:04:05-23:59', '2031-01-03T03:03:05.000Z'],
  ['2032-02-29T23:59:59Z', '2032-02-29T23:59:59.000Z'],
  ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ['2031-01-02T03:04:05', null], ['2031-01-02', null], ['2031-01-02 03:04:05Z', null], ['2031-01-02t03:04:05Z', null], ['2031-01-02T03:04:05z', null],
  ['2031-01-02T03:04Z', null], ['2031-01-02T03:04:05.1234Z', null], ['2031-01-02T03:04:05.123456789012Z', null], ['2031-01-02T03:04:05.Z', null], ['2031-01-02T03:04:05,5Z', null],
  ['2031-01-02T03:04:05+24:00', null], ['2031-01-02T03:04:05+0530', null], ['2031-01-02T03:04:05+05', null], ['2031-01-02T03:04:05 Z', null], [' 2031-01-02T03:04:05Z', null], ['2031-01-02T03:04:05Z ', null],
  ['2031-01-02T23:59:60Z', null], ['2031-01-02T24:00:00Z', null], ['2031-02-29T00:00:00Z', null], ['2031-13-01T00:00:00Z', null], ['2031-00-01T00:00:00Z', null], ['2031-01-32T00:00:00Z', null], ['2031-1-2T03:04:05Z', null],
  ['+2031-01-02T03:04:05Z', null], ['20310102T030405Z', null], ['2031-W01-1T00:00:00Z', null], ['\uff12031-01-02T03:04:05Z', null], ['', null], ['never', null], ['1924986245', null],
  ['0000-01-01T00:00:00Z', null, 'out_of_range'], ['1999-12-31T23:59:59Z', null, 'out_of_range'], ['9999-12-31T23:59:59-01:00', null, 'out_of_range'], ['10000-01-01T00:00:00Z', null],
  [1924986245, null, 'invalid_type'], [1924986245000, null, 'invalid_type'], [true, null, 'invalid_type'], [{}, null, 'invalid_type'],
];
test('dates: one form in, UTC with milliseconds out, the same from any offset; everything else is refused', async () => {
  await inParallel(DATES, 4, async ([sent, back, code = 'invalid_format']) => {
    for (const field of ['expiresAt', 'notBefore']) {
      const reply = await create({ [field]: sent });
      if (back) assert.equal((await ok(reply, 201))[field], back);
      else assert.deepEqual(await violations(reply, String(sent)), [`/${field} ${code}`], String(sent));
    }
  });
  assert.deepEqual(await violations(create({ expiresAt: '2020-01-01T00:00:00Z' })), ['/expiresAt in_the_past']);
  assert.deepEqual(await violations(create({ expiresAt: '2031-01-01T00:00:00Z', notBefore: '2031-01-01T00:00:00Z' })), ['/expiresAt conflict']);
});

const NUMBERS: [string, string][] = [
  ['-1', 'out_of_range'], ['9007199254740991', 'out_of_range'], ['9007199254740992', 'out_of_range'], ['9223372036854775807', 'out_of_range'], ['9223372036854775808', 'out_of_range'],
  ['18446744073709551615', 'out_of_range'], ['18446744073709551616', 'out_of_range'], ['-9223372036854775809', 'out_of_range'], ['1e300', 'out_of_range'],
  ['1.0', 'invalid_type'], ['1e2', 'invalid_type'], ['0.5', 'invalid_type'], ['"1"', 'invalid_type'], ['true', 'invalid_type'], ['[1]', 'invalid_type'],
];
test('numbers: whole, in range, and never with a second meaning such as "unlimited"', async () => {
  const setPlan = (plan: string) => operator.patch(`/operator/organizations/${acme.id}`, `{"plan":{"name":"enterprise",${plan}}}`);
  for (const [pointer, send, below, above] of [
    ['/overlapSeconds', (text: string) => api.post(`/v1/api_keys/${key.id}/rotate`, `{"overlapSeconds":${text}}`), -1, 30 * 86_400 + 1],
    ['/cost', (text: string) => api.post('/v1/keys/verify', `{"key":"x","cost":${text}}`), -1, 1_000_001],
    ['/plan/keysPerSession', (text: string) => setPlan(`"keysPerSession":${text}`), 0, 1_000_000_001],
    ['/plan/requestsPerMinute', (text: string) => setPlan(`"requestsPerMinute":${text}`), 0, 1_000_000_001],
  ] as const) {
    for (const [text, code] of [...NUMBERS, [`${below}`, 'out_of_range'], [`${above}`, 'out_of_range']] as const) assert.deepEqual(await violations(send(text), text), [`${pointer} ${code}`], text);
  }
  for (const limit of [1, 7, 1_000_000_000]) assert.equal((await ok(setPlan(`"requestsPerMinute":${limit}`))).plan.requestsPerMinute, limit);
  await refused(api.post('/v1/keys/verify', '{"key":"x","cost":1e400}'), 400, 'invalid_json');
  assert.deepEqual(await violations(create({ metadata: { big: 2 ** 53 } })), ['/metadata/big out_of_range']);
  const exact = { most: 2 ** 53 - 1, least: -(2 ** 53 - 1), half: 0.5, zero: 0 };
  assert.deepEqual((await ok(create({ metadata: exact }), 201)).metadata, exact);
});

const INVISIBLE = ['\u0000', '\u0007', '\r\n', '\u001b[31m', '\u007f', '\u0085', '\u2028', '\u202e', '\u2066', '\u2069'];
test('names: visible, bounded, in one normal form; no controls, nothing that turns the text around', async () => {
  for (const blank of ['', ' ', '\u00a0', '\u3000', '\u200b', '\ufeff', '\u2060', '\u00ad', '\u115f', '\u3164', '\u180e', ' \u200b\u00a0']) {
    const [violation] = await violations(create({ name: blank }), JSON.stringify(blank));
    assert.match(violation!, /^\/name (too_short|invalid_format)$/, JSON.stringify(blank));
  }
  for (const bad of INVISIBLE) assert.deepEqual(await violations(create({ name: `a${bad}b` }), JSON.stringify(bad)), ['/name invalid_format']);
  for (const long of ['x'.repeat(101), '\u{1f511}'.repeat(101), 'x'.repeat(10_000)]) assert.deepEqual(await violations(create({ name: long })), ['/name too_long']);
  for (const [sent, kept] of [['  CI/CD \u00a0', 'CI/CD'], ['e\u0301', '\u00e9'], ['x'.repeat(100), 'x'.repeat(100)], ['\u{1f511}'.repeat(100), '\u{1f511}'.repeat(100)], ['<b>"&\'', '<b>"&\''], ["'; DROP TABLE api_keys; --", "'; DROP TABLE api_keys; --"], ['\u0646\u0627\u0645', '\u0646\u0627\u0645']] as const) {
    const { id, name } = await ok(create({ name: sent }), 201);
    assert.equal(name, kept);
    assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).name, kept);
  }
});

test('metadata is an object of at most 4 KiB, 64 keys and 8 levels, and comes back as it was sent', async () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  for (const [metadata, code] of [[nested(9), 'too_long'], [Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`k${at}`, 1])), 'too_many'], [{ a: 'x'.repeat(4096) }, 'too_long'], [[1], 'invalid_type'], ['{}', 'invalid_type']] as const) assert.deepEqual(await violations(create({ metadata })), [`/metadata ${code}`]);
  for (const metadata of [{}, nested(8), { 'a/b~c': [null, true, '\u2028', { '': 'x' }] }] as any[]) assert.deepEqual((await ok(create({ metadata }), 201)).metadata, metadata);
});

test('a change has three states: absent keeps, null clears, a value sets; what cannot be absent cannot be cleared', async () => {
  const full = { name: 'Full', permissions: ['a:b'], domain: 'example.com', ipAllowList: ['192.0.2.0/24'], metadata: { a: 1 }, externalId: 'u-1', expiresAt: '2035-01-01T00:00:00.000Z', notBefore: '2001-01-01T00:00:00.000Z', credits: { remaining: 5, refill: null }, active: true };
  const empty = { domain: null, ipAllowList: [], metadata: {}, externalId: null, expiresAt: null, notBefore: null, credits: null };
  const pick = (body: any) => Object.fromEntries(Object.keys(full).map((field) => [field, body[field]]));
  assert.deepEqual(pick(await ok(change(full))), full);
  for (const [field, cleared] of Object.entries(empty)) {
    const before = pick(await read());
    assert.deepEqual(pick(await ok(change({ [field]: null }))), { ...before, [field]: cleared }, field);
    assert.deepEqual(pick(await read()), { ...before, [field]: cleared }, field);
  }
  assert.deepEqual(pick(await read()), { ...full, ...empty });
  for (const field of ['name', 'active', 'permission', 'permissions']) assert.deepEqual(await violations(change({ [field]: null })), [`/${field} invalid_type`]);
  for (const path of [`/v1/api_keys/${key.id}`, `/v1/sessions/${session.id}`]) assert.deepEqual(await violations(api.patch(path, {})), [' required']);
  assert.deepEqual(await violations(operator.patch(`/operator/organizations/${acme.id}`, {})), [' required']);
  assert.deepEqual(pick(await read()), { ...full, ...empty });
});

test('nothing that a response shows can be set unless the route says so: 400, and nothing changes', async () => {
  const [organization, verified] = [await ok(api.get('/v1/organization')), await ok(api.post('/v1/keys/verify', { key: key.key }))];
  const shown: Record<string, unknown> = { ...organization, ...session, ...verified, ...key, effectiveAt: key.createdAt, hash: 'h1:00', digest: '', key: undefined, userId: 'usr_1', tenantId: acme.id, plan: { name: 'free' }, reach: 'organization', remaining: 1, role: 'admin', constructor: 1, Name: 'x', NAME: 'x', 'name ': 'x' };
  const before = await visible();
  const attempts = WRITES.flatMap((route) => Object.entries(shown).filter(([field, value]) => value !== undefined && !route.fields.includes(field)).map(([field, value]) => ({ ...route, field, value })));
  assert.ok(attempts.length > 300, `${attempts.length}`);
  await inParallel(attempts, 8, async ({ method, path, client, body, field, value }) => {
    const what = `${method} ${path} ${field}`;
    const [violation] = await violations(client.send(method, path, { body: { ...body, [field]: value } }), what);
    assert.match(violation!, / unknown_field$/, what);
  });
  assert.equal(await visible(), before);
});

test('no value is ever echoed: a secret in a wrong place appears in no answer, log or file', async () => {
  // Longer than any field name that is repeated (32), as every secret key is.
  const secret = ['Canary', 'Zq7Lm2Xc9Vb4', 'Nn8Kj6Hg3FdPw5Rt1Ys'].join('');
  const wrong = [secret, [secret], { [secret]: secret }, [[{ a: secret }]]];
  const attempts = WRITES.flatMap((route) => [...route.fields, secret].flatMap((field) => wrong.map((value) => ({ ...route, sent: { ...route.body, [field]: value } }))));
  let answers = '';
  await inParallel(attempts, 8, async ({ method, path, client, sent }) => {
    if (method === 'DELETE' && typeof (sent as any).reason === 'string') return;
    // Where a text is what is wanted, it is data and no mistake.
    const taken = ['name', 'externalId', 'key'].some((field) => (sent as any)[field] === secret) || JSON.stringify((sent as any).metadata ?? '').includes(secret) || JSON.stringify((sent as any).tags ?? '').includes(secret);
    if (!taken) answers += (await client.send(method, path, { body: sent })).text;
  });
  for (const [method, path, options] of [
    ['GET', `/v1/api_keys/${secret}`, {}], ['GET', `/v1/api_keys?status=${secret}&${secret}=1`, {}], ['GET', `/v1/api_keys?cursor=${secret}`, {}], ['GET', `/${secret}`, {}],
    ['POST', '/v1/api_keys', { body: `{"name":"${secret}"` }], ['POST', '/v1/api_keys', { body: `{"${secret}":1,"${secret}":2}` }], ['POST', '/v1/api_keys', { body: secret }],
    ['POST', '/v1/api_keys', { body: '{}', headers: { 'content-type': `text/${secret}` } }], ['POST', '/v1/sessions', { body: { name: 'x' }, headers: { 'idempotency-key': secret } }],
    ['GET', '/v1/api_keys', { headers: { authorization: `Basic ${secret}` } }], ['GET', '/v1/whoami', { headers: { accept: secret, 'x-request-id': secret, authorization: '' } }],
  ] as const) answers += JSON.stringify(await api.send(method, path, options).then(({ text, headers }) => [text, ...headers]));
  assert.ok(answers.length > 10_000);
  const leaks = [answers, latchkey.logs().join('\n'), ...filesBelow(latchkey.persistDir).map((file) => readFileSync(file).toString('latin1'))].filter((text) => text.includes(secret.slice(3, 15)));
  assert.deepEqual(leaks.map((text) => text.slice(Math.max(0, text.indexOf(secret.slice(3, 15)) - 200), text.indexOf(secret.slice(3, 15)) + 20)), []);
});

async function* chunks(total: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < total; sent += 65_536) yield Buffer.alloc(65_536, ' ');
}

test('a body over 16 KiB is refused whatever its length claims, and costs others nothing', async () => {
  const headers: [string, string][] = [['authorization', `Bearer ${acme.key}`], ['content-type', 'application/json']];
  const padded = (bytes: number) => JSON.stringify({ key: 'x', tags: [] }).padEnd(bytes, ' ');
  await ok(api.post('/v1/keys/verify', padded(16 * 1024)));
  for (const { method, path, client } of WRITES) await refused(client.send(method, path, { body: padded(16 * 1024 + 1) }), 413, 'payload_too_large', path);
  const huge = rawRequest(latchkey, { method: 'POST', path: '/v1/keys/verify', headers, body: () => chunks(8 * 1024 * 1024) });
  const others = await inParallel(Array.from({ length: 20 }), 4, () => api.get('/v1/whoami'));
  assert.ok(others.every(({ status }) => status === 200));
  await refused(await huge, 413, 'payload_too_large');
});

test('JSON bombs of every shape are refused at once', async () => {
  const started = Date.now();
  for (const body of ['['.repeat(16_000), '{"a":'.repeat(3_000), `[${'0,'.repeat(8_000)}0]`, `{"name":${'9'.repeat(16_000)}}`, `{"name":-${'9'.repeat(15_000)}e9}`, `{"name":"${'\\u0041'.repeat(2_600)}"}`, `{"name":"x","metadata":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`, `{${Array.from({ length: 1_500 }, (_, at) => `"k${at}":1`).join()}}`]) {
    const { status, text } = await api.post('/v1/api_keys', body);
    assert.equal(status, 400, text.slice(0, 200));
    assert.ok(text.length < 8_000, 'and the answer stays small');
  }
  assert.ok(Date.now() - started < 3_000);
});

test('only application/json in UTF-8 without a content coding is read', async () => {
  const post = (headers: Record<string, string>, body: string | Buffer = '{"key":"x"}') => api.post('/v1/keys/verify', body, { headers });
  for (const type of ['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset="utf-8"']) await ok(post({ 'content-type': type }));
  for (const type of ['text/plain', 'text/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/merge-patch+json', 'application/json; charset=latin1', 'application/jsonx', '']) await refused(post({ 'content-type': type }), 415, 'unsupported_media_type', type);
  for (const coding of ['gzip', 'br', 'deflate', 'identity, gzip']) {
    const reply = await rawRequest(latchkey, { method: 'POST', path: '/v1/keys/verify', headers: [['authorization', `Bearer ${acme.key}`], ['content-type', 'application/json'], ['content-encoding', coding]], body: gzipSync('{"key":"x"}').toString('latin1') });
    await refused(reply, 415, 'unsupported_media_type', coding);
  }
});
