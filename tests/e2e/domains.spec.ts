// Domains against a resolver in a process of its own, which speaks DNS over HTTPS: proven by a record, lost without it, told
// and refused; and keys that are bound to them, to no others, also while one is given up.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checked, newOrganization, newPerson, ok, refused, sleep } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';
import { startResolver } from './support/resolver.ts';

const resolver = await startResolver();
const latchkey = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url } });
/** In which a domain is lost as soon as its record was missing three times, and looked for every second until then. */
const hasty = await startLatchkey({ vars: { DNS_RESOLVER_URL: resolver.url, DOMAIN_LOSS_HOURS: '0' } });

const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  for (const end = Date.now() + 20_000; ; await sleep(100)) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never: ${what}`);
  }
};

test('a domain is proven by a record in the DNS, and keys are bound to no other', async () => {
  const { api } = await newOrganization(latchkey, 'Prover');
  const bind = (domain: string) => api.post('/v1/api_keys', { name: 'Bound', domain });
  await refused(bind('proven.example'), 409, 'domain_not_verified');
  const domain = await ok(api.post('/v1/domains', { domain: 'Proven.Example' }), 201);
  assert.deepEqual([domain.domain, domain.status, domain.onLoss, domain.includeSubdomains], ['proven.example', 'pending', 'warn', false]);
  assert.equal(domain.record.name, '_latchkey.proven.example');
  assert.match(domain.record.value, /^latchkey-verification=[0-9A-Za-z]{22}$/);
  const verify = () => ok(api.post(`/v1/domains/${domain.id}/verify`));
  const status = async () => { const { status, lastResult } = await verify(); return [status, lastResult]; };
  assert.deepEqual(await status(), ['pending', 'missing']);
  for (const texts of [['v=spf1 -all'], [`${domain.record.value}x`], [domain.record.value.slice(0, -1)], [domain.record.value.toUpperCase()]]) {
    await resolver.publish(domain.record.name, texts);
    assert.deepEqual(await status(), ['pending', 'missing'], String(texts));
  }
  await refused(bind('proven.example'), 409, 'domain_not_verified');
  await resolver.publish(domain.record.name, ['v=spf1 -all', domain.record.value, 'x'.repeat(250)]);
  assert.deepEqual(await status(), ['verified', 'found']);
  assert.deepEqual([...new Set(resolver.asked.filter(({ name }) => name.includes('proven')).map(({ name, type }) => `${type} ${name}`))], ['TXT _latchkey.proven.example']);
  const key = await ok(bind('proven.example'), 201);
  assert.equal(key.domainVerified, true);
  assert.equal((await ok(api.post('/v1/keys/verify', { key: key.key, domain: 'proven.example' }))).code, 'VALID');
  await refused(bind('mail.proven.example'), 409, 'domain_not_verified');
  await ok(api.patch(`/v1/domains/${domain.id}`, { includeSubdomains: true }));
  await ok(bind('mail.proven.example'), 201);
  await refused(bind('notproven.example'), 409, 'domain_not_verified');
  // Where the name leads counts as well.
  const aliased = await ok(api.post('/v1/domains', { domain: 'aliased.example' }), 201);
  await resolver.publish('proofs.elsewhere.example', [aliased.record.value]);
  await resolver.alias(aliased.record.name, 'proofs.elsewhere.example');
  assert.equal((await ok(api.post(`/v1/domains/${aliased.id}/verify`))).status, 'verified');
  assert.deepEqual((await ok(api.get('/v1/domains'))).data.map(({ domain }: any) => domain), ['aliased.example', 'proven.example']);
});

test('members do the same, within their role; another organization proves for itself', async () => {
  const [ada, bob] = [await newPerson(latchkey), await newPerson(latchkey)];
  const domain = await ok(ada.api.post(`${ada.home}/domains`, { domain: 'shared.example' }), 201);
  await resolver.publish(domain.record.name, [domain.record.value]);
  assert.equal((await ok(ada.api.post(`${ada.home}/domains/${domain.id}/verify`))).status, 'verified');
  const theirs = await ok(bob.api.post(`${bob.home}/domains`, { domain: 'shared.example' }), 201);
  assert.notEqual(theirs.record.value, domain.record.value);
  assert.equal((await ok(bob.api.post(`${bob.home}/domains/${theirs.id}/verify`))).status, 'pending');
  await refused(bob.api.post(`${bob.home}/api_keys`, { name: 'Bound', domain: 'shared.example' }), 409, 'domain_not_verified');
  await refused(bob.api.get(`${bob.home}/domains/${domain.id}`), 404, 'domain_not_found');
  await refused(bob.api.delete(`${ada.home}/domains/${domain.id}`), 404, 'organization_not_found');
});

test('a resolver that fails, or is not there, says nothing about a domain', async () => {
  const { api } = await newOrganization(latchkey, 'Patient');
  const { id } = await resolver.own(api, 'patient.example');
  const before = await ok(api.get(`/v1/domains/${id}`));
  await resolver.fail(true);
  try {
    await refused(api.post(`/v1/domains/${id}/verify`), 503, 'resolver_unavailable');
  } finally {
    await resolver.fail(false);
  }
  assert.deepEqual(await ok(api.get(`/v1/domains/${id}`)), before);
  // A port where nobody listens.
  const alone = await startLatchkey({ vars: { DNS_RESOLVER_URL: 'http://127.0.0.1:9/dns-query' } });
  const there = await newOrganization(alone, 'Alone');
  const domain = await ok(there.api.post('/v1/domains', { domain: 'alone.example' }), 201);
  await refused(there.api.post(`/v1/domains/${domain.id}/verify`), 503, 'resolver_unavailable');
  await alone.stop();
});

test('a domain whose record has gone is lost by itself, over SIGKILL, told once, refused if it is to be, and comes back', async () => {
  const { api } = await newOrganization(hasty, 'Loser');
  const { id, record } = await resolver.own(api, 'lost.example', { onLoss: 'refuse' });
  const { key } = await ok(api.post('/v1/api_keys', { name: 'Bound', domain: 'lost.example' }), 201);
  const code = async (demand = {}) => (await ok(api.post('/v1/keys/verify', { key, ...demand }))).code;
  const wanted = { domain: 'lost.example' };
  const read = () => ok(api.get(`/v1/domains/${id}`));
  for (let turn = 0; turn < 20; turn++) assert.equal(await code(wanted), 'VALID');
  await resolver.publish(record.name);
  // The first look is asked for; the service goes on by itself.
  assert.deepEqual([(await ok(api.post(`/v1/domains/${id}/verify`))).status, (await read()).missingSince !== null], ['verified', true]);
  await hasty.kill();
  await hasty.restart();
  await until('the domain is lost', async () => (await read()).status === 'lost');
  await until('it is refused', async () => (await code(wanted)) === 'DOMAIN_NOT_ALLOWED');
  for (let turn = 0; turn < 20; turn++) assert.deepEqual([await code(wanted), await code()], ['DOMAIN_NOT_ALLOWED', 'VALID']);
  assert.equal((await checked(hasty.api(key)).get('/v1/whoami?domain=lost.example')).body.code, 'domain_not_allowed');
  await refused(api.post('/v1/api_keys', { name: 'Late', domain: 'lost.example' }), 409, 'domain_not_verified');
  const [open] = (await ok(api.get('/v1/alerts?kind=domain_lost&status=open'))).data;
  assert.deepEqual([open.subject, open.severity, open.facts], [id, 'critical', { domain: 'lost.example', onLoss: 'refuse' }]);
  const [lost, ...more] = (await ok(api.get('/v1/audit_log?action=domain.lost&limit=5'))).data;
  assert.deepEqual([lost.actor, lost.target, more.length], [{ type: 'service', id: null }, id, 0]);
  await resolver.publish(record.name, [record.value]);
  await until('the domain is verified again', async () => (await read()).status === 'verified');
  await until('it is let through', async () => (await code(wanted)) === 'VALID');
  assert.deepEqual((await ok(api.get('/v1/alerts?kind=domain_lost'))).data.map(({ status }: any) => status), ['resolved']);
});

test('once it is answered that a domain was given up, no key is bound to it any more', async () => {
  const { api } = await newOrganization(latchkey, 'Quitter');
  const sessions = await Promise.all(['one', 'two', 'three'].map((name) => ok(api.post('/v1/sessions', { name }), 201)));
  const { id } = await resolver.own(api, 'given-up.example');
  let [issued, answered] = [0, false];
  const late: number[] = [];
  const bind = async (sessionId: string) => {
    for (let turn = 0; turn < 200; turn++) {
      const began = answered;
      const { status } = await api.post('/v1/api_keys', { name: 'Bound', domain: 'given-up.example', sessionId });
      assert.ok(status === 201 || status === 409, String(status));
      if (status === 201) issued++;
      if (began) late.push(status);
      if (late.length > 30) return;
    }
  };
  const binding = sessions.map(({ id }) => bind(id));
  await until('keys are being bound', async () => issued > 5);
  await ok(api.delete(`/v1/domains/${id}`));
  answered = true;
  await Promise.all(binding);
  assert.ok(late.length > 10 && late.every((status) => status === 409), String(late));
  const { data } = await ok(api.get('/v1/api_keys?limit=100'));
  const bound = data.filter(({ domain }: any) => domain === 'given-up.example');
  assert.ok(bound.length === issued && bound.every(({ domainVerified }: any) => domainVerified === false));
});
