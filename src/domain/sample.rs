//! Values for the tests of this room.

use super::api_key::{ApiKey, KeySettings};
use super::audit::Actor;
use super::consistency::Consistency;
use super::environment::Environment;
use super::id::{ApiKeyId, OrganizationId, SessionId};
use super::permission::Permissions;
use super::rate_limit::RateLimits;
use super::session::{LeakPolicy, Session, SessionStatus};
use super::text::Name;
use super::timestamp::Timestamp;

/// A moment, in seconds after an arbitrary one.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus_millis(seconds * 1_000)
}

/// Settings with these permissions and nothing else.
pub(crate) fn settings(permissions: &[&str]) -> KeySettings {
    KeySettings::new(Name::of("sample"), Permissions::parse(permissions.iter().copied()).unwrap())
}

/// A session of an environment, default or not.
pub(crate) fn session(environment: Option<Environment>, is_default: bool) -> Session {
    Session {
        id: SessionId::from_trusted("ses_sample".to_owned()),
        organization_id: OrganizationId::from_trusted("org_sample".to_owned()),
        name: Name::of("sample"),
        environment,
        region: None,
        is_default,
        status: SessionStatus::Connected,
        created_at: at(0),
        updated_at: at(0),
        generation: 1,
        rate_limits: RateLimits::default(),
        consistency: Consistency::default(),
        leak_policy: LeakPolicy::default(),
    }
}

/// A fresh key of the production default session with these settings.
pub(crate) fn key(settings: KeySettings) -> ApiKey {
    let session = session(Some(Environment::Production), true);
    ApiKey {
        id: ApiKeyId::from_trusted("key_sample".to_owned()),
        organization_id: session.organization_id,
        session_id: session.id,
        environment: session.environment,
        start: "sk_live_abcd".to_owned(),
        last4: "wxyz".to_owned(),
        settings,
        disabled: false,
        revocation: None,
        rotated_from: None,
        rotated_to: None,
        created_at: at(0),
        created_by: Actor::Operator,
        updated_at: at(0),
        last_used_at: None,
        generation: 1,
        spends_as: None,
        balance: None,
        domain_verified: None,
        imported: None,
    }
}
