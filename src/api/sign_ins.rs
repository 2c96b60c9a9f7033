//! `/auth/sign_ins` and `/auth/audit_log`: where the user is signed in, and what happened to the account.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::audit_export::{self, Log};
use super::callers::SignedIn;
use super::cookies;
use super::fields::{FieldCode, FieldError};
use super::organization::{AuditBody, AuditEntryBody};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, Pagination, limit, no_parameters};
use super::paths::SignInPath;
use super::people_body::SignInBody;
use super::problem::Problem;
use super::query::Query;
use super::reply::{NoContent, Reply};
use crate::app::App;
use crate::organization::protocol::LoggedEntry;

/// The sign-ins of a user.
#[derive(Debug, Serialize)]
pub(super) struct SignInsBody {
    /// Those that stand, newest first.
    data: Vec<SignInBody>,
}

/// Lists the sign-ins that stand, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
) -> Result<Reply<SignInsBody>, Problem> {
    no_parameters(query)?;
    let sign_ins = app.list_sign_ins(&person).await?;
    Ok(Reply::ok(SignInsBody {
        data: sign_ins.into_iter().map(|record| SignInBody::new(record, &person.sign_in.id)).collect(),
    }))
}

/// Ends a sign-in: its access token, or its cookie, is worth nothing from then on.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    SignInPath(id): SignInPath,
    query: Query,
) -> Result<NoContent, Problem> {
    no_parameters(query)?;
    app.end_sign_in(&person, &id).await?;
    let ended = NoContent::default();
    Ok(if id == person.sign_in.id { ended.with_cookie(cookies::CLEARED) } else { ended })
}

/// Copies the account's own audit log as it is stored, oldest entry first, one JSON object a line.
pub(super) async fn export_audit_log(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
) -> Result<Response, Problem> {
    audit_export::copy(app, Log::Account(person), query).await
}

/// Reads the account's own audit log, newest first: sign-ins good and bad, passwords, second factors.
pub(super) async fn audit_log(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    mut query: Query,
) -> Result<Reply<AuditBody>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: "account_log", owner: person.user.id.as_str() };
    let before = query.optional("cursor", |text| {
        let refused = |_| FieldError::new(FieldCode::InvalidFormat, "is not a cursor of this list");
        cursors.read(text)?.parse().map_err(refused)
    });
    let limit = limit(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (entries, more, head) = app.read_account_log(&person, before, limit).await?;
    let last = entries.last().filter(|_| more).map(|entry| entry.seq);
    let pagination = Pagination { has_more: more, next_cursor: last.map(|seq| cursors.write(&seq.to_string())) };
    let logged = entries.into_iter().map(|chained| LoggedEntry {
        seq: chained.seq,
        hash: Some(chained.hash),
        entry: chained.entry,
        session_id: None,
    });
    let data = logged.map(AuditEntryBody::new).collect();
    Ok(Reply::ok(AuditBody::new(PageBody { data, pagination }, Some(head))))
}
