// The service in several isolates that share their objects: what one of them has leased, another one revokes. One isolate
// in the objects' own process would prove nothing.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { start, type Isolates } from '../../../benches/lib/isolates.mjs';
import { recordSecret, runDirectory } from './canary.ts';
import { Client } from './client.ts';

export interface Options {
  /** How many; the first one is where the objects are. */
  services: number;
  /** `panic`: with the route that panics, which takes the memory of all objects. */
  build?: 'release' | 'panic';
}

export interface Cluster {
  service: Isolates;
  /** A client of one of them, with a key or a token. */
  client: (isolate: number, bearer: string) => Client;
  /** A new organization with its first key. */
  createOrganization: (name: string) => Promise<{ organization: any; apiKey: any; key: string }>;
}

const BUILDS = { release: '.e2e/worker', panic: '.e2e/worker-panic' };

/** Starts them; they end with the spec file. */
export async function startIsolates({ services, build = 'release' }: Options): Promise<Cluster> {
  mkdirSync(join(runDirectory, 'state'), { recursive: true });
  const directory = mkdtempSync(join(runDirectory, 'state', 'isolates-'));
  const service = await start({ directory, services, build: BUILDS[build], vars: { PLAN_CHANGES: 'operator' } });
  after(() => service.stop());
  recordSecret(service.operatorToken);
  const client = (isolate: number, bearer: string) => new Client(() => service.urls[isolate]!.origin, { authorization: `Bearer ${bearer}` });
  return {
    service,
    client,
    createOrganization: async (name) => {
      const { status, body, text } = await client(0, service.operatorToken).post('/operator/organizations', { name });
      if (status !== 201) throw new Error(`POST /operator/organizations answered ${status}: ${text}`);
      return { ...body, key: body.apiKey.key };
    },
  };
}
