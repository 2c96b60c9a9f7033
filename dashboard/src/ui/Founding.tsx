// A new organization. Its first key is shown once, here.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { home } from '../home.ts';
import { loadAccount } from '../state/account.ts';
import { useForget } from '../state/leave.ts';
import { useSubmit } from '../state/load.ts';
import { go } from '../state/router.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { Empty } from './Empty.tsx';
import { FormTrouble, TextField } from './Field.tsx';
import { PageHead } from './Page.tsx';
import { RevealKey } from './Reveal.tsx';

/** For who belongs to none. */
export function Founding() {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <PageHead title="Welcome" />
      <Empty icon="sessions" title="You do not belong to an organization yet" action={<Button look="primary" icon="plus" onClick={() => setAsked(true)}>New organization</Button>}>
        <p>Found one for your team, or open the invitation link that somebody sent you.</p>
      </Empty>
      {asked && <FoundingDialog onClose={() => setAsked(false)} />}
    </>
  );
}

export function FoundingDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [founded, setFounded] = useState<{ id: string; key: string } | null>(null);
  useForget(() => setFounded(null));
  const sending = useSubmit(async () => {
    const { organization, apiKey } = await ask(api.POST('/organizations', { body: { name } }));
    setFounded({ id: organization.id, key: apiKey.key });
  });
  const leave = async () => {
    const id = founded?.id;
    await loadAccount();
    onClose();
    if (id) go(home(id));
  };
  if (founded) {
    return (
      <Dialog title={`${name} is founded`} onClose={() => void leave()} actions={<Button look="primary" onClick={() => void leave()}>I have kept the key</Button>}>
        <p>Its first key, with full access. <strong>It is shown this once</strong>: keep it in a safe place, or revoke it later and issue another.</p>
        <RevealKey value={founded.key} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title="New organization"
      onClose={onClose}
      onSubmit={sending.submit}
      actions={(
        <>
          <Button look="quiet" onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={sending.busy}>Create organization</Button>
        </>
      )}
    >
      <p>Keys, sessions and members belong to one organization each. You will own this one.</p>
      <TextField label="Name" value={name} onValue={setName} error={sending.at('name')} required maxLength={100} autofocus placeholder="Acme" />
      <FormTrouble problem={sending.problem} fields={['name']} />
    </Dialog>
  );
}
