//! What every Durable Object of the house has in common.
//!
//! An object room is synchronous: `handle(command, context) -> step`. The shell around it (`shell`) makes
//! the calls a step asks for, re-enters it with the answer, and opens one transaction per command (H5).
//! A refusal rolls back as well and leaves nothing behind; a failure may have come after the commit, and the
//! command bears repetition.

mod answer;
mod asking;
pub mod audit_log;
pub mod ballast;
pub mod behind;
pub mod denials;
pub mod figures;
pub mod ledgers;
mod migration;
pub mod outbox;
pub(crate) mod places;
pub mod questions;
mod rejection;
pub mod rows;
pub mod shell;
pub mod usage;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::audit::Trace;
use crate::domain::keyring::Keyring;
use crate::domain::owned_domain::Finding;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhook::Attempt;
use crate::ports::{Rules, Sql, SqlError};

pub use answer::Answer;
pub use questions::{Authority, Confirmed, Credential, Heard, PolicyQuestion, Question, Seat};
pub use rejection::Rejection;

/// The rules of one kind of object.
pub trait Object: Send + Sync + 'static {
    /// What it can be told.
    type Command: Serialize + DeserializeOwned + Send + Sync;
    /// What it answers.
    type Reply: Serialize + DeserializeOwned + Send;

    /// What it knows beyond its rows, until it is evicted.
    type Memory: Memory;

    /// Schema steps, oldest first; forward only. A step that has run is never edited.
    const MIGRATIONS: &'static [&'static str];

    /// What a command may do to the rows.
    fn effect(command: &Self::Command) -> Effect;

    /// Whether a command takes long to compute (a password hash). Of these the shell admits a few at a time.
    fn is_heavy(_: &Self::Command) -> bool {
        false
    }

    /// Whether the answer leaves before anybody else is told, so that the time it takes says nothing about them.
    fn answers_first(_: &Self::Command) -> bool {
        false
    }

    /// Whether a change takes something away from somebody (revokes, suspends, signs out): it must be possible where
    /// there is no room for anything else. What comes of it is bounded by what is there.
    fn takes_away(_: &Self::Command) -> bool {
        false
    }

    /// Decides and writes.
    fn handle(
        sql: &dyn Sql,
        memory: &mut Self::Memory,
        context: &Context<'_>,
        command: &Self::Command,
    ) -> Result<Step<Self>, Abort>;

    /// How long (ms) an answer has to be held back for a message that waits to be acknowledged: none where nobody can
    /// act on what was before, `u64::MAX` where only the acknowledgement itself will do.
    fn fence_ms(
        sql: &dyn Sql,
        _: &Self::Memory,
        _: &Context<'_>,
        entry: &outbox::EntryKey,
    ) -> Result<Option<u64>, SqlError> {
        Ok(outbox::is_waiting(sql, entry)?.then_some(u64::MAX))
    }

    /// A receiver has taken a message, and acts on it from `until` on at the latest. The entry stays until then.
    fn acknowledged(_: &mut Self::Memory, _: &outbox::EntryKey, _until: Timestamp) {}

    /// What the outbox has to send, at most a bounded number of messages: those due by `due_by`.
    fn deliveries(sql: &dyn Sql, context: &Context<'_>, due_by: Timestamp) -> Result<Vec<outbox::Delivery>, SqlError>;

    /// Notes what has come of a message to a receiver that a client has chosen. When it is tried again is for the object
    /// to say, and the next message to the same receiver, if there is one that may follow at once.
    fn posted(
        _: &dyn Sql,
        _: &Context<'_>,
        _: &outbox::EntryKey,
        _: Option<&outbox::Post>,
        _: Attempt,
    ) -> Result<Option<outbox::Delivery>, SqlError> {
        Ok(None)
    }

    /// Notes what a resolver has said of a name, and when it is asked again. Without a proof there was nothing to ask.
    fn looked_up(
        _: &dyn Sql,
        _: &mut Self::Memory,
        _: &Context<'_>,
        _: &outbox::EntryKey,
        _: Option<Finding>,
    ) -> Result<(), SqlError> {
        Ok(())
    }

    /// Housekeeping, a bounded portion at a time.
    fn tidy(sql: &dyn Sql, memory: &mut Self::Memory, context: &Context<'_>) -> Result<(), SqlError>;

    /// When there will be something to tidy next.
    fn tidy_at(sql: &dyn Sql, memory: &Self::Memory, context: &Context<'_>) -> Result<Option<Timestamp>, SqlError>;
}

/// What a command may do to the rows of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it runs outside a transaction.
    Reads,
    /// Count, which is written down now and then; seldom, it learns something and tells others.
    Counts,
    /// Change something, and tell others.
    Writes,
}

/// What an object knows beyond its rows. Evicting the object takes it away, so everything that must not be forgotten
/// is in a row.
pub trait Memory: Default + Send {
    /// A step begins.
    fn begin(&mut self) {}

    /// The step has been taken back, and with it whatever it had written: what memory holds on the strength of those
    /// rows goes as well.
    fn roll_back(&mut self) {}

    /// Whether steps since the last question have left something for the outbox or the alarm, though their command only
    /// counts.
    fn take_work(&mut self) -> bool {
        false
    }
}

impl Memory for () {}

/// What a step may know besides its command.
pub struct Context<'a> {
    /// The moment of the step.
    pub now: Timestamp,
    /// The deployment's derived secrets.
    pub keyring: &'a Keyring,
    /// What the operator has set.
    pub rules: &'a Rules,
    /// What the authority of the caller has said, when the step has asked it.
    pub confirmed: Option<&'a Confirmed>,
    /// What the organization has said, when the step has asked it for its policy.
    pub heard: Option<&'a Heard>,
    /// The request behind the command, where there is one.
    pub trace: Option<&'a Trace>,
    /// A seed for what a step gives out: its first 16 bytes name the audit entry, the others are `draw`'s.
    pub seed: &'a [u8; 64],
}

