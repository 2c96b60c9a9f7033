//! What an organization object can be told, and what it answers.

mod draw;
mod pages;

use serde::{Deserialize, Serialize};

use crate::domain::alert::record::Alert;
use crate::domain::alert::rules::{RuleChange, Rules};
use crate::domain::alert::{Kind, Sighting};
use crate::domain::api_key::ApiKey;
use crate::domain::audit::{Actor, AuditEntry, ChainedEntry, Trace};
use crate::domain::caller::Caller;
use crate::domain::consistency::Consistency;
use crate::domain::email::Email;
use crate::domain::environment::Environment;
use crate::domain::id::{AlertId, ApiKeyId, InvitationId, SessionId, SignInId, UserId};
use crate::domain::invitation::Invitation;
use crate::domain::key_hash::KeyHash;
use crate::domain::organization::Organization;
use crate::domain::plan::Plan;
use crate::domain::rate_limit::{LimitUse, RateLimits};
use crate::domain::role::Role;
use crate::domain::session::{LeakPolicy, Region, Session};
use crate::domain::tagged::tagged;
use crate::domain::text::Name;
use crate::domain::usage::UsageQuery;
use crate::domain::usage::series::Slab;
use crate::domain::user::{Member, Profile};
use crate::object::audit_log::{Chain, Head};
use crate::object::{Authority, Seat};
use crate::session::protocol::NewKey;

use super::domains::protocol::{DomainCommand, DomainReply};
use super::gateway::protocol::{GatewayCommand, GatewayReply};
use super::imports::protocol::{ImportCommand, ImportReply};
use super::upkeep::{Upkeep, UpkeepReply};
use super::webhooks::protocol::{WebhookCommand, WebhookReply};
pub use draw::{Draw, DrawAction, Drawn, Grant};
pub use pages::{AlertQuery, AuditQuery, EnvironmentFilter, Idle, KeyQuery, Page};

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
    /// A portion of the audit log as it is stored, oldest first, so that its chain can be checked elsewhere.
    ReadChain { caller: Caller, after: i64 },
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
    /// A user was refused something: for the audit log, if it is a member.
    NoteDenial { user_id: UserId, code: String, route: String },
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
    Draw {
        session_id: SessionId,
        draw: Option<Draw>,
        /// The version of the rules for alerts that it knows.
        #[serde(default, skip_serializing_if = "is_none_known")]
        rules: i64,
        /// The version of the book of domains that it knows.
        #[serde(default, skip_serializing_if = "is_none_known")]
        domains: i64,
    },
    /// The rules for alerts.
    ReadAlertRules { caller: Caller },
    /// Change the rule of a kind; without a change it becomes the one by default again.
    ChangeAlertRule {
        authority: Authority,
        kind: Kind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<RuleChange>,
    },
    /// A page of alerts.
    ListAlerts { caller: Caller, query: AlertQuery },
    /// One alert.
    ReadAlert { caller: Caller, id: AlertId },
    /// Somebody has seen an alert. Repeating it changes nothing.
    AcknowledgeAlert { authority: Authority, id: AlertId },
    /// Something about webhooks.
    Webhooks { webhooks: Box<WebhookCommand> },
    /// Something about domains.
    Domains { domains: Box<DomainCommand> },
    /// Something about the gateway.
    Gateway { gateway: Box<GatewayCommand> },
    /// Something about keys of another system.
    Imports { imports: Box<ImportCommand> },
    /// Something for the operator.
    Upkeep { upkeep: Box<Upkeep> },
}
tagged!(Command);

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference; on wasm32 it is no trifle")]
fn is_none_known(version: &i64) -> bool {
    *version == 0
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
    /// The request behind it, where the founding waits to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
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
    /// What was found that is worth an alert, as it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Sighting>,
    /// Under which hashes those of the keys are found that come from another system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imported: Vec<(ApiKeyId, KeyHash)>,
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
    /// What happens to a key that was found where it should not be.
    #[serde(default, skip_serializing_if = "LeakPolicy::is_default")]
    pub leak_policy: LeakPolicy,
}

/// What the operator changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrganizationChange {
    /// A new name.
    pub name: Option<Name>,
    /// A new plan.
    pub plan: Option<Plan>,
    /// Whom alerts are mailed to from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_emails: Option<Vec<Email>>,
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
    /// A portion of the log as it is stored.
    Chain(Chain),
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
    /// The rules for alerts.
    AlertRules { rules: Box<Rules> },
    /// One alert.
    Alert { alert: Box<Alert> },
    /// A page of alerts.
    Alerts {
        alerts: Vec<Alert>,
        more: bool,
        /// How many were dropped since the beginning, for whoever reaches the organization.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dropped: Option<i64>,
    },
    /// An answer about webhooks.
    Webhooks { webhooks: Box<WebhookReply> },
    /// An answer about domains.
    Domains { domains: Box<DomainReply> },
    /// An answer about the gateway.
    Gateway { gateway: Box<GatewayReply> },
    /// An answer about keys of another system.
    Imports { imports: Box<ImportReply> },
    /// An answer to the operator.
    Upkeep { upkeep: Box<UpkeepReply> },
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
