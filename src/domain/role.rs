//! What the members of an organization may do: one table of roles and operations.
//!
//! A member may do what a key with full access may, and no more: whoever issues such a key gains nothing by it. What
//! goes beyond (people, plan, the organization itself) no key can do at all.

use serde::{Deserialize, Serialize};

use super::operation::Operation;

/// The role of a member, the most powerful last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Works with keys and sessions.
    Member,
    /// Looks after people and the organization's name, besides.
    Admin,
    /// Decides about everything.
    Owner,
}

impl Role {
    /// All roles, the least powerful first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Admin, Self::Owner];

    /// The word that clients read and write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Whether a member of this role may do it.
    pub fn allows(self, operation: Operation) -> bool {
        self >= Self::needed_for(operation)
    }

    /// The least powerful role that may do it.
    pub fn needed_for(operation: Operation) -> Self {
        match operation {
            Operation::ReadApiKeys
            | Operation::ReadSessions
            | Operation::ReadOrganization
            | Operation::ReadAlerts
            | Operation::ReadMembers
            | Operation::ReadDomains => Self::Viewer,
            Operation::WriteApiKeys
            | Operation::AllApiKeys
            | Operation::VerifyKeys
            | Operation::WriteSessions
            | Operation::ReadAuditLog
            | Operation::WriteAlerts
            | Operation::ReadWebhooks
            | Operation::WriteWebhooks
            | Operation::WriteDomains
            | Operation::ReadGatewayRoutes
            | Operation::WriteGatewayRoutes => Self::Member,
            Operation::WriteOrganization | Operation::WriteMembers => Self::Admin,
            Operation::WriteOwners
            | Operation::ChangePlan
            | Operation::ChangeAlertEmails
            | Operation::TransferOrganization
            | Operation::ExportOrganization
            | Operation::DeleteOrganization => Self::Owner,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_do_everything_that_a_lesser_one_may() {
        for [lesser, greater] in [[Role::Viewer, Role::Member], [Role::Member, Role::Admin], [Role::Admin, Role::Owner]]
        {
            let allowed = |role: Role| Operation::ALL.into_iter().filter(|operation| role.allows(*operation)).count();
            assert!(allowed(lesser) < allowed(greater), "{lesser:?} {greater:?}");
            assert!(Operation::ALL.into_iter().all(|operation| !lesser.allows(operation) || greater.allows(operation)));
        }
        assert!(Operation::ALL.into_iter().all(|operation| Role::Owner.allows(operation)));
    }

    #[test]
    fn who_may_issue_keys_may_do_all_that_a_key_may() {
        let of_keys = &Operation::ALL[..10];
        for role in Role::ALL.into_iter().filter(|role| role.allows(Operation::WriteApiKeys)) {
            assert!(of_keys.iter().all(|operation| role.allows(*operation)), "{role:?} gains something by a key");
        }
    }
}
