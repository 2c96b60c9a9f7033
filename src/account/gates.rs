//! Failures in a row, counted apart for each way in, and the locks that follow.
//!
//! Strangers share one gate. Whoever has signed in from an address before has a gate of their own there, so that
//! strangers cannot lock the user out; and a password that has to be given once more by somebody signed in has another.

use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, query_one};
use crate::ports::{Sql, SqlError};

/// The failure in a row from which on a gate is locked.
pub(crate) const FAILURES_UNTIL_LOCK: i64 = 10;
/// How long (ms) the first lock lasts; each further failure doubles it.
pub(crate) const FIRST_LOCK_MS: i64 = 1_000;
/// The longest lock (ms).
pub(crate) const LONGEST_LOCK_MS: i64 = 15 * 60 * 1_000;
/// How many addresses of earlier sign-ins have gates of their own.
pub(crate) const KNOWN_SOURCES_MAX: i64 = 10;

/// The table.
pub const SCHEMA: &str = "CREATE TABLE gates (
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    locked_until INTEGER,
    passed_at INTEGER
) WITHOUT ROWID";

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Somebody who signs in from an address that is not known.
    Strangers,
    /// Somebody who is signed in and gives the password once more.
    SignedIn,
    /// Somebody who signs in from where the user has signed in before.
    Known(String),
}

impl Gate {
    /// The gate for a sign-in from an address.
    pub fn of(sql: &dyn Sql, source: Option<&str>) -> Result<Self, SqlError> {
        let Some(source) = source else { return Ok(Self::Strangers) };
        let known = query_one(sql, "SELECT 1 FROM gates WHERE name = ?", &[named(source).into()])?.is_some();
        Ok(if known { Self::Known(source.to_owned()) } else { Self::Strangers })
    }

    fn name(&self) -> String {
        match self {
            Self::Strangers => "strangers".to_owned(),
            Self::SignedIn => "signed_in".to_owned(),
            Self::Known(source) => named(source),
        }
    }

    /// Whether nobody gets through at this moment.
    pub fn is_locked(&self, sql: &dyn Sql, now: Timestamp) -> Result<bool, SqlError> {
        let row = query_one(sql, "SELECT locked_until FROM gates WHERE name = ?", &[self.name().into()])?;
        Ok(row.map_or(Ok(None), |row| row.optional_timestamp(0))?.is_some_and(|until| until > now))
    }

    /// Counts a failure, and locks the gate if there were too many.
    pub fn count(&self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        let row = query_one(sql, "SELECT failures FROM gates WHERE name = ?", &[self.name().into()])?;
        let failures = row.map_or(Ok(0), |row| row.integer(0))?.saturating_add(1);
        let locked_until = lock_ms(failures).map(|ms| now.plus_millis(ms));
        execute(
            sql,
            "INSERT INTO gates (name, failures, locked_until) VALUES (?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until",
            &[self.name().into(), failures.into(), locked_until.into()],
        )
    }

    /// Forgets the failures.
    pub fn open(&self, sql: &dyn Sql) -> Result<(), SqlError> {
        let statement = "UPDATE gates SET failures = 0, locked_until = NULL WHERE name = ?";
        execute(sql, statement, &[self.name().into()])
    }
}

/// The user has signed in from an address: it has a gate of its own from now on, in place of the one that was not used
/// for longest.
pub fn remember(sql: &dyn Sql, source: &str, now: Timestamp) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT INTO gates (name, failures, passed_at) VALUES (?, 0, ?)
         ON CONFLICT (name) DO UPDATE SET passed_at = excluded.passed_at",
        &[named(source).into(), now.into()],
    )?;
    execute(
        sql,
        "DELETE FROM gates WHERE passed_at IS NOT NULL AND name NOT IN
            (SELECT name FROM gates WHERE passed_at IS NOT NULL ORDER BY passed_at DESC, name LIMIT ?)",
        &[KNOWN_SOURCES_MAX.into()],
    )
}

/// Opens every gate: the password is a new one.
pub fn open_all(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(sql, "UPDATE gates SET failures = 0, locked_until = NULL", &[])
}

fn named(source: &str) -> String {
    format!("from {source}")
}

/// How long a gate is locked after so many failures in a row.
fn lock_ms(failures: i64) -> Option<i64> {
    let beyond = failures.checked_sub(FAILURES_UNTIL_LOCK).filter(|beyond| *beyond >= 0)?;
    // Twenty doublings are a week and a half: the longest lock is reached long before, and no bit is lost.
    Some((FIRST_LOCK_MS << beyond.min(20)).min(LONGEST_LOCK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_begins_with_the_tenth_failure_doubles_and_ends_at_a_quarter_of_an_hour() {
        let seconds = |failures| lock_ms(failures).map(|ms| ms / 1_000);
        assert_eq!((0..10).filter_map(seconds).count(), 0);
        assert_eq!((10..20).filter_map(seconds).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        for many in [20, 21, 72, 73, 74, 75, 1_000_000, i64::MAX] {
            assert_eq!(seconds(many), Some(900), "{many}");
        }
    }
}
