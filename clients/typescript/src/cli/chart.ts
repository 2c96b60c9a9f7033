// Usage as a chart of characters: a column for each step, what was let through at the bottom, what was refused on top.
import type { Usage } from '../types.ts';
import { facts, plain } from './print.ts';

const ROWS = 8;
const GOOD = '█';
const REFUSED = '░';

export interface Look {
  /** Characters across. */
  columns: number;
  colour: boolean;
}

export function chart(usage: Usage, { columns, colour }: Look): string {
  const { totals, granularity, from, to } = usage;
  const label = Math.max(6, String(totals.requests).length) + 1;
  const steps = merged(usage.series, Math.max(8, columns - label - 2));
  const top = Math.max(1, ...steps.map(({ requests }) => requests));
  const paint = (text: string, code: number) => (colour && text ? `\u001b[${code}m${text}\u001b[0m` : text);
  const lines = Array.from({ length: ROWS }, (_, at) => {
    // From the top down; a step that has anything shows at least one character.
    const row = ROWS - at;
    const filled = (count: number) => count > 0 && Math.max(1, Math.round((count / top) * ROWS)) >= row;
    const bars = steps.map(({ requests, valid }) => (filled(valid) ? paint(GOOD, 36) : filled(requests) ? paint(REFUSED, 31) : ' ')).join('');
    const mark = row === ROWS ? String(top) : row === 1 ? '0' : '';
    return `${mark.padStart(label)} ┤${bars.trimEnd()}`;
  });
  const [start, end] = [from, to].map((at) => at.slice(0, granularity === 'day' ? 10 : 16).replace('T', ' ')) as [string, string];
  const axis = `${' '.repeat(label)} └${'─'.repeat(steps.length)}`;
  const ends = `${' '.repeat(label + 2)}${start}${end.padStart(Math.max(end.length + 1, steps.length - start.length))}`;
  const share = totals.successRate === null ? '-' : `${(totals.successRate * 100).toFixed(1)} %`;
  const codes = Object.entries(totals.byCode).sort(([, a], [, b]) => Number(b) - Number(a)).map(([code, count]) => `${plain(code)} ${count}`).join(', ');
  const { outcomes } = totals;
  const summary: [string, unknown][] = [['requests', totals.requests], ['let through', `${totals.valid} (${share})`], ['refused', totals.refused], ['by code', codes]];
  if (outcomes && outcomes.totalRequests > 0) summary.push(['failed', `${outcomes.failedRequests} of ${outcomes.totalRequests} that were told`], ['p95', outcomes.latencyMs ? `${outcomes.latencyMs.p95} ms` : null]);
  summary.push(['last used', usage.lastUsed?.at]);
  return [...lines, axis, ends, '', `${GOOD} let through  ${REFUSED} refused, by ${granularity}`, '', facts(summary)].join('\n');
}

type Step = Pick<Usage['series'][number], 'requests' | 'valid'>;

/** So many steps at most: neighbours are added up. */
function merged(series: readonly Step[], most: number): Step[] {
  const together = Math.ceil(series.length / most) || 1;
  return Array.from({ length: Math.ceil(series.length / together) }, (_, at) =>
    series.slice(at * together, (at + 1) * together).reduce<Step>((sum, { requests, valid }) => ({ requests: sum.requests + requests, valid: sum.valid + valid }), { requests: 0, valid: 0 }));
}
