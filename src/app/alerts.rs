//! Alerts of an organization, and the rules by which they are opened.

use super::call::unexpected;
use super::{App, Error, Principal};
use crate::domain::alert::Kind;
use crate::domain::alert::record::Alert;
use crate::domain::alert::rules::{RuleChange, Rules};
use crate::domain::id::AlertId;
use crate::domain::operation::Operation;
use crate::organization::protocol::{AlertQuery, Command, Reply};

/// A page of alerts.
#[derive(Debug)]
pub struct AlertPage {
    /// The alerts, newest first.
    pub alerts: Vec<Alert>,
    /// Whether there is another page.
    pub more: bool,
    /// How many were dropped since the beginning, for callers that reach the whole organization.
    pub dropped: Option<i64>,
}

impl App {
    /// A page of alerts within the caller's reach.
    ///
    /// # Errors
    /// `Unavailable` if the organization cannot be reached.
    pub async fn list_alerts(&self, by: &Principal, query: AlertQuery) -> Result<AlertPage, Error> {
        let command = Command::ListAlerts { caller: (*by.caller).clone(), query };
        let Reply::Alerts { alerts, more, dropped } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(AlertPage { alerts, more, dropped })
    }

    /// One alert within the caller's reach.
    ///
    /// # Errors
    /// `AlertNotFound`.
    pub async fn read_alert(&self, by: &Principal, id: &AlertId) -> Result<Alert, Error> {
        self.alert(by, Command::ReadAlert { caller: (*by.caller).clone(), id: id.clone() }).await
    }

    /// Notes that somebody has seen an alert.
    ///
    /// # Errors
    /// `AlertNotFound`, `OutsideReach`, `RoleInsufficient`, `OrganizationSuspended`, `OrganizationDeleted`.
    pub async fn acknowledge_alert(&self, by: &Principal, id: &AlertId) -> Result<Alert, Error> {
        let authority = by.authority(Operation::WriteAlerts);
        self.alert(by, Command::AcknowledgeAlert { authority, id: id.clone() }).await
    }

    async fn alert(&self, by: &Principal, command: Command) -> Result<Alert, Error> {
        let Reply::Alert { alert } = self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*alert)
    }

    /// The rules in force.
    ///
    /// # Errors
    /// `OutsideReach` for a caller that is bound to its own session.
    pub async fn alert_rules(&self, by: &Principal) -> Result<Rules, Error> {
        self.rules(by, Command::ReadAlertRules { caller: (*by.caller).clone() }).await
    }

    /// Changes the rule of a kind; without a change, it becomes the one by default again.
    ///
    /// # Errors
    /// `OutsideReach`, `RoleInsufficient`, `OrganizationSuspended`, `OrganizationDeleted`.
    pub async fn change_alert_rule(
        &self,
        by: &Principal,
        kind: Kind,
        change: Option<RuleChange>,
    ) -> Result<Rules, Error> {
        let authority = by.authority(Operation::WriteAlerts);
        self.rules(by, Command::ChangeAlertRule { authority, kind, change }).await
    }

    async fn rules(&self, by: &Principal, command: Command) -> Result<Rules, Error> {
        let Reply::AlertRules { rules } = self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(*rules)
    }
}
