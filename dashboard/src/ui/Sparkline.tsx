// A row of small bars: the course of something in a cell of a table. What it shows is said in `label`. All bars of a kind
// are one shape: a table has thousands of them.
export function Sparkline({ values, label, width = 90, height = 22, bad }: { values: readonly number[]; label: string; width?: number; height?: number; /** How much of each bar was refused. */ bad?: readonly number[] }) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  const wide = Math.max(1, step - 1);
  const box = (index: number, tall: number) => `M${(index * step).toFixed(2)} ${height}v${-tall.toFixed(2)}h${wide.toFixed(2)}v${tall.toFixed(2)}z`;
  const draw = (tall: (value: number, index: number) => number) => values.map((value, index) => (tall(value, index) > 0 ? box(index, tall(value, index)) : '')).join('');
  const bar = (value: number) => (value === 0 ? 0 : Math.max(2, (value / most) * height));
  const refused = (value: number, index: number) => (bad?.[index] ? Math.min(bar(value), Math.max(1.5, (bad[index] / most) * height)) : 0);
  return (
    <svg class="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path class="none" d={draw((value) => (value === 0 ? 1 : 0))} />
      <path class="bar" d={draw(bar)} />
      <path class="bad" d={draw(refused)} />
    </svg>
  );
}
