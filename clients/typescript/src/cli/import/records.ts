// Reads a file of another system record by record. Only one JSON document is held at once.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Misuse } from '../command.ts';
import { DOCUMENT_MAX, type Format, type Found, rows, within } from './parse.ts';

export function formatOf(path: string): Format {
  const [, ending] = /\.(jsonl|ndjson|csv|json)$/i.exec(path) ?? [];
  if (!ending) throw new Misuse('what is in the file? Its name ends in .jsonl, .csv or .json, or --format says');
  return ending.toLowerCase() === 'ndjson' ? 'jsonl' : (ending.toLowerCase() as Format);
}

/** The records of a file. `lists` finds them in a JSON document that is more than an array of them. */
export async function* records(path: string, format: Format, lists: (document: unknown) => unknown[] | undefined): AsyncGenerator<Found, void, undefined> {
  const { size } = await stat(path).catch(() => Promise.reject(new Misuse('the file cannot be read')));
  if (format !== 'json') return yield* rows(createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>, size, format);
  if (size > DOCUMENT_MAX) throw new Misuse('that is too large for one JSON document: convert it to JSON lines');
  yield* within(await readFile(path, 'utf8'), lists);
}
