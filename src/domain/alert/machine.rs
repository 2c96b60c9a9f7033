//! From what is measured to what an alert does: it opens once, is brought up to date, and resolves.
//!
//! With hysteresis, so that a measure that wavers around the threshold makes one alert and not many: it resolves only
//! below four fifths of the threshold, found twice at least a minute apart, and never within ten minutes of its opening.

use serde::{Deserialize, Serialize};

use super::rules::Rule;
use super::{Kind, Severity};
use crate::domain::timestamp::Timestamp;

/// How long (ms) an alert stays open at least.
pub const OPEN_MS_MIN: i64 = 10 * 60 * 1_000;
/// Below how many per cent of the threshold (and of the minimum) it is calm again.
pub const CALM_PERCENT: u64 = 80;
/// How often it has to be found calm.
pub const CALM_EVALUATIONS: u8 = 2;
/// How long (ms) two such findings must be apart.
pub const CALM_PAUSE_MS: i64 = 60_000;
/// How long (ms) nothing is told of an open alert whose severity has not changed.
pub const UPDATE_PAUSE_MS: i64 = 10 * 60 * 1_000;

/// What was measured, and what it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// The measure, in any unit.
    pub value: u64,
    /// From which measure on it is too much, in the same unit.
    pub threshold: u64,
    /// On how many requests the measure rests.
    pub volume: u64,
    /// On how many it has to.
    pub minimum: u64,
}

/// What is remembered of an alert that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Since when it is open.
    pub opened_at: Timestamp,
    /// When anything was last told of it.
    pub told_at: Timestamp,
    /// How bad it was then.
    pub severity: Severity,
    /// How often it was found calm in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub calm: u8,
    /// When it was last found calm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calm_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// What becomes of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to tell.
    Nothing,
    /// It opens.
    Open,
    /// It is still open, and there is something to tell.
    Update,
    /// It is over.
    Resolve,
}

/// Decides what becomes of the alert of a kind, and what is remembered of it.
#[must_use]
pub fn evaluate(kind: Kind, reading: &Reading, rule: &Rule, before: Option<&Watch>) -> (Verdict, Option<Watch>) {
    let Some(before) = before else {
        if !rule.enabled || reading.value < reading.threshold.max(1) || reading.volume < reading.minimum {
            return (Verdict::Nothing, None);
        }
        let (opened_at, severity) = (reading.at, severity(kind, reading));
        return (Verdict::Open, Some(Watch { opened_at, told_at: opened_at, severity, calm: 0, calm_at: None }));
    };
    if !rule.enabled {
        return (Verdict::Resolve, None);
    }
    let mut watch = before.clone();
    if is_calm(reading) {
        let is_apart = before.calm_at.is_none_or(|at| is_past(at, CALM_PAUSE_MS, reading.at));
        if is_apart {
            watch.calm = before.calm.saturating_add(1);
            watch.calm_at = Some(reading.at);
        }
        if watch.calm >= CALM_EVALUATIONS && is_past(before.opened_at, OPEN_MS_MIN, reading.at) {
            return (Verdict::Resolve, None);
        }
        return (Verdict::Nothing, Some(watch));
    }
    (watch.calm, watch.calm_at) = (0, None);
    let severity = severity(kind, reading);
    // It may get worse while it is open, not better: that it gets better is told when it is over.
    if severity > before.severity || is_past(before.told_at, UPDATE_PAUSE_MS, reading.at) {
        (watch.severity, watch.told_at) = (severity.max(before.severity), reading.at);
        return (Verdict::Update, Some(watch));
    }
    (Verdict::Nothing, Some(watch))
}

/// Whether so long (ms) has passed. A clock that was set back far enough says nothing about how long.
fn is_past(since: Timestamp, ms: i64, now: Timestamp) -> bool {
    let passed = now.millis_since(since);
    passed >= ms || passed <= -OPEN_MS_MIN
}

fn is_calm(reading: &Reading) -> bool {
    let below = |value: u64, bound: u64| value.saturating_mul(100) < bound.saturating_mul(CALM_PERCENT);
    below(reading.value, reading.threshold.max(1)) || below(reading.volume, reading.minimum)
}

fn severity(kind: Kind, reading: &Reading) -> Severity {
    let worst = match kind {
        // Five times what would have been enough.
        Kind::TrafficSpike => reading.threshold.saturating_mul(5),
        // Half of all, and all of it: these two are measured in thousandths and in per cent.
        Kind::ErrorRate => 500.max(reading.threshold.saturating_add(1)),
        Kind::NearLimit => 100,
        Kind::KeyExpiring
        | Kind::KeyUnused
        | Kind::RotationDue
        | Kind::RevokedKeyUsed
        | Kind::NewCountry
        | Kind::WebhookDead
        | Kind::DomainLost
        | Kind::KeyLeaked => u64::MAX,
    };
    if reading.value >= worst { Severity::Critical } else { Severity::Warning }
}
