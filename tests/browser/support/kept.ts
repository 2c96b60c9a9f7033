// All that a browser keeps of a page: what a secret that was shown once must not be in.
import assert from 'node:assert/strict';
import type { Page } from './browser.ts';

/** Document, fields, storage, caches, databases, history, cookies: each as a text. */
const places = (page: Page): Promise<Record<string, string>> => page.evaluate(async () => {
  const cached: string[] = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) cached.push(request.url, (await (await cache.match(request))?.text()) ?? '');
  }
  const text = (value: unknown) => JSON.stringify(value) ?? '';
  return {
    document: document.documentElement.outerHTML,
    fields: text([...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value)),
    storage: text([{ ...localStorage }, { ...sessionStorage }]),
    caches: text([cached, await indexedDB.databases()]),
    addresses: text([location.href, performance.getEntriesByType('resource').map(({ name }) => name)]),
    history: text([history.state, document.title, document.cookie, window.name]),
  };
});

/** All of it as one text. */
export const kept = async (page: Page): Promise<string> => Object.values(await places(page)).join('\n');

/** Fails if any part of a secret that is long enough to be one is there. */
export async function nowhere(page: Page, secret: string, when: string): Promise<void> {
  const all = Object.entries(await places(page));
  const part = secret.slice(secret.lastIndexOf('_') + 1);
  // Of a secret key only the random part is secret: the locator after it stands in the address of its session, too. The first
  // four characters and the last are shown on purpose.
  const random = part.length === 48 ? part.slice(0, 23) : part;
  for (let at = 0; at + 12 <= random.length; at += 1) {
    for (const [place, text] of all) assert.ok(!text.includes(random.slice(at, at + 12)), `${when}: a part of the secret is left in: ${place}`);
  }
}