impl Context<'_> {
    /// 16 random bytes of a step; up to three draws differ, a fourth repeats the third.
    pub fn draw(&self, number: usize) -> [u8; 16] {
        let from = number.clamp(1, 3).saturating_mul(16);
        let mut drawn = [0; 16];
        for (to, byte) in drawn.iter_mut().zip(self.seed.iter().skip(from)) {
            *to = *byte;
        }
        drawn
    }

    /// A random number of a step, of the third draw.
    pub fn draw_number(&self) -> u64 {
        let drawn = self.draw(3).first_chunk().copied();
        drawn.map_or(0, u64::from_be_bytes)
    }
}

/// How a step ends.
pub enum Step<O: Object + ?Sized> {
    /// Decided; written if there was something to write.
    Done(Done<O>),
    /// Another object knows about the caller: ask it and come back. Nothing is written.
    Confirm(Question),
    /// The organization knows the policy, and keeps the pools: ask it and come back, whether it answers or not.
    Hear(Box<PolicyQuestion>),
    /// The business says no, and what the step has done stands: it has given back what was held for the command.
    Refused(Rejection),
}

/// A decided step.
pub struct Done<O: Object + ?Sized> {
    /// The answer.
    pub reply: O::Reply,
    /// How long (ms) the answer must be held back until the change is in force everywhere.
    pub wait_ms: u64,
    /// Messages that must be acknowledged before the work counts as finished (else the answer says 202).
    pub awaiting: Vec<outbox::EntryKey>,
    /// A command to run once the answer has left.
    pub follow_up: Option<O::Command>,
}

impl<O: Object> Step<O> {
    /// A step that is finished with its reply.
    pub fn done(reply: O::Reply) -> Self {
        Self::done_after(reply, Vec::new())
    }

    /// A step that is finished once these messages are acknowledged.
    pub fn done_after(reply: O::Reply, awaiting: Vec<outbox::EntryKey>) -> Self {
        Self::Done(Done { reply, wait_ms: 0, awaiting, follow_up: None })
    }
}

/// Why a step ended without a result. Either way the transaction is rolled back.
#[derive(Debug)]
pub enum Abort {
    /// The business says no.
    Rejected(Rejection),
    /// The database failed.
    Failed(SqlError),
}

impl From<SqlError> for Abort {
    fn from(error: SqlError) -> Self {
        Self::Failed(error)
    }
}

impl From<Rejection> for Abort {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}
