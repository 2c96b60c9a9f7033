//! People as clients read them: users, sign-ins, members, invitations. No secret stands in any of these.

use serde::Serialize;

use super::key_body::{ActorBody, time};
use crate::account::protocol::{Account, SignInRecord};
use crate::domain::email::Email;
use crate::domain::id::SignInId;
use crate::domain::invitation::Invitation;
use crate::domain::timestamp::Timestamp;
use crate::domain::user::{Member, Membership, User};

/// A user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    /// The id of the user.
    id: String,
    /// The address the user signs in with.
    email: String,
    /// The first name.
    first_name: String,
    /// The last name.
    last_name: String,
    /// When the account was created.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

/// An account as its user sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountBody {
    /// The user.
    #[serde(flatten)]
    user: UserBody,
    /// Whether a second factor is needed to sign in.
    totp_enabled: bool,
    /// The organizations the user belongs to, the oldest membership first.
    organizations: Vec<MembershipBody>,
}

/// An organization the user belongs to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MembershipBody {
    /// The id of the organization.
    id: String,
    /// What it is called.
    name: String,
    /// What the user may do there: `owner`, `admin`, `member` or `viewer`.
    role: &'static str,
    /// Whether it is `active`, `suspended` or `deleted`.
    status: &'static str,
    /// Since when the user belongs to it.
    joined_at: String,
}

/// A sign-in that stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignInBody {
    /// The id of the sign-in.
    id: String,
    /// When it began.
    created_at: String,
    /// When it was last used, within an hour.
    last_used_at: String,
    /// When it ends if it is not used before.
    expires_at: String,
    /// Whether it is a browser's cookie.
    cookie: bool,
    /// The address it came from.
    ip: Option<String>,
    /// What the client called itself.
    client: Option<String>,
    /// Whether it is the one of this request.
    current: bool,
}

/// A member of an organization.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberBody {
    /// The id of the user.
    user_id: String,
    /// The address the user signs in with.
    email: String,
    /// The first name.
    first_name: String,
    /// The last name.
    last_name: String,
    /// What the user may do: `owner`, `admin`, `member` or `viewer`.
    role: &'static str,
    /// Since when the user belongs to the organization.
    joined_at: String,
    /// When the role last changed.
    updated_at: String,
}

/// An invitation. The link's token is not in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationBody {
    /// The id of the invitation.
    id: String,
    /// The only address that may accept it; null means whoever has the link.
    email: Option<String>,
    /// The role it gives.
    role: &'static str,
    /// Where it stands: `pending`, `accepted`, `revoked` or `expired`.
    status: &'static str,
    /// Who invited.
    invited_by: ActorBody,
    /// When.
    created_at: String,
    /// Until when it can be accepted.
    expires_at: String,
    /// Who has accepted it.
    accepted_by: Option<String>,
    /// When it was accepted.
    accepted_at: Option<String>,
    /// When it was taken back.
    revoked_at: Option<String>,
}

impl UserBody {
    /// Writes the record.
    pub(super) fn new(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.profile.email.to_string(),
            first_name: user.profile.first_name.to_string(),
            last_name: user.profile.last_name.to_string(),
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}

impl AccountBody {
    /// Writes the account.
    pub(super) fn new(account: &Account) -> Self {
        Self {
            user: UserBody::new(&account.user),
            totp_enabled: account.totp_enabled,
            organizations: memberships(&account.memberships),
        }
    }
}

/// Writes the organizations of a user.
pub(super) fn memberships(all: &[Membership]) -> Vec<MembershipBody> {
    all.iter().map(MembershipBody::new).collect()
}

impl MembershipBody {
    /// Writes the copy that the account has.
    pub(super) fn new(membership: &Membership) -> Self {
        Self {
            id: membership.organization_id.to_string(),
            name: membership.name.to_string(),
            role: membership.role.as_str(),
            status: membership.status.as_str(),
            joined_at: membership.joined_at.to_string(),
        }
    }
}

impl SignInBody {
    /// Writes the record; `current` is the sign-in of the request.
    pub(super) fn new(record: SignInRecord, current: &SignInId) -> Self {
        Self {
            current: record.id == *current,
            id: record.id.to_string(),
            created_at: record.created_at.to_string(),
            last_used_at: record.last_used_at.to_string(),
            expires_at: record.expires_at.to_string(),
            cookie: record.cookie,
            ip: record.ip,
            client: record.client,
        }
    }
}

impl MemberBody {
    /// Writes the record.
    pub(super) fn new(member: &Member) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            email: member.profile.email.to_string(),
            first_name: member.profile.first_name.to_string(),
            last_name: member.profile.last_name.to_string(),
            role: member.role.as_str(),
            joined_at: member.joined_at.to_string(),
            updated_at: member.updated_at.to_string(),
        }
    }
}

impl InvitationBody {
    /// Writes the record as it stands at `now`.
    pub(super) fn new(invitation: &Invitation, now: Timestamp) -> Self {
        let accepted = invitation.accepted.as_ref();
        Self {
            id: invitation.id.to_string(),
            email: invitation.email.as_ref().map(Email::to_string),
            role: invitation.role.as_str(),
            status: invitation.status(now).as_str(),
            invited_by: ActorBody::new(&invitation.invited_by),
            created_at: invitation.created_at.to_string(),
            expires_at: invitation.expires_at.to_string(),
            accepted_by: accepted.map(|(user_id, _)| user_id.to_string()),
            accepted_at: time(accepted.map(|(_, at)| *at)),
            revoked_at: time(invitation.revoked_at),
        }
    }
}
