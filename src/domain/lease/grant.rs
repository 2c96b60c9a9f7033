//! What the authority of a session and an isolate say to each other about leases.

use serde::{Deserialize, Serialize};

use super::bank::{BankGrant, BankReport};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Reach;
use crate::domain::consistency::Mode;
use crate::domain::id::ApiKeyId;
use crate::domain::rate_limit::LimitUse;
use crate::domain::timestamp::Timestamp;

/// Names one life of one isolate: drawn at random when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IsolateId(pub u64);

/// Which versions of key, session and policy a decision rests on. Another edition is another decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Of the key record.
    pub key: i64,
    /// Of the session record.
    pub session: i64,
    /// Of the organization's policy.
    pub policy: i64,
}

/// What an isolate would like to have, beside the answer to the request that it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// Who asks.
    pub isolate: IsolateId,
    /// How many tokens it expects to spend before it asks again.
    #[serde(default)]
    pub tokens: u32,
    /// What has become of tokens that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankReport>,
}

/// A lease on the decision about one key: that it is good, for whatever its record allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// What it rests on.
    pub edition: Edition,
    /// The record; left out if the holder has this edition of it, or it is in the same answer already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Box<ApiKey>>,
    /// How far the key reaches as a caller.
    pub reach: Reach,
    /// Who may decide.
    pub mode: Mode,
    /// The moment of the decision, by the authority's clock.
    pub decided_at: Timestamp,
    /// How long (ms) it lasts, from the moment of the question.
    pub ttl_ms: i64,
    /// How much longer (ms), while the authority cannot be reached.
    #[serde(default)]
    pub stale_ms: i64,
    /// Whether each verification has to be paid for in tokens.
    pub counts: bool,
    /// Whether it is paid for by what all keys of the session spend that have no limits of their own: one of them may spend
    /// the tokens that another one was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares: bool,
    /// The limits, as they stood; all of them, whoever may see which.
    #[serde(default)]
    pub limits: Vec<LimitUse>,
    /// Tokens of all these limits at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<BankGrant>,
}

/// One key of a renewal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyWish {
    /// The key.
    pub key_id: ApiKeyId,
    /// The edition that is known.
    pub edition: Edition,
    /// How many tokens it expects to spend before it asks again.
    #[serde(default)]
    pub tokens: u32,
    /// What has become of tokens that it had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<BankReport>,
    /// Whether it wants the lease at all, or only reports.
    pub wants: bool,
}

/// What has become of one key of a renewal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenewedKey {
    /// The key.
    pub key_id: ApiKeyId,
    /// The new lease; none if there is to be none: the next request has to ask.
    pub lease: Option<Box<Lease>>,
}
