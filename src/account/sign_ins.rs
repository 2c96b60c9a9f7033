//! Sign-ins: access tokens by their hashes, how long they live, and how they end.
//!
//! A sign-in stands for 30 days at most and for 7 days without use. There are at most 100 of one account; who signs in
//! once more ends the one that was not used for longest.

use crate::domain::audit::Action;
use crate::domain::id::SignInId;
use crate::domain::key_hash::KeyHash;
use crate::domain::timestamp::Timestamp;
use crate::object::rows::{Row, execute, query, query_one};
use crate::object::{Abort, Context, Done, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::AccountObject;
use super::gates;
use super::projection::report;
use super::protocol::{Command, NewSignIn, Reply, SignInRecord};
use super::state;
use super::store::{self, State};

/// How long (ms) a sign-in stands at most.
pub(crate) const LIFE_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long (ms) it stands without use.
pub(crate) const IDLE_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How many there may be.
pub(crate) const SIGN_INS_MAX: i64 = 100;
/// A use is written down at most this often (ms), so that no request costs a row.
pub(crate) const LAST_USED_STEP_MS: i64 = 60 * 60 * 1_000;

/// Adds the row of a new sign-in.
pub fn begin(sql: &dyn Sql, context: &Context<'_>, new: &NewSignIn) -> Result<Timestamp, SqlError> {
    execute(
        sql,
        "DELETE FROM sign_ins WHERE id NOT IN
            (SELECT id FROM sign_ins ORDER BY last_used_at DESC, created_at DESC, id LIMIT ?)",
        &[(SIGN_INS_MAX - 1).into()],
    )?;
    if let Some(source) = &new.source {
        gates::remember(sql, source, context.now)?;
    }
    let expires_at = expiry(context.now, context.now);
    execute(
        sql,
        "INSERT INTO sign_ins (id, hash, created_at, last_used_at, expires_at, cookie, ip, client)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            new.id.as_str().into(),
            new.hash.to_string().into(),
            context.now.into(),
            context.now.into(),
            expires_at.into(),
            new.cookie.into(),
            new.ip.clone().into(),
            new.client.clone().into(),
        ],
    )?;
    Ok(expires_at)
}

/// When a sign-in ends if it is not used again.
fn expiry(created_at: Timestamp, last_used_at: Timestamp) -> Timestamp {
    created_at.plus_millis(LIFE_MS).min(last_used_at.plus_millis(IDLE_MS))
}

