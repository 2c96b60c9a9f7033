// The verifier for origins behind the gateway, by the vectors in tests/vectors/gateway.json, which it has not made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { originVerifier } from 'latchkey/origin';

const { secret, vectors } = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/gateway.json'), 'utf8'));

for (const { about, passes, now, request } of vectors) {
  test(`${about}: ${passes ? 'passes' : 'is nobody'}`, async () => {
    const whoami = originVerifier({ secrets: secret, now: () => now * 1_000 });
    const asNode = await whoami(request);
    const asFetch = await whoami({ ...request, headers: new Headers(request.headers) });
    assert.deepEqual(asNode, asFetch);
    assert.equal(asNode !== null, passes);
    if (asNode === null) return;
    const external = request.headers['latchkey-external-id'];
    assert.deepEqual(asNode, {
      keyId: 'key_1', sessionId: 'ses_1', organizationId: 'org_1', requestId: 'req_1', environment: external ? 'production' : null, externalId: external ? 'Käufer 7' : null,
    });
  });
}

test('a field that is there twice is nobody’s word, and what is no secret is none', async () => {
  const { request, now } = vectors[0];
  const whoami = originVerifier({ secrets: [secret], now: () => now * 1_000 });
  assert.equal(await whoami({ ...request, headers: { ...request.headers, 'latchkey-key-id': ['key_1', 'key_2'] } }), null);
  const twice = new Headers(request.headers);
  twice.append('latchkey-key-id', 'key_2');
  assert.equal(await whoami({ ...request, headers: twice }), null);
  for (const secrets of ['', 'whsec_AAAA', 'gwsec_', []]) assert.throws(() => originVerifier({ secrets }), TypeError);
});
