//! `…/sessions`: create, list, read, change, delete, health.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, ReadSessions, WriteSessions};
use super::fields::Fields;
use super::fields::consistency::{consistency, consistency_change};
use super::fields::limits::rate_limits;
use super::fields::plain::{one_of, text};
use super::fields::values::{environment, name};
use super::idempotency;
use super::key_body::time;
use super::keys::in_force;
use super::limit_body::{RateLimitBody, SessionLimitsBody};
use super::outcome_body::{rounded, to_hundredths};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::paths::SessionPath;
use super::prefer::Prefer;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Outcome, SessionHealth, WantedSession};
use crate::domain::api_key::Status;
use crate::domain::change::Change;
use crate::domain::consistency::ConsistencyChange;
use crate::domain::environment::Environment;
use crate::domain::health::{Cause, Recent, assess};
use crate::domain::session::{LeakPolicy, Region, Session, SessionStatus};
use crate::session::protocol::SessionChange;

/// The words for what happens to a key that was found elsewhere.
const LEAK_POLICIES: [(&str, LeakPolicy); 3] =
    [("notify", LeakPolicy::Notify), ("disable", LeakPolicy::Disable), ("revoke", LeakPolicy::Revoke)];

/// A session.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody {
    /// The id of the session.
    id: String,
    /// The name it was given.
    name: String,
    /// The organization it belongs to.
    organization_id: String,
    /// The environment of its keys; null gives plain `sk_` keys.
    environment: Option<&'static str>,
    /// Where its object was placed, if anybody chose.
    region: Option<&'static str>,
    /// Whether it is the default session of its environment.
    is_default: bool,
    /// Whether its keys are let through: `connected`, `disconnected` or `deleted`.
    status: &'static str,
    /// How often its keys may be verified, all together.
    rate_limits: Vec<RateLimitBody>,
    /// How long a decision on its keys may be relied on.
    consistency: ConsistencyBody,
    /// What happens to a key that was found where it should not be: `notify`, `disable` or `revoke`.
    leak_policy: &'static str,
    /// When it was created.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

/// How long a decision on the keys of a session may be relied on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsistencyBody {
    /// Who may decide: `strict`, `leased` or `edge`.
    mode: &'static str,
    /// How long a lease may last, in milliseconds.
    ttl_ms: u32,
    /// How much longer, in seconds, a decision may be used while the authority cannot be reached.
    stale_seconds: u32,
}

/// A session, with what is used of its limits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReadSessionBody {
    /// The record.
    #[serde(flatten)]
    record: SessionBody,
    /// What may be used, and what is.
    limits: SessionLimitsBody,
}

/// A session after a change, with the moment from which nobody acts on the state before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedSessionBody {
    /// The record.
    #[serde(flatten)]
    record: SessionBody,
    /// From when on the change is in force everywhere.
    effective_at: String,
}

/// How a session is doing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HealthBody {
    /// The id of the session.
    id: String,
    /// Its status.
    status: &'static str,
    /// Whether its keys are let through.
    connected: bool,
    /// The number of its keys by status.
    keys: serde_json::Map<String, serde_json::Value>,
    /// When any of its keys was last used.
    last_used_at: Option<String>,
    /// When anything was last counted: the last use, or the minute of a later refusal or outcome.
    last_request_at: Option<String>,
    /// How it is doing, in one word.
    health: &'static str,
    /// Why it is not `healthy`.
    reasons: Vec<&'static str>,
    /// What happened within the last five minutes.
    recent: RecentBody,
    /// How much is left, per cent, of the tightest of its own rate limits and, for callers that reach the organization, of the
    /// pools of its plan; null without any.
    limit_headroom: Option<u64>,
    /// How many alerts about it and its keys are open, counted up to 100; null if the organization cannot be asked.
    open_alerts: Option<u64>,
}

/// What happened within the last five minutes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecentBody {
    /// How many verifications.
    requests: u64,
    /// The share of them that were refused; null without any.
    refusal_rate: Option<f64>,
    /// How many outcomes were told.
    outcomes: u64,
    /// The share of them with a status of 500 or more; null without any.
    server_error_rate: Option<f64>,
    /// What 95 % of them did not exceed, in milliseconds; null without any.
    latency_p95_ms: Option<f64>,
}

impl RecentBody {
    fn new(recent: &Recent) -> Self {
        let share = |part: u64, whole: u64| (whole > 0).then(|| rounded(part as f64 / whole as f64));
        Self {
            requests: recent.requests,
            refusal_rate: share(recent.refused, recent.requests),
            outcomes: recent.outcomes,
            server_error_rate: share(recent.server_errors, recent.outcomes),
            latency_p95_ms: recent.latency_p95_ms.map(to_hundredths),
        }
    }
}

impl SessionBody {
    /// Writes the record.
    pub(super) fn new(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            name: session.name.to_string(),
            organization_id: session.organization_id.to_string(),
            environment: session.environment.map(Environment::as_str),
            region: session.region.map(Region::as_str),
            is_default: session.is_default,
            status: session.status.as_str(),
            rate_limits: session.rate_limits.as_slice().iter().map(RateLimitBody::set).collect(),
            consistency: ConsistencyBody {
                mode: session.consistency.mode.as_str(),
                ttl_ms: session.consistency.ttl_ms,
                stale_seconds: session.consistency.stale_seconds,
            },
            leak_policy: session.leak_policy.as_str(),
            created_at: session.created_at.to_string(),
            updated_at: session.updated_at.to_string(),
        }
    }
}

