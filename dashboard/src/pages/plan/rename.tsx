// Another name for the organization.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { loadAccount } from '../../state/account.ts';
import { useSubmit } from '../../state/load.ts';
import { here, may } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { FormTrouble, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';

export function Rename({ organization, onChanged }: { organization: Schema<'ReadOrganization'>; onChanged: () => void }) {
  const [name, setName] = useState(organization.name);
  const sending = useSubmit(async () => {
    await ask(api.PATCH('/organizations/{organizationId}', { params: { path: here() }, body: { name } }));
    await loadAccount();
    onChanged();
    done('The name is saved.');
  });
  const allowed = may('changeOwnOrganization');
  return (
    <Panel title="Name" text={allowed ? undefined : 'Admins and owners change it.'}>
      <form noValidate class="stack" onSubmit={sending.submit}>
        <TextField label="Name of the organization" bare value={name} onValue={setName} disabled={!allowed} error={sending.at('name')} maxLength={100} />
        <FormTrouble problem={sending.problem} fields={['name']} />
        {allowed && <div><Button type="submit" disabled={name === organization.name} busy={sending.busy}>Save name</Button></div>}
      </form>
    </Panel>
  );
}
