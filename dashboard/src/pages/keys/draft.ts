// What a form about a key holds, and what of it is sent: everything for a new key, only what differs for a changed one.
import { Problem, type FieldError } from '../../api/problem.ts';
import type { Schema } from '../../api/client.ts';
import { ENVIRONMENTS, type Key } from './words.tsx';

export type Expiry = '7' | '30' | '90' | '365' | 'never' | 'custom';
export type Refill = 'none' | 'daily' | 'weekly' | 'monthly';
export type Window = '1000' | '60000' | '3600000' | '86400000' | 'custom';

export interface LimitDraft {
  name: string;
  limit: string;
  window: Window;
  /** Of a window of another length. */
  seconds: string;
}

/** Numbers and times are texts here, as people type them. */
export interface Draft {
  name: string;
  place: 'environment' | 'session';
  environment: (typeof ENVIRONMENTS)[number];
  sessionId: string;
  permission: 'full_access' | 'sending_access' | 'list';
  permissions: string;
  expiry: Expiry;
  expiresAt: string;
  notBefore: string;
  limits: LimitDraft[];
  counted: boolean;
  remaining: string;
  refill: Refill;
  amount: string;
  day: string;
  domain: string;
  networks: string;
  externalId: string;
  metadata: string;
}

export const blank = (sessionId = ''): Draft => ({
  name: '', place: sessionId ? 'session' : 'environment', environment: 'production', sessionId, permission: 'full_access', permissions: '',
  expiry: 'never', expiresAt: '', notBefore: '', limits: [], counted: false, remaining: '', refill: 'none', amount: '', day: '1',
  domain: '', networks: '', externalId: '', metadata: '',
});

export const newLimit = (taken: readonly LimitDraft[]): LimitDraft => {
  const name = ['burst', 'hourly', 'daily'].find((one) => taken.every((limit) => limit.name !== one)) ?? `limit-${taken.length + 1}`;
  return { name, limit: '', window: ({ burst: '60000', hourly: '3600000', daily: '86400000' } as const)[name] ?? '60000', seconds: '' };
};

/** As a field of the kind `datetime-local` has it, in the time zone of the browser. */
export function local(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const WINDOWS: readonly string[] = ['1000', '60000', '3600000', '86400000'];

/** The draft that shows a key as it is. */
export function draftOf(key: Key): Draft {
  const { credits } = key;
  return {
    ...blank(key.sessionId),
    name: key.name,
    permission: key.permission ?? 'list',
    permissions: key.permissions.join('\n'),
    expiry: key.expiresAt === null ? 'never' : 'custom',
    expiresAt: local(key.expiresAt),
    notBefore: local(key.notBefore),
    limits: key.rateLimits.map(({ name, limit, windowMs }) => {
      const known = WINDOWS.includes(String(windowMs));
      return { name, limit: String(limit), window: known ? (String(windowMs) as Window) : 'custom', seconds: known ? '' : String(windowMs / 1000) };
    }),
    counted: credits !== null,
    remaining: credits ? String(credits.remaining) : '',
    refill: credits?.refill?.interval ?? 'none',
    amount: credits?.refill ? String(credits.refill.amount) : '',
    day: String(credits?.refill?.day ?? 1),
    domain: key.domain ?? '',
    networks: key.ipAllowList.join('\n'),
    externalId: key.externalId ?? '',
    metadata: Object.keys(key.metadata).length > 0 ? JSON.stringify(key.metadata, null, 2) : '',
  };
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

/** When a preset ends, counted from `now`; null for never. */
export function endOf({ expiry, expiresAt }: Pick<Draft, 'expiry' | 'expiresAt'>, now = Date.now()): Date | null {
  if (expiry === 'never') return null;
  if (expiry === 'custom') return new Date(expiresAt);
  return new Date(now + Number(expiry) * 86_400_000);
}

/** Everything that can be set, as the service takes it; what it could not even be asked about is a `Problem`. */
export function settings(draft: Draft) {
  const errors: FieldError[] = [];
  const wrong = (pointer: string, message: string) => void errors.push({ pointer, code: 'invalid', message });
  const number = (pointer: string, text: string): number => {
    const value = text.trim() === '' ? NaN : Number(text.replaceAll(/[\s_]/g, ''));
    if (!Number.isFinite(value)) wrong(pointer, 'is a number');
    return value;
  };
  const time = (pointer: string, date: Date): string | null => {
    if (!Number.isNaN(date.getTime())) return date.toISOString();
    wrong(pointer, 'is a date and a time');
    return null;
  };
  const end = endOf(draft);
  const body = {
    name: draft.name,
    ...(draft.permission === 'list' ? { permissions: words(draft.permissions) } : { permission: draft.permission }),
    expiresAt: end && time('/expiresAt', end),
    notBefore: draft.notBefore ? time('/notBefore', new Date(draft.notBefore)) : null,
    rateLimits: draft.limits.map(({ name, limit, window, seconds }, index) => ({
      name: name.trim(),
      limit: number(`/rateLimits/${index}/limit`, limit),
      windowMs: window === 'custom' ? Math.round(number(`/rateLimits/${index}/windowMs`, seconds) * 1000) : Number(window),
    })),
    credits: draft.counted
      ? {
        remaining: number('/credits/remaining', draft.remaining),
        refill: draft.refill === 'none' ? null : { interval: draft.refill, amount: number('/credits/refill/amount', draft.amount), ...(draft.refill === 'daily' ? {} : { day: number('/credits/refill/day', draft.day) }) },
      }
      : null,
    domain: draft.domain.trim() || null,
    ipAllowList: words(draft.networks),
    externalId: draft.externalId.trim() || null,
    metadata: metadataOf(draft.metadata, wrong),
  };
  if (draft.permission === 'list' && words(draft.permissions).length === 0) wrong('/permissions', 'has one at least');
  if (errors.length > 0) throw new Problem(400, 'invalid_request', 'Some fields need another look.', { errors });
  return body;
}

function metadataOf(text: string, wrong: (pointer: string, message: string) => void): Record<string, unknown> {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    wrong('/metadata', 'is an object, such as {"team": "mail"}');
  } catch (error) {
    wrong('/metadata', `is no JSON: ${(error as Error).message}`);
  }
  return {};
}

/** For a new key. */
export function created(draft: Draft): Schema<'CreateApiKey'> {
  const { credits, ...body } = settings(draft);
  const place = draft.place === 'session' ? { sessionId: draft.sessionId.trim() } : { environment: draft.environment };
  return { ...body, ...place, ...(credits ? { credits } : {}) };
}

/** What differs between two drafts of one key; what somebody has not touched is left as it is by now. */
export function changed(before: Draft, after: Draft): Schema<'ChangeApiKey'> {
  const [old, wanted] = [settings(before), settings(after)];
  const differs = (name: keyof typeof wanted) => JSON.stringify(old[name]) !== JSON.stringify(wanted[name]);
  const body = Object.fromEntries(Object.entries(wanted).filter(([name]) => name !== 'credits' && differs(name as keyof typeof wanted))) as Schema<'ChangeApiKey'>;
  if (!differs('credits')) return body;
  const { credits } = wanted;
  if (credits === null || old.credits === null) return { ...body, credits };
  // The key spends them meanwhile: the number that was shown is not sent back unless it was changed.
  return {
    ...body,
    credits: {
      ...(credits.remaining !== old.credits.remaining ? { remaining: credits.remaining } : {}),
      ...(JSON.stringify(credits.refill) !== JSON.stringify(old.credits.refill) ? { refill: credits.refill } : {}),
    },
  };
}
