// What the keys of the organization were used for: over time, by environment, and why not.
import { api, ask } from '../api/client.ts';
import { count } from '../state/clock.ts';
import { useLoad } from '../state/load.ts';
import { here, organizationId } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { Button } from '../ui/Button.tsx';
import { Select } from '../ui/Field.tsx';
import { PageHead, Panel } from '../ui/Page.tsx';
import { Environment } from '../ui/Pill.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Table } from '../ui/Table.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { PeriodBar } from './usage/PeriodBar.tsx';
import { percent } from './usage/codes.ts';
import { Breakdown, NoUsage, OutcomesChart, ResponseTimes, UsageStats, type Usage } from './usage/figures.tsx';
import { chosenDays, chosenPeriod, daysTrouble, period, periodKey } from './usage/period.ts';
import { TopKeys } from './usage/top.tsx';

const ENVIRONMENTS = ['production', 'staging', 'development', 'none'] as const;
type Filter = (typeof ENVIRONMENTS)[number];
const CHOICES = [{ value: '' as const, label: 'All' }, ...ENVIRONMENTS.map((value) => ({ value, label: value === 'none' ? 'no environment' : value }))];

const usageOf = (environment: Filter | undefined, signal: AbortSignal) => {
  const { from, to, granularity } = period(chosenPeriod());
  return ask(api.GET('/organizations/{organizationId}/usage', { params: { path: here(), query: { from, to, granularity, environment } }, signal }));
};

export default function UsagePage() {
  const environment = ENVIRONMENTS.find((one) => one === query.value.get('environment'));
  const key = periodKey();
  const wrong = chosenPeriod() === 'custom' && daysTrouble(chosenDays());
  return (
    <>
      <PageHead title="Usage" text="Verifications of all keys, and what your backends have reported of the requests behind them. Figures follow within two minutes." />
      <PeriodBar>
        <Select label="Environment" value={environment ?? ''} choices={CHOICES} onValue={(value) => setQuery({ environment: value })} />
      </PeriodBar>
      {!wrong && <Shown key={key + environment} keyed={key} environment={environment} />}
    </>
  );
}

function Shown({ keyed, environment }: { keyed: string; environment: Filter | undefined }) {
  const found = useLoad((signal) => usageOf(environment, signal), [organizationId.value, keyed, environment]);
  const usage = found.data;
  if (!usage) return found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={8} />;
  return (
    <>
      <UsageStats totals={usage.totals} />
      {usage.totals.requests === 0 && <NoUsage />}
      {usage.totals.requests > 0 && <Asked usage={usage} keyed={keyed} environment={environment} busy={found.loading} again={found.reload} />}
      <ResponseTimes usage={usage} />
    </>
  );
}

function Asked({ usage, keyed, environment, busy, again }: { usage: Usage; keyed: string; environment: Filter | undefined; busy: boolean; again: () => void }) {
  return (
    <>
      <Panel title="Outcomes" text={`By ${usage.granularity}.`} actions={<Button small icon="refresh" busy={busy} onClick={again}>Refresh</Button>}>
        <OutcomesChart usage={usage} />
      </Panel>
      <div class="columns">
        {!environment && <ByEnvironment keyed={keyed} />}
        <Breakdown totals={usage.totals} />
      </div>
      <TopKeys period={() => period(chosenPeriod())} keyed={keyed} environment={environment} />
    </>
  );
}

function ByEnvironment({ keyed }: { keyed: string }) {
  const found = useLoad((signal) => Promise.all(ENVIRONMENTS.map(async (environment) => ({ environment, usage: (await usageOf(environment, signal)) as Usage }))), [organizationId.value, keyed]);
  return (
    <Panel title="By environment" flush>
      <Table
        label="Usage by environment"
        rows={found.data}
        rowKey={({ environment }) => environment}
        problem={found.problem}
        again={found.reload}
        columns={[
          { key: 'environment', title: 'Environment', grow: true, cell: ({ environment }) => <Environment environment={environment === 'none' ? null : environment} /> },
          { key: 'requests', title: 'Requests', numeric: true, cell: ({ usage }) => count(usage.totals.requests) },
          { key: 'success', title: 'Success', numeric: true, cell: ({ usage }) => percent(usage.totals.successRate) },
          { key: 'error', title: 'Errors', numeric: true, cell: ({ usage }) => percent(usage.totals.errorRate) },
        ]}
      />
    </Panel>
  );
}
