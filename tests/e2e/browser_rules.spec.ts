// The cookie, as browsers send it: what is set, which pages may use it, and what a page of somebody else can do with it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { assertEnvelope, checked, masked, newPerson, ok, rawRequest, refused, sleep } from './support/acceptance.ts';
import { filesBelow } from './support/canary.ts';
import { COOKIE, newEmail, newPassword, startLatchkey } from './support/latchkey.ts';

const latchkey = await startLatchkey();
const person = await newPerson(latchkey);
const { home, apiKey: { key } } = person;
const credentials = { email: person.email, password: person.password };

/** A new sign-in as a browser has it. */
async function cookie(): Promise<string> {
  const { headers } = await checked(latchkey.browser()).post('/auth/login', { ...credentials, cookie: true });
  return /^__Host-latchkey=(lkat_\w+);/.exec(headers.get('set-cookie') ?? '')?.[1] ?? assert.fail('no cookie');
}

/** On the wire, the service is at this origin. */
const HERE = 'http://localhost';
const OWN: [string, string][] = [['origin', HERE], ['x-requested-with', 'fetch']];
const JSON_BODY: [string, string][] = [['content-type', 'application/json']];
const raw = async (method: string, path: string, headers: [string, string][], body?: string) => {
  const reply = await rawRequest(latchkey, { method, path, headers, body });
  assertEnvelope(reply, `${method} ${path}:`);
  return reply;
};

test('the cookie is set exactly so, holds the token in place of the body, and is taken away exactly so', async () => {
  const page = checked(latchkey.browser());
  const registered = await page.post('/auth/register', { email: newEmail(), password: newPassword(), firstName: 'Ada', lastName: 'Lovelace', cookie: true });
  const signedIn = await page.post('/auth/login', { ...credentials, cookie: true });
  for (const [reply, status] of [[registered, 201], [signedIn, 200]] as const) {
    const { accessToken, expiresAt } = await ok(reply, status);
    assert.equal(accessToken, null);
    const [header, ...more] = reply.headers.getSetCookie();
    assert.deepEqual(more, []);
    const [, token, seconds] = /^__Host-latchkey=(lkat_[0-9A-Za-z]{51}); Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=(\d+)$/.exec(header!) ?? assert.fail(header);
    // As long as any sign-in lives, if it is used; the browser need not know when this one ends.
    assert.equal(Number(seconds), 30 * 24 * 3600);
    assert.ok(Date.parse(expiresAt) <= Date.now() + Number(seconds) * 1000);
    assert.ok(!reply.text.includes(token!.slice(5)), 'a script that reads the answer does not have the token');
    const browser = checked(latchkey.browser(token!));
    assert.equal((await ok(browser.get('/auth/sign_ins'))).data.find(({ current }: any) => current).cookie, true);
    const out = await browser.post('/auth/logout');
    await ok(out, 204);
    assert.deepEqual(out.headers.getSetCookie(), [`${COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0`]);
    const dead = await latchkey.browser(token!).get('/auth/user');
    await refused(dead, 401, 'auth_invalid_key', 'after logout the cookie is dead');
    assert.deepEqual(dead.headers.getSetCookie(), out.headers.getSetCookie(), 'and a browser that still has it is told to forget it');
    await refused(checked(latchkey.person(token!)).get('/auth/user'), 401, 'auth_invalid_key', 'and so is what was in it');
  }
  for (const path of ['/auth/login', '/auth/register']) {
    const body = path === '/auth/login' ? credentials : { email: newEmail(), password: newPassword(), firstName: 'Ada', lastName: 'Lovelace' };
    const reply = await page.post(path, body);
    assert.equal(reply.headers.get('set-cookie'), null, 'who does not ask for it gets none');
    assert.match(reply.body.accessToken, /^lkat_/);
  }
});

