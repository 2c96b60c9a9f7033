// Secrets and confirmations: from a pipe, or typed without an echo. Never from the arguments, which every process sees.
import { Misuse } from './command.ts';

const PIPE_MAX = 4_096;

/** A key: the one line that is piped in, or typed at a prompt that shows nothing. */
export async function readSecret(prompt: string): Promise<string> {
  const text = process.stdin.isTTY ? await typed(prompt, false) : await piped();
  const secret = text.trim();
  if (!secret || /\s/.test(secret)) throw new Misuse('exactly one key is read from standard input');
  return secret;
}

/** Asks before something is ended for good. Without anybody to ask, `--yes` has to say so. */
export async function confirmed(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new Misuse('nobody can be asked here: say --yes');
  if ((await typed(`${question} [y/N] `, true)).trim().toLowerCase() !== 'y') throw new Misuse('nothing was done');
}

async function piped(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > PIPE_MAX) throw new Misuse('that is too long for a key');
  }
  return text;
}

function typed(prompt: string, echo: boolean): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(prompt);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (act: () => void) => {
      stdin.setRawMode(false).pause().off('data', take);
      stderr.write('\n');
      act();
    };
    const take = (chunk: string) => {
      for (const letter of chunk) {
        if (letter === '\r' || letter === '\n') return end(() => resolve(text));
        // As the terminal would: interrupted, or the end of the input.
        if (letter === '\u0003' || letter === '\u0004') return end(() => reject(new Misuse('interrupted')));
        if (letter === '\u007f' || letter === '\b') text = text.slice(0, -1);
        else text += letter;
        if (echo) stderr.write(letter);
      }
    };
    stdin.on('data', take);
  });
}
