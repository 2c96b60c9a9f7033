// Alerts by e-mail: owners name addresses, and the hook of the deployment is asked to write to them, signed, once for an alert
// that opens and once when it is over; again after a failure and after SIGKILL.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { newPerson, ok, refused, sleep, violations, type PersonHere } from './support/acceptance.ts';
import { recordSecret } from './support/canary.ts';
import { startLatchkey, type Latchkey } from './support/latchkey.ts';

const LINK_HOOK_SECRET = 'zq7 private words for this hook';
recordSecret(LINK_HOOK_SECRET);
const messages: { headers: IncomingHttpHeaders; text: string; body: any }[] = [];
/** What the next requests are answered with; then 204. */
const answers: number[] = [];
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    messages.push({ headers: request.headers, text, body: JSON.parse(text) });
    response.writeHead(answers.shift() ?? 204).end();
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const LINK_HOOK_URL = `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`;
const latchkey = await startLatchkey({ vars: { LINK_HOOK_URL, LINK_HOOK_SECRET } });

/** A key of somebody that is reported as found: it opens an alert at once. */
async function leak({ api, home }: PersonHere, at: Latchkey = latchkey): Promise<string> {
  const { id, key } = await ok(api.post(`${home}/api_keys`, { name: 'Leaked' }), 201);
  await ok(at.anyone.post('/v1/keys/report-leak', { key }), 202);
  return id;
}

async function mailed(about: string, count: number, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    const found = messages.filter(({ body }) => body.type === 'alert' && body.data.alert.subject === about);
    if (found.length >= count || Date.now() > end) return found;
  }
}

test('owners name the addresses; the hook gets each alert when it opens and when it is over, signed', { timeout: 60_000 }, async () => {
  const owner = await newPerson(latchkey);
  const alertEmails = ['oncall@example.com', 'Ops@Example.com'];
  const changed = await ok(owner.api.patch(owner.home, { alertEmails: [...alertEmails, 'ops@example.com'] }));
  assert.deepEqual(changed.alertEmails, alertEmails);
  assert.deepEqual((await ok(owner.api.get(owner.home))).alertEmails, alertEmails);
  const id = await leak(owner);
  const [opened] = await mailed(id, 1);
  const [alert] = (await ok(owner.api.get(`${owner.home}/alerts?subject=${id}`))).data;
  assert.deepEqual([opened!.body.data.to, opened!.body.data.organizationId, opened!.body.data.alert.id, opened!.body.data.alert.kind, opened!.body.data.alert.status], [alertEmails, owner.organization.id, alert.id, 'key_leaked', 'open']);
  await ok(owner.api.patch(`${owner.home}/alert_rules/key_leaked`, { enabled: false }));
  const both = await mailed(id, 2);
  assert.deepEqual(both.map(({ body }) => body.data.alert.status), ['open', 'resolved']);
  assert.deepEqual(both.map(({ headers }) => headers['webhook-id']), [`msg_${alert.id}_open`, `msg_${alert.id}_resolved`]);
  for (const { text, headers } of both) {
    const signed = headers as Record<string, string>;
    new Webhook(LINK_HOOK_SECRET, { format: 'raw' }).verify(text, signed);
    assert.throws(() => new Webhook(LINK_HOOK_SECRET, { format: 'raw' }).verify(`${text} `, signed));
  }
  await ok(owner.api.patch(`${owner.home}/alert_rules/key_leaked`, { enabled: true }));
  assert.deepEqual((await ok(owner.api.patch(owner.home, { alertEmails: [] }))).alertEmails, []);
  assert.deepEqual(await mailed(await leak(owner), 1, 1), [], 'nobody wants it any more');
});

test('addresses are checked, and chosen by owners where there is mail', async () => {
  const owner = await newPerson(latchkey);
  const invitation = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'admin' }), 201);
  const admin = await newPerson(latchkey, { invitation: invitation.token });
  await refused(admin.api.patch(owner.home, { alertEmails: ['a@example.com'] }), 403, 'insufficient_role');
  const patch = (alertEmails: unknown) => violations(owner.api.patch(owner.home, { alertEmails }));
  assert.deepEqual(await patch(['a@example.com', 'no address']), ['/alertEmails/1 invalid_format']);
  assert.deepEqual(await patch(Array.from({ length: 6 }, (_, at) => `a${at}@example.com`)), ['/alertEmails too_many']);
  for (const wrong of [null, 'a@example.com', [1]]) assert.equal((await patch(wrong)).length, 1);
  const mute = await startLatchkey();
  const other = await newPerson(mute);
  await refused(other.api.patch(other.home, { alertEmails: ['a@example.com'] }), 409, 'link_hook_missing');
  assert.deepEqual((await ok(other.api.patch(other.home, { alertEmails: [] }))).alertEmails, []);
});

test('a hook that fails gets the same message again, also after SIGKILL', { timeout: 60_000 }, async () => {
  const owner = await newPerson(latchkey);
  await ok(owner.api.patch(owner.home, { alertEmails: ['oncall@example.com'] }));
  answers.push(...Array(50).fill(503));
  const id = await leak(owner);
  assert.equal((await mailed(id, 1)).length, 1);
  await latchkey.kill();
  answers.length = 0;
  await latchkey.restart();
  // Whatever wakes the object: in a deployment, its alarm does.
  await ok(owner.api.get(owner.home));
  const sent = await mailed(id, 2);
  assert.ok(sent.length >= 2 && new Set(sent.map(({ headers }) => headers['webhook-id'])).size === 1);
  await sleep(2_500);
  assert.equal((await mailed(id, 1)).length, sent.length, 'taken once, it is not sent again');
});
