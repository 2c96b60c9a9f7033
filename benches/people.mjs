// `npm run bench -- people`: what signing in costs, and what it costs those who verify keys meanwhile.
//
// The flood is 8 connections that sign in in a loop, half of them to addresses that nobody has, half with wrong
// passwords to accounts that are there: from one address, as the limits are deployed, or from a new one each time, so
// that the limiter for addresses sees nothing.
import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { cpuSeconds, start } from './lib/service.mjs';
import { fire, percentile } from './load.mjs';
import { valid } from './verify.mjs';

/** @typedef {import('./load.mjs').Shot} Shot */

/**
 * @typedef {object} PersonRow
 * @property {string} name
 * @property {number} requestsPerSecond
 * @property {number} p50
 * @property {number} p95
 * @property {number} p99
 * @property {number | null} cpuMillis  of workerd for each request of this row, null where others were served as well
 * @property {string} [flood]  attempts per second, by status
 */

/** No more than 50 attempts a second of each connection: what a 429 costs would be all that is measured. */
const FLOOD = { connections: 8, pauseMs: 20 };
/** Accounts for wrong passwords: with one alone, the limit of attempts for one address would be the flood's. */
const ACCOUNTS = 8;

/** From the range for benchmarks (RFC 2544). */
const someAddress = () => `198.${randomInt(18, 20)}.${randomInt(256)}.${randomInt(1, 255)}`;
const somebody = () => `nobody-${randomBytes(8).toString('hex')}@example.com`;

/** @param {import('./verify.mjs').Bench} bench @returns {Promise<PersonRow[]>} */
export async function measurePeople({ directory, vars, operatorToken, step }) {
  /** @type {PersonRow[]} */
  const rows = [];
  for (const apart of [false, true]) {
    const { origin, stop } = await start(join(directory, apart ? 'apart' : 'together'), vars, { apart });
    try {
      rows.push(...(await people({ origin, verify: await valid(origin, operatorToken), step, apart })));
    } finally {
      await stop();
    }
  }
  return rows;
}

/**
 * @param {{ origin: URL, verify: Shot, step: typeof import('../scripts/lib/steps.mjs').step, apart?: boolean }} options
 *   `apart`: accounts have a process of their own; of that only what differs
 * @returns {Promise<PersonRow[]>}
 */
async function people({ origin, verify, step, apart = false }) {
  const accounts = await Promise.all(Array.from({ length: ACCOUNTS }, () => register(origin)));
  /** @type {(email: () => string, password: () => string, from: () => string, status: number | number[]) => Shot} */
  const login = (email, password, from, status) => ({
    method: 'POST', path: '/auth/login', status,
    vary: () => ({ headers: { 'cf-connecting-ip': from() }, body: JSON.stringify({ email: email(), password: password() }) }),
  });
  const guess = () => randomBytes(9).toString('base64url');
  /** @param {() => string} from */
  const flood = (from) => Array.from({ length: FLOOD.connections }, (_, at) =>
    login(at % 2 ? somebody : () => accounts[at % ACCOUNTS]?.email ?? '', guess, from, [401, 429, 503]));
  const { email, password } = /** @type {Account} */ (accounts[0]);

  /** @param {string} name @param {Shot} shot @param {import('./load.mjs').Load} load @param {Shot[]} [beside] @returns {Promise<PersonRow>} */
  const row = (name, shot, load, beside) => step(name, async () => {
    const flooding = beside && fire(origin, beside, { ...FLOOD, seconds: load.seconds + 1.5 });
    await fire(origin, shot, { ...load, seconds: 1 });
    const before = cpuSeconds();
    const { requests, seconds, latencies } = await fire(origin, shot, load);
    const after = cpuSeconds();
    const others = await flooding;
    return {
      name, requestsPerSecond: requests / seconds,
      p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95), p99: percentile(latencies, 0.99),
      cpuMillis: beside || before === null || after === null ? null : ((after - before) * 1e3) / requests,
      flood: others && Object.entries(others.answers).map(([status, count]) => `${(count / others.seconds).toFixed(0)}× ${status}`).join(', '),
    };
  });

  const spread = flood(someAddress);
  const busy = { connections: 16, seconds: 4 };
  const alone = { connections: 1, seconds: 3 };
  const apartRows = async () => [
    await row('verify, no flood; accounts apart', verify, busy),
    await row('verify, flood from everywhere; apart', verify, busy, spread),
    await row('verify alone, no flood; apart', verify, alone),
    await row('verify alone, flood from everywhere; apart', verify, alone, spread),
  ];
  if (apart) return (await apartRows()).map((each) => ({ ...each, cpuMillis: null }));
  return [
    await row('sign in, a good password', login(() => email, () => password, someAddress, 200), { connections: 1, seconds: 4 }),
    await row('sign in, an e-mail nobody has', login(somebody, guess, someAddress, 401), { connections: 64, seconds: 4 }),
    await row('verify, no flood', verify, busy),
    await row('verify, flood from one address', verify, busy, flood(() => '203.0.113.66')),
    await row('verify, flood from everywhere', verify, busy, spread),
    await row('verify alone, no flood', verify, alone),
    await row('verify alone, flood from everywhere', verify, alone, spread),
  ];
}

/** @typedef {{ email: string, password: string }} Account */

/** @param {URL} origin @returns {Promise<Account>} */
async function register(origin) {
  const person = { email: somebody(), password: randomBytes(12).toString('base64url'), firstName: 'Ada', lastName: 'Lovelace' };
  const response = await fetch(new URL('/auth/register', origin), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(person) });
  // 202: the account is there, and its organization has yet to hear of something.
  if (![201, 202].includes(response.status)) throw new Error(`POST /auth/register answered ${response.status}: ${await response.text()}`);
  return person;
}