test('with the cookie a page of the own origin does everything that the token does, a request without a page only reads', async () => {
  const browser = checked(latchkey.browser(await cookie()));
  assert.deepEqual(masked(await browser.get(home)), masked(await person.api.get(home)));
  const { key, id } = await ok(browser.post(`${home}/api_keys`, { name: 'In the browser' }), 201);
  await ok(checked(latchkey.api(key)).get('/v1/whoami'));
  await ok(browser.patch(`${home}/api_keys/${id}`, { name: 'Renamed' }));
  await ok(browser.delete(`${home}/api_keys/${id}`));
  const value: [string, string] = ['cookie', `a=b; ${COOKIE}=${await cookie()}; c=d`];
  for (const headers of [[], [['sec-fetch-site', 'none']], [['sec-fetch-site', 'same-origin']], [['origin', HERE]]] as [string, string][][]) {
    await ok(raw('GET', '/auth/user', [value, ...headers]));
    await refused(raw('PATCH', '/auth/user', [value, ...headers, ...JSON_BODY], '{"firstName":"Eve"}'), 403, 'csrf_refused', `${headers} without X-Requested-With`);
  }
  await ok(raw('PATCH', '/auth/user', [value, ...OWN, ...JSON_BODY], '{"firstName":"Ada"}'));
  await ok(raw('PATCH', '/auth/user', [value, ['sec-fetch-site', 'same-origin'], ['x-requested-with', ''], ...JSON_BODY], '{"firstName":"Ada"}'));
});

/** What speaks for another page, or for none. */
const FOREIGN: [string, [string, string][]][] = [
  ['nothing', []],
  ['no origin', [['x-requested-with', 'fetch']]],
  ['another origin', [['origin', 'http://evil.example'], ['x-requested-with', 'fetch']]],
  ['null', [['origin', 'null'], ['x-requested-with', 'fetch']]],
  ['an empty origin', [['origin', ''], ['x-requested-with', 'fetch']]],
  ['the other scheme', [['origin', 'https://localhost'], ['x-requested-with', 'fetch']]],
  ['another port', [['origin', `${HERE}:8080`], ['x-requested-with', 'fetch']]],
  ['the default port spelled out', [['origin', `${HERE}:80`], ['x-requested-with', 'fetch']]],
  ['another host of the same site', [['origin', 'http://evil.localhost'], ['x-requested-with', 'fetch']]],
  ['one that begins like ours', [['origin', `${HERE}.evil.example`], ['x-requested-with', 'fetch']]],
  ['one with a path', [['origin', `${HERE}/`], ['x-requested-with', 'fetch']]],
  ['in capitals', [['origin', HERE.toUpperCase()], ['x-requested-with', 'fetch']]],
  ['ours and another', [['origin', HERE], ['origin', 'http://evil.example'], ['x-requested-with', 'fetch']]],
  ['another and ours', [['origin', 'http://evil.example'], ['origin', HERE], ['x-requested-with', 'fetch']]],
  ['ours twice', [['origin', HERE], ['origin', HERE], ['x-requested-with', 'fetch']]],
  ['ours and another in a list', [['origin', `${HERE}, http://evil.example`], ['x-requested-with', 'fetch']]],
  ['ours, but cross-site', [...OWN, ['sec-fetch-site', 'cross-site']]],
  ['ours, but same-site', [...OWN, ['sec-fetch-site', 'same-site']]],
  ['ours, but typed', [...OWN, ['sec-fetch-site', 'none']]],
  ['ours, and two words on the site', [...OWN, ['sec-fetch-site', 'same-origin'], ['sec-fetch-site', 'cross-site']]],
  ['another, but same-origin', [['origin', 'http://evil.example'], ['sec-fetch-site', 'same-origin'], ['x-requested-with', 'fetch']]],
  ['cross-site alone', [['sec-fetch-site', 'cross-site'], ['x-requested-with', 'fetch']]],
  ['no X-Requested-With', [['origin', HERE], ['sec-fetch-site', 'same-origin']]],
];

test('a page of any other origin, or none, changes nothing with the cookie', async () => {
  const value: [string, string] = ['cookie', `${COOKIE}=${await cookie()}`];
  const before = masked(await person.api.get(`${home}/api_keys`));
  for (const [who, headers] of FOREIGN) {
    for (const [method, path, body] of [
      ['POST', `${home}/api_keys`, '{"name":"Minted"}'], ['DELETE', `${home}/api_keys/${person.apiKey.id}`], ['PATCH', '/auth/user', '{"firstName":"Eve"}'], ['POST', '/auth/logout'],
      ['POST', '/organizations', '{"name":"Eve"}'], ['DELETE', home], ['POST', `${home}/export`], ['POST', '/auth/invitations/accept', '{"token":"x"}'],
      // The cookie of before is there as well when somebody signs in.
      ['POST', '/auth/login', JSON.stringify(credentials)], ['POST', '/auth/password/reset', `{"token":"x","newPassword":"${newPassword()}"}`],
    ] as const) {
      await refused(raw(method, path, [value, ...headers, ...(body ? JSON_BODY : [])], body), 403, 'csrf_refused', `${who}: ${method} ${path}`);
    }
  }
  // What names another origin, or several, does not even read. An empty header never arrives: the platform leaves it out.
  for (const [who, headers] of FOREIGN.filter(([who]) => !['nothing', 'no origin', 'an empty origin', 'no X-Requested-With', 'ours, but typed'].includes(who))) {
    await refused(raw('GET', '/auth/user', [value, ...headers]), 403, 'csrf_refused', `${who}: GET`);
  }
  assert.deepEqual(masked(await person.api.get(`${home}/api_keys`)), before);
  await ok(raw('GET', '/auth/user', [value]));
});

