//! Calling an object: a bounded wait, and holding an answer back until it is true everywhere.

use futures_util::future::{Either, select};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, Error, trace};
use crate::delivery;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::object::{Answer, Effect, Object, Rejection};
use crate::ports::{Address, PortError, World};
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
    /// From when on it is in force everywhere, if that was not at once.
    pub in_force_at: Option<Timestamp>,
}

/// Whether somebody waits until a change is in force everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patience {
    /// As long as an answer may be held back.
    #[default]
    Wait,
    /// Not at all: "accepted" and from when on will do.
    RespondAsync,
}

impl<R> Outcome<R> {
    /// The same outcome with another view of the reply.
    pub fn map<T>(self, view: impl FnOnce(R) -> Result<T, Error>) -> Result<Outcome<T>, Error> {
        Ok(Outcome { reply: view(self.reply)?, settled: self.settled, in_force_at: self.in_force_at })
    }

    /// The same, where the reply itself tells from when on it is in force.
    pub(super) fn in_force<T>(
        self,
        view: impl FnOnce(R) -> Result<(T, Option<Timestamp>), Error>,
    ) -> Result<Outcome<T>, Error> {
        let (reply, in_force_at) = view(self.reply)?;
        Ok(Outcome { reply, settled: self.settled, in_force_at })
    }
}

impl App {
    pub(super) async fn session(
        &self,
        locator: Locator,
        command: session::protocol::Command,
    ) -> Result<Outcome<session::protocol::Reply>, Error> {
        ask_session(&self.world, locator, command, Patience::Wait).await
    }

    pub(super) async fn session_with(
        &self,
        locator: Locator,
        command: session::protocol::Command,
        patience: Patience,
    ) -> Result<Outcome<session::protocol::Reply>, Error> {
        ask_session(&self.world, locator, command, patience).await
    }

    pub(super) async fn organization(
        &self,
        locator: Locator,
        command: organization::protocol::Command,
    ) -> Result<Outcome<organization::protocol::Reply>, Error> {
        self.organization_with(locator, command, Patience::Wait).await
    }

    pub(super) async fn organization_with(
        &self,
        locator: Locator,
        command: organization::protocol::Command,
        patience: Patience,
    ) -> Result<Outcome<organization::protocol::Reply>, Error> {
        tell::<organization::OrganizationObject>(&self.world, &Address::Organization(locator), &command, patience).await
    }

    pub(super) async fn account(
        &self,
        locator: Locator,
        command: account::protocol::Command,
    ) -> Result<Outcome<account::protocol::Reply>, Error> {
        tell::<account::AccountObject>(&self.world, &Address::Account(locator), &command, Patience::Wait).await
    }

    pub(super) async fn directory(
        &self,
        command: directory::protocol::Command,
    ) -> Result<Outcome<directory::protocol::Reply>, Error> {
        tell::<directory::DirectoryObject>(&self.world, &Address::Directory, &command, Patience::Wait).await
    }
}

/// Asks a session. Whoever is not there any more when the answer comes leaves this to the background.
pub(super) async fn ask_session(
    world: &World,
    locator: Locator,
    command: session::protocol::Command,
    patience: Patience,
) -> Result<Outcome<session::protocol::Reply>, Error> {
    let address = Address::Session(locator);
    let reads = session::SessionObject::effect(&command) != Effect::Writes;
    for _ in 0..RETRIES {
        match tell::<session::SessionObject>(world, &address, &command, patience).await {
            // An object that was moved or updated under the call; reading again does no harm.
            Err(Error::Unavailable(error)) if reads && error.retryable => {
                world.timer.sleep(RETRY_PAUSE_MS).await;
            }
            other => return other,
        }
    }
    tell::<session::SessionObject>(world, &address, &command, patience).await
}

async fn tell<O: Object>(
    world: &World,
    address: &Address,
    command: &O::Command,
    patience: Patience,
) -> Result<Outcome<O::Reply>, Error> {
    match call(world, address, command, patience).await {
        // The platform has given up the object, and with it what was to be written.
        Err(Error::Unavailable(error)) if error.is_full() && O::effect(command) == Effect::Writes => {
            Err(Rejection::StorageFull.into())
        }
        told => told,
    }
}

async fn call<C: Serialize + Sync, R: DeserializeOwned>(
    world: &World,
    address: &Address,
    command: &C,
    patience: Patience,
) -> Result<Outcome<R>, Error> {
    let trace = trace::current();
    let call = Box::pin(delivery::call_for(&*world.objects, address, command, trace.as_deref()));
    let answer = match select(call, world.timer.sleep(PATIENCE_MS)).await {
        Either::Left((answer, _)) => answer?,
        Either::Right(_) => return Err(PortError::new("object call", "no answer in time").into()),
    };
    match answer {
        Answer::Done { reply, wait_ms, settled } => {
            let wait = i64::try_from(wait_ms).ok().filter(|wait| *wait > 0);
            let in_force_at = wait.map(|wait| world.clock.now().plus_millis(wait));
            let settled = settled && hold(world, wait_ms, patience).await;
            Ok(Outcome { reply, settled, in_force_at })
        }
        Answer::Rejected(rejection) => Err(rejection.into()),
        Answer::Failed { detail } => Err(Error::Failed(detail)),
    }
}

/// Waits until a change is in force everywhere. The edge waits, not the object, which goes on working.
async fn hold(world: &World, wait_ms: u64, patience: Patience) -> bool {
    if wait_ms == 0 {
        return true;
    }
    if wait_ms > LONGEST_WAIT_MS || patience == Patience::RespondAsync {
        return false;
    }
    world.timer.sleep(wait_ms).await;
    true
}

/// The reply has another shape than its command asks for: a worker and an object that do not belong together.
pub(super) fn unexpected<T>() -> Result<T, Error> {
    Err(Error::Failed("the object answered something else".to_owned()))
}
