// A Chromium for the browser specs and the screenshots: one that is there, or Debian's, installed where that is allowed.
// Without one the browser layer is left out, and that is said.
import { existsSync } from 'node:fs';
import { windows } from './env.mjs';
import { attempt } from './process.mjs';
import { step } from './steps.mjs';

const USUAL = [
  // The same engine without the window around it, which costs as much as a page: nobody sees it here.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ...(windows ? [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA].map((root) => `${root}\\Google\\Chrome\\Application\\chrome.exe`) : []),
];

/** The browser that is there: LATCHKEY_CHROMIUM, which alone decides if it is set, or one in a usual place. @returns {string | null} */
export function findChromium() {
  const chosen = process.env.LATCHKEY_CHROMIUM;
  if (chosen !== undefined) return existsSync(chosen) ? chosen : null;
  return USUAL.find((path) => existsSync(path)) ?? null;
}

/** The font of the pictures, where a package of the system may be installed; else they are in whatever is there. */
export async function pictureFont() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  if ((await attempt('fc-list', ['Inter'])).output.trim() || (await attempt('apt-get', ['--version'])).code !== 0) return;
  await step('font for the pictures', () => attempt('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'fonts-inter'], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }));
}

/** Why the layer is left out, in words that say what to do. */
export const withoutChromium = 'no Chromium is here: install one (Debian and Ubuntu: sudo apt-get install chromium), or name it in LATCHKEY_CHROMIUM';

/** Finds a browser, installing Debian's if there is none and we may. @returns {Promise<string | null>} */
export function chromium() {
  return step('Chromium', async ({ note, release }) => {
    const found = findChromium();
    if (found) {
      note(found);
      return found;
    }
    const mayInstall = process.env.LATCHKEY_CHROMIUM === undefined && process.platform === 'linux' && process.getuid?.() === 0;
    if (!mayInstall || (await attempt('apt-get', ['--version'])).code !== 0) {
      note('none');
      return null;
    }
    release();
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await attempt('apt-get', ['update', '-q'], { show: 'always', env });
    // Not every distribution has the first.
    for (const name of ['chromium-headless-shell', 'chromium']) {
      if (!findChromium()) await attempt('apt-get', ['install', '-y', '-q', '--no-install-recommends', name, 'fonts-liberation'], { show: 'always', env });
    }
    const installed = findChromium();
    note(installed ? 'installed with apt-get' : 'could not be installed');
    return installed;
  });
}