test('nor does a foreign page sign its visitor in: the cookie is only set for a page of ours', async () => {
  for (const [at, [who, headers]] of FOREIGN.entries()) {
    for (const [path, body] of [['/auth/login', { ...credentials, cookie: true }], ['/auth/register', { email: newEmail(), password: newPassword(), firstName: 'Eve', lastName: 'Else', cookie: true }]] as const) {
      const reply = await raw('POST', path, [...headers, ...JSON_BODY], JSON.stringify(body));
      await refused(reply, 403, 'csrf_refused', `${who}: ${path}`);
      assert.equal(reply.headers.get('set-cookie'), null);
      // Each costs the floor of failures: some will do.
      if (path === '/auth/register' && at % 8 === 0) await refused(latchkey.anyone.post('/auth/login', { email: body.email, password: body.password }), 401, 'sign_in_failed');
    }
    if (at % 8 === 0) await ok(raw('POST', '/auth/login', [...headers, ...JSON_BODY], JSON.stringify(credentials)));
  }
});

test('no form works: not from our own origin, not from another, with or without the header', async () => {
  const value: [string, string] = ['cookie', `${COOKIE}=${await cookie()}`];
  const multipart = '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nMinted\r\n--b--\r\n';
  const forms: [string, string][] = [['text/plain', '{"name":"Minted","a":"="}'], ['application/x-www-form-urlencoded', 'name=Minted'], ['multipart/form-data; boundary=b', multipart], ['text/plain; a=application/json', '{"name":"Minted"}']];
  const before = masked(await person.api.get(`${home}/api_keys`));
  for (const [type, body] of forms) {
    for (const origin of ['http://evil.example', 'null', HERE]) {
      await refused(raw('POST', `${home}/api_keys`, [value, ['origin', origin], ['content-type', type]], body), 403, 'csrf_refused', `${type} from ${origin}`);
    }
    await refused(raw('POST', `${home}/api_keys`, [value, ...OWN, ['content-type', type]], body), 415, 'unsupported_media_type', type);
    for (const path of ['/auth/login', '/auth/register']) await refused(raw('POST', path, [['origin', 'http://evil.example'], ['content-type', type]], body), 415, 'unsupported_media_type', `${path} ${type}`);
  }
  // A form says its method in a field; here that is a field like another.
  await refused(raw('POST', '/auth/user?_method=PATCH', [value, ...OWN, ...JSON_BODY], '{"firstName":"Eve"}'), 405, 'method_not_allowed');
  await refused(raw('POST', `${home}/api_keys/${person.apiKey.id}`, [value, ...OWN, ['x-http-method-override', 'DELETE']]), 405, 'method_not_allowed');
  assert.deepEqual(masked(await person.api.get(`${home}/api_keys`)), before);
});

