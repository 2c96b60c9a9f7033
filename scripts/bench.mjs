// `npm run bench`: what a verification and a sign-in cost here, on the release build in workerd, against a control in the
// same run; what limits cost, and the rows that they write. Not through `wrangler dev`: its proxy would be what is measured.
// Bounded: under three minutes, once it is built.
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
    const { code } = await attempt(/** @type {string} */ (node()), ['--disable-warning=ExperimentalWarning', at('scripts/bench.mjs')], { show: 'always', env: { ...process.env, LATCHKEY_BENCH_READY: '1' } });
    if (code !== 0) throw new Failure(`the benchmark failed (Node ${pinned.nodeMinimum} or newer is needed)`);
    return;
  }
  const { measure } = await import('../benches/verify.mjs');
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const operatorToken = randomBytes(24).toString('hex');
  try {
    const vars = { ROOT_SECRETS: randomBytes(32).toString('hex'), OPERATOR_TOKEN_SHA256: sha256(operatorToken), REGISTRATION: 'open' };
    const { rows, limitRows, writtenRows, peopleRows } = await measure({ directory, vars, operatorToken, step });
    print('scenario', rows);
    print('limits', limitRows);
    console.log(dim('\n16 connections in a closed loop; “alone” is one connection; CPU is workerd’s, per request, its HTTP server included.'));
    printWritten(writtenRows);
    printPeople(peopleRows);
    writeFileSync(at('bench.json'), `${JSON.stringify({ at: new Date().toISOString(), cores: cpus().length, processor: cpus()[0]?.model, rows, limitRows, writtenRows, peopleRows }, null, 2)}\n`);
    console.log(dim('written to bench.json'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** @param {string} title @param {import('../benches/verify.mjs').Row[]} rows */
function print(title, rows) {
  const control = rows[0]?.requestsPerSecond ?? NaN;
  const table = [
    [title, 'requests/s', 'of control', 'p50 ms', 'p95 ms', 'p99 ms', 'alone p50', 'CPU µs'],
    ...rows.map((row) => [
      row.name, row.requestsPerSecond.toFixed(0), `${((100 * row.requestsPerSecond) / control).toFixed(0)} %`,
      row.p50.toFixed(2), row.p95.toFixed(2), row.p99.toFixed(2), row.aloneP50.toFixed(2), row.cpuMicros?.toFixed(0) ?? '–',
    ]),
  ];
  show(table);
}

/** @param {import('../benches/limits.mjs').WrittenRow[]} rows */
function printWritten(rows) {
  show([
    ['rows written', 'requests/s', 'for 1,000', '   of these'],
    ...rows.map(({ name, perSecond, rows: written, tables }) => [
      name, perSecond.toFixed(1), written.toFixed(1), `   ${Object.entries(tables).map(([table, n]) => `${table} ${n.toFixed(1)}`).join(', ')}`,
    ]),
  ]);
  console.log(dim('\nFirst as fast as they go, then calmly; rows of all objects, as their databases count them. Alarms are not among them.'));
}

/** @param {import('../benches/people.mjs').PersonRow[]} rows */
function printPeople(rows) {
  show([
    ['with people', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'CPU ms', '   flood: answers/s'],
    ...rows.map((row) => [
      row.name, row.requestsPerSecond.toFixed(1), row.p50.toFixed(2), row.p95.toFixed(2), row.p99.toFixed(2),
      row.cpuMillis?.toFixed(2) ?? '–', row.flood ? `   ${row.flood}` : '–',
    ]),
  ]);
  console.log(dim([
    '',
    '16 connections verify (“alone”: one); one signs in with a good password, 64 with e-mails that nobody has, whose refusal',
    'is held back. The flood: 8 connections in a loop, half with such e-mails, half with wrong passwords to accounts; from one',
    'address (limited as deployed: 30 attempts a minute), or from a new one each time, which no limit for addresses sees.',
    'Here one thread is the edge and every object, so hashing a password stops everything else for as long as it takes. With',
    'accounts “apart” these have a process of their own, as the platform may place them, and share only the cores with the',
    'rest: a machine that does something else meanwhile, or has less than three, shows the flood as worse than it is.',
  ].join('\n')));
}

/** @param {string[][]} table */
function show(table) {
  console.log();
  table.forEach((cells, index) => {
    const line = cells.map((cell, column) => (column === 0 ? cell.padEnd(44) : cell.padStart(11))).join('');
    console.log(index === 0 ? bold(line) : line);
  });
}
