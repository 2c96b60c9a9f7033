// `npm run check`: everything that can be judged without running the service.
import { buildClient, checkClientTypes } from './lib/api-types.mjs';
import { markupSinks, roles } from './lib/dashboard.mjs';
import { at, exe, node, pinned } from './lib/env.mjs';
import { run } from './lib/process.mjs';
import { rustClient } from './lib/rust-client.mjs';
import { Failure, main, red, step } from './lib/steps.mjs';
import { advisories } from './lib/supply.mjs';
import { cargoTool, dropToolLeftovers, prepare } from './lib/tools.mjs';

const deny = ['-D', 'warnings'];

await main(async () => {
  await prepare();
  await cargoTool('cargo-deny', 'cargo-deny', pinned.cargoDeny);
  dropToolLeftovers();
  /** @type {Error[]} */
  const failures = [];
  // One failed check does not hide the next.
  const check = (/** @type {string} */ title, /** @type {string} */ command, /** @type {string[]} */ args, env = {}, cwd = at()) =>
    step(title, () => run(command, args, { cwd, env: { ...process.env, ...env } })).catch((error) => void failures.push(error));
  const ofClient = (/** @type {string} */ title, /** @type {string} */ command, /** @type {string[]} */ args, env = {}) =>
    check(`${title}, client in Rust`, command, args, { ...rustClient.env, ...env }, rustClient.cwd);

  await check('lock file is current', 'cargo', ['metadata', '--locked', '--format-version=1', '--no-deps']);
  await check('format', 'cargo', ['fmt', '--check']);
  await check('clippy, native and tests', 'cargo', ['clippy', '--all-targets', '--', ...deny]);
  await check('clippy, wasm32', 'cargo', ['clippy', '--target', 'wasm32-unknown-unknown', '--all-features', '--', ...deny]);
  await check('documentation', 'cargo', ['doc', '--no-deps', '--document-private-items'], { RUSTDOCFLAGS: deny.join(' ') });
  await ofClient('lock file is current', 'cargo', ['metadata', '--locked', '--format-version=1', '--no-deps']);
  await ofClient('format', 'cargo', ['fmt', '--all', '--check']);
  await ofClient('clippy', 'cargo', ['clippy', '--locked', '--workspace', '--all-targets', '--', ...deny]);
  await ofClient('clippy without features', 'cargo', ['clippy', '--locked', '--no-default-features', '--', ...deny]);
  await ofClient('documentation', 'cargo', ['doc', '--locked', '--no-deps', '--all-features', '--package', 'latchkey-client'], { RUSTDOCFLAGS: deny.join(' ') });
  await check('types of scripts and specs', /** @type {string} */ (node()), [at('node_modules/typescript/bin/tsc'), '--noEmit']);
  // The types come from the description of the API, so a changed route that is still called the old way fails here.
  await checkClientTypes().catch((error) => void failures.push(error));
  await buildClient().catch((error) => void failures.push(error));
  await check('types of the client specs and examples', /** @type {string} */ (node()), [at('node_modules/typescript/bin/tsc'), '-p', at('tests/client')]);
  roles();
  await check('types of the dashboard', /** @type {string} */ (node()), [at('node_modules/typescript/bin/tsc'), '-p', at('dashboard')]);
  await check('types of the browser specs', /** @type {string} */ (node()), [at('node_modules/typescript/bin/tsc'), '-p', at('tests/browser')]);
  await step('the dashboard writes text, never markup', () => {
    const found = markupSinks();
    if (found.length > 0) throw new Failure(`Text becomes markup in: ${found.join(', ')}`);
  }).catch((error) => void failures.push(error));
  await check('licences and sources of dependencies', at('.tools/bin', `cargo-deny${exe}`), ['--locked', 'check', 'bans', 'licenses', 'sources']);
  await ofClient('licences and sources of dependencies', at('.tools/bin', `cargo-deny${exe}`), ['--locked', 'check', 'bans', 'licenses', 'sources']);
  let leftOut = '';
  await step('advisories', async ({ note }) => {
    const { done, said } = await advisories();
    note(said);
    if (!done) leftOut = said;
  }).catch((error) => void failures.push(error));
  for (const failure of failures) console.error(`\n${failure.message}`);
  // A check that could not be made has not passed either, so it is said once more where it is seen.
  if (leftOut) console.log(red(`\n! Advisories: ${leftOut}.`));
  if (failures.length > 0) process.exitCode = 1;
});
