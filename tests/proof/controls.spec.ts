// Proofs beside a service that breaks a rule which they are about: each has to turn red, and for that reason. What is
// broken stands in support/fronts/broken.js; `LATCHKEY_BREAK=NAME` puts it in front of the worker in any spec. The quick
// form of a proof has to see it, and is a process of its own here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../e2e/support/shell.ts';
import { figure, full } from './support/proof.ts';

/** What is broken, the spec and a part of the name of the test that notices it, and what it says. */
type Control = [broken: string, spec: string, name: string, says: RegExp];

const INPUT = 'tests/proof/input.spec.ts';
const SPOILT = 'spoilt requests, many at once';
const UNREADABLE = 'what no client library would send';
const BODIES = 'bodies that are too much';
const ISOLATION = 'tests/proof/isolation.spec.ts';
const NEIGHBOURS = 'no operation of the description tells';
const IMPORTS = 'tests/proof/imports.spec.ts';
const HASHES = 'hashes are imported';
const REPLAY = 'tests/proof/replay.spec.ts';
const LISTS = 'a worker answers every list';
const FAULTS = 'tests/e2e/faults.spec.ts';
const DISK = 'a disk without a free block';

const CONTROLS: Control[] = [
  ['falls', INPUT, SPOILT, /\d+: 500 /],
  ['stumbles', INPUT, SPOILT, /\d+: 500 /],
  ['repeats', INPUT, SPOILT, /\d+: a secret comes back: /],
  ['tells', INPUT, SPOILT, /a secret stands in the log/],
  ['renames', INPUT, SPOILT, /\/pagination: no hasMore/],
  ['sulks', INPUT, SPOILT, /a good request: later/],
  ['hoards', INPUT, SPOILT, /\d+ MB more/],
  ['falls', INPUT, UNREADABLE, /bad percent-encoding: 500 /],
  ['recites', INPUT, UNREADABLE, /a secret comes back: /],
  ['tells', INPUT, UNREADABLE, /a secret stands in the log/],
  ['sulks', INPUT, UNREADABLE, /: 503 HTTP|a good request: later/],
  ['hoards', INPUT, UNREADABLE, /[\d.]+ MB more/],
  ['recites', INPUT, BODIES, /a secret comes back: /],
  ['hoards', INPUT, BODIES, /\d+ MB more/],
  ['swallows', INPUT, BODIES, /answered after 40 MB/],
  ['queues', INPUT, BODIES, /\d of them beside slow ones/],
  ['distinguishes', ISOLATION, NEIGHBOURS, /nobody tells them apart/],
  ['lends', ISOLATION, NEIGHBOURS, /GET \S+ answered 200 /],
  ['meddles', ISOLATION, NEIGHBOURS, /\+ '\{"organization":.*Zanzibar/],
  ['loses', IMPORTS, HASHES, /'499: NOT_FOUND'/],
  ['mistakes', IMPORTS, HASHES, /'\d+: VALID'/],
  ['welcomes', IMPORTS, HASHES, /\+ 'VALID'\s+- 'NOT_FOUND'/],
  ['doubles', IMPORTS, HASHES, /1004 !== 1001/],
  ['spares', REPLAY, LISTS, /"auth_key_revoked".* answered 200 /],
  ['pretends', REPLAY, LISTS, /"auth_key_revoked".* answered 200 /],
  ['acknowledges', FAULTS, DISK, /401 !== 200/],
  ['consents', FAULTS, DISK, /strictly unequal to: 200/],
];

const PATIENCE_MS = 300_000;

/** A spec with something broken: its exit code, and all that it says. */
async function withBreak(broken: string, spec: string, name: string): Promise<{ code: number | null; output: string }> {
  mkdirSync(join(root, '.e2e/runs'), { recursive: true });
  // A state of its own: what is broken may leave secrets in it.
  const state = mkdtempSync(join(root, '.e2e/runs', 'control-'));
  const { LATCHKEY_PROOF: _, NODE_TEST_CONTEXT: __, FORCE_COLOR: ___, ...kept } = process.env;
  const env = { ...kept, NO_COLOR: '1', LATCHKEY_BREAK: broken, LATCHKEY_E2E_RUN: state };
  const args = ['--disable-warning=ExperimentalWarning', '--test-reporter=spec', `--test-name-pattern=${name}`, join(root, spec)];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  rmSync(state, { recursive: true });
  return { code, output };
}

test('whatever can be broken is noticed by a test that exists', () => {
  const source = readFileSync(join(import.meta.dirname, 'support/fronts/broken.js'), 'utf8');
  const breaks = [...source.matchAll(/^ {2}(\w+): (?:async )?\(\{/gm)].map(([, name]) => name);
  assert.ok(breaks.length > 10);
  assert.deepEqual([...new Set(CONTROLS.map(([broken]) => broken))].sort(), breaks.sort());
  for (const [, spec, name] of CONTROLS) assert.ok(readFileSync(join(root, spec), 'utf8').includes(name), `${spec}: ${name}`);
});

if (full) {
  let noticed = 0;
  for (const [broken, spec, name, says] of CONTROLS) {
    test(`${broken}: ${spec}: ${name}`, { timeout: PATIENCE_MS + 30_000 }, async (t) => {
      const { code, output } = await withBreak(broken, spec, name);
      if (/no file system may be mounted here/.test(output)) return t.skip('no file system may be mounted here');
      assert.ok(code === 1 && says.test(output), `it ended with ${code} and said:\n${output.slice(-4_000)}`);
      noticed += 1;
    });
  }
  after(() => figure('breaks in front of the worker, each noticed by the test that it is for', noticed, `of ${CONTROLS.length}`));
}
