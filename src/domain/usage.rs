//! What is counted of verifications: how many, with which outcome, and where from.

pub mod latency;
pub mod outcomes;
pub mod series;
pub mod steps;
pub mod tallies;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, VerificationId};
use super::lease::grant::IsolateId;
use super::timestamp::Timestamp;
use super::verification::Code;
use series::Grain;

/// Where a request came from, as the platform tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The country (ISO 3166-1 alpha-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The location of the platform (an airport's IATA code).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colo: Option<String>,
    /// What the client calls itself (`User-Agent`), shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// The last time that something was let through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// When.
    pub at: Timestamp,
    /// Where from.
    #[serde(flatten)]
    pub origin: Origin,
}

impl Used {
    /// The later one of two uses.
    #[must_use]
    pub fn later(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.at >= one.at { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

/// One verification, as it is kept for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Names it.
    pub id: VerificationId,
    /// When.
    pub at: Timestamp,
    /// What was decided.
    pub code: Code,
    /// How many tokens it cost.
    pub cost: u32,
    /// Where from.
    #[serde(default)]
    pub origin: Origin,
    /// The address that the key was used from, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The caller's own words for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What one key has been used for, within one minute, as far as one isolate has decided it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// The key.
    pub key_id: ApiKeyId,
    /// When the minute began.
    pub minute: Timestamp,
    /// How many, by outcome.
    pub counts: Vec<(Code, u64)>,
    /// The last ones, the latest last; a bounded number.
    pub recent: Vec<Seen>,
    /// The last time that it was let through; without counts, in a call of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Used>,
}

/// What an isolate has decided without asking. It is sent until it is durable, and never counted twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Who reports.
    pub isolate: IsolateId,
    /// Which of its reports; each is one more than the last.
    pub seq: u64,
    /// What it says.
    pub tallies: Vec<Tally>,
}

/// Which counts are asked for: from one moment on, before another, in steps of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageQuery {
    /// The beginning; also of a step.
    pub from: Timestamp,
    /// The end; also of a step.
    pub to: Timestamp,
    /// The size of the steps.
    pub granularity: Grain,
}

/// Counts this many more of an outcome.
pub fn add(counts: &mut Vec<(Code, u64)>, code: Code, more: u64) {
    match counts.iter_mut().find(|(counted, _)| *counted == code) {
        Some((_, count)) => *count = count.saturating_add(more),
        None => counts.push((code, more)),
    }
}
