// The last verifications of a key, one by one.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { useLoad } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { CodePill, placeOf } from '../keys/words.tsx';

type Request = Schema<'Request'>;
const none = <span class="dim">–</span>;

const COLUMNS: Column<Request>[] = [
  { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
  { key: 'code', title: 'Outcome', cell: ({ code }) => <CodePill code={code} /> },
  { key: 'client', title: 'Client', grow: true, cell: ({ client, tags }) => <><span class="mono">{client ?? 'unnamed'}</span>{tags.length > 0 && <span class="cell-sub">{tags.join(', ')}</span>}</> },
  { key: 'place', title: 'Where', cell: (request) => placeOf(request) ?? none },
  { key: 'ip', title: 'Used from', cell: ({ ip }) => (ip ? <code class="nowrap">{ip}</code> : none) },
  { key: 'cost', title: 'Cost', numeric: true, cell: ({ cost }) => cost },
  { key: 'id', title: 'Verification', extra: true, cell: ({ verificationId }) => <code class="nowrap" title={verificationId}>{verificationId.slice(0, 12)}…</code> },
];

const FEW = 10;
const ALL = 100;

export function Requests({ id }: { id: string }) {
  const [limit, setLimit] = useState(FEW);
  const { data, problem, reload } = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/api_keys/{id}/requests', { params: { path: { ...here(), id }, query: { limit: ALL } }, signal })), [here().organizationId, id]);
  return (
    <Panel title="Recent requests" flush actions={<Button small look="quiet" icon="refresh" onClick={reload}>Look again</Button>}>
      <Table
        label="Recent requests"
        columns={COLUMNS}
        rows={data?.data.slice(0, limit)}
        rowKey={({ verificationId }) => verificationId}
        problem={problem}
        again={reload}
        hasMore={(data?.data.length ?? 0) > limit}
        onMore={() => setLimit(ALL)}
        empty={<Empty icon="usage" title="Nobody has used it yet"><p>Each verification of the key appears here within some ten seconds.</p></Empty>}
      />
    </Panel>
  );
}
