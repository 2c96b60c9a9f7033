//! What a webhook says: `{type, timestamp, data}`, with the record it is about as lists show it.
//!
//! The records are written here once more, because objects write events and know nothing of HTTP; a test compares them
//! with what the API answers. No record holds a secret or a hash.

use serde_json::{Map, Value, json};

use crate::domain::api_key::{ApiKey, Status};
use crate::domain::audit::Actor;
use crate::domain::credits::{Interval, Refill};
use crate::domain::environment::Environment;
use crate::domain::event::{About, Event};
use crate::domain::id::{OrganizationId, SessionId};
use crate::domain::permission::PermissionPreset;
use crate::domain::rate_limit::RateLimits;
use crate::domain::session::{Region, Session};
use crate::domain::timestamp::Timestamp;
use crate::domain::user::Member;

/// The message about an event: its number in the organization, and the names of what changed.
#[must_use]
pub fn message(organization_id: &OrganizationId, seq: i64, event: &Event<'_>, changed: &[String]) -> Value {
    let mut data = Map::new();
    let mut put = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
    put("organizationId", json!(organization_id));
    put("seq", json!(seq));
    put("actor", event.actor.map_or(Value::Null, actor));
    put("sessionId", json!(session_id(event)));
    put("changed", json!(changed));
    match event.about {
        About::Key(key) => put("apiKey", api_key(key, event.at)),
        About::Session(of) => put("session", session(of)),
        About::Member(of) => put("member", member(of)),
        About::Other(members) => {
            for (name, value) in members {
                put(name, value.clone());
            }
        }
    }
    json!({ "type": event.kind.as_str(), "timestamp": event.at.to_string(), "data": data })
}

fn session_id<'e>(event: &Event<'e>) -> Option<&'e SessionId> {
    match event.about {
        About::Key(key) => Some(&key.session_id),
        About::Session(session) => Some(&session.id),
        About::Member(_) | About::Other(_) => None,
    }
}

fn actor(actor: &Actor) -> Value {
    match actor {
        Actor::ApiKey { id } => json!({ "type": "api_key", "id": id }),
        Actor::User { id } => json!({ "type": "user", "id": id }),
        Actor::Operator => json!({ "type": "operator", "id": null }),
        Actor::LeakReport => json!({ "type": "leak_report", "id": null }),
        Actor::Service => json!({ "type": "service", "id": null }),
    }
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn api_key(key: &ApiKey, now: Timestamp) -> Value {
    let status = key.status(now);
    let settings = &key.settings;
    let revocation = key.revocation.as_ref();
    json!({
        "id": key.id,
        "shortId": key.id.short(),
        "name": settings.name,
        "organizationId": key.organization_id,
        "sessionId": key.session_id,
        "environment": key.environment.map(Environment::as_str),
        "status": status.as_str(),
        "active": status == Status::Active,
        "start": key.start,
        "last4": key.last4,
        "imported": key.imported.is_some(),
        "permission": settings.permissions.preset().map(PermissionPreset::as_str),
        "permissions": settings.permissions,
        "domain": settings.domain.as_ref().map(ToString::to_string),
        "domainVerified": settings.domain.as_ref().map(|_| key.domain_verified == Some(true)),
        "ipAllowList": settings.ip_allow_list.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "rateLimits": rate_limits(&settings.rate_limits),
        "credits": credits(key, now),
        "metadata": settings.metadata.as_map(),
        "externalId": settings.external_id.as_ref().map(ToString::to_string),
        "expiresAt": time(settings.expires_at),
        "notBefore": time(settings.not_before),
        "lastUsedAt": time(key.last_used_at),
        "createdAt": key.created_at.to_string(),
        "createdBy": actor(&key.created_by),
        "updatedAt": key.updated_at.to_string(),
        "revokedAt": time(revocation.map(|revocation| revocation.at)),
        "revocationReason": revocation.and_then(|revocation| revocation.reason.as_ref()).map(ToString::to_string),
        "rotatedFrom": key.rotated_from,
        "rotatedTo": key.rotated_to,
    })
}

fn rate_limits(limits: &RateLimits) -> Vec<Value> {
    let written = |limit: &crate::domain::rate_limit::RateLimit| json!({ "name": limit.name.to_string(), "limit": limit.limit, "windowMs": limit.window_ms });
    limits.as_slice().iter().map(written).collect()
}

fn credits(key: &ApiKey, now: Timestamp) -> Option<Value> {
    let settings = key.settings.credits?;
    let remaining = key.balance.map_or(0, |balance| balance.at(settings, now).remaining);
    let refill = |refill: Refill| {
        let day = (refill.interval != Interval::Daily).then_some(refill.day);
        let next = refill.next(now).to_string();
        json!({ "interval": refill.interval.as_str(), "amount": refill.amount, "day": day, "nextAt": next })
    };
    Some(json!({ "remaining": remaining, "refill": settings.refill.map(refill) }))
}

fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "name": session.name,
        "organizationId": session.organization_id,
        "environment": session.environment.map(Environment::as_str),
        "region": session.region.map(Region::as_str),
        "isDefault": session.is_default,
        "status": session.status.as_str(),
        "leakPolicy": session.leak_policy.as_str(),
        "rateLimits": rate_limits(&session.rate_limits),
        "consistency": {
            "mode": session.consistency.mode.as_str(),
            "ttlMs": session.consistency.ttl_ms,
            "staleSeconds": session.consistency.stale_seconds,
        },
        "createdAt": session.created_at.to_string(),
        "updatedAt": session.updated_at.to_string(),
    })
}

fn member(member: &Member) -> Value {
    json!({
        "userId": member.user_id,
        "email": member.profile.email.to_string(),
        "firstName": member.profile.first_name.to_string(),
        "lastName": member.profile.last_name.to_string(),
        "role": member.role.as_str(),
        "joinedAt": member.joined_at.to_string(),
        "updatedAt": member.updated_at.to_string(),
    })
}
