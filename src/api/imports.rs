//! `POST …/imports`: keys of another system, by their hashes or by their plaintexts.
//!
//! The form of a request is its program's: what is wrong with it refuses the whole. Values are its data's: what is wrong
//! with one is told of that row, and keeps back no other. A plaintext becomes a digest here; no answer repeats any of it.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, WriteApiKeys};
use super::fields::plain::{boolean, list, string, text};
use super::fields::values::{environment, name};
use super::fields::{FieldCode, FieldError, FieldErrors, Fields, ids};
use super::json::Json;
use super::key_requests::settings;
use super::problem::{Code, Problem};
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Become, IMPORT_MAX, ImportKeys, NewImport, SessionChoice};
use crate::domain::api_key::KeySettings;
use crate::domain::id::ApiKeyId;
use crate::domain::imported_key::{ForeignKey, ForeignKeyError, ForeignPrefix};
use crate::domain::permission::Permissions;
use crate::domain::timestamp::Timestamp;
use crate::session::protocol::NotImported;

/// The longest body (bytes): 2 KiB for each key.
pub(super) const IMPORT_BYTES_MAX: usize = 1_024 * 1_024;
/// Why a row is `invalid`.
#[cfg(test)]
pub(super) const REASONS: [&str; 8] = [
    "invalid_field",
    "native_key",
    "duplicate_row",
    "key_limit_reached",
    "exceeds_own_permissions",
    "empty_lifetime",
    "domain_not_verified",
    "in_another_session",
];

/// What has become of keys of another system, or would.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportBody {
    /// Whether nothing has happened: this is what would.
    dry_run: bool,
    /// How many were taken over.
    imported: u64,
    /// How many are there already.
    existing: u64,
    /// How many were not taken over.
    invalid: u64,
    /// The rows, in their order.
    rows: Vec<ImportedRowBody>,
}

/// What has become of one of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ImportedRowBody {
    /// `imported`, `exists`, also if that key has been revoked since, or `invalid`; in a dry run, what it would be.
    result: &'static str,
    /// The key; null if there is none, or not yet.
    key_id: Option<String>,
    /// Why it is `invalid`.
    reason: Option<&'static str>,
    /// The field that is wrong with it, as a JSON pointer within the row.
    field: Option<String>,
    /// The reason for people.
    message: Option<String>,
}

/// A row as it was read.
type Read = Result<NewImport, ImportedRowBody>;

impl ImportedRowBody {
    fn of(result: &'static str, id: Option<&ApiKeyId>) -> Self {
        Self { result, key_id: id.map(ToString::to_string), reason: None, field: None, message: None }
    }

    fn refused(reason: &'static str, field: Option<String>, message: &str) -> Self {
        Self { reason: Some(reason), field, message: Some(message.to_owned()), ..Self::of("invalid", None) }
    }

    fn new(what: &Become) -> Self {
        match what {
            Become::Imported(id) => Self::of("imported", id.as_ref()),
            Become::Exists(id) => Self::of("exists", Some(id)),
            Become::Twice => Self::refused("duplicate_row", None, "The same key stands in this request before."),
            Become::Elsewhere => Self::refused(
                "in_another_session",
                None,
                "An import into another session has begun with this key; send it there once more.",
            ),
            Become::Refused(NotImported::Quota) => {
                Self::refused("key_limit_reached", None, "The plan allows no further key in this session.")
            }
            Become::Refused(NotImported::ExceedsOwnPermissions) => {
                Self::refused("exceeds_own_permissions", None, "It would have more than whoever imports it.")
            }
            Become::Refused(NotImported::EmptyLifetime) => {
                Self::refused("empty_lifetime", Some("/expiresAt".to_owned()), "It ends before it begins.")
            }
            Become::Refused(NotImported::DomainNotVerified) => Self::refused(
                "domain_not_verified",
                Some("/domain".to_owned()),
                "The domain is no verified domain of the organization.",
            ),
        }
    }
}

/// Takes over keys of another system, each for itself. Sending the same again changes nothing.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteApiKeys>,
    query: Query,
    body: JsonBody<IMPORT_BYTES_MAX>,
) -> Result<Reply<ImportBody>, Problem> {
    super::pages::no_parameters(query)?;
    let (request, refused) = read(body.json(), &app)?;
    let dry_run = request.dry_run;
    let became = app.import(&caller, request).await?;
    let rows: Vec<ImportedRowBody> = became
        .iter()
        .zip(refused)
        .map(|(what, refused)| match (what, refused) {
            (Some(what), _) => ImportedRowBody::new(what),
            (None, Some(refused)) => refused,
            (None, None) => ImportedRowBody::refused("invalid_field", None, "It could not be read."),
        })
        .collect();
    let count = |result: &str| rows.iter().filter(|row| row.result == result).fold(0, |count: u64, _| count + 1);
    let (imported, existing, invalid) = (count("imported"), count("exists"), count("invalid"));
    Ok(Reply::ok(ImportBody { dry_run, imported, existing, invalid, rows }))
}

