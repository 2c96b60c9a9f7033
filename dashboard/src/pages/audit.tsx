// Who did what, when and from where. Every entry is chained to the one before it.
import { useMemo, useState } from 'preact/hooks';
import { api, ask, type Schema } from '../api/client.ts';
import { moment } from '../state/clock.ts';
import { device } from '../state/device.ts';
import { paged, useLoad, usePages } from '../state/load.ts';
import { here, may, organizationId } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { Button } from '../ui/Button.tsx';
import { Id } from '../ui/Copy.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Select, TextField } from '../ui/Field.tsx';
import { Facts, PageHead, Panel, Toolbar } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { ExportDialog } from './audit/export.tsx';
import { ACTIONS, shortId, targetLink, toneOf, type Action, type Entry } from './audit/words.ts';
import '../styles/organization.css';

const CHOICES = [{ value: '' as const, label: 'Everything' }, ...(Object.keys(ACTIONS) as Action[]).sort().map((value) => ({ value, label: value }))];

/** What people are called, as far as they still belong here. */
function useNames(): (actor: Entry['actor']) => string {
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/members', { params: { path: here(), query: { limit: 200 } }, signal })), [organizationId.value]);
  const names = useMemo(() => new Map(found.data?.data.map(({ userId, firstName, lastName }) => [userId as string, `${firstName} ${lastName}`])), [found.data]);
  return ({ type, id }) => {
    if (type === 'operator') return 'The operator';
    if (type === 'leak_report') return 'A leak report';
    return (id && names.get(id)) || (type === 'api_key' ? 'API key' : 'Somebody');
  };
}

export default function AuditLog() {
  const [looked, setLooked] = useState<Entry>();
  const [exporting, setExporting] = useState(false);
  const [head, setHead] = useState<Schema<'AuditHead'> | null>(null);
  const filters = { action: CHOICES.find(({ value }) => value && value === query.value.get('action'))?.value || undefined, actor: query.value.get('actor') ?? '', target: query.value.get('target') ?? '' };
  const nameOf = useNames();
  const log = usePages(async (cursor, signal) => {
    const page = await ask(api.GET('/organizations/{organizationId}/audit_log', { params: { path: here(), query: { cursor, limit: 50, action: filters.action as Action | undefined, actor: filters.actor || undefined, target: filters.target || undefined } }, signal }));
    if (!signal.aborted) setHead(page.head);
    return page;
  }, [organizationId.value, filters.action, filters.actor, filters.target]);
  const filtered = Boolean(filters.action || filters.actor || filters.target);
  const clear = () => setQuery({ action: null, actor: null, target: null });
  const columns: Column<Entry>[] = [
    {
      key: 'who',
      title: 'Who did what',
      grow: true,
      cell: (entry) => (
        <>
          <span><strong>{nameOf(entry.actor)}</strong> {ACTIONS[entry.action] ?? entry.action}</span>
          <span class="cell-sub"><code>{entry.action}</code>{entry.details.length > 0 && ` · ${entry.details.slice(0, 4).map(shortId).join(', ')}`}</span>
        </>
      ),
    },
    { key: 'target', title: 'Target', cell: ({ target }) => <Target id={target} /> },
    { key: 'from', title: 'From', extra: true, cell: ({ origin }) => (origin ? <span>{origin.ip ?? '–'}<span class="cell-sub">{[origin.country, origin.client && device(origin.client).slice(0, 24)].filter(Boolean).join(' · ')}</span></span> : <span class="dim">–</span>) },
    { key: 'at', title: 'When', cell: ({ at }) => <Time at={at} /> },
    { key: 'actions', title: 'Actions', actions: true, cell: (entry) => <Button small look="quiet" onClick={() => setLooked(entry)} aria-label={`Details of entry ${entry.seq}`}>Details</Button> },
  ];
  return (
    <>
      <PageHead
        title="Audit log"
        text="Everything that was changed or refused, newest first. Nothing in it can be changed without leaving a trace: each entry covers the one before it."
        actions={may('exportAuditLog') && <Button icon="download" onClick={() => setExporting(true)}>Export</Button>}
      />
      <Toolbar>
        <Select label="Action" value={filters.action ?? ''} choices={CHOICES} onValue={(value) => setQuery({ action: value })} />
        <IdFilter key={`actor ${filters.actor}`} label="Actor" name="actor" value={filters.actor} placeholder="usr_… or key_…" />
        <IdFilter key={`target ${filters.target}`} label="Target" name="target" value={filters.target} placeholder="Any id" />
        {filtered && <Button look="quiet" onClick={clear}>Clear</Button>}
      </Toolbar>
      <Panel flush>
        <Table
          label="Audit log"
          columns={columns}
          {...paged(log)}
          rowKey={({ id }) => id}
          empty={filtered
            ? <Empty icon="filter" title="No entry matches these filters" action={<Button onClick={clear}>Clear the filters</Button>} />
            : <Empty icon="audit" title="Nothing has happened yet"><p>As soon as a key, a session or a member changes, it stands here.</p></Empty>}
        />
      </Panel>
      {looked && <Details entry={looked} name={nameOf(looked.actor)} onClose={() => setLooked(undefined)} />}
      {exporting && <ExportDialog head={head} onClose={() => setExporting(false)} />}
    </>
  );
}

