// The guides, as they stand in docs/: each section's `sh` fences go through one bash in an empty folder, those of "Before you
// begin" first, and its other fences are saved as their first line names them. A line `# → …` promises that the rest of it
// is printed, in order. Of the addresses only those are others that a person would have to choose too: ports, a receiver.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { wranglerEnv } from '../../scripts/lib/env.mjs';
import { findProxy } from '../../scripts/lib/proxies.mjs';
import { buildRustClient, rustProgram } from '../../scripts/lib/rust-client.mjs';
import { recordSecret, recordSecretKeys } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { freePort, root, run } from '../e2e/support/shell.ts';
import { fencesOf, promised, read, rows, sections } from './support/documents.ts';
import { sleep } from './support/real.ts';
import { closed } from './support/scripted.ts';

const latchkey = await startLatchkey({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });

/** Below the root, so that `latchkey` and the frameworks are found as a project finds them. */
const folder = join(root, '.e2e/guides', String(process.pid));
after(() => rmSync(folder, { recursive: true }));

/** `npx` for what npm would have installed: the command of the package, and wrangler. */
const commands = { latchkey: 'clients/typescript/dist/cli.js', wrangler: 'node_modules/wrangler/bin/wrangler.js' };
const shim = Object.entries(commands).map(([name, path]) => `${name}) shift; exec '${process.execPath}' '${join(root, path)}' "$@";;`);

/** What `npx`, `node` and `nginx` are for those who read. */
const PATH = [join(folder, 'bin'), dirname(process.execPath), process.env.PATH, dirname(findProxy('nginx') ?? '/')].join(delimiter);

function placed(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

placed(join(folder, 'bin/npx'), `#!/bin/sh\ncase $1 in ${shim.join(' ')} esac\nexit 127\n`);
// The program that `cargo run` would build: built already.
await buildRustClient();
placed(join(folder, 'bin/cargo'), `#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift\nexec '${rustProgram('latchkey-example-axum')}' "$@"\n`);
for (const command of ['npx', 'cargo']) chmodSync(join(folder, 'bin', command), 0o755);

/** Events that a receiver was sent, with their signatures. */
const received: { type: string; id: string; timestamp: string; signature: string; body: string }[] = [];
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const [id, timestamp, signature] = ['id', 'timestamp', 'signature'].map((name) => String(request.headers[`webhook-${name}`]));
  received.push({ type: JSON.parse(body).type, id: id!, timestamp: timestamp!, signature: signature!, body });
  response.end();
});
await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
after(() => closed(receiver));
const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/latchkey`;

/** Ends what a section has started, however it ends. */
const cleaned = `trap 'kill $(jobs -p) $(cat nginx.pid 2>/dev/null) 2>/dev/null || true' EXIT`;

/** Runs sections, one after another; tells what their fences printed, and the words that are wanted. */
async function follow(page: string, titles: string[], words = ''): Promise<{ printed: string; code: string; told: string }> {
  const [port, proxyPort] = [await freePort(), await freePort()];
  const ours = (text: string) => text.replace(/\b3000\b/g, String(port)).replace(/\b8080\b/g, String(proxyPort)).replaceAll('https://hooks.example.com/latchkey', receiverUrl);
  const nginx = ours(read('examples/proxies/nginx.conf')).replace('listen ', 'listen 127.0.0.1:');
  const found = sections(page);
  const title = titles.join(', ');
  const own = join(folder, title.replace(/\W/g, '-'));
  mkdirSync(own, { recursive: true });
  // The checkout of whoever reads, with the token of the operator as `npm start` writes it.
  const checkout = join(own, 'checkout');
  placed(join(checkout, '.operator-token'), `${latchkey.operatorToken}\n`);
  placed(join(checkout, 'examples/http/guard.py'), read('examples/http/guard.py'));
  placed(join(checkout, 'examples/proxies/nginx.conf'), nginx);
  const script = ['set -euo pipefail', cleaned];
  let promises = '';
  for (const { language, code } of ['Before you begin', ...titles].flatMap((each) => fencesOf(found.get(each)!))) {
    // What a person does: install, start, choose an address.
    if (language === 'text') continue;
    const [, name] = /^(?:\/\/|#) ([\w.]+\.(?:mjs|conf|toml))\n/.exec(code) ?? [];
    if (language !== 'sh') {
      assert.ok(name, `a fence in ${language} that names no file, in ${title} of ${page}`);
      placed(join(own, name), ours(code));
      continue;
    }
    promises += code;
    script.push(ours(code));
    // A person needs longer to read on than a program to start.
    if (/&\n$/.test(code)) script.push(`for _ in $(seq 600); do curl -s -o /dev/null http://127.0.0.1:${port} && break; sleep 0.1; done`);
  }
  placed(join(own, 'story.sh'), `cd '${own}'\n${script.join('\n')}\necho '${BORDER}'\necho "\${ACME_API_KEY-} $LATCHKEY_KEY ${words}"\n`);
  const { key } = await latchkey.createOrganization(title);
  const env = { ...wranglerEnv(), PATH, LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key, LATCHKEY_CHECKOUT: checkout, WRANGLER_LOG_PATH: join(own, 'logs'), PYTHONDONTWRITEBYTECODE: '1' };
  const { code, output } = await run('bash', [join(own, 'story.sh')], { env });
  recordSecretKeys(output);
  assert.equal(code, 0, output);
  const [printed = '', told = ''] = output.split(BORDER);
  return { printed, code: promises, told };
}

