// The gateway in the real runtime, in front of a real origin: streams and WebSockets both ways, what the origin sees and
// what the client does, a revoked key, an origin that is away or slow, and what is counted of it all.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { originVerifier } from '../../clients/typescript/src/origin.ts';
import { newOrganization, ok, refused, sleep } from './support/acceptance.ts';
import { recordSecret } from './support/canary.ts';
import { startLatchkey } from './support/latchkey.ts';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

const seen: Seen[] = [];
const origin = createServer((request, response) => {
  seen.push({ method: request.method!, url: request.url!, headers: request.headers });
  const path = request.url!.split('?')[0];
  if (path === '/echo') return void request.pipe(response);
  if (path === '/slow') return;
  if (path === '/moved') return void response.writeHead(302, { location: '/elsewhere' }).end();
  if (path === '/teapot') return void response.writeHead(418, { 'content-type': 'text/plain', 'x-own': '1', 'set-cookie': ['__Host-latchkey=stolen; Path=/', 'own=1'], 'cache-control': 'max-age=9' }).end('short and stout');
  if (path === '/zipped') return void response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' }).end(gzipSync('zipped'));
  if (path === '/empty') return void response.writeHead(204).end();
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: request.url })));
});
origin.on('upgrade', (request: IncomingMessage, socket: Socket) => {
  seen.push({ method: 'UPGRADE', url: request.url!, headers: request.headers });
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(frame('hello from the origin'));
  socket.on('data', (data) => {
    if ((data[0]! & 15) === 1) socket.write(frame(`echo ${unmasked(data)}`));
  }).on('error', () => {});
});
await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
after(() => { origin.closeAllConnections(); origin.close(); });
const originUrl = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;

const latchkey = await startLatchkey({ vars: { ALLOW_LOOPBACK_WEBHOOKS: 'true' } });
const tenant = await newOrganization(latchkey, 'Gated');
const { api } = tenant;
const made = async (route: object): Promise<any> => {
  const created = await ok(api.post('/v1/gateway_routes', route), 201);
  recordSecret(created.secret.slice('gwsec_'.length));
  return created;
};
const route = await made({ path: '/', origin: originUrl, timeoutMs: 10_000 });
await made({ path: '/brief', origin: originUrl, stripPath: true, timeoutMs: 300 });
await made({ path: '/away', origin: 'http://127.0.0.1:1' });
const customer = await ok(api.post('/v1/api_keys', { name: 'Customer', permissions: ['orders:read'], externalId: 'user/7' }), 201);
const whoami = originVerifier({ secrets: route.secret });

const at = (path: string) => `/gateway/${tenant.id}${path}`;

/** A request as it is written, so that nothing tidies it up. */
function send(path: string, options: RequestOptions = {}, key = customer.key) {
  const { hostname, port } = new URL(latchkey.url);
  const request = httpRequest({ hostname, port, path: at(path), ...options, headers: { 'x-api-key': key, ...(options.headers as object) } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => void request.on('response', resolve).on('error', reject));
  return { request, answered };
}

async function asked(path: string, options: RequestOptions = {}, key?: string): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }> {
  const { request, answered } = send(path, options, key);
  request.end();
  const response = await answered;
  let text = '';
  for await (const part of response) text += part;
  return { status: response.statusCode!, headers: response.headers, text };
}

const frame = (text: string) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
function masked(text: string): Buffer {
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, Buffer.from(text).map((byte, place) => byte ^ mask[place % 4]!)]);
}
const unmasked = (data: Buffer) => Buffer.from(data.subarray(6)).map((byte, place) => byte ^ data[2 + (place % 4)]!).toString();

