// What happens at the same time, in several isolates over one set of objects: places of a plan, ends of keys, rotations, changes
// beside verifications, lists beside deletions, the last credit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, inParallel, ok, sleep } from '../e2e/support/acceptance.ts';
import type { Reply } from '../e2e/support/client.ts';
import { figure, full } from './support/proof.ts';
import { startService, type Tenant } from './support/service.ts';

/** How often each race is run. */
const times = (quick: number, all: number) => (full ? all : quick);
/** The machine's clock, ms. */
const now = () => Number(process.hrtime.bigint()) / 1e6;
const all = (count: number) => Array.from({ length: count }, (_, at) => at);

const ISOLATES = 3;
const service = await startService({ services: ISOLATES });
const tenant = await service.newTenant('Races');
const api = checked(service.client(0, tenant.key));
const at = (isolate: number, bearer = tenant.key) => service.client(isolate % ISOLATES, bearer);
const verify = (isolate: number, key: string) => at(isolate).post('/v1/keys/verify', { key });

/** A session in which every verification asks the object, or isolates decide by leases. */
async function newSession(mode: 'strict' | 'leased', owner: Tenant = tenant): Promise<string> {
  const consistency = mode === 'strict' ? { mode } : { mode, ttlMs: 1_000 };
  return (await ok(service.client(0, owner.key).post('/v1/sessions', { name: mode, consistency }), 201)).id;
}
const sessions = { strict: await newSession('strict'), leased: await newSession('leased') };
const newKey = (mode: 'strict' | 'leased', body: object = {}) => ok(api.post(`/v1/sessions/${sessions[mode]}/api_keys`, body), 201);

/** How many answers had which status or, of verifications, which code. */
function tally(replies: Reply[]): { [what: string]: number } {
  const counts: { [what: string]: number } = {};
  for (const { status, body } of replies) {
    const what = body?.code ?? String(status);
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

const QUOTA = times(8, 200);
test(`64 creates at once for three places, from three isolates, ${QUOTA} times: three, each time`, { timeout: 3_600_000 }, async () => {
  const owner = await service.newTenant('Three places');
  await ok(service.operator.patch(`/operator/organizations/${owner.id}`, { plan: { name: 'enterprise', keysPerSession: 3 } }));
  for (const race of all(QUOTA)) {
    const session = await newSession('leased', owner);
    const replies = await Promise.all(all(64).map((each) => at(each, owner.key).post(`/v1/sessions/${session}/api_keys`, {})));
    assert.deepEqual(tally(replies), { 201: 3, key_limit_reached: 61 }, `race ${race}`);
    const { limits } = await ok(at(1, owner.key).get(`/v1/sessions/${session}`));
    assert.deepEqual(limits.keys, { limit: 3, used: 3 });
  }
  figure('races: 64 creates for 3 places, exactly 3', QUOTA, 'times');
});

for (const mode of ['strict', 'leased'] as const) {
  const ENDS = times(mode === 'strict' ? 25 : 3, mode === 'strict' ? 1_000 : 100);
  test(`a key that is revoked while it is verified everywhere, ${mode}, ${ENDS} times: nothing is accepted that was asked for after the answer`, { timeout: 3_600_000 }, async () => {
    let accepted = 0;
    let after = 0;
    await inParallel(all(ENDS), 4, async () => {
      const { id, key } = await newKey(mode);
      const seen: { sent: number; answered: number; code: string }[] = [];
      let running = true;
      const clients = all(6).map(async (client) => {
        while (running) {
          const sent = now();
          const { status, body } = await verify(client, key);
          seen.push({ sent, answered: now(), code: status === 200 ? body.code : `status ${status}` });
        }
      });
      await sleep(mode === 'strict' ? 40 : 300);
      const asked = now();
      await ok(api.delete(`/v1/api_keys/${id}`));
      const answered = now();
      await sleep(60);
      running = false;
      await Promise.all(clients);
      const late = seen.filter(({ sent }) => sent > answered);
      assert.deepEqual(late.filter(({ code }) => code !== 'REVOKED'), [], 'asked for after the answer');
      assert.deepEqual(seen.filter((each) => each.answered < asked && each.code !== 'VALID'), [], 'answered before the question');
      // Where every verification asks the object, nobody sees the past once anybody has seen the end.
      const first = Math.min(...seen.filter(({ code }) => code === 'REVOKED').map((each) => each.answered));
      if (mode === 'strict') assert.deepEqual(seen.filter(({ sent, code }) => sent > first && code !== 'REVOKED'), [], 'back in time');
      accepted += seen.filter(({ code }) => code === 'VALID').length;
      after += late.length;
    });
    assert.ok(accepted >= ENDS && after >= ENDS, `${accepted} accepted, ${after} asked for afterwards`);
    figure(`races: revoked while verified, ${mode}, accepted too late`, 0, `of ${after}`);
  });
}

const ROTATIONS = times(20, 1_000);
test(`eight rotations of one key at once, ${ROTATIONS} times: one new secret, and everybody else is told so`, { timeout: 3_600_000 }, async () => {
  await inParallel(all(ROTATIONS), 4, async (race) => {
    const { id, key } = await newKey('strict');
    const overlapSeconds = race % 2 ? 60 : 0;
    const replies = await Promise.all(all(8).map((each) => at(each).post(`/v1/api_keys/${id}/rotate`, { overlapSeconds })));
    const good = replies.filter(({ status }) => status === 201);
    assert.equal(good.length, 1, JSON.stringify(tally(replies)));
    assert.ok(replies.every(({ status }) => status === 201 || status === 409), JSON.stringify(tally(replies)));
    const [successor] = good.map(({ body }) => body);
    const codes = await Promise.all([key, successor.key].map(async (secret, each) => (await ok(verify(each, secret))).code));
    assert.deepEqual(codes, [overlapSeconds ? 'VALID' : 'REVOKED', 'VALID']);
    assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).rotatedTo, successor.id);
  });
  figure('races: 8 rotations at once, exactly one secret', ROTATIONS, 'times');
});

