//! What a caller may read of its organization: plan, and the audit log.

use super::call::{Outcome, Patience, unexpected};
use super::operator::ChangedOrganization;
use super::{App, Error, PlanChanges, Principal};
use crate::domain::caller::Reach;
use crate::domain::email::Email;
use crate::domain::operation::Operation;
use crate::domain::organization::Organization;
use crate::domain::plan::{Plan, PlanName};
use crate::domain::rate_limit::LimitUse;
use crate::domain::text::Name;
use crate::object::audit_log::{Chain, Head};
use crate::object::{Authority, Rejection};
use crate::organization::protocol::{AuditQuery, Command, LoggedEntry, OrganizationChange, Reply};
use crate::session::protocol::Command as SessionCommand;

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
    /// Reads the caller's organization, with what is used of its pools.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session: what the organization pays for is none
    /// of its customers' business. `Unavailable` if it cannot be reached.
    pub async fn read_organization(&self, by: &Principal) -> Result<(Organization, Vec<LimitUse>), Error> {
        if by.caller.reach == Reach::Session {
            return Err(Rejection::OutsideReach.into());
        }
        let command = Command::Read { caller: Some((*by.caller).clone()) };
        let Reply::Organization { organization, pools, .. } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok((*organization, pools))
    }

    /// Changes the name, whom alerts are mailed to, or the plan where owners choose it. Limits beside the presets are the
    /// operator's.
    ///
    /// # Errors
    /// `RoleInsufficient`, `PlanByOperator`, `OrganizationDeleted`; `LinkHookMissing` where nothing can be mailed.
    pub async fn change_own_organization(
        &self,
        by: &Principal,
        name: Option<Name>,
        plan: Option<PlanName>,
        alert_emails: Option<Vec<Email>>,
        patience: Patience,
    ) -> Result<Outcome<ChangedOrganization>, Error> {
        if plan.is_some() && self.settings.plan_changes == PlanChanges::Operator {
            return Err(Rejection::PlanByOperator.into());
        }
        // Nobody shall rely on mail that never comes; whoever wants none any more can always say so.
        let wants_mail = alert_emails.as_ref().is_some_and(|addresses| !addresses.is_empty());
        if wants_mail && self.world.rules.link_hook.is_none() {
            return Err(Rejection::LinkHookMissing.into());
        }
        // One change, one authority: the greatest of the operations.
        let operation = match (plan, &alert_emails) {
            (Some(_), _) => Operation::ChangePlan,
            (None, Some(_)) => Operation::ChangeAlertEmails,
            (None, None) => Operation::WriteOrganization,
        };
        let change = OrganizationChange { name, plan: plan.map(Plan::preset), alert_emails };
        let command = Command::Change { change, authority: by.authority(operation) };
        self.command_organization(&by.caller.organization_id, command, patience).await
    }

    /// Ends the organization: every key is dead when this returns settled.
    ///
    /// # Errors
    /// `RoleInsufficient`.
    pub async fn delete_own_organization(
        &self,
        by: &Principal,
        patience: Patience,
    ) -> Result<Outcome<ChangedOrganization>, Error> {
        let command = Command::Delete { authority: by.authority(Operation::DeleteOrganization) };
        self.command_organization(&by.caller.organization_id, command, patience).await
    }

    /// How long (ms) the data of a deleted organization is kept.
    pub fn retention_ms(&self) -> i64 {
        self.world.rules.retention_ms
    }

    /// Reads a portion of the audit log as it is stored, oldest entry first.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session. `Unavailable` if it cannot be reached.
    pub async fn read_chain(&self, by: &Principal, after: i64) -> Result<Chain, Error> {
        let command = Command::ReadChain { caller: (*by.caller).clone(), after };
        let Reply::Chain(chain) = self.organization(by.caller.organization_id.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(chain)
    }

    /// Whether the caller may still read the audit log: asked again before each further portion, since a reader may take its
    /// time.
    ///
    /// # Errors
    /// `SignedOut`, `RoleInsufficient`, `OrganizationNotFound` or `CallerRefused` if it may not. `Unavailable` if nobody can
    /// say.
    pub async fn continue_reading(&self, by: &Principal) -> Result<(), Error> {
        match by.authority(Operation::ReadAuditLog) {
            Authority::Key(credential) => {
                let (locator, ends) = (credential.key_id.locator(), false);
                self.session(locator, SessionCommand::Confirm { credential, ends }).await.map(drop)
            }
            Authority::User(seat) => {
                self.organization(by.caller.organization_id.locator(), Command::Confirm { seat }).await.map(drop)
            }
            Authority::Operator => Ok(()),
        }
    }

    /// Reads a page of the audit log, as far as the caller reaches.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be reached.
    pub async fn read_audit_log(&self, by: &Principal, query: AuditQuery) -> Result<AuditPage, Error> {
        let command = Command::ListAudit { caller: (*by.caller).clone(), query };
        let Reply::Audit { entries, more, head } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(AuditPage { entries, more, head })
    }
}