test('the origin learns whose request it is, signed, and nothing of what the client claims', async () => {
  const answer = await asked('/a%20b/%C3%A4;x=1?q=%2F&y', { headers: {
    'latchkey-key-id': 'key_forged', latchkey_session_id: 'ses_forged', 'x-forwarded-for': '10.0.0.1', connection: 'close, x-internal', 'x-internal': '1',
    cookie: 'theme=dark', 'x-own': 'stays', signature: 'latchkey=:AAAA:', via: '1.0 fred',
  } });
  assert.equal(answer.status, 200, answer.text);
  const { method, url, headers } = seen.at(-1)!;
  assert.equal(url, '/a%20b/%C3%A4;x=1?q=%2F&y');
  const identity = await whoami({ method, url, headers });
  assert.deepEqual(identity, {
    keyId: customer.id, sessionId: customer.sessionId, organizationId: tenant.id, environment: 'production', externalId: 'user/7', requestId: answer.headers['x-request-id'],
  });
  assert.deepEqual([headers['x-own'], headers.cookie, headers.via], ['stays', 'theme=dark', '1.0 fred, 1.1 latchkey']);
  for (const name of ['x-api-key', 'authorization', 'latchkey_session_id', 'x-internal']) assert.equal(headers[name], undefined, name);
  assert.ok(!JSON.stringify(headers).includes('forged') && !JSON.stringify(headers).includes(customer.key) && headers['x-forwarded-for'] !== '10.0.0.1');
  assert.equal(await whoami({ method, url: url.replace('q=', 'r='), headers }), null);
  // Empty fields arrive, too, and are signed.
  const plain = await ok(api.post('/v1/api_keys', { name: 'Plain' }), 201);
  assert.equal((await asked('/plain', {}, plain.key)).status, 200);
  const last = seen.at(-1)!;
  assert.equal((await whoami(last))?.externalId, null);
});

test('the client gets what the origin answers, as it is, but for the dashboard’s cookie', async () => {
  const teapot = await asked('/teapot');
  assert.deepEqual([teapot.status, teapot.text, teapot.headers['x-own'], teapot.headers['cache-control']], [418, 'short and stout', '1', 'max-age=9']);
  assert.deepEqual(teapot.headers['set-cookie'], ['own=1']);
  const moved = await asked('/moved');
  assert.deepEqual([moved.status, moved.headers.location, moved.headers['cache-control']], [302, '/elsewhere', 'private']);
  assert.ok(!seen.some(({ url }) => url === '/elsewhere'), 'nobody followed it');
  assert.deepEqual([(await asked('/empty')).status, (await asked('/x', { method: 'HEAD' })).text], [204, '']);
  const zipped = await asked('/zipped', { headers: { 'accept-encoding': 'identity' } });
  assert.equal(zipped.status, 200);
  if (zipped.headers['content-encoding'] === undefined) assert.equal(zipped.text, 'zipped');
  assert.deepEqual(JSON.parse((await asked('/brief/inner?x')).text), { url: '/inner?x' });
  assert.deepEqual(JSON.parse((await asked('/brief')).text), { url: '/' });
});

test('bodies stream, both ways: what comes first is there before the last is sent', { timeout: 30_000 }, async () => {
  const { request, answered } = send('/echo', { method: 'POST', headers: { 'content-type': 'application/octet-stream' } });
  request.write('first;');
  const response = await answered;
  assert.equal(response.statusCode, 200);
  const parts = response[Symbol.asyncIterator]();
  assert.equal(String((await parts.next()).value), 'first;');
  for (let round = 0; round < 3; round += 1) {
    request.write(`round ${round};`);
    assert.equal(String((await parts.next()).value), `round ${round};`);
  }
  const large = 'x'.repeat(4_000_000);
  request.end(large);
  let rest = 0;
  for await (const part of { [Symbol.asyncIterator]: () => parts }) rest += (part as Buffer).length;
  assert.equal(rest, large.length);
  // A body of known length keeps it.
  const known = send('/known', { method: 'PUT', headers: { 'content-length': 3 } });
  known.request.end('abc');
  assert.equal((await known.answered).resume().statusCode, 200);
  assert.equal(seen.at(-1)!.headers['content-length'], '3');
});

test('a WebSocket passes both ways, once its key has been verified', { timeout: 30_000 }, async () => {
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64') };
  const { request } = send('/socket', { headers });
  const upgraded = new Promise<{ socket: Socket; head: Buffer; response: IncomingMessage }>((resolve, reject) => {
    request.on('upgrade', (response, socket, head) => resolve({ response, socket: socket as Socket, head })).on('error', reject).on('response', ({ statusCode }) => reject(new Error(`answered ${statusCode}`)));
  });
  request.end();
  const { socket, head, response } = await upgraded;
  let received = head;
  socket.on('data', (data) => void (received = Buffer.concat([received, data])));
  const until = async (text: string) => {
    for (const end = Date.now() + 10_000; !received.includes(text); await sleep(10)) assert.ok(Date.now() < end, `${text} did not come: ${received}`);
  };
  await until('hello from the origin');
  socket.write(masked('one'));
  await until('echo one');
  socket.write(masked('two'));
  await until('echo two');
  socket.destroy();
  assert.match(String(response.headers['x-request-id']), /^req_/);
  const handshake = seen.findLast(({ method }) => method === 'UPGRADE')!;
  assert.equal((await whoami({ ...handshake, method: 'GET' }))?.keyId, customer.id);
  const forged = send('/socket', { headers }, `${customer.key.slice(0, -1)}${customer.key.endsWith('0') ? '1' : '0'}`);
  forged.request.end();
  assert.equal((await forged.answered).resume().statusCode, 401);
});

