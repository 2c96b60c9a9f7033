// Builds the worker into build/. `wrangler` calls this as its [build] command: a dev build under `wrangler dev`, where
// an edit has to show within seconds, a release build under everything else.
//
//   node scripts/build.mjs [--dev]
import { alreadyBuilt, build } from './lib/build.mjs';
import { main } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

await main(async () => {
  if (alreadyBuilt()) return;
  const command = process.env.WRANGLER_COMMAND;
  const dev = command === 'dev' || process.argv.includes('--dev');
  // Under `wrangler dev` everything was there a moment ago, and each edit should cost cargo's time only.
  if (command !== 'dev') await prepare();
  if (!dev) await wasmOpt();
  await build({ dev, optimise: !dev, show: true });
});
