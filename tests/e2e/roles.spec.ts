// Role by operation over HTTP, each operation by one of its routes, and what somebody sees of an organization of others.
// The full matrix is native (tests/integration).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base62, checked, inParallel, masked, newPerson, ok, refused, type PersonHere } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const owner = await newPerson(latchkey, { organizationName: 'Acme' });
const home = owner.home;
const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
type Role = (typeof ROLES)[number];

async function guest(role: Role): Promise<PersonHere> {
  const { token } = await ok(owner.api.post(`${home}/invitations`, { role }), 201);
  return newPerson(latchkey, { invitation: token });
}

const people: Record<Role, PersonHere> = { viewer: await guest('viewer'), member: await guest('member'), admin: await guest('admin'), owner };
const extra = await guest('viewer');
const session = await ok(owner.api.post(`${home}/sessions`, { name: 'A session', environment: 'staging' }), 201);
const nobody = () => `usr_${base62(19)}`;

/** The table of docs/API.md once more: the least role, and a request that carries the operation out. */
const NEEDS: [Role, string, string, string, (() => unknown)?][] = [
  ['viewer', 'organization:read', 'GET', ''],
  ['viewer', 'api_keys:read', 'GET', '/api_keys'], ['viewer', 'api_keys:read', 'GET', `/api_keys/${owner.apiKey.id}`], ['viewer', 'api_keys:read', 'GET', `/sessions/${session.id}/api_keys`],
  ['viewer', 'sessions:read', 'GET', '/sessions'], ['viewer', 'sessions:read', 'GET', `/sessions/${session.id}`], ['viewer', 'sessions:read', 'GET', `/sessions/${session.id}/health`],
  ['viewer', 'members:read', 'GET', '/members'], ['viewer', 'members:read', 'GET', `/members/${owner.user.id}`], ['viewer', 'members:read', 'GET', '/invitations'],
  ['member', 'audit_log:read', 'GET', '/audit_log'],
  ['member', 'keys:verify', 'POST', '/keys/verify', () => ({ key: 'x' })], ['member', 'keys:verify', 'POST', '/outcomes', () => ({ outcomes: [{ keyId: owner.apiKey.id, status: 200, latencyMs: 1 }] })],
  ['member', 'api_keys:write', 'POST', '/api_keys', () => ({ name: 'x' })], ['member', 'api_keys:write', 'PATCH', `/api_keys/${owner.apiKey.id}`, () => ({ name: base62(8) })], ['member', 'api_keys:write', 'POST', `/sessions/${session.id}/api_keys`, () => ({ name: 'x' })],
  ['member', 'sessions:write', 'POST', '/sessions', () => ({ name: 'x' })], ['member', 'sessions:write', 'PATCH', `/sessions/${session.id}`, () => ({ name: base62(8) })],
  ['admin', 'organization:write', 'PATCH', '', () => ({ name: base62(8) })],
  ['admin', 'members:write', 'POST', '/invitations', () => ({ role: 'admin' })], ['admin', 'members:write', 'PATCH', `/members/${extra.user.id}`, () => ({ role: 'member' })],
  ['owner', 'owners:write', 'POST', '/invitations', () => ({ role: 'owner' })], ['owner', 'owners:write', 'POST', `/members/${extra.user.id}/password_reset`], ['owner', 'owners:write', 'PATCH', `/members/${extra.user.id}`, () => ({ role: 'owner' })],
  ['owner', 'organization:plan', 'PATCH', '', () => ({ plan: 'pro' })],
  ['owner', 'organization:export', 'POST', '/export'],
];

/** What ends something, and so is asked for something that is not there; with what is answered to those who may. */
const ENDINGS: [Role, string, string, string, string, (() => unknown)?][] = [
  ['member', 'DELETE', `/api_keys/key_${base62(31)}`, '404', 'api_key_not_found'],
  ['member', 'POST', `/api_keys/key_${base62(31)}/rotate`, '404', 'api_key_not_found', () => ({ overlapSeconds: 0 })],
  ['member', 'DELETE', `/sessions/ses_${base62(19)}`, '404', 'session_not_found'],
  ['admin', 'DELETE', `/invitations/inv_${base62(22)}`, '404', 'invitation_not_found'],
  ['owner', 'POST', '/transfer', '404', 'member_not_found', () => ({ userId: nobody() })],
  ['owner', 'POST', `/members/${nobody()}/password_reset`, '404', 'member_not_found'],
];

