// Rate limits in a form: a row for each, with a name, how many, and within which time.
import type { Submission } from '../../state/load.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Select, TextField } from '../../ui/Field.tsx';
import { windowText, type Window } from './words.ts';

export interface LimitRow {
  name: string;
  limit: string;
  windowMs: number;
}

/** A session, and a key, have at most so many. */
const MOST = 8;
const WINDOWS = [1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000];

export const rowsOf = (limits: readonly Window[]): LimitRow[] => limits.map(({ name, limit, windowMs }) => ({ name, limit: String(limit), windowMs }));
export const limitsOf = (rows: readonly LimitRow[]): Window[] => rows.map(({ name, limit, windowMs }) => ({ name: name.trim(), limit: Number(limit), windowMs }));
/** The fields of the form, for what is said beside them. */
export const limitFields = (rows: readonly LimitRow[]): string[] => rows.flatMap((_, index) => [`rateLimits/${index}/name`, `rateLimits/${index}/limit`, `rateLimits/${index}/windowMs`]);

export function RateLimits({ rows, onRows, at, text }: { rows: readonly LimitRow[]; onRows: (rows: LimitRow[]) => void; at: Submission['at']; text: string }) {
  const change = (index: number, changed: Partial<LimitRow>) => onRows(rows.map((row, other) => (other === index ? { ...row, ...changed } : row)));
  const fresh = () => ['minute', 'burst', 'daily', 'hourly', 'more'].find((name) => !rows.some((row) => row.name === name)) ?? '';
  return (
    <div class="stack">
      <div>
        <p class="field-title">Rate limits</p>
        <p class="hint">{text}</p>
      </div>
      {rows.map((row, index) => (
        <div class="limit-row" key={index}>
          <TextField label={`Name of limit ${index + 1}`} value={row.name} onValue={(name) => change(index, { name })} error={at(`rateLimits/${index}/name`)} mono />
          <TextField label="Requests" type="number" min={1} value={row.limit} onValue={(limit) => change(index, { limit })} error={at(`rateLimits/${index}/limit`)} />
          <Select
            label="Within a"
            value={String(row.windowMs)}
            onValue={(value) => change(index, { windowMs: Number(value) })}
            choices={[...new Set([...WINDOWS, row.windowMs])].sort((a, b) => a - b).map((ms) => ({ value: String(ms), label: windowText(ms) }))}
            error={at(`rateLimits/${index}/windowMs`)}
          />
          <IconButton icon="trash" label={`Take limit ${index + 1} away`} onClick={() => onRows(rows.filter((_, other) => other !== index))} />
        </div>
      ))}
      {rows.length < MOST && <div><Button small icon="plus" onClick={() => onRows([...rows, { name: fresh(), limit: '100', windowMs: 60_000 }])}>Add a limit</Button></div>}
    </div>
  );
}
