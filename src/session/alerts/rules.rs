//! The rules for alerts as the organization has told them last, with its policy.

use crate::domain::alert::rules::Rules;
use crate::object::rows::{execute, json, query_one};
use crate::ports::{Sql, SqlError};

/// The table.
pub const SCHEMA: &str = "CREATE TABLE alert_rules (only INTEGER PRIMARY KEY CHECK (only = 1), record TEXT NOT NULL)";

/// Reads them; those by default before anything else was told.
///
/// # Errors
/// Those of the database.
pub fn read(sql: &dyn Sql) -> Result<Rules, SqlError> {
    let row = query_one(sql, "SELECT record FROM alert_rules", &[])?;
    row.map_or(Ok(Rules::default()), |row| row.json(0))
}

/// Takes over later ones.
///
/// # Errors
/// Those of the database.
pub fn save(sql: &dyn Sql, rules: &Rules) -> Result<(), SqlError> {
    if rules.version <= read(sql)?.version {
        return Ok(());
    }
    execute(sql, "INSERT OR REPLACE INTO alert_rules (only, record) VALUES (1, ?)", &[json(rules)?])
}
