//! `…/api_keys`: issue, list, read, change, revoke and rotate.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};

use super::body::JsonBody;
use super::callers::{By, ReadApiKeys, WriteApiKeys};
use super::fields::ids::session_to_match;
use super::fields::plain::one_of;
use super::fields::values::environment;
use super::key_body::{ApiKeyBody, ChangedKeyBody, IssuedKeyBody, RotatedKeyBody};
use super::mount::Mount;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, PageBody, filter_text, no_parameters};
use super::paths::KeyPath;
use super::prefer::Prefer;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use super::{idempotency, key_requests};
use crate::app::{App, Issued, Outcome, Principal};
use crate::domain::api_key::{ApiKey, Status};
use crate::domain::id::SessionId;
use crate::domain::timestamp::Timestamp;
use crate::organization::protocol::{EnvironmentFilter, KeyQuery};

/// Issues an API key. The plaintext is returned once and cannot be recovered.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteApiKeys>,
    query: Query,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: JsonBody,
) -> Result<Reply<IssuedKeyBody>, Problem> {
    no_parameters(query)?;
    let request = key_requests::create(body.json(), app.keyring(), app.now())?;
    let idempotency = idempotency::find(&headers, &method, &uri, Some(&body))?;
    Ok(issued(&app, &mount, app.issue(&caller, request, idempotency.as_ref()).await?))
}

/// Lists the API keys within the caller's reach, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    query: Query,
    uri: Uri,
) -> Result<Response, Problem> {
    listed(&app, &caller, query, &uri, None).await
}

/// Reads an API key, with what is left of its limits.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    KeyPath(id): KeyPath,
    query: Query,
) -> Result<Reply<ApiKeyBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.read_key(&caller, &id).await?;
    let (key, limits) = outcome.reply;
    Ok(Reply::ok(ApiKeyBody::new(&key, app.now()).standing(&limits)).settled(outcome.settled))
}

/// Changes an API key. A field that is left out stays; null clears it.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteApiKeys>,
    KeyPath(id): KeyPath,
    query: Query,
    prefer: Prefer,
    body: JsonBody,
) -> Result<Reply<ChangedKeyBody>, Problem> {
    no_parameters(query)?;
    let change = key_requests::change(body.json(), app.now())?;
    let outcome = app.change_key(&caller.waiting(prefer.0), &id, change).await?;
    let body = changed(&outcome, outcome.reply.updated_at, app.now());
    Ok(prefer.applied(Reply::ok(body), outcome.settled))
}

/// Revokes an API key for good. When the answer is 200, no verification that begins later accepts the key.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteApiKeys>,
    KeyPath(id): KeyPath,
    query: Query,
    prefer: Prefer,
    body: Option<JsonBody>,
) -> Result<Reply<ChangedKeyBody>, Problem> {
    no_parameters(query)?;
    let reason = key_requests::revoke(body.as_ref().map(JsonBody::json))?;
    let outcome = app.revoke_key(&caller.waiting(prefer.0), &id, reason).await?;
    let at = outcome.reply.revocation.as_ref().map_or(outcome.reply.updated_at, |revocation| revocation.at);
    Ok(prefer.applied(Reply::ok(changed(&outcome, at, app.now())), outcome.settled))
}

/// Replaces an API key by a successor with the same settings; the old one lives for the overlap.
pub(super) async fn rotate(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteApiKeys>,
    KeyPath(id): KeyPath,
    query: Query,
    (method, uri, headers): (Method, Uri, HeaderMap),
    prefer: Prefer,
    body: JsonBody,
) -> Result<Reply<RotatedKeyBody>, Problem> {
    no_parameters(query)?;
    let request = key_requests::rotate(body.json(), id, app.now())?;
    let idempotency = idempotency::find(&headers, &method, &uri, Some(&body))?;
    let outcome = app.rotate(&caller.waiting(prefer.0), request, idempotency.as_ref()).await?;
    let (path, effective_at) = (place(&mount, &outcome), in_force(&outcome, outcome.reply.key.created_at));
    let settled = outcome.settled;
    let body = RotatedKeyBody { issued: with_plaintext(&app, outcome.reply), effective_at };
    Ok(prefer.applied(Reply::created(path, body), settled))
}

