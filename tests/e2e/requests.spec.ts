// Methods, paths, headers and query strings: what surrounds a body. Every answer of ours carries the same headers, unknown
// and foreign ids are the same 404, and nothing odd in a request ends in a 5xx.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertEnvelope, base62, checked, inParallel, masked, newOrganization, ok, rawRequest, refused, violations, type Tenant } from './support/acceptance.ts';
import { startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const [acme, other] = [await newOrganization(latchkey, 'Acme'), await newOrganization(latchkey, 'Other')];
const anyone = checked(latchkey.anyone);
const operator = checked(latchkey.operator);

/** Every path there is, and its methods. HEAD comes with GET. */
const ROUTES: Record<string, string[]> = {
  '/healthz': ['GET'],
  '/openapi.json': ['GET'],
  '/v1/whoami': ['GET'],
  '/v1/keys/verify': ['POST'],
  '/v1/outcomes': ['POST'],
  '/v1/api_keys': ['GET', 'POST'],
  '/v1/api_keys/{key}': ['DELETE', 'GET', 'PATCH'],
  '/v1/api_keys/{key}/rotate': ['POST'],
  '/v1/sessions': ['GET', 'POST'],
  '/v1/sessions/{session}': ['DELETE', 'GET', 'PATCH'],
  '/v1/sessions/{session}/api_keys': ['GET', 'POST'],
  '/v1/sessions/{session}/health': ['GET'],
  '/v1/organization': ['GET'],
  '/v1/audit_log': ['GET'],
  '/operator/organizations': ['GET', 'POST'],
  '/operator/organizations/{organization}': ['DELETE', 'GET', 'PATCH'],
  '/operator/organizations/{organization}/suspend': ['POST'],
  '/operator/organizations/{organization}/resume': ['POST'],
};
const path = (route: string, tenant: Tenant = acme) => route.replace('{key}', tenant.apiKey.id).replace('{session}', tenant.organization.defaultSessionId).replace('{organization}', tenant.id);
const clientOf = (route: string) => (route.startsWith('/operator') ? operator : acme.api);
const bearer = (key: string): [string, string] => ['authorization', `Bearer ${key}`];

test('a method that a path does not have is 405 with exactly the methods it has, with and without a key', async () => {
  for (const [route, methods] of Object.entries(ROUTES)) {
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].sort();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((method) => !methods.includes(method))) {
      for (const client of [clientOf(route), anyone]) {
        const reply = await client.send(method, path(route));
        await refused(reply, 405, 'method_not_allowed', `${method} ${route}`);
        assert.deepEqual(reply.headers.get('allow')?.split(/, ?/).sort(), allowed, `${method} ${route}`);
      }
    }
  }
});

test('a method that nobody has heard of is refused too', async () => {
  for (const method of ['TRACE', 'PROPFIND', 'PURGE', 'LINK']) {
    const reply = await rawRequest(latchkey, { method, path: '/v1/api_keys', headers: [bearer(acme.key)] });
    assert.ok([405, 400, 501].includes(reply.status), `${method} ${reply.status}`);
  }
});

test('HEAD answers as GET does, without the body', async () => {
  for (const route of Object.keys(ROUTES).filter((route) => ROUTES[route]!.includes('GET'))) {
    for (const client of [clientOf(route), anyone]) {
      const [get, head] = [await client.get(path(route)), await client.send('HEAD', path(route))];
      assert.equal(head.status, get.status, route);
      assert.equal(head.text, '', route);
      for (const name of ['content-type', 'cache-control', 'www-authenticate']) assert.equal(head.headers.get(name), get.headers.get(name), `${route} ${name}`);
    }
  }
});

test('no CORS: a preflight is a method like any other, and no answer names an origin', async () => {
  const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
  for (const route of Object.keys(ROUTES)) {
    await refused(anyone.send('OPTIONS', path(route), { headers: preflight }), 405, 'method_not_allowed', route);
    if (ROUTES[route]!.includes('GET')) await ok(clientOf(route).get(path(route), { headers: { origin: 'null' } }));
  }
});

test('without a credential every route but liveness and the description is 401, whatever the body claims', async () => {
  for (const [route, methods] of Object.entries(ROUTES)) {
    for (const method of methods) {
      const body = method === 'GET' ? undefined : { name: 'x', userId: 'usr_1', organizationId: acme.id, tenantId: acme.id, key: acme.apiKey.id };
      const reply = await anyone.send(method, path(route), { body });
      if (['/healthz', '/openapi.json'].includes(route)) assert.equal(reply.status, 200);
      else await refused(reply, 401, 'auth_missing_credentials', `${method} ${route}`);
    }
  }
  assert.equal((await ok(acme.api.get('/v1/api_keys'))).length, 1);
});

test('a key opens no operator route, and the operator token no /v1 route', async () => {
  for (const [route, methods] of Object.entries(ROUTES).filter(([route]) => !['/healthz', '/openapi.json'].includes(route))) {
    for (const method of methods) await refused((route.startsWith('/operator') ? acme.api : operator).send(method, path(route)), 401, 'auth_invalid_key', `${method} ${route}`);
  }
});

