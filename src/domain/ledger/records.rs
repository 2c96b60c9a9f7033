//! What leaves a ledger: the row that stands for it, and what somebody holds of it.

use serde::{Deserialize, Serialize};

use crate::domain::credits::Balance;
use crate::domain::rate_limit::LimitName;
use crate::domain::timestamp::Timestamp;
use crate::domain::window::Debit;

/// What has been debited, to be given back if it is refused elsewhere. It is good for the ledger in memory that it
/// came from, and for one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub(super) debits: Vec<(LimitName, Debit)>,
    pub(super) credits: u64,
    /// How many rows had been written.
    pub(super) saves: u64,
    /// How many times the balance had been filled up or replaced.
    pub(super) revision: u64,
}

/// A ledger as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The ledger's clock (ms), by which the buckets are dated.
    pub(super) clock: i64,
    /// What the clock on the wall showed then.
    pub(super) seen: Timestamp,
    pub(super) windows: Vec<SavedWindow>,
    pub(super) balance: Option<Balance>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedWindow {
    pub(super) name: LimitName,
    pub(super) window_ms: u32,
    /// The latest moment and the tokens of each bucket.
    pub(super) spent: Vec<(i64, u32)>,
    /// Tokens that may have been spent since.
    pub(super) open: u32,
    /// How far ahead (ms) they may have been dated.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) ahead_ms: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference; on wasm32 it is no trifle")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
