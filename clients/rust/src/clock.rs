//! Moments by two clocks: one that never runs backwards, one that goes on while the machine sleeps.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// A moment by both clocks, since any fixed one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) steady: Duration,
    pub(crate) wall: Duration,
}

impl Moment {
    /// How long ago `earlier` was: whichever clock says that more time has passed is believed. `None` if one of them ran
    /// backwards.
    pub(crate) fn since(self, earlier: Self) -> Option<Duration> {
        Some(self.steady.checked_sub(earlier.steady)?.max(self.wall.checked_sub(earlier.wall)?))
    }
}

/// Where moments come from.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// Those of the machine.
    pub(crate) fn of_this_machine() -> Self {
        let start = Instant::now();
        Self::new(move || Moment {
            steady: start.elapsed(),
            // Before 1970 it stands still, and the steady one decides.
            wall: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
        })
    }

    pub(crate) fn new(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Moment {
        (self.0)()
    }
}
