//! `/organizations/{organizationId}/export`: a copy of everything, written page by page as it is read.
//!
//! An organization may have a million keys, so the copy is never held in memory. If a page cannot be read the answer
//! breaks off and is no complete JSON: half a copy must not be taken for a whole one.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;

use super::alert_rules::AlertRuleBody;
use super::alerts::AlertBody;
use super::callers::{By, ExportOrganization};
use super::domain_body::DomainBody;
use super::gateway_body::GatewayRouteBody;
use super::key_body::ApiKeyBody;
use super::organization::{AuditEntryBody, OrganizationBody};
use super::pages::{PAGE_ROWS_MAX, no_parameters};
use super::people_body::{InvitationBody, MemberBody};
use super::problem::Problem;
use super::query::Query;
use super::sessions::SessionBody;
use super::webhook_body::WebhookEndpointBody;
use crate::app::{App, Error, Principal};
use crate::domain::alert::Kind;
use crate::domain::organization::Organization;
use crate::domain::timestamp::Timestamp;
use crate::organization::protocol::{AlertQuery, AuditQuery, KeyQuery, Page};

/// The parts of a copy, in the order in which they are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Organization,
    Members,
    Invitations,
    Sessions,
    ApiKeys,
    Domains,
    WebhookEndpoints,
    GatewayRoutes,
    AlertRules,
    Alerts,
    AuditLog,
    End,
}

impl Part {
    /// The member of the answer, and the part that follows.
    fn name_and_next(self) -> (&'static str, Self) {
        match self {
            Self::Organization => ("organization", Self::Members),
            Self::Members => ("members", Self::Invitations),
            Self::Invitations => ("invitations", Self::Sessions),
            Self::Sessions => ("sessions", Self::ApiKeys),
            Self::ApiKeys => ("apiKeys", Self::Domains),
            Self::Domains => ("domains", Self::WebhookEndpoints),
            Self::WebhookEndpoints => ("webhookEndpoints", Self::GatewayRoutes),
            Self::GatewayRoutes => ("gatewayRoutes", Self::AlertRules),
            Self::AlertRules => ("alertRules", Self::Alerts),
            Self::Alerts => ("alerts", Self::AuditLog),
            Self::AuditLog | Self::End => ("auditLog", Self::End),
        }
    }
}

/// A copy in the making.
struct Export {
    app: Arc<App>,
    by: Principal,
    organization: Organization,
    part: Part,
    /// Where the next page of a list begins.
    after: Option<(Timestamp, String)>,
    /// Where the next page of the log begins.
    before: Option<i64>,
    /// Whether a row of this part has been written.
    begun: bool,
}

/// A page of rows, and whether there is another.
type Rows = (Vec<String>, bool);

