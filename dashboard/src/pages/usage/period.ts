// The time that usage is shown of: it stands in the query as `period`, or as `from` and `to` for days of one's own.
import { query } from '../../state/router.ts';

export const PERIODS = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '30d', label: '30 d' },
  { value: 'custom', label: 'Custom' },
] as const;
export type PeriodName = (typeof PERIODS)[number]['value'];

export interface Period {
  name: PeriodName;
  from: string;
  to: string;
  granularity: 'hour' | 'day';
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Usage by day is kept for so long. */
export const MOST_DAYS = 400;

/** The day of a moment, in UTC like the steps of usage. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

export const chosenPeriod = (): PeriodName => PERIODS.find(({ value }) => value === query.value.get('period'))?.value ?? '7d';

/** The days that somebody has chosen; the last week until they have. */
export function chosenDays(): { from: string; to: string } {
  const day = (name: string, otherwise: number) => (/^\d{4}-\d\d-\d\d$/.test(query.value.get(name) ?? '') ? query.value.get(name)! : dayOf(otherwise));
  return { from: day('from', Date.now() - 6 * DAY), to: day('to', Date.now()) };
}

/** What is wrong with the chosen days, if something is. */
export function daysTrouble({ from, to }: { from: string; to: string }): string | undefined {
  if (Number.isNaN(Date.parse(from)) || Number.isNaN(Date.parse(to))) return 'Choose two days.';
  if (from > to) return 'The first day is after the last.';
  if ((Date.parse(to) - Date.parse(from)) / DAY > MOST_DAYS) return `At most ${MOST_DAYS} days.`;
  return undefined;
}

/** The times to ask for. */
export function period(name: PeriodName, now = Date.now()): Period {
  const back = (ms: number, granularity: Period['granularity']): Period => ({ name, from: new Date(now - ms).toISOString(), to: new Date(now).toISOString(), granularity });
  if (name === '24h') return back(DAY - HOUR, 'hour');
  if (name === '7d') return back(7 * DAY - HOUR, 'hour');
  if (name === '30d') return back(29 * DAY, 'day');
  const { from, to } = chosenDays();
  const end = Date.parse(to) + DAY;
  // Hours are kept for a month.
  const isFine = end - Date.parse(from) <= 7 * DAY && now - Date.parse(from) < 29 * DAY;
  return { name, from: `${from}T00:00:00.000Z`, to: new Date(end).toISOString(), granularity: isFine ? 'hour' : 'day' };
}

/** Changes when other times have to be asked for. */
export const periodKey = (): string => {
  const name = chosenPeriod();
  return name === 'custom' ? JSON.stringify(chosenDays()) : name;
};
