// A change of an organization's policy, its plan or its status: once it is answered nothing anywhere is decided by the
// one before, whatever was under way and whoever cannot be reached.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { checked, forgotten, newOrganization, ok, refused, sleep, type Tenant } from './support/acceptance.ts';
import type { Client } from './support/client.ts';
import { startLatchkey, type Reply } from './support/latchkey.ts';
import { burst, gate, newKey, newPool, setPlan, tally } from './support/limits.ts';

const latchkey = await startLatchkey();

interface Decision { sent: number; heard: number; outcome: string }

/** Keys of several sessions, verified and used at the gate by many clients until `stop` is called. */
function traffic(tenant: Tenant, keys: string[], backend: Client = tenant.api): { decisions: Decision[]; stop: () => Promise<void> } {
  const decisions: Decision[] = [];
  let running = true;
  const client = async (at: number) => {
    const key = keys[at % keys.length]!;
    const own = checked(latchkey.api(key));
    while (running) {
      const sent = performance.now();
      const reply = await (at % 2 ? own.get('/v1/whoami') : backend.post('/v1/keys/verify', { key }));
      decisions.push({ sent, heard: performance.now(), outcome: reply.body.code });
    }
  };
  const clients = Promise.all(Array.from({ length: 12 }, (_, at) => client(at)));
  return { decisions, stop: async () => void ((running = false), await clients) };
}

/** The outcomes of what was asked after `moment`. */
const since = (decisions: Decision[], moment: number) => [...new Set(decisions.filter(({ sent }) => sent >= moment).map(({ outcome }) => outcome))].sort();

/** A change in the middle of traffic: what was decided before it was sent, and after it was answered. */
async function amid(flow: ReturnType<typeof traffic>, change: () => Promise<Reply>) {
  const enough = flow.decisions.length + 80;
  while (flow.decisions.length < enough) await sleep(5);
  const asked = performance.now();
  const reply = await change();
  const answered = performance.now();
  const more = flow.decisions.length + 80;
  while (flow.decisions.length < more) await sleep(5);
  await flow.stop();
  assert.equal(reply.status, 200, reply.text);
  assert.ok(reply.body.effectiveAt <= new Date(Date.now() + 5).toISOString());
  const before = new Set(flow.decisions.filter(({ heard }) => heard < asked).map(({ outcome }) => outcome));
  return { before: [...before].sort(), after: since(flow.decisions, answered), body: reply.body };
}

const sessions = async (tenant: Tenant, count: number) => [tenant.key, ...(await Promise.all(Array.from({ length: count }, () => newKey(tenant)))).map(({ key }) => key)];

test('suspended under load: nothing that is asked after the answer is accepted; resumed, the very next request is', { timeout: 60_000 }, async () => {
  for (let round = 0; round < 3; round++) {
    // Without a pool a session asks nobody while its lease lasts.
    const tenant = round % 2 ? await newPool(latchkey, 1_000_000) : await newOrganization(latchkey, 'Late payer');
    const keys = await sessions(tenant, 4);
    // Whose own keys are suspended cannot ask about others, so the gate alone is asked here.
    const flow = traffic(tenant, keys, gateOf(keys));
    const { before, after, body } = await amid(flow, () => latchkey.operator.post(`/operator/organizations/${tenant.id}/suspend`));
    assert.deepEqual([before, after, body.status], [['VALID'], ['auth_organization_suspended'], 'suspended']);
    await refused(tenant.api.post('/v1/api_keys', { name: 'Too late' }), 401, 'auth_organization_suspended');
    await refused(tenant.api.post('/v1/keys/verify', { key: keys[1] }), 401, 'auth_organization_suspended');
    const resumed = await ok(latchkey.operator.post(`/operator/organizations/${tenant.id}/resume`));
    assert.equal(resumed.status, 'active');
    for (const key of keys) assert.equal((await ok(gate(latchkey, key))).code, 'VALID');
  }
});

/** A client that asks the gate whatever it is told to post. */
function gateOf(keys: string[]): Client {
  const client = checked(latchkey.anyone);
  client.post = async <T = any>(_path: string, body?: any) => client.get<T>('/v1/whoami', { headers: { 'x-api-key': body?.key ?? keys[0] } });
  return client;
}

test('a plan lowered under load: more than it allows was spent, so nothing more passes; raised, requests pass again', { timeout: 60_000 }, async () => {
  const tenant = await newPool(latchkey, 1_000_000);
  const flow = traffic(tenant, await sessions(tenant, 4));
  const lower = (plan: object) => latchkey.operator.patch(`/operator/organizations/${tenant.id}`, { plan });
  const { before, after, body } = await amid(flow, () => lower({ name: 'starter', requestsPerMinute: 50 }));
  assert.deepEqual([before, after], [['VALID'], ['RATE_LIMITED', 'rate_limited']]);
  assert.deepEqual([body.plan, body.keysOverQuota], [{ name: 'starter', keysPerSession: 10, requestsPerMinute: 50 }, null]);
  await ok(lower({ name: 'pro', requestsPerMinute: 1_000_000 }));
  await forgotten();
  await ok(gate(latchkey, tenant.key));
});

