// `npm run mutants`: are the tests of the rules any good? cargo-mutants lists the small ways to break `src/domain`, thousands
// of them; a test has to fail for each. They are compiled all at once (lib/mutants/weave.mjs), and each meets the tests that reach
// the function it is in; what cannot be compiled with the others (constants, above all) is compiled by cargo-mutants, one after the
// other, and meets the tests of the domain. It takes an hour or two, so it may be ended: what was tried is kept in .mutants/ and
// holds until the file changes, and the next run goes on.
//
//   npm run mutants                          all that was not tried yet, and what has survived without a reason
//   npm run mutants -- --minutes 30          for so long
//   npm run mutants -- --file lease          only files whose path has that word; several may be named
//   npm run mutants -- --report              nothing is tried; what is known is said
//
// A survivor that makes no difference stands in tests/mutants.toml, with the reason. Any other one is a failure.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at, pinned, read, sha256 } from './lib/env.mjs';
import { apart, layOut, mutants, passes } from './lib/mutants/apart.mjs';
import { binaries, compiled } from './lib/mutants/build.mjs';
import { isKilled, reached } from './lib/mutants/tests.mjs';
import { Failure, dim, main, step } from './lib/steps.mjs';
import { cargoTool, dropToolLeftovers } from './lib/tools.mjs';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: 'Infinity' }, file: { type: 'string', multiple: true, default: [] },
    report: { type: 'boolean', default: false },
  },
});

/** @typedef {import('./lib/mutants/weave.mjs').Mutant} Mutant */
/**
 * What is known of a mutant. `apart`: it cannot be compiled with the others; `of`: the digest of the file that was broken.
 * @typedef {{ outcome?: 'killed' | 'survived' | 'unviable', apart?: boolean, of: string }} Tried
 */

/** So many at once, each by one test after the other. */
const WORKERS = 2;
/** Between two looks at the clock, and what is lost if a run is broken off. */
const BATCH = 8;
const goal = 0.9;
const stateFile = at('.mutants/tried.json');
const until = Date.now() + Number(options.minutes) * 60_000;
/** @type {Map<string, string>} */
const digests = new Map();

await main(async () => {
  await cargoTool('cargo-mutants', 'cargo-mutants', pinned.cargoMutants, [], ['mutants', '--version']);
  dropToolLeftovers();
  await step('a house with one room', layOut);
  const all = await mutants();
  const tried = known(all);
  if (!options.report) {
    const wanted = all.filter((mutant) => isWanted(mutant, tried.get(mutant.name))).sort(byChance);
    if (wanted.some(({ name }) => !tried.get(name)?.apart)) await together(all, wanted, tried);
    await oneByOne(wanted.filter(({ name }) => tried.get(name)?.apart), tried);
  }
  report(all, tried);
});

/** What is known of those that could be broken the same way today. @param {Mutant[]} all @returns {Map<string, Tried>} */
function known(all) {
  /** @type {Record<string, Tried>} */
  const kept = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, 'utf8')) : {};
  return new Map(all.flatMap(({ name, file }) => (kept[name]?.of === digest(file) ? [[name, /** @type {Tried} */ (kept[name])]] : [])));
}

/** Of what can be broken: the tests at the end of a file are another matter. @param {string} file */
function digest(file) {
  const seen = digests.get(file) ?? sha256(String(read(file).split('\n#[cfg(test)]\n')[0]));
  digests.set(file, seen);
  return seen;
}

/** @param {Mutant} mutant @param {Tried} [tried] */
function isWanted(mutant, tried) {
  const isNamed = options.file.length === 0 || options.file.some((word) => mutant.file.includes(word));
  // There may be a test by now.
  return isNamed && (!tried?.outcome || (tried.outcome === 'survived' && !excused().has(placeless(mutant))));
}

/** So that whatever was tried when the time is up tells of all. @param {Mutant} one @param {Mutant} other */
function byChance(one, other) {
  return sha256(one.name) < sha256(other.name) ? -1 : 1;
}

/** @param {Map<string, Tried>} tried @param {Mutant} mutant @param {Omit<Tried, 'of'>} what */
function note(tried, { name, file }, what) {
  tried.set(name, { ...tried.get(name), ...what, of: digest(file) });
  if (what.outcome === 'survived') console.log(`survived: ${name}`);
}

/** @param {Map<string, Tried>} tried */
function save(tried) {
  writeFileSync(stateFile, `${JSON.stringify(Object.fromEntries(tried), null, 1)}\n`);
}

