// What stands in the documents: sections, fences, tables, and what the fences promise to print.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../e2e/support/shell.ts';

export const read = (path: string) => readFileSync(join(root, path), 'utf8');

export interface Fence {
  language: string;
  code: string;
}

/** The fences of a text, in order. */
export const fencesOf = (text: string): Fence[] => [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, code]) => ({ language: language!, code: code! }));

/** The code of a page's fences in one language. */
export const fences = (path: string, language: string) => fencesOf(read(path)).filter((fence) => fence.language === language).map(({ code }) => code);

/** The text below each heading of the second level. */
export function sections(path: string): Map<string, string> {
  const parts = read(path).split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]));
}

/** The rows of the tables of a text, without their heads, each as its cells. */
export function rows(text: string): string[][] {
  const tables = text.split(/\n(?=[^|])/).map((part) => part.split('\n').filter((line) => line.startsWith('|')));
  return tables.flatMap((lines) => lines.slice(2)).map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

/** Each line `MARK → …` of the code promises that the rest of it was printed, in order; tells how many there are. */
export function promised(printed: string, code: string, mark: string): number {
  let rest = printed;
  const promises = [...code.matchAll(new RegExp(`^${mark} → (.*)$`, 'gm'))].map(([, promise]) => promise!);
  for (const promise of promises) {
    const at = rest.indexOf(promise);
    assert.notEqual(at, -1, `${promise} is not, or not in this place, in:\n${printed}`);
    rest = rest.slice(at + promise.length);
  }
  return promises.length;
}
