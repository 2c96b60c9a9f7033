// What cannot be compiled with all others: cargo-mutants breaks a copy of the domain in one way after the other, and runs its tests.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { at, exe, read } from '../env.mjs';
import { attempt, output, run } from '../process.mjs';
import { Failure } from '../steps.mjs';
import { FEW } from './tests.mjs';

/** @typedef {import('./weave.mjs').Mutant} Mutant */

const house = '.mutants/domain';
const tool = at('.tools/bin', `cargo-mutants${exe}`);
/** Two simulations of long loads, which take longer than all other tests together. */
const SLOW = 'at_a_steady_load';
/** A mutant that never ends is killed too (seconds); on a busy machine everything may take several times as long. */
const PATIENCE = { quick: 90, all: 400 };
const env = { ...process.env, CARGO_TARGET_DIR: at('.mutants/target-apart') };

/**
 * A crate of `src/domain` alone. It names nothing beside itself (house rule H2), and so it is compiled in a tenth of the time
 * of the whole; its own tests are those that are asked.
 */
export async function layOut() {
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
export async function mutants() {
  /** @type {Mutant[]} */
  const all = JSON.parse(await output(tool, ['mutants', '--dir', at(house), '--list', '--json']));
  return all.filter(({ file }) => file.startsWith('src/domain/'));
}

/** @param {Mutant[]} batch @returns {Promise<{ name: string, file: string, outcome: 'killed' | 'survived' | 'unviable' }[]>} */
export async function apart(batch) {
  const found = await broken(batch, PATIENCE.quick, ['domain::figures::', ...new Set(batch.map(home)), '--skip', SLOW], FEW);
  // Who survives the tests at home meets all the others as well.
  const left = batch.filter(({ name }) => found.some((one) => one.name === name && one.outcome === 'survived'));
  return left.length > 0 ? [...found, ...(await broken(left, PATIENCE.all, [], {}))] : found;
}

/** That nothing fails which is not broken. */
export async function passes() {
  await run('cargo', ['test', '--lib', '--quiet'], { cwd: at(house), env });
}

/**
 * Breaks the domain in each of these ways, one after the other, and runs its tests.
 * @param {Mutant[]} batch @param {number} patience @param {string[]} testArgs @param {NodeJS.ProcessEnv} more
 * @returns {Promise<{ name: string, file: string, outcome: 'killed' | 'survived' | 'unviable' }[]>}
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
    /** @type {Record<string, 'killed' | 'survived' | 'unviable'>} */
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
