// Plans, their pools and places: the table that Sendable publishes, to the last request; one pool for all sessions; and
// what is spent stays spent when objects are evicted and when the runtime is killed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, forgedKey, inParallel, newOrganization, newPerson, ok, refused, seconds, sleep } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { burst, fields, gate, newKey, newPool, setPlan, tally, told, untilEvicted } from './support/limits.ts';

const latchkey = await startLatchkey();

// On an instance of its own, so that nothing keeps its objects in memory, while the other tests run.
const idle = await startLatchkey();
const evicted = (async () => {
  const tenant = await newOrganization(idle, 'Idle');
  await setPlan(idle, tenant, { name: 'free' });
  const limited = await newKey(await newOrganization(idle, 'Idle, too'), { rateLimits: [{ name: 'minute', limit: 60, windowMs: 60_000 }] });
  const started = Date.now();
  const before = [tally(await burst(idle, [tenant.key], 61)), tally(await burst(idle, [limited.key], 61))];
  await untilEvicted(idle);
  const after = [await gate(idle, tenant.key), await gate(idle, limited.key)];
  return { before, after, took: Date.now() - started };
})();
// Its own test reports it.
evicted.catch(() => undefined);

const PLANS = [['free', 3, 60], ['starter', 10, 300], ['pro', null, 1000], ['enterprise', null, null]] as const;

for (const [name, keysPerSession, requestsPerMinute] of PLANS) {
  test(`${name}: ${keysPerSession ?? 'any number of'} keys in a session, ${requestsPerMinute ?? 'any number of'} requests a minute, and not one more`, async () => {
    const tenant = await newOrganization(latchkey, `On ${name}`);
    const changed = await setPlan(latchkey, tenant, { name });
    assert.deepEqual([changed.plan, changed.keysOverQuota], [{ name, keysPerSession, requestsPerMinute }, null]);

    const session = await ok(tenant.api.post('/v1/sessions', { name: 'Full' }), 201);
    const create = () => tenant.api.post(`/v1/sessions/${session.id}/api_keys`);
    const replies = await inParallel(Array.from({ length: keysPerSession ?? 12 }), 4, create);
    const keys = replies.map(({ status, body }) => (assert.equal(status, 201), body.key));
    if (keysPerSession) assert.equal((await refused(create(), 409, 'key_limit_reached')).limit, keysPerSession);
    assert.deepEqual((await ok(tenant.api.get(`/v1/sessions/${session.id}`))).limits, { keys: { limit: keysPerSession, used: keys.length }, rateLimits: [] });

    const answers = await burst(latchkey, [tenant.key, ...keys], (requestsPerMinute ?? 150) + 20, 32);
    const counted = tally(answers);
    // Never one more; what an isolate has been given ahead and not yet used, 1 % at most, may be missing for a moment.
    let good = counted.VALID ?? 0;
    assert.ok(requestsPerMinute ? good <= requestsPerMinute && good >= requestsPerMinute * 0.99 : good === 170, `${good}`);
    assert.deepEqual(counted, requestsPerMinute ? { VALID: good, '429 rate_limited': requestsPerMinute + 20 - good } : { VALID: 170 });
    const { limits, plan } = await ok(tenant.api.get('/v1/organization'));
    assert.deepEqual([plan.name, limits.keysPerSession], [name, keysPerSession]);
    if (!requestsPerMinute) {
      assert.deepEqual([limits.requests, limits.management], [null, null]);
      return assert.ok(answers.every((answer) => fields(answer) === undefined));
    }
    // Managed by the key were: the session, each key, one key too many, and two reads.
    const managed = 1 + keys.length + (keysPerSession ? 1 : 0) + 2;
    const pool = (name: string, remaining: number) => ({ name, limit: requestsPerMinute, windowMs: 60_000, remaining });
    const { resetMs, ...requests } = limits.requests;
    const { resetMs: _, ...management } = limits.management;
    assert.ok(requests.remaining <= requestsPerMinute - good, `${requests.remaining}`);
    assert.deepEqual([requests, management], [pool('requests', requests.remaining), pool('management', requestsPerMinute - managed)]);
    while (good < requestsPerMinute + 20 && (await gate(latchkey, keys[0])).status === 200) good++;
    assert.ok(good <= requestsPerMinute, `${good}`);
    assert.ok(resetMs > 0 && resetMs <= 60_000);
    const refusal = await refused(gate(latchkey, keys[0]), 429, 'rate_limited');
    assert.deepEqual([refusal.limit, refusal.level, refusal.name, refusal.quota, refusal.windowMs, refusal.remaining], ['organization.requests', 'organization', 'requests', requestsPerMinute, 60_000, 0]);
  });
}

