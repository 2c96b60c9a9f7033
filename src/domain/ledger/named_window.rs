//! The window of one limit in a ledger.

use crate::domain::rate_limit::LimitName;
use crate::domain::window::SlidingWindow;

/// The window of one limit, and what of it is written down.
#[derive(Clone, Debug)]
pub(super) struct NamedWindow {
    pub(super) name: LimitName,
    pub(super) window: SlidingWindow,
    /// The block of the last row.
    pub(super) open: u32,
    /// How far ahead (ms) the tokens of that block may be dated.
    pub(super) open_ahead_ms: i64,
    /// Tokens spent since that row.
    pub(super) unsaved: u64,
    /// How far ahead (ms) the furthest of them is dated.
    pub(super) ahead_ms: i64,
}

impl NamedWindow {
    pub(super) fn new(name: LimitName, window: SlidingWindow) -> Self {
        Self { name, window, open: 0, open_ahead_ms: 0, unsaved: 0, ahead_ms: 0 }
    }

    pub(super) fn needs_saving(&self) -> bool {
        self.unsaved > self.open.into() || (self.unsaved > 0 && self.ahead_ms > self.open_ahead_ms)
    }
}
