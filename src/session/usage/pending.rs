//! What waits to be written down: by key and for the session, and which reports it contains.
//!
//! What a step counts is set apart until the next one begins, so that a step that is taken back has counted nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::heads;
use super::{RECENT_MAX, SESSION};
use crate::domain::lease::grant::IsolateId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::{Outcome, Outcomes};
use crate::domain::usage::series::{Grain, Series};
use crate::domain::usage::steps::Steps;
use crate::domain::usage::{self, Origin, Seen, Used};
use crate::domain::verification::Code;
use crate::object::Context;
use crate::ports::{Sql, SqlError};
use crate::session::alerts::{News, Watcher};

/// How many keys may wait, and how many verifications that are described; beyond that they are written down at once.
pub(crate) const KEYS_MAX: usize = 500;
const DESCRIBED_MAX: usize = 8_192;
/// How many isolates whose reports are all durable are kept in memory.
const ISOLATES_MAX: usize = 4_096;

/// What is new of one subject.
#[derive(Debug, Default)]
pub(super) struct Delta {
    pub(super) minutes: Series,
    pub(super) outcomes: Steps<Outcomes>,
    pub(super) recent: Vec<Seen>,
    pub(super) last: Option<Used>,
    /// Calls of its own that were refused because the key has ended: how many, and when the last was.
    refused_calls: Option<(u64, Timestamp)>,
}

impl Delta {
    pub(super) fn add(&mut self, minute: Timestamp, counts: &[(Code, u64)], used: Option<&Used>) {
        if !counts.is_empty() {
            self.minutes.add(minute, counts);
        }
        used.into_iter().for_each(|used| self.use_at(used));
    }

    pub(super) fn outcome(&mut self, minute: Timestamp, outcome: &Outcome) {
        self.outcomes.change(minute, |step| step.record(outcome.status, outcome.latency_ms));
    }

    pub(super) fn use_at(&mut self, used: &Used) {
        if self.last.as_ref().is_none_or(|last| used.at >= last.at) {
            self.last = Some(used.clone());
        }
    }

    pub(super) fn refuse_calls(&mut self, more: u64, at: Timestamp) {
        let (count, last) = self.refused_calls.unwrap_or((0, at));
        self.refused_calls = Some((count.saturating_add(more), last.max(at)));
    }

    pub(super) fn describe(&mut self, seen: Option<Seen>) {
        self.recent.extend(seen);
        shorten(&mut self.recent);
    }

    /// What somebody who looks for something worth an alert wants to know of it.
    pub(super) fn news(&self, news: &mut News) {
        self.minutes.sum().iter().for_each(|(code, count)| usage::add(&mut news.counts, *code, *count));
        for seen in &self.recent {
            match seen.code {
                Code::Valid => note_country(news, &Used { at: seen.at, origin: seen.origin.clone() }),
                Code::Revoked | Code::Expired => {
                    let seen = Used { at: seen.at, origin: seen.origin.clone() };
                    news.refused = Used::later(news.refused.take(), Some(seen));
                }
                Code::NotFound
                | Code::Disabled
                | Code::NotYetValid
                | Code::OrganizationSuspended
                | Code::SessionDisconnected
                | Code::WrongSession
                | Code::WrongEnvironment
                | Code::Forbidden
                | Code::InsufficientPermissions
                | Code::DomainNotAllowed
                | Code::RateLimited
                | Code::UsageExceeded => {}
            }
        }
        if let Some((count, at)) = self.refused_calls {
            news.refused_calls = news.refused_calls.saturating_add(count);
            let call = Used { at, origin: Origin::default() };
            // Of what is as late the place is known.
            news.refused = Used::later(Some(call), news.refused.take());
        }
        self.last.iter().for_each(|used| note_country(news, used));
        news.last = Used::later(news.last.take(), self.last.clone());
    }

    fn merge(&mut self, other: Self) {
        self.minutes.merge(&other.minutes);
        self.outcomes.merge(&other.outcomes);
        other.last.iter().for_each(|used| self.use_at(used));
        other.refused_calls.iter().for_each(|(count, at)| self.refuse_calls(*count, *at));
        self.recent.extend(other.recent);
        shorten(&mut self.recent);
    }
}

/// Sees to it that the organization hears of the hours in which something was counted.
fn tell_hours<'d>(
    sql: &dyn Sql,
    context: &Context<'_>,
    deltas: impl Iterator<Item = &'d Delta>,
) -> Result<(), SqlError> {
    let minutes = |delta: &Delta| {
        let counted = delta.minutes.iter().map(|(minute, _)| minute);
        counted.chain(delta.outcomes.iter().map(|(minute, _)| minute)).collect::<Vec<_>>()
    };
    let hours: BTreeSet<Timestamp> = deltas.flat_map(minutes).map(|minute| Grain::Hour.start_of(minute)).collect();
    hours.into_iter().try_for_each(|hour| heads::tell(sql, context, hour))
}

/// Remembers the first use from each country.
fn note_country(news: &mut News, used: &Used) {
    let Some(country) = &used.origin.country else { return };
    match news.countries.get_mut(country) {
        Some(first) if first.at <= used.at => {}
        Some(first) => *first = used.clone(),
        None => drop(news.countries.insert(country.clone(), used.clone())),
    }
}

