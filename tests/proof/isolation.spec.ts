// One organization never meets another, over HTTP on the real runtime: every operation of the description with an id in its
// path, by everybody, with the ids of somebody else, of nobody and of what is gone. The large matrix is native
// (tests/isolation/matrix.rs); this one shows that what the platform does in between changes nothing of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inParallel, masked, ok } from '../e2e/support/acceptance.ts';
import type { Client } from '../e2e/support/client.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { startResolver } from '../e2e/support/resolver.ts';
import { figure, full } from './support/proof.ts';

interface Operation {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: { 'application/json': { schema: { $ref: string } } } };
}
const description = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'));
const operations = Object.entries<Record<string, Operation>>(description.paths).flatMap(([template, item]) => Object.entries(item).map(([method, operation]) => ({ template, method: method.toUpperCase(), operation })));

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });

/** An organization with one of everything that has an id. */
async function party(name: string) {
  const owner = await latchkey.register({ organizationName: name });
  const at = `/organizations/${owner.organization.id}`;
  const person = latchkey.person(owner.accessToken);
  const api = latchkey.api(owner.apiKey.key);
  const session = await ok(api.post('/v1/sessions', { name: `${name} session` }), 201);
  const key = await ok(api.post('/v1/api_keys', { name: `${name} key`, sessionId: session.id }), 201);
  const invited = await ok(person.post(`${at}/invitations`, { role: 'viewer' }), 201);
  const endpoint = await ok(api.post('/v1/webhook_endpoints', { url: 'https://hooks.example.com/', description: `${name} endpoint` }), 201);
  const delivery = await ok(api.post(`/v1/webhook_endpoints/${endpoint.id}/test`), 202);
  const gated = await ok(api.post('/v1/gateway_routes', { path: '/', origin: 'https://origin.example.com/', description: `${name} route` }), 201);
  const domain = await resolver.own(api, `${name.toLowerCase()}.example`);
  const hired = async (role: string) => {
    const { token } = await ok(person.post(`${at}/invitations`, { role }), 201);
    return latchkey.register({ invitation: token });
  };
  const staff: Record<string, string> = { owner: owner.accessToken };
  const members = [];
  for (const role of ['admin', 'member', 'viewer']) {
    const hand = await hired(role);
    staff[role] = hand.accessToken;
    members.push(hand);
  }
  const signIns = await ok(person.get('/auth/sign_ins'));
  const ids: Record<string, string> = {
    organizations: owner.organization.id, sessions: session.id, api_keys: key.id, invitations: invited.invitation.id,
    webhook_endpoints: endpoint.id, gateway_routes: gated.id, deliveries: delivery.id, domains: domain.id, members: members[1]!.user.id, users: members[1]!.user.id,
    sign_ins: (signIns.data ?? signIns)[0].id, alerts: `alr_${'0'.repeat(22)}`,
  };
  return { name, owner, person, api, at, ids, staff };
}
type Party = Awaited<ReturnType<typeof party>>;

const [ours, theirs, gone] = [await party('Ours'), await party('Zanzibar'), await party('Gone')];
// What is gone: everything of it, with the organization.
await ok(gone.person.delete(gone.at));

/** Everything that its owner can take away of it, and what anybody could read of its accounts. */
async function state({ person, at }: Party): Promise<string> {
  const { exportedAt: _, ...all } = await ok(person.post(`${at}/export`));
  const { auditLog, audit, ...rest } = all;
  // That a copy was taken is in the log.
  return JSON.stringify(rest) + JSON.stringify(((auditLog ?? audit) as any[]).filter(({ action }) => action !== 'organization.exported'));
}

/** An example of a body, out of the description. */
function body(operation: Operation): unknown {
  const schema = operation.requestBody?.content['application/json'].schema.$ref.split('/').at(-1);
  if (!schema) return undefined;
  if (schema === 'TransferOrganization') return { userId: ours.ids.users };
  return description.components.schemas[schema].examples?.[0] ?? {};
}

