// The steps of a verification natively: nanoseconds, and instructions where valgrind can count them.
import { attempt, run } from '../../scripts/lib/process.mjs';
import { nativeBinary } from './prepare.mjs';

/** @typedef {{ name: string, nanos: number, instructions: number | null }} Step */

/** @returns {Promise<{ steps: Step[], note: string }>} */
export async function native() {
  /** @type {{ name: string, nanos: number }[]} */
  const timed = JSON.parse(await run(nativeBinary, []));
  const counts = (await attempt('valgrind', ['--version'])).code === 0;
  /** @type {Step[]} */
  const steps = [];
  for (const { name, nanos } of timed) {
    const [few, many] = counts ? await Promise.all([executed(name, 100), executed(name, 1100)]) : [null, null];
    steps.push({ name, nanos, instructions: few === null || many === null ? null : (many - few) / 1000 });
  }
  return { steps, note: counts ? '' : 'instructions: not counted, valgrind is not installed' };
}

/** Instructions of a run with so many repetitions. @param {string} name @param {number} times */
async function executed(name, times) {
  const { output } = await attempt('valgrind', ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', nativeBinary, name, String(times)]);
  const found = /I\s+refs:\s+([\d,]+)/.exec(output)?.[1];
  return found ? Number(found.replaceAll(',', '')) : null;
}