/** All that can be compiled at once. @param {Mutant[]} all @param {Mutant[]} wanted @param {Map<string, Tried>} tried */
async function together(all, wanted, tried) {
  const [chosen, tests] = await prepared(all, tried);
  const queue = wanted.flatMap(({ name }) => chosen.filter(({ mutant }) => mutant.name === name));
  console.log(`${queue.length} mutants meet the tests that reach them`);
  let met = 0;
  const work = async () => {
    for (let next = queue.shift(); next && Date.now() < until; next = queue.shift()) {
      note(tried, next.mutant, { outcome: (await isKilled(next.number, next.of, tests)) ? 'killed' : 'survived' });
      save(tried);
      if (++met % 50 === 0) console.log(dim(`${queue.length} left`));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

/** @param {Mutant[]} all @param {Map<string, Tried>} tried @returns {Promise<[import('./lib/mutants/build.mjs').Chosen[], import('./lib/mutants/tests.mjs').Test[]]>} */
async function prepared(all, tried) {
  const chosen = await step('all mutants in one build', async ({ note: say }) => {
    /** @type {Map<string, import('./lib/mutants/build.mjs').Without>} */
    const without = new Map();
    for (const [name, { apart: isApart, outcome }] of tried) if (isApart || outcome === 'unviable') without.set(name, isApart ? 'apart' : 'unviable');
    const found = await compiled(all, without);
    for (const mutant of all) {
      const why = without.get(mutant.name);
      if (why && !tried.has(mutant.name)) note(tried, mutant, why === 'apart' ? { apart: true } : { outcome: 'unviable' });
    }
    save(tried);
    say(`${found.length} of ${all.length}`);
    return found;
  });
  const programs = await step('the tests', binaries);
  const { tests, failed } = await step('what each test reaches', () => reached(programs));
  if (failed.length > 0) console.log(`These fail on the copy, and are not asked: ${failed.join(', ')}`);
  return [chosen, tests];
}

/** What has to be compiled by itself. @param {Mutant[]} queue @param {Map<string, Tried>} tried */
async function oneByOne(queue, tried) {
  if (queue.length === 0 || Date.now() > until) return;
  await step('the domain alone, whole', passes);
  const left = [...queue];
  while (left.length > 0 && Date.now() < until) {
    for (const { name, outcome } of await apart(left.splice(0, BATCH))) {
      const mutant = queue.find((one) => one.name === name);
      if (mutant) note(tried, mutant, { outcome });
    }
    save(tried);
    console.log(dim(`${left.length} left that are compiled one by one`));
  }
}

/** A mutant by its name without where in the file it is, which every edit moves, and by the line that it breaks. @param {Mutant} mutant */
function placeless({ name, file, span }) {
  return `${name.replace(/^(\S+?):\d+:\d+: /, '$1: ')}\n${String(read(file).split('\n')[span.start.line - 1]).trim()}`;
}

/** The survivors that make no difference. */
function excused() {
  const entries = read('tests/mutants.toml').matchAll(/^\[\[survivor\]\]\nmutant = '''(.+)'''\nline = '''(.+)'''\nreason = "(.+)"$/gm);
  return new Map([...entries].map(([, mutant, line, reason]) => [`${mutant}\n${line}`, String(reason)]));
}

/** @param {Mutant[]} all @param {Map<string, Tried>} tried */
function report(all, tried) {
  const having = (/** @type {Tried['outcome']} */ outcome) => all.filter(({ name }) => tried.get(name)?.outcome === outcome);
  const [killed, survived, unviable] = [having('killed').length, having('survived'), having('unviable').length];
  const reasons = excused();
  const open = survived.filter((mutant) => !reasons.has(placeless(mutant)));
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  console.log(`\n${killed + survived.length + unviable} of ${all.length} mutants tried: ${killed} killed, ${survived.length} survived, ${unviable} did not compile`);
  if (killed + survived.length === 0) return;
  const share = killed / (killed + survived.length);
  console.log(`killed: ${percent(share)} of those that compile; of the survivors ${survived.length - open.length} make no difference (tests/mutants.toml)`);
  for (const mutant of open) console.log(`  ${mutant.name}\n    ${placeless(mutant).split('\n')[1]}`);
  const there = new Set(all.map(placeless));
  for (const name of [...reasons.keys()].filter((one) => !there.has(one))) console.log(`no such mutant any more, in tests/mutants.toml: ${name}`);
  if (share < goal) throw new Failure(`Less than ${percent(goal)} were killed.`);
  if (open.length > 0) throw new Failure(`${open.length} survivors have neither a test nor a reason.`);
}
