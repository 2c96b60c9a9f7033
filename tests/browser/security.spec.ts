// What attackers try: markup in every field that is shown, frames around pages, files of others. The headers of a few files
// are looked at in policy.spec.ts; here it is all files and all pages.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { after, test } from 'node:test';
import { at } from '../../scripts/lib/env.mjs';
import { painted, quiet, startDashboard, type Page, type Registered } from './support/browser.ts';
import { until } from './support/house.ts';
import { foreign, packed, payloads } from './support/payloads.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;

/** The paths of src/routes.ts, as they are when this runs. */
const paths = [...readFileSync(at('dashboard/src/routes.ts'), 'utf8').matchAll(/\b(open|organization)\(\s*'([^']*)'|\bpath: '([^']*)'/g)].map(([, kind, path, plain]) => plain ?? (kind === 'organization' ? `/o/:organizationId${path}` : path!));

/** What has been planted, and which ids have it. */
interface Planted {
  owner: Registered;
  names: string[];
  people: string[];
  descriptions: string[];
  organization: string;
  /** What there is of a domain: its name cannot be markup. */
  domain: string;
  ids: Record<'keys' | 'sessions' | 'webhooks' | 'routes', string[]>;
}

/** What must stand on a page as it was typed; a page that is not listed here has to be added, or this fails. */
const PAGES: Record<string, (planted: Planted) => { ids?: readonly string[]; shows?: readonly string[] }> = {
  '/sign-in': () => ({}),
  '/register': () => ({}),
  '/set-up': () => ({}),
  '/forgot-password': () => ({}),
  '/password-reset': () => ({}),
  '/invitation': () => ({}),
  '/docs': () => ({}),
  '/docs/:id': () => ({ ids: ['createApiKey', encodeURIComponent(payloads[8]!)] }),
  '/account': ({ owner }) => ({ shows: [owner.user.firstName] }),
  '/o/:organizationId': () => ({}),
  '/o/:organizationId/keys': ({ names }) => ({ shows: names }),
  '/o/:organizationId/keys/:id': ({ ids }) => ({ ids: ids.keys }),
  '/o/:organizationId/keys/unused': () => ({}),
  '/o/:organizationId/keys/import': () => ({}),
  '/o/:organizationId/sessions': ({ names }) => ({ shows: names }),
  '/o/:organizationId/sessions/:id': ({ ids }) => ({ ids: ids.sessions }),
  '/o/:organizationId/usage': () => ({}),
  '/o/:organizationId/alerts': () => ({}),
  '/o/:organizationId/webhooks': ({ descriptions }) => ({ shows: descriptions }),
  '/o/:organizationId/webhooks/:id': ({ ids }) => ({ ids: ids.webhooks }),
  '/o/:organizationId/gateway': ({ descriptions }) => ({ shows: descriptions }),
  '/o/:organizationId/gateway/:id': ({ ids }) => ({ ids: ids.routes }),
  '/o/:organizationId/audit': () => ({}),
  '/o/:organizationId/domains': ({ domain }) => ({ shows: [domain] }),
  '/o/:organizationId/members': ({ people, organization }) => ({ shows: [...people, organization] }),
  '/o/:organizationId/plan': () => ({}),
};

/** Does something for all, a few at a time. */
async function each<Of, To>(all: readonly Of[], work: (one: Of, index: number) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let index = next++; index < all.length; index = next++) results[index] = await work(all[index]!, index);
  }));
  return results;
}

