// What the keys of one session were used for.
import { api, ask } from '../../api/client.ts';
import { useLoad } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { PeriodBar } from '../usage/PeriodBar.tsx';
import { Breakdown, NoUsage, OutcomesChart, ResponseTimes, UsageStats } from '../usage/figures.tsx';
import { chosenDays, chosenPeriod, daysTrouble, period, periodKey } from '../usage/period.ts';
import { TopKeys } from '../usage/top.tsx';

export function SessionUsage({ id }: { id: string }) {
  const key = periodKey();
  const wrong = chosenPeriod() === 'custom' && daysTrouble(chosenDays());
  return (
    <>
      <PeriodBar />
      {!wrong && <Shown key={key} id={id} keyed={key} />}
    </>
  );
}

function Shown({ id, keyed }: { id: string; keyed: string }) {
  const found = useLoad((signal) => {
    const { from, to, granularity } = period(chosenPeriod());
    return ask(api.GET('/organizations/{organizationId}/sessions/{id}/usage', { params: { path: { ...here(), id }, query: { from, to, granularity } }, signal }));
  }, [id, keyed]);
  const usage = found.data;
  if (!usage) return found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={8} />;
  return (
    <>
      <UsageStats totals={usage.totals} />
      {usage.totals.requests === 0 && <NoUsage />}
      {usage.totals.requests > 0 && (
        <>
          <Panel title="Outcomes" text={`By ${usage.granularity}.`} actions={<Button small icon="refresh" busy={found.loading} onClick={found.reload}>Refresh</Button>}>
            <OutcomesChart usage={usage} />
          </Panel>
          <TopKeys period={() => period(chosenPeriod())} keyed={keyed} sessionId={id} />
          <Breakdown totals={usage.totals} />
        </>
      )}
      <ResponseTimes usage={usage} />
    </>
  );
}
