// The reference of the API: for anybody, complete, with samples that are true, and a key to try them with that is kept nowhere.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readDescription, type Description, type Operation } from '../../dashboard/src/pages/docs/description.ts';
import { curl, typescript, variablesOf, VARIABLES } from '../../dashboard/src/pages/docs/samples.ts';
import { at } from '../../scripts/lib/env.mjs';
import { accessible, fits, newPassword, painted, startDashboard, type Page } from './support/browser.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;
const person = await latchkey.register({ organizationName: 'Reading house' });
const key: string = person.apiKey.key;

const description: Description = JSON.parse(readFileSync(at('docs/openapi.json'), 'utf8'));
const reference = readDescription(description);
const operations = [...reference.operations.values()];
const KEY_LIKE = /\b[a-z][a-z0-9]*_(?:(?:live|staging|dev)_)?[0-9A-Za-z]{48}\b/;

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
const tab = (page: Page, name: string) => page.getByRole('tab', { name }).click();

/** Opens an operation with the form to try it, with the key filled in. */
async function trying(id: string, options: Parameters<typeof dashboard.open>[0] = {}): Promise<Page> {
  const page = await dashboard.open({ path: `/docs/${id}`, ...options });
  await tab(page, 'Try it');
  await page.getByLabel('API key', { exact: true }).fill(key);
  return page;
}

test('whoever is not signed in can read it, find an operation by the keyboard, and link to it', async () => {
  const page = await dashboard.open({ path: '/docs' });
  await heading(page, 'API reference');
  await accessible(page, 'the introduction');
  await page.keyboard.press('/');
  await page.keyboard.type('rotate webhook secret');
  await page.getByText('2 operations found', { exact: true }).waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/docs/rotateWebhookSecret');
  await heading(page, 'Makes a new secret, shown this once');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1', 'reading goes on at the heading');
  await page.goBack();
  await heading(page, 'API reference');
  await page.goto('/docs/createApiKey');
  await heading(page, 'Issues an API key');
  assert.equal(await page.title(), 'Issues an API key · Latchkey');
  await page.getByRole('link', { name: /Issues an API key$/ }).and(page.locator('[aria-current=page]')).waitFor();
  await page.getByRole('searchbox').fill('no such thing at all');
  await page.getByText('Nothing is called that').waitFor();
  await page.goto('/docs/nothing');
  await heading(page, 'No such operation');
});

test('each operation of openapi.json has a page, reached without loading the document again', async () => {
  const page = await dashboard.open({ path: '/docs' });
  await heading(page, 'API reference');
  await page.evaluate(() => ((globalThis as any).same = true));
  for (const operation of operations) {
    await page.evaluate((id) => {
      history.pushState(null, '', `/docs/${id}`);
      dispatchEvent(new PopStateEvent('popstate'));
    }, operation.id);
    await page.locator('.docs-path code').getByText(operation.path, { exact: true }).waitFor();
    await page.getByRole('table', { name: `Errors of ${operation.id}`, exact: true }).waitFor();
    const text = await page.locator('#reference').innerText();
    const { kind, needs } = operation.credential;
    if (needs) assert.ok(text.includes(needs), `${operation.id} says that it needs ${needs}`);
    if (kind !== 'none') assert.ok(text.includes(`Bearer $${VARIABLES[kind]}`), `${operation.id} takes the credential from the environment`);
    for (const { name } of operation.parameters) assert.ok(text.includes(name), `${operation.id} has ${name}`);
    for (const { code, meaning } of operation.refusals) assert.ok(text.includes(code) && text.includes(meaning), `${operation.id} has ${code}`);
    assert.doesNotMatch(text, KEY_LIKE);
  }
  assert.ok(await page.evaluate(() => (globalThis as any).same), 'it is the same document');
});

test('schemas can be unfolded all the way down', async () => {
  const page = await dashboard.open({ path: '/docs/createApiKey' });
  await page.getByRole('table', { name: 'Errors of createApiKey' }).waitFor();
  for (let rounds = 0; rounds < 8; rounds++) {
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll<HTMLDetailsElement>('.docs-details details:not([open])')) fold.open = true;
    });
    await painted(page);
  }
  const text = await page.locator('.docs-details').innerText();
  for (const wanted of ['full_access', 'interval', 'daily', 'windowMs', '1,000 to 86,400,000', 'Not permission and permissions together.', 'required', 'or null']) assert.ok(text.includes(wanted), wanted);
  await accessible(page, 'an operation with all its schemas');
  await fits(page, 'an operation');
});