test('the cookie beside any other credential is 400 everywhere; alone it is none for keys and the operator', async () => {
  const value = `${COOKIE}=${await cookie()}`;
  const page = { origin: HERE, 'sec-fetch-site': 'same-origin', 'x-requested-with': 'fetch' };
  const routes: [string, string][] = [
    ['GET', '/v1/whoami'], ['GET', '/v1/api_keys'], ['DELETE', `/v1/api_keys/${person.apiKey.id}`], ['POST', '/v1/keys/verify'], ['GET', '/auth/user'], ['POST', '/auth/logout'], ['POST', '/auth/login'], ['POST', '/auth/register'],
    ['GET', '/organizations'], ['GET', home], ['GET', `${home}/api_keys`], ['DELETE', home], ['GET', '/operator/organizations'], ['DELETE', `/operator/organizations/${person.organization.id}`],
  ];
  const others: [string, string][] = [
    ['authorization', `Bearer ${key}`], ['x-api-key', key], ['authorization', `Bearer ${person.accessToken}`], ['authorization', `Bearer ${latchkey.operatorToken}`], ['authorization', 'Bearer nonsense'], ['authorization', 'Basic YTpi'], ['x-api-key', 'nonsense'],
  ];
  for (const [method, path] of routes) {
    const body: [[string, string][], string?] = method === 'POST' && path !== '/auth/logout' ? [JSON_BODY, '{}'] : [[]];
    for (const other of others) {
      const reply = raw(method, path, [['cookie', value], ...Object.entries(page), other, ...body[0]], body[1]);
      await refused(reply, 400, 'auth_conflicting_credentials', `${method} ${path} with ${other}`);
    }
    for (const twice of [`${value}; ${value}`, `a=b; ${value};${COOKIE}=`]) {
      await refused(raw(method, path, [['cookie', twice], ...Object.entries(page), ...body[0]], body[1]), 400, 'auth_malformed_header', `${method} ${path} with two cookies`);
    }
    if (/^\/(v1|operator)/.test(path)) await refused(raw(method, path, [['cookie', value], ...Object.entries(page), ...body[0]], body[1]), 401, 'auth_missing_credentials', `${method} ${path} with the cookie alone`);
  }
  // No browser sends two such headers (RFC 6265 §5.4). The platform makes one of them, with a comma: that is no token.
  for (const first of ['a=b', value]) {
    const { status, body } = await raw('GET', '/auth/user', [['cookie', first], ['cookie', value]]);
    assert.match(`${status} ${body.code}`, /^401 auth_(missing_credentials|invalid_key)$/);
  }
  for (const odd of [`latchkey=${value.slice(COOKIE.length + 1)}`, value.toLowerCase().replace(/=.*/, `=${value.slice(COOKIE.length + 1)}`), `a${value}`, `${COOKIE}=`]) {
    await refused(raw('GET', '/auth/user', [['cookie', odd]]), 401, 'auth_missing_credentials', odd.slice(0, 20));
  }
  await ok(raw('GET', '/auth/user', [['cookie', value]]));
});

test('a preflight from anywhere allows nothing: no answer ever has an Access-Control header', async () => {
  const value: [string, string] = ['cookie', `${COOKIE}=${await cookie()}`];
  for (const origin of ['https://evil.example', 'null', HERE]) {
    for (const path of ['/auth/login', '/auth/user', '/organizations', home, `${home}/api_keys`, '/v1/api_keys', '/v1/whoami', '/operator/organizations', '/healthz', '/openapi.json', '/nowhere']) {
      for (const [method, extra] of [
        ['OPTIONS', [['access-control-request-method', 'POST'], ['access-control-request-headers', 'authorization,content-type,x-requested-with'], ['access-control-request-private-network', 'true']]],
        ['GET', []], ['GET', [value]], ['POST', [['authorization', `Bearer ${key}`], ...JSON_BODY]], ['GET', [['authorization', `Bearer ${person.accessToken}`]]],
      ] as [string, [string, string][]][]) {
        const reply = await raw(method, path, [['origin', origin], ...extra], method === 'POST' ? '{' : undefined);
        if (method === 'OPTIONS') assert.equal(reply.status, path === '/nowhere' ? 404 : 405, path);
        const cors = [...reply.headers.keys()].filter((name) => /^(access-control-|timing-allow|cross-origin-)/.test(name) && reply.headers.get(name) !== 'same-origin');
        assert.deepEqual(cors, [], `${method} ${path} from ${origin}`);
      }
    }
  }
});

test('nothing leads anywhere else: parameters that name a page are refused, and no answer redirects', async () => {
  const browser = checked(latchkey.browser(await cookie()));
  for (const name of ['next', 'redirect', 'redirect_uri', 'return_to', 'continue', 'url', 'callback', 'jsonp']) {
    for (const target of ['//evil.example', '/\\evil.example', 'https:evil.example', '%09//evil.example', '/organizations', 'javascript:alert(1)']) {
      const query = `?${name}=${target}`;
      for (const [method, path, body] of [['GET', '/auth/user'], ['POST', '/auth/login', credentials], ['POST', '/auth/logout'], ['GET', home]] as const) {
        const reply = await browser.send(method, `${path}${query}`, { body });
        await refused(reply, 400, 'invalid_request', `${method} ${path}${query}`);
        assert.equal(reply.headers.get('location'), null);
      }
    }
    const details = await refused(browser.post('/auth/login', { ...credentials, [name]: '/organizations' }), 400, 'invalid_request');
    assert.deepEqual(details.errors.map(({ pointer, code }: any) => [pointer, code]), [[`/${name}`, 'unknown_field']]);
  }
  for (const path of ['/auth/user/', '//auth/user', '/auth//user', '/AUTH/user', '/auth/user/..', '/auth']) {
    await refused(raw('GET', path, [['authorization', `Bearer ${person.accessToken}`]]), 404, 'not_found', path);
  }
});

