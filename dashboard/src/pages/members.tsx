// Who belongs to the organization, in which role, and who is invited.
import { useState } from 'preact/hooks';
import { api, ask, type Schema } from '../api/client.ts';
import { account, loadAccount } from '../state/account.ts';
import { paged, usePages, useSubmit } from '../state/load.ts';
import { here, may, membership, organizationId, role, ROLES, type Role } from '../state/organization.ts';
import { go } from '../state/router.ts';
import { done } from '../state/toasts.ts';
import { Button } from '../ui/Button.tsx';
import { Confirm, Dialog } from '../ui/Dialog.tsx';
import { Empty } from '../ui/Empty.tsx';
import { FormTrouble, Select } from '../ui/Field.tsx';
import { Icon } from '../ui/Icon.tsx';
import { LinkOnce } from '../ui/LinkOnce.tsx';
import { Menu, type MenuItem } from '../ui/Menu.tsx';
import { PageHead, Panel } from '../ui/Page.tsx';
import { Pill, type Tone } from '../ui/Pill.tsx';
import { Table, type Column } from '../ui/Table.tsx';
import { Time } from '../ui/Time.tsx';
import { InviteDialog } from './members/invite.tsx';

type Member = Schema<'Member'>;
type Invitation = Schema<'Invitation'>;
type Asked = { what: 'role' | 'remove' | 'leave' | 'reset' | 'transfer'; member: Member } | { what: 'invite' } | { what: 'revoke'; invitation: Invitation };

/** What each role may do, in a line. */
export const ROLE_TEXTS: Record<Role, string> = {
  viewer: 'looks at keys, sessions and usage',
  member: 'also issues and revokes keys, and reads the audit log',
  admin: 'also invites people and changes their roles',
  owner: 'also decides on plan, owners and the end of the organization',
};

const TONES: Record<Invitation['status'], Tone> = { pending: 'warn', accepted: 'good', revoked: 'neutral', expired: 'neutral' };

/** Whether somebody of the own role may act on a member of that role. */
const mayTouch = (other: string) => may('changeMember') && (other !== 'owner' || role.value === 'owner');

export default function Members() {
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  const members = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/members', { params: { path: here(), query: { cursor, limit: 50 } }, signal })), [organizationId.value]);
  const invitations = usePages((cursor, signal) => ask(api.GET('/organizations/{organizationId}/invitations', { params: { path: here(), query: { cursor, limit: 50 } }, signal })), [organizationId.value]);
  const own = (member: Member) => member.userId === account.value?.id;

  const actions = (member: Member): MenuItem[] => [
    ...(mayTouch(member.role) ? [{ label: 'Change role', icon: 'shield' as const, act: () => setAsked({ what: 'role', member }) }] : []),
    ...(may('transferOrganization') && !own(member) ? [{ label: 'Hand the organization over', icon: 'switch' as const, act: () => setAsked({ what: 'transfer', member }) }] : []),
    ...(may('resetMemberPassword') && !own(member) && member.role !== 'owner' ? [{ label: 'Link for a new password', icon: 'keys' as const, act: () => setAsked({ what: 'reset', member }) }] : []),
    ...(own(member)
      ? [{ label: 'Leave the organization', icon: 'out' as const, danger: true, act: () => setAsked({ what: 'leave', member }) }]
      : mayTouch(member.role) ? [{ label: 'Remove', icon: 'trash' as const, danger: true, act: () => setAsked({ what: 'remove', member }) }] : []),
  ];

  const columns: Column<Member>[] = [
    {
      key: 'name',
      title: 'Name',
      grow: true,
      cell: (member) => (
        <span class="person">
          <span class="avatar" aria-hidden="true">{([...member.firstName][0] ?? '') + ([...member.lastName][0] ?? '')}</span>
          <span class="grow">
            <span class="cell-title">{member.firstName} {member.lastName}</span>
            {own(member) && <span class="dim"> (you)</span>}
            <span class="cell-sub">{member.email}</span>
          </span>
        </span>
      ),
    },
    { key: 'role', title: 'Role', cell: ({ role: as }) => <Pill tone={as === 'owner' ? 'info' : 'neutral'} plain>{as}</Pill> },
    { key: 'joined', title: 'Joined', cell: ({ joinedAt }) => <Time at={joinedAt} /> },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (member) => {
        const items = actions(member);
        return items.length > 0 && <Menu end label={`Actions for ${member.firstName} ${member.lastName}`} button={<Icon name="more" />} items={items} />;
      },
    },
  ];

  const invited: Column<Invitation>[] = [
    { key: 'email', title: 'For', grow: true, cell: ({ email, id }) => <><span class="cell-title">{email ?? 'Whoever has the link'}</span><span class="cell-sub">{id}</span></> },
    { key: 'role', title: 'Role', cell: ({ role: as }) => <Pill plain>{as}</Pill> },
    { key: 'status', title: 'Status', cell: ({ status }) => <Pill tone={TONES[status]}>{status}</Pill> },
    { key: 'sent', title: 'Made', extra: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { key: 'expires', title: 'Expires', cell: ({ status, expiresAt }) => (status === 'pending' ? <Time at={expiresAt} /> : <span class="dim">–</span>) },
    {
      key: 'actions',
      title: 'Actions',
      actions: true,
      cell: (invitation) => invitation.status === 'pending' && may('revokeInvitation') && <Button small onClick={() => setAsked({ what: 'revoke', invitation })}>Take back</Button>,
    },
  ];

  return (
    <>
      <PageHead
        title="Members"
        text={`People who belong to ${membership.value?.name}. Keys belong to the organization: they stay when somebody leaves.`}
        actions={may('createInvitation') && <Button look="primary" icon="plus" onClick={() => setAsked({ what: 'invite' })}>Invite</Button>}
      />
      <Panel title="People" flush>
        <Table label="Members" columns={columns} {...paged(members)} rowKey={({ userId }) => userId} />
      </Panel>
      <Panel title="Invitations" flush>
        <Table
          label="Invitations"
          columns={invited}
          {...paged(invitations)}
          rowKey={({ id }) => id}
          empty={(
            <Empty icon="members" title="Nobody is invited" action={may('createInvitation') && <Button icon="plus" onClick={() => setAsked({ what: 'invite' })}>Invite somebody</Button>}>
              <p>An invitation is a link, good once and for 7 days. Whoever opens it joins with the role that you choose.</p>
            </Empty>
          )}
        />
      </Panel>
      {asked?.what === 'invite' && <InviteDialog onClose={close} onInvited={invitations.reload} />}
      {asked?.what === 'role' && <RoleDialog member={asked.member} onClose={close} onChanged={(member) => members.replace(({ userId }) => userId === member.userId, member)} />}
      {asked?.what === 'reset' && <ResetDialog member={asked.member} onClose={close} />}
      {asked?.what === 'remove' && (
        <Confirm
          title={`Remove ${asked.member.firstName} ${asked.member.lastName}?`}
          action="Remove"
          onClose={close}
          onConfirm={async () => {
            const { userId } = asked.member;
            await ask(api.DELETE('/organizations/{organizationId}/members/{userId}', { params: { path: { ...here(), userId } } }));
            members.replace((member) => member.userId === userId, null);
            done(`${asked.member.firstName} does not belong to the organization any more.`);
          }}
        >
          <p>They lose access at once. The keys that they issued go on working: revoke those that they may have kept.</p>
        </Confirm>
      )}
      {asked?.what === 'leave' && (
        <Confirm
          title={`Leave ${membership.value?.name}?`}
          action="Leave"
          onClose={close}
          onConfirm={async () => {
            await ask(api.DELETE('/organizations/{organizationId}/members/{userId}', { params: { path: { ...here(), userId: asked.member.userId } } }));
            await loadAccount();
            go('/', { replace: true });
          }}
        >
          <p>You lose access at once; only an invitation brings you back.</p>
        </Confirm>
      )}
      {asked?.what === 'transfer' && (
        <Confirm
          title="Hand the organization over?"
          action="Hand over"
          word={membership.value?.name ?? ''}
          onClose={close}
          onConfirm={async () => {
            await ask(api.POST('/organizations/{organizationId}/transfer', { params: { path: here() }, body: { userId: asked.member.userId } }));
            await loadAccount();
            members.reload();
            done(`${asked.member.firstName} owns the organization now; you are an admin.`);
          }}
        >
          <p><strong>{asked.member.firstName} {asked.member.lastName}</strong> becomes an owner, and you an admin.</p>
        </Confirm>
      )}
      {asked?.what === 'revoke' && (
        <Confirm
          title="Take the invitation back?"
          action="Take back"
          onClose={close}
          onConfirm={async () => {
            await ask(api.DELETE('/organizations/{organizationId}/invitations/{id}', { params: { path: { ...here(), id: asked.invitation.id } } }));
            invitations.reload();
            done('The link is worth nothing any more.');
          }}
        >
          <p>The link{asked.invitation.email ? ` for ${asked.invitation.email}` : ''} stops working at once.</p>
        </Confirm>
      )}
    </>
  );
}

