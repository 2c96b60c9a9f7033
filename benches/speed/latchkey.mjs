// Latchkey's own scenarios, on several isolates: the first one hosts the objects and nothing is measured there, the second
// one serves keys that it knows, the third one meets keys for the first time.
import { join } from 'node:path';
import { start } from '../lib/isolates.mjs';

/** @typedef {import('../load.mjs').Shot} Shot */

/** So many in a minute that none is refused: what is measured is what passes. */
const PLENTY = 6_000_000;
/** For how long keys are issued: a slow machine measures with fewer, and says so. */
const ISSUING_MS = 75_000;
const PERMISSION = 'emails:send';
const WHOAMI = `/v1/whoami?permission=${PERMISSION}`;
const VERIFY = '/v1/keys/verify';

/** The zones of the machine: which isolate does what. */
export const HOT = 1;
const COLD = 2;

/** @param {string} directory @param {{ keys: number }} options */
export async function latchkey(directory, { keys }) {
  const service = await start({ directory: join(directory, 'latchkey'), services: 3 });
  const origin = (/** @type {number} */ at) => /** @type {URL} */ (service.urls[at]);
  try {
    const { organization, apiKey } = await call(origin(0), 'POST', '/operator/organizations', service.operatorToken, { name: 'Benchmark', plan: { name: 'enterprise' } });
    const owner = apiKey.key;
    const { id: sessionId } = await call(origin(0), 'POST', '/v1/sessions', owner, { name: 'Measured' });
    const settings = { permissions: [PERMISSION], rateLimits: [{ name: 'burst', limit: PLENTY, windowMs: 60_000 }], expiresAt: new Date(Date.now() + 30 * 86_400_000).toISOString() };
    const issue = async () => /** @type {{ id: string, key: string }} */ (await call(origin(0), 'POST', `/v1/sessions/${sessionId}/api_keys`, owner, settings));
    const hot = (await issue()).key;
    const revoked = await issue();
    await call(origin(0), 'DELETE', `/v1/api_keys/${revoked.id}`, owner);
    /** @type {string[]} */
    const many = [];
    const until = performance.now() + ISSUING_MS;
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (many.length < keys && performance.now() < until) many.push((await issue()).key);
    }));

    const supports = await options(origin(0), owner, hot);
    const whoami = (/** @type {string} */ key, status = 200, more = '') => ({ method: 'GET', path: `${WHOAMI}${more}`, headers: bearer(key), status });
    const verify = (/** @type {string} */ key, /** @type {string} */ code, more = {}) => ({
      method: 'POST', path: VERIFY, headers: bearer(owner), status: 200, contains: `"code":"${code}"`,
      body: JSON.stringify({ key, permissions: [PERMISSION], ...more }),
    });
    // Same length and alphabet, another checksum; and one whose checksum is right, which only a tag betrays, costs as much
    // at most as a key that is good.
    const forged = hot.slice(0, -1) + (hot.endsWith('0') ? '1' : '0');
    const cold = [...many];
    const popular = zipf(many);
    let turn = 0;
    /** @type {(id: string, name: string, shots: Shot, more?: Partial<import('./rounds.mjs').Scenario>) => import('./rounds.mjs').Scenario} */
    const scenario = (id, name, shots, more = {}) => ({ id, group: 'latchkey', name, server: service, origin: origin(HOT), shots, ...more });
    return {
      service, sessionId, organizationId: organization.id, supports, keys: many.length, stop: service.stop,
      hotShots: many.slice(0, 16).map((key) => whoami(key)),
      nextShot: varying(whoami(''), () => bearer(many[turn++ % many.length] ?? hot)),
      zipfShot: varying(whoami(''), () => bearer(popular())),
      scenarios: [
        scenario('hot', 'whoami, a key that is hot', whoami(hot)),
        scenario('hotBody', 'keys/verify, a key that is hot', verify(hot, 'VALID')),
        scenario('strict', 'whoami, strict', whoami(hot, 200, supports.query ? '&consistency=strict' : '')),
        scenario('strictBody', 'keys/verify, strict', verify(hot, 'VALID', supports.body ? { consistency: 'strict' } : {})),
        scenario('cold', 'whoami, each key for the first time', varying(whoami(''), () => bearer(cold.pop() ?? hot)), { origin: origin(COLD), cold: true, left: () => cold.length }),
        scenario('zipf', `whoami, ${many.length.toLocaleString('en')} keys, Zipf`, varying(whoami(''), () => bearer(popular()))),
        scenario('forged', 'whoami, a forged key', whoami(forged, 401)),
        scenario('forgedBody', 'keys/verify, a forged key', verify(forged, 'NOT_FOUND')),
        scenario('revoked', 'whoami, a revoked key', whoami(revoked.key, 401)),
        scenario('revokedBody', 'keys/verify, a revoked key', verify(revoked.key, 'REVOKED')),
      ],
    };
  } catch (error) {
    await service.stop();
    throw error;
  }
}

/** @typedef {Awaited<ReturnType<typeof latchkey>>} Latchkey */

const bearer = (/** @type {string} */ key) => ({ authorization: `Bearer ${key}` });

/** @param {Shot} shot @param {() => Record<string, string>} headers @returns {Shot} */
const varying = (shot, headers) => ({ ...shot, vary: () => ({ headers: headers() }) });

/** Whether this build knows how to be strict for one call; one without leases is so always. @param {URL} origin @param {string} owner @param {string} key */
async function options(origin, owner, key) {
  const query = await fetch(new URL('/v1/whoami?consistency=strict', origin), { headers: bearer(key) });
  const body = await fetch(new URL(VERIFY, origin), { method: 'POST', headers: { ...bearer(owner), 'content-type': 'application/json' }, body: JSON.stringify({ key, consistency: 'strict' }) });
  return { query: query.status === 200, body: body.status === 200 };
}

/**
 * @param {URL} origin @param {string} method @param {string} path @param {string} token @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function call(origin, method, path, token, body) {
  const response = await fetch(new URL(path, origin), { method, headers: { ...bearer(token), 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/**
 * Draws from a list in which the nth is asked for 1/n as often as the first (Zipf, s = 1); the same draws in every run.
 * @template T @param {T[]} list @returns {() => T}
 */
function zipf(list) {
  let sum = 0;
  const upTo = list.map((_, at) => (sum += 1 / (at + 1)));
  // mulberry32
  let state = 1;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, list.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return /** @type {T} */ (list[low]);
  };
}
