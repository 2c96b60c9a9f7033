//! `/operator/metrics` and what else the operator needs to keep a deployment in order.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::callers::Operator;
use super::fields::ids::session_id;
use super::pages::{Cursors, Pagination, no_parameters};
use super::paths::OrganizationPath;
use super::problem::{Code, Problem};
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Object, Republished};
use crate::object::figures::Figures;

/// The list that cursors of `republish` belong to.
const REPUBLISHED: &str = "republished";

/// Figures of one object, to be looked at every minute or so.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetricsBody {
    /// The version of the service.
    version: &'static str,
    /// How many bytes the database of the object has. The platform allows 10 GB.
    database_bytes: i64,
    /// What the object still has to tell others.
    outbox: OutboxBody,
    /// How many rows of each kind it has.
    counts: Map<String, Value>,
}

/// What an object still has to tell others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutboxBody {
    /// How many entries it has, by kind of receiver. Some are due later on purpose: `usage`, `mail`, `domain`, `webhook`.
    waiting: Map<String, Value>,
    /// For how many seconds an entry has been due that was not sent.
    overdue_seconds: i64,
    /// For how many seconds at least the entry that was tried most often has been tried in vain.
    tried_for_seconds: i64,
}

impl MetricsBody {
    fn new(figures: Figures) -> Self {
        let map = |rows: Vec<(String, i64)>| rows.into_iter().map(|(name, count)| (name, count.into())).collect();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            database_bytes: figures.bytes,
            outbox: OutboxBody {
                waiting: map(figures.waiting),
                overdue_seconds: figures.overdue_ms / 1_000,
                tried_for_seconds: figures.tried_for_ms / 1_000,
            },
            counts: map(figures.counts),
        }
    }
}

/// What has come of one call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepublishedBody {
    /// How many sessions are through.
    sessions: u32,
    /// How many keys will be told of once more, within seconds.
    keys: u32,
    /// The keys that were revoked by this call because a copy said that they were.
    revoked: Vec<String>,
    /// The sessions that were behind what others had heard of them: they have been set back to an earlier point in time.
    set_back: Vec<String>,
    /// How to go on.
    pagination: Pagination,
}

impl RepublishedBody {
    fn new(done: Republished, cursors: &Cursors<'_>) -> Self {
        let next = done.next.as_ref().map(|(at, id)| (*at, id.as_str()));
        Self {
            sessions: done.sessions,
            keys: done.keys,
            revoked: done.revoked.iter().map(ToString::to_string).collect(),
            set_back: done.set_back.iter().map(ToString::to_string).collect(),
            pagination: cursors.pagination(next.is_some(), next),
        }
    }
}

/// Reads figures of the directory: how many organizations and users there are, and what it still has to tell.
pub(super) async fn metrics(
    State(app): State<Arc<App>>,
    _: Operator,
    query: Query,
) -> Result<Reply<MetricsBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(MetricsBody::new(app.figures(Object::Directory).await?)))
}

/// Reads figures of an organization or, with `sessionId`, of one of its sessions. No other object is woken.
pub(super) async fn metrics_of(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    mut query: Query,
) -> Result<Reply<MetricsBody>, Problem> {
    let session = query.optional("sessionId", session_id(app.keyring()));
    query.finish()?;
    let object = match session {
        None => Object::Organization(id),
        Some(Some(session)) => Object::Session(id, session),
        Some(None) => return Err(Problem::new(Code::SessionNotFound)),
    };
    Ok(Reply::ok(MetricsBody::new(app.figures(object).await?)))
}

/// Has the sessions of an organization tell KV and the lists of their keys once more, a portion at a time: call it with the
/// cursor of the answer before until there is none. A key that a copy says is revoked is revoked at its session first.
pub(super) async fn republish(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    mut query: Query,
) -> Result<Reply<RepublishedBody>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: REPUBLISHED, owner: id.as_str() };
    let after = cursors.after(&mut query);
    query.finish()?;
    let done = app.republish(&id, after).await?;
    Ok(Reply::ok(RepublishedBody::new(done, &cursors)))
}
