// A real Chromium before the real worker. Whatever a page writes to the console as an error, throws, or is refused by its
// policy fails the test in which it happens.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, afterEach } from 'node:test';
import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';
import { findChromium, withoutChromium } from '../../../scripts/lib/chromium.mjs';
import { COOKIE, startLatchkey, type Latchkey, type Registered, type StartOptions } from '../../e2e/support/latchkey.ts';
import { recordSecretKeys, repeats } from '../../e2e/support/canary.ts';

export type { Page } from 'playwright-core';
export type { Latchkey, Registered } from '../../e2e/support/latchkey.ts';
export { newEmail, newPassword } from '../../e2e/support/latchkey.ts';

/** What a browser calls itself. */
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36';

let browser: Browser | undefined;
after(() => browser?.close());

async function launched(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error(withoutChromium);
  browser ??= await chromium.launch({ executablePath, args: ['--disable-dev-shm-usage', '--force-color-profile=srgb', '--font-render-hinting=none'] });
  return browser;
}

export interface OpenOptions {
  path?: string;
  theme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Signed in already, with the cookie. */
  as?: Registered;
  /** … with the cookie of a sign-in that is there already. */
  cookie?: string;
  reducedMotion?: boolean;
}

/** The service with its dashboard, for one spec file. */
export async function startDashboard(options: StartOptions = {}): Promise<Dashboard> {
  return new Dashboard(await startLatchkey({ ...options, dashboard: true }));
}

/** What must not happen in a page, collected from all that are open. */
const wrongs: string[] = [];
const forgiven: RegExp[] = [];
const contexts = new Set<BrowserContext>();
/** What each page has asked for and not been answered yet. */
const asking = new WeakMap<Page, Set<Request>>();
afterEach(async () => {
  for (const context of contexts) await context.close();
  contexts.clear();
  const found = wrongs.splice(0).filter((wrong) => !forgiven.some((pattern) => pattern.test(wrong)));
  forgiven.length = 0;
  assert.deepEqual(found, [], 'pages had nothing to complain about');
});

/** What a test provokes, until its end. */
export const forgive = (pattern: RegExp) => void forgiven.push(pattern);

export class Dashboard {
  readonly latchkey: Latchkey;

  constructor(latchkey: Latchkey) {
    this.latchkey = latchkey;
  }

  /** A browser of somebody's own: no cookies, no storage. Its first page is open at `path`. */
  async open({ path = '/', theme = 'light', width = 1280, height = 800, as, cookie, reducedMotion = true }: OpenOptions = {}): Promise<Page> {
    const context = await (await launched()).newContext({
      baseURL: this.latchkey.url,
      colorScheme: theme,
      viewport: { width, height },
      locale: 'en-US',
      timezoneId: 'UTC',
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    contexts.add(context);
    // A machine that does much else is late; what never comes fails all the same.
    context.setDefaultTimeout(60_000);
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => console.error(`policy violated: ${violatedDirective} ${blockedURI} ${sample}`));
    });
    const value = cookie ?? (as && (await this.signIn(as)));
    // Set from outside, a secure cookie wants https; to this machine itself the browser sends it without.
    if (value) await context.addCookies([{ name: COOKIE, value, url: this.latchkey.url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    this.guard(page);
    await page.goto(path);
    return page;
  }

  /** A new sign-in with the cookie, which it returns. */
  async signIn({ email, password }: { email: string; password: string }, client = AGENT): Promise<string> {
    const { headers, text } = await this.latchkey.browser().post('/auth/login', { email, password, cookie: true }, { headers: { 'user-agent': client } });
    const value = new RegExp(`^${COOKIE}=([^;]+);`).exec(headers.get('set-cookie') ?? '')?.[1];
    assert.ok(value, text);
    return value;
  }

  private guard(page: Page): void {
    const here = () => new URL(page.url()).pathname;
    const open = new Set<Request>();
    asking.set(page, open);
    page.on('request', (request) => void open.add(request));
    page.on('requestfinished', (request) => void open.delete(request));
    page.on('requestfailed', (request) => void open.delete(request));
    page.on('pageerror', (error) => wrongs.push(`${here()} threw ${error.message}`));
    page.on('dialog', (dialog) => {
      wrongs.push(`${here()} opened a dialog of the browser: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      // The browser's own words about an answer that is an error; what pages make of those is what tests look at.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrongs.push(`${here()} said ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(this.latchkey.url) && !request.url().startsWith('data:')) wrongs.push(`${here()} asked for ${request.url()}`);
    });
    // What is answered once is known to the canary, as if a spec had asked for it.
    page.on('response', (response) => {
      if (response.request().method() === 'POST') void response.text().then(recordSecretKeys, () => {});
      // … and whoever reads gets no secret that anybody was told.
      else if (/json/.test(response.headers()['content-type'] ?? '')) void response.text().then((text) => repeats(text) && wrongs.push(`${here()} was answered a secret by ${response.url()}`), () => {});
    });
  }
}

/** Until a page asks for nothing any more, and what it was answered is painted. The browser's own `networkidle` is half a second later. */
export async function quiet(page: Page): Promise<void> {
  const open = asking.get(page)!;
  await page.waitForLoadState('load');
  const end = Date.now() + 60_000;
  // An answer is told to the page, rendered, and what that asks for is on its way: each a frame.
  for (let frames = 0; frames < 3; frames = open.size === 0 ? frames + 1 : 0) {
    if (Date.now() > end) throw new Error(`never quiet: ${[...open].map((request) => request.url()).join(', ')}`);
    await painted(page);
  }
}

/** Until what there is has been painted. */
export const painted = (page: Page) => page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve))));

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What depends on colours, and so on the theme; anything else is the same elements in both. */
const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Fails if axe finds a violation of WCAG 2.2 AA, in the light and in the dark theme. */
export async function accessible(page: Page, what: string): Promise<void> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axeSource);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    // What has been is still what is computed, until the next frame is there and nothing moves in it.
    await page.evaluate(async () => {
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
      await Promise.allSettled(document.getAnimations().map((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime) && animation.finished));
    });
    const found: string[] = await page.evaluate(async (rules) => {
      const runOnly = rules ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      // There is no frame and nothing that plays, which it would wait for.
      const { violations } = await (globalThis as any).axe.run(document, { runOnly, resultTypes: ['violations'], preload: false, iframes: false });
      return violations.flatMap(({ id, nodes }: any) => nodes.map(({ target, failureSummary }: any) => `${id} ${target}: ${failureSummary}`));
    }, colorScheme === 'dark' ? COLOURS : null);
    assert.deepEqual(found, [], `${what}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** What a person sees: the text of the page's content. */
export const textOf = (page: Page, selector = '#content') => page.locator(selector).innerText();

/** What was copied just now, once the page knows that it was. */
export async function copied(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Fails if a page is wider than its window; charts may need a moment after a window has become smaller. */
export async function fits(page: Page, what: string): Promise<void> {
  const widths = () => page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  for (let round = 0; round < 20 && (await widths())[0]! > (await widths())[1]!; round++) await page.waitForTimeout(100);
  const [content, window] = await widths();
  assert.ok(content! <= window!, `${what} is ${content} px wide in a window of ${window} px`);
}
