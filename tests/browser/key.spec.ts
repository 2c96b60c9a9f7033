// The page of one key: what it is used for, what is left of its limits, who did what to it, and trying it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { accessible, copied, fits, forgive, quiet, startDashboard, textOf, type Page } from './support/browser.ts';
import { nowhere } from './support/kept.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

/** A key with some history: 20 good uses by two programs, 4 that were refused, and what became of them. */
const owner = await latchkey.register();
const api = latchkey.person(owner.accessToken);
const root = `/organizations/${owner.organization.id}`;
const key = (await api.post(`${root}/api_keys`, { name: 'Billing', permissions: ['emails:send', 'keys:verify'], rateLimits: [{ name: 'burst', limit: 1000, windowMs: 3_600_000 }], credits: { remaining: 5000 }, metadata: { team: 'billing' } })).body;
const bearer = latchkey.api(key.key);
for (let number = 0; number < 20; number += 1) assert.equal((await bearer.get('/v1/whoami', { headers: { 'user-agent': number % 4 ? 'billing-cron/1.4' : 'curl/8.5' } })).status, 200);
for (let number = 0; number < 4; number += 1) assert.equal((await bearer.get('/v1/whoami?permission=invoices:read')).status, 403);
const outcomes = Array.from({ length: 10 }, (_, number) => ({ keyId: key.id, id: `request-${number}`, status: number === 0 ? 503 : number === 1 ? 404 : 200, latencyMs: 20 + number * 10 }));
assert.equal((await bearer.post('/v1/outcomes', { outcomes })).body.accepted, 10);
// What isolates have decided by their leases is known within ten seconds.
for (let end = Date.now() + 120_000; Date.now() < end; await pause(500)) {
  if ((await api.get(`${root}/api_keys/${key.id}/usage`)).body.totals.requests >= 24) break;
}
const open = (options = {}) => dashboard.open({ as: owner, path: `/o/${owner.organization.id}/keys/${key.id}`, ...options });

test('traffic: rates, the chart and its table, refusals, percentiles', async () => {
  const page = await open();
  await page.getByRole('heading', { level: 1, name: 'Billing' }).waitFor();
  await page.locator('.stat').first().waitFor();
  const { totals } = (await api.get(`${root}/api_keys/${key.id}/usage?from=${new Date(Date.now() - 6 * 86_400_000).toISOString()}&granularity=day`)).body;
  assert.match(await page.locator('.stats').innerText(), new RegExp(`Requests\\s+${totals.requests}\\s[^]*Let through\\s+83\\.\\d %\\s+4 refused[^]*Succeeded\\s+80\\.0 %\\s+2 of 10 failed[^]*p95\\s+\\d+ ms`));
  const chart = part(page, 'Requests by day');
  await chart.locator('canvas').waitFor();
  // Its colours are those of the theme, not the black that a canvas takes for what it does not understand.
  const colours = await chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set<string>();
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.add([data[at], data[at + 1], data[at + 2]].join());
    return [...seen];
  });
  assert.ok(colours.includes('44,154,98') && colours.includes('213,71,62') && !colours.includes('0,0,0'), colours.join(' '));
  await chart.getByText('Show as a table').click();
  const rows = chart.getByRole('row');
  assert.equal(await rows.count(), 8, 'a row for each day');
  const sums = [0, 0, 0];
  for (const cells of await rows.evaluateAll((all) => all.slice(1).map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent))))) cells.forEach((value, at) => (sums[at]! += value));
  assert.deepEqual(sums, [20, 0, 4]);
  assert.match(await part(page, 'Refusals and errors').innerText(), /INSUFFICIENT_PERMISSIONS[^]*4\s+16\.7 %[^]*HTTP 503[^]*1\s+10\.0 %/);
  assert.match(await part(page, 'Response times').innerText(), /Average\s+65 ms\s+p50\s+\d+ ms\s+p95\s+\d+ ms\s+p99\s+\d+ ms/);
  await page.getByRole('radio', { name: '24 hours' }).check();
  await heading(page, 'Requests by hour');
  assert.match(page.url(), /period=24h/);
  await page.getByRole('radio', { name: '30 days' }).check();
  await part(page, 'Requests by day').getByText('Show as a table').click();
  assert.equal(await part(page, 'Requests by day').getByRole('row').count(), 31);
  assert.match(await part(page, 'Who uses it').innerText(), /still in use[^]*Uses\s+20[^]*billing-cron\/1\.4[^]*15[^]*curl\/8\.5[^]*5/);
  assert.match(await part(page, 'Recent requests').innerText(), /INSUFFICIENT_PERMISSIONS[^]*billing-cron|INSUFFICIENT_PERMISSIONS/);
  assert.match(await part(page, 'Settings').innerText(), /emails:send[^]*"team": "billing"/);
  await accessible(page, 'the page of a key');
});

