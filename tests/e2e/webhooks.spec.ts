// Webhooks against a receiver that verifies them with the reference library of the Standard Webhooks specification: signed,
// in order, again after a failure, after SIGKILL, under a new secret; and nothing is sent where nobody has allowed it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { newOrganization, ok, refused, sleep, type Tenant } from './support/acceptance.ts';
import { recordSecret } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { undeployable } from '../../scripts/lib/secrets.mjs';

interface Message {
  headers: IncomingHttpHeaders;
  text: string;
  body: any;
  path: string;
}

const messages: Message[] = [];
/** What is answered, by path; else 204. -1 means never. */
const answers = new Map<string, number>();

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const text = Buffer.concat(parts).toString();
    messages.push({ headers: request.headers, text, body: JSON.parse(text), path: request.url! });
    const status = answers.get(request.url!) ?? 204;
    if (status > 0) response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end(status === 200 ? 'x'.repeat(200_000) : undefined);
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const receiver = `http://127.0.0.1:${(server.address() as { port: number }).port}`;

const latchkey = await startLatchkey({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });

/** An endpoint at a path of the receiver. */
async function listen(tenant: Tenant, path: string, events?: string[]): Promise<any> {
  const endpoint = await ok(tenant.api.post('/v1/webhook_endpoints', { url: receiver + path, events }), 201);
  recordSecret(endpoint.secret.slice('whsec_'.length));
  return endpoint;
}

/** What came to a path, once there is so much of it. */
async function sentTo(path: string, count: number, seconds = 20): Promise<Message[]> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    const sent = messages.filter((message) => message.path === path);
    if (sent.length >= count || Date.now() > end) return sent;
  }
}

/** As a receiver does it that has never heard of us. */
const verified = (secret: string, { text, headers }: Message): any => new Webhook(secret).verify(text, headers as Record<string, string>);
const types = (sent: Message[]) => sent.map(({ body }) => body.type);
const unique = (sent: Message[]) => new Set(sent.map(({ headers }) => headers['webhook-id'])).size;

test('the life of a key and of a session arrives in order; the reference library takes every message', { timeout: 60_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Acme');
  const { api } = tenant;
  const { secret, id } = await listen(tenant, '/life');
  const session = await ok(api.post('/v1/sessions', { name: 'Shop' }), 201);
  const key = await ok(api.post('/v1/api_keys', { name: 'Key' }), 201);
  const one = `/v1/api_keys/${key.id}`;
  await ok(api.patch(one, { active: false }));
  await ok(api.patch(one, { active: true }));
  await ok(api.patch(one, { name: 'Renamed' }));
  await ok(api.post(`${one}/rotate`, { overlapSeconds: 60 }), 201);
  await ok(api.delete(one));
  await ok(api.delete(`/v1/sessions/${session.id}`));
  await ok(api.post(`/v1/webhook_endpoints/${id}/test`), 202);
  const sent = await sentTo('/life', 9);
  const of = (type: string) => sent.filter(({ body }) => body.type.startsWith(type));
  assert.deepEqual(types(of('api_key.')), ['api_key.created', 'api_key.disabled', 'api_key.enabled', 'api_key.updated', 'api_key.rotated', 'api_key.revoked']);
  assert.deepEqual(types(of('session.')), ['session.created', 'session.deleted']);
  assert.deepEqual(types(of('webhook.')), ['webhook.test']);
  const seqs = sent.map(({ body }) => body.data.seq);
  assert.deepEqual(seqs, [...seqs].sort((a, b) => a - b));
  for (const message of sent) {
    assert.deepEqual(verified(secret, message), message.body);
    assert.equal(message.headers['content-type'], 'application/json');
    assert.equal(message.body.data.organizationId, tenant.id);
    assert.ok(!message.text.includes(key.key.slice(8, 40)), 'no secret key');
    const altered = { ...message, text: message.text.replace('"seq":', '"seq":1') };
    assert.throws(() => verified(secret, altered));
    assert.throws(() => verified(`whsec_${Buffer.alloc(32).toString('base64')}`, message));
  }
  const listed = (await ok(api.get('/v1/api_keys?limit=50'))).data.find((row: any) => row.id === key.id);
  assert.deepEqual(of('api_key.revoked')[0]!.body.data.apiKey, listed);
  const { data } = await ok(api.get(`/v1/webhook_endpoints/${id}/deliveries`));
  assert.deepEqual(data.map((row: any) => [row.status, row.lastStatus, row.attempts]), Array(9).fill(['delivered', 204, 1]));
  const read = await ok(api.get(`/v1/webhook_endpoints/${id}/deliveries/${data[0].id}`));
  assert.deepEqual(read.payload, sent.at(-1)!.body);
  await ok(api.post(`/v1/webhook_endpoints/${id}/deliveries/${data[0].id}/replay`), 202);
  const replayed = (await sentTo('/life', 10))[9]!;
  assert.equal(replayed.headers['webhook-id'], sent.at(-1)!.headers['webhook-id']);
  verified(secret, replayed);
});

test('what fails is tried again, redirects lead nowhere, and an answer is not read', { timeout: 60_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Retries');
  const { secret, id } = await listen(tenant, '/retries');
  answers.set('/retries', 302);
  await ok(tenant.api.post('/v1/api_keys', { name: 'Key' }), 201);
  await sentTo('/retries', 1);
  answers.set('/retries', 200);
  const sent = await sentTo('/retries', 2);
  assert.deepEqual([sent.length, unique(sent), new Set(sent.map(({ text }) => text)).size], [2, 1, 1]);
  for (const message of sent) verified(secret, message);
  await sleep(200);
  const { data: [delivery] } = await ok(tenant.api.get(`/v1/webhook_endpoints/${id}/deliveries`));
  assert.deepEqual([delivery.status, delivery.attempts, delivery.lastError], ['delivered', 2, null]);
  assert.equal(messages.filter(({ path }) => path === '/elsewhere').length, 0);
});

