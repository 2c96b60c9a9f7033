//! Room for taking something away where there is no room for anything else.
//!
//! The platform bounds the database of an object, and one that is full takes no row. But a revocation is rows as well: of
//! the log, of the outbox. So an object holds some room, and lets it go before it takes something away: no statement of a
//! revocation meets a full database, which SQLite and the platform answer by taking back everything under way, and the
//! object with it. Before anything else is written, the room has to be held again.

use std::sync::atomic::{AtomicBool, Ordering};

use super::rows::{execute, query_one};
use super::shell::Storage;
use super::{Abort, Rejection};
use crate::ports::{Sql, SqlError};

/// The table.
pub const SCHEMA: &str = "CREATE TABLE ballast (only INTEGER PRIMARY KEY CHECK (only = 1), filler TEXT NOT NULL)";

/// How much room (bytes) is held: sixteen pages.
const ROOM_BYTES: usize = 64 * 1_024;

/// What is known of the ballast of one object.
#[derive(Default)]
pub(super) struct Ballast {
    /// Whether it is known to be there.
    laid: AtomicBool,
}

impl Ballast {
    /// Carries a change out, as one transaction.
    pub(super) fn carry<S: Storage, T>(
        &self,
        storage: &S,
        takes_away: bool,
        work: impl FnOnce(&dyn Sql) -> Result<T, Abort>,
    ) -> Result<T, Abort> {
        let carried = storage.transaction(|sql| {
            if takes_away {
                release(sql)?;
            } else if !self.laid.load(Ordering::Relaxed) {
                lay(sql)?;
            }
            work(sql)
        });
        match carried {
            Err(Abort::Failed(error)) if error.is_full() => Err(Rejection::StorageFull.into()),
            Ok(done) => {
                self.laid.store(!takes_away, Ordering::Relaxed);
                Ok(done)
            }
            // Taken back, and with it what was laid or let go.
            refused => refused,
        }
    }
}

fn lay(sql: &dyn Sql) -> Result<(), SqlError> {
    if query_one(sql, "SELECT only FROM ballast", &[])?.is_some() {
        return Ok(());
    }
    execute(sql, "INSERT INTO ballast (only, filler) VALUES (1, ?)", &["-".repeat(ROOM_BYTES).into()])
}

/// Lets the room go.
pub(super) fn release(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM ballast", &[])
}
