//! The rows of domains.

use crate::domain::api_key::ApiKey;
use crate::domain::domain_name::DomainName;
use crate::domain::id::DomainId;
use crate::domain::owned_domain::OwnedDomain;
use crate::domain::owned_domain::book::{Book, Entry, Standing};
use crate::object::rows::{execute, json, query, query_one};
use crate::ports::{Sql, SqlError};

/// The table. What is searched by stands beside the record.
pub const SCHEMA: &str = "CREATE TABLE domains (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    refuses INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID";

/// How to forget a portion, and whether anything is left.
pub const FORGET: (&str, &str) =
    ("DELETE FROM domains WHERE id IN (SELECT id FROM domains LIMIT ?)", "SELECT 1 FROM domains LIMIT 1");

/// Reads a domain.
pub fn domain(sql: &dyn Sql, id: &DomainId) -> Result<Option<OwnedDomain>, SqlError> {
    let row = query_one(sql, "SELECT record FROM domains WHERE id = ?", &[id.as_str().into()])?;
    row.map(|row| row.json(0)).transpose()
}

/// Finds a domain by its name.
pub fn by_name(sql: &dyn Sql, name: &DomainName) -> Result<Option<OwnedDomain>, SqlError> {
    let row = query_one(sql, "SELECT record FROM domains WHERE name = ?", &[name.as_str().into()])?;
    row.map(|row| row.json(0)).transpose()
}

/// How many there are.
pub fn count(sql: &dyn Sql) -> Result<u32, SqlError> {
    let row = query_one(sql, "SELECT count(*) FROM domains", &[])?;
    row.map_or(Ok(0), |row| Ok(u32::try_from(row.integer(0)?).unwrap_or(u32::MAX)))
}

/// Whether verifications are refused for one of them.
pub fn is_any_refusing(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM domains WHERE refuses = 1 LIMIT 1", &[])?.is_some())
}

/// Writes a domain.
pub fn save(sql: &dyn Sql, domain: &OwnedDomain) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO domains (id, name, status, refuses, created_at, record) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, refuses = excluded.refuses, record = excluded.record",
        &[
            domain.id.as_str().into(),
            domain.name.as_str().into(),
            domain.status.as_str().into(),
            domain.refuses().into(),
            domain.created_at.into(),
            json(domain)?,
        ],
    )
}

/// Deletes a domain.
pub fn delete(sql: &dyn Sql, id: &DomainId) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM domains WHERE id = ?", &[id.as_str().into()])
}

/// What sessions have to know of them.
pub fn book(sql: &dyn Sql, version: i64) -> Result<Book, SqlError> {
    let rows = query(sql, "SELECT record FROM domains WHERE status <> 'pending' ORDER BY name", &[])?;
    let domains: Vec<OwnedDomain> = rows.iter().map(|row| row.json(0)).collect::<Result<_, _>>()?;
    Ok(Book { version, entries: domains.iter().filter_map(Entry::of).collect() })
}

/// Says of keys whether their domains are verified.
pub fn mark<'k>(sql: &dyn Sql, keys: impl IntoIterator<Item = &'k mut ApiKey>) -> Result<(), SqlError> {
    let mut known = None;
    for key in keys {
        let Some(name) = &key.settings.domain else { continue };
        let book = match known.take() {
            Some(book) => book,
            None => book(sql, 0)?,
        };
        key.domain_verified = Some(book.standing(name) == Standing::Verified);
        known = Some(book);
    }
    Ok(())
}