/** Puts the texts wherever the API takes text that pages may show. */
async function plant(): Promise<Planted> {
  const organization = payloads[0]!;
  const owner = await latchkey.register({ organizationName: organization, firstName: payloads[8], lastName: payloads[13] });
  const home = `/organizations/${owner.organization.id}`;
  const api = latchkey.person(owner.accessToken);
  const good = <T extends { status: number; text: string }>(reply: T): T => (assert.ok(reply.status < 300, `${reply.status} ${reply.text}`), reply);
  // Who asks is written down with its first 64 characters.
  const asking = (index: number) => ({ headers: { 'user-agent': payloads[index % payloads.length]! } });

  good(await api.patch(home, { plan: 'enterprise' }));
  const metadata = Object.fromEntries(payloads.map((payload, index) => [`m${index}`, payload]));
  const marked = Object.fromEntries(payloads.map((payload, index) => [payload, index]));
  const keys = await each(payloads, async (name, index) => {
    const { body } = good(await api.post(`${home}/api_keys`, { name, externalId: name.replaceAll(' ', '/'), metadata: index === 0 ? metadata : index === 1 ? marked : { [name]: [name] } }, asking(index)));
    good(await api.post(`${home}/keys/verify`, { key: body.key, tags: [name.slice(0, 64)] }, asking(index)));
    return body;
  });
  const reasons = await each(packed(500), async (reason, index) => {
    const { body } = good(await api.post(`${home}/api_keys`, { name: `Revoked ${index}` }));
    good(await api.send('DELETE', `${home}/api_keys/${body.id}`, { body: { reason }, ...asking(index) }));
    return body.id;
  });
  const sessions = await each(payloads, async (name, index) => good(await api.post(`${home}/sessions`, { name }, asking(index))).body.id);
  const endpoints = await each(packed(100).slice(0, 20), async (description, index) => {
    const add = (query: string) => api.post(`${home}/webhook_endpoints`, { url: `https://hooks.example.com/${index}?q=${query}`, description, events: ['*'] }, asking(index));
    const asItIs = await add(payloads[index]!);
    // Most of them are no URL until they are spelled as one.
    return good(asItIs.status === 400 ? await add(encodeURIComponent(payloads[index]!)) : asItIs).body;
  });
  good(await api.post(`${home}/webhook_endpoints/${endpoints[0].id}/test`));
  const routes = await each(endpoints.map(({ description }) => description as string), async (description, index) => good(await api.post(`${home}/gateway_routes`, { path: `/${index}`, origin: `https://origin.example.com/${index}`, description }, asking(index))).body.id);
  const people = await each(payloads.slice(0, payloads.length / 2), async (firstName, index) => {
    const lastName = payloads[payloads.length / 2 + index]!;
    const { body } = good(await api.post(`${home}/invitations`, { role: 'viewer' }, asking(index)));
    await latchkey.register({ firstName, lastName, invitation: body.token, organizationName: undefined });
    return `${firstName} ${lastName}`;
  });
  // Where a key was found is somebody's text as well.
  const leaked = good(await api.post(`${home}/api_keys`, { name: payloads[20] })).body;
  good(await latchkey.anyone.post('/v1/keys/report-leak', { key: leaked.key, url: `https://example.com/${payloads[20]}` }));
  const { domain } = good(await api.post(`${home}/domains`, { domain: 'example.com' }, asking(8))).body;
  assert.equal((await api.post(`${home}/domains`, { domain: payloads[8] })).status, 400);
  return {
    owner,
    organization,
    domain,
    names: [...payloads],
    people,
    descriptions: endpoints.map(({ description }) => description),
    ids: { keys: [keys[0].id, keys[1].id, keys[36].id, ...reasons.slice(0, 2), leaked.id], sessions: sessions.slice(0, 2), webhooks: endpoints.slice(0, 2).map(({ id }) => id), routes: routes.slice(0, 2) },
  };
}

