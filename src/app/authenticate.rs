//! Who is calling? Always asked at the authority of what was presented, never of a copy.

use std::fmt;
use std::net::IpAddr;

use super::call::{Patience, unexpected};
use super::settings::matches;
use super::{App, Error};
use crate::account::protocol::{Command as AccountCommand, Reply as AccountReply, SignInRecord};
use crate::domain::caller::{Bearer, Caller};
use crate::domain::id::{ApiKeyId, OrganizationId, SignInId, UserId};
use crate::domain::operation::Operation;
use crate::domain::rate_limit::LimitUse;
use crate::domain::secret_key::SecretKey;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::User;
use crate::domain::verification::Code;
use crate::object::{Authority, Credential, Rejection, Seat};
use crate::organization::protocol::{Command as OrganizationCommand, Reply as OrganizationReply};
use crate::session::protocol::{Call, Command, Reply};

/// A user who is signed in.
#[derive(Debug)]
pub struct Person {
    /// Who.
    pub user: User,
    /// By which sign-in.
    pub sign_in: SignInRecord,
    /// The address the token was presented from.
    pub ip: Option<IpAddr>,
    credential_digest: [u8; 32],
}

/// A caller that has been authenticated, with what is needed to act for it.
pub struct Principal {
    /// The key that was presented, or the member who is signed in.
    pub caller: Caller,
    /// The address it was presented from.
    pub ip: Option<IpAddr>,
    pub(super) credential_digest: [u8; 32],
    presented: Presented,
    /// The pool that the call was counted against, if its organization has a limit.
    pub pool: Option<LimitUse>,
    pub(super) patience: Patience,
}

/// What was presented, with what a later command needs of it.
enum Presented {
    Key(ApiKeyId),
    Token(UserId, SignInId),
}

impl fmt::Debug for Principal {
    /// Without the digest of the credential.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Principal").field("bearer", &self.caller.bearer).finish_non_exhaustive()
    }
}

impl Principal {
    /// The same caller, who waits so long until its changes are in force.
    #[must_use]
    pub fn waiting(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The authority under which the caller gives a command; checked again where it is carried out.
    pub(super) fn authority(&self, operation: Operation) -> Authority {
        match &self.presented {
            Presented::Key(key_id) => {
                let (key_id, needs) = (key_id.clone(), operation.permission());
                Authority::Key(Credential { key_id, needs, ip: self.ip })
            }
            Presented::Token(user_id, sign_in_id) => Authority::User(Seat {
                user_id: user_id.clone(),
                sign_in_id: sign_in_id.clone(),
                organization_id: self.caller.organization_id.clone(),
                needs: operation,
            }),
        }
    }
}

impl App {
    /// Authenticates the bearer of a secret key for an operation.
    ///
    /// # Errors
    /// `RateLimited`; `CallerRefused` with the code of the verification; `Unavailable` if its authority cannot be asked.
    pub async fn authenticate(
        &self,
        presented: &str,
        ip: Option<IpAddr>,
        operation: Operation,
        call: Call,
    ) -> Result<Principal, Error> {
        let needs = operation.permission();
        let Ok(secret) = SecretKey::parse(presented, &self.settings.prefix, self.keyring()) else {
            return Err(Rejection::CallerRefused { code: Code::NotFound, needs: Some(needs) }.into());
        };
        let hashes = secret.hashes(self.keyring());
        let command = Command::Authenticate { hashes, ip, needs: Some(needs), call, wish: None };
        let Reply::Authenticated { caller, pool, .. } = self.session(secret.locator(), command).await?.reply else {
            return unexpected();
        };
        let Bearer::Key { key_id } = caller.bearer.clone() else {
            return unexpected();
        };
        let presented = Presented::Key(key_id);
        let pool = pool.map(|pool| *pool);
        Ok(Principal {
            caller: *caller,
            ip,
            credential_digest: secret.digest(),
            presented,
            pool,
            patience: Patience::Wait,
        })
    }

    /// Authenticates the bearer of an access token.
    ///
    /// # Errors
    /// `SignedOut` for everything that is no token of a sign-in that stands; `Unavailable` if its account cannot be
    /// asked.
    pub async fn signed_in(&self, presented: &str, ip: Option<IpAddr>) -> Result<Person, Error> {
        let token = Token::parse(TokenKind::Access, presented, self.keyring()).ok_or(Rejection::SignedOut)?;
        let command = AccountCommand::Authenticate { hashes: token.hashes(self.keyring()) };
        let AccountReply::Bearer { user, sign_in } = self.account(token.locator(), command).await?.reply else {
            return unexpected();
        };
        Ok(Person { user: *user, sign_in: *sign_in, ip, credential_digest: token.digest() })
    }

    /// Seats a user who is signed in at an organization, for an operation.
    ///
    /// # Errors
    /// `OrganizationNotFound` for every organization that the user is no member of; `RoleInsufficient`.
    pub async fn seat(
        &self,
        person: &Person,
        organization_id: &OrganizationId,
        operation: Operation,
    ) -> Result<Principal, Error> {
        let seat = Seat {
            user_id: person.user.id.clone(),
            sign_in_id: person.sign_in.id.clone(),
            organization_id: organization_id.clone(),
            needs: operation,
        };
        let command = OrganizationCommand::Admit { seat };
        let OrganizationReply::Caller { caller, .. } =
            self.organization(organization_id.locator(), command).await?.reply
        else {
            return unexpected();
        };
        Ok(Principal {
            caller: *caller,
            ip: person.ip,
            credential_digest: person.credential_digest,
            presented: Presented::Token(person.user.id.clone(), person.sign_in.id.clone()),
            pool: None,
            patience: Patience::Wait,
        })
    }

    /// Whether a token is the operator's; `None` if the deployment has no operator.
    pub fn is_operator(&self, token: &str) -> Option<bool> {
        self.settings.operator_digest.map(|expected| matches(&expected, token))
    }

    /// Whether the deployment has an operator at all.
    pub fn has_operator(&self) -> bool {
        self.settings.operator_digest.is_some()
    }
}
