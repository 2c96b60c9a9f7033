//! When something is worth an alert: the rules of an organization, each as it is by default until somebody changes it.
//!
//! An organization keeps only what was changed, so defaults may become better with a new version.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::domain::environment::Environment;

/// The rule of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Whether alerts of this kind are opened at all.
    pub enabled: bool,
    /// From which measure on, in the unit of the kind: times the usual (traffic), per cent (errors, limits), days (expiry,
    /// unused); none where nothing is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Of how many requests within the window at least; none where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
    /// After how many days, by environment; none where that is the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Days>,
}

/// After how many days keys are to be replaced, by the environment of their session; none for never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// In production.
    pub production: Option<u32>,
    /// In staging.
    pub staging: Option<u32>,
    /// In development.
    pub development: Option<u32>,
    /// In sessions without an environment.
    pub none: Option<u32>,
}

impl Days {
    /// The days of an environment.
    #[must_use]
    pub fn of(&self, environment: Option<Environment>) -> Option<u32> {
        match environment {
            Some(Environment::Production) => self.production,
            Some(Environment::Staging) => self.staging,
            Some(Environment::Development) => self.development,
            None => self.none,
        }
    }
}

impl Rule {
    /// The rule of a kind until somebody changes it.
    #[must_use]
    pub fn default_of(kind: Kind) -> Self {
        let rule = |threshold, minimum, days| Self { enabled: true, threshold, minimum, days };
        match kind {
            Kind::TrafficSpike => rule(Some(4), Some(100), None),
            Kind::ErrorRate => rule(Some(20), Some(50), None),
            Kind::NearLimit => rule(Some(80), None, None),
            Kind::KeyExpiring => rule(Some(7), None, None),
            Kind::KeyUnused => rule(Some(90), None, None),
            Kind::RotationDue => {
                rule(None, None, Some(Days { production: Some(90), development: Some(30), ..Days::default() }))
            }
            Kind::RevokedKeyUsed | Kind::NewCountry | Kind::WebhookDead | Kind::DomainLost | Kind::KeyLeaked => {
                rule(None, None, None)
            }
        }
    }

    /// The least and the greatest threshold of a kind; none where it has no threshold.
    #[must_use]
    pub fn threshold_range(kind: Kind) -> Option<(u32, u32)> {
        match kind {
            Kind::TrafficSpike => Some((2, 100)),
            Kind::ErrorRate | Kind::NearLimit => Some((1, 100)),
            Kind::KeyExpiring => Some((2, 90)),
            Kind::KeyUnused => Some((1, DAYS_MAX)),
            Kind::RotationDue
            | Kind::RevokedKeyUsed
            | Kind::NewCountry
            | Kind::WebhookDead
            | Kind::DomainLost
            | Kind::KeyLeaked => None,
        }
    }
}

/// The most days that a rule may speak of: ten years.
pub const DAYS_MAX: u32 = 3_650;
/// The greatest minimum of requests.
pub const MINIMUM_MAX: u32 = 1_000_000;

/// What a rule is to become; none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// Whether alerts are opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Another threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Another minimum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
    /// Other days; of an environment that is not named they stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<(Option<Environment>, Option<u32>)>,
}

impl RuleChange {
    /// The rule that comes of it. What a rule does not have, it does not get.
    #[must_use]
    pub fn apply(&self, mut rule: Rule) -> Rule {
        rule.enabled = self.enabled.unwrap_or(rule.enabled);
        rule.threshold = rule.threshold.map(|threshold| self.threshold.unwrap_or(threshold));
        rule.minimum = rule.minimum.map(|minimum| self.minimum.unwrap_or(minimum));
        if let Some(known) = &mut rule.days {
            for (environment, days) in &self.days {
                match environment {
                    Some(Environment::Production) => known.production = *days,
                    Some(Environment::Staging) => known.staging = *days,
                    Some(Environment::Development) => known.development = *days,
                    None => known.none = *days,
                }
            }
        }
        rule
    }

    /// The names of what it changes, for the log.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let named = [
            ("enabled", self.enabled.is_some()),
            ("threshold", self.threshold.is_some()),
            ("minimum", self.minimum.is_some()),
            ("environments", !self.days.is_empty()),
        ];
        named.into_iter().filter(|(_, changes)| *changes).map(|(name, _)| name).collect()
    }
}

/// The rules of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Counts their changes; 0 for those that nobody has ever changed.
    pub version: i64,
    /// What was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<(Kind, Rule)>,
}

impl Rules {
    /// The rule of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Rule {
        let own = self.own.iter().find(|(known, _)| *known == kind);
        own.map_or_else(|| Rule::default_of(kind), |(_, rule)| rule.clone())
    }

    /// Replaces the rule of a kind; none for the one by default.
    pub fn set(&mut self, kind: Kind, rule: Option<Rule>) {
        self.own.retain(|(known, _)| *known != kind);
        self.own.extend(rule.map(|rule| (kind, rule)));
        self.own.sort_by_key(|(kind, _)| *kind);
        self.version = self.version.saturating_add(1);
    }
}
