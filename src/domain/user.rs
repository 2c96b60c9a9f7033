//! People: who signs in, and where they belong.

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::id::{OrganizationId, UserId};
use super::role::Role;
use super::session::OrganizationStatus;
use super::text::Name;
use super::timestamp::Timestamp;

/// The user record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its public name.
    pub id: UserId,
    /// Who the user is, as others see it.
    pub profile: Profile,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the changes of this record.
    pub generation: i64,
}

/// What a user is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The address the user signs in with.
    pub email: Email,
    /// The first name.
    pub first_name: Name,
    /// The last name.
    pub last_name: Name,
}

/// A member as its organization has it. The organization is the authority for the role; the profile is a copy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The user.
    pub user_id: UserId,
    /// What the user is called, as last heard.
    pub profile: Profile,
    /// What the user may do here.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// When the role last changed.
    pub updated_at: Timestamp,
}

/// The same, as the user's account has it: a copy for the list of one's own organizations, never a reason to let
/// anybody in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization_id: OrganizationId,
    /// What it is called.
    pub name: Name,
    /// Whether it is active.
    pub status: OrganizationStatus,
    /// What the user may do there.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}
