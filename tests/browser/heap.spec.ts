// What was shown once is held by nobody any more once it is closed: not by the scripts of the page either, long before a
// reload. And it went to no other place meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDashboard, type Page } from './support/browser.ts';
import { heapOf } from './support/heap.ts';
import { dialog, heading, house, row } from './support/keys.ts';

const dashboard = await startDashboard();

/** All of its random part, and each half of it. */
const parts = (key: string) => {
  const random = key.slice(key.lastIndexOf('_') + 1).slice(4, 23);
  return [random.slice(0, 10), random.slice(-9)];
};

/** Every request that a page has sent: address, headers, body. */
function sent(page: Page): string[] {
  const all: string[] = [];
  page.on('request', (request) => void request.allHeaders().then((headers) => all.push(JSON.stringify([request.url(), headers, request.postData()])), () => {}));
  return all;
}

/** The key in the answer to what is done. */
async function answered(page: Page, act: () => Promise<void>): Promise<string> {
  const answer = page.waitForResponse((response) => response.request().method() === 'POST' && response.status() === 201);
  await act();
  return (await (await answer).json()).key;
}

/** Held while it is shown, and by nobody once it is not. */
async function forgotten(page: Page, key: string, close: () => Promise<void>): Promise<void> {
  const shown = await heapOf(page);
  assert.ok(shown.texts > 10_000 && shown.holding(parts(key)).length > 0, 'while it is shown, it is found: the search works');
  await close();
  assert.equal(await dialog(page).count(), 0);
  // The word about the clipboard goes by itself.
  await page.waitForTimeout(300);
  assert.deepEqual((await heapOf(page)).holding(parts(key)), []);
}

test('a new key is held by nobody once its dialog is closed, and was sent nowhere', async () => {
  const { open } = await house(dashboard);
  const page = await open();
  const requests = sent(page);
  await row(page, 'Default API Key').waitFor();
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Nightly export');
  const key = await answered(page, () => page.keyboard.press('Enter'));
  await heading(page, 'Your new key');
  await dialog(page).getByRole('button', { name: 'Show it' }).click();
  await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
  await dialog(page).getByRole('button', { name: 'Copied' }).waitFor();
  await forgotten(page, key, async () => {
    await dialog(page).getByRole('button', { name: 'Done' }).click();
    await row(page, 'Nightly export').waitFor();
  });
  assert.ok(requests.length > 0);
  for (const request of requests) for (const part of parts(key)) assert.ok(!request.includes(part), request);
});
