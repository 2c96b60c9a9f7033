// Domains in words: what their states mean, and what was seen in the DNS.
import type { Schema } from '../../api/client.ts';
import { moment } from '../../state/clock.ts';
import type { Tone } from '../../ui/Pill.tsx';

export type Domain = Schema<'Domain'>;
export type Loss = Domain['onLoss'];

export const STATUS_TONES: Record<Domain['status'], Tone> = { pending: 'info', verified: 'good', lost: 'bad' };

/** What each state means, for whoever sees it first. */
export const STATUS_TEXTS: Record<Domain['status'], string> = {
  pending: 'Its record was not found yet. Publish it, then verify. No key can be bound to it until then.',
  verified: 'Its record was found. Keys can be bound to it, and the record is looked for about once a day.',
  lost: 'Its record has been missing for so long that it no longer proves anything: no further key can be bound to it. It is verified again as soon as the record is back.',
};

export const LOSSES: readonly { value: Loss; label: string }[] = [
  { value: 'warn', label: 'Warn us' },
  { value: 'refuse', label: 'Refuse its keys' },
];

export const LOSS_TEXTS: Record<Loss, string> = {
  warn: 'An alert opens. Keys that are bound to it go on.',
  refuse: 'An alert opens, and verifications that ask for the domain are refused.',
};

/** What came of looking for the record, in a sentence. */
export function seen({ lastCheckedAt, lastResult, missingSince, status }: Domain): string {
  if (lastCheckedAt === null) return 'Nobody has looked for the record yet.';
  if (lastResult === 'found') return 'The record was there.';
  if (lastResult === 'unknown') return 'The DNS could not be asked, which says nothing about the domain.';
  return status === 'verified' && missingSince ? `The record is missing since ${moment(missingSince)}. The domain is lost if it stays so.` : 'The record was not there.';
}
