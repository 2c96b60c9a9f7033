//! `…/api_keys/revoke` and `…/api_keys/unused`: many keys at once, and those that lie idle.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, ReadApiKeys, WriteApiKeys};
use super::fields::plain::{boolean, integer, list, object, one_of, text};
use super::fields::values::{reason, timestamp};
use super::fields::{FieldCode, FieldError, Fields, ids};
use super::json::Json;
use super::key_body::{ApiKeyBody, time};
use super::keys::environment_filter;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, filter_text};
use super::prefer::Prefer;
use super::problem::{Code, Problem};
use super::query::{Query, number};
use super::reply::Reply;
use crate::app::{App, BULK_MAX, Error, Gone, Meant, Selection};
use crate::domain::api_key::ApiKey;
use crate::domain::id::ApiKeyId;
use crate::domain::keyring::Keyring;
use crate::domain::text::Reason;
use crate::domain::timestamp::Timestamp;
use crate::object::Rejection;
use crate::organization::protocol::{Idle, KeyQuery, Page};

/// For how many days a key is unused unless somebody says otherwise, and at most.
pub(super) const UNUSED_DAYS_DEFAULT: i64 = 90;
pub(super) const UNUSED_DAYS_MAX: i64 = 3_650;
/// The largest count that anybody confirms.
const CONFIRM_MAX: i64 = 500;
/// The longest body (bytes): as many ids as are revoked at once.
pub(super) const BULK_BYTES_MAX: usize = 32 * 1024;
/// What a key that can be revoked may be.
const LIVING: [(&str, &str); 4] =
    [("active", "active"), ("pending", "pending"), ("disabled", "disabled"), ("expired", "expired")];
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What has become of many keys, or would.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkRevocationBody {
    /// Whether nothing has happened: this is what would.
    dry_run: bool,
    /// How many keys are meant.
    count: u64,
    /// Whether a filter finds more than are revoked at once; ask again for the rest.
    has_more: bool,
    /// The keys.
    data: Vec<BulkKeyBody>,
}

/// One of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkKeyBody {
    /// The id, as it was given.
    key_id: String,
    /// `revoked`, `already_revoked`, `not_found` or `failed`; in a dry run, what it would be.
    result: &'static str,
    /// The name it was given.
    name: Option<String>,
    /// What begins the secret key.
    start: Option<String>,
    /// Its last four characters.
    last4: Option<String>,
    /// When it was last used.
    last_used_at: Option<String>,
    /// Whether the revocation is in force everywhere.
    settled: bool,
}

impl BulkKeyBody {
    fn meant(Meant { id, key }: &Meant) -> Self {
        let result = match key {
            None => "not_found",
            Some(key) if key.revocation.is_some() => "already_revoked",
            Some(_) => "revoked",
        };
        Self::new(id.clone(), result, key.as_ref(), false)
    }

    fn gone(Gone { id, outcome }: Gone) -> Self {
        match outcome {
            Ok((key, was_revoked, settled)) => {
                Self::new(id, if was_revoked { "already_revoked" } else { "revoked" }, Some(&key), settled)
            }
            Err(Error::Rejected(Rejection::KeyNotFound)) => Self::new(id, "not_found", None, false),
            Err(_) => Self::new(id, "failed", None, false),
        }
    }

    fn new(id: String, result: &'static str, key: Option<&ApiKey>, settled: bool) -> Self {
        Self {
            key_id: id,
            result,
            name: key.map(|key| key.settings.name.to_string()),
            start: key.map(|key| key.start.clone()),
            last4: key.map(|key| key.last4.clone()),
            last_used_at: time(key.and_then(|key| key.last_used_at)),
            settled,
        }
    }
}

/// What is asked.
struct Wanted {
    selection: Selection,
    dry_run: bool,
    confirm: Option<i64>,
    reason: Option<Reason>,
}

/// Revokes many API keys for good: those that are named, or those that a filter finds. A dry run shows which.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteApiKeys>,
    query: Query,
    prefer: Prefer,
    body: JsonBody<BULK_BYTES_MAX>,
) -> Result<Reply<BulkRevocationBody>, Problem> {
    super::pages::no_parameters(query)?;
    let Wanted { selection, dry_run, confirm, reason } = wanted(body.json(), app.keyring(), app.now())?;
    let caller = caller.waiting(prefer.0);
    let (meant, has_more) = app.select_keys(&caller, &selection).await?;
    let count = u64::try_from(meant.len()).unwrap_or(u64::MAX);
    if dry_run {
        let data = meant.iter().map(BulkKeyBody::meant).collect();
        return Ok(Reply::ok(BulkRevocationBody { dry_run, count, has_more, data }));
    }
    // What a filter finds may have changed since somebody looked.
    if matches!(selection, Selection::Found(_)) && confirm != i64::try_from(count).ok() {
        return Err(Problem::new(Code::ConfirmationNeeded).with("count", count));
    }
    let gone = app.revoke_keys(&caller, meant, reason.as_ref()).await;
    let data: Vec<BulkKeyBody> = gone.into_iter().map(BulkKeyBody::gone).collect();
    // What has failed is not under way either: it has to be asked for again.
    let settled = data.iter().all(|key| key.settled || matches!(key.result, "not_found" | "failed"));
    Ok(prefer.applied(Reply::ok(BulkRevocationBody { dry_run, count, has_more, data }), settled))
}

