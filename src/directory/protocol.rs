//! What the directory object can be told, and what it answers.

use serde::{Deserialize, Serialize};

use crate::domain::organization::Organization;
use crate::organization::protocol::{Founding, Page};

/// A command to the directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Command {
    /// Enter a new organization and have it founded.
    Found(Box<Founding>),
    /// News from an organization.
    Feed { organization: Box<Organization> },
    /// A page of organizations, newest first.
    List { page: Page },
}

/// What the directory answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are the values they are typed as")]
pub enum Reply {
    /// Done, and there is nothing to say about it.
    Acknowledged,
    /// A page of organizations.
    Organizations { organizations: Vec<Organization>, more: bool },
}
