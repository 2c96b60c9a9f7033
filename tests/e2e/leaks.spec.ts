// Keys that were found where they should not be: reported by anybody who has them, or by GitHub, whose keys are served here
// by a process of its own; and what finds them in code.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { checked, forgedKey, masked, newOrganization, ok, refused, sleep, type Tenant } from './support/acceptance.ts';
import { startLatchkey, type Latchkey } from './support/latchkey.ts';

/** The sample of GitHub's documentation: a body, its signature, and the key that has made it. */
const SAMPLE = {
  body: '[{"token":"some_token","type":"some_type","url":"some_url"}]',
  id: 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d',
  signature: 'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
  key: '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\nkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n-----END PUBLIC KEY-----\n',
};

/** What GitHub's list says just now, and how often it was read. */
const list = { status: 200, keys: [] as object[], reads: 0, agents: new Set<string | undefined>() };
const server = createServer((request, response) => {
  list.reads += 1;
  list.agents.add(request.headers['user-agent']);
  response.writeHead(list.status, { 'content-type': 'application/json' }).end(JSON.stringify({ public_keys: list.keys }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const GITHUB_KEYS_URL = `http://127.0.0.1:${(server.address() as { port: number }).port}/meta/public_keys/secret_scanning`;

const latchkey = await startLatchkey({ vars: { GITHUB_KEYS_URL } });

const signer = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  return { secret: createPrivateKey(privateKey), listed: (id: string, isCurrent = true) => ({ key_identifier: id, key: publicKey, is_current: isCurrent }) };
};
const signed = (secret: KeyObject, body: string) => sign('sha256', Buffer.from(body), secret).toString('base64');

/** A report as GitHub sends it. */
const push = (to: Latchkey, id: string | undefined, signature: string | undefined, body: string) =>
  checked(to.anyone).post('/v1/leaks/github', body, { headers: { 'content-type': 'application/json', 'github-public-key-identifier': id, 'github-public-key-signature': signature } });

const report = (key: string, url?: string) => checked(latchkey.anyone).post('/v1/keys/report-leak', { key, url });

/** The one alert that a leak of this key has opened. */
async function told({ api }: Tenant, id: string): Promise<any> {
  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const { data } = await ok(api.get(`/v1/alerts?kind=key_leaked&subject=${id}`));
    assert.ok(data.length <= 1, JSON.stringify(data));
    if (data.length === 1 || Date.now() > end) return data[0];
  }
}

for (const [policy, status, code] of [['notify', 'active', 'VALID'], ['disable', 'disabled', 'DISABLED'], ['revoke', 'revoked', 'REVOKED']] as const) {
  test(`whoever has a key reports it; policy ${policy}: the key is ${status}, and its organization is told once`, { timeout: 60_000 }, async () => {
    const tenant = await newOrganization(latchkey, policy);
    const { api } = tenant;
    const session = await ok(api.post('/v1/sessions', { name: 'Leaky', ...(policy === 'notify' ? {} : { leakPolicy: policy }) }), 201);
    assert.equal(session.leakPolicy, policy);
    const { id, key } = await ok(api.post('/v1/api_keys', { name: 'Leaked', sessionId: session.id }), 201);
    for (let times = 0; times < 3; times++) assert.deepEqual(await ok(report(key, 'https://paste.example/1'), 202), { reported: true });
    const alert = await told(tenant, id);
    assert.deepEqual([alert.status, alert.severity, alert.sessionId, alert.facts], ['open', 'critical', session.id, { policy, place: 'https://paste.example/1' }]);
    assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).status, status);
    assert.equal((await ok(api.post('/v1/keys/verify', { key }))).code, code);
    const log = (await ok(api.get(`/v1/audit_log?target=${id}`))).data.filter(({ actor }: any) => actor.type === 'leak_report');
    assert.ok(log.length >= 1 && log.every((entry: any) => entry.origin.ip === '203.0.113.7'), JSON.stringify(log));
    const ended = log.filter(({ action }: any) => ['api_key.disabled', 'api_key.revoked'].includes(action));
    assert.equal(ended.length, policy === 'notify' ? 0 : 1);
  });
}

test('the answer to a report is the same whatever was reported, and what is no key leads nowhere', { timeout: 60_000 }, async () => {
  const { api, key: root } = await newOrganization(latchkey, 'Uniform');
  const good = await ok(api.post('/v1/api_keys', { name: 'Good' }), 201);
  const gone = await ok(api.post('/v1/api_keys', { name: 'Gone' }), 201);
  await ok(api.delete(`/v1/api_keys/${gone.id}`));
  const elsewhere = (await (await startLatchkey()).createOrganization('Elsewhere')).key;
  const objects = latchkey.sqliteFiles().length;
  const expected = masked(await report(good.key));
  for (const text of [good.key, root, gone.key, elsewhere, forgedKey(), `${good.key.slice(0, -1)}!`, 'nonsense', '']) {
    assert.deepEqual(masked(await report(text)), expected);
  }
  await sleep(500);
  assert.equal(latchkey.sqliteFiles().length, objects, 'no object is touched for what was never given out');
  await refused(checked(latchkey.anyone).post('/v1/keys/report-leak', {}), 400, 'invalid_request');
  await refused(checked(latchkey.anyone).post('/v1/keys/report-leak', { key: good.key, url: 'x'.repeat(501) }), 400, 'invalid_request');
});

