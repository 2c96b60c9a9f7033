// `npm run bench -- gateway`: what the gateway adds to a Worker that does nothing but hand requests on, both in one workerd
// process, in turns, in front of the same origin: a Worker in that process, so that no third program takes part.
import { fire, percentile } from './load.mjs';
import { start } from './lib/isolates.mjs';

/**
 * @typedef {object} GatewayRow
 * @property {string} name
 * @property {number} requestsPerSecond
 * @property {number} cpuMicros
 * @property {number} cpuMicrosLeast  in the round that was disturbed least
 * @property {number} p50
 * @property {number} p99
 * @property {number} aloneP50
 */

const ORIGIN = "export default { async fetch(request) { if (request.method === 'POST') return new Response(request.body); return new Response('{\"ok\":true}', { headers: { 'content-type': 'application/json' } }); } };";
/** The least that a proxy can do. */
const BARE = `export default { fetch(request) {
  const url = new URL(request.url);
  return fetch(new Request('https://origin.example.com' + url.pathname + url.search, request));
} };`;

const median = (/** @type {number[]} */ numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;

/** @param {{ directory: string, quick?: boolean, build?: string }} options @returns {Promise<GatewayRow[]>} */
export async function measureGateway({ directory, quick = false, build = '.e2e/bench' }) {
  const [rounds, seconds] = quick ? [3, 1] : [7, 3];
  const service = await start({
    directory, services: 1, build, probed: false, outbound: 'origin',
    beside: [
      { name: 'origin', modules: { 'origin.js': { source: ORIGIN } } },
      { name: 'bare', modules: { 'bare.js': { source: BARE } }, outbound: 'origin' },
    ],
  });
  try {
    const own = /** @type {URL} */ (service.urls[0]);
    const post = async (/** @type {string} */ path, /** @type {string} */ token, /** @type {unknown} */ body) => {
      const response = await fetch(new URL(path, own), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
      if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
      return /** @type {any} */ (await response.json());
    };
    const { organization, apiKey } = await post('/operator/organizations', service.operatorToken, { name: 'Benchmark' });
    const { key } = await post('/v1/api_keys', apiKey.key, { name: 'Measured', permissions: ['orders:read'] });
    await post('/v1/gateway_routes', apiKey.key, { path: '/orders', origin: 'https://origin.example.com', permissions: ['orders:read'] });
    const headers = { 'x-api-key': key, accept: 'application/json', 'user-agent': 'bench/1', 'accept-encoding': 'identity' };
    const body = 'x'.repeat(16_384);
    const shots = (/** @type {string} */ at) => [
      { method: 'GET', path: `${at}/orders/7?full=1`, headers, status: 200, contains: '{"ok":true}' },
      { method: 'POST', path: `${at}/orders`, headers, body, status: 200, contains: 'xxxx' },
    ];
    const [gatewayGet, gatewayPost] = shots(`/gateway/${organization.id}`);
    const [bareGet, barePost] = shots('');
    const cases = [
      { name: 'a bare Worker, GET', origin: service.urlOf('bare'), shot: bareGet },
      { name: 'the gateway, GET', origin: own, shot: gatewayGet },
      { name: 'a bare Worker, POST 16 KiB and back', origin: service.urlOf('bare'), shot: barePost },
      { name: 'the gateway, POST 16 KiB and back', origin: own, shot: gatewayPost },
      { name: 'the decision alone: GET /v1/whoami', origin: own, shot: { method: 'GET', path: '/v1/whoami?permission=orders:read', headers, status: 200 } },
    ].map((one) => ({ ...one, rates: /** @type {number[]} */ ([]), cpu: /** @type {number[]} */ ([]), p50: /** @type {number[]} */ ([]), p99: /** @type {number[]} */ ([]), alone: /** @type {number[]} */ ([]) }));
    for (const { origin, shot } of cases) await fire(origin, /** @type {import('./load.mjs').Shot} */ (shot), { connections: 4, seconds: 1 });
    for (let round = 0; round < rounds; round += 1) {
      for (const one of cases) {
        const shot = /** @type {import('./load.mjs').Shot} */ (one.shot);
        const before = service.cpuSeconds();
        const busy = await fire(one.origin, shot, { connections: 16, seconds });
        one.cpu.push(((service.cpuSeconds() - before) * 1e6) / busy.requests);
        one.rates.push(busy.requests / busy.seconds);
        one.p50.push(percentile(busy.latencies, 0.5));
        one.p99.push(percentile(busy.latencies, 0.99));
        one.alone.push(percentile((await fire(one.origin, shot, { connections: 1, seconds: seconds / 3 })).latencies, 0.5));
      }
    }
    return cases.map(({ name, rates, cpu, p50, p99, alone }) => ({
      name, requestsPerSecond: median(rates), cpuMicros: median(cpu), cpuMicrosLeast: Math.min(...cpu), p50: median(p50), p99: median(p99), aloneP50: median(alone),
    }));
  } finally {
    await service.stop();
  }
}
