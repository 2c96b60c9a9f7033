//! The rows behind the counts of a session: one for each key and one for its sums, with the minutes of the hour that
//! runs, the last verifications and the last use. Hours that are over go to the rows of `object::usage`.

use serde::{Deserialize, Serialize};

use super::pending::{Delta, keep_last};
use super::{RECENT_MAX, SESSION, key_of};
use crate::domain::alert::Sighting;
use crate::domain::lease::grant::IsolateId;
use crate::domain::session::Session;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::outcomes::Outcomes;
use crate::domain::usage::series::{Grain, Series, Slab};
use crate::domain::usage::steps::Steps;
use crate::domain::usage::{Seen, Used};
use crate::object::outbox::EntryKey;
use crate::object::rows::{execute, json, query_one};
use crate::object::{Context, outbox, usage};
use crate::ports::{Sql, SqlError, SqlValue};
use crate::session::alerts::watched::{self, Watched};
use crate::session::alerts::{News, Watcher};
use crate::session::projection::{DIRECTORY, USAGE, announce_use};
use crate::session::store;

/// The table of heads. The record is long, so what is read most often stands before it.
pub const SCHEMA_HEADS: &str = "CREATE TABLE usage_heads (
    subject TEXT PRIMARY KEY,
    last_used_at INTEGER,
    record TEXT NOT NULL
) WITHOUT ROWID";

/// The table of isolates: the last report of each that is counted in rows.
pub const SCHEMA_ISOLATES: &str = "CREATE TABLE usage_isolates (
    isolate TEXT PRIMARY KEY,
    seq TEXT NOT NULL,
    reported_at INTEGER NOT NULL
) WITHOUT ROWID";

/// How to forget a portion of each table, and whether anything is left.
pub const FORGET_STATEMENTS: [(&str, &str); 4] = [
    usage::FORGET,
    watched::FORGET,
    (
        "DELETE FROM usage_heads WHERE subject IN (SELECT subject FROM usage_heads LIMIT ?)",
        "SELECT 1 FROM usage_heads LIMIT 1",
    ),
    (
        "DELETE FROM usage_isolates WHERE isolate IN (SELECT isolate FROM usage_isolates LIMIT ?)",
        "SELECT 1 FROM usage_isolates LIMIT 1",
    ),
];

/// How many isolates are forgotten at once.
const ISOLATES_AT_ONCE: i64 = 1_000;
/// How long (ms) it takes until the organization hears of what was counted, and how much longer at most.
const TELL_MS: (i64, i64) = (60_000, 60_000);
/// The same of when a key was used last: with the report of an isolate, the pause before it is written down and the alarm's
/// second, its list is less than a minute behind.
const TELL_USE_MS: (i64, i64) = (15_000, 20_000);

/// What stands in a head.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) minutes: Series,
    #[serde(default, skip_serializing_if = "Steps::is_empty")]
    pub(super) outcomes: Steps<Outcomes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Used>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) recent: Vec<Seen>,
    /// What was found worth an alert.
    #[serde(default, skip_serializing_if = "Watched::is_empty")]
    pub(super) watched: Watched,
}

impl Head {
    pub(super) fn merge(&mut self, delta: &Delta) {
        self.minutes.merge(&delta.minutes);
        self.outcomes.merge(&delta.outcomes);
        self.last = Used::later(self.last.take(), delta.last.clone());
        self.recent.extend(delta.recent.iter().cloned());
        keep_last(&mut self.recent);
    }

    /// What is counted here from `from` on and before `to`.
    pub(super) fn counted(&self, from: Timestamp, to: Timestamp) -> Slab {
        let (steps, outcomes) = (self.minutes.clone().within(from, to), self.outcomes.clone().within(from, to));
        Slab { steps, outcomes, last: None }
    }
}

/// Reads a head; an empty one if nothing was counted.
pub(super) fn head(sql: &dyn Sql, subject: &str) -> Result<Head, SqlError> {
    let row = query_one(sql, "SELECT record FROM usage_heads WHERE subject = ?", &[subject.into()])?;
    row.map_or(Ok(Head::default()), |row| row.json(0))
}

/// When a key of the session was last used, as far as that is written down.
pub fn last_use(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let row = query_one(sql, "SELECT last_used_at FROM usage_heads WHERE subject = ?", &[SESSION.into()])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}

/// Adds what is new to the row of a subject.
pub(super) fn add<'d>(
    sql: &dyn Sql,
    context: &Context<'_>,
    watcher: &mut Watcher<'_>,
    subject: &str,
    deltas: impl Iterator<Item = &'d Delta>,
) -> Result<(), SqlError> {
    let mut head = head(sql, subject)?;
    let before = head.last.clone();
    let mut news = News::default();
    deltas.for_each(|delta| {
        head.merge(delta);
        delta.news(&mut news);
    });
    debug_assert!(head.recent.len() <= RECENT_MAX);
    let hour = Grain::Hour.start_of(context.now);
    let over = head.counted(Timestamp::MIN, hour);
    usage::add(sql, Grain::Hour, subject, &over)?;
    if !over.steps.is_empty() {
        watcher.forget(subject);
    }
    let Slab { steps, outcomes, .. } = head.counted(hour, Timestamp::MAX);
    (head.minutes, head.outcomes) = (steps, outcomes);
    tell_use(sql, context, &watcher.state().session, subject, before.as_ref(), head.last.as_ref())?;
    head.watched.begin(before.as_ref());
    let counted = head.counted(Timestamp::MIN, Timestamp::MAX);
    watcher.look(sql, context, subject, &mut head.watched, &counted, &news)?;
    save(sql, subject, &head)
}

