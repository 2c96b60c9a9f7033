// Rate limits and credits of a key, as fields.
import type { Submission } from '../../state/load.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Checkbox, Select, TextField } from '../../ui/Field.tsx';
import { newLimit, type Draft, type LimitDraft, type Refill, type Window } from './draft.ts';

const WINDOWS: { value: Window; label: string }[] = [
  { value: '1000', label: 'a second' }, { value: '60000', label: 'a minute' }, { value: '3600000', label: 'an hour' }, { value: '86400000', label: 'a day' }, { value: 'custom', label: 'so many seconds' },
];
const REFILLS: { value: Refill; label: string }[] = [
  { value: 'none', label: 'Never' }, { value: 'daily', label: 'Every day' }, { value: 'weekly', label: 'Every week' }, { value: 'monthly', label: 'Every month' },
];
const MOST = 8;

export function Limits({ draft, onDraft, sending }: { draft: Draft; onDraft: (changes: Partial<Draft>) => void; sending: Submission }) {
  const change = (index: number, changes: Partial<LimitDraft>) => onDraft({ limits: draft.limits.map((limit, place) => (place === index ? { ...limit, ...changes } : limit)) });
  const count = (name: 'remaining' | 'amount' | 'day', at: string) => ({ value: draft[name], onValue: (value: string) => onDraft({ [name]: value }), error: sending.at(`credits/${at}`), inputMode: 'numeric' as const });
  return (
    <>
      {draft.limits.map((limit, index) => {
        const at = (field: string) => sending.at(`rateLimits/${index}/${field}`);
        return (
          <fieldset key={index} class="limit">
            <legend class="unseen">Rate limit {index + 1}</legend>
            <TextField label="Limit name" mono value={limit.name} onValue={(name) => change(index, { name })} error={at('name')} />
            <TextField label="Requests" inputMode="numeric" value={limit.limit} onValue={(value) => change(index, { limit: value })} error={at('limit')} placeholder="100" />
            <Select label="Within" value={limit.window} onValue={(window) => change(index, { window })} choices={WINDOWS} error={limit.window === 'custom' ? undefined : at('windowMs')} />
            {limit.window === 'custom' && <TextField label="Seconds" inputMode="decimal" value={limit.seconds} onValue={(seconds) => change(index, { seconds })} error={at('windowMs')} placeholder="10" />}
            <IconButton icon="trash" label={`Remove the limit ${limit.name}`} onClick={() => onDraft({ limits: draft.limits.filter((_, place) => place !== index) })} />
          </fieldset>
        );
      })}
      {sending.at('rateLimits') && <p class="error" role="alert">{sending.at('rateLimits')}</p>}
      {draft.limits.length < MOST && <div><Button small icon="plus" onClick={() => onDraft({ limits: [...draft.limits, newLimit(draft.limits)] })}>Add a rate limit</Button></div>}
      <Checkbox label="Count credits" hint="How often the key may be used in all, until it is filled up again." checked={draft.counted} onChecked={(counted) => onDraft({ counted })} />
      {draft.counted && (
        <div class="two">
          <TextField label="Credits left" {...count('remaining', 'remaining')} placeholder="500" />
          <Select label="Filled up" value={draft.refill} onValue={(refill) => onDraft({ refill })} choices={REFILLS} />
          {draft.refill !== 'none' && <TextField label="Filled up to" {...count('amount', 'refill/amount')} placeholder="500" />}
          {(draft.refill === 'weekly' || draft.refill === 'monthly') && <TextField label={draft.refill === 'weekly' ? 'Day (1 is Monday)' : 'Day of the month'} {...count('day', 'refill/day')} />}
        </div>
      )}
    </>
  );
}
