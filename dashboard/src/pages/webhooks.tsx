// Services of one's own that are told what happens.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { paged, usePages } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { go } from '../state/router.ts';
import { Button } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { PageHead, Panel } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { EndpointForm } from './webhooks/form.tsx';
import { eventsText, hostOf, stateOf, type Endpoint } from './webhooks/words.ts';
import '../styles/organization.css';

export default function Webhooks() {
  const [creating, setCreating] = useState(false);
  const endpoints = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/webhook_endpoints', { params: { path: here(), query: { cursor, limit: 50 } }, signal })), [organizationId.value]);
  const create = may('createWebhookEndpoint') && <Button look="primary" icon="plus" onClick={() => setCreating(true)}>New endpoint</Button>;
  const columns: Column<Endpoint>[] = [
    { key: 'url', title: 'Endpoint', grow: true, cell: ({ id, url, description }) => <><a class="cell-title" href={at(`webhooks/${id}`)}>{description ?? hostOf(url)}</a><span class="cell-sub"><code>{url}</code></span></> },
    { key: 'events', title: 'Events', tight: true, cell: (endpoint) => <span title={endpoint.events.join(', ')}>{eventsText(endpoint)}</span> },
    { key: 'status', title: 'Status', cell: (endpoint) => <Pill tone={stateOf(endpoint).tone}>{stateOf(endpoint).word}</Pill> },
    { key: 'last', title: 'Last delivered', cell: ({ lastDeliveredAt }) => <Time at={lastDeliveredAt} /> },
    { key: 'created', title: 'Created', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <>
      <PageHead title="Webhooks" text="Tell services of your own what happens to keys, sessions and members, and which alerts open. Messages are signed." actions={create} />
      <Panel flush>
        <Table
          label="Webhook endpoints"
          columns={columns}
          {...paged(endpoints)}
          rowKey={({ id }) => id}
          empty={(
            <Empty
              icon="webhooks"
              title="Nobody is told anything yet"
              action={create}
              curl={`curl ${location.origin}/v1/webhook_endpoints \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"url": "https://hooks.example.com/latchkey", "events": ["api_key.revoked", "alert.opened"]}'`}
            >
              <p>An endpoint is a URL of yours that takes a POST. Have it drop a revoked key from a cache, or page somebody when an alert opens.</p>
            </Empty>
          )}
        />
      </Panel>
      {creating && <EndpointForm onClose={() => setCreating(false)} onSaved={({ id }) => go(at(`webhooks/${id}`))} />}
    </>
  );
}
