// Keys that nobody has used for a while, and ending them together.
import { useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { usePages } from '../../state/load.ts';
import { at, here, may, organizationId } from '../../state/organization.ts';
import { query, setQuery } from '../../state/router.ts';
import { Button } from '../../ui/Button.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Checkbox, Select } from '../../ui/Field.tsx';
import { LongTable } from '../../ui/LongTable.tsx';
import { PageHead, Panel, Toolbar } from '../../ui/Page.tsx';
import type { Column } from '../../ui/Table.tsx';
import { keyColumns } from '../keys.tsx';
import { useKeyActions } from './actions.tsx';
import { BulkRevokeDialog, type Meant } from './bulk.tsx';
import { ENVIRONMENTS, type Key } from './words.tsx';
import '../../styles/keys.css';

const DAYS = ['7', '30', '60', '90', '180', '365'] as const;
const MOST = 5000;

export default function Unused() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<{ meant: Meant; what: string }>();
  const days = DAYS.find((one) => one === query.value.get('days')) ?? '90';
  const environment = [...ENVIRONMENTS, 'none' as const].find((one) => one === query.value.get('environment'));
  const keys = usePages(
    (cursor, signal) => ask(api.GET('/organizations/{organizationId}/api_keys/unused', { params: { path: here(), query: { days: Number(days), cursor, limit: 100, ...(environment ? { environment } : {}) } }, signal })),
    [organizationId.value, days, environment],
  );
  const actions = useKeyActions({ onChanged: (key) => keys.replace(({ id }) => id === key.id, key.status === 'revoked' ? null : key), onIssued: keys.reload });
  const bulk = may('revokeApiKeys');
  const rows = keys.rows;
  const picked = (rows ?? []).filter(({ id }) => chosen.has(id)).map(({ id }) => id);
  const pick = (ids: readonly string[], on: boolean) => setChosen((before) => {
    const next = new Set(before);
    for (const id of ids) if (on) next.add(id);
    else next.delete(id);
    return next;
  });
  const select: Column<Key> = {
    key: 'select',
    title: 'Select',
    cell: ({ id, name }) => <Checkbox label={<span class="unseen">Select {name}</span>} checked={chosen.has(id)} onChecked={(on) => pick([id], on)} />,
  };
  const columns = [...(bulk ? [select] : []), ...keyColumns(actions).filter(({ key }) => key !== 'spark')];
  const close = () => setAsked(undefined);
  return (
    <>
      <PageHead
        title="Unused keys"
        back={{ href: at('keys'), label: 'API keys' }}
        text="Keys that were neither used nor issued lately. Each is a way in that nobody needs."
        actions={bulk && rows && rows.length > 0 && (
          <Button look="danger" icon="trash" onClick={() => setAsked({ meant: { filter: { unusedForDays: Number(days), ...(environment ? { environment } : {}) } }, what: `unused for ${days} days` })}>Revoke all of these</Button>
        )}
      />
      <Toolbar>
        <Select label="Not used for" value={days} onValue={(next) => setQuery({ days: next })} choices={DAYS.map((value) => ({ value, label: value === '365' ? 'a year' : `${value} days` }))} />
        <Select label="Environment" value={environment ?? ''} onValue={(next) => setQuery({ environment: next })} choices={[{ value: '', label: 'Any' }, ...[...ENVIRONMENTS, 'none' as const].map((value) => ({ value, label: value }))]} />
      </Toolbar>
      <Panel flush>
        <LongTable
          class="keys unused"
          label="Unused keys"
          columns={columns}
          rows={rows}
          rowKey={({ id }) => id}
          problem={keys.problem}
          again={keys.reload}
          hasMore={keys.hasMore && (rows?.length ?? 0) < MOST}
          loadingMore={keys.loadingMore}
          onMore={keys.more}
          empty={(
            <Empty icon="check" title={`Every key was used, or is younger than ${days} days`}>
              <p>Look again with a shorter time. You can have an alert for keys that nobody uses.</p>
            </Empty>
          )}
          foot={rows && rows.length > 0 && (
            <p class="soft table-count">
              {count(rows.length)} key{rows.length === 1 ? '' : 's'}{keys.hasMore ? ' loaded' : ''}{picked.length > 0 && `, ${count(picked.length)} selected`}.
              {bulk && <> <Button small look="quiet" onClick={() => pick(rows.map(({ id }) => id), picked.length < rows.length)}>{picked.length < rows.length ? 'Select all' : 'Select none'}</Button></>}
              {bulk && picked.length > 0 && <> <Button small icon="trash" onClick={() => setAsked({ meant: { ids: picked }, what: 'that are selected' })}>Revoke selected</Button></>}
            </p>
          )}
        />
      </Panel>
      {asked && (
        <BulkRevokeDialog
          {...asked}
          onClose={close}
          onDone={() => {
            setChosen(new Set());
            keys.reload();
          }}
        />
      )}
      {actions.dialogs}
    </>
  );
}
