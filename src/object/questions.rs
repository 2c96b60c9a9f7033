//! What one object asks another before a command may be carried out: about the caller, or about the policy and the
//! pools of the organization.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::ledgers::Debit;
use crate::domain::audit::Actor;
use crate::domain::caller::Caller;
use crate::domain::id::{ApiKeyId, OrganizationId, SessionId, SignInId, UserId};
use crate::domain::operation::Operation;
use crate::domain::permission::Permission;
use crate::domain::tagged::tagged;
use crate::domain::timestamp::Timestamp;
use crate::organization::protocol::{Draw, Grant};

/// What another object has to be asked before a command may be carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Is this key still good? Its session knows.
    Key(Credential),
    /// The same, for a change that only takes away.
    KeyToEnd(Credential),
    /// Does this member still have the role? The organization knows, and asks the account in its turn.
    Member(Seat),
    /// Does this member still have the role, signed in or not? The organization knows.
    Role(Seat),
    /// Is this user still signed in? The account knows.
    SignIn(Seat),
}

/// What a session asks its organization.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyQuestion {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The session that asks.
    pub session_id: SessionId,
    /// What it wants of a pool.
    pub draw: Option<Draw>,
    /// What the session has debited already, to be given back if the pool refuses.
    pub debit: Debit,
    /// How often the clock of the session was seen running backwards before it asked.
    pub steps: u64,
    /// The version of the rules for alerts that it knows.
    pub rules: i64,
    /// The version of the book of domains that it knows.
    pub domains: i64,
}

/// What has come of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// When the question was sent, by the clock of the session.
    pub asked_at: Timestamp,
    /// The answer; none if there was none, or none in time.
    pub grant: Option<Grant>,
    /// What was wanted of a pool.
    pub draw: Option<Draw>,
    /// What the session had debited before it asked.
    pub debit: Debit,
    /// How often its clock was seen running backwards before that. Once more by now, and nobody knows how long ago it was.
    pub steps: u64,
}

/// What that other object has answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirmed {
    /// The caller is good, and this is how far it reaches.
    Caller(Caller),
    /// The user is signed in.
    SignIn,
}

/// An API key that has been presented, and what for. Its id leads to its authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The key that calls.
    pub key_id: ApiKeyId,
    /// What it must be allowed to do.
    pub needs: Permission,
    /// The address it called from.
    pub ip: Option<IpAddr>,
}

/// A user who is signed in and acts in an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The user, whose id leads to the account.
    pub user_id: UserId,
    /// The sign-in, which must still stand.
    pub sign_in_id: SignInId,
    /// The organization, which must still have the user as a member.
    pub organization_id: OrganizationId,
    /// What the role must allow.
    pub needs: Operation,
}

/// On whose authority a command is given; checked where the change commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "by", rename_all = "snake_case")]
pub enum Authority {
    /// An API key, which must still be good.
    Key(Credential),
    /// A member, who must still be one and signed in.
    User(Seat),
    /// The operator, whose token the edge has checked.
    #[default]
    Operator,
}
tagged!(Authority);

impl Authority {
    /// How the audit log names it.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Key(credential) => Actor::ApiKey { id: credential.key_id.clone() },
            Self::User(seat) => Actor::User { id: seat.user_id.clone() },
            Self::Operator => Actor::Operator,
        }
    }
}
