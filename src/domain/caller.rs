//! Who is calling, and how far that caller reaches.
//!
//! A key of the production default session with `full_access` or `api_keys:*` acts on the whole
//! organization; any other key sees and manages its own session only. Nobody hands out more than he has.

use serde::{Deserialize, Serialize};

use super::api_key::{ApiKey, KeySettings, outlives};
use super::audit::Actor;
use super::domain_name::DomainName;
use super::environment::Environment;
use super::id::{ApiKeyId, OrganizationId, SessionId, UserId};
use super::ip_network::IpAllowList;
use super::operation::Operation;
use super::organization::Organization;
use super::permission::{PermissionPreset, Permissions};
use super::rate_limit::{Level, LimitUse, RateLimits};
use super::session::Session;
use super::timestamp::Timestamp;

/// How much of its organization a caller can see and change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Every session of the organization.
    Organization,
    /// The caller's own session.
    Session,
}

impl Reach {
    /// How far a pool is used tells how much happens in other sessions. Whoever is bound to one learns that it is spent,
    /// and nothing before.
    #[must_use]
    pub fn sees(self, limit: &LimitUse) -> bool {
        self == Self::Organization || limit.level != Level::Organization || limit.refusal.is_some()
    }
}

/// Who has presented a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bearer {
    /// Whoever holds this API key.
    Key {
        /// The key.
        key_id: ApiKeyId,
    },
    /// A member of the organization.
    User {
        /// The user.
        user_id: UserId,
    },
}

impl Bearer {
    /// Its id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Key { key_id } => key_id.as_str(),
            Self::User { user_id } => user_id.as_str(),
        }
    }
}

