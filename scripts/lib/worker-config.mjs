// wrangler.toml as the local runtime (Miniflare) wants it, so that the e2e specs and the benchmark run with the same
// bindings as a deployment and nothing has to be kept in step by hand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { at, read, sha256 } from './env.mjs';

/**
 * @typedef {object} WorkerConfig
 * @property {string} compatibilityDate
 * @property {Record<string, any>} env  bindings by name
 * @property {{ directory: string, runWorkerFirst: string[] | boolean, hasUserWorker: boolean }} assets  as a deployment has them
 * @property {Record<string, { type: 'durable-object', storage: 'sqlite' }>} exports  object classes by name
 */

export const workerName = 'latchkey';

/** @returns {Promise<WorkerConfig>} */
export async function workerConfig() {
  // Loading wrangler takes most of a second, and every spec file is a process of its own: read once, then remembered.
  const cache = at('.e2e', `wrangler-${sha256(at() + read('wrangler.toml') + read('scripts/lib/worker-config.mjs')).slice(0, 16)}.json`);
  if (existsSync(cache)) return JSON.parse(readFileSync(cache, 'utf8'));
  const { unstable_readConfig: readConfig } = await import('wrangler');
  const config = convert(readConfig({ config: at('wrangler.toml') }));
  mkdirSync(dirname(cache), { recursive: true });
  writeFileSync(cache, JSON.stringify(config));
  return config;
}

/** @param {import('wrangler').Unstable_Config} config @returns {WorkerConfig} */
function convert(config) {
  /** @type {WorkerConfig['env']} */
  const env = {};
  for (const [name, value] of Object.entries(config.vars)) env[name] = { type: 'text', value: String(value) };
  for (const { binding } of config.kv_namespaces) env[binding] = { type: 'kv', id: binding };
  // As a plain folder: with assets of its own, Miniflare would put two workers in front of ours.
  if (config.assets?.binding) env[config.assets.binding] = { type: 'disk', path: at(String(config.assets.directory)) };
  for (const { name, namespace_id: namespace, simple } of config.ratelimits) env[name] = { type: 'rate-limit', namespace, simple: { ...simple } };
  for (const { name, class_name: exportName } of config.durable_objects.bindings) env[name] = { type: 'durable-object', worker: workerName, exportName };
  /** @type {WorkerConfig['exports']} */
  const exports = {};
  for (const { new_sqlite_classes: classes } of config.migrations) for (const name of classes ?? []) exports[name] = { type: 'durable-object', storage: 'sqlite' };
  const assets = { directory: at(String(config.assets?.directory)), runWorkerFirst: config.assets?.run_worker_first ?? false, hasUserWorker: true };
  return { compatibilityDate: String(config.compatibility_date), env, exports, assets };
}

/** The files of one build, as Miniflare wants them. @param {string} directory */
export function manifest(directory) {
  return {
    mainModule: 'entry.js',
    modulesRoot: at(directory),
    modules: {
      'entry.js': { type: /** @type {const} */ ('esm'), contents: readFileSync(at(directory, 'entry.js'), 'utf8') },
      'index.js': { type: /** @type {const} */ ('esm'), contents: readFileSync(at(directory, 'index.js'), 'utf8') },
      'index_bg.wasm': { type: /** @type {const} */ ('wasm'), contents: new Uint8Array(readFileSync(at(directory, 'index_bg.wasm'))) },
    },
  };
}
