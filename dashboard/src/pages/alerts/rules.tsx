// When something is worth an alert: the rule of each kind, as it is by default until somebody changes it.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { useLoad, useSubmit } from '../../state/load.ts';
import { here, may, organizationId } from '../../state/organization.ts';
import { done, failed } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble, Switch, TextField } from '../../ui/Field.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { Trouble } from '../../ui/Trouble.tsx';
import { ENVIRONMENTS, KINDS, ruleText, type Days, type Rule } from './kinds.ts';

const UNITS: Record<NonNullable<Rule['unit']>, string> = { times_usual: 'Times the usual', percent: 'Per cent', days: 'Days' };
const path = (kind: Rule['kind']) => ({ params: { path: { ...here(), kind } } });

export function Rules({ onChanged }: { onChanged: () => void }) {
  const [editing, setEditing] = useState<Rule>();
  const found = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/alert_rules', { params: { path: here() }, signal })), [organizationId.value]);
  const rules = found.data?.data;
  const put = (rule: Rule) => {
    if (found.data) found.set({ ...found.data, data: found.data.data.map((old) => (old.kind === rule.kind ? rule : old)) });
    onChanged();
  };
  const change = async (rule: Rule, body: Schema<'ChangeAlertRule'>) => put(await ask(api.PATCH('/organizations/{organizationId}/alert_rules/{kind}', { ...path(rule.kind), body })));
  // Shown at once; taken back if the service does not agree.
  const turn = (rule: Rule, enabled: boolean) => {
    put({ ...rule, enabled, isDefault: false });
    change(rule, { enabled }).catch((error: unknown) => {
      put(rule);
      failed(error);
    });
  };
  const reset = async (rule: Rule) => {
    put(await ask(api.DELETE('/organizations/{organizationId}/alert_rules/{kind}', path(rule.kind))));
    done(`“${KINDS[rule.kind]}” is as it is by default.`);
  };
  const mayChange = may('changeAlertRule');
  return (
    <Panel title="Rules" text="Sessions go by a changed rule within a minute of their next use. Switching one off resolves what is open of its kind." flush>
      {!rules && (found.problem ? <Trouble problem={found.problem} again={found.reload} /> : <div class="padded"><Skeleton lines={8} /></div>)}
      {rules && (
        <ul class="rules">
          {rules.map((rule) => (
            <li key={rule.kind} class="rule">
              <div class="grow">
                <h3>{KINDS[rule.kind]} {rule.isDefault ? <Pill plain>default</Pill> : <Pill plain tone="info">changed</Pill>} {!rule.enabled && <Pill tone="warn">off</Pill>}</h3>
                <p>{ruleText(rule)}</p>
              </div>
              {mayChange && (
                <div class="rule-acts">
                  {!rule.isDefault && <Button small look="quiet" onClick={() => void reset(rule).catch(failed)} aria-label={`Reset ${KINDS[rule.kind]}`}>Reset</Button>}
                  {(rule.threshold !== null || rule.environments) && <Button small onClick={() => setEditing(rule)} aria-label={`Edit ${KINDS[rule.kind]}`}>Edit</Button>}
                  <Switch bare label={`${KINDS[rule.kind]}: open alerts`} on={rule.enabled} onChange={(on) => turn(rule, on)} />
                </div>
              )}
            </li>
          ))}
        </ul>
      )}
      {editing && <EditRule rule={editing} onClose={() => setEditing(undefined)} onSave={(body) => change(editing, body)} />}
    </Panel>
  );
}

/** "" is never; anything else is a number, and if it is none the service says so. */
const days = (text: string): number | null => (text.trim() === '' ? null : Number(text));

function EditRule({ rule, onClose, onSave }: { rule: Rule; onClose: () => void; onSave: (body: Schema<'ChangeAlertRule'>) => Promise<void> }) {
  const [threshold, setThreshold] = useState(String(rule.threshold ?? ''));
  const [minimum, setMinimum] = useState(String(rule.minimum ?? ''));
  const [byEnvironment, setByEnvironment] = useState<Record<string, string>>(Object.fromEntries(ENVIRONMENTS.map(([name]) => [name, String(rule.environments?.[name] ?? '')])));
  const sending = useSubmit(async () => {
    const body: Schema<'ChangeAlertRule'> = {
      ...(rule.threshold === null ? {} : { threshold: Number(threshold) }),
      ...(rule.minimum === null ? {} : { minimum: Number(minimum) }),
      ...(rule.environments ? { environments: Object.fromEntries(ENVIRONMENTS.map(([name]) => [name, days(byEnvironment[name] ?? '')])) as unknown as Days } : {}),
    };
    await onSave(body);
    done('The rule is changed.');
    onClose();
  });
  return (
    <Dialog
      title={KINDS[rule.kind]}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Save</Button></>}
    >
      {rule.threshold !== null && <TextField label={rule.unit ? UNITS[rule.unit] : 'Threshold'} type="number" min={1} value={threshold} onValue={setThreshold} autofocus error={sending.at('threshold')} />}
      {rule.minimum !== null && <TextField label="Of at least so many requests in 10 minutes" type="number" min={1} value={minimum} onValue={setMinimum} error={sending.at('minimum')} />}
      {rule.environments && ENVIRONMENTS.map(([name, label], index) => (
        <TextField
          key={name}
          label={`${label}, days`}
          type="number"
          min={1}
          value={byEnvironment[name] ?? ''}
          onValue={(value) => setByEnvironment((before) => ({ ...before, [name]: value }))}
          autofocus={index === 0}
          hint="Empty for never."
          error={sending.at(`environments/${name}`)}
        />
      ))}
      <FormTrouble problem={sending.problem} fields={['threshold', 'minimum', ...ENVIRONMENTS.map(([name]) => `environments/${name}`)]} />
    </Dialog>
  );
}