fn read(json: &Json, app: &App) -> Result<(ImportKeys, Vec<Option<ImportedRowBody>>), Problem> {
    let now = app.now();
    let mut fields = Fields::of(json);
    let dry_run = fields.optional("dryRun", boolean).unwrap_or(false);
    let session_id = fields.optional("sessionId", text(ids::session_id(app.keyring())));
    let environment = fields.optional("environment", text(environment));
    let prefix = fields.required("prefix", text(foreign_prefix));
    // What is wrong with the form of rows is told also where the prefix is.
    let begins = prefix.clone().unwrap_or_default();
    let keys = fields.required("keys", list(IMPORT_MAX, "keys", |json| row(json, &begins, app, now)));
    if keys.as_ref().is_some_and(Vec::is_empty) {
        fields.fail("keys", FieldError::new(FieldCode::Required, "must hold at least one key"));
    }
    let (prefix, keys) = fields.finish_with(|| Some((prefix?, keys?)))?;
    // An id that was never given out is answered like a session out of reach.
    let id = session_id.map(|id| id.ok_or(Code::SessionNotFound)).transpose()?;
    let (mut rows, mut refused) = (Vec::with_capacity(keys.len()), Vec::with_capacity(keys.len()));
    for key in keys {
        let (row, refusal) = match key {
            Ok(new) => (Some(new), None),
            Err(refusal) => (None, Some(refusal)),
        };
        rows.push(row);
        refused.push(refusal);
    }
    Ok((ImportKeys { dry_run, session: SessionChoice { id, environment }, prefix, rows }, refused))
}

fn foreign_prefix(text: &str) -> Result<ForeignPrefix, FieldError> {
    ForeignPrefix::parse(text).map_err(|error| FieldError::explained(FieldCode::InvalidFormat, &error))
}

/// One key. Its form must be right; else what is wrong with it is its own.
fn row(json: &Json, prefix: &ForeignPrefix, app: &App, now: Timestamp) -> Result<Read, FieldErrors> {
    let mut fields = Fields::of(json);
    let hash = fields.optional("hash", string);
    let key = fields.optional("key", string);
    let start = fields.optional("start", string);
    let last4 = fields.optional("last4", string);
    let name = fields.optional("name", text(name));
    let active = fields.optional("active", boolean).unwrap_or(true);
    let (settings, credits) = settings(&mut fields, now);
    fields.exclusive("hash", "key");
    fields.exclusive("key", "start");
    fields.exclusive("key", "last4");
    if !fields.has("hash") && !fields.has("key") {
        fields.fail("hash", FieldError::new(FieldCode::Required, "is required, or `key`"));
    }
    // Rotated, such a key acts for itself: nothing is granted that nobody has named.
    let is_granted = fields.has("permission") || fields.has("permissions");
    let permissions = if is_granted { settings.permissions } else { Permissions::default() };
    if let Err(errors) = fields.finish() {
        let is_form = |error: &FieldError| {
            matches!(error.code(), FieldCode::InvalidType | FieldCode::UnknownField)
                || (matches!(error.code(), FieldCode::TooMany) && !is_of_one_kind(json, error.place()))
        };
        return if errors.iter().any(is_form) { Err(errors) } else { Ok(Err(invalid(&errors))) };
    }
    let found = match (&hash, &key) {
        (_, Some(key)) if app.is_native(key) => {
            let message = "This is a key of this service already.";
            return Ok(Err(ImportedRowBody::refused("native_key", Some("/key".to_owned()), message)));
        }
        (_, Some(key)) => ForeignKey::of_plaintext(key, prefix).map_err(|error| ("/key", error)),
        (hash, None) => {
            ForeignKey::of_hash(hash.as_deref().unwrap_or_default(), prefix, start.as_deref(), last4.as_deref())
                .map_err(|error| (if error == ForeignKeyError::Hash { "/hash" } else { "/start" }, error))
        }
    };
    let key = match found {
        Ok(key) => key,
        Err((field, error)) => {
            let message = error.to_string();
            return Ok(Err(ImportedRowBody::refused("invalid_field", Some(field.to_owned()), &message)));
        }
    };
    let unnamed = name.is_none();
    let settings = KeySettings { name: name.unwrap_or(settings.name), permissions, ..settings };
    Ok(Ok(NewImport { key, settings, unnamed, credits, disabled: !active }))
}

/// Whether a list that was too long to be read is of texts, or of objects where that is what it has to be of.
fn is_of_one_kind(row: &Json, place: &str) -> bool {
    let Json::Object(members) = row else { return true };
    let Some(Json::Array(elements)) = members.get(place.trim_start_matches('/')) else { return true };
    elements.iter().all(|element| match place {
        "/rateLimits" => matches!(element, Json::Object(_)),
        _ => matches!(element, Json::String(_)),
    })
}

/// The first thing that is wrong with a row.
fn invalid(errors: &FieldErrors) -> ImportedRowBody {
    let first = errors.iter().next();
    let said = first.map(FieldError::to_value);
    let message = said.as_ref().and_then(|said| said.get("message")?.as_str()).unwrap_or_default();
    let field = first.map(|error| error.place().to_owned());
    ImportedRowBody::refused("invalid_field", field, message)
}
