// What the project is made of that others have written: which crates are in the wasm, which packages in the pages, which
// actions the public CI runs, and what is known against any of them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { at, exe, read } from './env.mjs';
import { attempt, output } from './process.mjs';
import { Failure } from './steps.mjs';

/**
 * How many crates of others may be in the wasm. There are 121; half of them are the cryptography, Unicode and the glue
 * to the platform. A dependency that brings five more of its own should be a decision, not an accident.
 */
export const crateBudget = 125;

/**
 * How many crates of others the client in Rust brings its users, https and all: 56 on Linux, 41 of them without `tls`. Half
 * are hyper's and rustls', which most servers have anyway.
 */
export const clientCrateBudget = 60;

/** A database of advisories that is older says too little about what is known today. */
export const stalestDays = 90;

/** @typedef {{ name: string, version: string, license: string, sha256: string | null }} Crate */

/**
 * The crates that are linked into the wasm, ours left out: no macro, no build script, no test is. By name.
 * @returns {Promise<Crate[]>}
 */
export async function crates() {
  return (await linked('wasm32-unknown-unknown', 'Cargo.lock')).filter(({ name }) => name !== 'latchkey');
}

/** @param {string} target @param {string} lock @param {string[]} [more] @returns {Promise<Crate[]>} */
async function linked(target, lock, more = []) {
  const edges = 'no-dev,no-build,no-proc-macro';
  const args = ['tree', '--locked', '--quiet', '--target', target, '-e', edges, '--no-dedupe', '--prefix', 'none', '--format', '{p}\t{l}', ...more];
  const lines = (await output('cargo', args)).split('\n').filter((line) => line.includes('\t'));
  const sums = checksums(read(lock));
  return [...new Set(lines)].sort().map((line) => {
    const [, name = '', version = '', license = ''] = /^(\S+) v(\S+).*\t(.*)$/.exec(line) ?? [];
    if (!name) throw new Failure(`cargo tree said: ${line}`);
    return { name, version, license, sha256: sums.get(`${name} ${version}`) ?? null };
  });
}

/**
 * The crates that the client in Rust is linked with on Linux, ours left out, from its own lock file. By name.
 * @param {string[]} features  of cargo: `--all-features`, `--no-default-features`
 * @returns {Promise<Crate[]>}
 */
export async function clientCrates(features = ['--all-features']) {
  const args = ['--manifest-path', at('clients/rust/Cargo.toml'), '--package', 'latchkey-client', ...features];
  const found = await linked('x86_64-unknown-linux-gnu', 'clients/rust/Cargo.lock', args);
  return found.filter(({ name }) => name !== 'latchkey-client');
}

/** Checksums by `name version`. @param {string} lock */
function checksums(lock) {
  const entries = lock.matchAll(/^name = "(.+)"\r?\nversion = "(.+)"\r?\nsource = ".+"\r?\nchecksum = "([0-9a-f]{64})"/gm);
  return new Map([...entries].map(([, name, version, sum]) => [`${name} ${version}`, String(sum)]));
}

/**
 * Steps of a workflow whose action could be another one tomorrow: named by a tag or a branch and not by a whole commit, or
 * without the release in a comment, by which a person knows what it is.
 * @param {string} workflow
 */
export function unpinnedActions(workflow) {
  const used = workflow.split(/\r?\n/).filter((line) => /^\s*-?\s*uses:/.test(line));
  return used.filter((line) => !/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)).map((line) => line.trim());
}

/**
 * Whether anything is known against a crate that we use, in a clone of https://github.com/rustsec/advisory-db. What cannot
 * be looked up is no finding, so without a database the answer is why not; one that is too old is a failure.
 * @param {string} [database]  the clone's directory
 * @returns {Promise<{ done: boolean, said: string }>}
 */
export async function advisories(database = process.env.LATCHKEY_ADVISORY_DB ?? '') {
  if (!database) return { done: false, said: 'not done: LATCHKEY_ADVISORY_DB names no clone of rustsec/advisory-db' };
  if (!existsSync(join(database, 'crates'))) throw new Failure(`${database} is no clone of rustsec/advisory-db: it has no crates/`);
  const days = await ageDays(database);
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-advisories-'));
  try {
    const config = join(directory, 'deny.toml');
    const rules = read('deny.toml');
    if (!rules.includes('\n[advisories]\n')) throw new Failure('deny.toml has no [advisories]');
    writeFileSync(config, rules.replace('\n[advisories]\n', `\n[advisories]\ndb-path = ${JSON.stringify(join(directory, 'db'))}\n`));
    // cargo-deny takes a copy of its own with git, which is told that the address is this clone's.
    const instead = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: `url.${pathToFileURL(resolve(database)).href}.insteadOf`, GIT_CONFIG_VALUE_0: 'https://github.com/RustSec/advisory-db' };
    const age = `the database is of ${Math.floor(days)} days ago`;
    let said = '';
    // The worker, and the client in Rust, which has a lock file of its own.
    for (const manifest of ['Cargo.toml', 'clients/rust/Cargo.toml']) {
      const outcome = await attempt(at('.tools/bin', `cargo-deny${exe}`), ['--locked', '--manifest-path', at(manifest), '--config', config, 'check', 'advisories'], { env: { ...process.env, ...instead } });
      if (outcome.code !== 0) throw new Failure(`${manifest}\n${outcome.output.trimEnd()}\n${age}`);
      said += outcome.output;
    }
    if (days > stalestDays) throw new Failure(`Nothing was found, but ${age}: more than ${stalestDays} days. Take a newer one.\n${said.trimEnd()}`);
    return { done: true, said: `nothing found; ${age}` };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How long ago the newest commit of a clone was made. @param {string} database */
export async function ageDays(database) {
  const seconds = Number((await output('git', ['-C', database, 'log', '-1', '--format=%ct'])).trim());
  if (!(seconds > 0)) throw new Failure(`${database} does not tell when it was last changed`);
  return (Date.now() / 1000 - seconds) / 86_400;
}
