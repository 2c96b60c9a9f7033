// What the reference of the API may cost: it is made of a description of 380 kB, on a processor that is slowed down four times.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDashboard, type Page } from './support/browser.ts';
import { best, keepEvents, slow, slowestEvent } from './support/budget.ts';

const FIRST_PAINT_MS = 1000;
const READY_MS = 2000;
const INTERACTION_MS = 100;

const dashboard = await startDashboard();

test('an operation is painted within a second and ready within two, at a quarter of the speed', async (t) => {
  const found = await best({ paint: FIRST_PAINT_MS, ready: READY_MS }, async () => {
    const page = await dashboard.open({ path: '/robots.txt' });
    await slow(page);
    await page.goto('/docs/createApiKey');
    await page.getByRole('heading', { level: 1, name: 'Issues an API key' }).waitFor();
    const [paint, ready] = await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0]!.startTime, performance.now()]);
    await page.context().close();
    return { paint: paint!, ready: ready! };
  });
  t.diagnostic(`first paint ${Math.round(found.paint)} ms, ready ${Math.round(found.ready)} ms; ${found.rounds} rounds`);
  assert.ok(found.paint < FIRST_PAINT_MS, `first contentful paint after ${found.paint} ms`);
  assert.ok(found.ready < READY_MS, `ready after ${found.ready} ms`);
});

/** What somebody does there, in this order. */
const STEPS: readonly (readonly [string, (page: Page) => Promise<void>])[] = [
  ['a search is typed', (page) => page.getByRole('searchbox').pressSequentially('api key')],
  ['it is cleared', async (page) => {
    await page.getByRole('searchbox').press('Control+a');
    await page.getByRole('searchbox').press('Backspace');
  }],
  ['a group is opened', (page) => page.getByRole('button', { name: /^API keys/ }).click()],
  ['an operation is chosen', (page) => page.getByRole('link', { name: /Issues an API key$/ }).click()],
  ['a schema is unfolded', (page) => page.getByText('2 fields of credits').first().click()],
  ['another sample is chosen', (page) => page.getByRole('tab', { name: 'TypeScript' }).click()],
  ['trying it is chosen', (page) => page.getByRole('tab', { name: 'Try it' }).click()],
  ['another operation is chosen', (page) => page.getByRole('link', { name: /Changes an API key$/ }).click()],
];

test('searching, choosing and unfolding answer within 100 ms, at a quarter of the speed', async (t) => {
  const limits = Object.fromEntries(STEPS.map(([what]) => [what, INTERACTION_MS]));
  const found = await best(limits, async () => {
    const page = await dashboard.open({ path: '/docs' });
    await page.getByRole('searchbox').waitFor();
    await slow(page);
    await keepEvents(page);
    const round: Record<string, number> = {};
    for (const [what, act] of STEPS) {
      await page.waitForTimeout(100);
      await slowestEvent(page);
      await act(page);
      await page.waitForTimeout(300);
      round[what] = await slowestEvent(page);
    }
    await page.getByRole('heading', { level: 1, name: 'Changes an API key' }).waitFor();
    await page.context().close();
    return round;
  });
  t.diagnostic(`until the next paint: ${STEPS.map(([what]) => `${what} ${found[what]} ms`).join(', ')}; ${found.rounds} rounds`);
  for (const [what] of STEPS) assert.ok(found[what]! <= INTERACTION_MS, `${what}: ${found[what]} ms`);
});
