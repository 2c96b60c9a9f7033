// docs/GATEWAY.md as it stands: its commands against the built service, with the origin of its own snippet behind the gateway.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { recordSecret } from '../e2e/support/canary.ts';
import { startLatchkey } from '../e2e/support/latchkey.ts';
import { root, run } from '../e2e/support/shell.ts';
import { closed } from './support/scripted.ts';

const page = readFileSync(join(root, 'docs/GATEWAY.md'), 'utf8');
const fences = (language: string) => [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!);
const folder = join(root, '.e2e/snippets', `gateway-${process.pid}`);
mkdirSync(folder, { recursive: true });
after(() => rmSync(folder, { recursive: true }));

test('the guide does what it says', { timeout: 60_000 }, async () => {
  const latchkey = await startLatchkey({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });
  const { key, organization } = await latchkey.createOrganization('Guide');
  const { body: customer } = await latchkey.api(key).post('/v1/api_keys', { name: 'Customer', permissions: ['orders:read'], externalId: 'user-7' });
  let answer: (request: Request) => Promise<Response> = async () => new Response(null, { status: 500 });
  const origin = createServer((incoming, outgoing) => {
    const headers = Object.entries(incoming.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)] as [string, string]]));
    void answer(new Request(`http://${incoming.headers.host}${incoming.url}`, { method: incoming.method!, headers })).then(async (response) => {
      outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
    });
  });
  await new Promise<void>((resolve) => void origin.listen(0, '127.0.0.1', resolve));
  after(() => closed(origin));
  const env = { LATCHKEY_URL: latchkey.url, LATCHKEY_KEY: key, CUSTOMER_KEY: customer.key, ORGANIZATION: organization.id, ORIGIN_URL: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` };
  const commands = fences('sh');
  assert.equal(commands.length, 3);
  for (const [at, code] of commands.entries()) {
    const { code: status, output } = await run('bash', ['-euc', `curl() { command curl -sS "$@"; }\n${code}`], { env });
    assert.equal(status, 0, output);
    for (const [, promise] of code.matchAll(/^# → (.*)$/gm)) assert.ok(output.includes(promise!), `${promise} is not in:\n${output}`);
    if (at > 0) continue;
    const { secret } = JSON.parse(output);
    recordSecret(secret.slice('gwsec_'.length));
    process.env.GATEWAY_SECRET = secret;
    const file = join(folder, 'origin.ts');
    writeFileSync(file, fences('ts')[0]!);
    const module = await import(pathToFileURL(file).href);
    answer = (request) => module.default.fetch(request);
  }
  // Past the gateway nobody is let in, with whatever fields.
  const direct = await fetch(`${env.ORIGIN_URL}/orders/7`, { headers: { 'latchkey-key-id': customer.id, 'latchkey-external-id': 'user-7' } });
  assert.equal(direct.status, 401);
});
