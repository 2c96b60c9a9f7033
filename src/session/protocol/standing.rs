//! What a session tells of itself: what is used of its limits, and how it is doing.

use serde::{Deserialize, Serialize};

use crate::domain::health::Recent;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;

/// What is used of the limits of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionUsage {
    /// Keys that take a place in the plan.
    pub keys: i64,
    /// How many places there are; none means any number.
    pub max_keys: Option<u32>,
    /// Its own limits.
    pub limits: Vec<LimitUse>,
}

/// How a session is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// The session.
    pub session: Session,
    /// Number of keys by status, in the order of `Status::ALL`.
    pub keys: Vec<i64>,
    /// When any key was last used.
    pub last_used_at: Option<Timestamp>,
    /// What happened lately; a session of the version before does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recent: Option<Box<Recent>>,
}
