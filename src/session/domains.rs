//! What a session knows of the domains of its organization: the book that came with the policy, in a row.
//!
//! A key is bound only to a domain that is verified under the policy in force. So once a domain is given up or lost, and
//! the answer to that has left, no key is bound to it any more.

use crate::domain::api_key::{ApiKey, KeySettings};
use crate::domain::owned_domain::book::{Book, Standing};
use crate::object::ledgers::Debit;
use crate::object::rows::{execute, json, query_one};
use crate::object::{Abort, Context, PolicyQuestion, Rejection};
use crate::ports::{Sql, SqlError};

use super::policy;
use super::protocol::Reply;
use super::store::State;

/// The table.
pub const SCHEMA: &str = "CREATE TABLE domain_book (only INTEGER PRIMARY KEY CHECK (only = 1), record TEXT NOT NULL)";

fn read(sql: &dyn Sql) -> Result<Book, SqlError> {
    let row = query_one(sql, "SELECT record FROM domain_book", &[])?;
    row.map_or(Ok(Book::default()), |row| row.json(0))
}

/// Takes a book that came with a policy; one that is older than what is known changes nothing.
pub fn take(sql: &dyn Sql, book: Option<&Book>) -> Result<(), SqlError> {
    match book {
        Some(book) if book.version > read(sql)?.version => {
            execute(sql, "INSERT OR REPLACE INTO domain_book (only, record) VALUES (1, ?)", &[json(book)?])
        }
        _ => Ok(()),
    }
}

/// Whether verifications of a key for its domain are refused because that is lost.
pub fn refuses(sql: &dyn Sql, state: &State, key: &ApiKey) -> Result<bool, SqlError> {
    match &key.settings.domain {
        // Where nothing is refused there is nothing to look up.
        Some(name) if state.policy.domains.refusing => Ok(read(sql)?.standing(name) == Standing::Refused),
        _ => Ok(false),
    }
}

/// Makes sure that settings bind a key to a verified domain, if to any. Where none is known the organization may know more:
/// then it is what has to be asked first. `before` are the settings of the key so far, whose domain it may keep.
pub fn require_verified(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    settings: &KeySettings,
    before: Option<&KeySettings>,
) -> Result<Option<Box<PolicyQuestion>>, Abort> {
    let Some(name) = &settings.domain else { return Ok(None) };
    let is_kept = before.is_some_and(|before| before.domain.as_ref() == Some(name));
    if is_kept || read(sql)?.standing(name) == Standing::Verified {
        return Ok(None);
    }
    match context.heard.map(|heard| heard.grant.is_some()) {
        None => Ok(Some(policy::question(state, None, Debit::default()))),
        Some(true) => Err(Rejection::DomainNotVerified.into()),
        Some(false) => Err(Rejection::PolicyUnknown.into()),
    }
}

/// Says of the key in an answer whether its domain is verified.
pub fn mark(sql: &dyn Sql, reply: &mut Reply) -> Result<(), SqlError> {
    let (Reply::Key { key, .. } | Reply::Rotated { successor: key, .. }) = reply else { return Ok(()) };
    if let Some(name) = &key.settings.domain {
        key.domain_verified = Some(read(sql)?.standing(name) == Standing::Verified);
    }
    Ok(())
}
