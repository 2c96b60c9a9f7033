//! Carries a command through an object: opens the transaction, makes the calls that a step asks for, sends
//! the outbox, keeps the alarm. It decides nothing.
//!
//! The same shell runs in workerd and in the native tests; only `Storage` and the ports differ.

mod posting;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{Either, join_all, select};

use super::asking;
use super::ballast::Ballast;
use super::behind;
use super::migration::migrate;
use super::outbox::{self, Delivery, EntryKey, Message};
use super::places::{Place, UnderWay};
use super::{Abort, Answer, Confirmed, Context, Done, Effect, Heard, Memory, Object, Rejection, Step};
use crate::delivery;
use crate::domain::audit::Trace;
use crate::domain::lease::margin_ms;
use crate::domain::timestamp::Timestamp;
use crate::ports::{PortError, Sql, SqlError, World};

/// How long (ms) an answer waits for messages to other objects; what takes longer is left to the alarm.
pub(crate) const DELIVERY_PATIENCE_MS: u64 = 2_000;
/// How long (ms) one message may take before it counts as failed.
pub(crate) const MESSAGE_PATIENCE_MS: u64 = 10_000;
/// How long (ms) after an entry is due the alarm looks at it, so that it rarely races with the request itself.
const ALARM_DELAY_MS: i64 = 1_000;
/// How many batches one invocation sends: the platform bounds its subrequests.
const BATCHES_MAX: usize = 16;
/// How often a step may ask before it has to decide: about the caller, the policy and the pool, and about all of it once
/// more if it has changed meanwhile.
const QUESTIONS_MAX: usize = 8;
/// When (ms) the alarm rings again if the outbox cannot be read.
const BLIND_ALARM_MS: i64 = 60_000;

/// The storage of one object.
pub trait Storage {
    /// Runs reads that belong together.
    fn read<T>(&self, work: impl FnOnce(&dyn Sql) -> T) -> T;

    /// Runs reads and writes as one; an `Err` takes all of them back.
    fn transaction<T, E: From<SqlError>>(&self, work: impl FnOnce(&dyn Sql) -> Result<T, E>) -> Result<T, E>;

    /// Sets the one alarm of the object, or removes it.
    fn set_alarm(&self, at: Option<Timestamp>) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// One object at work.
pub struct Shell<O: Object, S> {
    storage: S,
    world: World,
    ready: AtomicBool,
    /// Entries that are being sent right now. Objects call each other back while they deliver; without this
    /// each would send again what the other is just answering, without end.
    under_way: Mutex<BTreeSet<EntryKey>>,
    /// How many heavy commands are here.
    heavy: AtomicUsize,
    ballast: Ballast,
    memory: Mutex<O::Memory>,
}

/// An answer, and what is left to do once it has been sent.
pub struct Served<O: Object> {
    /// The encoded `Answer`.
    pub response: Vec<u8>,
    /// Hand this to `Shell::afterwards`.
    pub follow_up: FollowUp<O>,
}

/// The rest of a command's work, which no answer waits for.
pub struct FollowUp<O: Object> {
    command: Option<O::Command>,
    wrote: bool,
}

impl<O: Object> FollowUp<O> {
    /// Whether there is nothing left to do.
    pub fn is_empty(&self) -> bool {
        self.command.is_none() && !self.wrote
    }
}

impl<O: Object, S: Storage> Shell<O, S> {
    /// An object over its storage. Touches nothing until the first command.
    pub fn new(storage: S, world: World) -> Self {
        Self {
            storage,
            world,
            ready: AtomicBool::new(false),
            under_way: Mutex::default(),
            heavy: AtomicUsize::new(0),
            ballast: Ballast::default(),
            memory: Mutex::default(),
        }
    }

