// Everything that has to be on the machine before a build: checked first, installed into the project when missing.
// Only package registries are contacted. Nothing is installed outside the project, except a missing system package
// where that is plainly allowed (root and apt).
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { at, exe, node, nodePackage, npm, ownNodeCandidates, pinned, read, sha256, wasmOptBinary, windows } from './env.mjs';
import { attempt, run } from './process.mjs';
import { Failure, step } from './steps.mjs';

/**
 * No package runs anything of its own when it is installed. The programs of esbuild and workerd come as packages for each
 * platform; what their scripts would do is to look for them. Said here too, because .npmrc gives way to the environment.
 */
const noScripts = '--ignore-scripts';

/** What every command needs, in the order in which it is needed. */
export async function prepare() {
  await systemPackages();
  await rust();
  await ownNode();
  // Each edit waits for these crates to read and write megabytes of wasm: optimised, it waits half as long.
  await cargoTool('wasm-bindgen', 'wasm-bindgen-cli', pinned.wasmBindgen, ['walrus', 'wasmparser', 'wasm-encoder']);
  await cargoTool('worker-build', 'worker-build', pinned.workerBuild);
  await npmPackages();
  dropToolLeftovers();
}

/** @param {string} command @param {string[]} args */
const works = async (command, args) => (await attempt(command, args)).code === 0;

async function systemPackages() {
  // The compiler links build scripts everywhere; worker-build's TLS library is built from source against OpenSSL.
  const linux = process.platform === 'linux';
  const needsOpenSsl = linux && !existsSync(at('.tools/bin', `worker-build${exe}`));
  await step('C compiler and libraries', async ({ note, release }) => {
    const missing = async () => [
      ...(windows || (await works('cc', ['--version'])) ? [] : ['cc']),
      ...(needsOpenSsl && !(await works('pkg-config', ['--version'])) ? ['pkg-config'] : []),
      ...(needsOpenSsl && !(await works('pkg-config', ['--exists', 'openssl'])) ? ['OpenSSL headers'] : []),
    ];
    const before = await missing();
    if (before.length === 0) return;
    if (!linux) throw new Failure(`Missing: ${before.join(', ')}. Run: xcode-select --install`);
    const packages = ['build-essential', 'pkg-config', 'libssl-dev'];
    const apt = await works('apt-get', ['--version']);
    if (!apt || process.getuid?.() !== 0) {
      throw new Failure(`Missing: ${before.join(', ')}. Run: ${apt ? `sudo apt-get install -y ${packages.join(' ')}` : 'sudo dnf install gcc pkgconf-pkg-config openssl-devel (or your system’s equivalent)'}`);
    }
    release();
    await run('apt-get', ['update', '-q'], { show: 'always' });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { show: 'always', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    const after = await missing();
    if (after.length > 0) throw new Failure(`Still missing after the installation: ${after.join(', ')}`);
    note('installed with apt-get');
  });
}

async function rust() {
  await step('Rust with the wasm32 target', async ({ note, release }) => {
    const target = 'wasm32-unknown-unknown';
    if (!(await works('cargo', ['--version']))) {
      const install = 'curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal';
      // Cloudflare's own build machines have no Rust; everywhere else it is the user's to install.
      if (!process.env.WORKERS_CI) throw new Failure(`Rust is missing. Install it (https://rustup.rs), open a new terminal and repeat:\n  ${install}`);
      release();
      await run('sh', ['-c', install], { show: 'always' });
      process.env.PATH = `${process.env.HOME}/.cargo/bin:${process.env.PATH}`;
    }
    const library = async () => (await attempt('rustc', ['--print', 'target-libdir', '--target', target])).output.trim().split('\n').pop() ?? '';
    if (!existsSync(await library())) {
      release();
      if (!(await works('rustup', ['target', 'add', target]))) throw new Failure(`Your Rust has no ${target} library. With rustup: rustup target add ${target}; else install your system’s package for it.`);
    }
    note((await attempt('rustc', ['--version'])).output.trim().split('\n').pop() ?? '');
  });
}

async function ownNode() {
  await step(`Node.js ${pinned.nodeMinimum} or newer`, async ({ note }) => {
    if (!node()) {
      // The platform's own package is a plain file; `node`, the fallback, is a second copy but knows every platform.
      const install = (/** @type {string} */ name) => installInto('.tools/node', `${name}@${pinned.nodeLine}`);
      if ((await install(nodePackage)).code !== 0 || !node()) {
        const { output } = await attempt(npm()[0], [...npm()[1], 'install', '--prefix', at('.tools/node'), '--no-save', '--ignore-scripts=false', `node@${pinned.nodeLine}`]);
        if (!node()) throw new Failure(`No Node.js for ${nodePackage} could be installed; please install Node.js ${pinned.nodeLine}.\n${output}\n${ownNodeCandidates().join('\n')}`);
      }
    }
    note(node() === process.execPath ? process.version : `own copy in .tools; this one is ${process.version}`);
  });
}

/** @param {string} directory @param {string} spec */
function installInto(directory, spec) {
  const [command, args] = npm();
  return attempt(command, [...args, 'install', noScripts, '--prefix', at(directory), '--no-save', '--no-package-lock', spec]);
}

/**
 * A program of the Rust community, built once into .tools. Unoptimised but for its `hot` crates: these tools run for a second
 * or two at a time, and building them that way takes a third of the time.
 * `asked`: what makes it tell its version.
 * @param {string} program @param {string} crate @param {string} version @param {string[]} [hot] @param {string[]} [asked]
 */
export async function cargoTool(program, crate, version, hot = [], asked = ['--version']) {
  await step(`${program} ${version}`, async ({ release }) => {
    const path = at('.tools/bin', program + exe);
    if ((await attempt(path, asked)).output.split(/\s+/).includes(version)) return;
    release();
    await run('cargo', ['install', crate, '--version', version, '--bin', program, '--locked', '--force', '--root', at('.tools'), ...hot.flatMap((name) => ['--config', `profile.release.package.${name}.opt-level=1`])], {
      show: 'always',
      // One target directory for all of them shares what they have in common, and survives an interrupted build.
      env: { ...process.env, CARGO_TARGET_DIR: at('.tools/target'), CARGO_PROFILE_RELEASE_OPT_LEVEL: '0', CARGO_PROFILE_RELEASE_LTO: 'off', CARGO_PROFILE_RELEASE_DEBUG: '0' },
    });
  });
}

async function npmPackages() {
  await step('npm packages', async ({ note }) => {
    const stamp = at('node_modules/.latchkey');
    const wanted = sha256(read('package-lock.json'));
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
    const [command, args] = npm();
    await run(command, [...args, 'ci', noScripts, '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(stamp, wanted);
    note('npm ci');
  });
}

/** wasm-opt, only for what is uploaded: 100 MB that nobody needs who just wants to try Latchkey. */
export async function wasmOpt() {
  await step(`wasm-opt ${pinned.binaryen}`, async () => {
    if ((await attempt(wasmOptBinary, ['--version'])).code === 0) return;
    const { code, output } = await installInto('.tools/binaryen', `binaryen@${pinned.binaryen}`);
    if (code !== 0) throw new Failure(output);
  });
}

/** The compilation leftovers of the tools, hundreds of megabytes, once all of them are there. */
export function dropToolLeftovers() {
  rmSync(at('.tools/target'), { recursive: true, force: true });
}
