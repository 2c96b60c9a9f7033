// Faults on command, in a service that was started with `faulty`: what can happen, and what was seen of it.
// The worker's own code and wasm are untouched; faulty.js stands in front of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Latchkey } from './latchkey.ts';

/** When something happens: in this share of the cases, so many times, to what has this text in it; and how slowly. */
export interface When {
  /** 0 to 1; always without it. Drawn from `seed`. */
  share?: number;
  times?: number;
  /** Part of the name in KV, of the command to an object, of the statement. */
  matching?: string;
  delayMs?: number | [number, number];
  /** It never comes back. */
  hang?: true;
}

export interface Faults {
  seed?: number;
  kv?: {
    /** `fail`: what follows "KV GET failed: ", such as `500 Internal Server Error`. `empty`: nothing is found. */
    get?: When & { fail?: string; empty?: true };
    /** `after`: it is written, and said to have failed. `late`: it is said to have failed, and written by `landLate`. */
    put?: When & { fail?: string; after?: true; late?: true };
    /** One write of a name in so many milliseconds; a second one is refused with 429. */
    perKeyMs?: number;
    /** Readers see what was there when this was first set, until it is not set. */
    frozen?: true;
  };
  /** `after`: the call is carried out, and its answer is lost. `garbage`: what comes back is this text. */
  objects?: Partial<Record<'SESSIONS' | 'ORGANIZATIONS' | 'ACCOUNTS' | 'DIRECTORY', When & { error?: 'overloaded' | 'reset' | 'lost' | 'broken'; after?: true; garbage?: string }>>;
  /** Present: the databases of that class grow no more; what is deleted makes room. */
  storage?: Partial<Record<'SessionObject' | 'OrganizationObject' | 'AccountObject' | 'DirectoryObject', When>>;
}

/** What was seen since the start of the process. */
export interface Seen {
  kv: Partial<Record<'get' | 'getFault' | 'put' | 'failed' | 'late' | 'throttled' | 'unacknowledged' | 'written', number>>;
  objects: Record<string, { calls?: number; faults?: number }>;
  storage: Record<string, { full?: number }>;
  /** Name, moment and outcome of each write. */
  writes: [string, number, string][];
}

const FILES = ['faulty.js', 'faulty_faults.js', 'faulty_kv.js', 'faulty_objects.js'];

/** The modules in front of the worker's own, the first one being the entry. */
export const faultyFiles = () => FILES.map((name) => ({ name, path: join(import.meta.dirname, name), contents: readFileSync(join(import.meta.dirname, name), 'utf8') }));

/** From now on these faults and no others. */
export async function setFaults(latchkey: Latchkey, faults: Faults = {}): Promise<void> {
  const reply = await fetch(`${latchkey.url}/__faults`, { method: 'PUT', body: JSON.stringify(faults) });
  if (!reply.ok) throw new Error(`PUT /__faults answered ${reply.status}: ${await reply.text()}`);
}

export async function seenFaults(latchkey: Latchkey): Promise<Seen> {
  const told = (await (await fetch(`${latchkey.url}/__faults`)).json()) as { seen: Seen };
  return told.seen;
}

/** Writes to KV what was given up as `late`, as if it had been on its way until now; how many. */
export async function landLate(latchkey: Latchkey): Promise<number> {
  const told = (await (await fetch(`${latchkey.url}/__faults/late`, { method: 'POST' })).json()) as { landed: number };
  return told.landed;
}
