// The tables of the benchmarks, as they are printed.
import { bold, dim } from '../../scripts/lib/steps.mjs';

/** @param {string} title @param {import('./service.mjs').Row[]} rows */
export function printRows(title, rows) {
  const control = rows[0]?.requestsPerSecond ?? NaN;
  const table = [
    [title, 'requests/s', 'of control', 'p50 ms', 'p95 ms', 'p99 ms', 'alone p50', 'CPU µs'],
    ...rows.map((row) => [
      row.name, row.requestsPerSecond.toFixed(0), `${((100 * row.requestsPerSecond) / control).toFixed(0)} %`,
      row.p50.toFixed(2), row.p95.toFixed(2), row.p99.toFixed(2), row.aloneP50.toFixed(2), row.cpuMicros?.toFixed(0) ?? '–',
    ]),
  ];
  show(table);
  console.log(dim('\n16 connections in a closed loop; “alone” is one connection; CPU is workerd’s, per request, its HTTP server included.'));
}

/** @param {import('../limits.mjs').WrittenRow[]} rows */
export function printWritten(rows) {
  show([
    ['rows written', 'requests/s', 'for 1,000', '   of these'],
    ...rows.map(({ name, perSecond, rows: written, tables }) => [
      name, perSecond.toFixed(1), written.toFixed(1), `   ${Object.entries(tables).map(([table, n]) => `${table} ${n.toFixed(1)}`).join(', ')}`,
    ]),
  ]);
  console.log(dim('\nFirst as fast as they go, then calmly; rows of all objects, as their databases count them. Alarms are not among them.'));
}

/** @param {import('../gateway.mjs').GatewayRow[]} rows */
export function printGateway(rows) {
  show([
    ['in front of an origin', 'requests/s', 'CPU µs', '(least)', 'p50 ms', 'p99 ms', 'alone p50'],
    ...rows.map((row) => [
      row.name, row.requestsPerSecond.toFixed(0), row.cpuMicros.toFixed(0), row.cpuMicrosLeast.toFixed(0), row.p50.toFixed(2), row.p99.toFixed(2), row.aloneP50.toFixed(2),
    ]),
  ]);
  console.log(dim('\nIn turns in one process, medians of the rounds; 16 connections in a closed loop, “alone” is one. CPU is workerd’s, per request,\nwith the origin, which is a Worker in the same process, and both HTTP hops inside of it.'));
}

/** @param {import('../people.mjs').PersonRow[]} rows */
export function printPeople(rows) {
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
export function show(table) {
  console.log();
  table.forEach((cells, index) => {
    const line = cells.map((cell, column) => (column === 0 ? cell.padEnd(44) : cell.padStart(11))).join('');
    console.log(index === 0 ? bold(line) : line);
  });
}
