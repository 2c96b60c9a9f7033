// One key: what it is used for, by whom, what is left of its limits, and what was done to it.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { useLoad } from '../state/load.ts';
import { at, here, may } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { Id } from '../ui/Copy.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Segmented } from '../ui/Field.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Menu } from '../ui/Menu.tsx';
import { Facts, Note, PageHead, Panel } from '../ui/Page.tsx';
import { Environment, Pill } from '../ui/Pill.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { Gauges } from './key/gauges.tsx';
import { Requests } from './key/requests.tsx';
import { TestKey } from './key/test.tsx';
import { PERIODS, Traffic, type Period } from './key/traffic.tsx';
import { Trail } from './key/trail.tsx';
import { canRotate, useKeyActions } from './keys/actions.tsx';
import { EvidenceView, useEvidence } from './keys/evidence.tsx';
import { Expires, hrefOf, LastUsed, shown, Status, type Key } from './keys/words.tsx';
import '../styles/keys.css';

export default function KeyPage({ id }: { id: string }) {
  const { data: key, problem, reload, set } = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/api_keys/{id}', { params: { path: { ...here(), id } }, signal })), [here().organizationId, id]);
  const [changes, setChanges] = useState(0);
  const changed = () => setChanges((before) => before + 1);
  const actions = useKeyActions({
    onChanged: (next) => {
      set(next);
      changed();
    },
    onIssued: () => {
      reload();
      changed();
    },
  });
  const period = PERIODS.find(({ value }) => value === query.value.get('period'))?.value ?? '7d';
  const back = { href: at('keys'), label: 'API keys' };
  if (problem && !key) {
    if (problem.status !== 404 && problem.status !== 400) return <><PageHead title="API key" back={back} /><Trouble problem={problem} again={reload} /></>;
    return (
      <>
        <PageHead title="Key not found" back={back} />
        <Empty icon="search" title="There is no such key in this organization" action={<LinkButton href={at('keys')}>All keys</LinkButton>} />
      </>
    );
  }
  if (!key) return <><PageHead title="API key" back={back} /><Skeleton lines={8} /></>;
  const more = actions.items(key).filter(({ label }) => !['Edit', 'Rotate', 'Revoke', 'Enable', 'Who still uses it?'].includes(label));
  const change = may('changeApiKey') && key.status !== 'revoked';
  return (
    <>
      <PageHead
        title={key.name}
        back={back}
        text={<span class="row"><Status status={key.status} /> <Environment environment={key.environment} /> <code>{shown(key)}</code></span>}
        actions={(
          <>
            {change && <Button onClick={() => actions.open('edit', key)}>Edit</Button>}
            {canRotate(key) && <Button icon="refresh" onClick={() => actions.open('rotate', key)}>Rotate</Button>}
            {change && key.status === 'disabled' && <Button look="primary" icon="check" onClick={() => actions.enable(key)}>Enable</Button>}
            {may('revokeApiKey') && key.status !== 'revoked' && <Button icon="trash" onClick={() => actions.open('revoke', key)}>Revoke</Button>}
            {more.length > 0 && <Menu end label="More actions" button={<Icon name="more" />} items={more} />}
          </>
        )}
      />
      <State apiKey={key} />
      <div class="row between period">
        <h2>Traffic</h2>
        <Segmented<Period> label="Period" value={period} onValue={(value) => setQuery({ period: value })} choices={PERIODS} />
      </div>
      <Traffic id={id} period={period} />
      <div class="columns">
        <Panel title="Limits" text="What is left at this moment. It is looked up every 5 seconds while you look.">
          <Gauges apiKey={key} onKey={set} onEdit={change ? () => actions.open('edit', key) : undefined} />
        </Panel>
        <Use id={id} changes={changes} />
        <Panel title="Settings"><Settings apiKey={key} /></Panel>
        {may('verifyKey') && <TestKey apiKey={key} />}
      </div>
      <Requests id={id} />
      {may('readAuditLog') && <Trail id={id} changes={changes} />}
      {actions.dialogs}
    </>
  );
}

/** What about its state needs a word. */
function State({ apiKey: { status, revokedAt, revocationReason, rotatedTo, rotatedFrom, expiresAt, notBefore } }: { apiKey: Key }) {
  return (
    <>
      {status === 'revoked' && <Note tone="bad">Revoked <Time at={revokedAt} />{revocationReason ? `: ${revocationReason}` : '.'}</Note>}
      {status === 'expired' && <Note tone="warn">It expired <Time at={expiresAt} />. Another expiry brings it back to life.</Note>}
      {status === 'disabled' && <Note tone="warn">It is switched off: whoever uses it is refused.</Note>}
      {status === 'pending' && <Note>It begins to verify <Time at={notBefore} />.</Note>}
      {rotatedTo && <Note tone="warn">It was <a href={hrefOf(rotatedTo)}>replaced by another key</a>{status === 'active' && <> and ends <Time at={expiresAt} /></>}.</Note>}
      {rotatedFrom && <Note>It replaces <a href={hrefOf(rotatedFrom)}>an older key</a>: look there who still uses that one.</Note>}
    </>
  );
}

/** Who uses it, and whether it can go. */
function Use({ id, changes }: { id: string; changes: number }) {
  const { data, problem, reload } = useEvidence(id);
  const [seen, setSeen] = useState(changes);
  if (seen !== changes) {
    setSeen(changes);
    reload();
  }
  return (
    <Panel title="Who uses it" text="And whether it could be deleted." actions={<Button small look="quiet" icon="refresh" onClick={reload}>Look again</Button>}>
      {problem && !data && <Trouble problem={problem} again={reload} />}
      {!data && !problem && <Skeleton lines={4} />}
      {data && <EvidenceView evidence={data} />}
    </Panel>
  );
}

function Settings({ apiKey: key }: { apiKey: Key }) {
  const none = <span class="dim">None</span>;
  return (
    <Facts
      facts={[
        ['Id', <Id id={key.id} />],
        ['Session', <Id id={key.sessionId} />],
        ['Permissions', key.permission ? key.permission.replace('_', ' ') : <span class="mono">{key.permissions.join(', ')}</span>],
        ['Domain', key.domain ? <span class="row">{key.domain} <a href={at('domains')}><Pill tone={key.domainVerified ? 'good' : 'warn'}>{key.domainVerified ? 'verified' : 'not verified'}</Pill></a></span> : none],
        ['Allowed addresses', key.ipAllowList.length > 0 ? <span class="mono">{key.ipAllowList.join(', ')}</span> : 'From anywhere'],
        ['Created', <><Time at={key.createdAt} /> <span class="soft">by {key.createdBy.type.replace('_', ' ')}</span></>],
        ['Last used', <LastUsed at={key.lastUsedAt} />],
        ['Expires', <Expires apiKey={key} />],
        ...(key.notBefore ? [['Valid from', <Time at={key.notBefore} />] as const] : []),
        ['External id', key.externalId ? <span class="mono">{key.externalId}</span> : none],
        ['Metadata', Object.keys(key.metadata).length > 0 ? <pre class="metadata" tabIndex={0} aria-label="Metadata">{JSON.stringify(key.metadata, null, 2)}</pre> : none],
      ]}
    />
  );
}