impl ChangedSessionBody {
    fn new(outcome: &Outcome<Session>) -> Self {
        let session = &outcome.reply;
        Self { record: SessionBody::new(session), effective_at: in_force(outcome, session.updated_at) }
    }
}

/// Creates a session.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteSessions>,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<SessionBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let mut fields = Fields::of(body.json());
    let name = fields.required("name", text(name));
    let environment = fields.optional("environment", text(environment));
    let region = fields.optional("region", text(one_of(&Region::ALL.map(|region| (region.as_str(), region)))));
    let rate_limits = fields.optional("rateLimits", rate_limits).unwrap_or_default();
    let consistency = fields.optional("consistency", consistency).unwrap_or_default();
    let leak_policy = fields.optional("leakPolicy", text(one_of(&LEAK_POLICIES))).unwrap_or_default();
    let name = fields.finish_with(|| name)?;
    let wanted = WantedSession { name, environment, region, rate_limits, consistency, leak_policy };
    let outcome = app.create_session(&caller, wanted).await?;
    let path = mount.path(&format!("/sessions/{}", outcome.reply.id));
    Ok(Reply::created(path, SessionBody::new(&outcome.reply)).settled(outcome.settled))
}

/// Lists the sessions within the caller's reach, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadSessions>,
    mut query: Query,
) -> Result<Reply<PageBody<SessionBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "sessions", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (sessions, more) = app.list_sessions(&caller, page).await?;
    let pagination = cursors.pagination(more, sessions.last().map(|session| (session.created_at, session.id.as_str())));
    Ok(Reply::ok(PageBody { data: sessions.iter().map(SessionBody::new).collect(), pagination }))
}

/// Reads a session, with what is used of its limits.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadSessions>,
    SessionPath(id): SessionPath,
    query: Query,
) -> Result<Reply<ReadSessionBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.read_session(&caller, &id).await?;
    let (session, usage) = outcome.reply;
    let body = ReadSessionBody { record: SessionBody::new(&session), limits: SessionLimitsBody::new(&usage) };
    Ok(Reply::ok(body).settled(outcome.settled))
}

/// Renames, limits, connects or disconnects a session. The keys of a disconnected one are refused.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteSessions>,
    SessionPath(id): SessionPath,
    query: Query,
    prefer: Prefer,
    body: JsonBody,
) -> Result<Reply<ChangedSessionBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    fields.at_least_one();
    let statuses = [SessionStatus::Connected, SessionStatus::Disconnected].map(|status| (status.as_str(), status));
    let change = SessionChange {
        name: fields.given("name", text(name)),
        status: fields.given("status", text(one_of(&statuses))),
        rate_limits: match fields.nullable("rateLimits", rate_limits) {
            Change::Keep => None,
            Change::Clear => Some(Default::default()),
            Change::Set(limits) => Some(limits),
        },
        consistency: match fields.nullable("consistency", consistency_change) {
            Change::Keep => None,
            Change::Clear => Some(ConsistencyChange::RESET),
            Change::Set(change) => Some(change),
        },
        leak_policy: fields.given("leakPolicy", text(one_of(&LEAK_POLICIES))),
    };
    fields.finish()?;
    let outcome = app.change_session(&caller.waiting(prefer.0), &id, change).await?;
    Ok(prefer.applied(Reply::ok(ChangedSessionBody::new(&outcome)), outcome.settled))
}

/// Deletes a session and revokes all its keys, for good.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteSessions>,
    SessionPath(id): SessionPath,
    query: Query,
    prefer: Prefer,
) -> Result<Reply<ChangedSessionBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.delete_session(&caller.waiting(prefer.0), &id).await?;
    Ok(prefer.applied(Reply::ok(ChangedSessionBody::new(&outcome)), outcome.settled))
}

/// Tells how a session is doing: whether it is connected, what happened lately, its keys by status, and the last use.
pub(super) async fn health(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadSessions>,
    SessionPath(id): SessionPath,
    query: Query,
) -> Result<Reply<HealthBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.session_health(&caller, &id).await?;
    let (SessionHealth { health, recent, open_alerts }, settled) = (outcome.reply, outcome.settled);
    let words = Status::ALL.map(|status| status.as_str().to_owned());
    let connected = health.session.status == SessionStatus::Connected;
    let (condition, causes) = assess(connected, &recent);
    Ok(Reply::ok(HealthBody {
        id: health.session.id.to_string(),
        status: health.session.status.as_str(),
        connected,
        keys: words.into_iter().zip(health.keys.into_iter().map(Into::into)).collect(),
        last_used_at: time(health.last_used_at),
        last_request_at: time(health.last_used_at.max(recent.last_minute)),
        health: condition.as_str(),
        reasons: causes.into_iter().map(Cause::as_str).collect(),
        recent: RecentBody::new(&recent),
        limit_headroom: recent.headroom,
        open_alerts: open_alerts.and_then(|count| u64::try_from(count).ok()),
    })
    .settled(settled))
}
