//! The end after the end: a session whose organization has been deleted long enough forgets what it held.
//!
//! What stays is that there was a session and that it is deleted, so that nothing can bring it to life again. In
//! portions: a key is blanked first, so that its copy in KV is overwritten with one that holds nothing but the
//! revocation; rows go once KV has heard of the last.

use crate::domain::api_key::{ApiKey, KeySettings, Revocation};
use crate::domain::id::ApiKeyId;
use crate::domain::permission::Permissions;
use crate::domain::session::{Session, SessionStatus};
use crate::domain::text::Name;
use crate::domain::timestamp::Timestamp;
use crate::object::ledgers::Ledgers;
use crate::object::rows::{execute, json, query, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::require_state;
use super::outcomes::{self, Counted};
use super::policy::Memory;
use super::projection::announce_blank;
use super::protocol::Reply;
use super::store;
use super::usage::{self, Usage};

/// How many keys are blanked, or removed, at once.
pub(crate) const PORTION: i64 = 200;

/// How many rows of each table of usage go at once.
pub(crate) const PORTION_OF_USAGE: i64 = 2_000;

/// Begins to forget. Repeating it changes nothing.
pub fn erase(sql: &dyn Sql, memory: &mut Memory) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    if state.session.status != SessionStatus::Deleted {
        // It has not heard of its end yet, and is asked again once it has.
        return Err(Rejection::SessionNotFound.into());
    }
    if !is_erased(sql)? {
        // What KV is being told at this moment must not settle what it is told next: those entries stay.
        execute(sql, "DELETE FROM outbox WHERE lane NOT IN ('kv', 'kv_former')", &[])?;
        execute(sql, "DELETE FROM audit_log", &[])?;
        execute(sql, "DELETE FROM claims", &[])?;
        execute(sql, "DELETE FROM ledgers", &[])?;
        execute(sql, "DELETE FROM alert_rules", &[])?;
        execute(sql, "DELETE FROM domain_book", &[])?;
        memory.ledgers = Ledgers::default();
        memory.usage = Usage::default();
        memory.outcomes = Counted::default();
        state.session.name = Name::of("deleted");
        store::save_state(sql, &state)?;
        execute(sql, "UPDATE session SET erased = 1", &[])?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// How to forget a portion of what was counted, and whether anything is left.
fn forget_statements() -> impl Iterator<Item = (&'static str, &'static str)> {
    usage::FORGET_STATEMENTS.into_iter().chain(outcomes::FORGET_STATEMENTS)
}

/// Forgets the next portion of an erased session.
pub fn tidy(sql: &dyn Sql, context: &Context<'_>, session: &Session) -> Result<(), SqlError> {
    if !is_erased(sql)? {
        return Ok(());
    }
    for (forget, _) in forget_statements() {
        execute(sql, forget, &[PORTION_OF_USAGE.into()])?;
    }
    // Of a key from elsewhere there may be no hint.
    let statement = "SELECT id FROM api_keys WHERE json_extract(record, '$.last4') <> ''
        OR json_extract(record, '$.imported') IS NOT NULL LIMIT ?";
    let full = query(sql, statement, &[PORTION.into()])?;
    for row in &full {
        let id = ApiKeyId::from_trusted(row.text(0)?.to_owned());
        if let Some(key) = store::key_by_id(sql, session, &id)? {
            let key = blank(key);
            execute(sql, "UPDATE api_keys SET record = ? WHERE id = ?", &[json(&key)?, id.as_str().into()])?;
            announce_blank(sql, &key, context.now)?;
        }
    }
    if full.is_empty() && !is_telling(sql)? {
        let portion = "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys LIMIT ?)";
        execute(sql, portion, &[PORTION.into()])?;
    }
    Ok(())
}

/// When there is another portion. While KV is still told, the outbox rings.
pub fn tidy_at(sql: &dyn Sql, now: Timestamp) -> Result<Option<Timestamp>, SqlError> {
    if !is_erased(sql)? {
        return Ok(None);
    }
    for (_, left) in forget_statements() {
        if query_one(sql, left, &[])?.is_some() {
            return Ok(Some(now));
        }
    }
    let left = query_one(sql, "SELECT 1 FROM api_keys LIMIT 1", &[])?.is_some();
    Ok(if left && !is_telling(sql)? { Some(now) } else { None })
}

/// Whether the session has begun to forget.
pub(super) fn is_erased(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM session WHERE erased = 1", &[])?.is_some())
}

fn is_telling(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM outbox LIMIT 1", &[])?.is_some())
}

/// What is left of a key: that it was one, and is revoked.
pub fn blank(key: ApiKey) -> ApiKey {
    ApiKey {
        start: String::new(),
        last4: String::new(),
        imported: None,
        settings: KeySettings::new(Name::of("deleted"), Permissions::default()),
        revocation: key.revocation.map(|revocation| Revocation { reason: None, ..revocation }),
        ..key
    }
}
