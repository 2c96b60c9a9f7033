// The scenarios of `npm run bench`: one organization, one key, and the ways in which a key is verified. Those with people
// are in people.mjs.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { manifest, workerConfig, workerName } from '../scripts/lib/worker-config.mjs';
import { limitScenarios, writtenRows } from './limits.mjs';
import { fire, percentile } from './load.mjs';
import { people } from './people.mjs';

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {number} requestsPerSecond
 * @property {number} p50
 * @property {number} p95
 * @property {number} p99
 * @property {number} aloneP50
 * @property {number | null} cpuMicros
 */

const VALID = 'POST /v1/keys/verify, a valid key';

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * @param {{ directory: string, vars: Record<string, string>, operatorToken: string, step: typeof import('../scripts/lib/steps.mjs').step }} options
 * @returns {Promise<{ rows: Row[], limitRows: Row[], writtenRows: import('./limits.mjs').WrittenRow[], peopleRows: import('./people.mjs').PersonRow[] }>}
 */
export async function measure({ directory, vars, operatorToken, step }) {
  /** @type {Row[]} */
  const rows = [];
  /** @type {Row[]} */
  const limitRows = [];
  const together = await start(join(directory, 'together'), vars);
  try {
    const all = await scenarios(together.origin, operatorToken);
    for (const { name, shot } of all) rows.push(await step(name, () => scenario(together.origin, name, shot)));
    const limited = await limitScenarios(together.origin, operatorToken);
    // Compared with the control that has just been measured, and with the first of them once more.
    limitRows.push(...rows.slice(-1));
    for (const { name, shot } of [...limited, { ...limited[0], name: 'again: without limits' }]) {
      if (shot) limitRows.push(await step(name, () => scenario(together.origin, name, shot, 3)));
    }
    const peopleRows = await people({ origin: together.origin, verify: valid(all), cpuSeconds, step });
    await together.stop();
    const counted = join(directory, 'counted');
    const written = await writtenRows({ directory: counted, start: () => start(counted, vars), operatorToken, step });
    const apart = await start(join(directory, 'apart'), vars, { apart: true });
    try {
      const verify = valid(await scenarios(apart.origin, operatorToken));
      return { rows, limitRows, writtenRows: written, peopleRows: [...peopleRows, ...(await people({ origin: apart.origin, verify, cpuSeconds, step, apart: true }))] };
    } finally {
      await apart.stop();
    }
  } finally {
    await together.stop();
  }
}

/** @param {{ name: string, shot: import('./load.mjs').Shot }[]} all */
function valid(all) {
  const found = all.find(({ name }) => name === VALID);
  if (!found) throw new Error(`there is no scenario "${VALID}"`);
  return found.shot;
}

/**
 * Starts the service; `apart` with the accounts in a process of their own, which comes as near as one machine can to a
 * platform that places objects where it likes.
 * @param {string} directory @param {Record<string, string>} vars @param {{ apart?: boolean }} [how]
 */
async function start(directory, vars, { apart = false } = {}) {
  const { compatibilityDate, env, exports } = await workerConfig();
  for (const [name, value] of Object.entries(vars)) env[name] = { type: 'text', value };
  // One address fails far more often here than any real one may. (Attempts to sign in are limited as deployed.)
  env.AUTH_FAILURES.simple.limit = 1e9;
  const { AccountObject, ...others } = exports;
  if (!AccountObject) throw new Error('there is no AccountObject');
  if (apart) env.ACCOUNTS.worker = `${workerName}-accounts`;
  const place = (/** @type {string} */ name, /** @type {typeof exports} */ objects) => new Miniflare({
    cf: false, host: '127.0.0.1', port: 0, log: new Log(LogLevel.ERROR), telemetry: { enabled: false },
    // By this the two processes find each other, and nobody else.
    ...(apart ? { unsafeDevRegistryPath: join(directory, 'registry') } : { enableDevRegistry: false }),
    resourcePersistencePath: join(directory, name),
    handleStructuredLogs: () => {},
    workers: [{
      config: { name, compatibilityDate, env, exports: objects, manifest: manifest('.e2e/bench') },
      dev: { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] },
    }],
  });
  const places = apart ? [place(env.ACCOUNTS.worker, { AccountObject }), place(workerName, others)] : [place(workerName, exports)];
  const stop = async () => void (await Promise.all(places.splice(0).map((each) => each.dispose())));
  try {
    for (const each of places) await each.ready;
    // Each is told of the other through a file.
    if (apart) await new Promise((resolve) => setTimeout(resolve, 1000));
    return { origin: await /** @type {Miniflare} */ (places.at(-1)).unsafeGetDirectURL(workerName), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {URL} origin @param {string} operatorToken
 * @returns {Promise<{ name: string, shot: import('./load.mjs').Shot }[]>}
 */
async function scenarios(origin, operatorToken) {
  const post = async (/** @type {string} */ path, /** @type {string} */ token, /** @type {unknown} */ body) => {
    const response = await fetch(new URL(path, origin), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    return /** @type {any} */ (await response.json());
  };
  const { apiKey } = await post('/operator/organizations', operatorToken, { name: 'Benchmark' });
  const { key } = await post('/v1/api_keys', apiKey.key, { name: 'Measured' });
  // Same length and alphabet, another checksum: refused by arithmetic alone.
  const forged = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  const caller = { authorization: `Bearer ${apiKey.key}` };
  const verify = (/** @type {string} */ presented, /** @type {string} */ code) => ({
    method: 'POST', path: '/v1/keys/verify', headers: caller, body: JSON.stringify({ key: presented }), status: 200, contains: `"code":"${code}"`,
  });
  const healthz = { method: 'GET', path: '/healthz', status: 200 };
  return [
    { name: 'control: GET /healthz', shot: healthz },
    { name: VALID, shot: verify(key, 'VALID') },
    { name: 'POST /v1/keys/verify, a forged key', shot: verify(forged, 'NOT_FOUND') },
    { name: 'GET /v1/whoami, the bare gate', shot: { method: 'GET', path: '/v1/whoami', headers: { authorization: `Bearer ${key}` }, status: 200 } },
    { name: 'GET /v1/whoami, a forged key', shot: { method: 'GET', path: '/v1/whoami', headers: { authorization: `Bearer ${forged}`, 'cf-connecting-ip': '203.0.113.7' }, status: 401 } },
    { name: 'control again: GET /healthz', shot: healthz },
  ];
}

/** @param {URL} origin @param {string} name @param {import('./load.mjs').Shot} shot @param {number} [busySeconds] @returns {Promise<Row>} */
async function scenario(origin, name, shot, busySeconds = 4) {
  await fire(origin, shot, { connections: 16, seconds: 1 });
  const alone = await fire(origin, shot, { connections: 1, seconds: 1.5 });
  const before = cpuSeconds();
  const { requests, seconds, latencies } = await fire(origin, shot, { connections: 16, seconds: busySeconds });
  const after = cpuSeconds();
  return {
    name,
    requestsPerSecond: requests / seconds,
    p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95), p99: percentile(latencies, 0.99),
    aloneP50: percentile(alone.latencies, 0.5),
    cpuMicros: before === null || after === null ? null : ((after - before) * 1e6) / requests,
  };
}

/** Processor time of our workerd so far, where the system tells (Linux). The figure that a busy machine spoils least. */
function cpuSeconds() {
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const [, program, rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
      const fields = rest.split(' ');
      if (program === 'workerd' && Number(fields[1]) === process.pid) return (Number(fields[11]) + Number(fields[12])) / TICKS;
    }
  } catch {
    // A process ended while we looked, or there is no /proc.
  }
  return null;
}
