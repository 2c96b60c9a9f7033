// Many keys: ending them together, those that nobody uses, and a list of thousands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, startDashboard } from './support/browser.ts';
import { withinLimits, work } from './support/budget.ts';
import { dialog, heading, house, row } from './support/keys.ts';

/** Work that a sort may take until it is painted, and a frame while somebody scrolls: of 16.7 ms there are at 60 a second. */
const SORTED_MS = 100;
const FRAME_MS = 16;
const FRAMES = 60;

const dashboard = await startDashboard();
const { latchkey } = dashboard;

const whoami = async (key: string) => (await latchkey.api(key).get('/v1/whoami')).status;

test('many keys are revoked after a dry run, and only if their number is typed', async () => {
  const { issue, open } = await house(dashboard);
  const keys = [];
  for (let number = 0; number < 3; number += 1) keys.push(await issue({ name: `Old job ${number}`, environment: 'development' }));
  const kept = await issue({ name: 'Kept' });
  const page = await open('keys?search=Old');
  await row(page, 'Old job 2').waitFor();
  await page.getByRole('button', { name: 'Revoke what matches' }).click();
  await dialog(page).getByText('This is a dry run').waitFor();
  await accessible(page, 'revoking many');
  for (const { key } of keys) assert.equal(await whoami(key), 200);
  const button = dialog(page).getByRole('button', { name: 'Revoke 3 keys' });
  await page.getByLabel('Type 3 to go on').fill('2');
  assert.ok(await button.isDisabled());
  // One more appears meanwhile: the number does not fit any more, and nothing happens.
  const late = await issue({ name: 'Old job, late', environment: 'development' });
  await page.getByLabel('Type 3 to go on').fill('3');
  await button.click();
  await dialog(page).getByRole('alert').waitFor();
  for (const { key } of [...keys, late]) assert.equal(await whoami(key), 200);
  await page.getByLabel('Type 4 to go on').fill('4');
  await dialog(page).getByRole('button', { name: 'Revoke 4 keys' }).click();
  await heading(page, 'Keys revoked');
  await accessible(page, 'many keys revoked');
  for (const { key } of [...keys, late]) assert.equal(await whoami(key), 401);
  assert.equal(await whoami(kept.key), 200);
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await row(page, 'Old job 1').getByText('revoked').waitFor();
});

test('of more keys than are revoked at a time, each portion is looked at and confirmed', async () => {
  const { open } = await house(dashboard);
  const page = await open('keys?search=Default');
  const sent: any[] = [];
  const data = [{ keyId: 'key_example', name: 'One of many', start: 'sk_live_abcd', last4: 'wxyz', lastUsedAt: null, result: 'revoked', settled: true }];
  await page.route('**/api_keys/revoke', (route) => {
    const body = route.request().postDataJSON();
    sent.push([body.dryRun ?? false, body.confirm]);
    const first = sent.length <= 2;
    return route.fulfill({ json: { dryRun: body.dryRun ?? false, count: first ? 500 : 20, hasMore: first, data } });
  });
  await row(page, 'Default API Key').waitFor();
  await page.getByRole('button', { name: 'Revoke what matches' }).click();
  await dialog(page).getByText('More keys match').waitFor();
  await page.getByLabel('Type 500 to go on').fill('500');
  await dialog(page).getByRole('button', { name: 'Revoke 500 keys' }).click();
  await dialog(page).getByText('There are more that match').waitFor();
  await dialog(page).getByRole('button', { name: 'Look at the next ones' }).click();
  await page.getByLabel('Type 20 to go on').fill('20');
  await dialog(page).getByRole('button', { name: 'Revoke 20 keys' }).click();
  await heading(page, 'Keys revoked');
  assert.deepEqual(sent, [[true, undefined], [false, 500], [true, undefined], [false, 20]]);
});

