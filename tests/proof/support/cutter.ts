// A network that breaks: between client and service, it passes requests on and loses answers, or loses requests. What the lost
// answers said is kept, because nobody else has seen it.
import { request as httpRequest } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after } from 'node:test';
import { recordExchange } from '../../e2e/support/client.ts';
import type { Reply } from '../../e2e/support/client.ts';

/**
 * `lost`: the request does not arrive. `early`: it arrives, and the connection breaks while it is at work. `dropped`: the whole
 * answer is lost. `half`: its second half is.
 */
export type Cut = 'none' | 'lost' | 'early' | 'dropped' | 'half';

export class Cutter {
  /** What answers said that were lost, by the Idempotency-Key of the request. */
  readonly swallowed = new Map<string, any[]>();
  /** How many connections ended how. */
  readonly counts: Partial<{ [cut in Cut]: number }> = {};
  private readonly open = new Set<Socket>();
  private readonly upstream: () => string;
  private port = 0;

  /** `upstream`: the origin of the service. */
  constructor(upstream: () => string) {
    this.upstream = upstream;
  }

  async listen(): Promise<this> {
    const server = createServer((client) => this.pass(client));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    after(() => {
      server.close();
      for (const socket of this.open) socket.destroy();
    });
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Posts, over a connection of its own that is cut like this; undefined if no answer came. */
  post(cut: Cut, path: string, headers: { [name: string]: string }, body: object): Promise<Reply | undefined> {
    const text = JSON.stringify(body);
    this.counts[cut] = (this.counts[cut] ?? 0) + 1;
    return new Promise((resolve) => {
      const request = httpRequest({ host: '127.0.0.1', port: this.port, method: 'POST', path, agent: false, timeout: 60_000, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), connection: 'close', 'x-cut': cut, ...headers } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', () => resolve(undefined));
        response.on('end', () => {
          if (!response.complete) return resolve(undefined);
          const answered = Buffer.concat(parts).toString();
          const reply = { status: response.statusCode!, headers: new Headers(), body: JSON.parse(answered), text: answered };
          recordExchange(body, reply);
          resolve(reply);
        });
      });
      request.on('error', () => resolve(undefined));
      request.on('timeout', () => request.destroy());
      request.end(text);
    });
  }

  private pass(client: Socket): void {
    const sent: Buffer[] = [];
    this.open.add(client);
    client.on('error', () => {}).on('close', () => this.open.delete(client));
    client.on('data', (part) => {
      sent.push(part);
      const request = Buffer.concat(sent);
      if (bodyOf(request)) this.forward(client, request, request.toString('latin1'));
    });
  }

  private forward(client: Socket, request: Buffer, text: string): void {
    const cut = (/\r\nx-cut: (\w+)/i.exec(text)?.[1] ?? 'none') as Cut;
    if (cut === 'lost') return void client.destroy();
    const server = connect(Number(new URL(this.upstream()).port), '127.0.0.1');
    this.open.add(server);
    server.on('error', () => client.destroy()).on('close', () => this.open.delete(server));
    server.write(request);
    // About as long as a request is at work.
    if (cut === 'early') setTimeout(() => [client, server].forEach((socket) => socket.destroy()), (request.length * 7) % 25);
    const received: Buffer[] = [];
    server.on('data', (part) => {
      received.push(part);
      const answer = Buffer.concat(received);
      const body = bodyOf(answer);
      if (!body) return;
      server.destroy();
      if (cut === 'none') return void client.end(answer);
      this.keep(text, Number(answer.toString('latin1', 9, 12)), body.toString());
      if (cut === 'half') client.write(answer.subarray(0, answer.length / 2), () => client.destroy());
      else client.destroy();
    });
  }

  private keep(request: string, status: number, text: string): void {
    const label = /\r\nidempotency-key: (\S+)/i.exec(request)?.[1] ?? '';
    const body = JSON.parse(text);
    recordExchange(undefined, { status, headers: new Headers(), body, text });
    if (status === 201) this.swallowed.set(label, [...(this.swallowed.get(label) ?? []), body]);
  }
}

/** The body of a message, with a length or in chunks, once it has arrived as a whole. */
function bodyOf(message: Buffer): Buffer | undefined {
  const end = message.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = message.toString('latin1', 0, end + 2);
  const body = message.subarray(end + 4);
  if (!/\r\ntransfer-encoding: chunked\r/i.test(head)) {
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    return body.length >= length ? body : undefined;
  }
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    const size = line === -1 ? NaN : Number.parseInt(body.toString('latin1', at, line), 16);
    if (size === 0) return Buffer.concat(parts);
    if (!(body.length >= line + 4 + size)) return undefined;
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}
