//! How fast tokens are spent: what a holder asks for is measured by it.
//!
//! Counted is in periods, not from question to question. Where many requests ask at once, each of their questions would
//! find only what was spent since the one before it, and ask for next to nothing: no bank would ever last.

use crate::domain::timestamp::Timestamp;

/// What was spent in this period and in the one before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    since: Timestamp,
    spent: u32,
    before: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Timestamp::MIN, spent: 0, before: 0 }
    }
}

impl Pace {
    /// Counts what was spent now, in periods of this length (ms).
    pub(super) fn note(&mut self, cost: u32, length_ms: i64, now: Timestamp) {
        let passed = now.millis_since(self.since);
        if passed >= length_ms {
            self.before = if passed < length_ms.saturating_mul(2) { self.spent } else { 0 };
            self.spent = 0;
            self.since = now;
        }
        self.spent = self.spent.saturating_add(cost);
    }

    /// The most that was spent in one period of late.
    pub(super) fn most(&self) -> u32 {
        self.spent.max(self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[(u32, i64)]) -> u32 {
        let mut pace = Pace::default();
        steps.iter().for_each(|(cost, at)| pace.note(*cost, 200, Timestamp::from_millis(*at)));
        pace.most()
    }

    #[test]
    fn a_period_is_remembered_for_one_more_and_then_forgotten() {
        assert_eq!(after(&[(3, 1_000), (4, 1_199)]), 7);
        assert_eq!(after(&[(3, 1_000), (4, 1_199), (1, 1_200)]), 7, "the one before was busier");
        assert_eq!(after(&[(3, 1_000), (8, 1_250)]), 8);
        assert_eq!(after(&[(3, 1_000), (4, 1_199), (1, 1_400)]), 1, "nobody came in the one before");
        assert_eq!(after(&[(3, 1_000), (0, 1_210), (0, 1_420)]), 0);
    }

    #[test]
    fn looking_does_not_begin_anew() {
        assert_eq!(after(&[(5, 1_000), (0, 1_010), (0, 1_020), (5, 1_030)]), 10);
    }
}
