// Keys of another system on workerd: a thousand hashes, each verified by its plaintext, and what becomes of them after.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { recordSecret } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const { key: rootKey } = await latchkey.createOrganization('Imports');
const { key: strangerKey } = await latchkey.createOrganization('Strangers');
const api = latchkey.api(rootKey);

/** As another system makes them. What follows the prefix may stand nowhere but in requests. */
function plaintext(): string {
  const random = randomBytes(24).toString('hex');
  recordSecret(random);
  return `mist_${random}`;
}
const sha256 = (text: string, as: 'hex' | 'base64' | 'base64url') => createHash('sha256').update(text).digest(as);
const verify = async (key: string, by = api) => (await by.post('/v1/keys/verify', { key })).body;

const keys = Array.from({ length: 1_000 }, plaintext);
const row = (key: string, at: number) => ({ hash: sha256(key, (['hex', 'base64', 'base64url'] as const)[at % 3]!), externalId: `customer-${at}`, permissions: ['emails:send'] });
const ids: string[] = [];

test('a thousand hashes are taken over, two requests long, and again to no effect', async () => {
  for (const dryRun of [true, false, false]) {
    const seen = { imported: 0, existing: 0, invalid: 0 };
    for (let at = 0; at < keys.length; at += 500) {
      const { status, body } = await api.post('/v1/imports', { prefix: 'mist_', dryRun, keys: keys.slice(at, at + 500).map((key, place) => row(key, at + place)) });
      assert.equal(status, 200, JSON.stringify(body));
      for (const name of ['imported', 'existing', 'invalid'] as const) seen[name] += body[name];
      if (!dryRun && body.imported > 0) ids.push(...body.rows.map((one: any) => one.keyId));
    }
    assert.deepEqual(seen, ids.length === 0 || seen.imported > 0 ? { imported: 1_000, existing: 0, invalid: 0 } : { imported: 0, existing: 1_000, invalid: 0 });
  }
  assert.equal(new Set(ids).size, 1_000);
});

test('each is verified by its plaintext, and none by another', async () => {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let at = next++; at < keys.length; at = next++) {
      const { code, keyId, externalId } = await verify(keys[at]!);
      assert.deepEqual([code, keyId, externalId], ['VALID', ids[at], `customer-${at}`], String(at));
    }
  }));
  assert.equal((await verify(plaintext())).code, 'NOT_FOUND');
  assert.equal((await verify(keys[0]!, latchkey.api(strangerKey))).code, 'NOT_FOUND');
  assert.equal((await latchkey.api(keys[0]!).get('/v1/whoami')).status, 401, 'it is a credential for nothing');
});

test('a restart forgets nothing; what is revoked is dead, also if it is brought again; rotated it is a key of this service', async () => {
  await latchkey.restart();
  assert.equal((await verify(keys[7]!)).code, 'VALID');
  assert.equal((await api.delete(`/v1/api_keys/${ids[7]}`)).status, 200);
  assert.equal((await verify(keys[7]!)).code, 'REVOKED');
  const { body: again } = await api.post('/v1/imports', { prefix: 'mist_', keys: [row(keys[7]!, 7)] });
  assert.deepEqual([again.existing, again.rows[0].keyId], [1, ids[7]]);
  assert.equal((await verify(keys[7]!)).code, 'REVOKED');
  const { body: native } = await api.post(`/v1/api_keys/${ids[8]}/rotate`, { overlapSeconds: 0 });
  assert.deepEqual([(await verify(native.key)).code, (await verify(keys[8]!)).code], ['VALID', 'REVOKED']);
  assert.equal((await latchkey.api(native.key).get('/v1/whoami')).status, 200);
});

test('plaintexts are hashed at once: no answer has one, and the canary looks for them on the disk', async () => {
  const given = [plaintext(), plaintext()];
  const { body, text } = await api.post('/v1/imports', { prefix: 'mist_', keys: [...given, 'fog_0123456789abcdef'].map((key) => ({ key })) });
  assert.deepEqual(body.rows.map(({ result }: any) => result), ['imported', 'imported', 'invalid']);
  assert.ok(![...given, 'fog_0123456789abcdef'].some((key) => text.includes(key)));
  for (const key of given) assert.equal((await verify(key)).code, 'VALID');
});
