// `npm run bench`: what a verification costs here, on the release build in workerd, against a control in the same run.
// Not through `wrangler dev`: its proxy would be what is measured. Bounded: well under a minute.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { at, node, pinned, sha256 } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { attempt } from './lib/process.mjs';
import { Failure, bold, dim, main, step } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

await main(async () => {
  if (!process.env.LATCHKEY_BENCH_READY) {
    await prepare();
    await wasmOpt();
    await build({ dev: false, optimise: true, outDir: '.e2e/bench' });
    // Miniflare needs the newer Node: the measurement is this script again, run on that one.
    const { code } = await attempt(/** @type {string} */ (node()), [at('scripts/bench.mjs')], { show: 'always', env: { ...process.env, LATCHKEY_BENCH_READY: '1' } });
    if (code !== 0) throw new Failure(`the benchmark failed (Node ${pinned.nodeMinimum} or newer is needed)`);
    return;
  }
  const { measure } = await import('../benches/verify.mjs');
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const operatorToken = randomBytes(24).toString('hex');
  try {
    const vars = { ROOT_SECRETS: randomBytes(32).toString('hex'), OPERATOR_TOKEN_SHA256: sha256(operatorToken) };
    const rows = await measure({ directory, vars, operatorToken, step });
    print(rows);
    writeFileSync(at('bench.json'), `${JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, processor: cpus()[0]?.model, rows }, null, 2)}\n`);
    console.log(dim('written to bench.json'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** @param {import('../benches/verify.mjs').Row[]} rows */
function print(rows) {
  const control = rows[0]?.requestsPerSecond ?? NaN;
  const table = [
    ['scenario', 'requests/s', 'of control', 'p50 ms', 'p95 ms', 'p99 ms', 'alone p50', 'CPU µs'],
    ...rows.map((row) => [
      row.name, row.requestsPerSecond.toFixed(0), `${((100 * row.requestsPerSecond) / control).toFixed(0)} %`,
      row.p50.toFixed(2), row.p95.toFixed(2), row.p99.toFixed(2), row.aloneP50.toFixed(2), row.cpuMicros?.toFixed(0) ?? '–',
    ]),
  ];
  console.log();
  table.forEach((cells, index) => {
    const line = cells.map((cell, column) => (column === 0 ? cell.padEnd(44) : cell.padStart(11))).join('');
    console.log(index === 0 ? bold(line) : line);
  });
  console.log(dim('\n16 connections in a closed loop; “alone” is one connection; CPU is workerd’s, per request, its HTTP server included.'));
}
