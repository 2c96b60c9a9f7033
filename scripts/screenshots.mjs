// `npm run screenshots [-- NAME …]`: pictures of every page of the dashboard, in both themes, into docs/pictures/. The data
// is made anew each time, through the API (tests/browser/support/demo.ts).
import { mkdirSync, rmSync } from 'node:fs';
import { at, node, wranglerEnv } from './lib/env.mjs';
import { build } from './lib/build.mjs';
import { chromium, pictureFont, withoutChromium } from './lib/chromium.mjs';
import { attempt } from './lib/process.mjs';
import { Failure, main } from './lib/steps.mjs';
import { prepare } from './lib/tools.mjs';

await main(async () => {
  await prepare();
  if (!(await chromium())) throw new Failure(withoutChromium);
  await pictureFont();
  await build({ dev: false, outDir: '.e2e/worker' });
  const run = at('.e2e/runs', `pictures-${process.pid}`);
  mkdirSync(run, { recursive: true });
  const args = ['--test', '--test-timeout=300000', '--disable-warning=ExperimentalWarning', '--test-reporter=spec', at('tests/browser/pictures.ts')];
  const env = { ...wranglerEnv(), LATCHKEY_E2E_RUN: run, LATCHKEY_PICTURES: process.argv.slice(2).join(',') };
  const { code } = await attempt(/** @type {string} */ (node()), args, { show: 'always', env });
  if (code !== 0) throw new Failure('Not every picture could be taken.');
  rmSync(run, { recursive: true });
});