    /// Carries out one encoded command.
    pub async fn serve(&self, request: &[u8]) -> Served<O> {
        let mut follow_up = FollowUp { command: None, wrote: false };
        let answer = match self.carry_out(request, &mut follow_up).await {
            Ok(answer) => answer,
            Err(Abort::Rejected(rejection)) => {
                if rejection == Rejection::StorageFull {
                    self.complain("storage full", "the database takes nothing more");
                }
                Answer::Rejected(rejection)
            }
            Err(Abort::Failed(SqlError(detail))) => {
                self.complain("command failed", &detail);
                Answer::Failed { detail }
            }
        };
        // An answer is built from encodable types; if one ever is not, the caller sees a failed call.
        Served { response: serde_json::to_vec(&answer).unwrap_or_default(), follow_up }
    }

    async fn carry_out(&self, request: &[u8], follow_up: &mut FollowUp<O>) -> Result<Answer<O::Reply>, Abort> {
        let command: O::Command =
            serde_json::from_slice(request).map_err(|_| SqlError("the command does not decode".to_owned()))?;
        self.make_ready().await?;
        let _place = if O::is_heavy(&command) { Some(self.queue().await?) } else { None };
        let effect = O::effect(&command);
        // Only what changes something is asked for its origin: it is read apart from the command.
        let trace = if effect == Effect::Writes { behind::named(request) } else { None };
        let decided = self.decide(&command, trace.as_ref()).await;
        // Also what is refused may have left work: it has heard of a policy, or found a block open.
        follow_up.wrote = self.memory().take_work() || (effect == Effect::Writes && decided.is_ok());
        if follow_up.wrote {
            self.arm().await?;
        }
        let Done { reply, wait_ms, awaiting, follow_up: next } = decided?;
        follow_up.command = next;
        if effect == Effect::Writes && !O::answers_first(&command) {
            self.deliver_with_patience().await;
        }
        let fence_ms = self.fence_ms(&awaiting)?;
        let settled = fence_ms < u64::MAX;
        Ok(Answer::Done { reply, wait_ms: if settled { wait_ms.max(fence_ms) } else { wait_ms }, settled })
    }

    /// How long (ms) the messages that an answer waits for hold it back; `u64::MAX` if nobody can say.
    fn fence_ms(&self, awaiting: &[EntryKey]) -> Result<u64, SqlError> {
        if awaiting.is_empty() {
            return Ok(0);
        }
        self.with_context(|sql, memory, context| {
            let mut longest = 0;
            for entry in awaiting {
                longest = longest.max(O::fence_ms(sql, memory, context, entry)?.unwrap_or(0));
            }
            Ok(longest)
        })
    }

    /// Runs the follow-up of a command and sends what is due.
    pub async fn afterwards(&self, follow_up: FollowUp<O>) {
        if let Some(command) = follow_up.command
            && let Err(abort) = self.decide(&command, None).await
        {
            self.complain("follow-up failed", &format!("{abort:?}"));
        }
        self.deliver(self.world.clock.now(), |_| true).await;
        self.rest().await;
    }

    /// The alarm. It never fails: the platform drops an alarm for good after a few failures, and with it
    /// whatever the outbox still holds.
    pub async fn wake(&self) {
        if let Err(error) = self.make_ready().await {
            self.complain("alarm could not open the storage", &error.0);
        }
        self.deliver(self.world.clock.now(), |_| true).await;
        self.rest().await;
    }

    /// Takes a place among the heavy commands. One is computed at a time, because nothing else runs meanwhile; before
    /// each, those that arrived meanwhile are let in to be counted.
    async fn queue(&self) -> Result<Place<'_>, Abort> {
        let place = Place::take(&self.heavy).ok_or(Rejection::Busy)?;
        self.world.timer.sleep(0).await;
        Ok(place)
    }

