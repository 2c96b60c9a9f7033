//! The index of addresses: which user has one, and the first account of the deployment.
//!
//! An address is held before the account exists. Whoever comes with the same address goes on with the same user id,
//! so an attempt that broke off leaves nothing in the way, and of two at once the account lets one in.

use crate::domain::email::Email;
use crate::domain::id::UserId;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{Row, execute, query, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::organization::protocol::Page;
use crate::ports::{Sql, SqlError, SqlValue};

use super::DirectoryObject;
use super::protocol::{Admission, Registered, Reply};

/// The tables.
pub const USERS: &str = "CREATE TABLE users (
    email_key TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    user_id TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) WITHOUT ROWID";
/// Lists users by age.
pub const USERS_BY_AGE: &str = "CREATE INDEX users_by_age ON users (created_at, user_id)";
/// Who came with the setup token.
pub const SETUP: &str = "CREATE TABLE setup (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    user_id TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
)";

/// How long (ms) an attempt with the setup token keeps others out that has led to nothing so far.
pub(crate) const SETUP_ATTEMPT_MS: i64 = 60_000;

/// Holds an address for a new account.
pub fn claim(
    sql: &dyn Sql,
    context: &Context<'_>,
    email: &Email,
    user_id: &UserId,
    admission: Admission,
) -> Result<Step<DirectoryObject>, Abort> {
    let held = find(sql, email)?;
    if admission == Admission::Setup {
        require_setup(sql, context.now, held.as_ref())?;
    }
    let user_id = match held {
        Some(before) => before,
        None => {
            execute(
                sql,
                "INSERT INTO users (email_key, email, user_id, created_at) VALUES (?, ?, ?, ?)",
                &[email.key().into(), email.as_str().into(), user_id.as_str().into(), context.now.into()],
            )?;
            user_id.clone()
        }
    };
    if admission == Admission::Setup {
        execute(
            sql,
            "INSERT OR REPLACE INTO setup (only, user_id, claimed_at) VALUES (1, ?, ?)",
            &[user_id.as_str().into(), context.now.into()],
        )?;
    }
    Ok(Step::done(Reply::User { user_id: Some(user_id) }))
}

/// The setup token is good for the very first account: for whoever comes first, for that one to go on, and for others
/// once that attempt has led to nothing for a while, such as one with a mistyped address.
fn require_setup(sql: &dyn Sql, now: Timestamp, held: Option<&UserId>) -> Result<(), Abort> {
    let good = match query_one(sql, "SELECT user_id, claimed_at, done FROM setup", &[])? {
        None => query_one(sql, "SELECT 1 FROM users LIMIT 1", &[])?.is_none(),
        Some(row) if row.integer(2)? != 0 => false,
        Some(row) => {
            let began = row.text(0)?;
            held.is_some_and(|held| held.as_str() == began) || now.millis_since(row.timestamp(1)?) >= SETUP_ATTEMPT_MS
        }
    };
    if good { Ok(()) } else { Err(Rejection::SetupDone.into()) }
}

/// An organization is being founded: if by the one with the setup token, that has served.
pub fn note_founding(sql: &dyn Sql, owner: &UserId) -> Result<(), SqlError> {
    execute(sql, "UPDATE setup SET done = 1 WHERE user_id = ?", &[owner.as_str().into()])
}

/// Whose address it is.
pub fn find(sql: &dyn Sql, email: &Email) -> Result<Option<UserId>, SqlError> {
    query_one(sql, "SELECT user_id FROM users WHERE email_key = ?", &[email.key().into()])?
        .map(|row| Ok(UserId::from_trusted(row.text(0)?.to_owned())))
        .transpose()
}

/// The user of an address as a page of one row or none.
pub fn registered_as(sql: &dyn Sql, email: &Email) -> Result<Reply, SqlError> {
    let statement = "SELECT user_id, email, created_at FROM users WHERE email_key = ?";
    let users = query(sql, statement, &[email.key().into()])?.iter().map(registered).collect::<Result<_, _>>()?;
    Ok(Reply::Users { users, more: false })
}

/// A page of users, newest first.
pub fn list(sql: &dyn Sql, page: &Page) -> Result<Reply, SqlError> {
    let (after, mut params) = match &page.after {
        Some((created_at, id)) => ("(created_at, user_id) < (?, ?)", vec![(*created_at).into(), id.as_str().into()]),
        None => ("true", Vec::<SqlValue>::new()),
    };
    params.push((i64::from(page.limit) + 1).into());
    let statement = format!(
        "SELECT user_id, email, created_at FROM users WHERE {after} ORDER BY created_at DESC, user_id DESC LIMIT ?"
    );
    let mut users: Vec<Registered> =
        query(sql, &statement, &params)?.iter().map(registered).collect::<Result<_, _>>()?;
    let length = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = users.len() > length;
    users.truncate(length);
    Ok(Reply::Users { users, more })
}

fn registered(row: &Row) -> Result<Registered, SqlError> {
    let email = Email::parse(row.text(1)?).map_err(|_| SqlError("a stored address does not decode".to_owned()))?;
    Ok(Registered { user_id: UserId::from_trusted(row.text(0)?.to_owned()), email, created_at: row.timestamp(2)? })
}
