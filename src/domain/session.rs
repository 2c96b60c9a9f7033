//! A session: the unit of isolation inside an organization, and the policy that its organization sets.

use serde::{Deserialize, Serialize};

use super::consistency::Consistency;
use super::environment::Environment;
use super::id::{OrganizationId, SessionId};
use super::plan::Plan;
use super::rate_limit::RateLimits;
use super::text::Name;
use super::timestamp::Timestamp;

/// Whether the keys of a session are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Keys verify.
    Connected,
    /// Keys are refused until it is connected again.
    Disconnected,
    /// Ended for good, with all its keys.
    Deleted,
}

impl SessionStatus {
    /// The word that clients read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Deleted => "deleted",
        }
    }
}

/// Where the objects of a session are placed (Durable Object location hints).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the platform's own abbreviations")]
pub enum Region {
    Wnam,
    Enam,
    Sam,
    Weur,
    Eeur,
    Apac,
    Oc,
    Afr,
    Me,
}

impl Region {
    /// Every region the platform knows.
    pub const ALL: [Self; 9] =
        [Self::Wnam, Self::Enam, Self::Sam, Self::Weur, Self::Eeur, Self::Apac, Self::Oc, Self::Afr, Self::Me];

    /// The platform's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wnam => "wnam",
            Self::Enam => "enam",
            Self::Sam => "sam",
            Self::Weur => "weur",
            Self::Eeur => "eeur",
            Self::Apac => "apac",
            Self::Oc => "oc",
            Self::Afr => "afr",
            Self::Me => "me",
        }
    }
}

/// What happens to a key of a session that was found where it should not be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakPolicy {
    /// Somebody is told.
    #[default]
    Notify,
    /// It is disabled as well.
    Disable,
    /// It is revoked as well.
    Revoke,
}

impl LeakPolicy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Notify, Self::Disable, Self::Revoke];

    /// Whether nobody has chosen another.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::Notify
    }

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Disable => "disable",
            Self::Revoke => "revoke",
        }
    }
}

/// The session record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its public name.
    pub id: SessionId,
    /// The organization it belongs to.
    pub organization_id: OrganizationId,
    /// The label people know it by.
    pub name: Name,
    /// The environment its keys are made for, or none for plain `sk_` keys.
    pub environment: Option<Environment>,
    /// Where it was placed, if anybody chose.
    pub region: Option<Region>,
    /// Whether it is the default session of its environment.
    pub is_default: bool,
    /// Whether its keys are let through.
    pub status: SessionStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes of this record.
    pub generation: i64,
    /// How often its keys may be verified, all together.
    #[serde(default, skip_serializing_if = "RateLimits::is_empty")]
    pub rate_limits: RateLimits,
    /// How long a decision on its keys may be relied on.
    #[serde(default, skip_serializing_if = "is_standard")]
    pub consistency: Consistency,
    /// What happens to a key that was found where it should not be.
    #[serde(default, skip_serializing_if = "LeakPolicy::is_default")]
    pub leak_policy: LeakPolicy,
}

fn is_standard(consistency: &Consistency) -> bool {
    *consistency == Consistency::default()
}

impl Session {
    /// Whether `full_access` keys of this session act on the whole organization.
    pub fn is_production_default(&self) -> bool {
        self.is_default && self.environment == Some(Environment::Production)
    }

    /// Whether anything that its keys were allowed under `before` is not any more.
    pub fn tightens(&self, before: &Self) -> bool {
        let stops = self.status != SessionStatus::Connected && before.status == SessionStatus::Connected;
        stops || self.rate_limits.tightens(&before.rate_limits) || self.consistency.tightens(&before.consistency)
    }
}

/// Whether the keys of an organization are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStatus {
    /// Keys verify.
    Active,
    /// All keys are refused until it is resumed.
    Suspended,
    /// Ended for good, with all sessions and keys.
    Deleted,
}

impl OrganizationStatus {
    /// The word that clients read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// What an organization tells its sessions. A session never goes back to an earlier version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Counts the changes of the policy.
    pub version: i64,
    /// Whether keys are let through.
    pub status: OrganizationStatus,
    /// Quotas.
    pub plan: Plan,
    /// What has to be known of the organization's domains.
    #[serde(default, skip_serializing_if = "DomainPolicy::is_default")]
    pub domains: DomainPolicy,
}

/// What a policy says of the domains of an organization; which they are comes along in a book.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainPolicy {
    /// The version of the policy with which the book last changed; 0 before there was one.
    pub version: i64,
    /// Counts the changes after which verifications may be refused that were not before.
    #[serde(default)]
    pub narrowed: i64,
    /// Whether there is a domain for which they are refused.
    #[serde(default)]
    pub refusing: bool,
}

impl DomainPolicy {
    /// Whether the organization never had a domain.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Policy {
    /// Whether anything that was allowed under `before` is not any more.
    pub fn tightens(&self, before: &Self) -> bool {
        let stops = self.status != OrganizationStatus::Active && before.status == OrganizationStatus::Active;
        let refuses = self.domains.narrowed > before.domains.narrowed;
        stops || refuses || self.status == OrganizationStatus::Deleted || self.plan.is_lower_than(&before.plan)
    }
}