const CHANGES = times(6, 200);
test(`changes beside verifications, ${CHANGES} keys: no verification writes back what was, not then and not when its use is written down`, { timeout: 3_600_000 }, async () => {
  const ended: { id: string; key: string; code: string }[] = [];
  await inParallel(all(CHANGES), 3, async (race) => {
    const { id, key } = await newKey('strict');
    let running = true;
    const storm = all(8).map(async (client) => {
      while (running) await verify(client, key);
    });
    for (const n of all(6)) await ok(api.patch(`/v1/api_keys/${id}`, { name: `Name ${n}`, metadata: { n } }));
    const kept = await ok(api.get(`/v1/api_keys/${id}`));
    const end = race % 2 ? () => api.patch(`/v1/api_keys/${id}`, { active: false }) : () => api.delete(`/v1/api_keys/${id}`);
    await ok(end());
    await sleep(30);
    running = false;
    await Promise.all(storm);
    assert.deepEqual([kept.name, kept.metadata], ['Name 5', { n: 5 }]);
    ended.push({ id, key, code: race % 2 ? 'DISABLED' : 'REVOKED' });
  });
  // Uses are written down within ten seconds.
  await sleep(11_000);
  for (const { id, key, code } of ended) {
    const { name, metadata, active, lastUsedAt } = await ok(api.get(`/v1/api_keys/${id}`));
    assert.deepEqual([name, metadata, active], ['Name 5', { n: 5 }, false]);
    assert.ok(lastUsedAt, 'its uses were written down');
    assert.equal((await ok(verify(1, key))).code, code);
  }
  figure('races: changes beside verifications, none undone', CHANGES * 7, 'changes');
});

const LISTS = times(3, 60);
test(`lists beside deletions, ${LISTS} times: what stays is there once, and what goes is never there twice`, { timeout: 3_600_000 }, async () => {
  let pages = 0;
  for (const race of all(LISTS)) {
    const owner = await service.newTenant(`Lists ${race}`);
    const made = await inParallel(all(24), 8, (each) => ok(at(each, owner.key).post('/v1/api_keys', { name: `Key ${each}` }), 201));
    const [staying, going] = [made.filter((_, each) => each % 2), made.filter((_, each) => !(each % 2))];
    let running = true;
    const readers = all(3).map(async (reader) => {
      // At least one of each after the last deletion.
      for (let last = false; ; last = !running) {
        const seen: { id: string; status: string }[] = [];
        for (let cursor = ''; ; ) {
          const { data, pagination } = await ok(at(reader, owner.key).get(`/v1/api_keys?limit=5${cursor}`));
          seen.push(...data);
          pages += 1;
          if (!pagination.hasMore) break;
          cursor = `&cursor=${pagination.nextCursor}`;
        }
        assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, 'twice in one list');
        for (const { id } of staying) assert.equal(seen.find((row) => row.id === id)?.status, 'active', `race ${race}`);
        for (const { id } of made) assert.ok(seen.some((row) => row.id === id), 'deleted keys stay listed');
        if (last) return;
      }
    });
    await inParallel(going, 6, async ({ id }, each) => {
      await ok(at(each, owner.key).delete(`/v1/api_keys/${id}`));
      assert.equal((await ok(at(each + 1, owner.key).get(`/v1/api_keys/${id}`))).status, 'revoked');
    });
    running = false;
    await Promise.all(readers);
    const rows = async () => ok(at(0, owner.key).get('/v1/api_keys?limit=100&status=revoked'));
    for (let tries = 0; tries < 100 && (await rows()).data.length < going.length; tries++) await sleep(100);
    assert.equal((await rows()).data.length, going.length);
  }
  figure('races: pages read beside deletions, keys missing or doubled', 0, `of ${pages}`);
});

const CREDITS = times(10, 1_000);
test(`the last credit and 64 who want it, from three isolates, ${CREDITS} times: one gets it, each time`, { timeout: 3_600_000 }, async () => {
  const { id, key } = await newKey('leased', { credits: { remaining: 1 } });
  for (const race of all(CREDITS)) {
    if (race > 0) await ok(api.patch(`/v1/api_keys/${id}`, { credits: { add: 1 } }));
    const replies = await Promise.all(all(64).map((each) => verify(each, key)));
    assert.deepEqual(tally(replies), { VALID: 1, USAGE_EXCEEDED: 63 }, `race ${race}`);
  }
  figure('races: 64 for the last credit, exactly 1', CREDITS, 'times');
});
