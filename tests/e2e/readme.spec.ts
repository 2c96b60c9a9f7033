// The documents against what they speak of. The README's tour is run as it stands, all its sh fences in one bash process:
// a line `# → …` in a fence promises that what the fence prints contains the rest of the line.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { recordSecret, recordSecretKeys } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';
import { root, run } from './support/shell.ts';

const documents = ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/ARCHITECTURE.md', 'docs/ERRORS.md', 'docs/GATEWAY.md', 'docs/IMPORT.md', 'docs/OPERATIONS.md', 'docs/QUICKSTART.md', 'docs/ROTATION.md', 'docs/STORAGE.md', 'clients/rust/README.md', 'clients/typescript/README.md'];
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
  // What the tour keeps to itself, for the canary.
  const { code, output } = await run('bash', ['-euo', 'pipefail'], { stdin: `${script}echo "$token $joined $invitation"; echo "$password"\n`, env });
  recordSecretKeys(output);
  recordSecret(output.trim().split('\n').at(-1)!);
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
  assert.ok(fences.length >= 10 && promises >= 22, `only ${promises} promises in ${fences.length} fences`);
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

test('every file and every test that the documents name is there', () => {
  const files = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const sources = ['src', 'tests/integration'].flatMap((folder) => files(folder).map((path) => join(folder, path)));
  const rust = sources.filter((path) => path.endsWith('.rs'));
  const code = rust.map(read).join('\n');
  for (const document of documents) {
    for (const [, name] of read(document).matchAll(/`([\w.][\w./-]*)`/g)) {
      // A path from the root, or as the page shortens it: below src/ or beside the one just named.
      if (/\.(rs|ts|json|toml|mjs)$/.test(name!)) {
        const known = existsSync(join(root, name!)) || rust.some((path) => path.endsWith(`/${name}`)) || files('tests/integration/golden').includes(name!);
        assert.ok(known, `${document}: ${name}`);
      }
      if (/\/$/.test(name!) && /^(src|tests|docs)\//.test(name!)) assert.ok(existsSync(join(root, name!)), `${document}: ${name}`);
      // Names of tests are sentences; a few codes of errors are as long.
      if (/^[a-z]+(_[a-z0-9]+){4,}$/.test(name!)) assert.ok(code.includes(`fn ${name}(`) || code.includes(` "${name}" "`), `${document}: ${name}`);
    }
  }
});

test('docs/STORAGE.md has every table and column of every object', () => {
  const storage = read('docs/STORAGE.md');
  let columns = 0;
  for (const file of ['src/session/store.rs', 'src/organization/store.rs', 'src/account/store.rs', 'src/account/gates.rs', 'src/directory.rs', 'src/directory/users.rs', 'src/object/outbox.rs', 'src/object/audit_log.rs']) {
    for (const [, table, body] of read(file).matchAll(/CREATE TABLE (\w+) \(([^]*?)\)(?: WITHOUT ROWID)?",?;?\n/g)) {
      assert.match(storage, new RegExp(`\\b${table}\\b`), `${file}: ${table}`);
      for (const [, column] of body!.matchAll(/(?:^|,\s*)\s*([a-z_]+) (?:TEXT|INTEGER)/g)) {
        assert.match(storage, new RegExp(`\\b${column}\\b`), `${file}: ${table}.${column}`);
        columns += 1;
      }
    }
  }
  assert.ok(columns > 90, `only ${columns} columns were found`);
});

test('the audit chain can be recomputed from the API alone, by the formula in docs/STORAGE.md', async () => {
  const latchkey = await startLatchkey();
  const { key } = await latchkey.createOrganization();
  const api = latchkey.api(key);
  const { id } = (await api.post('/v1/api_keys', { name: 'Chained' })).body;
  await api.patch(`/v1/api_keys/${id}`, { name: 'Renamed', active: false });
  await api.delete(`/v1/api_keys/${id}`);
  const { data, head } = (await api.get('/v1/audit_log?limit=100')).body;
  let hash = '0'.repeat(64);
  for (const { id, seq, at, actor, action, target, details, requestId, origin, hash: shown } of data.reverse()) {
    const by = actor.type === 'operator' ? { type: 'operator' } : { type: actor.type, id: actor.id };
    // Of the request behind it, what is known.
    const known = Object.entries({ request_id: requestId, ...origin }).filter(([, value]) => value !== null);
    const trace = requestId === null ? undefined : Object.fromEntries(known);
    const entry = JSON.stringify({ id, at: Date.parse(at), actor: by, action, target, details, trace });
    hash = createHash('sha256').update(`${hash}\n${seq}\n${entry}\n`).digest('hex');
    assert.equal(hash, shown, `entry ${seq}`);
  }
  assert.equal(data.length, 5);
  assert.deepEqual(head, { seq: 5, hash });
});
