// The service in several isolates that share their objects, in one runtime process that is killed like by a power cut, with a
// KV namespace outside of it. Between runtime and worker may stand fronts: faults on command, a way to restart objects, and, for
// controls, a service that breaks a promise, which a proof has to notice.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { start, type Isolates } from '../../../benches/lib/isolates.mjs';
import { recordSecret, runDirectory } from '../../e2e/support/canary.ts';
import { Client } from '../../e2e/support/client.ts';
import { faultyFiles, type Faults } from '../../e2e/support/faults.ts';
import { KvServer } from './kv_server.ts';

/** What may stand in front of the worker: see the files in `fronts`. */
export type Front = 'abort' | 'ahead' | 'caching' | 'early' | 'forgetful';

export interface Options {
  /** How many isolates; the first one is where the objects are. */
  services?: number;
  fronts?: Front[];
  /** With KV failing as told, again after each restart; see tests/e2e/support/faults.ts. */
  faulty?: Faults;
}

export interface Tenant {
  id: string;
  /** The session of its first key. */
  sessionId: string;
  /** Its first key, which may do anything in it. */
  key: string;
  /** That key's id. */
  keyId: string;
}

export class Service {
  readonly directory: string;
  readonly kv: KvServer;
  private readonly isolates: Isolates;

  constructor(directory: string, kv: KvServer, isolates: Isolates) {
    this.directory = directory;
    this.kv = kv;
    this.isolates = isolates;
  }

  /** Where an isolate answers; others after each restart. */
  origin(isolate: number): string {
    return this.isolates.urls[isolate % this.isolates.urls.length]!.origin;
  }

  /** A client of one isolate, with a key. */
  client(isolate: number, bearer: string): Client {
    return new Client(() => this.origin(isolate), { authorization: `Bearer ${bearer}` });
  }

  get operator(): Client {
    return this.client(0, this.isolates.operatorToken);
  }

  /** Ends the runtime in the middle of whatever it does. */
  kill = () => this.isolates.stop();

  /** Starts it (again) on the same state, with these faults. */
  restart = (faults?: Faults) => this.isolates.restart(faults ? { FAULTS: JSON.stringify(faults) } : {});

  /** From now on these faults and no others, in all isolates. */
  async setFaults(faults: Faults): Promise<void> {
    for (const url of this.isolates.urls) {
      const { ok, status } = await fetch(new URL('/__faults', url), { method: 'PUT', body: JSON.stringify(faults) });
      if (!ok) throw new Error(`PUT /__faults answered ${status}`);
    }
  }

  /** A new organization, with its first key. */
  async newTenant(name: string): Promise<Tenant> {
    const { status, body, text } = await this.operator.post('/operator/organizations', { name });
    if (status !== 201) throw new Error(`POST /operator/organizations answered ${status}: ${text}`);
    return { id: body.organization.id, sessionId: body.apiKey.sessionId, key: body.apiKey.key, keyId: body.apiKey.id };
  }
}

/** Starts it; it ends with the spec file. */
export async function startService({ services = 2, fronts = [], faulty }: Options = {}): Promise<Service> {
  for (const place of ['state', 'logs']) mkdirSync(join(runDirectory, place), { recursive: true });
  const directory = mkdtempSync(join(runDirectory, 'state', 'proof-'));
  const kv = new KvServer();
  const isolates = await start({
    directory, services, build: '.e2e/worker', probed: false, kv: await kv.listen(),
    front: fronts.length > 0 || faulty ? modules(fronts, faulty !== undefined) : undefined,
    // Every request leaves a line, and none may have a secret in it.
    vars: { PLAN_CHANGES: 'operator', LOG_REQUESTS: 'all', ...(faulty && { FAULTS: JSON.stringify(faulty) }) },
    log: (chunk) => appendFileSync(join(runDirectory, 'logs', `${process.pid}.log`), chunk),
  });
  after(() => isolates.stop());
  recordSecret(isolates.operatorToken);
  return new Service(directory, kv, isolates);
}

/** The fronts, each in front of the next one, the first being the worker; the last of them has the build behind it. */
function modules(fronts: Front[], faulty: boolean): Record<string, { source: string }> {
  const entries = [...fronts.map((front) => `${front}.js`), faulty ? 'faulty.js' : 'entry.js'];
  const found: Record<string, { source: string }> = {};
  for (const [at, name] of entries.slice(0, -1).entries()) {
    const text = readFileSync(join(import.meta.dirname, 'fronts', name), 'utf8');
    found[name] = { source: text.replaceAll("'./next.js'", `'./next_${at}.js'`) };
    found[`next_${at}.js`] = { source: `export * from './${entries[at + 1]}';\nexport { default } from './${entries[at + 1]}';\n` };
  }
  if (faulty) for (const { name, contents } of faultyFiles()) found[name] = { source: contents };
  return found;
}
