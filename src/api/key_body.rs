//! An API key as clients read it. The plaintext appears in the answer that issues it and nowhere else.

use serde::Serialize;
use serde_json::{Map, Value};

use super::limit_body::{CreditsBody, RateLimitBody};
use crate::domain::api_key::{ApiKey, Status};
use crate::domain::audit::Actor;
use crate::domain::environment::Environment;
use crate::domain::permission::PermissionPreset;
use crate::domain::rate_limit::LimitUse;
use crate::domain::timestamp::Timestamp;

/// An API key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyBody {
    /// The id of the key.
    pub(super) id: String,
    /// The first 8 random characters of the id, for people.
    short_id: String,
    /// The name it was given.
    name: String,
    /// The organization it belongs to.
    organization_id: String,
    /// The session it is a credential of.
    session_id: String,
    /// The environment of that session.
    environment: Option<&'static str>,
    /// Where it stands in its life.
    status: &'static str,
    /// Whether it verifies now.
    active: bool,
    /// Prefix and first four random characters of the secret key.
    start: String,
    /// The last four characters of the secret key; empty if nobody has told them of an imported one.
    last4: String,
    /// Whether it was brought from another system. Such a key is good for `POST /v1/keys/verify` alone, until it is rotated.
    imported: bool,
    /// The preset that the permissions amount to.
    permission: Option<&'static str>,
    /// What it may do.
    permissions: Vec<String>,
    /// The one domain it may act for.
    domain: Option<String>,
    /// Whether that is a verified domain of the organization; null if the key is bound to none.
    domain_verified: Option<bool>,
    /// The networks it may be used from; empty means anywhere.
    ip_allow_list: Vec<String>,
    /// Its own rate limits.
    rate_limits: Vec<RateLimitBody>,
    /// How often it may still be used; null if nobody counts.
    credits: Option<CreditsBody>,
    /// Free data of the owner.
    metadata: Map<String, Value>,
    /// The owner's own name for whom the key belongs to.
    external_id: Option<String>,
    /// When it stops to verify.
    expires_at: Option<String>,
    /// When it starts to verify.
    not_before: Option<String>,
    /// When it last verified; at most a minute old under load.
    last_used_at: Option<String>,
    /// When it was issued.
    created_at: String,
    /// Who issued it.
    created_by: ActorBody,
    /// When the record last changed.
    updated_at: String,
    /// When it was revoked.
    revoked_at: Option<String>,
    /// Why it was revoked.
    revocation_reason: Option<String>,
    /// The key it replaced.
    rotated_from: Option<String>,
    /// The key that replaced it.
    rotated_to: Option<String>,
}

/// Who did something.
#[derive(Debug, Serialize)]
pub(super) struct ActorBody {
    /// What kind of caller: `api_key`, `user`, `operator`, `leak_report`, or the `service` itself.
    r#type: &'static str,
    /// Its id, if it has one.
    id: Option<String>,
}

/// A key with its plaintext, in the one answer that has it. No `Debug`: it would print the plaintext (H3).
#[derive(Serialize)]
pub(super) struct IssuedKeyBody {
    /// The record.
    #[serde(flatten)]
    pub(super) record: ApiKeyBody,
    /// The secret key. It is shown this once and cannot be recovered.
    pub(super) key: String,
}

/// A successor with its plaintext, and the moment from which the key it replaces is what it has become. No `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RotatedKeyBody {
    /// The successor.
    #[serde(flatten)]
    pub(super) issued: IssuedKeyBody,
    /// From when on the change of the key it replaces is in force everywhere.
    pub(super) effective_at: String,
}

/// A key after a change, with the moment from which nobody acts on the state before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedKeyBody {
    /// The record.
    #[serde(flatten)]
    pub(super) record: ApiKeyBody,
    /// From when on the change is in force everywhere.
    pub(super) effective_at: String,
}

impl ApiKeyBody {
    /// Writes the record as it stands at `now`.
    pub(super) fn new(key: &ApiKey, now: Timestamp) -> Self {
        let status = key.status(now);
        let settings = &key.settings;
        let revocation = key.revocation.as_ref();
        Self {
            id: key.id.to_string(),
            short_id: key.id.short().to_owned(),
            name: settings.name.to_string(),
            organization_id: key.organization_id.to_string(),
            session_id: key.session_id.to_string(),
            environment: key.environment.map(Environment::as_str),
            status: status.as_str(),
            active: status == Status::Active,
            start: key.start.clone(),
            last4: key.last4.clone(),
            imported: key.imported.is_some(),
            permission: settings.permissions.preset().map(PermissionPreset::as_str),
            permissions: settings.permissions.iter().map(ToString::to_string).collect(),
            domain: settings.domain.as_ref().map(ToString::to_string),
            domain_verified: settings.domain.as_ref().map(|_| key.domain_verified == Some(true)),
            ip_allow_list: settings.ip_allow_list.iter().map(ToString::to_string).collect(),
            rate_limits: settings.rate_limits.as_slice().iter().map(RateLimitBody::set).collect(),
            credits: CreditsBody::new(key, now),
            metadata: settings.metadata.as_map().clone(),
            external_id: settings.external_id.as_ref().map(ToString::to_string),
            expires_at: time(settings.expires_at),
            not_before: time(settings.not_before),
            last_used_at: time(key.last_used_at),
            created_at: key.created_at.to_string(),
            created_by: ActorBody::new(&key.created_by),
            updated_at: key.updated_at.to_string(),
            revoked_at: time(revocation.map(|revocation| revocation.at)),
            revocation_reason: revocation.and_then(|revocation| revocation.reason.as_ref()).map(ToString::to_string),
            rotated_from: key.rotated_from.as_ref().map(ToString::to_string),
            rotated_to: key.rotated_to.as_ref().map(ToString::to_string),
        }
    }

    /// The same with what is left of its limits.
    pub(super) fn standing(self, limits: &[LimitUse]) -> Self {
        // While a rotation overlaps, the successor's limits count for both halves: these are the ones that stand.
        Self { rate_limits: limits.iter().map(RateLimitBody::standing).collect(), ..self }
    }
}

impl ActorBody {
    /// Names an actor.
    pub(super) fn new(actor: &Actor) -> Self {
        match actor {
            Actor::ApiKey { id } => Self { r#type: "api_key", id: Some(id.to_string()) },
            Actor::User { id } => Self { r#type: "user", id: Some(id.to_string()) },
            Actor::Operator => Self { r#type: "operator", id: None },
            Actor::LeakReport => Self { r#type: "leak_report", id: None },
            Actor::Service => Self { r#type: "service", id: None },
        }
    }
}

/// Writes a moment that may be absent.
pub(super) fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
