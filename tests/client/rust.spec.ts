// The client in Rust, before the real service: the axum server of examples/axum, whose handlers run for good keys only, and
// the examples that its README shows. What it does with a service that misbehaves is in clients/rust/src/tests.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildRustClient, rustProgram } from '../../scripts/lib/rust-client.mjs';
import { runDirectory } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { root, run, Running } from '../e2e/support/shell.ts';
import { sleep } from './support/real.ts';
import { closed } from './support/scripted.ts';

// Nothing to do where `npm run test:client` has just done it.
await buildRustClient();
const latchkey = await startLatchkey();
const { key } = await latchkey.createOrganization('Rust');
const api = latchkey.api(key);
const create = async (body: object = {}) => (await api.post('/v1/api_keys', { name: 'Ada', permissions: ['hello:say'], ...body })).body;

test('axum: the handler runs for good keys only, and a revoked one is refused at once', async () => {
  const { key: own } = await create({ name: 'Server', permissions: ['keys:verify'] });
  const server = new Running(rustProgram('latchkey-example-axum'), ['127.0.0.1:0'], { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: own });
  const [, url] = await server.says(/listening on (\S+)/);
  const ask = (bearer?: string, path = '/hello', method = 'GET') => fetch(url + path, { method, headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } });
  /** The handler has run so often, and has had time to run once more. */
  const ran = async (times: number) => {
    const count = () => server.output.split('said hello to').length - 1;
    for (const end = Date.now() + 20_000; count() < times && Date.now() < end; ) await sleep(20);
    await sleep(50);
    assert.equal(count(), times);
  };

  const good = await create({ externalId: 'user-7' });
  const first = await ask(good.key);
  assert.deepEqual([first.status, await first.json()], [200, { hello: 'user-7', repeated: false }]);
  await server.says(new RegExp(`said hello to Some\\("${good.id}"\\)`));

  // Whatever is refused is answered as the gate does it, and the handler has not heard of it.
  const poor = await create({ permissions: ['emails:send'] });
  const kept = (headers: Headers) => ['www-authenticate', 'cache-control'].map((name) => headers.get(name));
  for (const [bearer, status] of [[poor.key, 403], ['nonsense', 401], [undefined, 401], ['two words', 401], ['a,b', 400]] as const) {
    const [refused, gate] = [await ask(bearer), await fetch(`${latchkey.url}/v1/whoami?permission=hello:say`, { headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` } })];
    assert.deepEqual([refused.status, gate.status], [status, status], bearer);
    assert.deepEqual(kept(refused.headers), kept(gate.headers), bearer);
    assert.equal(((await refused.json()) as any).code, ((await gate.json()) as any).code);
  }
  const limited = await create({ rateLimits: [{ name: 'day', limit: 1, windowMs: 86_400_000 }] });
  assert.equal((await ask(limited.key)).status, 200);
  const late = await ask(limited.key);
  assert.deepEqual([late.status, ((await late.json()) as any).code], [429, 'rate_limited']);
  assert.ok(Number(late.headers.get('retry-after')) > 80_000 && /"key\.day"/.test(late.headers.get('ratelimit') ?? ''), JSON.stringify([...late.headers]));
  assert.deepEqual([(await ask(poor.key, '/emails', 'POST')).status, (await ask(undefined, '/open')).status], [200, 200]);
  await ran(2);

  // Until it answers again by itself what was promised: the worst moment for a revocation.
  let [repeated, times] = [false, 2];
  for (const end = Date.now() + 30_000; !repeated && Date.now() < end; times++) {
    repeated = ((await (await ask(good.key)).json()) as any).repeated;
    await sleep(5);
  }
  assert.ok(repeated, 'never answered by itself');
  assert.equal((await api.delete(`/v1/api_keys/${good.id}`)).status, 200);
  const gone = await ask(good.key);
  assert.deepEqual([gone.status, ((await gone.json()) as any).code], [401, 'auth_key_revoked']);
  await ran(times);
});

test('axum: where the service is down nobody gets in', async () => {
  const down = await startLatchkey();
  const { key } = await down.createOrganization('Down');
  const server = new Running(rustProgram('latchkey-example-axum'), ['127.0.0.1:0'], { LATCHKEY_URL: down.url, LATCHKEY_KEY: key });
  const [, url] = await server.says(/listening on (\S+)/);
  await down.stop();
  const refused = await fetch(`${url}/hello`, { headers: { authorization: `Bearer ${key}` } });
  assert.deepEqual([refused.status, ((await refused.json()) as any).code, refused.headers.get('retry-after')], [503, 'verification_unavailable', '1']);
  await server.says(/latchkey: network_error: /);
  assert.doesNotMatch(server.output, /said hello/);
});

const promised = (example: string) => [...readFileSync(join(root, 'clients/rust/examples', `${example}.rs`), 'utf8').matchAll(/^ *\/\/ → (.*)$/gm)].map(([, line]) => line!);

for (const example of ['verify', 'manage']) {
  test(`the example ${example} prints what it promises`, async () => {
    const { code, output } = await run(rustProgram(`examples/${example}`), [], { env: { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key } });
    assert.equal(code, 0, output);
    assert.ok(promised(example).length >= 4);
    assert.deepEqual(output.trim().split('\n'), promised(example));
  });
}

test('over https it speaks to a server that this machine trusts, and to no other', { skip: spawnSync('openssl', ['version']).status === 0 ? false : 'there is no openssl to make a certificate with' }, async () => {
  const [cert, secret] = [join(runDirectory, `rust-${process.pid}.pem`), join(runDirectory, `rust-${process.pid}.key`)];
  const made = await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', secret, '-out', cert]);
  assert.equal(made.code, 0, made.output);
  let requests = 0;
  const front = createServer({ cert: readFileSync(cert), key: readFileSync(secret) }, (incoming, outgoing) => {
    requests += 1;
    const { method, url, headers } = incoming;
    const behind = request(new URL(url!, latchkey.url), { method: method!, headers }, (answer) => answer.pipe(outgoing.writeHead(answer.statusCode!, answer.headers)));
    incoming.pipe(behind);
  });
  await new Promise<void>((resolve) => void front.listen(0, 'localhost', resolve));
  after(() => closed(front));
  const env = { LATCHKEY_URL: `https://localhost:${(front.address() as AddressInfo).port}`, LATCHKEY_KEY: key };
  const stranger = await run(rustProgram('examples/verify'), [], { env });
  assert.ok(stranger.code !== 0 && requests === 0, stranger.output);
  assert.match(stranger.output, /network_error|no certificates to trust/);
  const trusted = await run(rustProgram('examples/verify'), [], { env: { ...env, SSL_CERT_FILE: cert } });
  assert.deepEqual([trusted.code, trusted.output.trim().split('\n')], [0, promised('verify')]);
  assert.ok(requests >= 5);
});
