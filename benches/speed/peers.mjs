// What one would otherwise pick, doing the same work: hash the key, look it up, check expiry and permission, count. Each
// as its documentation says; KV is the same for all of them (lib/kv.js). Whoever is not there is left out with a reason.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEnv, sha256 } from '../../scripts/lib/env.mjs';
import { attempt, run } from '../../scripts/lib/process.mjs';
import { compatibilityDate } from '../lib/isolates.mjs';
import { cpuSeconds, serve } from '../lib/workerd.mjs';
import { peersDirectory, peersInstalled } from './prepare.mjs';

/** @typedef {import('./rounds.mjs').Scenario} Scenario */
/** @typedef {{ scenarios: Scenario[], skipped: string[], stop: () => Promise<void> }} Peers */

const here = (/** @type {string} */ name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const PLENTY = 6_000_000;
const WHOAMI = '/v1/whoami?permission=emails:send';
const KEYS = 10_000;
const newKey = () => `sk_live_${randomBytes(24).toString('hex')}`;
const shot = (/** @type {string} */ key) => ({ method: 'GET', path: WHOAMI, headers: { authorization: `Bearer ${key}` }, status: 200, contains: '"valid":true' });
const record = (/** @type {number} */ at) => ({
  keyId: `key_${at}`, name: 'Measured', organizationId: 'org_1', sessionId: 'ses_1', environment: 'production', permissions: ['emails:send'],
  metadata: {}, expiresAt: Date.now() + 30 * 86_400_000, rateLimit: { limit: PLENTY, windowMs: 60_000 },
});

/** @param {string} directory @returns {Promise<Peers>} */
export async function peers(directory) {
  /** @type {Peers} */
  const all = { scenarios: [], skipped: [], stop: async () => void (await Promise.all(stops.map((stop) => stop()))) };
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  try {
    for (const peer of [hono, betterAuth, nginx]) {
      const place = join(directory, peer.name);
      mkdirSync(place, { recursive: true });
      const { scenarios, skipped, stop } = await peer(place);
      all.scenarios.push(...scenarios);
      all.skipped.push(...skipped);
      stops.push(stop);
    }
    return all;
  } catch (error) {
    await all.stop();
    throw error;
  }
}

const without = (/** @type {string} */ reason) => ({ scenarios: [], skipped: [reason], stop: async () => {} });

/** @param {string} directory @returns {Promise<Peers>} */
async function hono(directory) {
  if (!peersInstalled()) return without('Hono: not installed');
  const env = { ...buildEnv(), NODE_PATH: join(peersDirectory, 'node_modules') };
  const bundle = join(directory, 'hono_kv.js');
  await run(env.ESBUILD_BIN, [here('peers/hono_kv.js'), '--bundle', '--minify', '--format=esm', '--external:cloudflare:*', `--outfile=${bundle}`], { env });
  const modules = { 'hono_kv.js': { file: bundle } };
  const server = await serve({
    directory, compatibilityDate,
    services: [
      { name: 'kv', modules: { 'kv.js': { file: here('lib/kv.js') } }, hidden: true },
      { name: 'unlimited', modules, bindings: { KEYS: { kv: 'kv' } } },
      { name: 'limited', modules, objects: ['Limiter'], bindings: { KEYS: { kv: 'kv' }, LIMITER: { object: 'Limiter' } } },
    ],
  });
  const { unlimited, limited } = /** @type {{ unlimited: URL, limited: URL }} */ (server.urls);
  const keys = Array.from({ length: KEYS }, newKey);
  await Promise.all(Array.from({ length: 16 }, async (_, lane) => {
    for (let at = lane; at < keys.length; at += 16) {
      await (await fetch(new URL(`/keys/${sha256(keys[at] ?? '')}`, unlimited), { method: 'PUT', body: JSON.stringify(record(at)) })).arrayBuffer();
    }
  }));
  const scenario = (/** @type {string} */ id, /** @type {string} */ name, /** @type {URL} */ origin) => ({ id, group: /** @type {const} */ ('peers'), name, server, origin, shots: shot(keys[0] ?? '') });
  return {
    skipped: [], stop: server.stop,
    scenarios: [scenario('honoKv', 'Hono + KV, no limiter', unlimited), scenario('honoKvLimited', 'Hono + KV, an exact limiter in an object', limited)],
  };
}

/** @param {string} directory @returns {Promise<Peers>} */
async function betterAuth(directory) {
  if (!peersInstalled()) return without('Better Auth: not installed');
  const child = spawn(process.execPath, [here('peers/better_auth.mjs'), peersDirectory, directory, 'limited'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_ENV: 'production' } });
  const stop = leash(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (said += chunk));
  const told = await new Promise((/** @type {(line: string | null) => void} */ resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => chunk.startsWith('{"port"') && resolve(chunk));
    child.on('close', () => resolve(null));
  });
  if (!told) return without(`Better Auth: did not start: ${said.slice(0, 500)}`);
  const { port, key } = JSON.parse(told);
  const server = { cpuSeconds: () => cpuSeconds(/** @type {number} */ (child.pid)) };
  return {
    skipped: [], stop,
    scenarios: [{ id: 'betterAuth', group: 'peers', name: 'Better Auth, its limiter, SQLite', server, origin: new URL(`http://127.0.0.1:${port}`), shots: shot(key) }],
  };
}

