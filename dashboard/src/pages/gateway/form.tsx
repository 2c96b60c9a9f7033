// Making and changing a route, and its secret, which is shown once.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { useSubmit } from '../../state/load.ts';
import { here } from '../../state/organization.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Code } from '../../ui/Copy.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Checkbox, FormTrouble, Select, TextArea, TextField } from '../../ui/Field.tsx';
import type { SecretShown } from '../../ui/RotateSecret.tsx';
import { SecretOnce } from '../../ui/SecretOnce.tsx';
import { entries, inList, SessionSelect } from '../keys/form.tsx';
import { addressOf, below, ENVIRONMENTS, handedOn, MODES, VERIFY, type Consistency, type GatewayRoute } from './words.ts';

interface Draft {
  path: string;
  origin: string;
  description: string;
  permissions: string;
  environment: (typeof ENVIRONMENTS)[number]['value'];
  sessionId: string;
  cost: string;
  timeoutMs: string;
  consistency: Consistency;
  stripPath: boolean;
}

const FIELDS = ['path', 'origin', 'description', 'permissions', 'environment', 'sessionId', 'cost', 'timeoutMs', 'consistency', ...entries('permissions')];
const BLANK: Draft = { path: '', origin: '', description: '', permissions: '', environment: '', sessionId: '', cost: '1', timeoutMs: '30000', consistency: 'edge', stripPath: false };

const draftOf = ({ path, origin, description, permissions, environment, sessionId, cost, timeoutMs, consistency, stripPath }: GatewayRoute): Draft => ({
  path, origin, description: description ?? '', permissions: permissions.join('\n'), environment: environment ?? '', sessionId: sessionId ?? '', cost: String(cost), timeoutMs: String(timeoutMs), consistency, stripPath,
});

/** A number, or the text as it was typed, for the service to say at the field what is wrong with it. */
const number = (text: string): number => (/^\s*\d+\s*$/.test(text) ? Number(text) : (text as unknown as number));

const bodyOf = (draft: Draft): Schema<'CreateGatewayRoute'> => ({
  path: draft.path.trim(),
  origin: draft.origin.trim(),
  description: draft.description.trim() || null,
  permissions: draft.permissions.split(/[\s,]+/).filter(Boolean),
  environment: draft.environment || null,
  sessionId: draft.sessionId.trim() || null,
  cost: number(draft.cost),
  timeoutMs: number(draft.timeoutMs),
  consistency: draft.consistency,
  stripPath: draft.stripPath,
});

/** Only what differs: what somebody else has changed meanwhile stays so. */
function changesOf(route: GatewayRoute, draft: Draft): Schema<'ChangeGatewayRoute'> {
  const before: Record<string, unknown> = bodyOf(draftOf(route));
  return Object.fromEntries(Object.entries(bodyOf(draft)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
}

/** What is refused as a whole, and which field has to be mended. */
const REFUSALS: Record<string, readonly [field: string, message: string]> = {
  gateway_path_taken: ['path', 'is that of another route. Change that one, or take a longer path: the longest route wins'],
  session_not_found: ['sessionId', 'is no session of this organization'],
};

async function placed<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { status, code, message, requestId } = Problem.from(error);
    const refusal = REFUSALS[code];
    if (!refusal) throw error;
    throw new Problem(status, code, message, { requestId, errors: [{ pointer: `/${refusal[0]}`, code, message: refusal[1] }] });
  }
}

