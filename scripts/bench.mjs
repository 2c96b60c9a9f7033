// `npm run bench`: what a verification costs, on the release build in workerd, side by side with the least that this
// runtime can do and with what one would otherwise pick; it fails if a goal is missed. Not through `wrangler dev`: its
// proxy would be what is measured. Bounded: under twelve minutes, once everything is built.
//
//   npm run bench                      the comparison; `-- speed --quick` a rough one, `-- speed --figure` with the figure of the docs
//   npm run bench -- verify            one key in the ways in which it is verified
//   npm run bench -- limits            what limits and credits cost, and the rows they write
//   npm run bench -- people            what signing in costs, and those who verify meanwhile
//   npm run bench -- dashboard         how long people wait for its pages, in Chromium, beside an empty page
//   npm run bench -- gateway           what the gateway adds to a Worker that does nothing but hand on
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, node, sha256, wranglerEnv } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { chromium, withoutChromium } from './lib/chromium.mjs';
import { attempt } from './lib/process.mjs';
import { Failure, dim, main, step } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

const [which = 'speed', ...flags] = process.argv.slice(2);

await main(async () => {
  if (!['speed', 'verify', 'limits', 'people', 'gateway', 'dashboard'].includes(which)) throw new Failure(`there is no benchmark "${which}"`);
  if (which === 'dashboard') return dashboard();
  if (!process.env.LATCHKEY_BENCH_READY) {
    await prepare();
    await wasmOpt();
    await build({ dev: false, optimise: true, outDir: '.e2e/bench' });
    if (which === 'speed') {
      const { buildFloor, buildNative, installPeers } = await import('../benches/speed/prepare.mjs');
      await buildFloor();
      await buildNative();
      await installPeers();
    }
    // Miniflare needs the newer Node: the measurement is this script again, run on that one.
    const args = ['--disable-warning=ExperimentalWarning', at('scripts/bench.mjs'), which, ...flags];
    const { code } = await attempt(/** @type {string} */ (node()), args, { show: 'always', env: { ...process.env, LATCHKEY_BENCH_READY: '1' } });
    // It has said why.
    process.exitCode = code;
    return;
  }
  // In memory where there is such a place: compared is what the servers do, not what a disk does to their databases.
  const inMemory = which === 'speed' && existsSync('/dev/shm');
  const directory = mkdtempSync(join(inMemory ? '/dev/shm' : tmpdir(), 'latchkey-bench-'));
  const operatorToken = randomBytes(24).toString('hex');
  const vars = { ROOT_SECRETS: randomBytes(32).toString('hex'), OPERATOR_TOKEN_SHA256: sha256(operatorToken), REGISTRATION: 'open' };
  const bench = { directory, vars, operatorToken, step };
  const write = (/** @type {object} */ results) => {
    writeFileSync(at('bench.json'), `${JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, processor: cpus()[0]?.model, ...results }, null, 2)}\n`);
    console.log(dim('written to bench.json'));
  };
  try {
    if (which === 'speed') {
      const { speed } = await import('../benches/speed.mjs');
      const { missed, results } = await speed({ directory, quick: flags.includes('--quick'), figure: flags.includes('--figure') });
      write(results);
      if (missed.length > 0) throw new Failure(`${missed.length} of the goals missed:\n  ${missed.join('\n  ')}`);
      return;
    }
    const print = await import('../benches/lib/tables.mjs');
    if (which === 'verify') {
      const { measureVerify } = await import('../benches/verify.mjs');
      const rows = await measureVerify(bench);
      print.printRows('scenario', rows);
      write({ rows });
    } else if (which === 'limits') {
      const { measureLimits } = await import('../benches/limits.mjs');
      const { rows, written } = await measureLimits(bench);
      print.printRows('limits', rows);
      print.printWritten(written);
      write({ limitRows: rows, writtenRows: written });
    } else if (which === 'gateway') {
      const { measureGateway } = await import('../benches/gateway.mjs');
      const rows = await measureGateway({ directory, quick: flags.includes('--quick') });
      print.printGateway(rows);
      write({ gatewayRows: rows });
    } else {
      const { measurePeople } = await import('../benches/people.mjs');
      const rows = await measurePeople(bench);
      print.printPeople(rows);
      write({ peopleRows: rows });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** With the service and the browser as the specs start them. */
async function dashboard() {
  await prepare();
  if (!(await chromium())) throw new Failure(withoutChromium);
  await build({ dev: false, outDir: '.e2e/worker' });
  const run = at('.e2e/runs', `bench-${process.pid}`);
  mkdirSync(run, { recursive: true });
  const args = ['--test', '--test-timeout=600000', '--disable-warning=ExperimentalWarning', '--test-reporter=spec', at('benches/dashboard.ts')];
  const { code } = await attempt(/** @type {string} */ (node()), args, { show: 'always', env: { ...wranglerEnv(), LATCHKEY_E2E_RUN: run } });
  rmSync(run, { recursive: true, force: true });
  process.exitCode = code;
}
