//! Invitations into organizations, and accepting them.

use super::call::{Outcome, unexpected};
use super::{App, Error, Link, Person, Principal};
use crate::domain::id::{InvitationId, OrganizationId, SignInId};
use crate::domain::invitation::Invitation;
use crate::domain::operation::Operation;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::{Membership, User};
use crate::object::{Authority, Rejection};
use crate::organization::invitations::INVITATION_PAGE;
use crate::organization::protocol::{Command, NewInvitation, Page, Reply};

/// How many organizations a user may belong to.
pub(crate) const MEMBERSHIPS_MAX: usize = 100;

impl App {
    /// Invites somebody; the link is shown this once.
    ///
    /// # Errors
    /// `RoleInsufficient`, `AlreadyMember`, `TooManyInvitations`, `OrganizationDeleted`.
    pub async fn invite(&self, by: &Principal, invitation: NewInvitation) -> Result<(Invitation, Link), Error> {
        let authority = by.authority(Operation::WriteMembers);
        self.invite_into(&by.caller.organization_id, authority, invitation).await
    }

    /// The same by the operator.
    ///
    /// # Errors
    /// `OrganizationNotFound`, and as above.
    pub async fn invite_as_operator(
        &self,
        organization_id: &OrganizationId,
        invitation: NewInvitation,
    ) -> Result<(Invitation, Link), Error> {
        self.invite_into(organization_id, Authority::Operator, invitation).await
    }

    async fn invite_into(
        &self,
        organization_id: &OrganizationId,
        authority: Authority,
        invitation: NewInvitation,
    ) -> Result<(Invitation, Link), Error> {
        let command = Command::Invite { authority, invitation };
        let Reply::Invited { invitation, token } = self.organization(organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        let link = self.link(INVITATION_PAGE, token, invitation.expires_at);
        Ok((*invitation, link))
    }

    /// A page of invitations, newest first, and whether there is another page.
    ///
    /// # Errors
    /// `Unavailable` if the organization cannot be reached.
    pub async fn list_invitations(&self, by: &Principal, page: Page) -> Result<(Vec<Invitation>, bool), Error> {
        let command = Command::ListInvitations { caller: (*by.caller).clone(), page };
        let Reply::Invitations { invitations, more } =
            self.organization(by.caller.organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok((invitations, more))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// `InvitationNotFound`, `InvitationEnded` if it was accepted.
    pub async fn revoke_invitation(&self, by: &Principal, id: &InvitationId) -> Result<(), Error> {
        let authority = by.authority(Operation::WriteMembers);
        let command = Command::RevokeInvitation { authority, id: id.clone() };
        self.organization(by.caller.organization_id.locator(), command).await.map(drop)
    }

    /// Makes a user who is signed in a member.
    ///
    /// # Errors
    /// `LinkInvalid`, `InvitationEnded`, `InvitationForAnother`, `AlreadyMember`, `TooManyAttempts`,
    /// `OrganizationLimitReached`.
    pub async fn accept_invitation(&self, person: &Person, token: &str) -> Result<Outcome<Membership>, Error> {
        self.require_tolerated(person.ip).await?;
        let token = Token::parse(TokenKind::Invitation, token, self.keyring()).ok_or(Rejection::LinkInvalid)?;
        // What happens to an account is told to each of its organizations, so there is an end to them. Some that are
        // accepted at once may slip past it.
        if self.read_account(person).await?.memberships.len() >= MEMBERSHIPS_MAX {
            return Err(Rejection::OrganizationLimitReached.into());
        }
        self.accept(&token, &person.user, &person.sign_in.id).await
    }

    pub(super) async fn accept(
        &self,
        token: &Token,
        user: &User,
        sign_in_id: &SignInId,
    ) -> Result<Outcome<Membership>, Error> {
        let command = Command::AcceptInvitation {
            hashes: token.hashes(self.keyring()),
            user_id: user.id.clone(),
            profile: user.profile.clone(),
            sign_in_id: sign_in_id.clone(),
        };
        self.organization(token.locator(), command).await.map_err(hide)?.map(|reply| {
            let Reply::Invitation { invitation, organization } = reply else {
                return unexpected();
            };
            let joined_at = invitation.accepted.map_or(organization.updated_at, |(_, at)| at);
            Ok(Membership {
                organization_id: organization.id,
                name: organization.name,
                status: organization.policy.status,
                role: invitation.role,
                joined_at,
            })
        })
    }
}

/// To somebody with a link, an organization that is gone is a link that leads nowhere.
pub(super) fn hide(error: Error) -> Error {
    if matches!(error, Error::Rejected(Rejection::OrganizationNotFound)) {
        Rejection::LinkInvalid.into()
    } else {
        error
    }
}
