// Rate limits of keys and sessions: several under names, windows that slide, cost, what looks without spending, and the
// header fields, read by a parser of structured fields that is not ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, forgotten, inParallel, newOrganization, ok, refused, sleep, violations } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { burst, fields, gate, newKey, newPool, tally, told } from './support/limits.ts';

const latchkey = await startLatchkey();
const tenant = await newOrganization(latchkey, 'With limits');
const { api } = tenant;

const DAY = 86_400_000;
const limit = (name: string, tokens: number, windowMs: number) => ({ name, limit: tokens, windowMs });
const create = (rateLimits: object[], body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Limited', rateLimits, ...body }), 201);
const verify = (key: string, demand: object = {}) => ok(api.post('/v1/keys/verify', { key, ...demand }));
/** What is left of each limit, and of the credits, as `explain` shows it. */
const left = async (key: string) => {
  const { rateLimits, credits } = await verify(key, { explain: true, cost: 0 });
  return [...rateLimits.map(({ remaining }: any) => remaining), ...(credits ? [credits.remaining] : [])];
};

test('several limits of one key: each has its own name, size and window, and whichever is spent first refuses by its name', async () => {
  const { id, key } = await create([limit('burst', 5, 1500), limit('daily', 8, DAY)]);
  const taken = await verify(key, { cost: 3 });
  assert.deepEqual(taken.rateLimits.map(({ resetMs: _, ...rest }: any) => rest), [
    { level: 'key', name: 'burst', limit: 5, windowMs: 1500, remaining: 2, retryAfterMs: null },
    { level: 'key', name: 'daily', limit: 8, windowMs: DAY, remaining: 5, retryAfterMs: null },
  ]);
  const refusal = await verify(key, { cost: 3 });
  assert.deepEqual([refusal.valid, refusal.code, refusal.limitedBy], [false, 'RATE_LIMITED', { level: 'key', name: 'burst' }]);
  const [burstNow, daily] = refusal.rateLimits;
  assert.deepEqual([burstNow.remaining, daily.remaining, daily.retryAfterMs], [2, 5, null], 'a refusal spends nothing');
  assert.ok(burstNow.retryAfterMs > 0 && burstNow.retryAfterMs <= 1500 && burstNow.retryAfterMs === burstNow.resetMs);
  await sleep(burstNow.retryAfterMs + 5);
  assert.equal((await verify(key, { cost: 5 })).code, 'VALID', 'what it said is long enough');
  const shown = await ok(api.get(`/v1/api_keys/${id}`));
  assert.deepEqual(shown.rateLimits.map(({ name, remaining }: any) => [name, remaining]), [['burst', 0], ['daily', 0]]);
  await sleep(1510);
  assert.deepEqual((await verify(key)).limitedBy, { level: 'key', name: 'daily' });
});

test('a cost is spent as a whole or not at all; none costs nothing and always passes; more than the limit never will', async () => {
  const { key } = await create([limit('minute', 10, 60_000)]);
  assert.equal((await verify(key, { cost: 10 })).code, 'VALID');
  assert.equal((await verify(key, { cost: 0 })).code, 'VALID');
  await ok(gate(latchkey, key, '?cost=0'));
  assert.equal((await verify(key)).code, 'RATE_LIMITED');
  const tooMuch = await gate(latchkey, key, '?cost=11');
  assert.equal((await refused(tooMuch, 429, 'rate_limited')).retryAfterMs, null);
  assert.equal(tooMuch.headers.get('retry-after'), null, 'waiting does not help');
  for (const cost of [-1, 1_000_001, 1.5, '1', true]) assert.equal((await api.post('/v1/keys/verify', { key, cost })).status, 400, `${cost}`);
  for (const cost of ['-1', '1000001', '1.5', 'x', '']) assert.equal((await gate(latchkey, key, `?cost=${cost}`)).status, 400, cost);

  const mixed = await create([limit('minute', 100, 60_000)]);
  const spent = await inParallel(Array.from({ length: 60 }, (_, at) => 1 + (at % 7)), 32, async (cost) => ((await verify(mixed.key, { cost })).valid ? cost : 0));
  const sum = spent.reduce((total, cost) => total + cost, 0);
  assert.equal(sum, 100, 'as there is a request for each token that is left');
  assert.deepEqual(await left(mixed.key), [0]);
});

test('limits of a session are shared by its keys; keys, sessions and the pool are told apart in every answer', async () => {
  const pooled = await newPool(latchkey, 1000);
  const own = [limit('burst', 50, 60_000)];
  const first = await newKey(pooled, { rateLimits: own }, { rateLimits: [limit('burst', 40, 60_000), limit('hourly', 90, 3_600_000)] });
  const second = await ok(pooled.api.post(`/v1/sessions/${first.sessionId}/api_keys`, { rateLimits: own }), 201);
  assert.deepEqual(tally(await burst(latchkey, [first.key, second.key], 60, 32)), { VALID: 40, '429 rate_limited': 20 });
  const { rateLimits } = await ok(pooled.api.post('/v1/keys/verify', { key: first.key, cost: 0 }));
  assert.deepEqual(rateLimits.map(({ level, name }: any) => `${level}.${name}`), ['key.burst', 'session.burst', 'session.hourly', 'organization.requests']);
  assert.deepEqual(rateLimits.slice(1).map(({ remaining }: any) => remaining), [0, 50, 960]);
  const { limits } = await ok(pooled.api.get(`/v1/sessions/${first.sessionId}`));
  assert.deepEqual(limits.rateLimits.map(({ name, remaining }: any) => [name, remaining]), [['burst', 0], ['hourly', 50]]);

  // A change keeps what has been spent under a name.
  await ok(pooled.api.patch(`/v1/sessions/${first.sessionId}`, { rateLimits: [limit('burst', 45, 60_000)] }));
  await forgotten();
  assert.deepEqual(tally(await burst(latchkey, [second.key], 8)), { VALID: 5, '429 rate_limited': 3 });
  await ok(pooled.api.patch(`/v1/sessions/${first.sessionId}`, { rateLimits: null }));
  await forgotten();
  assert.deepEqual(tally(await burst(latchkey, [second.key], 8)), { VALID: 8 });
});

test('both halves of a rotation spend the same limits, and those set for the successor count for both', async () => {
  const old = await create([limit('minute', 20, 60_000)]);
  const successor = await ok(api.post(`/v1/api_keys/${old.id}/rotate`, { overlapSeconds: 600 }), 201);
  assert.deepEqual(tally(await burst(latchkey, [old.key, successor.key], 30, 16)), { VALID: 20, '429 rate_limited': 10 });
  await ok(api.patch(`/v1/api_keys/${successor.id}`, { rateLimits: [limit('minute', 23, 60_000)] }));
  await forgotten();
  assert.deepEqual(tally(await burst(latchkey, [old.key], 10, 8)), { VALID: 3, '429 rate_limited': 7 });
  await refused(gate(latchkey, successor.key), 429, 'rate_limited');
});

test('dryRun and explain show what a verification would answer, and spend nothing however often they are asked', async () => {
  const pooled = await newPool(latchkey, 100);
  const { id, key } = await newKey(pooled, { rateLimits: [limit('minute', 4, 60_000)], credits: { remaining: 9 } }, { rateLimits: [limit('minute', 50, 60_000)] });
  const ask = (demand: object) => ok(pooled.api.post('/v1/keys/verify', { key, ...demand }));
  for (const look of [{ dryRun: true }, { explain: true }, { dryRun: true, explain: true }]) {
    for (const { code } of await inParallel(Array.from({ length: 20 }), 8, () => ask({ ...look, cost: 2 }))) assert.equal(code, 'VALID');
  }
  const { limits } = await ok(pooled.api.get('/v1/organization'));
  assert.equal(limits.requests.remaining, 100);
  const untouched = await ok(pooled.api.get(`/v1/api_keys/${id}`));
  assert.deepEqual([untouched.rateLimits[0].remaining, untouched.credits.remaining, untouched.lastUsedAt], [4, 9, null]);

  assert.equal((await ask({ cost: 4 })).code, 'VALID');
  const { code, limitedBy, credits, rateLimits } = await ask({ dryRun: true });
  assert.deepEqual([code, limitedBy, credits, rateLimits[0].remaining], ['RATE_LIMITED', { level: 'key', name: 'minute' }, { remaining: 5 }, 0]);
  assert.ok(rateLimits[0].retryAfterMs > 0);
});

test('the header fields: r never rises within a window, 0 means that the next is refused, and after t seconds one passes', { timeout: 60_000 }, async () => {
  // Long enough for all rounds within one window, also on a machine that is busy.
  const windowSeconds = 12;
  const { key } = await create([limit('burst', 10, windowSeconds * 1000), limit('daily', 1000, DAY)]);
  const started = performance.now();
  const ask = async (query = '') => {
    const reply = await gate(latchkey, key, query);
    return { ...told(reply), status: reply.status, reply, at: (performance.now() - started) / 1000 };
  };
  assert.deepEqual([(await ask('?cost=0')).r, (await ask('?cost=0')).t], [10, undefined], 'nothing spent, nothing to wait for');

  let last = await ask();
  const first = last;
  assert.deepEqual([first.name, first.r, first.q, first.w, first.t], ['key.burst', 9, 10, windowSeconds, windowSeconds]);
  for (let round = 0; round < 14; round++) {
    const next = await ask();
    assert.equal(next.status, last.r === 0 ? 429 : 200, `after r=${last.r}`);
    assert.ok(next.r <= last.r && [next.name, next.q, next.w].join() === `key.burst,10,${windowSeconds}`);
    // Until the first of what was spent comes back; told in whole seconds, rounded up.
    assert.ok(Math.abs(next.t! - (first.t! - (next.at - first.at))) <= 1, `t=${next.t} after ${next.at} s`);
    const details = next.reply.body.details;
    if (next.status === 429) assert.deepEqual([details.limit, details.remaining, Number(next.reply.headers.get('retry-after'))], ['key.burst', 0, next.t]);
    last = next;
    await sleep(120);
  }
  assert.deepEqual([last.r, last.status], [0, 429]);
  const looked = await ask('?cost=0');
  assert.deepEqual([looked.status, looked.r], [200, 0]);
  await sleep(looked.t! * 1000);
  const after = await ask();
  assert.equal(after.status, 200, 'as promised');

  const inBody = await api.post('/v1/keys/verify', { key, cost: 10 });
  assert.deepEqual([inBody.status, inBody.body.code, told(inBody).name], [200, 'RATE_LIMITED', 'key.burst']);
  assert.equal(inBody.headers.get('retry-after'), null, 'the verification itself was not refused');
});

test('the fields tell of the limit that refuses, else of the one with the smallest share left', async () => {
  const { key } = await create([limit('small', 4, 60_000), limit('large', 10, 60_000)]);
  const seen = async (cost: number) => {
    const reply = await gate(latchkey, key, `?cost=${cost}`);
    const { name, r } = told(reply);
    return [reply.status, name, r];
  };
  assert.deepEqual(await seen(1), [200, 'key.small', 3]);
  assert.deepEqual(await seen(5), [429, 'key.small', 3]);
  await ok(api.patch(`/v1/api_keys/${(await verify(key, { cost: 0 })).keyId}`, { rateLimits: [limit('small', 400, 60_000), limit('large', 10, 60_000)] }));
  assert.deepEqual(await seen(8), [200, 'key.large', 1]);
  assert.deepEqual(await seen(2), [429, 'key.large', 1]);
  const without = await create([]);
  assert.equal(fields(await gate(latchkey, without.key)), undefined);
});

test('for proxies that cannot pass on a 429: on_limit=403 changes the status of a spent limit, and of nothing else', async () => {
  const { key, id } = await create([limit('minute', 1, 60_000)]);
  await ok(gate(latchkey, key, '?on_limit=403'));
  const reply = await gate(latchkey, key, '?on_limit=403');
  const { limit: spent, retryAfterMs } = await refused(reply, 403, 'rate_limited');
  assert.deepEqual([spent, told(reply).r], ['key.minute', 0]);
  assert.ok(Number(reply.headers.get('retry-after')) >= told(reply).t! && retryAfterMs > 0);
  await refused(gate(latchkey, key, '?on_limit=429'), 429, 'rate_limited');
  assert.deepEqual(await violations(gate(latchkey, key, '?on_limit=200')), ['?on_limit invalid_format']);
  await ok(api.delete(`/v1/api_keys/${id}`));
  await refused(gate(latchkey, key, '?on_limit=403'), 401, 'auth_key_revoked');
});

test('windows slide: under a constant flood no two seconds ever see more than the limit, and hardly less', { timeout: 30_000 }, async () => {
  const [tokens, windowMs, floodMs] = [60, 2000, 6500];
  const { key } = await create([limit('sliding', tokens, windowMs)]);
  const client = checked(latchkey.api(key));
  const accepted: { sent: number; heard: number }[] = [];
  const until = performance.now() + floodMs;
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let sent = performance.now(); sent < until; sent = performance.now()) {
      const { status } = await client.get('/v1/whoami');
      if (status === 200) accepted.push({ sent, heard: performance.now() });
      await sleep(8);
    }
  }));
  // Each was decided at some moment between being sent and being heard of. A millisecond for the rounding of clocks.
  for (const { sent: begin } of accepted) {
    const within = accepted.filter(({ sent, heard }) => sent >= begin && heard < begin + windowMs - 1);
    assert.ok(within.length <= tokens, `${within.length} within ${windowMs} ms`);
  }
  const whole = Math.floor(floodMs / windowMs);
  assert.ok(accepted.length >= 0.97 * tokens * whole && accepted.length <= tokens * (whole + 1), `${accepted.length} in ${floodMs} ms`);
});

