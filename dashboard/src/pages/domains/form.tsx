// Naming a domain, and changing how it is treated.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { inForce } from '../../state/force.ts';
import { useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Checkbox, FormTrouble, Segmented, TextField } from '../../ui/Field.tsx';
import { LOSSES, LOSS_TEXTS, type Domain, type Loss } from './words.ts';

/** Names a domain, or changes `domain`. */
export function DomainForm({ domain, onClose, onSaved }: { domain?: Domain; onClose: () => void; onSaved: (domain: Domain) => void }) {
  const [name, setName] = useState('');
  const [includeSubdomains, setIncludeSubdomains] = useState(domain?.includeSubdomains ?? false);
  const [onLoss, setOnLoss] = useState<Loss>(domain?.onLoss ?? 'warn');
  const sending = useSubmit(async () => {
    if (!domain) return onSaved(await ask(api.POST('/organizations/{organizationId}/domains', { params: { path: here() }, body: { domain: name.trim(), includeSubdomains, onLoss } })));
    const body = { ...(includeSubdomains === domain.includeSubdomains ? {} : { includeSubdomains }), ...(onLoss === domain.onLoss ? {} : { onLoss }) };
    if (Object.keys(body).length > 0) {
      const answer = api.PATCH('/organizations/{organizationId}/domains/{id}', { params: { path: { ...here(), id: domain.id } }, body });
      const { effectiveAt: _, ...changed } = await ask(answer);
      onSaved(changed);
      done(await inForce(answer, `${domain.domain} is changed.`));
    }
    onClose();
  });
  return (
    <Dialog
      title={domain ? `Change ${domain.domain}` : 'Add a domain'}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>{domain ? 'Save' : 'Add domain'}</Button></>}
    >
      {!domain && <TextField label="Domain" value={name} onValue={setName} required autofocus maxLength={243} inputMode="url" placeholder="example.com" hint="Yours, or one that you can put a record into the DNS of." error={sending.at('domain')} />}
      <Checkbox label="Include subdomains" hint="Keys may be bound to mail.example.com as well, once example.com is verified." checked={includeSubdomains} onChecked={setIncludeSubdomains} />
      <div class="field">
        <span class="field-title" aria-hidden="true">When it is lost</span>
        <div><Segmented label="When it is lost" value={onLoss} onValue={setOnLoss} choices={LOSSES} /></div>
        <p class="hint">{LOSS_TEXTS[onLoss]}</p>
      </div>
      <FormTrouble problem={sending.problem} fields={domain ? [] : ['domain']} />
    </Dialog>
  );
}
