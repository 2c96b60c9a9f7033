// Entries of the audit log in words.
import type { Schema } from '../../api/client.ts';
import { at } from '../../state/organization.ts';
import type { Tone } from '../../ui/Pill.tsx';

export type Entry = Schema<'AuditEntry'>;
export type Action = Entry['action'];

/** What was done, as the end of a sentence that begins with who did it. */
export const ACTIONS: Record<Action, string> = {
  'api_key.created': 'issued a key',
  'api_keys.imported': 'imported keys',
  'api_key.updated': 'changed a key',
  'api_key.rotated': 'rotated a key',
  'api_key.disabled': 'disabled a key',
  'api_key.enabled': 'enabled a key',
  'api_key.revoked': 'revoked a key',
  'api_key.leaked': 'reported a leaked key',
  'access.denied': 'was refused',
  'session.created': 'made a session',
  'session.updated': 'changed a session',
  'session.deleted': 'deleted a session',
  'session.policy_changed': 'changed what a session goes by',
  'organization.created': 'founded the organization',
  'organization.updated': 'changed the organization',
  'organization.suspended': 'suspended the organization',
  'organization.resumed': 'resumed the organization',
  'organization.deleted': 'deleted the organization',
  'organization.exported': 'exported the organization',
  'member.added': 'became a member',
  'member.role_changed': 'changed a role',
  'member.removed': 'removed a member',
  'organization.transferred': 'handed the organization over',
  'invitation.created': 'invited somebody',
  'invitation.revoked': 'took an invitation back',
  'alert.acknowledged': 'acknowledged an alert',
  'alert_rule.updated': 'changed an alert rule',
  'alert_rule.reset': 'reset an alert rule',
  'user.created': 'registered',
  'user.signed_in': 'signed in',
  'user.sign_in_failed': 'failed to sign in',
  'user.signed_out': 'signed out',
  'user.updated': 'changed the own account',
  'user.password_changed': 'changed the password',
  'user.password_reset_requested': 'asked for a new password',
  'user.password_reset': 'chose a new password',
  'user.totp_enabled': 'turned the second factor on',
  'user.totp_disabled': 'turned the second factor off',
  'user.recovery_codes_renewed': 'renewed the recovery codes',
  'webhook_endpoint.created': 'made a webhook endpoint',
  'webhook_endpoint.updated': 'changed a webhook endpoint',
  'webhook_endpoint.secret_rotated': 'rotated a webhook secret',
  'webhook_endpoint.tested': 'tested a webhook endpoint',
  'webhook_endpoint.replayed': 'replayed a delivery',
  'webhook_endpoint.deleted': 'deleted a webhook endpoint',
  'domain.created': 'named a domain',
  'domain.updated': 'changed a domain',
  'domain.checked': 'looked for the record of a domain',
  'domain.verified': 'verified a domain',
  'domain.lost': 'lost a domain',
  'domain.deleted': 'gave a domain up',
  'gateway_route.created': 'created a gateway route',
  'gateway_route.updated': 'changed a gateway route',
  'gateway_route.secret_rotated': 'rotated the secret of a gateway route',
  'gateway_route.deleted': 'deleted a gateway route',
};

/** What takes something away stands out, and so does what was refused. */
export function toneOf(action: Action): Tone {
  if (/denied|failed|leaked|suspended|lost/.test(action)) return 'bad';
  if (/revoked|deleted|removed|disabled/.test(action)) return 'warn';
  return /created|added|enabled|resumed|verified/.test(action) ? 'good' : 'neutral';
}

/** The page of what an entry is about, where there is one. */
export function targetLink(target: string): string | null {
  if (target.startsWith('key_')) return at(`keys/${target}`);
  if (target.startsWith('ses_')) return at(`sessions/${target}`);
  if (target.startsWith('whe_')) return at(`webhooks/${target}`);
  if (target.startsWith('gwr_')) return at(`gateway/${target}`);
  if (target.startsWith('dom_')) return at(`domains?domain=${target}`);
  if (target.startsWith('usr_')) return at('members');
  return null;
}

/** An id, as short as people need it: "key_4fZk01aQ…". */
export const shortId = (id: string): string => (id.length > 16 && id.includes('_') ? `${id.slice(0, id.indexOf('_') + 9)}…` : id);
