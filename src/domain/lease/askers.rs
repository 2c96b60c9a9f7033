//! Whether one holder asks a grantor alone, or several do.

use crate::domain::timestamp::Timestamp;

/// How long (ms) somebody counts as being there after he has asked.
const PRESENT_MS: u64 = 15_000;

/// Who has asked a grantor of late. That is kept in memory only, and where it is wrong, it costs a question or two.
#[derive(Debug, Clone)]
pub struct Askers<K> {
    last: Option<K>,
    /// When somebody else had asked before the last one.
    turned_at: Timestamp,
}

impl<K> Default for Askers<K> {
    fn default() -> Self {
        Self { last: None, turned_at: Timestamp::MIN }
    }
}

impl<K: PartialEq> Askers<K> {
    /// Somebody asks.
    pub fn note(&mut self, who: K, now: Timestamp) {
        if self.last.as_ref().is_some_and(|last| *last != who) {
            self.turned_at = now;
        }
        self.last = Some(who);
    }

    /// Whether nobody but the last one has asked for a while.
    #[must_use]
    pub fn is_alone(&self, now: Timestamp) -> bool {
        // A clock that was set back tells nothing.
        now.millis_since(self.turned_at).unsigned_abs() >= PRESENT_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(askers: &mut Askers<&'static str>, who: &'static str, ms: i64) -> bool {
        let now = Timestamp::from_millis(1_000_000 + ms);
        askers.note(who, now);
        askers.is_alone(now)
    }

    #[test]
    fn who_asks_alone_is_told_so_until_somebody_else_asks_and_again_a_while_after_that() {
        let mut askers = Askers::default();
        let steps = [("a", 0), ("a", 10), ("b", 20), ("a", 30), ("a", 15_029), ("a", 15_030), ("b", 15_031)];
        let alone = steps.map(|(who, ms)| asks(&mut askers, who, ms));
        assert_eq!(alone, [true, true, false, false, false, true, false]);
    }

    #[test]
    fn a_clock_that_is_set_back_leaves_nobody_alone_by_it() {
        let mut askers = Askers::default();
        let alone = [("a", 5_000), ("b", 5_000), ("b", 1_000)];
        let alone = alone.map(|(who, ms)| asks(&mut askers, who, ms));
        assert_eq!(alone, [true, false, false]);
    }
}