/// Whose access token is this?
pub fn authenticate(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Step<AccountObject>, Abort> {
    let Some(state) = store::state(sql)? else {
        return Err(Rejection::SignedOut.into());
    };
    let record = by_hashes(sql, context, hashes)?.ok_or(Rejection::SignedOut)?;
    let follow_up = is_use_worth_noting(&record, context.now).then(|| Command::Touch { sign_in_id: record.id.clone() });
    let reply = Reply::Bearer { user: Box::new(state.user), sign_in: Box::new(record) };
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// Notes a use. A use is no mutation: it says nothing that an audit log would want to say.
pub fn touch(sql: &dyn Sql, context: &Context<'_>, id: &SignInId) -> Result<Step<AccountObject>, Abort> {
    if let Some(record) = standing(sql, context, id)?
        && is_use_worth_noting(&record, context.now)
    {
        execute(
            sql,
            "UPDATE sign_ins SET last_used_at = ?, expires_at = ? WHERE id = ?",
            &[context.now.into(), expiry(record.created_at, context.now).into(), id.as_str().into()],
        )?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

fn is_use_worth_noting(record: &SignInRecord, now: Timestamp) -> bool {
    now.millis_since(record.last_used_at) >= LAST_USED_STEP_MS
}

/// The account of a command that a sign-in gives, which must stand now.
pub fn require(sql: &dyn Sql, context: &Context<'_>, by: &SignInId) -> Result<State, Abort> {
    let state = store::state(sql)?.ok_or(Rejection::SignedOut)?;
    standing(sql, context, by)?.ok_or(Rejection::SignedOut)?;
    Ok(state)
}

/// The sign-ins that stand.
pub fn list(sql: &dyn Sql, context: &Context<'_>, by: &SignInId) -> Result<Step<AccountObject>, Abort> {
    require(sql, context, by)?;
    let statement = "SELECT id, created_at, last_used_at, expires_at, cookie, ip, client FROM sign_ins
        WHERE expires_at > ? ORDER BY created_at DESC, id DESC";
    let rows = query(sql, statement, &[context.now.into()])?;
    let sign_ins = rows.iter().map(record).collect::<Result<_, _>>()?;
    Ok(Step::done(Reply::SignIns { sign_ins }))
}

/// Ends a sign-in of the account: another, or the one that says so.
pub fn end(sql: &dyn Sql, context: &Context<'_>, by: &SignInId, id: &SignInId) -> Result<Step<AccountObject>, Abort> {
    let state = require(sql, context, by)?;
    standing(sql, context, id)?.ok_or(Rejection::SignInNotFound)?;
    execute(sql, "DELETE FROM sign_ins WHERE id = ?", &[id.as_str().into()])?;
    report(sql, context, &state.user, state::actor(&state.user), Action::SignedOut, &[id.as_str()])?;
    Ok(Step::done(Reply::Acknowledged))
}

/// Ends all sign-ins, or all but one.
pub fn end_all(sql: &dyn Sql, but: Option<&SignInId>) -> Result<(), SqlError> {
    let but = but.map_or("", SignInId::as_str);
    execute(sql, "DELETE FROM sign_ins WHERE id <> ?", &[but.into()])
}

/// Removes those that have expired.
pub fn prune(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM sign_ins WHERE expires_at <= ?", &[now.into()])
}

/// When the next one expires.
pub fn prune_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    query_one(sql, "SELECT min(expires_at) FROM sign_ins", &[])?.map_or(Ok(None), |row| row.optional_timestamp(0))
}

fn standing(sql: &dyn Sql, context: &Context<'_>, id: &SignInId) -> Result<Option<SignInRecord>, SqlError> {
    let statement = "SELECT id, created_at, last_used_at, expires_at, cookie, ip, client FROM sign_ins
        WHERE id = ? AND expires_at > ?";
    query_one(sql, statement, &[id.as_str().into(), context.now.into()])?.as_ref().map(record).transpose()
}

fn by_hashes(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Option<SignInRecord>, SqlError> {
    let mut params = store::candidates(context.keyring, hashes);
    let places = vec!["?"; params.len()].join(", ");
    params.push(context.now.into());
    let columns = "id, created_at, last_used_at, expires_at, cookie, ip, client";
    let statement = format!("SELECT {columns} FROM sign_ins WHERE hash IN ({places}) AND expires_at > ?");
    query_one(sql, &statement, &params)?.as_ref().map(record).transpose()
}

fn record(row: &Row) -> Result<SignInRecord, SqlError> {
    Ok(SignInRecord {
        id: SignInId::from_trusted(row.text(0)?.to_owned()),
        created_at: row.timestamp(1)?,
        last_used_at: row.timestamp(2)?,
        expires_at: row.timestamp(3)?,
        cookie: row.integer(4)? != 0,
        ip: row.optional_text(5)?.map(str::to_owned),
        client: row.optional_text(6)?.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;

    #[test]
    fn a_sign_in_ends_a_week_after_its_last_use_and_a_month_after_its_beginning_whatever_comes_first() {
        const DAY: i64 = 24 * 60 * 60;
        assert_eq!(expiry(at(0), at(0)), at(7 * DAY));
        assert_eq!(expiry(at(0), at(20 * DAY)), at(27 * DAY));
        assert_eq!(expiry(at(0), at(23 * DAY)), at(30 * DAY));
        assert_eq!(expiry(at(0), at(29 * DAY)), at(30 * DAY));
    }
}
