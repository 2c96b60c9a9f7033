// The goals, each with what was measured. A goal whose figure could not be had is missed: silence is not a pass.
import { ratio } from './rounds.mjs';

/**
 * @typedef {object} Goal
 * @property {string} name
 * @property {string} wanted
 * @property {string} measured
 * @property {boolean} met
 */

/** What the wasm may weigh compressed, as an upload is (kB of 1,000 bytes). */
const WASM_KILOBYTES = 450;
const START_MILLIS = 50;
const VERIFICATIONS = 1_000_000;

/**
 * @param {object} measured
 * @param {import('./rounds.mjs').Result[]} measured.results
 * @param {'floor.shell' | 'floor.web' | 'floor.worker'} measured.style  the constant answer that is made as Latchkey's is
 * @param {Awaited<ReturnType<typeof import('./promises.mjs').waiting>>} measured.waiting
 * @param {ReturnType<typeof import('./promises.mjs').weight>} measured.weight
 * @param {Awaited<ReturnType<typeof import('./promises.mjs').startUp>>} measured.startUp
 * @param {Awaited<ReturnType<typeof import('./promises.mjs').growth>> | null} measured.growth
 * @returns {Goal[]}
 */
export function goals({ results, style, waiting, weight, startUp, growth }) {
  /** @type {(name: string, figure: 'cpuMicros' | 'perSecond', of: string, to: string, limit: number, atMost: boolean) => Goal} */
  const compared = (name, figure, of, to, limit, atMost) => {
    const value = ratio(results, figure, of, to);
    const met = value !== null && (atMost ? value <= limit : value >= limit);
    return { name, wanted: `${atMost ? '≤' : '≥'} ${limit.toFixed(2)} ×`, measured: value === null ? 'not measured' : `${value.toFixed(2)} ×`, met };
  };
  /** @type {(name: string, limit: number, of: string, to: string) => Goal} */
  const cpu = (name, limit, of, to) => compared(name, 'cpuMicros', of, to, limit, true);
  /** @type {(name: string, limit: number, of: string, to: string) => Goal} */
  const rate = (name, limit, of, to) => compared(name, 'perSecond', of, to, limit, false);
  /** @type {(name: string, limit: number, peer: string) => Goal} */
  const cheaper = (name, limit, peer) => compared(name, 'cpuMicros', peer, 'hot', limit, false);
  /** @type {(name: string, wanted: string, measured: string, met: boolean) => Goal} */
  const plain = (name, wanted, measured, met) => ({ name, wanted, measured, met });
  const grown = growth && growth.bytesAfter - growth.bytesBefore;
  return [
    cpu('a hot key: CPU of the constant answer in JavaScript', 1.6, 'hot', 'floor.js'),
    cpu('the same, keys/verify, of one that reads a body', 1.6, 'hotBody', 'floor.jsBody'),
    rate('a hot key: requests/s of the constant answer in Rust', 0.85, 'hot', style),
    cpu('a forged key: CPU of the constant answer in JavaScript', 1.4, 'forged', 'floor.js'),
    rate('strict: requests/s of a bare hop', 0.8, 'strict', 'floor.hop'),
    cheaper('CPU of Hono + KV without a limiter', 1.5, 'honoKv'),
    cheaper('CPU of Hono + KV with an exact limiter', 3, 'honoKvLimited'),
    cheaper('CPU of Better Auth with its limiter', 7, 'betterAuth'),
    plain('keys asked for 10 times a second that wait for no I/O', '≥ 99 %', waiting.withoutIo === null ? 'the build does not tell' : `${(100 * waiting.withoutIo).toFixed(2)} %`, (waiting.withoutIo ?? 0) >= 0.99),
    // The beginning and the end of the measurement may each cut a ttl in two.
    plain('renewals of a session for each ttl of an isolate', '≤ 1', Number.isFinite(waiting.renewalsPerTtl) ? waiting.renewalsPerTtl.toFixed(2) : 'no leases', waiting.ttlMs > 0 && waiting.sessionCalls <= waiting.seconds / (waiting.ttlMs / 1000) + 1),
    plain('wasm, gzipped', `≤ ${WASM_KILOBYTES} kB`, `${weight.gzipKilobytes.toFixed(0)} kB`, weight.gzipKilobytes <= WASM_KILOBYTES),
    plain('CPU of a start', `≤ ${START_MILLIS} ms`, `${startUp.cpuMillis.toFixed(0)} ms`, startUp.cpuMillis <= START_MILLIS),
    growth === null
      ? plain('growth of the wasm’s memory', 'none', 'not measured', false)
      : plain(
        `growth of the wasm’s memory in ${growth.verifications.toLocaleString('en')} verifications`, `none in ${VERIFICATIONS.toLocaleString('en')}`,
        grown === 0 && growth.verifications < VERIFICATIONS ? 'none, but not so many' : `${((grown ?? NaN) / 1024).toFixed(0)} KiB`, grown === 0 && growth.verifications >= VERIFICATIONS,
      ),
  ];
}
