// Creating a key.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { here } from '../../state/organization.ts';
import { blank, created, type Draft } from './draft.ts';
import { fieldsOf, KeyFields } from './form.tsx';
import { IssueDialog, type Issued } from './issue.tsx';

export function CreateDialog({ sessionId, onClose, onIssued }: { /** Chosen already. */ sessionId?: string; onClose: () => void; onIssued: (key: Issued) => void }) {
  const [draft, setDraft] = useState<Draft>(() => blank(sessionId));
  return (
    <IssueDialog
      title="Create a key"
      action="Create key"
      revealed="Your new key"
      fields={fieldsOf(draft)}
      onClose={onClose}
      onIssued={onIssued}
      send={async (once) => {
        const body = created(draft);
        return await ask(api.POST('/organizations/{organizationId}/api_keys', { params: { path: here(), header: { 'Idempotency-Key': once(body) } }, body }));
      }}
    >
      {(sending) => <KeyFields draft={draft} onDraft={(changes) => setDraft((before) => ({ ...before, ...changes }))} sending={sending} />}
    </IssueDialog>
  );
}
