//! The password: checking it, counting failures, changing it.
//!
//! A failed attempt is an answer that commits, because it is counted and reported. From the tenth in a row on the
//! account is locked after each, 1 s at first and twice as long every time, up to 15 min. While it is locked nothing is
//! counted or reported: so strangers can add some twenty rows to a log within an hour and four in every further hour.
//! Whoever confirms a password while signed in is counted in the same way; a stolen cookie is no way around the lock.

use crate::domain::audit::Action;
use crate::domain::id::SignInId;
use crate::domain::password::{Password, PasswordHash};
use crate::domain::timestamp::Timestamp;
use crate::object::{Abort, Context, Step};
use crate::ports::{Sql, SqlError};

use super::AccountObject;
use super::projection::report;
use super::protocol::Reply;
use super::store::{self, State};
use super::{resets, sign_ins, state};

/// The failure in a row from which on the account is locked.
pub(crate) const FAILURES_UNTIL_LOCK: i64 = 10;
/// How long (ms) the first lock lasts; each further failure doubles it.
pub(crate) const FIRST_LOCK_MS: i64 = 1_000;
/// The longest lock (ms).
pub(crate) const LONGEST_LOCK_MS: i64 = 15 * 60 * 1_000;

/// What the audit log calls a wrong password.
pub const PASSWORD: &str = "password";

/// Hashes a password that was chosen.
pub fn hash(context: &Context<'_>, password: &Password) -> Result<PasswordHash, SqlError> {
    // The object is told to come back, as if the database had failed: it lacks the memory for it.
    PasswordHash::make(password, &context.draw(1), context.keyring)
        .ok_or_else(|| SqlError("a password cannot be hashed".to_owned()))
}

/// Whether this is the password of an account that is not locked. The hash is computed in any case, so that a locked
/// account takes as long as another. A wrong one is counted and reported; `details` say where it came from.
pub fn check(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &mut State,
    presented: &Password,
    details: &[&str],
) -> Result<bool, SqlError> {
    let right = state.password.verify(presented, context.keyring);
    if is_locked(state, context.now) {
        return Ok(false);
    }
    if !right {
        count_failure(sql, context, state, &[details, &[PASSWORD]].concat())?;
    }
    Ok(right)
}

/// Counts an attempt that failed, and locks the account if there were too many.
pub fn count_failure(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &mut State,
    details: &[&str],
) -> Result<(), SqlError> {
    state.failures = state.failures.saturating_add(1);
    state.locked_until = lock_ms(state.failures).map(|ms| context.now.plus_millis(ms));
    store::save(sql, state)?;
    // Who it was is not known; the log says on whose account.
    report(sql, context, &state.user, state::actor(&state.user), Action::SignInFailed, details)
}

/// Forgets the failures.
pub fn unlock(state: &mut State) {
    state.failures = 0;
    state.locked_until = None;
}

fn is_locked(state: &State, now: Timestamp) -> bool {
    state.locked_until.is_some_and(|until| until > now)
}

/// How long the account is locked after so many failures in a row.
fn lock_ms(failures: i64) -> Option<i64> {
    let beyond = failures.checked_sub(FAILURES_UNTIL_LOCK).filter(|beyond| *beyond >= 0)?;
    // Twenty doublings are a week and a half: the longest lock is reached long before, and no bit is lost.
    Some((FIRST_LOCK_MS << beyond.min(20)).min(LONGEST_LOCK_MS))
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
    if !check(sql, context, &mut state, current, &[by.as_str()])? {
        return Ok(Step::done(Reply::Refused));
    }
    state.password = hash(context, new)?;
    store::save(sql, &state)?;
    sign_ins::end_all(sql, Some(by))?;
    resets::end_all(sql)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::PasswordChanged, &[])?;
    Ok(Step::done(state::reply(sql, state)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_begins_with_the_tenth_failure_doubles_and_ends_at_a_quarter_of_an_hour() {
        let seconds = |failures| lock_ms(failures).map(|ms| ms / 1_000);
        assert_eq!((0..10).filter_map(seconds).count(), 0);
        assert_eq!((10..20).filter_map(seconds).collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        for many in [20, 21, 72, 73, 74, 75, 1_000_000, i64::MAX] {
            assert_eq!(seconds(many), Some(900), "{many}");
        }
    }
}
