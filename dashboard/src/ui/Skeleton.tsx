// The shape of what is being read, so that nothing jumps when it is there.

/** Some lines of text. */
export function Skeleton({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{label}</span>
      {Array.from({ length: lines }, (_, line) => <span key={line} class={`bone w${(line * 3) % 4}`} aria-hidden="true" />)}
    </div>
  );
}

/** Rows of a table. */
export function SkeletonRows({ columns, rows = 5 }: { columns: number; rows?: number }) {
  return (
    <>
      {Array.from({ length: rows }, (_, row) => (
        <tr key={row} role="row" class="skeleton-row">
          {Array.from({ length: columns }, (_, column) => <td key={column} role="cell"><span class={`bone w${(row + column) % 4}`} /></td>)}
        </tr>
      ))}
    </>
  );
}