fn save(sql: &dyn Sql, subject: &str, head: &Head) -> Result<(), SqlError> {
    let last = head.last.as_ref().map(|used| used.at);
    let statement = "INSERT INTO usage_heads (subject, last_used_at, record) VALUES (?, ?, ?)
        ON CONFLICT (subject) DO UPDATE SET last_used_at = excluded.last_used_at, record = excluded.record";
    execute(sql, statement, &[subject.into(), last.into(), json(head)?])
}

/// Looks again at what was counted of a subject, because an alert about it is open.
pub(super) fn look_again(
    sql: &dyn Sql,
    context: &Context<'_>,
    watcher: &mut Watcher<'_>,
    subject: &str,
) -> Result<(), SqlError> {
    let mut head = head(sql, subject)?;
    let before = head.watched.clone();
    let counted = head.counted(Timestamp::MIN, Timestamp::MAX);
    watcher.look(sql, context, subject, &mut head.watched, &counted, &News::default())?;
    if head.watched == before { Ok(()) } else { save(sql, subject, &head) }
}

/// What the organization is told by these entries of the outbox.
pub fn sightings(sql: &dyn Sql, entries: &[EntryKey]) -> Result<Vec<Sighting>, SqlError> {
    let mut sightings = Vec::with_capacity(entries.len());
    for (kind, subject) in entries.iter().filter_map(watched::named) {
        sightings.extend(head(sql, subject)?.watched.sighting(kind).cloned());
    }
    Ok(sightings)
}

/// Sees to it that the organization's list hears of a use: of the first one at once.
fn tell_use(
    sql: &dyn Sql,
    context: &Context<'_>,
    session: &Session,
    subject: &str,
    before: Option<&Used>,
    used: Option<&Used>,
) -> Result<(), SqlError> {
    if used == before || (before.is_some() && waits(sql, DIRECTORY, subject, context.now)?) {
        return Ok(());
    }
    let Some(key_id) = key_of(subject) else { return Ok(()) };
    if let Some(key) = store::key_by_id(sql, session, &key_id)? {
        let delay = if key.last_used_at.is_some() { later(context, TELL_USE_MS) } else { 0 };
        announce_use(sql, &key, context.now.plus_millis(delay))?;
    }
    Ok(())
}

/// Sees to it that the organization hears of what was counted within an hour.
pub(super) fn tell(sql: &dyn Sql, context: &Context<'_>, hour: Timestamp) -> Result<(), SqlError> {
    let subject = hour.as_millis().to_string();
    if !waits(sql, USAGE, &subject, context.now)? {
        outbox::put(sql, USAGE, &subject, context.now.as_millis(), context.now.plus_millis(later(context, TELL_MS)))?;
    }
    Ok(())
}

/// Whether an entry is there that is not due yet: it is not under way then, so what it will tell includes what is written
/// now.
fn waits(sql: &dyn Sql, lane: &str, subject: &str, now: Timestamp) -> Result<bool, SqlError> {
    let statement = "SELECT 1 FROM outbox WHERE lane = ? AND subject = ? AND due_at > ?";
    Ok(query_one(sql, statement, &[lane.into(), subject.into(), now.into()])?.is_some())
}

/// Not everybody at the same time, because ten thousand busy sessions may share one organization.
fn later(context: &Context<'_>, (least, more): (i64, i64)) -> i64 {
    let [a, b, ..] = *context.seed;
    least + i64::from(u16::from_be_bytes([a, b])) % more
}

fn name(isolate: IsolateId) -> SqlValue {
    format!("{:016x}", isolate.0).into()
}

/// The last report of an isolate that is counted in rows.
pub(super) fn durable(sql: &dyn Sql, isolate: IsolateId) -> Result<Option<u64>, SqlError> {
    let row = query_one(sql, "SELECT seq FROM usage_isolates WHERE isolate = ?", &[name(isolate)])?;
    row.map(|row| row.text(0)?.parse().map_err(|_| SqlError("a number of a report does not decode".to_owned())))
        .transpose()
}

/// Writes down up to which report of an isolate everything is counted.
pub(super) fn save_durable(sql: &dyn Sql, isolate: IsolateId, seq: u64, now: Timestamp) -> Result<(), SqlError> {
    let statement = "INSERT INTO usage_isolates (isolate, seq, reported_at) VALUES (?, ?, ?)
        ON CONFLICT (isolate) DO UPDATE SET seq = excluded.seq, reported_at = excluded.reported_at";
    // As text, because a number of a row holds 53 bits.
    execute(sql, statement, &[name(isolate), seq.to_string().into(), now.into()])
}

/// Forgets isolates that have not reported since.
pub(super) fn forget_isolates(sql: &dyn Sql, since: Timestamp) -> Result<(), SqlError> {
    let statement = "DELETE FROM usage_isolates WHERE isolate IN
        (SELECT isolate FROM usage_isolates WHERE reported_at < ? LIMIT ?)";
    execute(sql, statement, &[since.into(), ISOLATES_AT_ONCE.into()])
}
