//! Brings the schema of an object up to date, a step at a time. A step that has run is never edited.

use super::ballast;
use super::rows::{execute, query_one};
use crate::ports::{Sql, SqlError, SqlValue};

/// Runs the schema steps that this object has not seen yet.
pub(super) fn migrate(sql: &dyn Sql, steps: &[&str]) -> Result<(), SqlError> {
    execute(sql, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)", &[])?;
    let done = query_one(sql, "SELECT max(version) FROM schema_version", &[] as &[SqlValue])?
        .map_or(Ok(None), |row| row.optional_integer(0))?
        .unwrap_or(0);
    let holds_room = (1_i64..).zip(steps).any(|(number, step)| number <= done && *step == ballast::SCHEMA);
    if holds_room && usize::try_from(done).is_ok_and(|done| done < steps.len()) {
        // A new version must not lock an object out that is full.
        ballast::release(sql)?;
    }
    for (number, step) in (1_i64..).zip(steps) {
        if number > done {
            execute(sql, step, &[])?;
            execute(sql, "INSERT INTO schema_version (version) VALUES (?)", &[number.into()])?;
        }
    }
    Ok(())
}
