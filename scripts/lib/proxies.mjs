// Proxies for the spec of examples/proxies: those that are there, or Debian's, unpacked below .tools without being installed,
// so that no service is started and nobody has to be root. Without one its tests are left out, and that is said.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { at, windows } from './env.mjs';
import { attempt } from './process.mjs';
import { step } from './steps.mjs';

const place = at('.tools/proxies');

/** The binary of a proxy, in a usual place or in .tools. @param {'nginx' | 'caddy'} name @returns {string | null} */
export function findProxy(name) {
  if (windows) return null;
  const places = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', join(place, 'usr/sbin'), join(place, 'usr/bin')];
  return places.map((directory) => join(directory, name)).find((path) => existsSync(path)) ?? null;
}

/** Gets those that are missing, where apt has them. */
export async function proxies() {
  /** @type {('nginx' | 'caddy')[]} */
  const wanted = ['nginx', 'caddy'];
  const missing = wanted.filter((name) => !findProxy(name));
  await step('proxies', async ({ note }) => {
    if (missing.length > 0 && process.platform === 'linux' && (await attempt('apt-get', ['--version'])).code === 0) {
      mkdirSync(place, { recursive: true });
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      const download = () => attempt('apt-get', ['download', '-q', ...missing], { cwd: place, env });
      // A fresh machine has no lists of packages yet, and only root may get them.
      if ((await download()).code !== 0 && process.getuid?.() === 0) {
        await attempt('apt-get', ['update', '-q'], { env });
        await download();
      }
      for (const file of readdirSync(place).filter((name) => name.endsWith('.deb'))) {
        await attempt('dpkg-deb', ['-x', join(place, file), place]);
        rmSync(join(place, file));
      }
    }
    note(wanted.map((name) => (findProxy(name) ? name : `no ${name}`)).join(', '));
  });
}
