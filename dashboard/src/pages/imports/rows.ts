// A record of another system on its way to the service. A plaintext becomes a digest here, in the browser: what is sent has
// no key, whatever stands in the file. So what the service would say of a plaintext is said here.
import { Problem } from '../../api/problem.ts';
import { bytesOf, type Fields } from '../../../../clients/typescript/src/cli/import/parse.ts';
import type { Row, Source } from '../../../../clients/typescript/src/cli/import/sources.ts';

/** Why a record was not imported. It is named by its place and by what it is called, never by its key. */
export interface Skipped {
  /** Its place in the file, from 1. */
  record: number;
  reason: string;
  /** A pointer within the record. */
  field?: string;
  message: string;
  name?: string;
  externalId?: string;
}

type Refusal = Pick<Skipped, 'reason' | 'field' | 'message'>;
export type Hashed = Omit<Row, 'key' | 'hash'> & { hash: string };
export type Prepared = { row: Hashed; digest: string } | { skipped: Refusal };

/** What the service takes of a key. Anything else may be what must not leave this page, so it is not sent to be refused. */
const FIELDS: Record<keyof Row, true> = {
  hash: true, key: true, start: true, last4: true, name: true, active: true, permission: true, permissions: true, domain: true, ipAllowList: true,
  metadata: true, externalId: true, expiresAt: true, notBefore: true, rateLimits: true, credits: true,
};
/** As in src/domain/imported_key.rs. */
const [SHORTEST, LONGEST] = [8, 512];
const [HINT, SHOWN, HIDDEN] = [8, 4, 16];
/** What no row needs that the service would take. */
const ROW_BYTES = 100_000;

const wrong = (field: string, message: string): { skipped: Refusal } => ({ skipped: { reason: 'invalid_field', field: `/${field}`, message } });
const isVisible = (text: string): boolean => /^[!-~]*$/.test(text);

/** A row without a key, or why there is none. */
export async function prepared(fields: Fields | undefined, source: Source, prefix: string, permissions: readonly string[]): Promise<Prepared> {
  if (fields === undefined) return { skipped: { reason: 'invalid_field', message: 'It cannot be read.' } };
  const mapped = source.map(fields, prefix);
  if ('skipped' in mapped) return { skipped: { reason: 'invalid_field', message: mapped.skipped } };
  const given = Object.fromEntries(Object.entries(mapped.row).filter(([, value]) => value !== null)) as Row;
  const foreign = Object.keys(given).find((name) => !(name in FIELDS));
  if (foreign !== undefined) return wrong(foreign, 'is not a field of a key');
  for (const name of ['key', 'hash', 'start', 'last4'] as const) if (given[name] !== undefined && typeof given[name] !== 'string') return wrong(name, 'must be a string');
  if (given.permissions === undefined && given.permission === undefined && permissions.length > 0) given.permissions = [...permissions];
  if (bytesOf(JSON.stringify(given)) > ROW_BYTES) return { skipped: { reason: 'invalid_field', message: 'It is too large.' } };
  const { key, hash, ...rest } = given;
  return typeof key === 'string' ? await ofPlaintext(key, hash, rest, prefix) : ofHash(hash!, rest, prefix);
}

async function ofPlaintext(key: string, hash: string | null | undefined, rest: Omit<Row, 'key' | 'hash'>, prefix: string): Promise<Prepared> {
  const other = hash !== undefined ? 'hash' : rest.start !== undefined ? 'start' : rest.last4 !== undefined ? 'last4' : undefined;
  if (other) return wrong('key', `cannot be given together with ${other}`);
  if (isNative(key)) return { skipped: { reason: 'native_key', field: '/key', message: 'This is a key of this service already.' } };
  const length = bytesOf(key);
  if (length < SHORTEST || length > LONGEST) return wrong('key', `must have ${SHORTEST} to ${LONGEST} characters`);
  if (!isVisible(key)) return wrong('key', 'must be visible ASCII characters');
  if (!key.startsWith(prefix)) return wrong('key', 'does not begin with the prefix');
  // A browser hashes only what came by https, or from this very machine.
  if (!isSecureContext) throw new Problem(0, 'insecure', 'This browser does not hash keys on a page that came without https. Open the dashboard by https, or import hashes.');
  const digest = await sha256(key);
  // Of a short one nothing is shown but the prefix.
  const shown = key.length - prefix.length >= HIDDEN + 2 * SHOWN ? SHOWN : 0;
  return { row: { ...rest, hash: digest, start: key.slice(0, prefix.length + shown), ...(shown > 0 ? { last4: key.slice(-shown) } : {}) }, digest };
}

function ofHash(hash: string, rest: Omit<Row, 'key' | 'hash'>, prefix: string): Prepared {
  const digest = digestOf(hash);
  if (digest === undefined) return wrong('hash', 'must be a SHA-256: 64 hexadecimal digits, or 43 characters of base64 or base64url');
  const { start, last4 } = rest;
  if (!isVisible(start ?? '')) return wrong('start', 'must be visible ASCII characters');
  if (!isVisible(last4 ?? '')) return wrong('last4', 'must be visible ASCII characters');
  if (start && !start.startsWith(prefix)) return wrong('start', 'does not begin with the prefix');
  if (start && start.length > prefix.length + HINT) return wrong('start', 'shows too much of the key');
  if (last4 && last4.length > SHOWN) return wrong('last4', 'shows too much of the key');
  return { row: { ...rest, hash }, digest };
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

async function sha256(text: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/** The same hash has the same digest, in whichever way it is written. */
function digestOf(hash: string): string | undefined {
  if (/^[0-9a-f]{64}$/i.test(hash)) return hash.toLowerCase();
  if (!/^(?:[A-Za-z0-9+/]{43}=?|[A-Za-z0-9_-]{43}=?)$/.test(hash)) return undefined;
  const bytes = atob(hash.replace(/-/g, '+').replace(/_/g, '/').replace(/=$/, ''));
  return hex(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const NATIVE = /^[a-z][a-z0-9]{0,15}_(?:(?:dev|staging|live)_)?[0-9A-Za-z]{42}([0-9A-Za-z]{6})$/;

/** Whether a text is a key of a service like this one, which its checksum tells (docs/STORAGE.md). */
export function isNative(text: string): boolean {
  const [, sum] = NATIVE.exec(text) ?? [];
  if (sum === undefined) return false;
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text.slice(0, -sum.length))) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let [rest, digits] = [(crc ^ 0xffffffff) >>> 0, ''];
  for (let place = 0; place < sum.length; place++) [rest, digits] = [Math.floor(rest / 62), DIGITS[rest % 62] + digits];
  return digits === sum;
}
