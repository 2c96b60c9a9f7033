//! `…/domains`: the domains that keys of an organization may be bound to.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use super::body::JsonBody;
use super::callers::{By, ReadDomains, WriteDomains};
use super::domain_body::{ChangedDomainBody, DomainBody, domain_change, new_domain};
use super::idempotency;
use super::pages::{Cursors, PAGE_ROWS_DEFAULT, PageBody, no_parameters};
use super::paths::DomainPath;
use super::prefer::Prefer;
use super::problem::{Code, Problem};
use super::query::Query;
use super::reply::Reply;
use crate::app::App;

/// Names a domain. It is `pending` until its `record` stands in the DNS and was looked for.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    By(caller, mount, ..): By<WriteDomains>,
    query: Query,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Reply<DomainBody>, Problem> {
    no_parameters(query)?;
    idempotency::refuse(&headers)?;
    let domain = app.create_domain(&caller, new_domain(body.json())?).await?;
    Ok(Reply::created(mount.path(&format!("/domains/{}", domain.id)), DomainBody::new(&domain)))
}

/// Lists the domains, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadDomains>,
    mut query: Query,
) -> Result<Reply<PageBody<DomainBody>>, Problem> {
    let owner = caller.caller.organization_id.as_str();
    let cursors = Cursors { keyring: app.keyring(), list: "domains", owner };
    let page = cursors.page(&mut query, PAGE_ROWS_DEFAULT);
    query.finish()?;
    let (domains, more) = app.list_domains(&caller, page).await?;
    let pagination = cursors.pagination(more, domains.last().map(|domain| (domain.created_at, domain.id.as_str())));
    Ok(Reply::ok(PageBody { data: domains.iter().map(DomainBody::new).collect(), pagination }))
}

/// Reads a domain.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    By(caller, ..): By<ReadDomains>,
    DomainPath(id): DomainPath,
    query: Query,
) -> Result<Reply<DomainBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(DomainBody::new(&app.read_domain(&caller, &id).await?)))
}

/// Changes whether a domain stands for its subdomains, and what its loss does.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteDomains>,
    DomainPath(id): DomainPath,
    query: Query,
    prefer: Prefer,
    body: JsonBody,
) -> Result<Reply<ChangedDomainBody>, Problem> {
    no_parameters(query)?;
    let change = domain_change(body.json())?;
    let outcome = app.change_domain(&caller.waiting(prefer.0), &id, change).await?;
    Ok(prefer.applied(Reply::ok(ChangedDomainBody::new(&outcome, app.now())), outcome.settled))
}

/// Gives a domain up. Keys that are bound to it keep it, unverified.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteDomains>,
    DomainPath(id): DomainPath,
    query: Query,
    prefer: Prefer,
) -> Result<Reply<ChangedDomainBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.delete_domain(&caller.waiting(prefer.0), &id).await?;
    Ok(prefer.applied(Reply::ok(ChangedDomainBody::new(&outcome, app.now())), outcome.settled))
}

/// Looks for the record of a domain in the DNS, at once.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    By(caller, ..): By<WriteDomains>,
    DomainPath(id): DomainPath,
    query: Query,
    prefer: Prefer,
) -> Result<Reply<ChangedDomainBody>, Problem> {
    no_parameters(query)?;
    let outcome = app.verify_domain(&caller.waiting(prefer.0), &id).await?;
    let outcome = outcome.ok_or_else(|| Problem::new(Code::ResolverUnavailable))?;
    Ok(prefer.applied(Reply::ok(ChangedDomainBody::new(&outcome, app.now())), outcome.settled))
}
