// Domains in the dashboard, with a resolver that answers: named, proven by a record, changed, lost, given up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '../e2e/support/acceptance.ts';
import { startResolver } from '../e2e/support/resolver.ts';
import { accessible, fits, startDashboard, textOf, type Page } from './support/browser.ts';
import { heading, joined, newHouse, until } from './support/house.ts';

const resolver = await startResolver();
const dashboard = await startDashboard({ vars: { DNS_RESOLVER_URL: resolver.url, DOMAIN_LOSS_HOURS: '0' } });
const house = await newHouse(dashboard, 'Domain house');
const { api, home, at, owner } = house;

const row = (page: Page, name: string) => page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
const dialog = (page: Page) => page.getByRole('dialog');
const named = async (name: string) => (await ok(api.get(`${home}/domains?limit=50`))).data.find(({ domain }: any) => domain === name);
const bound = (domain: string) => api.post(`${home}/api_keys`, { name: 'Bound', domain });

test('a domain is named, its record shown and copied, looked for in vain, found, and a key is bound to it', async () => {
  const page = await dashboard.open({ as: owner, path: at() });
  await page.getByRole('link', { name: 'Domains' }).click();
  await heading(page, 'Domains');
  await page.getByText('Prove your first domain').waitFor();
  assert.match(await textOf(page), /curl http:.*\/v1\/domains/);
  await accessible(page, 'no domain yet');
  await page.getByRole('button', { name: 'Add a domain' }).first().click();
  await accessible(page, 'naming a domain');
  await page.getByLabel('Domain', { exact: true }).fill('not a domain');
  await dialog(page).getByRole('button', { name: 'Add domain' }).click();
  await page.locator('dialog .wrong', { hasText: 'Domain' }).waitFor();
  await page.getByLabel('Domain', { exact: true }).fill('Mail.Example.com');
  await page.getByRole('checkbox', { name: 'Include subdomains' }).check();
  await page.getByRole('radio', { name: 'Refuse its keys' }).check();
  await dialog(page).getByRole('button', { name: 'Add domain' }).click();
  await page.getByRole('heading', { name: 'mail.example.com' }).waitFor();
  const { id, status, includeSubdomains, onLoss, record } = await named('mail.example.com');
  assert.deepEqual([status, includeSubdomains, onLoss], ['pending', true, 'refuse']);
  await accessible(page, 'the record of a domain');
  for (const text of [record.name, record.value]) {
    await dialog(page).getByRole('button', { name: `Copy ${text}` }).click();
    await page.waitForFunction((wanted) => navigator.clipboard.readText().then((now) => now === wanted), text);
  }
  const verify = dialog(page).getByRole('button', { name: 'Verify now' });
  await verify.click();
  await dialog(page).getByText('The record was not there. Look again in a few minutes.').waitFor();
  assert.equal(await dialog(page).getByText('The record was found').count(), 0);
  await accessible(page, 'a record that is not there');
  assert.equal((await bound('mail.example.com')).status, 409);
  // Nobody knows: that is said, and changes nothing.
  await resolver.fail(true);
  await verify.click();
  await dialog(page).getByText(/DNS cannot be asked at the moment/).waitFor();
  await accessible(page, 'a resolver that fails');
  await resolver.fail(false);
  await resolver.publish(record.name, ['v=spf1 -all', record.value]);
  await verify.click();
  await dialog(page).getByText('The record was found: mail.example.com is verified.').waitFor();
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await row(page, 'mail.example.com').getByText('verified').waitFor();
  assert.ok(!page.url().includes('?'));
  await accessible(page, 'the list of domains');
  const key = await bound('app.mail.example.com');
  assert.deepEqual([key.status, key.body.domainVerified], [201, true]);
  await page.goto(at(`keys/${key.body.id}`));
  await page.getByText('app.mail.example.com').waitFor();
  await page.locator('.facts').getByRole('link', { name: 'verified' }).click();
  await heading(page, 'Domains');
  assert.equal((await named('mail.example.com')).id, id);
});

