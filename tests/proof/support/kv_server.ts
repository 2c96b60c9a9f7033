// A KV namespace in the process of the test: what the runtime asks of one is HTTP, and what it was told survives the runtime's
// death, as it does on the platform. That it fails now and then is the part of `faulty_kv.js`, in front of it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';

export class KvServer {
  /** What stands in it, by name. */
  readonly entries = new Map<string, Buffer>();
  private readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      const name = decodeURIComponent(new URL(request.url!, 'http://kv').pathname.slice(1));
      const answer = (status: number, body?: Buffer) => void response.writeHead(status).end(body);
      if (request.method === 'GET') {
        const value = this.entries.get(name);
        return value ? answer(200, value) : answer(404);
      }
      if (request.method === 'DELETE') return answer(this.entries.delete(name) ? 200 : 404);
      const parts: Buffer[] = [];
      try {
        for await (const part of request) parts.push(part);
      } catch {
        // The runtime has died over it: half a value is none.
        return;
      }
      this.entries.set(name, Buffer.concat(parts));
      answer(200);
    });
    this.server.on('clientError', (_, socket) => socket.destroy());
  }

  /** Where it listens, as `host:port`. It ends with the spec file. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    after(() => void this.server.close().closeAllConnections());
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}
