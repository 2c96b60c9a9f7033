// The configurations of examples/proxies, as they stand there but for addresses and paths, in the proxies themselves.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test, type TestContext } from 'node:test';
import { findProxy } from '../../scripts/lib/proxies.mjs';
import { newOrganization, ok } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startProxy, type ProxyName } from './support/proxies.ts';
import { freePort } from './support/shell.ts';

const latchkey = await startLatchkey();
const { api } = await newOrganization(latchkey, 'Behind proxies');

/** An origin that answers with what it was sent; below /private with a refusal of its own. */
const origin = createServer(({ url, headers }, response) => {
  response.writeHead(url?.startsWith('/private') ? 403 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ url, headers }));
});
await new Promise<void>((resolve) => void origin.listen(0, '127.0.0.1', resolve));
const originPort = (origin.address() as AddressInfo).port;
after(() => void origin.close());

/** One in front of the origin, that asks a gate. */
const start = (name: ProxyName, gate = latchkey.url) => startProxy(name, { gate, origin: `http://127.0.0.1:${originPort}` });

const missing = (t: TestContext, name: ProxyName) => {
  if (!findProxy(name)) t.skip(`no ${name} is here, and apt has none`);
  return !findProxy(name);
};

const make = (body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Through a proxy', permissions: ['api:call'], ...body }), 201);

for (const name of ['nginx', 'caddy'] as const) {
  const gateAway = { nginx: 503, caddy: 502 }[name];

  test(`${name}: a good key passes, the origin hears whose it is, and never the key`, async (t) => {
    if (missing(t, name)) return;
    const proxy = await start(name);
    const { id, key } = await make({ externalId: 'kunde-7/ü' });
    for (const headers of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }] as Record<string, string>[]) {
      const answer = await fetch(`${proxy.url}/orders?page=2`, { headers: { ...headers, 'latchkey-key-id': 'key_of_somebody', 'latchkey-environment': 'claimed', 'latchkey-external-id': 'claimed' } });
      assert.equal(answer.status, 200);
      const seen: { url: string; headers: IncomingHttpHeaders } = await answer.json() as any;
      assert.equal(seen.url, '/orders?page=2');
      assert.equal(seen.headers['latchkey-key-id'], id);
      assert.match(String(seen.headers['latchkey-organization-id']), /^org_/);
      assert.match(String(seen.headers['latchkey-session-id']), /^ses_/);
      assert.equal(seen.headers['latchkey-external-id'], encodeURIComponent('kunde-7/ü'));
      assert.match(String(seen.headers['x-request-id']), /^req_/);
      assert.ok(!JSON.stringify(seen).includes(key), 'the key stays at the proxy');
      assert.ok(!JSON.stringify(seen).includes('claimed'), 'what clients claim is not handed on');
    }
    const body = 'x'.repeat(200_000);
    assert.equal((await fetch(`${proxy.url}/upload`, { method: 'POST', body, headers: { authorization: `Bearer ${key}` } })).status, 200);
    const own = await fetch(`${proxy.url}/private`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(own.status, 403);
    assert.equal(((await own.json()) as any).url, '/private', 'what the origin refuses is the origin’s');
  });

  test(`${name}: what has no external id cannot claim one`, async (t) => {
    if (missing(t, name)) return;
    const proxy = await start(name);
    const { key } = await make();
    const answer = await fetch(proxy.url, { headers: { authorization: `Bearer ${key}`, 'latchkey-external-id': 'claimed' } });
    assert.equal(((await answer.json()) as any).headers['latchkey-external-id'] || undefined, undefined);
  });

  test(`${name}: refusals have the gate's status and header fields, and a revoked key is refused at once`, async (t) => {
    if (missing(t, name)) return;
    const proxy = await start(name);
    const ask = (key?: string) => fetch(proxy.url, key ? { headers: { authorization: `Bearer ${key}` } } : {});
    for (const key of [undefined, 'sk_live_guessed']) {
      const refused = await ask(key);
      assert.equal(refused.status, 401);
      assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.match(refused.headers.get('x-request-id') ?? '', /^req_/);
    }
    const both = await fetch(proxy.url, { headers: { authorization: 'Bearer sk_live_guessed', 'x-api-key': 'sk_live_guessed' } });
    assert.equal(both.status, 400, 'whose mistake it is, is said');
    const reader = await make({ permissions: ['api:read'] });
    assert.equal((await ask(reader.key)).status, 403);
    const limited = await make({ rateLimits: [{ name: 'hour', limit: 1, windowMs: 3_600_000 }] });
    const first = await ask(limited.key);
    assert.equal(first.status, 200);
    const second = await ask(limited.key);
    assert.equal(second.status, 429);
    assert.ok(Number(second.headers.get('retry-after')) > 3_000);
    assert.match(second.headers.get('ratelimit') ?? '', /^"key.hour";r=0/);
    const { id, key } = await make();
    for (let times = 0; times < 20; times++) assert.equal((await ask(key)).status, 200);
    await ok(api.delete(`/v1/api_keys/${id}`));
    for (let times = 0; times < 20; times++) assert.equal((await ask(key)).status, 401, 'dead when DELETE has answered');
    const presented = await fetch(`${proxy.url}/?key=${key}`);
    assert.equal(presented.status, 401);
  });

  test(`${name}: where the gate is away nobody passes`, async (t) => {
    if (missing(t, name)) return;
    const proxy = await start(name, `http://127.0.0.1:${await freePort()}`);
    const { key } = await make();
    const answer = await fetch(proxy.url, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, gateAway);
  });
}
