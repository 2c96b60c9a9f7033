// Who gets in at all: a deployment is closed until somebody says otherwise, its first account needs the setup token, and
// whoever comes later an invitation that the mode accepts.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { checked, inParallel, ok, refused } from './support/acceptance.ts';
import { recordSecret } from './support/canary.ts';
import { newEmail, newPassword, startLatchkey, type Latchkey } from './support/latchkey.ts';

const somebody = (more: object = {}) => ({ email: newEmail(), password: newPassword(), firstName: 'Ada', lastName: 'Lovelace', ...more });
const register = (latchkey: Latchkey, more: object = {}) => checked(latchkey.anyone).post('/auth/register', somebody(more));
const as = (latchkey: Latchkey, { accessToken }: any) => checked(latchkey.person(accessToken));

/** A setup token as `npm run deploy` shows it once, and what the deployment knows of it. */
function setup() {
  const token = `setup_${randomBytes(24).toString('base64url')}`;
  recordSecret(token.slice('setup_'.length));
  return { token, digest: createHash('sha256').update(token).digest('hex') };
}

/** The ways to be let in by a token that is none. */
const NO_TOKENS = ['', ' ', 'x', 'undefined', 'null', '0'.repeat(64), 'x'.repeat(512)];

test('without settings a deployment is closed: nobody registers, with whatever token, and nothing is stored', async () => {
  for (const vars of [{ REGISTRATION: undefined }, { REGISTRATION: '' }, { REGISTRATION: 'closed', SETUP_TOKEN_SHA256: '' }, { REGISTRATION: 'invite' }]) {
    const latchkey = await startLatchkey({ vars });
    await refused(register(latchkey), 403, 'registration_closed');
    for (const setupToken of [...NO_TOKENS, latchkey.operatorToken, latchkey.rootSecret, createHash('sha256').update('').digest('hex')]) await refused(register(latchkey, { setupToken }), 403, 'registration_closed', setupToken);
    for (const invitation of NO_TOKENS) await refused(register(latchkey, { invitation }), 400, 'link_invalid', invitation);
    for (const nothing of [{ setupToken: null }, { invitation: null }]) await refused(register(latchkey, nothing), 403, 'registration_closed', JSON.stringify(nothing));
    await refused(register(latchkey, { setupToken: ['x'] }), 400, 'invalid_request');
    assert.deepEqual(latchkey.sqliteFiles(), []);
    await latchkey.stop();
  }
});

test('a setting that cannot be understood closes the deployment altogether', async () => {
  for (const vars of [{ REGISTRATION: 'Open' }, { REGISTRATION: 'true' }, { SETUP_TOKEN_SHA256: 'abc' }, { SETUP_TOKEN_SHA256: 'g'.repeat(64) }, { PLAN_CHANGES: 'anybody' }, { ORGANIZATION_RETENTION_DAYS: '-1' }, { LINK_HOOK_URL: 'http://mail.example' }, { DASHBOARD_URL: 'javascript:alert(1)' }]) {
    const latchkey = await startLatchkey({ vars });
    await refused(register(latchkey), 503, 'not_configured', JSON.stringify(vars));
    assert.match(latchkey.logs().join('\n'), new RegExp(Object.keys(vars)[0]!));
    assert.deepEqual(latchkey.sqliteFiles(), []);
    await latchkey.stop();
  }
});

test('the setup token is good for the first account, once, also after a restart; every other token is refused', async () => {
  const { token, digest } = setup();
  const latchkey = await startLatchkey({ vars: { REGISTRATION: undefined, SETUP_TOKEN_SHA256: digest } });
  for (const setupToken of [...NO_TOKENS, digest, token.slice(0, -1), `${token}x`, ` ${token}`, token.toUpperCase(), token.slice(0, 8)]) await refused(register(latchkey, { setupToken }), 403, 'registration_closed', setupToken);
  assert.deepEqual(latchkey.sqliteFiles(), [], 'a wrong token reaches nothing');
  await refused(register(latchkey, { setupToken: token, password: 'short' }), 400, 'invalid_request', 'a mistake does not use it up');

  const body = somebody({ setupToken: token, organizationName: 'First' });
  const first = await ok(checked(latchkey.anyone).post('/auth/register', body), 201);
  assert.deepEqual([first.organization.name, first.organizations[0].role], ['First', 'owner']);
  await ok(checked(latchkey.api(first.apiKey.key)).get('/v1/whoami'));
  await refused(checked(latchkey.anyone).post('/auth/register', body), 409, 'setup_done', 'the same again');
  for (let round = 0; round < 2; round++) {
    await refused(register(latchkey, { setupToken: token }), 409, 'setup_done');
    await refused(register(latchkey), 403, 'registration_closed');
    await refused(register(latchkey, { setupToken: `${token}x` }), 403, 'registration_closed');
    await latchkey.restart();
  }
  const { data } = await ok(checked(latchkey.operator).get('/operator/users'));
  assert.deepEqual(data.map(({ email }: any) => email), [body.email]);
  await ok(checked(latchkey.anyone).post('/auth/login', { email: body.email, password: body.password }));
  await latchkey.stop();
});

