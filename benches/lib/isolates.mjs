// Latchkey in several isolates that share their objects and their KV namespace, in one workerd process: what one isolate
// has leased, another one revokes. The first service hosts the objects; the others are bound to the same ones, and have
// nothing of it but the code. (One isolate in the objects' own process proves nothing about leases.)
//
//   const service = await start({ directory, services: 2 });
//   service.urls[0], service.urls[1]   the isolates, each with its own memory
//   service.operatorToken              for /operator/…
//   service.pid                        of the one process
//   await service.probe(1)             { wasmBytes, calls }: memory of that isolate's wasm, calls of objects by class (isolate 0)
//   service.cpuSeconds(), service.rssBytes()
//   service.kv                         the KV namespace over HTTP: GET, PUT, DELETE /name (behind the worker's back)
//   await service.restart()            like a power cut, then again on the same state; the ports change, KV is empty unless it is elsewhere
//   await service.stop()
//
// Rate limits of client addresses are left out: without their bindings nobody is limited by them.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './workerd.mjs';

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const root = here('../..');

/** Which binding is which class. */
const OBJECTS = { SESSIONS: 'SessionObject', ORGANIZATIONS: 'OrganizationObject', ACCOUNTS: 'AccountObject', DIRECTORY: 'DirectoryObject' };

/**
 * @typedef {object} Options
 * @property {string} directory  where the state is kept, and found again
 * @property {number} [services]  how many isolates
 * @property {string} [build]  the directory of the build
 * @property {Record<string, string>} [vars]  variables beside, or in place of, the ones set here
 * @property {boolean} [collects]  `probe` has all that nobody needs any more collected before it tells, which the runtime does when it likes
 * @property {boolean} [probed]  with the instruments of probe.js (the default) or exactly as it is deployed
 * @property {Record<string, { file: string } | { source: string }>} [front]  modules in front of the build, in place of the instruments; the first one is the worker
 * @property {string} [kv]  host and port of a KV namespace elsewhere, which outlives the process
 * @property {string} [shim]  the source of a module before all others, which has them as './inner.js': something broken on purpose
 * @property {import('./workerd.mjs').Service[]} [beside]  services beside these, in the same process
 * @property {string} [outbound]  the one of them that all fetches go to, in place of the network
 * @property {(chunk: string) => void} [log]  is given what workerd writes
 */

/** @param {Options} options */
export async function start({ directory, services = 2, build = '.e2e/bench', vars = {}, collects = false, probed = true, front, shim, kv, beside = [], outbound, log = () => {} }) {
  const operatorToken = randomBytes(24).toString('hex');
  /** @type {Record<string, string>} */
  const texts = {
    KEY_PREFIX: 'sk', REGISTRATION: 'open', PLAN_CHANGES: 'operator', ROOT_SECRETS: randomBytes(32).toString('hex'),
    OPERATOR_TOKEN_SHA256: createHash('sha256').update(operatorToken).digest('hex'), ...vars,
  };
  const built = modulesOf(join(root, build));
  const all = (/** @type {string | undefined} */ module) => `export * from './${module}';\nexport { default } from './${module}';\n`;
  const inner = front ? { ...front, ...built } : probed
    ? {
      'probe.js': { file: here('probe.js') }, 'probe_memory.js': { file: here('probe_memory.js') },
      'built.js': { source: all(Object.keys(built)[0]) }, ...built,
    }
    : built;
  const modules = shim === undefined ? inner : { 'shim.js': { source: shim }, 'inner.js': { source: all(Object.keys(inner)[0]) }, ...inner };
  const name = (/** @type {number} */ at) => `isolate${at}`;
  const options = () => ({
    directory, compatibilityDate, log, v8Flags: collects ? ['--expose-gc'] : [],
    services: [
      kv ? { name: 'kv', elsewhere: kv } : { name: 'kv', modules: { 'kv.js': { file: here('kv.js') } } },
      ...Array.from({ length: services }, (_, at) => ({
        name: name(at), modules, outbound, objects: at === 0 ? Object.values(OBJECTS) : [],
        bindings: {
          ...Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, { text: value }])),
          KEYS: { kv: 'kv' },
          ...Object.fromEntries(Object.entries(OBJECTS).map(([key, object]) => [key, at === 0 ? { object } : { object, of: name(0) }])),
        },
      })),
      ...beside,
    ],
  });
  let server = await serve(options());
  const inOrder = () => Array.from({ length: services }, (_, at) => /** @type {URL} */ (server.urls[name(at)]));
  return {
    urls: inOrder(),
    /** Of a service beside these. @param {string} name */
    urlOf: (name) => /** @type {URL} */ (server.urls[name]),
    operatorToken,
    get kv() { return kv ? new URL(`http://${kv}`) : /** @type {URL} */ (server.urls.kv); },
    get pid() { return server.pid; },
    cpuSeconds: () => server.cpuSeconds(),
    rssBytes: () => server.rssBytes(),
    /** @param {number} at @returns {Promise<{ wasmBytes: number, calls: Record<string, number> }>} */
    async probe(at) {
      return /** @type {any} */ (await (await fetch(new URL('/__probe', this.urls[at]), { signal: AbortSignal.timeout(60_000) })).json());
    },
    /** @param {Record<string, string>} [changed]  variables that are others from now on */
    async restart(changed = {}) {
      Object.assign(texts, changed);
      await server.stop();
      server = await serve(options());
      this.urls = inOrder();
    },
    stop: () => server.stop(),
  };
}

/** @typedef {Awaited<ReturnType<typeof start>>} Isolates */

/** The modules of a build: its entry first. @param {string} directory */
function modulesOf(directory) {
  // A shell around the worker, if the build has one, comes before it.
  const names = ['entry.js', 'index.js', 'index_bg.wasm'].filter((name) => existsSync(join(directory, name)));
  if (!names.includes('index.js')) throw new Error(`${directory} holds no build`);
  return Object.fromEntries(names.map((name) => [name, { file: join(directory, name) }]));
}

/** As it is deployed. */
export const compatibilityDate = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, 'wrangler.toml'), 'utf8'))?.[1] ?? '';
