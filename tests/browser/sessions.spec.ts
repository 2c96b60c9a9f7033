// Sessions in the dashboard: made, looked at, changed, disconnected, their keys revoked, deleted. What a page says has
// happened is asked of the service.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '../e2e/support/acceptance.ts';
import { accessible, fits, quiet, startDashboard, textOf } from './support/browser.ts';
import { heading, joined, newHouse, until, verified } from './support/house.ts';

const dashboard = await startDashboard();
const house = await newHouse(dashboard, 'Sessions house');
const { api, home, at, owner } = house;
const sessionCalled = async (name: string) => (await ok(api.get(`${home}/sessions?limit=50`))).data.find((session: any) => session.name === name);

test('a session is made with limits, and the service has all of it', async () => {
  const page = await dashboard.open({ as: owner, path: at('sessions') });
  await heading(page, 'Sessions');
  await page.getByText('Only the default session so far').waitFor();
  await page.getByText('idle').waitFor();
  await accessible(page, 'sessions, only the default one');
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByText('Limits, consistency and region').click();
  await page.getByRole('button', { name: 'Add a limit' }).click();
  await accessible(page, 'a new session');
  // What is wrong is said at the field that is wrong.
  await page.getByLabel('Name of limit 1').fill('No Good');
  await page.getByRole('button', { name: 'Create session' }).click();
  await page.locator('.limit-row .wrong').waitFor();
  await page.locator('dialog .field.wrong', { hasText: 'Name' }).first().waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Customer <b>A</b>');
  await page.getByLabel('Environment').selectOption('staging');
  await page.getByLabel('Name of limit 1').fill('hourly');
  await page.getByLabel('Requests', { exact: true }).fill('40');
  await page.getByLabel('Within a').selectOption('3600000');
  await page.getByLabel('Consistency').selectOption('strict');
  await page.getByLabel('When a key leaks').selectOption('revoke');
  await page.getByLabel('Region').selectOption('weur');
  await page.getByRole('button', { name: 'Create session' }).click();
  await heading(page, 'Customer <b>A</b>');
  const made = await sessionCalled('Customer <b>A</b>');
  assert.ok(page.url().endsWith(at(`sessions/${made.id}`)));
  assert.deepEqual(
    [made.environment, made.region, made.leakPolicy, made.consistency.mode, made.rateLimits, made.status],
    ['staging', 'weur', 'revoke', 'strict', [{ name: 'hourly', limit: 40, windowMs: 3_600_000 }], 'connected'],
  );
});

test('a session shows its health with reasons, its settings, and what is used of its limits', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Measured', environment: 'production', rateLimits: [{ name: 'minute', limit: 25, windowMs: 60_000 }] }), 201);
  const { key } = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, {}), 201);
  for (let n = 0; n < 30; n++) await verified(house, key);
  const page = await dashboard.open({ as: owner, path: at(`sessions/${session.id}`) });
  await heading(page, 'Measured');
  await page.getByText(/left of one of its rate limits/).waitFor();
  await page.locator('.page-head .pill', { hasText: 'degraded' }).waitFor();
  assert.match(await textOf(page), /minute, a minute\s+2\d of 25/);
  assert.match(await textOf(page), /Consistency\s+Leased, for 5,000 ms at a time/);
  assert.match(await textOf(page), /When a key leaks\s+Tell us/);
  assert.match(await textOf(page), /Keys\s+1 active/);
  await accessible(page, 'a session');
  await until(async () => (await ok(api.get(`${home}/sessions/${session.id}/usage`))).totals.requests, (requests) => requests === 30, 'counted');
  await page.getByRole('tab', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'Outcomes' }).waitFor();
  assert.match(page.url(), /tab=usage/);
  await page.locator('.stat', { hasText: 'Requests' }).getByText('30', { exact: true }).waitFor();
  assert.match(await textOf(page), /A rate limit was reached/);
  await page.getByText('Show as a table').first().click();
  await page.getByRole('region', { name: /by outcome, as a table/ }).waitFor();
  await page.locator('canvas').first().waitFor();
  await accessible(page, 'the usage of a session');
  await page.getByRole('radio', { name: 'Custom' }).check();
  await page.getByLabel('First day').waitFor();
  assert.match(page.url(), /period=custom/);
  await accessible(page, 'a time of one’s own');
  await page.goBack();
});

