// The end of an organization: its keys are dead when DELETE answers, it can be copied out for as long as is said, and then
// nothing of it is left.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { base62, checked, newPerson, ok, refused, sleep } from './support/acceptance.ts';
import { filesBelow } from './support/canary.ts';
import { startLatchkey, type Latchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const gate = async (key: string) => { const { status, body: { code } } = await checked(latchkey.api(key)).get('/v1/whoami'); return `${status} ${code}`; };

/** What others are told of arrives within seconds. */
async function eventually<T>(look: () => Promise<T>, isRight: (seen: T) => boolean): Promise<T> {
  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const seen = await look();
    if (isRight(seen) || Date.now() > end) return seen;
  }
}

test('a deleted organization: every key is dead when DELETE answers, it can be copied out until its data goes, and people go on', async () => {
  const owner = await newPerson(latchkey, { organizationName: 'Short-lived' });
  const { token } = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'viewer' }), 201);
  const guest = await newPerson(latchkey, { invitation: token });
  const kept = await ok(owner.api.post('/organizations', { name: 'Kept' }), 201);
  assert.deepEqual((await ok(owner.api.get('/organizations'))).data.map(({ name, role }: any) => [name, role]), [['Short-lived', 'owner'], ['Kept', 'owner']]);
  const session = await ok(owner.api.post(`${owner.home}/sessions`, { name: 'A session', environment: 'staging' }), 201);
  const keys = [owner.apiKey, await ok(owner.api.post(`${owner.home}/api_keys`, { name: 'Development', environment: 'development' }), 201), await ok(owner.api.post(`${owner.home}/sessions/${session.id}/api_keys`, {}), 201)];
  for (const { key } of keys) assert.equal(await gate(key), '200 VALID');
  const copy = async () => {
    const reply = await owner.api.post(`${owner.home}/export`);
    assert.equal(reply.headers.get('content-disposition'), `attachment; filename="${owner.organization.id}.json"`);
    assert.doesNotMatch(reply.text, /hash:|"key":|lk(at|iv|pr)_|argon2/);
    for (const { key } of keys) assert.ok(!reply.text.includes(key.slice(-40, -6)));
    return ok(reply);
  };
  const names = { members: ({ email }: any) => email, invitations: ({ role }: any) => role, sessions: ({ name }: any) => name, apiKeys: ({ name }: any) => name };
  const contents = (copied: any) => Object.fromEntries(Object.entries(names).map(([part, name]) => [part, copied[part].map(name).sort()]));
  const before = await eventually(copy, ({ apiKeys }) => apiKeys.length === 3);
  assert.deepEqual(Object.keys(before), ['organization', 'members', 'invitations', 'sessions', 'apiKeys', 'domains', 'webhookEndpoints', 'gatewayRoutes', 'alertRules', 'alerts', 'auditLog']);
  assert.deepEqual(contents(before).members, [guest.email, owner.email].sort());
  assert.ok(contents(before).sessions.includes('A session') && contents(before).apiKeys.includes('Development'));

  const deleted = await ok(owner.api.delete(owner.home));
  assert.deepEqual(await Promise.all(keys.map(({ key }) => gate(key))), Array(3).fill('401 auth_key_revoked'), 'dead when DELETE answers');
  assert.equal(deleted.status, 'deleted');
  assert.equal(Date.parse(deleted.erasedAt) - Date.parse(deleted.deletedAt), 30 * 24 * 3600_000, 'kept for as long as is said');
  const after = await copy();
  assert.deepEqual(contents(after), contents(before));
  const noted = after.auditLog.map(({ action }: any) => action);
  assert.equal(noted[0], 'organization.exported');
  assert.ok(noted.includes('organization.deleted'));
  await refused(guest.api.post(`${owner.home}/export`), 403, 'insufficient_role');
  for (const [method, path, body] of [['PATCH', '', { name: 'x' }], ['POST', '/invitations', { role: 'viewer' }], ['POST', '/sessions', { name: 'x' }], ['POST', '/transfer', { userId: guest.user.id }]] as const) {
    await refused(owner.api.send(method, `${owner.home}${path}`, { body }), 409, 'organization_deleted', path);
  }
  await ok(owner.api.delete(owner.home));
  assert.equal(await gate(kept.apiKey.key), '200 VALID');
  await ok(latchkey.anyone.post('/auth/login', { email: owner.email, password: owner.password }));
});

