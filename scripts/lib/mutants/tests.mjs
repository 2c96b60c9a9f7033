// Which tests reach which function, and whether one of them sees that it is broken.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { at } from '../env.mjs';
import { attempt } from '../process.mjs';
import { Failure } from '../steps.mjs';
import { copy, env } from './build.mjs';

/** @typedef {{ name: string, path: string }} Binary */
/** A test, how long it takes (ms) and the functions that it reaches. @typedef {{ binary: Binary, name: string, ms: number, reaches: Set<number> }} Test */

/** So few examples of each property do for most mutants; who survives them meets all. */
export const FEW = { PROPTEST_CASES: '16' };
/** Tests that are asked about one mutant take no longer than this together (ms), as they were measured; the fastest are asked first. */
const ROUNDS = [{ each: 100, all: 3_000, more: FEW }, { each: 2_000, all: 10_000, more: FEW }, { each: 10_000, all: 20_000, more: {} }];
/** A mutant that never ends is killed too: what the tests take, this many times, and a while (ms). */
const PATIENCE = { times: 10, more: 20_000 };

/** Where the tests of a copy find what they read. */
const runs = { ...env, CARGO_MANIFEST_DIR: at(copy), RUST_BACKTRACE: '0' };

/**
 * Runs all tests on what is whole, two at a time and with few examples, and learns what they reach.
 * @param {Binary[]} binaries @returns {Promise<{ tests: Test[], failed: string[] }>}  what fails as it is says nothing about a mutant
 */
export async function reached(binaries) {
  const record = at('.mutants/reached.txt');
  /** @type {Test[]} */
  const tests = [];
  /** @type {string[]} */
  const failed = [];
  for (const binary of binaries) {
    rmSync(record, { force: true });
    const { output } = await attempt(binary.path, ['--test-threads=2'], { cwd: at(copy), env: { ...runs, ...FEW, LATCHKEY_MUTANT_REACHED: record } });
    const red = new Set([...output.matchAll(/^test (\S+)(?: - should panic)? \.\.\. FAILED/gm)].map(([, name]) => String(name)));
    failed.push(...red);
    for (const line of existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []) {
      const [name = '', ms, functions = ''] = line.split('\t');
      // A thread without a test's name was started by one.
      if (new RegExp(`^test ${name}(?: - should panic)? \\.\\.\\. ok`, 'm').test(output)) tests.push({ binary, name, ms: Number(ms), reaches: new Set(functions.split(' ').map(Number)) });
    }
  }
  if (tests.length === 0) throw new Failure('No test reaches anything that can be broken.');
  return { tests, failed };
}

/**
 * Whether a test sees that the mutant of this number, in this function, is in force.
 * @param {number} number @param {number} of @param {Test[]} tests
 */
export async function isKilled(number, of, tests) {
  const near = tests.filter(({ reaches }) => reaches.has(of)).sort((one, other) => one.ms - other.ms);
  for (const { each, all, more } of ROUNDS) {
    let sum = 0;
    const asked = near.filter(({ ms }) => ms <= each && (sum += ms + 1) <= all);
    for (const binary of new Set(asked.map((test) => test.binary))) {
      if (await fails(binary, asked.filter((test) => test.binary === binary), { ...more, LATCHKEY_MUTANT: String(number) })) return true;
    }
  }
  return false;
}

/** The first failure is enough. @param {Binary} binary @param {Test[]} tests @param {Record<string, string>} more @returns {Promise<boolean>} */
function fails({ path }, tests, more) {
  return new Promise((resolve, reject) => {
    const child = spawn(path, ['--exact', '--test-threads=1', ...tests.map(({ name }) => name)], { cwd: at(copy), env: { ...runs, ...more }, stdio: ['ignore', 'pipe', 'ignore'] });
    const patience = PATIENCE.more + PATIENCE.times * tests.reduce((sum, { ms }) => sum + ms, 0);
    const over = setTimeout(() => end(true), patience);
    const end = (/** @type {boolean} */ failed) => {
      clearTimeout(over);
      child.kill('SIGKILL');
      resolve(failed);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      if (chunk.includes('FAILED')) end(true);
    });
    child.on('error', reject);
    // It may end by overflowing its stack, too.
    child.on('close', (code) => end(code !== 0));
  });
}
