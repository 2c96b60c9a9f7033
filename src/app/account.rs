//! What a user who is signed in does with the own account.

use super::call::{Outcome, unexpected};
use super::{App, Error, Founded, Person};
use crate::account::protocol::{Account, Command, RemovedBy, Reply, SignInRecord};
use crate::domain::audit::ChainedEntry;
use crate::domain::id::{SignInId, UserId};
use crate::domain::password::Password;
use crate::domain::role::Role;
use crate::domain::text::Name;
use crate::domain::user::Membership;
use crate::object::Rejection;
use crate::object::audit_log::{Chain, Head};
use crate::organization::protocol::Owner;

impl App {
    /// Reads the account.
    ///
    /// # Errors
    /// `SignedOut`; `Unavailable`.
    pub async fn read_account(&self, person: &Person) -> Result<Account, Error> {
        self.command_account(person, Command::Read { by: person.sign_in.id.clone() }).await
    }

    /// Changes the name.
    ///
    /// # Errors
    /// `SignedOut`, `TooManyAttempts`; `Unavailable`.
    pub async fn change_name(
        &self,
        person: &Person,
        first_name: Option<Name>,
        last_name: Option<Name>,
    ) -> Result<Account, Error> {
        self.require_tolerated(person.ip).await?;
        let by = person.sign_in.id.clone();
        self.command_account(person, Command::ChangeName { by, first_name, last_name }).await
    }

    /// Changes the password; every other sign-in ends.
    ///
    /// # Errors
    /// `WrongPassword`, `Busy`, `TooManyAttempts`.
    pub async fn change_password(&self, person: &Person, current: Password, new: Password) -> Result<Account, Error> {
        self.require_tolerated(person.ip).await?;
        let by = person.sign_in.id.clone();
        self.command_account(person, Command::ChangePassword { by, current, new }).await
    }

    /// The sign-ins that stand, newest first.
    ///
    /// # Errors
    /// `SignedOut`; `Unavailable`.
    pub async fn list_sign_ins(&self, person: &Person) -> Result<Vec<SignInRecord>, Error> {
        let Reply::SignIns { sign_ins } =
            self.ask_account(person, Command::ListSignIns { by: person.sign_in.id.clone() }).await?
        else {
            return unexpected();
        };
        Ok(sign_ins)
    }

    /// Ends one of the own sign-ins.
    ///
    /// # Errors
    /// `SignInNotFound`.
    pub async fn end_sign_in(&self, person: &Person, sign_in_id: &SignInId) -> Result<(), Error> {
        let command = Command::EndSignIn { by: person.sign_in.id.clone(), sign_in_id: sign_in_id.clone() };
        self.ask_account(person, command).await.map(drop)
    }

    /// Begins to set up a second factor: the secret in base32, and its `otpauth` URI.
    ///
    /// # Errors
    /// `TotpEnabled`, `WrongPassword`, `Busy`, `TooManyAttempts`.
    pub async fn begin_totp(&self, person: &Person, password: Password) -> Result<(String, String), Error> {
        self.require_tolerated(person.ip).await?;
        let Reply::TotpBegun { secret, uri } =
            self.ask_account(person, Command::BeginTotp { by: person.sign_in.id.clone(), password }).await?
        else {
            return unexpected();
        };
        Ok((secret, uri))
    }

    /// Finishes that with a first code; the recovery codes are shown this once.
    ///
    /// # Errors
    /// `TotpEnabled`, `TotpNotEnabled` if nothing was begun, `TotpWrong`.
    pub async fn confirm_totp(&self, person: &Person, code: String) -> Result<Vec<String>, Error> {
        self.require_tolerated(person.ip).await?;
        self.recovery_codes(person, Command::ConfirmTotp { by: person.sign_in.id.clone(), code }).await
    }

