//! Rate limits: how many tokens may be spent within any window of time, under which name.
//!
//! A key and a session have as many as their owner likes, up to a bound; the organization's pools follow from its
//! plan. What has been spent is kept in `window`, by the name: two limits of the same numbers are two limits.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many limits one key or one session may have.
pub const RATE_LIMITS_MAX: usize = 8;

/// Why a rate limit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateLimitError {
    /// The name is empty, too long, or has other characters than it may.
    #[error("must be 1 to 32 lower-case letters, digits, hyphens and underscores, beginning with a letter")]
    Name,
    /// There are too many limits.
    #[error("are too many")]
    TooMany,
    /// Two limits have one name.
    #[error("must have different names")]
    Twice,
}

/// The name of a limit: 1 to 32 lower-case letters, digits, hyphens and underscores, a letter first. It stands in the
/// `RateLimit` header as it is (a string of RFC 9651).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LimitName(String);

impl LimitName {
    /// Reads a name.
    ///
    /// # Errors
    /// `Name`.
    pub fn parse(text: &str) -> Result<Self, RateLimitError> {
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if begins && text.len() <= 32 && text.chars().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RateLimitError::Name)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LimitName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for LimitName {
    type Error = RateLimitError;

    fn try_from(text: String) -> Result<Self, RateLimitError> {
        Self::parse(&text)
    }
}

impl From<LimitName> for String {
    fn from(name: LimitName) -> Self {
        name.0
    }
}

/// At most `limit` tokens within any `window_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// What it is called.
    pub name: LimitName,
    /// How many tokens, from 1 to `LIMIT_MAX`.
    pub limit: u32,
    /// Within which time (ms), from `WINDOW_MS_MIN` to `WINDOW_MS_MAX`.
    pub window_ms: u32,
}

impl RateLimit {
    /// The most tokens.
    pub const LIMIT_MAX: u32 = 1_000_000_000;
    /// The shortest window (ms): a second.
    pub const WINDOW_MS_MIN: u32 = 1_000;
    /// The longest window (ms): a day.
    pub const WINDOW_MS_MAX: u32 = 86_400_000;
}

/// The limits of one key or one session: at most `RATE_LIMITS_MAX`, each under a name of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<RateLimit>", into = "Vec<RateLimit>")]
pub struct RateLimits(Vec<RateLimit>);

impl RateLimits {
    /// Collects limits, in their order.
    ///
    /// # Errors
    /// `TooMany`, `Twice`.
    pub fn new(limits: Vec<RateLimit>) -> Result<Self, RateLimitError> {
        if limits.len() > RATE_LIMITS_MAX {
            return Err(RateLimitError::TooMany);
        }
        let mut before = limits.iter();
        while let Some(limit) = before.next() {
            if before.as_slice().iter().any(|later| later.name == limit.name) {
                return Err(RateLimitError::Twice);
            }
        }
        Ok(Self(limits))
    }

    /// Whether whoever keeps to `other` keeps to these too: for each of these there is one among `other` that allows no
    /// more, within no less time.
    #[must_use]
    pub fn cover(&self, other: &Self) -> bool {
        let within = |mine: &RateLimit, its: &RateLimit| its.limit <= mine.limit && its.window_ms >= mine.window_ms;
        self.0.iter().all(|mine| other.0.iter().any(|its| within(mine, its)))
    }

    /// Whether anything that was allowed under `before` is not any more, or is counted that was not: a limit that is new,
    /// lower, or of another window.
    #[must_use]
    pub fn tightens(&self, before: &Self) -> bool {
        let eases = |mine: &RateLimit, its: &RateLimit| {
            mine.name == its.name && mine.window_ms == its.window_ms && mine.limit >= its.limit
        };
        !self.0.iter().all(|mine| before.0.iter().any(|its| eases(mine, its)))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The limits.
    #[must_use]
    pub fn as_slice(&self) -> &[RateLimit] {
        &self.0
    }
}

impl TryFrom<Vec<RateLimit>> for RateLimits {
    type Error = RateLimitError;

    fn try_from(limits: Vec<RateLimit>) -> Result<Self, RateLimitError> {
        Self::new(limits)
    }
}

impl From<RateLimits> for Vec<RateLimit> {
    fn from(limits: RateLimits) -> Self {
        limits.0
    }
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One key's (and its predecessor's, while a rotation overlaps).
    Key,
    /// One session's, shared by all its keys.
    Session,
    /// The organization's, shared by all its sessions.
    Organization,
}

impl Level {
    /// The word that clients read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Session => "session",
            Self::Organization => "organization",
        }
    }
}

/// A limit at one moment, seen from somebody who wants to spend `cost` tokens of it. After a spending, what is left
/// of it; after a refusal, what there was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitUse {
    /// Whose limit.
    pub level: Level,
    /// The limit.
    #[serde(flatten)]
    pub limit: RateLimit,
    /// Tokens that may be spent now.
    pub remaining: u32,
    /// How long (ms) until more than that may be; none while nothing is spent.
    pub restores_in_ms: Option<u64>,
    /// Whether this limit has refused, and how long (ms) to wait until the same request could pass it. A request
    /// that costs more than the limit passes it never.
    pub refusal: Option<Refusal>,
}

