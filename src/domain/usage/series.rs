//! Counts over time, and how they are kept: fine for a while, then in larger and larger steps.
//!
//! A row (`Slab`) holds a stretch of time in steps of the next finer size: an hour in minutes, a day in hours, 32 days in
//! days. When a stretch has become old, its rows become steps of the next larger one. Sums never change by that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::outcomes::Outcomes;
use super::steps::{Steps, Summed};
use super::{Used, add};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;

/// How many of each outcome.
pub type Counts = Vec<(Code, u64)>;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, by UTC.
    Day,
    /// 32 days.
    Span,
}

impl Grain {
    /// The word that clients and rows use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Span => "span",
        }
    }

    /// How long (ms) it is.
    #[must_use]
    pub fn ms(self) -> i64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
            Self::Span => 32 * DAY_MS,
        }
    }

    /// When the one began in which a moment lies.
    #[must_use]
    pub fn start_of(self, at: Timestamp) -> Timestamp {
        at.plus_millis(-at.as_millis().rem_euclid(self.ms()))
    }

    /// For how long (ms) after their end counts are kept in steps of this size, at least.
    #[must_use]
    pub const fn kept_ms(self) -> i64 {
        match self {
            Self::Minute => DAY_MS,
            Self::Hour => 30 * DAY_MS,
            Self::Day | Self::Span => 400 * DAY_MS,
        }
    }
}

/// How many of each outcome, by the beginning of each step.
pub type Series = Steps<Counts>;

impl Summed for Counts {
    fn absorb(&mut self, other: &Self) {
        other.iter().for_each(|(code, more)| add(self, *code, *more));
    }
}

impl Series {
    /// Counts more in the step that begins here.
    pub fn add(&mut self, start: Timestamp, counts: &[(Code, u64)]) {
        self.change(start, |step| counts.iter().for_each(|(code, more)| add(step, *code, *more)));
    }
}

/// How many, whatever the outcome.
#[must_use]
pub fn total(counts: &[(Code, u64)]) -> u64 {
    counts.iter().map(|(_, count)| *count).fold(0, u64::saturating_add)
}

/// What one row holds: a stretch of time in steps of the next finer size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slab {
    /// The counts.
    pub steps: Series,
    /// What became of the requests.
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub outcomes: Steps<Outcomes>,
    /// The last use within it, where somebody keeps that here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Used>,
}

impl Slab {
    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        self.steps.merge(&other.steps);
        self.outcomes.merge(&other.outcomes);
        self.last = Used::later(self.last.take(), other.last.clone());
    }

    /// The same in larger steps.
    #[must_use]
    pub fn in_steps_of(self, grain: Grain) -> Self {
        Self { steps: self.steps.in_steps_of(grain), outcomes: self.outcomes.in_steps_of(grain), last: self.last }
    }

    /// Only what begins from `from` on and before `to`.
    #[must_use]
    pub fn within(self, from: Timestamp, to: Timestamp) -> Self {
        Self { steps: self.steps.within(from, to), outcomes: self.outcomes.within(from, to), last: self.last }
    }

    /// By stretches of this size, each without a last use.
    #[must_use]
    pub fn by(&self, grain: Grain) -> BTreeMap<Timestamp, Self> {
        let (mut steps, mut outcomes) = (self.steps.by(grain), self.outcomes.by(grain));
        let starts: BTreeSet<Timestamp> = steps.keys().chain(outcomes.keys()).copied().collect();
        let part = |start| Self {
            steps: steps.remove(&start).unwrap_or_default(),
            outcomes: outcomes.remove(&start).unwrap_or_default(),
            last: None,
        };
        let slabs: Vec<Self> = starts.iter().copied().map(part).collect();
        starts.into_iter().zip(slabs).collect()
    }
}

/// A size of rows: which stretch one row holds, and in which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The stretch.
    pub stretch: Grain,
    /// The steps.
    pub step: Grain,
    /// What becomes of it once its time is over; none goes for good.
    pub then: Option<Grain>,
}

impl Size {
    /// All sizes, the finest first.
    pub const ALL: [Self; 3] = [
        Self { stretch: Grain::Hour, step: Grain::Minute, then: Some(Grain::Day) },
        Self { stretch: Grain::Day, step: Grain::Hour, then: Some(Grain::Span) },
        Self { stretch: Grain::Span, step: Grain::Day, then: None },
    ];

    /// The beginning of the first stretch that is kept at `now`: it takes the place of its larger stretch as a whole.
    #[must_use]
    pub fn kept_from(self, now: Timestamp) -> Timestamp {
        let oldest = now.plus_millis(-self.step.kept_ms());
        self.then.unwrap_or(self.stretch).start_of(oldest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::domain::sample::at;

    fn series() -> impl Strategy<Value = Series> {
        let step = (0_i64..200_000, 0_usize..Code::ALL.len(), 1_u64..1_000);
        prop::collection::vec(step, 0..60).prop_map(|steps| {
            let mut series = Series::default();
            for (minute, code, count) in steps {
                let code = Code::ALL.get(code).copied().unwrap();
                series.add(Grain::Minute.start_of(at(minute * 60)), &[(code, count)]);
            }
            series
        })
    }

    fn sorted(mut counts: Counts) -> Counts {
        counts.sort_by_key(|(code, _)| code.as_str());
        counts
    }

    proptest! {
        #[test]
        fn larger_steps_have_the_same_sums(series in series()) {
            let mut steps = series.clone();
            for grain in [Grain::Minute, Grain::Hour, Grain::Day, Grain::Span] {
                steps = steps.in_steps_of(grain);
                prop_assert_eq!(sorted(steps.sum()), sorted(series.sum()));
                prop_assert!(steps.iter().all(|(start, _)| grain.start_of(start) == start));
            }
            prop_assert_eq!(steps, series.in_steps_of(Grain::Span), "step by step or at once");
        }

        #[test]
        fn stretches_and_merging_lose_nothing(one in series(), other in series()) {
            let mut both = one.clone();
            both.merge(&other);
            prop_assert_eq!(total(&both.sum()), total(&one.sum()) + total(&other.sum()));
            let mut again = Series::default();
            both.by(Grain::Day).values().for_each(|day| again.merge(day));
            prop_assert_eq!(sorted(again.sum()), sorted(both.sum()));
            prop_assert!(both.iter().is_sorted_by_key(|(start, _)| start));
        }

        #[test]
        fn nothing_is_coarsened_or_dropped_before_its_time(now in 0_i64..500_000_000) {
            let now = at(now);
            for size in Size::ALL {
                let kept = size.kept_from(now);
                let age = now.millis_since(kept);
                prop_assert!(age >= size.step.kept_ms(), "{:?} {}", size, age);
                prop_assert!(age < size.step.kept_ms() + size.then.unwrap_or(size.stretch).ms());
                prop_assert_eq!(size.stretch.start_of(kept), kept, "no stretch is cut");
            }
        }
    }

    #[test]
    fn the_stored_form_is_small() {
        let mut slab = Slab::default();
        slab.steps.add(at(0), &[(Code::Valid, 12), (Code::RateLimited, 1)]);
        let text = serde_json::to_string(&slab).unwrap();
        assert_eq!(text, r#"{"steps":[[1800000000000,[["VALID",12],["RATE_LIMITED",1]]]]}"#);
        assert_eq!(serde_json::from_str::<Slab>(&text).unwrap(), slab);
    }
}
