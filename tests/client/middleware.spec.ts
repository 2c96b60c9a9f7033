// Each middleware in its real framework, before the real service: the handler runs for a good key and for nothing else, and
// whatever is refused is answered as the gate would.
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import { forgedKey } from '../e2e/support/acceptance.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { freePort } from '../e2e/support/shell.ts';
import { clientOf } from './support/real.ts';
import { SERVERS, guarded } from './support/servers.ts';

const latchkey = await startLatchkey();
const { key: root } = await latchkey.createOrganization('Middleware');
const client = clientOf(latchkey.url, root);
const api = latchkey.api(root);
const silent = { onError: () => {} };

const created = (body: object = {}) => client.keys.create({ name: 'Presented', permissions: ['emails:send'], ...body });
const good = await created();
const [revoked, disabled, limited, spent, foreign] = await Promise.all([
  created(), created(), created({ rateLimits: [{ name: 'day', limit: 1, windowMs: 86_400_000 }] }), created({ credits: { remaining: 0 } }), created({ ipAllowList: ['192.0.2.0/24'] }),
]);
await client.keys.revoke(revoked.id);
await client.keys.update(disabled.id, { active: false });
await client.verify(limited.key);

/** What is presented, and what else is asked for. */
const REFUSED: Record<string, { headers: Record<string, string>; permission?: string }> = {
  'nothing': { headers: {} },
  'a made-up key': { headers: { authorization: `Bearer ${forgedKey()}` } },
  'no key at all': { headers: { 'x-api-key': 'nonsense' } },
  'a key that is too long': { headers: { 'x-api-key': 'x'.repeat(600) } },
  'another scheme': { headers: { authorization: 'Basic YWJjOmFiYw==' } },
  'two credentials': { headers: { authorization: `Bearer ${good.key}`, 'x-api-key': good.key } },
  'a revoked key': { headers: { authorization: `Bearer ${revoked.key}` } },
  'a disabled key': { headers: { 'x-api-key': disabled.key } },
  'a key without the permission': { headers: { authorization: `Bearer ${good.key}` }, permission: 'emails:read' },
  'a key whose limit is spent': { headers: { authorization: `Bearer ${limited.key}` } },
  'a key whose credits are spent': { headers: { authorization: `Bearer ${spent.key}` } },
  'a key from a foreign address': { headers: { authorization: `Bearer ${foreign.key}` } },
};

/** What a limit says changes while one looks. */
const kept = (headers: Headers) => Object.fromEntries(['www-authenticate', 'ratelimit', 'ratelimit-policy', 'retry-after', 'cache-control'].map((name) => [name, headers.get(name)?.replace(/;t=\d+|^\d+$/, '…') ?? null]));

