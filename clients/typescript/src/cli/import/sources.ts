// What other systems call the things that an imported key has. Each turns one of their records into a row, or says why not.
import type { Schema } from '../../types.ts';
import { type Fields, isFields, parsed } from './parse.ts';

export type Row = Schema<'ImportKeys'>['keys'][number];
/** A row, or why there is none. */
export type Mapped = { row: Row } | { skipped: string };

export interface Source {
  help: string;
  /** The records in a JSON document. */
  lists: (document: unknown) => unknown[] | undefined;
  map: (fields: Fields, prefix: string) => Mapped;
}

/** A member by any of its names: exports of one system differ between its API and its tables. */
function pick(fields: Fields, ...names: string[]): unknown {
  const name = names.find((one) => fields[one] !== undefined && fields[one] !== null && fields[one] !== '');
  return name === undefined ? undefined : fields[name];
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  // An ObjectId as mongoexport writes it.
  if (isFields(value) && typeof value.$oid === 'string') return value.$oid;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function flag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = text(value)?.toLowerCase();
  if (word === undefined) return undefined;
  return ['1', 'true', 't', 'yes'].includes(word) ? true : ['0', 'false', 'f', 'no'].includes(word) ? false : undefined;
}

function whole(value: unknown): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

/** A moment: ISO, as a database writes it (UTC), or a number of seconds or milliseconds. As it is if it is none of these. */
function moment(value: unknown): string | undefined {
  if (isFields(value)) return moment(value.$date);
  const number = whole(value);
  // Seconds until the year 5138, milliseconds since 1973.
  const at = number !== undefined ? number * (number < 1e11 ? 1000 : 1) : Date.parse(utc(text(value) ?? ''));
  return Number.isNaN(at) || Math.abs(at) > 8.64e15 ? text(value) : new Date(at).toISOString();
}

/** Without a zone a time is UTC: nothing else can be meant by a table. */
function utc(written: string): string {
  const plain = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(written);
  return plain ? `${written.replace(' ', 'T')}Z` : written.replace(/^(\d{4}-\d\d-\d\d) /, '$1T').replace(/(:\d\d(?:\.\d+)?[+-]\d\d)$/, '$1:00');
}

function object(value: unknown): Record<string, unknown> | undefined {
  const found = typeof value === 'string' ? parsed(value) : value;
  return isFields(found) && Object.keys(found).length > 0 ? found : undefined;
}

function list(value: unknown): unknown[] | undefined {
  const found = typeof value === 'string' && value.trim().startsWith('[') ? parsed(value) : value;
  if (typeof found === 'string') return found.split(/[\s,;]+/).filter(Boolean);
  return Array.isArray(found) ? found : undefined;
}

/** `domain.create` becomes `domain:create`: the last dot parts what may be done from what with. */
function permissions(value: unknown): string[] | undefined {
  const named = list(value)?.map((one) => (isFields(one) ? text(one.name ?? one.slug) : text(one)));
  return named?.filter((one) => one !== undefined).map((one) => (one.includes(':') || one === '*' ? one : one.replace(/\.([^.]*)$/, ':$1')));
}

/** `hash` or `key`, with what is shown of it. A `start` that does not begin with the prefix is left out, not refused. */
function secret(found: { hash?: string | undefined; key?: string | undefined }, prefix: string, start?: string, last4?: string): Partial<Row> {
  if (found.hash === undefined) return { key: found.key };
  const shown = start?.startsWith(prefix) && start.length <= prefix.length + 8 ? start : undefined;
  return { hash: found.hash, start: shown, last4: last4 !== undefined && last4.length <= 4 ? last4 : undefined };
}

function made(row: Partial<Row>): Mapped {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Row;
  return given.hash === undefined && given.key === undefined ? { skipped: 'it has neither a hash nor a key' } : { row: given };
}

/** The members of a document that hold its records, the first that is there. */
const within = (...names: string[]) => (document: unknown): unknown[] | undefined => {
  if (Array.isArray(document)) return document;
  const name = isFields(document) ? names.find((one) => Array.isArray((document as Fields)[one])) : undefined;
  return name === undefined ? undefined : ((document as Fields)[name] as unknown[]);
};

function unkey(fields: Fields, prefix: string): Mapped {
  if (pick(fields, 'deleted_at_m', 'deletedAt', 'deleted_at') !== undefined) return { skipped: 'it was deleted' };
  const identity = isFields(fields.identity) ? fields.identity : {};
  const limits = list(fields.ratelimits)?.filter(isFields).filter((limit) => flag(limit.autoApply ?? limit.auto_apply) !== false);
  const remaining = whole(pick(isFields(fields.credits) ? fields.credits : fields, 'remaining', 'remaining_requests'));
  const refill = isFields(fields.credits) && isFields(fields.credits.refill) ? fields.credits.refill : fields;
  const [amount, day] = [whole(pick(refill, 'amount', 'refill_amount')), whole(pick(refill, 'refillDay', 'refill_day'))];
  const interval = text(refill.interval) ?? (day === undefined ? 'daily' : 'monthly');
  return made({
    ...secret({ hash: text(fields.hash), key: text(fields.plaintext) }, prefix, text(fields.start)),
    name: text(fields.name), active: flag(fields.enabled), externalId: text(pick(identity, 'externalId', 'external_id') ?? pick(fields, 'externalId', 'external_id', 'owner_id', 'ownerId')),
    metadata: object(pick(fields, 'meta', 'metadata')), permissions: permissions(fields.permissions), expiresAt: moment(pick(fields, 'expires', 'expiresAt')),
    rateLimits: limits?.map(({ name, limit, duration }) => ({ name: limitName(text(name)), limit: whole(limit), windowMs: whole(duration) })),
    credits: remaining === undefined ? undefined : { remaining, ...(amount === undefined ? {} : { refill: { interval, amount, ...(interval === 'monthly' && day !== undefined ? { day } : {}) } }) },
  } as Partial<Row>);
}

