//! What can be done through the API, and what each operation needs: a permission of a key, or a role of a member.

use serde::{Deserialize, Serialize};

use super::permission::Permission;

/// An operation of the service itself. The first eight can be granted to keys; the rest is for members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Read key records.
    ReadApiKeys,
    /// Issue, change, rotate and revoke keys.
    WriteApiKeys,
    /// Everything about keys; in the production default session it gives reach over the organization.
    AllApiKeys,
    /// Verify keys of others.
    VerifyKeys,
    /// Read sessions.
    ReadSessions,
    /// Create, change and delete sessions.
    WriteSessions,
    /// Read the organization.
    ReadOrganization,
    /// Read the audit log.
    ReadAuditLog,
    /// Rename the organization.
    WriteOrganization,
    /// Read members and invitations.
    ReadMembers,
    /// Invite people, change their roles, remove them; owners excepted.
    WriteMembers,
    /// The same with owners, and links that set a member's password anew.
    WriteOwners,
    /// Choose the plan.
    ChangePlan,
    /// Hand the organization over.
    TransferOrganization,
    /// Take a copy of everything.
    ExportOrganization,
    /// End the organization.
    DeleteOrganization,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 16] = [
        Self::ReadApiKeys,
        Self::WriteApiKeys,
        Self::AllApiKeys,
        Self::VerifyKeys,
        Self::ReadSessions,
        Self::WriteSessions,
        Self::ReadOrganization,
        Self::ReadAuditLog,
        Self::WriteOrganization,
        Self::ReadMembers,
        Self::WriteMembers,
        Self::WriteOwners,
        Self::ChangePlan,
        Self::TransferOrganization,
        Self::ExportOrganization,
        Self::DeleteOrganization,
    ];

    /// Whether members may do it while their organization is suspended: look, take a copy, and end keys and sessions.
    /// What would bring something new into being is refused where it is done.
    pub fn is_open_to_suspended(self) -> bool {
        match self {
            Self::ReadApiKeys
            | Self::WriteApiKeys
            | Self::AllApiKeys
            | Self::VerifyKeys
            | Self::ReadSessions
            | Self::WriteSessions
            | Self::ReadOrganization
            | Self::ReadAuditLog
            | Self::ReadMembers
            | Self::ExportOrganization => true,
            Self::WriteOrganization
            | Self::WriteMembers
            | Self::WriteOwners
            | Self::ChangePlan
            | Self::TransferOrganization
            | Self::DeleteOrganization => false,
        }
    }

    /// The permission it needs, and its name in the table of roles.
    pub fn permission(self) -> Permission {
        Permission::of(match self {
            Self::ReadApiKeys => "api_keys:read",
            Self::WriteApiKeys => "api_keys:write",
            Self::AllApiKeys => "api_keys:*",
            Self::VerifyKeys => "keys:verify",
            Self::ReadSessions => "sessions:read",
            Self::WriteSessions => "sessions:write",
            Self::ReadOrganization => "organization:read",
            Self::ReadAuditLog => "audit_log:read",
            Self::WriteOrganization => "organization:write",
            Self::ReadMembers => "members:read",
            Self::WriteMembers => "members:write",
            Self::WriteOwners => "owners:write",
            Self::ChangePlan => "organization:plan",
            Self::TransferOrganization => "organization:transfer",
            Self::ExportOrganization => "organization:export",
            Self::DeleteOrganization => "organization:delete",
        })
    }
}
