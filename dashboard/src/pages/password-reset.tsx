// Choosing a new password with the link that somebody was sent. Its token stands behind `#`, which no server ever sees, and
// is taken out of the address bar at once.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { account } from '../state/account.ts';
import { useSubmit } from '../state/load.ts';
import { takeFragment } from '../state/router.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Entrance } from '../ui/Entrance.tsx';
import { FormTrouble, PasswordField, TextField } from '../ui/Field.tsx';
import { Note } from '../ui/Page.tsx';

export default function PasswordReset() {
  const [linked] = useState(() => takeFragment('token'));
  const [token, setToken] = useState('');
  const [password, setPassword] = useState('');
  const [finished, setFinished] = useState(false);
  const sending = useSubmit(async () => {
    await ask(api.POST('/auth/password/reset', { body: { token: linked ?? token.trim(), newPassword: password } }));
    // Every sign-in has ended, this browser's too.
    account.value = null;
    setFinished(true);
  });
  if (finished) {
    return (
      <Entrance title="Your password is changed">
        <div class="stack">
          <Note tone="good">You are signed out everywhere. Sign in with the new password.</Note>
          <LinkButton look="primary" class="full" href="/sign-in">Sign in</LinkButton>
        </div>
      </Entrance>
    );
  }
  return (
    <Entrance title="Choose a new password" text="You will be signed out everywhere." below={<p><a href="/sign-in">Back to the sign-in</a></p>}>
      <form noValidate onSubmit={sending.submit} class="stack">
        {!linked && <TextField label="Token of the link" mono value={token} onValue={setToken} error={sending.at('token')} required autofocus />}
        <PasswordField label="New password" autocomplete="new-password" value={password} onValue={setPassword} error={sending.at('newPassword')} required autofocus={Boolean(linked)} hint="At least 8 characters. A few words are better than a clever one." />
        <FormTrouble problem={sending.problem} fields={['token', 'newPassword']} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Change the password</Button>
      </form>
    </Entrance>
  );
}