test('answers to x-api-key are as little for storing as those to Authorization', async () => {
  for (const [route, methods] of Object.entries(ROUTES).filter(([route]) => route.startsWith('/v1'))) {
    if (methods.includes('GET')) await ok(anyone.get(path(route), { headers: { 'x-api-key': acme.key } }));
  }
});

test('the request id is ours, differs every time, and is never the client\'s own', async () => {
  const replies = await Promise.all(Array.from({ length: 50 }, () => anyone.get('/v1/whoami', { headers: { 'x-request-id': 'req_mine' } })));
  assert.equal(new Set(replies.map(({ headers }) => headers.get('x-request-id'))).size, 50);
});

/** Ids that were never given out, in every shape that a client might try. */
const NO_IDS = [
  'key_123', 'x', '0', '-1', 'null', 'undefined', '*', '%2A', "'%20OR%201=1", '%7B%7D', '..%2f', '%2e%2e%2f%2e%2e', 'key_%00', '%00', '%0d%0aX-Injected:%201', 'key_a%2Fb', 'key_\u00e9', '%ff%fe', '%zz', ';x=1', 'a;b',
  'a'.repeat(64), '0'.repeat(64), 'f'.repeat(64), 'x'.repeat(1_900), `key_${base62(31)}`, `ses_${base62(19)}`, `org_${base62(19)}`, 'KEY_ABC', '00000000-0000-0000-0000-000000000000', '507f1f77bcf86cd799439011', 'default', 'SessionObject',
];
test('an id that was never given out is the same 404 as that of somebody else, to the byte', async () => {
  for (const [route, methods] of Object.entries(ROUTES).filter(([route]) => route.includes('{'))) {
    const isOperator = route.startsWith('/operator');
    for (const method of methods) {
      // What is asked for is in order, so that nothing but the id is wrong.
      const body = ({ PATCH: '{"name":"Taken over"}', POST: route.endsWith('rotate') ? '{"overlapSeconds":0}' : undefined } as Record<string, string | undefined>)[method];
      const headers: [string, string][] = [bearer(isOperator ? latchkey.operatorToken : acme.key), ...(body ? [['content-type', 'application/json'] as [string, string]] : [])];
      const ask = (target: string) => rawRequest(latchkey, { method, path: target, headers, body });
      const foreign = isOperator ? undefined : await ask(path(route, other));
      const kind = /\{(\w+)\}/.exec(route)![1] === 'key' ? 'api_key' : /\{(\w+)\}/.exec(route)![1];
      for (const id of NO_IDS) {
        const reply = await ask(route.replace(/\{\w+\}/, encodeURI(id).replaceAll('%25', '%')));
        assertEnvelope(reply, `${method} ${route} ${id}`);
        // What is no single segment is no id but another path.
        if (reply.body.code !== 'not_found') assert.equal(reply.body.code, `${kind}_not_found`, `${method} ${route} ${id}`);
        else assert.match(id, /\.\./, `${method} ${route} ${id}`);
        if (foreign && reply.body.code !== 'not_found') assert.deepEqual(masked(reply), masked(foreign), `${method} ${route} ${id}`);
      }
    }
  }
  assert.equal((await ok(other.api.get(`/v1/api_keys/${other.apiKey.id}`))).status, 'active');
  assert.equal((await ok(other.api.get('/v1/api_keys'))).length, 1);
});

test('ids are random: of thirty in a row no two share their beginning', async () => {
  const ids = (await inParallel(Array.from({ length: 30 }), 5, () => ok(acme.api.post('/v1/api_keys', { name: 'Random' }), 201))).map(({ id }) => id);
  assert.equal(new Set(ids.map((id) => id.slice(4, 10))).size, 30);
});

const NO_PATHS = [
  '/', '/v1', '/v1/', '/v1/api_keys/', '//v1/api_keys', '/v1//api_keys', '/v1/api_keys//', '/V1/api_keys', '/v1/API_KEYS', '/v1/api-keys',
  '/v1/api_keys;a=b', '/v1/api_keys.json', '/v1/api_keys%20', '/v1/api%5Fkeys%2F', '/v1/keys', '/v1/keys/verify/', '/v2/api_keys', '/admin', '/panic',
  '/operator', '/.env', '/v1/organizations', '/auth', '/auth/login/', `/v1/api_keys/${acme.apiKey.id}/secret`, '/v1/api_keys/%2e%2e/%2e%2e/operator', '/index.js',
  '/favicon.ico', '/__scheduled', '/cdn-cgi/mf/scheduled',
];
test('a path that is not in the table does not exist, however close it comes', async () => {
  for (const target of NO_PATHS) {
    for (const method of ['GET', 'POST']) {
      const reply = await rawRequest(latchkey, { method, path: target, headers: [bearer(acme.key)] });
      assertEnvelope(reply, target);
      await refused(reply, 404, 'not_found', `${method} ${target}`);
    }
  }
});