/** What a page must not do: written down as it happens. */
function watch(page: Page): string[] {
  const wrongs: string[] = [];
  page.on('dialog', (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss().catch(() => {});
  });
  page.on('pageerror', (error) => wrongs.push(`error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && wrongs.push(`console: ${message.text()}`));
  page.on('request', (one) => !one.url().startsWith(latchkey.url) && wrongs.push(`request: ${one.url()}`));
  return wrongs;
}

const flat = (text: string) => text.replace(/\s+/g, ' ').trim();

/** All that a page shows, with what more of a list there is, whatever scrolls scrolled to its end, and what unfolds unfolded. */
async function shown(page: Page): Promise<string> {
  const seen = new Set<string>();
  const look = async () => void seen.add(await page.evaluate(() => `${document.body.innerText} ${[...document.querySelectorAll('input, textarea')].map((one) => (one as HTMLInputElement).value).join(' ')} ${document.title}`));
  const more = page.getByRole('button', { name: /^(load more|next)/i });
  for (let round = 0; round < 12; round++) {
    await look();
    for (let step = 0; step < 40; step++) {
      const moved = await page.evaluate(() => {
        const scrolled = [document.scrollingElement!, ...document.querySelectorAll('#content *')].filter((one) => one.scrollHeight > one.clientHeight + 2 && (one === document.scrollingElement || /auto|scroll/.test(getComputedStyle(one).overflowY)));
        return scrolled.map((one) => {
          const before = one.scrollTop;
          one.scrollTop += Math.max(100, one.clientHeight * 0.8);
          return one.scrollTop !== before;
        }).some(Boolean);
      });
      if (!moved) break;
      await painted(page);
      await look();
    }
    if ((await more.count()) === 0 || (await more.first().isDisabled())) break;
    await more.first().click();
    await quiet(page);
  }
  return flat([...seen].join(' '));
}

/** Opens what can be opened: tabs, what unfolds, the menus of the first rows and the dialogs behind them. */
async function explore(page: Page): Promise<void> {
  for (const one of await page.locator('#content [role=tab]').all()) await one.click({ timeout: 2000 }).catch(() => {});
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  const menus = page.locator('#content tbody [aria-haspopup=menu]');
  for (let index = 0; index < Math.min(2, await menus.count()); index++) {
    await menus.nth(index).click({ timeout: 2000 }).catch(() => {});
    const items = await page.locator('#content button[role=menuitem]').allInnerTexts();
    await page.keyboard.press('Escape');
    for (const item of items) {
      await menus.nth(index).click({ timeout: 2000 }).catch(() => {});
      await page.locator('#content').getByRole('menuitem', { name: flat(item) }).first().click({ timeout: 2000 }).catch(() => {});
      await painted(page);
      assert.deepEqual(await foreign(page), [], `behind "${item}"`);
      await page.keyboard.press('Escape');
    }
  }
}

let planted: Planted;

test('the service takes texts that are markup, as names, descriptions, reasons, metadata, addresses and what clients call themselves', async () => {
  assert.ok(payloads.length === 40 && new Set(payloads).size === 40 && payloads.every((one) => one.length <= 100));
  planted = await plant();
});

test('they stay texts, on every page', async (t) => {
  assert.deepEqual(Object.keys(PAGES).sort(), [...paths].sort(), 'each page of routes.ts is in PAGES, and no other');
  const page = await dashboard.open({ as: planted.owner, path: '/robots.txt' });
  const wrongs = watch(page);
  let looked = 0;
  for (const path of paths) {
    const { ids = [''], shows = [] } = PAGES[path]!(planted);
    for (const id of ids) {
      const place = path.replace(':organizationId', planted.owner.organization.id).replace(':id', id);
      await page.goto(place);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await quiet(page);
      const text = await shown(page);
      for (const wanted of shows) assert.ok(text.includes(flat(wanted)), `${place} shows ${wanted}`);
      assert.deepEqual(await foreign(page), [], place);
      await explore(page);
      assert.deepEqual(await foreign(page), [], place);
      assert.deepEqual(wrongs, [], place);
      looked++;
    }
  }
  t.diagnostic(`${looked} pages with ${payloads.length} texts each`);
});

test('what a query or a fragment says is text, too', async () => {
  const person = await latchkey.register();
  const page = await dashboard.open({ as: person, path: '/robots.txt' });
  const wrongs = watch(page);
  for (const path of paths) {
    const place = path.replace(':organizationId', person.organization.id).replace(':id', 'x');
    const hostile = encodeURIComponent(payloads[8]!);
    await page.goto(`${place}?next=${hostile}&status=${hostile}&search=${hostile}&q=${hostile}&tab=${hostile}&show=${hostile}&kind=${hostile}&domain=${hostile}&session=${hostile}&sort=${hostile}&days=${hostile}&period=${hostile}&from=${hostile}&cursor=${hostile}#token=${hostile}`);
    await page.locator('#app :is(h1, main)').first().waitFor();
    await quiet(page);
    assert.deepEqual(await foreign(page), [], place);
    assert.deepEqual(wrongs, [], place);
  }
});

