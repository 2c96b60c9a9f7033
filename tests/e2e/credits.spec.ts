// Credits: how often a key may be used in all, exact to the last one whatever happens at the same time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inParallel, newOrganization, ok, refused, sleep, violations } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { burst, fields, gate, newPool, tally, untilEvicted } from './support/limits.ts';

const latchkey = await startLatchkey();
const { api } = await newOrganization(latchkey, 'With credits');

const create = (credits: object | null, body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Prepaid', credits, ...body }), 201);
const verify = (key: string, demand: object = {}) => ok(api.post('/v1/keys/verify', { key, ...demand }));
const patch = (id: string, credits: unknown) => ok(api.patch(`/v1/api_keys/${id}`, { credits }));
const left = async (id: string) => (await ok(api.get(`/v1/api_keys/${id}`))).credits?.remaining;

// On an instance of its own: its objects leave memory while the other tests run.
const idle = await startLatchkey();
const evicted = (async () => {
  const tenant = await newOrganization(idle, 'Idle');
  const { id, key } = await ok(tenant.api.post('/v1/api_keys', { name: 'Idle', credits: { remaining: 50 } }), 201);
  await burst(idle, [key], 17, 8);
  await untilEvicted(idle);
  return { remaining: (await ok(tenant.api.get(`/v1/api_keys/${id}`))).credits.remaining, after: tally(await burst(idle, [key], 40)) };
})();
// Its own test reports it.
evicted.catch(() => undefined);

test('the last credit under a burst of 64, again and again: one is let through, each time', { timeout: 120_000 }, async () => {
  const { id, key } = await create({ remaining: 1 });
  for (let round = 0; round < 24; round++) {
    if (round > 0) await patch(id, round % 2 ? { add: 1 } : { remaining: 1 });
    const seen = round % 4 < 2
      ? tally(await burst(latchkey, [key], 64))
      : tally(await inParallel(Array.from({ length: 64 }), 64, () => api.post('/v1/keys/verify', { key })));
    assert.deepEqual(seen, { VALID: 1, [round % 4 < 2 ? '429 usage_exceeded' : 'USAGE_EXCEEDED']: 63 }, `round ${round}`);
  }
  assert.equal(await left(id), 0);
});

test('each verification spends its cost and says what is left; with too little left it is USAGE_EXCEEDED, and spends nothing', async () => {
  const { key, id } = await create({ remaining: 5 });
  const seen = async (cost?: number) => {
    const { valid, code, credits, limitedBy, rateLimits } = await verify(key, { cost });
    assert.deepEqual([limitedBy, rateLimits, valid], [null, [], code === 'VALID']);
    return `${code} ${credits.remaining}`;
  };
  assert.deepEqual([await seen(), await seen(3), await seen(2), await seen(0), await seen(1), await seen(1), await seen(0)],
    ['VALID 4', 'VALID 1', 'USAGE_EXCEEDED 1', 'VALID 1', 'VALID 0', 'USAGE_EXCEEDED 0', 'VALID 0']);
  const reply = await gate(latchkey, key);
  const details = await refused(reply, 429, 'usage_exceeded');
  assert.deepEqual([details.limit, details.remaining, details.retryAfterMs], ['key.credits', 0, null]);
  assert.deepEqual([reply.headers.get('retry-after'), fields(reply)], [null, undefined], 'nothing comes back by waiting');
  assert.equal((await ok(gate(latchkey, key, '?cost=0'))).credits.remaining, 0);
  await refused(gate(latchkey, key, '?on_limit=403'), 403, 'usage_exceeded');
  for (const look of [{ dryRun: true }, { explain: true }]) assert.equal((await verify(key, look)).code, 'USAGE_EXCEEDED');
  assert.equal(await left(id), 0);
});

test('a key is refused before its credits are asked; a spent rate limit comes before spent credits and leaves them', async () => {
  const rateLimits = [{ name: 'minute', limit: 2, windowMs: 60_000 }];
  const { key, id } = await create({ remaining: 3 }, { rateLimits, permissions: ['emails:send'] });
  assert.equal((await verify(key, { permissions: 'emails:read' })).code, 'INSUFFICIENT_PERMISSIONS');
  assert.deepEqual(tally(await burst(latchkey, [key], 10)), { VALID: 2, '429 rate_limited': 8 });
  assert.deepEqual([(await verify(key)).code, await left(id)], ['RATE_LIMITED', 1]);
  await patch(id, { remaining: 0 });
  assert.equal((await verify(key)).code, 'RATE_LIMITED');
  await ok(api.patch(`/v1/api_keys/${id}`, { rateLimits: null }));
  assert.equal((await verify(key)).code, 'USAGE_EXCEEDED');
});

test('the pool of the organization refuses: no credit is spent, and neither is a token of the pool for want of credits', async () => {
  const tenant = await newPool(latchkey, 20);
  const make = (credits: object) => ok(tenant.api.post('/v1/api_keys', { name: 'Pooled', credits }), 201);
  const [poor, rich] = [await make({ remaining: 5 }), await make({ remaining: 100 })];
  assert.deepEqual(tally(await burst(latchkey, [poor.key], 30)), { VALID: 5, '429 usage_exceeded': 25 });
  assert.deepEqual(tally(await burst(latchkey, [rich.key], 40)), { VALID: 15, '429 rate_limited': 25 });
  assert.equal((await ok(tenant.api.get(`/v1/api_keys/${rich.id}`))).credits.remaining, 85);
});

test('credits are set, added to, taken from and cleared; what is left out stays', async () => {
  const { id, key } = await create(null);
  assert.deepEqual([(await verify(key)).credits, await left(id)], [null, undefined]);
  const now = async (credits: unknown) => (await patch(id, credits)).credits;
  assert.deepEqual(await now({ remaining: 3 }), { remaining: 3, refill: null });
  assert.equal((await verify(key)).credits.remaining, 2);
  assert.equal((await now({ add: 10 })).remaining, 12);
  assert.equal((await now({ add: -5 })).remaining, 7);
  assert.equal((await now({ add: -1000 })).remaining, 0);
  await refused(gate(latchkey, key), 429, 'usage_exceeded');
  assert.equal((await now({ remaining: 1 })).remaining, 1);
  await ok(api.patch(`/v1/api_keys/${id}`, { name: 'Renamed' }));
  assert.equal(await left(id), 1);
  assert.equal(await now(null), null);
  for (let round = 0; round < 3; round++) assert.equal((await verify(key)).credits, null);
  assert.equal((await now({ add: 2 })).remaining, 2);

  const added = await inParallel(Array.from({ length: 40 }), 16, async (_, at) => (at % 2 ? ok(api.patch(`/v1/api_keys/${id}`, { credits: { add: 1 } })) : verify(key)));
  const spent = added.filter(({ code }: any) => code === 'VALID').length;
  assert.equal(await left(id), 2 + 20 - spent, 'adding and spending at once lose nothing');
  for (const credits of [{ remaining: -1 }, { remaining: 1.5 }, { remaining: 1e12 + 1 }, { remaining: 1, add: 1 }, { remaining: '5' }, 5, { left: 5 }, {}]) {
    assert.equal((await api.patch(`/v1/api_keys/${id}`, { credits })).status, 400, JSON.stringify(credits));
  }
});

test('a refill has a next time, at midnight; until then the gate says when to come back', async () => {
  const midnight = new Date(new Date().setUTCHours(24, 0, 0, 0));
  const { id, key, credits } = await create({ remaining: 1, refill: { interval: 'daily', amount: 10 } });
  assert.deepEqual(credits, { remaining: 1, refill: { interval: 'daily', amount: 10, day: null, nextAt: midnight.toISOString() } });
  await ok(gate(latchkey, key));
  const reply = await gate(latchkey, key);
  await refused(reply, 429, 'usage_exceeded');
  const wait = Number(reply.headers.get('retry-after'));
  assert.ok(Math.abs(wait - (midnight.getTime() - Date.now()) / 1000) <= 2, `${wait}`);
  assert.equal((await gate(latchkey, key, '?cost=11')).headers.get('retry-after'), null, 'a refill does not reach so far');
  const monthly = (await patch(id, { refill: { interval: 'monthly', amount: 100, day: 31 } })).credits.refill;
  const next = new Date(monthly.nextAt);
  assert.equal(next.toISOString().slice(10), 'T00:00:00.000Z');
  assert.equal(new Date(next.getTime() + 86_400_000).getUTCDate(), 1, 'the last day of the month');
  const weekly = (await patch(id, { refill: { interval: 'weekly', amount: 7, day: 1 } })).credits.refill;
  assert.equal(new Date(weekly.nextAt).getUTCDay(), 1, 'a Monday');
  assert.equal((await patch(id, { refill: null })).credits.refill, null);
  for (const refill of [{ interval: 'hourly', amount: 1 }, { interval: 'daily', amount: 1, day: 1 }, { interval: 'weekly', amount: 1, day: 8 }, { interval: 'monthly', amount: 1, day: 0 }, { interval: 'daily' }]) {
    assert.ok((await violations(api.patch(`/v1/api_keys/${id}`, { credits: { refill } }))).every((at) => at.startsWith('/credits/refill')), JSON.stringify(refill));
  }
});

test('both halves of a rotation spend one balance, and only the successor changes it', async () => {
  const old = await create({ remaining: 30 });
  await burst(latchkey, [old.key], 10);
  const successor = await ok(api.post(`/v1/api_keys/${old.id}/rotate`, { overlapSeconds: 600 }), 201);
  assert.equal(successor.credits.remaining, 20);
  assert.deepEqual(tally(await burst(latchkey, [old.key, successor.key], 40)), { VALID: 20, '429 usage_exceeded': 20 });
  assert.deepEqual([await left(old.id), await left(successor.id)], [0, 0]);
  await refused(api.patch(`/v1/api_keys/${old.id}`, { credits: { add: 5 } }), 409, 'api_key_rotated');
  await patch(successor.id, { add: 4 });
  assert.deepEqual(tally(await burst(latchkey, [old.key, successor.key], 10)), { VALID: 4, '429 usage_exceeded': 6 });
});

test('SIGKILL under load, four times: as many credits are left as were not spent', { timeout: 60_000 }, async () => {
  const killed = await startLatchkey();
  const tenant = await newOrganization(killed, 'Killed');
  const { id, key } = await ok(tenant.api.post('/v1/api_keys', { name: 'Killed', credits: { remaining: 2000 } }), 201);
  let [answered, unknown] = [0, 0];
  for (let round = 0; round < 4; round++) {
    let running = true;
    const before = answered;
    const client = async () => {
      while (running) {
        try {
          assert.equal((await gate(killed, key)).status, 200);
          answered++;
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return void unknown++;
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 16 }, client));
    for (const end = Date.now() + 10_000; answered < before + 60 && Date.now() < end; ) await sleep(2);
    await killed.kill();
    running = false;
    await clients;
    await killed.restart();
    const { remaining } = (await ok(tenant.api.get(`/v1/api_keys/${id}`))).credits;
    // Who was answered has paid, who was not may have.
    assert.ok(remaining <= 2000 - answered && remaining >= 2000 - answered - unknown, `${remaining} of 2000 left after ${answered} answers and ${unknown} without one`);
  }
  assert.ok(answered >= 100 && unknown >= 32, `${answered} ${unknown}`);
  const { remaining } = (await ok(tenant.api.get(`/v1/api_keys/${id}`))).credits;
  assert.deepEqual(tally(await burst(killed, [key], remaining + 10)), { VALID: remaining, '429 usage_exceeded': 10 });
  await killed.stop();
});

test('an object that was let go from memory has every credit that was left', { timeout: 60_000 }, async () => {
  assert.deepEqual(await evicted, { remaining: 33, after: { VALID: 33, '429 usage_exceeded': 7 } });
  await idle.stop();
});
