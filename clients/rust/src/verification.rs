//! What the service answers to "is this key good?": the shape `Verification` of docs/openapi.json.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::words::{Code, Environment, open_words};

/// A decision on a key, as the service gives it. What is `None` is not known, or there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Verification {
    /// Whether the key is good, for what was asked, now.
    pub valid: bool,
    /// Why, or why not.
    pub code: Code,
    /// The id of the key (`key_…`); `None` if it is not known.
    pub key_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The organization it belongs to (`org_…`).
    pub organization_id: Option<String>,
    /// The session it is a credential of (`ses_…`).
    pub session_id: Option<String>,
    /// The environment of that session.
    pub environment: Option<Environment>,
    /// What it may do: `resource:action`, either may be `*`.
    pub permissions: Option<Vec<String>>,
    /// The one domain it may act for.
    pub domain: Option<String>,
    /// Your own name for whom the key belongs to.
    pub external_id: Option<String>,
    /// Free data that you have given the key.
    pub metadata: Option<Map<String, Value>>,
    /// When it stops to verify (RFC 3339, UTC).
    pub expires_at: Option<String>,
    /// The limits that were looked at, with what is left of them.
    pub rate_limits: Vec<MetLimit>,
    /// The credits that are left; `None` if nobody counts.
    pub credits: Option<LeftCredits>,
    /// The limit that has refused; `None` unless the code is [`Code::RateLimited`].
    pub limited_by: Option<LimitedBy>,
    /// Names this verification (`ver_…`). `None` if it repeats a decision: then outcomes are told by `key_id`.
    pub verification_id: Option<String>,
    /// How fresh the decision is; `None` only if the code is [`Code::Unverified`].
    pub freshness: Option<Freshness>,
    /// The checks in their order, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Vec<Check>>,
}

/// How fresh a decision is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Freshness {
    /// Who decided.
    pub mode: Mode,
    /// When it was decided, or a little earlier (RFC 3339, UTC).
    pub as_of: String,
    /// For how many milliseconds the decision may be relied on; 0 means for this request only.
    pub max_staleness_ms: u64,
}

open_words! {
    /// Who decided on a key.
    Mode {
        /// The authority itself, for this request.
        Strict = "strict",
        /// A promise of the authority that lasts for a while.
        Leased = "leased",
        /// A published record, within the time that the authority covers.
        Edge = "edge",
        /// The last known decision, while the authority is away: only where a session has asked for that.
        Stale = "stale",
    }
}

open_words! {
    /// Whose limit it is.
    Level {
        /// The key's own.
        Key = "key",
        /// That of its session.
        Session = "session",
        /// That of the organization.
        Organization = "organization",
    }
}

/// A limit as a verification met it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MetLimit {
    /// Whose limit.
    pub level: Level,
    /// What it is called.
    pub name: String,
    /// How many tokens.
    pub limit: u64,
    /// Within which time, in milliseconds.
    pub window_ms: u64,
    /// How many tokens are left.
    pub remaining: u64,
    /// In how many milliseconds more than that may be spent; `None` while nothing is.
    pub reset_ms: Option<u64>,
    /// In how many milliseconds the same request can pass this limit; `None` unless it refuses, and if waiting never helps.
    pub retry_after_ms: Option<u64>,
}

/// The limit that has refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LimitedBy {
    /// Whose limit.
    pub level: Level,
    /// What it is called.
    pub name: String,
}

/// What a verification has left of a key's credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftCredits {
    /// How many credits are left.
    pub remaining: u64,
}

/// One line of the trace of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// The name of the check.
    pub name: String,
    /// How it went: `passed`, `refused` or `skipped`.
    pub outcome: String,
}
