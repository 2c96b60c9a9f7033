//! The password: checking it, counting failures, changing it.
//!
//! A failed attempt is an answer that commits, because it is counted and reported. From the tenth in a row on its gate
//! is locked after each, 1 s at first and twice as long every time, up to 15 min. While it is locked nothing is
//! counted or reported: so strangers can add some twenty rows to a log within an hour and four in every further hour.

use crate::domain::audit::Action;
use crate::domain::id::SignInId;
use crate::domain::password::{Password, PasswordHash};
use crate::object::{Abort, Context, Step};
use crate::ports::{Sql, SqlError};

use super::AccountObject;
use super::gates::Gate;
use super::projection::report;
use super::protocol::Reply;
use super::store::{self, State};
use super::{resets, sign_ins, state};

/// What the audit log calls a wrong password.
pub const PASSWORD: &str = "password";

/// Hashes a password that was chosen.
pub fn hash(context: &Context<'_>, password: &Password) -> Result<PasswordHash, SqlError> {
    // The object is told to come back, as if the database had failed: it lacks the memory for it.
    PasswordHash::make(password, &context.draw(1), context.keyring)
        .ok_or_else(|| SqlError("a password cannot be hashed".to_owned()))
}

/// Whether this is the password, and its gate is not locked. The hash is computed in any case, so that a locked account
/// takes as long as another. A wrong one is counted and reported; `details` say where it came from.
pub fn check(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    gate: &Gate,
    presented: &Password,
    details: &[&str],
) -> Result<bool, SqlError> {
    let right = state.password.verify(presented, context.keyring);
    if gate.is_locked(sql, context.now)? {
        return Ok(false);
    }
    if !right {
        count_failure(sql, context, state, gate, &[details, &[PASSWORD]].concat())?;
    }
    Ok(right)
}

/// The same for somebody who is signed in and gives the password once more. A stolen sign-in is no way around the lock.
pub fn check_again(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    by: &SignInId,
    presented: &Password,
) -> Result<bool, SqlError> {
    let right = check(sql, context, state, &Gate::SignedIn, presented, &[by.as_str()])?;
    if right {
        Gate::SignedIn.open(sql)?;
    }
    Ok(right)
}

/// Counts an attempt that failed.
pub fn count_failure(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    gate: &Gate,
    details: &[&str],
) -> Result<(), SqlError> {
    gate.count(sql, context.now)?;
    // Who it was is not known; the log says on whose account.
    report(sql, context, &state.user, state::actor(&state.user), Action::SignInFailed, details)
}

/// Changes the password. Whoever knew the one before is out: all other sign-ins and all links that set a new one end.
pub fn change(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    current: &Password,
    new: &Password,
) -> Result<Step<AccountObject>, Abort> {
    let mut state = sign_ins::require(sql, context, by)?;
    if !check_again(sql, context, &state, by, current)? {
        return Ok(Step::done(Reply::Refused));
    }
    state.password = hash(context, new)?;
    store::save(sql, &state)?;
    sign_ins::end_all(sql, Some(by))?;
    resets::end_all(sql)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::PasswordChanged, &[])?;
    Ok(Step::done(state::reply(sql, state)?))
}
