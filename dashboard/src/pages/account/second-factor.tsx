// The second factor: setting it up with an authenticator, its recovery codes, and taking it away.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { loadAccount } from '../../state/account.ts';
import { useForget } from '../../state/leave.ts';
import { useSubmit } from '../../state/load.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble, PasswordField, TextField } from '../../ui/Field.tsx';
import { Note, Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Qr } from './qr.tsx';

type Step = 'set-up' | 'renew' | 'remove';

export function SecondFactor({ enabled }: { enabled: boolean }) {
  const [step, setStep] = useState<Step>();
  const close = () => setStep(undefined);
  return (
    <>
      <Panel
        title="Second factor"
        text="A code of an authenticator beside the password: whoever learns your password cannot sign in with it alone."
        actions={<Pill tone={enabled ? 'good' : 'warn'}>{enabled ? 'on' : 'off'}</Pill>}
      >
        <div class="row">
          {enabled
            ? (
              <>
                <Button onClick={() => setStep('renew')}>New recovery codes</Button>
                <Button look="quiet" onClick={() => setStep('remove')}>Switch off</Button>
              </>
            )
            : <Button look="primary" icon="shield" onClick={() => setStep('set-up')}>Set up</Button>}
        </div>
      </Panel>
      {step === 'set-up' && <SetUp onClose={close} />}
      {step === 'renew' && <Renew onClose={close} />}
      {step === 'remove' && <Remove onClose={close} />}
    </>
  );
}

function SetUp({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [begun, setBegun] = useState<Schema<'Totp'>>();
  const [code, setCode] = useState('');
  const [codes, setCodes] = useState<string[]>();
  useForget(() => {
    setBegun(undefined);
    setCodes(undefined);
  });
  const beginning = useSubmit(async () => {
    setBegun(await ask(api.POST('/auth/totp', { body: { password } })));
    setPassword('');
  });
  const confirming = useSubmit(async () => {
    const { recoveryCodes } = await ask(api.POST('/auth/totp/confirm', { body: { totp: code.replace(/\s/g, '') } }));
    setCodes(recoveryCodes);
  });
  const leave = () => {
    void loadAccount();
    onClose();
  };
  if (codes) return <Codes codes={codes} title="The second factor is on" onClose={leave} />;
  if (begun) {
    return (
      <Dialog
        title="Set up a second factor"
        onClose={onClose}
        onSubmit={confirming.submit}
        actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={confirming.busy}>Switch on</Button></>}
      >
        <p>Scan this with your authenticator, or type the secret in.</p>
        <Qr text={begun.uri} label="The secret as a QR code" />
        <div class="secret"><code class="secret-value" aria-label="The secret">{begun.secret.match(/.{1,4}/g)?.join(' ')}</code><Copy text={begun.secret} label="Copy the secret" /></div>
        <TextField label="Code that it shows now" mono inputMode="numeric" autocomplete="one-time-code" value={code} onValue={setCode} error={confirming.at('totp')} autofocus maxLength={7} />
        <FormTrouble problem={confirming.problem} fields={['totp']} />
      </Dialog>
    );
  }
  return <WithPassword title="Set up a second factor" action="Go on" sending={beginning} password={password} onPassword={setPassword} onClose={onClose} />;
}

function Renew({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [codes, setCodes] = useState<string[]>();
  useForget(() => setCodes(undefined));
  const sending = useSubmit(async () => setCodes((await ask(api.POST('/auth/totp/recovery_codes', { body: { password } }))).recoveryCodes));
  if (codes) return <Codes codes={codes} title="New recovery codes" onClose={onClose} />;
  return <WithPassword title="New recovery codes" text="The old ones are worth nothing from then on." action="Make new codes" sending={sending} password={password} onPassword={setPassword} onClose={onClose} />;
}

function Remove({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState('');
  const sending = useSubmit(async () => {
    await ask(api.DELETE('/auth/totp', { body: { password } }));
    await loadAccount();
    done('The second factor is off.');
    onClose();
  });
  return <WithPassword title="Switch the second factor off?" text="The password alone will do from then on." action="Switch off" danger sending={sending} password={password} onPassword={setPassword} onClose={onClose} />;
}

function WithPassword({ title, text, action, danger, sending, password, onPassword, onClose }: {
  title: string;
  text?: string;
  action: string;
  danger?: boolean;
  sending: ReturnType<typeof useSubmit>;
  password: string;
  onPassword: (password: string) => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look={danger ? 'danger' : 'primary'} type="submit" busy={sending.busy}>{action}</Button></>}
    >
      {text && <p>{text}</p>}
      <PasswordField label="Your password" autocomplete="current-password" value={password} onValue={onPassword} error={sending.at('password')} autofocus />
      <FormTrouble problem={sending.problem} fields={['password']} />
    </Dialog>
  );
}

/** Recovery codes, this once. */
function Codes({ codes, title, onClose }: { codes: string[]; title: string; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose} actions={<><Copy text={codes.join('\n')} label="Copy all" wide autofocus /><Button look="primary" onClick={onClose}>I have kept them</Button></>}>
      <Note tone="warn">Keep these recovery codes where the authenticator is not. Each signs you in once; they are shown this once.</Note>
      <ul class="codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ul>
    </Dialog>
  );
}
