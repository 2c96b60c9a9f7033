// The story of one key, as its organization is told it: created, used from two countries, much more than usual, near its limit,
// rotated, its old half still used, leaked and revoked. Every alert and webhook of it arrives once, signed, in order, and
// SIGKILL in the middle loses none.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { newPerson, ok, sleep } from './support/acceptance.ts';
import { recordSecret } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';

interface Message {
  id: string;
  headers: Record<string, string>;
  text: string;
  body: any;
}

const LINK_HOOK_SECRET = 'zq7 private words for that story';
recordSecret(LINK_HOOK_SECRET);
const received: Record<string, Message[]> = { '/webhooks': [], '/mail': [] };
/** While it is away, it takes nothing and answers nobody. */
let away = false;
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    if (away) return;
    const headers = request.headers as Record<string, string>;
    received[request.url!]!.push({ id: headers['webhook-id']!, headers, text, body: JSON.parse(text) });
    response.writeHead(204).end();
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const receiver = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
const latchkey = await startLatchkey({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true', LINK_HOOK_URL: `${receiver}/mail`, LINK_HOOK_SECRET } });

/** Each message once, by its id, as the specification has receivers tell repetitions; in the order of the events. */
function told(path: string): Message[] {
  const once = new Map(received[path]!.map((message) => [message.id, message]));
  return [...once.values()].sort((one, other) => (one.body.data.seq ?? 0) - (other.body.data.seq ?? 0));
}

/** What the ids of the story stand for. */
const names: Record<string, string> = {};
/** An event in a few words. */
const word = ({ body: { type, data } }: Message) => (data.alert ? `${type} ${data.alert.kind} ${names[data.alert.subject]}` : type);

async function until(seconds: number, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await sleep(200)) {
    assert.ok(Date.now() < end, `${what}: ${told('/webhooks').map(word).join(', ')}`);
  }
}

test('the story of a key is told whole, once, signed and in order, also over SIGKILL', { timeout: 240_000 }, async () => {
  const owner = await newPerson(latchkey);
  await ok(owner.api.patch(owner.home, { alertEmails: ['oncall@example.com'] }));
  const endpoint = await ok(owner.api.post(`${owner.home}/webhook_endpoints`, { url: `${receiver}/webhooks` }), 201);
  recordSecret(endpoint.secret.slice('whsec_'.length));
  const at = (path: string) => `${owner.home}${path}`;
  const alert = async (kind: string) => (await ok(owner.api.get(at(`/alerts?subject=${id}`)))).data.filter((known: any) => known.kind === kind);
  const opens = (kind: string) => until(60, kind, async () => (await alert(kind)).length === 1);
  const use = async (secret: string, country: string, times: number) => {
    for (let done = 0; done < times; done += 20) {
      await Promise.all(Array.from({ length: Math.min(20, times - done) }, () => latchkey.api(secret).get('/v1/whoami', { headers: { 'cf-ipcountry': country } })));
    }
  };

  const session = await ok(owner.api.post(at('/sessions'), { name: 'Customer', leakPolicy: 'revoke' }), 201);
  const rateLimits = [{ name: 'hour', limit: 200, windowMs: 3_600_000 }];
  const { id, key } = await ok(owner.api.post(at(`/sessions/${session.id}/api_keys`), { name: 'Storied', rateLimits }), 201);
  Object.assign(names, { [id]: 'key', [session.id]: 'session' });
  await use(key, 'JP', 1);
  await sleep(1_000);
  await use(key, 'DE', 1);
  await opens('new_country');

  // While nobody listens: what is written down by now waits, whatever becomes of the process.
  away = true;
  await use(key, 'JP', 120);
  await opens('traffic_spike');
  await latchkey.kill();
  server.closeAllConnections();
  away = false;
  await latchkey.restart();
  await opens('traffic_spike');
  await until(60, 'told after SIGKILL', () => told('/webhooks').some((message) => word(message) === 'alert.opened traffic_spike key'));

  await use(key, 'JP', 60);
  await opens('near_limit');
  const successor = await ok(owner.api.post(at(`/api_keys/${id}/rotate`), { overlapSeconds: 3600 }), 201);
  names[successor.id] = 'successor';
  await use(key, 'JP', 2);
  await opens('revoked_key_used');
  const [used] = await alert('revoked_key_used');
  assert.equal(used.facts.reason, 'replaced');
  assert.equal((await ok(owner.api.get(at(`/api_keys/${id}/evidence`)))).reason, 'in_use');

  await ok(latchkey.anyone.post('/v1/keys/report-leak', { key, url: 'https://paste.example/1' }), 202);
  await opens('key_leaked');
  assert.equal((await ok(owner.api.get(at(`/api_keys/${id}`)))).status, 'revoked');
  assert.equal((await latchkey.api(key).get('/v1/whoami')).status, 401);
  assert.equal((await latchkey.api(successor.key).get('/v1/whoami')).status, 200);

  const story = [
    'session.created', 'api_key.created', 'alert.opened new_country key', 'alert.opened traffic_spike key', 'alert.opened near_limit key',
    'api_key.rotated', 'alert.opened revoked_key_used key', 'alert.opened key_leaked key', 'api_key.revoked',
    // It spends from the same limit.
    'alert.opened near_limit successor',
  ];
  // What is true of its whole session as well is told of the session beside it.
  const ofKey = () => told('/webhooks').map(word).filter((event) => !event.endsWith(' session'));
  await until(60, 'the whole story', () => ofKey().length >= story.length);
  await sleep(3_000);
  assert.deepEqual(ofKey(), story);
  const ofSession = told('/webhooks').map(word).filter((event) => event.endsWith(' session'));
  assert.equal(new Set(ofSession).size, ofSession.length, 'of the session, too, each once');

  const seqs = told('/webhooks').map(({ body }) => body.data.seq);
  assert.deepEqual(seqs, seqs.map((_, place) => seqs[0] + place), 'no number is missing');
  for (const { text, headers, body } of received['/webhooks']!) {
    assert.deepEqual(new Webhook(endpoint.secret).verify(text, headers), body);
    assert.ok(!text.includes(key.slice(8, 40)) && !text.includes(successor.key.slice(8, 40)), 'no secret key');
  }
  const alerts = (await ok(owner.api.get(at('/alerts?limit=100')))).data.map((known: any) => known.id).sort();
  const told1 = told('/webhooks').filter(({ body }) => body.type === 'alert.opened').map(({ body }) => body.data.alert.id).sort();
  assert.deepEqual(told1, alerts, 'what is listed is what was told');
  await until(60, 'mail', () => told('/mail').length >= alerts.length);
  assert.deepEqual(told('/mail').map(({ body }) => body.data.alert.id).sort(), alerts, 'and what was mailed');
  for (const { text, headers, body } of received['/mail']!) assert.deepEqual(new Webhook(LINK_HOOK_SECRET, { format: 'raw' }).verify(text, headers), body);
  const { data } = await ok(owner.api.get(at(`/webhook_endpoints/${endpoint.id}/deliveries?limit=100`)));
  assert.ok(data.every(({ status }: any) => status === 'delivered'), JSON.stringify(data));
});
