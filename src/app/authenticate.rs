//! Who is calling? Asked at the authority of what was presented, never of a copy. Only who has a key verified may be
//! known by a lease; who manages something is asked about each time.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use super::call::{Patience, unexpected};
use super::leases::Background;
use super::settings::matches;
use super::verify::is_away;
use super::{App, Error};
use crate::account::protocol::{Command as AccountCommand, Reply as AccountReply, SignInRecord};
use crate::domain::caller::{Bearer, Caller, Reach};
use crate::domain::consistency::Mode;
use crate::domain::id::{ApiKeyId, OrganizationId, SignInId, UserId};
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::book::{Decision, Inquiry};
use crate::domain::lease::grant::{Lease, Wish};
use crate::domain::operation::Operation;
use crate::domain::rate_limit::LimitUse;
use crate::domain::secret_key::SecretKey;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::User;
use crate::domain::verification::{Code, Demand};
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
    pub caller: Arc<Caller>,
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

    /// The authority for what is the whole organization's: who is bound to one session has no part in it.
    pub(super) fn authority_over_all(&self, operation: Operation) -> Result<Authority, Error> {
        self.require_organization()?;
        Ok(self.authority(operation))
    }

    /// The caller who reads what is the whole organization's.
    pub(super) fn reader_of_all(&self) -> Result<Caller, Error> {
        self.require_organization()?;
        Ok((*self.caller).clone())
    }

    fn require_organization(&self) -> Result<(), Error> {
        match self.caller.reach {
            Reach::Organization => Ok(()),
            Reach::Session => Err(Rejection::OutsideReach.into()),
        }
    }
}

/// What a key is wanted for that has others verified.
fn verifier(ip: Option<IpAddr>) -> Demand {
    Demand { permissions: vec![Operation::VerifyKeys.permission()], ip, ..Demand::default() }
}

fn inquiry(demand: &Demand) -> Inquiry<'_> {
    Inquiry { demand, caller: None, cost: None, mode: Mode::Leased }
}

/// The caller that a decision is about, or why it is none.
fn principal_by(
    secret: &SecretKey,
    ip: Option<IpAddr>,
    decision: &Decision,
    caller: Option<Arc<Caller>>,
) -> Option<Result<Principal, Error>> {
    if decision.code == Code::Valid {
        return Some(bearer(secret, ip, caller?));
    }
    let needs = Some(Operation::VerifyKeys.permission());
    Some(Err(Rejection::CallerRefused { code: decision.code, needs }.into()))
}

fn bearer(secret: &SecretKey, ip: Option<IpAddr>, caller: Arc<Caller>) -> Result<Principal, Error> {
    let Bearer::Key { key_id } = caller.bearer.clone() else {
        return unexpected();
    };
    let presented = Presented::Key(key_id);
    let (pool, patience) = (None, Patience::Wait);
    Ok(Principal { caller, ip, credential_digest: secret.digest(), presented, pool, patience })
}