test('everything fits into 320 px, and the operations are behind a button', async () => {
  for (const path of ['/docs', '/docs/errors', '/docs/createApiKey', '/docs/revokeApiKeysAsMember', '/docs/listApiKeys']) {
    const page = await dashboard.open({ path, width: 320, height: 640 });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.locator('.docs-details').waitFor();
    await fits(page, path);
    if (path !== '/docs/listApiKeys') continue;
    await accessible(page, 'a narrow operation');
    await page.getByRole('button', { name: 'Open the operations' }).click();
    await page.getByRole('button', { name: /^Sessions/ }).click();
    await page.getByRole('link', { name: 'Creates a session' }).click();
    await heading(page, 'Creates a session');
    assert.ok(!(await page.getByRole('navigation', { name: 'Operations' }).isVisible()), 'what was chosen is what is seen');
  }
});

interface Sent {
  method: string;
  url: string;
  authorization: string | null;
  type: string | null;
  body: unknown;
}

/** Runs a sample as it stands there, with this environment. */
const runs = (sample: string, env: Record<string, string>, fetched: typeof fetch): Promise<unknown> =>
  (Object.getPrototypeOf(async () => {}).constructor as any)('process', 'fetch', sample)({ env }, fetched);

/** What the sample for TypeScript would send. */
async function sentByTypeScript(operation: Operation, env: Record<string, string>): Promise<Sent> {
  let sent: Sent | undefined;
  await runs(typescript(operation, reference.schemas, latchkey.url), env, async (url, options = {}) => {
    const headers = new Headers(options.headers);
    sent = { method: options.method ?? 'GET', url: String(url), authorization: headers.get('authorization'), type: headers.get('content-type'), body: options.body === undefined ? undefined : JSON.parse(String(options.body)) };
    return new Response('{}');
  });
  return sent!;
}