test('a lower plan takes no key away and says how many are too many; a higher one makes room', async () => {
  const tenant = await newOrganization(latchkey, 'Up and down');
  const full = await ok(tenant.api.post('/v1/sessions', { name: 'Five' }), 201);
  const make = (body = {}) => tenant.api.post(`/v1/sessions/${full.id}/api_keys`, body);
  const [first, second, third, ...others] = [await ok(make(), 201), await ok(make(), 201), await ok(make({ expiresAt: seconds(3600) }), 201), await ok(make(), 201), await ok(make(), 201)];
  await newKey(tenant);
  const places = async () => (await ok(tenant.api.get(`/v1/sessions/${full.id}`))).limits.keys;

  assert.deepEqual((await setPlan(latchkey, tenant, { name: 'free' })).keysOverQuota, { sessions: 1, keys: 2 });
  assert.deepEqual(await places(), { limit: 3, used: 5 });
  for (const { key } of [first, second, third, ...others]) await ok(gate(latchkey, key));
  await refused(make(), 409, 'key_limit_reached');
  await ok(tenant.api.delete(`/v1/api_keys/${others[0].id}`));
  await ok(tenant.api.delete(`/v1/api_keys/${others[1].id}`));
  assert.deepEqual(await places(), { limit: 3, used: 3 });

  // Full: a disabled key keeps its place, an expired one loses it, a successor takes that of its predecessor.
  await ok(tenant.api.patch(`/v1/api_keys/${first.id}`, { active: false }));
  await refused(make(), 409, 'key_limit_reached');
  await ok(tenant.api.patch(`/v1/api_keys/${first.id}`, { active: true }));
  await ok(tenant.api.post(`/v1/api_keys/${second.id}/rotate`, { overlapSeconds: 60 }), 201);
  assert.deepEqual(await places(), { limit: 3, used: 3 });
  await ok(tenant.api.patch(`/v1/api_keys/${third.id}`, { expiresAt: seconds(0.1) }));
  await sleep(120);
  assert.deepEqual(await places(), { limit: 3, used: 2 });
  await ok(make({ notBefore: seconds(3600) }), 201);
  await refused(tenant.api.patch(`/v1/api_keys/${third.id}`, { expiresAt: null }), 409, 'key_limit_reached', 'a key that would come back');
  await refused(make(), 409, 'key_limit_reached');

  assert.equal((await setPlan(latchkey, tenant, { name: 'starter' })).keysOverQuota, null);
  await ok(tenant.api.patch(`/v1/api_keys/${third.id}`, { expiresAt: null }));
  await ok(make(), 201);
  assert.deepEqual(await places(), { limit: 10, used: 5 });
});

test('the sessions of an organization drain one pool from parallel clients: all of the pool and no more, and nobody else\'s', async () => {
  const [tenant, other] = [await newPool(latchkey, 400), await newPool(latchkey, 400)];
  const backend = checked(latchkey.api((await newOrganization(latchkey, 'No pool')).key));
  const [a, b] = [await newKey(tenant), await newKey(tenant, {}, { environment: 'staging' })];
  const clients = [checked(latchkey.api(a.key)), checked(latchkey.api(b.key))];
  const seen = await inParallel(Array.from({ length: 1000 }), 64, async (_, at) => {
    if (at % 4 < 2) return (await clients[at % 2]!.get('/v1/whoami')).status === 200;
    const { valid, code, limitedBy } = await ok(tenant.api.post('/v1/keys/verify', { key: at % 4 === 2 ? a.key : b.key }));
    if (!valid) assert.deepEqual([code, limitedBy], ['RATE_LIMITED', { level: 'organization', name: 'requests' }]);
    return valid;
  });
  // A two-hundredth may be left with somebody who has it ahead.
  const accepted = seen.filter(Boolean).length;
  assert.ok(accepted <= 400 && accepted >= 398, `${accepted}`);
  assert.equal((await ok(other.api.get('/v1/organization'))).limits.requests.remaining, 400);
  assert.equal((await ok(backend.get('/v1/organization'))).limits.requests, null);
});

test('how full the pool is, is told to whoever reaches the organization; a key of one session hears of it when it refuses', async () => {
  const tenant = await newPool(latchkey, 4);
  const { key } = await newKey(tenant);
  const bound = await gate(latchkey, key);
  assert.deepEqual([bound.body.rateLimits, fields(bound)], [[], undefined]);
  const wide = await gate(latchkey, tenant.key);
  assert.deepEqual([wide.body.rateLimits.map(({ name, remaining }: any) => [name, remaining]), told(wide).r], [[['requests', 2]], 2]);
  assert.deepEqual(tally(await burst(latchkey, [key], 3)), { VALID: 2, '429 rate_limited': 1 });
  const refusal = await gate(latchkey, key);
  await refused(refusal, 429, 'rate_limited');
  assert.deepEqual([told(refusal).name, told(refusal).r], ['organization.requests', 0]);
});

