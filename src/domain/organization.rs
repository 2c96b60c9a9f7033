//! An organization: the paying customer, with its plan.

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::email::Email;
use super::id::{OrganizationId, SessionId};
use super::session::Policy;
use super::text::Name;
use super::timestamp::Timestamp;

/// The organization record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// Its public name.
    pub id: OrganizationId,
    /// The label people know it by.
    pub name: Name,
    /// Status and plan, as its sessions are told.
    pub policy: Policy,
    /// The production default session, which exists from the start.
    pub default_session_id: SessionId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes of this record.
    pub generation: i64,
    /// Who last changed status or plan; none stands for the operator.
    #[serde(default)]
    pub policy_by: Option<Actor>,
    /// When status or plan last changed.
    #[serde(default)]
    pub policy_at: Option<Timestamp>,
    /// How many people belong to it.
    #[serde(default)]
    pub members_count: u32,
    /// When it was ended.
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
    /// Whether its data is gone as well.
    #[serde(default)]
    pub erased: bool,
    /// Whom alerts are mailed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alert_emails: Vec<Email>,
}
