//! What can be done through the API, and the permission each operation needs.

use super::permission::Permission;

/// An operation of the service itself that a key can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

impl Operation {
    /// The permission it needs.
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
        })
    }
}
