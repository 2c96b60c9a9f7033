// A moment, as people say it; the tip has the exact one.
import { ago, moment } from '../state/clock.ts';

export function Time({ at, never = 'Never', tone = '' }: { at: string | null; never?: string; tone?: 'good' | 'warn' | 'bad' | 'dim' | '' }) {
  if (at === null) return <span class="dim">{never}</span>;
  return <time dateTime={at} title={moment(at)} class={tone}>{ago(at)}</time>;
}