test('role by operation: each route is open to its role and every greater one, and says so to the lesser', async () => {
  for (const [least, operation, method, path, body] of NEEDS) {
    // The lesser first: what they are refused must not have happened.
    for (const role of ROLES) {
      const reply = people[role].api.send(method, `${home}${path}`, { body: body?.() });
      const what = `${role}: ${operation} by ${method} ${path}`;
      if (ROLES.indexOf(role) < ROLES.indexOf(least)) await refused(reply, 403, 'insufficient_role', what);
      else assert.ok((await reply).status < 300, `${what} ${(await reply).text}`);
    }
    if (path === `/members/${extra.user.id}`) await ok(owner.api.patch(`${home}${path}`, { role: 'viewer' }));
  }
  for (const [least, method, path, status, code, body] of ENDINGS) {
    for (const role of ROLES) {
      const lesser = ROLES.indexOf(role) < ROLES.indexOf(least);
      await refused(people[role].api.send(method, `${home}${path}`, { body: body?.() }), lesser ? 403 : Number(status), lesser ? 'insufficient_role' : code, `${role}: ${method} ${path}`);
    }
  }
  for (const role of ['viewer', 'member', 'admin'] as const) await refused(people[role].api.delete(home), 403, 'insufficient_role', `${role}: DELETE`);
});

test('an admin looks after people, but not after owners; nobody rises by himself', async () => {
  const { admin, member, viewer } = people;
  const at = ({ user }: PersonHere) => `${home}/members/${user.id}`;
  await refused(admin.api.patch(at(owner), { role: 'member' }), 403, 'insufficient_role');
  await refused(admin.api.delete(at(owner)), 403, 'insufficient_role');
  for (const role of ['viewer', 'member', 'admin'] as const) await refused(people[role].api.patch(at(people[role]), { role: 'owner' }), 403, 'insufficient_role', role);
  for (const person of [member, viewer]) {
    await refused(person.api.patch(at(person), { role: 'admin' }), 403, 'insufficient_role');
    await refused(person.api.delete(at(extra)), 403, 'insufficient_role');
  }
  const { token } = await ok(admin.api.post(`${home}/invitations`, { role: 'admin' }), 201);
  await refused(viewer.api.post('/auth/invitations/accept', { token }), 409, 'already_member', 'an invitation raises no role');
  const leaver = await guest('viewer');
  await ok(leaver.api.delete(at(leaver)), 204);
  await refused(leaver.api.get(home), 404, 'organization_not_found');
});

test('a reset link of an owner is for members of that organization alone', async () => {
  const member = await guest('member');
  const path = `${home}/members/${member.user.id}/password_reset`;
  const { token, url, expiresAt } = await ok(owner.api.post(path));
  assert.match(token, /^lkpr_[0-9A-Za-z]{51}$/);
  assert.equal(url, null);
  assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 24 * 3600_000) < 60_000);
  await ok(member.api.post('/organizations', { name: 'Own' }), 201);
  await refused(owner.api.post(path), 409, 'member_elsewhere');
  await refused(checked(latchkey.anyone).post('/auth/password/reset', { token, newPassword: 'a new password of theirs' }), 400, 'link_invalid', 'nor is one from before good any more');
  await ok(member.api.get('/auth/user'));
});

