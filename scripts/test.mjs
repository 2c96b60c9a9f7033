// `npm test`: native tests, then the release build of the worker, then the e2e specs against it in workerd.
//
//   npm test                      everything
//   npm run test:native [-- FILTER]   cargo's own filter
//   npm run test:e2e [-- NAME …]      spec files whose name contains one of the names
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { at, node, shown, wranglerEnv } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { attempt } from './lib/process.mjs';
import { bold, elapsed, green, main, red } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

/** @typedef {{ name: string, passed: number, failed: number, skipped: number, ms: number }} Layer */

const [layer = '', ...filters] = process.argv.slice(2);

await main(async () => {
  await prepare();
  /** @type {Layer[]} */
  const layers = [];
  if (layer !== 'e2e') layers.push(await timed('native', native));
  if (layer !== 'native') layers.push(await timed('e2e', endToEnd));
  report(layers);
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
  const { code, output } = await attempt('cargo', ['test', '--no-fail-fast', ...filters], { show: (chunk) => void process.stdout.write(chunk) });
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

  const run = at('.e2e/runs', new Date().toISOString().replace(/[:.]/g, '-'));
  mkdirSync(run, { recursive: true });
  const specs = readdirSync(at('tests/e2e')).filter((file) => file.endsWith('.spec.ts')).sort();
  const chosen = specs.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  // The canary looks at what all the others left behind.
  const last = chosen.filter((file) => file.startsWith('zz_'));
  const first = await specRun(chosen.filter((file) => !last.includes(file)), run);
  const second = await specRun(last, run);
  const sum = { passed: first.passed + second.passed, failed: first.failed + second.failed, skipped: first.skipped + second.skipped, ok: first.ok && second.ok };
  if (sum.ok) rmSync(run, { recursive: true });
  else console.log(`State and logs of this run: ${shown(run)}`);
  return sum;
}

/** @param {string[]} files @param {string} run */
async function specRun(files, run) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0, ok: true };
  const counts = join(run, `counts-${files.length}.json`);
  const args = [
    '--test', '--test-concurrency=2', '--test-timeout=300000', '--disable-warning=ExperimentalWarning',
    '--test-reporter=spec', '--test-reporter-destination=stdout',
    `--test-reporter=${new URL('./lib/count-reporter.mjs', import.meta.url)}`, `--test-reporter-destination=${counts}`,
    ...files.map((file) => at('tests/e2e', file)),
  ];
  const { code } = await attempt(/** @type {string} */ (node()), args, { show: 'always', env: { ...wranglerEnv(), LATCHKEY_E2E_RUN: run } });
  const { passed, failed, cancelled, skipped, todo } = JSON.parse(readFileSync(counts, 'utf8'));
  return { passed, failed: failed + cancelled, skipped: skipped + todo, ok: code === 0 };
}

/** @param {Layer[]} layers */
function report(layers) {
  const total = layers.reduce((sum, { passed, failed, skipped, ms }) => ({ name: 'all', passed: sum.passed + passed, failed: sum.failed + failed, skipped: sum.skipped + skipped, ms: sum.ms + ms }), { name: 'all', passed: 0, failed: 0, skipped: 0, ms: 0 });
  const cells = [...layers, total].map(({ name, passed, failed, skipped, ms }) => [name, passed, failed, skipped, elapsed(ms)].map(String));
  console.log();
  for (const row of [['layer', 'passed', 'failed', 'skipped', 'time'], ...cells]) {
    console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(8) : cell.padStart(12))).join(''));
  }
  console.log(total.failed === 0 ? green('\n✓ all passed') : red(`\n✗ ${total.failed} failed`));
  // The last line, for whoever reads it by machine.
  console.log(`${total.passed} passed, ${total.failed} failed`);
  if (total.failed > 0) process.exitCode = 1;
}
