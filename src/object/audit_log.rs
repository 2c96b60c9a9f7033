//! The audit log of one object: appended to, never changed.
//!
//! A row is written in the same transaction as the change it reports (H6). The stored text of an entry is
//! what its hash covers, so the chain can be checked from the rows alone.

use serde::{Deserialize, Serialize};

use super::rows::{Row, execute, query, query_one};
use super::{Context, SqlError};
use crate::domain::audit::{Action, Actor, AuditEntry, ChainedEntry, GENESIS, chain_hash};
use crate::domain::id::AuditEntryId;
use crate::domain::timestamp::Timestamp;
use crate::ports::{Sql, SqlValue};

/// The table, for the first migration of an object that keeps a log.
pub const SCHEMA: &str = "CREATE TABLE audit_log (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL
)";

/// The table of the place before the first that is still there, for a migration of such an object.
pub const SCHEMA_ANCHOR: &str =
    "CREATE TABLE audit_anchor (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL)";

/// How many entries are copied out at once.
pub const CHAIN_ROWS: i64 = 500;
/// How many entries go at once.
pub(crate) const PRUNED_AT_ONCE: i64 = 500;

/// The last place of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number; 0 for an empty log.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// An entry of a log as it is stored: the hash covers the very text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEntry {
    /// Its number.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// The JSON text of the entry.
    pub entry: String,
    /// The session, or the user, whose log it was copied from.
    pub origin: Option<String>,
}

/// A portion of a log as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    /// The entries, oldest first.
    pub rows: Vec<StoredEntry>,
    /// The place before the first of them.
    pub before: Head,
    /// The newest entry of the log.
    pub head: Head,
}

/// Reads the end of the chain.
pub fn head(sql: &dyn Sql) -> Result<Head, SqlError> {
    let row = query_one(sql, "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1", &[] as &[SqlValue])?;
    row.map_or_else(
        || Ok(Head { seq: 0, hash: GENESIS.to_owned() }),
        |row| Ok(Head { seq: row.integer(0)?, hash: row.text(1)?.to_owned() }),
    )
}

/// The place before the first entry that is still there: the beginning of the chain, or the last entry that has gone.
pub fn anchor(sql: &dyn Sql) -> Result<Head, SqlError> {
    let row = query_one(sql, "SELECT seq, hash FROM audit_anchor", &[] as &[SqlValue])?;
    row.map_or_else(
        || Ok(Head { seq: 0, hash: GENESIS.to_owned() }),
        |row| Ok(Head { seq: row.integer(0)?, hash: row.text(1)?.to_owned() }),
    )
}

/// The place of an entry, or that before the first one if there is none of this number any more.
pub fn place(sql: &dyn Sql, seq: i64) -> Result<Head, SqlError> {
    let row = query_one(sql, "SELECT seq, hash FROM audit_log WHERE seq = ?", &[seq.into()])?;
    row.map_or_else(|| anchor(sql), |row| Ok(Head { seq: row.integer(0)?, hash: row.text(1)?.to_owned() }))
}

/// Since when entries are kept, if not for ever.
fn kept_since(context: &Context<'_>) -> Option<Timestamp> {
    context.rules.audit_retention_ms.map(|ms| context.now.plus_millis(-ms))
}

/// Whether the oldest entry has been kept long enough, and is not the only one.
pub fn is_overdue(sql: &dyn Sql, context: &Context<'_>) -> Result<bool, SqlError> {
    let Some(since) = kept_since(context) else { return Ok(false) };
    let oldest = query(sql, "SELECT entry ->> '$.at' FROM audit_log ORDER BY seq LIMIT 2", &[] as &[SqlValue])?;
    match oldest.as_slice() {
        [first, _] => Ok(first.timestamp(0)? < since),
        _ => Ok(false),
    }
}

