// The first tab of a session: how it is doing, what is used of its limits, and how it is set.
import { api, ask, type Schema } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { useLoad, type Loaded } from '../../state/load.ts';
import { at, here, organizationId } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Id } from '../../ui/Copy.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Facts, Panel } from '../../ui/Page.tsx';
import { Environment, Pill } from '../../ui/Pill.tsx';
import { Time } from '../../ui/Time.tsx';
import { HealthPanel } from './health.tsx';
import { LEAK_POLICIES, MODES, REGIONS, STATUS_TONES, windowText, type Health } from './words.ts';

export function SessionOverview({ session, health, onRefresh, refreshing }: { session: Schema<'ReadSession'>; health: Loaded<Health>; onRefresh: () => void; refreshing: boolean }) {
  const { limits, consistency } = session;
  const organization = useLoad((signal) => ask(api.GET('/organizations/{organizationId}', { params: { path: here() }, signal })), [organizationId.value]);
  const plan = organization.data?.plan;
  const pool = organization.data?.limits.requests;
  const refresh = () => {
    onRefresh();
    organization.reload();
  };
  return (
    <>
      <div class="columns">
        <HealthPanel found={health} />
        <Panel title="Limits" text="What is used of them right now." actions={<Button small icon="refresh" busy={refreshing} onClick={refresh}>Refresh</Button>}>
          <div>
            <Meter label="Keys" used={limits.keys.used} limit={limits.keys.limit} note={limits.keys.limit === null ? 'The plan sets no limit for a session.' : 'Active, pending and disabled keys count.'} />
            {limits.rateLimits.map(({ name, limit, windowMs, remaining = limit, resetMs }) => (
              <Meter
                key={name}
                label={`${name}, a ${windowText(windowMs)}`}
                used={limit - remaining}
                limit={limit}
                note={`${count(remaining)} left${resetMs ? `; more ${inTime(resetMs)}` : ''}.`}
              />
            ))}
            {pool && <Meter label="Requests of the organization, a minute" used={pool.limit - (pool.remaining ?? pool.limit)} limit={pool.limit} note="The pool of the plan, which all sessions share." />}
          </div>
          {plan && <p>Plan: <a href={at('plan')}>{plan.name}</a><span class="dim"> · {plan.keysPerSession === null ? 'any number of keys' : `${count(plan.keysPerSession)} keys`} in a session, {plan.requestsPerMinute === null ? 'any number of requests' : `${count(plan.requestsPerMinute)} requests a minute`}</span></p>}
          {limits.rateLimits.length === 0 && <p class="dim">The session has no rate limits of its own. Those of its keys and of the plan count all the same.</p>}
        </Panel>
      </div>
      <Panel title="Settings">
        <Facts
          facts={[
            ['Status', <Pill key="status" tone={STATUS_TONES[session.status]}>{session.status}</Pill>],
            ['Environment', <Environment key="environment" environment={session.environment} />],
            ['Consistency', <><strong>{MODES[consistency.mode].label}</strong>{consistency.mode !== 'strict' && `, for ${count(consistency.ttlMs)} ms at a time${consistency.staleSeconds ? `, ${consistency.staleSeconds} s longer in an outage` : ''}`}<br /><span class="dim">{MODES[consistency.mode].text}</span></>],
            ['When a key leaks', <><strong>{LEAK_POLICIES[session.leakPolicy].label}</strong><br /><span class="dim">{LEAK_POLICIES[session.leakPolicy].text}</span></>],
            ['Region', session.region ? REGIONS[session.region] : 'Near whoever used it first'],
            ['Default', session.isDefault ? 'Keys that name this environment, and no session, come here' : 'No'],
            ['Id', <Id key="id" id={session.id} />],
            ['Created', <Time key="created" at={session.createdAt} />],
            ['Changed', <Time key="changed" at={session.updatedAt} />],
          ]}
        />
      </Panel>
    </>
  );
}

/** 51,200 → "in 52 s". */
function inTime(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `in ${seconds} s`;
  return seconds < 7200 ? `in ${Math.ceil(seconds / 60)} min` : `in ${Math.ceil(seconds / 3600)} h`;
}