/** Makes a route, or changes `route`. */
export function RouteForm({ route, onClose, onSaved }: { route?: GatewayRoute; onClose: () => void; onSaved: (route: GatewayRoute) => void }) {
  const [draft, setDraft] = useState(() => (route ? draftOf(route) : BLANK));
  const [secret, setSecret] = useState<string>();
  const [made, setMade] = useState<GatewayRoute>();
  const sending = useSubmit(async () => {
    if (route) {
      const body = changesOf(route, draft);
      if (Object.keys(body).length > 0) {
        onSaved(await placed(ask(api.PATCH('/organizations/{organizationId}/gateway_routes/{id}', { params: { path: { ...here(), id: route.id } }, body }))));
        done('The route is changed, and in force.');
      }
      return onClose();
    }
    const { secret: once, ...rest } = await placed(ask(api.POST('/organizations/{organizationId}/gateway_routes', { params: { path: here() }, body: bodyOf(draft) })));
    setMade(rest);
    setSecret(once);
  });
  const leave = () => {
    setSecret(undefined);
    onClose();
    if (made) onSaved(made);
  };
  if (made) return <RouteSecret title="The route is there" secret={secret} onForget={() => setSecret(undefined)} onClose={leave} />;
  const bound = <Name extends keyof Draft>(name: Name) => ({ value: draft[name], onValue: (value: Draft[Name]) => setDraft((before) => ({ ...before, [name]: value })), error: sending.at(name) });
  const asked = below(draft.path.trim() || '/');
  const wrong = ['environment', 'sessionId', 'cost', 'timeoutMs', 'consistency'].some((field) => sending.at(field));
  return (
    <Dialog
      wide
      title={route ? `Change ${route.path}` : 'New route'}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>{route ? 'Save' : 'Create route'}</Button></>}
    >
      <TextField label="Path" mono {...bound('path')} required autofocus maxLength={256} placeholder="/orders" hint="This path and all below it, in whole segments. Of several routes the longest wins." />
      <TextField label="Origin" type="url" {...bound('origin')} required maxLength={2048} placeholder="https://orders.example.com" hint="Where your service is: https, at a public name, without a query." />
      <Checkbox label="Take the path off" hint="The origin is asked for what follows the path, instead of for the whole path." checked={draft.stripPath} onChecked={bound('stripPath').onValue} />
      {draft.origin.trim() && draft.path.startsWith('/') && (
        <p class="hint passage"><code>{addressOf(asked)}</code> <span>asks</span> <code>{handedOn({ ...draft, path: draft.path.trim(), origin: draft.origin.trim() }, asked)}</code></p>
      )}
      <TextArea label="Permissions" optional mono rows={3} {...bound('permissions')} error={inList(sending, 'permissions')} placeholder={'orders:read'} hint="What a key needs to get through, all of it: resource:action, one a line. Empty: any good key." />
      <TextField label="Description" optional {...bound('description')} maxLength={100} placeholder="Orders, for customers" />
      <details class="more-fields" open={wrong || undefined}>
        <summary>Which keys, cost, consistency and patience</summary>
        <div>
          <div class="two">
            <Select label="Environment of the key" {...bound('environment')} choices={ENVIRONMENTS} />
            <SessionSelect label="Session of the key" all="Any" {...bound('sessionId')} />
          </div>
          <Select label="Who decides" {...bound('consistency')} choices={Object.entries(MODES).map(([value, { label }]) => ({ value: value as Consistency, label }))} hint={MODES[draft.consistency].text} />
          <div class="two">
            <TextField label="Cost of a request" inputMode="numeric" {...bound('cost')} hint="In units of limits and credits." />
            <TextField label="Patience with the origin (ms)" inputMode="numeric" {...bound('timeoutMs')} hint="Until it begins to answer: 100 to 100,000." />
          </div>
        </div>
      </details>
      <FormTrouble problem={sending.problem} fields={FIELDS} />
    </Dialog>
  );
}

/** The secret of a route, in this one dialog. */
export function RouteSecret(shown: SecretShown) {
  return (
    <SecretOnce {...shown} wide signs="Requests to the origin" lost="Without it the origin cannot tell who comes by the gateway and who comes around it.">
      <p class="hint">The origin lets nobody in whose request is not signed so. Any library for HTTP Message Signatures will do, and the client has one:</p>
      <Code text={VERIFY} label="Copy the example" />
    </SecretOnce>
  );
}
