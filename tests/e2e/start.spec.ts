// `npm start` as a newcomer meets it: it comes up, its lines work when pasted, and what it acknowledged survives
// SIGKILL. With secrets and state of its own, so that nobody's real ones are touched.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordSecret, recordSecretKeys, runDirectory } from './support/canary.ts';
import { Running, freePort, run } from './support/shell.ts';

// Below the run's state: the canary scan reads what wrangler dev persisted as well.
mkdirSync(join(runDirectory, 'state'), { recursive: true });
const home = mkdtempSync(join(runDirectory, 'state', 'start-'));
const port = await freePort();

const start = (env: NodeJS.ProcessEnv = {}) => new Running(process.execPath, ['scripts/start.mjs'], { LATCHKEY_HOME: home, PORT: String(port), ...env });
/** The lines that are meant to be pasted. */
const pasted = (output: string) => output.slice(output.indexOf('export LATCHKEY_URL')).split('\n').filter((line) => line.startsWith('  ') || line.startsWith('export')).join('\n');

let demoKey = '';
let lines = '';
let created: { id: string; key: string };

test('the first start prints a demo key once, and its lines create, verify and revoke when pasted, again and again', async () => {
  const latchkey = start();
  // Where nobody has built it yet, this is when.
  [, demoKey = ''] = await latchkey.says(/shown this once: +(\S+)/, 280);
  await latchkey.says(/a new organization/);
  recordSecretKeys(latchkey.output);
  recordSecret(readFileSync(join(home, '.operator-token'), 'utf8').trim().slice('operator_'.length));
  assert.equal(statSync(join(home, '.operator-token')).mode & 0o777, 0o600);
  lines = pasted(latchkey.output);

  const description = await fetch(`http://127.0.0.1:${port}/openapi.json`);
  assert.deepEqual([description.status, description.headers.get('cache-control')], [200, 'no-store']);
  assert.deepEqual(await description.json(), JSON.parse(readFileSync('docs/openapi.json', 'utf8')));

  for (const round of ['first', 'second']) {
    const { code, output } = await run('bash', ['-euo', 'pipefail'], { stdin: `${lines}\necho "$PERSON"; echo "\\"$PASSWORD\\""\n` });
    recordSecretKeys(output);
    assert.equal(code, 0, output);
    const [creation, verification, revocation, organization, own, person, password] = output.trim().split('\n').map((line) => JSON.parse(line));
    assert.equal(verification.code, 'VALID', `${round} round: ${output}`);
    assert.equal(verification.keyId, creation.id);
    assert.equal(revocation.active, false);
    assert.equal(typeof organization.apiKey.key, 'string');
    assert.deepEqual([own.name, own.organizationId], ['Mine', person.organization.id], `${round} round: ${output}`);
    recordSecret(password);
    created = creation;
  }

  latchkey.child.kill('SIGKILL');
  await latchkey.ended;
});

test('SIGKILL and start again: the port is free, the keys are there, the revoked one stays revoked, the demo key is not shown again', async () => {
  // By now the .dev.vars is the user's: what it lacks for people is said, not written.
  const path = join(home, '.dev.vars');
  const own = readFileSync(path, 'utf8').replace(/^(REGISTRATION="open"|PLAN_CHANGES="owner")\n/gm, '');
  assert.equal(own.trim().split('\n').length, 5);
  writeFileSync(path, own);

  const latchkey = start();
  await latchkey.says(/a new organization/);
  assert.match(latchkey.output, /^ +To register people here, add to \S+: REGISTRATION="open" and PLAN_CHANGES="owner"$/m);
  assert.doesNotMatch(latchkey.output, /auth\/register/);
  assert.equal(readFileSync(path, 'utf8'), own);
  assert.doesNotMatch(latchkey.output, /shown this once/);
  assert.equal(latchkey.output.includes(demoKey), false);
  const verify = await fetch(`http://127.0.0.1:${port}/v1/keys/verify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${demoKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key: created.key }),
  });
  assert.equal(((await verify.json()) as any).code, 'REVOKED');

  latchkey.child.kill('SIGTERM');
  assert.equal(await latchkey.ended, 0, latchkey.output);
});

test('a taken port is named, with the way out', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  const latchkey = start();
  assert.equal(await latchkey.ended, 1);
  assert.match(latchkey.output, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken.*PORT=${port + 1} npm start`));
  squatter.close();
});
