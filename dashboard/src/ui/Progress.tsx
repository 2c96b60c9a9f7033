// How far something is that takes a while.
/** `share`: from 0 to 1. */
export function Progress({ label, share, text }: { label: string; share: number; text: string }) {
  const whole = Math.floor(share * 100);
  return (
    <div class="meter">
      <div class="meter-head"><span>{label}</span><span class="figures">{text} · {whole} %</span></div>
      <svg class="meter-bar" width="100%" height="6" role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={whole} aria-valuetext={`${whole} %, ${text}`}>
        <rect class="ground" width="100%" height="6" rx="3" />
        <rect class="filled" width={`${whole}%`} height="6" rx="3" />
      </svg>
    </div>
  );
}