/** What a shell hands to curl. */
function sentByCurl(operation: Operation, env: Record<string, string>): Sent {
  const script = `curl() { for part; do printf '%s\\0' "$part"; done; }\n${curl(operation, reference.schemas, latchkey.url)}`;
  const parts = execFileSync('sh', ['-c', script], { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' }).split('\0').slice(0, -1);
  const sent: Sent = { method: '', url: '', authorization: null, type: null, body: undefined };
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (part === '-X') sent.method = parts[++at]!;
    else if (part === '-d') sent.body = JSON.parse(parts[++at]!);
    else if (part === '-H') {
      const [name, value] = parts[++at]!.split(': ') as [string, string];
      if (name === 'Authorization') sent.authorization = value;
      else if (name === 'Content-Type') sent.type = value.toLowerCase();
    } else sent.url = part;
  }
  sent.method ||= sent.body === undefined ? 'GET' : 'POST';
  return sent;
}

test('both samples of each operation send the same, with credentials out of the environment', { skip: process.platform === 'win32' && 'there is no sh' }, async () => {
  for (const operation of operations) {
    const env = Object.fromEntries(variablesOf(operation, reference.schemas).map((name) => [name, `value of ${name}`]));
    const sent = await sentByTypeScript(operation, env);
    assert.deepEqual(sentByCurl(operation, env), sent, operation.id);
    assert.equal(sent.method, operation.method);
    const variable = VARIABLES[operation.credential.kind];
    assert.equal(sent.authorization, variable && `Bearer value of ${variable}`, operation.id);
    assert.doesNotMatch(JSON.stringify(sent), KEY_LIKE);
  }
});

/** What is wrong with what was sent, as against what has become of it. */
const MISTAKES = ['invalid_request', 'invalid_json', 'auth_conflicting_credentials', 'auth_malformed_header', 'auth_missing_credentials', 'auth_invalid_key', 'not_found', 'method_not_allowed', 'unsupported_media_type', 'insufficient_permissions', 'insufficient_role'];

test('the service takes every sample: what it then says is never that the request is wrong', async (t) => {
  const keys = latchkey.api(key);
  const other = (await keys.post('/v1/api_keys', { name: 'Of no importance' })).body;
  const endpoint = (await keys.post('/v1/webhook_endpoints', { url: 'https://hooks.example.com/a', events: ['*'] })).body;
  // What the samples name is put in for what they made up.
  const real: [RegExp, string][] = [
    [/org_0123456789A\w+/g, person.organization.id],
    [/ses_0123456789A\w+/g, person.organization.defaultSessionId],
    [/key_0123456789A\w+/g, other.id],
    [/whe_0123456789A\w+/g, endpoint.id],
  ];
  // Theirs are ends: of an organization, or of the sign-in that the others need.
  const harmless = new Set(['deleteOwnOrganization', 'deleteOrganization', 'suspendOrganization']);
  const statuses: Record<string, number> = {};
  for (const operation of operations) {
    const alone = ['signOut', 'changePassword', 'resetPassword'].includes(operation.id) ? await latchkey.register() : person;
    const env = { LATCHKEY_KEY: key, LATCHKEY_TOKEN: alone.accessToken, LATCHKEY_OPERATOR_TOKEN: latchkey.operatorToken, API_KEY: other.key, PASSWORD: alone.password, NEW_PASSWORD: newPassword(), TOKEN: 'made-up', SETUP_TOKEN: 'made-up' };
    let sample = typescript(operation, reference.schemas, latchkey.url);
    if (!harmless.has(operation.id)) for (const [made, id] of real) sample = sample.replace(made, id);
    const refused = await runs(sample, env, fetch).then(() => null, (error: Error) => error.message);
    if (refused === null) {
      statuses.taken = (statuses.taken ?? 0) + 1;
      continue;
    }
    const [, status, body] = /^(\d{3}) (.*)$/s.exec(refused) ?? assert.fail(`${operation.id}: ${refused}`);
    const { code, details } = JSON.parse(body!);
    statuses[status!] = (statuses[status!] ?? 0) + 1;
    assert.ok(Number(status) < 500 && !MISTAKES.includes(code), `${operation.id}: ${status} ${code} ${JSON.stringify(details)}`);
  }
  t.diagnostic(JSON.stringify(statuses));
});

test('trying an operation shows status, request id, rate limits and body, whoever is signed in here', async () => {
  for (const as of [undefined, person]) {
    const page = await trying('whoami', as ? { as } : {});
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.locator('.docs-received');
    await answer.getByText('200', { exact: true }).waitFor();
    const text = await answer.innerText();
    assert.match(text, /x-request-id\s+req_\w{22}/);
    assert.match(text, /"code": "VALID"/);
    if (!as) await accessible(page, 'an answer');
  }
  const limited = (await latchkey.api(key).post('/v1/api_keys', { name: 'Limited', rateLimits: [{ name: 'few', limit: 5, windowMs: 60_000 }] })).body;
  const page = await trying('whoami');
  await page.getByLabel('API key', { exact: true }).fill(limited.key);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('ratelimit-policy').waitFor();
  assert.match(await page.locator('.docs-received').innerText(), /ratelimit-policy\s+"key.few";q=5;w=60/);
  assert.match(await page.locator('.docs-received').innerText(), /ratelimit\s+"key.few";r=4/);
  await page.getByLabel('API key', { exact: true }).fill('nothing');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.docs-received').getByText('401', { exact: true }).waitFor();
  assert.match(await page.locator('.docs-received').innerText(), /auth_invalid_key/);
});

test('parameters and body go where they belong; mistakes are named before anything is sent', async () => {
  const page = await trying('listApiKeys');
  await page.getByText('7 optional parameters').click();
  await page.getByRole('textbox', { name: /^limit/ }).fill('1');
  await page.getByRole('combobox', { name: /^status/ }).selectOption('active');
  await page.getByText('GET /v1/api_keys?limit=1&status=active').waitFor();
  const request = page.waitForRequest('**/v1/api_keys**');
  await page.getByRole('button', { name: 'Send' }).click();
  assert.equal(new URL((await request).url()).search, '?limit=1&status=active');
  const changing = await trying('changeApiKey');
  const sent: string[] = [];
  changing.on('request', (one) => sent.push(one.url()));
  await changing.getByRole('button', { name: 'Send' }).click();
  await changing.getByText('Is required.').waitFor();
  await changing.getByRole('textbox', { name: 'id', exact: true }).fill('..');
  await changing.getByRole('textbox', { name: 'Body' }).fill('{"active": fals');
  await changing.getByRole('button', { name: 'Send' }).click();
  await changing.getByText('Is no name.').waitFor();
  await changing.getByText(/Is not JSON/).waitFor();
  await accessible(changing, 'mistakes');
  assert.deepEqual(sent, []);
});

test('what changes something asks first, and does it then', async () => {
  const page = await trying('createApiKey');
  await page.getByRole('textbox', { name: 'Body' }).fill('{"name": "Made in the reference"}');
  await page.getByRole('button', { name: 'Send' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('issues an API key').waitFor();
  await accessible(page, 'asking');
  const named = async () => (await latchkey.api(key).get('/v1/api_keys?search=reference&limit=10')).body.data.length;
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await named(), 0, 'nothing was sent');
  await page.getByRole('button', { name: 'Send' }).click();
  await dialog.getByRole('button', { name: 'Send' }).click();
  await page.locator('.docs-received').getByText('201', { exact: true }).waitFor();
  assert.equal(await named(), 1);
});

test('the key is in the state of the page and nowhere else: not kept, not in an address, gone after a reload, Back and a sample', async () => {
  const page = await trying('whoami');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.docs-received').getByText('200', { exact: true }).waitFor();
  const secret = key.slice(-30);
  const kept = () => page.evaluate(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, location.href, history.state, document.cookie, await caches.keys(), await indexedDB.databases()]));
  assert.ok(!(await kept()).includes(secret), 'not even in the document');
  // Other operations go on with it; samples never have it.
  await page.getByRole('button', { name: /^API keys/ }).click();
  await page.getByRole('link', { name: /Issues an API key$/ }).click();
  await heading(page, 'Issues an API key');
  assert.equal(await page.getByLabel('API key', { exact: true }).inputValue(), key);
  for (const name of ['curl', 'TypeScript']) {
    await tab(page, name);
    await page.getByRole('button', { name: `Copy for ${name}` }).click();
    assert.ok(!(await page.evaluate(() => navigator.clipboard.readText())).includes(secret), name);
  }
  for (const leave of [() => page.reload(), async () => { await page.goto('/robots.txt'); await page.goBack(); }]) {
    await leave();
    await heading(page, 'Issues an API key');
    await tab(page, 'Try it');
    assert.equal(await page.getByLabel('API key', { exact: true }).inputValue(), '');
    assert.ok(!(await kept()).includes(secret));
    await page.getByLabel('API key', { exact: true }).fill(key);
  }
});

