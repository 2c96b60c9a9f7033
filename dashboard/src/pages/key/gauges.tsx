// What is left of the limits of a key, kept up to date while somebody looks at it.
import { useRef } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { ago, count } from '../../state/clock.ts';
import { here } from '../../state/organization.ts';
import { useNear, usePolling } from '../../state/visible.ts';
import { Button } from '../../ui/Button.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Time } from '../../ui/Time.tsx';
import type { Key } from '../keys/words.tsx';

const EVERY_MS = 5000;

export function Gauges({ apiKey: key, onKey, onEdit }: { apiKey: Key; onKey: (key: Key) => void; onEdit?: (() => void) | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  const near = useNear(place);
  const limited = key.rateLimits.length > 0 || key.credits !== null;
  const busy = useRef(false);
  usePolling(() => {
    if (busy.current) return;
    busy.current = true;
    // What fails now is asked again soon.
    ask(api.GET('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: key.id } } })).then(onKey, () => {}).finally(() => (busy.current = false));
  }, EVERY_MS, near && limited && key.status !== 'revoked');
  return (
    <div ref={place} class="gauges">
      {!limited && <p class="soft">It has no limits of its own; those of its session and of the plan hold.</p>}
      {!limited && onEdit && <p><Button small icon="plus" onClick={onEdit}>Set a limit</Button></p>}
      {key.rateLimits.map(({ name, limit, windowMs, remaining = limit, resetMs }) => (
        <Meter key={name} label={`${name}, ${window(windowMs)}`} used={limit - remaining} limit={limit} note={resetMs ? `More ${ago(Date.now() + resetMs, Date.now())}` : undefined} />
      ))}
      {key.credits && (
        <div class="meter">
          <div class="meter-head"><span>Credits left</span><span class="figures">{count(key.credits.remaining)}</span></div>
          {key.credits.refill && <p class="hint">Filled up to {count(key.credits.refill.amount)} <Time at={key.credits.refill.nextAt} /></p>}
        </div>
      )}
    </div>
  );
}

const NAMES: Record<number, string> = { 1000: 'a second', 60_000: 'a minute', 3_600_000: 'an hour', 86_400_000: 'a day' };
const window = (ms: number): string => NAMES[ms] ?? `in ${count(ms / 1000)} s`;
