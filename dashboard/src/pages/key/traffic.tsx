// What a key was used for: verifications by outcome, and what became of the requests behind them.
import { useMemo } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { compact, count, percent } from '../../state/clock.ts';
import { useLoad } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import Chart, { type Series } from '../../ui/Chart.tsx';
import { Panel, Stat } from '../../ui/Page.tsx';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { CodePill, CODES, type Code } from '../keys/words.tsx';

type Usage = Schema<'Usage'>;
type Step = Usage['series'][number];

export const PERIODS = [{ value: '24h', label: '24 hours' }, { value: '7d', label: '7 days' }, { value: '30d', label: '30 days' }] as const;
export type Period = (typeof PERIODS)[number]['value'];

const HOUR = 3_600_000;
const SPANS: Record<Period, { back: number; granularity: 'hour' | 'day'; step: string }> = {
  '24h': { back: 23 * HOUR, granularity: 'hour', step: 'hour' },
  '7d': { back: 6 * 24 * HOUR, granularity: 'day', step: 'day' },
  '30d': { back: 29 * 24 * HOUR, granularity: 'day', step: 'day' },
};

export function Traffic({ id, period }: { id: string; period: Period }) {
  const { back, granularity, step } = SPANS[period];
  const { data, problem, reload } = useLoad(
    (signal) => ask(api.GET('/organizations/{organizationId}/api_keys/{id}/usage', { params: { path: { ...here(), id }, query: { from: new Date(Date.now() - back).toISOString(), granularity } }, signal })),
    [here().organizationId, id, period],
  );
  if (problem && !data) return <Panel><Trouble problem={problem} again={reload} /></Panel>;
  if (!data) return <Panel><Skeleton lines={9} /></Panel>;
  const { totals } = data;
  const { outcomes } = totals;
  return (
    <>
      <div class="stats">
        <Stat label="Requests" value={compact(totals.requests)} note={`${compact(Math.round(totals.requestsPerDay))} a day`} />
        <Stat label="Let through" value={share(totals.successRate)} note={`${count(totals.refused)} refused`} tone={toneOf(totals.errorRate)} />
        <Stat label="Succeeded" value={share(outcomes.successRate)} note={outcomes.totalRequests > 0 ? `${count(outcomes.failedRequests)} of ${count(outcomes.totalRequests)} failed` : 'Nothing was reported'} tone={toneOf(outcomes.errorRate)} />
        <Stat label="Response time, p95" value={outcomes.latencyMs ? ms(outcomes.latencyMs.p95) : '–'} note={outcomes.latencyMs ? `median ${ms(outcomes.latencyMs.p50)}` : 'Nothing was reported'} />
      </div>
      <Panel title={`Requests by ${step}`} text="Verifications of the key, by what was decided."><Verifications usage={data} /></Panel>
      <div class="columns">
        <Panel title="Refusals and errors" flush><Errors usage={data} /></Panel>
        <Panel title="Response times" text="As your backends have reported them."><Times usage={data} /></Panel>
      </div>
    </>
  );
}

const share = (part: number | null) => (part === null ? '–' : percent(part));
const toneOf = (errors: number | null) => (errors === null || errors < 0.01 ? '' : errors < 0.05 ? 'warn' : 'bad');
const ms = (value: number) => (value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${count(Math.round(value))} ms`);

const seconds = ({ at }: Step) => Date.parse(at) / 1000;

function Verifications({ usage }: { usage: Usage }) {
  const [times, series] = useMemo(() => {
    const limited = ({ byCode }: Step) => (byCode.RATE_LIMITED ?? 0) + (byCode.USAGE_EXCEEDED ?? 0);
    const all: Series[] = [
      { label: 'Valid', tone: 'good', values: usage.series.map(({ valid }) => valid) },
      { label: 'Over a limit', tone: 'warn', values: usage.series.map(limited) },
      { label: 'Refused', tone: 'bad', values: usage.series.map((step) => step.requests - step.valid - limited(step)) },
    ];
    return [usage.series.map(seconds), all] as const;
  }, [usage]);
  return <Chart label="Requests by outcome" times={times} series={series} />;
}

interface Wrong {
  name: string;
  shown: preact.ComponentChild;
  text: string;
  count: number;
  part: number;
}

function Errors({ usage: { totals } }: { usage: Usage }) {
  const refused = Object.entries(totals.byCode).filter(([code]) => code !== 'VALID') as [Code, number][];
  const failed = Object.entries(totals.outcomes.byStatus).filter(([status]) => Number(status) >= 400);
  const rows: Wrong[] = [
    ...refused.map(([code, times]) => ({ name: code, shown: <CodePill code={code} />, text: CODES[code].text, count: times, part: times / totals.requests })),
    ...failed.map(([status, times]) => ({ name: status, shown: <Pill tone={(Number(status) >= 500 ? 'bad' : 'warn') as Tone}>{`HTTP ${status}`}</Pill>, text: 'Answered by your backend.', count: times, part: times / totals.outcomes.totalRequests })),
  ].sort((a, b) => b.count - a.count);
  const columns: Column<Wrong>[] = [
    { key: 'what', title: 'What', grow: true, cell: ({ shown, text }) => <>{shown}<span class="cell-sub">{text}</span></> },
    { key: 'count', title: 'Times', numeric: true, cell: (row) => count(row.count) },
    { key: 'part', title: 'Share', numeric: true, cell: ({ part }) => percent(part) },
  ];
  return <Table label="Refusals and errors" columns={columns} rows={rows} rowKey={({ name }) => name} empty={<p class="nothing soft">{totals.requests > 0 ? 'Nothing was refused, and nothing failed.' : 'Nothing has happened in this time.'}</p>} />;
}

function Times({ usage }: { usage: Usage }) {
  const { latencyMs } = usage.totals.outcomes;
  const [times, series] = useMemo(() => {
    const line = (label: string, tone: Series['tone'], pick: (latency: Schema<'Latency'>) => number): Series => ({ label, tone, values: usage.series.map(({ outcomes }) => (outcomes?.latencyMs ? Math.round(pick(outcomes.latencyMs)) : null)) });
    return [usage.series.map(seconds), [line('p50', 'accent', ({ p50 }) => p50), line('p95', 'violet', ({ p95 }) => p95), line('p99', 'warn', ({ p99 }) => p99)]] as const;
  }, [usage]);
  if (!latencyMs) return <p class="soft">Nothing was reported in this time. Backends tell what became of requests with <code>POST /v1/outcomes</code>.</p>;
  return (
    <>
      <dl class="percentiles">
        {([['Average', latencyMs.average], ['p50', latencyMs.p50], ['p95', latencyMs.p95], ['p99', latencyMs.p99]] as const).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{ms(value)}</dd></div>)}
      </dl>
      <Chart label="Response times" times={times} series={series} kind="lines" unit=" ms" height={160} />
    </>
  );
}
