// People, from an empty store on: what a new user does, in the order in which users do it. Its end is in deletion.spec.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base62, checked, inParallel, ISO_UTC, newPerson, ok, refused, sleep, totpCode, type PersonHere } from './support/acceptance.ts';
import { newEmail, newPassword, startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const anyone = checked(latchkey.anyone);
const by = (key: string) => checked(latchkey.api(key));
const as = (token: string) => checked(latchkey.person(token));
const login = (email: string, password: string, more: object = {}) => anyone.post('/auth/login', { email, password, ...more });
const signIn = async (email: string, password: string, more: object = {}) => (await ok(login(email, password, more))).accessToken as string;
const ended = (token: string, path = '/auth/user') => refused(as(token).get(path), 401, 'auth_invalid_key');
const gate = async (key: string) => { const { status, body: { code } } = await by(key).get('/v1/whoami'); return `${status} ${code}`; };
const roleOf = async ({ api, user }: PersonHere, home: string) => (await ok(api.get(`${home}/members/${user.id}`))).role;

/** Everything of an audit log, the oldest entry first. */
async function logOf(person: PersonHere, path: string): Promise<any[]> {
  const { data, pagination } = await ok(person.api.get(`${path}?limit=1000`));
  assert.equal(pagination.hasMore, false);
  return data.reverse();
}

/** A key's organization hears of it within seconds, and so does its log. */
async function eventually<T>(look: () => Promise<T>, isRight: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const seen = await look();
    if (isRight(seen) || tries >= 200) return seen;
    await sleep(100);
  }
}

/** Somebody with a role in the organization of somebody else, by invitation. */
async function guestOf(owner: PersonHere, role: string): Promise<PersonHere> {
  const { token } = await ok(owner.api.post(`${owner.home}/invitations`, { role }), 201);
  const guest = await newPerson(latchkey, { invitation: token });
  assert.deepEqual(guest.organizations.map(({ id, role }: any) => [id, role]), [[owner.organization.id, role]]);
  return { ...guest, home: owner.home };
}

test('from an empty store: who registers has an organization, its production session and a key that verifies at once', async () => {
  assert.deepEqual(latchkey.sqliteFiles(), [], 'nothing is there yet');
  const [email, password] = [newEmail(), newPassword()];
  const before = Date.now();
  const reply = await anyone.post('/auth/register', { email: ` ${email} `, password, firstName: 'Ada', lastName: 'Lovelace', organizationName: 'Analytical Engines' });
  const { accessToken, expiresAt, user, organization, apiKey, organizations } = await ok(reply, 201);
  assert.equal(reply.headers.get('location'), '/auth/user');
  assert.match(accessToken, /^lkat_[0-9A-Za-z]{51}$/);
  assert.ok(expiresAt > new Date(before).toISOString() && ISO_UTC.test(expiresAt));
  const { id, createdAt, updatedAt, ...rest } = user;
  assert.deepEqual(rest, { email, firstName: 'Ada', lastName: 'Lovelace' });
  assert.match(id, /^usr_[0-9A-Za-z]+$/);
  assert.ok(ISO_UTC.test(createdAt) && updatedAt === createdAt);
  assert.deepEqual([organization.name, organization.status, organization.membersCount], ['Analytical Engines', 'active', 1]);
  assert.deepEqual([apiKey.name, apiKey.environment, apiKey.organizationId, apiKey.sessionId], ['Default API Key', 'production', organization.id, organization.defaultSessionId]);
  assert.deepEqual(apiKey.createdBy, { type: 'user', id });
  assert.deepEqual(organizations.map(({ id, role, status }: any) => [id, role, status]), [[organization.id, 'owner', 'active']]);
  assert.equal(await gate(apiKey.key), '200 VALID');

  const api = as(accessToken);
  assert.deepEqual(await ok(api.get('/auth/user')), { ...user, totpEnabled: false, organizations });
  assert.deepEqual(await ok(api.get('/organizations')), { data: organizations });
  assert.deepEqual(await ok(api.get(`/organizations/${organization.id}`)), { ...organization, limits: { keysPerSession: null, requests: null, management: null } });
  const sessions = await ok(api.get(`/organizations/${organization.id}/sessions`));
  assert.deepEqual(sessions.data.map(({ id, environment, isDefault }: any) => [id, environment, isDefault]), [[organization.defaultSessionId, 'production', true]]);
  const listed = await api.get(`/organizations/${organization.id}/api_keys`);
  assert.deepEqual(listed.body.map(({ id }: any) => id), [apiKey.id]);
  assert.ok(!listed.text.includes(apiKey.key.slice(-30, -6)), 'the key was shown once');

  const again = await ok(login(email.toUpperCase(), password));
  assert.deepEqual([again.user, again.organizations], [user, organizations]);
  assert.notEqual(again.accessToken, accessToken);
  await ok(as(again.accessToken).get('/auth/user'));
  await refused(anyone.post('/auth/register', { email: email.toUpperCase(), password: newPassword(), firstName: 'Eve', lastName: 'Else' }), 409, 'email_taken');
  assert.equal((await ok(login(email, password))).user.firstName, 'Ada', 'whoever registers again takes nothing over');
});

