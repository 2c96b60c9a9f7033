//! Keys that were found where they should not be: whoever proves that leaves an entry in the log of the key's session.

use crate::domain::alert::{Kind, Severity, Signal};
use crate::domain::audit::{Actor, AuditEntry};
use crate::domain::id::SessionId;
use crate::object::Context;
use crate::ports::{Sql, SqlError};

/// An entry has entered the log. Of one that tells of a leak an alert opens; it is over once somebody has looked, for what was
/// public cannot be taken back.
///
/// # Errors
/// Those of the database.
pub(in crate::organization) fn heard(
    sql: &dyn Sql,
    context: &Context<'_>,
    session_id: &SessionId,
    entry: &AuditEntry,
) -> Result<(), SqlError> {
    if entry.actor != Actor::LeakReport {
        return Ok(());
    }
    let names = ["policy", "place"];
    let facts = names.iter().zip(&entry.details).map(|(name, value)| ((*name).to_owned(), value.clone()));
    let signal = Signal {
        kind: Kind::KeyLeaked,
        subject: entry.target.clone(),
        session_id: Some(session_id.clone()),
        is_open: true,
        severity: Severity::Critical,
        at: entry.at,
        facts: facts.collect(),
    };
    super::signal(sql, context, &signal)
}
