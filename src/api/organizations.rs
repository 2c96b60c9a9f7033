//! `/organizations`: the organizations of a user, and what their members do with them as a whole.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use super::body::JsonBody;
use super::callers::{By, DeleteOrganization, SignedIn, WriteOrganization};
use super::fields::Fields;
use super::fields::people::email;
use super::fields::plain::{self, one_of, text};
use super::fields::values::name;
use super::idempotency;
use super::operator::FoundedBody;
use super::organization::ChangedOrganizationBody;
use super::pages::no_parameters;
use super::people_body::{MembershipBody, memberships};
use super::prefer::Prefer;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::domain::email::Email;
use crate::domain::plan::PlanName;
use crate::organization::alerts::mail::ADDRESSES_MAX;

/// The organizations of a user.
#[derive(Debug, Serialize)]
pub(super) struct OrganizationsBody {
    /// The oldest membership first.
    data: Vec<MembershipBody>,
}

/// Lists the organizations the user belongs to.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
) -> Result<Reply<OrganizationsBody>, Problem> {
    no_parameters(query)?;
    let account = app.read_account(&person).await?;
    Ok(Reply::ok(OrganizationsBody { data: memberships(&account.memberships) }))
}

/// Founds another organization, which the user owns.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    SignedIn(person): SignedIn,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<FoundedBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let mut fields = Fields::of(body.json());
    let name = fields.required("name", text(name));
    let name = fields.finish_with(|| name)?;
    let outcome = app.found_own_organization(&person, name).await?;
    let path = format!("/organizations/{}", outcome.reply.organization.id);
    Ok(Reply::created(path, FoundedBody::new(&outcome.reply, &app)).settled(outcome.settled))
}

/// Renames the organization, chooses whom alerts are mailed to, or puts it on another plan where owners choose it.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteOrganization>,
    prefer: Prefer,
    query: Query,
    body: JsonBody,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    no_parameters(query)?;
    let mut fields = Fields::of(body.json());
    fields.at_least_one();
    let name = fields.given("name", text(name));
    let plan = fields.given("plan", text(one_of(&PlanName::ALL.map(|plan| (plan.as_str(), plan)))));
    let addresses = fields.given("alertEmails", plain::list(ADDRESSES_MAX, "addresses", |json| text(email)(json)));
    fields.finish()?;
    let outcome = app.change_own_organization(&caller, name, plan, addresses.map(distinct), prefer.0).await?;
    Ok(prefer.applied(Reply::ok(ChangedOrganizationBody::changed(&outcome, &app)), outcome.settled))
}

/// Each address once.
fn distinct(addresses: Vec<Email>) -> Vec<Email> {
    let mut known = BTreeSet::new();
    addresses.into_iter().filter(|address| known.insert(address.key())).collect()
}

/// Deletes the organization with all sessions and keys. Its data is kept for a while, so that it can be exported.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    By(caller, ..): By<DeleteOrganization>,
    prefer: Prefer,
    query: Query,
) -> Result<Reply<ChangedOrganizationBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.delete_own_organization(&caller, prefer.0).await?;
    Ok(prefer.applied(Reply::ok(ChangedOrganizationBody::switched(&outcome, &app)), outcome.settled))
}
