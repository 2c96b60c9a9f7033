// Importing keys in the dashboard: what is pasted leaves the page only as hashes, a dry run does nothing, a file goes in
// batches that are stopped and gone on with, and what was skipped is told and can be kept.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Route } from 'playwright-core';
import { ok } from '../e2e/support/acceptance.ts';
import { recordSecret } from '../e2e/support/canary.ts';
import { accessible, fits, quiet, startDashboard, textOf, type Page } from './support/browser.ts';
import { heading, joined, newHouse, verified } from './support/house.ts';
import { nowhere } from './support/kept.ts';

const dashboard = await startDashboard();
const house = await newHouse(dashboard, 'Importing house');
const { api, home, at, owner } = house;

function plaintext(prefix: string): string {
  const random = randomBytes(24).toString('hex');
  recordSecret(random);
  return prefix + random;
}
const sha256 = (text: string, as: 'hex' | 'base64' | 'base64url' = 'hex') => createHash('sha256').update(text).digest(as);
const keysNow = async (): Promise<any[]> => (await ok(api.get(`${home}/api_keys?limit=1000`)));
const figures = (page: Page) => page.locator('.stat-value').allInnerTexts();

/** All that a page has sent, addresses and bodies. */
function sentBy(page: Page): string[] {
  const sent: string[] = [];
  page.on('request', (request) => void sent.push(`${request.url()} ${request.postData() ?? ''}`));
  page.on('console', (message) => void sent.push(`console ${message.text()}`));
  return sent;
}

async function pasted(page: Page, text: string, prefix: string): Promise<void> {
  await page.getByRole('radio', { name: 'Pasted text' }).check();
  await page.getByLabel('Keys', { exact: true }).fill(text);
  await page.getByLabel('Prefix').fill(prefix);
}
const look = (page: Page) => page.getByRole('button', { name: 'Look first' }).click();

test('pasted keys are hashed here: no plaintext is sent or left, a dry run does nothing, and what is imported verifies', async () => {
  const [one, two, other, short] = [plaintext('mist_'), plaintext('mist_'), plaintext('fog_'), 'mist_1'];
  const native = (await ok(api.post(`${home}/api_keys`, { name: 'Native' }), 201)).key;
  const hashed = plaintext('mist_');
  const page = await dashboard.open({ as: owner, path: at('keys') });
  const sent = sentBy(page);
  await page.getByRole('link', { name: 'Import keys' }).click();
  await heading(page, 'Import keys');
  await accessible(page, 'importing keys');
  const lines = [
    { key: one, name: 'One', externalId: 'customer-1' },
    { key: two, permissions: ['emails:send'], expiresAt: '2001-01-01' },
    { key: other, name: 'Other' },
    { key: native },
    { key: short },
    { key: one },
    { key: plaintext('mist_'), start: 'mist_' },
    { hash: sha256(hashed, 'base64url'), name: 'Hashed', metadata: { team: 7 } },
    // A key where none may be is not sent to be refused.
    { hash: plaintext('mist_') },
    { hash: sha256('x'), start: plaintext('mist_') },
    { hash: sha256('y'), secret: plaintext('mist_') },
    { key: two, permissions: ['emails:send'] },
  ];
  await pasted(page, [...lines.map((line) => JSON.stringify(line)), 'no JSON'].join('\n'), 'mist_');
  await page.getByLabel('Permissions for keys that the file gives none').fill('invoices:read');
  const before = await keysNow();
  await look(page);
  await page.getByRole('heading', { name: 'A dry run of pasted keys' }).waitFor();
  assert.deepEqual(await figures(page), ['2', '0', '11']);
  await accessible(page, 'a dry run');
  const table = page.getByRole('table', { name: 'Skipped records' });
  const rows = (await table.getByRole('row').all()).slice(1);
  const told = (await Promise.all(rows.map((row) => row.innerText()))).map((text) => text.replace(/\s+/g, ' '));
  const expected: [number, RegExp][] = [
    [2, /expiresAt/], [3, /Record 3 Other key Does not begin with the prefix/], [4, /native_key/], [5, /Must have 8 to 512 characters/], [6, /duplicate_row/], [7, /cannot be given together with start/i],
    [9, /hash Must be a SHA-256/], [10, /start Shows too much of the key/], [11, /secret Is not a field of a key/], [12, /duplicate_row/], [13, /cannot be read/],
  ];
  assert.deepEqual(told.map((text) => Number(/^Record (\d+)/.exec(text)?.[1])), expected.map(([record]) => record));
  for (const [place, [, why]] of expected.entries()) assert.match(told[place]!, why);
  assert.equal((await keysNow()).length, before.length, 'a dry run imports nothing');
  assert.equal((await verified(house, one)).code, 'NOT_FOUND');
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the report' }).click()]);
  assert.equal(file.suggestedFilename(), 'pasted-keys.skipped.jsonl');
  const report = readFileSync(await file.path(), 'utf8');
  assert.deepEqual(report.trim().split('\n').map((line) => JSON.parse(line).record), expected.map(([record]) => record));
  await page.getByRole('button', { name: 'Import 2 keys' }).click();
  await page.getByText('2 keys imported, 11 skipped').waitFor();
  await accessible(page, 'an import that is done');
  const found = await verified(house, one);
  assert.deepEqual([found.code, found.name, found.externalId, found.permissions], ['VALID', 'One', 'customer-1', ['invoices:read']]);
  assert.deepEqual([(await verified(house, hashed)).metadata, (await verified(house, two)).code, (await verified(house, other)).code], [{ team: 7 }, 'NOT_FOUND', 'NOT_FOUND']);
  const kept = await ok(api.get(`${home}/api_keys/${found.keyId}`));
  assert.deepEqual([kept.start, kept.last4], [one.slice(0, 9), one.slice(-4)], 'what people recognize it by is as if the service had been sent it');
  // Whatever was sent, no part of a key was in it, and none is left.
  const secrets = lines.flatMap((line) => Object.values(line)).filter((value): value is string => typeof value === 'string' && /^(mist|fog|sk)_.{20}/.test(value));
  assert.equal(secrets.length, 10);
  const all = [...sent, report].join('\n');
  assert.ok(all.includes(sha256(one)), 'its hash was sent');
  for (const secret of secrets) {
    // Of a key of this service only these are secret: behind them is the place of its session, which addresses have, too.
    const random = secret.slice(secret.lastIndexOf('_') + 1).slice(0, secret === native ? 23 : -4);
    for (let from = 0; from + 12 <= random.length; from += 1) assert.ok(!all.includes(random.slice(from, from + 12)), 'a part of a key was sent');
  }
  for (const when of ['done', 'loaded again']) {
    if (when === 'loaded again') await page.reload();
    await quiet(page);
    for (const secret of secrets) await nowhere(page, secret, when);
  }
});

