// One workerd process, without wrangler and without Miniflare in front of it: what is measured is the runtime alone.
//
//   const server = await serve({ directory, services: [{ name, modules, bindings, objects }] });
//   server.urls.name · server.pid · server.cpuSeconds() · server.rssBytes() · await server.stop()
//
// Each service is an isolate of its own, on one thread with the others. A service that names `objects` hosts these
// classes; any service may be bound to them, its own or another's.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The program's path. @type {string} */
const workerd = createRequire(import.meta.url)('workerd').default;

/**
 * @typedef {{ text: string } | { kv: string } | { object: string, of?: string }} Binding
 *   a variable; a KV namespace that another service plays; objects of a class, hosted by another service unless `of` is left out
 */

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {Record<string, { file: string } | { source: string }>} [modules]  by name; the first one is the worker, one that ends in .wasm is compiled
 * @property {Record<string, Binding>} [bindings]
 * @property {string[]} [objects]  classes of objects that this service hosts, with SQLite
 * @property {string} [outbound]  the service that all its fetches go to, in place of the network
 * @property {boolean} [hidden]  no socket of its own
 * @property {string} [elsewhere]  host and port of an HTTP service outside the process that plays it, in place of modules
 */

/**
 * @typedef {object} Server
 * @property {Record<string, URL>} urls  by service
 * @property {number} pid
 * @property {() => number} cpuSeconds  processor time of the process so far; NaN where the system does not tell
 * @property {() => number} rssBytes  memory of the process; NaN where the system does not tell
 * @property {() => Promise<void>} stop  ends it like a power cut: what was not committed is lost
 */

/**
 * Starts the services in one process, and waits until they listen.
 * @param {{ directory: string, services: Service[], compatibilityDate: string, v8Flags?: string[], log?: (chunk: string) => void }} options
 *   `directory`: for the configuration and for what the objects store; the same one again is a restart
 * @returns {Promise<Server>}
 */
export async function serve({ directory, services, compatibilityDate, v8Flags = [], log = (chunk) => void process.stderr.write(chunk) }) {
  const storage = join(directory, 'objects');
  mkdirSync(storage, { recursive: true });
  const open = services.filter(({ hidden, elsewhere }) => !hidden && !elsewhere);
  const place = (/** @type {Service} */ { elsewhere }, /** @type {number} */ at) => (elsewhere ? `external = (address = ${text(elsewhere)}, http = ())` : `worker = .worker${at}`);
  const config = [
    'using Workerd = import "/workerd/workerd.capnp";',
    'const config :Workerd.Config = (',
    `  services = [ (name = "storage", disk = (path = ${text(storage)}, writable = true)), ${services.map((service, at) => `(name = ${text(service.name)}, ${place(service, at)})`).join(', ')} ],`,
    `  sockets = [ ${open.map(({ name }) => `(name = ${text(name)}, address = "127.0.0.1:0", http = (), service = ${text(name)})`).join(', ')} ],`,
    `  v8Flags = [ ${v8Flags.map(text).join(', ')} ],`,
    ');',
    ...services.flatMap((service, at) => (service.elsewhere ? [] : [`const worker${at} :Workerd.Worker = ${worker(service, directory, compatibilityDate)};`])),
  ];
  const path = join(directory, 'config.capnp');
  writeFileSync(path, `${config.join('\n')}\n`);

  // On descriptor 3 it tells which port each socket got.
  const child = spawn(workerd, ['serve', path, '--control-fd=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const ended = new Promise((/** @type {(done: void) => void} */ resolve) => child.on('close', () => resolve()));
  const kill = () => void child.kill('SIGKILL');
  process.on('exit', kill);
  const stop = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => {
      said += said.length < 10_000 ? chunk : '';
      log(chunk);
    });
  }
  const ports = await new Promise((/** @type {(ports: Record<string, number>) => void} */ resolve, reject) => {
    /** @type {Record<string, number>} */
    const found = {};
    let received = '';
    /** @type {import('node:stream').Readable} */ (child.stdio[3]).setEncoding('utf8').on('data', (chunk) => {
      const lines = (received + chunk).split('\n');
      received = lines.pop() ?? '';
      for (const { event, socket, port } of lines.map((line) => JSON.parse(line))) if (event === 'listen') found[socket] = port;
      if (Object.keys(found).length === open.length) resolve(found);
    });
    child.on('error', reject);
    void ended.then(() => reject(new Error(`workerd ended before it listened\n${said}`)));
  });
  const pid = /** @type {number} */ (child.pid);
  const urls = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, new URL(`http://127.0.0.1:${port}`)]));
  return { urls, pid, cpuSeconds: () => cpuSeconds(pid), rssBytes: () => rssBytes(pid), stop };
}

/** @param {Service} service @param {string} directory @param {string} compatibilityDate */
function worker({ name, modules = {}, bindings = {}, objects = [], outbound }, directory, compatibilityDate) {
  // Next to the configuration, because it can embed files from there only.
  const place = (/** @type {string} */ module) => join('modules', name, module);
  for (const [module, content] of Object.entries(modules)) {
    const path = join(directory, place(module));
    mkdirSync(dirname(path), { recursive: true });
    if ('file' in content) copyFileSync(content.file, path);
    else writeFileSync(path, content.source);
  }
  const list = (/** @type {string[]} */ items) => `[${items.join(', ')}]`;
  return `(
  compatibilityDate = ${text(compatibilityDate)},
  modules = ${list(Object.keys(modules).map((module) => `(name = ${text(module)}, ${module.endsWith('.wasm') ? 'wasm' : 'esModule'} = embed ${text(place(module))})`))},
  bindings = ${list(Object.entries(bindings).map(([key, value]) => `(name = ${text(key)}, ${bound(value)})`))},
  durableObjectNamespaces = ${list(objects.map((className) => `(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)`))},
  durableObjectStorage = (localDisk = "storage")${outbound === undefined ? '' : `,\n  globalOutbound = ${text(outbound)}`}
)`;
}

/** @param {Binding} binding */
function bound(binding) {
  if ('text' in binding) return `text = ${text(binding.text)}`;
  if ('kv' in binding) return `kvNamespace = ${text(binding.kv)}`;
  return `durableObjectNamespace = ${binding.of ? `(className = ${text(binding.object)}, serviceName = ${text(binding.of)})` : text(binding.object)}`;
}

/** A literal of the configuration's language. @param {string} value */
const text = (value) => JSON.stringify(value);

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Processor time of a process so far, all its threads: the figure that a busy machine spoils least.
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  try {
    // After the name, which may hold anything, and its parenthesis.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return NaN;
  }
}

/** Memory of a process that is in RAM. @param {number} pid */
export function rssBytes(pid) {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? NaN);
  } catch {
    return NaN;
  }
}