test('llms.txt is text that names only what exists', async () => {
  const { status, headers, text } = await latchkey.fetch('/llms.txt');
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(text, /^# Latchkey\n\n> /);
  assert.doesNotMatch(text, KEY_LIKE);
  const exists = (method: string, path: string) => description.paths[path]?.[method.toLowerCase()] !== undefined;
  const named = [...text.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^`\s?]+)`/g)];
  assert.ok(named.length > 80, `${named.length} operations`);
  for (const [, method, path] of named) assert.ok(exists(method!, path!), `${method} ${path}`);
  const called = [...text.matchAll(/\$LATCHKEY_URL\}?(\/[^"`\s?]+)/g)].map(([, path]) => path!.replace(/(key|ses|org|usr|whe|alr)_[0-9A-Za-z]+/g, '{id}'));
  assert.ok(called.length >= 11);
  for (const path of called) assert.ok(description.paths[path], path);
  const linked = [...text.matchAll(/\]\(\/docs\/(\w+)\)/g)].map(([, id]) => id!);
  for (const id of linked) assert.ok(reference.operations.has(id), id);
  // All that a key can do is there.
  for (const operation of operations) if (operation.credential.kind === 'key') assert.ok(linked.includes(operation.id), operation.id);
  for (const wanted of ['auth_missing_credentials', 'requestId', 'Idempotency-Key', 'nextCursor', 'USAGE_EXCEEDED', '(/openapi.json)', 'latchkey/express', 'what to do', 'docs/QUICKSTART.md']) assert.ok(text.includes(wanted), wanted);
});
