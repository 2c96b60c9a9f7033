//! Signing in, without telling anybody which accounts there are.
//!
//! An address that nobody has, a wrong password and a locked account get one answer after one time: every failure
//! is held back until `FAILURE_FLOOR_MS` after the request came, which is longer than the work of any of them. (A
//! dummy hash for unknown addresses would cost as much as a real one, in the isolate that verifies keys, and still
//! differ by the hop to the account.) Unknown addresses reach no account and create none.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::call::unexpected;
use super::{App, Error, network};
use crate::account::protocol::{Account, Command, NewSignIn, Reply, SecondFactor, SignIn};
use crate::domain::email::Email;
use crate::domain::id::{SignInId, UserId};
use crate::domain::leak_place::without_keys;
use crate::domain::password::Password;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenKind};
use crate::object::Rejection;

/// When (ms after it came) a failed attempt is answered.
pub(crate) const FAILURE_FLOOR_MS: i64 = 700;
/// How many attempts for one address may be under way in an isolate.
pub(crate) const ATTEMPTS_OF_ONE_MAX: usize = 4;
/// How many attempts may be under way in an isolate.
pub(crate) const ATTEMPTS_AT_ONCE_MAX: usize = 256;
/// How much (characters) is kept of what a client calls itself.
const CLIENT_CHARACTERS_MAX: usize = 200;

/// Where an attempt comes from.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// What the client calls itself.
    pub client: Option<String>,
    /// Whether the token is to go into a cookie.
    pub cookie: bool,
}

/// A user who has just signed in. The token is shown this once.
#[derive(Debug)]
pub struct SignedIn {
    /// The access token.
    pub token: Token,
    /// When it ends at the latest, unless it is used.
    pub expires_at: Timestamp,
    /// The account.
    pub account: Account,
}

impl App {
    /// Signs a user in.
    ///
    /// # Errors
    /// `SignInRefused` for every kind of failure; `SecondFactorNeeded`; `Busy` and `TooManyAttempts` before anything
    /// is looked at; `Unavailable`.
    pub async fn sign_in(
        &self,
        email: Option<&Email>,
        password: Option<Password>,
        second_factor: Option<SecondFactor>,
        attempt: &Attempt,
    ) -> Result<SignedIn, Error> {
        self.require_tolerated(attempt.ip).await?;
        // What is no address, and what is too long for a password, is refused like any other that nobody has.
        let _place = self.attempts.take(email.map(Email::key))?;
        let began = self.now();
        let tried = match (email, password) {
            (Some(email), Some(password)) => self.try_sign_in(email, password, second_factor, attempt).await,
            _ => Err(Rejection::SignInRefused.into()),
        };
        if let Err(Error::Rejected(Rejection::SignInRefused)) = &tried {
            self.wait_until_floor(began).await;
        }
        tried
    }

    async fn try_sign_in(
        &self,
        email: &Email,
        password: Password,
        second_factor: Option<SecondFactor>,
        attempt: &Attempt,
    ) -> Result<SignedIn, Error> {
        let user_id = self.find_user(email).await?.ok_or(Rejection::SignInRefused)?;
        let (token, sign_in) = self.draw_sign_in(&user_id, attempt)?;
        let command = Command::SignIn(Box::new(SignIn { password, second_factor, sign_in }));
        let reply = match self.account(user_id.locator(), command).await {
            Ok(outcome) => outcome.reply,
            // Only an account that exists can be busy: to say so would tell that it does. Within one isolate the
            // places above are no more than its own.
            Err(Error::Rejected(Rejection::Busy)) => Reply::Refused,
            Err(error) => return Err(error),
        };
        if matches!(reply, Reply::Refused) {
            return Err(Rejection::SignInRefused.into());
        }
        if matches!(reply, Reply::SecondFactorNeeded) {
            return Err(Rejection::SecondFactorNeeded.into());
        }
        let Reply::SignedIn { account, expires_at } = reply else {
            return unexpected();
        };
        Ok(SignedIn { token, expires_at, account: *account })
    }

