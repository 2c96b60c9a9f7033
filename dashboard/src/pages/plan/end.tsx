// Taking a copy of everything, and ending the organization.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { loadAccount } from '../../state/account.ts';
import { moment } from '../../state/clock.ts';
import { save } from '../../state/download.ts';
import { useSubmit } from '../../state/load.ts';
import { here, may } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Dialog.tsx';
import { FormTrouble } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';

type Organization = Schema<'ReadOrganization'>;

export function Exporting({ organization }: { organization: Organization }) {
  const sending = useSubmit(async () => {
    const copy = (await ask(api.POST('/organizations/{organizationId}/export', { params: { path: here() }, parseAs: 'blob' }))) as unknown as Blob;
    save(copy, `${organization.id}.json`);
  });
  if (!may('exportOrganization')) return null;
  return (
    <Panel title="Take a copy" text="Organization, members, invitations, sessions, keys and audit log as one JSON file. No secret is in it; the audit log notes it." actions={<Button icon="download" busy={sending.busy} onClick={sending.submit}>Export</Button>}>
      {sending.problem ? <FormTrouble problem={sending.problem} /> : undefined}
    </Panel>
  );
}

export function End({ organization, onEnded }: { organization: Organization; onEnded: () => void }) {
  const [asked, setAsked] = useState(false);
  if (!may('deleteOwnOrganization')) return null;
  if (organization.status === 'deleted') {
    return (
      <Panel title="Deleted">
        <p>Every key is dead. {organization.erasedAt && <>All data is erased at <strong>{moment(organization.erasedAt)}</strong>; until then you can take a copy.</>}</p>
      </Panel>
    );
  }
  return (
    <>
      <Panel title="Delete the organization" text="Every key stops working at once, for good. The data is kept for a while for you to export, then it is erased." actions={<Button icon="trash" onClick={() => setAsked(true)}>Delete</Button>} />
      {asked && (
        <Confirm
          title={`Delete ${organization.name}?`}
          action="Delete for good"
          word={organization.name}
          onClose={() => setAsked(false)}
          onConfirm={async () => {
            await ask(api.DELETE('/organizations/{organizationId}', { params: { path: here() } }));
            await loadAccount();
            onEnded();
            done('The organization is deleted: every key of it is dead.');
          }}
        >
          <p><strong>Every key and session of it ends at once.</strong> Nobody can take that back, the operator neither.</p>
        </Confirm>
      )}
    </>
  );
}
