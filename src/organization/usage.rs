//! What the keys of all sessions have been used for: by hour and day, for each environment.
//!
//! Sessions tell what they have counted within an hour so far. So a message may come late, twice or out of order; what it
//! adds is the difference to what the same session has told of the same hour before. That is kept for a week, in a row for
//! each session and day, and later news is not counted.

use crate::domain::environment::Environment;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::UsageQuery;
use crate::domain::usage::series::{Counts, Grain, Slab, total};
use crate::domain::usage::steps::Steps;
use crate::domain::verification::Code;
use crate::object::rows::{execute, json, query_one};
use crate::object::usage;
use crate::ports::{Sql, SqlError, SqlValue};

use super::protocol::{EnvironmentFilter, Reply};
use super::store::default_of;

/// The table of what sessions have told.
pub const SCHEMA_SESSIONS: &str = "CREATE TABLE usage_of_sessions (
    day INTEGER NOT NULL,
    session_id TEXT NOT NULL,
    hours TEXT NOT NULL,
    PRIMARY KEY (day, session_id)
) WITHOUT ROWID";

/// What they have told of outcomes; null where none were told.
pub const OUTCOMES_OF_SESSIONS: &str = "ALTER TABLE usage_of_sessions ADD COLUMN outcomes TEXT";

/// How to forget a portion of it, and whether anything is left.
pub const FORGET_SESSIONS: (&str, &str) = (
    "DELETE FROM usage_of_sessions WHERE (day, session_id) IN (SELECT day, session_id FROM usage_of_sessions LIMIT ?)",
    "SELECT 1 FROM usage_of_sessions LIMIT 1",
);

/// For how long (ms) after an hour has begun news of it is counted.
pub(crate) const NEWS_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How many rows of sessions go at once.
const PORTION: i64 = 2_000;

/// Takes over what a session tells.
pub fn hear(sql: &dyn Sql, session: &Session, told: &Slab, now: Timestamp) -> Result<(), SqlError> {
    let mut news = Slab { last: told.last.clone(), ..Slab::default() };
    let fresh = told.clone().within(now.plus_millis(-NEWS_MS), Timestamp::MAX);
    for (day, hours) in fresh.by(Grain::Day) {
        let mut known = known(sql, day, session)?;
        let mut is_new = false;
        for (hour, counts) in hours.steps.iter() {
            let before = known.steps.at(hour).cloned().unwrap_or_default();
            if total(counts) > total(&before) {
                news.steps.add(hour, &difference(counts, &before));
                known.steps.set(hour, counts.clone());
                is_new = true;
            }
        }
        for (hour, outcomes) in hours.outcomes.iter() {
            let before = known.outcomes.at(hour).cloned().unwrap_or_default();
            if outcomes.total() > before.total() {
                news.outcomes.set(hour, outcomes.since(&before));
                known.outcomes.set(hour, outcomes.clone());
                is_new = true;
            }
        }
        if is_new {
            save(sql, day, session, &known)?;
        }
    }
    usage::add(sql, Grain::Day, default_of(session.environment), &news)
}

fn difference(counts: &Counts, before: &Counts) -> Counts {
    let of = |code: Code| before.iter().find(|(known, _)| *known == code).map_or(0, |(_, count)| *count);
    let more = counts.iter().map(|(code, count)| (*code, count.saturating_sub(of(*code))));
    more.filter(|(_, count)| *count > 0).collect()
}

fn known(sql: &dyn Sql, day: Timestamp, session: &Session) -> Result<Slab, SqlError> {
    let statement = "SELECT hours, outcomes FROM usage_of_sessions WHERE day = ? AND session_id = ?";
    let Some(row) = query_one(sql, statement, &[day.into(), session.id.as_str().into()])? else {
        return Ok(Slab::default());
    };
    let outcomes = if row.optional_text(1)?.is_some() { row.json(1)? } else { Steps::default() };
    Ok(Slab { steps: row.json(0)?, outcomes, last: None })
}

fn save(sql: &dyn Sql, day: Timestamp, session: &Session, known: &Slab) -> Result<(), SqlError> {
    let outcomes = if known.outcomes.is_empty() { SqlValue::Null } else { json(&known.outcomes)? };
    let statement = "INSERT INTO usage_of_sessions (day, session_id, hours, outcomes) VALUES (?, ?, ?, ?)
        ON CONFLICT (day, session_id) DO UPDATE SET hours = excluded.hours, outcomes = excluded.outcomes";
    execute(sql, statement, &[day.into(), session.id.as_str().into(), json(&known.steps)?, outcomes])
}

/// Reads what was counted, of one environment or of all.
pub fn read(sql: &dyn Sql, environment: Option<EnvironmentFilter>, query: &UsageQuery) -> Result<Reply, SqlError> {
    let everywhere = Environment::ALL.map(Some).into_iter().chain([None]);
    let wanted = everywhere.filter(|of| match environment {
        None => true,
        Some(EnvironmentFilter::None) => of.is_none(),
        Some(EnvironmentFilter::Of(environment)) => *of == Some(environment),
    });
    let mut all = Slab::default();
    for environment in wanted {
        let counted = usage::read(sql, default_of(environment), query.from, query.to)?;
        all.merge(&counted.in_steps_of(query.granularity));
    }
    Ok(Reply::Usage { usage: Box::new(all) })
}

/// Forgets a portion of what sessions have told of days of which no news is counted any more.
pub fn forget_sessions(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    let before = now.plus_millis(-(NEWS_MS + Grain::Day.ms()));
    let statement = "DELETE FROM usage_of_sessions WHERE (day, session_id) IN
        (SELECT day, session_id FROM usage_of_sessions WHERE day < ? LIMIT ?)";
    execute(sql, statement, &[before.into(), PORTION.into()])
}
