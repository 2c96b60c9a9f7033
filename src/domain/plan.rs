//! Plans: how many keys a session may hold and how many requests an organization may make.
//!
//! The presets are the published table. Verifications and management calls have a pool each, of the same size, so that
//! a flood of one never stands in the way of the other.

use serde::{Deserialize, Serialize};

use super::rate_limit::{LimitName, RateLimit};

/// A pool of the organization, shared by all its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    /// Verifications.
    Requests,
    /// Calls of API keys that manage something.
    Management,
}

impl Pool {
    /// All pools.
    pub const ALL: [Self; 2] = [Self::Requests, Self::Management];

    /// How its limit is called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Management => "management",
        }
    }
}

/// The plan an organization is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanName {
    /// 3 keys per session, 60 requests a minute.
    Free,
    /// 10 keys per session, 300 requests a minute.
    Starter,
    /// Any number of keys, 1,000 requests a minute.
    Pro,
    /// No limits but those the operator sets.
    Enterprise,
}

impl PlanName {
    /// All plans.
    pub const ALL: [Self; 4] = [Self::Free, Self::Starter, Self::Pro, Self::Enterprise];

    /// The word that clients read and write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Starter => "starter",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }

    /// Reads that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == text)
    }

    fn keys_per_session(self) -> Option<u32> {
        match self {
            Self::Free => Some(3),
            Self::Starter => Some(10),
            Self::Pro | Self::Enterprise => None,
        }
    }

    fn requests_per_minute(self) -> Option<u32> {
        match self {
            Self::Free => Some(60),
            Self::Starter => Some(300),
            Self::Pro => Some(1_000),
            Self::Enterprise => None,
        }
    }
}

/// A plan with what the operator agreed on beside it. `None` in an override keeps the preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The preset.
    pub name: PlanName,
    /// Keys per session in place of the preset's.
    pub keys_per_session: Option<u32>,
    /// Requests per minute in place of the preset's.
    pub requests_per_minute: Option<u32>,
}

impl Plan {
    /// A preset as it stands.
    pub fn preset(name: PlanName) -> Self {
        Self { name, keys_per_session: None, requests_per_minute: None }
    }

    /// Keys that may stand in one session at once; none means any number.
    pub fn max_keys_per_session(&self) -> Option<u32> {
        self.keys_per_session.or_else(|| self.name.keys_per_session())
    }

    /// Requests that the organization may make in a minute; none means any number.
    pub fn max_requests_per_minute(&self) -> Option<u32> {
        self.requests_per_minute.or_else(|| self.name.requests_per_minute())
    }

    /// The limit of a pool; none means that it is never empty.
    pub fn pool(&self, pool: Pool) -> Option<RateLimit> {
        let name = LimitName::parse(pool.as_str()).ok()?;
        Some(RateLimit { name, limit: self.max_requests_per_minute()?, window_ms: 60_000 })
    }

    /// Whether it allows less than another plan of anything.
    pub fn is_lower_than(&self, other: &Self) -> bool {
        let lower = |mine: Option<u32>, its: Option<u32>| mine.unwrap_or(u32::MAX) < its.unwrap_or(u32::MAX);
        lower(self.max_keys_per_session(), other.max_keys_per_session())
            || lower(self.max_requests_per_minute(), other.max_requests_per_minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_presets_are_the_published_table() {
        for (name, keys, requests) in [
            (PlanName::Free, Some(3), Some(60)),
            (PlanName::Starter, Some(10), Some(300)),
            (PlanName::Pro, None, Some(1_000)),
            (PlanName::Enterprise, None, None),
        ] {
            let plan = Plan::preset(name);
            assert_eq!((plan.max_keys_per_session(), plan.max_requests_per_minute()), (keys, requests), "{name:?}");
            assert_eq!(PlanName::parse(name.as_str()), Some(name));
        }
    }

    #[test]
    fn a_plan_is_lower_if_it_allows_less_of_anything() {
        let [free, starter, pro, enterprise] = PlanName::ALL.map(Plan::preset);
        assert!(free.is_lower_than(&starter) && starter.is_lower_than(&pro) && pro.is_lower_than(&enterprise));
        assert!(!starter.is_lower_than(&free) && !free.is_lower_than(&free));
        let mixed = Plan { keys_per_session: Some(2), requests_per_minute: Some(5_000), ..free };
        assert!(mixed.is_lower_than(&free));
    }

    #[test]
    fn both_pools_are_of_the_size_of_the_plan() {
        for pool in Pool::ALL {
            let limit = Plan::preset(PlanName::Free).pool(pool).unwrap();
            assert_eq!((limit.name.as_str(), limit.limit, limit.window_ms), (pool.as_str(), 60, 60_000));
            assert_eq!(Plan::preset(PlanName::Enterprise).pool(pool), None);
        }
    }

    #[test]
    fn what_the_operator_agreed_on_replaces_the_preset() {
        let plan = Plan { keys_per_session: Some(7), requests_per_minute: Some(70), ..Plan::preset(PlanName::Free) };
        assert_eq!((plan.max_keys_per_session(), plan.max_requests_per_minute()), (Some(7), Some(70)));
    }
}