/// Keeps the last ones. What is in order stays as it is.
pub(super) fn shorten(recent: &mut Vec<Seen>) {
    if recent.len() >= 2 * RECENT_MAX {
        keep_last(recent);
    }
}

/// Puts them in order of time and keeps the last ones.
pub(super) fn keep_last(recent: &mut Vec<Seen>) {
    recent.sort_by_key(|seen| seen.at);
    recent.drain(..recent.len().saturating_sub(RECENT_MAX));
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Pending {
    subjects: BTreeMap<String, Delta>,
    described: usize,
    /// The last report of each isolate that is counted and not written down.
    reported: BTreeMap<IsolateId, u64>,
    /// The last report of each isolate that is written down, as far as somebody has asked; none if it has no row.
    durable: HashMap<IsolateId, Option<u64>>,
    /// What the step that runs has counted.
    step: BTreeMap<String, Delta>,
    step_isolates: BTreeMap<IsolateId, u64>,
}

impl Pending {
    /// The step stands.
    pub(super) fn keep(&mut self) {
        for (subject, delta) in std::mem::take(&mut self.step) {
            self.described = self.described.saturating_add(delta.recent.len());
            match self.subjects.get_mut(&subject) {
                Some(known) => known.merge(delta),
                None => drop(self.subjects.insert(subject, delta)),
            }
        }
        self.reported.append(&mut self.step_isolates);
    }

    /// The step has been taken back.
    pub(super) fn take_back(&mut self) {
        self.step.clear();
        self.step_isolates.clear();
    }

    pub(super) fn note(&mut self, subject: &str, work: impl FnOnce(&mut Delta)) {
        match self.step.get_mut(subject) {
            Some(delta) => work(delta),
            None => work(self.step.entry(subject.to_owned()).or_default()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subjects.is_empty() && self.step.is_empty() && self.reported.is_empty() && self.step_isolates.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.subjects.len().saturating_add(self.step.len()) > KEYS_MAX || self.described > DESCRIBED_MAX
    }

    /// What is waiting of a subject.
    pub(super) fn of(&self, subject: &str) -> impl Iterator<Item = &Delta> {
        [self.subjects.get(subject), self.step.get(subject)].into_iter().flatten()
    }

    /// The last report of an isolate that is counted; 0 if none is known.
    pub(super) fn applied(&mut self, sql: &dyn Sql, isolate: IsolateId) -> Result<u64, SqlError> {
        if !self.durable.contains_key(&isolate) {
            if self.durable.len() >= ISOLATES_MAX {
                self.durable.clear();
            }
            self.durable.insert(isolate, heads::durable(sql, isolate)?);
        }
        let counted = self.step_isolates.get(&isolate).or_else(|| self.reported.get(&isolate)).copied();
        Ok(counted.or(self.durable(isolate)).unwrap_or(0))
    }

    pub(super) fn apply(&mut self, isolate: IsolateId, seq: u64) {
        self.step_isolates.insert(isolate, seq);
    }

    /// Up to which report everything of an isolate is written down.
    pub(super) fn durable(&self, isolate: IsolateId) -> Option<u64> {
        self.durable.get(&isolate).copied().flatten()
    }

    /// Writes all of it down: one row for each subject, and one for each isolate that has reported.
    pub(super) fn write(
        &self,
        sql: &dyn Sql,
        context: &Context<'_>,
        watcher: &mut Watcher<'_>,
    ) -> Result<(), SqlError> {
        let new = self.step.keys().filter(|subject| !self.subjects.contains_key(*subject));
        for subject in self.subjects.keys().chain(new) {
            heads::add(sql, context, watcher, subject, self.of(subject))?;
        }
        tell_hours(sql, context, self.of(SESSION))?;
        for (isolate, seq) in self.all_reported() {
            heads::save_durable(sql, isolate, seq, context.now)?;
        }
        Ok(())
    }

    /// Writes down only what the step that runs has counted, which has to be durable when it ends. What waits goes on doing
    /// so, and with it the numbers of the reports that it comes from.
    pub(super) fn write_step(
        &mut self,
        sql: &dyn Sql,
        context: &Context<'_>,
        watcher: &mut Watcher<'_>,
    ) -> Result<(), SqlError> {
        for (subject, delta) in &self.step {
            heads::add(sql, context, watcher, subject, std::iter::once(delta))?;
        }
        tell_hours(sql, context, self.step.get(SESSION).into_iter())?;
        // Should the step be taken back after this, it has counted nothing all the same.
        self.step.clear();
        Ok(())
    }

    fn all_reported(&self) -> BTreeMap<IsolateId, u64> {
        let mut all = self.reported.clone();
        all.extend(&self.step_isolates);
        all
    }

    /// Takes out what has been written, in case that is taken back. All reports are durable now.
    pub(super) fn take(&mut self) -> Self {
        let mut durable = self.durable.clone();
        durable.extend(self.all_reported().into_iter().map(|(isolate, seq)| (isolate, Some(seq))));
        std::mem::replace(self, Self { durable, ..Self::default() })
    }
}