/** The segment before each id of a path, such as `sessions`. */
const kinds = (template: string) => [...template.matchAll(/\/([a-z_]+)\/\{(?!kind)\w+\}/g)].map(([, kind]) => kind!);
const filled = (template: string, ids: (kind: string, index: number) => string) => {
  let index = 0;
  return template.replace('{kind}', 'traffic_spike').replace(/\/([a-z_]+)\/\{\w+\}/g, (_, kind) => `/${kind}/${ids(kind, index++)}`);
};
const altered = (id: string) => `${id.slice(0, -2)}${id.at(-2) === 'a' ? 'b' : 'a'}${id.slice(-1)}`;

const withIds = operations.filter(({ template }) => kinds(template).length > 0);

test('no operation of the description tells the ids of others from those of nobody, or changes anything of theirs', { timeout: 240_000 }, async (t) => {
  const limited = await ok(ours.api.post('/v1/api_keys', { name: 'Own session', sessionId: ours.ids.sessions }), 201);
  const revoked = await ok(ours.api.post('/v1/api_keys', { name: 'Revoked' }), 201);
  await ok(ours.api.delete(`/v1/api_keys/${revoked.id}`));
  const tokens = Object.entries(ours.staff).map(([role, token]): [string, Client] => [role, latchkey.person(token)]);
  const callers: [string, Client][] = [...tokens, ['key', ours.api], ['key of a session', latchkey.api(limited.key)], ['revoked key', latchkey.api(revoked.key)], ['nobody', latchkey.anyone]];
  const everybody = full ? [...callers, ['operator', latchkey.operator] as [string, Client]] : callers;
  const before = await state(theirs);
  let requests = 0;
  const unmet: string[] = [];
  const apart: string[] = [];
  await inParallel(withIds, 8, async ({ template, method, operation }) => {
    const reached = new Set<number>();
    const mayLeave = method === 'DELETE' && template.endsWith('/members/{userId}');
    for (const [who, client] of everybody) {
      if (who === 'operator' && template.startsWith('/operator')) continue;
      // The quick form asks those who may come as far; the rest is for the full one and the native matrix.
      const may = template.startsWith('/v1') ? who.includes('key') : template.startsWith('/operator') ? who === 'owner' : !who.includes('key');
      if (!full && !may && who !== 'nobody') continue;
      for (const [place, kind] of kinds(template).entries()) {
        if (kind === 'alerts') continue;
        const answers = new Map<string, string>();
        for (const [whose, id] of [['foreign', theirs.ids[kind]!], ['gone', gone.ids[kind]!], ['altered', altered(theirs.ids[kind]!)]] as const) {
          const path = filled(template, (of, index) => (index === place ? id : ours.ids[of]!));
          const reply = await client.send(method, path, { body: body(operation) });
          requests += 1;
          reached.add(reply.status);
          assert.ok([401, 403, 404].includes(reply.status), `${who}: ${method} ${path} answered ${reply.status} ${reply.text}`);
          assert.ok(!reply.text.includes('Zanzibar'), `${who}: ${method} ${path} told ${reply.text}`);
          // Every member may leave, so there the form of an id is read before the role: see tests/isolation/matrix.rs.
          if (whose === 'altered' && mayLeave && ['member', 'viewer'].includes(who)) continue;
          answers.set(JSON.stringify(masked(reply)).replaceAll(id, '·'), whose);
        }
        if (answers.size !== 1) apart.push(`${who}: ${method} ${template}: ${[...answers].join('\n')}`);
      }
    }
    if (!reached.has(404) && !template.startsWith('/operator') && kinds(template).some((kind) => kind !== 'alerts')) unmet.push(`${method} ${template}`);
  });
  assert.deepEqual(apart, [], 'nobody tells them apart');
  assert.deepEqual(unmet, [], 'of each operation somebody gets as far as to be told that there is nothing');
  assert.equal(await state(theirs), before);
  assert.equal((await theirs.api.get('/v1/whoami')).status, 200);
  t.diagnostic(`${withIds.length} operations, ${everybody.length} callers, ${requests} requests`);
  figure('operations with an id, over HTTP', withIds.length, 'operations');
  figure('requests about others, over HTTP', requests, 'requests');
});

test('each path with an id has an example of it', () => {
  for (const { template } of withIds) for (const kind of kinds(template)) assert.ok(ours.ids[kind], `${template}: make one of ${kind} in party()`);
  assert.ok(withIds.length > 80, String(withIds.length));
});