    async fn decide(&self, command: &O::Command, trace: Option<&Trace>) -> Result<Done<O>, Abort> {
        let (mut confirmed, mut heard) = (None, None);
        for _ in 0..QUESTIONS_MAX {
            match self.step(command, trace, confirmed.as_ref(), heard.as_ref())? {
                Step::Done(done) => return Ok(done),
                Step::Refused(rejection) => return Err(rejection.into()),
                Step::Confirm(question) => confirmed = Some(asking::confirm(&self.world, question).await?),
                Step::Hear(question) => {
                    let (answer, failure) = asking::hear(&self.world, *question).await;
                    if let Some(error) = failure {
                        self.complain("the organization could not be asked", &error.to_string());
                    }
                    heard = Some(answer);
                }
            }
        }
        Err(SqlError("a step does not come to an end".to_owned()).into())
    }

    fn step(
        &self,
        command: &O::Command,
        trace: Option<&Trace>,
        confirmed: Option<&Confirmed>,
        heard: Option<&Heard>,
    ) -> Result<Step<O>, Abort> {
        let seed = self.world.entropy.seed().map_err(|error| SqlError(error.to_string()))?;
        let World { clock, keyring, rules, .. } = &self.world;
        let context = Context { now: clock.now(), keyring, rules, confirmed, heard, trace, seed: &seed };
        let mut memory = self.memory();
        memory.begin();
        let handle = |sql: &dyn Sql| O::handle(sql, &mut memory, &context, command);
        let step = match O::effect(command) {
            Effect::Reads => self.storage.read(handle),
            Effect::Counts => self.storage.transaction(handle),
            Effect::Writes => self.ballast.carry(&self.storage, O::takes_away(command), handle),
        };
        if step.is_err() {
            memory.roll_back();
        }
        step
    }

