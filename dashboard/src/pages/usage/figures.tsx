// Usage as figures: the totals, the outcomes over time, why requests were refused, and how long answers took.
import { useMemo } from 'preact/hooks';
import type { Schema } from '../../api/client.ts';
import { compact, count } from '../../state/clock.ts';
import Chart, { type Series } from '../../ui/Chart.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Panel, Stat } from '../../ui/Page.tsx';
import { Table } from '../../ui/Table.tsx';
import { CODES, GROUPS, milliseconds, percent, type Code, type Totals } from './codes.ts';
import '../../styles/organization.css';

export type Usage = Schema<'Usage'>;

const times = (usage: Usage): number[] => usage.series.map(({ at }) => Date.parse(at) / 1000);

export function UsageStats({ totals }: { totals: Totals }) {
  const { requests, refused, successRate, errorRate, requestsPerDay, outcomes } = totals;
  const worst = errorRate === null ? '' : errorRate >= 0.5 ? 'bad' : errorRate >= 0.2 ? 'warn' : '';
  return (
    <div class="stats">
      <Stat label="Requests" value={compact(requests)} note={`${compact(Math.round(requestsPerDay))} a day`} />
      <Stat label="Success rate" value={percent(successRate)} note="of verifications were let through" />
      <Stat label="Error rate" value={percent(errorRate)} note={`${count(refused)} refused`} tone={worst} />
      <Stat label="Response time" value={milliseconds(outcomes.latencyMs?.p95)} note={outcomes.latencyMs ? `95th percentile · ${milliseconds(outcomes.latencyMs.average)} on average` : 'nobody has reported any'} />
    </div>
  );
}

/** How verifications ended, stacked. */
export function OutcomesChart({ usage, label = 'Verifications by outcome' }: { usage: Usage; label?: string }) {
  const [at, series] = useMemo(() => {
    const of = (codes: readonly Code[]) => usage.series.map(({ byCode }) => codes.reduce((sum, code) => sum + (byCode[code] ?? 0), 0));
    const shown = GROUPS.map(({ label: name, tone, codes }): Series => ({ label: name, tone, values: of(codes) }));
    return [times(usage), shown.filter(({ values }, index) => index === 0 || values.some((value) => value))];
  }, [usage]);
  return <Chart label={label} times={at} series={series} />;
}

/** Instead of a chart of nothing. */
export function NoUsage() {
  return (
    <Panel>
      <Empty
        icon="usage"
        title="Nothing was verified in this time"
        curl={`curl ${location.origin}/v1/keys/verify \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"key": "'$CUSTOMER_KEY'"}'`}
      >
        <p>Each time your backend asks whether a key is good, it is counted here with what came of it.</p>
      </Empty>
    </Panel>
  );
}

/** Why requests were refused. */
export function Breakdown({ totals }: { totals: Totals }) {
  const rows = Object.entries(totals.byCode).filter(([code]) => code !== 'VALID').map(([code, of]) => ({ code: code as Code, of: of ?? 0 })).sort((a, b) => b.of - a.of);
  return (
    <Panel title="Why requests were refused" flush>
      <Table
        label="Refusals by reason"
        rows={rows}
        rowKey={({ code }) => code}
        columns={[
          { key: 'code', title: 'Reason', grow: true, cell: ({ code }) => <><span class="cell-title">{CODES[code] ?? code}</span><span class="cell-sub"><code>{code}</code></span></> },
          { key: 'of', title: 'Requests', numeric: true, cell: ({ of }) => count(of) },
          { key: 'share', title: 'Of all', numeric: true, cell: ({ of }) => percent(of / totals.requests) },
        ]}
        empty={<Empty icon="check" title={totals.requests ? 'Nothing was refused' : 'Nothing was asked'}><p>{totals.requests ? 'Every verification of this time was let through.' : 'Refused verifications are listed here by their reason.'}</p></Empty>}
      />
    </Panel>
  );
}

/** What backends have told of the requests behind the verifications. */
export function ResponseTimes({ usage }: { usage: Usage }) {
  const { outcomes } = usage.totals;
  const [at, series] = useMemo(() => {
    const of = (name: 'p50' | 'p95' | 'p99') => usage.series.map((step) => step.outcomes?.latencyMs?.[name] ?? null);
    const lines: Series[] = [
      { label: 'p50', tone: 'good', values: of('p50') },
      { label: 'p95', tone: 'accent', values: of('p95') },
      { label: 'p99', tone: 'violet', values: of('p99') },
    ];
    return [times(usage), lines];
  }, [usage]);
  if (outcomes.totalRequests === 0) {
    return (
      <Panel title="Response times and errors of your API">
        <Empty
          icon="clock"
          title="Your backend has not reported anything"
          curl={`curl ${location.origin}/v1/outcomes \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"outcomes": [{"verificationId": "ver_…", "status": 200, "latencyMs": 42}]}'`}
        >
          <p>A verification says that a key is good. Tell what became of the request, and this shows its status codes and how long it took.</p>
        </Empty>
      </Panel>
    );
  }
  const { latencyMs } = outcomes;
  const statuses = Object.entries(outcomes.byStatus).map(([status, of]) => ({ status, of: of ?? 0 })).sort((a, b) => b.of - a.of);
  return (
    <Panel title="Response times and errors of your API" text={`${count(outcomes.totalRequests)} requests were reported; ${percent(outcomes.errorRate)} of them failed, with a status of 400 or more.`}>
      {latencyMs && (
        <dl class="percentiles">
          {([['Average', latencyMs.average], ['p50', latencyMs.p50], ['p95', latencyMs.p95], ['p99', latencyMs.p99]] as const).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{milliseconds(value)}</dd></div>)}
        </dl>
      )}
      {latencyMs && <Chart kind="lines" label="Response times" unit=" ms" times={at} series={series} />}
      <Table
        label="Answers by status"
        rows={statuses}
        rowKey={({ status }) => status}
        columns={[
          { key: 'status', title: 'Status', grow: true, cell: ({ status }) => <code>{status}</code> },
          { key: 'of', title: 'Requests', numeric: true, cell: ({ of }) => count(of) },
          { key: 'share', title: 'Of all', numeric: true, cell: ({ of }) => percent(of / outcomes.totalRequests) },
        ]}
      />
    </Panel>
  );
}