test('while a secret is replaced, receivers with either of the two take every message', { timeout: 60_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Rotation');
  const { secret, id } = await listen(tenant, '/rotation');
  const rotated = await ok(tenant.api.post(`/v1/webhook_endpoints/${id}/rotate_secret`));
  recordSecret(rotated.secret.slice('whsec_'.length));
  assert.notEqual(rotated.secret, secret);
  await ok(tenant.api.post(`/v1/webhook_endpoints/${id}/test`), 202);
  const [message] = await sentTo('/rotation', 1);
  assert.equal(String(message!.headers['webhook-signature']).split(' ').length, 2);
  for (const good of [secret, rotated.secret]) verified(good, message!);
  assert.ok(!(await tenant.api.get(`/v1/webhook_endpoints/${id}`)).text.includes('whsec_'), 'shown once');
});

test('an endpoint that says 410 is switched off, and goes on when it is asked to', { timeout: 60_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Gone');
  const { id } = await listen(tenant, '/gone');
  answers.set('/gone', 410);
  await ok(tenant.api.post(`/v1/webhook_endpoints/${id}/test`), 202);
  await sentTo('/gone', 1);
  const read = async () => ok(tenant.api.get(`/v1/webhook_endpoints/${id}`));
  for (const end = Date.now() + 5_000; (await read()).active && Date.now() < end;) await sleep(50);
  assert.equal((await read()).disabledReason, 'gone');
  await refused(tenant.api.post(`/v1/webhook_endpoints/${id}/test`), 409, 'webhook_endpoint_disabled');
  answers.delete('/gone');
  await ok(tenant.api.patch(`/v1/webhook_endpoints/${id}`, { active: true }));
  await ok(tenant.api.post(`/v1/webhook_endpoints/${id}/test`), 202);
  assert.equal((await sentTo('/gone', 2)).length, 2);
});

test('SIGKILL while messages are pending loses none; each arrives at least once, under one id', { timeout: 120_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Killed');
  const { secret, id } = await listen(tenant, '/killed', ['api_key.created']);
  answers.set('/killed', -1);
  const made: string[] = [];
  for (let n = 0; n < 25; n++) made.push((await ok(tenant.api.post('/v1/api_keys', { name: `Key ${n}` }), 201)).id);
  await latchkey.kill();
  answers.delete('/killed');
  server.closeAllConnections();
  await latchkey.restart();
  // Whatever wakes the objects: in a deployment, their alarms do.
  await ok(tenant.api.get(`/v1/webhook_endpoints/${id}`));
  const ids = () => new Map(messages.filter(({ path }) => path === '/killed').map(({ headers, body }) => [String(headers['webhook-id']), body.data.apiKey.id]));
  for (const end = Date.now() + 60_000; ids().size < made.length && Date.now() < end;) await sleep(100);
  assert.deepEqual([...ids().values()].sort(), [...made].sort());
  for (const message of messages.filter(({ path }) => path === '/killed')) verified(secret, message);
  const settled = async () => (await ok(tenant.api.get(`/v1/webhook_endpoints/${id}/deliveries?status=delivered&limit=100`))).data.length;
  for (const end = Date.now() + 30_000; (await settled()) < made.length && Date.now() < end;) await sleep(200);
  assert.equal(await settled(), made.length);
});

test('no URL of the corpus is taken, and a deployment sends nothing to its own machine', { timeout: 60_000 }, async () => {
  const corpus = readFileSync(join(import.meta.dirname, '../vectors/egress.txt'), 'utf8').split('\n').filter((line) => line && !line.startsWith('# '));
  const urls = corpus.map((line) => JSON.parse(`"${line.slice(line.indexOf(' ') + 1)}"`) as string);
  assert.ok(urls.length >= 60, `${urls.length}`);
  const deployed = await startLatchkey();
  for (const [tenant, more] of [[await newOrganization(latchkey, 'Local'), []], [await newOrganization(deployed, 'Deployed'), [receiver, 'http://localhost:9/', 'http://[::1]:9/']]] as const) {
    for (const url of [...urls, ...more]) {
      // Allowed where the setting says so.
      if (tenant.organization.name === 'Local' && url.startsWith('http://localhost:')) continue;
      const { errors } = await refused(tenant.api.post('/v1/webhook_endpoints', { url }), 400, 'invalid_request', url);
      assert.equal(errors[0].pointer, '/url', url);
    }
  }
  await deployed.stop();
});

test('npm run deploy refuses a configuration that sends webhooks to its own machine', () => {
  const config = readFileSync(join(import.meta.dirname, '../../wrangler.toml'), 'utf8');
  assert.equal(undeployable(['--dry-run'], config), null);
  assert.match(undeployable([], `${config}\n[vars]\nALLOW_LOOPBACK_WEBHOOKS = "true"\n`)!, /Nothing was deployed/);
  assert.match(undeployable(['--var', 'ALLOW_LOOPBACK_WEBHOOKS:true'], config)!, /Nothing was deployed/);
  assert.equal(undeployable([], `${config}\n# ALLOW_LOOPBACK_WEBHOOKS = "true"\n`), null);
});
