// Getting in and out: registering, signing in, the second factor, links that people are sent, and what is left behind.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { totpCode } from '../e2e/support/acceptance.ts';
import { recordSecret } from '../e2e/support/canary.ts';
import { accessible, copied, fits, newEmail, newPassword, quiet, startDashboard, type Page } from './support/browser.ts';

const setupToken = `setup_${randomBytes(32).toString('base64url')}`;
recordSecret(setupToken.slice('setup_'.length));
const dashboard = await startDashboard({ vars: { SETUP_TOKEN_SHA256: createHash('sha256').update(setupToken).digest('hex') } });
const { latchkey } = dashboard;

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor();

async function fillSignIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What the browser keeps, and what stands in the document. */
const kept = (page: Page) => page.evaluate(async () => JSON.stringify([
  { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, location.href, history.state, document.cookie, await caches.keys(),
]));

test('the set-up token of a new deployment makes the first account', async () => {
  const page = await dashboard.open({ path: '/set-up' });
  await heading(page, 'Set up this deployment');
  await accessible(page, 'set-up');
  await page.getByLabel('Set-up token').fill(setupToken);
  await page.getByLabel('First name').fill('Ada');
  await page.getByLabel('Last name').fill('King');
  await page.getByLabel('E-mail').fill(newEmail());
  await page.getByLabel('Password', { exact: true }).fill(newPassword());
  await page.getByLabel('Organization').fill('First house');
  await page.getByRole('button', { name: 'Create account' }).click();
  await heading(page, 'Your first key');
  await accessible(page, 'the first key');
  await page.getByRole('button', { name: 'Go on to the dashboard' }).click();
  await page.getByRole('button', { name: /Organization: First house/ }).waitFor();
});

test('who registers sees the first key once, and it works; after a reload and Back it is nowhere', async () => {
  const page = await dashboard.open({ path: '/sign-in' });
  await page.getByRole('link', { name: 'Register' }).click();
  await heading(page, 'Create your account');
  await accessible(page, 'registering');
  // Empty fields are named by the service, each at its place.
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.locator('input[type=email][aria-invalid=true]').waitFor();
  await page.getByLabel('First name').fill('Grace');
  await page.getByLabel('Last name').fill('Hopper');
  await page.getByLabel('E-mail').fill(newEmail());
  await page.getByLabel('Password', { exact: true }).fill(newPassword());
  await page.getByRole('button', { name: 'Create account' }).click();
  await heading(page, 'Your first key');
  const copy = page.getByRole('button', { name: 'Copy', exact: true });
  // It gets the focus once the page stands.
  await copy.and(page.locator(':focus')).waitFor();
  assert.ok(!/[0-9A-Za-z]{40}/.test(await page.locator('#content').innerText()), 'it is hidden at first');
  await copy.click();
  const key = await copied(page);
  assert.equal((await latchkey.api(key).get('/v1/whoami')).status, 200);
  await page.getByRole('button', { name: 'Show it' }).click();
  assert.ok((await page.locator('#content').innerText()).includes(key));
  await page.getByRole('button', { name: 'Go on to the dashboard' }).click();
  await page.getByRole('navigation', { name: 'Dashboard' }).waitFor();
  for (const act of [async () => {}, () => page.reload(), () => page.goBack()]) {
    await act();
    await quiet(page);
    assert.ok(!(await kept(page)).includes(key.slice(-30)), 'nothing of the key is left');
  }
});

test('signing in leads to where one wanted to go, signing out ends it in the service too', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ path: '/account' });
  await page.waitForURL('**/sign-in?next=%2Faccount');
  await heading(page, 'Sign in');
  await accessible(page, 'sign-in');
  await fillSignIn(page, { email: person.email, password: newPassword() });
  await page.getByRole('alert').getByText('do not match').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /Request\s+req_/);
  await accessible(page, 'a refused sign-in');
  await fillSignIn(page, person);
  await page.waitForURL('**/account');
  await heading(page, 'Your account');
  assert.ok(!(await kept(page)).includes('lkat_'), 'no script sees the token');
  const [cookie] = await page.context().cookies();
  await page.getByRole('button', { name: /Your account:/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading(page, 'Sign in');
  assert.equal((await latchkey.browser(cookie!.value).get('/auth/user')).status, 401);
  assert.deepEqual(await page.context().cookies(), []);
});

test('a sign-in that has ended elsewhere leads back to the sign-in, and from there to the same page', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/account' });
  await heading(page, 'Your account');
  const { body } = await latchkey.person(person.accessToken).get('/auth/sign_ins');
  for (const { id, current } of body.data) if (!current) await latchkey.person(person.accessToken).delete(`/auth/sign_ins/${id}`);
  await page.reload();
  await page.waitForURL('**/sign-in?next=%2Faccount');
  await fillSignIn(page, person);
  await heading(page, 'Your account');
});

test('nobody is led to another site after signing in', async () => {
  const person = await latchkey.register();
  for (const next of ['//example.com/', '/\\example.com', 'https://example.com/', 'javascript:alert(1)']) {
    const page = await dashboard.open({ path: `/sign-in?next=${encodeURIComponent(next)}` });
    await fillSignIn(page, person);
    await page.getByRole('navigation', { name: 'Dashboard' }).waitFor();
    assert.equal(new URL(page.url()).origin, latchkey.url);
  }
});

