// `npm run bench`: the floor of the runtime, Latchkey and its peers side by side, the steps of a verification natively, and
// the goals. Each server is a process of its own, so that its processor time can be told apart.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { at } from '../scripts/lib/env.mjs';
import { bold, dim, green, red, step } from '../scripts/lib/steps.mjs';
import { show } from './lib/tables.mjs';
import { floor } from './speed/floor.mjs';
import { goals } from './speed/goals.mjs';
import { latchkey } from './speed/latchkey.mjs';
import { native } from './speed/native.mjs';
import { peers } from './speed/peers.mjs';
import { plot } from './speed/plot.mjs';
import { growth, startUp, waiting, weight } from './speed/promises.mjs';
import { inRounds } from './speed/rounds.mjs';

/**
 * @param {{ directory: string, quick: boolean, figure: boolean }} options
 *   `quick`: a rough look within a minute, without the million verifications; `figure`: also into docs/performance
 */
export async function speed({ directory, quick, figure }) {
  const size = quick ? { keys: 1_000, rounds: 3, seconds: 0.5, waiting: 4, starts: 3 } : { keys: 10_000, rounds: 5, seconds: 0.9, waiting: 10, starts: 7 };
  const started = await step('start and CPU of it', () => startUp(directory, size.starts));
  /** @type {{ stop: () => Promise<void> }[]} */
  const running = [];
  const keep = async (/** @type {Promise<any>} */ server) => {
    running.push(await server);
    return server;
  };
  try {
    /** @type {Awaited<ReturnType<typeof floor>>} */
    const lowest = await step('the floor', () => keep(floor(directory)));
    /** @type {import('./speed/latchkey.mjs').Latchkey} */
    const ours = await step('Latchkey', async ({ note }) => {
      const service = await keep(latchkey(directory, { keys: size.keys }));
      note(`${service.keys.toLocaleString('en')} keys`);
      return service;
    });
    /** @type {import('./speed/peers.mjs').Peers} */
    const others = await step('peers', () => keep(peers(directory)));
    const scenarios = [...lowest.scenarios, ...ours.scenarios, ...others.scenarios];
    const results = await step(`${scenarios.length} scenarios in ${size.rounds} rounds`, () => inRounds(scenarios, size));
    const waited = await step('waiting for I/O, renewals', () => waiting(ours, size.waiting));
    const grown = quick ? null : await step('a million verifications', () => growth(ours, { verifications: 1_000_000, seconds: 300 }));
    const steps = await step('native steps', native);

    const style = existsSync(at('.e2e/bench/entry.js')) ? /** @type {const} */ ('floor.shell') : /** @type {const} */ ('floor.worker');
    const judged = goals({ results, style, waiting: waited, weight: weight(), startUp: started, growth: grown });
    printResults(results);
    for (const reason of others.skipped) console.log(red(`left out: ${reason}`));
    printNative(steps);
    printGoals(judged);
    const processor = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}`;
    const drawn = plot(results, { caption: `${processor}, workerd, 16 connections, one run side by side, ${new Date().toISOString().slice(0, 10)}` });
    writeFileSync(at('bench.svg'), drawn);
    const measured = { style, supports: ours.supports, keys: ours.keys, results, goals: judged, waiting: waited, startUp: started, weight: weight(), growth: grown, native: steps, leftOut: others.skipped };
    if (figure) {
      mkdirSync(at('docs/performance'), { recursive: true });
      writeFileSync(at('docs/performance/speed.svg'), drawn);
    }
    return { results: measured, missed: judged.filter(({ met }) => !met).map(({ name, wanted, measured: got }) => `${name}: ${got}, wanted ${wanted}`) };
  } finally {
    await Promise.all(running.map(({ stop }) => stop()));
  }
}

/** @param {import('./speed/rounds.mjs').Result[]} results */
function printResults(results) {
  const micros = results.find(({ id }) => id === 'floor.js')?.cpuMicros ?? NaN;
  show([
    ['scenario', 'requests/s', 'CPU µs', 'of JS floor', 'p50 ms', 'p99 ms'],
    ...results.map((row) => [row.name, row.perSecond.toFixed(0), row.cpuMicros.toFixed(0), `${(row.cpuMicros / micros).toFixed(2)} ×`, row.p50.toFixed(2), row.p99.toFixed(2)]),
  ]);
  console.log(dim('\n16 connections in a closed loop; CPU is the server’s whole process, for each request; medians of the rounds.'));
}

/** @param {Awaited<ReturnType<typeof native>>} measured */
function printNative({ steps, note }) {
  show([['natively', 'ns', 'instructions'], ...steps.map(({ name, nanos, instructions }) => [name, nanos.toFixed(0), instructions?.toFixed(0) ?? '–'])]);
  console.log(dim(`\n${note || 'Instructions as valgrind counts them, for a processor without SHA extensions.'}`));
}

/** @param {import('./speed/goals.mjs').Goal[]} judged */
function printGoals(judged) {
  console.log(`\n${bold('goal'.padEnd(62))}${bold('wanted'.padStart(20))}${bold('measured'.padStart(24))}`);
  for (const { name, wanted, measured, met } of judged) console.log(`${name.padEnd(62)}${wanted.padStart(20)}${measured.padStart(24)}  ${met ? green('PASS') : red('FAIL')}`);
  console.log();
}
