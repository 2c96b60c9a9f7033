// One-time links: without e-mail whoever asks gets them; with a hook a deployment has them sent, signed, again after a
// failure, and neither log nor store ever holds one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, test } from 'node:test';
import { checked, inParallel, newPerson, ok, refused, sleep } from './support/acceptance.ts';
import { leaksBelow, recordSecret, recordSecretKeys } from './support/canary.ts';
import { newEmail, newPassword, startLatchkey } from './support/latchkey.ts';

interface Message {
  headers: IncomingHttpHeaders;
  text: string;
  body: any;
  /** When it came (ms since 1970). */
  at: number;
}

/** A hook that notes what it is sent, and answers the next requests with these statuses; then 204. */
async function hook(): Promise<{ url: string; messages: Message[]; answers: number[] }> {
  const messages: Message[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      recordSecretKeys(text);
      messages.push({ headers: request.headers, text, body: JSON.parse(text), at: Date.now() });
      const status = answers.shift() ?? 204;
      // A redirect would carry a link to wherever it leads.
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end(status >= 400 ? 'a failure that mentions lkpr_ and lkiv_' : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}/hook?x=1`, messages, answers };
}

const secret = `${newPassword()}${newPassword()}`;
recordSecret(secret);
const listener = await hook();
const { messages, answers } = listener;
const vars = { LINK_HOOK_URL: listener.url, LINK_HOOK_SECRET: secret, DASHBOARD_URL: 'https://dashboard.example/app/' };
const latchkey = await startLatchkey({ vars });
const anyone = checked(latchkey.anyone);
const forgot = (email: string) => anyone.post('/auth/password/forgot', { email });
const login = (email: string, password: string) => anyone.post('/auth/login', { email, password });

/** The messages to an address, once there are so many. */
async function sentTo(email: string, count = 1, seconds = 15): Promise<Message[]> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(50)) {
    const sent = messages.filter(({ body }) => body.data.email === email);
    if (sent.length >= count || Date.now() > end) return sent;
  }
}

/** As the Standard Webhooks specification has it, without any code of ours. */
function assertSigned({ headers, text, at }: Message): void {
  const [id, time, signature] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => String(headers[name]));
  assert.match(id!, /^msg_\w+$/);
  assert.ok(Math.abs(Number(time) - at / 1000) < 10, time);
  assert.equal(signature, `v1,${createHmac('sha256', secret).update(`${id}.${time}.${text}`).digest('base64')}`);
  assert.equal(headers['content-type'], 'application/json');
}

test('a forgotten password: the hook gets a link, signed; it sets a new one once and ends every sign-in', async () => {
  const person = await newPerson(latchkey, { firstName: 'Ada' });
  const second = (await ok(login(person.email, person.password))).accessToken;
  const asked = await forgot(person.email.toUpperCase());
  assert.deepEqual(await ok(asked, 202), {});
  const [message] = await sentTo(person.email);
  assertSigned(message!);
  const { type, timestamp, data: { token, url, expiresAt, ...data } } = message!.body;
  assert.deepEqual([type, data], ['password_reset', { email: person.email, firstName: 'Ada' }]);
  assert.equal(url, `https://dashboard.example/app/password-reset#token=${token}`);
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.parse(timestamp) - 3600_000) < 1_000);
  assert.match(token, /^lkpr_[0-9A-Za-z]{51}$/);
  assert.ok(!asked.text.includes('lkpr_'));

  assert.deepEqual(await ok(forgot(person.email), 202), {});
  await sleep(1_500);
  assert.equal((await sentTo(person.email, 2, 0)).length, 1, 'nobody\'s mailbox is flooded');

  const fresh = newPassword();
  await refused(anyone.post('/auth/password/reset', { token, newPassword: 'short' }), 400, 'invalid_request', 'a mistake does not use it up');
  await refused(anyone.post('/auth/password/reset', { token: `${token.slice(0, -1)}0`, newPassword: fresh }), 400, 'link_invalid');
  await ok(anyone.post('/auth/password/reset', { token, newPassword: fresh }), 204);
  for (const old of [person.accessToken, second]) await refused(checked(latchkey.person(old)).get('/auth/user'), 401, 'auth_invalid_key');
  await refused(anyone.post('/auth/password/reset', { token, newPassword: newPassword() }), 400, 'link_invalid', 'good once');
  await refused(login(person.email, person.password), 401, 'sign_in_failed');
  await ok(login(person.email, fresh));
});

test('whoever has no account gets the same answer after the same time, and nothing is sent', async () => {
  const person = await newPerson(latchkey);
  const timed = async (email: string) => {
    const began = performance.now();
    const reply = await forgot(email);
    const kept = [...reply.headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
    return { shown: [reply.status, kept, reply.text], ms: performance.now() - began };
  };
  const strangers = Array.from({ length: 5 }, newEmail);
  const files = latchkey.sqliteFiles();
  const seen = [await timed(person.email)];
  for (const email of strangers) seen.push(await timed(email));
  for (const { shown, ms } of seen) {
    assert.deepEqual(shown, seen[0]!.shown);
    assert.ok(ms >= 698 && ms < 5_000, `${ms}`);
  }
  assert.deepEqual(latchkey.sqliteFiles(), files);
  assert.equal((await sentTo(person.email)).length, 1);
  assert.deepEqual(messages.filter(({ body }) => strangers.includes(body.data.email)), []);
});

test('an invitation to an address is sent and shown to who invites; one without an address is shown alone', async () => {
  const owner = await newPerson(latchkey, { organizationName: 'Acme & Söhne' });
  const email = newEmail();
  const { token, url, invitation } = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'admin', email }), 201);
  assert.equal(url, `https://dashboard.example/app/invitation#token=${token}`);
  const [message] = await sentTo(email);
  assertSigned(message!);
  assert.equal(message!.headers['webhook-id'], `msg_${invitation.id}`);
  const { type, data } = message!.body;
  assert.deepEqual([type, data], ['invitation', { email, organization: 'Acme & Söhne', role: 'admin', token, url, expiresAt: invitation.expiresAt }]);
  const guest = await newPerson(latchkey, { email, invitation: data.token });
  assert.equal(guest.organizations[0].role, 'admin');

  const before = messages.length;
  await ok(owner.api.post(`${owner.home}/invitations`, { role: 'viewer' }), 201);
  const handed = await ok(owner.api.post(`${owner.home}/members/${guest.user.id}/password_reset`));
  assert.equal(handed.url, `https://dashboard.example/app/password-reset#token=${handed.token}`);
  await ok(anyone.post('/auth/password/reset', { token: handed.token, newPassword: newPassword() }), 204);
  await refused(guest.api.get('/auth/user'), 401, 'auth_invalid_key');
  await sleep(1_500);
  assert.equal(messages.length, before);
});

