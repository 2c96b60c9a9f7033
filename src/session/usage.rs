//! What the keys of a session are used for: counted in memory, and written down every few seconds.
//!
//! What the object has decided itself is counted here; what isolates have decided by their leases comes in reports, each
//! of which is counted once. Where it is quiet, a count is written down right behind the answer. Where it is busy, an
//! alarm does so, one row for each key that was used meanwhile and one for the session; what a crash takes along is less
//! than that pause.

mod heads;
mod pending;
mod reading;

use crate::domain::api_key::ApiKey;
use crate::domain::id::ApiKeyId;
use crate::domain::lease::grant::IsolateId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::Outcome;
use crate::domain::usage::series::Grain;
use crate::domain::usage::{Origin, Report, Seen, Used};
use crate::domain::verification::Code;
use crate::object::ledgers::Ledgers;
use crate::object::usage::Rolling;
use crate::object::{Context, Memory as ObjectMemory, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::alerts::watched;
use super::alerts::{Baselines, Watcher};
use super::erasure::is_erased;
use super::policy::Memory;
use super::protocol::{Command, Reply, Verify};
use super::store::{self, State};

pub use heads::{FORGET_STATEMENTS, SCHEMA_HEADS, SCHEMA_ISOLATES, last_use, sightings};
use pending::{Delta, Pending};
pub use reading::{evidence, hours_to_tell, lately, read, requests};

/// For how long (ms) counts stay in memory at most; an alarm needs a second to ring.
pub(crate) const FLUSH_MS: i64 = 9_000;
/// How many verifications of one key are described one by one.
pub(crate) const RECENT_MAX: usize = 100;
/// For how long (ms) what an isolate has decided is still counted: a day, and an hour for clocks.
pub(crate) const LATE_MS: i64 = 25 * 60 * 60 * 1_000;
/// For how long (ms) the number of the last report of an isolate is remembered: longer than its reports count.
pub(crate) const ISOLATE_LIFE_MS: i64 = 2 * LATE_MS;
/// Whose row holds the sums of the session.
const SESSION: &str = "session";

/// What a session has counted and not written down yet.
#[derive(Default)]
pub struct Usage {
    pending: Pending,
    flushed_at: Option<Timestamp>,
    rolling: Rolling,
    baselines: Baselines,
    /// Whether a step has begun to leave something for the alarm.
    began: bool,
    before: Option<(Pending, Option<Timestamp>)>,
}

impl ObjectMemory for Usage {
    fn begin(&mut self) {
        self.before = None;
        self.pending.keep();
    }

    fn roll_back(&mut self) {
        if let Some((pending, flushed_at)) = self.before.take() {
            (self.pending, self.flushed_at) = (pending, flushed_at);
        }
        self.pending.take_back();
    }

    fn take_work(&mut self) -> bool {
        std::mem::take(&mut self.began)
    }
}

impl Usage {
    /// Counts a verification that this object has decided, if it is to be counted. What is to follow the answer.
    pub fn count(&mut self, now: Timestamp, verify: &Verify, key: Option<&ApiKey>, code: Code) -> Option<Command> {
        if verify.is_dry() {
            return None;
        }
        let used = (code == Code::Valid).then(|| Used { at: now, origin: verify.origin.clone() });
        if verify.id.is_none() && used.is_none() {
            return None;
        }
        let counts = if verify.id.is_some() { vec![(code, 1)] } else { Vec::new() };
        let minute = Grain::Minute.start_of(now);
        let was_clean = self.is_clean();
        self.note(SESSION, |delta| delta.add(minute, &counts, used.as_ref()));
        if let Some(key) = key {
            let seen = verify.id.as_ref().map(|id| Seen {
                id: id.of(&key.id),
                at: now,
                code,
                cost: verify.cost,
                origin: verify.origin.clone(),
                ip: verify.demand.ip,
                tags: verify.tags.clone(),
            });
            self.note(key.id.as_str(), |delta| {
                delta.add(minute, &counts, used.as_ref());
                delta.describe(seen);
            });
        }
        self.follow_up(now, was_clean, key.filter(|_| code == Code::Valid))
    }

    /// Notes that a key was used in a call of its own, which is not counted. What is to follow the answer.
    pub fn used(&mut self, now: Timestamp, key: &ApiKey) -> Option<Command> {
        let was_clean = self.is_clean();
        let used = Used { at: now, origin: Origin::default() };
        for subject in [SESSION, key.id.as_str()] {
            self.note(subject, |delta| delta.use_at(&used));
        }
        self.follow_up(now, was_clean, Some(key))
    }

    /// Notes that a key that has ended was presented in a call of its own, which is not counted. The alarm writes it down: the
    /// answer is a refusal, which nothing follows.
    pub fn refused(&mut self, now: Timestamp, key: &ApiKey) {
        self.note(key.id.as_str(), |delta| delta.refuse_calls(1, now));
        self.began = true;
    }

    /// Counts what became of a request that was made with a key. It is for the caller to have it written down.
    pub fn count_outcome(&mut self, at: Timestamp, outcome: &Outcome) {
        let minute = Grain::Minute.start_of(at);
        for subject in [SESSION, outcome.key_id.as_str()] {
            self.note(subject, |delta| delta.outcome(minute, outcome));
        }
    }

    /// Where it is quiet, and where a key is used for the first time, it is written down behind the answer; else the alarm
    /// does it.
    fn follow_up(&mut self, now: Timestamp, was_clean: bool, used: Option<&ApiKey>) -> Option<Command> {
        let is_first = used.is_some_and(|key| key.last_used_at.is_none());
        if is_first || self.is_due(now) {
            return Some(Command::Flush);
        }
        self.began |= was_clean;
        None
    }

    fn note(&mut self, subject: &str, work: impl FnOnce(&mut Delta)) {
        self.pending.note(subject, work);
    }

    fn is_clean(&self) -> bool {
        self.pending.is_empty()
    }

    /// When what is in memory has to be written down; none before the first time, and where too much is waiting.
    fn flush_at(&self) -> Option<Timestamp> {
        if self.pending.is_full() {
            return None;
        }
        self.flushed_at.map(|at| at.plus_millis(FLUSH_MS))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        // A clock that was set back tells nothing.
        self.flush_at().is_none_or(|at| at <= now) || self.flushed_at.is_some_and(|at| at > now)
    }

    /// Writes down all that is waiting, at once: either all of a report is durable, or nothing.
    fn flush(&mut self, sql: &dyn Sql, ledgers: &mut Ledgers, context: &Context<'_>) -> Result<(), SqlError> {
        if self.is_clean() {
            return Ok(());
        }
        if let Some(state) = store::state(sql)?
            && !is_erased(sql)?
        {
            let mut watcher = Watcher::new(sql, &state, ledgers, &mut self.baselines)?;
            self.pending.write(sql, context, &mut watcher)?;
        }
        self.before = Some((self.pending.take(), self.flushed_at));
        self.flushed_at = Some(context.now);
        self.began = false;
        Ok(())
    }

    /// Writes down what is due, and looks once an hour whether something has become old.
    pub fn tidy(&mut self, sql: &dyn Sql, ledgers: &mut Ledgers, context: &Context<'_>) -> Result<(), SqlError> {
        if self.is_due(context.now) {
            self.flush(sql, ledgers, context)?;
        }
        let due = watched::due(sql, context.now)?;
        if !due.is_empty()
            && let Some(state) = store::state(sql)?
        {
            let mut watcher = Watcher::new(sql, &state, ledgers, &mut self.baselines)?;
            for subject in due {
                heads::look_again(sql, context, &mut watcher, &subject)?;
            }
        }
        if self.rolling.tidy(sql, context.now)? {
            heads::forget_isolates(sql, context.now.plus_millis(-ISOLATE_LIFE_MS))?;
        }
        Ok(())
    }

    /// When something is to be written down, or moved on. What has become old waits until the session is used again: no
    /// alarm wakes one for it.
    pub fn tidy_at(&self, now: Timestamp) -> Option<Timestamp> {
        let flush = if self.is_clean() { None } else { Some(self.flush_at().unwrap_or(now)) };
        [flush, self.rolling.tidy_at(now)].into_iter().flatten().min()
    }
}

/// Writes down what has been counted: what follows an answer.
pub fn flush(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<Step<SessionObject>, SqlError> {
    memory.usage.flush(sql, &mut memory.ledgers, context)?;
    Ok(Step::done(Reply::Acknowledged))
}

/// Writes down what this step has counted, and nothing of what waits.
pub fn write_step(sql: &dyn Sql, memory: &mut Memory, state: &State, context: &Context<'_>) -> Result<(), SqlError> {
    let usage = &mut memory.usage;
    let mut watcher = Watcher::new(sql, state, &mut memory.ledgers, &mut usage.baselines)?;
    usage.pending.write_step(sql, context, &mut watcher)
}

/// Counts what an isolate reports, each report once, and tells up to which one everything is written down.
///
/// Reports of an isolate are sent in one list that begins with the first that is not known to be written down. So one
/// that is later than the last that was counted is new, and none is missing between the two: numbers that are left out
/// were settled, or dropped by the isolate itself.
pub fn apply(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    isolate: IsolateId,
    reports: &[Report],
) -> Result<Option<u64>, SqlError> {
    let usage = &mut memory.usage;
    let was_clean = usage.is_clean();
    let mut last = usage.pending.applied(sql, isolate)?;
    for report in reports.iter().filter(|report| report.isolate == isolate) {
        if report.seq > last {
            last = report.seq;
            count_report(usage, context.now, report);
            usage.pending.apply(isolate, last);
        }
    }
    if !usage.is_clean() {
        if usage.is_due(context.now) {
            usage.flush(sql, &mut memory.ledgers, context)?;
            // Others are to hear of it.
            usage.began = true;
        } else {
            usage.began |= was_clean;
        }
    }
    Ok(usage.pending.durable(isolate))
}

fn count_report(usage: &mut Usage, now: Timestamp, report: &Report) {
    for tally in &report.tallies {
        // An isolate whose clock is ahead has decided now, whatever it says.
        let minute = tally.minute.min(Grain::Minute.start_of(now));
        if now.millis_since(minute) > LATE_MS {
            continue;
        }
        let last = tally.last.clone().map(|used| Used { at: used.at.min(now), ..used });
        usage.note(SESSION, |delta| delta.add(minute, &tally.counts, last.as_ref()));
        usage.note(tally.key_id.as_str(), |delta| {
            delta.add(minute, &tally.counts, last.as_ref());
            tally.recent.iter().for_each(|seen| delta.describe(Some(Seen { at: seen.at.min(now), ..seen.clone() })));
        });
    }
}

/// The id of the key that a row of this subject is about.
pub(super) fn key_of(subject: &str) -> Option<ApiKeyId> {
    subject.starts_with(ApiKeyId::PREFIX).then(|| ApiKeyId::from_trusted(subject.to_owned()))
}
