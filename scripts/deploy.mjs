// `npm run deploy`: release build, then `wrangler deploy`, which creates the KV namespace the first time.
// Secrets that the deployment lacks are made on request. Everything after `--` goes to wrangler: -- --dry-run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { at, node, wrangler, wranglerEnv } from './lib/env.mjs';
import { budget, build, justBuilt, kb } from './lib/build.mjs';
import { attempt, run } from './lib/process.mjs';
import { offeredSecrets, undeployable } from './lib/secrets.mjs';
import { Failure, main } from './lib/steps.mjs';
import { prepare, wasmOpt } from './lib/tools.mjs';

/** Not build/: a running `npm start` serves what is in there. */
const outDir = '.wrangler/deploy';
const passed = process.argv.slice(2);
const dryRun = passed.includes('--dry-run');

await main(async () => {
  const reason = undeployable(passed, readFileSync(at('wrangler.toml'), 'utf8'));
  if (reason) throw new Failure(reason);
  await prepare();
  await wasmOpt();
  const bytes = await build({ dev: false, optimise: true, outDir, show: Boolean(process.stdout.isTTY) });
  console.log(`wasm: ${kb(bytes)} gzipped (budget ${kb(budget)})`);
  if (bytes > budget) throw new Failure('The wasm is over its budget: see what grew with `cargo bloat` or `twiggy`.');

  const secrets = dryRun ? {} : await missingSecrets();
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-'));
  try {
    const file = join(directory, 'secrets.json');
    const names = Object.keys(secrets);
    if (names.length > 0) writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    await wranglerCommand(['deploy', `${outDir}/entry.js`, ...passed, ...(names.length > 0 ? ['--secrets-file', file] : [])]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** @param {string[]} args */
async function wranglerCommand(args) {
  await run(/** @type {string} */ (node()), [wrangler, ...args], { show: 'always', stdin: 'inherit', env: { ...wranglerEnv(), ...justBuilt() } });
}

/** @returns {Promise<Record<string, string>>} what is to be uploaded with this deployment */
async function missingSecrets() {
  const listed = await attempt(/** @type {string} */ (node()), [wrangler, 'secret', 'list', '--format', 'json'], { env: wranglerEnv() });
  // A worker that was never deployed has no list. Any other failure (not signed in, no network) must not be taken for
  // that: a new ROOT_SECRETS over a live one would end every key.
  const isNew = /\b10007\b|does not exist/i.test(listed.output);
  if (listed.code !== 0 && !isNew) {
    throw new Failure(`Which secrets the deployment has could not be read, so nothing was deployed. wrangler says:\n${listed.output.trim()}`);
  }
  const has = (/** @type {string} */ name) => listed.code === 0 && listed.output.includes(`"${name}"`);
  if (has('ALLOW_LOOPBACK_WEBHOOKS')) throw new Failure('The deployment has ALLOW_LOOPBACK_WEBHOOKS, which is for your own machine: npx wrangler secret delete ALLOW_LOOPBACK_WEBHOOKS');
  if (!process.stdin.isTTY) {
    if (!has('ROOT_SECRETS')) console.log('ROOT_SECRETS may not be set yet: until it is, the service answers 503. Set it with: npx wrangler secret put ROOT_SECRETS');
    return {};
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const yes = async (/** @type {string} */ question) => /^(y|yes|)$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
  const secrets = await offeredSecrets(has, yes, console.log);
  terminal.close();
  return secrets;
}
