// Scenarios side by side: in each round every one of them runs for a moment, in another order, so that whatever else the
// machine does in a minute falls on all of them. Compared are the medians of ratios within one round.
import { fire, percentile } from '../load.mjs';

/** @typedef {{ cpuSeconds: () => number }} Measurable */

/**
 * @typedef {object} Scenario
 * @property {string} id
 * @property {'floor' | 'latchkey' | 'peers'} group
 * @property {string} name
 * @property {Measurable} server  the process whose time is measured
 * @property {URL} origin
 * @property {import('../load.mjs').Shot | import('../load.mjs').Shot[]} shots
 * @property {boolean} [cold]  each request is of its own kind: no warm-up, and `left` tells how many there are
 * @property {() => number} [left]
 */

/** @typedef {{ cpuMicros: number, perSecond: number }} Round */

/**
 * @typedef {object} Result
 * @property {string} id
 * @property {string} group
 * @property {string} name
 * @property {number} requests
 * @property {number} perSecond  median of the rounds
 * @property {number} cpuMicros  of the server, for each request: median of the rounds
 * @property {number} p50  milliseconds, of all requests
 * @property {number} p99
 * @property {Round[]} rounds
 */

const CONNECTIONS = 16;

/**
 * @param {Scenario[]} scenarios @param {{ rounds: number, seconds: number }} options
 * @returns {Promise<Result[]>}
 */
export async function inRounds(scenarios, { rounds, seconds }) {
  const results = scenarios.map(({ id, group, name }) => ({ id, group, name, rounds: /** @type {Round[]} */ ([]), latencies: /** @type {number[]} */ ([]) }));
  for (const { cold, origin, shots } of scenarios) if (!cold) await fire(origin, shots, { connections: CONNECTIONS, seconds: 0.5 });
  for (let round = 0; round < rounds; round++) {
    for (const at of shuffled(scenarios.length)) {
      const { server, origin, shots, cold, left } = /** @type {Scenario} */ (scenarios[at]);
      if (!cold) await fire(origin, shots, { connections: CONNECTIONS, seconds: 0.1 });
      const before = server.cpuSeconds();
      const measured = await fire(origin, shots, { connections: CONNECTIONS, seconds, ...(left ? { requests: Math.floor(left() / (rounds - round)) } : {}) });
      const cpuMicros = ((server.cpuSeconds() - before) * 1e6) / measured.requests;
      results[at]?.rounds.push({ cpuMicros, perSecond: measured.requests / measured.seconds });
      results[at]?.latencies.push(...measured.latencies);
    }
  }
  return results.map(({ latencies, ...result }) => {
    latencies.sort((a, b) => a - b);
    return {
      ...result, requests: latencies.length,
      perSecond: median(result.rounds.map(({ perSecond }) => perSecond)), cpuMicros: median(result.rounds.map(({ cpuMicros }) => cpuMicros)),
      p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99),
    };
  });
}

/**
 * How many times as much the first one has as the second one, as the median over the rounds; null if one did not run.
 * @param {Result[]} results @param {'cpuMicros' | 'perSecond'} figure @param {string} of @param {string} to
 */
export function ratio(results, figure, of, to) {
  const [a, b] = [of, to].map((id) => results.find((result) => result.id === id)?.rounds);
  if (!a || !b) return null;
  return median(a.map((round, at) => round[figure] / (b[at]?.[figure] ?? NaN)));
}

/** @param {number[]} values */
export function median(values) {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = ascending.length >> 1;
  return ascending.length % 2 ? (ascending[middle] ?? NaN) : ((ascending[middle - 1] ?? NaN) + (ascending[middle] ?? NaN)) / 2;
}

/** @param {number} length */
function shuffled(length) {
  const order = Array.from({ length }, (_, at) => ({ at, place: Math.random() }));
  return order.sort((a, b) => a.place - b.place).map(({ at }) => at);
}