const ada = await newPerson(latchkey, { firstName: 'Ada', organizationName: 'Acme' });
const { api, home } = ada;

test('a user creates, reads, lists, changes, rotates and revokes keys as a key would, and is named as their maker', async () => {
  const me = { type: 'user', id: ada.user.id };
  const reply = await api.post(`${home}/api_keys`, { name: 'By hand', permissions: ['emails:send'], environment: 'staging' });
  const { key, ...created } = await ok(reply, 201);
  assert.equal(reply.headers.get('location'), `${home}/api_keys/${created.id}`);
  assert.deepEqual([created.createdBy, created.environment, created.organizationId], [me, 'staging', ada.organization.id]);
  assert.equal(await gate(key), '200 VALID');
  for (const verify of [api.post(`${home}/keys/verify`, { key, permissions: 'emails:send' }), by(ada.apiKey.key).post('/v1/keys/verify', { key, permissions: 'emails:send' })]) {
    assert.equal((await ok(verify)).code, 'VALID');
  }
  const path = `${home}/api_keys/${created.id}`;
  assert.equal((await ok(by(ada.apiKey.key).get(`/v1/api_keys/${created.id}`))).name, 'By hand', 'it is one key, whoever reads it');
  assert.equal((await ok(api.patch(path, { name: 'Renamed' }))).name, 'Renamed');
  const ids = async () => (await ok(api.get(`${home}/api_keys`))).map(({ id }: any) => id);
  assert.deepEqual(await eventually(ids, (ids) => ids.includes(created.id)), [created.id, ada.apiKey.id], 'newest first');
  const successor = await ok(api.post(`${path}/rotate`, { overlapSeconds: 0 }), 201);
  assert.deepEqual([successor.createdBy, successor.name], [me, 'Renamed']);
  assert.deepEqual([await gate(key), await gate(successor.key)], ['401 auth_key_revoked', '200 VALID']);
  assert.equal((await ok(api.delete(`${home}/api_keys/${successor.id}`))).active, false);
  assert.equal(await gate(successor.key), '401 auth_key_revoked');

  const session = await ok(api.post(`${home}/sessions`, { name: 'Customer 1', environment: 'production' }), 201);
  const own = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, { name: 'Of customer 1' }), 201);
  assert.deepEqual([own.sessionId, own.createdBy], [session.id, me]);
  await ok(api.delete(`${home}/sessions/${session.id}`));
  assert.match(await gate(own.key), /^401 auth_key_revoked$/);

  const log = await eventually(() => logOf(ada, `${home}/audit_log`), (log) => log.some(({ action, target }) => action === 'session.deleted' && target === session.id));
  const mine = log.filter(({ actor }) => actor.type === 'user').map(({ actor, action, target }) => `${actor.id} ${action} ${target}`);
  for (const line of [`api_key.created ${created.id}`, `api_key.updated ${created.id}`, `api_key.rotated ${created.id}`, `api_key.revoked ${successor.id}`, `session.created ${session.id}`, `session.deleted ${session.id}`]) {
    assert.ok(mine.includes(`${me.id} ${line}`), `${line} is missing among\n${mine.join('\n')}`);
  }
});

