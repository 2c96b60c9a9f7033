// `npm run prove`: the proofs in their full form, one after the other, with the figures that they measure. It takes hours,
// and may be ended at any time: what has passed on the same commit is not run again.
//
//   npm run prove                  all that has not passed on this commit yet
//   npm run prove -- NAME …        these, passed or not
//   npm run prove -- --list        what there is, and how it went last
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { at, node, shown, wranglerEnv } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { attempt, run } from './lib/process.mjs';
import { proofs } from './lib/proofs.mjs';
import { proxies } from './lib/proxies.mjs';
import { Failure, bold, elapsed, green, main, red } from './lib/steps.mjs';
import { prepare } from './lib/tools.mjs';

/** @typedef {{ passed: boolean, commit: string, at: string, ms: number, figures: { name: string, value: number | string, unit: string }[] }} Result */

const record = at('.prove/results.json');
const full = { LATCHKEY_PROOF: 'full' };

/** @returns {Record<string, Result>} */
function results() {
  try {
    return JSON.parse(readFileSync(record, 'utf8'));
  } catch {
    return {};
  }
}

/** What is run: the commit, and whether something was changed since. */
async function commit() {
  const head = (await run('git', ['rev-parse', '--short=12', 'HEAD'])).trim();
  return (await run('git', ['status', '--porcelain'])).trim() === '' ? head : `${head}+`;
}

/** @param {import('./lib/proofs.mjs').Proof} proof @returns {Promise<{ code: number, output: string }>} */
async function prove({ name, spec, cargo }) {
  /** @type {(chunk: string) => void} */
  const show = (chunk) => void process.stdout.write(chunk);
  if (cargo) {
    const profile = cargo.includes('--release') ? [] : ['--profile', 'proof'];
    return attempt('cargo', ['test', ...profile, ...cargo, ...(cargo.includes('--') ? [] : ['--']), '--nocapture'], { show, env: { ...process.env, ...full } });
  }
  const state = at('.e2e/runs', `prove-${name}-${Date.now()}`);
  mkdirSync(state, { recursive: true });
  const env = { ...wranglerEnv(), ...full, LATCHKEY_E2E_RUN: state };
  const specs = (/** @type {string} */ file) => attempt(/** @type {string} */ (node()), ['--test', '--disable-warning=ExperimentalWarning', '--test-reporter=spec', at(file)], { show, env });
  const outcome = await specs(/** @type {string} */ (spec));
  // Whatever is proven, no secret is left behind by it.
  const canary = outcome.code === 0 ? await specs('tests/e2e/zz_canary.spec.ts') : outcome;
  if (canary.code === 0) rmSync(state, { recursive: true });
  else console.log(`State and logs: ${shown(state)}`);
  return { code: outcome.code || canary.code, output: outcome.output };
}

/** @param {Record<string, Result>} found */
function table(found) {
  console.log();
  for (const { name } of proofs()) {
    const result = found[name];
    if (!result) console.log(`- ${name.padEnd(18)} not yet`);
    else console.log(`${result.passed ? green('✓') : red('✗')} ${name.padEnd(18)} ${result.at}  ${result.commit}  ${elapsed(result.ms)}`);
    for (const { name: figure, value, unit } of result?.figures ?? []) console.log(`    ${figure}: ${value} ${unit}`);
  }
}

await main(async () => {
  const wanted = process.argv.slice(2);
  if (wanted.includes('--list')) return table(results());
  const unknown = wanted.filter((name) => !proofs().some((proof) => proof.name === name));
  if (unknown.length > 0) throw new Failure(`There is no proof ${unknown.join(', ')}. There are: ${proofs().map(({ name }) => name).join(', ')}.`);
  await prepare();
  const here = await commit();
  const done = (/** @type {string} */ name) => results()[name]?.passed && results()[name]?.commit === here;
  const chosen = proofs().filter(({ name }) => (wanted.length > 0 ? wanted.includes(name) : !done(name)));
  if (chosen.some(({ spec }) => spec)) await build({ dev: false, outDir: '.e2e/worker' });
  // Two of those that it puts under load.
  if (chosen.some(({ name }) => name === 'front')) await proxies();
  for (const proof of chosen) {
    console.log(bold(`\n${proof.name}`));
    const started = Date.now();
    const { code, output } = await prove(proof);
    // A test runner may put something before the line.
    const figures = [...output.matchAll(/FIGURE (\{.*\})/g)].map(([, json]) => JSON.parse(/** @type {string} */ (json)));
    const result = { passed: code === 0, commit: here, at: new Date(started).toISOString().slice(0, 16), ms: Date.now() - started, figures };
    mkdirSync(at('.prove'), { recursive: true });
    writeFileSync(record, `${JSON.stringify({ ...results(), [proof.name]: result }, null, 2)}\n`);
    if (!result.passed) process.exitCode = 1;
  }
  table(results());
});
