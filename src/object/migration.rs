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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A database that has seen `done` steps, and keeps the statements that change something.
    struct Old {
        done: i64,
        told: Mutex<Vec<String>>,
    }

    impl Sql for Old {
        fn exec(&self, sql: &str, _: &[SqlValue]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
            if sql.starts_with("SELECT") {
                return Ok(vec![vec![SqlValue::Integer(self.done)]]);
            }
            self.told.lock().unwrap().push(sql.to_owned());
            Ok(Vec::new())
        }
    }

    fn told(done: i64, steps: &[&str]) -> Vec<String> {
        let old = Old { done, told: Mutex::default() };
        migrate(&old, steps).unwrap();
        old.told.into_inner().unwrap()
    }

    #[test]
    fn a_new_version_makes_room_for_its_steps_and_an_old_one_keeps_it() {
        let steps = ["CREATE TABLE a", ballast::SCHEMA, "CREATE TABLE b"];
        assert_eq!(told(2, &steps)[1..3], ["DELETE FROM ballast", "CREATE TABLE b"]);
        assert!(!told(3, &steps).contains(&"DELETE FROM ballast".to_owned()), "nothing is to be done");
        assert!(!told(1, &steps).contains(&"DELETE FROM ballast".to_owned()), "there is none yet");
    }
}
