// One build of the worker: cargo, wasm-bindgen and esbuild behind worker-build, with the tools in .tools/.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { at, buildEnv, exe } from './env.mjs';
import { run } from './process.mjs';
import { step } from './steps.mjs';

/**
 * What the wasm may weigh: V8 compiles all of it before an isolate's first answer, and a start may take one second.
 * A dependency that costs a tenth of this should be a decision, not an accident.
 */
export const budget = 2.25 * 1024 * 1024;

/**
 * `wrangler` builds before its first run too. Whoever has just built passes it this environment, and build.mjs then
 * skips that one build. The token makes sure that a mark left over by another run means nothing.
 * @returns {{ LATCHKEY_JUST_BUILT: string }}
 */
export function justBuilt() {
  const token = randomUUID();
  mkdirSync(at('.wrangler'), { recursive: true });
  writeFileSync(mark(), token);
  return { LATCHKEY_JUST_BUILT: token };
}

/** Whether this build is the one to skip; true once. */
export function alreadyBuilt() {
  const token = process.env.LATCHKEY_JUST_BUILT;
  if (!token || !existsSync(mark()) || readFileSync(mark(), 'utf8') !== token) return false;
  rmSync(mark());
  return true;
}

const mark = () => at('.wrangler/just-built');

/**
 * `show` lets cargo write to the terminal itself; without it the output appears only if the build fails.
 * @param {{ dev: boolean, optimise?: boolean, outDir?: string, features?: string, show?: boolean, title?: string }} options
 * @returns {Promise<{ bytes: number, gzip: number }>} the size of the wasm
 */
export function build({ dev, optimise = !dev, outDir = 'build', features, show = false, title }) {
  return step(title ?? `worker, ${dev ? 'dev' : 'release'} build`, async ({ note, release }) => {
    if (show) release();
    mkdirSync(at(outDir), { recursive: true });
    const args = [dev ? '--dev' : '--release', '--out-dir', outDir];
    if (!optimise) args.push('--no-opt');
    if (features) args.push('--', '--features', features);
    await run(at('.tools/bin', `worker-build${exe}`), args, { show: show ? 'always' : 'never', env: buildEnv() });
    const size = wasmSize(outDir);
    note(`${kib(size.bytes)} wasm, ${kib(size.gzip)} gzip`);
    return size;
  });
}

/** @param {string} outDir */
export function wasmSize(outDir) {
  const path = at(outDir, 'index_bg.wasm');
  return { bytes: statSync(path).size, gzip: gzipSync(readFileSync(path)).length };
}

/** @param {number} bytes */
export const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
