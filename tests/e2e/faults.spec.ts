// The built worker in the real runtime, in a world that fails on command: KV, objects, storage. Whatever fails, a dead key is
// refused from the answer on that ended it, a good one is good or "nobody knows", and nothing waits for what is not needed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checked, inParallel, newOrganization, newPerson, ok, refused, sleep, type Tenant } from './support/acceptance.ts';
import { landLate, seenFaults, setFaults, type Faults } from './support/faults.ts';
import { startLatchkey, type Latchkey, type Reply } from './support/latchkey.ts';

const latchkey = await startLatchkey({ faulty: {} });
const tenant = await newOrganization(latchkey, 'In a bad world');
const { api, key } = tenant;

const create = (by: Tenant['api'] = api, fields: object = {}) => ok(by.post('/v1/api_keys', { name: 'Key', ...fields }), 201);
const codeOf = async (secret: string, by: Tenant['api'] = api) => (await ok(by.post('/v1/keys/verify', { key: secret }))).code;
const whoami = (secret: string) => checked(latchkey.api(secret)).get('/v1/whoami');

/** How many keys KV holds as revoked. */
async function tombstones(): Promise<number> {
  const kv = await latchkey.kv();
  const names: string[] = (await kv.names()).filter((name: string) => name.startsWith('key/'));
  const values = await Promise.all(names.map((name) => kv.get(name)));
  return values.filter((value) => value && JSON.parse(value).record.revocation !== null).length;
}

/** As long as the outbox may pause after failures, and ten seconds. */
async function until(what: string, holds: () => Promise<boolean>, seconds = 75): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (await holds()) return;
  assert.fail(`never: ${what}`);
}

const FAILED = { fail: '500 Internal Server Error' };
const KV: Record<string, Faults['kv']> = {
  'reads fail': { get: FAILED },
  'reads hang': { get: { hang: true } },
  'reads take ten seconds': { get: { delayMs: 10_000 } },
  'nothing is found': { get: { empty: true } },
  'readers see the past': { frozen: true },
  'writes fail': { put: FAILED },
  'writes hang': { put: { hang: true } },
  'writes are not acknowledged': { put: { ...FAILED, after: true } },
  'writes come late': { put: { late: true } },
  'half of everything fails': { get: { ...FAILED, share: 0.5 }, put: { ...FAILED, share: 0.5 } },
  'everything fails': { get: FAILED, put: FAILED },
  'everything hangs': { get: { hang: true }, put: { hang: true } },
};
const dead: string[] = [];
for (const [what, kv] of Object.entries(KV)) {
  test(`KV: ${what}: a new key is good and a revoked one dead at once, and nobody waits for KV`, async () => {
    const before = await create();
    await setFaults(latchkey, { kv });
    const began = Date.now();
    const [one, two] = await Promise.all([create(), create()]);
    assert.deepEqual(await Promise.all([one, two, before].map((made) => codeOf(made.key))), ['VALID', 'VALID', 'VALID']);
    await Promise.all([before, one].map((made) => ok(api.delete(`/v1/api_keys/${made.id}`))));
    dead.push(before.key, one.key);
    assert.deepEqual(await Promise.all([before, one, two].map((made) => codeOf(made.key))), ['REVOKED', 'REVOKED', 'VALID']);
    await refused(whoami(one.key), 401, 'auth_key_revoked');
    await ok(whoami(two.key));
    // Three rounds of a few milliseconds; KV alone takes ten seconds, or for ever.
    assert.ok(Date.now() - began < 8_000, `${Date.now() - began} ms`);
  });
}

test('KV is well again: every tombstone arrives, also those that had been given up, and what lands late opens nothing', async () => {
  await setFaults(latchkey);
  await until('all tombstones', async () => (await tombstones()) >= dead.length);
  // What was given up long ago lands on top of tombstones that were acknowledged since. It stays there, and opens nothing.
  await landLate(latchkey);
  for (const secret of dead) assert.equal(await codeOf(secret), 'REVOKED');
  const had = await tombstones();
  const { key: secret, id } = await create();
  await setFaults(latchkey, { kv: { put: { late: true, times: 1 } } });
  await create(api, { name: 'Late' });
  await setFaults(latchkey, { kv: { put: { late: true } } });
  await ok(api.delete(`/v1/api_keys/${id}`));
  await setFaults(latchkey);
  await landLate(latchkey);
  assert.equal(await codeOf(secret), 'REVOKED');
  await until('the last tombstone', async () => (await tombstones()) > had);
});

