//! What became of requests that were verified: how many, with which status, and how long they took.

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::steps::Summed;
use crate::domain::id::ApiKeyId;
use crate::domain::timestamp::Timestamp;

/// From which status on a request has failed.
const FAILED_FROM: u16 = 400;
/// From which status on it is the backend that has failed.
const SERVER_ERRORS_FROM: u16 = 500;

/// For how long (ms) after a verification what became of it is counted.
pub const LATE_MS: i64 = 60 * 60 * 1_000;
/// How far (ms) the clock of who reports may be ahead. Not far: what is named by one of those clocks may become the moment up
/// to which nothing is accepted any more, of anybody.
pub const AHEAD_MS: i64 = 30 * 1_000;

/// What became of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// How many of each status of HTTP, the lowest first.
    #[serde(rename = "by")]
    statuses: Vec<(u16, u64)>,
    /// How long they took.
    #[serde(rename = "ms")]
    latency: Latency,
}

impl Outcomes {
    /// Counts one request.
    pub fn record(&mut self, status: u16, latency_ms: u32) {
        self.add(status, 1);
        self.latency.record(latency_ms);
    }

    fn add(&mut self, status: u16, more: u64) {
        match self.statuses.binary_search_by_key(&status, |(status, _)| *status) {
            Ok(place) => {
                if let Some((_, count)) = self.statuses.get_mut(place) {
                    *count = count.saturating_add(more);
                }
            }
            Err(place) => self.statuses.insert(place, (status, more)),
        }
    }

    /// How many of each status of HTTP, the lowest first.
    #[must_use]
    pub fn statuses(&self) -> &[(u16, u64)] {
        &self.statuses
    }

    /// How long they took.
    #[must_use]
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// How many.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.from(0)
    }

    /// How many were answered with a status of 400 or more.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.from(FAILED_FROM)
    }

    /// How many were answered with a status of 500 or more.
    #[must_use]
    pub fn server_errors(&self) -> u64 {
        self.from(SERVER_ERRORS_FROM)
    }

    fn from(&self, lowest: u16) -> u64 {
        let counted = self.statuses.iter().filter(|(status, _)| *status >= lowest);
        counted.map(|(_, count)| *count).fold(0, u64::saturating_add)
    }

    /// What has come on top of what was there before.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let of =
            |wanted: u16| before.statuses.iter().find(|(status, _)| *status == wanted).map_or(0, |(_, count)| *count);
        let more = self.statuses.iter().map(|(status, count)| (*status, count.saturating_sub(of(*status))));
        let statuses = more.filter(|(_, count)| *count > 0).collect();
        Self { statuses, latency: self.latency.since(&before.latency) }
    }
}

impl Summed for Outcomes {
    fn absorb(&mut self, other: &Self) {
        other.statuses.iter().for_each(|(status, more)| self.add(*status, *more));
        self.latency.absorb(&other.latency);
    }
}

/// What a backend says became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The key that it was made with.
    pub key_id: ApiKeyId,
    /// What tells it from every other one of this key; none if nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was verified, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Timestamp>,
    /// When it happened, if that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The status of HTTP that it was answered with.
    pub status: u16,
    /// How long (ms) that took.
    pub latency_ms: u32,
}

impl Outcome {
    /// The earliest moment that it names: no repetition of it names a later one. None if it names none.
    #[must_use]
    pub fn named_at(&self) -> Option<Timestamp> {
        match (self.verified_at, self.at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// The latest moment that it names.
    fn latest(&self) -> Option<Timestamp> {
        self.at.max(self.verified_at)
    }

    /// When it is counted, at `now`: when it happened, else when it was verified, else now; never in the future.
    ///
    /// # Errors
    /// What is too late or too early to be counted, whatever was counted before.
    pub fn counted_at(&self, now: Timestamp) -> Result<Timestamp, Verdict> {
        if self.latest().is_some_and(|at| at.millis_since(now) > AHEAD_MS) {
            return Err(Verdict::InFuture);
        }
        if self.named_at().is_some_and(|at| now.millis_since(at) > LATE_MS) {
            return Err(Verdict::TooLate);
        }
        Ok(self.at.or(self.verified_at).unwrap_or(now).min(now))
    }
}

/// What was done with an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is counted.
    Accepted,
    /// It was counted before.
    Duplicate,
    /// There is no such key within reach.
    NotFound,
    /// It is older than what is remembered of what was counted.
    TooLate,
    /// It names a moment that has not come yet.
    InFuture,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::domain::sample::at;

    #[test]
    fn failures_are_told_apart_by_status() {
        let mut outcomes = Outcomes::default();
        [200, 399, 400, 499, 500, 599, 200].iter().for_each(|status| outcomes.record(*status, 1));
        assert_eq!((outcomes.total(), outcomes.failed(), outcomes.server_errors()), (7, 4, 2));
        assert!(outcomes.statuses().is_sorted());
        let before = outcomes.clone();
        outcomes.record(404, 9);
        let since = outcomes.since(&before);
        assert_eq!((since.statuses(), since.latency().count()), ([(404, 1)].as_slice(), 1));
        let mut both = before;
        both.absorb(&since);
        assert_eq!(both, outcomes);
    }

    #[test]
    fn the_stored_form_is_small_and_pinned() {
        let mut outcomes = Outcomes::default();
        [(503, 40), (200, 1), (200, 0)].iter().for_each(|(status, ms)| outcomes.record(*status, *ms));
        let text = serde_json::to_string(&outcomes).unwrap();
        assert_eq!(text, r#"{"by":[[200,2],[503,1]],"ms":[41,"ABABfB"]}"#);
        assert_eq!(serde_json::from_str::<Outcomes>(&text).unwrap(), outcomes);
    }

    #[test]
    fn an_outcome_counts_for_an_hour_from_the_earliest_moment_that_it_names() {
        let now = at(100_000);
        let counted = |verified: Option<i64>, happened: Option<i64>| {
            let outcome = Outcome {
                key_id: ApiKeyId::from_trusted("key_1".to_owned()),
                name: None,
                verified_at: verified.map(|age| now.plus_millis(-age)),
                at: happened.map(|age| now.plus_millis(-age)),
                status: 200,
                latency_ms: 1,
            };
            outcome.counted_at(now).map(|at| now.millis_since(at))
        };
        for (verified, happened, expected) in [
            (None, None, Ok(0)),
            (Some(LATE_MS), None, Ok(LATE_MS)),
            (Some(LATE_MS + 1), None, Err(Verdict::TooLate)),
            (Some(LATE_MS), Some(7), Ok(7)),
            (Some(LATE_MS + 1), Some(7), Err(Verdict::TooLate)),
            (Some(7), Some(LATE_MS + 1), Err(Verdict::TooLate)),
            (None, Some(-AHEAD_MS), Ok(0)),
            (None, Some(-AHEAD_MS - 1), Err(Verdict::InFuture)),
            (Some(-AHEAD_MS - 1), Some(5), Err(Verdict::InFuture)),
        ] {
            assert_eq!(counted(verified, happened), expected, "{verified:?} {happened:?}");
        }
    }
}
