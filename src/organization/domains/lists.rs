//! What can be read of domains. Who is bound to one session reads nothing: they are the organization's.

use super::protocol::DomainReply;
use super::store;
use crate::domain::caller::{Caller, Reach};
use crate::domain::id::DomainId;
use crate::object::{Abort, Rejection};
use crate::organization::changes::require_organization;
use crate::organization::lists::Filter;
use crate::organization::protocol::Page;
use crate::ports::Sql;

fn require_reach(sql: &dyn Sql, caller: &Caller) -> Result<(), Abort> {
    if require_organization(sql)?.id != caller.organization_id {
        return Err(Rejection::OrganizationNotFound.into());
    }
    match caller.reach {
        Reach::Organization => Ok(()),
        Reach::Session => Err(Rejection::OutsideReach.into()),
    }
}

/// A page of domains, the newest first.
pub fn domains(sql: &dyn Sql, caller: &Caller, page: &Page) -> Result<DomainReply, Abort> {
    require_reach(sql, caller)?;
    let mut filter = Filter::default();
    filter.after(page);
    let (rows, more) = filter.page(sql, "SELECT record FROM domains", "created_at DESC, id DESC", page.limit)?;
    Ok(DomainReply::Domains { domains: rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?, more })
}

/// One domain.
pub fn domain(sql: &dyn Sql, caller: &Caller, id: &DomainId) -> Result<DomainReply, Abort> {
    require_reach(sql, caller)?;
    let domain = store::domain(sql, id)?.ok_or(Rejection::DomainNotFound)?;
    Ok(DomainReply::Domain { domain: Box::new(domain) })
}
