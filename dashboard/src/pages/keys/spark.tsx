// The last 30 days of a key as small bars, in a table. Each is a question of its own to the service, so it is asked only
// for rows that can be seen, a few at a time, and remembered for a while.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { here } from '../../state/organization.ts';
import { watch } from '../../state/visible.ts';
import { Sparkline } from '../../ui/Sparkline.tsx';

interface Course {
  values: number[];
  bad: number[];
}

const DAY = 86_400_000;
const FRESH_MS = 300_000;
const MOST = 5000;
const AT_ONCE = 4;
const known = new Map<string, { at: number; course: Course }>();
const waiting = new Map<string, (course: Course) => void>();
let running = 0;

async function read(id: string): Promise<Course> {
  const from = new Date(Date.now() - 29 * DAY).toISOString();
  const { series } = await ask(api.GET('/organizations/{organizationId}/api_keys/{id}/usage', { params: { path: { ...here(), id }, query: { from, granularity: 'day' } } }));
  const steps = series.slice(-30);
  return { values: steps.map(({ requests }) => requests), bad: steps.map(({ requests, valid }) => requests - valid) };
}

function next(): void {
  const [first] = waiting;
  if (!first || running >= AT_ONCE) return;
  const [id, told] = first;
  waiting.delete(id);
  running += 1;
  read(id)
    .then((course) => {
      if (known.size >= MOST) known.clear();
      known.set(id, { at: Date.now(), course });
      told(course);
    }, () => {})
    .finally(() => {
      running -= 1;
      next();
    });
  next();
}

export function Spark({ id }: { id: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const [course, setCourse] = useState<Course | undefined>(known.get(id)?.course);
  useEffect(() => {
    const kept = known.get(id);
    if (kept && Date.now() - kept.at < FRESH_MS) return setCourse(kept.course);
    const stop = watch(place.current!, (near) => {
      if (!near) return void waiting.delete(id);
      waiting.set(id, (answer) => {
        setCourse(answer);
        stop();
      });
      next();
    }, '60px');
    return () => {
      stop();
      waiting.delete(id);
    };
  }, [id]);
  const sum = (course?.values ?? []).reduce((all, value) => all + value, 0);
  const refused = (course?.bad ?? []).reduce((all, value) => all + value, 0);
  return (
    <span ref={place} class="spark">
      {course && <Sparkline values={course.values} bad={course.bad} width={89} label={sum === 0 ? 'No requests in 30 days' : `${count(sum)} requests in 30 days, ${count(refused)} refused`} />}
    </span>
  );
}
