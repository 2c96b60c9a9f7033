// What the goals ask beside speed: who waits for I/O, how often leases are renewed, what a start costs, and whether the
// memory of the wasm grows.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { at } from '../../scripts/lib/env.mjs';
import { start } from '../lib/isolates.mjs';
import { compatibilityDate } from '../lib/isolates.mjs';
import { serve } from '../lib/workerd.mjs';
import { fire } from '../load.mjs';
import { HOT } from './latchkey.mjs';
import { median } from './rounds.mjs';

const PAUSE_MS = 95;

/**
 * Sixteen keys of one session, each asked for ten times a second in one isolate, which knows them already.
 * @param {import('./latchkey.mjs').Latchkey} latchkey @param {number} seconds
 */
export async function waiting({ service, hotShots }, seconds) {
  const origin = /** @type {URL} */ (service.urls[HOT]);
  const load = { connections: hotShots.length, pauseMs: PAUSE_MS };
  await fire(origin, hotShots, { ...load, seconds: 1 });
  let [told, waited, ttlMs] = [0, 0, 0];
  const calls = async () => (await service.probe(0)).calls.SessionObject ?? 0;
  const before = await calls();
  const { requests, seconds: took } = await fire(origin, hotShots, {
    ...load, seconds,
    seen: (answer) => {
      const timing = /\r\nserver-timing: ([^\r]*)/i.exec(answer)?.[1];
      told += timing === undefined ? 0 : 1;
      waited += /(^|,)\s*(kv|do)\b/.test(timing ?? '') ? 1 : 0;
      ttlMs = Math.max(ttlMs, Number(/"maxStalenessMs":(\d+)/.exec(answer)?.[1] ?? 0));
    },
  });
  const sessionCalls = (await calls()) - before;
  return {
    requests, seconds: took, sessionCalls,
    /** The longest that an answer was allowed to be old: the ttl of the leases, or 0 where there are none. */
    ttlMs,
    /** Null if the build does not tell. */
    withoutIo: told === requests ? 1 - waited / requests : null,
    /** Calls of the session's object for each ttl; infinite without leases. */
    renewalsPerTtl: ttlMs > 0 ? sessionCalls / (took / (ttlMs / 1000)) : Infinity,
  };
}

/** Kilobytes (1,000 bytes) of the wasm, compressed as an upload is. */
export function weight() {
  const wasm = readFileSync(at('.e2e/bench/index_bg.wasm'));
  return { kilobytes: wasm.length / 1000, gzipKilobytes: gzipSync(wasm, { level: 9 }).length / 1000 };
}

/**
 * Milliseconds of processor time until a new process has given its first answer, beyond what it takes one that has only a
 * constant to say. @param {string} directory @param {number} times
 */
export async function startUp(directory, times) {
  /** @type {number[]} */
  const ours = [];
  /** @type {number[]} */
  const constant = [];
  for (let time = 0; time < times; time++) {
    const service = await start({ directory: join(directory, `start-${time}`), services: 1, probed: false });
    await (await fetch(new URL('/healthz', service.urls[0]))).arrayBuffer();
    ours.push(service.cpuSeconds() * 1000);
    await service.stop();
    const modules = { 'constant.js': { source: "export default { fetch() { return new Response('ok'); } };" } };
    const server = await serve({ directory: join(directory, `start-constant-${time}`), compatibilityDate, services: [{ name: 'constant', modules }] });
    await (await fetch(/** @type {URL} */ (server.urls.constant))).arrayBuffer();
    constant.push(server.cpuSeconds() * 1000);
    await server.stop();
  }
  return { cpuMillis: mean(ours) - mean(constant), whole: median(ours), constant: median(constant) };
}

/** The clock has ticks of 10 ms: only many starts tell more. @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * How much the wasm's memory grows while one isolate verifies so many times: keys that are hot, and now and then one of ten
 * thousand. First each key is met once, so that what is remembered of them is there. It stops early when the time is up,
 * and says after how many.
 * @param {import('./latchkey.mjs').Latchkey} latchkey @param {{ verifications: number, seconds: number }} options
 */
export async function growth({ service, keys, hotShots, nextShot, zipfShot }, { verifications, seconds }) {
  const origin = /** @type {URL} */ (service.urls[HOT]);
  const shots = [...hotShots, ...hotShots, zipfShot];
  const load = { connections: 16 };
  await fire(origin, [nextShot], { ...load, seconds: seconds / 4, requests: keys });
  await fire(origin, shots, { ...load, seconds: seconds / 20, requests: verifications / 20 });
  const before = (await service.probe(HOT)).wasmBytes;
  const { requests } = await fire(origin, shots, { ...load, seconds, requests: verifications });
  const after = (await service.probe(HOT)).wasmBytes;
  return { verifications: requests, bytesBefore: before, bytesAfter: after, rssBytes: service.rssBytes() };
}
