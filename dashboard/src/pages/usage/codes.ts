// What the outcomes of verifications mean to people, which of them a chart shows as one, and how rates are written.
import type { Schema } from '../../api/client.ts';
import { percent as written } from '../../state/clock.ts';
import type { ChartTone } from '../../ui/Chart.tsx';

export type Totals = Schema<'UsageTotals'>;
export type Code = keyof Totals['byCode'];

/** Each code in a few words. */
export const CODES: Record<Code, string> = {
  VALID: 'Let through',
  NOT_FOUND: 'Nobody knows the key',
  REVOKED: 'The key was revoked',
  DISABLED: 'The key is disabled',
  EXPIRED: 'The key has expired',
  NOT_YET_VALID: 'The key begins later',
  RATE_LIMITED: 'A rate limit was reached',
  USAGE_EXCEEDED: 'The credits are used up',
  FORBIDDEN: 'Asked from an address that is not on its list',
  INSUFFICIENT_PERMISSIONS: 'The key may not do that',
  DOMAIN_NOT_ALLOWED: 'The key is for another domain',
  WRONG_SESSION: 'The key belongs to another session',
  WRONG_ENVIRONMENT: 'The key is of another environment',
  SESSION_DISCONNECTED: 'The session is disconnected',
  ORGANIZATION_SUSPENDED: 'The organization is suspended',
};

export interface Group {
  label: string;
  tone: ChartTone;
  codes: readonly Code[];
}

/** How a chart stacks them, from the bottom. */
export const GROUPS: readonly Group[] = [
  { label: 'Let through', tone: 'good', codes: ['VALID'] },
  { label: 'Over a limit', tone: 'warn', codes: ['RATE_LIMITED', 'USAGE_EXCEEDED'] },
  { label: 'Not permitted', tone: 'violet', codes: ['FORBIDDEN', 'INSUFFICIENT_PERMISSIONS', 'DOMAIN_NOT_ALLOWED', 'WRONG_SESSION', 'WRONG_ENVIRONMENT'] },
  { label: 'Key or session not in force', tone: 'bad', codes: ['REVOKED', 'DISABLED', 'EXPIRED', 'NOT_YET_VALID', 'SESSION_DISCONNECTED', 'ORGANIZATION_SUSPENDED'] },
  { label: 'Unknown key', tone: 'dim', codes: ['NOT_FOUND'] },
];

/** 0.98765 → "98.8 %"; nothing is known of nothing. */
export const percent = (rate: number | null | undefined): string => (rate == null ? '–' : written(rate));

/** 361.67 → "362 ms", 1500 → "1.5 s". */
export function milliseconds(value: number | null | undefined): string {
  if (value == null) return '–';
  return value >= 1000 ? `${(value / 1000).toFixed(value >= 10_000 ? 0 : 1)} s` : `${Math.round(value)} ms`;
}