test('limits are live while somebody looks, and only then', async () => {
  const page = await open();
  // Once all is there: a chart that comes later would push them out of sight again.
  await page.locator('canvas').first().waitFor();
  await quiet(page);
  await part(page, 'Limits').scrollIntoViewIfNeeded();
  const gauge = page.getByRole('meter', { name: /burst/ });
  const spent = async () => Number(await gauge.getAttribute('aria-valuenow'));
  const before = await spent();
  for (let number = 0; number < 5; number += 1) await bearer.get('/v1/whoami');
  await page.waitForFunction((old) => Number(document.querySelector('[role=meter]')?.getAttribute('aria-valuenow')) >= old + 5, before);
  await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' }));
  let asked = 0;
  page.on('request', (request) => (asked += request.url().endsWith(`/api_keys/${key.id}`) ? 1 : 0));
  await pause(6500);
  assert.equal(asked, 0, 'nobody looks: nothing is asked');
  const again = page.waitForRequest((request) => request.url().endsWith(`/api_keys/${key.id}`));
  await page.evaluate(() => {
    delete (document as any).visibilityState;
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await again;
});

test('a secret is tested check by check, costs nothing, and is not kept', async () => {
  const page = await open();
  const panel = part(page, 'Test this key');
  const { credits } = (await api.get(`${root}/api_keys/${key.id}`)).body;
  const requests = (await api.get(`${root}/api_keys/${key.id}/usage`)).body.totals.requests;
  await panel.getByLabel('Secret').fill(key.key);
  await panel.getByRole('button', { name: 'Test' }).click();
  await panel.getByText('Good, for what was asked.').waitFor();
  assert.match(await panel.getByRole('status').innerText(), /VALID[^]*The key is known\s+passed[^]*Has credits left\s+passed/);
  await panel.getByLabel('Permission').fill('invoices:read');
  await panel.getByRole('button', { name: 'Test' }).click();
  await panel.getByText('Lacks a permission that was asked for.').waitFor();
  await panel.getByRole('listitem').filter({ hasText: 'Has the permissions' }).getByText('refused').waitFor();
  await accessible(page, 'a key that was tested');
  await panel.getByLabel('Permission').fill('');
  await panel.getByLabel('Secret').fill(owner.apiKey.key);
  await panel.getByRole('button', { name: 'Test' }).click();
  await panel.getByText('This is another key').waitFor();
  await panel.getByLabel('Secret').fill('no key at all');
  await panel.getByRole('button', { name: 'Test' }).click();
  await panel.getByText('NOT_FOUND').waitFor();
  const after = (await api.get(`${root}/api_keys/${key.id}`)).body;
  assert.equal(after.credits.remaining, credits.remaining);
  assert.equal((await api.get(`${root}/api_keys/${key.id}/usage`)).body.totals.requests, requests);
  await panel.getByLabel('Secret').fill(key.key);
  await panel.getByRole('button', { name: 'Clear' }).click();
  await nowhere(page, key.key, 'cleared');
  await panel.getByLabel('Secret').fill(key.key);
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('heading', { level: 1, name: 'Members' }).waitFor();
  await nowhere(page, key.key, 'left');
  await page.goBack();
  await panel.waitFor();
  await nowhere(page, key.key, 'back');
});

test('what is done on the page is in force, and in the audit trail', async () => {
  const other = (await api.post(`${root}/sessions`, { name: 'Apart' })).body;
  const made = (await api.post(`${root}/api_keys`, { name: 'Short life', sessionId: other.id })).body;
  const page = await dashboard.open({ as: owner, path: `/o/${owner.organization.id}/keys/${made.id}` });
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable key' }).click();
  await page.getByText('It is switched off').waitFor();
  assert.equal((await latchkey.api(made.key).get('/v1/whoami')).status, 401);
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('Short life is enabled.').waitFor();
  assert.equal((await latchkey.api(made.key).get('/v1/whoami')).status, 200);
  await page.getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click();
  await heading(page, 'The new secret');
  await page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
  const successor = await copied(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await page.getByText('replaced by another key').waitFor();
  assert.deepEqual([(await latchkey.api(made.key).get('/v1/whoami')).status, (await latchkey.api(successor).get('/v1/whoami')).status], [200, 200]);
  await part(page, 'Who uses it').getByText('Uses since it was replaced').waitFor();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByLabel('Type Short life to go on').fill('Short life');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click();
  await page.getByText(/Revoked just now/).waitFor();
  assert.equal((await latchkey.api(made.key).get('/v1/whoami')).status, 401);
  const trail = part(page, 'Audit trail');
  await trail.getByText('api_key.revoked').waitFor();
  const text = await trail.innerText();
  for (const action of ['api_key.created', 'api_key.disabled', 'api_key.enabled', 'api_key.rotated']) assert.ok(text.includes(action), action);
  assert.match(text, /you/);
  await accessible(page, 'a revoked key');
});

test('a viewer looks, and can do nothing', async () => {
  const { body: { token } } = await api.post(`${root}/invitations`, { role: 'viewer' });
  const viewer = await latchkey.register({ invitation: token });
  const page = await dashboard.open({ as: viewer, path: `/o/${owner.organization.id}/keys/${key.id}` });
  await heading(page, 'Recent requests');
  for (const name of ['Edit', 'Rotate', 'Revoke', 'Test', 'More actions', 'Set a limit']) assert.equal(await page.getByRole('button', { name }).count(), 0, name);
  assert.ok(!(await textOf(page)).includes('Audit trail'));
});

test('a key that does not exist', async () => {
  const page = await dashboard.open({ as: owner, path: `/o/${owner.organization.id}/keys/key_nothing` });
  forgive(/40[04]/);
  await heading(page, 'Key not found');
  await accessible(page, 'a key that does not exist');
});

test('it fits a window of 320 px', async () => {
  const page = await open({ width: 320, height: 640 });
  await heading(page, 'Audit trail');
  await quiet(page);
  await page.getByText('Show as a table').first().click();
  await fits(page, 'the page of a key');
  await accessible(page, 'the page of a key in a small window');
});