test('what the plan allows stands beside what is used of it', async () => {
  const small = await newHouse(dashboard, 'Small house');
  await ok(small.api.patch(small.home, { plan: 'free' }));
  const { defaultSessionId } = await ok(small.api.get(small.home));
  await ok(small.api.post(`${small.home}/sessions/${defaultSessionId}/api_keys`, {}), 201);
  const { key } = await ok(small.api.post(`${small.home}/sessions/${defaultSessionId}/api_keys`, {}), 201);
  await dashboard.latchkey.api(key).get('/v1/whoami');
  const page = await dashboard.open({ as: small.owner, path: small.at(`sessions/${defaultSessionId}`) });
  await page.getByRole('meter', { name: 'Requests of the organization, a minute' }).waitFor();
  assert.equal(await page.getByRole('meter', { name: 'Keys' }).getAttribute('aria-valuetext'), '3 of 3');
  assert.match(await textOf(page), /Requests of the organization, a minute\s+[1-9]\d* of 60/);
  assert.match(await textOf(page), /Plan: free · 3 keys in a session, 60 requests a minute/);
  await accessible(page, 'a session at the limit of its plan');
});

test('editing sends what has changed: name, limits, consistency and what a leak does', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Before', environment: 'development' }), 201);
  const page = await dashboard.open({ as: owner, path: at(`sessions/${session.id}`) });
  await page.getByRole('button', { name: 'Edit' }).click();
  await accessible(page, 'changing a session');
  await page.getByLabel('Name', { exact: true }).fill('After');
  await page.getByLabel('Consistency').selectOption('edge');
  await page.getByLabel('A location decides for (ms)').fill('70000');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('dialog .wrong', { hasText: 'A location decides' }).waitFor();
  await page.getByLabel('A location decides for (ms)').fill('8000');
  await page.getByLabel('When a key leaks').selectOption('disable');
  await page.getByRole('button', { name: 'Add a limit' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await heading(page, 'After');
  const changed = await ok(api.get(`${home}/sessions/${session.id}`));
  assert.deepEqual([changed.name, changed.consistency, changed.leakPolicy], ['After', { mode: 'edge', ttlMs: 8000, staleSeconds: 0 }, 'disable']);
  assert.deepEqual(changed.rateLimits, [{ name: 'minute', limit: 100, windowMs: 60_000 }]);
  const { data: [entry] } = await ok(api.get(`${home}/audit_log?action=session.updated&target=${session.id}`));
  assert.ok(!entry.details.includes('status'), entry.details);
});

test('disconnected, its keys are refused; connected, they work again', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Switched', environment: 'production' }), 201);
  const { key } = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, {}), 201);
  assert.equal((await verified(house, key)).code, 'VALID');
  const page = await dashboard.open({ as: owner, path: at(`sessions/${session.id}`) });
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await accessible(page, 'disconnecting');
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await page.getByText('This session is disconnected').waitFor();
  assert.equal((await verified(house, key)).code, 'SESSION_DISCONNECTED');
  await accessible(page, 'a disconnected session');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: 'Disconnect' }).waitFor();
  assert.equal((await verified(house, key)).code, 'VALID');
  // The one that an organization always has cannot be switched off.
  const standing = await ok(api.get(`${home}`));
  await page.goto(at(`sessions/${standing.defaultSessionId}`));
  await page.getByRole('button', { name: 'Edit' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Disconnect' }).count() + await page.getByRole('button', { name: 'More actions' }).count(), 0);
});

test('the tab of its keys: eight characters of the id, states, generating, and revoking one at once', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Keyed', environment: 'production' }), 201);
  const page = await dashboard.open({ as: owner, path: at(`sessions/${session.id}`) });
  await page.getByRole('tab', { name: 'API Keys' }).click();
  await page.getByText('No keys in this session yet').waitFor();
  await accessible(page, 'a session without keys');
  const generate = page.getByRole('link', { name: 'Generate New Key' }).first();
  assert.equal(await generate.getAttribute('href'), `${at('keys')}?session=${session.id}&create=1`);
  const made = await dashboard.open({ as: owner, path: at(`sessions/${session.id}?tab=keys`) });
  await made.getByRole('link', { name: 'Generate New Key' }).first().click();
  const form = made.getByRole('dialog');
  assert.equal(await form.getByLabel('Belongs to').inputValue(), 'session');
  assert.equal(await form.getByLabel('Session', { exact: true }).inputValue(), session.id);
  assert.ok(!made.url().includes('create='), 'a reload asks for no second key');
  await form.getByLabel('Name', { exact: true }).fill('Generated');
  await form.getByRole('button', { name: 'Create key' }).click();
  await made.getByRole('heading', { name: 'Your new key' }).waitFor();
  assert.deepEqual((await ok(api.get(`${home}/sessions/${session.id}/api_keys`))).map(({ name }: any) => name), ['Generated']);
  await made.close();
  const first = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, { name: 'First' }), 201);
  const second = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, { name: 'Second' }), 201);
  await verified(house, second.key);
  await page.reload();
  const row = page.getByRole('row').filter({ hasText: 'First' });
  await row.getByText(first.id.slice('key_'.length).slice(0, 8)).or(row.getByText(first.shortId)).first().waitFor();
  assert.equal(first.shortId.length, 8);
  assert.match(await row.innerText(), /Never[\s\S]*Active/);
  await row.getByRole('button', { name: 'Revoke' }).click();
  await accessible(page, 'revoking a key of a session');
  const revoke = page.getByRole('dialog').getByRole('button', { name: 'Revoke key' });
  assert.ok(await revoke.isDisabled(), 'only once it is typed');
  await page.getByLabel(`Type ${first.shortId} to go on`).fill(first.shortId);
  await revoke.click();
  await row.getByText('Revoked').waitFor();
  assert.equal((await verified(house, first.key)).code, 'REVOKED');
  assert.equal((await verified(house, second.key)).code, 'VALID');
  await accessible(page, 'the keys of a session');
  assert.ok(!(await page.content()).includes(first.key.slice(8, 40)));
});