/// Lets a portion of the oldest entries go that have been kept long enough, and keeps the place of the last of them, from
/// which on the chain can still be checked. The newest entry stays, and so does what others have not heard of yet.
pub fn prune(sql: &dyn Sql, context: &Context<'_>) -> Result<Option<Head>, SqlError> {
    let is_overdue = is_overdue(sql, context)?;
    // Nearly always there are none, and two rows tell.
    let Some(since) = kept_since(context).filter(|_| is_overdue) else { return Ok(None) };
    let rows = query(
        sql,
        "SELECT seq, hash, entry ->> '$.at' FROM audit_log
         WHERE seq < (SELECT max(seq) FROM audit_log)
            AND NOT EXISTS (SELECT 1 FROM outbox WHERE lane = 'audit' AND version <= seq)
         ORDER BY seq LIMIT ?",
        &[PRUNED_AT_ONCE.into()],
    )?;
    let mut last = None;
    for row in &rows {
        if row.timestamp(2)? >= since {
            break;
        }
        last = Some(Head { seq: row.integer(0)?, hash: row.text(1)?.to_owned() });
    }
    if let Some(last) = &last {
        execute(sql, "DELETE FROM audit_log WHERE seq <= ?", &[last.seq.into()])?;
        let statement = "INSERT OR REPLACE INTO audit_anchor (only, seq, hash) VALUES (1, ?, ?)";
        execute(sql, statement, &[last.seq.into(), last.hash.as_str().into()])?;
    }
    Ok(last)
}

/// Reports a change. A command reports one change, so one seed names one entry.
pub fn record(
    sql: &dyn Sql,
    context: &Context<'_>,
    actor: Actor,
    action: Action,
    target: &str,
    details: &[&str],
) -> Result<i64, SqlError> {
    let entry = AuditEntry {
        id: AuditEntryId::from_seed(context.seed),
        at: context.now,
        actor,
        action,
        target: target.to_owned(),
        details: details.iter().map(|detail| (*detail).to_owned()).collect(),
        trace: context.trace.cloned(),
    };
    Ok(append(sql, &entry)?.seq)
}

/// Adds an entry to the end of the chain.
pub fn append(sql: &dyn Sql, entry: &AuditEntry) -> Result<Head, SqlError> {
    let last = head(sql)?;
    let seq = last.seq.saturating_add(1);
    let text = serde_json::to_string(entry).map_err(|_| SqlError("an audit entry does not encode".to_owned()))?;
    let hash = chain_hash(&last.hash, seq, &text);
    execute(
        sql,
        "INSERT INTO audit_log (seq, entry, hash) VALUES (?, ?, ?)",
        &[seq.into(), text.into(), hash.as_str().into()],
    )?;
    Ok(Head { seq, hash })
}

/// The entries after a place, oldest first.
pub fn after(sql: &dyn Sql, seq: i64, limit: i64) -> Result<Vec<ChainedEntry>, SqlError> {
    query(
        sql,
        "SELECT seq, entry, hash FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?",
        &[seq.into(), limit.into()],
    )?
    .iter()
    .map(chained)
    .collect()
}

/// A portion of a log: the rows `seq, hash, entry, origin` that were read of what comes after a place.
pub fn chain(sql: &dyn Sql, after: i64, rows: &[Row]) -> Result<Chain, SqlError> {
    let stored = |row: &Row| {
        let (seq, hash, entry) = (row.integer(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned());
        Ok(StoredEntry { seq, hash, entry, origin: row.optional_text(3)?.map(str::to_owned) })
    };
    let rows = rows.iter().map(stored).collect::<Result<_, SqlError>>()?;
    Ok(Chain { rows, before: place(sql, after)?, head: head(sql)? })
}

/// Reads `seq, entry, hash`.
pub fn chained(row: &Row) -> Result<ChainedEntry, SqlError> {
    Ok(ChainedEntry { seq: row.integer(0)?, entry: row.json(1)?, hash: row.text(2)?.to_owned() })
}
