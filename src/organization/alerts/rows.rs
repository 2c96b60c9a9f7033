//! The rows of alerts, and how many there may be: a thousand open ones, and fifty thousand that were resolved within 90
//! days.

use crate::domain::alert::record::Alert;
use crate::domain::alert::{Kind, Severity};
use crate::domain::id::AlertId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::series::Grain;
use crate::object::rows::{Row, execute, json, query, query_one};
use crate::ports::{Sql, SqlError, SqlValue};

use super::Which;

/// The table. What is searched by stands beside the record. `due_at` is when an open one is over by itself, and when one
/// that is over is forgotten.
pub const SCHEMA: &str = "CREATE TABLE alerts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    session_id TEXT,
    severity INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    due_at INTEGER,
    version INTEGER NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID";
/// Finds what is known of a subject.
pub const INDEX_BY_SUBJECT: &str = "CREATE INDEX alerts_by_subject ON alerts (subject, kind, opened_at)";
/// Lists them.
pub const INDEX_BY_AGE: &str = "CREATE INDEX alerts_by_age ON alerts (opened_at, id)";
/// At most one is open of each kind and subject.
pub const INDEX_OPEN: &str = "CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE is_open = 1";
/// Finds what is due.
pub const INDEX_BY_TIME: &str = "CREATE INDEX alerts_by_time ON alerts (due_at) WHERE due_at IS NOT NULL";
/// How many were dropped because there were too many.
pub const SCHEMA_DROPPED: &str =
    "CREATE TABLE alerts_dropped (only INTEGER PRIMARY KEY CHECK (only = 1), count INTEGER NOT NULL)";

/// How to forget a portion, and whether anything is left.
pub const FORGET: (&str, &str) =
    ("DELETE FROM alerts WHERE id IN (SELECT id FROM alerts LIMIT ?)", "SELECT 1 FROM alerts LIMIT 1");

/// How many may be open at once.
pub const OPEN_MAX: i64 = 1_000;
/// How many are kept that are over.
pub const RESOLVED_MAX: i64 = 50_000;
/// For how long (ms) one is kept after it is over.
pub const KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1_000;
/// How many are resolved or forgotten at once.
const PORTION: i64 = 200;
/// What one says of itself that is not over but had to go.
pub(super) const DROPPED: &str = "dropped";

/// An alert, and the number of what was last told of it.
#[derive(Debug, Clone)]
pub(in crate::organization) struct Kept {
    pub(in crate::organization) alert: Alert,
    pub(super) version: i64,
}

impl Kept {
    /// Whether it had to go, and what began then goes on.
    pub(super) fn was_dropped_since(&self, opened_at: Timestamp) -> bool {
        self.alert.opened_at >= opened_at && self.alert.facts.iter().any(|(name, _)| name == DROPPED)
    }
}

fn kept(row: &Row) -> Result<Kept, SqlError> {
    Ok(Kept { alert: row.json(0)?, version: row.integer(1)? })
}

/// The latest about a subject.
pub(super) fn latest(sql: &dyn Sql, kind: Kind, subject: &str) -> Result<Option<Kept>, SqlError> {
    let statement = "SELECT record, version FROM alerts WHERE subject = ? AND kind = ?
        ORDER BY is_open DESC, opened_at DESC, version DESC LIMIT 1";
    query_one(sql, statement, &[subject.into(), kind.as_str().into()])?.as_ref().map(kept).transpose()
}

pub(super) fn by_id(sql: &dyn Sql, id: &AlertId) -> Result<Option<Kept>, SqlError> {
    let statement = "SELECT record, version FROM alerts WHERE id = ?";
    query_one(sql, statement, &[id.as_str().into()])?.as_ref().map(kept).transpose()
}

/// Those that are open about a subject.
pub(super) fn open(sql: &dyn Sql, subject: &str) -> Result<Vec<Kept>, SqlError> {
    let statement = "SELECT record, version FROM alerts WHERE is_open = 1 AND subject = ?";
    query(sql, statement, &[subject.into()])?.iter().map(kept).collect()
}

/// Those that are open are over by themselves now.
pub(super) fn make_due(sql: &dyn Sql, which: Which<'_>, now: Timestamp) -> Result<(), SqlError> {
    const MAKE_DUE: &str = "UPDATE alerts SET due_at = ?1 WHERE is_open = 1 AND (due_at IS NULL OR due_at > ?1) AND";
    match which {
        Which::Of(kind) => execute(sql, &format!("{MAKE_DUE} kind = ?2"), &[now.into(), kind.as_str().into()]),
        Which::In(session) => {
            let [used, leaked] = [Kind::RevokedKeyUsed, Kind::KeyLeaked].map(|kind| kind.as_str().into());
            let statement = format!("{MAKE_DUE} session_id = ?2 AND kind NOT IN (?3, ?4)");
            execute(sql, &statement, &[now.into(), session.as_str().into(), used, leaked])
        }
    }
}

