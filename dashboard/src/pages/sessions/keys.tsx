// The keys of one session: which they are, when they were used, and making or revoking one.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { inForce } from '../../state/force.ts';
import { paged, usePages } from '../../state/load.ts';
import { at, here, may } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import type { Session } from './words.ts';

type ApiKey = Schema<'ApiKey'>;
interface Page {
  data: ApiKey[];
  pagination: { hasMore: boolean; nextCursor: string | null };
}

const TONES: Record<ApiKey['status'], Tone> = { active: 'good', pending: 'info', disabled: 'warn', expired: 'neutral', revoked: 'neutral' };

export function SessionKeys({ session, onChanged }: { session: Session; onChanged: () => void }) {
  const [asked, setAsked] = useState<ApiKey>();
  const keys = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/sessions/{id}/api_keys', { params: { path: { ...here(), id: session.id }, query: { cursor, limit: 25, status: 'all' } }, signal })) as Promise<Page>, [session.id]);
  const generate = may('createApiKey') && session.status !== 'deleted' && <LinkButton look="primary" icon="plus" href={`${at('keys')}?session=${session.id}&create=1`}>Generate New Key</LinkButton>;
  const columns: Column<ApiKey>[] = [
    { key: 'id', title: 'Key ID', cell: ({ id, shortId }) => <a class="cell-title" href={at(`keys/${id}`)}><code class="nowrap">{shortId}</code></a> },
    { key: 'name', title: 'Name', grow: true, cell: ({ name, start, last4 }) => <span>{name}<span class="cell-sub"><code>{start}…{last4}</code></span></span> },
    { key: 'created', title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'used', title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    { key: 'status', title: 'Status', cell: ({ status }) => <Pill tone={TONES[status]}>{status.charAt(0).toUpperCase() + status.slice(1)}</Pill> },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (key) => key.status !== 'revoked' && may('revokeApiKey') && <Button small onClick={() => setAsked(key)}>Revoke</Button>,
    },
  ];
  return (
    <Panel title="API keys" text="Each has full access to this session only, unless it was made with less. A key is shown once, when it is made." actions={generate} flush>
      <Table
        label="API keys of the session"
        columns={columns}
        {...paged(keys)}
        rowKey={({ id }) => id}
        rowClass={({ status }) => (status === 'revoked' || status === 'expired' ? 'faded' : '')}
        empty={(
          <Empty
            icon="keys"
            title="No keys in this session yet"
            action={generate}
            curl={`curl -X POST ${location.origin}/v1/sessions/${session.id}/api_keys \\\n  -H "Authorization: Bearer $LATCHKEY_KEY"`}
          >
            <p>A key belongs to one session. Give each app or customer its own, so that one can be revoked without touching the others.</p>
          </Empty>
        )}
      />
      {asked && (
        <Confirm
          title={`Revoke ${asked.name}?`}
          action="Revoke key"
          word={asked.shortId}
          onClose={() => setAsked(undefined)}
          onConfirm={async () => {
            const answer = api.DELETE('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: asked.id } } });
            await ask(answer);
            keys.replace(({ id }) => id === asked.id, { ...asked, status: 'revoked', active: false });
            onChanged();
            done(await inForce(answer, 'Revoked: no verification that begins now accepts it.'));
          }}
        >
          <p>It is refused everywhere at once, and cannot be brought back. It was last used: <strong><Time at={asked.lastUsedAt} never="never" /></strong>.</p>
        </Confirm>
      )}
    </Panel>
  );
}
