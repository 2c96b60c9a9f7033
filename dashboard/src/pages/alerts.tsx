// What somebody should look at: open, acknowledged and resolved alerts, and the rules that open them.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { countAlerts } from '../state/alerts.ts';
import { usePages } from '../state/load.ts';
import { here, may, organizationId } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { done, failed } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Id } from '../ui/Copy.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Select } from '../ui/Field.tsx';
import { Facts, PageHead, Panel, Toolbar } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Tabs } from '../ui/Tabs.tsx';
import { Time } from '../ui/Time.tsx';
import { KINDS, SEVERITY_TONES, story, subjectLink, subjectWord, type Alert, type Kind } from './alerts/kinds.ts';
import { Rules } from './alerts/rules.tsx';
import '../styles/organization.css';

const TABS = [
  { name: 'open', label: 'Open' },
  { name: 'acknowledged', label: 'Acknowledged' },
  { name: 'resolved', label: 'Resolved' },
  { name: 'rules', label: 'Rules' },
] as const;
type Tab = (typeof TABS)[number]['name'];
const SEVERITIES = ['critical', 'warning', 'info'] as const;

export default function Alerts() {
  const tab = TABS.find(({ name }) => name === query.value.get('show'))?.name ?? 'open';
  return (
    <>
      <PageHead title="Alerts" text="What somebody should look at. An alert is brought up to date while it lasts, and resolves by itself when it is over." />
      <Tabs label="Alerts by state" tabs={TABS} value={tab} onValue={(name) => setQuery({ show: name === 'open' ? null : name })}>
        {tab === 'rules' ? <Rules onChanged={() => void countAlerts()} /> : <List key={tab} tab={tab} />}
      </Tabs>
    </>
  );
}

function List({ tab }: { tab: Exclude<Tab, 'rules'> }) {
  const [looked, setLooked] = useState<Alert>();
  const severity = SEVERITIES.find((one) => one === query.value.get('severity'));
  const kind = (Object.keys(KINDS) as Kind[]).find((one) => one === query.value.get('kind'));
  const alerts = usePages(
    (cursor, signal) => ask(api.GET('/organizations/{organizationId}/alerts', { params: { path: here(), query: { cursor, limit: tab === 'resolved' ? 50 : 200, status: tab === 'resolved' ? 'resolved' : 'open', severity, kind } }, signal })),
    [organizationId.value, tab, severity, kind],
  );
  // The service knows open and resolved; whether an open one is acknowledged stands in it.
  const rows = tab === 'resolved' ? alerts.rows : alerts.rows?.filter(({ acknowledgedAt }) => (acknowledgedAt !== null) === (tab === 'acknowledged'));
  const acknowledge = async (alert: Alert) => {
    // Optimistic: it cannot be refused for any reason but a role, or an answer that does not come.
    alerts.replace(({ id }) => id === alert.id, { ...alert, acknowledgedAt: new Date().toISOString() });
    setLooked(undefined);
    try {
      const seen = await ask(api.POST('/organizations/{organizationId}/alerts/{id}/acknowledge', { params: { path: { ...here(), id: alert.id } } }));
      alerts.replace(({ id }) => id === alert.id, seen);
      done('Acknowledged. It stays open until it is over.');
    } catch (error) {
      alerts.replace(({ id }) => id === alert.id, alert);
      failed(error);
    }
    void countAlerts();
  };
  const mayAcknowledge = tab === 'open' && may('acknowledgeAlert');
  const columns: Column<Alert>[] = [
    {
      key: 'what',
      title: 'What',
      grow: true,
      cell: (alert) => (
        <>
          <span class="cell-title">{KINDS[alert.kind]}</span>
          <span class="cell-sub">{story(alert)}</span>
        </>
      ),
    },
    { key: 'severity', title: 'Severity', cell: (alert) => <Pill tone={SEVERITY_TONES[alert.severity]}>{alert.severity}</Pill> },
    { key: 'subject', title: 'About', cell: (alert) => <Subject alert={alert} /> },
    { key: 'opened', title: 'Opened', cell: ({ openedAt }) => <Time at={openedAt} /> },
    tab === 'resolved'
      ? { key: 'resolved', title: 'Resolved', extra: true, cell: ({ resolvedAt }) => <Time at={resolvedAt} /> }
      : { key: 'updated', title: 'Last seen', extra: true, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (alert) => (
        <span class="acts">
          {mayAcknowledge && <Button small onClick={() => void acknowledge(alert)}>Acknowledge</Button>}
          <Button small look="quiet" onClick={() => setLooked(alert)}>Details</Button>
        </span>
      ),
    },
  ];
  return (
    <>
      <Toolbar>
        <Select label="Severity" value={severity ?? ''} onValue={(value) => setQuery({ severity: value })} choices={[{ value: '', label: 'All' }, ...SEVERITIES.map((value) => ({ value, label: value }))]} />
        <Select label="Kind" value={kind ?? ''} onValue={(value) => setQuery({ kind: value })} choices={[{ value: '' as const, label: 'All' }, ...(Object.keys(KINDS) as Kind[]).map((value) => ({ value, label: KINDS[value] }))]} />
      </Toolbar>
      <Panel flush>
        <Table
          label="Alerts"
          columns={columns}
          rows={rows}
          rowKey={({ id }) => id}
          problem={alerts.problem}
          again={alerts.reload}
          hasMore={alerts.hasMore}
          loadingMore={alerts.loadingMore}
          onMore={alerts.more}
          empty={<Nothing tab={tab} filtered={severity !== undefined || kind !== undefined} />}
        />
      </Panel>
      {looked && <Details alert={looked} onClose={() => setLooked(undefined)} onAcknowledge={mayAcknowledge ? () => void acknowledge(looked) : undefined} />}
    </>
  );
}

