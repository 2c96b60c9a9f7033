// Inviting somebody: the link is in the answer, this once.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { useForget } from '../../state/leave.ts';
import { useSubmit } from '../../state/load.ts';
import { here, role, ROLES, type Role } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble, Select, TextField } from '../../ui/Field.tsx';
import { LinkOnce } from '../../ui/LinkOnce.tsx';
import { ROLE_TEXTS } from '../members.tsx';

export function InviteDialog({ onClose, onInvited }: { onClose: () => void; onInvited: () => void }) {
  const [email, setEmail] = useState('');
  const [chosen, setChosen] = useState<Role>('member');
  const [link, setLink] = useState<{ token: string; url: string | null }>();
  useForget(() => setLink(undefined));
  const sending = useSubmit(async () => {
    const { token, url } = await ask(api.POST('/organizations/{organizationId}/invitations', { params: { path: here() }, body: { role: chosen, ...(email.trim() ? { email: email.trim() } : {}) } }));
    setLink({ token, url });
    onInvited();
  });
  if (link) {
    return (
      <Dialog title="The invitation" onClose={onClose} actions={<Button look="primary" onClick={onClose}>Done</Button>}>
        <p>{email ? <>Only <strong>{email}</strong> can accept it.</> : <><strong>Whoever has the link can accept it</strong>, once.</>} It is good for 7 days and shown this once.</p>
        <LinkOnce path="/invitation" link={link} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title="Invite somebody"
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Make the link</Button></>}
    >
      <TextField label="E-mail" type="email" optional value={email} onValue={setEmail} error={sending.at('email')} autofocus hint="With an address, only its account can accept." placeholder="alan@example.com" />
      <Select label="Role" value={chosen} onValue={setChosen} error={sending.at('role')} choices={ROLES.filter((one) => one !== 'owner' || role.value === 'owner').map((value) => ({ value, label: value }))} hint={`A ${chosen} ${ROLE_TEXTS[chosen]}.`} />
      <FormTrouble problem={sending.problem} fields={['email', 'role']} />
    </Dialog>
  );
}
