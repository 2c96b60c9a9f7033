//! The end after the end: a session whose organization has been deleted long enough forgets what it held.
//!
//! What stays is that there was a session and that it is deleted, so that nothing can bring it to life again. Copies
//! in KV are overwritten with records that hold nothing but the revocation; rows go once that is done.

use crate::domain::api_key::{ApiKey, KeySettings};
use crate::domain::permission::Permissions;
use crate::domain::session::SessionStatus;
use crate::domain::text::Name;
use crate::object::rows::{execute, json, query, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::require_state;
use super::projection;
use super::protocol::Reply;
use super::store;

/// Forgets. Repeating it changes nothing.
pub fn erase(sql: &dyn Sql, context: &Context<'_>) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    if state.session.status != SessionStatus::Deleted {
        return Err(Rejection::DefaultSession.into());
    }
    if !is_erased(sql)? {
        for row in query(sql, "SELECT id FROM api_keys", &[])? {
            let id = crate::domain::id::ApiKeyId::from_trusted(row.text(0)?.to_owned());
            if let Some(key) = store::key_by_id(sql, &state.session, &id)? {
                execute(sql, "UPDATE api_keys SET record = ? WHERE id = ?", &[json(&blank(key))?, id.as_str().into()])?;
            }
        }
        execute(sql, "DELETE FROM outbox", &[])?;
        execute(sql, "DELETE FROM audit_log", &[])?;
        execute(sql, "DELETE FROM claims", &[])?;
        projection::announce_all_keys(sql, context.now)?;
        state.session.name = Name::of("deleted");
        store::save_state(sql, &state)?;
        execute(sql, "UPDATE session SET erased = 1", &[])?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

/// Removes the rows of an erased session once KV has heard of the last.
pub fn tidy(sql: &dyn Sql) -> Result<(), SqlError> {
    if is_erased(sql)? && query_one(sql, "SELECT 1 FROM outbox LIMIT 1", &[])?.is_none() {
        execute(sql, "DELETE FROM api_keys", &[])?;
    }
    Ok(())
}

fn is_erased(sql: &dyn Sql) -> Result<bool, SqlError> {
    Ok(query_one(sql, "SELECT 1 FROM session WHERE erased = 1", &[])?.is_some())
}

/// What is left of a key: that it was one, and is revoked.
fn blank(key: ApiKey) -> ApiKey {
    let revocation = key.revocation.map(|revocation| crate::domain::api_key::Revocation { reason: None, ..revocation });
    ApiKey {
        start: String::new(),
        last4: String::new(),
        settings: KeySettings::new(Name::of("deleted"), Permissions::default()),
        revocation,
        ..key
    }
}
