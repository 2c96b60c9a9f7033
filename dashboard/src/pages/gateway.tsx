// The gateway: which paths lead to which services of one's own, and what a key has to be good for to get there.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { paged, usePages } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { go } from '../state/router.ts';
import { Button } from '../ui/Button.tsx';
import { Id } from '../ui/Copy.tsx';
import { Empty } from '../ui/Empty.tsx';
import { PageHead, Panel } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { RouteForm } from './gateway/form.tsx';
import { addressOf, needsText, stateOf, type GatewayRoute } from './gateway/words.ts';
import '../styles/organization.css';

export default function Gateway() {
  const [creating, setCreating] = useState(false);
  const routes = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/gateway_routes', { params: { path: here(), query: { cursor, limit: 50 } }, signal })), [organizationId.value]);
  const create = may('createGatewayRoute') && <Button look="primary" icon="plus" onClick={() => setCreating(true)}>New route</Button>;
  const columns: Column<GatewayRoute>[] = [
    { key: 'path', title: 'Path', cell: ({ id, path, description }) => <div class="named"><a class="cell-title mono" href={at(`gateway/${id}`)}>{path}</a>{description && <span class="cell-sub">{description}</span>}</div> },
    { key: 'origin', title: 'Origin', grow: true, cell: ({ origin }) => <code class="origin" title={origin}>{origin.replace(/\/$/, '')}</code> },
    { key: 'needs', title: 'A key needs', tight: true, cell: (route) => <span title={route.permissions.join(', ')}>{needsText(route)}</span> },
    { key: 'status', title: 'Status', cell: (route) => <Pill tone={stateOf(route).tone}>{stateOf(route).word}</Pill> },
    { key: 'created', title: 'Created', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <>
      <PageHead title="Gateway" text="Stands in front of services of your own: it verifies the key, takes it off, says in signed fields whose request it is, and hands everything on." actions={create} />
      <Panel flush>
        <Table
          label="Routes of the gateway"
          columns={columns}
          {...paged(routes)}
          rowKey={({ id }) => id}
          empty={(
            <Empty
              icon="gateway"
              title="Nothing stands behind the gateway yet"
              action={create}
              curl={`curl ${location.origin}/v1/gateway_routes \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"path": "/orders", "origin": "https://orders.example.com", "permissions": ["orders:read"]}'`}
            >
              <p>A route leads from a path to a service of yours. Only requests with a good key get there, so your service asks nobody and keeps no keys.</p>
            </Empty>
          )}
        />
      </Panel>
      {routes.rows && routes.rows.length > 0 && (
        <Panel title="Where it is" text="Your customers ask here, with a path behind it. Of the routes that fit, the longest is taken.">
          <Id id={addressOf('/')} />
        </Panel>
      )}
      {creating && <RouteForm onClose={() => setCreating(false)} onSaved={({ id }) => go(at(`gateway/${id}`))} />}
    </>
  );
}