test('a key opens no route for people, an access token none for keys, and neither the operator\'s', async () => {
  const { accessToken: token, apiKey: { key } } = ada;
  const forPeople: [string, string, unknown?][] = [
    ['GET', '/auth/user'], ['PATCH', '/auth/user', { firstName: 'Eve' }], ['POST', '/auth/logout'], ['GET', '/auth/sign_ins'], ['GET', '/auth/audit_log'], ['POST', '/auth/totp', { password: ada.password }],
    ['POST', '/auth/password', { currentPassword: ada.password, newPassword: newPassword() }], ['GET', '/organizations'], ['POST', '/organizations', { name: 'Mine' }],
    ['GET', home], ['PATCH', home, { name: 'Mine' }], ['DELETE', home], ['GET', `${home}/api_keys`], ['POST', `${home}/api_keys`, { name: 'Mine' }], ['GET', `${home}/members`], ['POST', `${home}/export`],
  ];
  const forKeys: [string, string, unknown?][] = [
    ['GET', '/v1/whoami'], ['GET', '/v1/organization'], ['POST', '/v1/keys/verify', { key }], ['GET', '/v1/api_keys'], ['POST', '/v1/api_keys', { name: 'Mine' }], ['DELETE', `/v1/api_keys/${ada.apiKey.id}`], ['GET', '/v1/sessions'], ['GET', '/v1/audit_log'],
  ];
  const forOperators: [string, string][] = [['GET', '/operator/organizations'], ['GET', '/operator/users'], ['POST', `/operator/users/${ada.user.id}/password_reset`], ['DELETE', `/operator/users/${ada.user.id}/totp`]];
  for (const [method, path, body] of [...forPeople, ...forOperators]) {
    await refused(by(key).send(method, path, { body }), 401, 'auth_invalid_key', `a key on ${method} ${path}`);
    const otherwise = path.startsWith('/operator') ? 'auth_invalid_key' : 'auth_missing_credentials';
    await refused(anyone.send(method, path, { body, headers: { 'x-api-key': key } }), 401, otherwise, `x-api-key on ${method} ${path}`);
  }
  for (const [method, path, body] of [...forKeys, ...forOperators]) {
    await refused(as(token).send(method, path, { body }), 401, 'auth_invalid_key', `a token on ${method} ${path}`);
    await refused(anyone.send(method, path, { body, headers: { 'x-api-key': token } }), 401, 'auth_invalid_key', `a token as x-api-key on ${method} ${path}`);
  }
  await refused(anyone.get('/auth/user', { headers: { 'x-api-key': token } }), 401, 'auth_missing_credentials');
  assert.equal((await ok(api.post(`${home}/keys/verify`, { key: token }))).code, 'NOT_FOUND');
  assert.equal(await gate(key), '200 VALID');
  assert.equal((await ok(api.get('/auth/user'))).firstName, 'Ada');
});

