// Somebody who asks three times as often as he may does not slow down his neighbours: both are in the same process, and even
// in the same isolate, which is as near as two customers can be.
//
// Windows without anybody, beside somebody who asks as often as he may, and beside him take turns, so that all see the same
// machine, and begin when all is warm. Nothing is on a disk, whose slowest commits would be all that is measured: in a
// deployment the objects that commit are on other machines. The quick form judges what does not depend on time: that nobody else is refused, and that he gets what is
// his and no more. The full form judges the times too, and shows that a neighbour without a limit would be noticed; beside a
// Worker that does nothing, asked as often in the same process, stands what the runtime takes for that.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line, percentile } from '../../benches/load.mjs';
import { bearer, customer, p, serving, type Customer } from './support/traffic.ts';
import { figure, full } from './support/proof.ts';

const LIMIT = 1200;
const BARE = 'export default { fetch: () => new Response("{}") };';
/** The goal: of what p99 is beside somebody who keeps to the same limit. Asking more often gets him nothing from others. */
const BEYOND_MAX = 1.2;
/**
 * The most that it may be of what it is without anybody; the goal is 1.2 here, too. Where all objects share one thread with
 * everybody, what the requests of others cost there is waited for; a neighbour without a limit shows many times as much (the
 * control).
 */
const RATIO_MAX = 1.6;
/** The limit's own minute, so that he has used it up for most of it; in the quick form a second. */
const WINDOW_MS = full ? 60_000 : 1_000;
const TURNS = full ? 3 : 2;
/** The beginning of each window, until all is warm, is not measured. What the neighbour asks then counts for his limit. */
const WARM_MS = full ? 2_000 : 200;
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

interface Neighbour {
  /** Whom he asks, if it is not who the customer asks. */
  origin?: URL;
  who: Customer;
  perSecond: number;
}

/** What a customer sees alone and beside each of some neighbours, in windows by turns; and what they see. */
async function windows(origin: URL, customer: Customer, neighbours: Neighbour[], { turns = TURNS, ms = WINDOW_MS } = {}) {
  const kinds = [undefined, ...neighbours].map((neighbour) => ({ neighbour, mine: nothing(), theirs: nothing() }));
  for (let window = 0; window < turns * kinds.length; window++) {
    const { neighbour, mine, theirs } = kinds[window % kinds.length]!;
    for (const [length, answers] of [[WARM_MS, nothing()], [ms - WARM_MS, mine]] as const) {
      const until = performance.now() + length;
      await Promise.all([ask(origin, customer, until, 100, answers), ...(neighbour ? [ask(neighbour.origin ?? origin, neighbour.who, until, neighbour.perSecond, theirs)] : [])]);
    }
  }
  for (const { times } of kinds.flatMap(({ mine, theirs }) => [mine, theirs])) times.sort((one, other) => one - other);
  return kinds;
}

type Seen = Awaited<ReturnType<typeof windows>>[number];

const percent = (one: Answers, other: Answers) => Math.round((100 * percentile(one.times, 0.99)) / percentile(other.times, 0.99));

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

test('at three times his limit somebody gets his limit, and his neighbour notices nothing', { timeout: 1_200_000 }, async () => {
  const service = await serving({ inMemory: true, beside: [{ name: 'bare', modules: { 'bare.js': { source: BARE } } }] });
  const origin = service.urls[1]!;
  const limit = full ? LIMIT : 60;
  const [quiet, modest, loud] = [await customer(service, 8), await customer(service, 8, limit), await customer(service, 8, limit)];
  const often = full ? (3 * limit) / 60 : 150;
  const bare = { origin: service.urlOf('bare'), who: loud, perSecond: often };
  await windows(origin, quiet, [{ who: quiet, perSecond: 50 }], { turns: 1, ms: full ? 10_000 : 1_000 });
  const neighbours: Neighbour[] = [{ who: modest, perSecond: full ? (0.95 * limit) / 60 : 20 }, { who: loud, perSecond: often }, ...(full ? [bare] : [])];
  const [alone, within, beyond, idle] = (await windows(origin, quiet, neighbours)) as [Seen, Seen, Seen, Seen?];
  const his = beyond.theirs;
  figure('neighbour: asked', his.times.length, 'requests');
  figure('neighbour: accepted within a minute, at most', mostInAMinute(his.accepted), 'requests');
  figure('neighbour: refused', his.refused, 'requests');
  const names: [string, Seen | undefined][] = [
    ['without anybody', alone], ['beside a bare Worker asked as often', idle], ['beside one who keeps to the limit', within], ['beside one who asks three times as often', beyond],
  ];
  for (const [name, seen] of names.filter(([, seen]) => seen)) {
    figure(`${name}: p50`, p(seen!.mine.times, 0.5), 'ms');
    figure(`${name}: p99`, p(seen!.mine.times, 0.99), 'ms');
  }
  figure('accepted requests of one who keeps to the limit: p50', p(within.theirs.times, 0.5), 'ms');
  figure('p99 beside him, of that beside one who keeps to the limit', percent(beyond.mine, within.mine), '%');
  figure('p99 beside him, of that without anybody', percent(beyond.mine, alone.mine), '%');
  const others = [alone.mine, within.mine, beyond.mine];
  figure('errors of the others', others.reduce((sum, { wrong, refused }) => sum + wrong.length + refused, 0), 'answers');
  assert.deepEqual([...others, within.theirs, his].flatMap(({ wrong }) => wrong), []);
  assert.deepEqual(others.map(({ refused }) => refused), [0, 0, 0], 'somebody else was refused');
  assert.ok(his.refused > his.times.length / 4, `${his.refused} of ${his.times.length} were refused`);
  assert.ok(mostInAMinute(his.accepted) <= limit, `${mostInAMinute(his.accepted)} of ${limit}`);
  if (!full) return;
  assert.equal(within.theirs.refused, 0, 'who keeps to the limit was refused');
  assert.ok(percent(beyond.mine, within.mine) <= 100 * BEYOND_MAX, `p99 is ${percent(beyond.mine, within.mine)} % of what it is beside one who keeps to the limit`);
  assert.ok(percent(beyond.mine, alone.mine) <= 100 * RATIO_MAX, `p99 is ${percent(beyond.mine, alone.mine)} % of what it is without anybody`);
});

if (full) {
  test('control: a neighbour without a limit, who asks as fast as he can, is noticed', { timeout: 600_000 }, async () => {
    const service = await serving({ inMemory: true });
    const [quiet, loud] = [await customer(service, 8), await customer(service, 8)];
    const [alone, beside] = (await windows(service.urls[1]!, quiet, [{ who: loud, perSecond: 0 }], { turns: 4, ms: 5_000 })) as [Seen, Seen];
    const ratio = percent(beside.mine, alone.mine);
    figure('control, p99 with a neighbour without a limit, of that without', ratio, '%');
    assert.deepEqual(beside.mine.wrong, []);
    assert.ok(ratio > 100 * RATIO_MAX, `${ratio} %`);
  });
}
