// The client before the real service: everything that it offers, and connections that break.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatchkeyError } from 'latchkey';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { clientOf, cutter, gathered } from './support/real.ts';

const latchkey = await startLatchkey();
const { key: root, organization } = await latchkey.createOrganization('Client');
const client = clientOf(latchkey.url, root);

const failsWith = (code: string, status: number | null) => (error: unknown) => {
  assert.ok(error instanceof LatchkeyError, String(error));
  assert.deepEqual([error.code, error.status], [code, status]);
  return true;
};

test('a key, from its issue to its end', async () => {
  const issued = await client.keys.create({ name: 'Newsletter', permission: 'sending_access', externalId: 'user-7', metadata: { tier: 'gold' } });
  assert.match(issued.key, /^sk_live_/);
  assert.deepEqual((await client.keys.get(issued.id)).permissions, ['emails:send']);

  const good = await client.verify(issued.key, { permissions: 'emails:send' });
  assert.deepEqual([good.valid, good.code, good.keyId, good.externalId, good.metadata], [true, 'VALID', issued.id, 'user-7', { tier: 'gold' }]);
  assert.match(good.requestId ?? '', /^req_/);
  const less = await client.keys.verify(issued.key, { permissions: ['emails:send', 'emails:read'] });
  assert.deepEqual([less.valid, less.code], [false, 'INSUFFICIENT_PERMISSIONS']);

  assert.equal((await client.keys.update(issued.id, { name: 'Digest', expiresAt: null })).name, 'Digest');
  const successor = await client.keys.rotate(issued.id, { overlapSeconds: 60 });
  assert.equal(successor.rotatedFrom, issued.id);
  assert.equal((await client.verify(successor.key)).valid, true);

  const revoked = await client.keys.revoke(successor.id, { reason: 'end of the test' });
  assert.deepEqual([revoked.status, revoked.revocationReason], ['revoked', 'end of the test']);
  assert.equal((await client.verify(successor.key)).code, 'REVOKED');
  assert.equal((await client.verify('no-key-at-all')).code, 'NOT_FOUND');
  const used = await client.keys.usage(issued.id, { granularity: 'hour' });
  assert.equal(used.granularity, 'hour');
  assert.ok(used.totals.requests >= 2);
});

test('lists go on from page to page, and stop where one stops asking', async () => {
  const session = await client.sessions.create({ name: 'Long list', environment: 'development' });
  for (let at = 0; at < 7; at++) await client.sessions.createKey(session.id, { name: `Key ${at}` });
  const all = await gathered(client.keys.list({ sessionId: session.id, limit: 3 }));
  assert.deepEqual(all.map(({ name }) => name), [6, 5, 4, 3, 2, 1, 0].map((at) => `Key ${at}`));
  const before = client.asked();
  for await (const { name } of client.keys.list({ sessionId: session.id, limit: 3 })) if (name === 'Key 5') break;
  assert.equal(client.asked() - before, 1);
  assert.deepEqual((await gathered(client.keys.list({ sessionId: session.id, search: 'Key 3' }))).map(({ name }) => name), ['Key 3']);
});

test('sessions, usage, and what the client itself is', async () => {
  const session = await client.sessions.create({ name: 'Customer A', environment: 'staging' });
  const issued = await client.sessions.createKey(session.id);
  assert.match(issued.key, /^sk_staging_/);
  assert.equal((await client.sessions.get(session.id)).limits.keys.used, 1);
  assert.equal((await client.sessions.update(session.id, { name: 'Customer B' })).name, 'Customer B');
  const names = (await gathered(client.sessions.list({ limit: 1 }))).map(({ name }) => name);
  assert.ok(names.includes('Customer B') && names.length >= 2);
  const customer = clientOf(latchkey.url, issued.key);
  assert.equal((await customer.whoami({ cost: 0 })).sessionId, session.id);
  assert.ok((await customer.sessions.usage(session.id)).totals.requests >= 0);
  assert.equal((await client.usage({ granularity: 'hour' })).granularity, 'hour');
  assert.equal((await client.sessions.delete(session.id)).status, 'deleted');
  await assert.rejects(customer.whoami(), failsWith('auth_key_revoked', 401));
});

test('every other operation has its types and goes through `request`', async () => {
  const read = await client.request('GET', '/v1/organization');
  assert.equal(read.id, organization.id);
  const [issued] = await gathered(client.keys.list({ limit: 1 }));
  const evidence = await client.request('GET', '/v1/api_keys/{id}/evidence', { params: { id: issued!.id } });
  assert.equal(evidence.keyId, issued!.id);
  const explained = await client.request('POST', '/v1/keys/verify', { body: { key: root, explain: true } });
  assert.ok(explained.trace!.length > 3);
  const found = await client.request('GET', '/v1/api_keys', { query: { limit: 2, status: 'active' } });
  assert.equal(Array.isArray(found) ? -1 : found.data.length, 2);
  // Nothing of this is sent: the compiler refuses it.
  const wrong = () => {
    // @ts-expect-error there is no such path
    void client.request('GET', '/v1/nothing');
    // @ts-expect-error it has no such method
    void client.request('PUT', '/v1/organization');
    // @ts-expect-error the id is missing
    void client.request('GET', '/v1/api_keys/{id}/evidence');
    // @ts-expect-error it has no such field
    void client.request('POST', '/v1/sessions', { body: { name: 'Made', colour: 'red' } });
  };
  assert.equal(typeof wrong, 'function');
});

test('a refusal says what is wrong, with the id of the request', async () => {
  await assert.rejects(client.keys.create({ name: '' }), (error: unknown) => {
    assert.ok(error instanceof LatchkeyError);
    assert.deepEqual([error.status, error.code, error.isUnavailable, error.violations.map(({ pointer, code }) => `${pointer} ${code}`)], [400, 'invalid_request', false, ['/name too_short']]);
    assert.match(error.requestId ?? '', /^req_/);
    return true;
  });
  await assert.rejects(client.keys.get('key_0000000000000000000000000000000'), failsWith('api_key_not_found', 404));
});

test('a connection that breaks costs a repeat, and issues one key', async () => {
  const proxy = await cutter(latchkey.url);
  const through = clientOf(proxy.url, root, { keptDecisions: 0 });
  for (const cut of ['before', 'answer'] as const) {
    const { requests } = proxy;
    proxy.cuts.push(cut);
    assert.equal((await through.verify(root)).valid, true, cut);
    assert.equal(proxy.requests - requests, 2, cut);
  }
  const session = await client.sessions.create({ name: 'Once', environment: 'development' });
  proxy.cuts.push('answer');
  const issued = await through.sessions.createKey(session.id, { name: 'Issued once' });
  assert.equal((await client.verify(issued.key)).valid, true);
  assert.equal((await gathered(client.keys.list({ sessionId: session.id }))).length, 1);
  // A session has no such header: it is not sent again, and was created.
  proxy.cuts.push('answer');
  await assert.rejects(through.sessions.create({ name: 'Created once' }), failsWith('network_error', null));
  const sessions = await gathered(client.sessions.list());
  assert.equal(sessions.filter(({ name }) => name === 'Created once').length, 1);
  proxy.cuts.push('before', 'before', 'before');
  await assert.rejects(through.verify(root), failsWith('network_error', null));
});
