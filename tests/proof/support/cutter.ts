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
  private readonly upstream: () => string;
  private port = 0;

  /** `upstream`: the origin of the service. */
  constructor(upstream: () => string) {
    this.upstream = upstream;
  }

  async listen(): Promise<this> {
    const server = createServer((client) => this.pass(client));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    after(() => void server.close());
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
    client.on('error', () => {});
    client.on('data', (part) => {
      sent.push(part);
      const text = Buffer.concat(sent).toString('latin1');
      if (whole(text)) this.forward(client, Buffer.concat(sent), text);
    });
  }

  private forward(client: Socket, request: Buffer, text: string): void {
    const cut = (/\r\nx-cut: (\w+)/i.exec(text)?.[1] ?? 'none') as Cut;
    if (cut === 'lost') return void client.destroy();
    const server = connect(Number(new URL(this.upstream()).port), '127.0.0.1');
    server.on('error', () => client.destroy());
    server.write(request);
    // About as long as a request is at work.
    if (cut === 'early') setTimeout(() => [client, server].forEach((socket) => socket.destroy()), (request.length * 7) % 25);
    const received: Buffer[] = [];
    server.on('data', (part) => {
      received.push(part);
      const answer = Buffer.concat(received);
      if (!whole(answer.toString('latin1'))) return;
      server.destroy();
      if (cut === 'none') return void client.end(answer);
      this.keep(text, answer.toString());
      if (cut === 'half') client.write(answer.subarray(0, answer.length / 2), () => client.destroy());
      else client.destroy();
    });
  }

  private keep(request: string, answer: string): void {
    const label = /\r\nidempotency-key: (\S+)/i.exec(request)?.[1] ?? '';
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
    const reply = { status: Number(answer.slice(9, 12)), headers: new Headers(), body, text: answer };
    recordExchange(undefined, reply);
    if (reply.status === 201) this.swallowed.set(label, [...(this.swallowed.get(label) ?? []), body]);
  }
}

/** Whether a message with a length has arrived as a whole. */
function whole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end + 2));
  return text.length >= end + 4 + Number(length?.[1] ?? 0);
}
