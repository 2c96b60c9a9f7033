// `npm run mutants`: are the tests of the rules any good? cargo-mutants breaks `src/domain` in thousands of small ways, one
// at a time; a test that still passes then has a hole. It takes hours, so it is done in pieces: what was tried is kept in
// .mutants/ and holds until the file changes, and the next run goes on.
//
//   npm run mutants                          for ten minutes
//   npm run mutants -- --minutes 120         for longer
//   npm run mutants -- --file lease          only files whose path has that word; several may be named
//   npm run mutants -- --shard 0/4           every fourth, for several machines at once
//   npm run mutants -- --survivors           those again that have survived: after a new test
//   npm run mutants -- --report              nothing is tried; what is known is said
//
// A survivor that makes no difference stands in tests/mutants.toml, with the reason. Any other one is a failure.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at, exe, pinned, read, sha256 } from './lib/env.mjs';
import { attempt, output, run } from './lib/process.mjs';
import { Failure, dim, main, step } from './lib/steps.mjs';
import { cargoTool, dropToolLeftovers } from './lib/tools.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' }, file: { type: 'string', multiple: true, default: [] }, shard: { type: 'string', default: '0/1' },
    survivors: { type: 'boolean', default: false }, report: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' },
  },
});

/** @typedef {{ name: string, file: string }} Mutant */
/** `of` is the digest of the file that was broken. @typedef {{ outcome: 'killed' | 'survived' | 'unviable', of: string }} Tried */

const house = '.mutants/domain';
const tool = at('.tools/bin', `cargo-mutants${exe}`);
/** Between two looks at the clock, and what is lost if a run is broken off. */
const BATCH = 8;
const goal = 0.9;
/** Two simulations of long loads, which take longer than all other tests together. */
const SLOW = 'at_a_steady_load';
/** So few examples of each property do for most mutants; who survives them meets all. */
const FEW = { PROPTEST_CASES: '16' };
/** A mutant that never ends is killed too (seconds); on a busy machine everything may take several times as long. */
const PATIENCE = { quick: 90, all: 400 };
const env = { ...process.env, CARGO_TARGET_DIR: at('.mutants/target') };
const stateFile = at('.mutants/tried.json');
/** @type {Map<string, string>} */
const digests = new Map();

await main(async () => {
  await cargoTool('cargo-mutants', 'cargo-mutants', pinned.cargoMutants, [], ['mutants', '--version']);
  dropToolLeftovers();
  await step('a house with one room', layOut);
  const all = await mutants();
  const tried = known(all);
  if (!options.report) await tryMore(all, tried);
  report(all, tried);
});

/**
 * A crate of `src/domain` alone. It names nothing beside itself (house rule H2), and so it is compiled in a tenth of the time
 * of the whole; its own tests are those that are asked.
 */
