// Asking for a link with which to choose a new password.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { useSubmit } from '../state/load.ts';
import { Button } from '../ui/Button.tsx';
import { Entrance } from '../ui/Entrance.tsx';
import { FormTrouble, TextField } from '../ui/Field.tsx';
import { Note } from '../ui/Page.tsx';

export default function ForgotPassword() {
  const [email, setEmail] = useState('');
  const [outcome, setOutcome] = useState<'sent' | 'no-mail'>();
  const sending = useSubmit(async () => {
    try {
      await ask(api.POST('/auth/password/forgot', { body: { email } }));
    } catch (error) {
      if (error instanceof Problem && error.code === 'link_hook_missing') return setOutcome('no-mail');
      throw error;
    }
    setOutcome('sent');
  });
  const below = <p><a href="/sign-in">Back to the sign-in</a></p>;
  if (outcome === 'sent') {
    return (
      <Entrance title="Look into your mail" below={below}>
        <Note tone="good">If there is an account for <strong>{email}</strong>, a link is on its way. It is good for an hour.</Note>
      </Entrance>
    );
  }
  return (
    <Entrance title="Forgot your password?" text="We send you a link with which you choose a new one." below={below}>
      <form noValidate onSubmit={sending.submit} class="stack">
        {outcome === 'no-mail' && <Note tone="warn">This deployment sends no mail. Ask an owner of your organization, or the operator, for a link.</Note>}
        <TextField label="E-mail" type="email" autocomplete="username" value={email} onValue={setEmail} error={sending.at('email')} required autofocus />
        <FormTrouble problem={sending.problem} fields={['email']} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Send the link</Button>
      </form>
    </Entrance>
  );
}
