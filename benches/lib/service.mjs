// Latchkey under Miniflare, with the bindings of a deployment and, if wanted, its accounts in a process of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { manifest, workerConfig, workerName } from '../../scripts/lib/worker-config.mjs';
import { fire, percentile } from '../load.mjs';

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

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Starts the service; `apart` with the accounts in a process of their own, which comes as near as one machine can to a
 * platform that places objects where it likes.
 * @param {string} directory @param {Record<string, string>} vars @param {{ apart?: boolean }} [how]
 */
export async function start(directory, vars, { apart = false } = {}) {
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

/** @param {URL} origin @param {string} name @param {import('../load.mjs').Shot} shot @param {number} [busySeconds] @returns {Promise<Row>} */
export async function scenario(origin, name, shot, busySeconds = 4) {
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
export function cpuSeconds() {
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
