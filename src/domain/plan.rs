//! Plans: how many keys a session may hold and how many requests an organization may make.
//!
//! The presets are the published table. The rate is recorded and shown here; the key quota is
//! enforced where keys are issued.

use serde::{Deserialize, Serialize};

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
    fn what_the_operator_agreed_on_replaces_the_preset() {
        let plan = Plan { keys_per_session: Some(7), requests_per_minute: Some(70), ..Plan::preset(PlanName::Free) };
        assert_eq!((plan.max_keys_per_session(), plan.max_requests_per_minute()), (Some(7), Some(70)));
    }
}
