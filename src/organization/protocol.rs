//! What an organization object can be told, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::api_key::ApiKey;
use crate::domain::audit::{Action, Actor, AuditEntry, ChainedEntry};
use crate::domain::caller::Caller;
use crate::domain::environment::Environment;
use crate::domain::id::SessionId;
use crate::domain::organization::Organization;
use crate::domain::plan::Plan;
use crate::domain::session::{Region, Session};
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::Authority;
use crate::object::audit_log::Head;
use crate::session::protocol::NewKey;

/// A command to one organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
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
    Change { change: OrganizationChange },
    /// Let no key through.
    Suspend,
    /// Let keys through again.
    Resume,
    /// End it for good, with all sessions and keys.
    Delete,
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
#[serde(tag = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// The organization, as it stands now.
    Organization { organization: Box<Organization> },
    /// A page of keys.
    Keys { keys: Vec<ApiKey>, more: bool },
    /// A page of sessions.
    Sessions { sessions: Vec<Session>, more: bool },
    /// One session.
    Session { session: Box<Session> },
    /// A page of the log, with the head of its chain.
    Audit { entries: Vec<LoggedEntry>, more: bool, head: Option<Head> },
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
