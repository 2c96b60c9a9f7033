// A table for thousands of rows. It looks like `Table`, but only the rows near the window are in the document: the others
// are kept in groups, and an empty row as tall as the group stands for it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { watch } from '../state/visible.ts';
import { Button } from './Button.tsx';
import { SkeletonRows } from './Skeleton.tsx';
import { Cells, Heading } from './Table.tsx';
import type { Column, TableProps } from './Table.tsx';
import { Trouble } from './Trouble.tsx';

const GROUP = 20;
/** How tall a row is before any was measured. */
const GUESS = 57;

interface Props<Row> extends TableProps<Row> {
  /** Beside "Load more". */
  foot?: ComponentChildren;
  class?: string;
}

export function LongTable<Row>({ label, columns, rows, rowKey, rowClass, empty, problem, again, hasMore = false, loadingMore, onMore, sorting, onSort, foot, class: extra = '' }: Props<Row>) {
  if (problem && !rows) return <Trouble problem={problem} again={again} />;
  if (rows?.length === 0 && empty && !hasMore) return <>{empty}</>;
  const groups = Array.from({ length: Math.ceil((rows?.length ?? 0) / GROUP) }, (_, index) => rows!.slice(index * GROUP, (index + 1) * GROUP));
  return (
    <div class="table-frame">
      <table class={`table long ${extra}`} role="table" aria-label={label} aria-busy={!rows} aria-rowcount={rows && !hasMore ? rows.length + 1 : -1}>
        <thead role="rowgroup">
          <tr role="row" aria-rowindex={1}>{columns.map((column) => <Heading key={column.key} column={column} sorting={sorting} onSort={onSort} />)}</tr>
        </thead>
        {rows
          ? groups.map((group, index) => <Group key={index} {...{ group, index, columns, rowKey, rowClass }} />)
          : <tbody role="rowgroup"><SkeletonRows columns={columns.length} rows={8} /></tbody>}
      </table>
      {problem && rows && <Trouble problem={problem} again={again} />}
      {((hasMore && onMore) || foot) && (
        <div class="table-more">
          {foot}
          {hasMore && onMore && <Button busy={loadingMore} onClick={onMore}>Load more</Button>}
        </div>
      )}
    </div>
  );
}

function Group<Row>({ group, index, columns, rowKey, rowClass }: { group: readonly Row[]; index: number; columns: readonly Column<Row>[]; rowKey: (row: Row) => string; rowClass: ((row: Row) => string) | undefined }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const height = useRef(0);
  const [near, setNear] = useState(index < 4);
  useEffect(() => watch(body.current!, (now) => {
    // Where the focus is stays, or it would be lost.
    if (!now && body.current?.contains(document.activeElement)) return;
    if (!now && body.current && !body.current.ariaHidden) height.current = body.current.offsetHeight / group.length;
    setNear(now);
  }, '900px'), []);
  if (!near) {
    return (
      <tbody ref={body} aria-hidden="true">
        <tr class="gap" ref={(row) => row?.style.setProperty('height', `${(height.current || GUESS) * group.length}px`)}><td colSpan={columns.length} /></tr>
      </tbody>
    );
  }
  return (
    <tbody ref={body} role="rowgroup">
      {group.map((row, place) => (
        <tr role="row" key={rowKey(row)} aria-rowindex={index * GROUP + place + 2} class={rowClass?.(row)}>
          <Cells columns={columns} row={row} />
        </tr>
      ))}
    </tbody>
  );
}
