// The keys of the organization: searched, filtered, sorted, created and ended.
import { useEffect, useState } from 'preact/hooks';
import { usePages } from '../state/load.ts';
import { at, may, organizationId } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { count } from '../state/clock.ts';
import { say } from '../state/toasts.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Select, TextField } from '../ui/Field.tsx';
import { Icon } from '../ui/Icon.tsx';
import { LongTable } from '../ui/LongTable.tsx';
import { Menu } from '../ui/Menu.tsx';
import { PageHead, Panel, Toolbar } from '../ui/Page.tsx';
import { Environment } from '../ui/Pill.tsx';
import type { Column, Sorting } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { useKeyActions, type KeyActions } from './keys/actions.tsx';
import { BulkRevokeDialog } from './keys/bulk.tsx';
import { CreateDialog } from './keys/create.tsx';
import { SessionSelect } from './keys/form.tsx';
import { Spark } from './keys/spark.tsx';
import { CREATE_CURL, ENVIRONMENTS, Expires, hrefOf, LastUsed, listKeys, shown, Status, STATUSES, type Key, type KeyQuery } from './keys/words.tsx';
import '../styles/keys.css';

const PAGE = 100;
/** What is sorted here must be here: up to so many keys. */
const MOST = 10_000;

const among = <Value extends string>(values: readonly Value[], value: string | null): Value | undefined => values.find((one) => one === value);

/** What is asked for, out of the address. */
function filters(): KeyQuery {
  const search = query.value.get('search')?.slice(0, 255);
  const status = among(STATUSES, query.value.get('status'));
  const environment = among([...ENVIRONMENTS, 'none' as const], query.value.get('environment'));
  const sessionId = query.value.get('session') ?? '';
  return { ...(search ? { search } : {}), ...(status ? { status } : {}), ...(environment ? { environment } : {}), ...(sessionId ? { sessionId } : {}) };
}

const SORTS: Record<string, (key: Key) => string | number> = {
  name: ({ name }) => name.toLocaleLowerCase(),
  used: ({ lastUsedAt }) => (lastUsedAt ? Date.parse(lastUsedAt) : 0),
  created: ({ createdAt }) => Date.parse(createdAt),
  expires: ({ expiresAt }) => (expiresAt ? Date.parse(expiresAt) : Infinity),
  status: ({ status }) => STATUSES.indexOf(status),
};

/** `sort=name` or `sort=-name`; without it, the order of the service: the newest first. */
function sortingOf(): Sorting | undefined {
  const text = query.value.get('sort') ?? '';
  const by = text.replace(/^-/, '');
  return by in SORTS ? { by, descending: text.startsWith('-') } : undefined;
}

function sorted(rows: Key[], sorting: Sorting | undefined): Key[] {
  const value = sorting && SORTS[sorting.by];
  if (!value) return rows;
  const turn = sorting.descending ? -1 : 1;
  return rows.map((key) => [value(key), key] as const).sort(([a], [b]) => (a < b ? -turn : a > b ? turn : 0)).map(([, key]) => key);
}

/** The columns of keys; the report of unused ones shows the same. */
export function keyColumns(actions?: KeyActions): Column<Key>[] {
  return [
    {
      key: 'name',
      title: 'Name',
      sortable: true,
      cell: (key) => (
        <span class="key-name">
          <a class="cell-title clip" href={hrefOf(key.id)} title={key.name}>{key.name}</a>
          <span class="cell-sub mono">{key.shortId}{key.rotatedTo && <span class="soft"> · replaced</span>}</span>
        </span>
      ),
    },
    { key: 'key', title: 'Key', cell: (key) => <span class="key-text"><code>{shown(key)}</code><Environment environment={key.environment} /></span> },
    { key: 'status', title: 'Status', sortable: true, cell: ({ status }) => <Status status={status} /> },
    { key: 'used', title: 'Last used', sortable: true, cell: ({ lastUsedAt }) => <LastUsed at={lastUsedAt} /> },
    { key: 'created', title: 'Created', sortable: true, extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'expires', title: 'Expires', sortable: true, cell: (key) => <Expires apiKey={key} /> },
    { key: 'spark', title: '30 days', cell: ({ id }) => <Spark id={id} /> },
    ...(actions
      ? [{
        key: 'menu',
        title: 'Actions',
        actions: true,
        cell: (key: Key) => <Menu end label={`Actions for ${key.name}`} button={<Icon name="more" />} items={actions.items(key)} />,
      }]
      : []),
  ];
}

export const faded = ({ status }: Key): string => (status === 'revoked' || status === 'expired' ? 'faded' : '');

