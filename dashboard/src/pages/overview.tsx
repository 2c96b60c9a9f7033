// The first page of an organization: what the last days brought, and what needs a look.
import { api, ask, type Schema } from '../api/client.ts';
import { compact, count } from '../state/clock.ts';
import { useLoad } from '../state/load.ts';
import { at, here, membership, organizationId } from '../state/organization.ts';
import { LinkButton } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { PageHead, Panel, Stat } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { KINDS, SEVERITY_TONES, story, subjectLink } from './alerts/kinds.ts';
import { GettingStarted } from './overview/start.tsx';
import { milliseconds, percent } from './usage/codes.ts';
import { OutcomesChart } from './usage/figures.tsx';
import { period, type Period } from './usage/period.ts';
import { TopKeys } from './usage/top.tsx';
import '../styles/organization.css';

const lastDays = (): Period => ({ ...period('7d'), from: new Date(Date.now() - 6 * 86_400_000).toISOString(), granularity: 'day' });

export default function Overview() {
  const usage = useLoad((signal) => {
    const { from, to, granularity } = lastDays();
    return ask(api.GET('/organizations/{organizationId}/usage', { params: { path: here(), query: { from, to, granularity } }, signal }));
  }, [organizationId.value]);
  const alerts = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/alerts', { params: { path: here(), query: { status: 'open', limit: 100 } }, signal })), [organizationId.value]);
  const isQuiet = usage.data?.totals.requests === 0;
  return (
    <>
      <PageHead title="Overview" text={`The last seven days of ${membership.value?.name ?? 'the organization'}.`} />
      {usage.problem && !usage.data && <Trouble problem={usage.problem} again={usage.reload} />}
      {!usage.data && !usage.problem && <Skeleton lines={6} />}
      {usage.data && <Figures usage={usage.data} open={alerts.data} />}
      {isQuiet && <GettingStarted />}
      {usage.data && !isQuiet && (
        <Panel title="Requests" text="Verifications by outcome, for each day in UTC." actions={<LinkButton small href={at('usage')}>All usage</LinkButton>}>
          <OutcomesChart usage={usage.data} label="Requests of the last seven days" />
        </Panel>
      )}
      <OpenAlerts found={alerts} />
      {usage.data && !isQuiet && <TopKeys period={lastDays} keyed="overview" most={5} />}
    </>
  );
}

function Figures({ usage: { totals }, open }: { usage: Schema<'Usage'>; open: Schema<'Alerts'> | undefined }) {
  const waiting = open?.data.filter(({ acknowledgedAt }) => acknowledgedAt === null) ?? [];
  const critical = waiting.filter(({ severity }) => severity === 'critical').length;
  return (
    <div class="stats">
      <Stat label="Requests" value={compact(totals.requests)} note="in seven days" />
      <Stat label="Success rate" value={percent(totals.successRate)} note={`${count(totals.refused)} refused`} />
      <Stat label="Response time" value={milliseconds(totals.outcomes.latencyMs?.p95)} note={totals.outcomes.latencyMs ? '95th percentile' : 'nobody has reported any'} />
      <Stat label="Open alerts" value={open ? `${count(waiting.length)}${open.pagination.hasMore ? '+' : ''}` : '…'} note={critical > 0 ? `${critical} critical` : 'none is critical'} tone={critical > 0 ? 'bad' : waiting.length > 0 ? 'warn' : ''} />
    </div>
  );
}

const RANK = { critical: 0, warning: 1, info: 2 };

function OpenAlerts({ found }: { found: ReturnType<typeof useLoad<Schema<'Alerts'>>> }) {
  const waiting = found.data?.data.filter(({ acknowledgedAt }) => acknowledgedAt === null).sort((a, b) => RANK[a.severity] - RANK[b.severity]);
  return (
    <Panel title="Open alerts" actions={<LinkButton small href={at('alerts')}>All alerts</LinkButton>} flush>
      {!waiting && (found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <div class="padded"><Skeleton lines={3} /></div>)}
      {waiting?.length === 0 && <Empty icon="check" title="Nothing needs a look"><p>Spikes, refusals, leaks and keys that expire show up here.</p></Empty>}
      {waiting && waiting.length > 0 && (
        <ul class="plain-list">
          {waiting.slice(0, 5).map((alert) => (
            <li key={alert.id}>
              <Pill tone={SEVERITY_TONES[alert.severity]}>{alert.severity}</Pill>
              <div class="grow">
                <a class="cell-title" href={subjectLink(alert) ?? at('alerts')}>{KINDS[alert.kind]}</a>
                <span class="cell-sub">{story(alert)}</span>
              </div>
              <span class="dim"><Time at={alert.openedAt} /></span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
