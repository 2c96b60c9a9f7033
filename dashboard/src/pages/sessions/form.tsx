// Making a session, and changing one. A change sends only what is different.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { inForce } from '../../state/force.ts';
import { useSubmit } from '../../state/load.ts';
import { at, here } from '../../state/organization.ts';
import { go } from '../../state/router.ts';
import { done } from '../../state/toasts.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { FormTrouble, Select, TextField } from '../../ui/Field.tsx';
import { RateLimits, limitFields, limitsOf, rowsOf } from './RateLimits.tsx';
import { LEAK_POLICIES, MODES, REGIONS, type LeakPolicy, type Mode, type Session } from './words.ts';

type Environment = 'production' | 'staging' | 'development' | '';
const ENVIRONMENTS: { value: Environment; label: string }[] = [
  { value: 'production', label: 'production: keys begin with sk_live_' },
  { value: 'staging', label: 'staging: keys begin with sk_staging_' },
  { value: 'development', label: 'development: keys begin with sk_dev_' },
  { value: '', label: 'none: keys begin with sk_' },
];
const modes = Object.entries(MODES).map(([value, { label }]) => ({ value: value as Mode, label }));
const policies = Object.entries(LEAK_POLICIES).map(([value, { label }]) => ({ value: value as LeakPolicy, label }));
const regions = [{ value: '', label: 'Near whoever uses it first' }, ...Object.entries(REGIONS).map(([value, label]) => ({ value, label }))];
const ALONE = 'All keys of the session spend these together. Each of its keys can have limits of its own as well.';

interface Settings {
  name: string;
  mode: Mode;
  ttlMs: string;
  staleSeconds: string;
  leakPolicy: LeakPolicy;
}

const FIELDS = ['name', 'environment', 'region', 'leakPolicy', 'consistency/mode', 'consistency/ttlMs', 'consistency/staleSeconds'];

function useSettings(first: Settings, limits: Session['rateLimits']) {
  const [settings, setSettings] = useState(first);
  const [rows, setRows] = useState(rowsOf(limits));
  const bind = <Name extends keyof Settings>(name: Name) => ({ value: settings[name], onValue: (value: Settings[Name]) => setSettings((before) => ({ ...before, [name]: value })) });
  return { settings, rows, setRows, bind };
}

function Consistency({ form, at: wrong }: { form: ReturnType<typeof useSettings>; at: (field: string) => string | undefined }) {
  const { settings, bind } = form;
  return (
    <>
      <Select label="Consistency" {...bind('mode')} choices={modes} hint={MODES[settings.mode].text} error={wrong('consistency/mode')} />
      {settings.mode !== 'strict' && (
        <div class="two">
          <TextField label="A location decides for (ms)" type="number" min={0} max={60_000} {...bind('ttlMs')} hint="0 to 60,000." error={wrong('consistency/ttlMs')} />
          <TextField label="Longer in an outage (s)" type="number" min={0} max={30} {...bind('staleSeconds')} hint="0 to 30." error={wrong('consistency/staleSeconds')} />
        </div>
      )}
      <Select label="When a key leaks" {...bind('leakPolicy')} choices={policies} hint={LEAK_POLICIES[settings.leakPolicy].text} error={wrong('leakPolicy')} />
    </>
  );
}

const consistencyOf = ({ mode, ttlMs, staleSeconds }: Settings) => ({ mode, ttlMs: Number(ttlMs), staleSeconds: Number(staleSeconds) });

export function CreateSession({ onClose }: { onClose: () => void }) {
  const form = useSettings({ name: '', mode: 'leased', ttlMs: '5000', staleSeconds: '0', leakPolicy: 'notify' }, []);
  const [environment, setEnvironment] = useState<Environment>('production');
  const [region, setRegion] = useState('');
  const { settings, rows, setRows, bind } = form;
  const sending = useSubmit(async () => {
    const body: Schema<'CreateSession'> = {
      name: settings.name,
      environment: environment || null,
      region: (region || null) as Session['region'],
      leakPolicy: settings.leakPolicy,
      consistency: consistencyOf(settings),
      ...(rows.length > 0 ? { rateLimits: limitsOf(rows) } : {}),
    };
    const session = await ask(api.POST('/organizations/{organizationId}/sessions', { params: { path: here() }, body }));
    onClose();
    done(`The session “${session.name}” is there.`);
    go(at(`sessions/${session.id}`));
  });
  return (
    <Dialog
      title="New session"
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Create session</Button></>}
    >
      <p class="dim">A session holds the keys of one customer, one service or one stage, apart from all others.</p>
      <TextField label="Name" {...bind('name')} required maxLength={100} autofocus placeholder="Customer A" error={sending.at('name')} />
      <Select label="Environment" value={environment} onValue={setEnvironment} choices={ENVIRONMENTS} hint="It cannot be changed later: the keys have it in their prefix." error={sending.at('environment')} />
      <details class="more-fields">
        <summary>Limits, consistency and region</summary>
        <div>
          <RateLimits rows={rows} onRows={setRows} at={sending.at} text={ALONE} />
          <Consistency form={form} at={sending.at} />
          <Select label="Region" value={region} onValue={setRegion} choices={regions} error={sending.at('region')} />
        </div>
      </details>
      <FormTrouble problem={sending.problem} fields={[...FIELDS, ...limitFields(rows)]} />
    </Dialog>
  );
}

export function EditSession({ session, onClose, onChanged }: { session: Session; onClose: () => void; onChanged: () => void }) {
  const { mode, ttlMs, staleSeconds } = session.consistency;
  const form = useSettings({ name: session.name, mode, ttlMs: String(ttlMs), staleSeconds: String(staleSeconds), leakPolicy: session.leakPolicy }, session.rateLimits);
  const { settings, rows, setRows, bind } = form;
  const sending = useSubmit(async () => {
    const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
    const consistency = consistencyOf(settings);
    const body: Schema<'ChangeSession'> = {
      ...(settings.name === session.name ? {} : { name: settings.name }),
      ...(settings.leakPolicy === session.leakPolicy ? {} : { leakPolicy: settings.leakPolicy }),
      ...(same(consistency, { mode, ttlMs, staleSeconds }) ? {} : { consistency }),
      ...(same(rows, rowsOf(session.rateLimits)) ? {} : { rateLimits: limitsOf(rows) }),
    };
    if (Object.keys(body).length > 0) {
      const answer = api.PATCH('/organizations/{organizationId}/sessions/{id}', { params: { path: { ...here(), id: session.id } }, body });
      await ask(answer);
      onChanged();
      done(await inForce(answer, 'Saved, and in force everywhere.'));
    }
    onClose();
  });
  return (
    <Dialog
      title={`Change ${session.name}`}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Save</Button></>}
    >
      <TextField label="Name" {...bind('name')} required maxLength={100} autofocus error={sending.at('name')} />
      <RateLimits rows={rows} onRows={setRows} at={sending.at} text={ALONE} />
      <Consistency form={form} at={sending.at} />
      <FormTrouble problem={sending.problem} fields={[...FIELDS, ...limitFields(rows)]} />
    </Dialog>
  );
}
