// One build of the worker: cargo, wasm-bindgen and esbuild behind worker-build, with the tools in .tools/.
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { at, buildEnv, digestOf, exe, filesBelow, sha256, wasmOptBinary } from './env.mjs';
import { buildDashboard } from './dashboard.mjs';
import { output, run } from './process.mjs';
import { step } from './steps.mjs';

/**
 * What the wasm may weigh, gzipped: V8 compiles all of it before an isolate's first answer. It weighs 1,300 kB (4.4 MB
 * unpacked; 35 ms of CPU until the first answer when it was 800 kB). Of the unpacked, a quarter reads and writes JSON, which
 * is how objects and the edge talk to each other, a sixth is routes, and a tenth is the tables and algorithms of Unicode.
 * Alerts, webhooks, outcomes, domains, reports of leaks and the copy of the log took it from 930 kB to 1,199: 57 operations
 * beside 86, each with its body and answers, and what objects say about them; checking a signature on P-256 is 48 kB of the
 * unpacked. Room for revocations in full databases, restoring KV and figures for operators took it to 1,226; the gateway and
 * imports to where it is. A dependency that costs a tenth of this should be a decision, not an accident.
 */
export const budget = 1_325_000;

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
 * `optimise` runs wasm-opt over the result (see `wasmOpt` in tools.mjs): for what is uploaded.
 * `show` lets cargo write to the terminal itself; without it the output appears only if the build fails.
 * @param {{ dev: boolean, optimise?: boolean, outDir?: string, features?: string, show?: boolean, title?: string }} options
 * @returns {Promise<number>} the size of the gzipped wasm in bytes
 */
export async function build({ dev, optimise = false, outDir = 'build', features, show = false, title }) {
  await buildDashboard();
  return step(title ?? `worker, ${dev ? 'dev' : 'release'} build`, async ({ note, release }) => {
    copyFileSync(at('docs/openapi.json'), at('public/openapi.json'));
    const stamp = new Stamp(outDir, `${await output('rustc', ['--version'])} ${JSON.stringify({ dev, optimise, features })}`);
    if (stamp.holds()) return gzipped(readFileSync(at(outDir, 'index_bg.wasm')));
    if (show) release();
    mkdirSync(at(outDir), { recursive: true });
    const args = [dev ? '--dev' : '--release', '--no-opt', '--out-dir', outDir];
    if (features) args.push('--', '--features', features);
    const env = dev ? buildEnv() : { ...buildEnv(), ...(await withoutPlaces()) };
    await run(at('.tools/bin', `worker-build${exe}`), args, { show: show ? 'always' : 'never', env });
    // The shell around it, which is what is run.
    copyFileSync(at('src/cloudflare/entry.js'), at(outDir, 'entry.js'));
    if (optimise) await optimised(at(outDir, 'index_bg.wasm'));
    const wasm = readFileSync(at(outDir, 'index_bg.wasm'));
    const weight = gzipped(wasm);
    note(`wasm: ${kb(wasm.length)}, ${kb(weight)} gzipped`);
    stamp.set();
    return weight;
  });
}

/**
 * What is there has been made of what is here: cargo sees that by itself, but wasm-bindgen takes 4 to 15 s to make the same again.
 * What was made is part of it, so that nothing else is taken for it.
 */
class Stamp {
  /** @param {string} outDir @param {string} how */
  constructor(outDir, how) {
    this.path = at(outDir, '.stamp');
    this.made = ['entry.js', 'index.js', 'index_bg.wasm'].map((file) => at(outDir, file));
    const sources = [...filesBelow(at('src')), ...['Cargo.toml', 'Cargo.lock', '.cargo/config.toml', 'rust-toolchain.toml', 'scripts/lib/build.mjs', 'scripts/lib/env.mjs'].map((file) => at(file))];
    this.inputs = `${how} ${process.env.RUSTFLAGS} ${process.env.CARGO_ENCODED_RUSTFLAGS} ${digestOf(sources)}`;
  }

  text() {
    return `${sha256(`${this.inputs} ${digestOf(this.made)}`)}\n`;
  }

  holds() {
    return [this.path, ...this.made].every(existsSync) && readFileSync(this.path, 'utf8') === this.text();
  }

  set() {
    writeFileSync(this.path, this.text());
  }
}

/**
 * The message of a panic names a file, and that of a crate lies somewhere on the machine that builds. What is deployed has
 * neither the name of a home directory nor another digest on another machine (`npm run reproduce`).
 */
async function withoutPlaces() {
  const metadata = await output('cargo', ['metadata', '--locked', '--quiet', '--format-version=1', '--filter-platform=wasm32-unknown-unknown']);
  /** @type {{ packages: { source: string | null, manifest_path: string }[] }} */
  const { packages } = JSON.parse(metadata);
  const places = new Set(packages.filter(({ source }) => source).map(({ manifest_path: manifest }) => dirname(dirname(manifest))));
  const { CARGO_ENCODED_RUSTFLAGS: encoded, RUSTFLAGS: plain = '' } = process.env;
  const given = (encoded?.split(SEPARATOR) ?? plain.split(/\s+/)).filter((flag) => flag !== '');
  return { CARGO_ENCODED_RUSTFLAGS: [...given, ...[...places].map((place) => `--remap-path-prefix=${place}=/crates`)].join(SEPARATOR) };
}

/** Between the flags, so that a path may have spaces. */
const SEPARATOR = '\x1f';

/** What rustc and wasm-bindgen use, as worker-build lists it: wasm-opt must not introduce anything newer. */
const wasmFeatures = ['mutable-globals', 'sign-ext', 'nontrapping-float-to-int', 'bulk-memory', 'multivalue', 'reference-types', 'exception-handling'];

/**
 * Functions are sorted by name, so that those that look alike stand together and gzip sees it: a fourteenth of the whole.
 * Then the names go, a seventh. What a panic logs has its file and line without them; whoever needs more repeats it on a
 * build that has them, which is any other than what is uploaded. Nothing is optimised here: after LLVM, `-Os` takes a
 * twelfth off what is compiled and adds a twentieth to what is transferred.
 */
const wasmOptArgs = ['--reorder-functions-by-name', '--strip-debug', '--strip-producers', ...wasmFeatures.map((feature) => `--enable-${feature}`)];

/**
 * wasm-opt takes half a minute (it is itself compiled to JavaScript), so we run it instead of worker-build and keep the
 * last result: an unchanged worker is deployed again at once.
 * @param {string} path
 */
async function optimised(path) {
  const kept = at('.wrangler/wasm-opt', `${sha256(`${sha256(readFileSync(path))} ${wasmOptArgs}`)}.wasm`);
  if (!existsSync(kept)) {
    rmSync(dirname(kept), { recursive: true, force: true });
    mkdirSync(dirname(kept), { recursive: true });
    await run(wasmOptBinary, [...wasmOptArgs, path, '-o', `${kept}.part`]);
    renameSync(`${kept}.part`, kept);
  }
  copyFileSync(kept, path);
}

/** @param {Uint8Array} wasm */
export const gzipped = (wasm) => gzipSync(wasm, { level: 9 }).length;

/** @param {number} bytes */
export const kb = (bytes) => `${Math.round(bytes / 1000)} kB`;
