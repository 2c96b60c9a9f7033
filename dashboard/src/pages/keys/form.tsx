// The fields of a key. What most keys need is at the top; the rest is folded away until it is wanted, or wrong.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../../api/client.ts';
import { date } from '../../state/clock.ts';
import { useLoad, type Submission } from '../../state/load.ts';
import { here, organizationId } from '../../state/organization.ts';
import { Segmented, Select, TextArea, TextField } from '../../ui/Field.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { endOf, type Draft, type Expiry } from './draft.ts';
import { Limits } from './limits.tsx';

interface Props {
  draft: Draft;
  onDraft: (changes: Partial<Draft>) => void;
  sending: Submission;
  /** Of a key that exists: it stays where it is. */
  fixed?: boolean;
}

/** What this form shows an error at; the rest is said below it. */
export const fieldsOf = ({ limits }: Draft): string[] => [
  'name', 'sessionId', 'environment', 'permission', 'permissions', 'expiresAt', 'notBefore', 'domain', 'ipAllowList', 'externalId', 'metadata', 'rateLimits',
  'credits/remaining', 'credits/refill/amount', 'credits/refill/day', ...limits.flatMap((_, index) => ['name', 'limit', 'windowMs'].map((field) => `rateLimits/${index}/${field}`)),
  ...entries('permissions'), ...entries('ipAllowList'),
];

/** The service names the entry that is wrong; the list is one field here. */
export const entries = (field: string): string[] => Array.from({ length: 64 }, (_, index) => `${field}/${index}`);

const EXPIRIES: { value: Expiry; label: string }[] = [
  { value: '7', label: '7 days' }, { value: '30', label: '30 days' }, { value: '90', label: '90 days' }, { value: '365', label: '1 year' },
  { value: 'never', label: 'Never' }, { value: 'custom', label: 'On a date' },
];

/** What is wrong with any entry of a list. */
export const inList = (sending: Submission, field: string): string | undefined =>
  sending.at(field) ?? sending.problem?.errors.filter(({ pointer }) => pointer?.startsWith(`/${field}/`)).map(({ pointer, message }) => `Entry ${Number(pointer!.split('/')[2]) + 1} ${message}.`).join(' ') ?? undefined;

export function KeyFields({ draft, onDraft, sending, fixed = false }: Props) {
  const bound = <Name extends keyof Draft>(name: Name, at: string = name) => ({ value: draft[name], onValue: (value: Draft[Name]) => onDraft({ [name]: value }), error: sending.at(at) });
  const end = endOf(draft);
  return (
    <>
      <TextField label="Name" {...bound('name')} required autofocus maxLength={100} placeholder="Billing, production" hint="What the key is for. People see it in lists and in the log." />
      {!fixed && <Place draft={draft} onDraft={onDraft} sending={sending} />}
      <div class="field">
        <span class="field-title" aria-hidden="true">Permission</span>
        <div>
          <Segmented label="Permission" value={draft.permission} onValue={(permission) => onDraft({ permission })} choices={[{ value: 'full_access', label: 'Full access' }, { value: 'sending_access', label: 'Sending' }, { value: 'list', label: 'Chosen ones' }]} />
        </div>
        <p class="hint">{PERMISSION_HINTS[draft.permission]}</p>
      </div>
      {draft.permission === 'list' && <TextArea label="Permissions" mono rows={3} {...bound('permissions')} error={inList(sending, 'permissions')} placeholder={'emails:send\ninvoices:read'} hint="One a line: resource:action, either may be *. Your own words are as good as those of the service." />}
      <div class="two">
        <Select label="Expires" value={draft.expiry} onValue={(expiry) => onDraft({ expiry })} choices={EXPIRIES} error={draft.expiry === 'custom' ? undefined : sending.at('expiresAt')} hint={draft.expiry === 'never' ? 'Until it is revoked.' : draft.expiry === 'custom' ? undefined : `On ${date(end!.getTime())}. You are warned before.`} />
        {draft.expiry === 'custom' && <TextField label="Expires at" type="datetime-local" {...bound('expiresAt')} hint="In your time zone." />}
      </div>
      <Section title="Limits" note={limitsNote(draft)} wrong={has(sending, ['rateLimits', 'credits'])}>
        <Limits draft={draft} onDraft={onDraft} sending={sending} />
      </Section>
      <Section title="Restrictions" note={[draft.domain && 'domain', draft.networks.trim() && 'addresses', draft.notBefore && 'beginning'].filter(Boolean).join(', ') || 'none'} wrong={has(sending, ['domain', 'ipAllowList', 'notBefore']) || unproven(sending) !== undefined}>
        <TextField label="Domain" optional {...bound('domain')} error={sending.at('domain') ?? unproven(sending)} placeholder="mail.example.com" hint="The one domain the key may act for. It has to be verified under Domains." />
        <TextArea label="Allowed addresses" optional mono rows={3} {...bound('networks')} error={inList(sending, 'ipAllowList')} placeholder={'192.0.2.0/24\n2001:db8::1'} hint="Addresses and networks, one a line. Empty: from anywhere." />
        <TextField label="Valid from" type="datetime-local" optional {...bound('notBefore')} hint="Before that it does not verify." />
      </Section>
      <Section title="Metadata" note={[draft.externalId && 'external id', draft.metadata.trim() && 'JSON'].filter(Boolean).join(', ') || 'none'} wrong={has(sending, ['externalId', 'metadata'])}>
        <TextField label="External id" optional mono {...bound('externalId')} placeholder="customer-42" hint="Your own id for whom the key belongs to. Lists can be filtered by it." />
        <TextArea label="Metadata" optional mono rows={4} {...bound('metadata')} placeholder={'{\n  "team": "billing"\n}'} hint="A JSON object that every verification answers. Nothing secret." />
      </Section>
    </>
  );
}

