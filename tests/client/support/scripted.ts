// A server that answers as a script says, one line for each request: also with what the real one cannot be made to say.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

export type Line =
  /** As the service would. */
  | 'ok'
  /** The connection ends when the request is there. */
  | 'cut'
  /** Nothing comes. */
  | 'hang'
  /** The beginning of an answer comes. */
  | 'half'
  | { status: number; code?: string; retryAfter?: number; html?: boolean; body?: unknown };

export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** A verification as the service answers it. */
export function verification({ code = 'VALID', staleness = 0, limited = false, credits = null }: { code?: string; staleness?: number; limited?: boolean; credits?: number | null } = {}) {
  return {
    valid: code === 'VALID', code, keyId: 'key_made', name: 'Scripted', organizationId: 'org_made', sessionId: 'ses_made', environment: 'production',
    permissions: ['*'], domain: null, externalId: null, metadata: { tier: 'gold' }, expiresAt: null,
    rateLimits: limited || code === 'RATE_LIMITED' ? [{ level: 'key', name: 'burst', limit: 10, windowMs: 1000, remaining: 0, resetMs: 700, retryAfterMs: 1200 }] : [],
    credits: credits === null ? null : { remaining: credits }, limitedBy: code === 'RATE_LIMITED' ? { level: 'key', name: 'burst' } : null,
    verificationId: 'ver_made', freshness: { mode: staleness > 0 ? 'leased' : 'strict', asOf: '2026-01-02T03:04:05.678Z', maxStalenessMs: staleness },
  };
}

export interface Scripted {
  url: string;
  seen: Seen[];
}

/** Answers by the lines in turn, then as the service would; it ends with the spec file. */
export async function scripted(lines: Line[]): Promise<Scripted> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    seen.push({ method: request.method!, path: request.url!, headers: request.headers, body });
    answer(lines[seen.length - 1] ?? 'ok', request, response);
  });
  after(() => closed(server));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** With all its connections. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function answer(line: Line, request: IncomingMessage, response: ServerResponse): void {
  if (line === 'hang') return;
  if (line === 'cut') return void request.socket.destroy();
  if (line === 'half') return void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"valid": true, "code": "VALID"');
  if (line === 'ok') line = { status: request.method === 'POST' && !request.url!.endsWith('/verify') ? 201 : 200, body: { ...verification(), id: 'key_made' } };
  const { status, code, retryAfter, html = false, body } = line;
  response.writeHead(status, {
    'content-type': html ? 'text/html' : 'application/json', 'x-request-id': 'req_scripted',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }), ...(status === 301 ? { location: '/elsewhere' } : {}),
  });
  response.end(html ? '<html>A page</html>' : JSON.stringify(body ?? { message: 'As the script says.', code, details: { requestId: 'req_scripted' } }));
}
