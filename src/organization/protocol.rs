//! What an organization object can be told, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::audit::{Action, Actor, AuditEntry, ChainedEntry};
use crate::domain::caller::Caller;
use crate::domain::consistency::Consistency;
use crate::domain::email::Email;
use crate::domain::environment::Environment;
use crate::domain::id::{InvitationId, SessionId, SignInId, UserId};
use crate::domain::invitation::Invitation;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::bank::{BankGrant, BankReport};
use crate::domain::organization::Organization;
use crate::domain::plan::{Plan, Pool};
use crate::domain::rate_limit::{LimitUse, RateLimits};
use crate::domain::role::Role;
use crate::domain::session::{Policy, Region, Session};
use crate::domain::tagged::tagged;
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::UsageQuery;
use crate::domain::usage::series::Slab;
use crate::domain::user::{Member, Profile};
use crate::object::audit_log::Head;
use crate::object::ledgers::Debit;
use crate::object::{Authority, Seat};
use crate::session::protocol::NewKey;

/// A command to one organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Command {
    /// Begin to exist. Repeating it changes nothing.
    Found(Box<Founding>),
    /// News from a session.
    Feed(Box<Feed>),
    /// Read the organization; without a caller, for the operator.
    Read { caller: Option<Caller> },
    /// A page of keys.
    ListKeys { caller: Caller, query: KeyQuery },
    /// A page of sessions.
    ListSessions { caller: Caller, page: Page },
    /// A page of the audit log.
    ListAudit { caller: Caller, query: AuditQuery },
    /// Create a session.
    CreateSession { authority: Authority, session: NewSession },
    /// The default session of an environment, created if it is not there yet.
    DefaultSession { authority: Authority, session: NewSession },
    /// Change name or plan.
    Change {
        change: OrganizationChange,
        #[serde(default)]
        authority: Authority,
    },
    /// Let no key through.
    Suspend,
    /// Let keys through again.
    Resume,
    /// End it for good, with all sessions and keys.
    Delete {
        #[serde(default)]
        authority: Authority,
    },
    /// May this member do what it needs? Asked by the edge, which has just seen the access token.
    Admit { seat: Seat },
    /// The same, asked by another object before it commits a change: the account is asked as well.
    Confirm { seat: Seat },
    /// A page of members, the newest first.
    ListMembers { caller: Caller, page: Page },
    /// One member.
    ReadMember { caller: Caller, user_id: UserId },
    /// Give a member another role.
    ChangeMember { authority: Authority, user_id: UserId, role: Role },
    /// End a membership: somebody else's or, for the member itself, one's own.
    RemoveMember { authority: Authority, user_id: UserId },
    /// Make a member the owner in place of the one who says so.
    Transfer { authority: Authority, user_id: UserId },
    /// Invite somebody; the answer has the one-time token.
    Invite { authority: Authority, invitation: NewInvitation },
    /// A page of invitations, the newest first.
    ListInvitations { caller: Caller, page: Page },
    /// Take an invitation back. Repeating it changes nothing.
    RevokeInvitation { authority: Authority, id: InvitationId },
    /// What does this link invite to?
    ReadInvitation { hashes: Vec<KeyHash> },
    /// Keep the link for a user whose account is being created. Repeating it changes nothing.
    KeepInvitation { hashes: Vec<KeyHash>, user_id: UserId },
    /// Become a member by a link.
    AcceptInvitation { hashes: Vec<KeyHash>, user_id: UserId, profile: Profile, sign_in_id: SignInId },
    /// News from the account of a member: what the user is called, and what its log says.
    HearAccount { user_id: UserId, profile: Profile, generation: i64, audit: Vec<ChainedEntry> },
    /// Everything is about to be copied out.
    NoteExport { authority: Authority },
    /// What all keys have been used for, of one environment or of all.
    ReadUsage { environment: Option<EnvironmentFilter>, query: UsageQuery },
    /// A session asks under which policy it lives, and for something of a pool.
    Draw { session_id: SessionId, draw: Option<Draw> },
}
tagged!(Command);

/// What a session wants of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Which pool.
    pub pool: Pool,
    /// How many tokens.
    pub cost: u32,
    /// What to do with them.
    pub action: DrawAction,
    /// How many tokens it would like to have beyond that, to spend them without asking.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wish: u32,
    /// What has become of tokens that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankReport>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What is done with tokens of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawAction {
    /// Tell whether they could be spent.
    Look,
    /// Spend them, all or none.
    Spend,
    /// Take them back: what they were spent for was refused after all.
    Return(Debit),
}

/// What a session hears: its policy, for a time, and what has come of its draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The policy.
    pub policy: Policy,
    /// Who changed it last; none stands for the operator.
    pub policy_by: Option<Actor>,
    /// How long (ms) it may be acted on, from the moment of the question.
    pub ttl_ms: i64,
    /// The pool; none if the plan has no limit, or nothing was wanted.
    pub pool: Option<Drawn>,
}

/// What has come of a draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The pool as it stands, with the refusal if it has refused.
    pub limit: LimitUse,
    /// What was debited, so that it can be returned.
    pub debit: Debit,
    /// Tokens beyond that, if they were wished for and given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankGrant>,
}

