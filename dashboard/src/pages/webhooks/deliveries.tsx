// What was sent to an endpoint, and what it said to it.
import { useEffect, useState } from 'preact/hooks';
import { api, ask } from '../../api/client.ts';
import { moment } from '../../state/clock.ts';
import { paged, useLoad, usePages } from '../../state/load.ts';
import { here, may } from '../../state/organization.ts';
import { query, setQuery } from '../../state/router.ts';
import { done, failed } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Code, Id } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Empty } from '../../ui/Empty.tsx';
import { Segmented } from '../../ui/Field.tsx';
import { Facts, Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { DELIVERY_TONES, ERRORS, type Delivery } from './words.ts';

const STATUSES = [
  { value: 'all', label: 'All' },
  { value: 'pending', label: 'Pending' },
  { value: 'delivered', label: 'Delivered' },
  { value: 'failed', label: 'Failed' },
] as const;
/** While something is under way the list is read again, so often and at most so many times. */
const AGAIN_MS = 1500;
const AGAIN_MOST = 20;
/** What is tried within this time is worth waiting for. */
const SOON_MS = 10_000;

/** `round` changes when there may be something new. */
export function Deliveries({ id, round, active, onNews }: { id: string; round: number; active: boolean; onNews: () => void }) {
  const [looked, setLooked] = useState<Delivery>();
  const [tries, setTries] = useState(0);
  const chosen = STATUSES.find(({ value }) => value === query.value.get('status'))?.value ?? 'all';
  const list = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/webhook_endpoints/{id}/deliveries', { params: { path: { ...here(), id }, query: { cursor, limit: 25, status: chosen === 'all' ? undefined : chosen } }, signal })), [id, chosen]);
  const soon = list.rows?.some(({ status, nextAttemptAt }) => status === 'pending' && (nextAttemptAt === null || Date.parse(nextAttemptAt) < Date.now() + SOON_MS)) ?? false;
  useEffect(() => {
    if (round > 0) {
      setTries(0);
      list.reload();
    }
  }, [round]);
  useEffect(() => {
    if (!soon || list.loading || tries >= AGAIN_MOST) return;
    const timer = setTimeout(() => {
      setTries(tries + 1);
      list.reload();
    }, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [soon, list.loading, tries]);
  // What came of it stands in the endpoint too.
  useEffect(() => {
    if (round > 0 && !list.loading) onNews();
  }, [round, soon, list.loading]);
  const replay = async (delivery: Delivery) => {
    try {
      const sent = await ask(api.POST('/organizations/{organizationId}/webhook_endpoints/{id}/deliveries/{deliveryId}/replay', { params: { path: { ...here(), id, deliveryId: delivery.id } } }));
      list.replace((old) => old.id === sent.id, sent);
      setTries(0);
      setLooked(undefined);
      list.reload();
      done('It is sent once more, under the same id.');
    } catch (error) {
      failed(error);
    }
  };
  const mayReplay = may('replayWebhookDelivery') && active;
  const columns: Column<Delivery>[] = [
    { key: 'event', title: 'Event', grow: true, cell: ({ event, eventId }) => <><span class="cell-title">{event}</span><span class="cell-sub"><code>{eventId}</code></span></> },
    { key: 'status', title: 'Status', cell: ({ status }) => <Pill tone={DELIVERY_TONES[status]}>{status}</Pill> },
    { key: 'answer', title: 'Last answer', cell: (delivery) => <Answer delivery={delivery} /> },
    { key: 'attempts', title: 'Attempts', numeric: true, cell: ({ attempts }) => attempts },
    { key: 'created', title: 'Happened', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (delivery) => (
        <span class="acts">
          {mayReplay && delivery.status !== 'pending' && <Button small onClick={() => void replay(delivery)}>Replay</Button>}
          <Button small look="quiet" onClick={() => setLooked(delivery)}>View</Button>
        </span>
      ),
    },
  ];
  return (
    <Panel
      title="Deliveries"
      text="Kept for 7 days. What fails is tried again for a day, less and less often."
      actions={(
        <span class="pills">
          <Segmented label="Deliveries by status" value={chosen} choices={STATUSES} onValue={(value) => setQuery({ status: value === 'all' ? null : value })} />
          <Button small icon="refresh" busy={list.loading && list.rows !== undefined} onClick={list.reload}>Refresh</Button>
        </span>
      )}
      flush
    >
      <Table
        label="Deliveries"
        columns={columns}
        {...paged(list)}
        rowKey={(delivery) => delivery.id}
        empty={chosen === 'all'
          ? <Empty icon="webhooks" title="Nothing was sent yet"><p>As soon as one of its events happens, the message stands here. “Send a test” makes one now.</p></Empty>
          : <Empty icon="filter" title={`No delivery is ${chosen}`} action={<Button onClick={() => setQuery({ status: null })}>Show all</Button>} />}
      />
      {looked && <Payload id={id} delivery={looked} onClose={() => setLooked(undefined)} onReplay={mayReplay && looked.status !== 'pending' ? () => void replay(looked) : undefined} />}
    </Panel>
  );
}

function Answer({ delivery: { lastStatus, lastError, nextAttemptAt, status } }: { delivery: Delivery }) {
  if (lastStatus === null && lastError === null) return <span class="dim">–</span>;
  return (
    <span>
      {lastStatus !== null && <code>{lastStatus}</code>} {lastError && lastError !== 'status' && <span>{lastError}</span>}
      {status === 'pending' && nextAttemptAt && <span class="cell-sub">again <Time at={nextAttemptAt} /></span>}
    </span>
  );
}

function Payload({ id, delivery, onClose, onReplay }: { id: string; delivery: Delivery; onClose: () => void; onReplay: (() => void) | undefined }) {
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/webhook_endpoints/{id}/deliveries/{deliveryId}', { params: { path: { ...here(), id, deliveryId: delivery.id } }, signal })), [delivery.id]);
  const shown = found.data ?? delivery;
  return (
    <Dialog wide title={delivery.event} onClose={onClose} actions={<>{onReplay && <Button onClick={onReplay}>Replay</Button>}<Button look="primary" onClick={onClose}>Close</Button></>}>
      <Facts
        facts={[
          ['Status', <Pill key="status" tone={DELIVERY_TONES[shown.status]}>{shown.status}</Pill>],
          ...(shown.lastError ? [['What went wrong', ERRORS[shown.lastError]] as const] : []),
          ['Last answer', shown.lastStatus === null ? 'none' : <code key="answer">{shown.lastStatus}</code>],
          ['Attempts', `${shown.attempts}${shown.lastAttemptAt ? `, the last ${moment(shown.lastAttemptAt)}` : ''}`],
          ...(shown.nextAttemptAt && shown.status === 'pending' ? [['Next attempt', <Time key="next" at={shown.nextAttemptAt} />] as const] : []),
          ['webhook-id', <Id key="event" id={shown.eventId} />],
        ]}
      />
      <div class="payload explained">
        <p class="field-title">Body</p>
        {found.data ? <Code text={JSON.stringify(found.data.payload, null, 2)} label="Copy the body" /> : found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={6} />}
      </div>
    </Dialog>
  );
}
