// What stands between customers and handlers, each before the same service in two isolates that share their objects, and the
// processes on both sides of it: servers with handlers, and customers who ask.
import { fork, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from '../../../benches/lib/isolates.mjs';
import { findProxy } from '../../../scripts/lib/proxies.mjs';
import { buildRustClient, rustProgram } from '../../../scripts/lib/rust-client.mjs';
import { ok } from '../../e2e/support/acceptance.ts';
import { recordSecret, runDirectory } from '../../e2e/support/canary.ts';
import { Client } from '../../e2e/support/client.ts';
import { startProxy, type ProxyName } from '../../e2e/support/proxies.ts';
import { Running } from '../../e2e/support/shell.ts';
import type { Order as Asking, Report as Asked, Secret, Target } from './guard_client.ts';
import type { Ask, Handled } from './guard_history.ts';
import type { Order as Serving, Report as Served } from './guard_servers.ts';

/** A process of its own that ends with the spec file. */
function forked(file: string): ChildProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  after(() => child.kill());
  return child;
}

/** The next message of a process that has something. */
function said<Report, Value>(child: ChildProcess, find: (report: Report) => Value | undefined): Promise<Value> {
  return new Promise((resolve, reject) => {
    const heard = (report: Report) => {
      const value = find(report);
      if (value === undefined) return;
      child.off('message', heard);
      resolve(value);
    };
    child.on('message', heard);
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.at(-1)} ended with ${code}`)));
  });
}

/** The permission that everything here asks for; the example of axum has another one. */
export const PERMISSIONS = ['api:call', 'hello:say'];
const ROUTE = '/guarded';

export interface World {
  /** Manages keys, at the isolate that nobody else asks. */
  api: Client;
  /** In which every verification asks the object, and in which isolates decide by leases of up to a second. */
  sessions: { strict: string; leased: string };
  /** Where the gateway answers, in each of the two isolates that are asked. */
  gateways: string[];
  /** The key of the guards. */
  key: string;
  /** Starts servers by their names (guard_servers.ts). */
  serve: (names: string[]) => Promise<{ [name: string]: string }>;
  /** An isolate's origin. */
  at: (isolate: number) => string;
  /** Where the handler behind the gateway and the proxies is. */
  origin: string;
  handled: () => Promise<Map<string, number>>;
}

/** The service, an organization, and a process for servers. */
export async function startWorld(): Promise<World> {
  for (const place of ['state', 'logs']) mkdirSync(join(runDirectory, place), { recursive: true });
  const servers = forked('./guard_servers.ts');
  const origin = await said<Served, string>(servers, (report) => report.origin);
  const service = await start({
    directory: mkdtempSync(join(runDirectory, 'state', 'front-')), services: 3, build: '.e2e/worker', probed: false,
    // All that the gateway fetches comes from there, whatever its address.
    beside: [{ name: 'origin', elsewhere: new URL(origin).host }], outbound: 'origin',
    log: (chunk) => appendFileSync(join(runDirectory, 'logs', `${process.pid}.log`), chunk),
  });
  after(() => service.stop());
  recordSecret(service.operatorToken);
  const at = (isolate: number) => service.urls[isolate]!.origin;
  const client = (bearer: string) => new Client(() => at(0), { authorization: `Bearer ${bearer}` });
  const { organization, apiKey } = await ok(client(service.operatorToken).post('/operator/organizations', { name: 'Guarded' }), 201);
  const api = client(apiKey.key);
  const session = async (name: string, consistency: object) => (await ok(api.post('/v1/sessions', { name, consistency }), 201)).id as string;
  const sessions = { strict: await session('Strict', { mode: 'strict' }), leased: await session('Leased', { mode: 'leased', ttlMs: 1_000 }) };
  const { secret } = await ok(api.post('/v1/gateway_routes', { path: ROUTE, origin: 'https://origin.example.com', permissions: ['api:call'], timeoutMs: 20_000 }), 201);
  recordSecret(secret.slice('gwsec_'.length));
  const gateways = [1, 2].map((isolate) => `${at(isolate)}/gateway/${organization.id}${ROUTE}`);
  const serve = (names: string[]) => {
    servers.send({ serve: { names, service: at(1), key: apiKey.key, gateway: gateways[0]! } } satisfies Serving);
    return said<Served, { [name: string]: string }>(servers, ({ urls }) => urls);
  };
  const handled = async () => {
    servers.send({ tell: true } satisfies Serving);
    return new Map(await said<Served, [string, number][]>(servers, (report) => report.handled));
  };
  return { api, sessions, gateways, key: apiKey.key, serve, at, origin, handled };
}

export interface Guards {
  /** Where customers ask, by the process that they are in. */
  targets: Target[][];
  /** Those that have no handler behind them. */
  directly: Set<string>;
  handled: () => Promise<Handled>;
  /** What is not here. */
  missing: string[];
}

/** Everything that the project has to stand before a handler. */
export async function startGuards(world: World): Promise<Guards> {
  await buildRustClient();
  const servers = await world.serve(['express', 'hono']);
  const proxies = (['nginx', 'caddy'] as ProxyName[]).filter((name) => findProxy(name));
  const started = await Promise.all(proxies.map((name, at) => startProxy(name, { gate: world.at(1 + at), origin: world.origin })));
  const axum = new Running(rustProgram('latchkey-example-axum'), ['127.0.0.1:0'], { LATCHKEY_URL: world.at(2), LATCHKEY_KEY: world.key });
  const [, axumUrl] = await axum.says(/listening on (\S+)/);
  const targets = [0, 1].map((process): Target[] => [
    { guard: 'client', kind: 'client', url: world.at(1 + process), own: world.key },
    ...Object.entries(servers).map(([guard, url]): Target => ({ guard, kind: 'http', url })),
    { guard: 'gateway', kind: 'http', url: world.gateways[process]! },
    { guard: 'axum', kind: 'plain', url: `${axumUrl}/hello` },
    ...proxies.map((guard, at): Target => ({ guard, kind: 'http', url: started[at]!.url })),
  ]);
  const handled = async () => {
    const counts = new Map<string, number>();
    for (const [, id] of axum.output.matchAll(/^said hello to Some\("(key_\w+)"\)$/gm)) counts.set(id!, (counts.get(id!) ?? 0) + 1);
    return { byId: await world.handled(), byKey: new Map([['axum', counts]]) };
  };
  return { targets, directly: new Set(['client']), handled, missing: ['nginx', 'caddy'].filter((name) => !proxies.includes(name as ProxyName)) };
}

/** Customers in processes of their own. */
export class Customers {
  private readonly children: ChildProcess[];
  private readonly reports: Promise<Asked>[];

  constructor(targets: Target[][], how: { run: string; seed: number; width: number; pauseMs: number }) {
    this.children = targets.map(() => forked('./guard_client.ts'));
    this.reports = this.children.map((child) => said<Asked, Asked>(child, (report) => (report.asks ? report : undefined)));
    for (const report of this.reports) report.catch(() => {});
    for (const [process, child] of this.children.entries()) child.send({ start: { ...how, process, targets: targets[process]! } } satisfies Asking);
  }

  add = (secret: Secret) => this.tell({ add: secret });
  watch = (name: string) => this.tell({ watch: name });
  drop = (name: string) => this.tell({ drop: name });

  private tell(order: Asking): void {
    for (const child of this.children) child.send(order);
  }

  /** Ends it: whoever has asked waits for the answer. */
  async stop(): Promise<{ asks: Ask[]; bytes: number }> {
    this.tell({ stop: true });
    const reports = await Promise.all(this.reports);
    return { asks: reports.flatMap(({ asks }) => asks!), bytes: reports.reduce((sum, report) => sum + (report.bytes ?? 0), 0) };
  }
}
