// What a person sees while the scripts work: one line for each step, with a spinner and the time it took.
// Without a terminal (CI, a pipe) the same lines appear once each, with no control characters.
const tty = Boolean(process.stdout.isTTY) && !process.env.CI;
const colour = tty && !process.env.NO_COLOR;
/** @param {number} code @param {string} text */
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
/** @param {string} text */
export const bold = (text) => paint(1, text);
/** @param {string} text */
export const dim = (text) => paint(2, text);
/** @param {string} text */
export const red = (text) => paint(31, text);
/** @param {string} text */
export const green = (text) => paint(32, text);

/** A failure that the user can act on: shown without a stack. */
export class Failure extends Error {}

/** @param {number} ms */
export const elapsed = (ms) => (ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`);

/**
 * @typedef {object} Progress
 * @property {(text: string) => void} note  what to add to the step's line
 * @property {() => void} release  stop drawing: a tool is about to write to the terminal itself
 */

/**
 * Runs one step. What `work` returns is returned; what it throws is shown as a failed step and thrown on.
 * @template T
 * @param {string} title
 * @param {(progress: Progress) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const started = Date.now();
  let detail = '';
  let drawing = tty;
  let frame = 0;
  const draw = () => {
    if (drawing) process.stdout.write(`\r\x1b[2K${'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'[frame++ % 10]} ${title} ${dim(elapsed(Date.now() - started))}`);
  };
  draw();
  const timer = setInterval(draw, 100);
  /** @param {string} mark */
  const finish = (mark) => {
    clearInterval(timer);
    if (drawing) process.stdout.write('\r\x1b[2K');
    console.log(`${mark} ${title}${detail && ` ${dim(`(${detail})`)}`} ${dim(elapsed(Date.now() - started))}`);
  };
  const progress = {
    /** @param {string} text */
    note: (text) => void (detail = text),
    release: () => {
      if (drawing) process.stdout.write('\r\x1b[2K');
      drawing = false;
      console.log(`… ${title}`);
    },
  };
  try {
    const result = await work(progress);
    finish(green('✓'));
    return result;
  } catch (error) {
    finish(red('✗'));
    throw error;
  }
}

/** The frame of every script: a failure ends it with its message and exit code 1. @param {() => Promise<unknown>} script */
export async function main(script) {
  try {
    await script();
  } catch (error) {
    console.error(error instanceof Failure ? `\n${red('✗')} ${error.message}` : error);
    process.exitCode = 1;
  }
}
