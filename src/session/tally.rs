//! How many keys take a place in the plan, without reading them all: creation costs the same in a session of a million.
//!
//! Whether a key counts depends on the time, for it may expire. So the tally says how many counted at one moment, triggers
//! keep it right whatever is written, and the few that have expired since are found by an index. The moment moves on with
//! the changes that ask.

use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, query_one};
use crate::ports::{Sql, SqlError};

/// The table, as of a moment before any key could end.
pub const SCHEMA: &str = "CREATE TABLE key_tally (
    only INTEGER PRIMARY KEY CHECK (only = 1), counted INTEGER NOT NULL, as_of INTEGER NOT NULL)";

/// Its row, also for keys from before there was one.
pub const FIRST: &str = "INSERT INTO key_tally SELECT 1, count(*), -9007199254740991 FROM api_keys WHERE counts = 1";

/// When those end that count.
pub const INDEX_BY_END: &str =
    "CREATE INDEX api_keys_by_end ON api_keys (expires_at) WHERE counts = 1 AND expires_at IS NOT NULL";

/// The old halves of rotations.
pub const INDEX_OF_OLD_HALVES: &str = "CREATE INDEX api_keys_old_halves ON api_keys (expires_at)
    WHERE counts = 0 AND json_extract(record, '$.revocation') IS NULL";

/// A key more.
pub const ON_INSERT: &str = "CREATE TRIGGER key_tally_insert AFTER INSERT ON api_keys WHEN new.counts = 1 BEGIN
    UPDATE key_tally SET counted = counted + (new.expires_at IS NULL OR new.expires_at > as_of); END";

/// A key that counts no longer or again, or ends at another time.
pub const ON_UPDATE: &str = "CREATE TRIGGER key_tally_update AFTER UPDATE OF counts, expires_at ON api_keys
    WHEN old.counts IS NOT new.counts OR old.expires_at IS NOT new.expires_at BEGIN
    UPDATE key_tally SET counted = counted + (new.counts = 1 AND (new.expires_at IS NULL OR new.expires_at > as_of))
        - (old.counts = 1 AND (old.expires_at IS NULL OR old.expires_at > as_of)); END";

/// A key less, when everything is erased.
pub const ON_DELETE: &str = "CREATE TRIGGER key_tally_delete AFTER DELETE ON api_keys WHEN old.counts = 1 BEGIN
    UPDATE key_tally SET counted = counted - (old.expires_at IS NULL OR old.expires_at > as_of); END";

/// Those that count at `?1`; a clock may have been set back.
const COUNTED: &str = "SELECT counted
    - (SELECT count(*) FROM api_keys WHERE counts = 1 AND expires_at > as_of AND expires_at <= ?1)
    + (SELECT count(*) FROM api_keys WHERE counts = 1 AND expires_at > ?1 AND expires_at <= as_of) FROM key_tally";

/// The old half of a rotation shares its successor's place, and keeps it if that ends first: else whoever ends successors
/// could let any number of old halves live.
const OLD_HALVES: &str = "SELECT count(*) FROM api_keys AS old
    WHERE counts = 0 AND json_extract(record, '$.revocation') IS NULL AND expires_at > ?1
    AND NOT EXISTS (SELECT 1 FROM api_keys AS new WHERE new.id = json_extract(old.record, '$.rotated_to')
        AND new.counts = 1 AND (new.expires_at IS NULL OR new.expires_at > ?1))";

/// How many keys take a place in the plan.
pub fn counted_keys(sql: &dyn Sql, now: Timestamp) -> Result<i64, SqlError> {
    Ok(count(sql, COUNTED, now)? + count(sql, OLD_HALVES, now)?)
}

/// Moves the moment of the tally to `now`, so that those that have expired are not counted again and again.
pub fn settle(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    let statement = "UPDATE key_tally SET as_of = ?1, counted = counted
        - (SELECT count(*) FROM api_keys WHERE counts = 1 AND expires_at > as_of AND expires_at <= ?1)
        WHERE EXISTS (SELECT 1 FROM api_keys WHERE counts = 1 AND expires_at > as_of AND expires_at <= ?1)";
    execute(sql, statement, &[now.into()])
}

fn count(sql: &dyn Sql, statement: &str, now: Timestamp) -> Result<i64, SqlError> {
    query_one(sql, statement, &[now.into()])?.map_or(Ok(0), |row| row.integer(0))
}
