// No secret is ever at rest or in a log (H3). Runs last: it looks at everything that the whole run left on disk.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesBelow, leaksBelow, recordSecret, recordedSecrets, runDirectory } from './support/canary.ts';
import { newPerson, ok, totpCode } from './support/acceptance.ts';
import { Client } from './support/client.ts';
import { newPassword, startLatchkey, type Latchkey } from './support/latchkey.ts';

test('the scan finds a planted secret, whole or in part, and nothing else', () => {
  mkdirSync(runDirectory, { recursive: true });
  const planted = mkdtempSync(join(runDirectory, 'planted-'));
  try {
    const secret = 'Zq7Lm2Xc9Vb4Nn8Kj6Hg3Fd';
    writeFileSync(join(planted, 'part.sqlite'), Buffer.concat([Buffer.alloc(4093, 0xff), Buffer.from(secret.slice(5, 17)), Buffer.alloc(100)]));
    writeFileSync(join(planted, 'short.log'), `start=${secret.slice(0, 11)} and noise ${secret.toLowerCase()}`);
    assert.deepEqual(leaksBelow(planted, [secret]), [{ file: join(planted, 'part.sqlite'), offset: 4093 }]);
    // A short one counts as a whole, and so does what is no ASCII.
    writeFileSync(join(planted, 'code.sqlite'), 'code k7m2p-q9x4 and kennwort grün-grün');
    assert.deepEqual(leaksBelow(planted, ['k7m2p-q9x4t', 'grün-grün']), [{ file: join(planted, 'code.sqlite'), offset: 29 }]);
    assert.deepEqual(leaksBelow(planted, ['k7m2p-q9x4']), [{ file: join(planted, 'code.sqlite'), offset: 5 }]);
  } finally {
    rmSync(planted, { recursive: true });
  }
});

test('no secret that was ever given out is in a persisted file or a log line', async () => {
  // Something to look for even when this file is run on its own.
  const latchkey = await startLatchkey();
  const { key } = await latchkey.createOrganization('Canary');
  const api = latchkey.api(key);
  const { id, key: secret } = (await api.post('/v1/api_keys', { name: 'Canary' }, { headers: { 'idempotency-key': 'canary-0123456789' } })).body;
  await api.post('/v1/keys/verify', { key: secret, explain: true });
  await api.post(`/v1/api_keys/${id}/rotate`, { overlapSeconds: 60 });
  await api.post('/v1/keys/verify', { key: `${secret}x` });
  await api.post('/v1/keys/verify', `{"key":"${secret}"`);
  await latchkey.fetch(`/v1/whoami?key=${secret}`);
  await person(latchkey);
  await latchkey.stop();

  const secrets = recordedSecrets();
  assert.ok(secrets.length >= 5, `only ${secrets.length} secrets were recorded: the canary is blind`);
  const state = join(runDirectory, 'state');
  assert.ok(filesBelow(state).some((file) => file.endsWith('.sqlite')), 'nothing was persisted: the canary is blind');
  // Where `npm start` keeps what is the operator's own.
  const leaks = leaksBelow(state, secrets).filter(({ file }) => !/[/\\]\.(operator-token|dev\.vars)$/.test(file));
  assert.deepEqual(leaks, []);
  assert.deepEqual(leaksBelow(join(runDirectory, 'logs'), secrets), []);
});

test('an answer that says a secret for the second time is noticed, whatever it answers', async () => {
  const secret = `${'sk'}_live_${'Ab3dE6gH9k'.repeat(5).slice(0, 48)}`;
  const answers = [JSON.stringify({ key: secret }), JSON.stringify({ key: secret }), JSON.stringify({ note: `…${secret.slice(13, 27)}…` }), JSON.stringify({ start: secret.slice(0, 12), last4: secret.slice(-4) })];
  const server = createServer((_, response) => void response.end(answers.shift())).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const client = new Client(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.equal((await client.post('/issue')).body.key, secret);
    assert.equal((await client.post('/issue', {}, { headers: { 'idempotency-key': 'the-same-once-more' } })).body.key, secret);
    await assert.rejects(client.get('/echo'), /answered 200 with a secret that had been told before/);
    assert.equal((await client.get('/record')).body.last4, secret.slice(-4), 'what is shown of a key on purpose is none');
  } finally {
    server.close();
  }
});

/** What looks like a secret of ours in what everybody can read: a key, a token, the secret of an endpoint. */
const SHAPES = [/\bsk_(?:(?:live|staging|dev)_)?[0-9A-Za-z]{48}\b/, /\blk(?:at|pr|iv)_[0-9A-Za-z]{51}\b/, /\bwhsec_[0-9A-Za-z+/]{43}=/];

test('what is shipped has no secret in it: neither of this run nor of this checkout, nor anything that looks like one', () => {
  const root = join(import.meta.dirname, '../..');
  // What `npm start` and deployments from here are run with.
  for (const file of ['.dev.vars', '.operator-token']) {
    const text = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
    for (const [secret] of text.matchAll(/[0-9A-Za-z_-]{32,}/g)) recordSecret(secret);
  }
  const shipped = ['.e2e/worker', 'public'].map((directory) => join(root, directory)).filter((directory) => existsSync(directory));
  const files = shipped.flatMap(filesBelow);
  assert.ok(files.some((file) => file.endsWith('.wasm')), 'there is no worker: the canary is blind');
  const secrets = recordedSecrets();
  for (const directory of shipped) assert.deepEqual(leaksBelow(directory, secrets), []);
  const likeOne = (text: string) => SHAPES.filter((shape) => shape.test(text)).map(String);
  assert.equal(likeOne(`const key = "sk_dev_${'x1'.repeat(24)}"; "lkat_${'a'.repeat(51)}" whsec_${'A'.repeat(43)}=`).length, 3, 'they are found');
  for (const file of files) assert.deepEqual(likeOne(readFileSync(file, 'latin1')), [], file);
});

/** Everything secret that a person has: passwords, access tokens, links, the second factor. */
async function person(latchkey: Latchkey): Promise<void> {
  const { api, home, user, email, password, accessToken } = await newPerson(latchkey);
  await latchkey.anyone.post('/auth/login', { email, password: newPassword() });
  await latchkey.fetch(`/auth/user?access_token=${accessToken}`);
  await latchkey.anyone.post('/auth/login', `{"email":"${email}","password":"${password}"`);
  const { token } = await ok(latchkey.operator.post(`/operator/users/${user.id}/password_reset`));
  await latchkey.anyone.post('/auth/password/reset', { token: `${token}x`, newPassword: newPassword() });
  await ok(api.post(`${home}/invitations`, { role: 'viewer' }), 201);
  const { secret } = await ok(api.post('/auth/totp', { password }));
  const { recoveryCodes } = await ok(api.post('/auth/totp/confirm', { totp: totpCode(secret) }));
  assert.equal(recoveryCodes.length, 10);
  await ok(latchkey.browser().post('/auth/login', { email, password, recoveryCode: recoveryCodes[0], cookie: true }));
  const recorded = recordedSecrets();
  for (const shown of [password, accessToken.slice(5, 37), token.slice(5, 37), secret, recoveryCodes[9]]) assert.ok(recorded.includes(shown));
}
