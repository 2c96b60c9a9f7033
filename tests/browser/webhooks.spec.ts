// Webhooks in the dashboard, with a receiver that listens: made, tested, changed, failing, replayed, rotated, switched off.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { ok } from '../e2e/support/acceptance.ts';
import { recordSecret } from '../e2e/support/canary.ts';
import { accessible, copied, fits, quiet, startDashboard, type Page } from './support/browser.ts';
import { heading, joined, newHouse, until } from './support/house.ts';

interface Message { path: string; headers: IncomingHttpHeaders; text: string }
const messages: Message[] = [];
/** What is answered, by path; else 204. */
const answers = new Map<string, number>();
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    messages.push({ path: request.url!, headers: request.headers, text });
    response.writeHead(answers.get(request.url!) ?? 204).end();
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const receiver = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
const sentTo = (path: string, count: number) => until(async () => messages.filter((message) => message.path === path), (sent) => sent.length >= count, path);
const takes = (secret: string, { text, headers }: Message) => new Webhook(secret).verify(text, headers as Record<string, string>);

const dashboard = await startDashboard({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });
const house = await newHouse(dashboard, 'Hooks house');
const { api, home, at, owner } = house;

/** Copies the secret that a dialog shows once. */
async function taken(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  const secret = await copied(page);
  assert.match(secret, /^whsec_/);
  recordSecret(secret.slice('whsec_'.length));
  return secret;
}

const kept = (page: Page) => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, location.href, history.state]));

async function listening(path: string, events?: string[]): Promise<any> {
  const endpoint = await ok(api.post(`${home}/webhook_endpoints`, { url: receiver + path, events }), 201);
  recordSecret(endpoint.secret.slice('whsec_'.length));
  return endpoint;
}

test('an endpoint is made with the events that it wants; its secret is shown once and verifies what is sent', async () => {
  const page = await dashboard.open({ as: owner, path: at('webhooks') });
  await page.getByText('Nobody is told anything yet').waitFor();
  await accessible(page, 'no webhooks');
  await page.getByRole('button', { name: 'New endpoint' }).first().click();
  await accessible(page, 'a new endpoint');
  await page.getByLabel('URL').fill('https://10.0.0.1/in');
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await page.locator('dialog .wrong', { hasText: 'URL' }).waitFor();
  await page.getByLabel('URL').fill(`${receiver}/made`);
  await page.getByLabel('Description').fill('Key cache');
  await page.getByRole('radio', { name: 'Only some' }).check();
  await page.getByRole('checkbox', { name: 'api_key.created' }).check();
  await page.getByRole('checkbox', { name: 'session.deleted' }).check();
  await accessible(page, 'choosing events');
  await page.getByRole('button', { name: 'Create endpoint' }).click();
  await page.getByText('It is shown this once.').waitFor();
  await accessible(page, 'the secret of an endpoint');
  // Closing without having copied it is asked about.
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('You have not copied it.').waitFor();
  await accessible(page, 'leaving a secret behind');
  const secret = await taken(page);
  await page.getByRole('button', { name: 'Done' }).click();
  await heading(page, 'Key cache');
  const { data: [endpoint] } = await ok(api.get(`${home}/webhook_endpoints`));
  assert.deepEqual([endpoint.url, endpoint.description, [...endpoint.events].sort()], [`${receiver}/made`, 'Key cache', ['api_key.created', 'session.deleted']]);
  for (const act of [async () => {}, () => page.reload()]) {
    await act();
    await quiet(page);
    assert.ok(!(await kept(page)).includes(secret.slice('whsec_'.length)), 'nothing of the secret is left');
  }
  await ok(api.post(`${home}/api_keys`, { name: 'Told' }), 201);
  const [message] = await sentTo('/made', 1);
  takes(secret, message!);
});

