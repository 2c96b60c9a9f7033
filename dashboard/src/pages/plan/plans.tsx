// The plan, how much of it is used at this moment, and choosing another.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { count } from '../../state/clock.ts';
import { here, role } from '../../state/organization.ts';
import { done, say } from '../../state/toasts.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Dialog.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { Panel } from '../../ui/Page.tsx';
import { Pill } from '../../ui/Pill.tsx';

type Organization = Schema<'ReadOrganization'>;
type Name = Organization['plan']['name'];

/** The presets of docs/API.md, "Plans and pools". */
const PLANS: readonly { name: Name; keys: number | null; requests: number | null }[] = [
  { name: 'free', keys: 3, requests: 60 },
  { name: 'starter', keys: 10, requests: 300 },
  { name: 'pro', keys: null, requests: 1000 },
  { name: 'enterprise', keys: null, requests: null },
];

const amount = (value: number | null) => (value === null ? 'Unlimited' : count(value));

export function Plans({ organization, onChanged, onRefresh, refreshing }: { organization: Organization; onChanged: () => void; onRefresh: () => void; refreshing: boolean }) {
  const [chosen, setChosen] = useState<Name>();
  const { plan, limits } = organization;
  const preset = PLANS.find(({ name }) => name === plan.name);
  const custom = preset && (preset.keys !== plan.keysPerSession || preset.requests !== plan.requestsPerMinute);
  const mayChoose = role.value === 'owner' && organization.status === 'active';
  return (
    <>
      <Panel
        title="Used at this moment"
        text="Requests within the last 60 seconds. Verifications and management have a pool each, so that neither stands in the other’s way."
        actions={<IconButton icon="refresh" label="Read anew" aria-busy={refreshing} onClick={onRefresh} />}
      >
        <div class="columns">
          <Meter label="Verifications a minute" used={used(limits.requests)} limit={limits.requests?.limit ?? null} />
          <Meter label="Management calls by keys a minute" used={used(limits.management)} limit={limits.management?.limit ?? null} />
        </div>
        <p class="soft">Keys in one session: <strong>{amount(limits.keysPerSession)}</strong>. How many each session has stands on its page.</p>
      </Panel>
      <Panel title="Plan" text={custom ? 'The operator has set other numbers for this organization than the plan has.' : undefined} flush>
        <ul class="plans">
          {PLANS.map(({ name, keys, requests }) => {
            const current = name === plan.name;
            return (
              <li key={name} class={current ? 'current' : ''}>
                <h3>{name} {current && <Pill tone="good">yours</Pill>}</h3>
                <p><strong>{amount(current ? plan.keysPerSession : keys)}</strong> keys in a session</p>
                <p><strong>{amount(current ? plan.requestsPerMinute : requests)}</strong> requests a minute</p>
                {mayChoose && !current && <Button small onClick={() => setChosen(name)}>Choose {name}</Button>}
              </li>
            );
          })}
        </ul>
      </Panel>
      {chosen && (
        <Confirm
          title={`Change the plan to ${chosen}?`}
          action="Change plan"
          danger={false}
          onClose={() => setChosen(undefined)}
          onConfirm={async () => {
            const { keysOverQuota } = await ask(api.PATCH('/organizations/{organizationId}', { params: { path: here() }, body: { plan: chosen } }));
            done(`The plan is ${chosen} now.`);
            if (keysOverQuota) say(`${count(keysOverQuota.keys)} keys in ${count(keysOverQuota.sessions)} sessions are more than it allows. They go on working.`);
            onChanged();
          }}
        >
          <p>It is in force within a minute. A smaller plan takes no key away; new ones wait until there is room.</p>
        </Confirm>
      )}
    </>
  );
}

const used = (limit: { limit: number; remaining?: number } | null) => (limit ? limit.limit - (limit.remaining ?? limit.limit) : 0);
