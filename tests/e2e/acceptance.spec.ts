// docs/ACCEPTANCE.md and docs/FAULTS.md are promises about tests: each one they name must be there, and each rule and fault in them.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/shell.ts';

const rowsOf = (document: string) => readFileSync(join(root, document), 'utf8').split('\n').filter((line) => line.startsWith('| ') && !/^\| (#|rule) /.test(line));
const table = rowsOf('docs/ACCEPTANCE.md');
const faults = rowsOf('docs/FAULTS.md');

function sourceOf(file: string): string {
  const path = file.startsWith('browser/') ? `tests/${file}.ts` : file.endsWith('.spec') ? `tests/e2e/${file}.ts` : file.includes('/') ? file : `tests/integration/${file}`;
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
}

test('every test that the two documents name exists, and every rule and fault names one', () => {
  const missing: string[] = [];
  for (const line of [...table, ...faults]) {
    const cited = [...line.matchAll(/`([\w./]+?\.(?:spec|rs)): ([^`]+)`/g)];
    assert.ok(cited.length > 0, line);
    for (const [, file, name] of cited) {
      const source = sourceOf(file!);
      // The name of a test, not a comment that happens to say the same.
      const named = source.split('\n').some((code) => (file!.endsWith('.rs') ? new RegExp(`fn ${name}\\(|^ +${name}: \\w`).test(code) : /^ *test\(/.test(code) && code.includes(name!)));
      if (!named) missing.push(`${file}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every rule is in the table, once', () => {
  const range = (letter: string, from: number, to = from) => Array.from({ length: to - from + 1 }, (_, at) => `${letter}${from + at}`);
  const wanted = [range('A', 1, 54), range('A', 58, 63), range('A', 65), range('A', 68), range('A', 70, 78), range('T', 1, 2), range('T', 5, 9), range('T', 13, 27), range('T', 32), range('T', 34), range('T', 37)].flat();
  const listed = table.map((line) => /^\| ([AT]\d+) \|/.exec(line)?.[1]).filter((number) => number !== undefined);
  assert.deepEqual(listed, wanted);
});

test('every fault is in its table, once, with what the service does and the mistake that would show', () => {
  assert.deepEqual(faults.map((line) => /^\| (F\d+) \|/.exec(line)?.[1]), Array.from({ length: 24 }, (_, at) => `F${at + 1}`));
  for (const line of faults) assert.ok(line.split(' | ').every((cell) => cell.replace(/^\| | \|$/g, '').trim().length > 1), line);
});
