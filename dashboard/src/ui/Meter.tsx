// How much of something is used. A limit of null is none.
import { count } from '../state/clock.ts';

export function Meter({ label, used, limit, unit = '', note }: { label: string; used: number; limit: number | null; unit?: string; note?: string }) {
  const part = limit === null || limit === 0 ? 0 : Math.min(1, used / limit);
  const tone = part >= 1 ? 'bad' : part >= 0.8 ? 'warn' : '';
  const text = limit === null ? `${count(used)}${unit} · no limit` : `${count(used)} of ${count(limit)}${unit}`;
  return (
    <div class="meter">
      <div class="meter-head"><span>{label}</span><span class="figures">{text}</span></div>
      {limit !== null && (
        <svg class={`meter-bar ${tone}`} width="100%" height="6" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={limit} aria-valuenow={Math.min(used, limit)} aria-valuetext={text}>
          <rect class="ground" width="100%" height="6" rx="3" />
          <rect class="filled" width={`${part * 100}%`} height="6" rx="3" />
        </svg>
      )}
      {note && <p class="hint">{note}</p>}
    </div>
  );
}
