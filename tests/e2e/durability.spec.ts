// What has been acknowledged survives: SIGKILL of the runtime under load, eviction of idle objects, new root secrets. And a
// deployment that cannot work says so instead of half working.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { assertEnvelope, checked, inParallel, newOrganization, ok, refused, sleep, type Tenant } from './support/acceptance.ts';
import { startLatchkey, type Latchkey } from './support/latchkey.ts';

/** Reads the objects' databases as they are on disk, from copies: the runtime may be using them. */
function inspect<T>(latchkey: Latchkey, className: string, read: (database: DatabaseSync) => T): T[] {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-'));
  try {
    return latchkey.sqliteFiles(className).map((file) => {
      const copy = join(directory, basename(file));
      for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
      const database = new DatabaseSync(copy);
      try {
        return read(database);
      } finally {
        database.close();
      }
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const codeOf = async (api: Tenant['api'], key: string) => (await ok(api.post('/v1/keys/verify', { key }))).code;

// Idle for longer than the runtime keeps an object in memory (10 s), while the other tests run.
const idle = await startLatchkey();
const evicted = (async () => {
  const tenant = await newOrganization(idle, 'Idle');
  const { api } = tenant;
  const make = (body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Key', ...body }), 201);
  const [good, revoked, disabled, staging] = [await make(), await make(), await make(), await make({ environment: 'staging' })];
  const session = await ok(api.post('/v1/sessions', { name: 'Off' }), 201);
  const off = await ok(api.post(`/v1/sessions/${session.id}/api_keys`), 201);
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  await ok(api.patch(`/v1/api_keys/${disabled.id}`, { active: false }));
  await ok(api.patch(`/v1/sessions/${session.id}`, { status: 'disconnected' }));
  const other = await newOrganization(idle, 'Suspended');
  await ok(idle.operator.post(`/operator/organizations/${other.id}/suspend`));
  await codeOf(api, good.key);
  const { lastUsedAt } = await ok(api.get(`/v1/api_keys/${good.id}`));
  assert.ok(lastUsedAt);
  const { head } = await ok(api.get('/v1/audit_log'));
  return { api, other, lastUsedAt, head, good, expected: { [good.key]: 'VALID', [revoked.key]: 'REVOKED', [disabled.key]: 'DISABLED', [staging.key]: 'VALID', [off.key]: 'SESSION_DISCONNECTED' }, since: Date.now() };
})();

test('SIGKILL under load, six times: what was acknowledged is there, what was revoked is refused from the first request on', { timeout: 120_000 }, async () => {
  const latchkey = await startLatchkey();
  const tenant = await newOrganization(latchkey, 'Killed');
  const { api } = tenant;
  const alive = new Map<string, string>();
  const revoked = new Map<string, string>();
  let cutOff = 0;
  for (let round = 0; round < 6; round++) {
    let running = true;
    let acknowledged = 0;
    const environment = round % 2 ? 'staging' : undefined;
    const client = async () => {
      while (running) {
        try {
          const { id, key } = await ok(api.post('/v1/api_keys', { name: `Round ${round}`, environment }), 201);
          alive.set(id, key);
          if (acknowledged++ % 3) continue;
          alive.delete(id);
          await ok(api.delete(`/v1/api_keys/${id}`));
          revoked.set(id, key);
          acknowledged++;
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          cutOff++;
          return;
        }
      }
    };
    const clients = Promise.all(Array.from({ length: 6 }, client));
    for (const end = Date.now() + 8_000; acknowledged < 9 && Date.now() < end; ) await sleep(5);
    await sleep(7 * round);
    await latchkey.kill();
    running = false;
    await clients;
    await latchkey.restart();
    for (const [id, key] of revoked) await refused(checked(latchkey.api(key)).get('/v1/whoami'), 401, 'auth_key_revoked', id);
    const codes = await inParallel([...alive], 8, async ([, key]) => codeOf(api, key));
    assert.deepEqual(new Set(codes), new Set(['VALID']), `round ${round}`);
  }
  assert.ok(alive.size >= 30 && revoked.size >= 3, `only ${alive.size} and ${revoked.size}`);
  assert.ok(cutOff >= 6, `${cutOff}: nothing was under way when the runtime was killed`);

  // Within seconds the lists have heard of everything, and each change has its one line in the log.
  const listed = async () => new Map<string, string>((await ok(api.get('/v1/api_keys'))).map(({ id, status }: any) => [id, status]));
  for (let tries = 0; tries < 60; tries++) {
    const rows = await listed();
    if ([...alive.keys()].every((id) => rows.get(id) === 'active') && [...revoked.keys()].every((id) => rows.get(id) === 'revoked')) break;
    await sleep(100);
  }
  const rows = await listed();
  assert.deepEqual([...alive.keys()].filter((id) => rows.get(id) !== 'active'), []);
  assert.deepEqual([...revoked.keys()].filter((id) => rows.get(id) !== 'revoked'), []);
  const log: string[] = [];
  for (let cursor = ''; ; ) {
    const { data, pagination } = await ok(api.get(`/v1/audit_log?limit=1000${cursor}`));
    log.push(...data.map(({ action, target }: any) => `${action} ${target}`));
    if (!pagination.hasMore) break;
    cursor = `&cursor=${pagination.nextCursor}`;
  }
  const missing = [...[...alive.keys(), ...revoked.keys()].map((id) => `api_key.created ${id}`), ...[...revoked.keys()].map((id) => `api_key.revoked ${id}`)].filter((line) => log.filter((other) => other === line).length !== 1);
  assert.deepEqual(missing, []);
  await latchkey.kill();

  const rowsAndLines = inspect(latchkey, 'SessionObject', (database) => {
    assert.equal((database.prepare('PRAGMA integrity_check').get() as any).integrity_check, 'ok');
    const { keys } = database.prepare('SELECT count(*) AS keys FROM api_keys').get() as any;
    const { created } = database.prepare("SELECT count(*) AS created FROM audit_log WHERE entry ->> '$.action' = 'api_key.created'").get() as any;
    return [keys, created];
  });
  // The first key comes with its organization, whose line that is.
  assert.deepEqual(rowsAndLines.map(([keys, created]) => keys - created).sort(), [0, 1], 'as many keys as lines that report one, unacknowledged ones included');
  for (const className of ['SessionObject', 'OrganizationObject']) {
    inspect(latchkey, className, (database) => {
      let previous = '0'.repeat(64);
      for (const { seq, entry, hash } of database.prepare('SELECT seq, entry, hash FROM audit_log ORDER BY seq').all() as any[]) {
        previous = createHash('sha256').update(`${previous}\n${seq}\n${entry}\n`).digest('hex');
        assert.equal(hash, previous, `${className} ${seq}`);
      }
    });
  }
});

test('a creation whose answer the kill swallowed is taken up again by its Idempotency-Key: one key, and its secret', async () => {
  const latchkey = await startLatchkey();
  const { api } = await newOrganization(latchkey);
  const create = (at: number) => api.post('/v1/api_keys', { name: `Retried ${at}` }, { headers: { 'idempotency-key': `retried-after-kill-${at}` } });
  const attempts = Array.from({ length: 48 }, (_, at) => at);
  let answered = 0;
  const first = inParallel(attempts, 6, (at) => create(at).then(({ status, body }) => (answered++, status === 201 ? body.id : 'refused'), () => 'cut off'));
  for (const end = Date.now() + 5_000; answered < 10 && Date.now() < end; ) await sleep(1);
  await latchkey.kill();
  const before = await first;
  assert.ok(answered >= 10 && before.includes('cut off'), before.join());
  // A claim is free again half a minute after its request was last heard of: here, that has passed.
  for (const file of latchkey.sqliteFiles('SessionObject')) {
    const database = new DatabaseSync(file);
    database.exec('UPDATE claims SET busy_until = busy_until - 30000');
    database.close();
  }
  await latchkey.restart();
  const after = await inParallel(attempts, 4, async (at) => ok(create(at), 201));
  for (const at of attempts) {
    if (before[at] !== 'cut off') assert.equal(after[at].id, before[at]);
    assert.equal(await codeOf(api, after[at].key), 'VALID');
  }
  assert.equal((await ok(api.get('/v1/api_keys'))).length, 1 + attempts.length);
});

test('old root secrets behind a new one: ids and keys go on, new ones are made under the new; without the old they are unknown', async () => {
  const old = randomBytes(32).toString('hex');
  const fresh = randomBytes(32).toString('hex');
  const before = await startLatchkey({ vars: { ROOT_SECRETS: old } });
  const { api, key, id } = await newOrganization(before, 'Rotating secrets');
  const [kept, revoked] = [await ok(api.post('/v1/api_keys', { name: 'Kept' }), 201), await ok(api.post('/v1/api_keys', { name: 'Revoked' }), 201)];
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  await before.stop();
  const during = await startLatchkey({ persistDir: before.persistDir, vars: { ROOT_SECRETS: `${fresh}, ${old}` } });
  const now = checked(during.api(key));
  for (let round = 0; round < 2; round++) {
    assert.deepEqual([await codeOf(now, kept.key), await codeOf(now, revoked.key)], ['VALID', 'REVOKED']);
    assert.equal((await ok(now.get(`/v1/api_keys/${kept.id}`))).name, 'Kept');
    assert.equal((await ok(during.operator.get(`/operator/organizations/${id}`))).id, id);
    await during.restart();
  }
  const made = await ok(now.post('/v1/api_keys', { name: 'Under the new' }), 201);
  assert.deepEqual([await codeOf(now, made.key), (await ok(now.get('/v1/api_keys'))).length], ['VALID', 4]);
  await during.stop();
  const without = await startLatchkey({ persistDir: before.persistDir, vars: { ROOT_SECRETS: fresh } });
  for (const secret of [key, kept.key, revoked.key]) await refused(checked(without.api(secret)).get('/v1/whoami'), 401, 'auth_invalid_key');
  await without.stop();
});

const good = randomBytes(32).toString('hex');
for (const [what, ROOT_SECRETS] of [['no root secret', undefined], ['an empty one', ''], ['a short one', randomBytes(31).toString('hex')], ['one that is no hexadecimal', 'correct horse battery staple '.repeat(3)], ['the same one twice', `${good},${good}`], ['a good and a short one', `${good},abcd`]] as const) {
  test(`a deployment with ${what} answers 503 on every route; the reason is in the log alone`, async () => {
    const broken = await startLatchkey({ vars: { ROOT_SECRETS } });
    for (const [method, path] of [['GET', '/healthz'], ['GET', '/openapi.json'], ['GET', '/v1/whoami'], ['POST', '/v1/keys/verify'], ['GET', '/v1/api_keys'], ['POST', '/operator/organizations'], ['OPTIONS', '/v1/sessions'], ['GET', '/'], ['DELETE', '/nowhere']] as const) {
      for (const client of [broken.anyone, broken.operator]) {
        const reply = await client.send(method, path);
        assertEnvelope(reply, path);
        await refused(reply, 503, 'not_configured', path);
        // But for the request id, which is random letters.
        assert.doesNotMatch(reply.text.replace(/req_\w+/, ''), /root|secret|hex|pepper/i);
      }
    }
    const log = broken.logs().join('\n');
    assert.match(log, /ROOT_SECRETS|root secret/i);
    assert.ok(ROOT_SECRETS === undefined || ROOT_SECRETS === '' || !log.includes(ROOT_SECRETS.slice(0, 12)));
    assert.deepEqual(broken.sqliteFiles(), []);
    await broken.stop();
  });
}

test('twelve seconds without a request, so that every object leaves memory, change no answer', { timeout: 60_000 }, async () => {
  const { api, other, lastUsedAt, head, good: { id }, expected, since } = await evicted;
  await sleep(Math.max(0, since + 12_500 - Date.now()));
  assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).lastUsedAt, lastUsedAt);
  for (const [key, code] of Object.entries(expected)) assert.equal(await codeOf(api, key), code);
  await refused(other.api.get('/v1/whoami'), 401, 'auth_organization_suspended');
  assert.deepEqual((await ok(api.get('/v1/audit_log'))).head, head);
  await idle.kill();
  await idle.restart();
  assert.equal((await ok(api.get(`/v1/api_keys/${id}`))).lastUsedAt, lastUsedAt, 'nor does a kill');
});