test('a file goes in batches, is stopped, goes on after a failure, and is only counted the next time', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Imported' }), 201);
  // Each of a hundred and one keys stands there ten times, written in three ways: so batches are many and requests small.
  const hashes = Array.from({ length: 1001 }, (_, index) => `${sha256(`rain ${Math.floor(index / 10)} ${session.id}`, (['hex', 'base64', 'base64url'] as const)[index % 3])},customer-${index}`);
  const page = await dashboard.open({ as: owner, path: at('keys/import') });
  const choose = async (lines: readonly string[]) => {
    await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'rain.csv', mimeType: 'text/csv', buffer: Buffer.from(`hash,externalId\n${lines.join('\r\n')}`) });
    await page.getByLabel('Prefix').fill('rain_');
    await page.getByLabel('Belong to').selectOption('session');
    await page.getByLabel('Session', { exact: true }).selectOption(session.id);
    await look(page);
    await page.getByRole('heading', { name: 'A dry run of rain.csv' }).waitFor();
  };
  await choose(hashes);
  assert.deepEqual(await figures(page), ['101', '0', '900']);
  /** What happens to the batches, one after the other; then nothing in particular. */
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const fates: ((route: Route) => Promise<void>)[] = [
    async (route) => { await held; await route.continue(); },
    (route) => route.fulfill({ status: 500, json: { code: 'internal_error', message: 'Something went wrong.', details: {} } }),
  ];
  let batches = 0;
  await page.route('**/imports', (route) => (fates[batches++] ?? ((one: Route) => one.continue()))(route));
  await page.getByRole('button', { name: 'Import 101 keys' }).click();
  await page.getByRole('progressbar').waitFor();
  await accessible(page, 'an import on its way');
  await page.getByRole('button', { name: 'Stop' }).click();
  release();
  await page.getByText('It is stopped.').waitFor();
  assert.deepEqual(await figures(page), ['50', '0', '450']);
  assert.equal(batches, 1, 'nothing is sent after that');
  await accessible(page, 'an import that is stopped');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('Something went wrong.').waitFor();
  assert.deepEqual(await figures(page), ['50', '0', '450']);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('101 keys imported').waitFor();
  assert.deepEqual(await figures(page), ['101', '0', '900']);
  assert.equal(batches, 4, 'three batches, one of them twice');
  const { keys } = await ok(api.get(`${home}/sessions/${session.id}/health`));
  assert.equal(Object.values<number>(keys).reduce((sum, count) => sum + count, 0), 101, 'each is there once');
  await page.getByRole('button', { name: 'Import more' }).click();
  await choose(hashes.slice(495, 515));
  assert.deepEqual(await figures(page), ['0', '3', '17']);
  await page.getByText('what could be is there already').waitFor();
  assert.equal(await page.getByRole('button', { name: /^Import \d/ }).count(), 0);
});

test('what is missing or cannot be read is said at its field; other systems are read as on the command line', async () => {
  const page = await dashboard.open({ as: owner, path: at('keys/import'), width: 320, height: 640 });
  const wrong = (label: string, text: RegExp) => page.locator('.wrong', { hasText: label }).getByText(text).waitFor();
  await page.getByLabel('Permissions for keys that the file gives none').fill('emails');
  await look(page);
  await wrong('File', /Choose a file/);
  await wrong('Prefix', /Say how the keys begin/);
  await wrong('Permissions', /Entry 1/);
  await fits(page, 'importing keys');
  await accessible(page, 'importing keys, all of it wrong, in a small window');
  await page.getByLabel('Permissions for keys that the file gives none').fill('');
  await page.getByLabel('They come from').selectOption('kong');
  await pasted(page, JSON.stringify({ data: 'none' }, null, 1), 'kong-');
  await look(page);
  await wrong('Keys', /There is no list of keys in this document/);
  const key = plaintext('kong-');
  await page.getByLabel('Keys', { exact: true }).fill(JSON.stringify({ consumers: [{ username: 'acme', custom_id: 'customer-7', keyauth_credentials: [{ key }] }] }, null, 1));
  await look(page);
  await page.getByRole('button', { name: 'Import 1 key' }).click();
  await page.getByText('1 key imported').waitFor();
  await fits(page, 'an import that is done');
  assert.deepEqual([(await verified(house, key)).externalId, (await textOf(page)).includes(key)], ['customer-7', false]);
});

test('a viewer cannot import, and is shown no way to it', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  const page = await dashboard.open({ as: viewer, path: at('keys') });
  await heading(page, 'API keys');
  assert.equal(await page.getByRole('link', { name: 'Import keys' }).count(), 0);
  await page.goto(at('keys/import'));
  await heading(page, 'Not for your role');
});
