//! `/operator`: what the operator of a deployment does. Without a configured token these routes do not exist.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::Operator;
use super::fields::plain::{integer, object, one_of, text};
use super::fields::values::name;
use super::fields::{FieldErrors, Fields};
use super::idempotency;
use super::json::Json;
use super::key_body::{ApiKeyBody, IssuedKeyBody};
use super::organization::{ChangedOrganizationBody, OrganizationBody};
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::paths::OrganizationPath;
use super::prefer::Prefer;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::{App, Founded};
use crate::domain::id::OrganizationId;
use crate::domain::plan::{Plan, PlanName};
use crate::domain::session::OrganizationStatus;
use crate::organization::protocol::OrganizationChange;

/// The most a custom limit may be.
pub(super) const CUSTOM_LIMIT_MAX: i64 = 1_000_000_000;

/// A new organization with its first key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundedBody {
    /// The organization.
    pub(super) organization: OrganizationBody,
    /// Its "Default API Key", with the plaintext shown this once.
    pub(super) api_key: IssuedKeyBody,
}

impl FoundedBody {
    /// Writes an organization that has just been founded.
    pub(super) fn new(founded: &Founded, app: &App) -> Self {
        Self {
            organization: OrganizationBody::new(&founded.organization, app),
            api_key: IssuedKeyBody {
                record: ApiKeyBody::new(&founded.key, app.now()),
                // Shown here once, like any other new key (H3).
                key: founded.secret.expose().to_owned(),
            },
        }
    }
}

/// Creates an organization with its production default session and a first key with full access.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    _: Operator,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<FoundedBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let mut fields = Fields::of(body.json());
    let name = fields.required("name", text(name));
    let plan = fields.optional("plan", plan);
    let name = fields.finish_with(|| name)?;
    let outcome = app.found_organization(name, plan).await?;
    let path = format!("/operator/organizations/{}", outcome.reply.organization.id);
    Ok(Reply::created(path, FoundedBody::new(&outcome.reply, &app)).settled(outcome.settled))
}

/// Lists all organizations, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _: Operator,
    mut query: Query,
) -> Result<Reply<PageBody<OrganizationBody>>, Problem> {
    let cursors = Cursors { keyring: app.keyring(), list: "organizations", owner: "operator" };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (organizations, more) = app.list_organizations(page).await?;
    let last = organizations.last().map(|organization| (organization.created_at, organization.id.as_str()));
    let pagination = cursors.pagination(more, last);
    let bodies = organizations.iter().map(|organization| OrganizationBody::new(organization, &app));
    Ok(Reply::ok(PageBody { data: bodies.collect(), pagination }))
}

/// Reads any organization.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    query: Query,
) -> Result<Reply<OrganizationBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(OrganizationBody::new(&app.inspect_organization(&id).await?, &app)))
}

/// Changes name, plan or limits of an organization.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    prefer: Prefer,
    query: Query,
    body: JsonBody,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    fields.at_least_one();
    let change = OrganizationChange {
        name: fields.given("name", text(name)),
        plan: fields.given("plan", plan),
        alert_emails: None,
    };
    fields.finish()?;
    let outcome = app.change_organization(&id, change, prefer.0).await?;
    Ok(prefer.applied(Reply::ok(ChangedOrganizationBody::changed(&outcome, &app)), outcome.settled))
}

/// Suspends an organization: all its keys are refused until it is resumed.
pub(super) async fn suspend(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    prefer: Prefer,
    query: Query,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    set_status(&app, &id, prefer, query, OrganizationStatus::Suspended).await
}

/// Resumes a suspended organization.
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    prefer: Prefer,
    query: Query,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    set_status(&app, &id, prefer, query, OrganizationStatus::Active).await
}

/// Deletes an organization with all its sessions and keys, for good.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    _: Operator,
    OrganizationPath(id): OrganizationPath,
    prefer: Prefer,
    query: Query,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    set_status(&app, &id, prefer, query, OrganizationStatus::Deleted).await
}

async fn set_status(
    app: &App,
    id: &OrganizationId,
    prefer: Prefer,
    query: Query,
    status: OrganizationStatus,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.set_organization_status(id, status, prefer.0).await?;
    Ok(prefer.applied(Reply::ok(ChangedOrganizationBody::switched(&outcome, app)), outcome.settled))
}

/// Reads a plan: its name, and limits that differ from the preset's.
fn plan(json: &Json) -> Result<Plan, FieldErrors> {
    let names = PlanName::ALL.map(|plan| (plan.as_str(), plan));
    object(|fields| {
        let name = fields.required("name", text(one_of(&names)));
        let keys_per_session = fields.optional("keysPerSession", integer(1..=CUSTOM_LIMIT_MAX));
        let requests_per_minute = fields.optional("requestsPerMinute", integer(1..=CUSTOM_LIMIT_MAX));
        let small = |limit: Option<i64>| limit.and_then(|limit| u32::try_from(limit).ok());
        Some(Plan {
            name: name?,
            keys_per_session: small(keys_per_session),
            requests_per_minute: small(requests_per_minute),
        })
    })(json)
}