test('what is done about subdomains and loss is changed; a lost domain is told, and comes back', async () => {
  const { id, record } = await ok(api.post(`${home}/domains`, { domain: 'lost.example' }), 201);
  await resolver.publish(record.name, [record.value]);
  const page = await dashboard.open({ as: owner, path: at('domains') });
  await page.getByRole('button', { name: 'Verify lost.example' }).click();
  await row(page, 'lost.example').getByText('verified').waitFor();
  await page.getByRole('button', { name: 'Actions for lost.example' }).click();
  await page.getByRole('menuitem', { name: 'Change' }).click();
  await accessible(page, 'changing a domain');
  await page.getByRole('radio', { name: 'Refuse its keys' }).check();
  await dialog(page).getByText(/verifications that ask for the domain are refused/).waitFor();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByText('lost.example is changed.').waitFor();
  assert.deepEqual([(await named('lost.example')).onLoss, (await named('lost.example')).includeSubdomains], ['refuse', false]);
  const { key } = (await bound('lost.example')).body;
  const code = async () => (await ok(api.post(`${home}/keys/verify`, { key, domain: 'lost.example' }))).code;
  assert.equal(await code(), 'VALID');
  await resolver.publish(record.name);
  await ok(api.post(`${home}/domains/${id}/verify`));
  await until(() => named('lost.example'), ({ status }) => status === 'lost', 'lost');
  await until(code, (now) => now === 'DOMAIN_NOT_ALLOWED', 'refused');
  // The alert leads to the domain, wherever it is in the list.
  await page.goto(at('alerts'));
  await page.getByText('The record of lost.example is missing').waitFor();
  await row(page, 'Domain lost its proof').getByRole('link').click();
  await dialog(page).getByText(/no longer proves anything/).waitFor();
  await accessible(page, 'a lost domain');
  await resolver.publish(record.name, [record.value]);
  await dialog(page).getByRole('button', { name: 'Verify now' }).click();
  await dialog(page).getByText('The record was found: lost.example is verified.').waitFor();
  await until(code, (now) => now === 'VALID', 'let through');
});

test('giving a domain up wants its name; then it is gone, and no key is bound to it any more', async () => {
  const { id } = await ok(api.post(`${home}/domains`, { domain: 'given-up.example' }), 201);
  const page = await dashboard.open({ as: owner, path: at('domains') });
  await page.getByRole('button', { name: 'Actions for given-up.example' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  const remove = dialog(page).getByRole('button', { name: 'Delete domain' });
  assert.ok(await remove.isDisabled());
  await accessible(page, 'giving a domain up');
  await page.getByLabel('Type given-up.example to go on').fill('given-up.example');
  await remove.click();
  await row(page, 'given-up.example').waitFor({ state: 'detached' });
  assert.equal((await api.get(`${home}/domains/${id}`)).status, 404);
  assert.equal((await bound('given-up.example')).status, 409);
  await page.goto(at(`domains?domain=${id}`));
  await page.getByText('There is no such domain.').waitFor();
});

test('a viewer sees domains and their records, and nothing to change them with; everything fits 320 px', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  await ok(api.post(`${home}/domains`, { domain: 'a-name-that-is-longer-than-most-are.subdomain.example.org' }), 201);
  const page = await dashboard.open({ as: viewer, path: at('domains'), width: 320, height: 640 });
  await page.getByRole('button', { name: /^Record of a-name/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: /Add a domain|^Verify|^Actions for/ }).count(), 0);
  await fits(page, 'domains');
  await accessible(page, 'domains in a small window');
  await page.getByRole('button', { name: /^Record of a-name/ }).click();
  await dialog(page).getByText('_latchkey.a-name-that-is-longer-than-most-are.subdomain.example.org').waitFor();
  assert.equal(await dialog(page).getByRole('button', { name: 'Verify now' }).count(), 0);
  await fits(page, 'the record of a domain');
  const [wide, room] = await dialog(page).evaluate((element) => [element.scrollWidth, element.clientWidth]);
  assert.ok(wide! <= room!, `the dialog is ${wide} px wide in ${room} px`);
});