test('KV takes one write of a name in a second: keys created and revoked at once all become tombstones, and none is written faster', async () => {
  await setFaults(latchkey, { kv: { perKeyMs: 1_000 } });
  const started = (await seenFaults(latchkey)).writes.length;
  const had = await tombstones();
  const pairs = await inParallel(Array.from({ length: 25 }), 5, async () => {
    const made = await create();
    await ok(api.delete(`/v1/api_keys/${made.id}`));
    assert.equal(await codeOf(made.key), 'REVOKED');
    return made;
  });
  await until('all tombstones', async () => (await tombstones()) >= had + pairs.length);
  const { writes } = await seenFaults(latchkey);
  const last = new Map<string, number>();
  for (const [name, at, outcome] of writes.slice(started)) {
    if (outcome !== 'written') continue;
    assert.ok(at - (last.get(name) ?? 0) >= 1_000, name);
    last.set(name, at);
  }
  assert.ok(writes.slice(started).some(([, , outcome]) => outcome === 'throttled'), 'the bound was never met');
});

/** Verifications of all shapes: of a key by another, of the bearer, of who manages; and whether somebody is let in. */
const SHAPES: [string, (secret: string) => Promise<Reply>, (reply: Reply) => boolean][] = [
  ['verify', (secret) => api.post('/v1/keys/verify', { key: secret }), ({ body }) => body.valid === true],
  ['gate', (secret) => whoami(secret), ({ status }) => status === 200],
  ['manage', (secret) => checked(latchkey.api(secret)).get('/v1/api_keys?limit=1'), ({ status }) => status === 200],
];

for (const error of ['overloaded', 'reset', 'lost', 'broken', 'garbage'] as const) {
  test(`objects: ${error}: no dead key is let in, no good one called bad, and "nobody knows" says when to come back`, async () => {
    const [good, revoked, off, soon] = await Promise.all([create(), create(), create(), create(api, { expiresAt: new Date(Date.now() + 1_500).toISOString() })]);
    const person = await newPerson(latchkey);
    await ok(api.delete(`/v1/api_keys/${revoked.id}`));
    await ok(api.patch(`/v1/api_keys/${off.id}`, { active: false }));
    await sleep(1_600);
    const fault = error === 'garbage' ? { garbage: '{"done":{"reply":{"reply":"verified","code":"VALID"}}}' } : { error };
    for (const concerned of [['SESSIONS'], ['ORGANIZATIONS'], ['ACCOUNTS'], ['SESSIONS', 'ORGANIZATIONS', 'ACCOUNTS', 'DIRECTORY']]) {
      await setFaults(latchkey, { objects: Object.fromEntries(concerned.map((name) => [name, fault])), kv: { get: { empty: true } } });
      for (const [shape, ask, accepts] of SHAPES) {
        for (const dead of [revoked, off, soon]) assert.ok(!accepts(await ask(dead.key)), `${shape} ${concerned}`);
        const reply = await ask(good.key);
        assert.ok(accepts(reply) || reply.status === 503, `${shape} ${concerned}: ${reply.status} ${reply.text}`);
      }
      const seen = await person.api.get(`${person.home}/api_keys`);
      assert.ok([200, 503].includes(seen.status), seen.text);
    }
    await setFaults(latchkey);
    assert.deepEqual(await Promise.all([good, revoked, off, soon].map((made) => codeOf(made.key))), ['VALID', 'REVOKED', 'DISABLED', 'EXPIRED']);
  });
}

test('objects: a reset under a read is met by asking again, one under a change by none, an overload by leaving it alone', async () => {
  const calls = async () => (await seenFaults(latchkey)).objects.SESSIONS!.calls!;
  const { key: fresh } = await create();
  await setFaults(latchkey, { objects: { SESSIONS: { error: 'reset', times: 2, matching: '"authenticate"' } } });
  await ok(checked(latchkey.api(fresh)).get('/v1/api_keys?limit=1'));
  await setFaults(latchkey, { objects: { SESSIONS: { error: 'reset', matching: '"issue"' } } });
  const before = (await seenFaults(latchkey)).objects.SESSIONS!.faults!;
  await refused(api.post('/v1/api_keys', { name: 'Once' }), 503, 'service_unavailable');
  assert.equal((await seenFaults(latchkey)).objects.SESSIONS!.faults! - before, 1);
  const { key: other } = await setFaults(latchkey).then(() => create());
  await setFaults(latchkey, { objects: { SESSIONS: { error: 'overloaded' } } });
  const asked = await calls();
  await refused(checked(latchkey.api(other)).get('/v1/api_keys?limit=1'), 503, 'service_unavailable');
  assert.equal((await calls()) - asked, 1);
  await setFaults(latchkey);
});

