//! `…/alerts`: what somebody should look at, and saying that somebody has.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::callers::{By, ReadAlerts, WriteAlerts};
use super::fields::ids::session_to_match;
use super::fields::plain::one_of;
use super::key_body::{ActorBody, time};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, filter_text, no_parameters};
use super::paths::AlertPath;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::domain::alert::record::{Alert, AlertStatus};
use crate::domain::alert::{Kind, Severity};
use crate::organization::protocol::AlertQuery;

/// Something that somebody should look at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertBody {
    /// The id of the alert.
    id: String,
    /// What it is about.
    kind: &'static str,
    /// The id of what is affected: of a key, a session, an endpoint, a domain, or of the organization.
    subject: String,
    /// The session that it belongs to, if to one.
    session_id: Option<String>,
    /// How soon somebody should look: `info`, `warning` or `critical`.
    severity: &'static str,
    /// Whether it is still so: `open` or `resolved`.
    status: &'static str,
    /// When it was opened.
    opened_at: String,
    /// When anything about it last changed.
    updated_at: String,
    /// When it was over.
    resolved_at: Option<String>,
    /// When somebody said that it was seen.
    acknowledged_at: Option<String>,
    /// Who did.
    acknowledged_by: Option<ActorBody>,
    /// What was measured, each by its name.
    facts: Map<String, Value>,
}

impl AlertBody {
    pub(super) fn new(alert: &Alert) -> Self {
        let (by, at) = alert.acknowledged.as_ref().map(|(by, at)| (ActorBody::new(by), *at)).unzip();
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.as_str(),
            subject: alert.subject.clone(),
            session_id: alert.session_id.as_ref().map(ToString::to_string),
            severity: alert.severity.as_str(),
            status: alert.status().as_str(),
            opened_at: alert.opened_at.to_string(),
            updated_at: alert.updated_at.to_string(),
            resolved_at: time(alert.resolved_at),
            acknowledged_at: time(at),
            acknowledged_by: by,
            facts: alert.facts(),
        }
    }
}

/// A page of alerts.
#[derive(Debug, Serialize)]
pub(super) struct AlertsBody {
    /// The page.
    #[serde(flatten)]
    page: PageBody<AlertBody>,
    /// How many alerts were dropped since the beginning, because more than a thousand would have been open; null for a
    /// caller that is bound to one session.
    dropped: Option<i64>,
}

/// Lists the alerts within the caller's reach, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadAlerts>,
    mut query: Query,
) -> Result<Reply<AlertsBody>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "alerts", owner };
    let wanted = AlertQuery {
        status: query.optional("status", one_of(&AlertStatus::ALL.map(|status| (status.as_str(), status)))),
        kind: query.optional("kind", one_of(&Kind::ALL.map(|kind| (kind.as_str(), kind)))),
        severity: query.optional("severity", one_of(&Severity::ALL.map(|severity| (severity.as_str(), severity)))),
        subject: query.optional("subject", filter_text),
        session_id: query.optional("sessionId", session_to_match(app.keyring())),
        page: cursors.page(&mut query, PAGE_ROWS_DEFAULT),
    };
    query.finish()?;
    let found = app.list_alerts(&caller, wanted).await?;
    let last = found.alerts.last().map(|alert| (alert.opened_at, alert.id.as_str()));
    let pagination = cursors.pagination(found.more, last);
    let data = found.alerts.iter().map(AlertBody::new).collect();
    Ok(Reply::ok(AlertsBody { page: PageBody { data, pagination }, dropped: found.dropped }))
}

/// Reads an alert.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadAlerts>,
    AlertPath(id): AlertPath,
    query: Query,
) -> Result<Reply<AlertBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(AlertBody::new(&app.read_alert(&caller, &id).await?)))
}

/// Says that somebody has seen an alert. It stays open as long as it is so; whoever says it again changes nothing.
pub(super) async fn acknowledge(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteAlerts>,
    AlertPath(id): AlertPath,
    query: Query,
) -> Result<Reply<AlertBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(AlertBody::new(&app.acknowledge_alert(&caller, &id).await?)))
}