for (const framework of Object.keys(SERVERS)) {
  test(`${framework}: the handler runs for a good key and is told whose it is`, async () => {
    const { url, ran } = await guarded(framework, { latchkey: client, demand: { permissions: 'emails:send' } });
    for (const [name, value] of [['authorization', `Bearer ${good.key}`], ['x-api-key', good.key]] as const) {
      const response = await fetch(`${url}/v1/things`, { headers: { [name]: value } });
      assert.equal(response.status, 200);
      assert.equal(((await response.json()) as any).keyId, good.id);
    }
    assert.deepEqual(ran.map(({ code, sessionId }) => [code, sessionId]), [['VALID', good.sessionId], ['VALID', good.sessionId]]);
    assert.equal((await fetch(`${url}/open`)).status, 200);
  });

  test(`${framework}: what is left of a limit is passed on`, async () => {
    const { key } = await created({ rateLimits: [{ name: 'minute', limit: 2, windowMs: 60_000 }] });
    const { url, ran } = await guarded(framework, { latchkey: client });
    const answers = [];
    for (let at = 0; at < 3; at++) answers.push(await fetch(`${url}/v1/things`, { headers: { 'x-api-key': key } }));
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 429]);
    assert.deepEqual(answers.map(({ headers }) => headers.get('ratelimit')?.split(';t=')[0]), ['"key.minute";r=1', '"key.minute";r=0', '"key.minute";r=0']);
    assert.deepEqual(answers.map(({ headers }) => headers.get('ratelimit-policy')), Array(3).fill('"key.minute";q=2;w=60'));
    const wait = Number(answers[2]!.headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 61, String(wait));
    assert.equal(ran.length, 2);
  });

  test(`${framework}: whatever is not good is answered as the gate answers it, and the handler does not run`, async () => {
    const { url, ran } = await guarded(framework, { latchkey: client, fromQuery: true });
    for (const [what, { headers, permission }] of Object.entries(REFUSED)) {
      const query = permission === undefined ? '' : `?permission=${permission}`;
      const response = await fetch(`${url}/v1/things${query}`, { headers });
      const body: any = await response.json();
      const gate = await latchkey.anyone.get(`/v1/whoami${query}`, { headers });
      assert.deepEqual([response.status, body.code], [gate.status, gate.body.code], what);
      assert.ok([400, 401, 403, 429].includes(response.status), what);
      assert.deepEqual(kept(response.headers), kept(gate.headers), what);
      for (const name of ['limit', 'level', 'name', 'quota', 'windowMs', 'remaining']) assert.equal(body.details[name], gate.body.details[name], `${what}: ${name}`);
      assert.ok(!JSON.stringify(body).includes(good.key.slice(8, 30)));
    }
    assert.equal(ran.length, 0);
  });

  test(`${framework}: a header that was sent twice is a mistake, not a choice`, async () => {
    const { url, ran } = await guarded(framework, { latchkey: client });
    for (const name of ['authorization', 'x-api-key']) {
      const value = name === 'authorization' ? `Bearer ${good.key}` : good.key;
      const status = await twice(`${url}/v1/things`, name, value);
      assert.equal(status, 400, name);
    }
    assert.equal(ran.length, 0);
  });

  test(`${framework}: without the service nothing passes, unless that is asked for; and nobody is told that his key is bad`, async () => {
    const away = clientOf(`http://127.0.0.1:${await freePort()}`, root);
    const errors: unknown[] = [];
    const denying = await guarded(framework, { latchkey: away, onError: (error) => errors.push(error) });
    const response = await fetch(`${denying.url}/v1/things`, { headers: { 'x-api-key': good.key } });
    assert.deepEqual([response.status, ((await response.json()) as any).code, denying.ran.length, errors.length], [503, 'verification_unavailable', 0, 1]);
    assert.ok(Number(response.headers.get('retry-after')) >= 1);

    const allowing = await guarded(framework, { latchkey: away, onUnavailable: 'allow', ...silent });
    assert.equal((await fetch(`${allowing.url}/v1/things`, { headers: { 'x-api-key': good.key } })).status, 200);
    assert.deepEqual(allowing.ran.map(({ code, keyId }) => [code, keyId]), [['UNVERIFIED', null]]);
    assert.equal((await fetch(`${allowing.url}/v1/things`)).status, 401);
    assert.equal(allowing.ran.length, 1);
  });

  test(`${framework}: if the credential of the client itself is refused, nothing passes either`, async () => {
    const verifier = await client.keys.create({ name: 'Verifier', permissions: ['keys:verify'] });
    const own = clientOf(latchkey.url, verifier.key, { keptDecisions: 0 });
    const { url, ran } = await guarded(framework, { latchkey: own, onUnavailable: 'allow', ...silent });
    assert.equal((await fetch(`${url}/v1/things`, { headers: { 'x-api-key': good.key } })).status, 200);
    await client.keys.revoke(verifier.id);
    const response = await fetch(`${url}/v1/things`, { headers: { 'x-api-key': good.key } });
    assert.deepEqual([response.status, ((await response.json()) as any).code, ran.length], [503, 'verification_unavailable', 1]);
  });

  test(`${framework}: a mistake of one's own lets nothing through`, async () => {
    const broken = { verify: () => Promise.reject(new Error('a mistake')) };
    const { url, ran } = await guarded(framework, { latchkey: broken as any, ...silent });
    const response = await fetch(`${url}/v1/things`, { headers: { 'x-api-key': good.key } });
    assert.deepEqual([response.status, ran.length], [500, 0]);
    // A client that contradicts itself is believed where it says no.
    const odd = { verify: async () => ({ ...(await client.verify(revoked.key)), valid: true }) };
    const second = await guarded(framework, { latchkey: odd as any, ...silent });
    assert.equal((await fetch(`${second.url}/v1/things`, { headers: { 'x-api-key': good.key } })).status, 401);
    assert.equal(second.ran.length, 0);
  });
}

test('the gate itself was asked: the comparison is not blind', async () => {
  assert.equal((await api.get('/v1/whoami')).status, 200);
  assert.equal((await latchkey.anyone.get('/v1/whoami', { headers: REFUSED['a key whose limit is spent']!.headers })).status, 429);
});

/** The status of an answer to a request with the same header line twice. */
function twice(url: string, name: string, value: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers: ['host', 'localhost', name, value, name, value] as any, agent: false }, (response) => (response.resume(), resolve(response.statusCode!)));
    request.on('error', reject).end();
  });
}
