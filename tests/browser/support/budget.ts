// Measuring what a page costs on a machine that others use as well: only what the processor works for it, never how long
// that takes on the wall (`npm run bench -- dashboard` has that, beside an empty page in the same run). Work is the same on a
// busy machine but not on a slow one: so limits are those of one machine, and grow with what a fixed piece of work takes here,
// in the same browser, in the same rounds.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { CDPSession } from 'playwright-core';
import type { Dashboard, Page } from './browser.ts';

/** Limits are for a processor that is so many times slower than the one they were measured on. */
export const SLOWDOWN = 4;
const ROUNDS = 10;
/** What `exercise` took (ms) on the machine that the limits are for: two cores of a server of 2024, nothing else running. */
const EXERCISE_MS = 40;

/** How long (ms) the processor has worked for the page so far. */
export async function work(page: Page): Promise<() => Promise<number>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
}

/** Of the kind that pages do: elements made, laid out, sorted, painted and taken away. */
const exercise = (page: Page) => page.evaluate(async () => {
  const frame = () => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const data = Array.from({ length: 250 }, (_, row) => Array.from({ length: 6 }, (__, cell) => `${(row * 7919) % 250} of ${cell}`));
  const table = document.createElement('table');
  for (const row of JSON.parse(JSON.stringify(data)) as string[][]) {
    const line = document.createElement('tr');
    for (const text of row) {
      const cell = document.createElement('td');
      cell.append(document.createElement('span'));
      cell.firstElementChild!.textContent = text;
      line.append(cell);
    }
    table.append(line);
  }
  document.body.append(table);
  if (table.offsetHeight === 0) throw new Error('it was not laid out');
  table.append(...[...table.rows].sort((a, b) => a.textContent!.localeCompare(b.textContent!)));
  await frame();
  table.remove();
  await frame();
});

/**
 * Fails if the best of some rounds costs more than its limit (ms of work on the machine that limits are for). There are at
 * least two rounds, and more only while something is over its limit.
 */
export async function withinLimits<Name extends string>(t: TestContext, dashboard: Dashboard, limits: Record<Name, number>, measure: () => Promise<Record<Name, number>>): Promise<void> {
  const page = await dashboard.open({ path: '/robots.txt' });
  const worked = await work(page);
  const names = Object.keys(limits) as Name[];
  const taken: number[] = [];
  let found: Record<Name, number> | undefined;
  /** Nothing is compiled yet the first times. */
  for (let warm = 0; warm < 3; warm += 1) await exercise(page);
  const slower = () => [...taken].sort((a, b) => a - b)[taken.length >> 1]! / EXERCISE_MS;
  const over = () => names.filter((name) => found![name] > limits[name] * slower());
  while (taken.length < 2 || (taken.length < ROUNDS && over().length > 0)) {
    const before = await worked();
    await exercise(page);
    taken.push((await worked()) - before);
    const next = await measure();
    found = Object.fromEntries(names.map((name) => [name, Math.min(next[name], found?.[name] ?? Infinity)])) as Record<Name, number>;
  }
  const told = names.map((name) => `${name} ${found![name].toFixed(1)} of ${(limits[name] * slower()).toFixed(1)} ms`).join(', ');
  t.diagnostic(`${told}; ${taken.length} rounds, ${slower().toFixed(2)} times the work of the machine that limits are for`);
  assert.deepEqual(over(), [], told);
}
