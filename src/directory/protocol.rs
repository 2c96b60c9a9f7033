//! What the directory object can be told, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::organization::Organization;
use crate::domain::tagged::tagged;
use crate::domain::timestamp::Timestamp;
use crate::object::figures::Figures;
use crate::organization::protocol::{Founding, Page};

/// A command to the directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Command {
    /// Enter a new organization and have it founded.
    Found(Box<Founding>),
    /// News from an organization.
    Feed { organization: Box<Organization> },
    /// A page of organizations, newest first.
    List { page: Page },
    /// Hold an address for a new account. The answer has the id under which the account is to be created: the one
    /// that was given, or the one of an attempt before.
    Claim { email: Email, user_id: UserId, admission: Admission },
    /// Whose address is this?
    FindUser { email: Email },
    /// The same with all that is known of the user here.
    FindRegistered { email: Email },
    /// A page of users, newest first.
    ListUsers { page: Page },
    /// Figures for the operator.
    Figures,
}
tagged!(Command);

/// By what right an account is created; the edge has checked the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Everybody may.
    Open,
    /// The one-time token of a new deployment, for its first account.
    Setup,
    /// An invitation.
    Invited,
}

/// An address that an account was, or is being, created for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub email: Email,
    /// When it was first asked for.
    pub created_at: Timestamp,
}

/// What the directory answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// A page of organizations.
    Organizations { organizations: Vec<Organization>, more: bool },
    /// A user, if there is one.
    User { user_id: Option<UserId> },
    /// A page of users.
    Users { users: Vec<Registered>, more: bool },
    /// Figures for the operator.
    Figures { figures: Figures },
}
tagged!(Reply);
