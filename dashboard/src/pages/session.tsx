// One session: how it is doing, its keys, its usage, and what can be changed about it.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import type { PageProps } from '../routes.ts';
import { inForce } from '../state/force.ts';
import { useLoad } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { go, query, setQuery } from '../state/router.ts';
import { done } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Confirm } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Menu } from '../ui/Menu.tsx';
import { Note, PageHead } from '../ui/Page.tsx';
import { Environment, Pill } from '../ui/Pill.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Tabs } from '../ui/Tabs.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { EditSession } from './sessions/form.tsx';
import { HealthPill, useHealth } from './sessions/health.tsx';
import { SessionKeys } from './sessions/keys.tsx';
import { SessionOverview } from './sessions/overview.tsx';
import { SessionUsage } from './sessions/usage.tsx';
import { STATUS_TONES, isPermanent } from './sessions/words.ts';
import '../styles/organization.css';

const TABS = [
  { name: 'overview', label: 'Overview' },
  { name: 'keys', label: 'API Keys' },
  { name: 'usage', label: 'Usage' },
] as const;

export default function SessionPage({ id }: PageProps) {
  const [asked, setAsked] = useState<'edit' | 'disconnect' | 'connect' | 'delete'>();
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/sessions/{id}', { params: { path: { ...here(), id } }, signal })), [organizationId.value, id]);
  const health = useHealth(id);
  const close = () => setAsked(undefined);
  const back = { href: at('sessions'), label: 'Sessions' };
  const session = found.data;
  if (!session) {
    const { problem } = found;
    if (problem?.status === 404) {
      return (
        <>
          <PageHead title="Session not found" back={back} />
          <Empty icon="sessions" title="There is no such session"><p>It may have been deleted, or belongs to another organization.</p></Empty>
        </>
      );
    }
    return (
      <>
        <PageHead title="Session" back={back} />
        {problem ? <Trouble problem={problem} again={found.reload} /> : <Skeleton lines={8} />}
      </>
    );
  }
  const again = () => {
    found.reload();
    health.reload();
  };
  const set = async (status: 'connected' | 'disconnected', said: string) => {
    const answer = api.PATCH('/organizations/{organizationId}/sessions/{id}', { params: { path: { ...here(), id } }, body: { status } });
    await ask(answer);
    again();
    done(await inForce(answer, said));
  };
  const deleted = session.status === 'deleted';
  const mayChange = may('changeSession') && !deleted;
  const tab = TABS.find(({ name }) => name === query.value.get('tab'))?.name ?? 'overview';
  return (
    <>
      <PageHead
        title={session.name}
        back={back}
        text={(
          <span class="pills">
            <Environment environment={session.environment} />
            <Pill tone={STATUS_TONES[session.status]}>{session.status}</Pill>
            {health.data && session.status === 'connected' && <HealthPill health={health.data} />}
          </span>
        )}
        actions={mayChange && (
          <>
            {session.status === 'disconnected' && <Button onClick={() => setAsked('connect')}>Connect</Button>}
            {session.status === 'connected' && !isPermanent(session) && <Button onClick={() => setAsked('disconnect')}>Disconnect</Button>}
            <Button onClick={() => setAsked('edit')}>Edit</Button>
            {may('deleteSession') && !isPermanent(session) && <Menu end label="More actions" button={<Icon name="more" />} items={[{ label: 'Delete session', icon: 'trash', danger: true, act: () => setAsked('delete') }]} />}
          </>
        )}
      />
      {session.status === 'disconnected' && <Note tone="warn">This session is disconnected: all its keys are refused until it is connected again.</Note>}
      {deleted && <Note tone="bad">This session was deleted: its keys are revoked. What it was used for is kept for a while.</Note>}
      <Tabs label="Parts of the session" tabs={TABS} value={tab} onValue={(name) => setQuery({ tab: name === 'overview' ? null : name })}>
        {tab === 'overview' && <SessionOverview session={session} health={health} onRefresh={found.reload} refreshing={found.loading} />}
        {tab === 'keys' && <SessionKeys session={session} onChanged={again} />}
        {tab === 'usage' && <SessionUsage id={id} />}
      </Tabs>
      {asked === 'edit' && <EditSession session={session} onClose={close} onChanged={again} />}
      {asked === 'connect' && (
        <Confirm
          title={`Connect ${session.name}?`}
          action="Connect"
          danger={false}
          onClose={close}
          onConfirm={() => set('connected', 'Connected: its keys are let through again.')}
        >
          <p>Its keys work again at once, as they did before.</p>
        </Confirm>
      )}
      {asked === 'disconnect' && (
        <Confirm
          title={`Disconnect ${session.name}?`}
          action="Disconnect"
          onClose={close}
          onConfirm={() => set('disconnected', 'Disconnected: its keys are refused everywhere.')}
        >
          <p>All its keys are refused (<code>SESSION_DISCONNECTED</code>) until you connect it again. None of them is lost.</p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title={`Delete ${session.name}?`}
          action="Delete session"
          word={session.name}
          onClose={close}
          onConfirm={async () => {
            const answer = api.DELETE('/organizations/{organizationId}/sessions/{id}', { params: { path: { ...here(), id } } });
            await ask(answer);
            done(await inForce(answer, 'Deleted: its keys are revoked everywhere.'));
            go(at('sessions'));
          }}
        >
          <p>All its keys are revoked at once{health.data ? `: ${health.data.keys.active} of them ${health.data.keys.active === 1 ? 'is' : 'are'} active` : ''}. This cannot be undone.</p>
        </Confirm>
      )}
    </>
  );
}
