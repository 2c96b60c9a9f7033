// Changing a key. Only what was changed is sent.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { useLoad, useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble } from '../../ui/Field.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { changed, draftOf, type Draft } from './draft.ts';
import { fieldsOf, KeyFields } from './form.tsx';
import { since, type Key } from './words.tsx';

export function EditDialog({ apiKey, onClose, onChanged }: { apiKey: Key; onClose: () => void; onChanged: (key: Key) => void }) {
  // A list may be a moment behind: the form begins with what the key's owner says.
  const { data, problem, reload } = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: apiKey.id } }, signal })), [apiKey.id]);
  const [edited, setEdited] = useState<Draft>();
  const before = data && draftOf(data);
  const draft = edited ?? before;
  const sending = useSubmit(async () => {
    if (!before || !draft) return;
    const body = changed(before, draft);
    if (Object.keys(body).length === 0) return onClose();
    const key = await ask(api.PATCH('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id: apiKey.id } }, body }));
    onChanged(key);
    done(`${key.name} is changed.${since(key.effectiveAt)}`);
    onClose();
  });
  return (
    <Dialog
      title={`Edit ${apiKey.name}`}
      wide
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" disabled={!draft} busy={sending.busy}>Save changes</Button></>}
    >
      {problem && <Trouble problem={problem} again={reload} />}
      {!draft && !problem && <Skeleton lines={6} />}
      {draft && (
        <>
          <KeyFields draft={draft} onDraft={(changes) => setEdited({ ...draft, ...changes })} sending={sending} fixed />
          <FormTrouble problem={sending.problem} fields={fieldsOf(draft)} />
        </>
      )}
    </Dialog>
  );
}
