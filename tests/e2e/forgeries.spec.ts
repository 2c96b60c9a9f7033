// Made-up keys and ids cost nothing: no object is contacted, so none comes into being, and nothing is written. In workerd
// each object that was ever contacted has a database file, so files are the proof.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base62, checksum, forgedKey, inParallel, newOrganization, ok } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const { api, key, apiKey } = await newOrganization(latchkey);
const forger = (headers: Record<string, string>, path = '/v1/whoami') => fetch(latchkey.url + path, { headers: { 'cf-connecting-ip': '198.51.100.9', ...headers }, signal: AbortSignal.timeout(20_000) });
const stored = async () => ({ files: latchkey.sqliteFiles().sort(), names: (await (await latchkey.kv()).names()).sort() });

async function settled() {
  for (let tries = 0; tries < 40 && (await stored()).names.length === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  return stored();
}

test('five thousand well-formed forged keys, with right checksums and locators of all kinds, are refused without a trace', { timeout: 60_000 }, async () => {
  const before = await settled();
  const prefixes = ['sk_live_', 'sk_dev_', 'sk_staging_', 'sk_'];
  const locator = key.slice(8 + 23, 8 + 34);
  const forgeries = Array.from({ length: 5_000 }, (_, at) => {
    const prefix = prefixes[at % 4]!;
    if (at % 3) return forgedKey(prefix);
    // The locator of a session that there is, and even a tag that once was right: for another key.
    const text = `${prefix}${base62(23)}${locator}${at % 2 ? key.slice(-14, -6) : base62(8)}`;
    return text + checksum(text);
  });
  // A failure at the gate is counted by the limiter, whose local stand-in is slow; most are presented for verification.
  const codes = await inParallel(forgeries, 16, async (forged, at) => {
    if (at % 5) return (await ok(latchkey.api(key).post('/v1/keys/verify', { key: forged }))).code;
    const response = await forger(at % 2 ? { 'x-api-key': forged } : { authorization: `Bearer ${forged}` });
    return `${response.status} ${((await response.json()) as any).code}`;
  });
  assert.deepEqual(new Set(codes), new Set(['401 auth_invalid_key', 'NOT_FOUND']));
  assert.deepEqual(await stored(), before);
  await ok(api.get('/v1/whoami'));
});

test('two thousand made-up ids on every route that takes one contact nothing either', { timeout: 60_000 }, async () => {
  const before = await settled();
  const operator = { authorization: `Bearer ${latchkey.operatorToken}` };
  const manager = { authorization: `Bearer ${key}` };
  // The right length, and the locator of an object that there is or could be; only the tag is made up.
  const id = (prefix: string, random: number) => `${prefix}_${base62(random)}0${base62(10)}${base62(8)}`;
  const asked: [string, Record<string, string>][] = Array.from({ length: 2_000 }, (_, at) => [
    [`/v1/api_keys/${id('key', 12)}`, manager], [`/v1/api_keys/${apiKey.id.slice(0, -8)}${base62(8)}`, manager], [`/v1/sessions/${id('ses', 0)}`, manager], [`/v1/sessions/${id('ses', 0)}/health`, manager],
    [`/v1/sessions/${id('ses', 0)}/api_keys`, manager], [`/operator/organizations/${id('org', 0)}`, operator], [`/v1/api_keys/${'0123456789abcdef'.repeat(4)}`, manager], [`/operator/organizations/${apiKey.organizationId.slice(0, -8)}${base62(8)}`, operator],
  ][at % 8] as [string, Record<string, string>]);
  const statuses = await inParallel(asked, 16, async ([path, headers]) => {
    const response = await forger(headers, path);
    await response.arrayBuffer();
    return response.status;
  });
  assert.deepEqual(new Set(statuses), new Set([404]));
  assert.deepEqual(await stored(), before);
});

test('so it would show: one real session more is one file more', async () => {
  const before = await stored();
  await ok(api.post('/v1/sessions', { name: 'Real' }), 201);
  assert.equal((await stored()).files.length, before.files.length + 1);
});
