// Who still uses a key, and whether it can go.
import { api, ask, type Schema } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { useLoad } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Facts } from '../../ui/Page.tsx';
import { Pill, type Tone } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Table, type Column } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { hrefOf, placeOf, type Key } from './words.tsx';

type Evidence = Schema<'Evidence'>;

const REASONS: Record<Evidence['reason'], { tone: Tone; short: string; text: string }> = {
  ended: { tone: 'good', short: 'safe to delete', text: 'It has ended already: deleting it changes nothing.' },
  unused_since_rotation: { tone: 'good', short: 'safe to delete', text: 'It was replaced an hour ago or more, and nobody has used it since.' },
  quiet: { tone: 'good', short: 'safe to delete', text: 'It was used after it was replaced, but not for a day.' },
  idle: { tone: 'good', short: 'safe to delete', text: 'Nobody has used it for 30 days.' },
  too_early: { tone: 'warn', short: 'too early to tell', text: 'It was replaced less than an hour ago: whoever uses it seldom has not come by yet.' },
  in_use: { tone: 'bad', short: 'still in use', text: 'Somebody uses it: deleting it now would stop them.' },
};

export function useEvidence(id: string) {
  return useLoad((signal) => ask(api.GET('/organizations/{organizationId}/api_keys/{id}/evidence', { params: { path: { ...here(), id } }, signal })), [here().organizationId, id]);
}

/** The last time something happened, and who it was. */
export function Last({ last, never = 'Never' }: { last: Schema<'LastUsed'> | null; never?: string }) {
  if (!last) return <span class="dim">{never}</span>;
  const by = [last.client, placeOf(last)].filter(Boolean).join(' · ');
  return <><Time at={last.at} />{by && <span class="soft"> by {by}</span>}</>;
}

const CLIENTS: Column<Schema<'EvidenceClient'>>[] = [
  { key: 'client', title: 'Client', grow: true, cell: ({ client }) => <span class="mono">{client ?? 'unnamed'}</span> },
  { key: 'country', title: 'Country', cell: ({ country }) => country ?? <span class="dim">–</span> },
  { key: 'seen', title: 'Seen', numeric: true, cell: ({ seen }) => count(seen) },
  { key: 'last', title: 'Last', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
];

export function Verdict({ evidence }: { evidence: Evidence }) {
  const { tone, short, text } = REASONS[evidence.reason];
  return <p class="verdict"><Pill tone={tone}>{short}</Pill> <span>{text}</span></p>;
}

export function Clients({ evidence }: { evidence: Evidence }) {
  if (evidence.clients.length === 0) return null;
  return <div class="boxed"><Table label="Who has used it" columns={CLIENTS} rows={evidence.clients} rowKey={({ client, country }) => `${client} ${country}`} /></div>;
}

/** All of it. `succeeded` names the successor, if that is not on the page anyway. */
export function EvidenceView({ evidence }: { evidence: Evidence }) {
  const facts: (readonly [string, preact.ComponentChildren])[] = [
    [evidence.rotatedTo ? 'Uses since it was replaced' : 'Uses', <><span class="figures">{count(evidence.uses)}</span><span class="soft"> since <Time at={evidence.countedSince} /></span></>],
    ['Last used', <Last last={evidence.lastUsed} />],
    ...(evidence.refusedUses > 0 ? [['Refused since it ended', <><span class="figures">{count(evidence.refusedUses)}</span><span class="soft">, lately <Last last={evidence.lastRefused} never="unknown" /></span></>] as const] : []),
    ...(evidence.rotatedTo ? [['Replaced by', <a href={hrefOf(evidence.rotatedTo)}>{evidence.rotatedTo}</a>] as const] : []),
    ...(evidence.rotatedTo && evidence.expiresAt ? [['Ends by itself', <Time at={evidence.expiresAt} />] as const] : []),
  ];
  return (
    <div class="stack">
      <Verdict evidence={evidence} />
      <Facts facts={facts} />
      <Clients evidence={evidence} />
    </div>
  );
}

/** For a key of which one wants to know before it is deleted. */
export function EvidenceDialog({ apiKey, onClose, onRevoke }: { apiKey: Key; onClose: () => void; onRevoke?: (() => void) | undefined }) {
  const { data, problem, reload } = useEvidence(apiKey.id);
  return (
    <Dialog
      title={`Who still uses ${apiKey.name}?`}
      wide
      onClose={onClose}
      actions={(
        <>
          <Button look="quiet" icon="refresh" onClick={reload}>Look again</Button>
          {onRevoke && <Button look={data?.safeToDelete ? 'danger' : 'plain'} onClick={onRevoke}>Revoke key</Button>}
          <Button look="primary" onClick={onClose}>Done</Button>
        </>
      )}
    >
      {problem && <Trouble problem={problem} again={reload} />}
      {!data && !problem && <Skeleton lines={5} />}
      {data && <EvidenceView evidence={data} />}
    </Dialog>
  );
}
