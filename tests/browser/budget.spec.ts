// What the dashboard may cost: bytes of script, and work of a processor that is four times slower (support/budget.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstPage } from '../../scripts/lib/dashboard.mjs';
import { painted, quiet, startDashboard } from './support/browser.ts';
import { SLOWDOWN, withinLimits, work } from './support/budget.ts';
import { PAGES, places, ready } from './support/tour.ts';

const SCRIPT_BYTES = 60_000;
/** Until all of a page is there, and until what was pressed is painted. */
const PAGE_MS = 1000 / SLOWDOWN;
const INTERACTION_MS = 100 / SLOWDOWN;
/** Longer than a pause in typing after which a search begins. */
const PAUSE_MS = 60;

const dashboard = await startDashboard();
const { latchkey } = dashboard;
const person = await latchkey.register({ organizationName: 'Fast house' });
const cookie = await dashboard.signIn(person);

test('the first page loads at most 60 kB of script, gzipped', async (t) => {
  const { bytes, files } = firstPage();
  t.diagnostic(`${bytes} bytes in ${files.length} files that index.html names`);
  const page = await dashboard.open({ path: '/sign-in' });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const loaded: number = await page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0));
  t.diagnostic(`${loaded} bytes of script until the sign-in is there`);
  assert.ok(bytes <= SCRIPT_BYTES && loaded > 0 && loaded <= SCRIPT_BYTES, `${bytes}, ${loaded}`);
});

test('a page is there after the work of a second at a quarter of the speed', async (t) => {
  const pages = PAGES(person);
  await withinLimits(t, dashboard, Object.fromEntries(pages.map(([what]) => [what, PAGE_MS])), async () => {
    const round: Record<string, number> = {};
    for (const [what, path, title] of pages) {
      /** Nothing is cached: each is a browser of its own. */
      const page = await dashboard.open({ ...(path === '/sign-in' ? {} : { cookie }), path: '/robots.txt' });
      const worked = await work(page);
      const before = await worked();
      await page.goto(path);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await quiet(page);
      round[what] = (await worked()) - before;
      await page.context().close();
    }
    return round;
  });
});

for (const { where, path, begun, steps } of places(person)) {
  test(`what is pressed in ${where} is painted after the work of 100 ms at a quarter of the speed`, async (t) => {
    const page = await dashboard.open({ cookie, path });
    await begun(page).waitFor();
    await quiet(page);
    // What the service answers is held back until the paint: it would be in this frame or in a later one, as it happens.
    let held: Promise<void> | undefined;
    await page.route(/\/(organizations|auth)\//, async (route) => {
      await held;
      await route.continue();
    });
    const worked = await work(page);
    await withinLimits(t, dashboard, Object.fromEntries(steps.map(([what]) => [what, INTERACTION_MS])), async () => {
      const round: Record<string, number> = {};
      for (const [what, on] of steps) {
        const act = await ready(page, on);
        await quiet(page);
        let release = () => {};
        held = new Promise((resolve) => (release = resolve));
        const before = await worked();
        await act();
        // Painted, and what waits for the paint or for a pause in typing done and painted as well.
        await page.evaluate((pause) => new Promise((resolve) => setTimeout(resolve, pause)), PAUSE_MS);
        await painted(page);
        round[what] = (await worked()) - before;
        release();
        await quiet(page);
      }
      return round;
    });
  });
}
