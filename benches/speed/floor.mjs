// The floor: what this runtime needs for a constant answer, in JavaScript and in three styles of Rust, and for a hop.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { at } from '../../scripts/lib/env.mjs';
import { compatibilityDate } from '../lib/isolates.mjs';
import { serve } from '../lib/workerd.mjs';

/** A key of the usual length that nobody knows: who answers a constant does not look at it. */
const SOME_KEY = `sk_live_${'0'.repeat(48)}`;

/** @param {string} directory @returns {Promise<{ scenarios: import('./rounds.mjs').Scenario[], stop: () => Promise<void> }>} */
export async function floor(directory) {
  const shell = (/** @type {string} */ name) => ({ [`${name}.js`]: { file: fileURLToPath(new URL(`../floor/shells/${name}.js`, import.meta.url)) } });
  const wasm = { 'index.js': { file: at('.e2e/floor/index.js') }, 'index_bg.wasm': { file: at('.e2e/floor/index_bg.wasm') } };
  const server = await serve({
    directory: join(directory, 'floor'), compatibilityDate,
    services: [
      { name: 'js', modules: shell('constant') },
      { name: 'js-body', modules: shell('constant_body') },
      { name: 'rust-shell', modules: { ...shell('shell'), ...wasm } },
      { name: 'rust-web', modules: { ...shell('web'), ...wasm } },
      { name: 'rust-worker', modules: wasm },
      { name: 'hop', modules: { ...shell('hop'), ...wasm }, objects: ['HopObject'], bindings: { HOPS: { object: 'HopObject' } } },
      { name: 'hop-shell', modules: { ...shell('hop_shell'), ...wasm }, objects: ['HopObject'], bindings: { HOPS: { object: 'HopObject' } } },
      { name: 'hot', modules: { ...shell('hot'), ...wasm } },
    ],
  });
  const headers = { authorization: `Bearer ${SOME_KEY}` };
  const get = { method: 'GET', path: '/v1/whoami?permission=emails:send', headers, status: 200 };
  const post = { method: 'POST', path: '/v1/keys/verify', headers, body: JSON.stringify({ key: SOME_KEY, permissions: ['emails:send'] }), status: 200 };
  /** @type {(id: string, name: string, service: string, shots: import('../load.mjs').Shot) => import('./rounds.mjs').Scenario} */
  const scenario = (id, name, service, shots) => ({ id, group: 'floor', name, server, origin: /** @type {URL} */ (server.urls[service]), shots });
  return {
    stop: server.stop,
    scenarios: [
      scenario('floor.js', 'a constant, JavaScript', 'js', get),
      scenario('floor.jsBody', 'the same, the body of a POST read first', 'js-body', post),
      scenario('floor.shell', 'a constant, Rust called by a thin shell', 'rust-shell', get),
      scenario('floor.web', 'a constant, Rust with types of web_sys', 'rust-web', get),
      scenario('floor.worker', 'a constant, Rust with types of worker', 'rust-worker', get),
      scenario('floor.hop', 'a hop to an object, Rust to Rust', 'hop', get),
      scenario('floor.hopShell', 'the same, made by thin shells at both ends', 'hop-shell', get),
      scenario('floor.hot', 'the plumbing of a verification in a thin shell', 'hot', get),
      scenario('floor.hotBody', 'the same for a POST with a body', 'hot', post),
    ],
  };
}
