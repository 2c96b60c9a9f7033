// What a deployment would upload, what is committed, and what never may be.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { budget, gzipped } from '../../scripts/lib/build.mjs';
import { sha256 } from '../../scripts/lib/env.mjs';
import { newSetupToken, offeredSecrets } from '../../scripts/lib/secrets.mjs';
import { recordSecret } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { root, run } from './support/shell.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('npm run deploy -- --dry-run builds what would be uploaded, with every binding, and contacts nobody', async () => {
  // A proxy that refuses every connection: whatever tried to leave the machine would fail.
  const nowhere = 'http://127.0.0.1:9';
  const { code, output } = await run(process.execPath, ['scripts/deploy.mjs', '--dry-run'], { env: { HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, CLOUDFLARE_API_TOKEN: '' } });
  assert.equal(code, 0, output);
  for (const binding of ['KEYS', 'SESSIONS', 'ORGANIZATIONS', 'ACCOUNTS', 'DIRECTORY', 'AUTH_FAILURES', 'SIGN_INS', 'ASSETS', 'KEY_PREFIX', 'REGISTRATION', 'PLAN_CHANGES']) assert.match(output, new RegExp(`env\\.${binding}\\b`));
  assert.match(output, /wasm: \d+ kB gzipped/);
  assert.match(output, /Total Upload: .* gzip: [\d.]+ KiB/);
  assert.match(output, /--dry-run: exiting now/);
  // A deployment is closed, and nothing secret is made for one that does not happen.
  assert.match(output, /env\.REGISTRATION \("closed"\)/);
  assert.doesNotMatch(output, /ROOT_SECRETS=|shown this once/);
});

test('what a deployment lacks is made on request: its tokens are shown once, and it is told their SHA-256 only', async () => {
  let said = '';
  const offer = (has: string[], yes: (question: string) => boolean) => {
    said = '';
    return offeredSecrets((name) => has.includes(name), async (question) => yes(question), (text) => (said += `${text}\n`));
  };
  const secrets = await offer([], () => true);
  const token = (kind: string) => new RegExp(`${kind} token, shown this once: .*?(${kind.toLowerCase()}_[\\w-]{43})\\b`).exec(said)![1]!;
  assert.deepEqual(secrets, {
    ROOT_SECRETS: /ROOT_SECRETS=.*?([0-9a-f]{64})/.exec(said)![1],
    OPERATOR_TOKEN_SHA256: sha256(token('Operator')),
    SETUP_TOKEN_SHA256: sha256(token('Setup')),
  });
  assert.deepEqual(Object.keys(await offer(['ROOT_SECRETS', 'OPERATOR_TOKEN_SHA256'], () => true)), ['SETUP_TOKEN_SHA256']);
  assert.deepEqual(Object.keys(await offer([], (question) => /setup token/.test(question))), ['SETUP_TOKEN_SHA256']);
  assert.deepEqual(await offer(Object.keys(secrets), assert.fail), {});
  assert.deepEqual([await offer([], () => false), said], [{}, '']);
});

test('the setup token of a closed deployment creates the first account, once', async () => {
  const setupToken = newSetupToken();
  recordSecret(setupToken);
  const latchkey = await startLatchkey({ vars: { REGISTRATION: 'closed', PLAN_CHANGES: 'operator', SETUP_TOKEN_SHA256: sha256(setupToken) } });
  await assert.rejects(latchkey.register(), /registration_closed/);
  await assert.rejects(latchkey.register({ setupToken: newSetupToken() }), /registration_closed/);
  assert.equal((await latchkey.register({ setupToken })).organizations[0].role, 'owner');
  await assert.rejects(latchkey.register({ setupToken }), /setup_done/);
});

test('what would be uploaded is within its budget, runs in workerd, and has no route that panics', async () => {
  const size = gzipped(readFileSync(join(root, '.wrangler/deploy/index_bg.wasm')));
  assert.ok(size <= budget, `${size} bytes, budget ${budget}`);
  const latchkey = await startLatchkey({ build: 'deploy' });
  const { key } = await latchkey.createOrganization();
  assert.equal((await latchkey.api(key).post('/v1/keys/verify', { key })).body.code, 'VALID');
  assert.equal((await latchkey.fetch('/panic')).status, 404);
  assert.equal((await (await startLatchkey({ build: 'panic' })).fetch('/panic')).status, 500);
});

test('every binding of wrangler.toml is explained to whoever presses the deploy button', () => {
  const { cloudflare } = JSON.parse(read('package.json'));
  const names = [...read('wrangler.toml').matchAll(/^(?:binding|name) = "([A-Z_]+)"|^([A-Z_]+) = /gm)].map(([, binding, variable]) => binding ?? variable!);
  const secrets = [...read('.dev.vars.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name!);
  assert.ok(names.length >= 6 && secrets.length >= 2);
  assert.deepEqual(Object.keys(cloudflare.bindings).sort(), [...names, ...secrets].sort());
});

test('secrets, state and tools are out of git', () => {
  const ignored = read('.gitignore').split('\n');
  for (const path of ['/.dev.vars', '/.operator-token', '/.wrangler/', '/.tools/', '/node_modules/', '/target/', '/build/', '/.e2e/']) assert.ok(ignored.includes(path), path);
});

test('the lock file names no host, and wrangler and the runtime of the tests are one and the same', () => {
  const lock = JSON.parse(read('package-lock.json'));
  // The client is a folder of this tree.
  const resolved = [...read('package-lock.json').matchAll(/"resolved": "([^"]*)"/g)].map(([, where]) => where);
  assert.deepEqual(resolved, ['clients/typescript']);
  const of = (name: string) => lock.packages[`node_modules/${name}`];
  assert.equal(of('wrangler').dependencies.miniflare, of('miniflare').version);
  assert.equal(of('wrangler').dependencies.workerd, of('workerd').version);
});
