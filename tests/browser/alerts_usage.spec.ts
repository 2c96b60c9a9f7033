// What an organization sees of itself: overview, usage, alerts with their rules, and the audit log. Figures are those of
// the service, and what is changed is changed there. Sessions tell their organization within two minutes: files begin in the order
// of their names, so this one is among the first, and others work while it waits.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ok } from '../e2e/support/acceptance.ts';
import { accessible, fits, quiet, startDashboard, textOf } from './support/browser.ts';
import { heading, joined, newHouse, until } from './support/house.ts';
import { seedOrganization } from './support/seed.ts';

const dashboard = await startDashboard();
const house = await newHouse(dashboard, 'Seeded house');
const { api, home, at, owner } = house;
const { keys, sessions } = await seedOrganization(house);
/** Told to the organization within two minutes. */
const usage = () => until(async () => (await ok(api.get(`${home}/usage`))).totals, ({ requests, outcomes }) => requests >= 280 && outcomes.totalRequests >= 120, 'usage', 400);
const openAlerts = async (): Promise<any[]> => (await ok(api.get(`${home}/alerts?status=open&limit=100`))).data;

test('a new organization is told its first steps, and the sidebar begins with the overview', async () => {
  const fresh = await newHouse(dashboard, 'Fresh house');
  const page = await dashboard.open({ as: fresh.owner, path: '/' });
  await heading(page, 'Overview');
  assert.ok(page.url().endsWith(fresh.at()));
  await page.getByRole('heading', { name: 'Getting started' }).waitFor();
  await page.getByText('Issue a key, done').waitFor();
  assert.equal(await page.locator('.steps > li.done').count(), 1);
  await page.getByText('Nothing needs a look').waitFor();
  await accessible(page, 'an empty overview');
  await ok(fresh.api.post(`${fresh.home}/sessions`, { name: 'Second' }), 201);
  await page.reload();
  await page.getByText('Keep customers apart, done').waitFor();
  for (const [path, text] of [['usage', 'Nothing was verified in this time'], ['alerts', 'Nothing needs a look'], ['alerts?show=acknowledged', 'No open alert is acknowledged'], ['alerts?show=resolved', 'Nothing was resolved yet']] as const) {
    await page.goto(fresh.at(path));
    await page.getByText(text).waitFor();
    await accessible(page, `empty ${path}`);
  }
});

test('alerts are counted in the sidebar, told in words, acknowledged, and found again', async () => {
  await until(openAlerts, (alerts) => alerts.some(({ kind }) => kind === 'revoked_key_used') && alerts.some(({ kind }) => kind === 'near_limit'), 'alerts', 400);
  const page = await dashboard.open({ as: owner, path: at('alerts') });
  await heading(page, 'Alerts');
  const row = page.getByRole('row').filter({ hasText: 'Revoked key is used' });
  await row.getByText(/Used \d+ times after it was revoked/).waitFor();
  const badge = page.locator('.place', { hasText: 'Alerts' }).locator('.badge');
  await badge.waitFor();
  const before = Number(await badge.innerText());
  await accessible(page, 'alerts');
  await row.getByRole('button', { name: 'Details' }).click();
  await page.getByRole('dialog').getByText(keys.old.id).waitFor();
  await accessible(page, 'an alert');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Acknowledged. It stays open').waitFor();
  assert.equal(await row.count(), 0);
  const alert = (await openAlerts()).find(({ kind }) => kind === 'revoked_key_used');
  assert.equal(alert.acknowledgedBy.id, owner.user.id);
  await until(async () => Number((await badge.count()) ? await badge.innerText() : 0), (now) => now <= before, 'badge');
  await page.getByRole('tab', { name: 'Acknowledged' }).click();
  await row.waitFor();
  await page.getByLabel('Kind').selectOption('near_limit');
  await page.getByText('No alert matches these filters').waitFor();
  await accessible(page, 'no alert');
});

test('a rule is changed, switched off and reset, and the service goes by it', async () => {
  const page = await dashboard.open({ as: owner, path: at('alerts?show=rules') });
  const rule = async (kind: string) => (await ok(api.get(`${home}/alert_rules`))).data.find((one: any) => one.kind === kind);
  await page.getByRole('heading', { name: 'Near a limit' }).waitFor();
  await accessible(page, 'rules');
  await page.getByRole('button', { name: 'Edit Near a limit' }).click();
  await accessible(page, 'a rule');
  await page.getByLabel('Per cent').fill('0');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('dialog .wrong').waitFor();
  await page.getByLabel('Per cent').fill('95');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('95 % of a limit').waitFor();
  assert.equal((await rule('near_limit')).threshold, 95);
  await page.getByRole('button', { name: 'Reset Near a limit' }).click();
  await page.getByText('80 % of a limit').waitFor();
  assert.deepEqual([(await rule('near_limit')).threshold, (await rule('near_limit')).isDefault], [80, true]);
  await page.getByRole('button', { name: 'Edit Rotation is due' }).click();
  await page.getByLabel('Staging, days').fill('45');
  await page.getByLabel('Development, days').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('45 days in staging').waitFor();
  assert.deepEqual((await rule('rotation_due')).environments, { production: 90, staging: 45, development: null, none: null });
  const toggle = page.getByRole('switch', { name: 'Used from a new country: open alerts' });
  await toggle.click();
  await until(() => rule('new_country'), ({ enabled }) => !enabled, 'switched off');
  assert.equal(await toggle.getAttribute('aria-checked'), 'false');
});

