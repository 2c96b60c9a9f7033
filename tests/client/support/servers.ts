// Real servers with the real frameworks, one for each middleware, around the same handler.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import express from 'express';
import { Hono } from 'hono';
import type { Decision, Demand, Latchkey } from 'latchkey';
import * as forExpress from 'latchkey/express';
import * as forFetch from 'latchkey/fetch';
import * as forHono from 'latchkey/hono';
import * as forNext from 'latchkey/next';
import { closed } from './scripted.ts';

export interface Guarded {
  url: string;
  /** What the handler was told, each time it ran. */
  ran: Decision[];
}

export interface Setting {
  latchkey: Latchkey;
  /** What a request needs; with a function it says so itself, in the query. */
  demand?: Demand;
  fromQuery?: boolean;
  onUnavailable?: 'deny' | 'allow';
  /** Is told what went wrong. */
  onError?: (error: unknown) => void;
}

type Answering = (setting: Setting, ran: Decision[]) => RequestListener;

/** What the handler answers in all of them. */
const said = (ran: Decision[], decision: Decision, more: object = {}) => (ran.push(decision), { keyId: decision.keyId, ...more });
const asked = (url: string): Demand => {
  const permission = new URL(url, 'http://localhost').searchParams.get('permission');
  return permission === null ? {} : { permissions: permission };
};

export const SERVERS: Record<string, Answering> = {
  express: ({ latchkey, demand, fromQuery, ...options }, ran) => {
    const app = express();
    app.use('/v1', forExpress.apiKey(latchkey, fromQuery ? (request: express.Request) => asked(request.originalUrl) : demand, options));
    app.get('/v1/things', (_, response) => void response.json(said(ran, forExpress.decisionOf(response))));
    app.get('/open', (_, response) => void response.send('open'));
    return app;
  },
  hono: ({ latchkey, demand, fromQuery, ...options }, ran) => {
    const app = new Hono<{ Variables: forHono.LatchkeyVariables }>();
    app.use('/v1/*', forHono.apiKey(latchkey, fromQuery ? (c: forHono.HonoContext) => asked(c.req.raw.url) : demand, options));
    app.get('/v1/things', (c) => c.json(said(ran, c.get('latchkey'))));
    app.get('/open', (c) => c.text('open'));
    return listener((request) => app.fetch(request));
  },
  next: ({ latchkey, demand, fromQuery, ...options }, ran) => {
    const handler = async (_: Request, decision: Decision, { params }: { params: Promise<{ id: string }> }) => Response.json(said(ran, decision, { id: (await params).id }));
    const GET = forNext.withKey(latchkey, handler, fromQuery ? (request: Request) => asked(request.url) : demand, options);
    return listener((request) => (isOpen(request) ? new Response('open') : GET(request, { params: Promise.resolve({ id: 'things' }) })));
  },
  fetch: ({ latchkey, demand, fromQuery, ...options }, ran) => {
    const fetch = forFetch.withKey(latchkey, (_, decision) => Response.json(said(ran, decision)), fromQuery ? (request: Request) => asked(request.url) : demand, options);
    return listener((request) => (isOpen(request) ? new Response('open') : fetch(request)));
  },
};

/** Starts one; it ends with the spec file. */
export async function guarded(framework: string, setting: Setting): Promise<Guarded> {
  const ran: Decision[] = [];
  const server: Server = createServer(SERVERS[framework]!(setting, ran));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  after(() => closed(server));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ran };
}

const isOpen = (request: Request) => new URL(request.url).pathname === '/open';

/** Node's requests and answers as those of `fetch`. */
function listener(handle: (request: Request) => Response | Promise<Response>): RequestListener {
  return async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headers = new Headers();
    for (let at = 0; at < incoming.rawHeaders.length; at += 2) headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
    const request = new Request(new URL(incoming.url!, 'http://localhost'), { method: incoming.method, headers });
    const response = await Promise.resolve(handle(request)).catch(() => new Response(null, { status: 500 }));
    outgoing.writeHead(response.status, [...response.headers].flat()).end(Buffer.from(await response.arrayBuffer()));
  };
}