const PERMISSION_HINTS: Record<Draft['permission'], string> = {
  full_access: 'Everything, managing keys included. For your own backend.',
  sending_access: 'Only emails:send.',
  list: 'Exactly what you list.',
};

const has = (sending: Submission, fields: readonly string[]): boolean => sending.problem?.errors.some(({ pointer }) => fields.some((field) => pointer === `/${field}` || pointer?.startsWith(`/${field}/`))) ?? false;

/** The service refuses the key as a whole; what has to be mended is this field. */
const unproven = ({ problem }: Submission): string | undefined => (problem?.code === 'domain_not_verified' ? 'Not verified yet: prove it under Domains first.' : undefined);

const limitsNote = ({ limits, counted }: Draft): string => [limits.length > 0 && `${limits.length} rate limit${limits.length === 1 ? '' : 's'}`, counted && 'credits'].filter(Boolean).join(', ') || 'none';

function Section({ title, note, wrong, children }: { title: string; note: string; wrong: boolean; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="more" open={open || wrong} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title} <span class="dim">{note}</span></summary>
      <div class="more-body">{children}</div>
    </details>
  );
}

/** The session that a new key joins: the default one of an environment, or one by name. */
function Place({ draft, onDraft, sending }: Omit<Props, 'fixed'>) {
  return (
    <div class="two">
      <Select label="Belongs to" value={draft.place} onValue={(place) => onDraft({ place })} choices={[{ value: 'environment', label: 'An environment' }, { value: 'session', label: 'One session' }]} />
      {draft.place === 'environment'
        ? <Select label="Environment" value={draft.environment} onValue={(environment) => onDraft({ environment })} error={sending.at('environment')} choices={[{ value: 'production', label: 'Production' }, { value: 'staging', label: 'Staging' }, { value: 'development', label: 'Development' }]} />
        : <SessionSelect label="Session" value={draft.sessionId} onValue={(sessionId) => onDraft({ sessionId })} error={sending.at('sessionId')} />}
    </div>
  );
}

export const sessionLabel = ({ name, environment }: Pick<Schema<'Session'>, 'name' | 'environment'>): string => `${name} · ${environment ?? 'no environment'}`;

/** One session of many: the latest hundred to choose from, any other by its id. */
export function SessionSelect({ label, value, onValue, error, all, bare }: { label: string; value: string; onValue: (id: string) => void; error?: string | undefined; /** What choosing none is called. */ all?: string; bare?: boolean }) {
  const { data, problem } = useLoad((signal) => ask(api.GET('/organizations/{organizationId}/sessions', { params: { path: here(), query: { limit: 100 } }, signal })), [organizationId.value]);
  const [byId, setById] = useState(false);
  if (!data && !problem) return all ? <Select label={label} bare={bare} value="" onValue={() => {}} choices={[{ value: '', label: all }]} /> : <Skeleton lines={2} label="Loading sessions" />;
  const sessions = data?.data ?? [];
  const unlisted = value !== '' && !sessions.some(({ id }) => id === value);
  if (byId || problem || (unlisted && !all)) return <TextField label={`${label} id`} bare={bare} mono value={value} onValue={onValue} error={error} placeholder="ses_…" />;
  const choices = [
    { value: '', label: all ?? 'Choose a session' },
    ...sessions.map((session) => ({ value: session.id, label: sessionLabel(session) })),
    ...(unlisted ? [{ value, label: value }] : []),
    ...(data?.pagination.hasMore ? [{ value: 'other', label: 'Another, by its id …' }] : []),
  ];
  return <Select label={label} bare={bare} value={value} error={error} choices={choices} onValue={(id) => (id === 'other' ? setById(true) : onValue(id))} />;
}

