//! What a role may, a permission lets, and a caller hands on: decided here once more, not read from the service.

use crate::command::{Grants, Role};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    ReadKeys,
    WriteKeys,
    VerifyKeys,
    WriteSessions,
    ReadMembers,
    WriteMembers,
}

impl Deed {
    /// The least role that may.
    pub(crate) fn least(self) -> Role {
        match self {
            Self::ReadKeys | Self::ReadMembers => Role::Viewer,
            Self::WriteKeys | Self::VerifyKeys | Self::WriteSessions => Role::Member,
            Self::WriteMembers => Role::Admin,
        }
    }

    /// The least that a key must be granted, where grants are in their order.
    pub(crate) fn needs(self) -> Grants {
        match self {
            Self::ReadKeys | Self::WriteKeys => Grants::Manage,
            Self::VerifyKeys | Self::WriteSessions | Self::ReadMembers | Self::WriteMembers => Grants::Everything,
        }
    }

    /// Whether members of a suspended organization may do it still.
    pub(crate) fn is_open_to_suspended(self) -> bool {
        self != Self::WriteMembers
    }
}

impl Grants {
    /// Whether a key with these may do what takes those.
    pub(crate) fn allow(self, wanted: Self) -> bool {
        self == Self::Everything || self == wanted
    }

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Send => "emails:send",
            Self::Manage => "api_keys:*",
            Self::Everything => "*",
        }
    }

    /// One permission that takes just these.
    pub(crate) fn wish(self) -> &'static str {
        match self {
            Self::Send => "emails:send",
            Self::Manage => "api_keys:write",
            Self::Everything => "invoices:read",
        }
    }
}

impl Role {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}
