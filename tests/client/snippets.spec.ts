// The snippets in the documents, as they stand there: each `ts` fence is a module that is run, each `sh` fence of the
// client's own page goes through one bash. A line `// → …` or `# → …` promises that the rest of it is printed, in order;
// what a module exports answers requests, and is sent some.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { recordSecretKeys } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { root, run } from '../e2e/support/shell.ts';
import { fences, promised } from './support/documents.ts';
import { closed } from './support/scripted.ts';

const latchkey = await startLatchkey();
const { key } = await latchkey.createOrganization('Snippets');
const api = latchkey.api(key);
Object.assign(process.env, { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key });

const PAGE = 'clients/typescript/README.md';
/** Below the root, so that `latchkey` and the frameworks are found as a project finds them. */
const folder = join(root, '.e2e/snippets', String(process.pid));
mkdirSync(folder, { recursive: true });
after(() => rmSync(folder, { recursive: true }));

const { body: good } = await api.post('/v1/api_keys', { name: 'Customer', permission: 'sending_access', externalId: 'user-7' });
const { body: poor } = await api.post('/v1/api_keys', { name: 'Customer', permissions: ['emails:read'] });

/** Sends a request to whatever a module exports. */
type Send = (headers: Record<string, string>) => Promise<Response>;

async function exported(module: any): Promise<Send | undefined> {
  const request = (headers: Record<string, string>) => new Request('http://localhost/v1/emails', { method: 'POST', headers });
  if (module.POST) return (headers) => module.POST(request(headers), { params: Promise.resolve({}) });
  if (module.default?.fetch) return (headers) => module.default.fetch(request(headers));
  if (!module.default) return undefined;
  const server = createServer(module.default as RequestListener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  after(() => closed(server));
  return (headers) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/emails`, { method: 'POST', headers });
}

const found = { promises: 0, handlers: 0 };
for (const page of [PAGE, 'README.md']) {
  fences(page, 'ts').forEach((code, at) => {
    test(`${page}, snippet ${at + 1}: ${/from 'latchkey\/(\w+)'/.exec(code)?.[1] ?? 'the client'}`, async () => {
      const file = join(folder, `${page.length}-${at}.ts`);
      writeFileSync(file, code);
      let printed = '';
      const log = mock.method(console, 'log', (...words: unknown[]) => void (printed += `${words.join(' ')}\n`));
      const module = await import(pathToFileURL(file).href).finally(() => log.mock.restore());
      recordSecretKeys(printed);
      found.promises += promised(printed, code, '//');
      const send = await exported(module);
      if (!send) return;
      found.handlers += 1;
      const answers = [await send({ authorization: `Bearer ${good.key}` }), await send({ authorization: `Bearer ${poor.key}` }), await send({})];
      assert.deepEqual(answers.map(({ status }) => status), [200, 403, 401]);
      assert.deepEqual(await answers[0]!.json(), { sentFor: 'user-7' });
    });
  });
}

for (const [page, least] of [[PAGE, 5], ['docs/IMPORT.md', 7]] as const) {
  test(`${page}: the command line prints what is promised`, async () => {
    const script = `latchkey() { '${process.execPath}' '${join(root, 'clients/typescript/dist/cli.js')}' "$@"; }\ncd '${folder}'\n`;
    const tour = fences(page, 'sh').join('\n');
    const { code, output } = await run('bash', ['-euo', 'pipefail'], { stdin: `${script}${tour}\necho "\${key:-}"\n` });
    recordSecretKeys(output);
    assert.equal(code, 0, output);
    assert.ok(promised(output, tour, '#') >= least);
  });
}

test('the snippets were found', () => {
  assert.ok(found.promises >= 8 && found.handlers >= 5, JSON.stringify(found));
});