test('a path and query over 2 KiB is 414, a header that is no text 400, and neither is a 5xx', async () => {
  await refused(rawRequest(latchkey, { path: `/v1/api_keys?search=${'x'.repeat(2048)}`, headers: [bearer(acme.key)] }), 414, 'uri_too_long');
  await refused(rawRequest(latchkey, { path: `/v1/api_keys/${'x'.repeat(4096)}`, headers: [bearer(acme.key)] }), 414, 'uri_too_long');
  for (const headers of [[['x-odd', '\u00ff\u00fe']], [['accept', '\u00e9']], [['cf-connecting-ip', '\u00e9']], [['cookie', 'session=1; a=b']], [['x-long', 'x'.repeat(7_000)]]] as [string, string][][]) {
    const reply = await rawRequest(latchkey, { path: '/v1/whoami', headers: [bearer(acme.key), ...headers] });
    assertEnvelope(reply, JSON.stringify(headers).slice(0, 60));
    assert.ok([200, 400, 431].includes(reply.status), `${reply.status}`);
  }
});

test('RFC 9457 for whoever asks for it, with the same code and details; else the own schema', async () => {
  const asked = (accept: string) => acme.api.get('/v1/api_keys/key_123', { headers: { accept } });
  for (const accept of ['application/problem+json', 'application/problem+json, application/json;q=0.9', 'text/html, Application/Problem+JSON']) {
    const { status, headers, body } = await asked(accept);
    assert.equal(headers.get('content-type'), 'application/problem+json', accept);
    assert.deepEqual([status, body.status, body.code, body.type, body.title], [404, 404, 'api_key_not_found', 'urn:latchkey:problem:api_key_not_found', 'There is no such API key.']);
  }
  for (const accept of ['application/json', '*/*', 'application/*', '', 'application/problem+json;q=0', 'application/json, application/problem+json;q=0.5', 'garbage;;q=x']) assert.equal((await asked(accept)).headers.get('content-type'), 'application/json', accept);
  const { body } = await acme.api.post('/v1/api_keys', { name: '', x: 1 }, { headers: { accept: 'application/problem+json' } });
  assert.deepEqual(body.details.errors.map(({ pointer }: any) => pointer), ['/name', '/x']);
});

test('query strings: each parameter once, known, in range; a number is a number', async () => {
  for (const [query, expected] of [
    ['limit=0', '?limit out_of_range'], ['limit=1001', '?limit out_of_range'], ['limit=-1', '?limit out_of_range'], ['limit=99999999999999999999', '?limit out_of_range'], ['limit=1.5', '?limit invalid_type'], ['limit=abc', '?limit invalid_type'], ['limit=', '?limit invalid_type'],
    ['limit=1&limit=2', '?limit duplicate_field'], ['status=gone', '?status invalid_format'], ['environment=test', '?environment invalid_format'], ['sessionId=x', '?sessionId invalid_format'], ['page=2', '?page unknown_field'], ['offset=10', '?offset unknown_field'], ['organizationId=x', '?organizationId unknown_field'],
    ['cursor=x', '?cursor invalid_format'], ['cursor=', '?cursor invalid_format'], ['search=%zz', '?search invalid_format'], ['search=%ff', '?search invalid_format'], [`search=${'x'.repeat(256)}`, '?search too_long'],
  ] as const) assert.deepEqual(await violations(acme.api.get(`/v1/api_keys?${query}`), query), [expected]);
  for (const route of ['/healthz', '/v1/organization', `/v1/api_keys/${acme.apiKey.id}`]) assert.deepEqual(await violations(acme.api.get(`${route}?x=1`)), ['?x unknown_field']);
});

test('search takes any text of any length it allows: no pattern language, no statement, no 5xx', async () => {
  const marked = await ok(acme.api.post('/v1/api_keys', { name: "100% of_it \\ 'quoted'", externalId: 'cust-42' }), 201);
  const found = async (text: string) => (await ok(acme.api.get(`/v1/api_keys?search=${encodeURIComponent(text)}`))).map(({ id }: any) => id);
  for (const text of ['%', '100%', 'of_it', "\\ 'quo", 'CUST-42', marked.shortId]) assert.deepEqual(await found(text), [marked.id], text);
  for (const text of ['100_', 'of%it', 'x'.repeat(45), 'x'.repeat(51), 'x'.repeat(255), "' OR 1=1 --", '\u0000', '*', '\u{1f511}'.repeat(100)]) assert.deepEqual(await found(text), [], text);
});

test('only the platform says where a request comes from', async () => {
  const bound = await ok(acme.api.post('/v1/api_keys', { name: 'Bound', ipAllowList: ['192.0.2.1'] }), 201);
  for (const name of ['x-forwarded-for', 'forwarded', 'true-client-ip', 'x-real-ip', 'cf-connecting-ipv6', 'cf-pseudo-ipv4', 'client-ip']) {
    await refused(checked(latchkey.api(bound.key)).get('/v1/whoami', { headers: { [name]: name === 'forwarded' ? 'for=192.0.2.1' : '192.0.2.1' } }), 403, 'forbidden_ip', name);
  }
  await ok(checked(latchkey.api(bound.key)).get('/v1/whoami', { headers: { 'cf-connecting-ip': '192.0.2.1' } }));
});