async function layOut() {
  rmSync(at(house, 'src'), { recursive: true, force: true });
  mkdirSync(at(house, 'src'), { recursive: true });
  for (const path of ['src/domain', 'src/domain.rs', 'tests/vectors', 'Cargo.lock', 'rust-toolchain.toml']) cpSync(at(path), at(house, path), { recursive: true });
  const manifest = read('Cargo.toml');
  const section = (/** @type {string} */ name) => new RegExp(`^\\[${name}\\]\\n(?:(?!\\[).*\\n)*`, 'm').exec(manifest)?.[0] ?? '';
  // Crates that only other rooms name would be compiled for nothing.
  const domain = readdirSync(at('src/domain'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.rs')).map((file) => read(`src/domain/${file}`)).join('\n');
  const used = (/** @type {string} */ line) => !/^[\w-]+ = /.test(line) || new RegExp(`\\b${/^[\w-]+/.exec(line)?.[0].replaceAll('-', '_')}::`).test(domain);
  const needed = (/** @type {string} */ name) => section(name).split('\n').filter(used).join('\n');
  // Not optimised: what counts is how soon the next mutant is compiled.
  const profile = ['[profile.dev]', 'debug = false', 'opt-level = 0', '', '[profile.dev.package."*"]', 'opt-level = 2', '', '[workspace]'].join('\n');
  writeFileSync(at(house, 'Cargo.toml'), [section('package'), needed('dependencies'), needed('dev-dependencies'), profile, ''].join('\n'));
  writeFileSync(at(house, 'src/lib.rs'), '//! The domain alone, to be broken.\npub mod domain;\n');
}

/** All that can be broken, in the order of the files. @returns {Promise<Mutant[]>} */
async function mutants() {
  /** @type {Mutant[]} */
  const all = JSON.parse(await output(tool, ['mutants', '--dir', at(house), '--list', '--json']));
  return all.filter(({ file }) => file.startsWith('src/domain/'));
}

/** What is known of those that could be broken the same way today. @param {Mutant[]} all */
function known(all) {
  /** @type {Record<string, Tried>} */
  const kept = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {};
  return new Map(all.flatMap(({ name, file }) => (kept[name]?.of === digest(file) ? [[name, /** @type {Tried} */ (kept[name])]] : [])));
}

/** @param {string} file */
function digest(file) {
  const seen = digests.get(file) ?? sha256(read(file));
  digests.set(file, seen);
  return seen;
}

/** @param {Mutant[]} all @param {Map<string, Tried>} tried */
async function tryMore(all, tried) {
  const [shard = 0, shards = 1] = options.shard.split('/').map(Number);
  const wanted = all
    .filter((_, index) => index % shards === shard)
    .filter(({ file }) => options.file.length === 0 || options.file.some((word) => file.includes(word)))
    .filter(({ name }) => (options.survivors ? tried.get(name)?.outcome === 'survived' : !tried.has(name)));
  // By chance, so that whatever was tried when the time is up tells of all.
  const order = (/** @type {Mutant} */ { name }) => sha256(`${options.seed} ${name}`);
  wanted.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  if (wanted.length === 0) return;
  await step('the tests pass on what is whole', async ({ release }) => {
    release();
    await run('cargo', ['test', '--lib', '--quiet'], { cwd: at(house), env });
  });
  const until = Date.now() + Number(options.minutes) * 60_000;
  /** @type {Set<string>} */
  const met = new Set();
  while (Date.now() < until) {
    const batch = wanted.filter(({ name }) => !met.has(name)).slice(0, BATCH);
    if (batch.length === 0) break;
    const found = await broken(batch, PATIENCE.quick, [...new Set(batch.map(home)), '--skip', SLOW], FEW);
    // Who survives the tests at home meets all the others as well.
    const left = found.filter(({ outcome }) => outcome === 'survived');
    const again = left.length > 0 ? await broken(left, PATIENCE.all, [], {}) : [];
    for (const { name, file, outcome } of [...found, ...again]) tried.set(name, { outcome, of: digest(file) });
    for (const { name } of [...batch, ...found]) met.add(name);
    for (const { name, outcome } of again) if (outcome === 'survived') console.log(`survived: ${name}`);
    writeFileSync(stateFile, `${JSON.stringify(Object.fromEntries(tried), null, 1)}\n`);
    console.log(dim(`${tried.size} of ${all.length} tried`));
  }
}

/**
 * Breaks the domain in each of these ways, one after the other, and runs its tests.
 * @param {Mutant[]} batch @param {number} patience @param {string[]} testArgs @param {NodeJS.ProcessEnv} more
 * @returns {Promise<(Mutant & { outcome: Tried['outcome'] })[]>}
 */
async function broken(batch, patience, testArgs, more) {
  // Fields that are left out are broken whatever names are asked for (27.1.0), in all files that are looked at.
  const files = [...new Set(batch.map(({ file }) => file))].flatMap((file) => ['--file', file]);
  const names = batch.map(({ name }) => `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  const out = at('.mutants/out');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const args = ['mutants', '--dir', at(house), '--in-place', '--baseline', 'skip', '--no-config', '--output', out, '--timeout', String(patience), '--build-timeout', '600', ...files, ...names.flatMap((name) => ['--re', name]), '--', '--lib', '--', ...testArgs];
  const { code, output: said } = await attempt(tool, args, { env: { ...env, ...more } });
  // 2: some were missed, 3: some never ended.
  if (![0, 2, 3].includes(code)) throw new Failure(`cargo mutants: exit code ${code}\n${said}`);
  const { outcomes } = JSON.parse(readFileSync(`${out}/mutants.out/outcomes.json`, 'utf8'));
  return outcomes.map((/** @type {{ scenario: { Mutant: Mutant }, summary: string }} */ { scenario, summary }) => {
    /** @type {Record<string, Tried['outcome']>} */
    const known = { CaughtMutant: 'killed', Timeout: 'killed', MissedMutant: 'survived', Unviable: 'unviable' };
    const { name, file } = scenario.Mutant;
    if (!known[summary]) throw new Failure(`cargo mutants: ${name}: ${summary}`);
    return { name, file, outcome: known[summary] };
  });
}

/** The tests of its own part of the domain, which kill nearly all. @param {Mutant} mutant */
function home({ file }) {
  const [part = ''] = file.replace('src/domain/', '').split(/[/.]/);
  return `domain::${part}::`;
}

/** A mutant's name without where in the file it is, which every edit moves. @param {string} name */
function placeless(name) {
  return name.replace(/^(\S+?):\d+:\d+: /, '$1: ');
}

/** The survivors that make no difference. */
function excused() {
  const entries = read('tests/mutants.toml').matchAll(/^\[\[survivor\]\]\nmutant = '(.+)'\nreason = "(.+)"$/gm);
  return new Map([...entries].map(([, mutant, reason]) => [String(mutant), String(reason)]));
}

/** @param {Mutant[]} all @param {Map<string, Tried>} tried */
function report(all, tried) {
  const count = (/** @type {Tried['outcome']} */ outcome) => [...tried.values()].filter((one) => one.outcome === outcome).length;
  const [killed, survived] = [count('killed'), count('survived')];
  const reasons = excused();
  const survivors = all.filter(({ name }) => tried.get(name)?.outcome === 'survived').map(({ name }) => name);
  const open = survivors.filter((name) => !reasons.has(placeless(name)));
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  console.log(`\n${tried.size} of ${all.length} mutants tried: ${killed} killed, ${survived} survived, ${count('unviable')} did not compile`);
  if (killed + survived === 0) return;
  console.log(`killed: ${percent(killed / (killed + survived))} of those that compile; of the survivors ${survivors.length - open.length} make no difference (tests/mutants.toml)`);
  for (const name of open) console.log(`  ${name}`);
  const stale = [...reasons.keys()].filter((name) => !all.some((mutant) => placeless(mutant.name) === name));
  for (const name of stale) console.log(`no such mutant any more, in tests/mutants.toml: ${name}`);
  if (killed / (killed + survived) < goal) throw new Failure(`Less than ${percent(goal)} were killed.`);
  if (open.length > 0) throw new Failure(`${open.length} survivors have neither a test nor a reason.`);
}
