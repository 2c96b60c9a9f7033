// The gateway in the dashboard, with an origin that listens: a route made, asked through, changed, switched off, rotated, deleted.
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { after, test } from 'node:test';
import { originVerifier } from '../../clients/typescript/src/origin.ts';
import { ok } from '../e2e/support/acceptance.ts';
import { recordSecret } from '../e2e/support/canary.ts';
import { accessible, copied, fits, quiet, startDashboard, textOf, type Page } from './support/browser.ts';
import { heading, joined, newHouse } from './support/house.ts';
import { nowhere } from './support/kept.ts';

interface Seen { method: string; url: string; headers: IncomingHttpHeaders }
const seen: Seen[] = [];
const server = createServer((request, response) => {
  seen.push({ method: request.method!, url: request.url!, headers: request.headers });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ asked: request.url }));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => { server.closeAllConnections(); server.close(); });
const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;

const dashboard = await startDashboard({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });
const house = await newHouse(dashboard, 'Gated house');
const { api, home, at, owner } = house;
const customer = await ok(api.post(`${home}/api_keys`, { name: 'Customer', permissions: ['orders:read'] }), 201);

const dialog = (page: Page) => page.getByRole('dialog');
const ask = async (address: string) => {
  const answer = await fetch(address, { headers: { authorization: `Bearer ${customer.key}` } });
  return { status: answer.status, body: (await answer.json()) as { asked?: string; code?: string } };
};
const address = (path: string) => `${dashboard.latchkey.url}/gateway/${owner.organization.id}${path}`;

/** Copies the secret that a dialog shows once. */
async function taken(page: Page): Promise<string> {
  await page.getByText('It is shown this once.').waitFor();
  await dialog(page).getByRole('button', { name: 'Copy', exact: true }).click();
  const secret = await copied(page);
  assert.match(secret, /^gwsec_/);
  recordSecret(secret.slice('gwsec_'.length));
  return secret;
}

async function routed(path: string, more: object = {}): Promise<any> {
  const route = await ok(api.post(`${home}/gateway_routes`, { path, origin, ...more }), 201);
  recordSecret(route.secret.slice('gwsec_'.length));
  return route;
}

async function chosen(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a route is made, what is wrong is said at its field, its secret is shown once, and a key gets through', async () => {
  const page = await dashboard.open({ as: owner, path: at() });
  await page.getByRole('link', { name: 'Gateway' }).click();
  await heading(page, 'Gateway');
  await page.getByText('Nothing stands behind the gateway yet').waitFor();
  assert.match(await textOf(page), /curl http:.*\/v1\/gateway_routes/);
  await accessible(page, 'no routes');
  await routed('/taken');
  await page.getByRole('button', { name: 'New route' }).first().click();
  const create = () => dialog(page).getByRole('button', { name: 'Create route' }).click();
  const wrong = (label: string, text: RegExp) => page.locator('dialog .wrong', { hasText: label }).getByText(text).waitFor();
  await page.getByLabel('Path', { exact: true }).fill('orders');
  await page.getByLabel('Origin', { exact: true }).fill('https://10.0.0.1/');
  await page.getByLabel('Permissions').fill('orders:read\nOrders');
  await create();
  await wrong('Path', /Must begin with a slash/);
  await wrong('Origin', /Must/);
  await wrong('Permissions', /Entry 2/);
  await accessible(page, 'a route that is wrong');
  await page.getByText('Which keys, cost, consistency and patience').click();
  await page.getByLabel('Patience with the origin (ms)').fill('soon');
  await page.getByLabel('Path', { exact: true }).fill('/taken');
  await page.getByLabel('Origin', { exact: true }).fill(origin);
  await page.getByLabel('Permissions').fill('orders:read');
  await create();
  await wrong('Patience', /Must/);
  await page.getByLabel('Patience with the origin (ms)').fill('9000');
  await page.getByLabel('Description').fill('Orders, for customers');
  await create();
  await wrong('Path', /that of another route/);
  await page.getByLabel('Path', { exact: true }).fill('/orders');
  await dialog(page).getByText(`${origin}/orders/7`).waitFor();
  await create();
  await page.getByText('It is shown this once.').waitFor();
  await accessible(page, 'the secret of a route');
  // Closing without having copied it is asked about.
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await page.getByText('You have not copied it.').waitFor();
  const secret = await taken(page);
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await heading(page, '/orders');
  const { data: [route] } = await ok(api.get(`${home}/gateway_routes`));
  assert.deepEqual([route.path, route.permissions, route.timeoutMs, route.description, route.stripPath, route.sessionId], ['/orders', ['orders:read'], 9000, 'Orders, for customers', false, null]);
  await page.getByRole('button', { name: `Copy ${address('/orders')}` }).waitFor();
  await page.getByRole('button', { name: 'Copy the command' }).click();
  await page.waitForFunction((wanted) => navigator.clipboard.readText().then((text) => text.includes(wanted)), `curl ${address('/orders/7')} \\\n  -H "Authorization: Bearer $CUSTOMER_KEY"`);
  await accessible(page, 'a route');
  assert.deepEqual(await ask(address('/orders/7')), { status: 200, body: { asked: '/orders/7' } });
  assert.equal((await originVerifier({ secrets: secret })(seen.at(-1)!))?.keyId, customer.id);
  for (const when of ['left', 'loaded again']) {
    if (when === 'loaded again') await page.reload();
    await quiet(page);
    await nowhere(page, secret, when);
  }
});

