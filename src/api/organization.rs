//! `/v1/organization`, `/organizations/{organizationId}` and `…/audit_log`: what a caller may read of its organization.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use super::callers::{By, ReadAuditLog, ReadOrganization};
use super::fields::{FieldCode, FieldError};
use super::key_body::{ActorBody, time};
use super::limit_body::{KeysOverQuotaBody, OrganizationLimitsBody};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, Pagination, filter_text, limit, no_parameters};
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, ChangedOrganization, Outcome};
use crate::domain::audit::{Action, Trace};
use crate::domain::organization::Organization;
use crate::domain::plan::Plan;
use crate::domain::timestamp::Timestamp;
use crate::object::audit_log::Head;
use crate::organization::protocol::{AuditQuery, LoggedEntry};

/// An organization.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrganizationBody {
    /// The id of the organization.
    id: String,
    /// The name it was given.
    name: String,
    /// Whether its keys are let through: `active`, `suspended` or `deleted`.
    status: &'static str,
    /// Its plan.
    plan: PlanBody,
    /// How many people belong to it.
    members_count: u32,
    /// Its production default session.
    default_session_id: String,
    /// When it was created.
    created_at: String,
    /// When it last changed.
    updated_at: String,
    /// When it was deleted.
    deleted_at: Option<String>,
    /// When everything about a deleted organization is forgotten; until then it can be exported.
    erased_at: Option<String>,
    /// Whom alerts are mailed to.
    alert_emails: Vec<String>,
}

/// An organization, with what is used of its limits.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReadOrganizationBody {
    /// The record.
    #[serde(flatten)]
    record: OrganizationBody,
    /// What may be used, and what is.
    limits: OrganizationLimitsBody,
}

/// An organization after a change, with the moment from which nobody acts on the state before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangedOrganizationBody {
    /// The record.
    #[serde(flatten)]
    record: OrganizationBody,
    /// From when on the change is in force everywhere.
    effective_at: String,
    /// What exceeds the plan that was chosen, and stays; null if nothing does.
    keys_over_quota: Option<KeysOverQuotaBody>,
}

/// A plan with its limits; null means unlimited.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanBody {
    /// The preset: `free`, `starter`, `pro` or `enterprise`.
    name: &'static str,
    /// Keys that may stand in one session at once.
    keys_per_session: Option<u32>,
    /// Requests that the organization may make in a minute.
    requests_per_minute: Option<u32>,
}

impl OrganizationBody {
    /// Writes the record.
    pub(super) fn new(organization: &Organization, app: &App) -> Self {
        let erased_at = organization.deleted_at.map(|at| at.plus_millis(app.retention_ms()));
        Self {
            id: organization.id.to_string(),
            name: organization.name.to_string(),
            status: organization.policy.status.as_str(),
            plan: PlanBody::new(&organization.policy.plan),
            members_count: organization.members_count,
            default_session_id: organization.default_session_id.to_string(),
            created_at: organization.created_at.to_string(),
            updated_at: organization.updated_at.to_string(),
            deleted_at: time(organization.deleted_at),
            erased_at: time(erased_at),
            alert_emails: organization.alert_emails.iter().map(|address| address.as_str().to_owned()).collect(),
        }
    }
}

impl ChangedOrganizationBody {
    /// Writes the record after a change of it.
    pub(super) fn changed(outcome: &Outcome<ChangedOrganization>, app: &App) -> Self {
        let organization = &outcome.reply.organization;
        let is_of_policy = organization.policy_at == Some(organization.updated_at);
        Self::new(outcome, if is_of_policy { app.now() } else { organization.updated_at }, app)
    }

    /// Writes the record after it was suspended, resumed or deleted; perhaps by an earlier request than this one.
    pub(super) fn switched(outcome: &Outcome<ChangedOrganization>, app: &App) -> Self {
        // Sessions have acknowledged it one after the other: now, all have.
        Self::new(outcome, app.now(), app)
    }

    fn new(outcome: &Outcome<ChangedOrganization>, committed_at: Timestamp, app: &App) -> Self {
        let ChangedOrganization { organization, excess } = &outcome.reply;
        Self {
            record: OrganizationBody::new(organization, app),
            effective_at: outcome.in_force_at.unwrap_or(committed_at).to_string(),
            keys_over_quota: excess.map(KeysOverQuotaBody::new),
        }
    }
}

