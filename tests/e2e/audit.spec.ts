// The audit log as its owner uses it: where something was done, what was refused, a copy that anybody can check, and the
// changes that such a check finds. And the line that each request leaves in the log of the deployment.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newOrganization, newPerson, ok, refused, sleep } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const script = fileURLToPath(new URL('../../scripts/verify-audit.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What the script says of a copy. */
function check(copy: string, ...args: string[]): { passes: boolean; says: string } {
  const file = join(folder, 'audit.ndjson');
  writeFileSync(file, copy);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, file, ...args], { encoding: 'utf8' });
  return { passes: status === 0, says: stdout + stderr };
}

async function copyOf(key: string, query = ''): Promise<string> {
  const reply = await latchkey.fetch(`/v1/audit_log/export${query}`, { headers: { authorization: `Bearer ${key}` } });
  assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'application/x-ndjson']);
  return reply.text;
}

test('a copy of the log is whole wherever it is checked, and whatever is changed in it is found', async () => {
  const tenant = await newOrganization(latchkey, 'Audited');
  for (let nth = 0; nth < 20; nth++) await ok(tenant.api.post('/v1/api_keys', { name: `Key ${nth}` }), 201);
  const copy = await copyOf(tenant.key);
  const lines = copy.trimEnd().split('\n');
  assert.equal(lines.length, 24);
  assert.match(check(copy).says, /^✓ 22 entries, unbroken from 0:0{64} to 22:[0-9a-f]{64}\n$/);

  const without = (at: number) => lines.filter((_, place) => place !== at).join('\n');
  const replaced = (at: number, work: (line: any) => object) => lines.map((line, place) => (place === at ? JSON.stringify(work(JSON.parse(line))) : line)).join('\n');
  const swapped = [...lines];
  [swapped[5], swapped[6]] = [lines[6]!, lines[5]!];
  for (const [what, changed, says] of [
    ['a flipped byte', replaced(7, (line) => ({ ...line, entry: line.entry.replace('Key', 'Kez').replace('api_key.created', 'api_key.creatad') })), /line 8: entry 7 was changed/],
    ['another hash', replaced(7, (line) => ({ ...line, hash: line.hash.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0')) })), /line 8: entry 7 was changed/],
    ['a missing line', without(9), /line 10: is entry 10, not 9/],
    ['a moved line', swapped.join('\n'), /line 6: is entry 6, not 5/],
    ['no end', lines.slice(0, -1).join('\n'), /the end is missing/],
    ['entries missing at the end', [...lines.slice(0, 20), lines.at(-1)].join('\n'), /line 21: is another end/],
    ['another beginning', replaced(0, (line) => ({ ...line, hash: line.hash.replace(/^./, '1') })), /line 1: is not the beginning/],
    ['no beginning', lines.slice(1).join('\n'), /line 1: does not say where/],
    ['half a line', lines.slice(0, 5).join('\n').slice(0, -9), /is no JSON/],
    ['more after the end', [...lines, lines[1]].join('\n'), /more after the end/],
    ['nothing', '', /the end is missing/],
  ] as const) {
    const { passes, says: said } = check(changed);
    assert.ok(!passes && says.test(said), `${what}: ${said}`);
  }

  // Who has kept a place finds out a log that was written anew as a whole.
  const head = /to (\d+:[0-9a-f]{64})/.exec(check(copy).says)![1]!;
  await ok(tenant.api.post('/v1/api_keys', { name: 'One more' }), 201);
  const next = await copyOf(tenant.key, '?after=22');
  assert.match(check(next, '--from', head).says, /^✓ 1 entries/);
  assert.ok(!check(next, '--from', head.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))).passes);
  assert.ok(check(await copyOf(tenant.key), '--head', head).passes);
  assert.match(check(await copyOf((await newOrganization(latchkey, 'Another')).key), '--head', head).says, /written anew/);
});

test('the log of an account is copied and checked the same way', async () => {
  const person = await newPerson(latchkey);
  const reply = await person.api.get('/auth/audit_log/export');
  assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'application/x-ndjson']);
  assert.match(check(reply.text).says, /^✓ 1 entries, unbroken from 0:0{64} to 1:[0-9a-f]{64}\n$/);
});

test('an entry names its request and where it came from; a denial is one, once an hour', async () => {
  const person = await newPerson(latchkey);
  const weak = await ok(person.api.post(`${person.home}/api_keys`, { name: 'Weak', permissions: ['emails:send'] }), 201);
  const made = await latchkey.fetch(`/organizations/${person.organization.id}/api_keys/${weak.id}`, { method: 'DELETE', headers: { authorization: `Bearer ${person.accessToken}`, 'cf-connecting-ip': '203.0.113.9', 'cf-ipcountry': 'NL', 'user-agent': 'audit-spec/1' } });
  assert.equal(made.status, 200);
  const other = await ok(person.api.post(`${person.home}/api_keys`, { name: 'Weak, too', permissions: ['emails:send'] }), 201);
  for (let nth = 0; nth < 10; nth++) await refused(latchkey.api(other.key).get('/v1/api_keys'), 403, 'insufficient_permissions');
  let log: any[] = [];
  for (let tries = 0; tries < 40 && !log.some(({ action }) => action === 'access.denied'); tries++) {
    await sleep(100);
    log = (await ok(person.api.get(`${person.home}/audit_log?limit=100`))).data;
  }
  const revoked = log.find(({ action }) => action === 'api_key.revoked');
  assert.deepEqual([revoked.requestId, revoked.origin], [made.headers.get('x-request-id'), { ip: '203.0.113.9', country: 'NL', client: 'audit-spec/1' }]);
  const denied = log.filter(({ action }) => action === 'access.denied');
  assert.deepEqual(denied.map(({ actor, details }) => [actor.id, details]), [[other.id, ['insufficient_permissions', 'GET /v1/api_keys']]]);
});
