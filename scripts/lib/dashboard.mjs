// The dashboard: who may call what, out of the description of the API, then Vite's build into public/, where the worker's static
// assets are. What has not changed is not built again: a stamp in dist/ knows what it was made of.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { at, digestOf, filesBelow, node, read, shown } from './env.mjs';
import { run } from './process.mjs';
import { step } from './steps.mjs';

const dist = at('dashboard/dist');
const stamp = join(dist, '.stamp');
/** Written by `roles()`, never committed: so they cannot differ from the description. */
const generated = at('dashboard/src/api/generated');

/** Builds the dashboard into public/, if anything has changed. @returns {Promise<void>} */
export function buildDashboard() {
  return step('dashboard', async ({ note }) => {
    const wanted = inputs();
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && isPublished()) return;
    roles();
    await run(/** @type {string} */ (node()), [at('node_modules/vite/bin/vite.js'), 'build', at('dashboard')]);
    await run(/** @type {string} */ (node()), ['--disable-warning=ExperimentalWarning', at('scripts/llms.mjs'), join(dist, 'llms.txt')]);
    publish();
    writeFileSync(stamp, wanted);
    note(`${Math.round(firstPage().bytes / 100) / 10} kB of script for the first page, gzipped`);
  });
}

/** A digest of all that the build depends on. */
function inputs() {
  const own = filesBelow(at('dashboard')).filter((file) => ![dist, generated].some((made) => file.startsWith(made + sep)));
  const files = [...own, ...filesBelow(at('clients/typescript/src/cli/import')), at('clients/typescript/src/cli/command.ts'), at('docs/openapi.json'), at('docs/API.md'), at('docs/ERRORS.md'), at('docs/QUICKSTART.md'), at('package-lock.json'), at('scripts/llms.mjs'), at('scripts/lib/dashboard.mjs'), at('clients/typescript/src/openapi.gen.ts')];
  return digestOf(files);
}

const isPublished = () => existsSync(at('public/index.html')) && read('public/index.html') === readFileSync(join(dist, 'index.html'), 'utf8');

/** Files with a hash in their names first: a page that is just being loaded finds what it names. */
function publish() {
  mkdirSync(at('public/assets'), { recursive: true });
  cpSync(join(dist, 'assets'), at('public/assets'), { recursive: true });
  for (const name of readdirSync(dist)) if (name !== 'assets') cpSync(join(dist, name), at('public', name), { recursive: true });
  const current = new Set(readdirSync(join(dist, 'assets')));
  for (const name of readdirSync(at('public/assets'))) if (!current.has(name)) rmSync(at('public/assets', name), { recursive: true });
}

/** What the browser loads for the first page: the scripts that index.html names. @returns {{ files: string[], bytes: number }} */
export function firstPage() {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const files = [...html.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path]) => String(path));
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0);
  return { files, bytes };
}

/** Which role each operation of people needs, from docs/openapi.json. */
export function roles() {
  /** @type {Record<string, string>} */
  const needs = {};
  for (const operations of Object.values(JSON.parse(read('docs/openapi.json')).paths)) {
    for (const operation of Object.values(/** @type {Record<string, any>} */ (operations))) {
      const role = operation.security?.find((/** @type {any} */ way) => way.cookie)?.cookie[0];
      if (role) needs[operation.operationId.replace(/AsMember$/, '')] = role;
    }
  }
  const head = '// Made from docs/openapi.json by scripts/lib/dashboard.mjs; not committed.\n';
  mkdirSync(generated, { recursive: true });
  const table = JSON.stringify(needs, Object.keys(needs).sort(), 2);
  writeFileSync(join(generated, 'needs.ts'), `${head}/** The role that an operation of an organization needs at least. */\nexport const needs = ${table} as const;\n`);
}

/** Files of the dashboard that put text into a page as markup. @returns {string[]} */
export function markupSinks() {
  const sinks = /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|createContextualFragment|srcdoc|\bstyle=/;
  const sources = [...filesBelow(at('dashboard/src')), at('dashboard/index.html')];
  return sources.filter((file) => sinks.test(readFileSync(file, 'utf8'))).map(shown);
}