fn wanted(json: &Json, keyring: &Keyring, now: Timestamp) -> Result<Wanted, Problem> {
    let mut fields = Fields::of(json);
    let named = fields.optional("ids", list(BULK_MAX, "ids", text_of(named(keyring))));
    let filter = fields.optional("filter", object(|fields| Some(filter(fields, keyring, now))));
    fields.exclusive("ids", "filter");
    if !fields.has("ids") && !fields.has("filter") {
        fields.fail("ids", FieldError::new(FieldCode::Required, "is required, or `filter`"));
    }
    let dry_run = fields.optional("dryRun", boolean).unwrap_or(false);
    let confirm = fields.optional("confirm", integer(0..=CONFIRM_MAX));
    let reason = fields.optional("reason", text(reason));
    let wanted = fields.finish_with(|| {
        let selection = match filter {
            Some(query) => Selection::Found(Box::new(query)),
            None => Selection::Named(named?),
        };
        Some(Wanted { selection, dry_run, confirm, reason })
    })?;
    Ok(wanted)
}

/// An id as it was given, and the key that it may be of.
fn named(keyring: &Keyring) -> impl Fn(&str) -> Result<(String, Option<ApiKeyId>), FieldError> {
    move |id| Ok((id.to_owned(), ids::api_key_id(keyring)(id)?))
}

fn text_of<T>(parse: impl Fn(&str) -> Result<T, FieldError>) -> impl Fn(&Json) -> Result<T, FieldError> {
    move |json| text(&parse)(json)
}

/// Only keys that are not revoked. Without any condition it finds all of them within reach.
fn filter(fields: &mut Fields<'_>, keyring: &Keyring, now: Timestamp) -> KeyQuery {
    let unused = fields.optional("unusedForDays", integer(1..=UNUSED_DAYS_MAX));
    KeyQuery {
        status: fields.optional("status", text(one_of(&LIVING))).map(str::to_owned),
        environment: fields.optional("environment", text(environment_filter)),
        session_id: fields.optional("sessionId", text(ids::session_to_match(keyring))),
        external_id: fields.optional("externalId", text(condition)),
        search: fields.optional("search", text(condition)),
        idle: Some(Idle {
            since: unused.map(|days| days_ago(now, days)),
            created_before: fields.optional("createdBefore", text(timestamp)),
        }),
        page: Page { after: None, limit: 0 },
    }
}

/// The text of a condition. An empty one would be no condition: every key contains it.
fn condition(text: &str) -> Result<String, FieldError> {
    if text.is_empty() {
        return Err(FieldError::new(FieldCode::TooShort, "must not be empty"));
    }
    filter_text(text)
}

fn days_ago(now: Timestamp, days: i64) -> Timestamp {
    now.plus_millis(days.saturating_mul(DAY_MS).saturating_neg())
}

/// Lists the API keys that have not been used for so many days, nor issued since then, newest first. Revoked ones are left
/// out.
pub(super) async fn unused(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    mut query: Query,
) -> Result<Reply<PageBody<ApiKeyBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "unused_api_keys", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    let days = query.optional("days", number(1..=UNUSED_DAYS_MAX)).unwrap_or(UNUSED_DAYS_DEFAULT);
    let wanted = KeyQuery {
        status: None,
        environment: query.optional("environment", environment_filter),
        session_id: query.optional("sessionId", ids::session_to_match(app.keyring())),
        external_id: None,
        search: None,
        idle: Some(Idle { since: Some(days_ago(app.now(), days)), created_before: None }),
        page,
    };
    query.finish()?;
    let (keys, more) = app.list_keys(&caller, wanted).await?;
    let now = app.now();
    let pagination = cursors.pagination(more, keys.last().map(|key| (key.created_at, key.id.as_str())));
    Ok(Reply::ok(PageBody { data: keys.iter().map(|key| ApiKeyBody::new(key, now)).collect(), pagination }))
}
