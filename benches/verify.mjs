// `npm run bench -- verify`: one organization, one key, and the ways in which a key is verified, under Miniflare with the
// bindings of a deployment; against a control that touches nothing.
import { scenario, start } from './lib/service.mjs';

const VALID = 'POST /v1/keys/verify, a valid key';

/** @typedef {{ directory: string, vars: Record<string, string>, operatorToken: string, step: typeof import('../scripts/lib/steps.mjs').step }} Bench */

/** @param {Bench} bench @returns {Promise<import('./lib/service.mjs').Row[]>} */
export async function measureVerify({ directory, vars, operatorToken, step }) {
  const { origin, stop } = await start(directory, vars);
  try {
    const rows = [];
    for (const { name, shot } of await scenarios(origin, operatorToken)) rows.push(await step(name, () => scenario(origin, name, shot)));
    return rows;
  } finally {
    await stop();
  }
}

/** A verification that is accepted, of a key made for it. @param {URL} origin @param {string} operatorToken */
export async function valid(origin, operatorToken) {
  const found = (await scenarios(origin, operatorToken)).find(({ name }) => name === VALID);
  if (!found) throw new Error(`there is no scenario "${VALID}"`);
  return found.shot;
}

/**
 * @param {URL} origin @param {string} operatorToken
 * @returns {Promise<{ name: string, shot: import('./load.mjs').Shot }[]>}
 */
async function scenarios(origin, operatorToken) {
  const post = async (/** @type {string} */ path, /** @type {string} */ token, /** @type {unknown} */ body) => {
    const response = await fetch(new URL(path, origin), { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
    return /** @type {any} */ (await response.json());
  };
  const { apiKey } = await post('/operator/organizations', operatorToken, { name: 'Benchmark' });
  const { key } = await post('/v1/api_keys', apiKey.key, { name: 'Measured' });
  // Same length and alphabet, another checksum: refused by arithmetic alone.
  const forged = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
  const caller = { authorization: `Bearer ${apiKey.key}` };
  const verify = (/** @type {string} */ presented, /** @type {string} */ code) => ({
    method: 'POST', path: '/v1/keys/verify', headers: caller, body: JSON.stringify({ key: presented }), status: 200, contains: `"code":"${code}"`,
  });
  const healthz = { method: 'GET', path: '/healthz', status: 200 };
  return [
    { name: 'control: GET /healthz', shot: healthz },
    { name: VALID, shot: verify(key, 'VALID') },
    { name: 'POST /v1/keys/verify, a forged key', shot: verify(forged, 'NOT_FOUND') },
    { name: 'GET /v1/whoami, the bare gate', shot: { method: 'GET', path: '/v1/whoami', headers: { authorization: `Bearer ${key}` }, status: 200 } },
    { name: 'GET /v1/whoami, a forged key', shot: { method: 'GET', path: '/v1/whoami', headers: { authorization: `Bearer ${forged}`, 'cf-connecting-ip': '203.0.113.7' }, status: 401 } },
    { name: 'control again: GET /healthz', shot: healthz },
  ];
}