test('sixteen at once with the one setup token: exactly one has an account afterwards', async () => {
  for (let round = 0; round < 3; round++) {
    const { token, digest } = setup();
    const latchkey = await startLatchkey({ vars: { REGISTRATION: 'closed', SETUP_TOKEN_SHA256: digest } });
    const racers = Array.from({ length: 16 }, () => somebody({ setupToken: token }));
    const answers = await inParallel(racers, 16, (racer) => checked(latchkey.anyone).post('/auth/register', racer));
    assert.deepEqual(answers.map(({ status, body }) => `${status} ${body.code}`).sort(), ['201 undefined', ...Array(15).fill('409 setup_done')]);
    const winner = answers.findIndex(({ status }) => status === 201);
    const signedIn = await inParallel(racers, 16, async ({ email, password }) => (await checked(latchkey.anyone).post('/auth/login', { email, password })).status);
    assert.deepEqual(signedIn, racers.map((_, at) => (at === winner ? 200 : 401)));
    assert.equal((await ok(checked(latchkey.operator).get('/operator/organizations'))).data.length, 1);
    assert.equal((await ok(checked(latchkey.operator).get('/operator/users'))).data.length, 1);
    await latchkey.stop();
  }
});

test('sixteen at once with the setup token and one address: one account, whose password is that of the one who got in', async () => {
  const { token, digest } = setup();
  const latchkey = await startLatchkey({ vars: { REGISTRATION: 'closed', SETUP_TOKEN_SHA256: digest } });
  const email = newEmail();
  const racers = Array.from({ length: 16 }, () => somebody({ setupToken: token, email }));
  const answers = await inParallel(racers, 16, (racer) => checked(latchkey.anyone).post('/auth/register', racer));
  assert.equal(answers.filter(({ status }) => status === 201).length, 1);
  for (const { status, body } of answers) if (status !== 201) assert.match(`${status} ${body.code}`, /^(409 (email_taken|setup_done)|503 sign_in_busy)$/);
  const winner = answers.findIndex(({ status }) => status === 201);
  for (const [at, { password }] of racers.entries()) {
    const { status } = await checked(latchkey.anyone).post('/auth/login', { email, password });
    assert.equal(status, at === winner ? 200 : 401);
    // Ten wrong ones in a row would lock it.
    if (at === 7) await ok(checked(latchkey.anyone).post('/auth/login', { email, password: racers[winner]!.password }));
  }
  assert.equal((await ok(checked(latchkey.operator).get('/operator/organizations'))).data.length, 1);
  await latchkey.stop();
});

test('where somebody has registered before, a setup token that is set later is worth nothing', async () => {
  const { token, digest } = setup();
  const open = await startLatchkey({ vars: { REGISTRATION: 'open' } });
  await ok(register(open), 201);
  await open.stop();
  const closed = await startLatchkey({ persistDir: open.persistDir, vars: { REGISTRATION: 'closed', SETUP_TOKEN_SHA256: digest, ROOT_SECRETS: open.rootSecret } });
  await refused(register(closed, { setupToken: token }), 409, 'setup_done');
  await closed.stop();
});

