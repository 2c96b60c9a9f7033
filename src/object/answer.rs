//! What travels back from an object: decided, refused, or not done at all.

use serde::{Deserialize, Serialize};

use super::Rejection;

/// What travels back from an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer<R> {
    /// Decided.
    Done {
        /// The reply.
        reply: R,
        /// How long (ms) to hold the answer back until the change is in force everywhere.
        wait_ms: u64,
        /// False while messages to other objects are still unacknowledged.
        settled: bool,
    },
    /// Refused; nothing has changed.
    Rejected(Rejection),
    /// Neither: the object or one it had to ask could not do its work.
    Failed {
        /// What went wrong, for the log.
        detail: String,
    },
}
