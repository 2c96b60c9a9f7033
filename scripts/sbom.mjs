// `npm run sbom`: writes the bill of materials to build/sbom.cdx.json, or to the file that is named after `--`. It is not
// committed: it says what the lock files say, and would only ever be late.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { at } from './lib/env.mjs';
import { sbom } from './lib/sbom.mjs';
import { main, step } from './lib/steps.mjs';

await main(() => step('bill of materials (CycloneDX)', async ({ note }) => {
  const path = resolve(process.argv[2] ?? at('build/sbom.cdx.json'));
  const bill = await sbom();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(bill, null, 2)}\n`);
  const count = (/** @type {string} */ scope) => bill.components.filter((component) => component.scope === scope).length;
  note(`${count('required')} components deployed, ${count('excluded')} to build and test with: ${path}`);
}));
