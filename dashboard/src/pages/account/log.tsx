// What has happened to the account.
import { api, ask, type Schema } from '../../api/client.ts';
import { device } from '../../state/device.ts';
import { paged, usePages } from '../../state/load.ts';
import { Panel } from '../../ui/Page.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';

type Entry = Schema<'AuditEntry'>;

const WORDS: Partial<Record<Entry['action'], string>> = {
  'user.created': 'Account created',
  'user.signed_in': 'Signed in',
  'user.sign_in_failed': 'Sign-in failed',
  'user.signed_out': 'Signed out',
  'user.updated': 'Name changed',
  'user.password_changed': 'Password changed',
  'user.password_reset_requested': 'Link for a new password asked for',
  'user.password_reset': 'Password set with a link',
  'user.totp_enabled': 'Second factor switched on',
  'user.totp_disabled': 'Second factor switched off',
  'user.recovery_codes_renewed': 'New recovery codes made',
};

/** What the other columns do not say. */
const more = ({ details, origin }: Entry): string => details.filter((detail) => !detail.startsWith('sgn_') && detail !== origin?.ip).join(', ');

const columns: Column<Entry>[] = [
  { key: 'action', title: 'What', grow: true, cell: (entry) => <><span class="cell-title">{WORDS[entry.action] ?? entry.action}</span><span class="cell-sub">{more(entry)}</span></> },
  { key: 'client', title: 'Device', extra: true, tight: true, cell: ({ origin }) => device(origin?.client ?? null) },
  { key: 'ip', title: 'Address', cell: ({ origin }) => <code>{origin?.ip ?? '–'}</code> },
  { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
];

export function AccountLog() {
  const log = usePages((cursor, abort) => ask(api.GET('/auth/audit_log', { params: { query: { cursor, limit: 10 } }, signal: abort })), []);
  return (
    <Panel title="What has happened" flush>
      <Table label="What has happened to your account" columns={columns} {...paged(log)} rowKey={({ id }) => id} />
    </Panel>
  );
}