test('the report of unused keys: some are selected and revoked', async () => {
  const { api, root, issue, open } = await house(dashboard);
  const [first, second] = [await issue({ name: 'Forgotten 1' }), await issue({ name: 'Forgotten 2' })];
  const empty = await open('keys/unused');
  await heading(empty, 'Every key was used, or is younger than 90 days');
  await accessible(empty, 'no unused keys');
  // Nobody can wait for 90 days here: the service's own records, in the answer that it would give then.
  const page = await open('members');
  await page.route('**/api_keys/unused?*', async (route) => {
    const { data } = (await api.get(`${root}/api_keys?limit=10&status=active&search=Forgotten`)).body;
    await route.fulfill({ json: { data, pagination: { hasMore: false, nextCursor: null } } });
  });
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('link', { name: 'Unused keys' }).click();
  await row(page, 'Forgotten 1').waitFor();
  await accessible(page, 'unused keys');
  await page.getByLabel('Select Forgotten 1').check();
  await page.getByRole('button', { name: 'Revoke selected' }).click();
  await page.getByLabel('Type 1 to go on').fill('1');
  await dialog(page).getByRole('button', { name: 'Revoke 1 key' }).click();
  await heading(page, 'Keys revoked');
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await row(page, 'Forgotten 1').waitFor({ state: 'detached' });
  assert.deepEqual([await whoami(first.key), await whoami(second.key)], [401, 200]);
  await page.getByRole('button', { name: 'Revoke all of these' }).click();
  await dialog(page).getByText('No key is unused for 90 days now').waitFor();
});

test('three thousand keys: few rows are in the document at a time, and all can be reached, sorted', async (t) => {
  const { owner, api, root } = await house(dashboard);
  const { data: [model] } = (await api.get(`${root}/api_keys?limit=1`)).body;
  const all = Array.from({ length: 3000 }, (_, number) => ({ ...model, id: `key_${number}`, name: `Customer ${String((number * 7) % 3000).padStart(4, '0')}`, createdAt: new Date(Date.now() - number * 60_000).toISOString() }));
  const page = await dashboard.open({ as: owner, path: `/o/${owner.organization.id}/members` });
  await page.route('**/api_keys?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
    const to = from + limit;
    return route.fulfill({ json: { data: all.slice(from, to), pagination: { hasMore: to < all.length, nextCursor: to < all.length ? String(to) : null } } });
  });
  await page.route('**/api_keys/key_*/usage?*', (route) => route.fulfill({ json: { series: Array.from({ length: 30 }, (_, day) => ({ requests: day, valid: day })), totals: {} } }));
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByText('100 keys loaded').waitFor();
  await page.getByRole('button', { name: 'Load all' }).click();
  await page.getByText('3,000 keys.').waitFor({ timeout: 60_000 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.locator('.cell-title', { hasText: 'Customer 0007' }).waitFor();
  const rows = () => page.locator('tbody tr:not(.gap)').count();
  assert.ok(await rows() <= 160, `${await rows()} rows at the top`);
  const worked = await work(page);
  const sort = async () => {
    const before = await worked();
    await page.evaluate(async () => {
      [...document.querySelectorAll('button')].find((button) => button.textContent?.startsWith('Name'))!.click();
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    });
    return (await worked()) - before;
  };
  await withinLimits(t, dashboard, { 'sorting and painting': SORTED_MS }, async () => ({ 'sorting and painting': await sort() }));
  if (await page.locator('th[aria-sort=ascending]').count()) await sort();
  await page.locator('.cell-title', { hasText: 'Customer 2999' }).first().waitFor();
  await withinLimits(t, dashboard, { 'a frame while scrolling': FRAME_MS }, async () => {
    const before = await worked();
    await page.evaluate(async (steps) => {
      for (let step = 0; step < steps; step += 1) {
        scrollBy(0, 240);
        await new Promise(requestAnimationFrame);
      }
    }, FRAMES);
    return { 'a frame while scrolling': ((await worked()) - before) / FRAMES };
  });
  assert.ok(await rows() <= 240, `${await rows()} rows in the middle`);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.locator('.cell-title', { hasText: 'Customer 0000' }).waitFor();
  await page.getByRole('img', { name: '435 requests in 30 days, 0 refused' }).last().waitFor();
});
