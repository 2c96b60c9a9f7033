// What a deployment would upload, what is committed, and what never may be.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { budget } from '../../scripts/lib/build.mjs';
import { startLatchkey } from './support/latchkey.ts';
import { root, run } from './support/shell.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('npm run deploy -- --dry-run builds what would be uploaded, with every binding, and contacts nobody', async () => {
  // A proxy that refuses every connection: whatever tried to leave the machine would fail.
  const nowhere = 'http://127.0.0.1:9';
  const { code, output } = await run(process.execPath, ['scripts/deploy.mjs', '--dry-run'], { env: { HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, CLOUDFLARE_API_TOKEN: '' } });
  assert.equal(code, 0, output);
  for (const binding of ['KEYS', 'SESSIONS', 'ORGANIZATIONS', 'DIRECTORY', 'AUTH_FAILURES', 'KEY_PREFIX']) assert.match(output, new RegExp(`env\\.${binding}\\b`));
  assert.match(output, /wasm: \d+ KiB, \d+ KiB gzip/);
  assert.match(output, /--dry-run: exiting now/);
  assert.doesNotMatch(output, /ROOT_SECRETS=/);
});

test('the wasm that is shipped stays within its budget', () => {
  const { size } = statSync(join(root, '.e2e/worker/index_bg.wasm'));
  assert.ok(size <= budget, `${size} bytes, budget ${budget}`);
});

test('the route that panics is in the build that tests it, and not in the shipped one', async () => {
  const answer = async (build: 'shipped' | 'panic') => (await (await startLatchkey({ build })).fetch('/panic')).status;
  assert.equal(await answer('panic'), 500);
  assert.equal(await answer('shipped'), 404);
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
  assert.equal(read('package-lock.json').includes('"resolved"'), false);
  const of = (name: string) => lock.packages[`node_modules/${name}`];
  assert.equal(of('wrangler').dependencies.miniflare, of('miniflare').version);
  assert.equal(of('wrangler').dependencies.workerd, of('workerd').version);
});
