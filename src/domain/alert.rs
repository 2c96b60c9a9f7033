//! Alerts: something about a key, a session or the organization that somebody should look at.
//!
//! What is wrong is a kind and a subject. Whoever finds it says so with a signal, as often as it likes: of one kind and
//! subject there is at most one open alert.

pub mod machine;
pub mod readings;
pub mod record;
pub mod rules;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::id::SessionId;
use super::timestamp::Timestamp;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// For how long (ms) something that has happened stays an open alert unless it happens again: a day, and two hours, so that
/// what happens daily is one alert.
pub const EVENT_LASTS_MS: i64 = 26 * HOUR_MS;
/// How much earlier (ms) the finder takes what happens for something else, so that what it tells of the same never comes
/// after the end.
pub const EPISODE_MARGIN_MS: i64 = HOUR_MS;

/// What an alert is about. The words are stored and shown: never rename one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Many more requests than before.
    TrafficSpike,
    /// Many requests are refused or fail.
    ErrorRate,
    /// A limit is almost used up.
    NearLimit,
    /// A key expires soon.
    KeyExpiring,
    /// A key has not been used for long.
    KeyUnused,
    /// A key is older than keys of its environment should be.
    RotationDue,
    /// A revoked or replaced key is still being used.
    RevokedKeyUsed,
    /// A key is used from a country that it was never used from.
    NewCountry,
    /// An endpoint for webhooks takes nothing any more and was switched off.
    WebhookDead,
    /// A verified domain has lost its proof.
    DomainLost,
    /// A key was found where it should not be.
    KeyLeaked,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::TrafficSpike,
        Self::ErrorRate,
        Self::NearLimit,
        Self::KeyExpiring,
        Self::KeyUnused,
        Self::RotationDue,
        Self::RevokedKeyUsed,
        Self::NewCountry,
        Self::WebhookDead,
        Self::DomainLost,
        Self::KeyLeaked,
    ];

    /// The kind of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// For how long (ms) after it was last found it is open; none for what lasts until it is over.
    #[must_use]
    pub fn lasts_ms(self) -> Option<i64> {
        match self {
            Self::RevokedKeyUsed | Self::NewCountry => Some(EVENT_LASTS_MS),
            // What was public cannot be taken back; it is quiet again once nobody has found it for a week.
            Self::KeyLeaked => Some(7 * 24 * HOUR_MS),
            Self::TrafficSpike
            | Self::ErrorRate
            | Self::NearLimit
            | Self::KeyExpiring
            | Self::KeyUnused
            | Self::RotationDue
            | Self::WebhookDead
            | Self::DomainLost => None,
        }
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrafficSpike => "traffic_spike",
            Self::ErrorRate => "error_rate",
            Self::NearLimit => "near_limit",
            Self::KeyExpiring => "key_expiring",
            Self::KeyUnused => "key_unused",
            Self::RotationDue => "rotation_due",
            Self::RevokedKeyUsed => "revoked_key_used",
            Self::NewCountry => "new_country",
            Self::WebhookDead => "webhook_dead",
            Self::DomainLost => "domain_lost",
            Self::KeyLeaked => "key_leaked",
        }
    }
}

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Some day.
    Info,
    /// Soon.
    Warning,
    /// Now.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// Its place among them, as rows are ordered by it.
    #[must_use]
    pub fn rank(self) -> i64 {
        match self {
            Self::Info => 0,
            Self::Warning => 1,
            Self::Critical => 2,
        }
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What somebody has found about a subject. A later one about the same replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is about.
    pub kind: Kind,
    /// The id of what is affected: of a key, a session, an endpoint, a domain, or of the organization itself.
    pub subject: String,
    /// The session that it belongs to, if to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Whether it is (still) so; else the alert resolves.
    pub is_open: bool,
    /// How soon somebody should look.
    pub severity: Severity,
    /// When it was found.
    pub at: Timestamp,
    /// What was measured, as name and value, in the order in which people read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
}

/// What a session tells of one kind and subject: not what has changed, but how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// How it stands.
    pub signal: Signal,
    /// Since when, whether it is over or not.
    pub opened_at: Timestamp,
    /// Counts what was told of the same kind and subject: what comes later has a higher number.
    pub version: i64,
}
