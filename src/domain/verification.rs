//! The decision on one presented key.
//!
//! One ordered list of checks decides; the trace of `explain` is the same list written down. The order is
//! part of the contract: what ends a key comes before what restricts it, and a refusal by an earlier check
//! spends nothing that a later one would have counted.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::api_key::{ApiKey, Status};
use super::domain_name::DomainName;
use super::environment::Environment;
use super::id::SessionId;
use super::permission::Permission;
use super::session::{OrganizationStatus, SessionStatus};
use super::timestamp::Timestamp;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Good, for what was asked.
    Valid,
    /// Malformed, unknown, or outside the caller's reach: nobody can tell which.
    NotFound,
    /// Ended for good.
    Revoked,
    /// Switched off by hand.
    Disabled,
    /// Past its expiry.
    Expired,
    /// Before its `notBefore`.
    NotYetValid,
    /// Its organization is suspended.
    OrganizationSuspended,
    /// Its session is disconnected.
    SessionDisconnected,
    /// Another session was asked for.
    WrongSession,
    /// Another environment was asked for.
    WrongEnvironment,
    /// Used from an address outside its allow-list.
    Forbidden,
    /// Lacks a permission that was asked for.
    InsufficientPermissions,
    /// Bound to another domain, or to one that the organization has lost.
    DomainNotAllowed,
    /// A rate limit is spent.
    RateLimited,
    /// Its credits are spent.
    UsageExceeded,
}

impl Code {
    /// Every code, in the order of the checks.
    pub const ALL: [Self; 15] = [
        Self::Valid,
        Self::NotFound,
        Self::Revoked,
        Self::Disabled,
        Self::Expired,
        Self::NotYetValid,
        Self::OrganizationSuspended,
        Self::SessionDisconnected,
        Self::WrongSession,
        Self::WrongEnvironment,
        Self::Forbidden,
        Self::InsufficientPermissions,
        Self::DomainNotAllowed,
        Self::RateLimited,
        Self::UsageExceeded,
    ];

    /// Whether the key is refused whatever it is wanted for.
    pub fn ends_everything(self) -> bool {
        match self {
            Self::Revoked
            | Self::Disabled
            | Self::Expired
            | Self::NotYetValid
            | Self::OrganizationSuspended
            | Self::SessionDisconnected => true,
            Self::Valid
            | Self::NotFound
            | Self::WrongSession
            | Self::WrongEnvironment
            | Self::Forbidden
            | Self::InsufficientPermissions
            | Self::DomainNotAllowed
            | Self::RateLimited
            | Self::UsageExceeded => false,
        }
    }

    /// The word that clients read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::NotFound => "NOT_FOUND",
            Self::Revoked => "REVOKED",
            Self::Disabled => "DISABLED",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::OrganizationSuspended => "ORGANIZATION_SUSPENDED",
            Self::SessionDisconnected => "SESSION_DISCONNECTED",
            Self::WrongSession => "WRONG_SESSION",
            Self::WrongEnvironment => "WRONG_ENVIRONMENT",
            Self::Forbidden => "FORBIDDEN",
            Self::InsufficientPermissions => "INSUFFICIENT_PERMISSIONS",
            Self::DomainNotAllowed => "DOMAIN_NOT_ALLOWED",
            Self::RateLimited => "RATE_LIMITED",
            Self::UsageExceeded => "USAGE_EXCEEDED",
        }
    }
}

/// What the key is wanted for. An absent part is not asked about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Demand {
    /// Permissions that are needed, all of them.
    pub permissions: Vec<Permission>,
    /// The domain that is to be acted for.
    pub domain: Option<DomainName>,
    /// The session the key must belong to.
    pub session_id: Option<SessionId>,
    /// The environment the key must belong to; `Some(None)` asks for a session without one.
    #[serde(default, with = "three_state")]
    pub environment: Option<Option<Environment>>,
    /// The address the key is used from.
    pub ip: Option<IpAddr>,
}

/// What surrounds the key: the state of its session and organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The session's state.
    pub session: SessionStatus,
    /// The organization's state.
    pub organization: OrganizationStatus,
    /// Whether the domain that the key is bound to is lost, and refused for that.
    pub domain_refused: bool,
}

/// How one check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Asked, and fine.
    Passed,
    /// Asked, and the reason for the refusal.
    Refused,
    /// Neither the key nor the demand has anything to check here.
    Skipped,
}

/// One line of the trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The name of the check.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
}

struct Case<'a> {
    key: &'a ApiKey,
    standing: Standing,
    demand: &'a Demand,
    status: Status,
}

