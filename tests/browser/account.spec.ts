// The own account: name, password, second factor, sign-ins; and the plan and end of an organization.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { totpCode } from '../e2e/support/acceptance.ts';
import { recordSecret } from '../e2e/support/canary.ts';
import { accessible, fits, newPassword, quiet, startDashboard, type Page } from './support/browser.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;
const signIn = ({ email }: { email: string }, password: string, more = {}) => latchkey.anyone.post('/auth/login', { email, password, ...more });
const panel = (page: Page, name: string) => page.getByRole('region', { name });

test('a name is changed, and mistakes are shown at their fields', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/account' });
  await page.getByRole('row').filter({ hasText: 'this one' }).waitFor();
  await accessible(page, 'the account');
  await page.getByLabel('First name').fill('');
  await page.getByRole('button', { name: 'Save name' }).click();
  await page.locator('input[aria-invalid=true]').waitFor();
  await accessible(page, 'a mistake in a field');
  await page.getByLabel('First name').fill('Augusta');
  await page.getByRole('button', { name: 'Save name' }).click();
  await page.getByText('Your name is saved.').waitFor();
  assert.equal((await latchkey.person(person.accessToken).get('/auth/user')).body.firstName, 'Augusta');
});

test('a changed password signs out everything else, and only the new one is good', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/account' });
  const password = newPassword();
  recordSecret(password);
  await page.getByLabel('Current password').fill(newPassword());
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').getByText('The password is wrong').waitFor();
  await page.getByLabel('Current password').fill(person.password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByText('Your password is changed.').waitFor();
  assert.equal((await latchkey.person(person.accessToken).get('/auth/user')).status, 401);
  assert.equal((await signIn(person, person.password)).status, 401);
  assert.equal((await signIn(person, password)).status, 200);
  assert.equal(await page.getByLabel('New password').inputValue(), '');
  // This page goes on, and lists what is left.
  await page.reload();
  await panel(page, 'Where you are signed in').getByText('this one').waitFor();
});

test('a second factor is set up, gives recovery codes once, and is switched off with the password', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/account' });
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByLabel('Your password').fill(person.password);
  await accessible(page, 'confirming with the password');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  await accessible(page, 'the secret of a second factor');
  const secret = (await page.getByLabel('The secret', { exact: true }).innerText()).replace(/\s/g, '');
  recordSecret(secret);
  await page.getByLabel('Code that it shows now').fill('000000');
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Code that it shows now').fill(totpCode(secret));
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('heading', { name: 'The second factor is on' }).waitFor();
  const codes = await page.locator('.codes li').allInnerTexts();
  codes.forEach(recordSecret);
  assert.equal(codes.length, 10);
  await accessible(page, 'recovery codes');
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await panel(page, 'Second factor').getByText('on', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(codes[0]!) && !(await page.content()).includes(secret));
  assert.equal((await signIn(person, person.password)).body.code, 'second_factor_required');
  assert.equal((await signIn(person, person.password, { recoveryCode: codes[0] })).status, 200);
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByLabel('Your password').fill(person.password);
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  await panel(page, 'Second factor').getByText('off', { exact: true }).waitFor();
  assert.equal((await signIn(person, person.password)).status, 200);
});

test('another sign-in is ended', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/account' });
  const rows = panel(page, 'Where you are signed in').getByRole('row');
  await rows.filter({ hasText: 'With an access token' }).getByRole('button', { name: 'Sign out' }).click();
  await accessible(page, 'ending a sign-in');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  await rows.filter({ hasText: 'With an access token' }).waitFor({ state: 'detached' });
  assert.equal((await latchkey.person(person.accessToken).get('/auth/user')).status, 401);
});

test('the plan shows what is used, and an owner chooses another', async () => {
  const person = await latchkey.register({ organizationName: 'Planned house' });
  const home = `/organizations/${person.organization.id}`;
  await latchkey.person(person.accessToken).patch(home, { plan: 'free' });
  for (let times = 0; times < 15; times++) await latchkey.api(person.apiKey.key).get('/v1/whoami');
  const page = await dashboard.open({ as: person, path: `/o/${person.organization.id}/plan` });
  const meter = page.getByRole('meter', { name: 'Verifications a minute' });
  await meter.waitFor();
  assert.equal(await meter.getAttribute('aria-valuetext'), '15 of 60');
  await accessible(page, 'the plan');
  await page.getByRole('button', { name: 'Choose starter' }).click();
  await accessible(page, 'choosing a plan');
  await page.getByRole('button', { name: 'Change plan' }).click();
  await page.getByText('The plan is starter now.').waitFor();
  assert.equal((await latchkey.person(person.accessToken).get(home)).body.plan.name, 'starter');
});

test('a member sees the plan and changes nothing', async () => {
  const person = await latchkey.register();
  const { body: { token } } = await latchkey.person(person.accessToken).post(`/organizations/${person.organization.id}/invitations`, { role: 'member' });
  const member = await latchkey.register({ invitation: token });
  const page = await dashboard.open({ as: member, path: `/o/${person.organization.id}/plan` });
  await page.getByRole('heading', { name: 'enterprise' }).waitFor();
  assert.equal(await page.locator('#content').getByRole('button', { name: /Choose|Save|Delete|Export/ }).count(), 0);
  assert.ok(await page.getByLabel('Name of the organization').isDisabled());
});

test('an organization is renamed, copied, and ended with its name typed in; then its keys are dead', async () => {
  const person = await latchkey.register({ organizationName: 'Ending house' });
  const page = await dashboard.open({ as: person, path: `/o/${person.organization.id}/plan` });
  await page.getByLabel('Name of the organization').fill('Ended house');
  await page.getByRole('button', { name: 'Save name' }).click();
  await page.getByRole('button', { name: /Organization: Ended house/ }).waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
  const copy = JSON.parse(readFileSync(await download.path(), 'utf8'));
  assert.equal(copy.organization.name, 'Ended house');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const sure = page.getByRole('button', { name: 'Delete for good' });
  assert.ok(await sure.isDisabled());
  await accessible(page, 'deleting');
  await page.getByLabel('Type Ended house to go on').fill('Ended House');
  assert.ok(await sure.isDisabled(), 'in exactly this spelling');
  await page.getByLabel('Type Ended house to go on').fill('Ended house');
  await sure.click();
  await page.getByText('Every key is dead.').waitFor();
  assert.equal((await latchkey.api(person.apiKey.key).get('/v1/whoami')).status, 401);
  await accessible(page, 'a deleted organization');
});

test('it fits 320 px', async () => {
  const person = await latchkey.register();
  for (const path of ['/account', `/o/${person.organization.id}/plan`]) {
    const page = await dashboard.open({ as: person, path, width: 320, height: 700 });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await quiet(page);
    await fits(page, path);
    await accessible(page, `${path} in a small window`);
  }
});