/// What a lower plan finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excess {
    /// Sessions that have more keys than the plan allows.
    pub sessions: i64,
    /// Keys in them beyond what it allows. They stay.
    pub keys: i64,
}

/// An invitation to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The only address that may accept it.
    pub email: Option<Email>,
    /// The role it gives.
    pub role: Role,
}

/// Who owns an organization from its beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// The user.
    pub user_id: UserId,
    /// What the user is called.
    pub profile: Profile,
}

/// An organization to be, with its production default session and first key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Founding {
    /// The organization record.
    pub organization: Organization,
    /// Its production default session.
    pub session: Session,
    /// The first key of that session.
    pub first_key: NewKey,
    /// Who founds it.
    pub actor: Actor,
    /// Its first member; none if the operator founds it.
    #[serde(default)]
    pub owner: Option<Owner>,
}

/// News from a session: its own record, changed keys, new audit entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// The session as it stands.
    pub session: Session,
    /// Keys as they stand.
    pub keys: Vec<ApiKey>,
    /// Entries of the session's log.
    pub audit: Vec<ChainedEntry>,
    /// What all its keys have been used for in some hours, from their beginning on, and the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Slab>,
}

/// A session to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSession {
    /// Its id, drawn at the edge.
    pub id: SessionId,
    /// Its name.
    pub name: Name,
    /// The environment of its keys.
    pub environment: Option<Environment>,
    /// Where it is placed.
    pub region: Option<Region>,
    /// How often its keys may be verified, all together.
    #[serde(default, skip_serializing_if = "RateLimits::is_empty")]
    pub rate_limits: RateLimits,
    /// How long a decision on its keys may be relied on.
    #[serde(default)]
    pub consistency: Consistency,
}

/// Where a page begins and how long it is; newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The last row of the page before: its creation and id.
    pub after: Option<(Timestamp, String)>,
    /// How many rows.
    pub limit: u32,
}

/// Which keys to list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyQuery {
    /// Only those of this status (`Status::as_str`).
    pub status: Option<String>,
    /// Only those of this environment; `Some(None)` for those without one.
    pub environment: Option<EnvironmentFilter>,
    /// Only those of this session.
    pub session_id: Option<SessionId>,
    /// Only those of this external id.
    pub external_id: Option<String>,
    /// Only those whose name, id, hint or external id contains this.
    pub search: Option<String>,
    /// Which page.
    pub page: Page,
}

/// An environment to filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentFilter {
    /// Sessions without an environment.
    None,
    /// Sessions of this environment.
    Of(Environment),
}

/// Which audit entries to list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Only those of this kind.
    pub action: Option<Action>,
    /// Only those about this id.
    pub target: Option<String>,
    /// Only those by this key.
    pub actor: Option<String>,
    /// Only those before this place.
    pub before: Option<i64>,
    /// How many.
    pub limit: u32,
}

/// What the operator changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrganizationChange {
    /// A new name.
    pub name: Option<Name>,
    /// A new plan.
    pub plan: Option<Plan>,
}

/// What an organization answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// The organization, as it stands now.
    Organization {
        organization: Box<Organization>,
        /// What is used of its pools, where that was asked for.
        #[serde(default)]
        pools: Vec<LimitUse>,
        /// What exceeds a plan that has just been chosen.
        #[serde(default)]
        excess: Option<Excess>,
    },
    /// What a session has asked for.
    Granted { grant: Box<Grant> },
    /// What was counted, and the last use.
    Usage { usage: Box<Slab> },
    /// A page of keys.
    Keys { keys: Vec<ApiKey>, more: bool },
    /// A page of sessions.
    Sessions { sessions: Vec<Session>, more: bool },
    /// One session.
    Session { session: Box<Session> },
    /// A page of the log, with the head of its chain.
    Audit { entries: Vec<LoggedEntry>, more: bool, head: Option<Head> },
    /// A member as a caller, with the organization.
    Caller { caller: Box<Caller>, role: Role },
    /// One member.
    Member { member: Box<Member> },
    /// A page of members.
    Members { members: Vec<Member>, more: bool },
    /// An invitation with its one-time token, shown this once.
    Invited { invitation: Box<Invitation>, token: OneTime },
    /// An invitation, and what it invites to.
    Invitation { invitation: Box<Invitation>, organization: Box<Organization> },
    /// A page of invitations.
    Invitations { invitations: Vec<Invitation>, more: bool },
}
tagged!(Reply);

/// The plaintext of a one-time link on its way to whoever asked for it. `{:?}` hides it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneTime(pub String);

impl std::fmt::Debug for OneTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OneTime(…)")
    }
}

/// An entry of the organization's log, as far as the caller may know. Somebody bound to one session learns the
/// numbers of that session's log: the organization's would tell how much happens in others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedEntry {
    /// Its place in the log.
    pub seq: i64,
    /// Its hash in the organization's log.
    pub hash: Option<String>,
    /// The entry.
    pub entry: AuditEntry,
    /// The session whose log it comes from.
    pub session_id: Option<SessionId>,
}
