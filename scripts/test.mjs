// `npm test`: native tests, then the release build of the worker, then the e2e specs against it in workerd, those of the
// clients and their snippets, the quick form of the proofs, and the specs of the dashboard in Chromium. Where there is no browser
// and none may be installed, those are left out, and that is said.
//
//   npm test                      everything
//   npm run test:native [-- FILTER]   cargo's own filter
//   npm run test:e2e [-- NAME …]      spec files whose name contains one of the names
//   npm run test:client [-- NAME …]   likewise, in tests/client
//   npm run test:proof [-- NAME …]    likewise, in tests/proof
//   npm run test:browser [-- NAME …]  likewise, in tests/browser
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem } from 'node:os';
import { basename, join } from 'node:path';
import { buildClient } from './lib/api-types.mjs';
import { at, node, shown, wranglerEnv } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { chromium, withoutChromium } from './lib/chromium.mjs';
import { attempt, run as command } from './lib/process.mjs';
import { proxies } from './lib/proxies.mjs';
import { buildRustClient, rustClient } from './lib/rust-client.mjs';
import { Failure, bold, elapsed, green, main, red } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

/** @typedef {{ name: string, passed: number, failed: number, skipped: number, ms: number }} Layer */

/** @typedef {{ passed: number, failed: number, skipped: number, ok: boolean }} Counts */

/** @type {string} */
const CANARY = 'tests/e2e/zz_canary.spec.ts';
/** The end to end specs that take longest, mostly waiting: they begin with the first ones, or all would wait for them. */
const LONG = ['leases', 'registration', 'sign_in', 'start', 'story', 'usage'];
/** Where the state of a run may be in memory, and how much of it and of the machine's has to be free (bytes). */
const MEMORY = '/dev/shm';
const FREE_MIN = 3 * 2 ** 30;
/** Specs of the browser that have passed only when they were run again. @type {string[]} */
const lateOnes = [];

const [layer = '', ...filters] = process.argv.slice(2);

await main(async () => {
  await prepare();
  /** @type {Layer[]} */
  const layers = [];
  const wanted = (/** @type {string} */ name) => layer === '' || layer === name;
  if (wanted('native')) layers.push(await timed('native', native));
  if (wanted('e2e')) layers.push(await timed('e2e', endToEnd));
  if (wanted('client')) layers.push(await timed('client', withClient));
  if (wanted('proof')) layers.push(await timed('proof', quickProofs));
  let leftOut = '';
  if (wanted('browser')) {
    if (await chromium()) layers.push(await timed('browser', inBrowser));
    else leftOut = withoutChromium;
  }
  // Who has asked for this layer alone has asked for something that cannot be done.
  if (leftOut && layer === 'browser') throw new Failure(`The browser layer cannot run: ${leftOut}.`);
  report(layers, leftOut);
});

/**
 * A layer that breaks before it can count, or that ran nothing, has failed.
 * @param {string} name
 * @param {() => Promise<{ passed: number, failed: number, skipped?: number, ok: boolean }>} work
 * @returns {Promise<Layer>}
 */
