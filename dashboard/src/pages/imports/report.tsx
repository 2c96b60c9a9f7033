// What a dry run has found, or an import has done: three numbers, and what was skipped and why, to be read and to be kept.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { count } from '../../state/clock.ts';
import { save } from '../../state/download.ts';
import { Button } from '../../ui/Button.tsx';
import { LongTable } from '../../ui/LongTable.tsx';
import { Panel, Stat } from '../../ui/Page.tsx';
import type { Column } from '../../ui/Table.tsx';
import type { Skipped } from './rows.ts';
import type { Standing } from './run.ts';

/** So many are shown; the file has all. */
const SHOWN = 1000;

/** What comes in the place of something that was pressed: the focus goes there, so that it is read next. */
export function Arrived({ children }: { children: ComponentChildren }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, []);
  return <div class="arrived" tabIndex={-1} ref={place}>{children}</div>;
}

export function Figures({ standing: { records, imported, existing, skipped }, dryRun }: { standing: Standing; dryRun: boolean }) {
  return (
    <div class="stats thirds">
      <Stat label={dryRun ? 'Would be imported' : 'Imported'} value={count(imported)} note={`of ${count(records)} record${records === 1 ? '' : 's'}`} />
      <Stat label="There already" value={count(existing)} note="nothing is changed about them" />
      <Stat label="Skipped" value={count(skipped)} tone={skipped > 0 ? 'warn' : ''} note={skipped > 0 ? 'see below why' : 'nothing is wrong'} />
    </div>
  );
}

const called = (...names: (string | undefined)[]): string => names.filter(Boolean).join(' · ');

const COLUMNS: Column<Skipped>[] = [
  { key: 'record', title: 'Record', cell: ({ record, name, externalId }) => <div class="record"><span class="cell-title">Record {count(record)}</span>{(name ?? externalId) && <span class="cell-sub clip" title={called(name, externalId)}>{called(name, externalId)}</span>}</div> },
  { key: 'field', title: 'Field', cell: ({ field }) => (field ? <code>{field.slice(1)}</code> : <span class="dim">–</span>) },
  { key: 'why', title: 'Why', grow: true, cell: ({ message, reason }) => <span>{message}<span class="cell-sub mono">{reason}</span></span> },
];

/** One line each, as the command line writes them. It never has a key. */
const lines = (skipped: readonly Skipped[]): string => skipped.map(({ record, reason, field, message, name, externalId }) => `${JSON.stringify({ record, reason, field, message, name, externalId })}\n`).join('');

export function SkippedPanel({ skipped, name }: { skipped: readonly Skipped[]; name: string }) {
  if (skipped.length === 0) return null;
  const keep = () => save(new Blob([lines(skipped)], { type: 'application/x-ndjson' }), `${name.replaceAll(' ', '-')}.skipped.jsonl`);
  return (
    <Panel
      flush
      title="Skipped"
      text={`Mend these records and import again: what is there already is only counted.${skipped.length > SHOWN ? ` The first ${count(SHOWN)} are shown; the report has all.` : ''}`}
      actions={<Button icon="download" onClick={keep}>Download the report</Button>}
    >
      <LongTable label="Skipped records" columns={COLUMNS} rows={skipped.slice(0, SHOWN)} rowKey={({ record }) => String(record)} />
    </Panel>
  );
}