test('invitations: one joins by registering, another by signing in; each link is good once, for its address only, until taken back', async () => {
  const invite = (body: object) => ok(api.post(`${home}/invitations`, body), 201);
  const first = await invite({ role: 'member', email: 'Bob@Example.com' });
  assert.match(first.token, /^lkiv_[0-9A-Za-z]{51}$/);
  assert.deepEqual([first.url, first.invitation.status, first.invitation.role], [null, 'pending', 'member']);
  assert.deepEqual(first.invitation.invitedBy, { type: 'user', id: ada.user.id });
  await refused(anyone.post('/auth/register', { email: newEmail(), password: newPassword(), firstName: 'Eve', lastName: 'Else', invitation: first.token }), 403, 'invitation_for_another');
  const bob = await newPerson(latchkey, { email: 'bob@example.com', firstName: 'Bob', invitation: first.token });
  assert.deepEqual([bob.organization, bob.apiKey], [null, null]);
  assert.deepEqual(bob.organizations.map(({ id, name, role }: any) => [id, name, role]), [[ada.organization.id, 'Acme', 'member']]);
  await ok(bob.api.get(`${home}/api_keys`));

  const carol = await newPerson(latchkey, { firstName: 'Carol' });
  await refused(carol.api.get(home), 404, 'organization_not_found');
  const second = await invite({ role: 'viewer' });
  assert.deepEqual((await ok(anyone.post('/auth/login', { email: carol.email, password: carol.password }))).organizations.length, 1);
  const membership = await ok(carol.api.post('/auth/invitations/accept', { token: second.token }));
  assert.deepEqual([membership.id, membership.role], [ada.organization.id, 'viewer']);
  assert.deepEqual((await ok(carol.api.get('/organizations'))).data.map(({ id }: any) => id), [carol.organization.id, ada.organization.id]);
  await ok(carol.api.get(home));

  await refused(api.post(`${home}/invitations`, { role: 'admin', email: 'BOB@example.com' }), 409, 'already_member');
  const third = await invite({ role: 'viewer' });
  await refused(carol.api.post('/auth/invitations/accept', { token: third.token }), 409, 'already_member');
  await ok(api.delete(`${home}/invitations/${third.invitation.id}`), 204);
  const dave = await newPerson(latchkey);
  for (const token of [first.token, second.token, third.token]) {
    await refused(dave.api.post('/auth/invitations/accept', { token }), 409, 'invitation_ended');
    await refused(anyone.post('/auth/register', { email: newEmail(), password: newPassword(), firstName: 'Eve', lastName: 'Else', invitation: token }), 409, 'invitation_ended');
  }
  for (const token of ['', 'x', first.token.slice(0, -1), `${first.token}0`, first.token.replace('lkiv', 'lkpr'), dave.accessToken, `lkiv_${base62(51)}`]) {
    await refused(dave.api.post('/auth/invitations/accept', { token }), 400, 'link_invalid', token);
  }
  const listed = await ok(api.get(`${home}/invitations`));
  assert.deepEqual(listed.data.map(({ status }: any) => status), ['revoked', 'accepted', 'accepted']);
  assert.deepEqual(listed.data.map(({ acceptedBy }: any) => acceptedBy), [null, carol.user.id, bob.user.id]);
  assert.ok(!JSON.stringify(listed).includes('lkiv_'));
  const log = (await logOf(ada, `${home}/audit_log`)).map(({ actor, action, target }) => `${actor.id} ${action} ${target}`);
  for (const line of [`${ada.user.id} invitation.created ${first.invitation.id}`, `${bob.user.id} member.added ${bob.user.id}`, `${carol.user.id} member.added ${carol.user.id}`, `${ada.user.id} invitation.revoked ${third.invitation.id}`]) {
    assert.equal(log.filter((other) => other === line).length, 1, line);
  }
});

test('roles: what is taken away is gone with the answer; ownership is handed over; the last owner cannot leave; keys outlive their maker', async () => {
  const owner = await newPerson(latchkey);
  const [bob, carol] = [await guestOf(owner, 'admin'), await guestOf(owner, 'member')];
  const at = owner.home;
  const member = ({ user }: PersonHere) => `${at}/members/${user.id}`;
  await refused(owner.api.delete(member(owner)), 409, 'last_owner');
  await refused(owner.api.patch(member(owner), { role: 'admin' }), 409, 'last_owner');
  await refused(bob.api.patch(member(bob), { role: 'owner' }), 403, 'insufficient_role');
  await refused(bob.api.patch(member(owner), { role: 'viewer' }), 403, 'insufficient_role');
  await refused(bob.api.delete(member(owner)), 403, 'insufficient_role');
  await refused(carol.api.delete(member(bob)), 403, 'insufficient_role');

  const made = await ok(carol.api.post(`${at}/api_keys`, { name: 'By Carol' }), 201);
  assert.equal((await ok(bob.api.patch(member(carol), { role: 'viewer' }))).role, 'viewer');
  await refused(carol.api.post(`${at}/api_keys`, { name: 'More' }), 403, 'insufficient_role');
  assert.equal((await ok(carol.api.get('/organizations'))).data[0].role, 'viewer');
  await ok(bob.api.delete(member(carol)), 204);
  for (const [method, path] of [['GET', at], ['GET', `${at}/api_keys`], ['POST', `${at}/api_keys`], ['DELETE', member(carol)]] as const) await refused(carol.api.send(method, path, { body: method === 'POST' ? { name: 'x' } : undefined }), 404, 'organization_not_found');
  assert.deepEqual((await ok(carol.api.get('/organizations'))).data, []);
  assert.equal(await gate(made.key), '200 VALID', 'a key belongs to the organization');
  assert.deepEqual((await ok(owner.api.get(`${at}/api_keys/${made.id}`))).createdBy, { type: 'user', id: carol.user.id });

  assert.equal((await ok(owner.api.post(`${at}/transfer`, { userId: bob.user.id }))).role, 'owner');
  assert.deepEqual([await roleOf(bob, at), await roleOf(owner, at)], ['owner', 'admin']);
  await refused(owner.api.delete(at), 403, 'insufficient_role');
  await refused(owner.api.post(`${at}/transfer`, { userId: owner.user.id }), 403, 'insufficient_role');
  await ok(bob.api.patch(member(owner), { role: 'owner' }));
  await ok(bob.api.delete(member(bob)), 204);
  await refused(bob.api.get(at), 404, 'organization_not_found');
  await refused(owner.api.delete(member(owner)), 409, 'last_owner');
  const log = (await logOf(owner, `${at}/audit_log`)).filter(({ action }) => action.startsWith('member.') || action.endsWith('transferred')).map(({ actor, action, target, details }) => [actor.id, action, target, ...details.slice(0, 2)]);
  const expected = [
    [bob.user.id, 'member.added', bob.user.id, 'admin'], [carol.user.id, 'member.added', carol.user.id, 'member'],
    [bob.user.id, 'member.role_changed', carol.user.id, 'member', 'viewer'], [bob.user.id, 'member.removed', carol.user.id, 'viewer'],
    [owner.user.id, 'organization.transferred', bob.user.id], [bob.user.id, 'member.role_changed', owner.user.id, 'admin', 'owner'], [bob.user.id, 'member.removed', bob.user.id, 'owner'],
  ];
  assert.deepEqual(log.map((line) => (line[1] === 'member.added' ? line.slice(0, 4) : line)), expected);
});

