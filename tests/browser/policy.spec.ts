// How the dashboard is served: which paths are pages, the headers of its files, and that the browser holds it to the policy.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { test } from 'node:test';
import { at } from '../../scripts/lib/env.mjs';
import { markupSinks } from '../../scripts/lib/dashboard.mjs';
import { forgive, startDashboard } from './support/browser.ts';

const dashboard = await startDashboard();
const { latchkey } = dashboard;

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** As a browser or a program sends it, with nothing added. */
function send(path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(`${latchkey.url}${path}`, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers as Record<string, string>, body }));
    }).on('error', reject).end();
  });
}
const navigate = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
const isPage = ({ headers, body }: Answer) => headers['content-type']!.startsWith('text/html') && body.includes('<div id="app">');

test('pages are one document; what belongs to the API stays the API’s, whoever asks', async () => {
  for (const path of ['/', '/sign-in', '/register', '/set-up', '/invitation', '/password-reset', '/forgot-password', '/account', '/docs', '/o/org_x', '/o/org_x/keys/key_y?status=active']) {
    for (const headers of [navigate, {}]) {
      const answer = await send(path, { headers });
      assert.ok(answer.status === 200 && isPage(answer), `${path} ${answer.status}`);
    }
  }
  for (const path of ['/v1', '/v1/nowhere', '/auth/nowhere', '/organizations/x/nowhere', '/operator/nowhere', '/openapi.json/x', '/healthz/x', '/leaks/x']) {
    const answer = await send(path, { headers: navigate });
    assert.ok([401, 404].includes(answer.status) && answer.headers['content-type'] === 'application/json', `${path} ${answer.status} ${answer.body}`);
  }
  assert.match((await send('/openapi.json', { headers: navigate })).body, /^\{/);
  assert.equal((await send('/healthz', { headers: navigate })).headers['content-type'], 'application/json');
});

test('a page that does not exist is a 404 that people can read, and JSON for programs', async () => {
  for (const path of ['/nowhere', '/signin', '/sign-in/x', '/index.html', '/v2/api_keys', '/.env']) {
    const [person, program] = [await send(path, { headers: navigate }), await send(path)];
    assert.ok(person.status === 404 && isPage(person), `${path} ${person.status}`);
    assert.equal(JSON.parse(program.body).code, 'not_found', path);
  }
  assert.equal((await send('/assets/nowhere.js')).status, 404);
  const page = await dashboard.open({ path: '/nowhere' });
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
});

test('only GET and HEAD get a document', async () => {
  const head = await send('/sign-in', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const path of ['/', '/sign-in', '/o/org_x/keys']) {
      const answer = await send(path, { method, headers: navigate });
      assert.ok([404, 405].includes(answer.status) && answer.headers['content-type'] === 'application/json', `${method} ${path} ${answer.status}`);
    }
  }
});

test('every file has the policy; what has a hash in its name is kept for ever, all else is asked for again', async () => {
  const hashed = readdirSync(at('public/assets')).map((name) => `/assets/${name}`);
  assert.ok(hashed.length > 5);
  for (const path of ['/', '/o/org_x/keys', '/theme.js', '/favicon.svg', '/robots.txt', hashed.find((name) => name.endsWith('.js'))!, hashed.find((name) => name.endsWith('.css'))!]) {
    const { status, headers } = await send(path);
    assert.equal(status, 200, path);
    const policy = new Map(headers['content-security-policy']!.split('; ').map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')]));
    assert.deepEqual(Object.fromEntries(policy), {
      'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'img-src': "'self' data:", 'connect-src': "'self'", 'font-src': "'self'",
      'base-uri': "'none'", 'form-action': "'self'", 'frame-ancestors': "'none'", 'require-trusted-types-for': "'script'", 'trusted-types': "'none'",
    }, path);
    for (const [name, value] of [['x-content-type-options', 'nosniff'], ['x-frame-options', 'DENY'], ['referrer-policy', 'no-referrer'], ['cross-origin-opener-policy', 'same-origin'], ['cross-origin-resource-policy', 'same-origin'], ['strict-transport-security', 'max-age=31536000']] as const) {
      assert.equal(headers[name], value, `${path} ${name}`);
    }
    assert.match(headers['cache-control']!, path.startsWith('/assets/') ? /max-age=31536000, immutable/ : /max-age=0, must-revalidate/, path);
    assert.ok(!('set-cookie' in headers));
  }
  const { etag } = (await send('/sign-in')).headers;
  assert.equal((await send('/sign-in', { headers: { 'if-none-match': etag! } })).status, 304);
});

test('the document has nothing inline and nothing of somebody else', async () => {
  const { body } = await send('/');
  assert.doesNotMatch(body, /<style|\sstyle=|\son\w+=|https?:|<script(?![^>]*\ssrc=)/);
  assert.deepEqual(markupSinks(), []);
});

test('the browser refuses markup out of text, inline scripts and style attributes', async () => {
  const page = await dashboard.open({ path: '/sign-in' });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  forgive(/policy|violat|Trusted ?(Type|HTML|Script)|style-src|script-src/i);
  const outcome = await page.evaluate(() => {
    const tried = (act: () => unknown) => {
      try {
        act();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    (globalThis as any).ran = false;
    const script = document.createElement('script');
    const styled = document.createElement('p');
    document.body.append(styled);
    styled.setAttribute('style', 'color: rgb(1, 2, 3)');
    return {
      markup: tried(() => (document.body.innerHTML = '<b>x</b>')),
      text: tried(() => script.append('ran = true')) && tried(() => document.body.append(script)) && (globalThis as any).ran,
      handler: tried(() => styled.setAttribute('onclick', 'ran = true')),
      colour: getComputedStyle(styled).color === 'rgb(1, 2, 3)',
      policies: tried(() => (globalThis as any).trustedTypes.createPolicy('mine', {})),
    };
  });
  assert.deepEqual(outcome, { markup: 'TypeError', text: false, handler: outcome.handler, colour: false, policies: 'TypeError' });
});