/** Behind what a section prints; nothing the service says contains it. */
const BORDER = '=== end of section ===';

const QUICK = 'docs/QUICKSTART.md';
const missing = (command: string) => (spawnSync(command, ['--version']).status === 0 ? false : `there is no ${command}`);
/** The sections that have something to run: and what they cannot do without. */
const STORIES: Record<string, string | false> = {
  Express: false, Hono: false, axum: false, nginx: findProxy('nginx') ? false : 'there is no nginx', 'Plain HTTP': missing('python3'), 'Your own service': false,
};

// At once: each waits for processes to start, and for leases to end.
describe(`${QUICK}: let in, revoked, refused at the very next request`, { concurrency: Object.keys(STORIES).length }, () => {
  for (const [title, skip] of Object.entries(STORIES)) {
    test(title, { skip }, async () => {
      const { printed, code } = await follow(QUICK, [title]);
      promised(printed, code, '#');
      const told = [...code.matchAll(/^# → (.*)$/gm)].map(([, promise]) => promise!).join('\n');
      assert.match(told, /200[^]*revoked[^]*401/, 'the whole story is promised');
    });
  }
});

test(`${QUICK}, the environment: a key is taken from where it is said to be safe`, async () => {
  const { printed, code } = await follow(QUICK, ['Names in the environment']);
  assert.equal(promised(printed, code, '#'), 2);
});

test(`${QUICK} has nothing to run that is not run`, () => {
  const run = new Set([...Object.keys(STORIES), 'Before you begin', 'Names in the environment']);
  for (const [title, text] of sections(QUICK)) if (!run.has(title)) assert.deepEqual(fencesOf(text), [], title);
});

const ROTATION = 'docs/ROTATION.md';

test(`${ROTATION}: no request fails, both keys tell who uses them, and what the guide names is told`, async () => {
  const { printed, code, told } = await follow(ROTATION, ["A customer's key", 'Your own key'], '$old $new $before');
  assert.ok(promised(printed, code, '#') >= 20);
  const words = told.trim().split(' ').filter(Boolean);
  assert.equal(new Set(words).size, 4, 'the keys that were made');
  const secret = /"secret":"(whsec_[^"]+)"/.exec(printed)![1]!;
  recordSecret(secret.slice('whsec_'.length));
  for (const end = Date.now() + 60_000; !received.some(({ type }) => type === 'api_key.revoked') && Date.now() < end; ) await sleep(50);
  const events = received.filter(({ type }) => type.startsWith('api_key.'));
  assert.deepEqual([...new Set(events.map(({ type }) => type))].sort(), ['api_key.revoked', 'api_key.rotated']);
  for (const { id, timestamp, signature, body } of received) {
    const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64')).update(`${id}.${timestamp}.${body}`).digest('base64');
    assert.equal(signature, `v1,${expected}`);
    for (const word of words) assert.ok(!body.includes(word), 'no key is in a message');
  }
});

test('docs/ERRORS.md has every code that there is, with its status, and none that there is not', () => {
  const found = sections('docs/ERRORS.md');
  const shown = (title: string) => rows(found.get(title)!).map((cells) => cells.find((cell) => /^`\w+`$/.test(cell))!.slice(1, -1));
  const { schemas } = JSON.parse(read('docs/openapi.json')).components;
  assert.deepEqual(shown('Verification codes'), schemas.Verification.properties.code.enum);
  assert.deepEqual(shown('Violations'), schemas.ErrorDetails.properties.errors.items.properties.code.enum);
  const [, own] = /type OwnCode =([^]*?);/.exec(read('clients/typescript/src/errors.ts'))!;
  const codes = [...own!.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
  assert.deepEqual(shown('Of the client itself').sort(), [...codes, 'UNVERIFIED'].sort());

  const apart = ['Verification codes', 'Violations', 'Of the client itself'];
  const errors = [...found.keys()].filter((title) => !apart.includes(title)).flatMap((title) => rows(found.get(title)!));
  const all = errors.map(([status, code, , again]) => `${status} ${code!.replaceAll('`', '')} ${again}`);
  const STATUS: Record<string, number> = {
    BAD_REQUEST: 400, UNAUTHORIZED: 401, FORBIDDEN: 403, NOT_FOUND: 404, METHOD_NOT_ALLOWED: 405, CONFLICT: 409, PAYLOAD_TOO_LARGE: 413, URI_TOO_LONG: 414,
    UNSUPPORTED_MEDIA_TYPE: 415, UNPROCESSABLE_ENTITY: 422, TOO_MANY_REQUESTS: 429, INTERNAL_SERVER_ERROR: 500, BAD_GATEWAY: 502, SERVICE_UNAVAILABLE: 503, GATEWAY_TIMEOUT: 504, INSUFFICIENT_STORAGE: 507, LOOP_DETECTED: 508,
  };
  const table = [...read('src/api/problem.rs').matchAll(/^ {4}[A-Z]\w+ +([A-Z_]+) "(\w+)" "/gm)].map(([, status, code]) => {
    // As src/api/problem/rendering.rs sends the header.
    const waits = [429, 503].includes(STATUS[status!]!) || code === 'idempotency_in_flight';
    return `${STATUS[status!]} ${code} ${waits ? '`Retry-After`' : code === 'internal_error' ? 'once more' : 'no'}`;
  });
  assert.deepEqual(all.sort(), table.sort());
  assert.deepEqual(table.map((row) => row.split(' ')[1]).sort(), [...schemas.Error.properties.code.enum].sort());
});