impl App {
    /// Authenticates the bearer of a secret key for an operation that manages something.
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
        let secret = self.recognise(presented, operation)?;
        let command = self.authentication(&secret, ip, operation, call, None);
        let reply = self.session(secret.locator(), command).await?.reply;
        Ok(self.authenticated(&secret, ip, reply)?.0)
    }

    /// Authenticates the bearer of a secret key who has keys verified, by asking; `authenticate_here` goes before.
    ///
    /// # Errors
    /// As `authenticate`, without `RateLimited`.
    pub async fn authenticate_verifier(&self, presented: &str, ip: Option<IpAddr>) -> Result<Principal, Error> {
        let operation = Operation::VerifyKeys;
        let secret = self.recognise(presented, operation)?;
        let hash = secret.hash(self.keyring());
        let (question, wish) = {
            let mut memory = self.leases.lock();
            let question = memory.book.ask(self.now());
            let isolate = memory.isolate(|| self.seed())?;
            let (tokens, banks) = memory.book.wish(&hash, 0, question.at());
            (question, Wish { isolate, tokens, banks })
        };
        let command = self.authentication(&secret, ip, operation, Call::Verify, Some(wish));
        match self.session(secret.locator(), command).await {
            Ok(outcome) => {
                let (principal, lease) = self.authenticated(&secret, ip, outcome.reply)?;
                if let Some(mut lease) = lease
                    && let Some(key) = lease.key.take()
                {
                    self.leases.lock().book.take(hash, Arc::from(key), &lease, question, self.now());
                }
                Ok(principal)
            }
            Err(Error::Rejected(Rejection::CallerRefused { code, needs })) => {
                if code.ends_everything() {
                    self.leases.lock().book.doubt(hash, question, self.now());
                }
                Err(Rejection::CallerRefused { code, needs }.into())
            }
            Err(error) if is_away(&error) => self.known_still(&secret, &hash, ip).ok_or(error)?,
            Err(error) => Err(error),
        }
    }

    /// The same as far as it can be told without asking anybody, and so without waiting; none if it cannot.
    pub fn authenticate_here(
        &self,
        presented: &str,
        ip: Option<IpAddr>,
        background: &Background,
    ) -> Option<Result<Principal, Error>> {
        match self.recognise(presented, Operation::VerifyKeys) {
            Ok(secret) => self.known_here(&secret, &secret.hash(self.keyring()), ip, background),
            Err(error) => Some(Err(error)),
        }
    }

    /// Recognises a key of this deployment by its text.
    /// A key that may be one of ours.
    pub(super) fn recognised(&self, presented: &str) -> Option<SecretKey> {
        SecretKey::parse(presented, &self.settings.prefix, self.keyring()).ok()
    }

    fn recognise(&self, presented: &str, operation: Operation) -> Result<SecretKey, Error> {
        let unknown = || Rejection::CallerRefused { code: Code::NotFound, needs: Some(operation.permission()) };
        Ok(self.recognised(presented).ok_or_else(unknown)?)
    }

    fn authentication(
        &self,
        secret: &SecretKey,
        ip: Option<IpAddr>,
        operation: Operation,
        call: Call,
        wish: Option<Wish>,
    ) -> Command {
        let hashes = secret.hashes(self.keyring());
        Command::Authenticate { hashes, ip, needs: Some(operation.permission()), call, wish }
    }

    /// The caller as its authority describes it, with a lease on its key if there is one.
    fn authenticated(
        &self,
        secret: &SecretKey,
        ip: Option<IpAddr>,
        reply: Reply,
    ) -> Result<(Principal, Option<Box<Lease>>), Error> {
        let Reply::Authenticated { caller, pool, lease } = reply else {
            return unexpected();
        };
        let mut principal = bearer(secret, ip, Arc::from(caller))?;
        principal.pool = pool.map(|pool| *pool);
        Ok((principal, lease))
    }

    /// The caller as a lease describes it.
    fn known_here(
        &self,
        secret: &SecretKey,
        hash: &KeyHash,
        ip: Option<IpAddr>,
        background: &Background,
    ) -> Option<Result<Principal, Error>> {
        let (now, demand) = (self.now(), verifier(ip));
        let mut memory = self.leases.lock();
        let decision = memory.book.decide(hash, &inquiry(&demand), now)?;
        memory.renew_if_due(hash, secret.locator(), now, background);
        let caller = memory.book.caller(hash);
        drop(memory);
        principal_by(secret, ip, &decision, caller)
    }

    /// The same by a lease that has ended, while its authority cannot be reached.
    fn known_still(&self, secret: &SecretKey, hash: &KeyHash, ip: Option<IpAddr>) -> Option<Result<Principal, Error>> {
        let (now, demand) = (self.now(), verifier(ip));
        let mut memory = self.leases.lock();
        let decision = memory.book.decide_stale(hash, &inquiry(&demand), now)?;
        let caller = memory.book.caller(hash);
        drop(memory);
        principal_by(secret, ip, &decision, caller)
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
            caller: Arc::from(caller),
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
