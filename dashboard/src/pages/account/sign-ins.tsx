// Where one is signed in, and ending that.
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { device } from '../../state/device.ts';
import { useLoad } from '../../state/load.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Dialog.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';

type SignIn = Schema<'SignIn'>;

/** Counts what has ended sign-ins elsewhere on the page. */
export const signInsChanged = signal(0);

export function SignIns() {
  const [ending, setEnding] = useState<SignIn>();
  const found = useLoad((abort) => ask(api.GET('/auth/sign_ins', { signal: abort })), [signInsChanged.value]);
  const columns: Column<SignIn>[] = [
    {
      key: 'client',
      title: 'Device',
      grow: true,
      cell: ({ client, cookie, current }) => (
        <>
          <span class="cell-title">{device(client)}</span> {current && <Pill tone="good">this one</Pill>}
          <span class="cell-sub">{cookie ? 'In a browser' : 'With an access token'}</span>
        </>
      ),
    },
    { key: 'ip', title: 'Address', cell: ({ ip }) => <code>{ip ?? 'unknown'}</code> },
    { key: 'created', title: 'Signed in', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'used', title: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    { key: 'expires', title: 'Ends', extra: true, cell: ({ expiresAt }) => <Time at={expiresAt} /> },
    { key: 'actions', title: 'Actions', actions: true, cell: (row) => !row.current && <Button small onClick={() => setEnding(row)}>Sign out</Button> },
  ];
  return (
    <>
      <Panel title="Where you are signed in" text="Sign out what you do not know, and change your password then." flush>
        <Table label="Sign-ins" columns={columns} rows={found.data?.data} rowKey={({ id }) => id} problem={found.problem} again={found.reload} />
      </Panel>
      {ending && (
        <Confirm
          title="Sign this device out?"
          action="Sign out"
          onClose={() => setEnding(undefined)}
          onConfirm={async () => {
            await ask(api.DELETE('/auth/sign_ins/{id}', { params: { path: { id: ending.id } } }));
            found.reload();
            done('Signed out there.');
          }}
        >
          <p><strong>{device(ending.client)}</strong>{ending.ip && <> at <code>{ending.ip}</code></>} has to sign in again.</p>
        </Confirm>
      )}
    </>
  );
}
