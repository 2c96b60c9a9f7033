// The README's tour, run as it stands: all its sh fences in one bash process. A line `# → …` in a fence promises that
// what the fence prints contains the rest of the line.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { recordSecretKeys } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { root, run } from './support/shell.ts';

const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/ARCHITECTURE.md', 'docs/STORAGE.md'];
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const fences = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, code]) => code!);
/** Between the outputs of two fences; nothing the service says contains it. */
const border = '=== end of fence ===';

test('the tour of the README runs from top to bottom, again and again, and prints what it promises', async () => {
  const latchkey = await startLatchkey();
  const { key } = await latchkey.createOrganization();
  for (const round of ['first', 'second']) await tour(round, { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key });
});

async function tour(round: string, env: NodeJS.ProcessEnv) {
  const script = fences.map((code) => `${code}\necho '${border}'\n`).join('');
  const { code, output } = await run('bash', ['-euo', 'pipefail'], { stdin: script, env });
  recordSecretKeys(output);
  assert.equal(code, 0, `${round} round: ${output}`);
  const printed = output.split(border);
  assert.equal(printed.length, fences.length + 1, output);

  let promises = 0;
  fences.forEach((code, index) => {
    let rest = printed[index]!;
    for (const [, promise] of code.matchAll(/^# → (.*)$/gm)) {
      const at = rest.indexOf(promise!);
      assert.notEqual(at, -1, `${round} round: ${promise} is not, or not in this place, in:\n${printed[index]}`);
      rest = rest.slice(at + promise!.length);
      promises += 1;
    }
  });
  assert.ok(fences.length >= 8 && promises >= 15, `only ${promises} promises in ${fences.length} fences`);
}

test('the pattern of a key in the README is the one that secret scanners are given', () => {
  const pattern = /`(\[a-z\]\S+\{48\})`/;
  const [, shown] = pattern.exec(readme) ?? [];
  assert.ok(shown && read('SECURITY.md').includes(shown));
  const body = '0'.repeat(48);
  const whole = new RegExp(`^${shown}$`);
  for (const prefix of ['sk_', 'sk_live_', 'sk_staging_', 'sk_dev_', 'acme7_live_']) assert.match(prefix + body, whole);
  for (const other of [`sk_live_${body}0`, `SK_live_${body}`, `sk_prod_${body}`]) assert.doesNotMatch(other, whole);
});

test('every link from one document to another leads somewhere, heading included', () => {
  const slug = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replace(/ /g, '-');
  for (const document of documents) {
    for (const [link, path, anchor] of read(document).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const target = path ? join(dirname(document), path) : document;
      assert.ok(existsSync(join(root, target)), `${document}: ${link}`);
      if (!anchor) continue;
      const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => slug(heading!));
      assert.ok(headings.includes(anchor), `${document}: ${link}`);
    }
  }
});
