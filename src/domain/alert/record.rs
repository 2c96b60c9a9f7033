//! An alert as the organization keeps it, and as it tells of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Kind, Severity};
use crate::domain::audit::Actor;
use crate::domain::id::{AlertId, SessionId};
use crate::domain::timestamp::Timestamp;

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What it is about.
    pub kind: Kind,
    /// The id of what is affected.
    pub subject: String,
    /// The session that it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// How soon somebody should look.
    pub severity: Severity,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Who has seen it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<(Actor, Timestamp)>,
    /// What was measured, as name and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
}

/// Which alerts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Still so.
    Open,
    /// Over.
    Resolved,
}

impl AlertStatus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Open, Self::Resolved];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

impl Alert {
    /// Whether it is still so.
    #[must_use]
    pub fn status(&self) -> AlertStatus {
        if self.resolved_at.is_some() { AlertStatus::Resolved } else { AlertStatus::Open }
    }

    /// What was measured, as JSON.
    #[must_use]
    pub fn facts(&self) -> Map<String, Value> {
        self.facts.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
    }

    /// Its description in an event.
    #[must_use]
    pub fn described(&self) -> Map<String, Value> {
        let described = [
            ("id", json!(self.id)),
            ("kind", json!(self.kind.as_str())),
            ("subject", json!(self.subject)),
            ("sessionId", json!(self.session_id)),
            ("severity", json!(self.severity.as_str())),
            ("status", json!(self.status().as_str())),
            ("openedAt", json!(self.opened_at.to_string())),
            ("updatedAt", json!(self.updated_at.to_string())),
            ("resolvedAt", json!(self.resolved_at.map(|at| at.to_string()))),
            ("facts", Value::Object(self.facts())),
        ];
        described.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
