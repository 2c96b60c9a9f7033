// What is deployed is made of what we say it is made of, and of nothing else.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build as bundle } from 'vite';
import { justBuilt } from '../../scripts/lib/build.mjs';
import { roles } from '../../scripts/lib/dashboard.mjs';
import { wrangler, wranglerEnv } from '../../scripts/lib/env.mjs';
import { inPages, sbom } from '../../scripts/lib/sbom.mjs';
import { advisories, ageDays, clientCrateBudget, clientCrates, crateBudget, crates, stalestDays, unpinnedActions } from '../../scripts/lib/supply.mjs';
import { manifest } from '../../scripts/lib/worker-config.mjs';
import { root, run } from './support/shell.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const lock: { packages: Record<string, any> } = JSON.parse(read('package-lock.json'));

/** All from npm. The client is ours, and linked from where it is. */
const installed = Object.entries(lock.packages).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);

/** The lock file was written where these had no package yet, and does not know what is in them: see SECURITY.md. */
const withoutSum = ['darwin-64', 'darwin-arm64', 'windows-64'].map((platform) => `@cloudflare/workerd-${platform}`);

/** A directory that is gone when the test is over. */
async function inDirectory(work: (directory: string) => unknown) {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-supply-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The modules that a module names. */
const imports = (source: string) => [...source.matchAll(/\b(?:from|import)\s*\(?["']([^"']+)["']/g)].map(([, name]) => name!);

test('the worker has three modules, and nothing from npm is in them', () => inDirectory(async (directory) => {
  const { modules } = manifest('.e2e/worker');
  const scripts = Object.entries(modules).filter(([, { type }]) => type === 'esm');
  assert.deepEqual(Object.keys(modules), ['entry.js', 'index.js', 'index_bg.wasm']);
  const named = new Set(scripts.flatMap(([, { contents }]) => imports(contents as string)));
  assert.deepEqual([...named].sort(), ['./index.js', './index_bg.wasm', 'cloudflare:workers']);
  for (const [name, { contents }] of scripts) assert.doesNotMatch(contents as string, /node_modules/, name);
  // What wrangler makes of them, by its own account: of what was it put together?
  const nowhere = 'http://127.0.0.1:9';
  const meta = join(directory, 'meta.json');
  const { code, output } = await run(process.execPath, [wrangler, 'deploy', '.e2e/worker/entry.js', '--dry-run', '--outdir', directory, '--metafile', meta], {
    env: { ...wranglerEnv(), ...justBuilt(), HTTPS_PROXY: nowhere, HTTP_PROXY: nowhere, CLOUDFLARE_API_TOKEN: '' },
  });
  assert.equal(code, 0, output);
  const inputs = Object.keys(JSON.parse(readFileSync(meta, 'utf8')).inputs);
  assert.deepEqual(inputs.filter((path) => !path.endsWith('/index_bg.wasm')).sort(), ['.e2e/worker/entry.js', '.e2e/worker/index.js'], inputs.join('\n'));
}));

test('npm brings tools only: nothing of it is installed with the worker, and nothing of it runs on installation', () => {
  const { dependencies, optionalDependencies, peerDependencies, bundleDependencies } = JSON.parse(read('package.json'));
  assert.deepEqual([dependencies, optionalDependencies, peerDependencies, bundleDependencies], [undefined, undefined, undefined, undefined]);
  for (const [path, entry] of installed) assert.ok(entry.dev || entry.devOptional, `${path} is no tool`);
  const unsummed = installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path.replace('node_modules/', ''));
  assert.deepEqual(unsummed, withoutSum);
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m);
  // `node`, the last resort where the platform has no package of its own, is nothing but its script.
  const installs = read('scripts/lib/tools.mjs').split('\n').filter((line) => /'(ci|install)',/.test(line) && /npm|args/.test(line));
  assert.equal(installs.length, 3, installs.join('\n'));
  for (const line of installs) assert.match(line, /noScripts|--ignore-scripts=false', `node@/);
});

test('the wasm has no more crates than it may, each with a checksum and a licence', async () => {
  const found = await crates();
  assert.ok(found.length > 50 && found.length <= crateBudget, `${found.length} crates, budget ${crateBudget}`);
  for (const { name, license, sha256 } of found) assert.ok(license && sha256, name);
  const names = found.map(({ name }) => name);
  for (const linked of ['worker', 'axum', 'argon2', 'p256']) assert.ok(names.includes(linked), linked);
  // Of the tests, of the compiler's, and of other platforms.
  for (const apart of ['proptest', 'rusqlite', 'syn', 'serde_derive', 'libc', 'latchkey']) assert.ok(!names.includes(apart), apart);
});

test('the client in Rust brings its users no more crates than it may, none of them over OpenSSL, and all from the registry', async () => {
  const found = await clientCrates();
  assert.ok(found.length > 30 && found.length <= clientCrateBudget, `${found.length} crates, budget ${clientCrateBudget}`);
  for (const { name, license, sha256 } of found) assert.ok(license && sha256, name);
  const plain = (await clientCrates(['--no-default-features'])).map(({ name }) => name);
  for (const [name, withoutTls] of [['hyper', true], ['tower-service', true], ['rustls', false], ['ring', false], ['axum-core', false]] as const) {
    assert.ok(found.some((crate) => crate.name === name), name);
    assert.equal(plain.includes(name), withoutTls, name);
  }
  // Whatever platform it is built on; and neither it nor its lock file has anything to do with the worker's.
  const lock = read('clients/rust/Cargo.lock');
  assert.doesNotMatch(lock, /^name = "(openssl-sys|native-tls|aws-lc-sys|latchkey|worker)"$/m);
  const unsummed = lock.split('[[package]]').filter((entry) => entry.includes('name = ') && !/^checksum = "[0-9a-f]{64}"$/m.test(entry));
  assert.deepEqual(unsummed.map((entry) => /name = "(.+)"/.exec(entry)?.[1]), ['latchkey-client', 'latchkey-example-axum']);
  assert.doesNotMatch(read('Cargo.toml'), /^\[workspace\]|clients\//m);
});

test('the bill of materials has all of it, once, and is the same every time', async () => {
  const bill = await sbom();
  assert.deepEqual(await sbom(), bill);
  assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ['CycloneDX', '1.6', 1]);
  assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  const refs = bill.components.map((component) => component['bom-ref']);
  assert.equal(new Set(refs).size, refs.length);
  const locked = installed.map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`);
  const expected = [...(await crates()).map(({ name, version }) => `pkg:cargo/${name}@${version}`), ...new Set(locked.map((each) => `pkg:npm/${each.replace(/^@/, '%40')}`))];
  assert.deepEqual([...refs].sort(), expected.sort());
  for (const { name, purl, hashes, licenses, scope } of bill.components) {
    if (!withoutSum.includes(name)) assert.match(hashes?.[0]?.content ?? '', purl.startsWith('pkg:cargo/') ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/, name);
    assert.ok((licenses?.length ?? 0) > 0, `${name} has no licence`);
    assert.equal(scope, purl.startsWith('pkg:cargo/') || inPages.includes(name) ? 'required' : 'excluded', name);
  }
  const [{ ref, dependsOn }] = bill.dependencies;
  assert.equal(ref, bill.metadata.component['bom-ref']);
  assert.deepEqual(dependsOn, bill.components.filter(({ scope }) => scope === 'required').map((component) => component['bom-ref']));
});

test('the pages have in them what the bill of materials says, and no other package', async () => {
  if (!existsSync(join(root, 'dashboard/src/api/generated'))) roles();
  const built = await bundle({ root: join(root, 'dashboard'), configFile: join(root, 'dashboard/vite.config.ts'), logLevel: 'silent', build: { write: false } }) as any;
  const modules: string[] = built.output.flatMap((chunk: any) => Object.keys(chunk.modules ?? {}));
  assert.ok(modules.length > 50);
  const packages = modules.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll('\\', '/'))?.[1] ?? []);
  assert.deepEqual([...new Set(packages)].sort(), [...inPages].sort());
});

test('every action of the public CI is named by its commit', () => {
  const workflows = readdirSync(join(root, '.github/workflows')).map((name) => read(`.github/workflows/${name}`));
  for (const workflow of workflows) {
    assert.match(workflow, /^\s*- uses: /m);
    assert.deepEqual(unpinnedActions(workflow), []);
    // And what it runs may write nothing.
    assert.match(workflow, /^permissions:\n  contents: read$/m);
  }
  const commit = 'a'.repeat(40);
  const loose = ['actions/checkout@v6', 'actions/checkout@main', `actions/checkout@${commit}`, `actions/checkout@${commit.slice(1)} # v6.1.0`, './local'];
  for (const action of loose) assert.equal(unpinnedActions(`steps:\n      - uses: ${action}\n`).length, 1, action);
  assert.deepEqual(unpinnedActions(`      - name: x\n        uses: actions/checkout@${commit} # v6.1.0\n`), []);
});

test('advisories that cannot be looked up are not passed: it is said, and an old database or none is a failure', () => inDirectory(async (directory) => {
  const { done, said } = await advisories('');
  assert.deepEqual([done, /^not done: /.test(said)], [false, true]);
  await assert.rejects(advisories(directory), /no clone of rustsec\/advisory-db/);
  // The age is that of the newest commit, not of the files, which are as young as the clone.
  const when = `${Math.floor(Date.now() / 1000) - (stalestDays + 3) * 86_400} +0000`;
  writeFileSync(join(directory, 'README'), 'An old one');
  const git = (...args: string[]) => run('git', ['-C', directory, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { env: { GIT_COMMITTER_DATE: when, GIT_AUTHOR_DATE: when } });
  for (const args of [['init', '--quiet'], ['add', '.'], ['commit', '--quiet', '--message', 'Old']]) assert.equal((await git(...args)).code, 0);
  assert.equal(Math.round(await ageDays(directory)), stalestDays + 3);
}));
