// What stands in a file of another system, record by record: JSON lines, CSV, or one JSON document. It knows no platform, so
// that the dashboard reads such files in the browser just as the command line does.
import { Misuse } from '../command.ts';

export type Format = 'jsonl' | 'csv' | 'json';
export type Fields = Record<string, unknown>;

export interface Found {
  /** What stands there; undefined if it cannot be read. */
  fields: Fields | undefined;
  /** How much of the file has been read, from 0 to 1. */
  share: number;
}

/** A line longer than that is none of a key. */
const LINE_MAX = 1_000_000;
export const DOCUMENT_MAX = 512 * 1024 * 1024;

/** The records of a JSON document. `lists` finds them in one that is more than an array of them. */
export function* within(document: string, lists: (document: unknown) => unknown[] | undefined): Generator<Found, void, undefined> {
  const all = lists(parsed(document));
  if (!all) throw new Misuse('there is no list of keys in this document');
  for (const [at, one] of all.entries()) yield { fields: isFields(one) ? one : undefined, share: (at + 1) / all.length };
}

/** The records of lines that come piece by piece, out of a file of so many bytes. */
export async function* rows(chunks: AsyncIterable<string>, size: number, format: 'jsonl' | 'csv'): AsyncGenerator<Found, void, undefined> {
  let head: string[] | undefined;
  for await (const { text, end } of lines(chunks, format === 'csv')) {
    if (text.trim() === '') continue;
    const share = size === 0 ? 1 : Math.min(1, end / size);
    if (format === 'jsonl') {
      const one = parsed(text);
      yield { fields: isFields(one) ? one : undefined, share };
    } else if (head) {
      const cells = split(text);
      const names = head;
      const pairs = cells?.map((cell, column): [string, unknown] => [names[column] ?? '', cell]);
      const isWhole = pairs !== undefined && pairs.length === names.length;
      // An empty cell is none: a dump has no other way to say so. `\N` is how databases write it.
      yield { fields: isWhole ? Object.fromEntries(pairs.filter(([, cell]) => cell !== '' && cell !== '\\N' && cell !== 'NULL')) : undefined, share };
    } else {
      head = split(text)?.map((name) => name.trim());
      if (!head) throw new Misuse('the first line of a CSV file has the names of the columns');
    }
  }
}

const encoder = new TextEncoder();
/** How many bytes a text takes in UTF-8. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** Lines, where a line break within quotes ends none. */
async function* lines(chunks: AsyncIterable<string>, quoted: boolean): AsyncGenerator<{ text: string; end: number }, void, undefined> {
  let [rest, end, isFirst] = ['', 0, true];
  for await (const chunk of chunks) {
    rest += isFirst ? chunk.replace(/^\uFEFF/, '') : chunk;
    isFirst = false;
    for (let cut = next(rest, quoted); cut !== -1; cut = next(rest, quoted)) {
      const text = rest.slice(0, cut);
      rest = rest.slice(cut + 1);
      end += bytesOf(text) + 1;
      yield { text: text.replace(/\r$/, ''), end };
    }
    if (rest.length > LINE_MAX) throw new Misuse('a line of this file is too long for a key');
  }
  if (rest !== '') yield { text: rest.replace(/\r$/, ''), end: end + bytesOf(rest) };
}

/** Where the first whole line ends; -1 if it goes on. */
function next(text: string, quoted: boolean): number {
  let cut = text.indexOf('\n');
  if (!quoted) return cut;
  let quotes = 0;
  for (let from = 0; cut !== -1; cut = text.indexOf('\n', cut + 1)) {
    for (let at = text.indexOf('"', from); at !== -1 && at < cut; at = text.indexOf('"', at + 1)) quotes += 1;
    if (quotes % 2 === 0) return cut;
    from = cut;
  }
  return -1;
}

/** The cells of a line of CSV (RFC 4180); undefined if a quote stands where none may. */
export function split(line: string): string[] | undefined {
  const cells: string[] = [];
  for (let at = 0; at <= line.length; ) {
    if (line[at] === '"') {
      let [cell, from] = ['', at + 1];
      for (;;) {
        const quote = line.indexOf('"', from);
        if (quote === -1) return undefined;
        cell += line.slice(from, quote);
        from = quote + 1;
        if (line[from] !== '"') break;
        cell += '"';
        from += 1;
      }
      if (from < line.length && line[from] !== ',') return undefined;
      cells.push(cell);
      at = from + 1;
      if (from === line.length) break;
    } else {
      const comma = line.indexOf(',', at);
      const end = comma === -1 ? line.length : comma;
      cells.push(line.slice(at, end));
      if (comma === -1) break;
      at = end + 1;
    }
  }
  return cells;
}

/** A JSON text; undefined if it is none. What is wrong with it is not said: that would quote it. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