test('from no limit to one: what comes after the answer is counted, from the first request on, to the last of the pool', async () => {
  const tenant = await newOrganization(latchkey, 'Unlimited');
  const keys = await sessions(tenant, 3);
  assert.deepEqual(tally(await burst(latchkey, keys, 60, 16)), { VALID: 60 });
  await setPlan(latchkey, tenant, { name: 'enterprise', requestsPerMinute: 20 });
  assert.deepEqual(tally(await burst(latchkey, keys, 60, 16)), { VALID: 20, '429 rate_limited': 40 });
  await setPlan(latchkey, tenant, { name: 'enterprise' });
  await forgotten();
  assert.deepEqual(tally(await burst(latchkey, keys, 60, 16)), { VALID: 60 });
});

test('fewer places: after the answer no session that is full takes another key, however many are on their way', async () => {
  const tenant = await newOrganization(latchkey, 'Fewer places');
  const { sessionId } = await newKey(tenant);
  const create = () => tenant.api.post(`/v1/sessions/${sessionId}/api_keys`, {});
  let running = true;
  const outcomes: { sent: number; status: number }[] = [];
  const clients = Promise.all(Array.from({ length: 8 }, async () => {
    while (running) {
      const sent = performance.now();
      outcomes.push({ sent, status: (await create()).status });
    }
  }));
  while (outcomes.length < 20) await sleep(5);
  const { keysOverQuota } = await setPlan(latchkey, tenant, { name: 'enterprise', keysPerSession: 5 });
  const answered = performance.now();
  const enough = outcomes.length + 20;
  while (outcomes.length < enough) await sleep(5);
  running = false;
  await clients;
  assert.deepEqual([...new Set(outcomes.filter(({ sent }) => sent >= answered).map(({ status }) => status))], [409]);
  const { limits } = await ok(tenant.api.get(`/v1/sessions/${sessionId}`));
  assert.equal(limits.keys.used, 1 + outcomes.filter(({ status }) => status === 201).length);
  assert.ok(keysOverQuota.sessions === 1 && keysOverQuota.keys >= 16, JSON.stringify(keysOverQuota));
});

test('deleted under load: every key of every session is dead when the answer is there, and stays so', { timeout: 60_000 }, async () => {
  const tenant = await newOrganization(latchkey, 'Ended');
  const keys = await sessions(tenant, 4);
  const { before, after } = await amid(traffic(tenant, keys, gateOf(keys)), () => latchkey.operator.delete(`/operator/organizations/${tenant.id}`));
  assert.deepEqual([before, after], [['VALID'], ['auth_key_revoked']]);
  await refused(latchkey.operator.post(`/operator/organizations/${tenant.id}/resume`), 409, 'organization_deleted');
});

test('Prefer: respond-async changes nothing where there is nobody to wait for', async () => {
  const tenant = await newPool(latchkey, 100);
  const [, key] = await sessions(tenant, 1);
  await ok(gate(latchkey, key!));
  for (const action of ['suspend', 'resume']) {
    const reply = await latchkey.operator.post(`/operator/organizations/${tenant.id}/${action}`, undefined, { headers: { prefer: 'respond-async' } });
    await ok(reply);
    assert.equal(reply.headers.get('preference-applied'), null);
    assert.equal((await gate(latchkey, key!)).status, action === 'suspend' ? 401 : 200);
  }
});

test('a session that is out of reach: 202 says from when on the change holds, the others obey at once, and it lets nobody through', { timeout: 60_000 }, async () => {
  const broken = await startLatchkey();
  const tenant = await newPool(broken, 1000);
  const [near, away] = [await newKey(tenant), await newKey(tenant)];
  for (const { key } of [near, away]) await ok(gate(broken, key));
  await broken.kill();
  // Its database is no database any more, which no runtime can mend.
  const files = broken.sqliteFiles('SessionObject').filter((file) => readFileSync(file).includes(away.sessionId) || wal(file).includes(away.sessionId));
  assert.equal(files.length, 1);
  writeFileSync(files[0]!, randomBytes(8192));
  for (const suffix of ['-wal', '-shm']) rmSync(files[0]! + suffix, { force: true });
  await broken.restart();
  const operator = checked(broken.operator);
  const path = `/operator/organizations/${tenant.id}`;
  await refused(gate(broken, away.key), 503, 'verification_unavailable');
  assert.equal((await ok(gate(broken, near.key))).code, 'VALID');

  const asked = Date.now();
  const waits = async (reply: Reply, preferred: boolean) => {
    assert.deepEqual([reply.status, reply.headers.get('preference-applied')], [202, preferred ? 'respond-async' : null], reply.text);
    const wait = Date.parse(reply.body.effectiveAt) - Date.now();
    // A lease is a minute; what a former life has granted is known to the minute.
    assert.ok(wait > 0 && wait <= 121_000, `${wait}`);
  };
  await waits(await operator.post(`${path}/suspend`, undefined, { headers: { prefer: 'respond-async' } }), true);
  await refused(gate(broken, near.key), 401, 'auth_organization_suspended');
  await refused(gate(broken, away.key), 503, 'verification_unavailable');
  // Nor does anybody know, after the kill, which policy the lost session may be acting on: resuming waits as well.
  await waits(await operator.post(`${path}/resume`), false);
  await ok(gate(broken, near.key));
  await waits(await operator.patch(path, { plan: { name: 'free', requestsPerMinute: 1 } }), false);
  await refused(gate(broken, near.key), 429, 'rate_limited');
  assert.ok(Date.now() - asked < 30_000, 'whoever has to wait longer than that is told at once');
  await broken.stop();
});

function wal(file: string): Buffer {
  try {
    return readFileSync(`${file}-wal`);
  } catch {
    return Buffer.alloc(0);
  }
}