/** Names of limits are words here. */
function limitName(name = 'limit'): string {
  const word = name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^[^a-z]+/, '').slice(0, 32);
  return word === '' ? 'limit' : word;
}

function betterAuth(fields: Fields, prefix: string): Mapped {
  const stored = text(fields.key);
  // Hashed unless that was switched off: 32 bytes as base64url.
  const isHash = stored !== undefined && /^[A-Za-z0-9_-]{43}=?$/.test(stored) && !(prefix !== '' && stored.startsWith(prefix));
  const granted = object(fields.permissions);
  const [most, windowMs] = [whole(pick(fields, 'rateLimitMax', 'rate_limit_max')), whole(pick(fields, 'rateLimitTimeWindow', 'rate_limit_time_window'))];
  const limited = flag(pick(fields, 'rateLimitEnabled', 'rate_limit_enabled')) === true && most !== undefined && windowMs !== undefined;
  const remaining = whole(fields.remaining);
  return made({
    ...secret(isHash ? { hash: stored } : { key: stored }, prefix, text(fields.start)),
    name: text(fields.name), active: flag(fields.enabled), externalId: text(pick(fields, 'referenceId', 'reference_id', 'userId', 'user_id')),
    metadata: object(fields.metadata), expiresAt: moment(pick(fields, 'expiresAt', 'expires_at')),
    permissions: granted && Object.entries(granted).flatMap(([resource, actions]) => (list(actions) ?? []).map((action) => `${resource}:${String(action)}`)),
    rateLimits: limited ? [{ name: 'better-auth', limit: most, windowMs }] : undefined,
    credits: remaining === undefined ? undefined : { remaining },
  } as Partial<Row>);
}

function kong(fields: Fields): Mapped {
  const consumer = isFields(fields.consumer) ? fields.consumer : {};
  const [ttl, created] = [whole(fields.ttl), whole(fields.created_at)];
  const ends = ttl === undefined || ttl === 0 || created === undefined ? undefined : new Date((created + ttl) * 1000).toISOString();
  const tags = list(fields.tags);
  return made({
    key: text(fields.key), name: text(pick(fields, 'consumer_username') ?? consumer.username),
    externalId: text(pick(consumer, 'custom_id', 'username', 'id') ?? pick(fields, 'consumer_custom_id', 'consumer_username', 'consumer_id')),
    expiresAt: ends, metadata: tags && tags.length > 0 ? { tags } : undefined,
  } as Partial<Row>);
}

/** `GET /key-auths`, or a dump of decK: consumers with their keys. */
function kongLists(document: unknown): unknown[] | undefined {
  if (!isFields(document) || !Array.isArray(document.consumers)) return within('data', 'keyauth_credentials')(document);
  return document.consumers.filter(isFields).flatMap((consumer) =>
    (Array.isArray(consumer.keyauth_credentials) ? consumer.keyauth_credentials : []).map((one: unknown) => (isFields(one) ? { ...one, consumer } : one)));
}

const sendook = (fields: Fields): Mapped => made({ key: text(fields.key), name: text(fields.name), externalId: text(pick(fields, 'organizationId', 'organization_id')), active: flag(fields.active) });

function plain(fields: Fields): Mapped {
  const row: Record<string, unknown> = { ...fields };
  // What a table can only write as text.
  for (const name of ['metadata', 'credits'] as const) if (typeof fields[name] === 'string') row[name] = parsed(fields[name]) ?? fields[name];
  for (const name of ['permissions', 'ipAllowList', 'rateLimits'] as const) if (typeof fields[name] === 'string') row[name] = list(fields[name]);
  if (typeof fields.active === 'string') row.active = flag(fields.active) ?? fields.active;
  for (const name of ['expiresAt', 'notBefore'] as const) if (fields[name] !== undefined) row[name] = moment(fields[name]);
  return made(row as Partial<Row>);
}

export const SOURCES: Record<string, Source> = {
  plain: { help: 'the fields of docs/IMPORT.md', lists: within('keys', 'data'), map: plain },
  unkey: { help: 'the table `keys` or answers of its API', lists: within('keys', 'data'), map: unkey },
  'better-auth': { help: 'the table `apikey`', lists: within('apikey', 'apiKeys', 'data'), map: betterAuth },
  kong: { help: 'key-auth, by its Admin API or decK', lists: kongLists, map: kong },
  sendook: { help: 'the collection of API keys', lists: within('data', 'apiKeys'), map: sendook },
};
