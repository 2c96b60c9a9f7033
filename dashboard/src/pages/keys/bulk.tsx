// Ending many keys at once: first what it would be, then a number to type, then it happens. The service ends 500 that a
// filter finds at a time; for the next ones it is all of that again.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { count as figure } from '../../state/clock.ts';
import { useLoad, useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble, TextField } from '../../ui/Field.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Note } from '../../ui/Page.tsx';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { LastUsed, shown } from './words.tsx';

type Row = Schema<'BulkKey'>;
type Filter = Pick<NonNullable<Schema<'RevokeApiKeys'>['filter']>, 'unusedForDays' | 'environment' | 'sessionId' | 'status' | 'search'>;
export type Meant = { ids: string[] } | { filter: Filter };

const AT_ONCE = 500;
const LISTED = 100;
const TONES: Record<Row['result'], Tone> = { revoked: 'good', already_revoked: 'neutral', not_found: 'warn', failed: 'bad' };

type Sent = { reason?: string; dryRun?: boolean } & ({ ids: string[] } | { filter: Filter; confirm?: number });
/** That it is either of both, the description says in a way that its types cannot. */
const send = async (body: Sent, signal?: AbortSignal) => await ask(api.POST('/organizations/{organizationId}/api_keys/revoke', { params: { path: here() }, body: body as never, signal }));

export function BulkRevokeDialog({ meant, what, onClose, onDone }: { meant: Meant; /** "unused for 90 days" */ what: string; onClose: () => void; onDone: () => void }) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [ended, setEnded] = useState<Row[]>();
  const [finished, setFinished] = useState(false);
  const [more, setMore] = useState(false);
  const first = 'ids' in meant ? { ids: meant.ids.slice(0, AT_ONCE) } : meant;
  const dry = useLoad((signal) => send({ ...first, dryRun: true }, signal), [meant]);
  const total = 'ids' in meant ? meant.ids.length : dry.data?.count ?? 0;
  const sending = useSubmit(async () => {
    const why = reason.trim() ? { reason: reason.trim() } : {};
    const rows: Row[] = [];
    const add = (data: Row[]) => {
      rows.push(...data);
      setEnded([...rows]);
    };
    setEnded([]);
    try {
      if ('ids' in meant) {
        for (let at = 0; at < meant.ids.length; at += AT_ONCE) add((await send({ ids: meant.ids.slice(at, at + AT_ONCE), ...why })).data);
      } else {
        const { data, hasMore } = await send({ ...meant, confirm: total, ...why });
        add(data);
        setMore(hasMore);
      }
    } catch (error) {
      if (rows.length === 0) setEnded(undefined);
      dry.reload();
      setTyped('');
      throw error;
    }
    setFinished(true);
    onDone();
  });
  const goOn = () => {
    setFinished(false);
    setEnded(undefined);
    setTyped('');
    setMore(false);
    dry.reload();
  };
  const ready = total > 0 && !dry.loading && typed.trim() === String(total);
  const failures = ended?.filter(({ result }) => result === 'failed').length ?? 0;
  const columns: Column<Row>[] = [
    { key: 'name', title: 'Name', grow: true, cell: ({ name, keyId }) => <><span class="cell-title">{name ?? 'unknown'}</span><span class="cell-sub mono">{keyId}</span></> },
    { key: 'key', title: 'Key', cell: (row) => <code>{shown(row)}</code> },
    { key: 'used', title: 'Last used', cell: ({ lastUsedAt }) => <LastUsed at={lastUsedAt} /> },
    ...(finished ? [{ key: 'result', title: 'Result', cell: ({ result }: Row) => <Pill tone={TONES[result]}>{result.replace('_', ' ')}</Pill> }] : []),
  ];
  const rows = finished ? ended : dry.data?.data;
  return (
    <Dialog
      title={finished ? 'Keys revoked' : `Revoke keys ${what}`}
      wide
      onClose={onClose}
      onSubmit={(event) => (ready && !finished ? sending.submit(event) : event.preventDefault())}
      actions={finished
        ? <>{more && <Button onClick={goOn}>Look at the next ones</Button>}<Button look="primary" onClick={onClose}>Done</Button></>
        : <><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="danger" type="submit" disabled={!ready} busy={sending.busy}>{total > 0 ? `Revoke ${figure(total)} key${total === 1 ? '' : 's'}` : 'Revoke keys'}</Button></>}
    >
      {dry.problem && !dry.data && <Trouble problem={dry.problem} again={dry.reload} />}
      {!dry.data && !dry.problem && <Skeleton lines={5} label="Finding the keys" />}
      {finished && <Note tone={failures > 0 ? 'warn' : 'good'}>{figure((ended?.length ?? 0) - failures)} of {figure(total)} keys have ended.{failures > 0 && ` ${figure(failures)} could not be reached: try those again.`}{more && ' There are more that match.'}</Note>}
      {!finished && dry.data && (total === 0 ? <p>No key is {what} now: there is nothing to revoke.</p> : <p>This is a dry run: <strong>{figure(total)} key{total === 1 ? '' : 's'}</strong> would end at once and for good. Nothing has happened yet.{dry.data.hasMore && ` More keys match: ${figure(AT_ONCE)} are revoked at a time, and you are asked again.`}</p>)}
      {rows && rows.length > 0 && (
        <div class="boxed scroll" tabIndex={0} role="region" aria-label="The keys">
          <Table label="Keys to revoke" columns={columns} rows={rows.slice(0, LISTED)} rowKey={({ keyId }) => keyId} />
        </div>
      )}
      {rows && rows.length > 0 && (finished ? ended!.length : total) > LISTED && <p class="soft">The first {LISTED} are shown.</p>}
      {sending.busy && ended && <Meter label="Revoked so far" used={ended.length} limit={total} />}
      {!finished && total > 0 && (
        <>
          <TextField label="Reason" optional value={reason} onValue={setReason} maxLength={500} />
          <TextField label={`Type ${total} to go on`} mono inputMode="numeric" value={typed} onValue={setTyped} />
        </>
      )}
      <FormTrouble problem={sending.problem} />
    </Dialog>
  );
}
