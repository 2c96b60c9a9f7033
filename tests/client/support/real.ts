// The client before the real service, and a proxy between them that breaks connections.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { after } from 'node:test';
import { createLatchkey, type Latchkey, type Options } from 'latchkey';
import { recordSecretKeys } from '../../e2e/support/canary.ts';

/** A client whose answers pass the canary; it counts what it asks. */
export function clientOf(baseUrl: string, key: string, options: Partial<Options> = {}): Latchkey & { asked: () => number } {
  let asked = 0;
  const fetch: Options['fetch'] = async (url, init) => {
    asked += 1;
    const response = await globalThis.fetch(url, init);
    recordSecretKeys(await response.clone().text());
    return response;
  };
  // A busy machine is no reason to give up.
  return Object.assign(createLatchkey({ baseUrl, key, fetch, verifyTimeoutMs: 20_000, ...options }), { asked: () => asked });
}

/** All that a list has. */
export async function gathered<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

/** `before`: when the request comes; `answer`: when its answer comes, which is lost. */
export type Cut = 'no' | 'before' | 'answer';

export interface Proxy {
  url: string;
  /** What happens to the next requests, in turn; then all pass. */
  cuts: Cut[];
  /** How many requests there were. */
  requests: number;
}

/** A TCP proxy before the service; it ends with the spec file. */
export async function cutter(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const proxy: Proxy = { url: '', cuts: [], requests: 0 };
  const server = createServer((client) => {
    let cut: Cut = 'no';
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => (sockets.delete(socket), client.destroy(), service.destroy()));
    }
    client.on('data', (data) => {
      if (/^[A-Z]+ \//.test(data.toString('latin1'))) {
        proxy.requests += 1;
        cut = proxy.cuts.shift() ?? 'no';
      }
      if (cut === 'before') client.destroy();
      else service.write(data);
    });
    service.on('data', (data) => (cut === 'answer' ? client.destroy() : client.write(data)));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
