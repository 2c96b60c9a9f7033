//! The three environments a session can belong to.
//!
//! The environment shows in a key's prefix, so that nobody pastes a live key where a development key belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a session's keys are meant to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// On a developer's machine; keys begin with `sk_dev_`.
    Development,
    /// In a rehearsal; keys begin with `sk_staging_`.
    Staging,
    /// For real; keys begin with `sk_live_`.
    Production,
}

/// The text names none of the three environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be development, staging or production")]
pub struct EnvironmentError;

impl Environment {
    /// All environments, the most careless first.
    pub const ALL: [Self; 3] = [Self::Development, Self::Staging, Self::Production];

    /// Reads `development`, `staging` or `production`.
    ///
    /// # Errors
    /// If the text is none of the three.
    pub fn parse(text: &str) -> Result<Self, EnvironmentError> {
        Self::ALL.into_iter().find(|environment| environment.as_str() == text).ok_or(EnvironmentError)
    }

    /// The name, as it stands in JSON and in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The segment that stands for it in a secret key's prefix.
    #[must_use]
    pub const fn key_segment(self) -> &'static str {
        match self {
            Self::Development => "dev",
            Self::Staging => "staging",
            Self::Production => "live",
        }
    }

    /// The environment that a segment of a secret key's prefix stands for.
    #[must_use]
    pub fn from_key_segment(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.key_segment() == segment)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = EnvironmentError;

    fn from_str(text: &str) -> Result<Self, EnvironmentError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_and_segments_are_pinned() {
        for (environment, name, segment) in [
            (Environment::Development, "development", "dev"),
            (Environment::Staging, "staging", "staging"),
            (Environment::Production, "production", "live"),
        ] {
            assert_eq!(environment.to_string(), name);
            assert_eq!(Environment::parse(name), Ok(environment));
            assert_eq!(Environment::from_key_segment(segment), Some(environment));
            assert_eq!(serde_json::to_string(&environment).unwrap(), format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<Environment>(&format!("\"{name}\"")).unwrap(), environment);
        }
    }

    #[test]
    fn nothing_else_is_an_environment() {
        for refused in ["", "Production", "live", "dev", "test", "production "] {
            assert_eq!(Environment::parse(refused), Err(EnvironmentError), "{refused:?}");
        }
        for refused in ["", "production", "prod", "LIVE", "live_"] {
            assert_eq!(Environment::from_key_segment(refused), None, "{refused:?}");
        }
    }
}