test('two owners who leave at the same moment: one stays', async () => {
  const owner = await newPerson(latchkey);
  const second = await guestOf(owner, 'owner');
  for (let round = 0; round < 5; round++) {
    const answers = await Promise.all([owner, second].map(({ api, user }) => api.delete(`${owner.home}/members/${user.id}`)));
    assert.deepEqual(answers.map(({ status, body }) => `${status} ${body?.code}`).sort(), ['204 undefined', '409 last_owner']);
    const [stays, left] = answers[0]!.status === 409 ? [owner, second] : [second, owner];
    const { token } = await ok(stays.api.post(`${owner.home}/invitations`, { role: 'owner' }), 201);
    await ok(left.api.post('/auth/invitations/accept', { token }));
  }
});

test('a new password ends all other sign-ins at once, a wrong one is refused and noted, the old one is dead', async () => {
  const person = await newPerson(latchkey);
  const [here, there, cookie] = [person.accessToken, await signIn(person.email, person.password), await signIn(person.email, person.password)];
  const fresh = newPassword();
  await refused(as(here).post('/auth/password', { currentPassword: newPassword(), newPassword: fresh }), 403, 'wrong_password');
  await ok(as(there).get('/auth/user'));
  await ok(as(here).post('/auth/password', { currentPassword: person.password, newPassword: fresh }));
  await ended(there);
  await ended(there, person.home);
  await refused(latchkey.browser(cookie).get('/auth/user'), 401, 'auth_invalid_key');
  await ok(as(here).get('/auth/user'));
  await refused(login(person.email, person.password), 401, 'sign_in_failed');
  await ok(login(person.email, fresh));
  for (const [newPassword, code] of [['short', 'too_short'], ['x'.repeat(129), 'too_long'], ['password123', 'too_common'], ['aaaaaaaaaaaa', 'too_common'], [person.email, 'too_common']] as const) {
    const details = await refused(as(here).post('/auth/password', { currentPassword: fresh, newPassword }), 400, 'invalid_request', newPassword);
    assert.deepEqual(details.errors.map(({ pointer, code }: any) => [pointer, code]), [['/newPassword', code]]);
  }
  const actions = (await logOf(person, '/auth/audit_log')).map(({ action }) => action);
  assert.deepEqual(actions, ['user.created', 'user.signed_in', 'user.signed_in', 'user.sign_in_failed', 'user.password_changed', 'user.sign_in_failed', 'user.signed_in']);
});

