// What docs/OPERATIONS.md says of backups, done: KV is lost and made anew, the state directory is copied and started
// elsewhere, and state is set back to an earlier point in time without a revoked key coming back to life.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { newOrganization, ok, refused, type Tenant } from './support/acceptance.ts';
import { startLatchkey, type Latchkey } from './support/latchkey.ts';
import { converged, inKv, projection } from './support/projection.ts';
import { run } from './support/shell.ts';

const codeOf = async (api: Tenant['api'], key: string, consistency?: string) => (await ok(api.post('/v1/keys/verify', { key, consistency }))).code;
const restoreKv = (latchkey: Latchkey, ...args: string[]) => run(process.execPath, ['scripts/restore-kv.mjs', latchkey.url, ...args], { env: { OPERATOR_TOKEN: latchkey.operatorToken } });
const issue = (api: Tenant['api'], body: object = {}) => ok(api.post('/v1/api_keys', { name: 'Key', ...body }), 201);

/** An organization with a good key, a revoked one, and one of a session that was deleted. */
async function peopled(latchkey: Latchkey, name: string) {
  const tenant = await newOrganization(latchkey, name);
  const { api } = tenant;
  const [good, revoked] = [await issue(api), await issue(api)];
  await ok(api.delete(`/v1/api_keys/${revoked.id}`));
  const session = await ok(api.post('/v1/sessions', { name: 'Ended' }), 201);
  const ended = await ok(api.post(`/v1/sessions/${session.id}/api_keys`), 201);
  await ok(api.delete(`/v1/sessions/${session.id}`));
  return { ...tenant, good, expected: { [tenant.key]: 'VALID', [good.key]: 'VALID', [revoked.key]: 'REVOKED', [ended.key]: 'REVOKED' } };
}

test('KV is lost while the service runs: nobody notices, and one command makes it anew', { timeout: 60_000 }, async () => {
  const latchkey = await startLatchkey();
  const tenants = [await peopled(latchkey, 'First'), await peopled(latchkey, 'Second')];
  await converged(latchkey, 20);
  const before = await inKv(latchkey);
  assert.equal(Object.keys(before).length, 8);
  await (await latchkey.kv()).empty();
  assert.deepEqual(await inKv(latchkey), {});
  for (const { api, expected } of tenants) for (const [key, code] of Object.entries(expected)) assert.equal(await codeOf(api, key), code);
  for (let round = 0; round < 2; round++) {
    const { code, output } = await restoreKv(latchkey);
    assert.equal(code, 0, output);
    assert.match(output, /✓ 2 organizations, 4 sessions, 8 keys; 0 revoked, 0 sessions set back/);
    await converged(latchkey, 20);
    assert.deepEqual(await inKv(latchkey), before);
  }
  const one = await restoreKv(latchkey, '--organization', tenants[0]!.id);
  assert.match(one.output, /✓ 1 organizations, 2 sessions, 4 keys/);
  const stranger = await run(process.execPath, ['scripts/restore-kv.mjs', latchkey.url], { env: { OPERATOR_TOKEN: 'guess' } });
  assert.ok(stranger.code !== 0 && /401/.test(stranger.output), stranger.output);
  for (const { outbox } of [await ok(latchkey.operator.get(`/operator/organizations/${tenants[0]!.id}/metrics`)), await ok(latchkey.operator.get('/operator/metrics'))]) {
    assert.deepEqual([outbox.overdueSeconds, outbox.triedForSeconds], [0, 0]);
  }
});

test('the state directory of a stopped service, copied and started elsewhere under the same root secret, is the same service', { timeout: 60_000 }, async () => {
  const here = await startLatchkey();
  const { id, api, expected, good } = await peopled(here, 'Moved');
  await here.stop();
  const copy = mkdtempSync(join(dirname(here.persistDir), 'copy-'));
  cpSync(here.persistDir, copy, { recursive: true });
  const there = await startLatchkey({ persistDir: copy, vars: { ROOT_SECRETS: here.rootSecret } });
  const moved = there.api(Object.keys(expected)[0]!);
  for (const [key, code] of Object.entries(expected)) assert.equal(await codeOf(moved, key), code);
  assert.equal((await ok(there.operator.get(`/operator/organizations/${id}`))).name, 'Moved');
  await ok(moved.delete(`/v1/api_keys/${good.id}`));
  const made = await issue(moved);
  assert.deepEqual([await codeOf(moved, made.key), await codeOf(moved, good.key)], ['VALID', 'REVOKED']);
  await converged(there, 20);
  await there.stop();
  // Without the root secret the copy is worth nothing.
  const stolen = await startLatchkey({ persistDir: copy });
  for (const key of Object.keys(expected)) await refused(stolen.api(key).get('/v1/whoami'), 401, 'auth_invalid_key');
  // And where it came from goes on as it was.
  await here.restart();
  assert.equal(await codeOf(api, good.key), 'VALID');
});

test('state is set back to before a revocation: the key stays revoked, because KV knows', { timeout: 60_000 }, async () => {
  const latchkey = await startLatchkey();
  const { id, api, good } = await peopled(latchkey, 'Set back');
  const late = await issue(api);
  await converged(latchkey, 20);
  await latchkey.stop();
  const then = `${latchkey.persistDir}-then`;
  cpSync(join(latchkey.persistDir, 'do'), then, { recursive: true });
  await latchkey.restart();
  await ok(api.delete(`/v1/api_keys/${good.id}`));
  await ok(api.delete(`/v1/api_keys/${late.id}`));
  await converged(latchkey, 20);
  await latchkey.stop();
  // The objects as they were, and KV as it is.
  rmSync(join(latchkey.persistDir, 'do'), { recursive: true });
  renameSync(then, join(latchkey.persistDir, 'do'));
  await latchkey.restart();
  assert.equal(await codeOf(api, good.key, 'strict'), 'VALID', 'this is why the organization is suspended first');
  await ok(latchkey.operator.post(`/operator/organizations/${id}/suspend`));
  const { code, output } = await restoreKv(latchkey, '--organization', id);
  assert.equal(code, 0, output);
  assert.match(output, /2 revoked/);
  await ok(latchkey.operator.post(`/operator/organizations/${id}/resume`));
  for (const key of [good.key, late.key]) assert.deepEqual([await codeOf(api, key, 'strict'), await codeOf(api, key)], ['REVOKED', 'REVOKED']);
  const log = await ok(api.get('/v1/audit_log?action=api_key.revoked'));
  assert.deepEqual(log.data.filter(({ target, actor }: any) => target === good.id && actor.type === 'operator').length, 1);
  await converged(latchkey, 20);
  assert.ok(Object.values(projection(latchkey)).some((row) => row.startsWith(good.id) && row.endsWith('true')));
});