async function timed(name, work) {
  const started = Date.now();
  const { passed, failed, skipped = 0, ok } = await work().catch((error) => {
    console.error(`${red('✗')} ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0, ok: false };
  });
  const honest = failed === 0 && (!ok || passed === 0) ? 1 : failed;
  return { name, passed, failed: honest, skipped, ms: Date.now() - started };
}

async function native() {
  console.log(bold('\nNative tests'));
  const ours = ['--no-fail-fast', ...filters];
  // Options are about the targets of the worker's package.
  if (filters.some((filter) => filter.startsWith('-'))) return cargoTest(ours);
  await command('cargo', ['test', '--no-run'], { show: 'always' });
  const others = readdirSync(at('tests'), { withFileTypes: true }).filter(({ name }) => name !== 'integration' && existsSync(at('tests', name, 'main.rs')));
  const targets = ['--lib', '--bins', '--examples', ...others.flatMap(({ name }) => ['--test', name])];
  // Half of the time are the integration tests; the rest runs beside them, and is told later.
  let told = '';
  const later = (/** @type {string} */ chunk) => void (told += chunk);
  const beside = async () => added(await cargoTest([...targets, ...ours], { show: later }), await cargoTest(['--doc', ...ours], { show: later }));
  const layers = await Promise.all([
    cargoTest(['--test', 'integration', ...ours]),
    beside(),
    cargoTest(['--workspace', '--locked', ...ours], { ...rustClient, show: later }),
  ]);
  console.log(told);
  return added(...layers);
}

/** @param {string[]} args @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: (chunk: string) => void }} [how] */
async function cargoTest(args, how = {}) {
  const { code, output } = await attempt('cargo', ['test', ...args], { show: (chunk) => void process.stdout.write(chunk), ...how });
  const count = (/** @type {string} */ what) => [...output.matchAll(new RegExp(`^test result: .*?(\\d+) ${what}`, 'gm'))].reduce((sum, [, n]) => sum + Number(n), 0);
  return { passed: count('passed'), failed: count('failed'), skipped: count('ignored'), ok: code === 0 };
}

async function endToEnd() {
  console.log(bold('\nEnd to end, on the release build in workerd'));
  // The dry run of a deployment must find it here: that test lets nothing out to the network.
  await wasmOpt();
  await build({ dev: false, outDir: '.e2e/worker' });
  // One cargo feature apart from what is shipped, so it is never what the other specs run on.
  await build({ dev: true, outDir: '.e2e/worker-panic', features: 'panic-route', title: 'worker with the panic route, dev build' });

  await proxies();
  const run = newRun();
  const chosen = specs('tests/e2e');
  // The canary looks at what all the others left behind.
  const last = chosen.filter((file) => file === CANARY);
  const long = chosen.filter((file) => LONG.some((name) => file.endsWith(`/${name}.spec.ts`)));
  const others = chosen.filter((file) => !last.includes(file) && !long.includes(file));
  const first = added(...(await Promise.all([specRun(long, run, 2), specRun(others, run)])));
  return ended(run, first, await specRun(last, run));
}

async function withClient() {
  console.log(bold('\nThe clients, as their packages are published'));
  await build({ dev: false, outDir: '.e2e/worker' });
  await buildClient();
  await buildRustClient();
  const run = newRun('client-');
  const first = await specRun(specs('tests/client'), run);
  return ended(run, first, await specRun(first.passed > 0 ? [CANARY] : [], run));
}

async function quickProofs() {
  console.log(bold('\nProofs, in their quick form'));
  await build({ dev: false, outDir: '.e2e/worker' });
  const run = newRun('proof-', false);
  const first = await specRun(specs('tests/proof'), run);
  return ended(run, first, await specRun(first.passed > 0 ? [CANARY] : [], run));
}

async function inBrowser() {
  console.log(bold('\nThe dashboard, in Chromium'));
  await build({ dev: false, outDir: '.e2e/worker' });
  const run = newRun('browser-');
  const first = await onceMore(specs('tests/browser'), run);
  // What pages were given once is nowhere in what the service keeps or logs, either.
  return ended(run, first, await specRun(first.passed > 0 ? [CANARY] : [], run));
}

/**
 * A browser that shares two cores with everything else is late now and then: a file that fails is run once more, by itself.
 * What fails then has failed; what does not is said.
 * @param {string[]} files
 * @param {string} run
 */
async function onceMore(files, run) {
  const first = await specRun(files, run);
  if (first.ok || first.failedFiles.length === 0) return first;
  console.log(`\nOnce more, by themselves: ${first.failedFiles.map(shown).join(', ')}`);
  const second = await specRun(first.failedFiles.map(shown), run);
  if (second.ok) lateOnes.push(...first.failedFiles.map(shown));
  return { ...first, passed: first.passed + (second.ok ? first.failed : 0), failed: second.failed, ok: second.ok };
}

/**
 * Where a run leaves its state and logs. Half of the time of specs would be a disk's, since every commit waits for it; who is
 * killed loses nothing of what is in memory. What is proved about the loss of power is proved on the disk (`inMemory` false).
 * @param {string} [prefix] @param {boolean} [inMemory]
 */
function newRun(prefix = '', inMemory = true) {
  const name = prefix + new Date().toISOString().replace(/[:.]/g, '-');
  const run = inMemory && hasRoom() ? join(MEMORY, `latchkey-${process.pid}-${name}`) : at('.e2e/runs', name);
  mkdirSync(run, { recursive: true });
  return run;
}

function hasRoom() {
  if (process.platform !== 'linux' || !existsSync(MEMORY)) return false;
  // What runs have left that were ended in the midst of it.
  for (const name of readdirSync(MEMORY)) {
    const [, pid] = /^latchkey-(\d+)-/.exec(name) ?? [];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(MEMORY, name), { recursive: true });
  }
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, freemem()) >= FREE_MIN;
}

/** The sum of a run's parts; where all has passed, nobody needs what it left behind. @param {string} run @param {Counts[]} parts */
function ended(run, ...parts) {
  const sum = added(...parts);
  const kept = at('.e2e/runs', basename(run));
  if (!sum.ok && run !== kept) cpSync(run, kept, { recursive: true });
  if (sum.ok || run !== kept) rmSync(run, { recursive: true });
  if (!sum.ok) console.log(`State and logs of this run: ${shown(kept)}`);
  return sum;
}

/** The spec files of a directory that were asked for. @param {string} directory */
function specs(directory) {
  const files = readdirSync(at(directory)).filter((file) => file.endsWith('.spec.ts')).sort();
  return files.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter))).map((file) => `${directory}/${file}`);
}

/** @param {Counts[]} runs */
function added(...runs) {
  return runs.reduce((sum, { passed, failed, skipped, ok }) => ({ passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped, ok: sum.ok && ok }), { passed: 0, failed: 0, skipped: 0, ok: true });
}

/**
 * `width`: files at once. More than there are cores, since most of them wait for something now and then.
 * @param {string[]} files @param {string} run @param {number} [width]
 * @returns {Promise<Counts & { failedFiles: string[] }>}
 */
async function specRun(files, run, width = 4) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, ok: true, failedFiles: [] };
  const counts = join(run, `counts-${files.length}-${Date.now()}.json`);
  const args = [
    '--test', `--test-concurrency=${width}`, '--test-timeout=900000', '--disable-warning=ExperimentalWarning',
    '--test-reporter=spec', '--test-reporter-destination=stdout',
    `--test-reporter=${new URL('./lib/count-reporter.mjs', import.meta.url)}`, `--test-reporter-destination=${counts}`,
    ...files.map((file) => at(file)),
  ];
  const { code } = await attempt(/** @type {string} */ (node()), args, { show: 'always', env: { ...wranglerEnv(), LATCHKEY_E2E_RUN: run } });
  const { passed, failed, cancelled, skipped, todo, failedFiles } = JSON.parse(readFileSync(counts, 'utf8'));
  return { passed, failed: failed + cancelled, skipped: skipped + todo, ok: code === 0, failedFiles };
}

/** @param {Layer[]} layers @param {string} leftOut  why there is no browser layer */
function report(layers, leftOut) {
  const total = layers.reduce((sum, { passed, failed, skipped, ms }) => ({ name: 'all', passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped, ms: sum.ms + ms }), { name: 'all', passed: 0, failed: 0, skipped: 0, ms: 0 });
  const cells = [...layers, total].map(({ name, passed, failed, skipped, ms }) => [name, passed, failed, skipped, elapsed(ms)].map(String));
  console.log();
  for (const row of [['layer', 'passed', 'failed', 'skipped', 'time'], ...cells]) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(8) : cell.padStart(12))).join(''));
  }
  if (leftOut) console.log(red(`\n! The browser layer was left out: ${leftOut}.`));
  if (lateOnes.length > 0) console.log(`\n! Passed only when run again, by itself: ${lateOnes.join(', ')}`);
  console.log(total.failed === 0 ? green('\n✓ all passed') : red(`\n✗ ${total.failed} failed`));
  // The last line, for whoever reads it by machine.
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
}
