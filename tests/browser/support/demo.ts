// The data of the pictures: an organization as it may look after a month, made through the API as anybody would, in a
// service whose clock can be moved. Names and numbers are the same each time; ids and secrets are not.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../e2e/support/client.ts';
import type { Latchkey, Registered } from '../../e2e/support/latchkey.ts';
import type { Resolver } from '../../e2e/support/resolver.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Demo {
  owner: Registered;
  organizationId: string;
  /** What to put in the place of `:id`, by the path of the route after the organization. */
  ids: Record<string, string>;
  /** What stands behind the `?`, likewise. */
  queries: Record<string, string>;
}

/** The same numbers each time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KEYS = [
  { name: 'Checkout backend', of: 'default', weight: 9, latency: 38, more: { permission: 'full_access', rateLimits: [{ name: 'burst', limit: 500, windowMs: 1000 }, { name: 'daily', limit: 200_000, windowMs: 86_400_000 }], metadata: { team: 'payments', tier: 'critical' } } },
  { name: 'Billing worker', of: 'default', weight: 5, latency: 64, more: { permissions: ['invoices:read', 'invoices:write'] } },
  { name: 'Mobile gateway', of: 'default', weight: 7, latency: 45, more: { permissions: ['orders:read', 'orders:write'], rateLimits: [{ name: 'minute', limit: 40, windowMs: 60_000 }] } },
  { name: 'Nightly export', of: 'default', weight: 1, latency: 410, more: { permissions: ['reports:read'], expiresAt: 5 * DAY } },
  { name: 'Mail relay', of: 'default', weight: 3, latency: 90, more: { permission: 'sending_access', domain: 'mail.acme.example' } },
  { name: 'Support console', of: 'default', weight: 2, latency: 52, more: { permissions: ['customers:read'], ipAllowList: ['203.0.113.0/24'] } },
  { name: 'Globex production', of: 'Globex', weight: 6, latency: 71, more: { permissions: ['orders:*'], credits: { remaining: 50_000, refill: { interval: 'monthly', amount: 50_000, day: 1 } } } },
  { name: 'Globex reporting', of: 'Globex', weight: 1, latency: 230, more: { permissions: ['reports:read'] } },
  { name: 'Initech production', of: 'Initech', weight: 2, latency: 80, more: { permissions: ['orders:read'] } },
  { name: 'Staging checkout', of: 'Staging', weight: 2, latency: 55, more: { permission: 'full_access' } },
  { name: 'CI pipeline', of: 'Staging', weight: 1, latency: 33, more: { permissions: ['keys:verify'], expiresAt: 60 * DAY } },
  { name: 'Ada’s laptop', of: 'Development', weight: 1, latency: 20, more: { permission: 'full_access' } },
  { name: 'Legacy importer', of: 'default', weight: 1, latency: 120, more: { permissions: ['orders:write'], expiresAt: -9 * DAY } },
  { name: 'Old webhook relay', of: 'default', weight: 1, latency: 60, more: { permissions: ['orders:read'] } },
  { name: 'Partner sandbox', of: 'default', weight: 0, latency: 0, more: { permissions: ['orders:read'] } },
  { name: 'Hackathon', of: 'Development', weight: 0, latency: 0, more: { permission: 'full_access' } },
  { name: 'Trial of the data team', of: 'default', weight: 0, latency: 0, more: { permissions: ['reports:read'] } },
] as const;

/** Makes everything; the clock is right again afterwards. The service asks `resolver`. */
export async function seed(latchkey: Latchkey, resolver: Resolver): Promise<Demo> {
  const random = dice(7);
  const begin = Date.now() - 30 * DAY;
  let now = begin;
  const clocked = (headers: Record<string, string>) => new Client(() => latchkey.url, () => ({ ...headers, 'x-demo-clock': String(now - Date.now()) }));
  const ok = async (reply: Promise<{ status: number; text: string; body: any }>) => {
    const { status, text, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${text}`);
    return body;
  };
  const anyone = clocked({});
  const person = (firstName: string, lastName: string, more = {}) => {
    const fields = { email: `${firstName.toLowerCase()}@acme.example`, password: `a lamp, a ladder and ${firstName}`, firstName, lastName, ...more };
    return ok(anyone.post('/auth/register', fields)).then((body) => ({ ...body, ...fields }) as Registered);
  };
  const owner = await person('Ada', 'Lovelace', { organizationName: 'Acme Payments' });
  const organizationId: string = owner.organization.id;
  const home = `/organizations/${organizationId}`;
  const ada = clocked({ authorization: `Bearer ${owner.accessToken}` });
  const root = clocked({ authorization: `Bearer ${owner.apiKey.key}` });
  await ok(ada.patch(home, { plan: 'pro' }));
  for (const [first, last, role] of [['Grace', 'Hopper', 'admin'], ['Alan', 'Turing', 'member'], ['Katherine', 'Johnson', 'viewer']] as const) {
    now += 2 * HOUR;
    const { token } = await ok(ada.post(`${home}/invitations`, { role }));
    await person(first, last, { invitation: token });
  }

  const sessions: Record<string, string> = { default: owner.organization.defaultSessionId };
  for (const [name, environment, more] of [['Globex', 'production', { rateLimits: [{ name: 'shared', limit: 2000, windowMs: 60_000 }] }], ['Initech', 'production', {}], ['Staging', 'staging', {}], ['Development', 'development', { consistency: { mode: 'strict' } }]] as const) {
    now += HOUR;
    sessions[name] = (await ok(ada.post(`${home}/sessions`, { name, environment, ...more }))).id;
  }
  const domain = async (name: string, fields = {}) => {
    now += HOUR;
    const { id, record } = await ok(ada.post(`${home}/domains`, { domain: name, ...fields }));
    await resolver.publish(record.name, [record.value]);
    const look = () => ok(root.post(`/v1/domains/${id}/verify`));
    await look();
    return { look, gone: () => resolver.publish(record.name) };
  };
  await domain('acme.example', { includeSubdomains: true });
  const former = await domain('acme-mail.example', { onLoss: 'refuse' });
  const keys = new Map<string, { id: string; key: string }>();
  for (const { name, of, more } of KEYS) {
    now += 3 * HOUR;
    const { expiresAt = null, ...rest } = more as { expiresAt?: number | null };
    const created = await ok(ada.post(`${home}/api_keys`, { name, sessionId: sessions[of], ...rest, ...(expiresAt === null ? {} : { expiresAt: new Date(begin + 30 * DAY + expiresAt).toISOString() }) }));
    keys.set(name, { id: created.id, key: created.key });
  }
  let failing = false;
  const receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/on-call' && failing ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  receiver.unref();
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const endpoint = await ok(ada.post(`${home}/webhook_endpoints`, { url: `${hook}/billing`, events: ['*'], description: 'Billing: what happens to keys' }));
  await ok(ada.post(`${home}/webhook_endpoints`, { url: `${hook}/on-call`, events: ['api_key.revoked', 'alert.opened'], description: 'On-call' }));

  const gated = await ok(ada.post(`${home}/gateway_routes`, { path: '/orders', origin: 'https://orders.acme.example', description: 'Orders, for customers', permissions: ['orders:read'], environment: 'production' }));
  await ok(ada.post(`${home}/gateway_routes`, { path: '/orders/admin', origin: 'https://orders.acme.example', description: 'Orders, for ourselves', permissions: ['orders:read', 'orders:write'], consistency: 'strict' }));
  await ok(ada.post(`${home}/gateway_routes`, { path: '/reports', origin: 'https://reports.acme.example/v2', stripPath: true, permissions: ['reports:read'], active: false }));

  // A month of use: workdays and weekends, days and nights.
  const call = async (name: string, latency: number) => {
    const { key } = keys.get(name)!;
    const wrong = random();
    const asked = { key, ip: wrong > 0.97 && name === 'Support console' ? '198.51.100.4' : '203.0.113.20', ...(wrong < 0.015 ? { permissions: ['admin:write'] } : {}) };
    const { valid, verificationId } = await ok(root.post('/v1/keys/verify', asked, { headers: { 'cf-ipcountry': random() < 0.8 ? 'DE' : 'NL', 'user-agent': 'acme-backend/4.2' } }));
    const failed = random();
    return valid ? [{ verificationId, status: failed < 0.01 ? 500 : failed < 0.03 ? 404 : 200, latencyMs: Math.round(latency * (0.6 + random() * random() * 3)) }] : [];
  };
  const traffic = async (at: number, calls: number) => {
    now = at;
    const total = KEYS.reduce((sum, { weight }) => sum + weight, 0);
    const chosen = Array.from({ length: calls }, () => {
      let place = random() * total;
      return KEYS.find(({ weight }) => (place -= weight) < 0)!;
    });
    const outcomes: object[] = [];
    for (let first = 0; first < chosen.length; first += 16) {
      outcomes.push(...(await Promise.all(chosen.slice(first, first + 16).map(({ name, latency }) => call(name, latency)))).flat());
    }
    for (let first = 0; first < outcomes.length; first += 100) await ok(root.post('/v1/outcomes', { outcomes: outcomes.slice(first, first + 100) }));
  };
  const load = (at: number) => {
    const hour = new Date(at).getUTCHours();
    const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 0.45 : 1;
    return weekend * (0.35 + Math.max(0, Math.sin(((hour - 5) / 16) * Math.PI))) * (0.85 + random() * 0.3);
  };
  const end = Date.now();
  for (let at = now + 6 * HOUR; at < end - 26 * HOUR; at += 6 * HOUR) await traffic(at, Math.round(26 * load(at)));
  now = end - 4 * DAY;
  await ok(root.delete(`/v1/api_keys/${keys.get('Old webhook relay')!.id}`));
  await ok(root.post(`/v1/api_keys/${keys.get('Billing worker')!.id}/rotate`, { overlapSeconds: 10 * 86_400 }));
  await ok(root.patch(`/v1/api_keys/${keys.get('CI pipeline')!.id}`, { active: false }));
  // Nobody has renewed it: its record has gone, and after a day and three looks it is lost.
  await former.gone();
  for (const hours of [73, 60, 48]) {
    now = end - hours * HOUR;
    await former.look();
  }
  for (let at = end - 25 * HOUR; at < end - 20 * 60_000; at += HOUR) await traffic(at, Math.round(20 * load(at)));
  await traffic(end - 10 * 60_000, 60);
  await traffic(end - 2 * 60_000, 40);

  // People come back today.
  now = Date.now();
  const credentials = { email: owner.email, password: owner.password };
  now -= 2 * DAY;
  await ok(anyone.post('/auth/login', credentials, { headers: { 'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)', 'cf-connecting-ip': '198.51.100.23' } }));
  now += 45 * HOUR;
  const { accessToken } = await ok(anyone.post('/auth/login', credentials, { headers: { 'user-agent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_2)' } }));
  now = Date.now();
  const today = clocked({ authorization: `Bearer ${accessToken}` });
  await ok(today.post(`${home}/domains`, { domain: 'pay.globex.example' }));
  await ok(today.patch(`${home}/sessions/${sessions.Initech}`, { status: 'disconnected' }));
  await ok(today.post(`${home}/invitations`, { role: 'member', email: 'barbara@acme.example' }));
  await ok(today.post(`${home}/webhook_endpoints/${endpoint.id}/test`, {}));
  failing = true;
  // Enough within a minute to come near a limit, which opens an alert.
  for (let times = 0; times < 36; times++) await call('Mobile gateway', 45);
  await ok(root.get('/v1/organization'));
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  return {
    owner: { ...owner, accessToken },
    organizationId,
    ids: { '/docs/:id': 'createApiKey', '/keys/:id': keys.get('Checkout backend')!.id, '/sessions/:id': sessions.Globex!, '/webhooks/:id': endpoint.id, '/gateway/:id': gated.id },
    queries: { '/keys/unused': '?days=7' },
  };
}
