// The proofs that `npm run prove` runs in their full form: every spec of tests/proof, and these tests of other layers.
import { readdirSync } from 'node:fs';
import { at } from './env.mjs';

/** @typedef {{ name: string, spec?: string, cargo?: string[] }} Proof */

/** In the order in which they run: what is quick to fail first. @type {Proof[]} */
const others = [
  { name: 'simulation', cargo: ['--test', 'simulation'] },
  { name: 'model', cargo: ['--test', 'model'] },
  { name: 'requests', cargo: ['--test', 'input'] },
  { name: 'matrix', cargo: ['--test', 'isolation'] },
  { name: 'timing', cargo: ['--release', '--test', 'isolation', 'timing'] },
  { name: 'faults_anywhere', cargo: ['--test', 'integration', 'faults_anywhere'] },
  { name: 'stale_kv', cargo: ['--test', 'integration', 'stale_kv'] },
  { name: 'limits', cargo: ['--test', 'integration', '--', 'limits_model', 'limits_over_time', 'policy_model', 'quota', 'credits'] },
  { name: 'many_keys', cargo: ['--test', 'integration', 'many_keys'] },
  { name: 'sign_in', spec: 'tests/e2e/sign_in.spec.ts' },
];

/** @returns {Proof[]} */
export function proofs() {
  const specs = readdirSync(at('tests/proof')).filter((file) => file.endsWith('.spec.ts')).sort();
  return [...others, ...specs.map((file) => ({ name: file.replace('.spec.ts', ''), spec: `tests/proof/${file}` }))];
}
