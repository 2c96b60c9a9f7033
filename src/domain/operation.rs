//! What can be done through the API, and what each operation needs: a permission of a key, or a role of a member.

use serde::{Deserialize, Serialize};

use super::permission::Permission;

/// An operation of the service itself. The first ten and those of webhooks, domains and the gateway can be granted to keys; the rest is for
/// members.
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
    /// Read alerts and the rules for them.
    ReadAlerts,
    /// Say that an alert was seen, and change the rules.
    WriteAlerts,
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
    /// Choose whom alerts are mailed to.
    ChangeAlertEmails,
    /// Hand the organization over.
    TransferOrganization,
    /// Take a copy of everything.
    ExportOrganization,
    /// End the organization.
    DeleteOrganization,
    /// Read endpoints for webhooks and what was sent to them.
    ReadWebhooks,
    /// Create, change, try and delete endpoints for webhooks, and send events once more.
    WriteWebhooks,
    /// Read domains.
    ReadDomains,
    /// Name domains, have them verified, change them and give them up.
    WriteDomains,
    /// Read routes of the gateway.
    ReadGatewayRoutes,
    /// Create, change and delete routes of the gateway.
    WriteGatewayRoutes,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 25] = [
        Self::ReadApiKeys,
        Self::WriteApiKeys,
        Self::AllApiKeys,
        Self::VerifyKeys,
        Self::ReadSessions,
        Self::WriteSessions,
        Self::ReadOrganization,
        Self::ReadAuditLog,
        Self::ReadAlerts,
        Self::WriteAlerts,
        Self::WriteOrganization,
        Self::ReadMembers,
        Self::WriteMembers,
        Self::WriteOwners,
        Self::ChangePlan,
        Self::ChangeAlertEmails,
        Self::TransferOrganization,
        Self::ExportOrganization,
        Self::DeleteOrganization,
        Self::ReadWebhooks,
        Self::WriteWebhooks,
        Self::ReadDomains,
        Self::WriteDomains,
        Self::ReadGatewayRoutes,
        Self::WriteGatewayRoutes,
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
            | Self::ReadAlerts
            | Self::ReadMembers
            | Self::ExportOrganization
            | Self::ReadWebhooks
            | Self::ReadDomains
            | Self::ReadGatewayRoutes => true,
            Self::WriteAlerts
            | Self::WriteOrganization
            | Self::WriteMembers
            | Self::WriteOwners
            | Self::ChangePlan
            | Self::ChangeAlertEmails
            | Self::TransferOrganization
            | Self::DeleteOrganization
            | Self::WriteWebhooks
            | Self::WriteDomains
            | Self::WriteGatewayRoutes => false,
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
            Self::ReadAlerts => "alerts:read",
            Self::WriteAlerts => "alerts:write",
            Self::WriteOrganization => "organization:write",
            Self::ReadMembers => "members:read",
            Self::WriteMembers => "members:write",
            Self::WriteOwners => "owners:write",
            Self::ChangePlan => "organization:plan",
            Self::ChangeAlertEmails => "organization:alert_emails",
            Self::TransferOrganization => "organization:transfer",
            Self::ExportOrganization => "organization:export",
            Self::DeleteOrganization => "organization:delete",
            Self::ReadWebhooks => "webhooks:read",
            Self::WriteWebhooks => "webhooks:write",
            Self::ReadDomains => "domains:read",
            Self::WriteDomains => "domains:write",
            Self::ReadGatewayRoutes => "gateway_routes:read",
            Self::WriteGatewayRoutes => "gateway_routes:write",
        })
    }
}
