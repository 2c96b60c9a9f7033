// Builds the worker into build/. `wrangler` calls this as its [build] command: a dev build under `wrangler dev`, where
// an edit has to show within seconds, a release build under everything else.
//
//   node scripts/build.mjs [--dev]
import { existsSync, rmSync } from 'node:fs';
import { build, justBuilt } from './lib/build.mjs';
import { main } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

await main(async () => {
  const command = process.env.WRANGLER_COMMAND;
  if (command && existsSync(justBuilt())) return rmSync(justBuilt());
  const dev = command === 'dev' || process.argv.includes('--dev');
  // Under `wrangler dev` everything was there a moment ago, and each edit should cost cargo's time only.
  if (command !== 'dev') await prepare();
  if (!dev) await wasmOpt();
  await build({ dev, show: true });
});