test('deleting wants its name; then its keys are revoked and it is not found', async () => {
  const session = await ok(api.post(`${home}/sessions`, { name: 'Short lived', environment: 'production' }), 201);
  const { key } = await ok(api.post(`${home}/sessions/${session.id}/api_keys`, {}), 201);
  const page = await dashboard.open({ as: owner, path: at(`sessions/${session.id}`) });
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete session' }).click();
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Delete session' });
  await page.getByLabel('Type Short lived to go on').fill('Short');
  assert.ok(await remove.isDisabled());
  await accessible(page, 'deleting a session');
  await page.getByLabel('Type Short lived to go on').fill('Short lived');
  await remove.click();
  await heading(page, 'Sessions');
  assert.equal((await verified(house, key)).code, 'REVOKED');
  assert.equal((await sessionCalled('Short lived'))?.status ?? 'deleted', 'deleted');
  await page.goto(at('sessions/ses_0000000000000000000000'));
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('heading', { name: 'Session not found' }).waitFor();
  await accessible(page, 'a session that is not there');
});

test('a viewer sees everything of a session and nothing to change it with', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  const session = await ok(api.post(`${home}/sessions`, { name: 'Looked at', environment: null }), 201);
  await ok(api.post(`${home}/sessions/${session.id}/api_keys`, { name: 'Seen' }), 201);
  const page = await dashboard.open({ as: viewer, path: at('sessions') });
  await page.getByRole('link', { name: 'Looked at' }).waitFor();
  assert.equal(await page.getByRole('button', { name: /New session|Add a session/ }).count(), 0);
  await page.getByRole('link', { name: 'Looked at' }).click();
  await heading(page, 'Looked at');
  await page.getByRole('tab', { name: 'API Keys' }).click();
  await page.getByText('Seen').waitFor();
  const controls = /Edit|Disconnect|More actions|Revoke|Generate/;
  assert.equal(await page.getByRole('button', { name: controls }).count() + await page.getByRole('link', { name: controls }).count(), 0);
});

test('many sessions come page after page, and everything fits 320 px', async () => {
  const other = await newHouse(dashboard, 'Many sessions');
  for (let n = 0; n < 27; n++) await ok(other.api.post(`${other.home}/sessions`, { name: `Customer ${n}` }), 201);
  const page = await dashboard.open({ as: other.owner, path: other.at('sessions'), width: 320, height: 640 });
  await page.getByRole('button', { name: 'Load more' }).click();
  await page.getByText('Customer 0', { exact: true }).waitFor();
  assert.equal(await page.getByRole('row').count(), 1 + 28);
  await fits(page, 'sessions');
  const { data: [session] } = await ok(other.api.get(`${other.home}/sessions`));
  for (const tab of ['overview', 'keys', 'usage']) {
    await page.goto(`${other.at(`sessions/${session.id}`)}?tab=${tab}`);
    await page.getByRole('tabpanel').waitFor();
    await quiet(page);
    await fits(page, `a session, ${tab}`);
  }
  await page.goto(other.at('sessions'));
  await page.getByRole('button', { name: 'New session' }).click();
  await page.getByText('Limits, consistency and region').click();
  await page.getByRole('button', { name: 'Add a limit' }).click();
  await fits(page, 'a new session');
  await accessible(page, 'a new session in a small window');
});
