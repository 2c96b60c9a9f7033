// Keys in the dashboard, from the first to the last of each; what a page says it did is looked at with the key itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startResolver } from '../e2e/support/resolver.ts';
import { accessible, copied, fits, forgive, quiet, startDashboard, textOf, type Page } from './support/browser.ts';
import { nowhere } from './support/kept.ts';
import { another, dialog, heading, house, row } from './support/keys.ts';

const resolver = await startResolver();
const dashboard = await startDashboard({ vars: { DNS_RESOLVER_URL: resolver.url } });
const { latchkey } = dashboard;

const whoami = async (key: string) => (await latchkey.api(key).get('/v1/whoami')).status;
async function act(page: Page, name: string, what: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: what }).click();
}

test('a key is created, its secret is shown once, works, and is nowhere afterwards', async () => {
  const { open } = await house(dashboard);
  const page = await open();
  await row(page, 'Default API Key').waitFor();
  await accessible(page, 'the list of keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await accessible(page, 'creating a key');
  await dialog(page).getByRole('button', { name: 'Create key' }).click();
  await dialog(page).locator('[aria-invalid=true]').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Nightly export');
  await page.keyboard.press('Enter');
  await heading(page, 'Your new key');
  const copy = dialog(page).getByRole('button', { name: 'Copy', exact: true });
  assert.ok(await copy.evaluate((button) => button === document.activeElement), 'the button that copies has the focus');
  assert.ok(!/[0-9A-Za-z]{40}/.test(await dialog(page).innerText()), 'it is hidden at first');
  await accessible(page, 'the secret of a new key');
  // Neither the cross nor Escape lets it go unasked.
  for (const close of [() => page.keyboard.press('Escape'), () => page.getByRole('button', { name: 'Close', exact: true }).click()]) {
    await close();
    await page.getByText('You have not copied the secret').waitFor();
    await page.getByRole('button', { name: 'Keep it open' }).click();
  }
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByText('You have not copied the secret').waitFor();
  await accessible(page, 'closing without having copied');
  await copy.click();
  const key = await copied(page);
  assert.equal(await whoami(key), 200);
  const verified = await latchkey.api(key).post('/v1/keys/verify', { key });
  assert.deepEqual([verified.status, verified.body.code, verified.body.name], [200, 'VALID', 'Nightly export']);
  await dialog(page).getByRole('button', { name: 'Show it' }).click();
  assert.ok((await dialog(page).innerText()).includes(key));
  await dialog(page).getByRole('button', { name: 'Hide it' }).click();
  for (const [tab, has] of [['.env', `LATCHKEY_KEY=${key}`], ['curl', `Bearer ${key}`], ['TypeScript', 'process.env.LATCHKEY_KEY'], ['Python', 'os.environ']] as const) {
    await dialog(page).getByRole('tab', { name: tab, exact: true }).click();
    await dialog(page).getByRole('button', { name: 'Copy with the key' }).click();
    await page.waitForFunction((text) => navigator.clipboard.readText().then((now) => now.includes(text)), has);
  }
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await row(page, 'Nightly export').getByText(`…${key.slice(-4)}`).waitFor();
  await nowhere(page, key, 'closed');
  await page.reload();
  await row(page, 'Nightly export').waitFor();
  await nowhere(page, key, 'after a reload');
  await page.goto('about:blank');
  await page.goBack();
  await row(page, 'Nightly export').waitFor();
  await nowhere(page, key, 'after Back');
});

test('leaving with Back while the secret is shown forgets it', async () => {
  const { open } = await house(dashboard);
  const page = await open('members');
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Left behind');
  const answer = page.waitForResponse((response) => response.request().method() === 'POST');
  await dialog(page).getByRole('button', { name: 'Create key' }).click();
  const { key } = await (await answer).json();
  await dialog(page).getByRole('button', { name: 'Show it' }).click();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
  await nowhere(page, key, 'after Back');
  await page.goForward();
  await row(page, 'Left behind').waitFor();
  await nowhere(page, key, 'after Forward');
  assert.equal(await dialog(page).count(), 0);
});

test('all that a key can be given is in the dialog, and what is wrong is said at its field', async () => {
  const { api, root, open } = await house(dashboard);
  const session = (await api.post(`${root}/sessions`, { name: 'Customer A', environment: 'staging' })).body;
  const page = await open();
  await page.getByRole('button', { name: 'Create key' }).click();
  const form = dialog(page);
  const fill = (label: string, value: string) => form.getByLabel(label).fill(value);
  await form.getByLabel('Name', { exact: true }).fill('Everything');
  await form.getByLabel('Belongs to').selectOption('session');
  await form.getByLabel('Session', { exact: true }).selectOption({ label: 'Customer A · staging' });
  await form.getByRole('radio', { name: 'Chosen ones' }).check();
  await fill('Permissions', 'emails:send\ninvoices:read');
  await form.getByLabel('Expires', { exact: true }).selectOption('90');
  await form.getByText('Limits', { exact: false }).first().click();
  await form.getByRole('button', { name: 'Add a rate limit' }).click();
  await fill('Requests', '100');
  await form.getByRole('button', { name: 'Add a rate limit' }).click();
  await form.getByLabel('Requests').nth(1).fill('5000');
  await form.getByLabel('Within').nth(1).selectOption('86400000');
  await form.getByLabel('Count credits').check();
  await fill('Credits left', '500');
  await form.getByLabel('Filled up', { exact: true }).selectOption('monthly');
  await fill('Filled up to', '500');
  await form.getByText('Restrictions').click();
  await fill('Domain', 'mail.example.com');
  await fill('Allowed addresses', '192.0.2.0/24, not an address');
  await form.getByText('Metadata').first().click();
  await fill('External id', 'customer-42');
  await form.getByLabel('Metadata', { exact: false }).last().fill('{"team": ');
  await form.getByRole('button', { name: 'Create key' }).click();
  await form.getByText(/Is no JSON/).waitFor();
  await accessible(page, 'a form with mistakes');
  await form.getByLabel('Metadata', { exact: false }).last().fill('{"team": "billing"}');
  await form.getByRole('button', { name: 'Create key' }).click();
  await form.locator('.wrong').getByLabel('Allowed addresses').waitFor();
  await fill('Allowed addresses', '192.0.2.0/24\n2001:db8::1');
  await form.getByRole('button', { name: 'Create key' }).click();
  // A domain has to be proven before a key is bound to it; who has done so goes on where the form is.
  await form.locator('.wrong', { hasText: 'Not verified yet' }).getByLabel('Domain').waitFor();
  await accessible(page, 'a domain that nobody has proven');
  const { id, record } = (await api.post(`${root}/domains`, { domain: 'mail.example.com' })).body;
  await resolver.publish(record.name, [record.value]);
  assert.equal((await api.post(`${root}/domains/${id}/verify`)).body.status, 'verified');
  await form.getByRole('button', { name: 'Create key' }).click();
  await heading(page, 'Your new key');
  const { data: [made] } = (await api.get(`${root}/api_keys?limit=1&search=Everything`)).body;
  const key = (await api.get(`${root}/api_keys/${made.id}`)).body;
  assert.equal(key.sessionId, session.id);
  assert.equal(key.environment, 'staging');
  assert.deepEqual(key.permissions, ['emails:send', 'invoices:read']);
  assert.ok(Math.abs(Date.parse(key.expiresAt) - Date.now() - 90 * 86_400_000) < 60_000);
  assert.deepEqual(key.rateLimits.map(({ limit, windowMs }: any) => [limit, windowMs]), [[100, 60_000], [5000, 86_400_000]]);
  assert.deepEqual([key.credits.remaining, key.credits.refill.interval, key.credits.refill.amount], [500, 'monthly', 500]);
  assert.deepEqual([key.domain, key.externalId, key.metadata], ['mail.example.com', 'customer-42', { team: 'billing' }]);
  assert.deepEqual(key.ipAllowList, ['192.0.2.0/24', '2001:db8::1']);
});

test('a list is searched, filtered and sorted, in the address too; a pasted secret does not get there', async () => {
  const { issue, api, root, open } = await house(dashboard);
  const alpha = await issue({ name: 'Alpha', environment: 'staging' });
  await issue({ name: 'Zulu', expiresAt: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  const gone = await issue({ name: 'Gone', environment: 'development' });
  await api.delete(`${root}/api_keys/${gone.id}`);
  const page = await open();
  await row(page, 'Gone').getByText('revoked').waitFor();
  assert.match(await row(page, 'Alpha').innerText(), new RegExp(`${alpha.shortId}[^]*${alpha.start}…${alpha.last4}[^]*staging[^]*active[^]*Never`));
  await row(page, 'Zulu').getByText('in 3 days').waitFor();
  await page.getByLabel('Status').selectOption('revoked');
  await row(page, 'Alpha').waitFor({ state: 'detached' });
  await page.reload();
  await row(page, 'Gone').waitFor();
  assert.equal(await page.getByRole('row').count(), 2);
  await page.getByLabel('Status').selectOption('');
  await page.getByLabel('Environment').selectOption('staging');
  await row(page, 'Gone').waitFor({ state: 'detached' });
  await page.getByLabel('Environment').selectOption('');
  await row(page, 'Gone').waitFor();
  const names = () => page.locator('.cell-title').allInnerTexts();
  await page.getByRole('button', { name: 'Name' }).click();
  await page.getByRole('button', { name: 'Name' }).click();
  assert.deepEqual(await names(), ['Alpha', 'Default API Key', 'Gone', 'Zulu']);
  await page.getByLabel('Search').fill('zul');
  await row(page, 'Alpha').waitFor({ state: 'detached' });
  assert.match(page.url(), /search=zul/);
  await page.getByLabel('Search').fill(alpha.key);
  await row(page, 'Alpha').waitFor();
  assert.ok(page.url().includes(`search=${alpha.start}`));
  await nowhere(page, alpha.key, 'a pasted secret');
  await page.getByLabel('Search').fill('nothing like it');
  await heading(page, 'No key matches');
  await accessible(page, 'no match');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await row(page, 'Alpha').waitFor();
});

test('who has no key yet is told what one is, and how to make it here and in a terminal', async () => {
  const { owner, open } = await house(dashboard);
  const page = await open('members');
  await page.route('**/api_keys?*', (route) => route.fulfill({ json: { data: [], pagination: { hasMore: false, nextCursor: null } } }));
  await page.getByRole('link', { name: 'API keys' }).click();
  await heading(page, 'Create your first key');
  assert.match(await textOf(page), /curl http:.*\/v1\/api_keys/);
  await accessible(page, 'no key yet');
  await page.locator('.empty').getByRole('button', { name: 'Create key' }).click();
  await heading(page, 'Create a key');
  const viewer = await dashboard.open({ as: await another(dashboard, owner, 'viewer'), path: `/o/${owner.organization.id}/keys` });
  await row(viewer, 'Default API Key').waitFor();
  assert.equal(await viewer.getByRole('button', { name: 'Create key' }).count(), 0);
  await viewer.getByRole('button', { name: 'Actions for Default API Key' }).click();
  assert.deepEqual(await viewer.getByRole('menuitem').allInnerTexts(), ['Who still uses it?']);
  await viewer.goto(`/o/${owner.organization.id}/keys/unused`);
  await heading(viewer, 'Unused keys');
  assert.equal(await viewer.getByRole('button', { name: /Revoke/ }).count(), 0);
});

test('rotating: both halves go on, one at once ends the old, and one sees who still uses it', async () => {
  const { issue, open } = await house(dashboard);
  const [slow, quick] = [await issue({ name: 'Slow' }), await issue({ name: 'Quick' })];
  await latchkey.api(slow.key).get('/v1/whoami', { headers: { 'user-agent': 'billing-cron/1.4' } });
  const page = await open();
  await act(page, 'Slow', 'Rotate');
  await dialog(page).getByText('Last used:').waitFor();
  await accessible(page, 'rotating');
  await page.getByLabel('The old key goes on for').selectOption('3600');
  await dialog(page).getByRole('button', { name: 'Rotate key' }).click();
  await heading(page, 'The new secret');
  await accessible(page, 'the secret of a successor');
  await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
  const successor = await copied(page);
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  assert.deepEqual([await whoami(slow.key), await whoami(successor)], [200, 200]);
  assert.notEqual(slow.key, successor);
  await nowhere(page, successor, 'closed');
  await row(page, 'replaced').getByRole('button', { name: 'Actions for Slow' }).click();
  assert.ok(!(await page.getByRole('menuitem').allInnerTexts()).includes('Rotate'), 'what was replaced is not replaced again');
  await page.getByRole('menuitem', { name: 'Who still uses it?' }).click();
  await dialog(page).getByText('too early to tell').or(dialog(page).getByText('still in use')).waitFor();
  await dialog(page).getByText('Replaced by').waitFor();
  await accessible(page, 'who still uses a key');
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await act(page, 'Quick', 'Rotate');
  await page.getByLabel('The old key goes on for').selectOption('0');
  await dialog(page).getByRole('button', { name: 'Rotate key' }).click();
  await heading(page, 'The new secret');
  await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
  const latest = await copied(page);
  assert.deepEqual([await whoami(quick.key), await whoami(latest)], [401, 200]);
});

test('disabling, enabling, and revoking with the name typed', async () => {
  const { issue, api, root, open } = await house(dashboard);
  const key = await issue({ name: 'Shop backend' });
  assert.equal(await whoami(key.key), 200);
  const page = await open();
  await act(page, 'Shop backend', 'Disable');
  await accessible(page, 'disabling');
  await dialog(page).getByRole('button', { name: 'Disable key' }).click();
  await row(page, 'Shop backend').getByText('disabled').waitFor();
  assert.equal(await whoami(key.key), 401);
  await page.getByText('Shop backend is disabled.').waitFor();
  await act(page, 'Shop backend', 'Enable');
  await page.getByText('Shop backend is enabled.').waitFor();
  await row(page, 'Shop backend').getByText('active').waitFor();
  assert.equal(await whoami(key.key), 200);
  await act(page, 'Shop backend', 'Revoke');
  await dialog(page).getByText('Last used: just now').waitFor();
  const button = dialog(page).getByRole('button', { name: 'Revoke key' });
  assert.ok(await button.isDisabled());
  await page.getByLabel('Type Shop backend to go on').fill('shop backend');
  assert.ok(await button.isDisabled(), 'it is the name exactly');
  await accessible(page, 'revoking');
  await page.getByLabel('Reason').fill('Laptop lost');
  await page.getByLabel('Type Shop backend to go on').fill('Shop backend');
  await button.click();
  await row(page, 'Shop backend').getByText('revoked').waitFor();
  assert.equal(await whoami(key.key), 401);
  assert.equal((await api.get(`${root}/api_keys/${key.id}`)).body.revocationReason, 'Laptop lost');
});

test('an edit sends what was changed and nothing else', async () => {
  const { issue, api, root, open } = await house(dashboard);
  const key = await issue({ name: 'Trial', credits: { remaining: 500 }, rateLimits: [{ name: 'odd', limit: 3, windowMs: 5000 }] });
  const page = await open();
  await act(page, 'Trial', 'Edit');
  await page.getByLabel('Name', { exact: true }).waitFor();
  await accessible(page, 'editing');
  // It is used while the dialog is open.
  assert.equal(await whoami(key.key), 200);
  await page.getByLabel('Name', { exact: true }).fill('Trial, renamed');
  await page.getByLabel('Expires', { exact: true }).selectOption('7');
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await dialog(page).getByRole('button', { name: 'Save changes' }).click();
  assert.deepEqual(Object.keys((await sent).postDataJSON()).sort(), ['expiresAt', 'name']);
  await row(page, 'Trial, renamed').getByText('in 7 days').waitFor();
  const now = (await api.get(`${root}/api_keys/${key.id}`)).body;
  assert.deepEqual([now.credits.remaining, now.rateLimits[0].windowMs], [499, 5000]);
});

test('what goes wrong is said with the id of the request, and can be tried again', async () => {
  const { open } = await house(dashboard);
  const page = await open('members');
  forgive(/503/);
  let broken = true;
  await page.route('**/api_keys?*', (route) => (broken ? route.fulfill({ status: 503, json: { message: 'The service is busy.', code: 'service_unavailable', details: { requestId: 'req_example' } } }) : route.continue()));
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('alert').getByText('req_example').waitFor();
  await accessible(page, 'a list that failed');
  broken = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await row(page, 'Default API Key').waitFor();
});

test('everything fits a window of 320 px', async () => {
  const { issue, open } = await house(dashboard);
  await issue({ name: `${'Long'.repeat(20)} name`, environment: 'development' });
  for (const path of ['keys', 'keys/unused']) {
    const page = await open(path, { width: 320, height: 640 });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await quiet(page);
    await fits(page, path);
    await accessible(page, `${path} in a small window`);
    if (path !== 'keys') continue;
    for (const what of ['Edit', 'Rotate', 'Disable', 'Who still uses it?', 'Revoke']) {
      await act(page, 'Default API Key', what);
      await quiet(page);
      await fits(page, what);
      const [wide, room] = await dialog(page).evaluate((element) => [element.scrollWidth, element.clientWidth]);
      assert.ok(wide! <= room!, `${what}: the dialog is ${wide} px wide in ${room} px`);
      await dialog(page).getByRole('button', { name: 'Close' }).click();
    }
    await page.getByRole('button', { name: 'Create key' }).click();
    await fits(page, 'creating');
  }
});
