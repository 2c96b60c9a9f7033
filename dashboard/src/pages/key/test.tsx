// "Test this key": a verification that leaves no trace, check by check. The secret that is pasted is in the state of this
// component, is sent in the body of one request, and goes when the page does.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { useForget } from '../../state/leave.ts';
import { useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { FormTrouble, TextField } from '../../ui/Field.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { Note, Panel } from '../../ui/Page.tsx';
import { CHECKS, CodePill, CODES, hrefOf, shown, type Key } from '../keys/words.tsx';

const OUTCOMES = { passed: { icon: 'check', word: 'passed' }, refused: { icon: 'close', word: 'refused' }, skipped: { icon: 'right', word: 'not asked for' } } as const;

export function TestKey({ apiKey }: { apiKey: Key }) {
  const [secret, setSecret] = useState('');
  const [permission, setPermission] = useState('');
  const [domain, setDomain] = useState('');
  const [ip, setIp] = useState('');
  const [answer, setAnswer] = useState<Schema<'Verification'>>();
  useForget(() => setSecret(''));
  const sending = useSubmit(async () => {
    setAnswer(undefined);
    const asked = { ...(permission.trim() ? { permissions: permission.split(/[\s,]+/).filter(Boolean) } : {}), ...(domain.trim() ? { domain: domain.trim() } : {}), ...(ip.trim() ? { ip: ip.trim() } : {}) };
    setAnswer(await ask(api.POST('/organizations/{organizationId}/keys/verify', { params: { path: here() }, body: { key: secret.trim(), explain: true, ...asked } })));
  });
  const another = answer?.keyId && answer.keyId !== apiKey.id;
  return (
    <Panel title="Test this key" text="Paste its secret to see each check of a verification. Nothing is spent, nothing is kept.">
      <form noValidate autocomplete="off" class="stack" onSubmit={sending.submit}>
        <TextField label="Secret" mono class="veiled" value={secret} onValue={setSecret} placeholder={shown(apiKey)} error={sending.at('key')} />
        <div class="two">
          <TextField label="Permission" optional mono value={permission} onValue={setPermission} placeholder="emails:send" error={sending.at('permissions') ?? sending.at('permissions/0')} />
          <TextField label="Domain" optional value={domain} onValue={setDomain} placeholder="example.com" error={sending.at('domain')} />
          <TextField label="Used from" optional mono value={ip} onValue={setIp} placeholder="192.0.2.1" error={sending.at('ip')} />
        </div>
        <div class="row">
          <Button type="submit" look="primary" busy={sending.busy} disabled={!secret.trim()}>Test</Button>
          {(secret || answer) && (
            <Button look="quiet" onClick={() => {
              setSecret('');
              setAnswer(undefined);
              sending.reset();
            }}
            >Clear</Button>
          )}
        </div>
        <FormTrouble problem={sending.problem} fields={['key', 'permissions', 'permissions/0', 'domain', 'ip']} />
      </form>
      {answer && (
        <div class="trace" role="status">
          <p class="verdict"><CodePill code={answer.code} /> <span>{CODES[answer.code].text}</span></p>
          {another && <Note tone="warn">This is another key: <a href={hrefOf(answer.keyId!)}>{answer.name ?? answer.keyId}</a>.</Note>}
          <ol class="checks">
            {(answer.trace ?? []).map(({ name, outcome }) => (
              <li key={name} class={outcome}>
                <Icon name={OUTCOMES[outcome].icon} size={16} />
                <span class="grow">{CHECKS[name] ?? name}</span>
                <span class="soft">{OUTCOMES[outcome].word}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}
