// The sessions of the organization: what isolates the keys of one customer, service or stage from all others.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { count } from '../state/clock.ts';
import { paged, usePages } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { PageHead, Panel } from '../ui/Page.tsx';
import { Environment, Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { CreateSession } from './sessions/form.tsx';
import { HealthOf } from './sessions/health.tsx';
import { STATUS_TONES, type Health, type Session } from './sessions/words.ts';
import '../styles/organization.css';

export default function Sessions() {
  const [creating, setCreating] = useState(false);
  const [known, setKnown] = useState<Record<string, Health>>({});
  const sessions = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/sessions', { params: { path: here(), query: { cursor, limit: 25 } }, signal })), [organizationId.value]);
  const create = may('createSession') && <Button look="primary" icon="plus" onClick={() => setCreating(true)}>New session</Button>;
  const columns: Column<Session>[] = [
    {
      key: 'name',
      title: 'Name',
      grow: true,
      cell: ({ id, name, isDefault }) => (
        <>
          <span class="pills"><a class="cell-title" href={at(`sessions/${id}`)}>{name}</a>{isDefault && <Pill plain>default</Pill>}</span>
          <span class="cell-sub"><code>{id}</code></span>
        </>
      ),
    },
    { key: 'environment', title: 'Environment', cell: ({ environment }) => <Environment environment={environment} /> },
    { key: 'status', title: 'Status', cell: ({ status }) => <Pill tone={STATUS_TONES[status]}>{status}</Pill> },
    { key: 'health', title: 'Health', cell: ({ id }) => <HealthOf key={id} id={id} onHealth={(health) => setKnown((before) => ({ ...before, [id]: health }))} /> },
    { key: 'keys', title: 'Active keys', numeric: true, extra: true, cell: ({ id }) => (known[id] ? count(known[id].keys.active) : <span class="dim">…</span>) },
    { key: 'used', title: 'Last used', cell: ({ id }) => (known[id] ? <Time at={known[id].lastUsedAt} /> : <span class="dim">…</span>) },
    { key: 'created', title: 'Created', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <>
      <PageHead title="Sessions" text="A session keeps the keys of one customer, service or stage apart: it has its own limits, health and usage." actions={create} />
      <Panel flush>
        <Table
          label="Sessions"
          columns={columns}
          {...paged(sessions)}
          rowKey={({ id }) => id}
          empty={<Empty icon="sessions" title="No sessions yet" action={create}><p>Make one for each customer or service.</p></Empty>}
        />
      </Panel>
      {sessions.rows?.length === 1 && !sessions.hasMore && (
        <Panel>
          <Empty
            icon="sessions"
            title="Only the default session so far"
            action={may('createSession') && <Button icon="plus" onClick={() => setCreating(true)}>Add a session</Button>}
            curl={`curl ${location.origin}/v1/sessions \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"name": "Customer A", "environment": "production"}'`}
          >
            <p>One session does for a single app. Add one for each customer or stage, and their keys never reach each other’s limits, usage or settings.</p>
          </Empty>
        </Panel>
      )}
      {creating && <CreateSession onClose={() => setCreating(false)} />}
    </>
  );
}