/** A browser of which nothing is expected. */
async function elsewhere(): Promise<Page> {
  const page = await dashboard.open({ path: '/robots.txt' });
  const context = await page.context().browser()!.newContext();
  after(() => context.close().catch(() => {}));
  await context.addInitScript(() => addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.error(`policy violated: ${violatedDirective}`)));
  return context.newPage();
}

/** All that was noticed, once that is in it. */
const noticed = (wrongs: string[], patterns: RegExp[]) => until(async () => wrongs.join('\n'), (all) => patterns.every((pattern) => pattern.test(all)), 'noticed');

test('a page that is broken on purpose is noticed: by the policy, and without it by what is watched here', async () => {
  const { headers } = await latchkey.fetch('/sign-in');
  const inline = `<!doctype html><title>Broken</title><div id="app"></div>${payloads[0]}<p ${'on' + 'click'}="1">${payloads[8]}</p><script src="/broken.js"></script>`;
  const sink = ['document.getElementById("app").inner', 'HTML = ', JSON.stringify(payloads[8])].join('');
  for (const policy of [headers.get('content-security-policy')!, '']) {
    const page = await elsewhere();
    const wrongs = watch(page);
    await page.route('**/broken', (route) => route.fulfill({ contentType: 'text/html', headers: policy ? { 'content-security-policy': policy } : {}, body: inline }));
    await page.route('**/broken.js', (route) => route.fulfill({ contentType: 'text/javascript', body: sink }));
    await page.goto(`${latchkey.url}/broken`);
    const expected = policy ? [/policy violated: script-src-elem/, /policy violated: script-src-attr/, /policy violated: require-trusted-types-for/] : [/dialog: 1/];
    const all = await noticed(wrongs, expected);
    const found = await foreign(page);
    assert.ok(found.includes('<img>') && found.includes('<script> of its own') && found.includes(`p ${'on' + 'click'}`), found.join());
    // Without the policy it runs, and that is noticed.
    if (policy) assert.doesNotMatch(all, /dialog/, 'nothing has run');
  }
});

test('a request to another place is noticed, and refused by the policy', async () => {
  const page = await elsewhere();
  const wrongs = watch(page);
  await page.goto(`${latchkey.url}/sign-in`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.deepEqual(wrongs.filter((wrong) => wrong.startsWith('request')), []);
  const outcome = await page.evaluate(async () => {
    const image = new Image();
    image.src = 'https://example.com/pixel.gif';
    return fetch('https://example.com/', { mode: 'no-cors' }).then(() => 'sent', () => 'refused');
  });
  assert.equal(outcome, 'refused');
  await noticed(wrongs, [/request: https:\/\/example/, /"connect-src 'self'"/, /"img-src 'self' data:"/]);
});

test('nobody puts a page into a frame, keeps a hand on its window, or takes its files', async () => {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>Another site</title>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  after(() => server.close());
  // Another port of the same machine is another origin; another name is another site as well.
  const { port } = server.address() as { port: number };
  for (const host of ['127.0.0.1', 'localhost']) {
    const page = await elsewhere();
    await page.goto(`http://${host}:${port}/`);
    for (const path of ['/', '/sign-in', '/docs', '/o/org_x/keys', '/nowhere']) {
      for (const element of ['iframe', 'object', 'embed']) {
        await page.evaluate(([kind, url]) => new Promise<void>((resolve) => {
          const frame = document.createElement(kind!);
          frame.setAttribute(kind === 'object' ? 'data' : 'src', url!);
          frame.onload = frame.onerror = () => resolve();
          setTimeout(resolve, 500);
          document.body.replaceChildren(frame);
        }), [element, latchkey.url + path]);
        for (const frame of page.frames().slice(1)) {
          assert.ok(!frame.url().startsWith(latchkey.url), `${path} in <${element}> is at ${frame.url()}`);
          assert.equal(await frame.locator('#app').count().catch(() => 0), 0, `${path} in <${element}>`);
        }
      }
    }
    const taken = await page.evaluate(async (url) => {
      const tried = (path: string, mode: RequestMode) => fetch(url + path, { mode }).then(() => 'taken', () => 'refused');
      return [await tried('/sign-in', 'no-cors'), await tried('/theme.js', 'no-cors'), await tried('/openapi.json', 'cors'), await tried('/auth/user', 'cors')];
    }, latchkey.url);
    assert.deepEqual(taken, ['refused', 'refused', 'refused', 'refused'], host);
    const [opened] = await Promise.all([page.context().waitForEvent('page'), page.evaluate((url) => void ((globalThis as any).theirs = open(url)), `${latchkey.url}/sign-in`)]);
    await opened.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await page.evaluate(() => (globalThis as any).theirs.closed), true, 'whoever opened it has lost it');
    assert.equal(await opened.evaluate(() => opener), null);
  }
});