test('sign-ins are listed without their tokens, and each can be ended: its token is dead with the answer', async () => {
  const person = await newPerson(latchkey);
  const from = { headers: { 'user-agent': 'spec/1.0', 'cf-connecting-ip': '203.0.113.99' } };
  const other = (await ok(anyone.post('/auth/login', { email: person.email, password: person.password }, from))).accessToken;
  const reply = await as(other).get('/auth/sign_ins');
  const [newest, first] = (await ok(reply)).data;
  assert.deepEqual([newest.ip, newest.client, newest.cookie, newest.current, first.current], ['203.0.113.99', 'spec/1.0', false, true, false]);
  assert.doesNotMatch(reply.text, /lkat_|hash/);
  await ok(as(other).delete(`/auth/sign_ins/${first.id}`), 204);
  await ended(person.accessToken);
  await refused(as(other).delete(`/auth/sign_ins/${first.id}`), 404, 'sign_in_not_found');
  await refused(as(other).delete(`/auth/sign_ins/${(await ok(api.get('/auth/sign_ins'))).data[0].id}`), 404, 'sign_in_not_found', "somebody else's");
  await ok(api.get('/auth/user'));
  await ok(as(other).post('/auth/logout'), 204);
  for (const path of ['/auth/user', '/organizations', person.home, `${person.home}/api_keys`]) await ended(other, path);
  await ended(other, `${home}/api_keys`);
  assert.equal(await gate(person.apiKey.key), '200 VALID', 'keys are no sign-ins');
});

test('a second factor: set up with a first code, then needed; each code is good once, and so is each recovery code', async () => {
  const { email, password, api, accessToken } = await newPerson(latchkey);
  await refused(api.post('/auth/totp', { password: newPassword() }), 403, 'wrong_password');
  const { secret, uri } = await ok(api.post('/auth/totp', { password }));
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.equal(new URL(uri).searchParams.get('secret'), secret);
  await ok(login(email, password), 200);
  await refused(api.post('/auth/totp/confirm', { totp: totpCode(secret, -7) }), 400, 'totp_wrong');
  // Not in the last second of a half minute: the codes below are this one and the next.
  while (Date.now() % 30_000 > 27_000) await sleep(500);
  const confirming = totpCode(secret);
  const { recoveryCodes } = await ok(api.post('/auth/totp/confirm', { totp: confirming }));
  assert.deepEqual([recoveryCodes.length, new Set(recoveryCodes).size], [10, 10]);
  assert.equal((await ok(api.get('/auth/user'))).totpEnabled, true);
  await refused(api.post('/auth/totp', { password }), 409, 'totp_enabled');

  await refused(login(email, password), 401, 'second_factor_required');
  await refused(login(email, newPassword()), 401, 'sign_in_failed', 'that there is one is told to who knows the password');
  await refused(login(email, newPassword(), { totp: totpCode(secret, 1) }), 401, 'sign_in_failed');
  await refused(login(email, password, { totp: confirming }), 401, 'sign_in_failed', 'the code that confirmed is used up');
  const next = totpCode(secret, 1);
  const token = await signIn(email, password, { totp: `${next.slice(0, 3)} ${next.slice(3)}` });
  await refused(login(email, password, { totp: next }), 401, 'sign_in_failed', 'a replay');
  const byCode = await signIn(email, password, { recoveryCode: recoveryCodes[3].toUpperCase() });
  await refused(login(email, password, { recoveryCode: recoveryCodes[3] }), 401, 'sign_in_failed', 'a recovery code is good once');
  await refused(login(email, password, { recoveryCode: recoveryCodes[4], totp: next }), 400, 'invalid_request', 'one of the two');
  const renewed = (await ok(as(byCode).post('/auth/totp/recovery_codes', { password }))).recoveryCodes;
  await refused(login(email, password, { recoveryCode: recoveryCodes[4] }), 401, 'sign_in_failed', 'drawn anew: the old ones are void');
  await signIn(email, password, { recoveryCode: renewed[0] });

  await refused(as(token).delete('/auth/totp', { body: { password: newPassword() } }), 403, 'wrong_password');
  await ok(as(token).delete('/auth/totp', { body: { password } }), 204);
  await signIn(email, password);
  await ok(as(accessToken).get('/auth/user'));
});

test('sixteen at once with one recovery code: one gets in', async () => {
  const { email, password, api } = await newPerson(latchkey);
  const { secret } = await ok(api.post('/auth/totp', { password }));
  const { recoveryCodes: [recoveryCode] } = await ok(api.post('/auth/totp/confirm', { totp: totpCode(secret) }));
  const answers = await inParallel(Array(16).fill(0), 16, () => login(email, password, { recoveryCode }));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const { status, body } of answers) if (status !== 200) assert.match(`${status} ${body.code}`, /^(401 sign_in_failed|503 sign_in_busy)$/);
});