/// What a limit that refuses says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// How long (ms) to wait; none if waiting does not help.
    pub wait_ms: Option<u64>,
}

impl LimitUse {
    /// How header fields and log lines call the limit: `key.burst`, `organization.requests`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}.{}", self.level.as_str(), self.limit.name)
    }

    /// How much of it is left, per cent, rounded down.
    #[must_use]
    pub fn percent_left(&self) -> u64 {
        u64::from(self.remaining).saturating_mul(100) / u64::from(self.limit.limit.max(1))
    }

    /// The limit that a client has to look out for: one that refuses, the longest wait first; else the one with the
    /// smallest share left.
    #[must_use]
    pub fn tightest(all: &[Self]) -> Option<&Self> {
        let waits = |one: &&Self| one.refusal.map(|refusal| refusal.wait_ms.unwrap_or(u64::MAX));
        let share = |one: &Self, other: &Self| {
            let left = u64::from(one.remaining).saturating_mul(other.limit.limit.into());
            let right = u64::from(other.remaining).saturating_mul(one.limit.limit.into());
            left.cmp(&right)
        };
        let refusing = all.iter().filter(|one| one.refusal.is_some()).max_by_key(waits);
        refusing.or_else(|| all.iter().min_by(|one, other| share(one, other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_tighten_if_one_is_new_or_lower_and_not_if_one_goes_or_grows() {
        let of = |all: &[(&str, u32, u32)]| {
            let of = |(name, limit, window_ms): &(&str, u32, u32)| RateLimit {
                name: LimitName::parse(name).unwrap(),
                limit: *limit,
                window_ms: *window_ms,
            };
            RateLimits::new(all.iter().map(of).collect()).unwrap()
        };
        let before = of(&[("a", 10, 1_000), ("b", 20, 2_000)]);
        for (after, tightens) in [
            (of(&[("a", 10, 1_000), ("b", 20, 2_000)]), false),
            (of(&[("b", 21, 2_000)]), false),
            (of(&[]), false),
            (of(&[("a", 9, 1_000), ("b", 20, 2_000)]), true),
            (of(&[("a", 10, 1_001), ("b", 20, 2_000)]), true),
            (of(&[("c", 1_000, 1_000)]), true),
        ] {
            assert_eq!(after.tightens(&before), tightens, "{after:?}");
        }
        assert!(before.tightens(&of(&[])));
    }

    fn limit(name: &str) -> RateLimit {
        RateLimit { name: LimitName::parse(name).unwrap(), limit: 10, window_ms: 1_000 }
    }

    fn seen(name: &str, remaining: u32, refusal: Option<Refusal>) -> LimitUse {
        LimitUse { level: Level::Key, limit: limit(name), remaining, restores_in_ms: None, refusal }
    }

    #[test]
    fn a_name_is_short_plain_and_begins_with_a_letter() {
        for good in ["a", "per-minute", "burst_2", &"x".repeat(32)] {
            assert_eq!(LimitName::parse(good).map(|name| name.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "A", "2x", "-a", "a b", "a.b", "ä", "a\"", &"x".repeat(33)] {
            assert_eq!(LimitName::parse(bad), Err(RateLimitError::Name), "{bad}");
        }
    }

    #[test]
    fn each_limit_has_a_name_of_its_own_and_there_are_not_too_many() {
        assert_eq!(RateLimits::new(vec![limit("a"), limit("b"), limit("a")]), Err(RateLimitError::Twice));
        let many = |count: usize| RateLimits::new((0..count).map(|at| limit(&format!("l{at}"))).collect());
        assert!(many(RATE_LIMITS_MAX).is_ok());
        assert_eq!(many(RATE_LIMITS_MAX + 1), Err(RateLimitError::TooMany));
        let stored = serde_json::to_string(&many(2).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<RateLimits>(&stored).unwrap(), many(2).unwrap());
        assert!(serde_json::from_str::<RateLimits>(&stored.replace("l1", "l0")).is_err());
    }

    #[test]
    fn the_tightest_limit_is_the_one_that_refuses_longest_or_else_has_the_least_left() {
        let wait = |ms| Some(Refusal { wait_ms: ms });
        assert_eq!(LimitUse::tightest(&[]), None);
        let all = [seen("a", 5, None), seen("b", 2, None), seen("c", 3, None)];
        assert_eq!(LimitUse::tightest(&all), Some(&all[1]));
        let all = [seen("a", 0, wait(Some(5))), seen("b", 1, wait(Some(9))), seen("c", 0, None)];
        assert_eq!(LimitUse::tightest(&all), Some(&all[1]));
        let all = [seen("a", 0, wait(Some(5))), seen("b", 1, wait(None))];
        assert_eq!(LimitUse::tightest(&all), Some(&all[1]), "what never passes is the tightest");
        assert_eq!(all[1].label(), "key.b");
    }
}
