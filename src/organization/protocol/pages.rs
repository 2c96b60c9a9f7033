//! Which rows of a list are asked for, and which page of them.

use serde::{Deserialize, Serialize};

use crate::domain::alert::record::AlertStatus;
use crate::domain::alert::{Kind, Severity};
use crate::domain::audit::Action;
use crate::domain::environment::Environment;
use crate::domain::id::SessionId;
use crate::domain::timestamp::Timestamp;

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
    /// Only those that are not revoked, and have lain idle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<Idle>,
    /// Which page.
    pub page: Page,
}

/// Which keys are not revoked, and have lain idle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idle {
    /// Not used since; one that never was, not issued since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Issued before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
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

/// Which alerts to list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertQuery {
    /// Only those that are open, or over.
    pub status: Option<AlertStatus>,
    /// Only those of this kind.
    pub kind: Option<Kind>,
    /// Only those of this severity.
    pub severity: Option<Severity>,
    /// Only those about this id.
    pub subject: Option<String>,
    /// Only those about this session and its keys.
    pub session_id: Option<SessionId>,
    /// Which page.
    pub page: Page,
}
