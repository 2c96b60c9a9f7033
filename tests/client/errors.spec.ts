// How calls end that never get to a service, and what must not come out of any.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { createLatchkey, LatchkeyError } from 'latchkey';

const failsWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof LatchkeyError, String(error));
  assert.deepEqual([error.code, error.status, error.requestId], [code, null, null]);
  return true;
};

test('whoever gives up is given up on at once, with his own reason', async () => {
  const hung = createLatchkey({ baseUrl: 'https://keys.example.com', key: 'own-key', fetch: () => new Promise(() => {}) });
  const controller = new AbortController();
  const reason = new Error('the user went away');
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(hung.verify('presented', {}, { signal: controller.signal }), (error) => error === reason);
  await assert.rejects(hung.verify('presented', {}, { signal: controller.signal }), (error) => error === reason);
  await assert.rejects(hung.verify('presented', {}, { timeoutMs: 30 }), failsWith('timeout'));
  await assert.rejects(hung.keys.get('key_made', { timeoutMs: 30 }), failsWith('timeout'));
});

test('no key is in an error, in the client or in what is logged of it, whatever is thrown', async () => {
  const [own, presented] = ['own', 'presented'].map((name) => `sk_${name}_${'Qz7'.repeat(16)}`) as [string, string];
  const said: string[] = [];
  const showing = (error: any) => said.push(inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error), String(error.stack), JSON.stringify(error.details));
  const loud = (thrown: (init: RequestInit) => unknown) => createLatchkey({ baseUrl: 'https://keys.example.com', key: own, fetch: async (_, init) => Promise.reject(thrown(init)) });
  const echo = (status: number) => createLatchkey({ baseUrl: 'https://keys.example.com', key: own, fetch: async (_, init) => Response.json({ message: `not ${presented}`, code: 'echoed', details: { authorization: (init.headers as any).authorization, body: init.body } }, { status }) });
  const clients = [
    loud((init) => new Error(`cannot send ${JSON.stringify(init)}`)),
    loud((init) => new TypeError('fetch failed', { cause: { code: `Bearer ${own}`, init } })),
    loud(() => new TypeError('fetch failed', { cause: { code: own.toUpperCase() } })),
    loud((init) => JSON.stringify(init)),
    echo(400), echo(401), echo(500), echo(200),
  ];
  for (const one of clients) {
    showing(one);
    await one.verify(presented).then(showing, showing);
    await one.keys.get('key_made').catch(showing);
    await one.keys.revoke(presented).then(() => assert.fail('a key is no id'), showing);
  }
  // `Headers` would complain about these, and name them.
  for (const bad of [`${own}\n`, `${own}é`, `${own} ${own}`]) assert.throws(() => createLatchkey({ baseUrl: 'https://keys.example.com', key: bad }), (error) => (showing(error), true));
  assert.throws(() => createLatchkey({ baseUrl: `https://user:${own}@keys.example.com`, key: own }), (error) => (showing(error), true));
  assert.ok(said.length > 100);
  for (const text of said) for (const secret of [own, presented]) assert.ok(!text?.toLowerCase().includes(secret.toLowerCase().slice(8, 24)), text);
});

test('keys go over https, to one place, and ids lead nowhere else', async () => {
  for (const baseUrl of ['http://keys.example.com', 'ftp://keys.example.com', 'keys.example.com', '', 'https://keys.example.com/?a=b']) {
    assert.throws(() => createLatchkey({ baseUrl, key: 'own-key' }), failsWith('invalid_argument'), baseUrl);
  }
  for (const baseUrl of ['http://localhost:8787', 'http://127.0.0.1', 'http://[::1]:8787']) createLatchkey({ baseUrl, key: 'own-key' });
  createLatchkey({ baseUrl: 'http://latchkey.internal', key: 'own-key', allowHttp: true });
  const paths: string[] = [];
  const noting = createLatchkey({ baseUrl: 'https://keys.example.com/base/', key: 'own-key', fetch: async (url, init) => (paths.push(`${init.redirect} ${url}`), Response.json({})) });
  await noting.keys.get('key_made');
  assert.deepEqual(paths, ['manual https://keys.example.com/base/v1/api_keys/key_made']);
  for (const id of ['', '.', '..', '../sessions', 'a/b', 'a?b', 'a%2fb', 'é', undefined as unknown as string]) await assert.rejects(noting.keys.revoke(id), failsWith('invalid_argument'), id);
  assert.equal(paths.length, 1);
});
