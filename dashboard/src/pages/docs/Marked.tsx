// Text of the description, in which code stands between backticks.

export function Marked({ text }: { text: string }) {
  return <>{text.split(/(`[^`]+`)/).map((part, index) => (part.startsWith('`') && part.length > 2 ? <code key={index} class="tick-code">{part.slice(1, -1)}</code> : part))}</>;
}

const TONES: Record<string, string> = { GET: 'info', POST: 'good', PUT: 'warn', PATCH: 'warn', DELETE: 'bad' };

/** GET, POST, … in letters of one width, so that what stands behind them begins at the same place. */
export const Method = ({ method }: { method: string }) => (
  <span class={`docs-method ${TONES[method] ?? ''}`}>{method === 'DELETE' ? <><span aria-hidden="true">DEL</span><span class="unseen">DELETE</span></> : method}</span>
);
