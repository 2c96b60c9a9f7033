//! Keys as the service keeps them, and what is sent to make and replace them: shapes of docs/openapi.json.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::words::{Environment, open_words};

/// The plaintext of a key. It does not show itself by accident: not in a log, not in an answer of yours.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct SecretKey(String);

impl SecretKey {
    /// The plaintext, for whom it was made.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

open_words! {
    /// Where a key stands in its life.
    Status {
        /// It verifies.
        Active = "active",
        /// Its time has not begun.
        Pending = "pending",
        /// It is switched off.
        Disabled = "disabled",
        /// Its time is over.
        Expired = "expired",
        /// It has ended for good.
        Revoked = "revoked",
    }
}

/// An API key, without its plaintext. All times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApiKey {
    /// The id of the key (`key_…`).
    pub id: String,
    /// The first 8 random characters of the id, for people.
    pub short_id: String,
    /// The name it was given.
    pub name: String,
    /// The organization it belongs to (`org_…`).
    pub organization_id: String,
    /// The session it is a credential of (`ses_…`).
    pub session_id: String,
    /// The environment of that session.
    pub environment: Option<Environment>,
    /// Where it stands in its life.
    pub status: Status,
    /// Whether it verifies now.
    pub active: bool,
    /// Prefix and first four random characters of the plaintext.
    pub start: String,
    /// The last four characters of the plaintext.
    pub last4: String,
    /// Whether another system has issued it: good for `verify` only, until it is rotated.
    #[serde(default)]
    pub imported: bool,
    /// The preset that the permissions amount to: `full_access` or `sending_access`.
    pub permission: Option<String>,
    /// What it may do.
    pub permissions: Vec<String>,
    /// The one domain it may act for.
    pub domain: Option<String>,
    /// Whether that is a verified domain of the organization; `None` if the key is bound to none.
    pub domain_verified: Option<bool>,
    /// The networks it may be used from; empty means anywhere.
    pub ip_allow_list: Vec<String>,
    /// Its own rate limits.
    pub rate_limits: Vec<RateLimit>,
    /// How often it may still be used; `None` if nobody counts.
    pub credits: Option<Credits>,
    /// Free data of yours.
    pub metadata: Map<String, Value>,
    /// Your own name for whom the key belongs to.
    pub external_id: Option<String>,
    /// When it stops to verify.
    pub expires_at: Option<String>,
    /// When it starts to verify.
    pub not_before: Option<String>,
    /// When it last verified; at most a minute old under load.
    pub last_used_at: Option<String>,
    /// When it was issued.
    pub created_at: String,
    /// Who issued it.
    pub created_by: Actor,
    /// When the record last changed.
    pub updated_at: String,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// Why it was revoked.
    pub revocation_reason: Option<String>,
    /// The key it replaced.
    pub rotated_from: Option<String>,
    /// The key that replaced it.
    pub rotated_to: Option<String>,
}

/// A key with its plaintext, in the one answer that has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssuedKey {
    /// The plaintext. It is shown this once and cannot be recovered.
    pub key: SecretKey,
    /// Of a rotation: from when on the key it replaces is what it has become, everywhere (RFC 3339).
    #[serde(default)]
    pub effective_at: Option<String>,
    /// The rest of it.
    #[serde(flatten)]
    pub record: ApiKey,
}

/// A key after a change.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChangedKey {
    /// From when on the change is in force everywhere (RFC 3339): in the past, unless the service said that it is still
    /// waiting for it (202).
    pub effective_at: String,
    /// The key as it is now.
    #[serde(flatten)]
    pub record: ApiKey,
}

/// A rate limit: at most so many tokens within any window of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RateLimit {
    /// What it is called: lower-case letters, digits, `_` and `-`, at most 32.
    pub name: String,
    /// How many tokens.
    pub limit: u64,
    /// Within which time, in milliseconds: 1,000 to 86,400,000.
    pub window_ms: u64,
    /// How many tokens may be spent now; where one key is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u64>,
    /// In how many milliseconds more than that may be; `None` while nothing is spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_ms: Option<u64>,
}

impl RateLimit {
    /// At most `limit` tokens within any `window_ms` milliseconds.
    pub fn new(name: impl Into<String>, limit: u64, window_ms: u64) -> Self {
        Self { name: name.into(), limit, window_ms, remaining: None, reset_ms: None }
    }
}

/// How often a key may still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Credits {
    /// How many credits are left.
    pub remaining: u64,
    /// When they are filled up; `None` if never.
    pub refill: Option<Refill>,
}

/// When and how far credits are filled up, at 00:00 UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Refill {
    /// `daily`, `weekly` or `monthly`.
    pub interval: String,
    /// Up to how many credits.
    pub amount: u64,
    /// On which day: of the week, 1 for Monday; of the month, or its last; `None` for every day.
    pub day: Option<u64>,
    /// When it happens next (RFC 3339).
    pub next_at: String,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// What kind of caller: `api_key`, `user`, `operator`, `leak_report` or `service`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, if it has one.
    pub id: Option<String>,
}

/// A key to be issued. What is `None` takes the service's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateKey {
    /// A name for people, on one line: 1 to 100 characters.
    pub name: String,
    /// What it may do, at most 64; everything if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<String>>,
    /// A preset in place of `permissions`: `full_access` or `sending_access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    /// The session it belongs to (`ses_…`); else the default session of `environment`, else the client's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The environment of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The one domain it may act for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Your own id for whom the key belongs to: at most 255 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Free data, answered by every verification: at most 4 KiB as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// When it stops to verify (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it starts to verify (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Addresses and networks (CIDR) it may be used from, at most 50; anywhere if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_allow_list: Option<Vec<String>>,
    /// How often it may be verified, at most 8 limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limits: Option<Vec<RateLimit>>,
    /// How often it may be used in all: `{"remaining": 100}`, with a `refill` if wanted (docs/API.md).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<Value>,
}

impl CreateKey {
    /// A key with a name and the service's defaults: `CreateKey { external_id: …, ..CreateKey::named("Ada") }`.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// How to replace a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateKey {
    /// How many seconds the old key goes on to verify, at most 2,592,000; 0 ends it at once.
    pub overlap_seconds: u32,
    /// When the successor stops to verify (RFC 3339), in place of the old key's expiry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}
