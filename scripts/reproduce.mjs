// `npm run reproduce`: is what is deployed a function of the sources? Two clean copies of the tree, in directories of
// different names and with crates in different places, are built as for a deployment; every file that would be uploaded
// has to be the same, to the bit.
//
//   npm run reproduce                 a quarter of an hour on two cores
//   npm run reproduce -- --control    then something of its directory is built into the second one: that has to be seen
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { at, node, sha256 } from './lib/env.mjs';
import { output, run } from './lib/process.mjs';
import { Failure, main, step } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

const control = process.argv.includes('--control');
/** What `/healthz` says, so that it is not optimised away. */
const planted = { file: 'src/api/meta.rs', before: 'env!("CARGO_PKG_VERSION")', after: 'env!("CARGO_MANIFEST_DIR")' };

await main(async () => {
  await prepare();
  await wasmOpt();
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-reproduce-'));
  try {
    const [first, second] = [join(directory, 'first'), join(directory, 'the-second-one', 'below')];
    await copy(first);
    await copy(second);
    const one = await built(first, 'first build');
    const other = await built(second, 'second build, elsewhere');
    for (const [file, sum] of one) console.log(`${sum}  ${file}`);
    const found = differences(one, other);
    if (found.length > 0) throw new Failure(`Built twice, these are not the same:\n  ${found.join('\n  ')}`);
    console.log(`${one.size} files, twice the same`);
    if (!control) return;
    plant(second);
    const seen = differences(one, await built(second, 'control: with its directory built in'));
    if (!seen.includes('build/index_bg.wasm')) throw new Failure('The control was not seen: a wasm that names its directory is the same.');
    console.log(`seen in the control: ${seen.join(', ')}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** The files of the tree as they are now, and the tools, which are what they are wherever they lie. @param {string} to */
async function copy(to) {
  const listed = await output('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const file of listed.split('\0').filter((name) => name && existsSync(at(name)))) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    copyFileSync(at(file), join(to, file));
  }
  for (const tools of ['.tools', 'node_modules']) symlinkSync(at(tools), join(to, tools));
  // Crates in another place, because their paths are what a panic's message would have.
  const cargo = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  mkdirSync(join(to, '.cargo-home'));
  for (const name of readdirSync(cargo)) if (/^(config|credentials)/.test(name)) copyFileSync(join(cargo, name), join(to, '.cargo-home', name));
  for (const name of ['cache', 'index']) cpSync(join(cargo, 'registry', name), join(to, '.cargo-home/registry', name), { recursive: true });
}

/** The digest of each file that a deployment uploads. @param {string} root @param {string} title */
function built(root, title) {
  return step(title, async () => {
    const env = { ...process.env, CARGO_HOME: join(root, '.cargo-home'), CARGO_TARGET_DIR: join(root, 'target') };
    await run(/** @type {string} */ (node()), [join(root, 'scripts/build.mjs')], { cwd: root, env });
    return new Map(['build', 'public'].flatMap((name) => digests(root, name)));
  });
}

/** @param {string} root @param {string} path @returns {[string, string][]} */
function digests(root, path) {
  const entries = readdirSync(join(root, path), { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const below = `${path}/${entry.name}`;
    // What is only about building, and is not uploaded.
    if (entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return digests(root, below);
    return [/** @type {[string, string]} */ ([below, sha256(readFileSync(join(root, below)))])];
  });
}

/** @param {Map<string, string>} one @param {Map<string, string>} other */
function differences(one, other) {
  return [...new Set([...one.keys(), ...other.keys()])].filter((file) => one.get(file) !== other.get(file));
}

/** @param {string} root */
function plant(root) {
  const path = join(root, planted.file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(planted.before)) throw new Failure(`${planted.file} has no ${planted.before} any more: the control needs another place`);
  writeFileSync(path, source.replace(planted.before, planted.after));
}
