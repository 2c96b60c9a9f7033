// Schemathesis against the built worker in the real runtime: requests made from docs/openapi.json by somebody else's
// generator, one by one and in sequences that follow from it, and answers held against it by somebody else's validator.
//
//   node scripts/schemathesis.mjs [SECONDS] [ARGUMENTS OF st run …]      five minutes without being asked for more
//
// It needs Python 3.10 or newer; the tool itself is installed into .tools/schemathesis, at one version. LATCHKEY_BREAK=NAME
// breaks a rule of the service, one of tests/proof/support/fronts/broken.js, which has to be found.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { start } from '../benches/lib/isolates.mjs';
import { build } from './lib/build.mjs';
import { at, exe, read, windows } from './lib/env.mjs';
import { attempt, run } from './lib/process.mjs';
import { Failure, main, step } from './lib/steps.mjs';
import { prepare } from './lib/tools.mjs';

const VERSION = '4.32.5';
const [seconds = '300', ...more] = process.argv.slice(2);
const venv = '.tools/schemathesis';
const binary = (/** @type {string} */ name) => at(venv, windows ? 'Scripts' : 'bin', name + exe);

/** What is found so far is looked at by all of these; the others ask for what the service promises nowhere. */
const CHECKS = [
  'not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance',
  'negative_data_rejection', 'unsupported_method', 'allow_header_conformance', 'no_secret_comes_back',
];

/** What would end the account that everything is done with, what is signed by GitHub, an asset of the deployment, and what asks the DNS. */
const LEFT_OUT = ['/auth/logout', '/auth/password', '/v1/leaks/github', '/openapi.json', '/v1/domains/{id}/verify', '/organizations/{organizationId}/domains/{id}/verify'];

await main(async () => {
  await install();
  // That of `npm run test:e2e`, if it is there.
  if (!existsSync(at('.e2e/worker/index.js'))) {
    await prepare();
    await build({ dev: false, outDir: '.e2e/worker' });
  }
  mkdirSync(at('.e2e/runs'), { recursive: true });
  const directory = mkdtempSync(at('.e2e/runs', 'schemathesis-'));
  /** @type {string[]} */
  const log = [];
  const broken = process.env.LATCHKEY_BREAK;
  const shim = broken && read('tests/proof/support/fronts/broken.js').replaceAll("'./next.js'", "'./inner.js'");
  const service = await start({ directory, services: 1, build: '.e2e/worker', probed: false, shim, vars: { LOG_REQUESTS: 'all', BREAK: broken ?? '' }, log: (chunk) => void log.push(chunk) });
  try {
    const url = /** @type {URL} */ (service.urls[0]).origin;
    const world = await settle(url, service.operatorToken);
    const args = [
      '--config-file', at('tests/proof/schemathesis.toml'), 'run', at('docs/openapi.json'), '--url', url, '--max-time', seconds, '--checks', CHECKS.join(','), '--continue-on-failure', '--no-shrink',
      '--header', 'cf-connecting-ip: 203.0.113.9', '--warnings', 'off', '--output-sanitize', 'true', '--suppress-health-check', 'all',
      ...LEFT_OUT.flatMap((path) => ['--exclude-path', path]), ...more,
    ];
    const env = { ...process.env, ...world, SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: at('tests/proof'), PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '160' };
    const { code, output } = await attempt(binary('st'), args, { env, show: (chunk) => void process.stdout.write(chunk), cwd: directory });
    const told = log.join('');
    const calm = !/panicked|RuntimeError|unreachable|internal_error/.test(told);
    const silent = !Object.entries(world).some(([name, secret]) => name.startsWith('LATCHKEY_SECRET') && told.includes(secret.slice(-20)));
    const tested = Number(/(\d[\d,]*) (?:generated|test cases)/.exec(output)?.[1]?.replaceAll(',', '') ?? 0);
    console.log(`FIGURE ${JSON.stringify({ name: 'input.schemathesis.requests', value: tested, unit: 'requests' })}`);
    if (!calm) throw new Failure(`The worker fell over:\n${told.slice(-4_000)}`);
    if (!silent) throw new Failure('A secret stands in the log.');
    if (code !== 0) throw new Failure(`Schemathesis found something (exit code ${code}).`);
  } finally {
    await service.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

async function install() {
  await step(`schemathesis ${VERSION}`, async () => {
    const version = async () => (existsSync(binary('st')) ? (await attempt(binary('st'), ['--version'])).output : '');
    if ((await version()).includes(VERSION)) return;
    const python = windows ? 'python' : 'python3';
    if ((await attempt(python, ['-m', 'venv', '--clear', at(venv)])).code !== 0) throw new Failure('Python 3 with its module venv is missing; it is needed for this alone.');
    await run(binary('python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `schemathesis==${VERSION}`]);
  });
}

/**
 * Somebody to act as: an organization with a key, and a person with one of their own.
 * @param {string} url @param {string} operator @returns {Promise<Record<string, string>>}
 */
async function settle(url, operator) {
  /** @param {string} method @param {string} path @param {unknown} body @param {string} [bearer] */
  const send = async (method, path, body, bearer) => {
    const response = await fetch(new URL(path, url), { method, headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) }, body: JSON.stringify(body) });
    if (!response.ok) throw new Failure(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return /** @type {any} */ (await response.json());
  };
  const plan = { name: 'pro', keysPerSession: 100_000, requestsPerMinute: 1_000_000 };
  const founded = await send('POST', '/operator/organizations', { name: 'Acme', plan }, operator);
  const password = randomBytes(12).toString('base64url');
  const person = await send('POST', '/auth/register', { email: 'ada@example.com', password, firstName: 'Ada', lastName: 'King', organizationName: 'Engines' });
  await send('PATCH', `/operator/organizations/${person.organization.id}`, { plan }, operator);
  return {
    LATCHKEY_SECRET_OPERATOR: operator, LATCHKEY_SECRET_KEY: founded.apiKey.key, LATCHKEY_SECRET_TOKEN: person.accessToken, LATCHKEY_SECRET_PASSWORD: password,
    LATCHKEY_OWN: [founded.organization.id, founded.apiKey.id, person.organization.id, person.user.id, person.apiKey.id].join(' '),
    LATCHKEY_ORGANIZATION: person.organization.id,
  };
}
