// A copy of the audit log to keep, and how anybody can check that nothing in it was changed.
import { useState } from 'preact/hooks';
import type { Schema } from '../../api/client.ts';
import { dayOf } from '../usage/period.ts';
import { here } from '../../state/organization.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Code, Copy } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { TextField } from '../../ui/Field.tsx';

/** The way of the browser itself: it saves as it reads, however long the log is. */
export function exportPath(after: number): string {
  const path = `/organizations/${here().organizationId}/audit_log/export`;
  return after > 0 ? `${path}?after=${after}` : path;
}

export function ExportDialog({ head, onClose }: { head: Schema<'AuditHead'> | null; onClose: () => void }) {
  const [from, setFrom] = useState('');
  const after = /^\d+$/.test(from.trim()) ? Number(from) : 0;
  const name = `audit-${dayOf(Date.now())}.ndjson`;
  const noted = head ? ` \\\n  --head ${head.seq}:${head.hash}` : '';
  return (
    <Dialog
      wide
      title="Export the audit log"
      onClose={onClose}
      actions={<><Button look="quiet" onClick={onClose}>Close</Button><LinkButton look="primary" icon="download" href={exportPath(after)} download={name}>Download NDJSON</LinkButton></>}
    >
      <p>One JSON object a line, oldest entry first, as it is stored. Each entry’s hash covers the one before it, so a copy proves by itself that nothing was changed, left out or put in.</p>
      <TextField label="Only entries after number" type="number" min={0} value={from} onValue={setFrom} optional placeholder="0" hint="Empty for all. To go on with an earlier copy, give the number of its last entry." />
      <div class="explained">
        <p class="field-title">Check it offline</p>
        <p class="hint">Anywhere where this project is checked out; nobody is asked.</p>
        <Code text={`npm run verify-audit -- ${name}${noted}`} label="Copy the command" />
      </div>
      {head && (
        <div>
          <p class="field-title">The head right now</p>
          <p class="hint">Keep it somewhere else: later it proves that everything up to entry {head.seq} is still the same.</p>
          <p class="pills"><code class="hash">{head.seq}:{head.hash}</code> <Copy text={`${head.seq}:${head.hash}`} label="Copy the head" /></p>
        </div>
      )}
    </Dialog>
  );
}
