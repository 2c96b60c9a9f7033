//! What this isolate may decide by itself, what it has decided so, and what of that has to be done after an answer.
//!
//! All of it is in memory, behind one lock that is never held across an await. Nothing in here is another request's
//! future: what one request has begun, no other may wait for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::Error;
use super::call::Outcome;
use super::denials::Denial;
use super::leaks::LeakReport;
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::book::{Book, Question};
use crate::domain::lease::grant::IsolateId;
use crate::domain::locator::Locator;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::Seen;
use crate::domain::usage::tallies::Tallies;
use crate::session::protocol::Reply;

/// How long (ms) a job that was given away counts as being at work, should its holder be killed.
pub(super) const AT_WORK_MS: i64 = 12_000;
/// How long (ms) a session is left alone that could not be asked.
const PAUSE_MS: i64 = 1_000;
/// For how many sessions it is known what is at work.
const SESSIONS_MAX: usize = 8_192;

/// What goes on after an answer, in the name of the request that has begun it.
pub enum Job {
    /// Asks a session to renew leases, and tells it what was decided.
    Renew(Renewing),
    /// Tells a session in a while what was decided, if nobody has until then.
    Report(Locator),
    /// Hears out an authority that was asked, though the answer came from elsewhere.
    HearOut(Box<Asked>),
    /// Tells an authority that somebody was refused something.
    Note(Box<Denial>),
    /// Asks an organization for the routes of its gateway again.
    Routes(Locator),
    /// Tells a session what origins have answered, in a moment.
    Outcomes(Locator),
    /// Tells a session that a key was found where it should not be.
    Leak(Box<LeakReport>),
}

/// The right to renew the leases of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewing {
    pub(super) session: Locator,
    pub(super) since: Timestamp,
}

/// An answer that is on its way from a session.
pub(super) type Answering = futures_util::future::BoxFuture<'static, Result<Outcome<Reply>, Error>>;

/// A question that nobody waits for any more.
pub struct Asked {
    pub(super) answer: Answering,
    pub(super) hash: KeyHash,
    pub(super) question: Question,
    pub(super) cost: u32,
    /// To be counted here if the authority has not heard of it.
    pub(super) seen: Option<(ApiKeyId, Seen)>,
    pub(super) session: Locator,
}

/// Takes the jobs of one request. Whoever has answered it hands them to the platform.
#[derive(Clone, Default)]
pub struct Background(Arc<Mutex<Vec<Job>>>);

impl Background {
    /// The jobs so far.
    #[must_use]
    pub fn take(&self) -> Vec<Job> {
        std::mem::take(&mut *self.jobs())
    }

    /// One more.
    pub fn add(&self, job: Job) {
        self.jobs().push(job);
    }

    fn jobs(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Background {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Background").finish_non_exhaustive()
    }
}

/// What is at work for one session.
#[derive(Debug, Clone, Copy)]
struct Round {
    /// Since when a renewal is under way.
    renewing: Option<Timestamp>,
    /// Until when the session is left alone.
    paused_until: Timestamp,
    /// Until when somebody takes care of what is to be reported.
    reporting_until: Timestamp,
}

impl Default for Round {
    fn default() -> Self {
        Self { renewing: None, paused_until: Timestamp::MIN, reporting_until: Timestamp::MIN }
    }
}

/// The memory of one isolate.
pub(super) struct Memory {
    /// The leases.
    pub(super) book: Book,
    /// What was decided by them.
    pub(super) tallies: Tallies,
    isolate: Option<IsolateId>,
    rounds: LruCache<Locator, Round>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { book: Book::default(), tallies: Tallies::new(), isolate: None, rounds: LruCache::unbounded() }
    }
}

/// The memory of one isolate, behind its lock.
#[derive(Default)]
pub(super) struct Leases(Mutex<Memory>);

impl Leases {
    /// The memory. After a panic in the middle of a change nobody knows what it says: it begins anew.
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(|poisoned| {
            let mut memory = poisoned.into_inner();
            *memory = Memory::default();
            memory
        })
    }
}

impl Memory {
    /// The name of this isolate, drawn when it is needed first.
    pub(super) fn isolate(&mut self, seed: impl FnOnce() -> Result<[u8; 64], Error>) -> Result<IsolateId, Error> {
        if let Some(isolate) = self.isolate {
            return Ok(isolate);
        }
        let [a, b, c, d, e, f, g, h, ..] = seed()?;
        // 53 bits: numbers of the wire may pass through JavaScript.
        let isolate = IsolateId(u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 11);
        self.isolate = Some(isolate);
        Ok(isolate)
    }

    /// Counts a decision that was made here, and sees to it that somebody reports it.
    pub(super) fn note(&mut self, session: Locator, key_id: &ApiKeyId, seen: Seen, background: &Background) {
        let now = seen.at;
        self.tallies.note(session, key_id, seen);
        self.report_later(session, now, background);
    }

    /// Whether a session is to hear something of this isolate, now or later.
    pub(super) fn has_to_report(&self, session: Locator) -> bool {
        self.tallies.has_unreported(session) || self.book.has_tokens(session)
    }

    /// Sees to it that somebody reports what was decided, and what has become of tokens.
    pub(super) fn report_later(&mut self, session: Locator, now: Timestamp, background: &Background) {
        let round = self.round(session);
        if is_over(round.reporting_until, now) {
            round.reporting_until = now.plus_millis(AT_WORK_MS);
            background.add(Job::Report(session));
        }
    }

    /// Has the leases of a session renewed, if this one is due and nobody is at it.
    pub(super) fn renew_if_due(&mut self, hash: &KeyHash, session: Locator, now: Timestamp, background: &Background) {
        if self.book.is_due(hash, now)
            && let Some(renewing) = self.begin(session, now)
        {
            background.add(Job::Renew(renewing));
        }
    }

    /// Begins a renewal, unless one is under way or the session is left alone.
    pub(super) fn begin(&mut self, session: Locator, now: Timestamp) -> Option<Renewing> {
        let round = self.round(session);
        let is_free = round.renewing.is_none_or(|since| is_over(since.plus_millis(AT_WORK_MS), now));
        if !is_free || !is_over(round.paused_until, now) {
            return None;
        }
        round.renewing = Some(now);
        Some(Renewing { session, since: now })
    }

    /// Ends a renewal. A session that could not be asked is left alone for a moment.
    pub(super) fn end(&mut self, renewing: Renewing, failed: bool, now: Timestamp) {
        let round = self.round(renewing.session);
        if round.renewing == Some(renewing.since) {
            round.renewing = None;
        }
        if failed {
            round.paused_until = now.plus_millis(PAUSE_MS);
        }
    }

    /// Until when somebody takes care of reports; nobody any more, if that is now.
    pub(super) fn reporting(&mut self, session: Locator, until: Timestamp) {
        self.round(session).reporting_until = until;
    }

    fn round(&mut self, session: Locator) -> &mut Round {
        if self.rounds.len() >= SESSIONS_MAX && !self.rounds.contains(&session) {
            // It may be asked once more than needed.
            self.rounds.pop_lru();
        }
        self.rounds.get_or_insert_mut(session, Round::default)
    }
}

/// Whether a moment has passed. One that lies further ahead than any of ours was set by a clock that has been set back.
fn is_over(until: Timestamp, now: Timestamp) -> bool {
    until <= now || until.millis_since(now) > 2 * AT_WORK_MS
}
