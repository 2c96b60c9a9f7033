// Endpoints and deliveries in words.
import type { Schema } from '../../api/client.ts';
import type { Tone } from '../../ui/Pill.tsx';

export type Endpoint = Schema<'WebhookEndpoint'>;
export type Delivery = Schema<'WebhookDelivery'>;
export type EventName = Delivery['event'];

/** What there is to be told of, by what it is about. */
export const EVENTS: readonly (readonly [string, readonly EventName[]])[] = [
  ['API keys', ['api_key.created', 'api_key.updated', 'api_key.rotated', 'api_key.disabled', 'api_key.enabled', 'api_key.revoked', 'api_key.expiring', 'api_key.expired']],
  ['Alerts', ['alert.opened', 'alert.resolved']],
  ['Sessions', ['session.created', 'session.updated', 'session.deleted']],
  ['Domains', ['domain.verified', 'domain.lost']],
  ['Members', ['member.added', 'member.role_changed', 'member.removed']],
];

export const DELIVERY_TONES: Record<Delivery['status'], Tone> = { pending: 'info', delivered: 'good', failed: 'bad' };

export const ERRORS: Record<NonNullable<Delivery['lastError']>, string> = {
  status: 'it did not answer with a 2xx',
  redirect: 'it answered with a redirect, which is not followed',
  gone: 'it answered 410',
  unreachable: 'it could not be reached',
  timeout: 'it did not answer within 10 seconds',
  forbidden: 'nothing may be sent to this address any more',
  disabled: 'the endpoint was switched off',
};

export function stateOf({ active, disabledReason, failingSince }: Endpoint): { tone: Tone; word: string } {
  if (!active) return { tone: disabledReason ? 'bad' : 'neutral', word: disabledReason ? 'switched off' : 'disabled' };
  return failingSince ? { tone: 'warn', word: 'failing' } : { tone: 'good', word: 'active' };
}

export const eventsText = ({ events }: Pick<Endpoint, 'events'>): string => (events.includes('*') ? 'all events' : events.length === 1 ? String(events[0]) : `${events.length} events`);

export function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}