    /// Draws recovery codes anew.
    ///
    /// # Errors
    /// `TotpNotEnabled`, `WrongPassword`, `Busy`, `TooManyAttempts`.
    pub async fn renew_recovery_codes(&self, person: &Person, password: Password) -> Result<Vec<String>, Error> {
        self.require_tolerated(person.ip).await?;
        self.recovery_codes(person, Command::RenewRecoveryCodes { by: person.sign_in.id.clone(), password }).await
    }

    /// Takes the second factor away.
    ///
    /// # Errors
    /// `TotpNotEnabled`, `WrongPassword`, `Busy`, `TooManyAttempts`.
    pub async fn remove_totp(&self, person: &Person, password: Password) -> Result<(), Error> {
        self.require_tolerated(person.ip).await?;
        let by = RemovedBy::User { by: person.sign_in.id.clone(), password };
        self.ask_account(person, Command::RemoveTotp { by }).await.map(drop)
    }

    /// The same for somebody who has lost everything; for the operator.
    ///
    /// # Errors
    /// `UserNotFound`, `TotpNotEnabled`.
    pub async fn remove_totp_of(&self, user_id: &UserId) -> Result<(), Error> {
        self.account(user_id.locator(), Command::RemoveTotp { by: RemovedBy::Operator }).await.map(drop)
    }

    /// A page of the account's audit log, newest first, whether there is another, and the head of its chain.
    ///
    /// # Errors
    /// `SignedOut`; `Unavailable`.
    pub async fn read_account_log(
        &self,
        person: &Person,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<ChainedEntry>, bool, Head), Error> {
        let command = Command::ListAudit { by: person.sign_in.id.clone(), before, limit };
        let Reply::Audit { entries, more, head } = self.ask_account(person, command).await? else {
            return unexpected();
        };
        Ok((entries, more, head))
    }

    /// Reads a portion of the account's audit log as it is stored, oldest entry first.
    ///
    /// # Errors
    /// `SignedOut`; `Unavailable`.
    pub async fn read_account_chain(&self, person: &Person, after: i64) -> Result<Chain, Error> {
        let Reply::Chain(chain) =
            self.ask_account(person, Command::ReadChain { by: person.sign_in.id.clone(), after }).await?
        else {
            return unexpected();
        };
        Ok(chain)
    }

    /// Founds another organization, which the user owns.
    ///
    /// # Errors
    /// `OrganizationLimitReached`, `TooManyAttempts`.
    pub async fn found_own_organization(&self, person: &Person, name: Name) -> Result<Outcome<Founded>, Error> {
        self.require_tolerated(person.ip).await?;
        let owner = Owner { user_id: person.user.id.clone(), profile: person.user.profile.clone() };
        let (founding, founded) = self.draw_founding(name, None, Some(owner))?;
        let command = Command::FoundOrganization { by: person.sign_in.id.clone(), founding: Box::new(founding) };
        let outcome = self.account(person.user.id.locator(), command).await?;
        Ok(Outcome { reply: founded, settled: outcome.settled, in_force_at: None })
    }

    async fn recovery_codes(&self, person: &Person, command: Command) -> Result<Vec<String>, Error> {
        let Reply::RecoveryCodes { codes } = self.ask_account(person, command).await? else {
            return unexpected();
        };
        Ok(codes)
    }

    async fn command_account(&self, person: &Person, command: Command) -> Result<Account, Error> {
        let Reply::Account { account } = self.ask_account(person, command).await? else {
            return unexpected();
        };
        Ok(*account)
    }

    /// A password that had to be given once more and was wrong is an answer here: it has been counted.
    async fn ask_account(&self, person: &Person, command: Command) -> Result<Reply, Error> {
        let reply = self.account(person.user.id.locator(), command).await?.reply;
        if matches!(reply, Reply::Refused) { Err(Rejection::WrongPassword.into()) } else { Ok(reply) }
    }
}

impl Founded {
    /// The founder's membership.
    pub(super) fn membership(&self) -> Membership {
        Membership {
            organization_id: self.organization.id.clone(),
            name: self.organization.name.clone(),
            status: self.organization.policy.status,
            role: Role::Owner,
            joined_at: self.organization.created_at,
        }
    }
}
