// Fills an organization with what its pages show: sessions of every health, verifications of every outcome, reported
// requests and alerts, all of it a moment old.
import assert from 'node:assert/strict';
import { ok } from '../../e2e/support/acceptance.ts';
import type { House } from './house.ts';

export async function seedOrganization({ api, home }: Pick<House, 'api' | 'home'>) {
  const made = (path: string, body: object) => ok(api.post(`${home}${path}`, body), 201);
  const session = (name: string, environment: string | null, more = {}) => made('/sessions', { name, environment, ...more });
  const shop = await session('Northwind Shop', 'production', { rateLimits: [{ name: 'burst', limit: 400, windowMs: 60_000 }, { name: 'daily', limit: 50_000, windowMs: 86_400_000 }], leakPolicy: 'disable' });
  const bakery = await session('Blue Door Bakery', 'production');
  const staging = await session('Staging', 'staging', { consistency: { mode: 'strict' } });
  const lab = await session('Research lab', 'development', { consistency: { mode: 'edge', ttlMs: 2000 }, leakPolicy: 'revoke' });
  const key = (of: { id: string }, name: string, more = {}) => made(`/sessions/${of.id}/api_keys`, { name, ...more });
  const keys = {
    web: await key(shop, 'Web storefront'),
    mobile: await key(shop, 'Mobile app', { rateLimits: [{ name: 'minute', limit: 30, windowMs: 60_000 }] }),
    old: await key(shop, 'Old importer'),
    oven: await key(bakery, 'Oven monitor', { permission: 'sending_access' }),
    ci: await key(staging, 'CI pipeline'),
    notebook: await key(lab, 'Notebook'),
  };
  await ok(api.delete(`${home}/api_keys/${keys.old.id}`));
  const verify = async (of: { key: string }, times: number, demand = {}) => {
    const ids: string[] = [];
    for (let done = 0; done < times; done += 10) {
      const batch = Array.from({ length: Math.min(10, times - done) }, () => ok(api.post(`${home}/keys/verify`, { key: of.key, ...demand })));
      for (const { verificationId } of await Promise.all(batch)) ids.push(verificationId);
    }
    return ids;
  };
  const told = await verify(keys.web, 120);
  await verify(keys.mobile, 70);
  await verify(keys.old, 12);
  await verify(keys.oven, 25);
  await verify(keys.oven, 15, { permissions: ['domains:write'] });
  await verify(keys.ci, 30);
  await verify(keys.notebook, 8);
  const outcomes = told.map((verificationId, index) => ({ verificationId, status: index % 17 === 0 ? 503 : index % 11 === 0 ? 404 : 200, latencyMs: 18 + ((index * 37) % 90) + (index % 23 === 0 ? 600 : 0) }));
  await ok(api.post(`${home}/outcomes`, { outcomes }));
  // On a busy machine it may be accepted (202) before everybody has confirmed it.
  const { status, text } = await api.patch(`${home}/sessions/${lab.id}`, { status: 'disconnected' });
  assert.ok(status === 200 || status === 202, text);
  return { sessions: { shop, bakery, staging, lab }, keys };
}
