// What the comparison needs beside the worker: the floor and the native steps, built by the tools that are there anyway,
// and the peers, installed into .tools/peers on first use. A peer that cannot be had is left out, and that is said.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at, buildEnv, exe, node, npm, sha256 } from '../../scripts/lib/env.mjs';
import { attempt, run } from '../../scripts/lib/process.mjs';
import { step } from '../../scripts/lib/steps.mjs';

/** What installs together: newer versions of the plugin ask for one of its packages that was never published. */
const PEERS = ['better-auth@1.7.1', '@better-auth/api-key@1.7.1', 'better-sqlite3@12.11.1', 'hono@4.13.19'];
export const peersDirectory = at('.tools/peers');

const targetDirectory = () => ({ CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? at('target') });

export function buildFloor() {
  return step('floor, release build', () => run(at('.tools/bin', `worker-build${exe}`), ['--release', '--no-opt', '--out-dir', at('.e2e/floor')], {
    cwd: at('benches/floor'), env: { ...buildEnv(), ...targetDirectory() },
  }));
}

export const nativeBinary = join(process.env.CARGO_TARGET_DIR ?? at('target'), 'release', `latchkey-native${exe}`);

export function buildNative() {
  return step('native steps, release build', () => run('cargo', ['build', '--release', '--locked'], { cwd: at('benches/native'), env: { ...process.env, ...targetDirectory() } }));
}

/** Whether the peers from npm are there afterwards. */
export async function installPeers() {
  const wanted = sha256(PEERS.join());
  const stamp = join(peersDirectory, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  await step('peers', async ({ note }) => {
    mkdirSync(peersDirectory, { recursive: true });
    writeFileSync(join(peersDirectory, 'package.json'), '{ "private": true }\n');
    const runtime = /** @type {string} */ (node());
    const headers = dirname(dirname(runtime));
    const [command, args] = npm();
    const { code, output } = await attempt(command, [...args, 'install', '--ignore-scripts=false', '--legacy-peer-deps', '--no-package-lock', ...PEERS], {
      cwd: peersDirectory,
      // Its SQLite is compiled, for the Node that will run it: with the headers that came with that one, if they did.
      env: { ...process.env, PATH: `${dirname(runtime)}:${process.env.PATH}`, ...(existsSync(join(headers, 'include/node')) ? { npm_config_nodedir: headers } : {}) },
    });
    if (code === 0) writeFileSync(stamp, wanted);
    else note(`could not be installed, left out: ${output.trim().split('\n').slice(-3).join(' ')}`);
  });
}

/** @returns {boolean} */
export const peersInstalled = () => existsSync(join(peersDirectory, 'installed'));
