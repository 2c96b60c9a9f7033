// Members and invitations: what each role sees and does, and that the service sees it the same way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, copied, fits, newEmail, startDashboard, type Page, type Registered } from './support/browser.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;
const owner = await latchkey.register({ organizationName: 'Roles house', firstName: 'Olive', lastName: 'Owner' });
const home = `/organizations/${owner.organization.id}`;
const path = `/o/${owner.organization.id}/members`;
const api = latchkey.person(owner.accessToken);

async function joined(role: string, firstName: string): Promise<Registered> {
  const { body: { token } } = await api.post(`${home}/invitations`, { role });
  return latchkey.register({ invitation: token, firstName, lastName: 'Person' });
}
const roleOf = async ({ user }: Registered) => (await api.get(`${home}/members/${user.id}`)).body.role;
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const act = async (page: Page, name: string, action: string) => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
};

const [admin, member, viewer] = [await joined('admin', 'Adam'), await joined('member', 'Mia'), await joined('viewer', 'Vic')];

test('an invitation is made, its link works, and taking it back ends it', async () => {
  const page = await dashboard.open({ as: owner, path });
  await row(page, 'Mia Person').waitFor();
  await accessible(page, 'members');
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const email = newEmail();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Role', { exact: true }).selectOption('viewer');
  await accessible(page, 'inviting');
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  const link = await copied(page);
  assert.match(link, new RegExp(`^${latchkey.url}/invitation#token=lkiv_`));
  await accessible(page, 'the link of an invitation');
  await page.getByRole('button', { name: 'Done' }).click();
  assert.ok(!(await page.content()).includes(link.split('=')[1]!), 'the link is gone with its dialog');
  await row(page, email).getByText('pending').waitFor();
  await row(page, email).getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await row(page, email).getByText('revoked').waitFor();
  const refused = await latchkey.anyone.post('/auth/register', { email, password: 'a lamp, a ladder', firstName: 'A', lastName: 'B', invitation: link.split('=')[1] });
  assert.equal(refused.body.code, 'invitation_ended');
});

test('an owner changes a role, and it counts at once', async () => {
  const page = await dashboard.open({ as: owner, path });
  await act(page, 'Mia Person', 'Change role');
  await page.getByLabel('Role', { exact: true }).selectOption('admin');
  await accessible(page, 'changing a role');
  await page.getByRole('button', { name: 'Change role' }).click();
  await row(page, 'Mia Person').getByText('admin').waitFor();
  assert.equal(await roleOf(member), 'admin');
  assert.equal((await latchkey.person(member.accessToken).post(`${home}/invitations`, { role: 'viewer' })).status, 201);
  await api.patch(`${home}/members/${member.user.id}`, { role: 'member' });
});

test('a viewer sees people and nothing to change; an admin cannot touch owners', async () => {
  const watching = await dashboard.open({ as: viewer, path });
  await row(watching, 'Olive Owner').waitFor();
  assert.equal(await watching.getByRole('button', { name: /Invite|Take back/ }).count(), 0);
  // One row has a menu: the own one, to leave.
  assert.deepEqual(await watching.getByRole('button', { name: /Actions for/ }).evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))), ['Actions for Vic Person']);
  const managing = await dashboard.open({ as: admin, path });
  await row(managing, 'Olive Owner').waitFor();
  assert.equal(await managing.getByRole('button', { name: 'Actions for Olive Owner' }).count(), 0);
  await managing.getByRole('button', { name: 'Invite', exact: true }).click();
  assert.deepEqual(await managing.getByLabel('Role', { exact: true }).locator('option').allInnerTexts(), ['viewer', 'member', 'admin']);
});

test('what the service refuses is said in the dialog, with the id of the request', async () => {
  const page = await dashboard.open({ as: owner, path });
  await act(page, 'Olive Owner', 'Leave the organization');
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  const alert = page.getByRole('dialog').getByRole('alert');
  await alert.getByText('at least one owner').waitFor();
  assert.match(await alert.innerText(), /Request\s+req_/);
  await accessible(page, 'a refusal');
});

test('somebody who is removed is out at once; who leaves is led away', async () => {
  const page = await dashboard.open({ as: admin, path });
  await act(page, 'Mia Person', 'Remove');
  await accessible(page, 'removing');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await row(page, 'Mia Person').waitFor({ state: 'detached' });
  assert.equal((await latchkey.person(member.accessToken).get(home)).status, 404);
  const leaving = await dashboard.open({ as: viewer, path });
  await act(leaving, 'Vic Person', 'Leave the organization');
  await leaving.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await leaving.getByRole('heading', { name: 'Welcome' }).waitFor();
  await accessible(leaving, 'belonging nowhere');
  // What was theirs is not there for them any more.
  await leaving.goto(path);
  await leaving.getByRole('heading', { name: 'Organization not found' }).waitFor();
});

test('an owner makes a link for a new password, which is shown once', async () => {
  const pal = await joined('member', 'Pat');
  const page = await dashboard.open({ as: owner, path });
  await act(page, 'Pat Person', 'Link for a new password');
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  const token = (await copied(page)).split('=')[1];
  await accessible(page, 'a link for a password');
  assert.equal((await latchkey.anyone.post('/auth/password/reset', { token, newPassword: 'a rope and a lantern' })).status, 204);
  assert.equal((await latchkey.person(pal.accessToken).get('/auth/user')).status, 401);
});

test('a new organization is founded from the switcher, and its first key works', async () => {
  const page = await dashboard.open({ as: owner, path });
  await row(page, 'Olive Owner').waitFor();
  await page.getByRole('button', { name: /Organization: Roles house/ }).click();
  await accessible(page, 'the switcher');
  await page.getByRole('menuitem', { name: 'New organization' }).click();
  await page.getByLabel('Name').fill('Second house');
  await page.getByRole('button', { name: 'Create organization' }).click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  const key = await copied(page);
  assert.equal((await latchkey.api(key).get('/v1/whoami')).body.code, 'VALID');
  await accessible(page, 'the first key of an organization');
  await page.getByRole('button', { name: 'I have kept the key' }).click();
  await page.getByRole('button', { name: /Organization: Second house/ }).waitFor();
  assert.ok(!(await page.content()).includes(key));
});

test('the keyboard alone opens a menu, moves in it, and comes back', async () => {
  const page = await dashboard.open({ as: owner, path });
  await row(page, 'Adam Person').waitFor();
  await page.getByRole('button', { name: 'Actions for Adam Person' }).focus();
  await page.keyboard.press('Enter');
  const focused = () => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute('aria-label'));
  await page.getByRole('menu').waitFor();
  assert.equal(await focused(), 'Change role');
  await page.keyboard.press('End');
  assert.equal(await focused(), 'Remove');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'Change role');
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'Actions for Adam Person');
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('it fits 320 px', async () => {
  const page = await dashboard.open({ as: owner, path, width: 320, height: 700 });
  await page.getByText('Adam Person').waitFor();
  await fits(page, 'members');
  await accessible(page, 'members in a small window');
});