/// Copies everything about the organization: members, invitations, sessions, API keys, domains, endpoints of webhooks, routes of the gateway,
/// rules for alerts, alerts, audit log. No secret is in it.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ExportOrganization>,
    query: Query,
) -> Result<Response, Problem> {
    no_parameters(query)?;
    let organization = app.begin_export(&caller).await?;
    let disposition = format!("attachment; filename=\"{}.json\"", organization.id);
    let part = Part::Organization;
    let export = Export { app, by: caller, organization, part, after: None, before: None, begun: false };
    let chunks = stream::unfold(Some(export), |export| async {
        let mut export = export?;
        if export.part == Part::End {
            return None;
        }
        match export.next().await {
            Ok(chunk) => Some((Ok(Bytes::from(chunk)), Some(export))),
            Err(error) => Some((Err(std::io::Error::other(error.to_string())), None)),
        }
    });
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

impl Export {
    /// The next piece of JSON.
    async fn next(&mut self) -> Result<String, Error> {
        let (name, next) = self.part.name_and_next();
        if self.part == Part::Organization {
            self.part = next;
            return Ok(format!("{{\"{name}\":{}", json(&OrganizationBody::new(&self.organization, &self.app))?));
        }
        self.app.continue_export(&self.by).await?;
        let (rows, more) = self.rows().await?;
        let mut text = if self.begun { String::new() } else { format!(",\"{name}\":[") };
        for row in rows {
            if self.begun {
                text.push(',');
            }
            self.begun = true;
            text.push_str(&row);
        }
        if !more {
            text.push_str(if next == Part::End { "]}" } else { "]" });
            (self.part, self.begun, self.after, self.before) = (next, false, None, None);
        } else if !self.begun {
            return Err(Error::Failed("a page without rows says that there are more".to_owned()));
        }
        Ok(text)
    }

    async fn rows(&mut self) -> Result<Rows, Error> {
        let page = Page { after: self.after.clone(), limit: PAGE_ROWS_MAX };
        let (app, by, now) = (Arc::clone(&self.app), &self.by, self.app.now());
        match self.part {
            Part::Members => {
                let (members, more) = app.list_members(by, page).await?;
                self.after = members.last().map(|member| (member.joined_at, member.user_id.to_string()));
                Ok((all(members.iter().map(MemberBody::new))?, more))
            }
            Part::Invitations => {
                let (invitations, more) = app.list_invitations(by, page).await?;
                self.after = invitations.last().map(|invitation| (invitation.created_at, invitation.id.to_string()));
                Ok((all(invitations.iter().map(|invitation| InvitationBody::new(invitation, now)))?, more))
            }
            Part::Sessions => {
                let (sessions, more) = app.list_sessions(by, page).await?;
                self.after = sessions.last().map(|session| (session.created_at, session.id.to_string()));
                Ok((all(sessions.iter().map(SessionBody::new))?, more))
            }
            Part::ApiKeys => {
                let query = KeyQuery {
                    status: None,
                    environment: None,
                    session_id: None,
                    external_id: None,
                    search: None,
                    idle: None,
                    page,
                };
                let (keys, more) = app.list_keys(by, query).await?;
                self.after = keys.last().map(|key| (key.created_at, key.id.to_string()));
                Ok((all(keys.iter().map(|key| ApiKeyBody::new(key, now)))?, more))
            }
            Part::Domains => {
                let (domains, more) = app.list_domains(by, page).await?;
                self.after = domains.last().map(|domain| (domain.created_at, domain.id.to_string()));
                Ok((all(domains.iter().map(DomainBody::new))?, more))
            }
            Part::WebhookEndpoints => {
                let (endpoints, more) = app.list_webhooks(by, page).await?;
                self.after = endpoints.last().map(|endpoint| (endpoint.created_at, endpoint.id.to_string()));
                Ok((all(endpoints.iter().map(|endpoint| WebhookEndpointBody::new(endpoint, now)))?, more))
            }
            Part::GatewayRoutes => {
                let (routes, more) = app.list_gateway_routes(by, page).await?;
                self.after = routes.last().map(|route| (route.created_at, route.id.to_string()));
                Ok((all(routes.iter().map(|route| GatewayRouteBody::new(route, now)))?, more))
            }
            Part::AlertRules => {
                let rules = app.alert_rules(by).await?;
                Ok((all(Kind::ALL.into_iter().map(|kind| AlertRuleBody::new(kind, &rules)))?, false))
            }
            Part::Alerts => {
                let query =
                    AlertQuery { status: None, kind: None, severity: None, subject: None, session_id: None, page };
                let found = app.list_alerts(by, query).await?;
                let (alerts, more) = (found.alerts, found.more);
                self.after = alerts.last().map(|alert| (alert.opened_at, alert.id.to_string()));
                Ok((all(alerts.iter().map(AlertBody::new))?, more))
            }
            Part::AuditLog => {
                let (before, limit) = (self.before, PAGE_ROWS_MAX);
                let query = AuditQuery { action: None, target: None, actor: None, before, limit };
                let page = app.read_audit_log(by, query).await?;
                self.before = page.entries.last().map(|entry| entry.seq);
                Ok((all(page.entries.into_iter().map(AuditEntryBody::new))?, page.more))
            }
            Part::Organization | Part::End => Ok((Vec::new(), false)),
        }
    }
}

fn all<T: Serialize>(bodies: impl Iterator<Item = T>) -> Result<Vec<String>, Error> {
    bodies.map(|body| json(&body)).collect()
}

fn json<T: Serialize>(body: &T) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|_| Error::Failed("a row does not encode".to_owned()))
}
