//! The account itself: its beginning, its name, and what its user sees of it.

use crate::domain::audit::{Action, Actor};
use crate::domain::id::SignInId;
use crate::domain::text::Name;
use crate::domain::user::User;
use crate::object::rows::query;
use crate::object::{Abort, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::AccountObject;
use super::projection::{announce_profile, report};
use super::protocol::{Account, NewAccount, Reply};
use super::store::{self, State};
use super::{memberships, passwords, sign_ins};

/// Begins to exist, signed in. A repetition cannot be told from somebody else's attempt and is refused like one:
/// whoever lost the answer signs in.
pub fn create(sql: &dyn Sql, context: &Context<'_>, new: &NewAccount) -> Result<Step<AccountObject>, Abort> {
    if store::state(sql)?.is_some() {
        return Err(Rejection::EmailTaken.into());
    }
    let password = passwords::hash(context, &new.password)?;
    let state = State { user: new.user.clone(), password, totp: None };
    store::save(sql, &state)?;
    let expires_at = sign_ins::begin(sql, context, &new.sign_in)?;
    let details: Vec<&str> = [new.sign_in.id.as_str()].into_iter().chain(new.sign_in.ip.as_deref()).collect();
    report(sql, context, &state.user, actor(&state.user), Action::UserCreated, &details)?;
    let mut awaiting = Vec::new();
    if let Some(founding) = &new.founding {
        awaiting.push(memberships::open(sql, context, &state.user, founding)?);
    }
    let account = Box::new(account(sql, state)?);
    Ok(Step::done_after(Reply::SignedIn { account, expires_at }, awaiting))
}

/// Reads the account.
pub fn read(sql: &dyn Sql, context: &Context<'_>, by: &SignInId) -> Result<Step<AccountObject>, Abort> {
    let state = sign_ins::require(sql, context, by)?;
    Ok(Step::done(reply(sql, state)?))
}

/// Changes the name; the organizations hear of it.
pub fn change_name(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    first: Option<&Name>,
    last: Option<&Name>,
) -> Result<Step<AccountObject>, Abort> {
    let mut state = sign_ins::require(sql, context, by)?;
    let profile = &mut state.user.profile;
    let mut details = Vec::new();
    for (new, old, field) in
        [(first, &mut profile.first_name, "first_name"), (last, &mut profile.last_name, "last_name")]
    {
        if let Some(new) = new.filter(|new| **new != *old) {
            *old = new.clone();
            details.push(field);
        }
    }
    if details.is_empty() {
        return Ok(Step::done(reply(sql, state)?));
    }
    state.user.updated_at = context.now;
    state.user.generation = state.user.generation.saturating_add(1);
    store::save(sql, &state)?;
    announce_profile(sql, &state.user, context.now)?;
    report(sql, context, &state.user, actor(&state.user), Action::UserUpdated, &details)?;
    Ok(Step::done(reply(sql, state)?))
}

/// A page of the account's own log, newest first.
pub fn list_audit(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    before: Option<i64>,
    limit: u32,
) -> Result<Step<AccountObject>, Abort> {
    sign_ins::require(sql, context, by)?;
    let statement = "SELECT seq, entry, hash FROM audit_log WHERE ?1 IS NULL OR seq < ?1 ORDER BY seq DESC LIMIT ?2";
    let rows = query(sql, statement, &[before.into(), i64::from(limit).saturating_add(1).into()])?;
    let mut entries = rows.iter().map(audit_log::chained).collect::<Result<Vec<_>, _>>()?;
    let length = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > length;
    entries.truncate(length);
    Ok(Step::done(Reply::Audit { entries, more, head: audit_log::head(sql)? }))
}

/// A portion of the account's own log as it is stored, oldest first.
pub fn chain(sql: &dyn Sql, context: &Context<'_>, by: &SignInId, after: i64) -> Result<Step<AccountObject>, Abort> {
    sign_ins::require(sql, context, by)?;
    let statement = "SELECT seq, hash, entry, NULL FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?";
    let rows = query(sql, statement, &[after.into(), audit_log::CHAIN_ROWS.into()])?;
    Ok(Step::done(Reply::Chain(audit_log::chain(sql, after, &rows)?)))
}

/// The user as the one who acts on the own account.
pub fn actor(user: &User) -> Actor {
    Actor::User { id: user.id.clone() }
}

/// What the user sees, as an answer.
pub fn reply(sql: &dyn Sql, state: State) -> Result<Reply, SqlError> {
    Ok(Reply::Account { account: Box::new(account(sql, state)?) })
}

/// What the user sees.
pub fn account(sql: &dyn Sql, state: State) -> Result<Account, SqlError> {
    let totp_enabled = state.totp.is_some_and(|totp| totp.confirmed);
    Ok(Account { user: state.user, totp_enabled, memberships: memberships::list(sql)? })
}
