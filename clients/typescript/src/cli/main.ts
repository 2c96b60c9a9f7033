// Reads the arguments, runs the command, and says how it went by the exit code.
import { parseArgs } from 'node:util';
import { createLatchkey } from '../client.ts';
import { LatchkeyError } from '../errors.ts';
import { COMMANDS, exitCode } from './commands.ts';
import { type Command, EXIT, type Given, Misuse, type Option } from './command.ts';
import { SHELLS, completion } from './completion.ts';
import { plain } from './print.ts';
import { readSecret } from './secret.ts';

const COMMON: Record<string, Option> = {
  json: { help: 'the answer as JSON' },
  url: { value: 'URL', help: 'where the service is; LATCHKEY_URL unless given' },
  help: { help: 'what a command does' },
};

export async function main(args: string[]): Promise<number> {
  const out = (text: string) => void process.stdout.write(`${text.replace(/\n$/, '')}\n`);
  const note = (text: string) => void process.stderr.write(`${text}\n`);
  try {
    const [first = 'help', second = ''] = args;
    if (first === '--version') return out(await version()), EXIT.done;
    if (first === 'completion') return out(shellCompletion(args.slice(1))), EXIT.done;
    const command = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
    if (['help', '--help', '-h'].includes(first)) return out(help(args.slice(1).join(' '))), EXIT.done;
    if (!command) {
      const group = COMMANDS.some(({ name }) => name.startsWith(`${first} `));
      if (group && ['', '--help', '-h'].includes(second)) return out(help(first)), second === '' ? EXIT.misuse : EXIT.done;
      // Not repeated: somebody may have pasted a key.
      throw new Misuse('there is no such command: latchkey help shows them all');
    }
    const rest = args.slice(command.name.split(' ').length);
    if (rest.includes('--help') || rest.includes('-h')) return out(help(command.name)), EXIT.done;
    return (await command.run(given(command, rest, out, note))) ?? EXIT.done;
  } catch (error) {
    note(`latchkey: ${told(error)}`);
    return exitCode(error);
  }
}

function given(command: Command, args: string[], out: Given['out'], note: Given['note']): Given {
  const options = { ...command.options, ...COMMON };
  const { values, positionals: ids } = read(args, options);
  const [least, most] = command.takes === undefined ? [0, 0] : command.takes.startsWith('[') ? [0, 1] : [1, 1];
  if (ids.some((id) => /[0-9A-Za-z]{48}$/.test(id))) throw new Misuse('a key is no argument: other processes see those. Pipe it in');
  if (ids.length < least || ids.length > most) throw new Misuse(`usage: ${usage(command)}`);
  const all = (name: string) => [values[name] ?? []].flat().map(String);
  for (const [name, { choices }] of Object.entries(options)) {
    if (choices && all(name).some((value) => !choices.includes(value))) throw new Misuse(`--${name} is one of ${choices.join(', ')}`);
  }
  return {
    ids, out, note, json: values.json === true,
    one: (name) => all(name)[0],
    many: (name) => (values[name] === undefined ? undefined : all(name)),
    is: (name) => values[name] === true,
    client: async () => {
      const baseUrl = all('url')[0] ?? process.env.LATCHKEY_URL;
      if (!baseUrl) throw new Misuse('where is the service? Set LATCHKEY_URL, or give --url');
      // The prompt is for people: what is piped in belongs to the command.
      const key = process.env.LATCHKEY_KEY || (process.stdin.isTTY ? await readSecret('LATCHKEY_KEY: ') : undefined);
      if (!key) throw new Misuse('which key acts? Set LATCHKEY_KEY');
      return createLatchkey({ baseUrl, key, keptDecisions: 0, userAgent: `latchkey-cli/${await version()}` });
    },
  };
}

function read(args: string[], options: Record<string, Option>): { values: Record<string, string | boolean | (string | boolean)[] | undefined>; positionals: string[] } {
  const entries = Object.entries(options).map(([name, { value, many = false }]) => [name, { type: value ? ('string' as const) : ('boolean' as const), multiple: many }]);
  try {
    return parseArgs({ args, options: Object.fromEntries(entries), allowPositionals: true });
  } catch (error) {
    // Its second sentence is about files; what was given is not in the first.
    throw new Misuse(String((error as Error).message).split('. ')[0]);
  }
}

function usage({ name, takes, options = {} }: Command): string {
  return ['latchkey', name, takes, Object.keys(options).length > 0 ? '[OPTIONS]' : ''].filter(Boolean).join(' ');
}

function help(about: string): string {
  const chosen = COMMANDS.filter(({ name }) => about === '' || name === about || name.startsWith(`${about} `));
  if (chosen.length === 0) throw new Misuse('there is no such command: latchkey help shows them all');
  const list = (rows: [string, string][]) => rows.map(([left, right]) => `  ${left.padEnd(Math.max(...rows.map(([one]) => one.length)))}  ${right}`).join('\n');
  const described = (options: Record<string, Option>) => list(Object.entries(options).map(([name, { value, help: text, choices }]) => [`--${name}${value ? ` ${value}` : ''}`, choices ? `${text}: ${choices.join(', ')}` : text]));
  const [only] = chosen;
  if (chosen.length === 1 && only?.name === about) {
    return [`${usage(only)}`, '', `  ${only.help}`, ...(only.more ? [`  ${only.more}`] : []), '', described({ ...only.options, ...COMMON })].join('\n');
  }
  const commands: [string, string][] = chosen.map(({ name, takes = '', help: text }) => [`${name} ${takes}`.trim(), text]);
  if (about !== '') return list(commands);
  return `latchkey COMMAND [OPTIONS]

${list([...commands, ['completion SHELL', `completions for ${SHELLS.join(', ')}`], ['help COMMAND', 'what a command does, and its options']])}

Every command takes
${described(COMMON)}

LATCHKEY_URL is where the service is, LATCHKEY_KEY the key that acts. Keys are never arguments, which other processes
see: they come from the environment, from standard input or from a prompt.

Exit codes
${list([[String(EXIT.done), 'done'], [String(EXIT.failed), 'the service has refused'], [String(EXIT.misuse), 'the command cannot be understood, or was not confirmed'], [String(EXIT.refused), 'keys verify: the key is not good; import: keys were skipped'], [String(EXIT.unavailable), 'the service cannot be reached, or is in trouble: nothing is known']])}`;
}

function shellCompletion([shell]: string[]): string {
  const known = SHELLS.find((one) => one === shell);
  if (!known) throw new Misuse(`usage: latchkey completion ${SHELLS.join('|')}`);
  return completion(known, COMMANDS);
}

function told(error: unknown): string {
  if (!(error instanceof LatchkeyError)) return error instanceof Error ? plain(error.message) : 'something went wrong';
  const violations = error.violations.map(({ pointer, parameter, message }) => `\n  ${plain(pointer?.slice(1) ?? parameter)} ${plain(message)}`).join('');
  return `${plain(error.message)} (${plain(error.code)}${error.requestId ? `, ${plain(error.requestId)}` : ''})${violations}`;
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
