// The DNS of a spec: a resolver process of its own, and how somebody proves a domain with it.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { after } from 'node:test';
import { ok } from './acceptance.ts';
import type { Client } from './client.ts';
import type { Order } from './resolver_process.ts';

export interface Resolver {
  /** For `DNS_RESOLVER_URL`. */
  url: string;
  /** What it was asked for: the names and types, oldest first. */
  asked: { name: string; type: string }[];
  /** Texts under a name; none takes them away. */
  publish(name: string, texts?: string[]): Promise<void>;
  /** Where a name leads. */
  alias(name: string, to: string): Promise<void>;
  /** Whether it answers nothing but failures from now on. */
  fail(failing: boolean): Promise<void>;
  /** Proves a domain for whoever has the client; `fields` are further ones. Answers the domain. */
  own(client: Pick<Client, 'post'>, domain: string, fields?: Record<string, unknown>): Promise<any>;
}

/** Starts a resolver that ends with the spec. */
export async function startResolver(): Promise<Resolver> {
  const child = fork(join(import.meta.dirname, 'resolver_process.ts'), { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  after(() => child.disconnect());
  const asked: Resolver['asked'] = [];
  const waiting = new Map<number, () => void>();
  let listening: (port: number) => void;
  const port = new Promise<number>((resolve) => (listening = resolve));
  child.on('message', (message: any) => {
    if (message.port) listening(message.port);
    if (message.asked) asked.push(message.asked);
    waiting.get(message.done)?.();
  });
  let orders = 0;
  const order = (what: Omit<Order, 'number'>) => new Promise<void>((resolve) => {
    const number = ++orders;
    waiting.set(number, resolve);
    child.send({ number, ...what });
  });
  const resolver: Resolver = {
    url: `http://127.0.0.1:${await port}/dns-query`,
    asked,
    publish: (name, texts) => order({ name, texts }),
    alias: (name, to) => order({ name, alias: to }),
    fail: (failing) => order({ failing }),
    async own(client, domain, fields = {}) {
      const { id, record } = await ok(client.post('/v1/domains', { domain, ...fields }), 201);
      await resolver.publish(record.name, [record.value]);
      const verified = await ok(client.post(`/v1/domains/${id}/verify`));
      if (verified.status !== 'verified') throw new Error(`${domain} is ${verified.status}`);
      return verified;
    },
  };
  return resolver;
}
