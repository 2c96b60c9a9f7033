//! What a session finds that is worth an alert: looked at where counts are written down, and by an alarm while one is open
//! that passes by itself. Nothing of it is in the way of a verification.
//!
//! What is remembered of a key stands in the row of its counts; what was found goes to the organization with the outbox.

mod finding;
pub mod rules;
pub mod watched;

use std::collections::{BTreeMap, HashMap};

use crate::domain::alert::machine::evaluate;
use crate::domain::alert::readings::{
    BASELINE_MS, Baseline, Failures, WINDOW_MINUTES, WINDOW_MS, errors, facts_of, fullest, limit, spike,
};
use crate::domain::alert::rules::Rules;
use crate::domain::alert::{Kind, machine::Reading};
use crate::domain::api_key::ApiKey;
use crate::domain::session::SessionStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::Used;
use crate::domain::usage::series::{Counts, Grain, Series, Slab, total};
use crate::object::ledgers::Ledgers;
use crate::object::{Context, usage};
use crate::ports::{Sql, SqlError};

use super::spending;
use super::store::{self, State};
pub(crate) use finding::COUNTRIES_MAX;
use watched::Watched;

/// Of how many subjects the usual traffic is kept in memory.
const BASELINES_MAX: usize = 1_000;

/// The usual traffic of subjects, in whole hours before the one that is named.
#[derive(Debug, Default)]
pub struct Baselines(HashMap<String, (Timestamp, Baseline)>);

impl Baselines {
    /// Counts of an earlier hour have come to rows.
    pub fn forget(&mut self, subject: &str) {
        self.0.remove(subject);
    }

    fn of(&mut self, sql: &dyn Sql, subject: &str, hour: Timestamp) -> Result<Baseline, SqlError> {
        if let Some((_, baseline)) = self.0.get(subject).filter(|(known, _)| *known == hour) {
            return Ok(*baseline);
        }
        let counted = usage::read(sql, subject, hour.plus_millis(-BASELINE_MS), hour)?.steps;
        let baseline = of_series(&counted);
        if self.0.len() >= BASELINES_MAX {
            self.0.clear();
        }
        self.0.insert(subject.to_owned(), (hour, baseline));
        Ok(baseline)
    }
}

fn of_series(counted: &Series) -> Baseline {
    Baseline { requests: total(&counted.sum()), first: counted.iter().next().map(|(start, _)| start) }
}

/// What somebody who looks has to know.
pub struct Watcher<'a> {
    state: &'a State,
    rules: Rules,
    ledgers: &'a mut Ledgers,
    baselines: &'a mut Baselines,
}

/// What is new of a key, or of the session.
#[derive(Debug, Default)]
pub struct News {
    /// Verifications by outcome.
    pub counts: Counts,
    /// The first use from each country, as far as single ones are told.
    pub countries: BTreeMap<String, Used>,
    /// The last use that was let through.
    pub last: Option<Used>,
    /// The last one that was refused because the key has ended.
    pub refused: Option<Used>,
    /// Calls of its own that were refused for that, as far as they are told.
    pub refused_calls: u64,
}

/// Whose counts are looked at.
struct Subject<'a> {
    /// The name of its rows.
    name: &'a str,
    /// What an alert names: the id of the key, or of the session.
    id: &'a str,
    key: Option<&'a ApiKey>,
}

