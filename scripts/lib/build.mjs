// One build of the worker: cargo, wasm-bindgen and esbuild behind worker-build, with the tools in .tools/.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { at, buildEnv, exe } from './env.mjs';
import { run } from './process.mjs';
import { step } from './steps.mjs';

/** `wrangler` builds before its first run too. Whoever has just built leaves this mark, and build.mjs takes it away. */
export const justBuilt = () => at('build/.just-built');
export const markJustBuilt = () => writeFileSync(justBuilt(), '');

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
