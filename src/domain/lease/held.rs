//! A lease in the hands of its holder, who counts from the moment of the question.

use super::margin_ms;
use crate::domain::timestamp::Timestamp;

/// A lease in the hands of its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What it says is of this version, or a later one.
    version: i64,
    until: Timestamp,
    /// The latest moment at which the clock was looked at.
    seen: Timestamp,
}

impl Held {
    /// A lease that was asked for at `asked_at` and has come at `now`; none if its time is over already, or if the
    /// clock has gone backwards meanwhile.
    #[must_use]
    pub fn new(version: i64, asked_at: Timestamp, ttl_ms: i64, now: Timestamp) -> Option<Self> {
        let until = asked_at.plus_millis(ttl_ms.saturating_sub(margin_ms(ttl_ms)));
        (asked_at <= now && now < until).then_some(Self { version, until, seen: now })
    }

    /// When it ends, by the holder's clock.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// The latest moment at which its clock was looked at.
    #[must_use]
    pub fn seen(&self) -> Timestamp {
        self.seen
    }

    /// Whether it holds at `now` for somebody who has what it says in `version`. A clock that runs backwards ends it
    /// for good: nobody knows how much time has passed.
    pub fn is_live(&mut self, version: i64, now: Timestamp) -> bool {
        if now < self.seen {
            self.until = Timestamp::MIN;
        }
        self.seen = self.seen.max(now);
        version >= self.version && now < self.until
    }
}
