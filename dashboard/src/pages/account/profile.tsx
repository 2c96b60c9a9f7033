// The name by which others see one.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { account, type Account } from '../../state/account.ts';
import { useSubmit } from '../../state/load.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { FormTrouble, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';

export function Profile({ who }: { who: Account }) {
  const [firstName, setFirst] = useState(who.firstName);
  const [lastName, setLast] = useState(who.lastName);
  const sending = useSubmit(async () => {
    account.value = await ask(api.PATCH('/auth/user', { body: { firstName, lastName } }));
    done('Your name is saved.');
  });
  const changed = firstName !== who.firstName || lastName !== who.lastName;
  return (
    <Panel title="Name" text="How others see you in members and audit logs.">
      <form noValidate class="stack" onSubmit={sending.submit}>
        <div class="two">
          <TextField label="First name" autocomplete="given-name" value={firstName} onValue={setFirst} error={sending.at('firstName')} maxLength={100} />
          <TextField label="Last name" autocomplete="family-name" value={lastName} onValue={setLast} error={sending.at('lastName')} maxLength={100} />
        </div>
        <FormTrouble problem={sending.problem} fields={['firstName', 'lastName']} />
        <div><Button type="submit" disabled={!changed} busy={sending.busy}>Save name</Button></div>
      </form>
    </Panel>
  );
}
