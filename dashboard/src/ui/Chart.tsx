// A chart over time, drawn by uPlot, which is loaded when the first chart is shown; and the same figures as a table.
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { compact, count, date, moment } from '../state/clock.ts';
import { painted } from '../state/theme.ts';
import { Skeleton } from './Skeleton.tsx';

export type ChartTone = 'accent' | 'good' | 'warn' | 'bad' | 'violet' | 'dim';

export interface Series {
  label: string;
  tone: ChartTone;
  /** One for each moment; null is a gap. */
  values: readonly (number | null)[];
}

interface Props {
  /** What is shown, for screen readers and above the table. */
  label: string;
  /** When, in seconds; each begins a step. */
  times: readonly number[];
  series: readonly Series[];
  /** Bars are stacked; lines are not. */
  kind?: 'bars' | 'lines';
  unit?: string;
  height?: number;
}

export default function Chart({ label, times, series, kind = 'bars', unit = '', height = 220 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState<typeof uPlot>();
  useEffect(() => {
    void Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]).then(([{ default: plot }]) => setReady(() => plot));
  }, []);
  const theme = painted.value;
  useEffect(() => {
    const element = place.current;
    if (!ready || !element) return;
    const plot = new ready(options(ready, element, { times, series, kind, unit, height }), stacked(times, series, kind), element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [ready, times, series, kind, theme]);
  return (
    <figure class="chart">
      <figcaption class="chart-legend">
        {series.map(({ label: name, tone }) => <span key={name} class={`legend ${tone}`}>{name}</span>)}
      </figcaption>
      <div ref={place} class={`chart-place ${height < 220 ? 'short' : ''}`} role="img" aria-label={label}>{!ready && <Skeleton lines={4} />}</div>
      <details class="chart-table">
        <summary>Show as a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          <table class="table plain">
            <caption class="unseen">{label}</caption>
            <thead><tr><th scope="col">Time</th>{series.map(({ label: name }) => <th key={name} scope="col" class="numeric">{name}</th>)}</tr></thead>
            <tbody>
              {times.map((time, index) => (
                <tr key={time}>
                  <th scope="row">{stamp(time, times)}</th>
                  {series.map(({ label: name, values }) => <td key={name} class="numeric">{values[index] == null ? '–' : `${count(values[index])}${unit}`}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

const DAY = 86_400;
/** A step in words: its day, in UTC, or its moment. */
const stamp = (time: number, times: readonly number[]): string => ((times[1] ?? 0) - (times[0] ?? 0) >= DAY ? date(time * 1000, 'UTC') : moment(time * 1000));

/** Bars stand on each other: the first series is drawn last, at the bottom. */
function stacked(times: readonly number[], series: readonly Series[], kind: 'bars' | 'lines'): uPlot.AlignedData {
  if (kind === 'lines') return [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  const sums = series.map((_, last) => times.map((_, at) => series.slice(0, last + 1).reduce((sum, { values }) => sum + (values[at] ?? 0), 0)));
  return [[...times], ...sums.reverse()] as uPlot.AlignedData;
}

function options(plot: typeof uPlot, element: HTMLElement, { times, series, kind, unit, height }: Required<Omit<Props, 'label'>>): uPlot.Options {
  const style = getComputedStyle(element);
  // A canvas knows no `light-dark()`: an element says what comes of it. A new one each time, which nothing can be under way in.
  const colour = (name: string) => {
    const probe = document.createElement('i');
    probe.style.color = `var(--chart-${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const [text, grid] = [colour('text'), colour('grid')];
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const drawn = series.map(({ label, tone }) => ({
    label,
    stroke: colour(tone),
    width: kind === 'bars' ? 0 : 1.5,
    // A moment between gaps would be no line at all.
    points: kind === 'bars' ? { show: false } : { size: 4, fill: colour(tone) },
    ...(kind === 'bars' ? { fill: colour(tone), paths: plot.paths.bars!({ size: [0.75, 48] }) } : {}),
  }));
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { show: kind === 'lines' }, drag: { x: false, y: false } },
    scales: {
      // A bar stands above its step, which has room on both sides.
      x: { range: (_, min, max) => (kind === 'bars' ? [min - step / 2, max + step / 2] : [min, max]) },
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
    },
    // Days are those of UTC, wherever the browser is.
    ...(step >= DAY ? { tzDate: (at: number) => plot.tzDate(new Date(at * 1000), 'Etc/UTC') } : {}),
    axes: [{ ...axis, grid: { show: false }, ...(step >= DAY ? { incrs: [1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * DAY) } : {}) }, { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) || kind === 'lines' ? `${compact(tick)}${unit}` : '')) }],
    series: [{}, ...(kind === 'bars' ? drawn.reverse() : drawn)],
    plugins: [tip(times, series, unit)],
  };
}

/** The figures at the pointer, in a box that follows it. */
function tip(times: readonly number[], series: readonly Series[], unit: string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'chart-tip';
  box.hidden = true;
  return {
    hooks: {
      init: (plot) => void plot.over.append(box),
      setCursor: (plot) => {
        const { idx, left = 0 } = plot.cursor;
        const time = idx == null ? undefined : times[idx];
        box.hidden = time === undefined || left < 0;
        if (idx == null || time === undefined) return;
        const head = document.createElement('p');
        head.textContent = stamp(time, times);
        const lines = series.map(({ label, tone, values }) => {
          const line = document.createElement('p');
          line.className = `legend ${tone}`;
          line.textContent = `${label} ${values[idx] == null ? '–' : count(values[idx]) + unit}`;
          return line;
        });
        box.replaceChildren(head, ...lines);
        // Through the object model: the policy knows no style attributes.
        box.style.left = `${Math.min(left + 12, plot.over.clientWidth - box.offsetWidth - 4)}px`;
      },
    },
  };
}
