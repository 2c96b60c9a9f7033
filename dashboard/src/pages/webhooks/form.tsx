// Making and changing an endpoint, and its secret, which is shown once.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Code } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Checkbox, FormTrouble, Segmented, TextField } from '../../ui/Field.tsx';
import type { SecretShown } from '../../ui/RotateSecret.tsx';
import { SecretOnce } from '../../ui/SecretOnce.tsx';
import { EVENTS, type Endpoint, type EventName } from './words.ts';

/** Makes an endpoint, or changes `endpoint`. */
export function EndpointForm({ endpoint, onClose, onSaved }: { endpoint?: Endpoint; onClose: () => void; onSaved: (endpoint: Endpoint) => void }) {
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [every, setEvery] = useState<'all' | 'some'>(!endpoint || endpoint.events.includes('*') ? 'all' : 'some');
  const [chosen, setChosen] = useState<ReadonlySet<EventName>>(new Set((endpoint?.events ?? []).filter((name): name is EventName => name !== '*')));
  const [secret, setSecret] = useState<string>();
  const [saved, setSaved] = useState<Endpoint>();
  const sending = useSubmit(async () => {
    const events = (every === 'all' ? ['*'] : [...chosen]) as Endpoint['events'];
    const body: Schema<'CreateWebhookEndpoint'> = { url: url.trim(), description: description.trim() || null, events };
    if (endpoint) {
      onSaved(await ask(api.PATCH('/organizations/{organizationId}/webhook_endpoints/{id}', { params: { path: { ...here(), id: endpoint.id } }, body: body as Schema<'ChangeWebhookEndpoint'> })));
      done('The endpoint is changed.');
      return onClose();
    }
    const { secret: once, ...made } = await ask(api.POST('/organizations/{organizationId}/webhook_endpoints', { params: { path: here() }, body }));
    setSaved(made);
    setSecret(once);
  });
  if (saved) {
    return <EndpointSecret title="The endpoint is there" secret={secret} onForget={() => setSecret(undefined)} onClose={() => { setSecret(undefined); onClose(); onSaved(saved); }} />;
  }
  const toggle = (name: EventName, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(name);
    else next.delete(name);
    setChosen(next);
  };
  return (
    <Dialog
      wide
      title={endpoint ? 'Change the endpoint' : 'New endpoint'}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>{endpoint ? 'Save' : 'Create endpoint'}</Button></>}
    >
      <TextField label="URL" type="url" value={url} onValue={setUrl} required autofocus placeholder="https://hooks.example.com/latchkey" hint="https, at a public name." error={sending.at('url')} />
      <TextField label="Description" value={description} onValue={setDescription} optional maxLength={100} error={sending.at('description')} />
      <div class="stack">
        <div><Segmented label="Which events" value={every} onValue={setEvery} choices={[{ value: 'all', label: 'All events' }, { value: 'some', label: 'Only some' }]} /></div>
        {every === 'all' && <p class="hint">Everything that happens, also events that are added later.</p>}
        {every === 'some' && EVENTS.map(([about, names]) => (
          <fieldset key={about} class="events">
            <legend>{about}</legend>
            {names.map((name) => <Checkbox key={name} label={<code>{name}</code>} checked={chosen.has(name)} onChecked={(on) => toggle(name, on)} />)}
          </fieldset>
        ))}
        {sending.at('events') && <p class="error" role="alert">{sending.at('events')}</p>}
      </div>
      <FormTrouble problem={sending.problem} fields={['url', 'description', 'events']} />
    </Dialog>
  );
}

const VERIFY = `import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const message = webhook.verify(rawBody, headers);`;

/** The secret of an endpoint, in this one dialog. */
export function EndpointSecret(shown: SecretShown) {
  return (
    <SecretOnce {...shown} signs="Messages" lost="Without it nothing that is sent can be verified.">
      <p class="hint">Any library of the Standard Webhooks specification verifies them:</p>
      <Code text={VERIFY} label="Copy the example" />
    </SecretOnce>
  );
}
