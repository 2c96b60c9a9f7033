// Sends the operation that is shown, with a key that is in the state of the page and nowhere else. What changes something
// asks first.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from '../../ui/Button.tsx';
import { Copy } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { PasswordField, Select, TextArea, TextField } from '../../ui/Field.tsx';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { shapeOf, type Credential, type Operation, type Parameter, type Reference } from './description.ts';
import { exampleOf } from './example.ts';
import { Method } from './Marked.tsx';
import { addressOf, type Received, type Trial } from './request.ts';
import { Fold } from './SchemaView.tsx';

const CREDENTIALS: Record<Credential['kind'], { label: string; placeholder: string }> = {
  key: { label: 'API key', placeholder: 'Paste a key' },
  person: { label: 'Access token', placeholder: 'Paste a token of signing in' },
  operator: { label: 'Operator token', placeholder: 'Paste the token' },
  none: { label: '', placeholder: '' },
};

interface Props {
  operation: Operation;
  schemas: Reference['schemas'];
  trial: Trial;
  secret: string;
  onSecret: (value: string) => void;
}

export function TryIt({ operation, schemas, trial, secret, onSecret }: Props) {
  const [asking, setAsking] = useState(false);
  const { kind } = operation.credential;
  const changes = operation.method !== 'GET';
  const optional = operation.parameters.filter(({ required }) => !required);
  const field = (parameter: Parameter) => (
    <ParameterField key={parameter.name} parameter={parameter} schemas={schemas} value={trial.values[parameter.name] ?? ''} error={trial.mistakes[parameter.name]} onValue={(value) => trial.set(parameter.name, value)} />
  );
  const act = (event: Event) => {
    event.preventDefault();
    if (trial.busy || !trial.check(secret)) return;
    if (changes) setAsking(true);
    else void trial.send(secret);
  };
  const confirmed = (event: Event) => {
    event.preventDefault();
    setAsking(false);
    void trial.send(secret);
  };
  return (
    <form class="stack docs-try" noValidate autocomplete="off" onSubmit={act}>
      {kind !== 'none' && (
        <PasswordField
          label={CREDENTIALS[kind].label}
          value={secret}
          onValue={onSecret}
          placeholder={CREDENTIALS[kind].placeholder}
          autocomplete="off"
          error={trial.mistakes.key}
          hint="Stays in this tab and is gone after a reload. It goes to this deployment and to nobody else."
        />
      )}
      {operation.parameters.filter(({ required }) => required).map(field)}
      {optional.length > 0 && <Fold title={optional.length === 1 ? `Optional: ${optional[0]!.name}` : `${optional.length} optional parameters`}>{() => optional.map(field)}</Fold>}
      {operation.body && (
        <TextArea
          label="Body"
          mono
          rows={Math.min(14, trial.body.split('\n').length + 1)}
          value={trial.body}
          onValue={trial.setBody}
          error={trial.mistakes.body}
          optional={!operation.body.required}
          hint={trial.body.includes('"$') ? 'Put values in the place of what begins with $.' : undefined}
        />
      )}
      <div class="docs-send">
        <code class="grow">{operation.method} {addressOf(operation, trial.values)}</code>
        <Button type="submit" look="primary" busy={trial.busy}>Send</Button>
      </div>
      <div role="status" class="docs-received">
        {trial.received && <Answered received={trial.received} />}
      </div>
      {trial.problem && <Trouble problem={trial.problem} />}
      {asking && (
        <Dialog
          title="Send it for real?"
          onClose={() => setAsking(false)}
          onSubmit={confirmed}
          actions={<><Button look="quiet" onClick={() => setAsking(false)}>Cancel</Button><Button look={operation.method === 'DELETE' ? 'danger' : 'primary'} type="submit">Send</Button></>}
        >
          <p>This is no rehearsal. On this deployment, it <strong>{operation.summary.replace(/^./, (first) => first.toLowerCase())}</strong>.</p>
          <p class="docs-asked"><Method method={operation.method} /> <code>{addressOf(operation, trial.values)}</code></p>
        </Dialog>
      )}
    </form>
  );
}

function ParameterField({ parameter: { name, in: place, required = false, schema }, schemas, value, error, onValue }: { parameter: Parameter; schemas: Reference['schemas']; value: string; error: string | undefined; onValue: (value: string) => void }) {
  const { core } = shapeOf(schema, schemas);
  const shared = { label: name, error, optional: !required, value, onValue, hint: place === 'header' ? 'A header.' : undefined };
  if (core.enum) return <Select {...shared} choices={[{ value: '', label: required ? 'Choose one' : 'Not sent' }, ...core.enum.filter((one) => one !== null).map((one) => ({ value: String(one), label: String(one) }))]} />;
  const example = core.default ?? exampleOf(schema, { schemas, whole: false }, name);
  return <TextField {...shared} mono placeholder={String(example).startsWith('text') ? '' : String(example)} />;
}

function Answered({ received: { status, ms, headers, body, more } }: { received: Received }) {
  const id = useId();
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest' }), []);
  const tone: Tone = status < 300 ? 'good' : status < 500 ? 'warn' : 'bad';
  return (
    <section ref={place} class="stack" aria-labelledby={id}>
      <p class="row" id={id}><Pill tone={tone}>{String(status)}</Pill> <span class="soft figures">answered in {ms} ms</span></p>
      <dl class="docs-headers">
        {headers.map(([name, value]) => <div key={name}><dt>{name}</dt><dd><code>{value}</code></dd></div>)}
      </dl>
      {body === ''
        ? <p class="soft">The answer has no body.</p>
        : (
          <div class="code docs-body">
            <pre tabIndex={0} role="group" aria-label="Body of the answer"><code>{body}</code></pre>
            <Copy text={body} label="Copy the answer" />
          </div>
        )}
      {more > 0 && <p class="soft">{more.toLocaleString('en')} more characters are not shown.</p>}
    </section>
  );
}
