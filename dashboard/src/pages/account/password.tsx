// Another password. Every other sign-in ends.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { account } from '../../state/account.ts';
import { useSubmit } from '../../state/load.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { FormTrouble, PasswordField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';
import { signInsChanged } from './sign-ins.tsx';

export function Password() {
  const [currentPassword, setCurrent] = useState('');
  const [newPassword, setNew] = useState('');
  const sending = useSubmit(async () => {
    account.value = await ask(api.POST('/auth/password', { body: { currentPassword, newPassword } }));
    setCurrent('');
    setNew('');
    signInsChanged.value += 1;
    done('Your password is changed. You are signed out everywhere else.');
  });
  return (
    <Panel title="Password" text="You will be signed out everywhere but here.">
      <form noValidate class="stack" onSubmit={sending.submit}>
        <div class="two">
          <PasswordField label="Current password" autocomplete="current-password" value={currentPassword} onValue={setCurrent} error={sending.at('currentPassword')} />
          <PasswordField label="New password" autocomplete="new-password" value={newPassword} onValue={setNew} error={sending.at('newPassword')} />
        </div>
        <FormTrouble problem={sending.problem} fields={['currentPassword', 'newPassword']} />
        <div><Button type="submit" disabled={!currentPassword || !newPassword} busy={sending.busy}>Change password</Button></div>
      </form>
    </Panel>
  );
}