    /// Draws an access token and what its account stores of it.
    pub(super) fn draw_sign_in(&self, user_id: &UserId, attempt: &Attempt) -> Result<(Token, NewSignIn), Error> {
        let token = Token::generate(TokenKind::Access, user_id.locator(), &self.seed()?, self.keyring());
        let token = token.ok_or_else(|| Error::Failed("the seed ran out of unbiased bytes".to_owned()))?;
        let hash = token.hashes(self.keyring()).pop().ok_or_else(|| Error::Failed("no pepper".to_owned()))?;
        let client = attempt.client.as_ref();
        let sign_in = NewSignIn {
            id: SignInId::from_seed(&self.seed()?),
            hash,
            cookie: attempt.cookie,
            ip: attempt.ip.map(|ip| ip.to_string()),
            source: attempt.ip.map(|ip| network(ip).to_string()),
            client: client.map(|client| without_keys(client).chars().take(CLIENT_CHARACTERS_MAX).collect()),
        };
        Ok((token, sign_in))
    }

    /// Counts an attempt of an address, before anything is looked at.
    pub(super) async fn require_tolerated(&self, ip: Option<IpAddr>) -> Result<(), Error> {
        if self.tolerates(crate::ports::Limited::SignIn, ip).await {
            Ok(())
        } else {
            Err(Rejection::TooManyAttempts.into())
        }
    }

    /// Waits until every kind of failure would have been found out.
    pub(super) async fn wait_until_floor(&self, began: Timestamp) {
        let rest = FAILURE_FLOOR_MS.saturating_sub(self.now().millis_since(began).max(0));
        self.world.timer.sleep(u64::try_from(rest).unwrap_or(0)).await;
    }
}

/// The attempts under way in this isolate.
#[derive(Default)]
pub(super) struct Attempts(Mutex<HashMap<String, usize>>);

/// A place among them, given back when it is dropped.
pub(super) struct Place<'a> {
    attempts: &'a Attempts,
    address: String,
}

impl Attempts {
    /// Takes a place for an attempt with this address, whether anybody has it or not; none is no address at all.
    ///
    /// # Errors
    /// `Busy` when there are too many.
    pub(super) fn take(&self, address: Option<String>) -> Result<Place<'_>, Error> {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = under_way.values().sum();
        let most = if address.is_some() { ATTEMPTS_OF_ONE_MAX } else { ATTEMPTS_AT_ONCE_MAX };
        let address = address.unwrap_or_default();
        let mine = under_way.get(&address).copied().unwrap_or(0);
        if all >= ATTEMPTS_AT_ONCE_MAX || mine >= most {
            return Err(Rejection::Busy.into());
        }
        under_way.insert(address.clone(), mine.saturating_add(1));
        Ok(Place { attempts: self, address })
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut under_way = self.attempts.0.lock().unwrap_or_else(PoisonError::into_inner);
        match under_way.get_mut(&self.address) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            _ => drop(under_way.remove(&self.address)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_at_once_are_bounded_for_each_address_and_for_all() {
        let attempts = Attempts::default();
        let places: Vec<_> = (0..ATTEMPTS_OF_ONE_MAX).map(|_| attempts.take(Some("a".to_owned())).unwrap()).collect();
        assert!(attempts.take(Some("a".to_owned())).is_err());
        let others: Vec<_> =
            (0..ATTEMPTS_AT_ONCE_MAX - places.len()).map(|n| attempts.take(Some(n.to_string())).unwrap()).collect();
        assert!(attempts.take(Some("one more".to_owned())).is_err());
        drop(others);
        assert!(attempts.take(Some("a".to_owned())).is_err());
        drop(places);
        assert!(attempts.take(Some("a".to_owned())).is_ok());
        assert!(attempts.0.lock().unwrap().is_empty(), "nothing is left behind");
    }
}
