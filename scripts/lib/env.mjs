// Where things are, which versions are pinned, and the environment in which the tools run.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** @param {...string} parts */
export const at = (...parts) => join(root, ...parts);
/** Where this machine's secrets and local state are: here, except while `npm start` itself is being tested. */
export const home = process.env.LATCHKEY_HOME ?? root;
/** @param {string} path */
export const shown = (path) => relative(root, path) || '.';
/** @param {string} path */
export const read = (path) => readFileSync(at(path), 'utf8');
/** @param {string | Buffer} data */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** The files below a directory, always in the same order. @param {string} directory @returns {string[]} */
export function filesBelow(directory) {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(directory, entry.name)) : [join(directory, entry.name)]));
}

/** What is in files, and what they are called, in one word: another one as soon as anything has changed. @param {string[]} files */
export const digestOf = (files) => sha256(files.map((file) => `${shown(file)} ${sha256(readFileSync(file))}`).join('\n'));

export const windows = process.platform === 'win32';
export const exe = windows ? '.exe' : '';
export const pinned = {
  /** worker-build is released in step with the `worker` crate. */
  workerBuild: lockedVersion('worker'),
  /** The CLI must equal the library to the patch, or the glue does not fit the wasm. */
  wasmBindgen: lockedVersion('wasm-bindgen'),
  /** wasm-opt; only what is uploaded needs it. */
  binaryen: '132.0.0',
  cargoDeny: '0.20.2',
  cargoMutants: '27.1.0',
  /** The oldest Node that wrangler runs on, and the line we install when the machine's is older. */
  nodeMinimum: '22.12',
  nodeLine: '22',
};

/** @param {string} crate */
function lockedVersion(crate) {
  const found = new RegExp(`name = "${crate}"\\r?\\nversion = "([^"]+)"`).exec(read('Cargo.lock'));
  if (!found?.[1]) throw new Error(`Cargo.lock names no ${crate}`);
  return found[1];
}

/**
 * The Node that wrangler and the e2e specs run on: this one if it is new enough, else the one in .tools.
 * @returns {string | null}
 */
export function node() {
  const recent = process.versions.node.localeCompare(pinned.nodeMinimum, 'en', { numeric: true }) >= 0;
  return recent ? process.execPath : (ownNodeCandidates().find((path) => existsSync(path)) ?? null);
}

export const nodePackage = `node-${windows ? 'win' : process.platform}-${process.arch}`;
export function ownNodeCandidates() {
  return [nodePackage, 'node'].map((name) => at('.tools/node/node_modules', name, 'bin', `node${exe}`));
}

/**
 * npm as it was started, so that the user's own npm goes on being used.
 * @returns {[string, string[]]}
 */
export function npm() {
  const cli = process.env.npm_execpath;
  return cli && /\.c?js$/.test(cli) ? [process.execPath, [cli]] : [windows ? 'npm.cmd' : 'npm', []];
}

export const wrangler = at('node_modules/wrangler/bin/wrangler.js');

export const wasmOptBinary = at('.tools/binaryen/node_modules/.bin', windows ? 'wasm-opt.cmd' : 'wasm-opt');

/** With both named, worker-build never looks for its tools on the network. */
export function buildEnv() {
  return {
    ...process.env,
    WASM_BINDGEN_BIN: at('.tools/bin', `wasm-bindgen${exe}`),
    ESBUILD_BIN: at('node_modules/@esbuild', `${process.platform}-${process.arch}`, windows ? 'esbuild.exe' : 'bin/esbuild'),
  };
}

/** Nothing of ours calls home: no metrics, no fetch of a sample `cf` object. */
export function wranglerEnv() {
  return { ...buildEnv(), WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' };
}
