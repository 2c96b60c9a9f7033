//! `…/sessions/{id}/api_keys`: the "API Keys" tab of a session.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;

use super::body::JsonBody;
use super::callers::{By, ReadApiKeys, WriteApiKeys};
use super::key_body::IssuedKeyBody;
use super::keys::{issued, listed};
use super::pages::no_parameters;
use super::paths::SessionPath;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use super::{idempotency, key_requests};
use crate::app::{App, Patience};

/// Issues an API key of a session. Without a name the session gives it one.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteApiKeys>,
    SessionPath(id): SessionPath,
    query: Query,
    (method, uri, headers): (Method, Uri, HeaderMap),
    body: Option<JsonBody>,
) -> Result<Reply<IssuedKeyBody>, Problem> {
    no_parameters(query)?;
    let request = key_requests::create_in(body.as_ref().map(JsonBody::json), id, app.now())?;
    let idempotency = idempotency::find(&headers, &method, &uri, body.as_ref())?;
    Ok(issued(&app, &mount, app.issue(&caller, request, idempotency.as_ref()).await?))
}

/// Lists the API keys of a session, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadApiKeys>,
    SessionPath(id): SessionPath,
    query: Query,
    uri: Uri,
) -> Result<Response, Problem> {
    // Nothing is told of the session but that it is there.
    let caller = caller.waiting(Patience::RespondAsync);
    let (session, _) = app.read_session(&caller, &id).await?.reply;
    listed(&app, &caller, query, &uri, Some(session.id)).await
}
