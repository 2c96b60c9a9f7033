//! What a caller may read of its organization: plan, and the audit log.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::organization::Organization;
use crate::organization::protocol::{AuditQuery, Command, LoggedEntry, Reply};

/// A page of the audit log.
#[derive(Debug)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<LoggedEntry>,
    /// Whether there is another page.
    pub more: bool,
    /// The number of the newest entry of the chain.
    pub head_seq: i64,
    /// Its hash.
    pub head_hash: String,
}

impl App {
    /// Reads the caller's organization.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be reached.
    pub async fn read_organization(&self, by: &Principal) -> Result<Organization, Error> {
        let command = Command::Read { caller: Some(by.caller.clone()) };
        match self.organization(by.caller.organization_id.locator(), command).await?.reply {
            Reply::Organization { organization } => Ok(*organization),
            _ => unexpected(),
        }
    }

    /// Reads a page of the audit log, as far as the caller reaches.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be reached.
    pub async fn read_audit_log(&self, by: &Principal, query: AuditQuery) -> Result<AuditPage, Error> {
        let command = Command::ListAudit { caller: by.caller.clone(), query };
        match self.organization(by.caller.organization_id.locator(), command).await?.reply {
            Reply::Audit { entries, more, head_seq, head_hash } => Ok(AuditPage { entries, more, head_seq, head_hash }),
            _ => unexpected(),
        }
    }
}
