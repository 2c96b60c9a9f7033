// Rows under headings. Where there is no room each row becomes a card whose values carry their headings.
import type { ComponentChildren } from 'preact';
import { Button } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { SkeletonRows } from './Skeleton.tsx';
import { Trouble } from './Trouble.tsx';
import type { Problem } from '../api/problem.ts';

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** Right-aligned, with figures of one width. */
  numeric?: boolean;
  /** Takes what room is left. */
  grow?: boolean;
  /** Buttons at the end of the row; its heading is for screen readers only. */
  actions?: boolean;
  /** Stays on one line where rows are rows: for what is known to be short. */
  tight?: boolean;
  /** Left out below 1000 px, where the other columns need the room. */
  extra?: boolean;
  /** Whether rows can be sorted by it. */
  sortable?: boolean;
}

export interface Sorting {
  by: string;
  descending: boolean;
}

export interface TableProps<Row> {
  /** What the table is of, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  /** Undefined while they are being read. */
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  /** Instead of a table without rows. */
  empty?: ComponentChildren;
  problem?: Problem | undefined;
  again?: () => void;
  hasMore?: boolean;
  loadingMore?: boolean;
  onMore?: () => void;
  sorting?: Sorting;
  onSort?: (sorting: Sorting) => void;
  /** A class for a row, such as `dim`. */
  rowClass?: (row: Row) => string;
}

export function Table<Row>({ label, columns, rows, rowKey, empty, problem, again, hasMore, loadingMore, onMore, sorting, onSort, rowClass }: TableProps<Row>) {
  if (problem && !rows) return <Trouble problem={problem} again={again} />;
  if (rows?.length === 0 && empty && !hasMore) return <>{empty}</>;
  return (
    <div class="table-frame">
      <table class="table" role="table" aria-label={label} aria-busy={!rows}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => <Heading key={column.key} column={column} sorting={sorting} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows
            ? rows.map((row) => (
              <tr role="row" key={rowKey(row)} class={rowClass?.(row)}>
                <Cells columns={columns} row={row} />
              </tr>
            ))
            : <SkeletonRows columns={columns.length} />}
        </tbody>
      </table>
      {problem && rows && <Trouble problem={problem} again={again} />}
      {hasMore && onMore && (
        <div class="table-more"><Button busy={loadingMore} onClick={onMore}>Load more</Button></div>
      )}
    </div>
  );
}

const kind = <Row,>({ key, numeric, grow, actions, tight, extra }: Column<Row>) => [`c-${key}`, numeric && 'numeric', grow && 'grow', actions && 'actions', tight && 'tight', extra && 'extra'].filter(Boolean).join(' ');

/** The heading of a column, which sorts by it if it can. */
export function Heading<Row>({ column, sorting, onSort }: { column: Column<Row>; sorting: Sorting | undefined; onSort: ((sorting: Sorting) => void) | undefined }) {
  const sorted = sorting?.by === column.key;
  return (
    <th scope="col" role="columnheader" class={kind(column)} aria-sort={sorted ? (sorting.descending ? 'descending' : 'ascending') : undefined}>
      {column.sortable && onSort
        ? (
          <button type="button" class={`sort ${sorted ? 'sorted' : ''}`} onClick={() => onSort({ by: column.key, descending: sorted ? !sorting.descending : true })}>
            {column.title}<Icon name="down" size={14} class={sorted && !sorting.descending ? 'turned' : ''} />
          </button>
        )
        : <span class={column.actions ? 'unseen' : ''}>{column.title}</span>}
    </th>
  );
}

/** The cells of a row. */
export function Cells<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  return (
    <>
      {columns.map((column) => (
        <td key={column.key} role="cell" class={kind(column)} data-label={column.actions ? undefined : column.title}>{column.cell(row)}</td>
      ))}
    </>
  );
}
