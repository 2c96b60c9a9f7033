// What the pages about keys say: states, outcomes and checks in words, and how a key is written.
import { api, ask, type Schema } from '../../api/client.ts';
import { now } from '../../state/clock.ts';
import { at, here } from '../../state/organization.ts';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Time } from '../../ui/Time.tsx';

export type Key = Schema<'ApiKey'>;
export type Code = Schema<'Request'>['code'];

const STATUS: Record<Key['status'], { tone: Tone; text: string }> = {
  active: { tone: 'good', text: 'verifies' },
  pending: { tone: 'info', text: 'does not verify yet' },
  disabled: { tone: 'warn', text: 'is switched off' },
  expired: { tone: 'neutral', text: 'has expired' },
  revoked: { tone: 'bad', text: 'has ended for good' },
};
export const STATUSES = Object.keys(STATUS) as Key['status'][];
export const ENVIRONMENTS = ['production', 'staging', 'development'] as const;

export const Status = ({ status }: { status: Key['status'] }) => <Pill tone={STATUS[status].tone}>{status}</Pill>;

/** `sk_live_ab12…9Kx2` */
export const shown = ({ start, last4 }: { start: string | null; last4: string | null }): string => `${start ?? ''}…${last4 ?? ''}`;
export const hrefOf = (id: string): string => at(`keys/${id}`);

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Green if lately, amber if long ago. The words say it too. */
export function LastUsed({ at: moment }: { at: string | null }) {
  const age = moment === null ? 0 : now.value - Date.parse(moment);
  return <Time at={moment} tone={moment === null ? '' : age < DAY ? 'good' : age > 90 * DAY ? 'warn' : ''} />;
}

export function Expires({ apiKey: { expiresAt, status } }: { apiKey: Key }) {
  const left = expiresAt === null ? Infinity : Date.parse(expiresAt) - now.value;
  const ended = status === 'revoked' || left < 0;
  return <Time at={expiresAt} tone={ended ? 'dim' : left < DAY ? 'bad' : left < 7 * DAY ? 'warn' : ''} />;
}

/** What each outcome of a verification means, and how it looks. */
export const CODES: Record<Code, { tone: Tone; text: string }> = {
  VALID: { tone: 'good', text: 'Good, for what was asked.' },
  NOT_FOUND: { tone: 'bad', text: 'Malformed, unknown, or of another organization.' },
  REVOKED: { tone: 'bad', text: 'The key has ended for good.' },
  DISABLED: { tone: 'bad', text: 'The key is switched off.' },
  EXPIRED: { tone: 'bad', text: 'The key is past its end.' },
  NOT_YET_VALID: { tone: 'bad', text: 'The key has not begun.' },
  ORGANIZATION_SUSPENDED: { tone: 'bad', text: 'The organization is suspended.' },
  SESSION_DISCONNECTED: { tone: 'bad', text: 'The session of the key is disconnected.' },
  WRONG_SESSION: { tone: 'bad', text: 'Another session was asked for.' },
  WRONG_ENVIRONMENT: { tone: 'bad', text: 'Another environment was asked for.' },
  FORBIDDEN: { tone: 'bad', text: 'Used from an address that it may not be used from.' },
  INSUFFICIENT_PERMISSIONS: { tone: 'bad', text: 'Lacks a permission that was asked for.' },
  DOMAIN_NOT_ALLOWED: { tone: 'bad', text: 'Bound to another domain.' },
  RATE_LIMITED: { tone: 'warn', text: 'A rate limit is spent.' },
  USAGE_EXCEEDED: { tone: 'warn', text: 'Its credits are spent.' },
};

export const CodePill = ({ code }: { code: Code }) => <Pill tone={CODES[code].tone}>{code}</Pill>;

/** The checks of a verification, in their order. */
export const CHECKS: Record<string, string> = {
  known: 'The key is known',
  revoked: 'Not revoked',
  disabled: 'Not switched off',
  expiry: 'Not expired',
  notBefore: 'Already begun',
  organization: 'The organization is active',
  sessionState: 'The session is connected',
  session: 'The session that was asked for',
  environment: 'The environment that was asked for',
  ipAllowList: 'Used from an allowed address',
  permissions: 'Has the permissions',
  domain: 'For this domain',
  rateLimits: 'Within the rate limits',
  credits: 'Has credits left',
};

/** "FRA, DE", or null. */
export const placeOf = ({ colo, country }: { colo?: string | null; country: string | null }): string | null => [colo, country].filter(Boolean).join(', ') || null;

export interface KeyQuery {
  search?: string;
  status?: Key['status'];
  environment?: (typeof ENVIRONMENTS)[number] | 'none';
  sessionId?: string;
}

/** A page of keys, the newest first. */
export async function listKeys(query: KeyQuery & { cursor?: string | undefined; limit: number }, signal: AbortSignal) {
  const answer = await ask(api.GET('/organizations/{organizationId}/api_keys', { params: { path: here(), query }, signal }));
  return Array.isArray(answer) ? { data: answer, pagination: { hasMore: false, nextCursor: null } } : answer;
}

/** What is sent with a change that takes effect later than it is answered. */
export const since = (effectiveAt: string): string => (Date.parse(effectiveAt) > Date.now() + 1000 ? ' It is in force everywhere within a minute.' : '');

/** What is typed before a key ends: its name, or something that can be typed if that one is hard to. */
export const wordOf = ({ name, last4 }: Key): string => (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(name) && name.length <= 40 ? name : last4);

export const CREATE_CURL = `curl ${location.origin}/v1/api_keys \\
  -H "Authorization: Bearer $LATCHKEY_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"name": "My first key"}'`;
