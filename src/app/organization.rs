//! What a caller may read of its organization: plan, and the audit log.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::caller::Reach;
use crate::domain::organization::Organization;
use crate::object::Rejection;
use crate::object::audit_log::Head;
use crate::organization::protocol::{AuditQuery, Command, LoggedEntry, Reply};

/// A page of the audit log.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<LoggedEntry>,
    /// Whether there is another page.
    pub more: bool,
    /// The newest entry of the chain, for callers that reach the whole organization.
    pub head: Option<Head>,
}

impl App {
    /// Reads the caller's organization.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session: what the organization pays for is none
    /// of its customers' business. `Unavailable` if it cannot be reached.
    pub async fn read_organization(&self, by: &Principal) -> Result<Organization, Error> {
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let command = Command::Read { caller: Some(by.caller.clone()) };
        let Reply::Organization { organization } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*organization)
    }

    /// Reads a page of the audit log, as far as the caller reaches.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be reached.
    pub async fn read_audit_log(&self, by: &Principal, query: AuditQuery) -> Result<AuditPage, Error> {
        let command = Command::ListAudit { caller: by.caller.clone(), query };
        let Reply::Audit { entries, more, head } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(AuditPage { entries, more, head })
    }
}