test('mode invite: a link of an owner or the operator lets somebody in; mode closed: the operator\'s alone', async () => {
  for (const mode of ['invite', 'closed'] as const) {
    const { token: setupToken, digest } = setup();
    const latchkey = await startLatchkey({ vars: { REGISTRATION: mode, SETUP_TOKEN_SHA256: digest } });
    const owner = await ok(register(latchkey, { setupToken }), 201);
    const home = `/organizations/${owner.organization.id}`;
    const byOwner = async (body: object) => (await ok(as(latchkey, owner).post(`${home}/invitations`, body), 201)).token;
    const byOperator = async (body: object) => (await ok(checked(latchkey.operator).post(`/operator${home}/invitations`, body), 201)).token;
    await refused(register(latchkey), 403, 'registration_closed');

    const link = await byOwner({ role: 'member' });
    if (mode === 'closed') {
      await refused(register(latchkey, { invitation: link }), 403, 'registration_closed');
    } else {
      const guest = await ok(register(latchkey, { invitation: link }), 201);
      assert.deepEqual([guest.organization, guest.organizations[0].role], [null, 'member']);
    }
    const email = newEmail();
    const own = await byOperator({ role: 'admin', email });
    await refused(register(latchkey, { invitation: own }), 403, 'invitation_for_another');
    const admin = await ok(register(latchkey, { invitation: own, email: email.toUpperCase() }), 201);
    assert.deepEqual(admin.organizations.map(({ id, role }: any) => [id, role]), [[owner.organization.id, 'admin']]);
    await refused(register(latchkey, { invitation: own, email: newEmail() }), 409, 'invitation_ended');

    // Who has an account already accepts any invitation, and founds organizations, in every mode.
    const second = await ok(as(latchkey, admin).post('/organizations', { name: 'Second' }), 201);
    const { token } = await ok(as(latchkey, admin).post(`/organizations/${second.organization.id}/invitations`, { role: 'viewer' }), 201);
    assert.equal((await ok(as(latchkey, owner).post('/auth/invitations/accept', { token }))).role, 'viewer');

    const both = await byOperator({ role: 'viewer' });
    for (const excess of [{ organizationName: 'Mine' }, { setupToken }]) await refused(register(latchkey, { invitation: both, ...excess }), 400, 'invalid_request', JSON.stringify(excess));
    await ok(checked(latchkey.operator).post(`/operator${home}/suspend`));
    await refused(register(latchkey, { invitation: await byOperator({ role: 'viewer' }) }), 409, 'organization_suspended');
    await ok(checked(latchkey.operator).delete(`/operator${home}`));
    await refused(register(latchkey, { invitation: both }), 409, 'invitation_ended', 'an organization that is gone invites nobody');
    await latchkey.stop();
  }
});

test('sixteen at once with one invitation: one becomes a member', async () => {
  const latchkey = await startLatchkey({ vars: { REGISTRATION: 'open' } });
  const owner = await ok(register(latchkey), 201);
  const home = `/organizations/${owner.organization.id}`;
  const { token } = await ok(as(latchkey, owner).post(`${home}/invitations`, { role: 'viewer' }), 201);
  const guests = await inParallel(Array(8).fill(0), 8, async () => ok(register(latchkey), 201));
  const accepts = guests.map((guest) => () => as(latchkey, guest).post('/auth/invitations/accept', { token }));
  const registers = Array.from({ length: 8 }, () => () => register(latchkey, { invitation: token }));
  const answers = await inParallel([...accepts, ...registers], 16, (attempt) => attempt());
  assert.equal(answers.filter(({ status }) => status < 300).length, 1, answers.map(({ status }) => status).join());
  for (const { status, body } of answers) if (status >= 300) assert.equal(`${status} ${body.code}`, '409 invitation_ended');
  assert.equal((await ok(as(latchkey, owner).get(`${home}/members`))).data.length, 2);
  await latchkey.stop();
});

test('sixteen who register at once with one invitation: one has an account afterwards, the others are strangers', async () => {
  const latchkey = await startLatchkey({ vars: { REGISTRATION: 'closed' } });
  const { organization } = await latchkey.createOrganization('By the operator');
  const { token } = await ok(checked(latchkey.operator).post(`/operator/organizations/${organization.id}/invitations`, { role: 'viewer' }), 201);
  const racers = Array.from({ length: 16 }, () => somebody({ invitation: token }));
  const answers = await inParallel(racers, 16, (racer) => checked(latchkey.anyone).post('/auth/register', racer));
  const winners = answers.filter(({ status }) => status === 201);
  assert.equal(winners.length, 1, answers.map(({ status }) => status).join());
  const signedIn = await inParallel(racers, 16, async ({ email, password }) => (await checked(latchkey.anyone).post('/auth/login', { email, password })).status);
  assert.deepEqual(signedIn, answers.map(({ status }) => (status === 201 ? 200 : 401)), 'one invitation is one way in');
  await latchkey.stop();
});
