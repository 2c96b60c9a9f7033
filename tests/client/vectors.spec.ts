// The behaviour that any client of Latchkey has, by the vectors in tests/vectors/client.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { createLatchkey, LatchkeyError, type Demand, type Latchkey } from 'latchkey';
import { withKey } from 'latchkey/fetch';
import { scripted, verification, type Line } from './support/scripted.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/client.json'), 'utf8'));
const PRESENTED = 'presented-key';
const quiet = { onError: () => {} };

/** A client whose service is a function. */
const answering = (body: () => unknown, options: object = {}) => createLatchkey({ baseUrl: 'https://keys.example.com', key: 'own-key', fetch: async () => Response.json(body()), ...options });

for (const { code, status, error, challenge } of vectors.statuses) {
  test(`a middleware answers ${status} ${error} to ${code}, and the handler does not run`, async () => {
    let ran = 0;
    const guarded = withKey(answering(() => verification({ code })), () => (ran++, new Response('in')), { permissions: 'emails:send' });
    const response = await guarded(new Request('https://api.example.com/', { headers: { authorization: `Bearer ${PRESENTED}` } }));
    const body: any = await response.json();
    assert.deepEqual([response.status, body.code, response.headers.get('www-authenticate')], [status, error, challenge]);
    assert.equal(response.headers.get('retry-after'), code === 'RATE_LIMITED' ? '2' : null);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(ran, 0);
  });
}

for (const { headers, presents, status, code } of vectors.credentials) {
  test(`a request with ${JSON.stringify(headers)} ${presents ? `presents ${presents}` : `is ${status} ${code}`}`, async () => {
    const asked: string[] = [];
    const client = createLatchkey({ baseUrl: 'https://keys.example.com', key: 'own-key', fetch: async (_, { body }) => (asked.push(JSON.parse(String(body)).key), Response.json(verification())) });
    const response = await withKey(client, () => new Response('in'))(new Request('https://api.example.com/', { headers }));
    assert.deepEqual(asked, presents ? [presents] : []);
    assert.equal(response.status, presents ? 200 : status);
    if (!presents) assert.equal(((await response.json()) as any).code, code);
  });
}

for (const { about, answers, deny, allow } of vectors.unavailable) {
  test(`${about}: it fails as ${deny}, and passes ${allow ? 'where that is asked for' : 'never'}`, async () => {
    for (const onUnavailable of ['deny', 'allow'] as const) {
      const { url } = await scripted(answers);
      // No answer comes at all, so that short is long enough.
      const hangs = answers.some((line: Line) => line === 'hang' || line === 'half');
      const client = createLatchkey({ baseUrl: url, key: 'own-key', onUnavailable, verifyTimeoutMs: hangs ? 200 : 20_000 });
      if (onUnavailable === 'allow' && allow) {
        const decision = await client.verify(PRESENTED);
        assert.deepEqual([decision.valid, decision.code, decision.keyId, decision.permissions], [true, 'UNVERIFIED', null, null]);
      } else {
        await assert.rejects(client.verify(PRESENTED), (error: LatchkeyError) => error instanceof LatchkeyError && error.code === deny);
      }
      // Without a word about it, a request does not pass.
      const gated = await scripted(answers);
      const own = createLatchkey({ baseUrl: gated.url, key: 'own-key', onUnavailable, verifyTimeoutMs: hangs ? 200 : 20_000 });
      let ran = 0;
      const response = await withKey(own, () => (ran++, new Response('in')), {}, quiet)(new Request('https://api.example.com/', { headers: { 'x-api-key': PRESENTED } }));
      const passes = onUnavailable === 'allow' && allow;
      assert.deepEqual([response.status, ran], passes ? [200, 1] : [503, 0]);
      if (!passes) assert.ok(Number(response.headers.get('retry-after')) >= 1);
    }
  });
}

const CALLS: Record<string, (client: Latchkey, demand: Demand) => Promise<unknown>> = {
  verify: (client, demand) => client.verify(PRESENTED, demand),
  read: (client) => client.keys.get('key_made'),
  revoke: (client) => client.keys.revoke('key_made', { reason: 'made' }),
  issue: (client) => client.keys.create({ name: 'Made' }),
  'create a session': (client) => client.sessions.create({ name: 'Made' }),
  rename: (client) => client.keys.update('key_made', { name: 'Made' }),
  'add credits': (client) => client.keys.update('key_made', { credits: { add: 100 } }),
  whoami: (client) => client.whoami(),
};

for (const { about, call, cost, answers, requests, fails, sameIdempotencyKey = false } of vectors.retries) {
  test(`${call}: ${about}`, async () => {
    const { url, seen } = await scripted(answers);
    const client = createLatchkey({ baseUrl: url, key: 'own-key', verifyTimeoutMs: 20_000 });
    const outcome = await CALLS[call]!(client, cost === undefined ? {} : { cost }).then(() => null, (error: LatchkeyError) => error.code);
    assert.equal(outcome, fails);
    assert.equal(seen.length, requests);
    assert.equal(new Set(seen.map(({ method, path, body }) => `${method} ${path} ${body}`)).size, 1, 'the very same request');
    const keys = new Set(seen.map(({ headers }) => headers['idempotency-key']));
    assert.equal(keys.size, 1);
    if (sameIdempotencyKey) assert.match(String([...keys][0]), /^[!-~]{16,255}$/);
  });
}

for (const { about, demand = {}, answer, later } of vectors.cache) {
  test(`kept decisions: ${about}`, async () => {
    // What has passed by each of the two clocks.
    const passed = { steady: 0, wall: 0 };
    const [steady, wall] = [mock.method(performance, 'now', () => 1_000 + passed.steady), mock.method(Date, 'now', () => 1_800_000_000_000 + passed.wall)];
    try {
      let asked = 0;
      const { afterMs = 0, ...rest } = answer;
      const client = createLatchkey({
        baseUrl: 'https://keys.example.com', key: 'own-key', verifyTimeoutMs: 20_000,
        fetch: async () => {
          asked += 1;
          // Later questions are answered with what is not kept.
          if (asked === 1) passed.steady = passed.wall = afterMs;
          return Response.json(verification(asked === 1 ? rest : {}));
        },
      });
      await client.verify(PRESENTED, demand);
      assert.equal(asked, 1);
      for (const { atMs, wallAtMs = atMs, key = PRESENTED, demand: other = demand, asks } of later) {
        Object.assign(passed, { steady: atMs, wall: wallAtMs });
        const before: number = asked;
        const decision = await client.verify(key, other);
        assert.equal(asked > before, asks, `at ${atMs}`);
        assert.deepEqual([decision.valid, 'repeated' in decision && decision.repeated], [true, !asks]);
        if (!asks) assert.ok(decision.verificationId === null && decision.code === 'VALID' && decision.freshness.maxStalenessMs <= answer.staleness - atMs);
      }
    } finally {
      steady.mock.restore();
      wall.mock.restore();
    }
  });
}
