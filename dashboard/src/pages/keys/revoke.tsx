// Ending a key for good, and switching one off for a while.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { here } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Confirm } from '../../ui/Dialog.tsx';
import { TextField } from '../../ui/Field.tsx';
import { Note } from '../../ui/Page.tsx';
import { Last, useEvidence, Verdict } from './evidence.tsx';
import { LastUsed, shown, since, wordOf, type Key } from './words.tsx';

interface Props {
  apiKey: Key;
  onClose: () => void;
  onChanged: (key: Key) => void;
}

export function RevokeDialog({ apiKey, onClose, onChanged }: Props) {
  const [reason, setReason] = useState('');
  const { data: evidence } = useEvidence(apiKey.id);
  return (
    <Confirm
      title={`Revoke ${apiKey.name}?`}
      action="Revoke key"
      word={wordOf(apiKey)}
      onClose={onClose}
      onConfirm={async () => {
        const key = await ask(api.DELETE('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: apiKey.id } }, body: reason.trim() ? { reason: reason.trim() } : undefined }));
        onChanged(key);
        done(`${apiKey.name} is revoked.${since(key.effectiveAt)}`);
      }}
    >
      <p><code>{shown(apiKey)}</code> ends at once and for good. Whoever still uses it is refused.</p>
      <p>Last used: {evidence ? <Last last={evidence.lastUsed} never="never" /> : <LastUsed at={apiKey.lastUsedAt} />}</p>
      {evidence && <Note tone={evidence.safeToDelete ? 'good' : 'warn'}><Verdict evidence={evidence} /></Note>}
      <TextField label="Reason" optional value={reason} onValue={setReason} maxLength={500} hint="Kept with the key, and in the log." />
    </Confirm>
  );
}

export function DisableDialog({ apiKey, onClose, onChanged }: Props) {
  return (
    <Confirm
      title={`Disable ${apiKey.name}?`}
      action="Disable key"
      onClose={onClose}
      onConfirm={async () => {
        const key = await ask(api.PATCH('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: apiKey.id } }, body: { active: false } }));
        onChanged(key);
        done(`${apiKey.name} is disabled.${since(key.effectiveAt)}`);
      }}
    >
      <p>Whoever uses <code>{shown(apiKey)}</code> is refused until you enable it again.</p>
      <p>Last used: <LastUsed at={apiKey.lastUsedAt} /></p>
    </Confirm>
  );
}
