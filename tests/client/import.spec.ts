// `latchkey import`, as a process of its own before the real service: a file of each system that docs/IMPORT.md has a
// guide for, what is skipped and why, and a run that goes on where another was cut off.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { recordSecret } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { root } from '../e2e/support/shell.ts';
import { sleep } from './support/real.ts';
import { line } from '../../clients/typescript/src/cli/import/progress.ts';
import { split } from '../../clients/typescript/src/cli/import/parse.ts';

const latchkey = await startLatchkey();
const { key: rootKey } = await latchkey.createOrganization('Import by hand');
const api = latchkey.api(rootKey);
const folder = join(root, '.e2e/imports', String(process.pid));
mkdirSync(folder, { recursive: true });
after(() => rmSync(folder, { recursive: true }));

function cli(args: string[], { url = latchkey.url } = {}): Promise<{ code: number | null; out: string; err: string }> {
  const env = { PATH: process.env.PATH, LATCHKEY_URL: url, LATCHKEY_KEY: rootKey };
  const child = spawn(process.execPath, [join(root, 'clients/typescript/dist/cli.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

function secret(before: string): string {
  const random = randomBytes(24).toString('hex');
  recordSecret(random);
  return `${before}${random}`;
}
const sha256 = (text: string, as: 'hex' | 'base64' | 'base64url' = 'hex') => createHash('sha256').update(text).digest(as);
const verify = async (key: string) => (await api.post('/v1/keys/verify', { key })).body;

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  const text = typeof content === 'string' ? content : Array.isArray(content) && name.endsWith('.jsonl') ? content.map((one) => `${JSON.stringify(one)}\n`).join('') : JSON.stringify(content);
  writeFileSync(path, text);
  return path;
}
const skipped = (path: string) => readFileSync(`${path}.skipped.jsonl`, 'utf8').split('\n').filter(Boolean).map((text) => JSON.parse(text));

test('Unkey: the table of keys as CSV, and answers of its API', async () => {
  const [one, two, three, plain] = ['mist_', 'mist_', 'mist_', 'mist_'].map(secret) as [string, string, string, string];
  const rows = [one, two, three].map((key, at) => `k${at},${sha256(key, 'base64')},${key.slice(0, 9)},"Key ""${at}""",user_${at},"{""plan"":""pro""}",${at === 1 ? '2001-01-01 00:00:00.000' : '2099-01-01 00:00:00.000'},1,${at === 0 ? 100 : ''},${at === 2 ? '1700000000000' : ''}`);
  const table = file('unkey.csv', ['id,hash,start,name,owner_id,meta,expires,enabled,remaining_requests,deleted_at_m', ...rows].join('\r\n'));
  const dry = await cli(['import', table, '--from', 'unkey', '--prefix', 'mist_', '--permission', 'emails:send', '--dry-run', '--json']);
  assert.deepEqual([dry.code, JSON.parse(dry.out).imported, JSON.parse(dry.out).skipped], [3, 1, 2], dry.err);
  assert.equal((await verify(one)).code, 'NOT_FOUND');
  const done = await cli(['import', table, '--from', 'unkey', '--prefix', 'mist_', '--permission', 'emails:send']);
  assert.match(done.out, /^records +3\nimported +1\nthere already +0\nskipped +2\n/, done.err);
  const found = await verify(one);
  assert.deepEqual([found.code, found.name, found.externalId, found.metadata, found.permissions, found.credits.remaining], ['VALID', 'Key "0"', 'user_0', { plan: 'pro' }, ['emails:send'], 99]);
  assert.equal((await api.get(`/v1/api_keys/${found.keyId}`)).body.start, one.slice(0, 9));
  assert.deepEqual(skipped(table).map(({ record, reason, field, message }) => [record, reason, field ?? message]).sort(), [[2, 'invalid_field', '/expiresAt'], [3, 'invalid_field', 'it was deleted']]);

  const answer = { data: [{ keyId: 'key_1', start: plain.slice(0, 9), plaintext: plain, enabled: false, identity: { externalId: 'user_9' }, permissions: ['domain.create'], ratelimits: [{ name: 'All Requests', limit: 10, duration: 60_000, autoApply: true }] }] };
  assert.equal((await cli(['import', file('unkey.json', answer), '--from', 'unkey', '--prefix', 'mist_'])).code, 0);
  const disabled = await verify(plain);
  assert.deepEqual([disabled.code, disabled.permissions, disabled.externalId], ['DISABLED', ['domain:create'], 'user_9']);
});

test('Better Auth: the table of keys, hashed as base64url', async () => {
  const key = secret('ba_');
  const record = { id: 'x', name: 'CI', start: key.slice(0, 6), prefix: 'ba_', key: sha256(key, 'base64url'), userId: 'user_1', enabled: true, rateLimitEnabled: true, rateLimitMax: 1_000, rateLimitTimeWindow: 86_400_000, remaining: null, expiresAt: '2099-01-01T00:00:00.000Z', permissions: '{"files":["read","write"]}', metadata: '{"team":7}' };
  const { code, err } = await cli(['import', file('better.jsonl', [record]), '--from', 'better-auth', '--prefix', 'ba_']);
  assert.equal(code, 0, err);
  const found = await verify(key);
  assert.deepEqual([found.code, found.externalId, found.permissions, found.metadata, found.rateLimits[0].name], ['VALID', 'user_1', ['files:read', 'files:write'], { team: 7 }, 'better-auth']);
});

test('Kong: what its Admin API answers, and a dump of decK; keys in plaintext', async () => {
  const [one, two] = [secret('kong-'), secret('kong-')];
  const listed = { data: [{ id: '1', key: one, consumer: { id: 'c1', custom_id: 'acme' }, created_at: 1_700_000_000, ttl: null, tags: ['blue'] }], next: null };
  assert.equal((await cli(['import', file('kong.json', listed), '--from', 'kong', '--prefix', 'kong-'])).code, 0);
  assert.deepEqual([(await verify(one)).externalId, (await verify(one)).metadata], ['acme', { tags: ['blue'] }]);
  const dumped = { _format_version: '3.0', consumers: [{ username: 'globex', keyauth_credentials: [{ key: two }] }, { username: 'none' }] };
  assert.equal((await cli(['import', file('deck.json', dumped), '--from', 'kong', '--prefix', 'kong-'])).code, 0);
  assert.deepEqual([(await verify(two)).code, (await verify(two)).name], ['VALID', 'globex']);
});

test('Sendook: its collection, whose keys have no prefix', async () => {
  const random = randomBytes(48).toString('hex');
  recordSecret(random);
  const record = { _id: { $oid: 'a'.repeat(24) }, organizationId: { $oid: 'b'.repeat(24) }, name: 'Default API Key', key: random, active: true, createdAt: { $date: '2025-01-01T00:00:00Z' } };
  const { code, err } = await cli(['import', file('sendook.jsonl', [record]), '--from', 'sendook', '--prefix', '']);
  assert.equal(code, 0, err);
  assert.deepEqual([(await verify(random)).code, (await verify(random)).externalId], ['VALID', 'b'.repeat(24)]);
});

test('what cannot be imported is named by its place; the others are imported, and no file but the first has a key', async () => {
  const keys = Array.from({ length: 4 }, () => secret('fog_'));
  const table = file('plain.jsonl', [`${JSON.stringify({ key: keys[0], externalId: 'a' })}`, 'no JSON', JSON.stringify({ hash: 'short', name: 'Second' }), JSON.stringify({ key: keys[1], metadata: 'text' }), JSON.stringify({ key: keys[2], colour: 'red' }), JSON.stringify({ key: keys[3] })].join('\n'));
  const { code, out, err } = await cli(['import', table, '--prefix', 'fog_', '--json']);
  assert.equal(code, 3, err);
  assert.deepEqual(JSON.parse(out), { records: 6, dryRun: false, imported: 2, existing: 0, skipped: 4, report: `${table}.skipped.jsonl` });
  const told = skipped(table);
  assert.deepEqual(told.map(({ record, field, name }) => [record, field, name]).sort(), [[2, undefined, undefined], [3, '/hash', 'Second'], [4, '/metadata', undefined], [5, '/colour', undefined]]);
  assert.deepEqual([(await verify(keys[0]!)).code, (await verify(keys[3]!)).code], ['VALID', 'VALID']);
  const written = [out, err, JSON.stringify(told)].join('\n');
  assert.ok(!keys.some((key) => written.includes(key)));
  assert.ok(!existsSync(`${table}.import-state`), 'what is done leaves no state');
});

test('a run that was killed goes on where it was: nothing is lost, and nothing is there twice', async () => {
  const { body: own } = await api.get('/v1/whoami');
  const held = async () => {
    const { body: health } = await api.get(`/v1/sessions/${own.sessionId}/health`);
    return Object.values<number>(health.keys).reduce((sum, count) => sum + count, 0);
  };
  const before = await held();
  const keys = Array.from({ length: 3_000 }, () => secret('long_'));
  const table = file('long.jsonl', keys.map((key) => ({ hash: sha256(key) })));
  const state = `${table}.import-state`;
  const env = { PATH: process.env.PATH, LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: rootKey };
  const child = spawn(process.execPath, [join(root, 'clients/typescript/dist/cli.js'), 'import', table, '--prefix', 'long_'], { env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  for (let waits = 0; !existsSync(state) && child.exitCode === null && waits < 6_000; waits++) await sleep(5);
  child.kill('SIGKILL');
  await ended;
  // Unless it was done before anybody could kill it.
  const done = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).done : 0;
  const rest = await cli(['import', table, '--prefix', 'long_', '--json']);
  assert.equal(rest.code, 0, rest.err);
  if (done > 0) assert.match(rest.err, new RegExp(`^Going on after ${done.toLocaleString('en')} records\\.`));
  const { records, imported, existing, skipped: left } = JSON.parse(rest.out);
  assert.deepEqual([records, imported + existing, left], [3_000, 3_000, 0]);
  assert.deepEqual([(await verify(keys[0]!)).code, (await verify(keys[2_999]!)).code], ['VALID', 'VALID']);
  assert.equal((await held()) - before, 3_000, 'none lost, none twice');
});

test('misuse is said before anything is sent', async () => {
  const path = file('x.jsonl', [{ hash: sha256('x') }]);
  for (const [args, message] of [
    [['import', path], /--prefix is missing/],
    [['import', join(folder, 'none.csv'), '--prefix', ''], /cannot be read/],
    [['import', file('x.txt', ''), '--prefix', ''], /--format/],
    [['import', path, '--prefix', '', '--from', 'nobody'], /--from is one of/],
    [['import', secret('sk_'), '--prefix', ''], /a key is no argument/],
  ] as const) {
    const { code, err } = await cli([...args]);
    assert.deepEqual([code, message.test(err)], [2, true], err);
  }
});

test('a line of CSV, and of the bar', () => {
  assert.deepEqual(split('a,"b ""c"", d",,'), ['a', 'b "c", d', '', '']);
  assert.deepEqual([split(''), split('"a'), split('"a"b,c'), split('"a,b"')], [[''], undefined, undefined, ['a,b']]);
  assert.equal(line(12_000, 0.5, { records: 2_000, share: 0.1 }, 10_000), `[${'#'.repeat(15)}${'-'.repeat(15)}] 50 %  12,000 keys, 1,000/s, 13 s left`);
});
