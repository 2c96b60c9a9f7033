//! What an object still has to tell others.
//!
//! An entry is written in the same transaction as the change it announces (H6) and names a subject and a
//! version, not a message: what is sent is always the subject's current state, so a message may be repeated,
//! delayed or overtaken without harm. An entry leaves once its version, or a later one, is acknowledged.

use serde::{Deserialize, Serialize};

use super::rows::{execute, query, query_one};
use crate::domain::owned_domain::Proof;
use crate::domain::session::Region;
use crate::domain::timestamp::Timestamp;
use crate::ports::{Address, Sql, SqlError, SqlValue};

/// The table, for every object's first migration.
pub const SCHEMA: &str = "CREATE TABLE outbox (
    lane TEXT NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (lane, subject)
) WITHOUT ROWID";

/// Finds what is due in a lane without reading the rest.
pub const INDEX_BY_LANE: &str = "CREATE INDEX outbox_by_lane ON outbox (lane, due_at)";
/// Finds what is due next.
pub const INDEX_BY_TIME: &str = "CREATE INDEX outbox_by_time ON outbox (due_at)";

/// The pause after a first failure; it doubles up to `MAX_PAUSE_MS`. KV takes one write a second for a name.
pub(crate) const FIRST_PAUSE_MS: i64 = 1_100;
/// The longest pause (ms): failures are tried again once a minute for ever.
pub(crate) const MAX_PAUSE_MS: i64 = 60_000;

/// Names one entry at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EntryKey {
    /// The kind of receiver.
    pub lane: String,
    /// What changed.
    pub subject: String,
    /// Up to which version.
    pub version: i64,
}

/// A message that is ready to go, with the entries it settles.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The entries that the message covers.
    pub settles: Vec<EntryKey>,
    /// The message.
    pub message: Message,
}

/// A message of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// Write a value to KV.
    Publish {
        /// The KV name.
        name: String,
        /// The encoded value.
        value: Vec<u8>,
    },
    /// Send a command to another object.
    Call {
        /// Which object.
        address: Address,
        /// Where it is placed on first contact.
        region: Option<Region>,
        /// The encoded command.
        request: Vec<u8>,
    },
    /// Post a message to the hook that sends links to people.
    Notify {
        /// Names the message; a repetition has the same name.
        id: String,
        /// The JSON body; none if the message has become pointless.
        body: Option<String>,
    },
    /// Post a message to a receiver that a client has chosen; none if there is nothing to send.
    Post(Option<Box<Post>>),
    /// Ask a resolver whether a proof stands in the DNS; none if nothing is to be asked any more.
    LookUp(Option<Box<Proof>>),
}

impl Message {
    /// Whether it goes to who a client has chosen, who may be slow.
    #[must_use]
    pub fn goes_outward(&self) -> bool {
        matches!(self, Self::Post(_) | Self::LookUp(_))
    }
}

/// A message to a receiver that a client has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Names it for whoever notes what comes of it.
    pub id: String,
    /// Where to; none if nothing may be sent there.
    pub url: Option<String>,
    /// What stands above it.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: String,
}

/// Announces that `subject` has reached `version`, to be sent from `due_at` on. An entry that is waiting
/// already gets a later version in any case: what is under way at this moment must not settle this news.
pub fn put(sql: &dyn Sql, lane: &str, subject: &str, version: i64, due_at: Timestamp) -> Result<EntryKey, SqlError> {
    execute(
        sql,
        "INSERT INTO outbox (lane, subject, version, due_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (lane, subject) DO UPDATE SET
            version = max(version + 1, excluded.version), attempts = 0, due_at = min(due_at, excluded.due_at)",
        &[lane.into(), subject.into(), version.into(), due_at.into()],
    )?;
    Ok(EntryKey { lane: lane.to_owned(), subject: subject.to_owned(), version })
}

