//! What may be asked of keys, read field by field so that every mistake is reported at once.

use super::fields::limits::{credits, credits_change, rate_limits};
use super::fields::metadata::metadata;
use super::fields::plain::{boolean, integer, text};
use super::fields::values::{
    domain, environment, external_id, ip_allow_list, name, permission_preset, permissions, reason, timestamp,
    timestamp_after,
};
use super::fields::{Fields, ids};
use super::json::Json;
use super::problem::{Code, Problem};
use crate::app::{IssueKey, RotateKey, SessionChoice};
use crate::domain::api_key::KeySettings;
use crate::domain::change::Change;
use crate::domain::id::{ApiKeyId, SessionId};
use crate::domain::key_change::KeyChange;
use crate::domain::keyring::Keyring;
use crate::domain::permission::{PermissionPreset, Permissions};
use crate::domain::text::{Name, Reason};
use crate::domain::timestamp::Timestamp;

/// The longest overlap of a rotation: 30 days.
pub(super) const OVERLAP_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;

/// Reads the body of `POST /v1/api_keys`.
pub(super) fn create(json: &Json, keyring: &Keyring, now: Timestamp) -> Result<IssueKey, Problem> {
    let mut fields = Fields::of(json);
    let name = fields.required("name", text(name));
    let session_id = fields.optional("sessionId", text(ids::session_id(keyring)));
    let environment = fields.optional("environment", text(environment));
    let (settings, credits) = settings(&mut fields, now);
    let settings = fields.finish_with(|| Some(KeySettings { name: name?, ..settings }))?;
    // An id that was never given out is answered like a session out of reach.
    let id = session_id.map(|id| id.ok_or(Code::SessionNotFound)).transpose()?;
    Ok(IssueKey { settings, unnamed: false, session: SessionChoice { id, environment }, credits })
}

/// Reads the body of `POST /v1/sessions/{id}/api_keys`, where even the name may be absent.
pub(super) fn create_in(json: Option<&Json>, session: SessionId, now: Timestamp) -> Result<IssueKey, Problem> {
    let empty = Json::Object(std::collections::BTreeMap::new());
    let mut fields = Fields::of(json.unwrap_or(&empty));
    let name = fields.optional("name", text(name));
    let (settings, credits) = settings(&mut fields, now);
    fields.finish()?;
    let unnamed = name.is_none();
    let settings = KeySettings { name: name.unwrap_or(settings.name), ..settings };
    Ok(IssueKey { settings, unnamed, session: SessionChoice { id: Some(session), environment: None }, credits })
}

/// Everything but the name, which the caller puts in; and how many credits it begins with, if it has any.
pub(super) fn settings(fields: &mut Fields<'_>, now: Timestamp) -> (KeySettings, Option<u64>) {
    let (credits, remaining) = fields.optional("credits", credits).unzip();
    let settings = KeySettings {
        name: Name::of("API key"),
        permissions: granted(fields).unwrap_or_else(|| PermissionPreset::FullAccess.into()),
        domain: fields.optional("domain", text(domain)),
        ip_allow_list: fields.optional("ipAllowList", ip_allow_list).unwrap_or_default(),
        metadata: fields.optional("metadata", metadata).unwrap_or_default(),
        external_id: fields.optional("externalId", text(external_id)),
        expires_at: fields.optional("expiresAt", text(timestamp_after(now))),
        not_before: fields.optional("notBefore", text(timestamp)),
        rate_limits: fields.optional("rateLimits", rate_limits).unwrap_or_default(),
        credits,
    };
    (settings, remaining)
}

/// `permission` names a preset, `permissions` lists them; not both.
fn granted(fields: &mut Fields<'_>) -> Option<Permissions> {
    let preset = fields.optional("permission", text(permission_preset));
    let listed = fields.optional("permissions", permissions);
    fields.exclusive("permission", "permissions");
    listed.or_else(|| preset.map(Into::into))
}

/// The same in a change, where `null` would not say what to grant instead.
fn regranted(fields: &mut Fields<'_>) -> Option<Permissions> {
    let preset = fields.given("permission", text(permission_preset));
    let listed = fields.given("permissions", permissions);
    fields.exclusive("permission", "permissions");
    listed.or_else(|| preset.map(Into::into))
}

/// Reads the body of `PATCH /v1/api_keys/{id}`: absent keeps, null clears.
pub(super) fn change(json: &Json, now: Timestamp) -> Result<KeyChange, Problem> {
    let mut fields = Fields::of(json);
    fields.at_least_one();
    let change = KeyChange {
        name: fields.given("name", text(name)),
        permissions: regranted(&mut fields),
        domain: fields.nullable("domain", text(domain)),
        ip_allow_list: emptied(fields.nullable("ipAllowList", ip_allow_list)),
        metadata: emptied(fields.nullable("metadata", metadata)),
        external_id: fields.nullable("externalId", text(external_id)),
        expires_at: fields.nullable("expiresAt", text(timestamp_after(now))),
        not_before: fields.nullable("notBefore", text(timestamp)),
        active: fields.given("active", boolean),
        rate_limits: emptied(fields.nullable("rateLimits", rate_limits)),
        credits: fields.nullable("credits", credits_change),
    };
    fields.finish()?;
    Ok(change)
}

/// Null empties what is never absent.
fn emptied<T: Default>(change: Change<T>) -> Option<T> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(T::default()),
        Change::Set(value) => Some(value),
    }
}

/// Reads the body of `POST /v1/api_keys/{id}/rotate`.
pub(super) fn rotate(json: &Json, key_id: ApiKeyId, now: Timestamp) -> Result<RotateKey, Problem> {
    let mut fields = Fields::of(json);
    let overlap = fields.required("overlapSeconds", integer(0..=OVERLAP_SECONDS_MAX));
    let expires_at = fields.optional("expiresAt", text(timestamp_after(now)));
    let overlap_ms = fields.finish_with(|| overlap)?.saturating_mul(1_000);
    Ok(RotateKey { key_id, overlap_ms, expires_at })
}

/// Reads the optional body of `DELETE /v1/api_keys/{id}`.
pub(super) fn revoke(json: Option<&Json>) -> Result<Option<Reason>, Problem> {
    let Some(json) = json else { return Ok(None) };
    let mut fields = Fields::of(json);
    let reason = fields.optional("reason", text(reason));
    fields.finish()?;
    Ok(reason)
}
