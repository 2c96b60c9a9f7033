// An import of many hashes, each verified by its plaintext: a thousand in the quick form, 100,000 in the full one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { figure, full } from './support/proof.ts';

const COUNT = full ? 100_000 : 1_000;
const BATCH = 500;
const WIDTH = 8;

const latchkey = await startLatchkey({ vars: { LOG_REQUESTS: 'none' } });
const { key: rootKey, apiKey } = await latchkey.createOrganization('Imports');
const api = latchkey.api(rootKey);

/** The same in every run, and none of them anybody's key. */
const plaintext = (number: number) => `mist_${createHash('sha256').update(`a key of the proof ${number}`).digest('hex').slice(0, 40)}`;
const hash = (number: number) => createHash('sha256').update(plaintext(number)).digest('hex');

async function eachOf(count: number, what: (number: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: WIDTH }, async () => {
    for (let at = next++; at < count; at = next++) await what(at);
  }));
  return (performance.now() - began) / 1000;
}

test(`${COUNT.toLocaleString('en')} hashes are imported, and each is verified by its plaintext`, { timeout: 3_000_000 }, async () => {
  const ids: string[] = [];
  const began = performance.now();
  for (let at = 0; at < COUNT; at += BATCH) {
    const keys = Array.from({ length: BATCH }, (_, place) => ({ hash: hash(at + place), externalId: `customer-${at + place}` }));
    const { status, body } = await api.post('/v1/imports', { prefix: 'mist_', keys });
    assert.equal(status, 200, JSON.stringify(body).slice(0, 500));
    assert.equal(body.imported, BATCH, JSON.stringify(body.rows.find(({ result }: any) => result !== 'imported')));
    ids.push(...body.rows.map(({ keyId }: any) => keyId));
  }
  const seconds = (performance.now() - began) / 1000;
  assert.equal(new Set(ids).size, COUNT);
  figure('keys imported', COUNT, 'keys');
  figure('import', Math.round(seconds), 's');
  figure('import, rate', Math.round(COUNT / seconds), 'keys/s');

  const wrong: string[] = [];
  const verified = await eachOf(COUNT, async (at) => {
    const { body } = await api.post('/v1/keys/verify', { key: plaintext(at) });
    if (body.code !== 'VALID' || body.keyId !== ids[at] || body.externalId !== `customer-${at}`) wrong.push(`${at}: ${body.code}`);
  });
  assert.deepEqual(wrong, []);
  figure('verified by their plaintexts', COUNT - wrong.length, 'keys');
  figure('verification, rate', Math.round(COUNT / verified), 'keys/s');

  // The control: what was not imported is not found, however much it looks like it.
  const strangers = Math.min(COUNT, 500);
  await eachOf(strangers, async (at) => {
    const { body } = await api.post('/v1/keys/verify', { key: plaintext(COUNT + at) });
    assert.equal(body.code, 'NOT_FOUND');
  });
  figure('not imported, and not found', strangers, 'keys');
  const { body: again } = await api.post('/v1/imports', { prefix: 'mist_', keys: Array.from({ length: BATCH }, (_, at) => ({ hash: hash(at) })) });
  assert.deepEqual([again.imported, again.existing, again.invalid], [0, BATCH, 0]);
  // Nothing else is there but the key that imports.
  const { body: session } = await api.get(`/v1/sessions/${apiKey.sessionId}`);
  assert.equal(session.limits.keys.used, COUNT + 1);
});