/// The entries of a lane that are due, oldest first.
pub fn due(sql: &dyn Sql, lane: &str, due_by: Timestamp, limit: i64) -> Result<Vec<EntryKey>, SqlError> {
    query(
        sql,
        "SELECT subject, version FROM outbox WHERE lane = ? AND due_at <= ? ORDER BY due_at LIMIT ?",
        &[lane.into(), due_by.into(), limit.into()],
    )?
    .iter()
    .map(|row| Ok(EntryKey { lane: lane.to_owned(), subject: row.text(0)?.to_owned(), version: row.integer(1)? }))
    .collect()
}

/// The entries of a lane whose order matters, the lowest version first: as soon as one of the first is due, so are those
/// before it that were put off. Those behind the first so many wait until these have gone.
pub fn due_in_order(sql: &dyn Sql, lane: &str, due_by: Timestamp, limit: i64) -> Result<Vec<EntryKey>, SqlError> {
    let rows = query(
        sql,
        "SELECT subject, version, due_at FROM outbox WHERE lane = ? ORDER BY version LIMIT ?",
        &[lane.into(), limit.into()],
    )?;
    let (mut waiting, mut is_due) = (Vec::with_capacity(rows.len()), false);
    for row in &rows {
        is_due |= row.timestamp(2)? <= due_by;
        let (subject, version) = (row.text(0)?.to_owned(), row.integer(1)?);
        waiting.push(EntryKey { lane: lane.to_owned(), subject, version });
    }
    Ok(if is_due { waiting } else { Vec::new() })
}

/// Removes an entry whose version has been acknowledged; a later version stays.
pub fn settle(sql: &dyn Sql, entry: &EntryKey) -> Result<(), SqlError> {
    execute(
        sql,
        "DELETE FROM outbox WHERE lane = ? AND subject = ? AND version <= ?",
        &[entry.lane.as_str().into(), entry.subject.as_str().into(), entry.version.into()],
    )
}

/// Has an entry wait until what the receiver has taken is in force there, to be sent once more then. Tells whether there
/// is no later news.
pub fn defer(sql: &dyn Sql, entry: &EntryKey, until: Timestamp) -> Result<bool, SqlError> {
    let (lane, subject) = (entry.lane.as_str(), entry.subject.as_str());
    let params = [lane.into(), subject.into(), entry.version.into(), until.into()];
    let is_last = query_one(
        sql,
        "SELECT 1 FROM outbox WHERE lane = ?1 AND subject = ?2 AND version <= ?3",
        params.get(..3).unwrap_or_default(),
    )?;
    execute(
        sql,
        "UPDATE outbox SET attempts = 0, due_at = ?4 WHERE lane = ?1 AND subject = ?2 AND version <= ?3",
        &params,
    )?;
    Ok(is_last.is_some())
}

/// Puts an entry off after a failure, longer each time.
pub fn postpone(sql: &dyn Sql, entry: &EntryKey, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "UPDATE outbox SET attempts = attempts + 1, due_at = ? + min(?, ? << min(attempts, 10))
         WHERE lane = ? AND subject = ?",
        &[
            now.into(),
            MAX_PAUSE_MS.into(),
            FIRST_PAUSE_MS.into(),
            entry.lane.as_str().into(),
            entry.subject.as_str().into(),
        ],
    )
}

/// Stands for every subject of a lane in `is_waiting`.
pub const EVERY_SUBJECT: &str = "*";

/// Whether an entry is still waiting. One that waits at a later version counts: nobody has said that the
/// receiver has heard of the version before it.
pub fn is_waiting(sql: &dyn Sql, entry: &EntryKey) -> Result<bool, SqlError> {
    Ok(query_one(
        sql,
        "SELECT 1 FROM outbox WHERE lane = ?1 AND (subject = ?2 OR ?2 = '*') LIMIT 1",
        &[entry.lane.as_str().into(), entry.subject.as_str().into()],
    )?
    .is_some())
}

/// When the next entry is due.
pub fn next_due(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let row = query_one(sql, "SELECT min(due_at) FROM outbox", &[] as &[SqlValue])?;
    row.map_or(Ok(None), |row| row.optional_timestamp(0))
}
