// The checker that anybody can run without asking: against the vectors that the worker's own keys are tested with.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checksum, judge } from '../../scripts/check-key.mjs';
import { forgedKey } from './support/acceptance.ts';
import { run } from './support/shell.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/secret_key.json'), 'utf8'));
const keys: string[] = vectors.secretKeys.map(({ prefix, random, locator, tag, checksum }: any) => prefix + random + locator + tag + checksum);

test('its checksums are those of the vectors', () => {
  assert.ok(vectors.checksums.length >= 8);
  for (const { parts, checksum: expected } of vectors.checksums) assert.equal(checksum(parts.join('')), expected);
});

test('every key of the vectors is one, and none is with a character changed, missing or added', () => {
  assert.ok(keys.length >= 5);
  for (const key of keys) {
    assert.equal(judge(key), 'a key');
    for (let at = key.indexOf('_', 3) + 1; at < key.length; at++) {
      const other = key[at] === 'x' ? 'y' : 'x';
      assert.notEqual(judge(key.slice(0, at) + other + key.slice(at + 1)), 'a key', `changed at ${at}`);
    }
    for (const text of [key.slice(1), key.slice(0, -1), `${key}0`, ` ${key}`, key.replace('_', '-'), key.toUpperCase(), '']) assert.notEqual(judge(text), 'a key');
  }
});

test('run as documented it says for each line what it is, prints no key, and fails if there is none', { timeout: 60_000 }, async () => {
  const key = forgedKey();
  const found = await run('npm', ['run', '--silent', 'check-key'], { stdin: `nonsense\n${key}\n${key.slice(0, -1)}!\n${key.slice(0, -6)}000000\n` });
  assert.deepEqual(found.output.split('\n').filter((line) => line.startsWith('line ')), ['line 1: no key', 'line 2: a key', 'line 3: no key', 'line 4: no key: the checksum is wrong']);
  assert.ok(found.code === 0 && !found.output.includes(key.slice(8, 30)));
  assert.equal((await run('npm', ['run', '--silent', 'check-key'], { stdin: 'nonsense\n' })).code, 1);
});