test('an organization of others, one that nobody has and what is no id are one and the same 404, on every route and to every role', async () => {
  const theirs = await newPerson(latchkey, { organizationName: 'Theirs' });
  const foreignKey = theirs.apiKey.id;
  const before = masked(await theirs.api.get(`${theirs.home}/api_keys`));
  const unknown = ['org_' + base62(19), `${theirs.organization.id.slice(0, -1)}${theirs.organization.id.endsWith('x') ? 'y' : 'x'}`, 'org_', 'x', '%00', theirs.user.id, `${theirs.organization.id}x`, theirs.organization.id.toUpperCase()];
  const requests: [string, string, unknown?][] = [...NEEDS.map(([, , method, path, body]): [string, string, unknown?] => [method, path, body?.()]), ['DELETE', ''], ['POST', '/transfer', { userId: theirs.user.id }], ['DELETE', `/members/${theirs.user.id}`], ['DELETE', `/members/${owner.user.id}`], ['GET', `/api_keys/${foreignKey}`], ['DELETE', `/api_keys/${foreignKey}`], ['GET', '/audit_log?limit=1']];
  await inParallel(requests, 4, async ([method, path, body]) => {
    for (const person of [people.viewer, people.owner]) {
      const [foreign, ...others] = await Promise.all([theirs.organization.id, ...unknown].map((id) => person.api.send(method, `/organizations/${id}${path}`, { body })));
      await refused(foreign!, 404, 'organization_not_found', `${method} ${path}`);
      for (const [at, other] of others.entries()) assert.deepEqual(masked(other), masked(foreign!), `${method} ${path} of ${unknown[at]}`);
    }
    // Somebody who is not signed in does not even hear that.
    await refused(checked(latchkey.anyone).send(method, `/organizations/${theirs.organization.id}${path}`, { body }), 401, 'auth_missing_credentials', `${method} ${path}`);
  });
  assert.deepEqual(masked(await theirs.api.get(`${theirs.home}/api_keys`)), before);
  assert.equal((await ok(theirs.api.get(theirs.home))).name, 'Theirs');

  // Nor does an id of theirs open anything below one's own organization.
  for (const [method, path, code, body] of [
    ['GET', `/api_keys/${foreignKey}`, 'api_key_not_found'], ['DELETE', `/api_keys/${foreignKey}`, 'api_key_not_found'], ['POST', `/api_keys/${foreignKey}/rotate`, 'api_key_not_found', { overlapSeconds: 0 }],
    ['GET', `/sessions/${theirs.organization.defaultSessionId}`, 'session_not_found'], ['GET', `/sessions/${theirs.organization.defaultSessionId}/api_keys`, 'session_not_found'], ['POST', `/sessions/${theirs.organization.defaultSessionId}/api_keys`, 'session_not_found', {}],
    ['GET', `/members/${theirs.user.id}`, 'member_not_found'], ['PATCH', `/members/${theirs.user.id}`, 'member_not_found', { role: 'viewer' }], ['DELETE', `/members/${theirs.user.id}`, 'member_not_found'],
    ['POST', `/members/${theirs.user.id}/password_reset`, 'member_not_found'], ['POST', '/transfer', 'member_not_found', { userId: theirs.user.id }],
  ] as const) {
    const foreign = await owner.api.send(method, `${home}${path}`, { body });
    await refused(foreign, 404, code, `${method} ${path}`);
    const made = path.replace(/(key|ses|usr)_\w+/, (id) => `${id.slice(0, 4)}${base62(id.length - 4)}`);
    const like = body && 'userId' in body ? { userId: nobody() } : body;
    assert.deepEqual(masked(await owner.api.send(method, `${home}${made}`, { body: like })), masked(foreign), `${method} ${path}`);
  }
  assert.equal((await ok(checked(latchkey.api(theirs.apiKey.key)).get('/v1/whoami'))).code, 'VALID');
});

test('who may choose the plan is a setting: the operator where nothing else is said', async () => {
  for (const [PLAN_CHANGES, status] of [[undefined, 403], ['operator', 403], ['owner', 200]] as const) {
    const other = await startLatchkey({ vars: { PLAN_CHANGES } });
    const { api, home, organization } = await newPerson(other);
    const reply = await api.patch(home, { plan: 'free' });
    if (status === 403) await refused(reply, 403, 'plan_changes_by_operator');
    else assert.equal((await ok(reply)).plan.name, 'free');
    assert.equal((await ok(api.patch(home, { name: 'Renamed' }))).name, 'Renamed');
    assert.equal((await ok(checked(other.operator).patch(`/operator/organizations/${organization.id}`, { plan: { name: 'starter' } }))).plan.name, 'starter');
    await other.stop();
  }
});
