// The time, as a signal that moves every half minute, and how moments are written for people.
import { signal } from '@preact/signals';

export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 30_000);

const STEPS: [number, Intl.RelativeTimeFormatUnit][] = [[60, 'second'], [60, 'minute'], [24, 'hour'], [30, 'day'], [12, 'month'], [Infinity, 'year']];
const brief = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
const full = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** "3 min. ago", "in 2 days". */
export function ago(at: string | number, reference = now.value): string {
  let amount = (new Date(at).getTime() - reference) / 1000;
  if (Math.abs(amount) < 45) return 'just now';
  // Rounded first, or it would be 60 seconds, 24 hours.
  for (const [size, unit] of STEPS) {
    if (Math.abs(Math.round(amount)) < size) return brief.format(Math.round(amount), unit).replace('.', '');
    amount /= size;
  }
  return full.format(new Date(at));
}

/** "Jan 2, 2026, 3:04 AM", in the time zone of the browser. */
export const moment = (at: string | number): string => full.format(new Date(at));
const dayInUtc = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
/** "Jan 2, 2026". */
export const date = (at: string | number, zone?: 'UTC'): string => (zone ? dayInUtc : day).format(new Date(at));

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
/** 12,345 */
export const count = (value: number): string => whole.format(value);
/** 12.3K */
export const compact = (value: number): string => (Math.abs(value) < 10_000 ? whole.format(value) : short.format(value));
/** 99.4 % */
export const percent = (part: number): string => `${(part * 100).toFixed(part > 0.999 && part < 1 ? 2 : part === 1 || part === 0 ? 0 : 1)} %`;
