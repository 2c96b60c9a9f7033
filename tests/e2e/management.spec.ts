// Managing keys and sessions over HTTP: lists and pages, rotation, Idempotency-Key, the audit log.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { base62, checked, ISO_UTC, newOrganization, ok, rawRequest, refused, seconds, sleep, violations } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
const { api, key, id: organizationId, apiKey, organization } = await newOrganization(latchkey, 'Acme');
const other = await newOrganization(latchkey, 'Other');
await resolver.own(api, 'example.com');
const as = (secret: string) => checked(latchkey.api(secret));
const create = (body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Key', ...body }), 201);
const newSession = (body: object) => ok(api.post('/v1/sessions', body), 201);
const codeOf = async (secret: string) => (await ok(api.post('/v1/keys/verify', { key: secret }))).code;
const ids = (rows: any[]) => rows.map(({ id }) => id);

/** All pages of a list, one after the other; `between` runs before each next one. */
async function pages(path: string, limit: number, between: (page: number) => Promise<unknown> = async () => undefined): Promise<any[]> {
  const rows: any[] = [];
  for (let page = 0, cursor = ''; ; page++) {
    const { data, pagination } = await ok(api.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`));
    rows.push(...data);
    assert.ok(data.length === limit || !pagination.hasMore);
    if (!pagination.hasMore) {
      assert.equal(pagination.nextCursor, null);
      return rows;
    }
    cursor = pagination.nextCursor;
    await between(page);
  }
}

test('an organization is read with its plan and members; only by those who reach it', async () => {
  const read = await ok(api.get('/v1/organization'));
  assert.deepEqual(read, { ...organization, limits: { keysPerSession: null, requests: null, management: null } });
  assert.deepEqual([read.id, read.name, read.status, read.membersCount, read.plan], [organizationId, 'Acme', 'active', 0, { name: 'enterprise', keysPerSession: null, requestsPerMinute: null }]);
  const { key: bound } = await create({ environment: 'development' });
  await refused(as(bound).get('/v1/organization'), 403, 'outside_reach');
});

test('a session is created, read, listed, renamed, disconnected, connected and deleted', async () => {
  for (const [body, environment, prefix] of [[{ name: 'Live', environment: 'production' }, 'production', 'sk_live_'], [{ name: 'Plain' }, null, 'sk_'], [{ name: 'Plain too', environment: null, region: 'weur' }, null, 'sk_']] as const) {
    const reply = await api.post('/v1/sessions', body);
    const session = await ok(reply, 201);
    assert.equal(reply.headers.get('location'), `/v1/sessions/${session.id}`);
    assert.match(session.id, /^ses_[0-9A-Za-z]{19}$/);
    assert.deepEqual([session.name, session.environment, session.status, session.organizationId, session.isDefault, session.region], [body.name, environment, 'connected', organizationId, false, 'region' in body ? body.region : null]);
    assert.match(session.createdAt, ISO_UTC);
    const path = `/v1/sessions/${session.id}`;
    assert.deepEqual(await ok(api.get(path)), { ...session, limits: { keys: { limit: null, used: 0 }, rateLimits: [] } });
    assert.equal((await ok(api.get('/v1/sessions'))).data[0].id, session.id);
    const issued = await ok(api.post(`${path}/api_keys`, {}), 201);
    assert.equal(issued.key.slice(0, -48), prefix);
    assert.equal((await ok(api.patch(path, { name: 'Renamed' }))).name, 'Renamed');
    assert.equal((await ok(api.patch(path, { status: 'disconnected' }))).status, 'disconnected');
    assert.equal(await codeOf(issued.key), 'SESSION_DISCONNECTED');
    assert.equal((await ok(api.patch(path, { status: 'connected' }))).status, 'connected');
    assert.equal((await ok(api.delete(path))).status, 'deleted');
    assert.equal((await ok(api.delete(path))).status, 'deleted', 'again: the same');
    assert.equal(await codeOf(issued.key), 'REVOKED');
  }
  assert.deepEqual(await violations(api.post('/v1/sessions', { environment: 'test', region: 'moon', status: 'connected' })), ['/name required', '/environment invalid_format', '/region invalid_format', '/status unknown_field']);
});

test('the default session of production stands; an environment\'s own is made when it is first used, and only once', async () => {
  await refused(api.delete(`/v1/sessions/${organization.defaultSessionId}`), 409, 'default_session');
  await refused(api.patch(`/v1/sessions/${organization.defaultSessionId}`, { status: 'disconnected' }), 409, 'default_session');
  let session: any;
  for (const tenant of [other, await newOrganization(latchkey), await newOrganization(latchkey)]) {
    const keys = await Promise.all(Array.from({ length: 8 }, () => ok(tenant.api.post('/v1/api_keys', { name: 'First', environment: 'staging' }), 201)));
    assert.equal(new Set(keys.map(({ sessionId }) => sessionId)).size, 1);
    session = await ok(tenant.api.get(`/v1/sessions/${keys[0].sessionId}`));
    assert.deepEqual([session.environment, session.isDefault], ['staging', true]);
  }
  session = await ok(api.get(`/v1/sessions/${(await create({ environment: 'staging' })).sessionId}`));
  assert.equal((await create({ environment: 'production' })).sessionId, organization.defaultSessionId);
  assert.deepEqual(await violations(api.post('/v1/api_keys', { name: 'x', sessionId: session.id, environment: 'production' })), ['/environment conflict']);
});

test('pages neither repeat nor miss a key that was there all along, while others come and go', async () => {
  const home = await newSession({ name: 'Paged' });
  const add = () => ok(api.post(`/v1/sessions/${home.id}/api_keys`, {}), 201);
  const lasting: string[] = [];
  for (let round = 0; round < 5; round++) lasting.push(...ids(await Promise.all(Array.from({ length: 5 }, add))));
  const rows = await pages(`/v1/sessions/${home.id}/api_keys`, 4, async (page) => {
    const passing = await add();
    if (page % 2) await ok(api.delete(`/v1/api_keys/${passing.id}`));
    await ok(api.patch(`/v1/api_keys/${lasting[page]}`, { name: `Renamed ${page}` }));
  });
  assert.deepEqual(ids(rows).filter((id) => lasting.includes(id)).sort(), [...lasting].sort());
  assert.equal(new Set(ids(rows)).size, rows.length);
  const order = rows.map(({ createdAt, id }) => `${createdAt} ${id}`);
  assert.deepEqual(order, [...order].sort().reverse(), 'newest first');
  const bare = await ok(api.get(`/v1/sessions/${home.id}/api_keys`));
  assert.deepEqual(ids(await pages(`/v1/sessions/${home.id}/api_keys`, 1000)), ids(bare));
});

test('a cursor serves the list and the organization that it was made for, unchanged', async () => {
  await Promise.all([create(), newSession({ name: 'Another' }), ok(other.api.post('/v1/api_keys', { name: 'x' }), 201)]);
  const cursor = async (path: string, client = api) => (await ok(client.get(path))).pagination.nextCursor as string;
  const mine = await cursor('/v1/api_keys?limit=1');
  await ok(api.get(`/v1/api_keys?cursor=${mine}`));
  for (const [path, text] of [
    ['/v1/api_keys', await cursor('/v1/api_keys?limit=1', other.api)],
    ['/v1/api_keys', await cursor('/v1/sessions?limit=1')],
    ['/v1/sessions', mine],
    ['/v1/audit_log', mine],
    ['/v1/api_keys', await cursor('/v1/audit_log?limit=1')],
    ['/v1/api_keys', `${mine}0`],
    ['/v1/api_keys', mine.replace(/\d/, (digit) => `${(Number(digit) + 1) % 10}`)],
    ['/v1/api_keys', `${mine.split('.')[0]}.${apiKey.id}.${mine.split('.')[2]}`],
    ['/v1/api_keys', `0.x.${base62(8)}`],
    ['/v1/api_keys', "9' OR 1=1 --"],
  ] as const) assert.deepEqual(await violations(api.get(`${path}?cursor=${encodeURIComponent(text)}`), text), ['?cursor invalid_format']);
});

test('lists are filtered by status, environment, session, external id and text, together and page by page', async () => {
  const home = await newSession({ name: 'Filtered', environment: 'development' });
  const make = (name: string, body: object = {}) => ok(api.post('/v1/api_keys', { name, sessionId: home.id, ...body }), 201);
  const made = { active: await make('Alpha one', { externalId: 'cust-1' }), pending: await make('Alpha two', { notBefore: seconds(3600) }), disabled: await make('Beta', { externalId: 'cust-1' }), expired: await make('Gamma', { expiresAt: seconds(0.1) }), revoked: await make('Delta') };
  await ok(api.patch(`/v1/api_keys/${made.disabled.id}`, { active: false }));
  await ok(api.delete(`/v1/api_keys/${made.revoked.id}`));
  await sleep(120);
  const found = async (query: string) => ids(await ok(api.get(`/v1/api_keys?sessionId=${home.id}&${query}`))).sort();
  for (const [status, { id }] of Object.entries(made)) assert.deepEqual(await found(`status=${status}`), [id], status);
  const all = ids(Object.values(made)).sort();
  const [one, two, beta] = ids([made.active, made.pending, made.disabled]);
  for (const [query, expected] of [
    ['status=all', all], ['', all], ['environment=development', all], ['environment=production', []], ['environment=none', []],
    ['externalId=cust-1', [one, beta]], ['externalId=CUST-1', []], ['externalId=cust-1&status=active', [one]], ['search=alpha', [one, two]], ['search=ALPHA%20o', [one]], [`search=${made.active.last4}`, [one]],
  ] as const) assert.deepEqual(await found(query), [...expected].sort(), query);
  assert.deepEqual(ids(await pages(`/v1/api_keys?sessionId=${home.id}`, 2)).sort(), all);
  const plain = await newSession({ name: 'None' });
  const { id } = await ok(api.post(`/v1/sessions/${plain.id}/api_keys`), 201);
  assert.ok(ids(await ok(api.get('/v1/api_keys?environment=none'))).includes(id));
});

test('rotation without overlap: the successor has the same settings, the old key ends with that answer', async () => {
  const settings = { permissions: ['a:b'], domain: 'example.com', ipAllowList: [], metadata: { a: 1 }, externalId: 'u', expiresAt: '2035-01-01T00:00:00.000Z', environment: 'staging', name: 'Rotated' };
  const old = await create(settings);
  const reply = await api.post(`/v1/api_keys/${old.id}/rotate`, { overlapSeconds: 0 });
  const fresh = await ok(reply, 201);
  assert.equal(reply.headers.get('location'), `/v1/api_keys/${fresh.id}`);
  for (const field of [...Object.keys(settings), 'sessionId', 'organizationId']) assert.deepEqual(fresh[field], old[field], field);
  assert.notEqual(fresh.key, old.key);
  assert.deepEqual([fresh.key.length, fresh.key.slice(0, 11), fresh.rotatedFrom], [old.key.length, old.key.slice(0, 11), old.id]);
  assert.deepEqual([await codeOf(old.key), await codeOf(fresh.key)], ['REVOKED', 'VALID']);
  const ended = await ok(api.get(`/v1/api_keys/${old.id}`));
  assert.deepEqual([ended.status, ended.rotatedTo], ['revoked', fresh.id]);
});

test('rotation with an overlap: both verify until it ends, then only the successor; an earlier end of the old key stays', async () => {
  const old = await create();
  const later = seconds(3600);
  const fresh = await ok(api.post(`/v1/api_keys/${old.id}/rotate`, { overlapSeconds: 1, expiresAt: later }), 201);
  assert.equal(fresh.expiresAt, later);
  assert.deepEqual([await codeOf(old.key), await codeOf(fresh.key)], ['VALID', 'VALID']);
  await refused(api.post(`/v1/api_keys/${old.id}/rotate`, { overlapSeconds: 1 }), 409, 'api_key_rotated');
  await refused(api.patch(`/v1/api_keys/${old.id}`, { expiresAt: null }), 409, 'api_key_rotated', 'the overlap cannot be made longer');
  await sleep(Date.parse((await ok(api.get(`/v1/api_keys/${old.id}`))).expiresAt) - Date.now() + 5);
  assert.deepEqual([await codeOf(old.key), await codeOf(fresh.key)], ['EXPIRED', 'VALID']);
  const ending = await create({ expiresAt: seconds(30) });
  await ok(api.post(`/v1/api_keys/${ending.id}/rotate`, { overlapSeconds: 3600 }), 201);
  assert.equal((await ok(api.get(`/v1/api_keys/${ending.id}`))).expiresAt, ending.expiresAt);
});

test('of parallel rotations one succeeds, the others are 409; what is not active is not rotated', async () => {
  for (let round = 0; round < 3; round++) {
    const { id } = await create();
    const replies = await Promise.all([0, 0, 60, 60].map((overlapSeconds) => api.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds })));
    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409, 409, 409]);
    const fresh = replies.find(({ status }) => status === 201)!.body;
    assert.equal(await codeOf(fresh.key), 'VALID');
    assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).rotatedTo, fresh.id);
  }
  const [revoked, disabled, expired] = [await create(), await create(), await create({ expiresAt: seconds(0.05) })];
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  await ok(api.patch(`/v1/api_keys/${disabled.id}`, { active: false }));
  await sleep(60);
  for (const [{ id }, code] of [[revoked, 'api_key_revoked'], [disabled, 'api_key_not_active'], [expired, 'api_key_not_active']] as const) await refused(api.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds: 0 }), 409, code);
});

const withKey = (text: string) => ({ headers: { 'idempotency-key': text } });
test('the same creation under one Idempotency-Key makes one key and shows the same secret, quoted or bare', async () => {
  for (const [path, body] of [['/v1/api_keys', { name: 'Once' }], ['/v1/api_keys', { name: 'Once', environment: 'staging' }], [`/v1/sessions/${(await newSession({ name: 'Once' })).id}/api_keys`, undefined]] as const) {
    const text = `retry-${base62(20)}`;
    const first = await ok(api.post(path, body, withKey(text)), 201);
    for (const again of [text, `"${text}"`, ` ${text} `]) {
      const { id, key: secret, createdAt } = await ok(api.post(path, body, withKey(again)), 201);
      assert.deepEqual([id, secret, createdAt], [first.id, first.key, first.createdAt]);
    }
    assert.equal(await codeOf(first.key), 'VALID');
    assert.equal(ids(await ok(api.get('/v1/api_keys'))).filter((id) => id === first.id).length, 1);
    assert.equal((await ok(api.get(`/v1/audit_log?target=${first.id}`))).data.length, 1);
  }
});

test('rotation takes an Idempotency-Key too: a retry finds the same successor', async () => {
  const { id } = await create();
  const rotate = () => api.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds: 0 }, withKey('rotate-me-once-please'));
  const [first, second] = [await ok(rotate(), 201), await ok(rotate(), 201)];
  assert.deepEqual([second.id, second.key], [first.id, first.key]);
});

test('another body under the same Idempotency-Key is 422, another route another request, a dead key no longer shown', async () => {
  const text = 'the-same-key-every-time';
  const first = await ok(api.post('/v1/api_keys', { name: 'First' }, withKey(text)), 201);
  for (const body of [{ name: 'Second' }, { name: 'First', permission: 'full_access' }, '{"name": "First"}']) await refused(api.post('/v1/api_keys', body, withKey(text)), 422, 'idempotency_mismatch');
  const elsewhere = await ok(api.post(`/v1/sessions/${organization.defaultSessionId}/api_keys`, { name: 'First' }, withKey(text)), 201);
  assert.notEqual(elsewhere.id, first.id);
  await ok(api.delete(`/v1/api_keys/${first.id}`));
  const { text: answer } = await api.post('/v1/api_keys', { name: 'First' }, withKey(text));
  await refused(api.post('/v1/api_keys', { name: 'First' }, withKey(text)), 409, 'key_already_issued');
  assert.ok(!answer.includes(first.key.slice(8, 20)));
});

test('sixteen at once under one Idempotency-Key make one key: each gets it, or is told to wait', async () => {
  for (let round = 0; round < 3; round++) {
    const before = (await ok(api.get('/v1/api_keys'))).length;
    const replies = await Promise.all(Array.from({ length: 16 }, () => api.post('/v1/api_keys', { name: 'Raced' }, withKey(`sixteen-at-once-${round}`))));
    const made = replies.filter(({ status }) => status === 201);
    assert.ok(made.length >= 1);
    assert.equal(new Set(made.map(({ body }) => body.key)).size, 1);
    for (const reply of replies.filter(({ status }) => status !== 201)) {
      await refused(reply, 409, 'idempotency_in_flight');
      assert.ok(Number(reply.headers.get('retry-after')) >= 1);
    }
    assert.equal((await ok(api.get('/v1/api_keys'))).length, before + 1);
  }
});

test('an Idempotency-Key is 16 to 255 visible characters, sent once, and refused where it would promise nothing', async () => {
  for (const text of ['', '""', 'short', 'x'.repeat(15), 'x'.repeat(256), 'sixteen chars and blanks', 'with,a,comma,inside', 'with"a"quote"inside']) assert.deepEqual(await violations(api.post('/v1/api_keys', { name: 'x' }, withKey(text)), text), ['?Idempotency-Key invalid_format']);
  const twice = await rawRequest(latchkey, { method: 'POST', path: '/v1/api_keys', body: '{"name":"x"}', headers: [['authorization', `Bearer ${key}`], ['content-type', 'application/json'], ['idempotency-key', 'a'.repeat(16)], ['idempotency-key', 'a'.repeat(16)]] });
  assert.deepEqual(await violations(twice), ['?Idempotency-Key invalid_format']);
  for (const text of ['x'.repeat(16), 'x'.repeat(255)]) await ok(api.post('/v1/api_keys', { name: 'x' }, withKey(text)), 201);
  assert.deepEqual(await violations(api.post('/v1/sessions', { name: 'x' }, withKey('x'.repeat(16)))), ['?Idempotency-Key unknown_field']);
});

test('the audit log has one line for each change, in order, with who and what but no value; nothing for a refusal', async () => {
  const home = await newSession({ name: 'Logged' });
  const actor = await ok(api.post('/v1/api_keys', { name: 'Actor' }), 201);
  const by = as(actor.key);
  const start = (await ok(api.get('/v1/audit_log?limit=1'))).head;
  const { id } = await ok(by.post('/v1/api_keys', { name: 'Secret plans', sessionId: home.id }), 201);
  await ok(by.patch(`/v1/api_keys/${id}`, { name: 'Other plans', domain: 'example.com' }));
  await refused(by.patch(`/v1/api_keys/${id}`, { name: '' }), 400, 'invalid_request');
  await refused(by.post('/v1/api_keys', { name: 'x', sessionId: home.id, environment: 'staging' }), 400, 'invalid_request');
  const fresh = await ok(by.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds: 60 }), 201);
  await ok(by.delete(`/v1/api_keys/${id}`, { body: { reason: 'plans leaked' } }));
  await ok(by.delete(`/v1/api_keys/${id}`));
  await ok(by.patch(`/v1/sessions/${home.id}`, { name: 'Renamed' }));
  await ok(by.delete(`/v1/sessions/${home.id}`));
  const { data, head } = await ok(api.get(`/v1/audit_log?actor=${actor.id}`));
  assert.deepEqual(data.map(({ action, target }: any) => [action, target]).reverse(), [['api_key.created', id], ['api_key.updated', id], ['api_key.rotated', id], ['api_key.revoked', id], ['session.updated', home.id], ['session.deleted', home.id]]);
  assert.deepEqual(data.at(-2).details, ['name', 'domain']);
  assert.deepEqual(data.at(-3).details, [fresh.id]);
  for (const entry of data) {
    assert.deepEqual([entry.actor, entry.sessionId], [{ type: 'api_key', id: actor.id }, home.id]);
    assert.match(entry.hash, /^[0-9a-f]{64}$/);
    assert.match(entry.at, ISO_UTC);
  }
  assert.ok(!/plans|example\.com|Renamed/.test(JSON.stringify(data)));
  const whole = await pages('/v1/audit_log', 7);
  assert.deepEqual(whole.map(({ seq }) => seq), Array.from({ length: whole.length }, (_, at) => whole.length - at), 'numbered without a gap');
  assert.deepEqual({ seq: whole[0].seq, hash: whole[0].hash }, head, 'the head is the newest line');
  assert.deepEqual(whole.find(({ seq }) => seq === start.seq).hash, start.hash, 'and an old head is still in the chain');
  assert.equal(new Set(whole.map(({ hash }) => hash)).size, whole.length);
  assert.ok((await ok(api.get('/v1/audit_log?action=api_key.rotated'))).data.every(({ action }: any) => action === 'api_key.rotated'));
  assert.deepEqual(await violations(api.get('/v1/audit_log?action=everything')), ['?action invalid_format']);
});

test('a bare list ends at a thousand keys and says in Link where it goes on', async () => {
  const crowded = await startLatchkey();
  const tenant = await newOrganization(crowded, 'Crowded');
  await crowded.stop();
  // A thousand creations would take half a minute: the directory of the organization is filled behind its back.
  const [file] = crowded.sqliteFiles('OrganizationObject');
  const database = new DatabaseSync(file!);
  database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1002)
    INSERT INTO api_keys SELECT 'key_' || i, session_id, environment, external_id, search, json_set(record, '$.id', 'key_' || i, '$.created_at', created_at - i), generation, created_at - i, expires_at, not_before, disabled, revoked_at FROM api_keys, n`);
  database.close();
  await crowded.restart();
  const reply = await tenant.api.get('/v1/api_keys?status=active');
  assert.equal(reply.body.length, 1000, reply.text.slice(0, 300));
  const [, next] = /^<(\/v1\/api_keys\?[^>]+)>; rel="next"$/.exec(reply.headers.get('link') ?? '')!;
  const rest = await ok(tenant.api.get(next!));
  assert.deepEqual([rest.data.length, rest.pagination.hasMore, new Set(ids([...reply.body, ...rest.data])).size], [3, false, 1003]);
  assert.equal((await tenant.api.get('/v1/api_keys?search=nothing')).headers.get('link'), null);
  await crowded.stop();
});
