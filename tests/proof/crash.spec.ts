// A power cut at any moment: what was acknowledged is there, what was revoked is refused from the first request on, what was not
// answered has happened as a whole or not at all. Under load, on disk, with KV failing in between; see support/crash.ts.
//
// `LATCHKEY_CRASH_SEED` repeats a run, `LATCHKEY_CRASH_ROUNDS` sets how many rounds, `LATCHKEY_CRASH_FROM` begins at a later
// chapter of the same run: each chapter begins with nothing, and depends on nothing before it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentile } from '../../benches/load.mjs';
import { startCrash, type Crash } from './support/crash.ts';
import { figure, full } from './support/proof.ts';
import { seedOf } from './support/random.ts';
import type { Front } from './support/service.ts';

const ROUNDS = Number(process.env.LATCHKEY_CRASH_ROUNDS ?? (full ? 1_000 : 6));
const FROM = Number(process.env.LATCHKEY_CRASH_FROM ?? 0);
const CHAPTER = full ? 25 : 6;
const seed = seedOf('LATCHKEY_CRASH_SEED');

const sorted = (values: number[]) => values.toSorted((a, b) => a - b);

test(`${ROUNDS} power cuts under load, KV failing: nothing acknowledged is lost, nothing revoked is accepted, all copies agree`, { timeout: 6 * 3_600_000 }, async () => {
  figure('crash: seed', seed);
  const counts: Record<string, number> = {};
  const [boots, drains, cutOff]: [number[], number[], number[]] = [[], [], []];
  const began = Date.now();
  let rounds = 0;
  for (let first = Math.floor(FROM / CHAPTER) * CHAPTER; first < ROUNDS; first += CHAPTER) {
    const crash = await startCrash(seed);
    for (let round = first; round < Math.min(ROUNDS, first + CHAPTER); round++) {
      await crash.round(round);
      rounds += 1;
      assert.deepEqual(crash.findings, [], `round ${round} of seed ${seed}`);
    }
    await crash.drain();
    await crash.retry();
    await crash.end();
    assert.deepEqual(crash.findings, [], `chapter ${first} of seed ${seed}`);
    for (const [what, count] of Object.entries(crash.told.counts)) counts[what] = (counts[what] ?? 0) + count;
    boots.push(...crash.boots);
    drains.push(...crash.drains);
    cutOff.push(...crash.cutOff);
    if (full) console.log(`${first + CHAPTER} of ${ROUNDS} rounds of seed ${seed}, ${Math.round((Date.now() - began) / 1_000)} s: ${JSON.stringify(counts)}`);
  }
  assert.ok((counts.create ?? 0) >= rounds && (counts.revoke ?? 0) > rounds / 10 && cutOff.some((count) => count > 0), JSON.stringify(counts));
  figure('crash: power cuts', rounds, 'rounds');
  figure('crash: acknowledged creates lost', 0, `of ${counts.create}`);
  figure('crash: acknowledged revokes accepted', 0, `of ${counts.revoke}`);
  for (const what of Object.keys(counts).sort()) figure(`crash: ${what}`, counts[what]!);
  figure('crash: rounds with requests under way', cutOff.filter((count) => count > 0).length, 'rounds');
  figure('crash: start on what is there, p50', Math.round(percentile(sorted(boots), 0.5)), 'ms');
  figure('crash: everything delivered once KV is well, longest', Math.max(...drains), 'ms');
});

/** A service that breaks its word, until that is found. */
async function broken(fronts: Front[], expected: RegExp): Promise<void> {
  const crash: Crash = await startCrash(seed, fronts);
  for (let round = 0; round < 12 && !crash.findings.some((finding) => expected.test(finding)); round++) await crash.round(round);
  const found = crash.findings.filter((finding) => expected.test(finding));
  assert.notDeepEqual(found, [], `not found among ${crash.findings.slice(0, 20).join('\n')}`);
}

test('services that break their word are found out', { timeout: 120_000 }, () => Promise.all([
  broken(['early'], /is active, not revoked|first request was answered 200|is VALID after a start/),
  broken(['forgetful'], /KV has generation 0 .* nothing waits/),
  broken(['ahead'], /KV names a key that no object has/),
]).then(() => undefined));
