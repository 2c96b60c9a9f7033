// What customers of the service run, in a process of its own: servers of Express and Hono with the middleware, an origin for the
// gateway and for proxies, and, for controls, servers that have made a mistake. Every handler answers with the body that it
// was sent, says whose request it was, and notes that it ran. The parent is `guards.ts`.
import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import express from 'express';
import { Hono } from 'hono';
import { createLatchkey, type Latchkey, type Options } from '../../../clients/typescript/src/client.ts';
import * as forExpress from '../../../clients/typescript/src/express.ts';
import * as forHono from '../../../clients/typescript/src/hono.ts';

export interface Order {
  /** Starts these, with a client of the service. */
  serve?: { names: string[]; service: string; key: string; gateway: string };
  /** Asks what was handled. */
  tell?: true;
}

export interface Report {
  origin?: string;
  urls?: { [name: string]: string };
  handled?: [id: string, times: number][];
}

const NEEDS = { permissions: 'api:call' };
const handled = new Map<string, number>();
const note = (id: unknown) => handled.set(String(id), (handled.get(String(id)) ?? 0) + 1);

async function listening(listener: RequestListener): Promise<{ server: ReturnType<typeof createServer>; url: string }> {
  // Who has a connection may come back to it whenever he likes.
  const server = createServer({ keepAliveTimeout: 600_000 }, listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The handler behind the gateway and behind proxies: it is told in header fields whose request it is. */
async function origin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  note(request.headers['x-ask']);
  const head = { 'x-whose': decodeURIComponent(String(request.headers['latchkey-external-id'])), 'content-type': 'application/octet-stream' };
  // Through the gateway bodies stream both ways at once. Caddy, as it comes, stops reading one when its answer begins.
  if (request.headers.via?.includes('latchkey')) return void request.pipe(response.writeHead(200, head));
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  response.writeHead(200, head).end(Buffer.concat(parts));
}

/** A WebSocket that repeats what it is told; messages of up to 125 characters. */
function socketed(request: IncomingMessage, socket: Socket): void {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  let received = Buffer.alloc(0);
  socket.on('error', () => {}).on('data', (data) => {
    received = Buffer.concat([received, data]);
    for (let length = 0; received.length >= 2 && received.length >= (length = 6 + (received[1]! & 127)); received = received.subarray(length)) {
      if ((received[0]! & 15) !== 1) continue;
      const text = Buffer.from(received.subarray(6, length)).map((byte, place) => byte ^ received[2 + (place % 4)]!);
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    }
  });
}

type Middleware = ReturnType<typeof forExpress.apiKey>;

/** An Express server with this in front of its handler. */
function expressed(middleware: Middleware[], through = (request: IncomingMessage): Readable => request): RequestListener {
  const app = express();
  app.use(...(middleware as express.RequestHandler[]));
  app.use((request, response) => {
    const { externalId, repeated } = forExpress.decisionOf(response);
    note(request.headers['x-ask']);
    response.writeHead(200, { 'x-whose': String(externalId), 'x-repeated': String(repeated), 'content-type': 'application/octet-stream' });
    through(request).pipe(response);
  });
  return app;
}

function honoed(latchkey: Latchkey): RequestListener {
  const app = new Hono<{ Variables: forHono.LatchkeyVariables }>();
  app.use(forHono.apiKey(latchkey, NEEDS));
  app.all('*', (c) => {
    const { externalId, repeated } = c.get('latchkey');
    note(c.req.header('x-ask'));
    return c.body(c.req.raw.body as any, 200, { 'x-whose': String(externalId), 'x-repeated': String(repeated), 'content-type': 'application/octet-stream' });
  });
  return (incoming, outgoing) => void passed(app, incoming, outgoing);
}

/** Node's requests and answers as those of `fetch`, streams included. */
async function passed(app: { fetch: (request: Request) => Response | Promise<Response> }, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  const body = incoming.method === 'GET' ? null : Readable.toWeb(incoming);
  const response = await app.fetch(new Request(new URL(incoming.url!, 'http://localhost'), { method: incoming.method, headers, body, ...(body && { duplex: 'half' }) } as RequestInit));
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body) Readable.fromWeb(response.body as ReadableStream).pipe(outgoing);
  else outgoing.end();
}

