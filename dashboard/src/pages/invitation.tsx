// Accepting an invitation: who is signed in joins with a click, others sign in or register with it. The token stands behind
// `#`, is taken out of the address bar at once, and lives in memory.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { home } from '../home.ts';
import { account, loadAccount } from '../state/account.ts';
import { useSubmit } from '../state/load.ts';
import { go, takeFragment } from '../state/router.ts';
import { done, failed } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Entrance } from '../ui/Entrance.tsx';
import { FormTrouble, PasswordField, TextField } from '../ui/Field.tsx';
import { Registration } from '../ui/Registration.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';

/** Outlives the component, not the document. */
const token = signal<string | null>(null);

export default function Invitation() {
  const [linked] = useState(() => takeFragment('token') ?? token.peek());
  const [way, setWay] = useState<'register' | 'sign-in'>('register');
  token.value = linked;
  const who = account.value;
  if (who === undefined) return <Entrance title="Invitation"><Skeleton lines={3} /></Entrance>;
  if (who) return <Accept linked={linked} email={who.email} />;
  if (!linked) {
    return (
      <Entrance title="Invitation" text="Open the link that you were sent once more: there is no token in this address. Or sign in, and paste the token.">
        <Button look="primary" class="full" onClick={() => go('/sign-in?next=/invitation')}>Sign in</Button>
      </Entrance>
    );
  }
  if (way === 'sign-in') return <SignInFirst onRegister={() => setWay('register')} />;
  return (
    <Registration
      title="You are invited"
      text="Create an account to join the organization."
      invitation={linked}
      below={<p>Have an account? <Button look="quiet" small onClick={() => setWay('sign-in')}>Sign in to accept</Button></p>}
    />
  );
}

/** Signing in on this very page, because the token would not outlive another document. */
function SignInFirst({ onRegister }: { onRegister: () => void }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [second, setSecond] = useState(false);
  const sending = useSubmit(async () => {
    await ask(api.POST('/auth/login', { body: { email, password, cookie: true, ...(code ? { totp: code.replace(/\s/g, '') } : {}) } })).catch((error) => {
      if (error.code === 'second_factor_required') setSecond(true);
      throw error;
    });
    await loadAccount();
  });
  return (
    <Entrance title="Sign in to accept" below={<p>No account yet? <Button look="quiet" small onClick={onRegister}>Register with the invitation</Button></p>}>
      <form noValidate onSubmit={sending.submit} class="stack">
        <TextField label="E-mail" type="email" autocomplete="username" value={email} onValue={setEmail} error={sending.at('email')} required autofocus />
        <PasswordField label="Password" autocomplete="current-password" value={password} onValue={setPassword} error={sending.at('password')} required />
        {second && <TextField label="Code of the authenticator" mono inputMode="numeric" autocomplete="one-time-code" value={code} onValue={setCode} />}
        <FormTrouble problem={sending.problem} fields={['email', 'password']} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Sign in</Button>
      </form>
    </Entrance>
  );
}

function Accept({ linked, email }: { linked: string | null; email: string }) {
  const [pasted, setPasted] = useState('');
  const sending = useSubmit(async () => {
    const organization = await ask(api.POST('/auth/invitations/accept', { body: { token: linked ?? pasted.trim() } }));
    token.value = null;
    await loadAccount();
    done(`You belong to ${organization.name} now.`);
    go(home(organization.id), { replace: true });
  });
  return (
    <Entrance title="You are invited" text={<>You are signed in as <strong>{email}</strong>.</>} below={<p>Not you? <Button look="quiet" small onClick={() => void ask(api.POST('/auth/logout')).then(() => (account.value = null), failed)}>Sign out</Button></p>}>
      <form noValidate onSubmit={sending.submit} class="stack">
        {!linked && <TextField label="Token of the invitation" mono value={pasted} onValue={setPasted} error={sending.at('token')} required autofocus />}
        <FormTrouble problem={sending.problem} fields={['token']} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Join the organization</Button>
      </form>
    </Entrance>
  );
}
