// `npm run bench -- limits`: what limits cost: the same verification without any, with those of a key, a session and an organization, and with
// credits; and how many rows each has written.
//
// Rows are counted by the databases themselves: between two runs on the same state, each table of each object gets
// triggers that add up what is inserted, changed and deleted. What is timed runs without them.
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { scenario, start } from './lib/service.mjs';
import { fire } from './load.mjs';

/** @typedef {import('./load.mjs').Shot} Shot */
/** @typedef {{ name: string, organizationId: string, shot: Shot }} LimitScenario */

/**
 * @typedef {object} WrittenRow
 * @property {string} name
 * @property {number} perSecond  verifications
 * @property {number} rows  written for a thousand of them, by all objects
 * @property {Record<string, number>} tables  the same by table
 */

/** So many in a minute that none is refused: what is measured is what passes. */
const PLENTY = 6_000_000;
const limits = (/** @type {string[]} */ ...names) => names.map((name) => ({ name, limit: PLENTY, windowMs: 60_000 }));

/** @type {{ name: string, session?: object, key?: object, plan?: object }[]} */
const CASES = [
  { name: 'verify, without limits' },
  { name: 'verify, a limit of the key', key: { rateLimits: limits('minute') } },
  { name: 'verify, of the key and of the session', key: { rateLimits: limits('minute') }, session: { rateLimits: limits('minute') } },
  { name: 'verify, the pool of the organization', plan: { name: 'enterprise', requestsPerMinute: PLENTY } },
  { name: 'verify, credits of the key', key: { credits: { remaining: 1e12 } } },
];

/** @param {import('./verify.mjs').Bench} bench */
export async function measureLimits({ directory, vars, operatorToken, step }) {
  const together = await start(join(directory, 'together'), vars);
  /** @type {import('./lib/service.mjs').Row[]} */
  const rows = [];
  try {
    const limited = await limitScenarios(together.origin, operatorToken);
    const control = { name: 'control: GET /healthz', shot: { method: 'GET', path: '/healthz', status: 200 } };
    for (const { name, shot } of [control, ...limited, { name: 'again: without limits', shot: limited[0]?.shot }]) {
      if (shot) rows.push(await step(name, () => scenario(together.origin, name, shot, 3)));
    }
  } finally {
    await together.stop();
  }
  const counted = join(directory, 'counted');
  return { rows, written: await writtenRows({ directory: counted, start: () => start(counted, vars), operatorToken, step }) };
}

/**
 * One organization for each, so that no two share an object.
 * @param {URL} origin @param {string} operatorToken @returns {Promise<LimitScenario[]>}
 */
async function limitScenarios(origin, operatorToken) {
  const post = async (/** @type {string} */ path, /** @type {string} */ token, /** @type {unknown} */ body) => {
    const response = await fetch(new URL(path, origin), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    return /** @type {any} */ (await response.json());
  };
  return Promise.all(CASES.map(async ({ name, session = {}, key = {}, plan = { name: 'enterprise' } }) => {
    const { organization, apiKey } = await post('/operator/organizations', operatorToken, { name, plan });
    const { id } = await post('/v1/sessions', apiKey.key, { name, ...session });
    const measured = await post(`/v1/sessions/${id}/api_keys`, apiKey.key, key);
    const headers = { authorization: `Bearer ${apiKey.key}` };
    const shot = { method: 'POST', path: '/v1/keys/verify', headers, body: JSON.stringify({ key: measured.key }), status: 200, contains: '"code":"VALID"' };
    return { name, organizationId: organization.id, shot };
  }));
}

/**
 * Counts the rows that verifications write, as fast as they go and at 16 a second.
 * @param {{ directory: string, start: () => Promise<{ origin: URL, stop: () => Promise<void> }>, operatorToken: string, step: typeof import('../scripts/lib/steps.mjs').step }} options
 * @returns {Promise<WrittenRow[]>}
 */
async function writtenRows({ directory, start, operatorToken, step }) {
  const { DatabaseSync } = await import('node:sqlite');
  const first = await start();
  const all = await limitScenarios(first.origin, operatorToken).finally(first.stop);
  const files = all.map(({ organizationId }) => databases(directory).filter((file) => [file, `${file}-wal`].some((part) => existsSync(part) && readFileSync(part).includes(organizationId))));
  for (const file of files.flat()) {
    const database = new DatabaseSync(file);
    database.exec(COUNTER);
    for (const { name } of query(database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'bench_rows'")) {
      // The runtime's own, for alarms, may not have any.
      if (name.startsWith('_cf_') || name.startsWith('sqlite_')) continue;
      database.exec(`INSERT INTO bench_rows VALUES ('${name}', 0)`);
      for (const change of ['INSERT', 'UPDATE', 'DELETE']) database.exec(`CREATE TRIGGER "bench_${change}_${name}" AFTER ${change} ON "${name}" BEGIN UPDATE bench_rows SET n = n + 1 WHERE name = '${name}'; END`);
    }
    database.close();
  }
  const counts = (/** @type {number} */ which) => {
    /** @type {Record<string, number>} */
    const sum = {};
    const place = mkdtempSync(join(directory, 'counts-'));
    for (const file of files[which] ?? []) {
      // A copy: the runtime has the file open.
      const copy = join(place, basename(file));
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
      const database = new DatabaseSync(copy);
      for (const { name, n } of query(database, 'SELECT name, n FROM bench_rows')) sum[name] = (sum[name] ?? 0) + n;
      database.close();
    }
    rmSync(place, { recursive: true });
    return sum;
  };
  const { origin, stop } = await start();
  try {
    /** @type {(which: number, load: import('./load.mjs').Load) => Promise<WrittenRow>} */
    const count = async (which, load) => {
      const { name, shot } = /** @type {LimitScenario} */ (all[which]);
      // Blocks grow to what a second spends; the counting begins when they have.
      await fire(origin, shot, { ...load, seconds: 2 });
      const before = counts(which);
      const { requests, seconds } = await fire(origin, shot, load);
      const written = Object.entries(counts(which)).map(([table, n]) => [table, (1000 * (n - (before[table] ?? 0))) / requests]);
      const tables = Object.fromEntries(written.filter(([, n]) => Number(n) > 0));
      return { name, perSecond: requests / seconds, rows: Object.values(tables).reduce((sum, n) => sum + n, 0), tables };
    };
    /** @type {WrittenRow[]} */
    const rows = [];
    await step('rows written, busy', async () => {
      for (const which of all.keys()) rows.push(await count(which, { connections: 16, seconds: 2 }));
    });
    // There is room for all of them side by side.
    const calm = { connections: 1, pauseMs: 60, seconds: 8 };
    return rows.concat(await step('rows written, calm', () => Promise.all([...all.keys()].map((which) => count(which, calm)))));
  } finally {
    await stop();
  }
}

/** @param {import('node:sqlite').DatabaseSync} database @param {string} sql */
const query = (database, sql) => /** @type {{ name: string, n: number }[]} */ (/** @type {unknown} */ (database.prepare(sql).all()));
const COUNTER = 'CREATE TABLE bench_rows (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID';

/** The databases of all sessions and organizations. @param {string} directory */
function databases(directory) {
  const isObject = /-(Session|Organization)Object[^/\\]*[/\\][0-9a-f]{64}\.sqlite$/;
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name)).filter((file) => isObject.test(file));
}
