// The copy of the crate with all mutants in it, and its compilation: what does not compile is taken out, and it is tried again.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { at, read } from '../env.mjs';
import { attempt, output } from '../process.mjs';
import { Failure } from '../steps.mjs';
import { culprit, functions, woven } from './weave.mjs';

/** @typedef {import('./weave.mjs').Mutant} Mutant */
/** @typedef {import('./weave.mjs').Broken} Broken */

/** @typedef {{ code: string, message: string, file: string, byte: number }} Complaint */
/** Of a mutant that is not in the build: it does not compile, or has to be compiled by itself. @typedef {'unviable' | 'apart'} Without */
/** A mutant in the build, and what chooses it. @typedef {{ mutant: Mutant, number: number, of: number }} Chosen */

export const copy = '.mutants/all';
/** What the tests look at. */
const kept = ['Cargo.*', 'rust-toolchain.toml', 'src', 'tests', 'benches', 'examples', 'docs', 'scripts', 'dashboard', 'clients', 'README.md', 'package.json', 'wrangler.toml'];
/** Errors of types. Where no `impl` is returned, whose type is that of the first way to write it, they are those of the mutant alone. */
const OF_TYPES = new Set(['E0004', 'E0063', 'E0277', 'E0282', 'E0308', 'E0369', 'E0599', 'E0600', 'E0614']);
export const env = { ...process.env, CARGO_TARGET_DIR: at('.mutants/target'), RUSTFLAGS: '--cap-lints=allow', CARGO_PROFILE_DEV_DEBUG: 'false' };

/**
 * @param {Mutant[]} mutants
 * @param {Map<string, Without>} without  those known not to be in the build; what is learned is added
 * @returns {Promise<Chosen[]>}
 */
export async function compiled(mutants, without) {
  const files = new Set(mutants.map(({ file }) => file));
  const all = functions(mutants);
  for (const mutant of mutants) if (!all.some(({ mutants: own }) => own.includes(mutant))) without.set(mutant.name, 'apart');
  await layOut(files);
  for (let turn = 0; turn < 30; turn++) {
    const broken = all.filter(({ mutants: own }) => own.some(({ name }) => !without.has(name)));
    for (const file of files) keep(file, Buffer.from(woven(read(file), broken.filter((one) => one.file === file), without)));
    const errors = await complaints();
    if (errors.length === 0) return broken.flatMap(({ number: of, first, mutants: own }) => own.map((mutant, index) => ({ mutant, number: first + index, of })).filter(({ mutant }) => !without.has(mutant.name)));
    for (const error of errors) leaveOut(error, all, without);
  }
  throw new Failure('The copy with all mutants does not compile after thirty turns.');
}

/** @param {Complaint} complaint @param {Broken[]} all @param {Map<string, Without>} without */
function leaveOut({ code, message, file, byte }, all, without) {
  const number = culprit(readFileSync(at(copy, file)), byte);
  const apart = (/** @type {Broken[]} */ some) => some.flatMap(({ mutants }) => mutants).forEach(({ name }) => without.has(name) || without.set(name, 'apart'));
  // A constant is made with the function of that name.
  const needed = code === 'E0015' ? /`([\w:]+)` in/.exec(message)?.[1] : undefined;
  if (number !== null && number > 0) {
    const of = all.find(({ first, mutants }) => first <= number && number < first + mutants.length);
    const name = of?.mutants[number - of.first]?.name;
    if (of && name) without.set(name, OF_TYPES.has(code) && !of.returns.includes('impl') ? 'unviable' : 'apart');
  } else if (needed) apart(all.filter(({ name }) => `::${needed}`.endsWith(`::${name}`)));
  else if (number !== null) apart(all.filter((one) => one.number === -number - 1));
  else throw new Failure(`The copy with all mutants does not compile: ${file}: ${message}`);
}

/** All that is under version control, as it is now, but for what is woven. @param {Set<string>} wovenFiles */
async function layOut(wovenFiles) {
  const files = (await output('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...kept])).split('\n').filter((name) => name !== '' && existsSync(at(name)));
  const there = existsSync(at(copy)) ? readdirSync(at(copy), { recursive: true, encoding: 'utf8' }) : [];
  for (const file of there) if (/^(src|tests)\/.*\.rs$/.test(file) && !files.includes(file)) rmSync(at(copy, file));
  for (const file of files) if (!wovenFiles.has(file) && file !== 'src/lib.rs') keep(file, readFileSync(at(file)));
  keep('src/mutant.rs', readFileSync(at('scripts/lib/mutants/switch.rs')));
  keep('src/lib.rs', Buffer.from(read('src/lib.rs').replace('pub mod domain;', 'pub mod mutant;\npub mod domain;')));
}

/** Writes a file unless it is there: what has not changed is not compiled again. @param {string} file @param {Buffer} contents */
function keep(file, contents) {
  const path = at(copy, file);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents);
}

/** What the compiler says about the library, without its tests. @returns {Promise<Complaint[]>} */
async function complaints() {
  const { code, output: said } = await attempt('cargo', ['check', '--lib', '--message-format=json'], { cwd: at(copy), env });
  if (code === 0) return [];
  const errors = messages(said).filter(({ reason, message }) => reason === 'compiler-message' && message.level === 'error' && message.spans.length > 0);
  if (errors.length === 0) throw new Failure(said.slice(-4_000));
  return errors.map(({ message }) => {
    const span = message.spans.find((/** @type {{ is_primary: boolean }} */ one) => one.is_primary);
    return { code: message.code?.code ?? '', message: message.message, file: span.file_name, byte: span.byte_start };
  });
}

/** The test programs, compiled. @returns {Promise<{ name: string, path: string }[]>} */
export async function binaries() {
  const { code, output: said } = await attempt('cargo', ['test', '--no-run', '--message-format=json'], { cwd: at(copy), env });
  if (code !== 0) throw new Failure(messages(said).flatMap(({ message }) => message?.rendered ?? []).join('\n') || said.slice(-4_000));
  return messages(said).flatMap(({ reason, executable, target }) => (reason === 'compiler-artifact' && executable ? [{ name: target.name, path: executable }] : []));
}

/** @param {string} said @returns {any[]} */
function messages(said) {
  return said.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}
