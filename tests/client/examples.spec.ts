// The examples, as they stand in examples/: a Worker over a service binding, in workerd; and plain HTTP without any client.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { runDirectory } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { freePort, root, run, Running } from '../e2e/support/shell.ts';
import { sleep } from './support/real.ts';

/** Bundled as wrangler does it, the client out of its package. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [join(root, 'examples/service-binding/worker.ts')], bundle: true, write: false, format: 'esm', target: 'es2022', platform: 'neutral', mainFields: ['module', 'main'], conditions: ['workerd', 'worker', 'import'] });
  return outputFiles[0]!.text;
}

test('a Worker asks over a service binding: no address, leases included', async () => {
  // Its key has to be known before it starts, and comes from the same store.
  const first = await startLatchkey();
  const { key } = await first.createOrganization('Bindings');
  const api = first.api(key);
  const { body: verifier } = await api.post('/v1/api_keys', { name: 'Hello', permissions: ['keys:verify'] });
  const { body: good } = await api.post('/v1/api_keys', { name: 'Ada', externalId: 'user-7', permissions: ['hello:say'] });
  const { body: foreign } = await api.post('/v1/api_keys', { name: 'Bob', permissions: ['hello:say'], ipAllowList: ['192.0.2.0/24'] });
  await first.stop();
  const env = { LATCHKEY: { type: 'worker', worker: 'latchkey' }, LATCHKEY_KEY: { type: 'text', value: verifier.key } };
  const latchkey = await startLatchkey({
    persistDir: first.persistDir, beside: [{ name: 'hello', source: await bundled(), env }],
    vars: { ROOT_SECRETS: first.rootSecret },
  });
  const url = await latchkey.urlOf('hello');
  const hello = (bearer: string | undefined, headers: Record<string, string> = {}) => fetch(`${url}/there`, { headers: { ...(bearer ? { authorization: `Bearer ${bearer}` } : {}), ...headers } });
  const answer = await hello(good.key);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { hello: 'user-7', path: '/there', repeated: false });
  assert.equal((await hello(undefined)).status, 401);
  assert.equal((await hello(verifier.key)).status, 403);
  assert.equal((await hello(foreign.key, { 'cf-connecting-ip': '203.0.113.7' })).status, 403);
  assert.equal((await hello(foreign.key, { 'cf-connecting-ip': '192.0.2.7' })).status, 200);
  // In workerd too it answers again what still stands, and nothing beyond.
  let repeated = false;
  for (const end = Date.now() + 20_000; !repeated && Date.now() < end; await sleep(5)) repeated = ((await (await hello(good.key)).json()) as any).repeated;
  assert.ok(repeated, 'never answered by itself');
  const revoked = await latchkey.api(key).delete(`/v1/api_keys/${good.id}`);
  assert.equal(revoked.status, 200);
  assert.equal((await hello(good.key)).status, 401);
});

const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

/** What each language runs, with its port behind it; undefined where it is not installed. */
const PLAIN: Record<string, () => string[] | undefined> = {
  Python: () => (works('python3', '--version') ? ['python3', join(root, 'examples/http/guard.py')] : undefined),
  Go: () => {
    const program = join(runDirectory, `guard-${process.pid}`);
    return works('go', 'version') && works('go', 'build', '-o', program, join(root, 'examples/http/guard.go')) ? [program] : undefined;
  },
};

for (const [language, prepared] of Object.entries(PLAIN)) {
  const [command, ...args] = prepared() ?? [];
  test(`${language} asks by plain HTTP`, { skip: command === undefined && `${language} is not installed` }, async () => {
    const latchkey = await startLatchkey();
    const { key } = await latchkey.createOrganization(language);
    const api = latchkey.api(key);
    const port = await freePort();
    const server = new Running(command!, [...args, String(port)], { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key });
    await server.says(/listening/);
    const hello = async (bearer?: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/`, { headers: bearer ? { authorization: `Bearer ${bearer}` } : {} });
      return [response.status, Object.values((await response.json()) as object)[0]];
    };
    const create = async (body: object) => (await api.post('/v1/api_keys', { name: 'Ada', permissions: ['hello:say'], ...body })).body;
    const [good, poor, limited] = [await create({ externalId: 'user-7' }), await create({ permissions: ['emails:send'] }), await create({ rateLimits: [{ name: 'day', limit: 1, windowMs: 86_400_000 }] })];
    assert.deepEqual(await hello(good.key), [200, 'user-7']);
    assert.deepEqual(await hello(), [401, 'auth_missing_credentials']);
    assert.deepEqual(await hello('nonsense'), [401, 'NOT_FOUND']);
    assert.deepEqual(await hello(poor.key), [403, 'INSUFFICIENT_PERMISSIONS']);
    assert.deepEqual([await hello(limited.key), await hello(limited.key)], [[200, 'Ada'], [429, 'RATE_LIMITED']]);
    await api.delete(`/v1/api_keys/${good.id}`);
    assert.deepEqual(await hello(good.key), [401, 'REVOKED']);
    await latchkey.stop();
    assert.deepEqual(await hello(poor.key), [503, 'verification_unavailable']);
  });
}

test('a shell asks with curl, and the key is in no argument', { skip: !works('curl', '--version') && 'there is no curl' }, async () => {
  const latchkey = await startLatchkey();
  const api = latchkey.api((await latchkey.createOrganization('Shell')).key);
  const { body: good } = await api.post('/v1/api_keys', { name: 'Ada', permissions: ['deployments:create'] });
  const guard = async (key: string, permission = 'deployments:create') => {
    const { code, output } = await run('sh', [join(root, 'examples/http/guard.sh'), permission], { stdin: key, env: { LATCHKEY_URL: latchkey.url } });
    return [code, output.trim()];
  };
  assert.deepEqual(await guard(good.key), [0, '']);
  assert.deepEqual(await guard(`${good.key}\n`), [0, '']);
  assert.deepEqual(await guard(good.key, 'emails:send'), [1, 'refused: 403']);
  assert.deepEqual(await guard('nonsense'), [1, 'refused: 401']);
  // Nothing gets into the configuration of curl that is no key.
  assert.deepEqual(await guard(`a"\nurl = "${latchkey.url}/healthz`), [1, 'refused: 401']);
  assert.deepEqual(await guard(''), [1, 'refused: 401']);
  assert.doesNotMatch(readFileSync(join(root, 'examples/http/guard.sh'), 'utf8'), /curl[^|]*\$key/);
  await api.delete(`/v1/api_keys/${good.id}`);
  assert.deepEqual(await guard(good.key), [1, 'refused: 401']);
  await latchkey.stop();
  assert.deepEqual(await guard(good.key), [2, 'the key cannot be verified at the moment']);
});
