// `npm run scale`: simulates how the service behaves at scale and writes what comes out into docs/PERFORMANCE.md and
// docs/performance/scale.svg. The same seed, so the same numbers, each time. About a minute, once it is built.
import { at } from './lib/env.mjs';
import { run } from './lib/process.mjs';
import { main, step } from './lib/steps.mjs';

const example = ['--release', '--example', 'scale_model'];

await main(async () => {
  await step('compiling the model', () => run('cargo', ['build', '--locked', ...example]));
  await step('simulating', () => run('cargo', ['run', '--locked', '--quiet', ...example, '--', at('docs/PERFORMANCE.md'), at('docs/performance/scale.svg')]));
  console.log('written to docs/PERFORMANCE.md and docs/performance/scale.svg');
});
