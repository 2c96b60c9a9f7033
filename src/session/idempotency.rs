//! Claims of `Idempotency-Key`: what lets a retried creation derive the same secret, without storing it.
//!
//! A claim lives in the caller's own authority for a day and holds a nonce, an id and two hashes. Secret and
//! id follow from them only together with the root secret and the credential.

use crate::domain::timestamp::Timestamp;
use crate::object::rows::{execute, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::protocol::{Claim, Reply};

/// How long (ms) a claim is kept.
pub const CLAIM_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// How long (ms) a request that never came back is taken to be at work.
pub(crate) const BUSY_MS: i64 = 30_000;

/// Begins a creation, or comes back to it.
pub fn claim(sql: &dyn Sql, context: &Context<'_>, claim: &Claim) -> Result<Step<SessionObject>, Abort> {
    let row = query_one(
        sql,
        "SELECT request_hash, nonce, key_id, busy_until FROM claims WHERE header_hash = ? AND created_at > ?",
        &[claim.header_hash.as_str().into(), context.now.plus_millis(-CLAIM_LIFE_MS).into()],
    )?;
    let (nonce, key_id) = match row {
        None => {
            begin(sql, context, claim)?;
            (claim.nonce.clone(), claim.key_id.clone())
        }
        Some(row) if row.text(0)? != claim.request_hash => return Err(Rejection::IdempotencyMismatch.into()),
        Some(row) if row.timestamp(3)? > context.now => return Err(Rejection::IdempotencyInFlight.into()),
        Some(row) => {
            set_busy(sql, &claim.header_hash, context.now.plus_millis(BUSY_MS))?;
            (row.text(1)?.to_owned(), row.text(2)?.to_owned())
        }
    };
    Ok(Step::done(Reply::Claimed { nonce, key_id }))
}

fn begin(sql: &dyn Sql, context: &Context<'_>, claim: &Claim) -> Result<(), SqlError> {
    execute(
        sql,
        "INSERT OR REPLACE INTO claims (header_hash, request_hash, nonce, key_id, created_at, busy_until)
         VALUES (?, ?, ?, ?, ?, ?)",
        &[
            claim.header_hash.as_str().into(),
            claim.request_hash.as_str().into(),
            claim.nonce.as_str().into(),
            claim.key_id.as_str().into(),
            context.now.into(),
            context.now.plus_millis(BUSY_MS).into(),
        ],
    )
}

/// Says that no request is at work under a claim.
pub fn release(sql: &dyn Sql, header_hash: &str) -> Result<Step<SessionObject>, Abort> {
    set_busy(sql, header_hash, Timestamp::from_millis(0))?;
    Ok(Step::done(Reply::Acknowledged))
}

fn set_busy(sql: &dyn Sql, header_hash: &str, until: Timestamp) -> Result<(), SqlError> {
    execute(sql, "UPDATE claims SET busy_until = ? WHERE header_hash = ?", &[until.into(), header_hash.into()])
}

/// Removes claims that have had their day.
pub fn prune(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM claims WHERE created_at <= ?", &[now.plus_millis(-CLAIM_LIFE_MS).into()])
}

/// When the oldest claim has had its day.
pub fn prune_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    let oldest =
        query_one(sql, "SELECT min(created_at) FROM claims", &[])?.map_or(Ok(None), |row| row.optional_timestamp(0))?;
    Ok(oldest.map(|at| at.plus_millis(CLAIM_LIFE_MS)))
}
