// One endpoint: what it is told, how that goes, and every message of the last days.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import type { PageProps } from '../routes.ts';
import { useLoad } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { go } from '../state/router.ts';
import { done, failed } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Id } from '../ui/Copy.tsx';
import { Confirm } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Menu, type MenuItem } from '../ui/Menu.tsx';
import { Facts, Note, PageHead, Panel } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { RotateSecret } from '../ui/RotateSecret.tsx';
import { Skeleton } from '../ui/Skeleton.tsx';
import { Time } from '../ui/Time.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { Deliveries } from './webhooks/deliveries.tsx';
import { EndpointForm, EndpointSecret } from './webhooks/form.tsx';
import { hostOf, stateOf } from './webhooks/words.ts';
import '../styles/organization.css';

export default function WebhookPage({ id }: PageProps) {
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'delete' | 'disable'>();
  const [round, setRound] = useState(0);
  const [testing, setTesting] = useState(false);
  const path = { params: { path: { ...here(), id } } };
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/webhook_endpoints/{id}', { ...path, signal })), [organizationId.value, id]);
  const close = () => setAsked(undefined);
  const back = { href: at('webhooks'), label: 'Webhooks' };
  const endpoint = found.data;
  if (!endpoint) {
    const missing = found.problem?.status === 404;
    return (
      <>
        <PageHead title={missing ? 'Endpoint not found' : 'Endpoint'} back={back} />
        {missing && <Empty icon="webhooks" title="There is no such endpoint"><p>It may have been deleted.</p></Empty>}
        {!missing && (found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={8} />)}
      </>
    );
  }
  const test = async () => {
    setTesting(true);
    try {
      await ask(api.POST('/organizations/{organizationId}/webhook_endpoints/{id}/test', path));
      done('A test is on its way.');
      setRound(round + 1);
    } catch (error) {
      failed(error);
    } finally {
      setTesting(false);
    }
  };
  const turn = async (active: boolean) => {
    found.set(await ask(api.PATCH('/organizations/{organizationId}/webhook_endpoints/{id}', { ...path, body: { active } })));
    done(active ? 'Enabled. What happened meanwhile is not told.' : 'Disabled: it is told nothing more.');
    setRound(round + 1);
  };
  const state = stateOf(endpoint);
  const items: MenuItem[] = [
    ...(may('rotateWebhookSecret') ? [{ label: 'Rotate the secret', icon: 'refresh' as const, act: () => setAsked('rotate') }] : []),
    ...(endpoint.active ? [{ label: 'Disable', icon: 'hidden' as const, act: () => setAsked('disable') }] : []),
    ...(may('deleteWebhookEndpoint') ? [{ label: 'Delete', icon: 'trash' as const, danger: true, act: () => setAsked('delete') }] : []),
  ];
  return (
    <>
      <PageHead
        title={endpoint.description ?? hostOf(endpoint.url)}
        back={back}
        text={<span class="pills"><Pill tone={state.tone}>{state.word}</Pill><code>{endpoint.url}</code></span>}
        actions={may('changeWebhookEndpoint') && (
          <>
            {endpoint.active
              ? <Button busy={testing} onClick={() => void test()}>Send a test</Button>
              : <Button look="primary" onClick={() => void turn(true).catch(failed)}>Enable</Button>}
            <Button onClick={() => setAsked('edit')}>Edit</Button>
            <Menu end label="More actions" button={<Icon name="more" />} items={items} />
          </>
        )}
      />
      {endpoint.disabledReason && <Note tone="bad">{endpoint.disabledReason === 'gone' ? 'The service switched it off: it answered 410, gone.' : 'The service switched it off: it has taken nothing for too long.'} Enable it once it works again; what failed can be replayed.</Note>}
      {endpoint.active && endpoint.failingSince && <Note tone="warn">It takes nothing since <Time at={endpoint.failingSince} />.</Note>}
      <Panel title="Settings">
        <Facts
          facts={[
            ['Events', endpoint.events.includes('*') ? 'All, also those to come' : <span key="events" class="pills">{endpoint.events.map((name) => <Pill key={name} plain>{name}</Pill>)}</span>],
            ['Last delivered', <Time key="last" at={endpoint.lastDeliveredAt} />],
            ...(endpoint.previousSecretUntil ? [['Secret', <>The one before signs as well, until <Time at={endpoint.previousSecretUntil} /></>] as const] : []),
            ['Id', <Id key="id" id={endpoint.id} />],
            ['Created', <Time key="created" at={endpoint.createdAt} />],
          ]}
        />
      </Panel>
      <Deliveries id={id} round={round} active={endpoint.active} onNews={found.reload} />
      {asked === 'edit' && <EndpointForm endpoint={endpoint} onClose={close} onSaved={found.set} />}
      {asked === 'rotate' && (
        <RotateSecret
          rotate={async () => (await ask(api.POST('/organizations/{organizationId}/webhook_endpoints/{id}/rotate_secret', path))).secret}
          until="your receiver"
          text="receivers with either of them go on."
          shown={EndpointSecret}
          onRotated={found.reload}
          onClose={close}
        />
      )}
      {asked === 'disable' && (
        <Confirm title="Disable the endpoint?" action="Disable" onClose={close} onConfirm={() => turn(false)}>
          <p>It is told nothing more until you enable it, and what happens meanwhile is not told afterwards.</p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title="Delete the endpoint?"
          action="Delete endpoint"
          onClose={close}
          onConfirm={async () => {
            await ask(api.DELETE('/organizations/{organizationId}/webhook_endpoints/{id}', path));
            done('The endpoint is deleted.');
            go(at('webhooks'));
          }}
        >
          <p>What is still to be sent goes too, and so does the list of its deliveries.</p>
        </Confirm>
      )}
    </>
  );
}
