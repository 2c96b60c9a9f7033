//! Calling an object: a bounded wait, and holding an answer back until it is true everywhere.

use futures_util::future::{Either, select};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, Error};
use crate::delivery;
use crate::domain::locator::Locator;
use crate::object::{Answer, Object};
use crate::ports::{Address, PortError};
use crate::{account, directory, organization, session};

/// How long (ms) an object may take.
pub(crate) const PATIENCE_MS: u64 = 10_000;
/// How often a read is tried again when the object says it may be, and the pause (ms) before.
pub(crate) const RETRIES: usize = 2;
const RETRY_PAUSE_MS: u64 = 50;
/// The longest (ms) an answer is held back; what takes longer is answered as accepted.
pub(crate) const LONGEST_WAIT_MS: u64 = 20_000;

/// A reply, and whether everybody concerned knows of the change by now.
#[derive(Debug)]
pub struct Outcome<R> {
    /// The reply.
    pub reply: R,
    /// False when the answer has to say "accepted" rather than "done".
    pub settled: bool,
}

impl<R> Outcome<R> {
    /// The same outcome with another view of the reply.
    pub fn map<T>(self, view: impl FnOnce(R) -> Result<T, Error>) -> Result<Outcome<T>, Error> {
        Ok(Outcome { reply: view(self.reply)?, settled: self.settled })
    }
}

impl App {
    pub(super) async fn session(
        &self,
        locator: Locator,
        command: session::protocol::Command,
    ) -> Result<Outcome<session::protocol::Reply>, Error> {
        let address = Address::Session(locator);
        let reads = !session::SessionObject::writes(&command);
        for _ in 0..RETRIES {
            match self.call(&address, &command).await {
                // An object that was moved or updated under the call; reading again does no harm.
                Err(Error::Unavailable(error)) if reads && error.retryable => {
                    self.world.timer.sleep(RETRY_PAUSE_MS).await;
                }
                other => return other,
            }
        }
        self.call(&address, &command).await
    }

    pub(super) async fn organization(
        &self,
        locator: Locator,
        command: organization::protocol::Command,
    ) -> Result<Outcome<organization::protocol::Reply>, Error> {
        self.call(&Address::Organization(locator), &command).await
    }

    pub(super) async fn account(
        &self,
        locator: Locator,
        command: account::protocol::Command,
    ) -> Result<Outcome<account::protocol::Reply>, Error> {
        self.call(&Address::Account(locator), &command).await
    }

    pub(super) async fn directory(
        &self,
        command: directory::protocol::Command,
    ) -> Result<Outcome<directory::protocol::Reply>, Error> {
        self.call(&Address::Directory, &command).await
    }

    async fn call<C: Serialize + Sync, R: DeserializeOwned>(
        &self,
        address: &Address,
        command: &C,
    ) -> Result<Outcome<R>, Error> {
        let call = Box::pin(delivery::call(&*self.world.objects, address, command));
        let answer = match select(call, self.world.timer.sleep(PATIENCE_MS)).await {
            Either::Left((answer, _)) => answer?,
            Either::Right(_) => return Err(PortError::new("object call", "no answer in time").into()),
        };
        match answer {
            Answer::Done { reply, wait_ms, settled } => {
                let settled = settled && self.hold(wait_ms).await;
                Ok(Outcome { reply, settled })
            }
            Answer::Rejected(rejection) => Err(rejection.into()),
            Answer::Failed { detail } => Err(Error::Failed(detail)),
        }
    }

    /// Waits until a change is in force everywhere. The edge waits, not the object, which goes on working.
    async fn hold(&self, wait_ms: u64) -> bool {
        if wait_ms > LONGEST_WAIT_MS {
            return false;
        }
        if wait_ms > 0 {
            self.world.timer.sleep(wait_ms).await;
        }
        true
    }
}

/// The reply has another shape than its command asks for: a worker and an object that do not belong together.
pub(super) fn unexpected<T>() -> Result<T, Error> {
    Err(Error::Failed("the object answered something else".to_owned()))
}
