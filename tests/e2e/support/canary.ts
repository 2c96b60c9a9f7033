// Remembers every secret that the service ever gave out during a run, and looks for them where none may be: in the
// persisted bytes of objects and KV, and in the logs.
//
// A secret counts as found when any 12 characters in a row of its random part are: a truncated secret is a leak too.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const WINDOW = 12;
const SECRET_KEY = /\b[a-z][a-z0-9]{0,15}_(?:(?:live|staging|dev)_)?([0-9A-Za-z]{23})[0-9A-Za-z]{25}\b/g;

/** One directory for all spec files of a run, so that the last of them can look at what all of them left behind. */
export const runDirectory = process.env.LATCHKEY_E2E_RUN ?? join(import.meta.dirname, '../../../.e2e/runs', `single-${process.pid}`);
const canaries = join(runDirectory, 'canaries');
const known = new Set<string>();

/** Records the random parts of all secret keys in a response. */
export function recordSecretKeys(text: string): void {
  for (const [, random] of text.matchAll(SECRET_KEY)) recordSecret(random!);
}

/** Records something of which no part may ever be stored or logged. */
export function recordSecret(random: string): void {
  if (random.length < WINDOW || known.has(random)) return;
  known.add(random);
  mkdirSync(canaries, { recursive: true });
  appendFileSync(join(canaries, `${process.pid}.txt`), `${random}\n`);
}

/** Every secret recorded by any spec file of this run. */
export function recordedSecrets(): string[] {
  if (!existsSync(canaries)) return [];
  return readdirSync(canaries).flatMap((file) => readFileSync(join(canaries, file), 'utf8').split('\n').filter(Boolean));
}

export interface Leak {
  file: string;
  offset: number;
}

/** The files below a directory. */
export function filesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Where any of the secrets occurs in the files below a directory: at most one leak for each file. */
export function leaksBelow(directory: string, secrets: string[]): Leak[] {
  const finder = new Finder(secrets);
  return filesBelow(directory).flatMap((file) => {
    const offset = finder.find(readFileSync(file));
    return offset === -1 ? [] : [{ file, offset }];
  });
}

/**
 * All windows of all secrets at once, in one pass over the bytes. The first four bytes of a window are looked up in a
 * bitmap first: there are a hundred thousand windows and a hundred megabytes, and nearly every position ends there.
 */
class Finder {
  private readonly windows = new Set<string>();
  private readonly starts = new Uint8Array(1 << 20);

  constructor(secrets: string[]) {
    for (const secret of secrets) {
      for (let at = 0; at + WINDOW <= secret.length; at++) {
        const window = secret.slice(at, at + WINDOW);
        this.windows.add(window);
        this.starts[Finder.slot(Buffer.from(window, 'latin1'), 0)] = 1;
      }
    }
  }

  find(bytes: Buffer): number {
    for (let at = 0; at + WINDOW <= bytes.length; at++) {
      if (this.starts[Finder.slot(bytes, at)] && this.windows.has(bytes.toString('latin1', at, at + WINDOW))) return at;
    }
    return -1;
  }

  private static slot(bytes: Buffer, at: number): number {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    return Math.imul(word, 0x9e3779b1) >>> 12;
  }
}
