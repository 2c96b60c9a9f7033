// Alerts in words: what each kind is called, what was found, and when its rule opens one.
import type { Schema } from '../../api/client.ts';
import { count, date, moment } from '../../state/clock.ts';
import { at } from '../../state/organization.ts';
import type { Tone } from '../../ui/Pill.tsx';
import { windowText } from '../sessions/words.ts';

export type Alert = Schema<'Alert'>;
export type Kind = Schema<'AlertKind'>;
export type Rule = Schema<'AlertRule'>;
export type Days = NonNullable<Rule['environments']>;

export const SEVERITY_TONES: Record<Alert['severity'], Tone> = { info: 'info', warning: 'warn', critical: 'bad' };

export const KINDS: Record<Kind, string> = {
  traffic_spike: 'Traffic spike',
  error_rate: 'Many refusals',
  near_limit: 'Near a limit',
  key_expiring: 'Key is about to expire',
  key_unused: 'Key is not used',
  rotation_due: 'Rotation is due',
  revoked_key_used: 'Revoked key is used',
  new_country: 'Used from a new country',
  webhook_dead: 'Webhook endpoint is dead',
  domain_lost: 'Domain lost its proof',
  key_leaked: 'Key has leaked',
};

const figure = (text: string | undefined): string => (text !== undefined && /^\d+$/.test(text) ? count(Number(text)) : (text ?? '?'));
const when = (text: string | undefined): string => (text === undefined || Number.isNaN(Date.parse(text)) ? '?' : moment(text));
const from = ({ country, colo, client }: Alert['facts']): string => [country && `from ${country}`, colo && `at ${colo}`, client && `with ${client}`].filter(Boolean).join(', ');

/** "key.minute" → "the key’s limit “minute”". */
function limitName(label = ''): string {
  const [level, name] = label.split('.');
  return name ? `the ${level}’s limit “${name}”` : `the limit ${label}`;
}

/** What was found, in a sentence. */
export function story({ kind, facts }: Alert): string {
  switch (kind) {
    case 'traffic_spike': return `${figure(facts.requests)} requests in ${facts.windowMinutes ?? 10} minutes${Number(facts.usual) > 0 ? `; usual are ${figure(facts.usual)}` : ', without any usual traffic'}.`;
    case 'error_rate': return `${figure(facts.failed)} of ${figure(facts.requests)} requests in ${facts.windowMinutes ?? 10} minutes were refused: ${figure(facts.errorPercent)} %.`;
    case 'near_limit': return `${figure(facts.usedPercent)} % of ${limitName(facts.limit)} is used: ${figure(facts.quota)}${facts.windowMs ? ` a ${windowText(Number(facts.windowMs))}` : ''}.`;
    case 'key_expiring': return `Expires ${when(facts.expiresAt)}.`;
    case 'key_unused': return facts.lastUsedAt ? `Last used ${when(facts.lastUsedAt)}.` : `Never used since it was issued, ${when(facts.createdAt)}.`;
    case 'rotation_due': return `Issued ${facts.createdAt ? date(facts.createdAt) : '?'}; it should have been replaced by ${facts.dueAt ? date(facts.dueAt) : '?'}.`;
    case 'revoked_key_used': return `Used ${figure(facts.count)} times after it was ${facts.reason ?? 'revoked'}${from(facts) && `, last ${from(facts)}`}.`;
    case 'new_country': return `Used ${from(facts) || 'from a country'} for the first time${facts.countries ? `; known before: ${facts.countries}` : ''}.`;
    case 'webhook_dead': return `${facts.host ?? 'The endpoint'} was switched off: ${facts.reason === 'gone' ? 'it answered 410' : 'it takes nothing any more'}.`;
    case 'domain_lost': return `The record of ${facts.domain ?? 'a domain'} is missing; ${facts.onLoss === 'refuse' ? 'verifications that ask for it are refused' : 'keys that are bound to it go on'}.`;
    case 'key_leaked': return `Reported${facts.place ? ` at ${facts.place}` : ''}; what happened to the key: ${({ notify: 'nothing yet', disable: 'it was disabled', revoke: 'it was revoked' } as Record<string, string>)[facts.policy ?? ''] ?? 'see its audit trail'}.`;
  }
}

/** Where to look at what an alert is about. */
export function subjectLink({ subject, sessionId }: Pick<Alert, 'subject' | 'sessionId'>): string | null {
  if (subject.startsWith('key_')) return at(`keys/${subject}`);
  if (subject.startsWith('ses_')) return at(`sessions/${subject}`);
  if (subject.startsWith('whe_')) return at(`webhooks/${subject}`);
  if (subject.startsWith('dom_')) return at(`domains?domain=${subject}`);
  if (subject.startsWith('org_')) return at('plan');
  return sessionId ? at(`sessions/${sessionId}`) : null;
}

export const subjectWord = (subject: string): string => ({ key: 'key', ses: 'session', whe: 'endpoint', org: 'organization', dom: 'domain' })[subject.slice(0, 3)] ?? 'subject';

/** The days of an environment, in the order in which they are shown. */
export const ENVIRONMENTS: readonly (readonly [keyof Days, string])[] = [['production', 'Production'], ['staging', 'Staging'], ['development', 'Development'], ['none', 'No environment']];

/** When a rule opens an alert, in a sentence. */
export function ruleText({ kind, threshold, minimum, environments }: Rule): string {
  switch (kind) {
    case 'traffic_spike': return `A key or a session has ${threshold} times as many requests in 10 minutes as usual, and at least ${count(minimum ?? 0)}.`;
    case 'error_rate': return `${threshold} % of at least ${count(minimum ?? 0)} requests in 10 minutes are refused.`;
    case 'near_limit': return `${threshold} % of a limit of a key, a session or a pool are used.`;
    case 'key_expiring': return `${threshold} days before a key expires; critical a day before.`;
    case 'key_unused': return `A key was not used for ${threshold} days, or never since it was issued.`;
    case 'rotation_due': {
      const days = ENVIRONMENTS.filter(([name]) => environments?.[name] != null).map(([name, label]) => `${environments?.[name]} days in ${name === 'none' ? 'sessions without environment' : label.toLowerCase()}`);
      return days.length > 0 ? `A key is older than ${days.join(', ')}.` : 'Never: no environment has a number of days.';
    }
    case 'revoked_key_used': return 'A key that was revoked, or replaced, is still used.';
    case 'new_country': return 'A key is used from a country that it was never used from.';
    case 'webhook_dead': return 'An endpoint was switched off, because it takes nothing any more.';
    case 'domain_lost': return 'A domain lost its proof.';
    case 'key_leaked': return 'A key was found where it should not be.';
  }
}