/** Where any of the texts is, as `class: text`: in a row of any object's database, or anywhere in KV. */
function rowsWith(latchkey: Latchkey, texts: Record<string, string>): string[] {
  const found = new Set<string>();
  const look = (room: string, content: string) => {
    for (const [what, text] of Object.entries(texts)) if (content.includes(text)) found.add(`${room}: ${what}`);
  };
  // A copy: the originals are in use.
  const copy = mkdtempSync(join(tmpdir(), 'latchkey-store-'));
  try {
    cpSync(latchkey.persistDir, copy, { recursive: true });
    const files = filesBelow(copy);
    for (const file of files.filter((file) => file.endsWith('.sqlite'))) {
      const database = new DatabaseSync(file);
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
      for (const { name } of tables) {
        const rows = database.prepare(`SELECT * FROM "${name}"`);
        rows.setReadBigInts(true);
        look(room(file), JSON.stringify(rows.all(), (_, value) => (typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)));
      }
      database.close();
    }
    for (const file of files.filter((file) => !/\.sqlite(-\w+)?$/.test(file))) look(room(file), readFileSync(file, 'latin1'));
  } finally {
    rmSync(copy, { recursive: true });
  }
  return [...found].sort();
}

const room = (file: string) => /(Session|Organization|Account|Directory)Object/.exec(file)?.[0] ?? 'elsewhere';

const hasty = await startLatchkey({ vars: { ORGANIZATION_RETENTION_DAYS: '0' } });
const word = (what: string) => `${what}${base62(16)}`;
const texts = { organization: word('Org'), session: word('Session'), key: word('Key'), metadata: word('meta'), externalId: word('ext'), invited: `${word('invited').toLowerCase()}@example.com`, guest: `${word('guest').toLowerCase()}@example.com`, first: word('First'), last: word('Last') };
/** The account of the guest goes on, and with it name and address. */
const kept = ['AccountObject: first', 'AccountObject: guest', 'AccountObject: last', 'DirectoryObject: guest'];

test('with no days of grace no row is left of a deleted organization within seconds, in any object or KV', { timeout: 60_000 }, async () => {
  const owner = await newPerson(hasty, { organizationName: texts.organization });
  const home = owner.home;
  const session = await ok(owner.api.post(`${home}/sessions`, { name: texts.session }), 201);
  const key = await ok(owner.api.post(`${home}/sessions/${session.id}/api_keys`, { name: texts.key, metadata: { note: texts.metadata }, externalId: texts.externalId }), 201);
  await ok(owner.api.post(`${home}/invitations`, { role: 'viewer', email: texts.invited }), 201);
  const { token } = await ok(owner.api.post(`${home}/invitations`, { role: 'viewer', email: texts.guest }), 201);
  const guest = await newPerson(hasty, { email: texts.guest, firstName: texts.first, lastName: texts.last, invitation: token });
  await ok(hasty.api(key.key).get('/v1/whoami'));
  const before = await eventually(async () => rowsWith(hasty, texts), (found) => found.includes('OrganizationObject: key') && found.includes('DirectoryObject: organization'));
  for (const what of Object.keys(texts)) assert.ok(before.includes(`OrganizationObject: ${what}`), `${what} was nowhere: the look is blind\n${before.join('\n')}`);
  for (const place of ['SessionObject: key', 'SessionObject: session', 'AccountObject: organization', 'DirectoryObject: organization']) assert.ok(before.includes(place), place);

  await ok(owner.api.delete(home));
  const dead = async () => assert.match((await checked(hasty.api(key.key)).get('/v1/whoami')).body.code, /^auth_(key_revoked|invalid_key)$/);
  await dead();
  assert.deepEqual(await eventually(async () => rowsWith(hasty, texts), (found) => found.length <= kept.length), kept);
  await hasty.restart();
  await dead();
  for (const [{ api }, what] of [[owner, 'owner'], [guest, 'guest']] as const) {
    await refused(api.get(home), 404, 'organization_not_found', what);
    await refused(api.post(`${home}/export`), 404, 'organization_not_found', what);
    assert.deepEqual((await ok(api.get('/organizations'))).data, [], what);
  }
  assert.deepEqual(rowsWith(hasty, texts), kept, 'nor does it come back');
  await hasty.stop();
});