/** The header of an answer to a browser that goes there; `fetch` does not let one say that. */
const navigated = (path: string): Promise<{ status: number; headers: Headers }> => new Promise((resolve, reject) => {
  request(latchkey.url + path, { headers: { 'sec-fetch-mode': 'navigate', accept: 'text/html' } }, (response) => {
    response.resume().on('end', () => resolve({ status: response.statusCode!, headers: new Headers(Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])) }));
  }).on('error', reject).end();
});

test('every page and every file has the policy', async () => {
  const files = readdirSync(at('public'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`.slice(at('public').length));
  const served = files.filter((file) => !/\/(_headers|\.assetsignore|index\.html|openapi\.json)$/.test(file)).map((file) => file.replaceAll('\\', '/'));
  assert.ok(served.some((file) => file.endsWith('.js')) && served.some((file) => file.endsWith('.css')) && served.includes('/llms.txt'));
  const pages = paths.map((path) => path.replace(':organizationId', 'org_x').replace(':id', 'y'));
  for (const path of [...pages, '/', '/nowhere', ...served]) {
    const { status, headers } = await navigated(path);
    assert.equal(status, path === '/nowhere' ? 404 : 200, path);
    const policy = new Map((headers.get('content-security-policy') ?? '').split(/;\s*/).map((line) => [line.split(' ')[0]!, line.split(' ').slice(1).join(' ')]));
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe|\*|https?:|wasm|strict-dynamic/, path);
    for (const [name, value] of [['default-src', "'none'"], ['script-src', "'self'"], ['style-src', "'self'"], ['connect-src', "'self'"], ['base-uri', "'none'"], ['form-action', "'self'"], ['frame-ancestors', "'none'"], ['require-trusted-types-for', "'script'"], ['trusted-types', "'none'"]]) assert.equal(policy.get(name!), value, `${path} ${name}`);
    // Not named means as default-src has it.
    for (const name of ['object-src', 'frame-src', 'worker-src', 'manifest-src', 'media-src']) assert.ok([undefined, "'none'"].includes(policy.get(name)), `${path} ${name}`);
    for (const [name, value] of [['x-content-type-options', 'nosniff'], ['referrer-policy', 'no-referrer'], ['cross-origin-opener-policy', 'same-origin'], ['cross-origin-resource-policy', 'same-origin'], ['x-frame-options', 'DENY'], ['strict-transport-security', 'max-age=31536000']]) assert.equal(headers.get(name!), value, `${path} ${name}`);
    assert.equal(headers.get('access-control-allow-origin'), null, path);
    assert.equal(headers.get('set-cookie'), null, path);
  }
});