test('a route is changed, only in what differs, switched off and on again', async () => {
  const { id } = await routed('/reports', { permissions: ['orders:read'], cost: 3 });
  const page = await dashboard.open({ as: owner, path: at(`gateway/${id}`) });
  await heading(page, '/reports');
  await page.getByRole('button', { name: 'Edit' }).click();
  await accessible(page, 'changing a route');
  const bodies: unknown[] = [];
  page.on('request', (request) => request.method() === 'PATCH' && bodies.push(request.postDataJSON()));
  await page.getByLabel('Path', { exact: true }).fill('/reports/all');
  await page.getByRole('checkbox', { name: 'Take the path off' }).check();
  await dialog(page).getByText(`${origin}/7`, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await heading(page, '/reports/all');
  assert.deepEqual(bodies, [{ path: '/reports/all', stripPath: true }]);
  await chosen(page, 'Disable');
  await accessible(page, 'switching a route off');
  await dialog(page).getByRole('button', { name: 'Disable' }).click();
  await page.getByText('It is disabled.').waitFor();
  await accessible(page, 'a disabled route');
  assert.equal((await ask(address('/reports/all/7'))).body.code, 'gateway_route_not_found');
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('It is disabled.').waitFor({ state: 'detached' });
  assert.deepEqual(await ask(address('/reports/all/7')), { status: 200, body: { asked: '/7' } });
});

test('a new secret is shown once and signs beside the old one; deleted, the route is gone', async () => {
  const { id, secret } = await routed('/rotated');
  const page = await dashboard.open({ as: owner, path: at(`gateway/${id}`) });
  await chosen(page, 'Rotate the secret');
  await accessible(page, 'rotating the secret of a route');
  await page.getByRole('button', { name: 'Make a new secret' }).click();
  const next = await taken(page);
  assert.notEqual(next, secret);
  await dialog(page).getByRole('button', { name: 'Done' }).click();
  await page.getByText('The one before signs as well').waitFor();
  await nowhere(page, next, 'rotated');
  // A gateway that knows the routes from before signs with the old one for as long as its lease is.
  await ask(address('/rotated'));
  for (const known of [secret, next]) {
    for (let tries = 0; tries < 40 && (await originVerifier({ secrets: known })(seen.at(-1)!)) === null; tries++) {
      await page.waitForTimeout(250);
      await ask(address('/rotated'));
    }
    assert.equal((await originVerifier({ secrets: known })(seen.at(-1)!))?.keyId, customer.id);
  }
  await chosen(page, 'Delete');
  await accessible(page, 'deleting a route');
  await page.getByRole('button', { name: 'Delete route' }).click();
  await heading(page, 'Gateway');
  await page.getByText('The route is deleted').waitFor();
  assert.equal(await page.getByRole('link', { name: '/rotated' }).count(), 0);
  assert.equal((await api.get(`${home}/gateway_routes/${id}`)).status, 404);
  assert.equal((await ask(address('/rotated'))).body.code, 'gateway_route_not_found');
});

test('a viewer has no routes, a route that is gone is said to be, and everything fits 320 px', async () => {
  const viewer = await joined(dashboard, house, 'viewer');
  const { id } = await routed(`/${'long'.repeat(50)}`, { permissions: ['orders:read', 'orders:write'], description: 'x'.repeat(100) });
  const looking = await dashboard.open({ as: viewer, path: at('gateway') });
  for (const path of ['gateway', `gateway/${id}`]) {
    await looking.goto(at(path));
    await heading(looking, 'Not for your role');
  }
  assert.equal(await looking.getByRole('link', { name: 'Gateway' }).count(), 0);
  const page = await dashboard.open({ as: owner, path: at('gateway'), width: 320, height: 640 });
  await page.getByRole('link', { name: /longlong/ }).waitFor();
  await fits(page, 'routes');
  await accessible(page, 'routes in a small window');
  await page.goto(at(`gateway/${id}`));
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByText('Which keys, cost, consistency and patience').click();
  await fits(page, 'a route');
  await accessible(page, 'changing a route in a small window');
  await page.goto(at('gateway/gwr_nothing'));
  await heading(page, 'Route not found');
});