/// An authenticated caller, as its authority described it a moment ago.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// Who it is.
    #[serde(flatten)]
    pub bearer: Bearer,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its session; a member's is the production default session.
    pub session_id: SessionId,
    /// The environment of that session.
    pub environment: Option<Environment>,
    /// How far it reaches.
    pub reach: Reach,
    /// What it may do.
    pub permissions: Permissions,
    /// Its own restriction to a domain.
    pub domain: Option<DomainName>,
    /// Its own restriction to networks.
    pub ip_allow_list: IpAllowList,
    /// Its own end.
    pub expires_at: Option<Timestamp>,
    /// How often it may be verified itself.
    #[serde(default, skip_serializing_if = "RateLimits::is_empty")]
    pub rate_limits: RateLimits,
    /// Whether its own verifications are counted against a balance.
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_credits: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Caller {
    /// Describes the caller that presented `key`, a key of `session`.
    pub fn new(key: &ApiKey, session: &Session) -> Self {
        let everywhere =
            session.is_production_default() && key.settings.permissions.allows(&Operation::AllApiKeys.permission());
        Self::reaching(key, if everywhere { Reach::Organization } else { Reach::Session })
    }

    /// Describes the caller that presented `key`, which reaches so far.
    pub fn reaching(key: &ApiKey, reach: Reach) -> Self {
        Self {
            bearer: Bearer::Key { key_id: key.id.clone() },
            organization_id: key.organization_id.clone(),
            session_id: key.session_id.clone(),
            environment: key.environment,
            reach,
            permissions: key.settings.permissions.clone(),
            domain: key.settings.domain.clone(),
            ip_allow_list: key.settings.ip_allow_list.clone(),
            expires_at: key.settings.expires_at,
            rate_limits: key.settings.rate_limits.clone(),
            has_credits: key.settings.credits.is_some(),
        }
    }

    /// Describes a member of `organization` whose role allows what it is about to do.
    pub fn member(user_id: UserId, organization: &Organization) -> Self {
        Self {
            bearer: Bearer::User { user_id },
            organization_id: organization.id.clone(),
            session_id: organization.default_session_id.clone(),
            environment: Some(Environment::Production),
            reach: Reach::Organization,
            // Whoever may issue keys at all may issue any: see `role`.
            permissions: PermissionPreset::FullAccess.into(),
            domain: None,
            ip_allow_list: IpAllowList::default(),
            expires_at: None,
            rate_limits: RateLimits::default(),
            has_credits: false,
        }
    }

    /// Describes the gateway of an organization, in whose name keys are verified: it reaches everything there, and may do
    /// nothing else. `bearer` is who created the route.
    pub fn gateway(bearer: Bearer, organization_id: OrganizationId, session_id: SessionId) -> Self {
        Self {
            bearer,
            organization_id,
            session_id,
            environment: Some(Environment::Production),
            reach: Reach::Organization,
            permissions: Permissions::default(),
            domain: None,
            ip_allow_list: IpAllowList::default(),
            expires_at: None,
            rate_limits: RateLimits::default(),
            has_credits: false,
        }
    }

    /// Whether a session of some organization lies within reach.
    pub fn reaches(&self, organization: &OrganizationId, session: &SessionId) -> bool {
        self.organization_id == *organization
            && match self.reach {
                Reach::Organization => true,
                Reach::Session => self.session_id == *session,
            }
    }

    /// Whether the caller could do everything that a key with these settings could: the same or fewer
    /// permissions, networks and domains, no longer life, and as often at most. Whoever has credits hands out nothing:
    /// they would be multiplied.
    pub fn covers(&self, settings: &KeySettings) -> bool {
        self.permissions.covers(&settings.permissions)
            && (self.domain.is_none() || self.domain == settings.domain)
            && self.ip_allow_list.covers(&settings.ip_allow_list)
            && !outlives(settings.expires_at, self.expires_at)
            && self.rate_limits.cover(&settings.rate_limits)
            && !self.has_credits
    }

    /// How the audit log names this caller.
    pub fn actor(&self) -> Actor {
        match &self.bearer {
            Bearer::Key { key_id } => Actor::ApiKey { id: key_id.clone() },
            Bearer::User { user_id } => Actor::User { id: user_id.clone() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credits::CreditSettings;
    use crate::domain::rate_limit::{LimitName, RateLimit};
    use crate::domain::sample::{at, key, session, settings};

    fn limits(all: &[(&str, u32, u32)]) -> RateLimits {
        let limit = |(name, limit, window_ms): &(&str, u32, u32)| RateLimit {
            name: LimitName::parse(name).unwrap(),
            limit: *limit,
            window_ms: *window_ms,
        };
        RateLimits::new(all.iter().map(limit).collect()).unwrap()
    }

    fn caller(settings: KeySettings) -> Caller {
        Caller::new(&key(settings), &session(Some(Environment::Production), true))
    }

    #[test]
    fn only_the_production_default_session_gives_reach_and_only_to_keys_that_manage_all_keys() {
        let production = Some(Environment::Production);
        for (permissions, environment, is_default, reach) in [
            (&["*"][..], production, true, Reach::Organization),
            (&["api_keys:*"], production, true, Reach::Organization),
            (&["api_keys:read", "api_keys:write"], production, true, Reach::Session),
            (&["emails:send"], production, true, Reach::Session),
            (&["*"], production, false, Reach::Session),
            (&["*"], Some(Environment::Development), true, Reach::Session),
            (&["*"], None, true, Reach::Session),
        ] {
            let caller = Caller::new(&key(settings(permissions)), &session(environment, is_default));
            assert_eq!(caller.reach, reach, "{permissions:?} {environment:?} {is_default}");
        }
    }

    #[test]
    fn a_caller_arrives_as_it_was_sent() {
        let mut mine = settings(&["emails:send"]);
        mine.rate_limits = limits(&[("burst", 5, 1_000)]);
        let counted = Caller { has_credits: true, ..caller(mine.clone()) };
        for one in [caller(mine), counted] {
            let sent = serde_json::to_string(&one).unwrap();
            assert_eq!(serde_json::from_str::<Caller>(&sent).unwrap(), one);
        }
    }

    #[test]
    fn reach_never_leaves_the_organization() {
        let everywhere = caller(settings(&["*"]));
        let (own, other) = (everywhere.session_id.clone(), SessionId::from_trusted("ses_other".to_owned()));
        let foreign = OrganizationId::from_trusted("org_foreign".to_owned());
        assert!(everywhere.reaches(&everywhere.organization_id, &other));
        assert!(!everywhere.reaches(&foreign, &own));
        let bound = caller(settings(&["api_keys:write"]));
        assert!(bound.reaches(&bound.organization_id, &own));
        assert!(!bound.reaches(&bound.organization_id, &other));
    }

    #[test]
    fn nobody_hands_out_more_than_he_has() {
        let mut mine = settings(&["api_keys:*", "emails:send"]);
        mine.domain = Some(DomainName::parse("acme.example").unwrap());
        mine.ip_allow_list = IpAllowList::parse(["192.0.2.0/24"]).unwrap();
        mine.expires_at = Some(at(100));
        mine.rate_limits = limits(&[("burst", 5, 1_000), ("daily", 100, 86_400_000)]);
        let giver = caller(mine.clone());
        assert!(giver.covers(&mine), "the same is fine");
        let with = |edit: fn(&mut KeySettings)| {
            let mut settings = mine.clone();
            edit(&mut settings);
            settings
        };
        for (less, what) in [
            (with(|settings| settings.permissions = Permissions::parse(["emails:send"]).unwrap()), "fewer permissions"),
            (with(|settings| settings.ip_allow_list = IpAllowList::parse(["192.0.2.8"]).unwrap()), "a smaller network"),
            (with(|settings| settings.expires_at = Some(at(99))), "a shorter life"),
            (
                with(|settings| {
                    settings.rate_limits = limits(&[("daily", 99, 86_400_000), ("b", 5, 2_000), ("c", 1, 1_000)]);
                }),
                "lower limits, and one more",
            ),
        ] {
            assert!(giver.covers(&less), "{what}");
        }
        for (more, what) in [
            (with(|settings| settings.permissions = Permissions::parse(["*"]).unwrap()), "more permissions"),
            (with(|settings| settings.domain = None), "any domain"),
            (with(|settings| settings.domain = DomainName::parse("b.example").ok()), "another domain"),
            (with(|settings| settings.ip_allow_list = IpAllowList::default()), "any network"),
            (
                with(|settings| settings.ip_allow_list = IpAllowList::parse(["192.0.0.0/16"]).unwrap()),
                "a larger network",
            ),
            (with(|settings| settings.expires_at = Some(at(101))), "a longer life"),
            (with(|settings| settings.expires_at = None), "an endless life"),
            (with(|settings| settings.rate_limits = RateLimits::default()), "no limits"),
            (with(|settings| settings.rate_limits = limits(&[("burst", 5, 1_000)])), "a limit less"),
            (
                with(|settings| settings.rate_limits = limits(&[("a", 6, 1_000), ("b", 9, 86_400_000)])),
                "a higher limit",
            ),
            (
                with(|settings| settings.rate_limits = limits(&[("a", 5, 999), ("b", 9, 86_400_000)])),
                "a shorter window",
            ),
        ] {
            assert!(!giver.covers(&more), "{what}");
        }
        let mut metered = mine.clone();
        metered.credits = Some(CreditSettings::default());
        assert!(!caller(metered).covers(&mine), "credits would be multiplied");
    }
}