export default function Keys() {
  // A session links here for a key of its own. What the address asked for once is not asked again by a reload or by Back.
  const [creating, setCreating] = useState(() => query.value.get('create') === '1' && may('createApiKey'));
  useEffect(() => setQuery({ create: null }), []);
  const [bulk, setBulk] = useState(false);
  const [whole, setWhole] = useState(false);
  const wanted = filters();
  const keys = usePages((cursor, signal) => listKeys({ ...wanted, cursor, limit: PAGE }, signal), [organizationId.value, wanted]);
  const actions = useKeyActions({ onChanged: (key) => keys.replace(({ id }) => id === key.id, key), onIssued: keys.reload });
  const columns = keyColumns(actions);
  const sorting = sortingOf();
  const rows = keys.rows && sorted(keys.rows, sorting);
  const loaded = keys.rows?.length ?? 0;
  useEffect(() => {
    if (whole && keys.hasMore && !keys.loadingMore && !keys.problem && loaded < MOST) keys.more();
    if (whole && (!keys.hasMore || keys.problem || loaded >= MOST)) setWhole(false);
  }, [whole, loaded, keys.hasMore, keys.loadingMore]);
  const filtered = Object.keys(wanted).length > 0;
  const create = may('createApiKey') && <Button look="primary" icon="plus" onClick={() => setCreating(true)}>Create key</Button>;
  return (
    <>
      <PageHead
        title="API keys"
        text="The keys of all sessions. What has expired or was revoked stays listed."
        actions={<><LinkButton href={at('keys/unused')} icon="clock">Unused keys</LinkButton>{may('importApiKeys') && <LinkButton href={at('keys/import')} icon="upload">Import keys</LinkButton>}{create}</>}
      />
      <Filters wanted={wanted} />
      <Panel flush>
        <LongTable
          class="keys"
          label="API keys"
          columns={columns}
          rows={rows}
          rowKey={({ id }) => id}
          rowClass={faded}
          problem={keys.problem}
          again={keys.reload}
          hasMore={keys.hasMore}
          loadingMore={keys.loadingMore}
          onMore={keys.more}
          {...(sorting ? { sorting } : {})}
          onSort={({ by, descending }) => setQuery({ sort: `${descending ? '-' : ''}${by}` })}
          empty={filtered
            ? (
              <Empty icon="search" title="No key matches" action={<Button onClick={() => setQuery({ search: null, status: null, environment: null, session: null })}>Clear the filters</Button>}>
                <p>The search looks at names, ids, external ids, and the first and last characters of keys.</p>
              </Empty>
            )
            : (
              <Empty icon="keys" title="Create your first key" action={create} curl={CREATE_CURL}>
                <p>A key lets a program call you. You verify it with one request, limit it, see who uses it, and end it in a moment. Its secret is shown once.</p>
                {may('importApiKeys') && <p>Keys that another system has issued can be <a href={at('keys/import')}>imported</a>: they go on to work.</p>}
              </Empty>
            )}
          foot={rows && rows.length > 0 && (
            <p class="soft table-count">
              {count(loaded)} key{loaded === 1 ? '' : 's'}{keys.hasMore ? (sorting ? ' loaded, sorted among these.' : ' loaded, the newest first.') : '.'}
              {keys.hasMore && loaded < MOST && <> <Button small look="quiet" busy={whole} onClick={() => setWhole(true)}>{whole ? 'Loading all' : 'Load all'}</Button></>}
              {filtered && may('revokeApiKeys') && wanted.status !== 'revoked' && <> <Button small look="quiet" icon="trash" onClick={() => setBulk(true)}>Revoke what matches</Button></>}
            </p>
          )}
        />
      </Panel>
      {creating && <CreateDialog sessionId={wanted.sessionId ?? ''} onClose={() => setCreating(false)} onIssued={keys.reload} />}
      {bulk && wanted.status !== 'revoked' && <BulkRevokeDialog meant={{ filter: { ...wanted, status: wanted.status ?? null } }} what="that match" onClose={() => setBulk(false)} onDone={keys.reload} />}
      {actions.dialogs}
    </>
  );
}

/** A secret key as somebody might paste it; its start is enough to find it, and all that may stand in the address. */
const SECRET = /^([a-z][a-z0-9]{0,15}_(?:(?:live|staging|dev)_)?[0-9A-Za-z]{4})[0-9A-Za-z]{30,}$/;
const NO_SECRET = /^(?:key|ses|org|usr|evt)_/;

function Filters({ wanted }: { wanted: KeyQuery }) {
  const [search, setSearch] = useState(wanted.search ?? '');
  useEffect(() => setSearch(wanted.search ?? ''), [wanted.search]);
  useEffect(() => {
    const timer = setTimeout(() => search !== (wanted.search ?? '') && setQuery({ search: search.trim() }), 250);
    return () => clearTimeout(timer);
  }, [search]);
  const type = (text: string) => {
    const start = NO_SECRET.test(text.trim()) ? undefined : SECRET.exec(text.trim())?.[1];
    if (start) say('That was a whole secret key. Its beginning is enough to find it.');
    setSearch(start ?? text);
  };
  return (
    <Toolbar>
      <div class="search"><TextField label="Search" type="search" value={search} onValue={type} placeholder="Name, id, first or last characters" maxLength={255} /></div>
      <Select label="Status" value={wanted.status ?? ''} onValue={(status) => setQuery({ status })} choices={[{ value: '', label: 'Any' }, ...STATUSES.map((value) => ({ value, label: value }))]} />
      <Select label="Environment" value={wanted.environment ?? ''} onValue={(environment) => setQuery({ environment })} choices={[{ value: '', label: 'Any' }, ...[...ENVIRONMENTS, 'none' as const].map((value) => ({ value, label: value }))]} />
      <SessionSelect label="Session" all="Any" value={wanted.sessionId ?? ''} onValue={(session) => setQuery({ session })} />
    </Toolbar>
  );
}
