//! Limits and credits as clients read them: as they were set, as they stand, and as a verification met them.

use serde::Serialize;

use crate::domain::api_key::ApiKey;
use crate::domain::credits::{Interval, Refill};
use crate::domain::plan::{Plan, Pool};
use crate::domain::rate_limit::{LimitUse, RateLimit};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;
use crate::organization::protocol::Excess;
use crate::session::protocol::SessionUsage;

/// A rate limit: at most so many tokens within any window of time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RateLimitBody {
    /// What it is called.
    name: String,
    /// How many tokens.
    limit: u32,
    /// Within which time, in milliseconds.
    window_ms: u32,
    /// How many tokens may be spent now; where one thing is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<u32>,
    /// In how many milliseconds more than that may be; null while nothing is spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "left out, null, and a number are three things")]
    reset_ms: Option<Option<u64>>,
}

/// A limit as a verification met it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetLimitBody {
    /// Whose limit: the key's, its session's or the organization's.
    level: &'static str,
    /// What it is called.
    name: String,
    /// How many tokens.
    limit: u32,
    /// Within which time, in milliseconds.
    window_ms: u32,
    /// How many tokens are left.
    remaining: u32,
    /// In how many milliseconds more than that may be spent; null while nothing is.
    reset_ms: Option<u64>,
    /// In how many milliseconds the same request can pass this limit; null unless it refuses, and if waiting never helps.
    retry_after_ms: Option<u64>,
}

/// The limit that has refused.
#[derive(Debug, Serialize)]
pub(super) struct LimitedByBody {
    /// Whose limit: the key's, its session's or the organization's.
    level: &'static str,
    /// What it is called.
    name: String,
}

/// How often a key may still be used.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreditsBody {
    /// How many credits are left.
    remaining: u64,
    /// When they are filled up; null if never.
    refill: Option<RefillBody>,
}

/// When and how far credits are filled up, at 00:00 UTC.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RefillBody {
    /// How often: `daily`, `weekly` or `monthly`.
    interval: &'static str,
    /// Up to how many credits.
    amount: u64,
    /// On which day: of the week, 1 for Monday; of the month, or its last; null for every day.
    day: Option<u32>,
    /// When it happens next.
    next_at: String,
}

/// What a verification has left of a key's credits.
#[derive(Debug, Serialize)]
pub(super) struct LeftCreditsBody {
    /// How many credits are left.
    remaining: u64,
}

/// The limits of a session, with what is used of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionLimitsBody {
    /// The places that the plan has for keys.
    keys: PlacesBody,
    /// The session's own rate limits.
    rate_limits: Vec<RateLimitBody>,
}

/// Places for keys in a session.
#[derive(Debug, Serialize)]
pub(super) struct PlacesBody {
    /// How many the plan has; null means any number.
    limit: Option<u32>,
    /// How many are taken.
    used: u64,
}

/// The limits of an organization, with what is used of them. Null means unlimited.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganizationLimitsBody {
    /// Keys that may stand in one session at once.
    keys_per_session: Option<u32>,
    /// The pool of verifications, shared by all keys and sessions.
    requests: Option<RateLimitBody>,
    /// The pool of calls by API keys that manage something.
    management: Option<RateLimitBody>,
}

/// What exceeds a plan that has just been chosen, and stays.
#[derive(Debug, Serialize)]
pub(super) struct KeysOverQuotaBody {
    /// Sessions that have more keys than the plan allows.
    sessions: u64,
    /// Keys in them beyond what it allows.
    keys: u64,
}

impl RateLimitBody {
    /// Writes a limit as it was set.
    pub(super) fn set(limit: &RateLimit) -> Self {
        let RateLimit { name, limit, window_ms } = limit;
        Self { name: name.to_string(), limit: *limit, window_ms: *window_ms, remaining: None, reset_ms: None }
    }

    /// Writes a limit as it stands.
    pub(super) fn standing(seen: &LimitUse) -> Self {
        let (remaining, reset_ms) = (Some(seen.remaining), Some(seen.restores_in_ms));
        Self { remaining, reset_ms, ..Self::set(&seen.limit) }
    }
}

impl MetLimitBody {
    /// Writes a limit that a verification has met.
    pub(super) fn new(met: &LimitUse) -> Self {
        Self {
            level: met.level.as_str(),
            name: met.limit.name.to_string(),
            limit: met.limit.limit,
            window_ms: met.limit.window_ms,
            remaining: met.remaining,
            reset_ms: met.restores_in_ms,
            retry_after_ms: met.refusal.and_then(|refusal| refusal.wait_ms),
        }
    }
}

impl LimitedByBody {
    /// Names the limit that has refused, if one has.
    pub(super) fn new(code: Code, limits: &[LimitUse]) -> Option<Self> {
        let limit = LimitUse::tightest(limits).filter(|_| code == Code::RateLimited)?;
        Some(Self { level: limit.level.as_str(), name: limit.limit.name.to_string() })
    }
}

impl CreditsBody {
    /// Writes the credits of a key as they stand, if it has any.
    pub(super) fn new(key: &ApiKey, now: Timestamp) -> Option<Self> {
        let settings = key.settings.credits?;
        let remaining = key.balance.map_or(0, |balance| balance.at(settings, now).remaining);
        Some(Self { remaining, refill: settings.refill.map(|refill| RefillBody::new(refill, now)) })
    }
}

impl RefillBody {
    fn new(refill: Refill, now: Timestamp) -> Self {
        Self {
            interval: refill.interval.as_str(),
            amount: refill.amount,
            day: (refill.interval != Interval::Daily).then_some(refill.day.into()),
            next_at: refill.next(now).to_string(),
        }
    }
}

impl LeftCreditsBody {
    /// Writes what is left.
    pub(super) fn new(remaining: u64) -> Self {
        Self { remaining }
    }
}

impl SessionLimitsBody {
    /// Writes the limits of a session.
    pub(super) fn new(usage: &SessionUsage) -> Self {
        Self {
            keys: PlacesBody { limit: usage.max_keys, used: usage.keys.unsigned_abs() },
            rate_limits: usage.limits.iter().map(RateLimitBody::standing).collect(),
        }
    }
}

impl OrganizationLimitsBody {
    /// Writes the limits of a plan, with what is used of its pools.
    pub(super) fn new(plan: &Plan, pools: &[LimitUse]) -> Self {
        let pool = |pool: Pool| pools.iter().find(|seen| seen.limit.name.as_str() == pool.as_str());
        Self {
            keys_per_session: plan.max_keys_per_session(),
            requests: pool(Pool::Requests).map(RateLimitBody::standing),
            management: pool(Pool::Management).map(RateLimitBody::standing),
        }
    }
}

impl KeysOverQuotaBody {
    /// Writes what exceeds a plan.
    pub(super) fn new(excess: Excess) -> Self {
        Self { sessions: excess.sessions.unsigned_abs(), keys: excess.keys.unsigned_abs() }
    }
}
