//! Invitations: a one-time link into an organization.

use serde::{Deserialize, Serialize};

use super::audit::Actor;
use super::email::Email;
use super::id::{InvitationId, UserId};
use super::role::Role;
use super::timestamp::Timestamp;

/// The invitation record. The link's secret is not in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its public name.
    pub id: InvitationId,
    /// The only address that may accept it; none means whoever holds the link.
    pub email: Option<Email>,
    /// The role it gives.
    pub role: Role,
    /// Who invited.
    pub invited_by: Actor,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// The user whose account is being created by it, and who alone may accept it from then on.
    #[serde(default)]
    pub kept_for: Option<UserId>,
    /// Who has accepted it, and when.
    pub accepted: Option<(UserId, Timestamp)>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// It was accepted.
    Accepted,
    /// It was taken back.
    Revoked,
    /// Nobody accepted it in time.
    Expired,
}

impl Invitation {
    /// Where it stands at `now`.
    pub fn status(&self, now: Timestamp) -> InvitationStatus {
        if self.accepted.is_some() {
            InvitationStatus::Accepted
        } else if self.revoked_at.is_some() {
            InvitationStatus::Revoked
        } else if self.expires_at <= now {
            InvitationStatus::Expired
        } else {
            InvitationStatus::Pending
        }
    }
}

impl InvitationStatus {
    /// The word that clients read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}
