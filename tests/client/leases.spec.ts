// What the client answers again, before the real service in two isolates: never beyond what was promised, so that a key
// revoked through one client is refused by every other one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decided, Demand, Latchkey } from 'latchkey';
import { startIsolates } from '../e2e/support/isolates.ts';
import { clientOf, sleep } from './support/real.ts';

const { service, createOrganization } = await startIsolates({ services: 2 });
const { key: root } = await createOrganization('Leases of the client');
const [here, there] = service.urls.map((url) => url.origin) as [string, string];
const manager = clientOf(here, root, { keptDecisions: 0 });

/** Verifies until the client answers by itself. */
async function heat(client: Latchkey, key: string, demand: Demand = {}): Promise<Decided> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(5)) {
    const decision = await client.verify(key, demand);
    assert.equal(decision.code, 'VALID');
    if (decision.repeated) return decision;
  }
  throw new Error('never answered by itself');
}

test('a key in use is answered without asking, for as long as was promised', async () => {
  const client = clientOf(there, root);
  const { key, id } = await manager.keys.create({ name: 'Hot' });
  const decision = await heat(client, key);
  assert.deepEqual([decision.keyId, decision.verificationId, decision.freshness.mode], [id, null, 'leased']);
  const before = client.asked();
  const [until, rounds] = [performance.now() + Math.min(decision.freshness.maxStalenessMs, 500) / 2, { all: 0 }];
  for (; performance.now() < until; rounds.all++) assert.equal((await client.verify(key)).code, 'VALID');
  assert.ok(rounds.all > 20 && client.asked() - before <= 1, `${client.asked() - before} of ${rounds.all} asked`);
  // What it answers belongs to who asked.
  const [one, other] = [await heat(client, key), await heat(client, key)];
  (one.metadata as any).mine = true;
  assert.deepEqual(other.metadata, {});
});

test('a key revoked through one client is refused by all others from the moment of the answer', async () => {
  const clients = [here, there, there].map((url) => clientOf(url, root));
  for (let round = 0; round < 3; round++) {
    const { key, id } = await manager.keys.create({ name: `Revoked ${round}` });
    await Promise.all(clients.map((client) => heat(client, key)));
    let over = false;
    let [last, repeated] = [0, 0];
    const using = clients.map(async (client) => {
      while (!over) {
        const decision = await client.verify(key);
        if (decision.valid) last = performance.now();
        if (decision.repeated) repeated += 1;
        await sleep(1);
      }
    });
    await manager.keys.revoke(id);
    // Whatever begins from here on.
    const codes = await Promise.all(clients.map((client) => client.verify(key).then(({ code }) => code)));
    over = true;
    await Promise.all(using);
    assert.deepEqual(codes, ['REVOKED', 'REVOKED', 'REVOKED'], `round ${round}, valid until ${performance.now() - last} ms ago`);
    assert.ok(repeated > 10, `only ${repeated} were answered without asking: the test is blind`);
  }
});

test('so are fewer permissions, an end, and a rotation without an overlap', async () => {
  const client = clientOf(there, root);
  const changes: [string, (id: string) => Promise<unknown>, string][] = [
    ['permissions', (id) => manager.keys.update(id, { permissions: ['emails:read'] }), 'INSUFFICIENT_PERMISSIONS'],
    ['active', (id) => manager.keys.update(id, { active: false }), 'DISABLED'],
    ['rotation', (id) => manager.keys.rotate(id, { overlapSeconds: 0 }), 'REVOKED'],
  ];
  for (const [what, change, code] of changes) {
    const { key, id } = await manager.keys.create({ name: what, permissions: ['emails:send'] });
    await heat(client, key, { permissions: 'emails:send' });
    await change(id);
    assert.equal((await client.verify(key, { permissions: 'emails:send' })).code, code, what);
  }
});

test('a key ends when it ends, whatever was kept', async () => {
  const client = clientOf(there, root);
  const expiresAt = Date.now() + 4_000;
  const { key } = await manager.keys.create({ name: 'Short', expiresAt: new Date(expiresAt).toISOString() });
  await heat(client, key);
  for (;;) {
    const began = Date.now();
    const { valid, code } = await client.verify(key);
    if (!valid) {
      assert.equal(code, 'EXPIRED');
      break;
    }
    assert.ok(began <= expiresAt, 'good after its end');
    await sleep(2);
  }
});

test('what a limit or credits count is asked each time, and counted exactly', async () => {
  const client = clientOf(there, root);
  const limited = await manager.keys.create({ name: 'Limited', rateLimits: [{ name: 'day', limit: 40, windowMs: 86_400_000 }] });
  const codes: string[] = [];
  for (let at = 0; at < 60; at++) codes.push((await client.verify(limited.key)).code);
  assert.equal(client.asked(), 60);
  const passed = codes.filter((code) => code === 'VALID').length;
  assert.ok(passed <= 40 && passed >= 36, `${passed} of 40`);
  assert.equal(codes.at(-1), 'RATE_LIMITED');
  const paid = await manager.keys.create({ name: 'Paid', credits: { remaining: 5 } });
  const spent = await Promise.all(Array.from({ length: 9 }, () => client.verify(paid.key).then(({ code }) => code)));
  assert.equal(spent.filter((code) => code === 'VALID').length, 5);
});

test('a client that is told not to keeps nothing, and one whose own key is refused forgets', async () => {
  const { key } = await manager.keys.create({ name: 'Asked each time' });
  const asking = clientOf(there, root, { keptDecisions: 0 });
  for (let at = 0; at < 50; at++) assert.equal((await asking.verify(key)).repeated, false);
  assert.equal(asking.asked(), 50);
  const verifier = await manager.keys.create({ name: 'Verifier', permissions: ['keys:verify'] });
  const client = clientOf(there, verifier.key);
  await heat(client, key);
  await manager.keys.revoke(verifier.id);
  await assert.rejects(client.verify(key, { consistency: 'strict' }), { code: 'auth_key_revoked' });
  await assert.rejects(client.verify(key), { code: 'auth_key_revoked' });
});