test('names, sizes and windows have bounds; at most eight, each name once', async () => {
  const good = limit('a', 1, 1000);
  for (const [rateLimits, expected] of [
    [[{ ...good, name: '' }], '/rateLimits/0/name'],
    [[{ ...good, name: 'Burst' }], '/rateLimits/0/name'],
    [[{ ...good, name: 'a"b' }], '/rateLimits/0/name'],
    [[{ ...good, name: 'a'.repeat(33) }], '/rateLimits/0/name'],
    [[{ ...good, limit: 0 }], '/rateLimits/0/limit'],
    [[{ ...good, limit: 1_000_000_001 }], '/rateLimits/0/limit'],
    [[{ ...good, windowMs: 999 }], '/rateLimits/0/windowMs'],
    [[{ ...good, windowMs: DAY + 1 }], '/rateLimits/0/windowMs'],
    [[{ name: 'a' }], '/rateLimits/0/limit'],
    [[{ ...good, used: 0 }], '/rateLimits/0/used'],
    [[good, { ...good, limit: 2 }], '/rateLimits'],
    [Array.from({ length: 9 }, (_, at) => ({ ...good, name: `a${at}` })), '/rateLimits'],
    ['burst', '/rateLimits'],
  ] as const) {
    for (const reply of [api.post('/v1/api_keys', { name: 'x', rateLimits }), api.post('/v1/sessions', { name: 'x', rateLimits }), api.patch(`/v1/api_keys/${tenant.apiKey.id}`, { rateLimits })]) {
      assert.ok((await violations(reply, JSON.stringify(rateLimits))).some((violation) => violation.startsWith(expected)), expected);
    }
  }
  const most = Array.from({ length: 8 }, (_, at) => limit(`a${'b'.repeat(29)}_${at}`, 1_000_000_000, at % 2 ? 1000 : DAY));
  assert.deepEqual((await create(most)).rateLimits, most);
});
