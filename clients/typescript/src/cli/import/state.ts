// How far an import has come, beside its file: so that a second run of the same goes on. It holds numbers and no key.
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { isFields, parsed } from './parse.ts';

export interface Counts {
  imported: number;
  existing: number;
  skipped: number;
}

export interface State {
  /** What is imported how: another file, or other options, begin anew. */
  of: string;
  /** How many records are done. */
  done: number;
  counts: Counts;
}

/** Which file this is, as it is now. */
export async function identity(path: string, options: readonly string[]): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return JSON.stringify([size, Math.round(mtimeMs), ...options]);
}

/** What an earlier run has left; none if it was about something else. */
export async function readState(path: string, of: string): Promise<State | undefined> {
  const found = parsed(await readFile(path, 'utf8').catch(() => ''));
  return isFields(found) && found.of === of && typeof found.done === 'number' && isFields(found.counts) ? (found as unknown as State) : undefined;
}

/** Whole or not at all. */
export async function writeState(path: string, state: State): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

export async function forgetState(path: string): Promise<void> {
  await rm(path, { force: true });
}