function RoleDialog({ member, onClose, onChanged }: { member: Member; onClose: () => void; onChanged: (member: Member) => void }) {
  const [chosen, setChosen] = useState<Role>(member.role as Role);
  const allowed = ROLES.filter((one) => one !== 'owner' || role.value === 'owner');
  const sending = useSubmit(async () => {
    const changed = await ask(api.PATCH('/organizations/{organizationId}/members/{userId}', { params: { path: { ...here(), userId: member.userId } }, body: { role: chosen } }));
    onChanged(changed);
    if (changed.userId === account.value?.id) await loadAccount();
    done(`${member.firstName} is ${chosen === 'admin' || chosen === 'owner' ? 'an' : 'a'} ${chosen} now.`);
    onClose();
  });
  return (
    <Dialog
      title={`Role of ${member.firstName} ${member.lastName}`}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Change role</Button></>}
    >
      <Select label="Role" value={chosen} onValue={setChosen} choices={allowed.map((value) => ({ value, label: value }))} hint={`A ${chosen} ${ROLE_TEXTS[chosen]}.`} error={sending.at('role')} />
      <FormTrouble problem={sending.problem} fields={['role']} />
    </Dialog>
  );
}

/** A link with which a member chooses a new password; it is in this one answer. */
function ResetDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const [link, setLink] = useState<{ token: string; url: string | null; expiresAt: string }>();
  const sending = useSubmit(async () => setLink(await ask(api.POST('/organizations/{organizationId}/members/{userId}/password_reset', { params: { path: { ...here(), userId: member.userId } } }))));
  if (link) {
    return (
      <Dialog title="The link" onClose={onClose} actions={<Button look="primary" onClick={onClose}>Done</Button>}>
        <p>Send it to <strong>{member.email}</strong> and to nobody else. It is shown this once, and expires <Time at={link.expiresAt} />.</p>
        <LinkOnce path="/password-reset" link={link} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={`A new password for ${member.firstName}`}
      onClose={onClose}
      onSubmit={sending.submit}
      actions={<><Button look="quiet" onClick={onClose}>Cancel</Button><Button look="primary" type="submit" busy={sending.busy}>Make the link</Button></>}
    >
      <p>You get a link, good for a day, with which {member.firstName} chooses a new password. Using it signs them out everywhere.</p>
      <FormTrouble problem={sending.problem} />
    </Dialog>
  );
}
