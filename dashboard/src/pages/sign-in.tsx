// Signing in with the cookie; a second step only for accounts that have a second factor.
import { useEffect, useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { account, loadAccount } from '../state/account.ts';
import { useSubmit } from '../state/load.ts';
import { go, query, wanted } from '../state/router.ts';
import { Button } from '../ui/Button.tsx';
import { Entrance } from '../ui/Entrance.tsx';
import { FormTrouble, PasswordField, TextField } from '../ui/Field.tsx';

export default function SignIn() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [step, setStep] = useState<'password' | 'totp' | 'recovery'>('password');
  const [code, setCode] = useState('');
  useEffect(() => {
    if (account.value) go(wanted(), { replace: true });
  }, [account.value]);
  const sending = useSubmit(async () => {
    const second = step === 'totp' ? { totp: code.replace(/\s/g, '') } : step === 'recovery' ? { recoveryCode: code.trim() } : {};
    try {
      await ask(api.POST('/auth/login', { body: { email, password, cookie: true, ...second } }));
    } catch (error) {
      if (error instanceof Problem && error.code === 'second_factor_required' && step === 'password') return setStep('totp');
      throw error;
    }
    await loadAccount();
  });
  const other = (next: typeof step) => {
    setStep(next);
    setCode('');
    sending.reset();
  };
  if (step !== 'password') {
    return (
      <Entrance title="Second factor" text={step === 'totp' ? 'Enter the code that your authenticator shows now.' : 'Enter one of your recovery codes. Each is good once.'}>
        <form noValidate onSubmit={sending.submit} class="stack" key={step}>
          {step === 'totp'
            ? <TextField label="Code" value={code} onValue={setCode} mono inputMode="numeric" autocomplete="one-time-code" maxLength={7} error={sending.at('totp')} autofocus />
            : <TextField label="Recovery code" value={code} onValue={setCode} mono error={sending.at('recoveryCode')} autofocus />}
          <FormTrouble problem={sending.problem} fields={['totp', 'recoveryCode']} />
          <Button type="submit" look="primary" class="full" busy={sending.busy}>Sign in</Button>
          <div class="row between">
            <Button look="quiet" small onClick={() => other(step === 'totp' ? 'recovery' : 'totp')}>{step === 'totp' ? 'Use a recovery code' : 'Use the authenticator'}</Button>
            <Button look="quiet" small onClick={() => other('password')}>Start again</Button>
          </div>
        </form>
      </Entrance>
    );
  }
  const next = query.value.get('next');
  return (
    <Entrance title="Sign in" below={<p>No account yet? <a href="/register">Register</a></p>}>
      <form noValidate onSubmit={sending.submit} class="stack">
        {next && <p class="hint">Sign in to go on to where you wanted to go.</p>}
        <TextField label="E-mail" type="email" name="email" autocomplete="username" value={email} onValue={setEmail} error={sending.at('email')} required autofocus />
        <PasswordField label="Password" name="password" autocomplete="current-password" value={password} onValue={setPassword} error={sending.at('password')} required />
        <FormTrouble problem={sending.problem} fields={['email', 'password']} />
        <Button type="submit" look="primary" class="full" busy={sending.busy}>Sign in</Button>
        <p class="centre"><a href="/forgot-password">Forgot your password?</a></p>
      </form>
    </Entrance>
  );
}