/** @param {string} directory @returns {Promise<Peers>} */
async function nginx(directory) {
  const { code } = await attempt('nginx', ['-v']);
  const modules = '/usr/lib/nginx/modules';
  if (code !== 0) return without('nginx with Lua: not installed (apt-get install nginx libnginx-mod-http-lua)');
  const port = await freePort();
  const config = join(directory, 'nginx.conf');
  writeFileSync(config, `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    load_module ${modules}/ndk_http_module.so;
    load_module ${modules}/ngx_http_lua_module.so;
    pid ${directory}/nginx.pid; daemon off; master_process off; error_log ${directory}/error.log;
    events { worker_connections 128; }
    http {
      access_log off; client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
      uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi; keepalive_requests 100000000;
      lua_package_path '${here('peers')}/?.lua;;'; lua_shared_dict keys 32m; lua_shared_dict counts 8m;
      server {
        listen 127.0.0.1:${port};
        location = /v1/whoami { content_by_lua_block { require('nginx').verify() } }
        location = /keys { content_by_lua_block { require('nginx').put() } }
      }
    }`);
  const child = spawn('nginx', ['-c', config, '-p', directory, '-e', join(directory, 'error.log')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = leash(child);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (said += chunk));
  const origin = new URL(`http://127.0.0.1:${port}`);
  const keys = Array.from({ length: KEYS }, newKey);
  for (let attempts = 0; ; attempts++) {
    try {
      await fetch(origin);
      break;
    } catch {
      if (attempts === 50) return without(`nginx with Lua: did not start: ${said.slice(0, 300)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  for (const [at, key] of keys.entries()) {
    const { expiresAt, permissions, rateLimit, ...context } = record(at);
    const body = `${Math.floor(expiresAt / 1000)}\n${permissions[0]}\n${rateLimit.limit}\n${JSON.stringify({ valid: true, code: 'VALID', ...context })}`;
    const response = await fetch(new URL(`/keys?key=${key}`, origin), { method: 'POST', body });
    if (!response.ok) return without(`nginx with Lua: ${response.status} for a key`);
  }
  const server = { cpuSeconds: () => cpuSeconds(/** @type {number} */ (child.pid)) };
  return { skipped: [], stop, scenarios: [{ id: 'nginx', group: 'peers', name: 'nginx + Lua, keys in its memory: the ceiling', server, origin, shots: shot(keys[0] ?? '') }] };
}

/** Ends a child with us, or when it is told to. @param {import('node:child_process').ChildProcess} child */
function leash(child) {
  const ended = new Promise((resolve) => child.on('close', resolve));
  const kill = () => void child.kill('SIGKILL');
  process.on('exit', kill);
  return async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
