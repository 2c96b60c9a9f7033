//! The audit log of one object: appended to, never changed.
//!
//! A row is written in the same transaction as the change it reports (H6). The stored text of an entry is
//! what its hash covers, so the chain can be checked from the rows alone.

use serde::{Deserialize, Serialize};

use super::rows::{Row, execute, query, query_one};
use super::{Context, SqlError};
use crate::domain::audit::{Action, Actor, AuditEntry, ChainedEntry, GENESIS, chain_hash};
use crate::domain::id::AuditEntryId;
use crate::ports::{Sql, SqlValue};

/// The table, for the first migration of an object that keeps a log.
pub const SCHEMA: &str = "CREATE TABLE audit_log (
    seq INTEGER PRIMARY KEY,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL
)";

/// The last place of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number; 0 for an empty log.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
}

/// Reads the end of the chain.
pub fn head(sql: &dyn Sql) -> Result<Head, SqlError> {
    let row = query_one(sql, "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1", &[] as &[SqlValue])?;
    row.map_or_else(
        || Ok(Head { seq: 0, hash: GENESIS.to_owned() }),
        |row| Ok(Head { seq: row.integer(0)?, hash: row.text(1)?.to_owned() }),
    )
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

/// Reads `seq, entry, hash`.
pub fn chained(row: &Row) -> Result<ChainedEntry, SqlError> {
    Ok(ChainedEntry { seq: row.integer(0)?, entry: row.json(1)?, hash: row.text(2)?.to_owned() })
}