function Nothing({ tab, filtered }: { tab: Exclude<Tab, 'rules'>; filtered: boolean }) {
  if (filtered) return <Empty icon="filter" title="No alert matches these filters" action={<Button onClick={() => setQuery({ severity: null, kind: null })}>Clear the filters</Button>} />;
  if (tab === 'open') return <Empty icon="check" title="Nothing needs a look" action={<Button onClick={() => setQuery({ show: 'rules' })}>See the rules</Button>}><p>Spikes, many refusals, limits that run out, keys that expire, leak or are used from new places open an alert here.</p></Empty>;
  if (tab === 'acknowledged') return <Empty icon="alerts" title="No open alert is acknowledged"><p>Acknowledge an alert to say that somebody takes care of it. It moves here until it is over.</p></Empty>;
  return <Empty icon="clock" title="Nothing was resolved yet"><p>Alerts that are over stay here for 90 days.</p></Empty>;
}

function Subject({ alert }: { alert: Alert }) {
  const link = subjectLink(alert);
  const short = <code class="nowrap" title={alert.subject}>{alert.subject.slice(0, 12)}…</code>;
  return <span><span class="cell-sub">{subjectWord(alert.subject)}</span>{link ? <a href={link}>{short}</a> : short}</span>;
}

function Details({ alert, onClose, onAcknowledge }: { alert: Alert; onClose: () => void; onAcknowledge: (() => void) | undefined }) {
  const { acknowledgedAt, acknowledgedBy } = alert;
  return (
    <Dialog
      title={KINDS[alert.kind]}
      onClose={onClose}
      actions={<>{onAcknowledge && <Button onClick={onAcknowledge}>Acknowledge</Button>}<Button look="primary" onClick={onClose}>Close</Button></>}
    >
      <p>{story(alert)}</p>
      <Facts
        facts={[
          ['Severity', <Pill key="severity" tone={SEVERITY_TONES[alert.severity]}>{alert.severity}</Pill>],
          ['About', <Id key="subject" id={alert.subject} />],
          ['Opened', <Time key="opened" at={alert.openedAt} />],
          ['Last seen', <Time key="updated" at={alert.updatedAt} />],
          ...(alert.resolvedAt ? [['Resolved', <Time key="resolved" at={alert.resolvedAt} />] as const] : []),
          ...(acknowledgedAt ? [['Acknowledged', <><Time at={acknowledgedAt} />{acknowledgedBy?.id && <> by <code>{acknowledgedBy.id}</code></>}</>] as const] : []),
          ...Object.entries(alert.facts).map(([name, value]) => [name, <code key={name}>{value}</code>] as const),
        ]}
      />
    </Dialog>
  );
}