test('what one limit refuses spends nothing of the others, whichever refuses and whoever asks', async () => {
  const tenant = await newPool(latchkey, 30);
  const limit = (name: string, tokens: number) => [{ name, limit: tokens, windowMs: 60_000 }];
  const narrow = await newKey(tenant, { rateLimits: limit('narrow', 5), credits: { remaining: 100 } }, { rateLimits: limit('shared', 12) });
  const beside = await ok(tenant.api.post(`/v1/sessions/${narrow.sessionId}/api_keys`, { credits: { remaining: 100 } }), 201);
  const wide = await newKey(tenant, { rateLimits: limit('wide', 1000) });
  const left = async (key: string) => {
    const { rateLimits, credits } = await ok(tenant.api.post('/v1/keys/verify', { key, cost: 0 }));
    return [...rateLimits.map(({ level, name, remaining }: any) => `${level}.${name} ${remaining}`), credits?.remaining];
  };
  assert.deepEqual(tally(await burst(latchkey, [narrow.key], 40)), { VALID: 5, '429 rate_limited': 35 });
  assert.deepEqual(await left(narrow.key), ['key.narrow 0', 'session.shared 7', 'organization.requests 25', 95], 'the key refused');
  assert.deepEqual(tally(await burst(latchkey, [beside.key], 40)), { VALID: 7, '429 rate_limited': 33 });
  assert.deepEqual(await left(beside.key), ['session.shared 0', 'organization.requests 18', 93], 'the session refused');
  assert.deepEqual(tally(await burst(latchkey, [wide.key], 40)), { VALID: 18, '429 rate_limited': 22 });
  assert.deepEqual(await left(wide.key), ['key.wide 982', 'organization.requests 0', undefined], 'the pool refused');
});

test('a thousand requests with bad keys change nothing that a limit counts, and no last use', async () => {
  const tenant = await newPool(latchkey, 50);
  const { api, id } = tenant;
  const limited = await newKey(tenant, { permissions: ['emails:send'], rateLimits: [{ name: 'minute', limit: 50, windowMs: 60_000 }], credits: { remaining: 50 } });
  const make = () => ok(api.post('/v1/api_keys', { name: 'Bad' }), 201);
  const [revoked, disabled] = [await make(), await make()];
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  await ok(api.patch(`/v1/api_keys/${disabled.id}`, { active: false }));
  assert.deepEqual(tally(await burst(latchkey, [limited.key], 7)), { VALID: 7 });
  const state = async () => {
    const { limits } = await ok(latchkey.operator.get(`/operator/organizations/${id}`)).then(() => ok(api.get('/v1/organization')));
    const { rateLimits, credits, lastUsedAt } = await ok(api.get(`/v1/api_keys/${limited.id}`));
    return { pool: limits.requests.remaining, own: rateLimits[0].remaining, credits, lastUsedAt, r: told(await gate(latchkey, limited.key, '?cost=0')).r };
  };
  const before = await state();
  assert.deepEqual([before.pool, before.own, before.r, before.credits.remaining], [43, 43, 43, 43]);
  const bad = [forgedKey(), limited.key.slice(0, -1), `${limited.key.slice(0, -6)}000000`, revoked.key, disabled.key, limited.key];
  const answers = await inParallel(Array.from({ length: 1000 }), 32, (_, at) => gate(latchkey, bad[at % bad.length]!, '?permission=contacts:write&cost=3'));
  assert.deepEqual([...new Set(answers.map(({ status, body }) => `${status} ${body.code}`))].sort(), ['401 auth_invalid_key', '401 auth_key_disabled', '401 auth_key_revoked', '403 insufficient_permissions']);
  assert.ok(answers.every((answer) => fields(answer) === undefined), 'who is refused for another reason is told nothing about limits');
  assert.deepEqual({ ...(await state()), lastUsedAt: null }, { ...before, lastUsedAt: null });
  assert.equal((await ok(api.get(`/v1/api_keys/${revoked.id}`))).lastUsedAt, null);
});

