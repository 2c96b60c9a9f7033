// What the states and settings of a session are called, and what they mean.
import type { Schema } from '../../api/client.ts';
import type { Tone } from '../../ui/Pill.tsx';
import { percent } from '../usage/codes.ts';

export type Session = Schema<'Session'>;
export type Health = Schema<'Health'>;
export type Mode = Session['consistency']['mode'];
export type LeakPolicy = Session['leakPolicy'];
export type Window = { name: string; limit: number; windowMs: number };

export const STATUS_TONES: Record<Session['status'], Tone> = { connected: 'good', disconnected: 'warn', deleted: 'bad' };
export const HEALTH_TONES: Record<Health['health'], Tone> = { healthy: 'good', idle: 'neutral', degraded: 'warn', failing: 'bad', disconnected: 'neutral' };

/** Why a session is not healthy, in a sentence. */
export function reasonText(reason: Health['reasons'][number], { recent, limitHeadroom }: Health): string {
  switch (reason) {
    case 'session_disconnected': return 'It is disconnected: all its keys are refused.';
    case 'no_requests': return 'Nothing was asked within the last five minutes.';
    case 'refusals': return `${percent(recent.refusalRate)} of the last five minutes’ verifications were refused.`;
    case 'server_errors': return `${percent(recent.serverErrorRate)} of the requests that your backend reported ended with a status of 500 or more.`;
    case 'near_limit': return `Only ${limitHeadroom ?? 0} % is left of one of its rate limits.`;
  }
}

export const HEALTH_TEXTS: Record<Health['health'], string> = {
  healthy: 'Everything is as it should be.',
  idle: 'There is nothing to judge by.',
  degraded: 'Something needs a look.',
  failing: 'Many requests fail.',
  disconnected: 'Nothing is let through.',
};

export const MODES: Record<Mode, { label: string; text: string }> = {
  strict: { label: 'Strict', text: 'One place decides each verification. The slowest, and nothing can be older than the answer.' },
  leased: { label: 'Leased', text: 'A location decides by itself for some seconds at a time. Fast; a revocation is answered once it is in force everywhere.' },
  edge: { label: 'Edge', text: 'Also a record near the client decides, for keys without limits and credits. The fastest; changes that take something away wait longest.' },
};

export const LEAK_POLICIES: Record<LeakPolicy, { label: string; text: string }> = {
  notify: { label: 'Tell us', text: 'A reported key opens a critical alert and goes on to work.' },
  disable: { label: 'Disable the key', text: 'A reported key is disabled at once, and an alert opens. It can be enabled again.' },
  revoke: { label: 'Revoke the key', text: 'A reported key is revoked at once, for good, and an alert opens.' },
};

export const REGIONS: Record<NonNullable<Session['region']>, string> = {
  wnam: 'Western North America',
  enam: 'Eastern North America',
  sam: 'South America',
  weur: 'Western Europe',
  eeur: 'Eastern Europe',
  apac: 'Asia-Pacific',
  oc: 'Oceania',
  afr: 'Africa',
  me: 'Middle East',
};

const UNITS: readonly (readonly [number, string])[] = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second']];

/** 60,000 → "minute", 120,000 → "2 minutes". */
export function windowText(ms: number): string {
  const [size, unit] = UNITS.find(([one]) => ms % one === 0) ?? [1000, 'second'];
  const times = ms / size;
  return times === 1 ? unit : `${times} ${unit}s`;
}

/** The one session that an organization always has. */
export const isPermanent = ({ isDefault, environment }: Session): boolean => isDefault && environment === 'production';