/// The one answer that holds a plaintext.
pub(super) fn issued(app: &App, mount: &Mount, outcome: Outcome<Issued>) -> Reply<IssuedKeyBody> {
    let (path, settled) = (place(mount, &outcome), outcome.settled);
    Reply::created(path, with_plaintext(app, outcome.reply)).settled(settled)
}

fn place(mount: &Mount, outcome: &Outcome<Issued>) -> String {
    mount.path(&format!("/api_keys/{}", outcome.reply.key.id))
}

fn with_plaintext(app: &App, issued: Issued) -> IssuedKeyBody {
    let record = ApiKeyBody::new(&issued.key, app.now());
    // The only place where a plaintext leaves the service (H3).
    IssuedKeyBody { key: issued.secret.expose().to_owned(), record }
}

fn changed(outcome: &Outcome<ApiKey>, committed_at: Timestamp, now: Timestamp) -> ChangedKeyBody {
    let record = ApiKeyBody::new(&outcome.reply, now);
    ChangedKeyBody { record, effective_at: in_force(outcome, committed_at) }
}

/// From when on a change is in force everywhere: never before it was made.
pub(super) fn in_force<T>(outcome: &Outcome<T>, committed_at: Timestamp) -> String {
    outcome.in_force_at.map_or(committed_at, |at| at.max(committed_at)).to_string()
}

/// A list of keys: the bare array of Sendook's contract, or a page where one is asked for.
pub(super) async fn listed(
    app: &App,
    caller: &Principal,
    mut query: Query,
    uri: &Uri,
    session: Option<SessionId>,
) -> Result<Response, Problem> {
    let paged = query.has("limit") || query.has("cursor");
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "api_keys", owner };
    let page = cursors.page(&mut query, if paged { PAGE_ROWS_DEFAULT } else { PAGE_ROWS_MAX });
    let wanted = KeyQuery {
        status: query.optional("status", status).flatten(),
        environment: query.optional("environment", environment_filter),
        session_id: match session {
            Some(session) => Some(session),
            // An id that was never given out filters like one out of reach: nothing is left.
            None => query.optional("sessionId", session_to_match(app.keyring())),
        },
        external_id: query.optional("externalId", filter_text),
        search: query.optional("search", filter_text),
        idle: None,
        page,
    };
    query.finish()?;
    let (keys, more) = app.list_keys(caller, wanted).await?;
    let now = app.now();
    let data: Vec<ApiKeyBody> = keys.iter().map(|key| ApiKeyBody::new(key, now)).collect();
    let pagination = cursors.pagination(more, keys.last().map(|key| (key.created_at, key.id.as_str())));
    if paged {
        return Ok(Reply::ok(PageBody { data, pagination }).into_response());
    }
    let reply = Reply::ok(data);
    Ok(match pagination.next_cursor {
        None => reply.into_response(),
        Some(cursor) => {
            let filters = uri.query().map_or_else(String::new, |query| format!("{query}&"));
            let next = format!("<{}?{filters}limit={PAGE_ROWS_MAX}&cursor={cursor}>; rel=\"next\"", uri.path());
            reply.with(LINK, next).into_response()
        }
    })
}

/// One status, or `all`.
fn status(text: &str) -> Result<Option<String>, super::fields::FieldError> {
    let [a, b, c, d, e] = Status::ALL.map(|status| (status.as_str(), Some(status.as_str())));
    let wanted = one_of(&[a, b, c, d, e, ("all", None)])(text)?;
    Ok(wanted.map(str::to_owned))
}

/// One environment, or `none` for the sessions without.
pub(super) fn environment_filter(text: &str) -> Result<EnvironmentFilter, super::fields::FieldError> {
    if text == "none" { Ok(EnvironmentFilter::None) } else { environment(text).map(EnvironmentFilter::Of) }
}