/** What is started by its name. `client`: a client of the service, changed in some way. */
const SERVERS: { [name: string]: (client: (options?: Partial<Options>) => Latchkey, gateway: string) => RequestListener } = {
  express: (client) => expressed([forExpress.apiKey(client(), NEEDS)]),
  hono: (client) => honoed(client()),
  // From here on each has made a mistake, in what it does around the client.
  'keeps decisions for too long': (client) => expressed([forExpress.apiKey(client({ fetch: longer }), NEEDS)]),
  'opens when nobody can be asked': (client) => expressed([forExpress.apiKey(client({ baseUrl: 'http://127.0.0.1:1', onUnavailable: 'allow' }), NEEDS, { onError: () => {} })]),
  'opens what the gateway refuses': (_, gateway) => (request, response) => void opened(gateway, request, response),
  'drops a request': (client) => {
    let turn = 0;
    const guarded = expressed([forExpress.apiKey(client(), NEEDS)]);
    return (request, response) => (++turn % 10 === 0 ? request.socket.destroy() : guarded(request, response));
  },
  'asks when it has begun': (client) => expressed([async (request: any, _: unknown, next: () => void) => (note(request.headers['x-ask']), next()), forExpress.apiKey(client(), NEEDS)]),
  'loses a byte': (client) => expressed([forExpress.apiKey(client(), NEEDS)], (request) => request.pipe(new Transform({ transform: (part, _, done) => done(null, part.subarray(1)) }))),
  'takes it for somebody else': (client) => {
    const latchkey = client();
    let [last, turn] = [null as unknown, 0];
    const verify = async (...given: Parameters<Latchkey['verify']>) => {
      const decision = await latchkey.verify(...given);
      if (decision.valid && ++turn % 5 !== 0) last = decision;
      return (decision.valid ? last ?? decision : decision) as typeof decision;
    };
    return expressed([forExpress.apiKey({ verify } as Latchkey, NEEDS)]);
  },
};

/** The service says that its answers may be kept for ten seconds longer than they may. */
async function longer(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const text = await response.text();
  return new Response(text.replace(/"maxStalenessMs":([1-9]\d*)/, (_, ms) => `"maxStalenessMs":${Number(ms) + 10_000}`), { status: response.status, headers: response.headers });
}

/** What the gateway lets through, and what it refuses as well: the handler is then asked directly. */
async function opened(gateway: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { host: _, ...headers } = request.headers;
  const behind = httpRequest(gateway, { method: request.method, headers }, (answer) => {
    if (answer.statusCode === 401) {
      answer.resume();
      note(request.headers['x-ask']);
      response.writeHead(200, { 'x-whose': '' }).end(Buffer.concat(parts));
    } else answer.pipe(response.writeHead(answer.statusCode!, answer.headers));
  });
  behind.on('error', () => response.destroy()).end(Buffer.concat(parts));
}

const { server, url } = await listening((request, response) => void origin(request, response));
server.on('upgrade', socketed);
process.send?.({ origin: url } satisfies Report);

process.on('message', async ({ serve, tell }: Order) => {
  if (serve) {
    const client = (options: Partial<Options> = {}) => createLatchkey({ baseUrl: serve.service, key: serve.key, verifyTimeoutMs: 20_000, ...options });
    const urls = await Promise.all(serve.names.map(async (name) => [name, (await listening(SERVERS[name]!(client, serve.gateway))).url]));
    process.send?.({ urls: Object.fromEntries(urls) } satisfies Report);
  }
  if (tell) process.send?.({ handled: [...handled] } satisfies Report);
});
process.on('disconnect', () => process.exit());
