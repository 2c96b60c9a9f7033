// Domains that the organization has proven to be its own: keys can be bound to those, and to no others.
import { useState } from 'preact/hooks';
import { api, ask } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { inForce } from '../state/force.ts';
import { paged, useLoad, usePages } from '../state/load.ts';
import { at, here, may, organizationId } from '../state/organization.ts';
import { query, setQuery } from '../state/router.ts';
import { done, failed } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Confirm } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Menu } from '../ui/Menu.tsx';
import { Facts, PageHead, Panel } from '../ui/Page.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { Trouble } from '../ui/Trouble.tsx';
import { DomainForm } from './domains/form.tsx';
import { RecordDialog } from './domains/record.tsx';
import { LOSSES, seen, STATUS_TEXTS, STATUS_TONES, type Domain } from './domains/words.ts';
import '../styles/organization.css';

const STATES = ['pending', 'verified', 'lost'] as const;
const of = (id: string) => ({ params: { path: { ...here(), id } } });

export default function Domains() {
  const [asked, setAsked] = useState<{ what: 'change' | 'delete'; domain: Domain } | { what: 'create' }>();
  const [checking, setChecking] = useState<string>();
  const [looked, setLooked] = useState<{ id: string; problem?: Problem }>();
  const domains = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/domains', { params: { path: here(), query: { cursor, limit: 50 } }, signal })), [organizationId.value]);
  // Alerts link to one domain of many.
  const shown = query.value.get('domain');
  const listed = domains.rows?.find(({ id }) => id === shown);
  const other = useLoad(async (signal) => (shown && domains.rows && !listed ? await ask(api.GET('/organizations/{organizationId}/domains/{id}', { ...of(shown), signal })) : undefined), [organizationId.value, shown, domains.rows !== undefined, listed?.id]);
  const open = listed ?? other.data;
  const close = () => setAsked(undefined);
  const put = (domain: Domain) => {
    domains.replace(({ id }) => id === domain.id, domain);
    if (other.data?.id === domain.id) other.set(domain);
  };
  const show = (id: string | null) => {
    setLooked(undefined);
    setQuery({ domain: id });
  };
  /** Looks for the record; what came of it stands in the dialog of the domain. */
  const verify = async (domain: Domain) => {
    setChecking(domain.id);
    setLooked(undefined);
    try {
      const { effectiveAt: _, ...checked } = await ask(api.POST('/organizations/{organizationId}/domains/{id}/verify', of(domain.id)));
      put(checked);
      setLooked({ id: domain.id });
      if (shown !== domain.id && checked.status === 'verified') done(`${domain.domain} is verified.`);
      else setQuery({ domain: domain.id });
    } catch (error) {
      const problem = Problem.from(error);
      if (shown === domain.id) setLooked({ id: domain.id, problem });
      else failed(problem);
    } finally {
      setChecking(undefined);
    }
  };
  const mayVerify = may('verifyDomain');
  const create = may('createDomain') && <Button look="primary" icon="plus" onClick={() => setAsked({ what: 'create' })}>Add a domain</Button>;
  const columns: Column<Domain>[] = [
    { key: 'domain', title: 'Domain', grow: true, cell: ({ domain, includeSubdomains }) => <><span class="cell-title">{domain}</span>{includeSubdomains && <span class="cell-sub">and its subdomains</span>}</> },
    { key: 'status', title: 'Status', cell: ({ status, missingSince }) => <span class="pills"><Pill tone={STATUS_TONES[status]}>{status}</Pill>{status === 'verified' && missingSince && <Pill tone="warn">missing</Pill>}</span> },
    { key: 'checked', title: 'Last looked for', cell: (domain) => <span title={seen(domain)}><Time at={domain.lastCheckedAt} /></span> },
    { key: 'loss', title: 'When lost', extra: true, tight: true, cell: ({ onLoss }) => LOSSES.find(({ value }) => value === onLoss)?.label },
    { key: 'created', title: 'Added', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (domain) => (
        <span class="acts">
          {mayVerify && domain.status !== 'verified' && <Button small busy={checking === domain.id} onClick={() => void verify(domain)} aria-label={`Verify ${domain.domain}`}>Verify</Button>}
          <Button small look="quiet" onClick={() => show(domain.id)} aria-label={`Record of ${domain.domain}`}>Record</Button>
          {may('changeDomain') && (
            <Menu
              end
              label={`Actions for ${domain.domain}`}
              button={<Icon name="more" />}
              items={[
                { label: 'Change', icon: 'domains', act: () => setAsked({ what: 'change', domain }) },
                { label: 'Delete', icon: 'trash', danger: true, act: () => setAsked({ what: 'delete', domain }) },
              ]}
            />
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      <PageHead title="Domains" text="Prove by a record in the DNS that a domain is yours. Keys can be bound to proven domains only, and act for no other then." actions={create} />
      {shown && other.problem && <Trouble problem={other.problem} />}
      <Panel flush>
        <Table
          label="Domains"
          columns={columns}
          {...paged(domains)}
          rowKey={({ id }) => id}
          empty={(
            <Empty
              icon="domains"
              title="Prove your first domain"
              action={create}
              curl={`curl ${location.origin}/v1/domains \\\n  -H "Authorization: Bearer $LATCHKEY_KEY" -H 'content-type: application/json' \\\n  -d '{"domain": "example.com", "includeSubdomains": true}'`}
            >
              <p>A key that is bound to a domain acts for that one alone: whoever steals the key of example.com sends nothing as example.org. Name a domain, publish the TXT record that you are given, and verify.</p>
            </Empty>
          )}
        />
      </Panel>
      {domains.rows && domains.rows.length > 0 && (
        <Panel title="What the states mean">
          <Facts facts={STATES.map((state) => [state.charAt(0).toUpperCase() + state.slice(1), STATUS_TEXTS[state]] as const)} />
        </Panel>
      )}
      {shown && open && (
        <RecordDialog
          domain={open}
          onVerify={mayVerify ? () => void verify(open) : undefined}
          busy={checking === open.id}
          looked={looked?.id === open.id}
          problem={looked?.id === open.id ? looked.problem : undefined}
          onClose={() => show(null)}
        />
      )}
      {asked?.what === 'create' && (
        <DomainForm
          onClose={close}
          onSaved={({ id }) => {
            close();
            domains.reload();
            show(id);
          }}
        />
      )}
      {asked?.what === 'change' && <DomainForm domain={asked.domain} onClose={close} onSaved={put} />}
      {asked?.what === 'delete' && (
        <Confirm
          title={`Delete ${asked.domain.domain}?`}
          action="Delete domain"
          word={asked.domain.domain}
          onClose={close}
          onConfirm={async () => {
            const answer = api.DELETE('/organizations/{organizationId}/domains/{id}', of(asked.domain.id));
            await ask(answer);
            domains.replace(({ id }) => id === asked.domain.id, null);
            done(await inForce(answer, `${asked.domain.domain} is given up.`));
          }}
        >
          <p>No further key can be bound to it. Keys that are bound to it already keep it, unverified, and <a href={at('keys')}>stay as they are</a>. To have it back you prove it anew, with a new record.</p>
        </Confirm>
      )}
    </>
  );
}