test('objects: an answer that is lost after the change: an Idempotency-Key finds the one key, a revocation is repeated', async () => {
  const headers = { 'idempotency-key': 'lost-after-the-change-1' };
  await setFaults(latchkey, { objects: { SESSIONS: { error: 'lost', after: true, matching: '"issue"' } } });
  await refused(api.post('/v1/api_keys', { name: 'Lost' }, { headers }), 503, 'service_unavailable');
  await setFaults(latchkey);
  const made = await ok(api.post('/v1/api_keys', { name: 'Lost' }, { headers }), 201);
  assert.equal((await ok(api.get('/v1/api_keys?search=Lost'))).filter(({ name }: any) => name === 'Lost').length, 1);
  assert.equal(await codeOf(made.key), 'VALID');
  await setFaults(latchkey, { objects: { SESSIONS: { error: 'lost', after: true, matching: '"revoke_key"' } } });
  await refused(api.delete(`/v1/api_keys/${made.id}`), 503, 'service_unavailable');
  await setFaults(latchkey);
  await ok(api.delete(`/v1/api_keys/${made.id}`));
  assert.equal(await codeOf(made.key), 'REVOKED');
});

test('storage full: a create is 507, good keys verify, any key is revoked and its session stopped; with room again it goes on', async () => {
  const session = await ok(api.post('/v1/sessions', { name: 'Full' }), 201);
  const manager = await ok(api.post(`/v1/sessions/${session.id}/api_keys`, { name: 'Manager', permissions: ['*'] }), 201);
  const own = checked(latchkey.api(manager.key));
  const made = await inParallel(Array.from({ length: 12 }), 4, () => create(own));
  await setFaults(latchkey, { storage: { SessionObject: {} } });
  let last: Reply | undefined;
  for (let tries = 0; tries < 200 && last?.status !== 507; tries++) {
    last = await latchkey.api(manager.key).post('/v1/api_keys', { name: 'One more' });
    if (last.status === 201) made.push(last.body);
  }
  assert.equal(`${last?.status} ${last?.body.code}`, '507 storage_full');
  assert.deepEqual(Object.keys(last!.body).sort(), ['code', 'details', 'message']);
  for (const one of made) assert.equal(await codeOf(one.key, own), 'VALID');
  for (const one of made.slice(0, 10)) {
    await ok(own.delete(`/v1/api_keys/${one.id}`));
    assert.equal(await codeOf(one.key, own), 'REVOKED');
  }
  assert.equal((await latchkey.api(manager.key).post('/v1/api_keys', { name: 'Still not' })).status, 507);
  await ok(api.patch(`/v1/sessions/${session.id}`, { status: 'disconnected' }));
  assert.equal(await codeOf(made.at(-1).key), 'SESSION_DISCONNECTED');
  await setFaults(latchkey);
  await ok(api.patch(`/v1/sessions/${session.id}`, { status: 'connected' }));
  assert.equal(await codeOf((await create(own)).key), 'VALID');
  assert.deepEqual([await codeOf(made[0].key), await codeOf(made.at(-1).key)], ['REVOKED', 'VALID']);
});

/** A file system of three megabytes; nothing where none may be mounted. */
function smallDisk(): { path: string; grow: () => void } | undefined {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-small-'));
  const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path);
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  after(() => execFileSync('umount', ['-l', path]));
  return { path, grow: () => mount('-o', 'remount,size=30m', path) };
}

test('a disk without a free block under the runtime: nothing acknowledged is lost, nobody refused is let in, and it goes on without a restart', { timeout: 60_000 }, async (t) => {
  const disk = smallDisk();
  if (!disk) return t.skip('no file system may be mounted here');
  const small: Latchkey = await startLatchkey({ persistDir: disk.path });
  const { key: root } = await newOrganization(small, 'On a small disk');
  // Not checked: the runtime may cut a request off whose object it gives up.
  const ask = (secret: string, method: string, path: string, body?: unknown) => small.api(secret).send(method, path, { body }).catch(() => undefined);
  const dead = (await ask(root, 'POST', '/v1/api_keys', { name: 'Dead' }))!.body;
  assert.equal((await ask(root, 'DELETE', `/v1/api_keys/${dead.id}`))!.status, 200);
  const made: any[] = [];
  for (let failures = 0, tries = 0; failures < 3 && tries < 1_000; tries++) {
    const reply = await ask(root, 'POST', '/v1/api_keys', { name: 'Large', metadata: { filler: 'y'.repeat(3_000) } });
    if (reply?.status === 201) made.push(reply.body);
    else failures++;
    const looked = await ask(dead.key, 'GET', '/v1/whoami');
    assert.notEqual(looked?.status, 200);
  }
  assert.ok(made.length < 1_000, 'it never got full');
  disk.grow();
  await until('a creation', async () => (await ask(root, 'POST', '/v1/api_keys', { name: 'After' }))?.status === 201);
  for (const { key: secret } of made) assert.equal((await ask(secret, 'GET', '/v1/whoami'))?.status, 200);
  assert.equal((await ask(dead.key, 'GET', '/v1/whoami'))?.status, 401);
  await small.stop();
});

test('whoever was in this world is still who he was', async () => {
  await ok(whoami(key));
  const { data, head } = await ok(api.get('/v1/audit_log?limit=1000'));
  assert.equal(head.seq, data.length, 'no line of the log is missing');
});
