//! What is measured of traffic and limits: the requests of the last ten minutes against those of the day before, the
//! share of failures among them, and the fullest limit.

use super::machine::Reading;
use super::rules::Rule;
use crate::domain::rate_limit::LimitUse;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::Outcomes;
use crate::domain::usage::series::total;
use crate::domain::verification::Code;

/// How many minutes are looked at, the running one included.
pub const WINDOW_MINUTES: i64 = 10;
/// The same in milliseconds.
pub const WINDOW_MS: i64 = WINDOW_MINUTES * 60 * 1_000;
/// How long (ms) before that traffic counts as usual.
pub const BASELINE_MS: i64 = 24 * 60 * 60 * 1_000;

/// The requests of the time before the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Baseline {
    /// How many.
    pub requests: u64,
    /// When the first of them was; none if there were none.
    pub first: Option<Timestamp>,
}

impl Baseline {
    /// How many that is in as much time as the window has, on average since the first of them.
    #[must_use]
    pub fn in_window(&self, from: Timestamp) -> u64 {
        let elapsed = self.first.map_or(WINDOW_MS, |first| from.millis_since(first).max(WINDOW_MS));
        let ms = |time: i64| u64::try_from(time).unwrap_or(1).max(1);
        self.requests.saturating_mul(ms(WINDOW_MS)) / ms(elapsed)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let first = [self.first, other.first].into_iter().flatten().min();
        Self { requests: self.requests.saturating_add(other.requests), first }
    }
}

/// Requests and how many of them have failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many in all.
    pub requests: u64,
    /// How many failed.
    pub failed: u64,
}

impl Failures {
    /// Verifications that were refused. What became of requests that were let through joins with `and`.
    #[must_use]
    pub fn of_verifications(counts: &[(Code, u64)]) -> Self {
        let requests = total(counts);
        let valid = counts.iter().filter(|(code, _)| *code == Code::Valid).map(|(_, count)| *count);
        Self { requests, failed: requests.saturating_sub(valid.fold(0, u64::saturating_add)) }
    }

    /// With what backends have told: of requests that were let through, of which they may know more than are counted here,
    /// or only some. What clients get wrong is no failure.
    #[must_use]
    pub fn and(self, outcomes: &Outcomes) -> Self {
        let let_through = self.requests.saturating_sub(self.failed).max(outcomes.total());
        let requests = self.failed.saturating_add(let_through);
        Self { requests, failed: self.failed.saturating_add(outcomes.server_errors()) }
    }
}

/// Many more requests than usual? In requests.
#[must_use]
pub fn spike(at: Timestamp, rule: &Rule, requests: u64, usual: u64) -> Reading {
    let minimum = u64::from(rule.minimum.unwrap_or(1));
    let threshold = usual.saturating_mul(rule.threshold.unwrap_or(1).into()).max(minimum);
    Reading { at, value: requests, threshold, volume: requests, minimum: 0 }
}

/// A large share of failures? In thousandths.
#[must_use]
pub fn errors(at: Timestamp, rule: &Rule, failures: Failures) -> Reading {
    let value = failures.failed.saturating_mul(1_000).checked_div(failures.requests).unwrap_or(0);
    let threshold = u64::from(rule.threshold.unwrap_or(100)).saturating_mul(10);
    let minimum = rule.minimum.unwrap_or(1).into();
    Reading { at, value, threshold, volume: failures.requests, minimum }
}

/// A limit that is almost used up? In per cent.
#[must_use]
pub fn limit(at: Timestamp, rule: &Rule, fullest: Option<&LimitUse>) -> Reading {
    let value = fullest.map_or(0, percent_used);
    Reading { at, value, threshold: rule.threshold.unwrap_or(100).into(), volume: 0, minimum: 0 }
}

/// The limit of which the greatest share is used.
#[must_use]
pub fn fullest(limits: &[LimitUse]) -> Option<&LimitUse> {
    limits.iter().max_by_key(|limit| percent_used(limit))
}

/// How many per cent of a limit are used.
#[must_use]
pub fn percent_used(limit: &LimitUse) -> u64 {
    let (all, left) = (u64::from(limit.limit.limit), u64::from(limit.remaining));
    all.saturating_sub(left).saturating_mul(100).checked_div(all).unwrap_or(0)
}

/// What people read of a limit.
#[must_use]
pub fn facts_of(limit: &LimitUse) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    vec![
        fact("limit", limit.label()),
        fact("usedPercent", percent_used(limit).to_string()),
        fact("quota", limit.limit.limit.to_string()),
        fact("windowMs", limit.limit.window_ms.to_string()),
    ]
}
