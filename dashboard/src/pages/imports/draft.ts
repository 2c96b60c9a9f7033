// What somebody has chosen to import, and how; and the job that it makes.
import { Problem, type FieldError } from '../../api/problem.ts';
import { here } from '../../state/organization.ts';
import type { Format } from '../../../../clients/typescript/src/cli/import/parse.ts';
import { SOURCES } from '../../../../clients/typescript/src/cli/import/sources.ts';
import type { Job } from './run.ts';

export interface Draft {
  way: 'file' | 'text';
  file: File | undefined;
  /** What was pasted. It is here and nowhere else, and goes when the page is left. */
  text: string;
  from: string;
  prefix: string;
  /** The keys begin in no common way. */
  bare: boolean;
  place: 'environment' | 'session';
  environment: 'production' | 'staging' | 'development';
  sessionId: string;
  permissions: string;
}

export const blank = (): Draft => ({ way: 'file', file: undefined, text: '', from: 'plain', prefix: '', bare: false, place: 'environment', environment: 'production', sessionId: '', permissions: '' });

export const FIELDS = ['content', 'prefix', 'sessionId', 'environment', 'permissions'];
/** As the description of the API has it: told here once, and not of each key. */
const PERMISSION = /^(\*|([a-z][a-z0-9_.-]{0,63}|\*):([a-z][a-z0-9_.-]{0,63}|\*))$/;

/** What is known of the systems that keys come from. One that is not here is shown by its name. */
const SYSTEMS: Record<string, { label: string; hint: string }> = {
  plain: { label: 'A table of your own', hint: 'Each record has hash, the SHA-256 of a key, or key; and what else there is: name, externalId, permissions, metadata, expiresAt.' },
  unkey: { label: 'Unkey', hint: 'The table keys as CSV, or answers of keys.getKey and apis.listKeys.' },
  'better-auth': { label: 'Better Auth', hint: 'The table apikey of the plugin for API keys. The prefix is its defaultPrefix.' },
  kong: { label: 'Kong', hint: 'Answers of GET /key-auths, a dump of decK as JSON, or the table keyauth_credentials as CSV.' },
  sendook: { label: 'Sendook', hint: 'The collection of API keys, as mongoexport writes it. Its keys have no prefix.' },
};
export const systems = Object.keys(SOURCES).map((value) => ({ value, label: SYSTEMS[value]?.label ?? value }));
export const systemLabel = (from: string): string => SYSTEMS[from]?.label ?? from;
export const systemHint = (from: string): string => SYSTEMS[from]?.hint ?? SOURCES[from]?.help ?? '';

const FORMATS: Record<string, Format> = { jsonl: 'jsonl', ndjson: 'jsonl', csv: 'csv', json: 'json' };
const formatOf = (name: string): Format | undefined => FORMATS[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''];

/** The job; what is missing is a `Problem` of its field. */
export function jobOf({ way, file, text, from, prefix, bare, place, environment, sessionId, permissions }: Draft): Job {
  const errors: FieldError[] = [];
  const wrong = (field: string, message: string) => void errors.push({ pointer: `/${field}`, code: 'required', message });
  const content = way === 'file' ? file : text.trim() && new Blob([text]);
  if (!content) wrong('content', way === 'file' ? 'choose a file' : 'paste some keys');
  if (!bare && prefix.trim() === '') wrong('prefix', 'say how the keys begin, or that they have nothing in common');
  if (place === 'session' && sessionId.trim() === '') wrong('sessionId', 'choose a session');
  const granted = permissions.split(/[\s,]+/).filter(Boolean);
  const odd = granted.findIndex((one) => !PERMISSION.test(one));
  if (odd >= 0) wrong('permissions', `entry ${odd + 1} must be resource:action, where either may be *`);
  if (!content || errors.length > 0) throw new Problem(400, 'invalid_request', 'Some fields need another look.', { errors });
  return {
    name: way === 'file' && file ? file.name : 'pasted keys',
    content,
    format: way === 'file' && file ? formatOf(file.name) : undefined,
    from,
    organizationId: here().organizationId,
    body: { prefix: bare ? '' : prefix.trim(), ...(place === 'session' ? { sessionId: sessionId.trim() } : { environment }) },
    permissions: granted,
  };
}
