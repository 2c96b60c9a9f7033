//! How fast tokens are spent: what a holder asks for is measured by it.
//!
//! Counted is in periods, not from question to question. Where many requests ask at once, each of their questions would
//! find only what was spent since the one before it, and ask for next to nothing: no bank would ever last.

use crate::domain::timestamp::Timestamp;

/// What was spent in this period and in the one before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    since: Timestamp,
    now: Period,
    before: Period,
}

#[derive(Debug, Clone, Copy, Default)]
struct Period {
    spent: u32,
    times: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Timestamp::MIN, now: Period::default(), before: Period::default() }
    }
}

impl Pace {
    /// Counts what was spent now, in periods of this length (ms).
    pub(super) fn note(&mut self, cost: u32, length_ms: i64, now: Timestamp) {
        let passed = now.millis_since(self.since);
        if passed >= length_ms {
            self.before = if passed < length_ms.saturating_mul(2) { self.now } else { Period::default() };
            self.now = Period::default();
            self.since = now;
        }
        self.now.spent = self.now.spent.saturating_add(cost);
        self.now.times = self.now.times.saturating_add(u32::from(cost > 0));
    }

    /// How many tokens will be spent in the next period: the most that were in one of late, and half as much again. None
    /// where that was a single request: who comes once in a period is gone before he comes again, and what he was given
    /// would be missing elsewhere.
    pub(super) fn expected(&self) -> u32 {
        let busy = [self.now, self.before].into_iter().filter(|period| period.times > 1);
        busy.map(|Period { spent, .. }| spent.saturating_add(spent / 2).saturating_add(1)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: &[(u32, i64)]) -> u32 {
        let mut pace = Pace::default();
        steps.iter().for_each(|(cost, at)| pace.note(*cost, 200, Timestamp::from_millis(*at)));
        pace.expected()
    }

    #[test]
    fn a_period_is_remembered_for_one_more_and_then_forgotten() {
        assert_eq!(after(&[(3, 1_000), (4, 1_199)]), 7 + 3 + 1);
        assert_eq!(after(&[(3, 1_000), (4, 1_199), (1, 1_200)]), 7 + 3 + 1, "the one before was busier");
        assert_eq!(after(&[(1, 1_000), (1, 1_001), (3, 1_200), (4, 1_399)]), 7 + 3 + 1, "this one is");
        assert_eq!(after(&[(3, 1_000), (4, 1_199), (1, 1_399), (1, 1_400)]), 7 + 3 + 1);
        assert_eq!(
            after(&[(3, 1_000), (4, 1_199), (1, 1_400), (1, 1_401)]),
            2 + 1 + 1,
            "nobody came in the one before"
        );
        assert_eq!(after(&[(3, 1_000), (4, 1_199), (0, 1_400)]), 0);
    }

    #[test]
    fn looking_does_not_begin_anew() {
        assert_eq!(after(&[(5, 1_000), (0, 1_010), (0, 1_020), (5, 1_030)]), 10 + 5 + 1);
    }

    #[test]
    fn who_comes_once_in_a_period_is_not_expected_again_whatever_it_costs() {
        assert_eq!(after(&[]), 0);
        assert_eq!(after(&[(9, 1_000)]), 0);
        assert_eq!(after(&[(9, 1_000), (9, 1_200), (9, 1_400)]), 0, "nor who does so period after period");
        assert_eq!(after(&[(9, 1_000), (0, 1_010), (0, 1_199)]), 0, "to look is not to spend");
    }
}
