// Remembers every secret that the service ever gave out during a run, and looks for them where none may be: in the
// persisted bytes of objects and KV, and in the logs.
//
// A secret counts as found when any 12 characters in a row of its random part are: a truncated secret is a leak too.
// Shorter ones (recovery codes, short passwords) count as a whole. E-mail addresses and names are no secrets.
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const WINDOW = 12;
const SHORTEST = 8;
/** The id of a verification has the same form, and is none: it names its key. */
const SECRET_KEY = /\b(?!ver_)[a-z][a-z0-9]{0,15}_(?:(?:live|staging|dev)_)?([0-9A-Za-z]{23})[0-9A-Za-z]{25}\b/g;
/** Access tokens, and the tokens of reset links and invitations. */
const TOKEN = /\blk(?:at|pr|iv)_([0-9A-Za-z]{32})[0-9A-Za-z]{19}\b/g;
/** The fields in which people send their passwords. */
const PASSWORDS = ['password', 'currentPassword', 'newPassword'];

/** One directory for all spec files of a run, so that the last of them can look at what all of them left behind. */
export const runDirectory = process.env.LATCHKEY_E2E_RUN ?? join(import.meta.dirname, '../../../.e2e/runs', `single-${process.pid}`);
const canaries = join(runDirectory, 'canaries');
const known = new Set<string>();

/** Records the random parts of all secret keys and tokens in a text: an answer, its `Set-Cookie`, what a hook was sent. */
export function recordSecretKeys(text: string): void {
  for (const shape of [SECRET_KEY, TOKEN]) for (const [, random] of text.matchAll(shape)) recordIssued(random!);
}

/** Records what an answer shows once and no pattern tells: the secret of a second factor or an endpoint, and recovery codes. */
export function recordShown(body: any): void {
  if (typeof body?.secret === 'string') recordIssued(body.secret);
  for (const code of Array.isArray(body?.recoveryCodes) ? body.recoveryCodes : []) {
    recordIssued(code);
    recordIssued(code.replace('-', ''));
  }
}

/** What the service has made and told, in this process: it says none of it twice. */
function recordIssued(secret: string): void {
  recordSecret(secret);
  if (secret.length >= SHORTEST) issued.add(secret);
}

/** Whether a text holds a part of anything that the service has told before. */
export const repeats = (text: string): boolean => issued.find(Buffer.from(text)) !== -1;

/** Records the passwords of a request, good or wrong. One that was no password at all (400) is left out. */
export function recordPasswords(sent: any, status: number): void {
  for (const field of PASSWORDS) {
    const password = status === 400 ? undefined : sent?.[field];
    if (typeof password === 'string') recordSecret(password);
  }
}

/** Records something of which no part may ever be stored or logged. */
export function recordSecret(random: string): void {
  if (random.length < SHORTEST || known.has(random)) return;
  known.add(random);
  mkdirSync(canaries, { recursive: true });
  appendFileSync(join(canaries, `${process.pid}.txt`), `${JSON.stringify(random)}\n`);
}

/** Every secret recorded by any spec file of this run. */
export function recordedSecrets(): string[] {
  if (!existsSync(canaries)) return [];
  const lines = readdirSync(canaries).flatMap((file) => readFileSync(join(canaries, file), 'utf8').split('\n'));
  return lines.filter(Boolean).map((line) => JSON.parse(line));
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
  const finder = new Finder();
  for (const secret of secrets) finder.add(secret);
  return filesBelow(directory).flatMap((file) => {
    const offset = finder.find(readFileSync(file));
    return offset === -1 ? [] : [{ file, offset }];
  });
}

/**
 * All windows of all secrets at once, in one pass over the bytes. What is stored is mostly no text: where the last byte of the
 * shortest window is in no secret, none begins before it (Boyer and Moore's leap). Elsewhere the first eight bytes are looked
 * up in two bitmaps first: there may be a million windows, and nearly every position ends there.
 */
class Finder {
  private readonly windows = new Set<string>();
  private readonly starts = new Uint8Array(1 << 22);
  private readonly nexts = new Uint8Array(1 << 22);
  /** Every byte that is in any secret. */
  private readonly alphabet = new Uint8Array(256);
  /** The window, and how long the secrets are that are shorter than it. */
  private readonly lengths = new Set<number>();

  add(secret: string): void {
    const bytes = Buffer.from(secret);
    const length = Math.min(WINDOW, bytes.length);
    this.lengths.add(length);
    for (const byte of bytes) this.alphabet[byte] = 1;
    for (let at = 0; at + length <= bytes.length; at++) {
      this.windows.add(bytes.toString('latin1', at, at + length));
      this.starts[Finder.slot(bytes, at)] = 1;
      this.nexts[Finder.slot(bytes, at + 4)] = 1;
    }
  }

  find(bytes: Buffer): number {
    const lengths = [...this.lengths];
    for (let at = 0; at + SHORTEST <= bytes.length; at++) {
      if (!this.alphabet[bytes[at + SHORTEST - 1]!]) at += SHORTEST - 1;
      else if (this.starts[Finder.slot(bytes, at)] && this.nexts[Finder.slot(bytes, at + 4)] && lengths.some((length) => this.windows.has(bytes.toString('latin1', at, at + length)))) return at;
    }
    return -1;
  }

  private static slot(bytes: Buffer, at: number): number {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    return Math.imul(word, 0x9e3779b1) >>> 10;
  }
}

const issued = new Finder();