test('requests and management are two pools: a spent one never stands in the way of the other, nor of a revoke', async () => {
  const tenant = await newPool(latchkey, 8);
  const { api } = tenant;
  const [victim, last] = [await newKey(tenant), await ok(api.post('/v1/api_keys', { name: 'Last' }), 201)];
  assert.deepEqual(tally(await burst(latchkey, [tenant.key, victim.key], 12)), { VALID: 8, '429 rate_limited': 4 });

  const managed = await api.patch(`/v1/api_keys/${victim.id}`, { name: 'Still managed' });
  await ok(managed);
  const { name, r, q, w } = told(managed);
  assert.deepEqual([name, r, q, w], ['organization.management', 4, 8, 60]);
  assert.equal((await ok(api.delete(`/v1/api_keys/${victim.id}`))).status, 'revoked');
  await refused(gate(latchkey, victim.key), 401, 'auth_key_revoked');
  for (let left = 3; left >= 0; left--) assert.equal(told(await api.get('/v1/api_keys')).r, left, 'revoking was not counted');
  const refusal = await api.get('/v1/organization');
  assert.equal((await refused(refusal, 429, 'rate_limited')).limit, 'organization.management');
  assert.equal(told(refusal).r, 0);
  await refused(api.post('/v1/api_keys', { name: 'One more' }), 429, 'rate_limited');
  await refused(api.patch(`/v1/api_keys/${last.id}`, { active: false }), 429, 'rate_limited');
  assert.equal((await ok(api.delete(`/v1/api_keys/${last.id}`))).status, 'revoked');
  assert.equal((await ok(api.delete(`/v1/sessions/${victim.sessionId}`))).status, 'deleted');
  await refused(gate(latchkey, last.key), 401, 'auth_key_revoked');

  // The other way around: a flood of management leaves the pool of requests as it was.
  const flooded = await newPool(latchkey, 8);
  const floods = await inParallel(Array.from({ length: 40 }), 32, () => flooded.api.get('/v1/api_keys'));
  assert.equal(floods.filter(({ status }) => status === 200).length, 8);
  assert.deepEqual(tally(await burst(latchkey, [flooded.key], 9)), { VALID: 8, '429 rate_limited': 1 });
});

test('people and the operator are not counted, and go on when both pools are spent', async () => {
  const person = await newPerson(latchkey);
  const { id } = person.organization;
  await setPlan(latchkey, { id }, { name: 'enterprise', requestsPerMinute: 3 });
  const api = checked(latchkey.api(person.apiKey.key));
  for (let round = 0; round < 3; round++) await ok(api.get('/v1/api_keys'));
  await refused(api.get('/v1/api_keys'), 429, 'rate_limited');
  assert.deepEqual(tally(await burst(latchkey, [person.apiKey.key], 4)), { VALID: 3, '429 rate_limited': 1 });
  for (let round = 0; round < 6; round++) {
    const reply = await person.api.get(`${person.home}/api_keys`);
    await ok(reply);
    assert.equal(fields(reply), undefined);
  }
  const created = await ok(person.api.post(`${person.home}/api_keys`, { name: 'By a person' }), 201);
  await ok(person.api.delete(`${person.home}/api_keys/${created.id}`));
  await ok(latchkey.operator.get(`/operator/organizations/${id}`));
});

test('60 of 60, then silence until the runtime has let every object go: the next request is still refused', { timeout: 60_000 }, async () => {
  const { before, after, took } = await evicted;
  assert.deepEqual(before, Array(2).fill({ VALID: 60, '429 rate_limited': 1 }));
  assert.ok(took < 55_000, `${took} ms: the window was over`);
  for (const reply of after) assert.equal((await refused(reply, 429, 'rate_limited')).remaining, 0);
  await idle.stop();
});

test('SIGKILL under load, four times within a window: never more than the limit in all, and little less', { timeout: 120_000 }, async () => {
  const killed = await startLatchkey();
  const tenant = await newPool(killed, 1600);
  const own = await newKey(tenant, { rateLimits: [{ name: 'own', limit: 800, windowMs: 600_000 }] });
  const keys = [own.key, tenant.key];
  const accepted = keys.map(() => 0);
  const started = Date.now();
  let cutOff = 0;
  for (let round = 0; round <= 4; round++) {
    let running = true;
    let inRound = 0;
    const client = async (which: number) => {
      for (let refusals = 0; running && refusals < 3; ) {
        try {
          const { status } = await gate(killed, keys[which]!);
          assert.ok(status === 200 || status === 429, `${status}`);
          if (status === 200) accepted[which]!++, inRound++;
          else refusals++;
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return void cutOff++;
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 32 }, (_, at) => client(at % 2)));
    if (round === 4) {
      await clients;
      break;
    }
    for (const end = Date.now() + 5_000; inRound < 150 && Date.now() < end; ) await sleep(5);
    await killed.kill();
    running = false;
    await clients;
    await killed.restart();
  }
  const took = Date.now() - started;
  assert.ok(took < 55_000, `${took} ms: the window of the pool was over`);
  assert.ok(cutOff >= 64, `${cutOff}: nothing was under way when the runtime was killed`);
  const [ofOwn, ofOther] = accepted as [number, number];
  const sum = ofOwn + ofOther;
  assert.ok(ofOwn <= 800 && sum <= 1600, `${ofOwn} of 800, ${sum} of 1600`);
  // A kill costs at most a sixteenth, and what was under way without an answer.
  assert.ok(ofOwn >= 800 - 4 * (50 + 32) && sum >= 1600 - 4 * (100 + 32), `${ofOwn} of 800, ${sum} of 1600`);
  await killed.stop();
});
