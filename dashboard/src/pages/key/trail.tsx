// What was done to a key, and by whom.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { account } from '../../state/account.ts';
import { paged, usePages } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Panel } from '../../ui/Page.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { hrefOf } from '../keys/words.tsx';

type Entry = Schema<'AuditEntry'>;

export function Actor({ actor: { type, id } }: { actor: Entry['actor'] }) {
  if (id === account.value?.id) return <>you</>;
  if (type === 'api_key' && id) return <>key <a class="mono nowrap" href={hrefOf(id)}>{id.slice(0, 12)}…</a></>;
  return <>{type.replace('_', ' ')} {id && <span class="mono nowrap" title={id}>{id.slice(0, 12)}…</span>}</>;
}

const COLUMNS: Column<Entry>[] = [
  { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
  { key: 'action', title: 'What', cell: ({ action }) => <code class="nowrap">{action}</code> },
  { key: 'details', title: 'Details', grow: true, cell: ({ details }) => (details.length > 0 ? <span class="mono">{details.join(', ')}</span> : <span class="dim">–</span>) },
  { key: 'actor', title: 'Who', cell: ({ actor }) => <Actor actor={actor} /> },
  { key: 'origin', title: 'From', cell: ({ origin }) => [origin?.ip, origin?.country].filter(Boolean).join(', ') || <span class="dim">–</span> },
  { key: 'request', title: 'Request', extra: true, cell: ({ requestId }) => (requestId ? <code class="nowrap" title={requestId}>{requestId.slice(0, 12)}…</code> : <span class="dim">–</span>) },
];

export function Trail({ id, changes }: { id: string; changes: number }) {
  const log = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/audit_log', { params: { path: here(), query: { target: id, cursor, limit: 20 } }, signal })), [here().organizationId, id]);
  const [seen, setSeen] = useState(changes);
  if (seen !== changes) {
    setSeen(changes);
    log.reload();
  }
  return (
    <Panel title="Audit trail" text="What was done to the key." flush>
      <Table label="Audit trail" columns={COLUMNS} {...paged(log)} rowKey={({ id: entry }) => entry} empty={<p class="nothing soft">The entries are gone: they are kept for a time only.</p>} />
    </Panel>
  );
}