/// Nothing to check, or a check and whether it refuses with which code.
type Finding = Option<Result<(), Code>>;
type Rule = (&'static str, fn(&Case<'_>) -> Finding);

/// The order of checks, the same in the documentation.
const RULES: [Rule; 11] = [
    ("revoked", |case| require(case.status != Status::Revoked, Code::Revoked)),
    ("disabled", |case| require(case.status != Status::Disabled, Code::Disabled)),
    ("expiry", |case| {
        case.key.settings.expires_at?;
        require(case.status != Status::Expired, Code::Expired)
    }),
    ("notBefore", |case| {
        case.key.settings.not_before?;
        require(case.status != Status::Pending, Code::NotYetValid)
    }),
    ("organization", |case| {
        require(case.standing.organization == OrganizationStatus::Active, Code::OrganizationSuspended)
    }),
    ("sessionState", |case| require(case.standing.session == SessionStatus::Connected, Code::SessionDisconnected)),
    ("session", |case| {
        let wanted = case.demand.session_id.as_ref()?;
        require(*wanted == case.key.session_id, Code::WrongSession)
    }),
    ("environment", |case| {
        let wanted = case.demand.environment?;
        require(wanted == case.key.environment, Code::WrongEnvironment)
    }),
    ("ipAllowList", |case| {
        let list = &case.key.settings.ip_allow_list;
        if list.is_empty() {
            return None;
        }
        // A restricted key whose use cannot be located is refused: the list would mean nothing otherwise.
        require(case.demand.ip.is_some_and(|ip| list.allows(ip)), Code::Forbidden)
    }),
    ("permissions", |case| {
        if case.demand.permissions.is_empty() {
            return None;
        }
        let granted = &case.key.settings.permissions;
        require(case.demand.permissions.iter().all(|wanted| granted.allows(wanted)), Code::InsufficientPermissions)
    }),
    ("domain", |case| {
        let bound = case.key.settings.domain.as_ref()?;
        let wanted = case.demand.domain.as_ref()?;
        require(bound == wanted && !case.standing.domain_refused, Code::DomainNotAllowed)
    }),
];

/// Decides on a known key.
pub fn decide(key: &ApiKey, standing: Standing, demand: &Demand, now: Timestamp) -> Code {
    let case = Case { key, standing, demand, status: key.status(now) };
    RULES.iter().find_map(|(_, rule)| rule(&case)?.err()).unwrap_or(Code::Valid)
}

/// What limits and credits have to say, for the end of a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Whether there are limits.
    pub has_limits: bool,
    /// Whether there are credits.
    pub has_credits: bool,
    /// `RateLimited` or `UsageExceeded`.
    pub refusal: Option<Code>,
}

/// The checks that `decide` makes, up to and including the one that refuses; limits and credits come last.
pub fn explain(key: &ApiKey, standing: Standing, demand: &Demand, spent: Spent, now: Timestamp) -> Vec<Check> {
    let case = Case { key, standing, demand, status: key.status(now) };
    let mut trace = Vec::with_capacity(RULES.len());
    for (name, rule) in &RULES {
        let outcome = match rule(&case) {
            None => Outcome::Skipped,
            Some(Ok(())) => Outcome::Passed,
            Some(Err(_)) => Outcome::Refused,
        };
        trace.push(Check { name: (*name).to_owned(), outcome });
        if outcome == Outcome::Refused {
            return trace;
        }
    }
    for (name, exists, code) in
        [("rateLimits", spent.has_limits, Code::RateLimited), ("credits", spent.has_credits, Code::UsageExceeded)]
    {
        let outcome = match (exists, spent.refusal == Some(code)) {
            (_, true) => Outcome::Refused,
            (true, false) => Outcome::Passed,
            (false, false) => Outcome::Skipped,
        };
        trace.push(Check { name: name.to_owned(), outcome });
        if outcome == Outcome::Refused {
            return trace;
        }
    }
    trace
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of every finding")]
fn require(holds: bool, otherwise: Code) -> Finding {
    Some(if holds { Ok(()) } else { Err(otherwise) })
}

/// Keeps "not asked" apart from "asked for none" on the wire.
mod three_state {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::domain::environment::Environment;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Wire {
        Any,
        Exactly(Option<Environment>),
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<Environment>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map_or(Wire::Any, Wire::Exactly).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Environment>>, D::Error> {
        Ok(match Wire::deserialize(deserializer)? {
            Wire::Any => None,
            Wire::Exactly(environment) => Some(environment),
        })
    }
}

#[cfg(test)]
mod tests;