test('a GET changes nothing, whatever it is asked: every row of every object stays as it is', async () => {
  const quiet = await startLatchkey();
  const owner = await newPerson(quiet);
  const { token, invitation } = await ok(owner.api.post(`${owner.home}/invitations`, { role: 'member' }), 201);
  const signedIn = await checked(quiet.browser()).post('/auth/login', { email: owner.email, password: owner.password, cookie: true });
  const value = /=(lkat_\w+);/.exec(signedIn.headers.get('set-cookie')!)![1]!;
  const document = (await ok(quiet.fetch('/openapi.json'))).paths as Record<string, Record<string, unknown>>;
  const described = Object.entries(document).filter(([, methods]) => 'get' in methods).map(([path]) => path);
  const people = ['/auth/user', '/auth/sign_ins', '/auth/audit_log', '/organizations', '/organizations/{organizationId}', '/organizations/{organizationId}/members', '/organizations/{organizationId}/members/{userId}', '/organizations/{organizationId}/invitations', '/operator/users'];
  const actions = ['/auth/logout', '/auth/login', '/auth/password', '/auth/totp', '/auth/invitations/accept', '/organizations/{organizationId}/export', '/organizations/{organizationId}/transfer', '/organizations/{organizationId}/invitations/{invitation}', '/organizations/{organizationId}/api_keys/{id}/rotate'];
  const session = owner.organization.defaultSessionId;
  const fill = (path: string) => path.replace('{organizationId}', owner.organization.id).replace('{userId}', owner.user.id).replace('{invitation}', invitation.id).replace('{id}', path.includes('/sessions/') ? session : path.includes('/operator/organizations') ? owner.organization.id : owner.apiKey.id);
  const paths = [...new Set([...described, ...people, ...actions])].map(fill);
  assert.ok(paths.length > 25, `${paths}`);
  const queries = ['', '?limit=1', '?_method=DELETE', `?invitation=${token}`];
  const everything = async () => {
    for (const path of paths) {
      for (const query of queries) {
        const clients = path.startsWith('/operator') ? [quiet.operator] : path.startsWith('/v1') ? [quiet.api(owner.apiKey.key)] : [owner.api, quiet.browser(value)];
        for (const client of clients) {
          for (const method of ['GET', 'HEAD']) {
            const { status } = await checked(client).send(method, `${path}${query}`, { headers: { 'x-http-method-override': 'DELETE' } });
            assert.ok([200, 400, 401, 404, 405].includes(status), `${method} ${path}${query} ${status}`);
          }
        }
      }
    }
  };
  await everything();
  // What registering and inviting still have to tell other objects is none of a GET's doing.
  let before = await rows(quiet.persistDir);
  for (let tries = 0; tries < 100 && before.some((row) => / outbox /.test(row)); tries++) {
    await sleep(200);
    before = await rows(quiet.persistDir);
  }
  assert.ok(before.length > 20);
  await everything();
  const after = await rows(quiet.persistDir);
  assert.deepEqual(after.filter((row) => !before.includes(row)), []);
  assert.deepEqual(before.filter((row) => !after.includes(row)), []);
  await ok(quiet.person(value).get('/auth/user'));
  await quiet.stop();
});

/** All rows of all objects, but for those in which requests are counted: a GET is one, whoever asks. */
async function rows(store: string): Promise<string[]> {
  // A copy: the originals are in use.
  const copy = mkdtempSync(join(tmpdir(), 'latchkey-store-'));
  try {
    cpSync(join(store, 'do'), copy, { recursive: true });
    return filesBelow(copy).filter((file) => /[0-9a-f]{64}\.sqlite$/.test(file)).sort().flatMap((file) => {
      const database = new DatabaseSync(file);
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('ledgers', 'lease_horizon', 'usage', 'usage_heads') AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name").all() as { name: string }[];
      // What was counted is told on; a change of anything else would show in its own row.
      const counted = (name: string, row: any) => name === 'outbox' && ['usage', 'directory'].includes(row.lane);
      const found = tables.flatMap(({ name }) => (database.prepare(`SELECT * FROM "${name}"`).all() as any[]).filter((row) => !counted(name, row)).map((row) => `${file.slice(copy.length).slice(0, 40)} ${name} ${JSON.stringify(row)}`));
      database.close();
      return found;
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
