// What holds on every page that the route table has: no violation of WCAG 2.2 AA in either theme, nothing wider than a window
// of 320 px, and no text that becomes markup, whatever people have typed in anywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, fits, quiet, startDashboard, type Page } from './support/browser.ts';
import { foreign, payloads } from './support/payloads.ts';

const { routes }: { routes: readonly { path: string; kind: string }[] } = await import(new URL('../../dashboard/src/routes.ts', import.meta.url).href);
const dashboard = await startDashboard({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });
const { latchkey } = dashboard;

const owner = await latchkey.register({ firstName: payloads[0], lastName: payloads[9], organizationName: payloads[10] });
const cookie = await dashboard.signIn(owner);
const home = `/organizations/${owner.organization.id}`;
const api = latchkey.person(owner.accessToken);
const created = async (path: string, body: object) => {
  const reply = await api.post(`${home}${path}`, body);
  assert.equal(reply.status, 201, reply.text);
  return reply.body;
};
const ids: Record<string, string> = { '/docs/:id': 'createApiKey' };
for (const [index, payload] of payloads.entries()) {
  const session = await created('/sessions', { name: payload, environment: (['production', 'staging', 'development', null] as const)[index % 4] });
  const key = await created('/api_keys', { name: payload, externalId: payload.replaceAll(' ', '/'), metadata: { [payload]: payload }, rateLimits: [{ name: 'minute', limit: 5, windowMs: 60_000 }], ...(index % 3 === 0 ? { sessionId: session.id } : {}) });
  const verified = await api.post(`${home}/keys/verify`, { key: key.key, tags: [payload.slice(0, 64)] }, { headers: { 'user-agent': payload } });
  assert.equal(verified.body.valid, true);
  if (index % 5 === 4) assert.equal((await api.delete(`${home}/api_keys/${key.id}`, { body: { reason: payload } })).status, 200);
  if (index % 4 === 0) {
    const { token } = await created('/invitations', { role: 'viewer' });
    await latchkey.register({ invitation: token, firstName: payload, lastName: payloads[(index + 7) % 40] });
  }
  if (index < 8) ids['/webhooks/:id'] = (await created('/webhook_endpoints', { url: `http://127.0.0.1:9/${encodeURIComponent(payload)}`, events: ['*'], description: payload })).id;
  if (index < 8) ids['/gateway/:id'] = (await created('/gateway_routes', { path: `/${'long'.repeat(index * 8)}p${index}`, origin: `http://127.0.0.1:9/${encodeURIComponent(payload)}`, description: payload, permissions: ['orders:read', 'orders:write'].slice(0, index % 3) })).id;
  if (index < 3) await created('/domains', { domain: `${['example.com', 'a-rather-long-name-of-a-domain-that-somebody-has.example.org', 'xn--bcher-kva.example'][index]}`, includeSubdomains: index === 1, onLoss: index === 2 ? 'refuse' : 'warn' });
  ids['/keys/:id'] ??= key.id;
  ids['/sessions/:id'] ??= session.id;
}

const place = (path: string) => {
  const id = ids[path.replace('/o/:organizationId', '')];
  assert.ok(!path.includes(':id') || id, `there is no example for ${path}`);
  return path.replace(':organizationId', owner.organization.id).replace(':id', id ?? '');
};

async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await quiet(page);
  await page.waitForFunction(() => !document.querySelector('.bone'));
}

for (const { path, kind } of routes) {
  test(`${path}: no violation, no markup out of text, nothing too wide`, async () => {
    const page = await dashboard.open({ path: place(path), ...(kind === 'open' ? {} : { cookie }) });
    await settled(page);
    // What is shown on hover and focus is shown as well.
    for (const element of (await page.locator('#content :is(a, button):visible').all()).slice(0, 20)) await element.hover({ timeout: 500 }).catch(() => {});
    assert.deepEqual(await foreign(page), [], 'no text has become an element');
    await accessible(page, path);
    // From its beginning: what has been scrolled below the bar at the top is covered by it.
    await page.mouse.move(0, 0);
    await page.evaluate(() => scrollTo(0, 0));
    await page.setViewportSize({ width: 320, height: 700 });
    await fits(page, path);
    await accessible(page, `${path} in a small window`);
  });
}

test('what people have typed in is shown as they have typed it', async () => {
  const page = await dashboard.open({ path: place('/o/:organizationId/members'), as: owner });
  await settled(page);
  const text = await page.locator('body').innerText();
  for (const payload of [payloads[0], payloads[9], payloads[10], payloads[36]]) assert.ok(text.includes(payload!), payload);
});
