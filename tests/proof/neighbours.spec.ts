// Somebody who asks three times as often as he may does not slow down his neighbours: both are in the same process, and even
// in the same isolate, which is as near as two customers can be.
//
// Windows with and without him take turns, so that both see the same machine, and nothing is on a disk, whose slowest commits
// would be all that is measured: in a deployment the objects that commit are on other machines. The quick form judges what does
// not depend on time: that nobody else is refused, and that he gets what is his and no more. The full form judges the times too,
// and shows that a neighbour without a limit would be noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line, percentile } from '../../benches/load.mjs';
import { bearer, customer, p, serving, type Customer } from './support/traffic.ts';
import { figure, full } from './support/proof.ts';

const LIMIT = 1200;
/**
 * The most that p99 may be of what it is without him. Where all objects share one thread with everybody, what his requests cost
 * there while they are accepted is waited for; a neighbour without a limit shows several times as much (the control).
 */
const RATIO_MAX = 4;
/** A minute of him, and a minute without, in windows; in the quick form a second of each. */
const WINDOW_MS = full ? 5_000 : 1_500;
const WINDOWS = full ? 24 : 6;
const WIDTH = 4;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Answers {
  times: number[];
  accepted: number[];
  refused: number;
  wrong: string[];
}

/** Asks on some connections until `until`, so often in a second altogether (0: as often as answers come). */
async function ask(origin: URL, { keys }: Customer, until: number, perSecond: number, answers: Answers) {
  const started = performance.now();
  let sent = 0;
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    const talk = await line(origin);
    for (;;) {
      const turn = sent++;
      const due = perSecond > 0 ? started + (turn * 1000) / perSecond : 0;
      if (Math.max(due, performance.now()) >= until) break;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const { ms, status, answer } = await talk.ask({ method: 'GET', path: '/v1/whoami?permission=emails:send', headers: bearer(keys[turn % keys.length]!.key) });
      answers.times.push(ms);
      if (status === 200) answers.accepted.push(performance.now());
      else if (status === 429) answers.refused++;
      else answers.wrong.push(answer.slice(0, 300));
    }
    talk.close();
  }));
}

const nothing = (): Answers => ({ times: [], accepted: [], refused: 0, wrong: [] });

/** What a customer sees, in windows with a neighbour and without one by turns. */
async function windows(origin: URL, customer: Customer, neighbour: Customer, perSecond: number) {
  const [alone, beside, his] = [nothing(), nothing(), nothing()];
  for (let window = 0; window < WINDOWS; window++) {
    const until = performance.now() + WINDOW_MS;
    const mine = ask(origin, customer, until, 100, window % 2 === 0 ? alone : beside);
    await Promise.all([mine, ...(window % 2 === 0 ? [] : [ask(origin, neighbour, until, perSecond, his)])]);
  }
  for (const { times } of [alone, beside, his]) times.sort((one, other) => one - other);
  return { alone, beside, his, ratio: percentile(beside.times, 0.99) / percentile(alone.times, 0.99) };
}

/** The most that was accepted within any minute. */
function mostInAMinute(accepted: number[]): number {
  const sorted = [...accepted].sort((one, other) => one - other);
  let [most, from] = [0, 0];
  for (const [at, moment] of sorted.entries()) {
    while (moment - sorted[from]! >= 60_000) from++;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

test('at three times his limit somebody gets his limit, and his neighbour notices nothing', { timeout: 600_000 }, async () => {
  const service = await serving({ inMemory: true });
  const origin = service.urls[1]!;
  // Full windows only: over a minute he asks for 3 × LIMIT, in half of it.
  const [quiet, loud] = [await customer(service, 8), await customer(service, 8, full ? LIMIT : 60)];
  const limit = full ? LIMIT : 60;
  const perSecond = (3 * limit * 2) / 60;
  await windows(origin, quiet, quiet, 50);
  const { alone, beside, his, ratio } = await windows(origin, quiet, loud, full ? perSecond : 150);
  figure('neighbour: asked', his.times.length, 'requests');
  figure('neighbour: accepted within a minute, at most', mostInAMinute(his.accepted), 'requests');
  figure('neighbour: refused', his.refused, 'requests');
  for (const [name, { times }] of [['without', alone], ['with', beside]] as const) {
    figure(`${name} the neighbour: p50`, p(times, 0.5), 'ms');
    figure(`${name} the neighbour: p99`, p(times, 0.99), 'ms');
  }
  figure('p99 with the neighbour, of that without', Math.round(100 * ratio), '%');
  figure('errors of the others', alone.wrong.length + beside.wrong.length + alone.refused + beside.refused, 'answers');
  assert.deepEqual([alone.wrong, beside.wrong, his.wrong], [[], [], []]);
  assert.deepEqual([alone.refused, beside.refused], [0, 0], 'somebody else was refused');
  assert.ok(his.refused > his.times.length / 4, `${his.refused} of ${his.times.length} were refused`);
  assert.ok(mostInAMinute(his.accepted) <= limit, `${mostInAMinute(his.accepted)} of ${limit}`);
  if (full) assert.ok(ratio <= RATIO_MAX, `p99 is ${Math.round(100 * ratio)} % of what it is without the neighbour`);
});

if (full) {
  test('control: a neighbour without a limit, who asks as fast as he can, is noticed', { timeout: 600_000 }, async () => {
    const service = await serving({ inMemory: true });
    const [quiet, loud] = [await customer(service, 8), await customer(service, 8)];
    const { ratio, beside } = await windows(service.urls[1]!, quiet, loud, 0);
    figure('control, p99 with a neighbour without a limit, of that without', Math.round(100 * ratio), '%');
    assert.deepEqual(beside.wrong, []);
    assert.ok(ratio > RATIO_MAX, `${Math.round(100 * ratio)} %`);
  });
}
