//! What became of requests, as `…/usage` shows it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::usage::latency::Latency;
use crate::domain::usage::outcomes::Outcomes;

/// What became of requests, as their backends have told it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomesBody {
    /// How many requests.
    total_requests: u64,
    /// How many of them were answered with a status of 400 or more.
    failed_requests: u64,
    /// The share of those that did not fail; null without any.
    success_rate: Option<f64>,
    /// The share of those that failed; null without any.
    error_rate: Option<f64>,
    /// How many of each status of HTTP; those that did not occur are left out.
    by_status: Map<String, Value>,
    /// How long they took; null without any.
    latency_ms: Option<LatencyBody>,
}

/// How long requests took, in milliseconds. Percentiles are at most 2 % off, the average is exact.
#[derive(Debug, Serialize)]
pub(super) struct LatencyBody {
    /// The average.
    average: f64,
    /// What half of them did not exceed.
    p50: f64,
    /// What 95 % did not exceed.
    p95: f64,
    /// What 99 % did not exceed.
    p99: f64,
}

impl OutcomesBody {
    /// Writes what was counted.
    pub(super) fn new(outcomes: &Outcomes) -> Self {
        let (total, failed) = (outcomes.total(), outcomes.failed());
        let share = |part: u64| (total > 0).then(|| rounded(part as f64 / total as f64));
        Self {
            total_requests: total,
            failed_requests: failed,
            success_rate: share(total.saturating_sub(failed)),
            error_rate: share(failed),
            by_status: outcomes
                .statuses()
                .iter()
                .map(|(status, count)| (status.to_string(), (*count).into()))
                .collect(),
            latency_ms: LatencyBody::new(outcomes.latency()),
        }
    }
}

impl LatencyBody {
    fn new(latency: &Latency) -> Option<Self> {
        let read = |per_cent| latency.percentile(per_cent).map(to_hundredths);
        Some(Self { average: to_hundredths(latency.average()?), p50: read(50)?, p95: read(95)?, p99: read(99)? })
    }
}

/// To six places: a rate is no exact number.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// To two places: a time is told in whole milliseconds.
pub(super) fn to_hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