    fn memory(&self) -> MutexGuard<'_, O::Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver_with_patience(&self) {
        let calls = Box::pin(self.deliver(self.world.clock.now(), |message| matches!(message, Message::Call { .. })));
        if let Either::Right(_) = select(calls, self.world.timer.sleep(DELIVERY_PATIENCE_MS)).await {
            self.complain("delivery", "other objects did not acknowledge in time; the alarm goes on");
        }
    }

    /// Sends what is due and not under way, as many batches as one invocation may; the alarm goes on. Receivers and names
    /// that clients have chosen may be slow: they come last, and nothing waits for them.
    async fn deliver(&self, due_by: Timestamp, wanted: fn(&Message) -> bool) {
        let mut outward = Vec::new();
        for round in 0..BATCHES_MAX {
            let wanted = |message: &Message| wanted(message) && (round == 0 || !message.goes_outward());
            let batch = match self.with_context(|sql, _, context| O::deliveries(sql, context, due_by)) {
                Ok(batch) => batch.into_iter().filter(|delivery| wanted(&delivery.message)),
                Err(SqlError(detail)) => {
                    self.complain("outbox does not read", &detail);
                    break;
                }
            };
            let batch: Vec<(Delivery, UnderWay<'_>)> = batch
                .filter_map(|delivery| UnderWay::begin(&self.under_way, &delivery).map(|mark| (delivery, mark)))
                .collect();
            if batch.is_empty() {
                break;
            }
            let (last, batch): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|(delivery, _)| delivery.message.goes_outward());
            outward.extend(last);
            // Each is noted as it comes back: one that hangs does not hold back what the others have said.
            let noted = join_all(batch.into_iter().map(|(delivery, mark)| self.send_and_note(delivery, mark))).await;
            if noted.contains(&false) {
                break;
            }
        }
        self.send_outward(outward).await;
    }

    /// Whether what came of it could be noted.
    async fn send_and_note(&self, delivery: Delivery, mark: UnderWay<'_>) -> bool {
        let outcome = self.send(&delivery.message).await;
        if let Err(error) = &outcome {
            self.complain("delivery failed", &error.to_string());
        }
        let noted = self.note(&delivery, outcome.ok());
        drop(mark);
        if let Err(SqlError(detail)) = &noted {
            self.complain("outbox does not write", detail);
        }
        noted.is_ok()
    }

    async fn send(&self, message: &Message) -> Result<u64, PortError> {
        let sending = Box::pin(delivery::send(&self.world, message));
        match select(sending, self.world.timer.sleep(MESSAGE_PATIENCE_MS)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Err(PortError::new("delivery", "no acknowledgement in time")),
        }
    }

    /// Notes what has come of a message: nothing, or that it was taken, and how long (ms) it takes to be in force.
    fn note(&self, delivery: &Delivery, taken: Option<u64>) -> Result<(), SqlError> {
        let now = self.world.clock.now();
        let mut memory = self.memory();
        self.storage.transaction(|sql| {
            delivery.settles.iter().try_for_each(|entry| match taken {
                None => outbox::postpone(sql, entry, now),
                Some(0) => outbox::settle(sql, entry),
                Some(wait_ms) => {
                    let wait = i64::try_from(wait_ms).unwrap_or(i64::MAX);
                    let until = now.plus_millis(wait.saturating_add(margin_ms(wait)));
                    if outbox::defer(sql, entry, until)? {
                        O::acknowledged(&mut memory, entry, until);
                    }
                    Ok(())
                }
            })
        })
    }

    /// Tidies a portion and sets the alarm for what is left.
    async fn rest(&self) {
        let tidied = self.in_context(|memory, context| {
            memory.begin();
            let tidied = self.storage.transaction(|sql| O::tidy(sql, memory, context));
            if tidied.is_err() {
                memory.roll_back();
            }
            tidied
        });
        if let Err(SqlError(detail)) = tidied {
            self.complain("tidying failed", &detail);
        }
        if let Err(SqlError(detail)) = self.arm().await {
            self.complain("alarm could not be set", &detail);
            // The database may be back in a minute; without an alarm nobody would look.
            let later = self.world.clock.now().plus_millis(BLIND_ALARM_MS);
            if let Err(error) = self.storage.set_alarm(Some(later)).await {
                self.complain("alarm could not be set", &error.to_string());
            }
        }
    }

    /// Sets the alarm for what is left to do, or removes it.
    async fn arm(&self) -> Result<(), SqlError> {
        let at = self.next_alarm()?;
        self.storage.set_alarm(at).await.map_err(|error| SqlError(error.to_string()))
    }

    /// When the next entry of the outbox or the next housekeeping is due, whichever comes first.
    fn next_alarm(&self) -> Result<Option<Timestamp>, SqlError> {
        let now = self.world.clock.now();
        let next = self.with_context(|sql, memory, context| {
            let tidy = O::tidy_at(sql, memory, context)?;
            Ok([outbox::next_due(sql)?, tidy].into_iter().flatten().min())
        })?;
        Ok(next.map(|due| due.max(now).plus_millis(ALARM_DELAY_MS)))
    }

    /// Brings the schema up to date, and the alarm back if something is left to do. Once per life.
    async fn make_ready(&self) -> Result<(), SqlError> {
        if self.ready.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.storage.transaction(|sql| migrate(sql, O::MIGRATIONS))?;
        // An alarm that is not needed is left alone: waking up to verify a key must not cost a write.
        if self.next_alarm()?.is_some() {
            self.arm().await?;
        }
        self.ready.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn with_context<T>(
        &self,
        work: impl FnOnce(&dyn Sql, &O::Memory, &Context<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.in_context(|memory, context| self.storage.read(|sql| work(sql, memory, context)))
    }

    fn in_context<T>(
        &self,
        work: impl FnOnce(&mut O::Memory, &Context<'_>) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        let seed = self.world.entropy.seed().map_err(|error| SqlError(error.to_string()))?;
        let World { clock, keyring, rules, .. } = &self.world;
        let context =
            Context { now: clock.now(), keyring, rules, confirmed: None, heard: None, trace: None, seed: &seed };
        work(&mut self.memory(), &context)
    }

    fn complain(&self, event: &str, detail: &str) {
        self.world.log.line(&serde_json::json!({ "level": "error", "event": event, "detail": detail }).to_string());
    }
}