impl<'a> Watcher<'a> {
    /// Reads the rules.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(
        sql: &dyn Sql,
        state: &'a State,
        ledgers: &'a mut Ledgers,
        baselines: &'a mut Baselines,
    ) -> Result<Self, SqlError> {
        Ok(Self { state, rules: rules::read(sql)?, ledgers, baselines })
    }

    /// The session.
    pub fn state(&self) -> &'a State {
        self.state
    }

    /// Counts of an earlier hour have come to rows.
    pub fn forget(&mut self, subject: &str) {
        self.baselines.forget(subject);
    }

    /// Looks at what is counted of a subject; `counted` is what is in no row of usage yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn look(
        &mut self,
        sql: &dyn Sql,
        context: &Context<'_>,
        name: &str,
        watched: &mut Watched,
        counted: &Slab,
        news: &News,
    ) -> Result<(), SqlError> {
        let session = &self.state.session;
        let key = match super::usage::key_of(name) {
            None => None,
            Some(id) => match store::key_by_id(sql, session, &id)? {
                Some(key) => Some(key),
                None => return Ok(()),
            },
        };
        let id = key.as_ref().map_or(session.id.as_str(), |key| key.id.as_str());
        let subject = Subject { name, id, key: key.as_ref() };
        if session.status == SessionStatus::Deleted {
            // Nothing passes by itself any more; but that its keys are still used somebody wants to know.
            watched::let_go(sql, name)?;
        } else {
            self.traffic(sql, context, &subject, watched, counted)?;
            self.limits(sql, context, &subject, watched)?;
            watched::schedule(sql, name, watched, context.now)?;
        }
        if let Some(key) = &key {
            self.ended(sql, context, &subject, key, watched, news)?;
            self.countries(sql, context, &subject, watched, news)?;
        }
        Ok(())
    }

    fn traffic(
        &mut self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        watched: &mut Watched,
        counted: &Slab,
    ) -> Result<(), SqlError> {
        let now = context.now;
        let from = Grain::Minute.start_of(now).plus_millis(Grain::Minute.ms() - WINDOW_MS);
        let mut recent = counted.steps.clone().within(from, Timestamp::MAX);
        let mut outcomes = counted.outcomes.clone().within(from, Timestamp::MAX);
        let hour = Grain::Hour.start_of(now);
        if from < hour {
            let begun = usage::read(sql, subject.name, from, hour)?;
            recent.merge(&begun.steps);
            outcomes.merge(&begun.outcomes);
        }
        let counts = recent.sum();
        let requests = total(&counts);
        let failures = Failures::of_verifications(&counts).and(&outcomes.sum());
        let (spikes, failing) = (self.rules.of(Kind::TrafficSpike), self.rules.of(Kind::ErrorRate));
        let is_near = requests.saturating_mul(2) >= u64::from(spikes.minimum.unwrap_or(1));
        let usual = if watched.watch(Kind::TrafficSpike).is_some() || (spikes.enabled && is_near) {
            self.usual(sql, subject.name, &counted.steps, from)?
        } else {
            0
        };
        let fact = |name: &str, value: u64| (name.to_owned(), value.to_string());
        let window = fact("windowMinutes", WINDOW_MINUTES.unsigned_abs());
        let facts = vec![fact("requests", requests), fact("usual", usual), window.clone()];
        let reading = spike(now, &spikes, requests, usual);
        self.decide(sql, context, subject, watched, Kind::TrafficSpike, &reading, facts)?;
        let reading = errors(now, &failing, failures);
        let facts = vec![
            fact("requests", failures.requests),
            fact("failed", failures.failed),
            fact("errorPercent", reading.value / 10),
            window,
        ];
        self.decide(sql, context, subject, watched, Kind::ErrorRate, &reading, facts)
    }

    /// The requests of ten minutes, as the day before has them.
    fn usual(&mut self, sql: &dyn Sql, name: &str, minutes: &Series, from: Timestamp) -> Result<u64, SqlError> {
        let hour = Grain::Hour.start_of(from);
        let hours = self.baselines.of(sql, name, hour)?;
        let begun = of_series(&usage::read(sql, name, hour, from)?.steps);
        let not_in_rows = of_series(&minutes.clone().within(from.plus_millis(-BASELINE_MS), from));
        Ok(hours.and(begun).and(not_in_rows).in_window(from))
    }

    fn limits(
        &mut self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        watched: &mut Watched,
    ) -> Result<(), SqlError> {
        let limits = match subject.key {
            Some(key) => spending::of_key(sql, self.ledgers, context, self.state, key)?,
            None => spending::of_session(sql, self.ledgers, context, self.state)?,
        };
        let rule = self.rules.of(Kind::NearLimit);
        let fullest = fullest(&limits);
        let reading = limit(context.now, &rule, fullest);
        let facts = fullest.map(facts_of).unwrap_or_default();
        let window_ms = fullest.map(|limit| limit.limit.window_ms);
        self.decide(sql, context, subject, watched, Kind::NearLimit, &reading, facts)?;
        watched.limit_window_ms = window_ms.filter(|_| watched.watch(Kind::NearLimit).is_some());
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what is decided, about whom, and by what")]
    fn decide(
        &self,
        sql: &dyn Sql,
        context: &Context<'_>,
        subject: &Subject<'_>,
        watched: &mut Watched,
        kind: Kind,
        reading: &Reading,
        facts: Vec<(String, String)>,
    ) -> Result<(), SqlError> {
        let (verdict, watch) = evaluate(kind, reading, &self.rules.of(kind), watched.watch(kind));
        let session_id = &self.state.session.id;
        if let Some(version) = watched.note(kind, verdict, watch, (subject.id, session_id), reading.at, facts) {
            watched::tell(sql, kind, subject.name, version, context.now)?;
        }
        Ok(())
    }
}
