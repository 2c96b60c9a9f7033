// HTTP/1.1 as it stands on the wire: connections that are kept, and requests that no client library lets through.
import { connect, type Socket } from 'node:net';

export interface RawRequest {
  method: string;
  target: string;
  headers: [string, string | Buffer][];
  body?: Buffer | string | (() => Iterable<Buffer>);
  /** In chunks, without a length. */
  chunked?: boolean;
  /** The description's path that it was made for. */
  path?: string;
}

export interface RawReply {
  status: number;
  headers: Headers;
  text: string;
}

const PATIENCE_MS = 30_000;

/** One connection, one request after another. It is opened again when the other side has closed it. */
export class Connection {
  private readonly url: URL;
  private socket: Socket | undefined;
  private received = Buffer.alloc(0);
  private wake: (() => void) | undefined;
  private ended = false;

  constructor(url: string) {
    this.url = new URL(url);
  }

  /**
   * Sends a request, and reads its answer. A kept connection may have ended meanwhile, and whoever answers before all of a
   * body is there may cut off a client that is still writing: then it is sent again, on a new one.
   */
  async request(request: RawRequest, tries = 4): Promise<RawReply> {
    try {
      return await this.exchange(request);
    } catch (error) {
      this.close();
      if (tries === 1 || !/ended|EPIPE|ECONNRESET/.test((error as Error).message)) throw error;
      return this.request(request, tries - 1);
    }
  }

  /** The same on a connection of its own. An answer that comes before the body has left is an answer. */
  async once(request: RawRequest): Promise<RawReply> {
    try {
      return await this.exchange({ ...request, headers: [...request.headers, ['connection', 'close']] });
    } finally {
      this.close();
    }
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private async exchange({ method, target, headers, body, chunked }: RawRequest): Promise<RawReply> {
    const socket = this.socket && !this.ended ? this.socket : await this.open();
    const streamed = typeof body === 'function';
    const bytes = streamed ? undefined : Buffer.from(body ?? '');
    const lines: [string, string | Buffer][] = [['host', 'localhost'], ...headers];
    if (streamed || chunked) lines.push(['transfer-encoding', 'chunked']);
    else if (bytes!.length > 0 || method !== 'GET') lines.push(['content-length', String(bytes!.length)]);
    socket.write(Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n`, 'latin1'), ...lines.flatMap(([name, value]) => [Buffer.from(`${name}: `), Buffer.from(value), Buffer.from('\r\n')]), Buffer.from('\r\n')]));
    if (streamed) await this.pour(socket, body());
    else if (chunked) socket.write(Buffer.concat([...(bytes!.length > 0 ? [chunk(bytes!)] : []), Buffer.from('0\r\n\r\n')]));
    else if (bytes!.length > 0) socket.write(bytes!);
    const reply = await this.answer(method === 'HEAD');
    if (/close/i.test(reply.headers.get('connection') ?? '')) this.close();
    return reply;
  }

  /** Sends chunks until there is an answer, or nobody listens any more. */
  private async pour(socket: Socket, body: Iterable<Buffer>): Promise<void> {
    for (const part of body) {
      if (this.ended || this.received.length > 0) return;
      if (!socket.write(chunk(part))) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 5_000);
          const done = () => { clearTimeout(timer); resolve(); };
          socket.once('drain', done);
          this.wake = done;
        });
      }
    }
    if (!this.ended) socket.write('0\r\n\r\n');
  }

  private async open(): Promise<Socket> {
    this.received = Buffer.alloc(0);
    this.ended = false;
    const socket = connect({ host: this.url.hostname, port: Number(this.url.port), noDelay: true });
    // What a former one still has to say is nothing to this one.
    this.socket = socket;
    socket.setMaxListeners(0);
    socket.on('data', (part) => { if (this.socket !== socket) return; this.received = this.received.length > 0 ? Buffer.concat([this.received, part]) : part; this.wake?.(); });
    const end = () => { if (this.socket === socket) { this.ended = true; this.wake?.(); } };
    socket.on('error', end).on('close', end).on('end', end);
    await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
    return socket;
  }

  private async more(): Promise<void> {
    if (this.ended) throw new Error('the connection ended before the answer did');
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS);
      this.wake = () => { clearTimeout(timer); resolve(); };
    });
  }

  private async answer(withoutBody: boolean): Promise<RawReply> {
    let end = this.received.indexOf('\r\n\r\n');
    while (end === -1) {
      await this.more();
      end = this.received.indexOf('\r\n\r\n');
    }
    const [line = '', ...lines] = this.received.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
    if (!status) throw new Error(`no status line: ${line.slice(0, 80)}`);
    const headers = new Headers();
    for (const header of lines) headers.append(header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1).trim());
    this.received = this.received.subarray(end + 4);
    if (status === 100) return this.answer(withoutBody);
    const body = withoutBody || status === 204 || status === 304 ? Buffer.alloc(0) : await this.body(headers);
    return { status, headers, text: body.toString() };
  }

  private async body(headers: Headers): Promise<Buffer> {
    if (!/chunked/i.test(headers.get('transfer-encoding') ?? '')) return this.take(Number(headers.get('content-length') ?? 0));
    const parts: Buffer[] = [];
    for (;;) {
      let end = this.received.indexOf('\r\n');
      while (end === -1) {
        await this.more();
        end = this.received.indexOf('\r\n');
      }
      const length = Number.parseInt(this.received.toString('latin1', 0, end), 16);
      this.received = this.received.subarray(end + 2);
      const part = await this.take(length);
      await this.take(2);
      if (length === 0) return Buffer.concat(parts);
      parts.push(part);
    }
  }

  private async take(length: number): Promise<Buffer> {
    while (this.received.length < length) await this.more();
    const taken = this.received.subarray(0, length);
    this.received = this.received.subarray(length);
    return taken;
  }

  /** Sends text as it is, and hears for a while what is answered: the statuses of all answers in it. */
  static exchange(url: string, text: string, patienceMs: number): Promise<{ statuses: number[]; text: string }> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let received = '';
      const done = () => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ statuses: [...received.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status)), text: received });
      };
      let timer = setTimeout(done, patienceMs);
      socket.on('data', (part) => {
        received += part.toString('latin1');
        // What is answered comes at once; a little longer for a second answer to what was one request.
        clearTimeout(timer);
        timer = setTimeout(done, 150);
      });
      socket.on('error', done).on('close', done);
      socket.write(Buffer.from(text, 'latin1'));
    });
  }

  /** Sends a body a byte at a time, and leaves in the middle: the statuses that came meanwhile. */
  static slowly(url: string, headers: [string, string][], ms: number): Promise<number[]> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) });
      let received = '';
      socket.on('data', (part) => { received += part.toString('latin1'); });
      socket.write(`POST /v1/api_keys HTTP/1.1\r\nhost: x\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}content-length: 10000\r\n\r\n`);
      const drip = setInterval(() => socket.write('{'), 200);
      const done = () => {
        clearInterval(drip);
        clearTimeout(timer);
        socket.destroy();
        resolve([...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
      };
      const timer = setTimeout(done, ms);
      socket.on('error', done).on('close', done);
    });
  }
}

function chunk(part: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
}
