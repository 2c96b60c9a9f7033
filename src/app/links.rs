//! One-time links: what whoever asked for one gets, and who may ask.

use super::call::unexpected;
use super::sign_in::Attempt;
use super::{App, Error, Principal};
use crate::account::protocol::{Command, Reply, ResetBy};
use crate::account::resets::RESET_PAGE;
use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::operation::Operation;
use crate::domain::password::Password;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenKind};
use crate::object::{Authority, Rejection};
use crate::organization::protocol::OneTime;

/// A one-time link, in the one answer that has it.
#[derive(Debug)]
pub struct Link {
    /// What has to be sent in.
    pub token: OneTime,
    /// The page that sends it in, where the deployment has one.
    pub url: Option<String>,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl App {
    /// Makes a link with which a member chooses a new password; for an owner of the member's only organization.
    ///
    /// # Errors
    /// `MemberNotFound`, `MemberElsewhere`, `RoleInsufficient`.
    pub async fn reset_member(&self, by: &Principal, user_id: &UserId) -> Result<Link, Error> {
        let Authority::User(seat) = by.authority(Operation::WriteOwners) else {
            return Err(Rejection::MemberNotFound.into());
        };
        // Only accounts of members are asked; whether this is one, the organization knows.
        self.read_member(by, user_id).await?;
        self.request_reset(user_id, ResetBy::Owner(seat)).await
    }

    /// Makes a link with which a user chooses a new password; for the operator.
    ///
    /// # Errors
    /// `UserNotFound`.
    pub async fn reset_user(&self, user_id: &UserId) -> Result<Link, Error> {
        self.request_reset(user_id, ResetBy::Operator).await
    }

    async fn request_reset(&self, user_id: &UserId, by: ResetBy) -> Result<Link, Error> {
        if let Reply::Link { token, expires_at } =
            self.account(user_id.locator(), Command::RequestReset { by }).await?.reply
        {
            Ok(self.link(RESET_PAGE, OneTime(token), expires_at))
        } else {
            unexpected()
        }
    }

    /// Has a link sent to whoever owns an address, if anybody does. The answer is the same, and takes the same time.
    ///
    /// # Errors
    /// `LinkHookMissing`, `TooManyAttempts`.
    pub async fn forgot_password(&self, email: &Email, attempt: &Attempt) -> Result<(), Error> {
        if self.world.rules.link_hook.is_none() {
            return Err(Rejection::LinkHookMissing.into());
        }
        self.require_tolerated(attempt.ip).await?;
        let _place = self.attempts.take(Some(email.key()))?;
        let began = self.now();
        let asked = self.send_reset(email).await;
        self.wait_until_floor(began).await;
        asked
    }

    async fn send_reset(&self, email: &Email) -> Result<(), Error> {
        if let Some(user_id) = self.find_user(email).await? {
            let command = Command::RequestReset { by: ResetBy::Anybody };
            match self.account(user_id.locator(), command).await {
                // An address that is only held for an account to be.
                Ok(_) | Err(Error::Rejected(Rejection::UserNotFound)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sets a password by a link. Every sign-in ends.
    ///
    /// # Errors
    /// `LinkInvalid`, `TooManyAttempts`, `Busy`.
    pub async fn reset_password(&self, token: &str, new: Password, attempt: &Attempt) -> Result<(), Error> {
        self.require_tolerated(attempt.ip).await?;
        let token = Token::parse(TokenKind::PasswordReset, token, self.keyring()).ok_or(Rejection::LinkInvalid)?;
        let command = Command::Reset { hashes: token.hashes(self.keyring()), new };
        match self.account(token.locator(), command).await {
            Ok(_) => Ok(()),
            // What has become of whoever made the link is none of the bearer's business.
            Err(Error::Rejected(
                Rejection::RoleInsufficient | Rejection::OrganizationNotFound | Rejection::OrganizationSuspended,
            )) => Err(Rejection::LinkInvalid.into()),
            Err(error) => Err(error),
        }
    }

    /// A link that leads to a page of the dashboard.
    pub(super) fn link(&self, page: &str, token: OneTime, expires_at: Timestamp) -> Link {
        let url = self.world.rules.page(page, &token.0);
        Link { token, url, expires_at }
    }
}
