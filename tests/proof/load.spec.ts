// Under load for a long time: every answer is the one that it has to be, and memory stays where it is.
//
// The quick form (8 s) judges answers only: how fast they come, and what a process holds after a few seconds, says
// more about who else is on the machine. The full one goes on for ten minutes, and then shows that a leak would be seen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customer, mixed, p, serving, slope, type Kind, type Seen } from './support/traffic.ts';
import { figure, full } from './support/proof.ts';

const SHARES: Record<Kind, number> = { verify: 0.9, garbage: 0.08, manage: 0.02 };
/**
 * Bytes for each request. Not nothing: what was created stays, and with it pages of the databases and names in KV; and the runtime
 * itself takes some hundred thousand requests until it has all that it wants. A leak is several times as much (the control).
 */
const SLOPE_MAX = 300;
const MIXTURE = { width: 8, sampleMs: full ? 2000 : 1000 };

/** What the process holds, when whatever is built up once has been built up. */
const settled = ({ samples }: Seen) => samples.slice(Math.floor(samples.length / 3));
const rssSlope = (seen: Seen) => slope(settled(seen).map(({ requests, rssBytes }) => ({ requests, bytes: rssBytes })));

test(`${full ? 'ten minutes' : 'some seconds'} of mixed load: no answer is wrong, and memory is flat`, { timeout: 900_000 }, async () => {
  const service = await serving();
  const customers = await Promise.all(Array.from({ length: 4 }, () => customer(service, full ? 250 : 20)));
  const seconds = full ? 600 : 8;
  const seen = await mixed(service, { customers, seconds, ...MIXTURE });
  assert.deepEqual(seen.errors, []);
  const total = Object.values(seen.counts).reduce((sum, count) => sum + count, 0);
  figure('requests', total, 'requests');
  figure('rate', Math.round(total / seconds), 'requests/s');
  for (const [kind, share] of Object.entries(SHARES) as [Kind, number][]) {
    const is = seen.counts[kind] / total;
    figure(`share of ${kind}`, Math.round(1000 * is) / 10, '%');
    for (const [name, at] of [['p50', 0.5], ['p99', 0.99]] as const) figure(`${kind} ${name}`, p(seen.times[kind], at), 'ms');
    // A run of a few seconds ends with some management still to do.
    assert.ok(Math.abs(is - share) < (full ? 0.005 : 0.02), `${kind}: ${is}`);
  }
  figure('errors', seen.errors.length, 'answers');
  const after = settled(seen);
  const grown = after.at(-1)!.wasmBytes - after[0]!.wasmBytes;
  figure('memory of the wasm, growth after a third', grown, 'bytes');
  figure('memory of the process, growth', Math.round(rssSlope(seen) * 1e5 / 1e4) / 100, 'MB for 100,000 requests');
  figure('memory of the process at the end', Math.round(after.at(-1)!.rssBytes / 1e6), 'MB');
  assert.ok(total > 1000, `only ${total} requests`);
  if (!full) return;
  assert.equal(grown, 0);
  assert.ok(rssSlope(seen) < SLOPE_MAX, `${rssSlope(seen)} bytes for each request`);
});

// One string for each request, in front of the worker: about as much as the least that a request could leave behind.
const LEAK = `
import inner from './inner.js';
export * from './inner.js';
const kept = [];
export default { fetch(request, env, context) { kept.push(request.url + ' ' + Math.random()); return inner.fetch(request, env, context); } };
`;

if (full) {
  test('control: with one string kept for each request, memory is seen to grow', { timeout: 600_000 }, async () => {
    const service = await serving({ shim: LEAK });
    const customers = [await customer(service, 20)];
    const seen = await mixed(service, { customers, seconds: 180, ...MIXTURE });
    assert.deepEqual(seen.errors, []);
    figure('control, with a leak: memory of the process, growth', Math.round(rssSlope(seen) * 1e5 / 1e4) / 100, 'MB for 100,000 requests');
    assert.ok(rssSlope(seen) > SLOPE_MAX, `${rssSlope(seen)} bytes for each request`);
  });
}
