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
pub mod rows;
pub mod shell;
pub mod usage;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::audit::Trace;
use crate::domain::keyring::Keyring;
use crate::domain::owned_domain::Finding;
use crate::domain::permission::Permission;
use crate::domain::rate_limit::LimitUse;
use crate::domain::tagged::tagged;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;
use crate::domain::webhook::Attempt;
use crate::ports::{Rules, Sql, SqlError};

pub use answer::Answer;
pub use questions::{Authority, Confirmed, Credential, Heard, PolicyQuestion, Question, Seat};

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

/// The business no: a decision, not a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename = "rejection", rename_all = "snake_case")]
pub enum Rejection {
    /// The presented credential is not good for this.
    CallerRefused {
        /// What a verification of it says.
        code: Code,
        /// The permission that was asked for.
        needs: Option<Permission>,
    },
    /// No such API key within reach.
    KeyNotFound,
    /// No such session within reach.
    SessionNotFound,
    /// No such organization.
    OrganizationNotFound,
    /// The caller's reach ends at its own session.
    OutsideReach,
    /// The caller would hand out more than it has.
    ExceedsOwnPermissions,
    /// The key is revoked; that is final.
    KeyRevoked,
    /// Only active and pending keys can be rotated.
    KeyNotActive,
    /// The key has a successor already.
    KeyRotated,
    /// The key that this one replaced still lives.
    OverlapOpen,
    /// The plan allows no further key in this session.
    KeyQuotaReached {
        /// How many it allows.
        limit: u32,
    },
    /// The session is deleted; that is final.
    SessionDeleted,
    /// The production default session cannot be disconnected or deleted.
    DefaultSession,
    /// The organization is deleted; that is final.
    OrganizationDeleted,
    /// The expiry and `notBefore` that result would leave no time to use the key.
    EmptyLifetime,
    /// The session that was named belongs to another environment than the one that was named.
    EnvironmentContradicts,
    /// An `Idempotency-Key` came back with another request.
    IdempotencyMismatch,
    /// The first request with this `Idempotency-Key` is still at work.
    IdempotencyInFlight,
    /// The retried request has issued a key that cannot be shown again.
    KeyAlreadyIssued,
    /// The locator is taken by another object; draw a new one.
    LocatorTaken,
    /// The sign-in has ended, or never was.
    SignedOut,
    /// The member's role does not allow it.
    RoleInsufficient,
    /// No such member.
    MemberNotFound,
    /// The user is a member already.
    AlreadyMember,
    /// An organization keeps at least one owner.
    LastOwner,
    /// The member belongs to other organizations, which have a say in its password.
    MemberElsewhere,
    /// No such invitation.
    InvitationNotFound,
    /// No such alert.
    AlertNotFound,
    /// The invitation was accepted or taken back, or it has expired.
    InvitationEnded,
    /// The invitation is for another address.
    InvitationForAnother,
    /// The link is not valid, was used, or has expired.
    LinkInvalid,
    /// The plan is the operator's to choose.
    PlanByOperator,
    /// The first account of the deployment exists already.
    SetupDone,
    /// There is an account of this address already.
    EmailTaken,
    /// No such user.
    UserNotFound,
    /// No such sign-in of the caller's.
    SignInNotFound,
    /// The password that had to be given once more is wrong.
    WrongPassword,
    /// A second factor is set up already.
    TotpEnabled,
    /// No second factor is set up.
    TotpNotEnabled,
    /// The code is not the one of this moment.
    TotpWrong,
    /// For the own account there is another way.
    OwnAccount,
    /// A password that is the user's own address.
    PasswordIsAddress,
    /// The organization is suspended: nothing new comes into being there.
    OrganizationSuspended,
    /// As many people belong to the organization as may.
    TooManyMembers,
    /// The user owns as many organizations as a user may.
    OrganizationLimitReached,
    /// Too many at once want a password hashed.
    Busy,
    /// The database of the object takes nothing more.
    StorageFull,
    /// There are as many pending invitations as there may be.
    TooManyInvitations,
    /// The deployment lets nobody register who has no invitation of the right kind.
    RegistrationClosed,
    /// The e-mail and password do not match, or were tried too often.
    SignInRefused,
    /// The password is right, and a second factor is needed.
    SecondFactorNeeded,
    /// The address has tried to sign in or to register too often.
    TooManyAttempts,
    /// No such endpoint for webhooks.
    WebhookNotFound,
    /// No such delivery to that endpoint.
    WebhookDeliveryNotFound,
    /// The endpoint for webhooks is switched off.
    WebhookDisabled,
    /// There are as many endpoints for webhooks as there may be.
    TooManyWebhooks,
    /// No such domain.
    DomainNotFound,
    /// The organization has this domain already.
    DomainExists,
    /// There are as many domains as there may be.
    TooManyDomains,
    /// Imported keys begin in as many ways as they may.
    TooManyPrefixes,
    /// The domain is none that the organization has proven to be its own.
    DomainNotVerified,
    /// No such route of the gateway.
    GatewayRouteNotFound,
    /// Another route of the gateway has this path.
    GatewayPathTaken,
    /// There are as many routes of the gateway as there may be.
    TooManyGatewayRoutes,
    /// Nothing in the deployment can send a link.
    LinkHookMissing,
    /// The organization cannot be asked for its policy, and what is known of it is too old to act on.
    PolicyUnknown,
    /// The organization has made as many calls as its plan allows.
    RateLimited {
        /// The pool that is spent.
        limit: Box<LimitUse>,
    },
}
tagged!(Rejection);