test('a second factor is asked for after the password; a recovery code does instead', async () => {
  const person = await latchkey.register();
  const api = latchkey.person(person.accessToken);
  const { secret } = (await api.post('/auth/totp', { password: person.password })).body;
  const { recoveryCodes } = (await api.post('/auth/totp/confirm', { totp: totpCode(secret, -1) })).body;
  const page = await dashboard.open({ path: '/sign-in' });
  await fillSignIn(page, person);
  await heading(page, 'Second factor');
  await accessible(page, 'the second factor');
  await page.getByLabel('Code').fill('000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await page.getByLabel('Recovery code').fill(recoveryCodes[0]);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Dashboard' }).waitFor();
  const again = await dashboard.open({ path: '/sign-in' });
  await fillSignIn(again, person);
  await again.getByLabel('Code').fill(totpCode(secret));
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.getByRole('navigation', { name: 'Dashboard' }).waitFor();
});

test('a link of an invitation: its token leaves the address at once, and whoever registers with it belongs', async () => {
  const owner = await latchkey.register({ organizationName: 'Inviting house' });
  const home = `/organizations/${owner.organization.id}`;
  const { body: { token } } = await latchkey.person(owner.accessToken).post(`${home}/invitations`, { role: 'viewer' });
  const page = await dashboard.open({ path: `/invitation#token=${token}` });
  await heading(page, 'You are invited');
  assert.ok(!page.url().includes(token));
  await accessible(page, 'an invitation');
  const email = newEmail();
  await page.getByLabel('First name').fill('Alan');
  await page.getByLabel('Last name').fill('Turing');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(newPassword());
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('button', { name: /Organization: Inviting house/ }).waitFor();
  const { body: { data } } = await latchkey.person(owner.accessToken).get(`${home}/members`);
  assert.deepEqual(data.filter((member: any) => member.email === email).map((member: any) => member.role), ['viewer']);
  assert.ok(!(await kept(page)).includes(token.slice(5)));
});

test('who has an account signs in on the page of the invitation, and accepts', async () => {
  const owner = await latchkey.register({ organizationName: 'Second house' });
  const { body: { token } } = await latchkey.person(owner.accessToken).post(`/organizations/${owner.organization.id}/invitations`, { role: 'member' });
  const guest = await latchkey.register();
  const page = await dashboard.open({ path: `/invitation#token=${token}` });
  await page.getByRole('button', { name: 'Sign in to accept' }).click();
  await fillSignIn(page, guest);
  await page.getByText(guest.email).waitFor();
  await accessible(page, 'accepting an invitation');
  await page.getByRole('button', { name: 'Join the organization' }).click();
  await page.getByRole('button', { name: /Organization: Second house/ }).waitFor();
  // It is good once.
  const late = await dashboard.open({ path: `/invitation#token=${token}`, as: await latchkey.register() });
  await late.getByRole('button', { name: 'Join the organization' }).click();
  await late.getByRole('alert').getByText(/accepted or taken back/).waitFor();
});

test('a link for a new password sets it, and every sign-in ends', async () => {
  const owner = await latchkey.register();
  const { body: { token: invitation } } = await latchkey.person(owner.accessToken).post(`/organizations/${owner.organization.id}/invitations`, { role: 'member' });
  const member = await latchkey.register({ invitation });
  const { body: { token } } = await latchkey.person(owner.accessToken).post(`/organizations/${owner.organization.id}/members/${member.user.id}/password_reset`);
  const page = await dashboard.open({ path: `/password-reset#token=${token}` });
  await heading(page, 'Choose a new password');
  assert.ok(!page.url().includes(token));
  await accessible(page, 'a new password');
  const password = newPassword();
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Change the password' }).click();
  await heading(page, 'Your password is changed');
  assert.equal((await latchkey.person(member.accessToken).get('/auth/user')).status, 401);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await fillSignIn(page, { email: member.email, password });
  await page.getByRole('navigation', { name: 'Dashboard' }).waitFor();
});

test('where no mail is sent, who has forgotten the password is told whom to ask', async () => {
  const page = await dashboard.open({ path: '/forgot-password' });
  await page.getByLabel('E-mail').fill(newEmail());
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByText('sends no mail').waitFor();
  await accessible(page, 'a forgotten password');
});

test('the theme is chosen in the menu and is all that the browser keeps', async () => {
  const page = await dashboard.open({ as: await latchkey.register(), path: '/account' });
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: /Your account:/ }).click();
  await page.getByRole('menuitem', { name: 'Dark' }).click();
  await page.waitForFunction((before) => getComputedStyle(document.documentElement).backgroundColor !== before, light);
  await page.reload();
  await heading(page, 'Your account');
  assert.notEqual(await ground(), light);
  assert.deepEqual(await page.evaluate(() => ({ ...localStorage })), { 'latchkey.theme': 'dark' });
});

test('everything fits a window of 320 px, and the menu opens there', async () => {
  for (const path of ['/sign-in', '/register', '/set-up', '/forgot-password', '/password-reset', '/invitation']) {
    const page = await dashboard.open({ path, width: 320, height: 640 });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await fits(page, path);
  }
  const page = await dashboard.open({ as: await latchkey.register(), path: '/account', width: 320, height: 640 });
  await heading(page, 'Your account');
  await fits(page, '/account');
  await accessible(page, 'the frame');
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await page.getByRole('link', { name: 'Members' }).click();
  await heading(page, 'Members');
  await accessible(page, 'a small window');
});