/** A filter that is in force with Enter, or when the field is left. */
function IdFilter({ label, name, value, placeholder }: { label: string; name: 'actor' | 'target'; value: string; placeholder: string }) {
  const [typed, setTyped] = useState(value);
  const apply = () => typed.trim() !== value && setQuery({ [name]: typed.trim() });
  return (
    <form class="filter" noValidate onSubmit={(event) => { event.preventDefault(); apply(); }} onFocusOut={apply}>
      <TextField label={label} value={typed} onValue={setTyped} placeholder={placeholder} maxLength={255} mono />
    </form>
  );
}

function Target({ id }: { id: string }) {
  const link = targetLink(id);
  const short = <code class="nowrap" title={id}>{shortId(id)}</code>;
  return link ? <a href={link}>{short}</a> : short;
}

function Details({ entry, name, onClose }: { entry: Entry; name: string; onClose: () => void }) {
  const { actor, origin } = entry;
  const only = (filter: Record<string, string>) => {
    setQuery({ action: null, actor: null, target: null, ...filter });
    onClose();
  };
  return (
    <Dialog wide title={`Entry ${entry.seq}`} onClose={onClose} actions={<Button look="primary" onClick={onClose}>Close</Button>}>
      <p class="pills"><Pill tone={toneOf(entry.action)}>{entry.action}</Pill> <span>{name} {ACTIONS[entry.action] ?? ''}</span></p>
      <Facts
        facts={[
          ['When', moment(entry.at)],
          ['Actor', <span key="actor" class="pills">{actor.type.replace('_', ' ')} {actor.id && <><Id id={actor.id} /><Button small look="quiet" onClick={() => only({ actor: actor.id! })}>Only this</Button></>}</span>],
          ['Target', <span key="target" class="pills"><Id id={entry.target} /><Button small look="quiet" onClick={() => only({ target: entry.target })}>Only this</Button></span>],
          ...(entry.sessionId ? [['Session', <Id key="session" id={entry.sessionId} />] as const] : []),
          ['Details', entry.details.length > 0 ? <span key="details" class="pills">{entry.details.map((detail) => <Pill key={detail} plain>{detail}</Pill>)}</span> : <span key="none" class="dim">none</span>],
          ['From', origin ? [origin.ip, origin.country, origin.client].filter(Boolean).join(' · ') || 'unknown' : <span key="nobody" class="dim">no request was behind it</span>],
          ['Request', entry.requestId ? <Id key="request" id={entry.requestId} /> : <span key="none" class="dim">none</span>],
          ...(entry.hash ? [['Hash', <code key="hash" class="hash">{entry.hash}</code>] as const] : []),
        ]}
      />
    </Dialog>
  );
}