test('an origin that is away is a 502, one that is slow a 504, a way round in circles a 508', { timeout: 30_000 }, async () => {
  for (const [path, options, status, code] of [
    ['/away/x', {}, 502, 'origin_unreachable'], ['/brief/slow', {}, 504, 'origin_timeout'], ['/x', { headers: { via: '1.1 latchkey' } }, 508, 'gateway_loop'],
    ['/a%2f..%2fb', {}, 400, 'invalid_request'],
  ] as const) {
    const answer = await asked(path, options as RequestOptions);
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [status, code], path);
    assert.equal(JSON.parse(answer.text).details.requestId, answer.headers['x-request-id']);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('a revoked key is refused at once, and a changed route is another one as soon as that is answered', { timeout: 60_000 }, async () => {
  const doomed = await ok(api.post('/v1/api_keys', { name: 'Doomed' }), 201);
  for (let round = 0; round < 3; round += 1) assert.equal((await asked('/x', {}, doomed.key)).status, 200);
  await ok(api.delete(`/v1/api_keys/${doomed.id}`));
  const before = seen.length;
  const dead = await asked('/x', {}, doomed.key);
  assert.deepEqual([dead.status, JSON.parse(dead.text).code], [401, 'auth_key_revoked']);
  await made({ path: '/closed', origin: originUrl, permissions: 'orders:write' });
  const closed = await asked('/closed/x');
  assert.deepEqual([closed.status, JSON.parse(closed.text).code], [403, 'insufficient_permissions']);
  assert.match(String(closed.headers['www-authenticate']), /scope="orders:write"/);
  assert.equal(seen.length, before, 'the origin has seen none of it');
});

test('what the origin has answered is counted, once each', { timeout: 30_000 }, async () => {
  const counted = await ok(api.post('/v1/api_keys', { name: 'Counted' }), 201);
  for (let round = 0; round < 5; round += 1) await asked('/x', {}, counted.key);
  for (const path of ['/teapot', '/away', '/brief/slow']) await asked(path, {}, counted.key);
  let outcomes: any;
  for (const end = Date.now() + 15_000; Date.now() < end && outcomes?.totalRequests !== 8; await sleep(200)) {
    outcomes = (await ok(api.get(`/v1/api_keys/${counted.id}/usage`))).totals.outcomes;
  }
  assert.deepEqual([outcomes.totalRequests, outcomes.byStatus], [8, { 200: 5, 418: 1, 502: 1, 504: 1 }]);
  assert.ok(outcomes.latencyMs.p99 >= 295, JSON.stringify(outcomes.latencyMs));
});

test('the log tells what was decided, and then what came of it', async () => {
  for (const [path, status] of [['/teapot', 418], ['/away', 502], ['/brief/slow', 504]] as const) {
    const { headers } = await asked(path);
    const logged = () => latchkey.logs().filter((line) => line.includes(String(headers['x-request-id'])));
    // The answer is here before what the process writes.
    for (const until = Date.now() + 10_000; logged().length < 2 && Date.now() < until; ) await sleep(20);
    const lines = logged().map((line) => JSON.parse(line.slice(line.indexOf('{'))));
    assert.deepEqual(lines.map((line) => [line.event, line.status]), [['request', 200], ['origin', status]], path);
    assert.ok(path !== '/brief/slow' || lines[1].durationMs >= 295, JSON.stringify(lines));
  }
});

test('no origin inside of a network is saved, and this machine only where that is allowed', async () => {
  const deployed = await startLatchkey();
  const other = await newOrganization(deployed, 'Deployed');
  for (const origin of [originUrl, 'https://127.0.0.1/', 'https://10.0.0.1/', 'https://metadata.google.internal/', 'http://example.com/', 'https://user@example.com/', 'https://example.com:8443/', 'https://example.com/?q']) {
    const refusal = await refused(other.api.post('/v1/gateway_routes', { path: '/x', origin }), 400, 'invalid_request');
    assert.equal(refusal.errors[0].pointer, '/origin', origin);
  }
});
