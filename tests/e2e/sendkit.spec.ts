// A client written only from the SendKit page: name, permission, domain, expiration; 51 characters; only a hash is stored.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checked, ISO_UTC, newOrganization, ok, refused, seconds, sleep, violations } from './support/acceptance.ts';
import { filesBelow } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
const { api } = await newOrganization(latchkey, 'SendKit team');
await resolver.own(api, 'mail.example.com');
/** The session whose keys are plain `sk_`, as all of SendKit's are. */
const team = await ok(api.post('/v1/sessions', { name: 'Team', environment: null }), 201);

const create = (body: object) => ok(api.post('/v1/api_keys', { sessionId: team.id, ...body }), 201);
const verify = async (key: string, demand: object = {}) => (await ok(api.post('/v1/keys/verify', { key, ...demand }))).code;
const gate = (key: string, path = '/v1/whoami') => checked(latchkey.api(key)).get(path);

test('a key is sk_ and 48 characters, 51 in all', async () => {
  const { key, environment, start, last4 } = await create({ name: 'Production', permission: 'full_access' });
  assert.match(key, /^sk_[0-9A-Za-z]{48}$/);
  assert.equal(key.length, 51);
  assert.deepEqual([environment, start, last4], [null, key.slice(0, 7), key.slice(-4)]);
  await ok(gate(key));
});

test('all four fields of the form are kept and shown', async () => {
  const expiresAt = '2031-05-01T12:00:00+02:00';
  const { id } = await create({ name: 'CI/CD', permission: 'sending_access', domain: 'Mail.Example.com', expiresAt });
  const { name, permission, permissions, domain, expiresAt: expires, status } = await ok(api.get(`/v1/api_keys/${id}`));
  assert.deepEqual({ name, permission, permissions, domain, expires, status }, { name: 'CI/CD', permission: 'sending_access', permissions: ['emails:send'], domain: 'mail.example.com', expires: '2031-05-01T10:00:00.000Z', status: 'active' });
});

test('"Full access" grants everything, "Send only" sending and nothing else: 403 on every other endpoint', async () => {
  const [full, sender] = [await create({ name: 'Full', permission: 'full_access' }), await create({ name: 'Sender', permission: 'sending_access' })];
  for (const [permission, ofFull, ofSender] of [['emails:send', 'VALID', 'VALID'], ['emails:read', 'VALID', 'INSUFFICIENT_PERMISSIONS'], ['contacts:write', 'VALID', 'INSUFFICIENT_PERMISSIONS'], ['*', 'VALID', 'INSUFFICIENT_PERMISSIONS']] as const) {
    assert.equal(await verify(full.key, { permissions: permission }), ofFull, permission);
    assert.equal(await verify(sender.key, { permissions: permission }), ofSender, permission);
  }
  await ok(gate(sender.key, '/v1/whoami?permission=emails:send'));
  const asSender = checked(latchkey.api(sender.key));
  for (const [method, path, body] of [
    ['GET', '/v1/whoami?permission=emails:read', undefined],
    ['GET', '/v1/api_keys', undefined],
    ['POST', '/v1/api_keys', { name: 'More' }],
    ['GET', `/v1/api_keys/${full.id}`, undefined],
    ['PATCH', `/v1/api_keys/${sender.id}`, { permission: 'full_access' }],
    ['DELETE', `/v1/api_keys/${full.id}`, undefined],
    ['POST', `/v1/api_keys/${full.id}/rotate`, { overlapSeconds: 0 }],
    ['GET', '/v1/sessions', undefined],
    ['POST', '/v1/sessions', { name: 'New' }],
    ['DELETE', `/v1/sessions/${team.id}`, undefined],
    ['POST', '/v1/keys/verify', { key: full.key }],
    ['GET', '/v1/organization', undefined],
    ['GET', '/v1/audit_log', undefined],
  ] as const) {
    const reply = await asSender.send(method, path, { body });
    await refused(reply, 403, 'insufficient_permissions', `${method} ${path}`);
    assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer realm="latchkey", error="insufficient_scope", scope="[a-z_]+:[a-z]+"$/, 'names what is needed, not what is there');
  }
  await ok(gate(full.key));
});

test('a key for one domain verifies for that domain and for no other, whichever way it is asked', async () => {
  const { key } = await create({ name: 'Scoped', permission: 'sending_access', domain: 'mail.example.com' });
  for (const [domain, code, status] of [['mail.example.com', 'VALID', 200], ['MAIL.example.COM', 'VALID', 200], ['example.com', 'DOMAIN_NOT_ALLOWED', 403], ['other.mail.example.com', 'DOMAIN_NOT_ALLOWED', 403], ['mail.example.com.evil.com', 'DOMAIN_NOT_ALLOWED', 403]] as const) {
    assert.equal(await verify(key, { domain }), code, domain);
    assert.equal((await gate(key, `/v1/whoami?domain=${domain}`)).status, status, domain);
  }
  assert.equal(await verify(key), 'VALID', 'not asked about a domain');
  const { key: free } = await create({ name: 'Any domain' });
  assert.equal(await verify(free, { domain: 'anything.example' }), 'VALID');
});

test('with an expiration the key works until then and answers 401 after; no expiration, no end', async () => {
  const ending = await create({ name: 'Contractor', expiresAt: seconds(0.6) });
  const endless = await create({ name: 'Endless' });
  assert.equal(endless.expiresAt, null);
  const end = Date.parse(ending.expiresAt);
  assert.equal(await verify(ending.key), 'VALID');
  await sleep(end - Date.now() + 5);
  await refused(gate(ending.key), 401, 'auth_key_expired');
  assert.equal(await verify(ending.key), 'EXPIRED');
  await ok(gate(endless.key));
});

