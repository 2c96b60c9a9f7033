// One route: where it is reached, where it leads, and what a key needs to get through.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import type { PageProps } from '../routes.ts';
import { count } from '../state/clock.ts';
import { useLoad } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { go } from '../state/router.ts';
import { done, failed } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Code, Id } from '../ui/Copy.tsx';
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
import { RouteForm, RouteSecret } from './gateway/form.tsx';
import { addressOf, below, curlOf, handedOn, MODES, stateOf, VERIFY } from './gateway/words.ts';
import '../styles/organization.css';

export default function GatewayRoutePage({ id }: PageProps) {
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'delete' | 'disable'>();
  const [enabling, setEnabling] = useState(false);
  const path = { params: { path: { ...here(), id } } };
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/gateway_routes/{id}', { ...path, signal })), [organizationId.value, id]);
  const close = () => setAsked(undefined);
  const back = { href: at('gateway'), label: 'Gateway' };
  const route = found.data;
  if (!route) {
    const missing = found.problem?.status === 404;
    return (
      <>
        <PageHead title={missing ? 'Route not found' : 'Route'} back={back} />
        {missing && <Empty icon="gateway" title="There is no such route"><p>It may have been deleted.</p></Empty>}
        {!missing && (found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <Skeleton lines={8} />)}
      </>
    );
  }
  const turn = async (active: boolean) => {
    found.set(await ask(api.PATCH('/organizations/{organizationId}/gateway_routes/{id}', { ...path, body: { active } })));
    done(active ? 'Enabled: requests get through.' : 'Disabled: nobody gets through on it.');
  };
  const enable = async () => {
    setEnabling(true);
    await turn(true).catch(failed);
    setEnabling(false);
  };
  const state = stateOf(route);
  const items: MenuItem[] = [
    ...(may('rotateGatewayRouteSecret') ? [{ label: 'Rotate the secret', icon: 'refresh' as const, act: () => setAsked('rotate') }] : []),
    ...(route.active ? [{ label: 'Disable', icon: 'hidden' as const, act: () => setAsked('disable') }] : []),
    ...(may('deleteGatewayRoute') ? [{ label: 'Delete', icon: 'trash' as const, danger: true, act: () => setAsked('delete') }] : []),
  ];
  const example = below(route.path);
  return (
    <>
      <PageHead
        title={route.path}
        back={back}
        text={<span class="pills"><Pill tone={state.tone}>{state.word}</Pill><span>{route.description}</span></span>}
        actions={may('changeGatewayRoute') && (
          <>
            {!route.active && <Button look="primary" busy={enabling} onClick={() => void enable()}>Enable</Button>}
            <Button onClick={() => setAsked('edit')}>Edit</Button>
            <Menu end label="More actions" button={<Icon name="more" />} items={items} />
          </>
        )}
      />
      {!route.active && <Note tone="warn">It is disabled. What is asked for here goes to a route with a shorter path, if one fits, and is answered with 404 if none does.</Note>}
      <Panel title="Address" text="Whoever has a good key asks here, instead of asking your service.">
        <Id id={addressOf(route.path)} />
        <Code text={curlOf(example)} label="Copy the command" />
        <p class="hint passage"><span>It asks</span> <code>{handedOn(route, example)}</code></p>
      </Panel>
      <Panel title="Settings">
        <Facts
          facts={[
            ['Origin', <Id key="origin" id={route.origin} />],
            ['Permissions', route.permissions.length > 0 ? <span key="permissions" class="pills">{route.permissions.map((name) => <Pill key={name} plain>{name}</Pill>)}</span> : 'None: any good key gets through'],
            ['Environment', route.environment ?? 'Any'],
            ['Session', route.sessionId ? <a key="session" href={at(`sessions/${route.sessionId}`)}><code>{route.sessionId}</code></a> : 'Any'],
            ['Path for the origin', route.stripPath ? `What follows ${route.path}` : 'The whole path'],
            ['Who decides', <>{MODES[route.consistency].label}<span class="cell-sub">{MODES[route.consistency].text}</span></>],
            ['Cost of a request', count(route.cost)],
            ['Patience with the origin', `${count(route.timeoutMs)} ms, until it begins to answer`],
            ...(route.previousSecretUntil ? [['Secret', <>The one before signs as well, until <Time at={route.previousSecretUntil} /></>] as const] : []),
            ['Id', <Id key="id" id={route.id} />],
            ['Created', <Time key="created" at={route.createdAt} />],
            ...(route.updatedAt === route.createdAt ? [] : [['Changed', <Time key="updated" at={route.updatedAt} />] as const]),
          ]}
        />
      </Panel>
      <Panel title="How the origin checks it" text="Whoever finds the address of the origin could ask it directly. Let nobody in whose request is not signed with the secret of this route.">
        <Code text={VERIFY} label="Copy the example" />
      </Panel>
      {asked === 'edit' && <RouteForm route={route} onClose={close} onSaved={found.set} />}
      {asked === 'rotate' && (
        <RotateSecret
          rotate={async () => (await ask(api.POST('/organizations/{organizationId}/gateway_routes/{id}/rotate_secret', path))).secret}
          until="your origin"
          text="an origin that knows either of them goes on."
          shown={RouteSecret}
          onRotated={found.reload}
          onClose={close}
        />
      )}
      {asked === 'disable' && (
        <Confirm title={`Disable ${route.path}?`} action="Disable" onClose={close} onConfirm={() => turn(false)}>
          <p>Nobody gets through on it until you enable it. What is asked for goes to a route with a shorter path, if one fits.</p>
        </Confirm>
      )}
      {asked === 'delete' && (
        <Confirm
          title={`Delete ${route.path}?`}
          action="Delete route"
          onClose={close}
          onConfirm={async () => {
            await ask(api.DELETE('/organizations/{organizationId}/gateway_routes/{id}', path));
            done('The route is deleted: nobody gets through on it.');
            go(at('gateway'));
          }}
        >
          <p>Nobody gets through on it any more, and its secret signs nothing more. A new route with the same path has another secret.</p>
        </Confirm>
      )}
    </>
  );
}