test('whoever reports too often from one address waits, good key or not', { timeout: 60_000 }, async () => {
  const strict = await startLatchkey({ authFailureLimit: 3 });
  const { key } = await strict.createOrganization('Limited');
  const statuses: number[] = [];
  for (let times = 0; times < 5; times++) statuses.push((await checked(strict.anyone).post('/v1/keys/report-leak', { key: times % 2 ? key : 'nonsense' })).status);
  assert.deepEqual(statuses, [202, 202, 202, 429, 429]);
});

test('GitHub: what it has signed is labelled and told; what it has not is refused; its keys are read when they are needed', { timeout: 120_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Pushed');
  const { id, key } = await ok(tenant.api.post('/v1/api_keys', { name: 'In a commit' }), 201);
  const [first, second] = [signer(), signer()];
  const forged = forgedKey();
  const body = JSON.stringify([
    { token: key, type: 'latchkey_api_key', url: 'https://github.example/raw/1', source: 'content' },
    { token: forged, type: 'latchkey_api_key', url: '' },
    { token: 'other', type: 'of_another_product', url: '' },
  ]);

  list.status = 500;
  for (let times = 0; times < 2; times++) await refused(push(latchkey, 'k1', signed(first.secret, body), body), 503, 'service_unavailable');
  assert.equal(list.reads, 1, 'at most once a minute');
  list.status = 200;
  list.keys = [first.listed('k1'), second.listed('k0', false), { key_identifier: SAMPLE.id, key: SAMPLE.key, is_current: true }];
  // Another isolate has not tried yet.
  await latchkey.restart();

  const labels = await ok(push(latchkey, 'k1', signed(first.secret, body), body));
  assert.deepEqual(labels.map(({ token_type, label }: any) => [token_type, label]), [['latchkey_api_key', 'true_positive'], ['latchkey_api_key', 'false_positive'], ['of_another_product', 'false_positive']]);
  assert.deepEqual(labels.map(({ token_hash }: any) => token_hash), [key, forged, 'other'].map((token) => createHash('sha256').update(token).digest('base64')));
  assert.deepEqual((await told(tenant, id)).facts, { policy: 'notify', place: 'https://github.example/raw/1' });
  assert.ok([...list.agents].every((agent) => agent?.startsWith('latchkey/')), 'GitHub answers nobody who does not say what it is');

  // The sample of GitHub's documentation, made by GitHub.
  const sample = await ok(push(latchkey, SAMPLE.id, SAMPLE.signature, SAMPLE.body));
  assert.deepEqual(sample.map(({ label }: any) => label), ['false_positive']);
  const good = signed(first.secret, body);
  const raw = sign('sha256', Buffer.from(body), { key: first.secret, dsaEncoding: 'ieee-p1363' }).toString('base64');
  for (const [what, signer, signature, sent] of [
    ['no key is named', undefined, good, body],
    ['no signature', 'k1', undefined, body],
    ['a signature that is no base64', 'k1', '***', body],
    ['a signature that is no DER', 'k1', raw, body],
    ['a body that was changed', 'k1', good, `${body} `],
    ['the same JSON, written otherwise', 'k1', good, JSON.stringify(JSON.parse(body), null, 1)],
    ['another key', SAMPLE.id, good, body],
    ['the sample under another body', SAMPLE.id, SAMPLE.signature, SAMPLE.body.replace('some_url', 'else_url')],
  ] as const) {
    const reply = await push(latchkey, signer, signature, sent);
    assert.deepEqual([reply.status, reply.body.code], [400, 'leak_signature_invalid'], what);
  }
  // It may be a new one: only a list that was read for it would tell.
  await refused(push(latchkey, 'k2', good, body), 503, 'service_unavailable');
  // So may one that was on the list, and is used no more.
  await refused(push(latchkey, 'k0', signed(second.secret, body), body), 503, 'service_unavailable');
  assert.equal(list.reads, 2, 'unknown keys do not have the list read again within a minute');
  await refused(push(latchkey, 'k1', signed(first.secret, 'no JSON'), 'no JSON'), 400, 'invalid_json');
  const many = JSON.stringify(Array.from({ length: 1_001 }, () => ({ token: 'x', type: 'y', url: '' })));
  await refused(push(latchkey, 'k1', signed(first.secret, many), many), 413, 'payload_too_large');
  const most = JSON.stringify(Array.from({ length: 1_000 }, () => ({ token: forgedKey(), type: 'y', url: '' })));
  const began = Date.now();
  assert.equal((await ok(push(latchkey, 'k1', signed(first.secret, most), most))).length, 1_000);
  assert.ok(Date.now() - began < 30_000, 'GitHub waits for half a minute');

  list.status = 500;
  assert.equal((await push(latchkey, 'k1', signed(first.secret, '[]'), '[]')).status, 200, 'a list that was read stands');
});

test('the rule for gitleaks finds keys of this deployment, and nothing of another prefix', { timeout: 60_000 }, async () => {
  const renamed = await startLatchkey({ vars: { KEY_PREFIX: 'acme' } });
  const api = renamed.api((await renamed.createOrganization('Named')).key);
  const reply = await renamed.fetch('/leaks/gitleaks.toml');
  assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'application/toml']);
  const rule = new RegExp(/regex = '''(.+)'''/.exec(reply.text)![1]!);
  for (const environment of ['production', 'staging', 'development']) {
    const { id } = await ok(api.post('/v1/sessions', { name: environment, environment }), 201);
    const { key } = await ok(api.post('/v1/api_keys', { name: 'Found', sessionId: id }), 201);
    assert.equal(rule.exec(`export TOKEN="${key}"; # secret`)?.[1], key);
    assert.ok(!rule.test(key.slice(0, -1)) && !rule.test(`${key}x`) && !rule.test(key.replace('acme', 'sk')));
  }
});