test('a test is delivered, its payload can be read, and it is sent once more', async () => {
  const { id, secret } = await listening('/tested');
  const page = await dashboard.open({ as: owner, path: at(`webhooks/${id}`) });
  await page.getByText('Nothing was sent yet').waitFor();
  await accessible(page, 'an endpoint without deliveries');
  await page.getByRole('button', { name: 'Send a test' }).click();
  const row = page.getByRole('row').filter({ hasText: 'webhook.test' });
  await row.getByText('delivered').waitFor();
  const [message] = await sentTo('/tested', 1);
  takes(secret, message!);
  await accessible(page, 'an endpoint');
  await row.getByRole('button', { name: 'View' }).click();
  const body = page.getByRole('dialog').locator('pre');
  await body.waitFor();
  assert.deepEqual(JSON.parse(await body.innerText()), JSON.parse(message!.text));
  await accessible(page, 'a delivery');
  await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
  const [, again] = await sentTo('/tested', 2);
  assert.equal(again!.headers['webhook-id'], message!.headers['webhook-id']);
  takes(secret, again!);
});

test('what fails is shown with its answer, found by its status, and the endpoint can be changed and switched off', async () => {
  const { id } = await listening('/failing', ['*']);
  answers.set('/failing', 500);
  const page = await dashboard.open({ as: owner, path: at(`webhooks/${id}`) });
  await page.getByRole('button', { name: 'Send a test' }).click();
  const row = page.getByRole('row').filter({ hasText: 'webhook.test' });
  await row.getByText('500').waitFor();
  await page.getByText('It takes nothing since').waitFor();
  await accessible(page, 'a failing endpoint');
  await page.getByRole('radio', { name: 'Delivered' }).check();
  await page.getByText('No delivery is delivered').waitFor();
  assert.match(page.url(), /status=delivered/);
  await page.getByRole('radio', { name: 'All' }).check();
  await row.waitFor();
  answers.delete('/failing');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('radio', { name: 'Only some' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').getByRole('alert').first().waitFor();
  await page.getByRole('checkbox', { name: 'member.added' }).check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The endpoint is changed.').waitFor();
  assert.deepEqual((await ok(api.get(`${home}/webhook_endpoints/${id}`))).events, ['member.added']);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Enable' }).waitFor();
  assert.equal((await ok(api.get(`${home}/webhook_endpoints/${id}`))).active, false);
  await accessible(page, 'a disabled endpoint');
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByRole('button', { name: 'Send a test' }).waitFor();
  assert.equal((await ok(api.get(`${home}/webhook_endpoints/${id}`))).active, true);
});

test('a new secret is shown once and signs beside the old one; deleted, the endpoint is gone', async () => {
  const { id, secret } = await listening('/rotated');
  const page = await dashboard.open({ as: owner, path: at(`webhooks/${id}`) });
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Rotate the secret' }).click();
  await accessible(page, 'rotating a secret');
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  await page.getByText('It is shown this once.').waitFor();
  const next = await taken(page);
  assert.notEqual(next, secret);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('The one before signs as well').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  const [message] = await sentTo('/rotated', 1);
  takes(secret, message!);
  takes(next, message!);
  assert.ok(!(await kept(page)).includes(next.slice('whsec_'.length)));
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await accessible(page, 'deleting an endpoint');
  await page.getByRole('button', { name: 'Delete endpoint' }).click();
  await heading(page, 'Webhooks');
  assert.equal((await api.get(`${home}/webhook_endpoints/${id}`)).status, 404);
});

test('a viewer has no webhooks, and everything fits 320 px', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  const looking = await dashboard.open({ as: viewer, path: at('webhooks') });
  await heading(looking, 'Not for your role');
  assert.equal(await looking.getByRole('link', { name: 'Webhooks' }).count(), 0);
  const { id } = await listening(`/${'long'.repeat(30)}`);
  await ok(api.post(`${home}/webhook_endpoints/${id}/test`), 202);
  const page = await dashboard.open({ as: owner, path: at('webhooks'), width: 320, height: 640 });
  await page.getByRole('link', { name: /127/ }).first().waitFor();
  await fits(page, 'webhooks');
  await page.goto(at(`webhooks/${id}`));
  await page.getByRole('button', { name: 'View' }).first().click();
  await page.getByRole('dialog').locator('pre').waitFor();
  await fits(page, 'an endpoint');
  await accessible(page, 'a delivery in a small window');
});