impl PlanBody {
    fn new(plan: &Plan) -> Self {
        Self {
            name: plan.name.as_str(),
            keys_per_session: plan.max_keys_per_session(),
            requests_per_minute: plan.max_requests_per_minute(),
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEntryBody {
    /// The id of the entry.
    id: String,
    /// Its number in the log: the organization's, or the session's for a caller that is bound to one.
    seq: i64,
    /// When it happened.
    at: String,
    /// Who did it.
    actor: ActorBody,
    /// What was done.
    action: Action,
    /// The id of what it was done to.
    target: String,
    /// The session it happened in, if it happened in one.
    session_id: Option<String>,
    /// Names of the fields that changed, or the ids of what came of it.
    details: Vec<String>,
    /// The `x-request-id` of the request behind it; null where there was none.
    request_id: Option<String>,
    /// Where that request came from; null where there was none.
    origin: Option<AuditOriginBody>,
    /// SHA-256 over the previous entry's hash and this entry; null for a caller that is bound to one session.
    hash: Option<String>,
}

/// Where the request behind an entry came from.
#[derive(Debug, Serialize)]
pub(super) struct AuditOriginBody {
    /// The address of the client.
    ip: Option<String>,
    /// The country of the client, as the platform tells.
    country: Option<String>,
    /// What the client calls itself, shortened.
    client: Option<String>,
}

impl AuditEntryBody {
    /// Writes an entry as far as the caller may know it.
    pub(super) fn new(logged: LoggedEntry) -> Self {
        let LoggedEntry { seq, hash, entry, session_id } = logged;
        let (request_id, origin) = entry.trace.map_or((None, None), |trace| {
            let Trace { request_id, ip, country, client } = trace;
            (Some(request_id), Some(AuditOriginBody { ip: ip.map(|ip| ip.to_string()), country, client }))
        });
        Self {
            id: entry.id.to_string(),
            seq,
            at: entry.at.to_string(),
            actor: ActorBody::new(&entry.actor),
            action: entry.action,
            target: entry.target,
            session_id: session_id.map(|id| id.to_string()),
            details: entry.details,
            request_id,
            origin,
            hash,
        }
    }
}

/// A page of the audit log with the head of its chain.
#[derive(Debug, Serialize)]
pub(super) struct AuditBody {
    /// The page.
    #[serde(flatten)]
    page: PageBody<AuditEntryBody>,
    /// The newest entry of the whole log; null for a caller that is bound to one session.
    head: Option<AuditHead>,
}

impl AuditBody {
    /// Writes a page.
    pub(super) fn new(page: PageBody<AuditEntryBody>, head: Option<Head>) -> Self {
        Self { page, head: head.map(|head| AuditHead { seq: head.seq, hash: head.hash }) }
    }
}

/// The newest entry of a log: whoever keeps it can prove later that nothing before it was changed.
#[derive(Debug, Serialize)]
pub(super) struct AuditHead {
    /// Its number.
    seq: i64,
    /// Its hash.
    hash: String,
}

/// Reads the caller's organization with its plan, and what is used of it.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadOrganization>,
    query: Query,
) -> Result<Reply<ReadOrganizationBody>, Problem> {
    no_parameters(query)?;
    let (organization, pools) = app.read_organization(&caller).await?;
    let limits = OrganizationLimitsBody::new(&organization.policy.plan, &pools);
    Ok(Reply::ok(ReadOrganizationBody { record: OrganizationBody::new(&organization, &app), limits }))
}

/// Reads the audit log as far as the caller reaches, newest first.
pub(super) async fn audit_log(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadAuditLog>,
    mut query: Query,
) -> Result<Reply<AuditBody>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: "audit_log", owner: caller.caller.organization_id.as_str() };
    let wanted = AuditQuery {
        action: query.optional("action", action),
        target: query.optional("target", filter_text),
        actor: query.optional("actor", filter_text),
        before: query.optional("cursor", |text| {
            let refused = |_| FieldError::new(FieldCode::InvalidFormat, "is not a cursor of this list");
            cursors.read(text)?.parse().map_err(refused)
        }),
        limit: limit(&mut query, PAGE_ROWS_DEFAULT),
    };
    query.finish()?;
    let page = app.read_audit_log(&caller, wanted).await?;
    let last = page.entries.last().filter(|_| page.more).map(|entry| entry.seq);
    let pagination = Pagination { has_more: page.more, next_cursor: last.map(|seq| cursors.write(&seq.to_string())) };
    let data = page.entries.into_iter().map(AuditEntryBody::new).collect();
    Ok(Reply::ok(AuditBody::new(PageBody { data, pagination }, page.head)))
}

fn action(text: &str) -> Result<Action, FieldError> {
    let refused = |_| FieldError::new(FieldCode::InvalidFormat, "is not an action of the audit log");
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(refused)
}
