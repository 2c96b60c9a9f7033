// How a session is doing: in a pill, for lists, and with its reasons.
import { useEffect } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { useLoad, type Loaded } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Facts, Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Time } from '../../ui/Time.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { milliseconds, percent } from '../usage/codes.ts';
import { HEALTH_TEXTS, HEALTH_TONES, reasonText, type Health } from './words.ts';

/** Each asks the session itself; so few at once that others are not kept waiting. */
const AT_ONCE = 4;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

const read = (id: string, signal: AbortSignal) => ask(api.GET('/organizations/{organizationId}/sessions/{id}/health', { params: { path: { ...here(), id } }, signal }));

export const useHealth = (id: string): Loaded<Health> => useLoad((signal) => read(id, signal), [id]);

/** For a row of a list; `onHealth` hears what it was. */
export function HealthOf({ id, onHealth }: { id: string; onHealth: (health: Health) => void }) {
  const { data, problem } = useLoad((signal) => inTurn(() => read(id, signal)), [id]);
  useEffect(() => {
    if (data) onHealth(data);
  }, [data]);
  if (problem) return <span class="dim">unknown</span>;
  return data ? <HealthPill health={data} /> : <span class="dim">…</span>;
}

export const HealthPill = ({ health: { health } }: { health: Health }) => <Pill tone={HEALTH_TONES[health]}>{health}</Pill>;

export function HealthPanel({ found }: { found: Loaded<Health> }) {
  const { data: health, problem } = found;
  return (
    <Panel title="Health" text={health && HEALTH_TEXTS[health.health]} actions={<Button small icon="refresh" busy={found.loading && health !== undefined} onClick={found.reload}>Refresh</Button>}>
      {!health && (problem ? <Trouble problem={problem} again={found.reload} /> : <Skeleton lines={5} />)}
      {health && (
        <>
          <HealthPill health={health} />
          {health.reasons.length > 0 && (
            <ul class="reasons">
              {health.reasons.map((reason) => <li key={reason}><Icon name={reason === 'no_requests' ? 'info' : 'warn'} size={16} /><span>{reasonText(reason, health)}</span></li>)}
            </ul>
          )}
          <Facts
            facts={[
              ['Last five minutes', `${count(health.recent.requests)} verifications, ${count(health.recent.outcomes)} reported requests`],
              ['Refused', percent(health.recent.refusalRate)],
              ['Server errors', percent(health.recent.serverErrorRate)],
              ['Response time (p95)', milliseconds(health.recent.latencyP95Ms)],
              ['Last used', <Time key="used" at={health.lastUsedAt} />],
              ['Last request', <Time key="request" at={health.lastRequestAt} />],
              ['Keys', Object.entries(health.keys).filter(([, of]) => of).map(([status, of]) => `${count(of)} ${status}`).join(', ') || 'none'],
            ]}
          />
        </>
      )}
    </Panel>
  );
}
