// Measuring what a page costs on a machine that others use as well. What is measured on the wall is as slow as the page or
// slower, never faster: so the best of several rounds counts, and there are more rounds only while none was good enough.
// What the processor worked for the page is the same on a busy machine, and is measured beside it.
import type { CDPSession } from 'playwright-core';
import type { Page } from './browser.ts';

export const SLOWDOWN = 4;
const ROUNDS = 12;

/** The best of each figure, in two rounds at least and in no more than it takes to be within `limits`. */
export async function best<Name extends string>(limits: Record<Name, number>, measure: () => Promise<Record<Name, number>>): Promise<Record<Name, number> & { rounds: number }> {
  let found = await measure();
  let rounds = 1;
  const names = Object.keys(limits) as Name[];
  while (rounds < 2 || (rounds < ROUNDS && names.some((name) => found[name] > limits[name]))) {
    const next = await measure();
    found = Object.fromEntries(names.map((name) => [name, Math.min(found[name], next[name])])) as Record<Name, number>;
    rounds += 1;
  }
  return { ...found, rounds };
}

/** A processor that is slowed down. */
export async function slow(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
}

/** How long (ms) the processor has worked for the page so far; ask before it is slowed down. */
export async function work(page: Page): Promise<() => Promise<number>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
}

/** Keeps how long each event took until the next paint, from now on. */
export const keepEvents = (page: Page): Promise<void> => page.evaluate(() => {
  const kept: number[] = ((globalThis as any).kept = []);
  const counts = /^(pointer(down|up)|click|key(down|up))$/;
  new PerformanceObserver((list) => kept.push(...list.getEntries().filter(({ name }) => counts.test(name)).map(({ duration }) => duration))).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
});

/** The slowest (ms) since it was asked last; what was quicker than the browser counts is 16 ms. */
export const slowestEvent = (page: Page): Promise<number> => page.evaluate(() => Math.max(16, ...((globalThis as any).kept as number[]).splice(0)));
