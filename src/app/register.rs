//! Registering: an account, with an organization of one's own or by invitation into another's.

use super::call::{Outcome, unexpected};
use super::sign_in::Attempt;
use super::{App, Error, Founded, Registration, SignedIn};
use crate::account::protocol::{Command, NewAccount, Reply};
use crate::directory::protocol::{Admission, Command as DirectoryCommand, Reply as DirectoryReply};
use crate::domain::audit::Actor;
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::password::Password;
use crate::domain::text::Name;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::{Profile, User};
use crate::object::Rejection;
use crate::organization::protocol::{Command as OrganizationCommand, Owner, Reply as OrganizationReply};

/// Somebody who registers.
#[derive(Debug)]
pub struct Register {
    /// Who.
    pub profile: Profile,
    /// The password chosen.
    pub password: Password,
    /// What to call the organization.
    pub organization_name: Option<Name>,
    /// The one-time token of a new deployment.
    pub setup_token: Option<String>,
    /// The token of an invitation.
    pub invitation: Option<String>,
}

/// A new user, signed in.
#[derive(Debug)]
pub struct Registered {
    /// The sign-in.
    pub signed_in: SignedIn,
    /// The organization founded along with the account, with its first key; none for who came by invitation.
    pub founded: Option<Founded>,
}

impl App {
    /// Creates an account, and signs its user in.
    ///
    /// # Errors
    /// `RegistrationClosed`, `SetupDone`, `EmailTaken`, what is wrong with the invitation, `TooManyAttempts`, `Busy`.
    pub async fn register(&self, request: Register, attempt: &Attempt) -> Result<Outcome<Registered>, Error> {
        self.require_tolerated(attempt.ip).await?;
        let (admission, invitation) = self.admission(&request).await?;
        let user_id = self.claim_address(&request.profile.email, admission).await?;
        if let Some(invitation) = &invitation {
            let command = OrganizationCommand::KeepInvitation {
                hashes: invitation.hashes(self.keyring()),
                user_id: user_id.clone(),
            };
            self.organization(invitation.locator(), command).await.map_err(super::invitations::hide)?;
        }
        let now = self.now();
        let user = User {
            id: user_id.clone(),
            profile: request.profile.clone(),
            created_at: now,
            updated_at: now,
            generation: 1,
        };
        let (founding, founded) = match &invitation {
            Some(_) => (None, None),
            None => {
                let name = request.organization_name.unwrap_or_else(|| organization_of(&request.profile.first_name));
                let owner = Owner { user_id: user_id.clone(), profile: request.profile.clone() };
                let (founding, founded) = self.draw_founding(name, None, Some(owner))?;
                (Some(founding), Some(founded))
            }
        };
        let (token, sign_in) = self.draw_sign_in(&user_id, attempt)?;
        let sign_in_id = sign_in.id.clone();
        let account = NewAccount { user, password: request.password, sign_in, founding };
        let outcome = self.account(user_id.locator(), Command::Create(Box::new(account))).await?;
        let Reply::SignedIn { account, expires_at } = outcome.reply else {
            return unexpected();
        };
        let mut signed_in = SignedIn { token, expires_at, account: *account };
        if let Some(invitation) = &invitation {
            // The account stands whatever comes of this; the invitation can be accepted later as well.
            let accepted = self.accept(invitation, &signed_in.account.user, &sign_in_id).await?;
            signed_in.account.memberships = vec![accepted.reply];
        } else if let Some(founded) = &founded {
            signed_in.account.memberships = vec![founded.membership()];
        }
        Ok(Outcome { reply: Registered { signed_in, founded }, settled: outcome.settled, in_force_at: None })
    }

    /// By what right somebody registers, with the invitation if that is it.
    async fn admission(&self, request: &Register) -> Result<(Admission, Option<Token>), Error> {
        let closed = || Error::from(Rejection::RegistrationClosed);
        if let Some(token) = &request.setup_token {
            return if self.settings.is_setup(token) { Ok((Admission::Setup, None)) } else { Err(closed()) };
        }
        let Some(text) = &request.invitation else {
            let open = self.settings.registration == Registration::Open;
            return if open { Ok((Admission::Open, None)) } else { Err(closed()) };
        };
        let token = Token::parse(TokenKind::Invitation, text, self.keyring()).ok_or(Rejection::LinkInvalid)?;
        let command = OrganizationCommand::ReadInvitation { hashes: token.hashes(self.keyring()) };
        let OrganizationReply::Invitation { invitation, .. } =
            self.organization(token.locator(), command).await.map_err(super::invitations::hide)?.reply
        else {
            return unexpected();
        };
        if self.settings.registration == Registration::Closed && invitation.invited_by != Actor::Operator {
            return Err(closed());
        }
        if invitation.email.is_some_and(|email| email.key() != request.profile.email.key()) {
            return Err(Rejection::InvitationForAnother.into());
        }
        // Before an address is held for nothing: the link may be kept for an account that is being created.
        if invitation.kept_for.is_some() && invitation.kept_for != self.find_user(&request.profile.email).await? {
            return Err(Rejection::InvitationEnded.into());
        }
        Ok((Admission::Invited, Some(token)))
    }

    async fn claim_address(&self, email: &Email, admission: Admission) -> Result<UserId, Error> {
        let user_id = UserId::mint(self.new_locator()?, self.keyring());
        let command = DirectoryCommand::Claim { email: email.clone(), user_id, admission };
        let DirectoryReply::User { user_id: Some(user_id) } = self.directory(command).await?.reply else {
            return unexpected();
        };
        Ok(user_id)
    }
}

fn organization_of(first_name: &Name) -> Name {
    Name::parse(&format!("{first_name}'s organization")).unwrap_or_else(|_| Name::of("My organization"))
}