test('an expired key stays listed with status expired and its history, and works again once the expiration is removed', async () => {
  const { id, key } = await create({ name: 'Trial', expiresAt: seconds(0.5) });
  await ok(gate(key));
  await sleep(550);
  const listed = (await ok(api.get('/v1/api_keys'))).find((row: any) => row.id === id);
  assert.deepEqual([listed.status, listed.active, listed.name], ['expired', false, 'Trial']);
  assert.ok((await ok(api.get('/v1/api_keys?status=expired'))).some((row: any) => row.id === id));
  assert.ok(!(await ok(api.get('/v1/api_keys?status=active'))).some((row: any) => row.id === id));
  assert.match((await ok(api.get(`/v1/api_keys/${id}`))).lastUsedAt, ISO_UTC);
  const revived = await ok(api.patch(`/v1/api_keys/${id}`, { expiresAt: null }));
  assert.deepEqual([revived.status, revived.active, revived.expiresAt], ['active', true, null]);
  await ok(gate(key));
});

test('an expiration a second, a minute or ten years ahead is taken; one that has passed is not', async () => {
  for (const ahead of [1, 59, 60, 61, 10 * 365 * 86_400]) {
    const expiresAt = seconds(ahead);
    const created = await create({ name: `In ${ahead} s`, expiresAt });
    assert.equal(created.expiresAt, expiresAt);
    assert.equal(await verify(created.key), 'VALID');
  }
  for (const ago of [-1, -60, -10 * 365 * 86_400]) {
    assert.deepEqual(await violations(api.post('/v1/api_keys', { name: 'Past', expiresAt: seconds(ago) })), ['/expiresAt in_the_past']);
  }
});

test('a verification is told the last use, so that one can look before deleting', async () => {
  const [used, unused] = [await create({ name: 'Used' }), await create({ name: 'Unused' })];
  assert.equal(used.lastUsedAt, null);
  const before = new Date().toISOString();
  await ok(gate(used.key));
  const { lastUsedAt } = await ok(api.get(`/v1/api_keys/${used.id}`));
  assert.ok(lastUsedAt >= before && lastUsedAt <= new Date().toISOString(), lastUsedAt);
  assert.equal((await ok(api.get(`/v1/api_keys/${unused.id}`))).lastUsedAt, null);
  assert.equal((await ok(api.get(`/v1/sessions/${team.id}/health`))).lastUsedAt >= lastUsedAt, true);
});

test('what does not count as a use: a refused verification, a dry run, reading or changing the record', async () => {
  const { id, key } = await create({ name: 'Untouched', permission: 'sending_access' });
  await verify(key, { permissions: 'emails:delete' });
  await verify(key, { dryRun: true });
  await ok(api.patch(`/v1/api_keys/${id}`, { name: 'Renamed' }));
  assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).lastUsedAt, null);
});

test('deletion is immediate and irreversible, for an expired key too', async () => {
  const [live, expired] = [await create({ name: 'Live' }), await create({ name: 'Old', expiresAt: seconds(0.2) })];
  await ok(gate(live.key));
  await sleep(250);
  for (const { id, key } of [live, expired]) {
    await ok(api.delete(`/v1/api_keys/${id}`, { body: { reason: 'no longer needed' } }));
    await refused(gate(key), 401, 'auth_key_revoked');
    await refused(api.patch(`/v1/api_keys/${id}`, { expiresAt: null }), 409, 'api_key_revoked');
    const { status, revokedAt, revocationReason } = await ok(api.get(`/v1/api_keys/${id}`));
    assert.deepEqual([status, revocationReason], ['revoked', 'no longer needed']);
    assert.match(revokedAt, ISO_UTC);
  }
});

test('only a hash is stored: KV and the databases know the key by it, and its text is nowhere', async () => {
  const { key, id } = await create({ name: 'Hashed' });
  assert.equal(await verify(key), 'VALID');
  const kv = await latchkey.kv();
  let value: string | null | undefined;
  for (let tries = 0; tries < 40 && !value; tries++) {
    const names: string[] = await kv.names();
    for (const name of names) if ((await kv.get(name))?.includes(id)) value = `${name} ${await kv.get(name)}`;
    if (!value) await sleep(50);
  }
  assert.match(value ?? '', /h1:[0-9a-f]{64}/, 'KV knows it by its versioned hash');
  const texts = filesBelow(latchkey.persistDir).map((file) => readFileSync(file).toString('latin1'));
  assert.ok(texts.some((text) => text.includes(id)), 'the record is there');
  for (const text of [value!, ...texts]) {
    for (const part of [key.slice(3, 15), key.slice(14, 26), Buffer.from(key).toString('base64').slice(4, 24), Buffer.from(key.slice(3)).toString('hex')]) assert.ok(!text.includes(part));
  }
});

test('a stored hash is no credential, however it is written', async () => {
  const { key } = await create({ name: 'Dumped' });
  await verify(key);
  const names: string[] = await (await latchkey.kv()).names();
  const hashes = names.flatMap((name) => name.match(/[0-9a-f]{64}/g) ?? []).slice(-3);
  assert.ok(hashes.length > 0);
  for (const hash of hashes) {
    for (const text of [hash, `h1:${hash}`, `sk_${hash}`, `sk_${hash.slice(0, 48)}`, Buffer.from(hash, 'hex').toString('base64url')]) {
      await refused(gate(text), 401, 'auth_invalid_key');
      await refused(checked(latchkey.anyone).get('/v1/whoami', { headers: { 'x-api-key': text } }), 401, 'auth_invalid_key');
      assert.equal(await verify(text), 'NOT_FOUND');
    }
  }
});
