// The keys that are used most. No call of the service ranks them, so this asks for the usage of those that were used last.
import { api, ask, type Schema } from '../../api/client.ts';
import { compact } from '../../state/clock.ts';
import { useLoad } from '../../state/load.ts';
import { at, here, organizationId } from '../../state/organization.ts';
import { Empty } from '../../ui/Empty.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Environment } from '../../ui/Pill.tsx';
import { Sparkline } from '../../ui/Sparkline.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { percent } from './codes.ts';
import type { Period } from './period.ts';

type ApiKey = Schema<'ApiKey'>;
type Filter = 'production' | 'staging' | 'development' | 'none';

interface Top {
  rows: { key: ApiKey; usage: Schema<'Usage'> }[];
  /** How many keys were used in that time. */
  used: number;
  /** Whether there are older keys that nobody has looked at. */
  isPart: boolean;
}

/** Of how many keys, the newest, the list is read. */
const LISTED = 200;
/** Of how many of them, those that were used last, the usage is read. */
const ASKED = 12;

async function top({ from, to, granularity }: Period, where: { environment?: Filter | undefined; sessionId?: string | undefined }, signal: AbortSignal): Promise<Top> {
  const listed = await ask(api.GET('/organizations/{organizationId}/api_keys', { params: { path: here(), query: { status: 'all', limit: LISTED, ...where } }, signal })) as { data: ApiKey[]; pagination: { hasMore: boolean } };
  const used = listed.data.filter(({ lastUsedAt }) => lastUsedAt !== null && lastUsedAt >= from).sort((a, b) => (a.lastUsedAt! < b.lastUsedAt! ? 1 : -1));
  const asked = await Promise.all(used.slice(0, ASKED).map(async (key) => ({
    key,
    usage: await ask(api.GET('/organizations/{organizationId}/api_keys/{id}/usage', { params: { path: { ...here(), id: key.id }, query: { from, to, granularity } }, signal })),
  })));
  const rows = asked.filter(({ usage }) => usage.totals.requests > 0).sort((a, b) => b.usage.totals.requests - a.usage.totals.requests);
  return { rows, used: used.length, isPart: listed.pagination.hasMore };
}

export function TopKeys({ period, keyed, environment, sessionId, most = 10 }: { period: () => Period; keyed: string; environment?: Filter | undefined; sessionId?: string; most?: number }) {
  const found = useLoad((signal) => top(period(), { environment, sessionId }, signal), [organizationId.value, keyed, environment, sessionId]);
  const { data } = found;
  const whole = data && data.used <= ASKED && !data.isPart;
  return (
    <Panel title="Top keys" text={data && !whole ? `By requests, among the ${Math.min(ASKED, data.used)} that were used last${data.isPart ? ` of the ${LISTED} newest` : ''}.` : 'By requests.'} flush>
      <Table
        label="Top keys"
        rows={data?.rows.slice(0, most)}
        rowKey={({ key }) => key.id}
        problem={found.problem}
        again={found.reload}
        columns={[
          { key: 'name', title: 'Key', grow: true, cell: ({ key }) => <><a class="cell-title" href={at(`keys/${key.id}`)}>{key.name}</a><span class="cell-sub"><code>{key.start}…{key.last4}</code></span></> },
          { key: 'environment', title: 'Environment', extra: true, cell: ({ key }) => <Environment environment={key.environment} /> },
          { key: 'course', title: 'Course', extra: true, cell: ({ key, usage }) => <Sparkline label={`Requests with ${key.name} over time`} values={usage.series.map(({ requests }) => requests)} bad={usage.series.map(({ requests, valid }) => requests - valid)} /> },
          { key: 'requests', title: 'Requests', numeric: true, cell: ({ usage }) => compact(usage.totals.requests) },
          { key: 'success', title: 'Success', numeric: true, cell: ({ usage }) => percent(usage.totals.successRate) },
          { key: 'used', title: 'Last used', cell: ({ key }) => <Time at={key.lastUsedAt} /> },
        ]}
        empty={<Empty icon="keys" title="No key was used in this time"><p>Keys appear here as soon as they are verified.</p></Empty>}
      />
    </Panel>
  );
}