test('the audit log is filtered, read entry by entry, and exported so that anybody can verify it', async () => {
  const page = await dashboard.open({ as: owner, path: at('audit') });
  await heading(page, 'Audit log');
  await page.getByRole('row').filter({ hasText: 'revoked a key' }).first().waitFor();
  await accessible(page, 'audit log');
  await page.getByLabel('Action').selectOption('session.updated');
  const row = page.getByRole('row').filter({ hasText: 'changed a session' }).first();
  await row.waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'revoked a key' }).count(), 0);
  await row.getByRole('button', { name: /Details/ }).click();
  await page.getByRole('dialog').getByText(sessions.lab.id).first().waitFor();
  await accessible(page, 'an entry');
  await page.getByRole('dialog').getByRole('button', { name: 'Only this' }).last().click();
  await page.getByRole('row').filter({ hasText: 'made a session' }).first().waitFor();
  assert.match(page.url(), new RegExp(`target=${sessions.lab.id}`));
  await page.getByLabel('Actor').fill('usr_nobody');
  await page.getByLabel('Actor').press('Enter');
  await page.getByText('No entry matches these filters').waitFor();
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByText(/npm run verify-audit -- audit-/).waitFor();
  await accessible(page, 'the export');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download NDJSON' }).click()]);
  const file = await download.path();
  const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual([lines[0].type, lines.at(-1).type], ['anchor', 'head']);
  const command = (await page.getByRole('dialog').locator('pre').first().innerText()).split(/[\s\\]+/);
  const verify = (...more: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, '../../scripts/verify-audit.mjs'), file, ...more], { encoding: 'utf8' });
  const good = verify(...command.slice(command.indexOf('--head')));
  assert.equal(good.status, 0, good.stdout + good.stderr);
  assert.notEqual(verify('--head', `1:${'0'.repeat(64)}`).status, 0);
});

test('a viewer sees figures and alerts, and nothing to change them with', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  const page = await dashboard.open({ as: viewer, path: at('alerts') });
  await page.getByRole('button', { name: 'Details' }).first().waitFor();
  assert.equal(await page.getByRole('button', { name: 'Acknowledge' }).count(), 0);
  await page.goto(at('alerts?show=rules'));
  await page.getByRole('heading', { name: 'Near a limit' }).waitFor();
  assert.equal(await page.getByRole('switch').count() + await page.getByRole('button', { name: /^(Edit|Reset)/ }).count(), 0);
  await page.goto(at('audit'));
  await heading(page, 'Not for your role');
});

test('overview and usage show the figures of the service, each chart with a table', async () => {
  const totals = await usage();
  const page = await dashboard.open({ as: owner, path: at() });
  await heading(page, 'Overview');
  await page.locator('.stat', { hasText: 'Requests' }).getByText(String(totals.requests), { exact: true }).waitFor();
  await page.getByRole('row').filter({ hasText: 'Web storefront' }).waitFor();
  await page.locator('canvas').first().waitFor();
  await accessible(page, 'overview');
  await page.getByRole('link', { name: 'All usage' }).click();
  await heading(page, 'Usage');
  await page.locator('canvas').first().waitFor();
  const text = await textOf(page);
  assert.match(text, new RegExp(`Success rate\\s+${(totals.successRate * 100).toFixed(1)} %`));
  assert.match(text, new RegExp(`Error rate\\s+${(totals.errorRate * 100).toFixed(1)} %`));
  const top = page.getByRole('table', { name: 'Top keys' });
  await top.getByText('Web storefront').waitFor();
  assert.match(await top.getByRole('row').nth(1).innerText(), /Web storefront[\s\S]*120/, 'the key that is used most comes first');
  for (const code of Object.keys(totals.byCode).filter((code) => code !== 'VALID')) await page.getByRole('table', { name: 'Refusals by reason' }).getByText(code, { exact: true }).waitFor();
  const table = page.getByRole('table', { name: 'Usage by environment' });
  await table.getByText('staging').waitFor();
  assert.match(await table.getByRole('row').filter({ hasText: 'staging' }).innerText(), /30/);
  assert.match(text, /p95\s+\d+ ms/);
  assert.equal(await page.getByText('Show as a table').count(), await page.locator('.chart-place').count());
  for (const summary of await page.getByText('Show as a table').all()) await summary.click();
  const sum = (await page.getByRole('region', { name: /by outcome, as a table/ }).locator('tbody tr').last().locator('td').allInnerTexts()).map(Number).reduce((a, b) => a + b);
  assert.ok(sum > 0 && sum <= totals.requests, `${sum}`);
  await accessible(page, 'usage');
  await page.getByRole('combobox', { name: 'Environment' }).selectOption('staging');
  await page.locator('.stat', { hasText: 'Requests' }).getByText('30', { exact: true }).waitFor();
  assert.match(page.url(), /environment=staging/);
  for (const name of ['24 h', '30 d', 'Custom']) {
    await page.getByRole('radio', { name }).check();
    await page.locator('.stat', { hasText: 'Requests' }).getByText('30', { exact: true }).waitFor();
  }
  await page.getByLabel('First day').fill('2020-01-01');
  await page.getByText('At most 400 days.').waitFor();
  await accessible(page, 'usage of too many days');
});

test('everything fits 320 px', async () => {
  const page = await dashboard.open({ as: owner, path: at(), width: 320, height: 640 });
  for (const path of ['', 'usage', 'usage?period=custom', 'alerts', 'alerts?show=rules', 'audit']) {
    await page.goto(at(path));
    await page.getByRole('heading', { level: 1 }).waitFor();
    await quiet(page);
    await fits(page, path || 'overview');
  }
  await page.getByRole('button', { name: 'Export' }).click();
  await fits(page, 'the export');
  await accessible(page, 'the export in a small window');
});