test('a hook that fails is tried again, with the same id and content, until it takes the message; it follows nobody elsewhere', { timeout: 60_000 }, async () => {
  const person = await newPerson(latchkey);
  answers.push(500, 302);
  const asked = Date.now();
  await ok(forgot(person.email), 202);
  assert.ok(Date.now() - asked < 3_000, 'nobody waits for the hook');
  const sent = await sentTo(person.email, 3, 30);
  assert.equal(sent.length, 3);
  for (const message of sent) assertSigned(message);
  assert.equal(new Set(sent.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(new Set(sent.map(({ text }) => text)).size, 1);
  assert.ok(sent[1]!.at - sent[0]!.at >= 1_000 && sent[2]!.at - sent[1]!.at >= 1_000, 'with a pause');
  await ok(anyone.post('/auth/password/reset', { token: sent[2]!.body.data.token, newPassword: newPassword() }), 204);
  await sleep(3_000);
  assert.equal((await sentTo(person.email, 4, 0)).length, 3, 'once it was taken, no more');
});

test('SIGKILL before the hook has taken a message: it is sent after the restart', { timeout: 60_000 }, async () => {
  const owner = await newPerson(latchkey);
  const email = newEmail();
  answers.push(...Array(2).fill(503));
  const { token } = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'viewer', email }), 201);
  await sentTo(email);
  await latchkey.kill();
  answers.length = 0;
  const before = (await sentTo(email, 0)).length;
  await latchkey.restart();
  const sent = await sentTo(email, before + 1, 30);
  assert.equal(sent.length, before + 1);
  assert.equal(sent.at(-1)!.body.data.token, token);
  assertSigned(sent.at(-1)!);
});

test('an invitation that is taken back while the hook is away is not sent any more', { timeout: 60_000 }, async () => {
  const owner = await newPerson(latchkey);
  const email = newEmail();
  answers.push(503);
  const { invitation } = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'viewer', email }), 201);
  assert.equal((await sentTo(email)).length, 1);
  await ok(owner.api.delete(`${owner.home}/invitations/${invitation.id}`), 204);
  await sleep(4_000);
  assert.equal((await sentTo(email, 2, 0)).length, 1);
});

test('without a hook nothing can be sent, and links are for owners and the operator', async () => {
  const plain = await startLatchkey();
  const owner = await newPerson(plain);
  const free = checked(plain.anyone);
  for (const email of [owner.email, newEmail()]) await refused(free.post('/auth/password/forgot', { email }), 409, 'link_hook_missing');
  const operator = checked(plain.operator);
  const { token, url } = await ok(operator.post(`/operator/users/${owner.user.id}/password_reset`));
  assert.equal(url, null);
  await ok(free.post('/auth/password/reset', { token, newPassword: newPassword() }), 204);
  await refused(owner.api.get('/auth/user'), 401, 'auth_invalid_key');
  assert.deepEqual((await ok(operator.get(`/operator/users?email=${owner.email.toUpperCase()}`))).data.map(({ id }: any) => id), [owner.user.id]);
  assert.deepEqual((await ok(operator.get(`/operator/users?email=${newEmail()}`))).data, []);
  await refused(operator.post(`/operator/users/usr_${'x'.repeat(19)}/password_reset`), 404, 'user_not_found');
  await refused(operator.delete(`/operator/users/${owner.user.id}/totp`), 409, 'totp_not_enabled');
  await plain.stop();
});

test('sixteen at once with one reset link: one new password', async () => {
  const person = await newPerson(latchkey);
  const { token } = await ok(checked(latchkey.operator).post(`/operator/users/${person.user.id}/password_reset`));
  const passwords = Array.from({ length: 16 }, newPassword);
  const results = await inParallel(passwords, 16, (newPassword) => anyone.post('/auth/password/reset', { token, newPassword }));
  assert.equal(results.filter(({ status }) => status === 204).length, 1, results.map(({ status }) => status).join());
  for (const { status, body } of results) if (status !== 204) assert.match(`${status} ${body.code}`, /^(400 link_invalid|503 sign_in_busy)$/);
  await ok(login(person.email, passwords[results.findIndex(({ status }) => status === 204)]!));
});

test('no link is in the store or in a line of the log, whichever way it came and went', async () => {
  await latchkey.stop();
  const links = messages.map(({ body }) => body.data.token.slice(5, 37));
  assert.ok(new Set(links).size >= 5, `${links.length}`);
  assert.deepEqual(leaksBelow(latchkey.persistDir, [...links, secret]), []);
  const log = latchkey.logs().join('\n');
  assert.doesNotMatch(log, /lk(pr|iv|at)_/);
  for (const link of [...links, secret]) assert.ok(!log.includes(link.slice(0, 12)));
});