pub(super) fn insert(sql: &dyn Sql, kept: &Kept, due_at: Option<Timestamp>) -> Result<(), SqlError> {
    let Kept { alert, version } = kept;
    execute(
        sql,
        "INSERT INTO alerts (id, kind, subject, session_id, severity, opened_at, is_open, due_at, version, record)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            alert.id.as_str().into(),
            alert.kind.as_str().into(),
            alert.subject.as_str().into(),
            alert.session_id.as_ref().map(|id| id.as_str()).into(),
            alert.severity.rank().into(),
            alert.opened_at.into(),
            alert.resolved_at.is_none().into(),
            due_at.into(),
            (*version).into(),
            json(alert)?,
        ],
    )
}

pub(super) fn update(sql: &dyn Sql, kept: &Kept, due_at: Option<Timestamp>) -> Result<(), SqlError> {
    let Kept { alert, version } = kept;
    execute(
        sql,
        "UPDATE alerts SET severity = ?, is_open = ?, due_at = ?, version = ?, record = ? WHERE id = ?",
        &[
            alert.severity.rank().into(),
            alert.resolved_at.is_none().into(),
            due_at.into(),
            (*version).into(),
            json(alert)?,
            alert.id.as_str().into(),
        ],
    )
}

/// Writes the record only: who has seen it.
pub(super) fn save_record(sql: &dyn Sql, alert: &Alert) -> Result<(), SqlError> {
    execute(sql, "UPDATE alerts SET record = ? WHERE id = ?", &[json(alert)?, alert.id.as_str().into()])
}

pub(super) fn count_open(sql: &dyn Sql) -> Result<i64, SqlError> {
    let row = query_one(sql, "SELECT count(*) FROM alerts INDEXED BY alerts_open WHERE is_open = 1", &[])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

/// The oldest of the least severe that are open, if it is less severe than this.
pub(super) fn least(sql: &dyn Sql, severity: Severity) -> Result<Option<Kept>, SqlError> {
    let statement = "SELECT record, version FROM alerts WHERE is_open = 1 AND severity < ?
        ORDER BY severity, opened_at LIMIT 1";
    query_one(sql, statement, &[severity.rank().into()])?.as_ref().map(kept).transpose()
}

/// Counts one that had to go, or was not let in.
pub(super) fn count_dropped(sql: &dyn Sql) -> Result<(), SqlError> {
    let count = "INSERT INTO alerts_dropped (only, count) VALUES (1, 1)
        ON CONFLICT (only) DO UPDATE SET count = count + 1";
    execute(sql, count, &[])
}

/// How many were dropped so far.
pub(super) fn dropped(sql: &dyn Sql) -> Result<i64, SqlError> {
    query_one(sql, "SELECT count FROM alerts_dropped", &[])?.map_or(Ok(0), |row| row.integer(0))
}

/// A portion of those that are open and over by themselves.
pub(super) fn due(sql: &dyn Sql, now: Timestamp) -> Result<Vec<Kept>, SqlError> {
    let statement = "SELECT record, version FROM alerts WHERE due_at <= ? AND is_open = 1 LIMIT ?";
    query(sql, statement, &[now.into(), PORTION.into()])?.iter().map(kept).collect()
}

/// Forgets a portion of those that were over long ago.
pub(super) fn forget(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    let statement = "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE due_at <= ? AND is_open = 0 LIMIT ?)";
    execute(sql, statement, &[now.into(), PORTION.into()])
}

/// Forgets a portion of those that are over and too many, the oldest first. Whether there are more.
fn forget_surplus(sql: &dyn Sql) -> Result<bool, SqlError> {
    let row = query_one(sql, "SELECT count(*) FROM alerts", &[])?;
    let all = row.map_or(Ok(0), |row| row.integer(0))?;
    let surplus = all.saturating_sub(count_open(sql)?).saturating_sub(RESOLVED_MAX);
    if surplus > 0 {
        let statement = "DELETE FROM alerts WHERE id IN
            (SELECT id FROM alerts WHERE due_at IS NOT NULL AND is_open = 0 ORDER BY due_at LIMIT ?)";
        execute(sql, statement, &[surplus.min(PORTION).into()])?;
    }
    Ok(surplus > PORTION)
}

/// When an organization last looked whether too many are kept that are over: once an hour, while it is used, since all of
/// them have to be counted for that.
#[derive(Debug, Default)]
pub struct Surplus {
    looked_at: Option<Timestamp>,
    /// Whether a portion was not all.
    more: bool,
}

impl Surplus {
    /// Looks, if it is time, and forgets a portion.
    pub(super) fn tidy(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        let hour = Grain::Hour.start_of(now);
        if self.more || self.looked_at != Some(hour) {
            self.more = forget_surplus(sql)?;
            self.looked_at = Some(hour);
        }
        Ok(())
    }

    /// When there is another portion.
    pub(super) fn tidy_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.more.then_some(now)
    }
}

/// When the next of both is due.
pub(super) fn next_due(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let row = query_one(sql, "SELECT min(due_at) FROM alerts WHERE due_at IS NOT NULL", &[] as &[SqlValue])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}
