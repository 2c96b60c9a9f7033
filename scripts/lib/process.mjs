// Child processes: run one to its end, or keep one on a leash so that it never outlives us.
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root, windows } from './env.mjs';
import { Failure } from './steps.mjs';

/**
 * @typedef {object} Outcome
 * @property {number} code
 * @property {string} output  standard output and standard error, as they came
 */

/**
 * Runs a command to its end and never throws for its exit code.
 * `show`: 'never' (default), 'always', or a function that is given each chunk.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: 'never' | 'always' | ((chunk: string) => void), cwd?: string, stdin?: 'ignore' | 'inherit' }} [options]
 * @returns {Promise<Outcome>}
 */
export function attempt(command, args, { env = process.env, show = 'never', cwd = root, stdin = 'ignore' } = {}) {
  return new Promise((resolve) => {
    const inherit = show === 'always';
    const child = spawn(command, args, {
      cwd, env,
      stdio: [stdin, inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'],
      // Node refuses to run .cmd files without a shell.
      shell: windows && /\.cmd$/.test(command),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
        if (typeof show === 'function') show(chunk);
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), output }));
  });
}

/**
 * Runs a command that has to succeed; its output is shown when it does not.
 * @param {string} command
 * @param {string[]} args
 * @param {Parameters<typeof attempt>[2]} [options]
 */
export async function run(command, args, options) {
  const outcome = await attempt(command, args, options);
  if (outcome.code !== 0) {
    const said = (options?.show ?? 'never') !== 'never' ? '' : `\n${outcome.output.trimEnd()}`;
    throw new Failure(`${[command, ...args].join(' ')}: exit code ${outcome.code}${said}`);
  }
  return outcome.output;
}

/**
 * The standard output of a command that has to succeed, without what it complains about meanwhile.
 * @param {string} command @param {string[]} args
 */
export function output(command, args) {
  return new Promise((/** @type {(text: string) => void} */ resolve, reject) => {
    execFile(command, args, { cwd: root, maxBuffer: 1 << 28 }, (error, stdout) => (error ? reject(new Failure(String(error))) : resolve(stdout)));
  });
}

/**
 * Starts a long-lived command with all its descendants on a leash: they end when we call `stop`, and also when we are
 * killed without a chance to do so (see leash.mjs).
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export function leashed(command, args, env) {
  const leash = fileURLToPath(new URL('./leash.mjs', import.meta.url));
  const child = spawn(process.execPath, [leash, command, ...args], { cwd: root, env, stdio: ['pipe', 'inherit', 'inherit'], detached: !windows });
  const ended = new Promise((/** @type {(code: number) => void} */ resolve) => child.on('close', (code) => resolve(code ?? 1)));
  return { ended, stop: () => void child.stdin.end() };
}
