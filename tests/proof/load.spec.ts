// Under load for a long time: every answer is the one that it has to be, and memory stays where it is.
//
// The quick form (8 s) judges answers only: how fast they come, and what a process holds after a few seconds, says
// more about who else is on the machine. The full one goes on for ten minutes, and then shows that a leak would be seen.
//
// Judged is what is kept. When the runtime collects what nobody needs is its own affair: an isolate of which little is asked, as
// that of a KV namespace in the same process, it never does. So everything is collected before each sample, and the KV namespace
// is elsewhere. And of its database each object keeps up to 2 MB of pages: the keys of one customer are managed, so that
// his objects have theirs when the judged part begins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line } from '../../benches/load.mjs';
import { KvServer } from './support/kv_server.ts';
import { customer, management, mixed, p, serving, slope, type Kind, type Seen } from './support/traffic.ts';
import { figure, full } from './support/proof.ts';

const SHARES: Record<Kind, number> = { verify: 0.9, garbage: 0.08, manage: 0.02 };
/** Bytes for each request: 1 MB for 100,000. A leak of one string is twenty times as much (the control). */
const SLOPE_MAX = 10;
/**
 * The same of the wasm's memory, which is never given back, so that it shows the most that was ever needed at once: that may be
 * more after a while, when more comes together. Anything that each request left behind would be more than a byte.
 */
const WASM_SLOPE_MAX = 1;
const MIXTURE = { width: 8, sampleMs: full ? 2000 : 1000 };

/** What the process holds, when whatever is built up once has been built up. */
const settled = ({ samples }: Seen) => samples.slice(Math.floor(samples.length / 3));
const rssSlope = (seen: Seen) => slope(settled(seen).map(({ requests, rssBytes }) => ({ requests, bytes: rssBytes })));

const elsewhere = async () => ({ collects: true, kv: await new KvServer().listen() });

test(`${full ? 'ten minutes' : 'some seconds'} of mixed load: no answer is wrong, and memory is flat`, { timeout: 900_000 }, async () => {
  const service = await serving(await elsewhere());
  const customers = await Promise.all(Array.from({ length: 4 }, () => customer(service, full ? 250 : 20)));
  const seconds = full ? 600 : 8;
  const seen = await mixed(service, { customers, managed: customers.slice(0, 1), seconds, ...MIXTURE });
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
  figure('memory of the process after collections, growth', Math.round(rssSlope(seen) * 1e5 / 1e4) / 100, 'MB for 100,000 requests');
  figure('memory of the process at the end', Math.round(after.at(-1)!.rssBytes / 1e6), 'MB');
  assert.ok(total > 1000, `only ${total} requests`);
  if (!full) return;
  const since = after.at(-1)!.requests - after[0]!.requests;
  assert.ok(grown < WASM_SLOPE_MAX * since, `${grown} bytes of wasm for ${since} requests`);
  assert.ok(rssSlope(seen) < SLOPE_MAX, `${rssSlope(seen)} bytes for each request`);
});

// Counts timers, by isolate: those that are set, and those that are stopped before they ring.
const COUNTED = `
import inner from './inner.js';
export * from './inner.js';
const { setTimeout: set, clearTimeout: clear } = globalThis;
const pending = new Set();
const timers = { set: 0, stopped: 0 };
globalThis.setTimeout = (callback, ms) => {
  timers.set++;
  const timer = set.call(globalThis, () => { pending.delete(timer); callback(); }, ms);
  pending.add(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  if (pending.delete(timer)) timers.stopped++;
  clear.call(globalThis, timer);
};
export default { fetch(request, env, context) { return request.url.endsWith('/__timers') ? Response.json(timers) : inner.fetch(request, env, context); } };
`;

// The runtime takes a timer off an object's list when it rings. One that was stopped stays there, some hundred bytes, for as long
// as the object lives: for ever, if it is busy. What requests stop goes with them.
test('an object stops no timer before it rings', async () => {
  const service = await serving({ shim: COUNTED });
  // In the isolate of the objects there is nobody else.
  const edge = { ...service, urls: service.urls.slice(1) };
  const managed = await customer(edge, 2);
  const talk = await line(edge.urls[0]!);
  const manage = management([managed]);
  const bodies = async (ask: Parameters<typeof talk.ask>[0] & { status: number }) => {
    const { status, answer } = await talk.ask(ask);
    assert.equal(status, ask.status, answer);
    return answer;
  };
  for (let turn = 0; turn < 25; turn++) await manage(bodies);
  talk.close();
  const timers = async (at: number) => (await (await fetch(new URL('/__timers', service.urls[at]))).json()) as { set: number; stopped: number };
  const [objects, requests] = [await timers(0), await timers(1)];
  figure('timers of objects, stopped', objects.stopped, `of ${objects.set}`);
  assert.ok(objects.set > 0 && requests.stopped > 0, 'timers are not counted');
  assert.equal(objects.stopped, 0);
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
    const service = await serving({ shim: LEAK, ...await elsewhere() });
    const customers = [await customer(service, 20)];
    const seen = await mixed(service, { customers, seconds: 180, ...MIXTURE });
    assert.deepEqual(seen.errors, []);
    figure('control, with a leak: memory of the process, growth', Math.round(rssSlope(seen) * 1e5 / 1e4) / 100, 'MB for 100,000 requests');
    assert.ok(rssSlope(seen) > SLOPE_MAX, `${rssSlope(seen)} bytes for each request`);
  });
}
