// `npm run screenshots`: every page of the dashboard in both themes, with the data of support/demo.ts, into docs/pictures/.
// The pages are those of the route table, so none can be forgotten.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { at } from '../../scripts/lib/env.mjs';
import { startResolver } from '../e2e/support/resolver.ts';
import { seed } from './support/demo.ts';
import { withPalette } from './support/palette.ts';
import { quiet, startDashboard, type Page } from './support/browser.ts';

const WIDTH = 1280;
const [SHORTEST, TALLEST] = [720, 1500];
const BYTES = 200_000;
const into = at('docs/pictures');
const wanted = process.env.LATCHKEY_PICTURES?.split(',').filter(Boolean) ?? [];

const { routes }: { routes: readonly { path: string; kind: string }[] } = await import(new URL('../../dashboard/src/routes.ts', import.meta.url).href);
const resolver = await startResolver();
const dashboard = await startDashboard({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true', DNS_RESOLVER_URL: resolver.url }, movedClock: true });
const demo = await seed(dashboard.latchkey, resolver);
const cookie = await dashboard.signIn(demo.owner);

/** `/o/:organizationId/keys/:id` → `keys-one`. */
const nameOf = (path: string) => path.replace('/o/:organizationId', '').replace(':id', 'one').split('/').filter(Boolean).join('-') || 'overview';

function placeOf(path: string): string {
  const below = path.replace('/o/:organizationId', '');
  const id = demo.ids[below];
  assert.ok(!path.includes(':id') || id, `support/demo.ts names no example for ${path}`);
  return path.replace(':organizationId', demo.organizationId).replace(':id', id ?? '') + (demo.queries[below] ?? '');
}

async function take(page: Page, name: string): Promise<void> {
  await quiet(page);
  await page.waitForFunction(() => !document.querySelector('.bone'));
  await page.waitForTimeout(300);
  const tall: number = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: WIDTH, height: Math.max(SHORTEST, Math.min(TALLEST, tall)) });
  await page.waitForTimeout(200);
  await page.mouse.move(0, 0);
  const file = join(into, `${name}.png`);
  const picture = withPalette(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
  assert.ok(picture.length <= BYTES, `${name}.png has ${picture.length} bytes`);
  writeFileSync(file, picture);
}

mkdirSync(into, { recursive: true });
if (wanted.length === 0) for (const file of readdirSync(into)) if (file.endsWith('.png')) rmSync(join(into, file));

for (const { path, kind } of routes) {
  const name = nameOf(path);
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  test(name, async () => {
    for (const theme of ['light', 'dark'] as const) {
      const page = await dashboard.open({ path: placeOf(path), theme, width: WIDTH, height: SHORTEST, ...(kind === 'open' ? {} : { cookie }) });
      await page.getByRole('heading', { level: 1 }).waitFor();
      await take(page, `${name}-${theme}`);
    }
  });
}
