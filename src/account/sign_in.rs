//! Signing in: password, second factor, and then an access token stands.

use crate::domain::audit::Action;
use crate::object::{Abort, Context, Step};
use crate::ports::Sql;

use super::AccountObject;
use super::gates::Gate;
use super::passwords::{self, PASSWORD};
use super::projection::report;
use super::protocol::{Reply, SignIn};
use super::second_factor::{self, Outcome};
use super::{sign_ins, state, store};

/// Tries to sign in. That the second factor is missing is said to whoever knows the password, and to nobody else.
pub fn sign_in(sql: &dyn Sql, context: &Context<'_>, attempt: &SignIn) -> Result<Step<AccountObject>, Abort> {
    let Some(mut state) = store::state(sql)? else {
        return Ok(Step::done(Reply::Refused));
    };
    let from: Vec<&str> = attempt.sign_in.ip.as_deref().into_iter().collect();
    let gate = Gate::of(sql, attempt.sign_in.source.as_deref())?;
    if !passwords::check(sql, context, &state, &gate, &attempt.password, &from)? {
        return Ok(Step::done(Reply::Refused));
    }
    let second = match second_factor::check(sql, context, &mut state, attempt.second_factor.as_ref())? {
        Outcome::NotNeeded => None,
        Outcome::Missing => return Ok(Step::done(Reply::SecondFactorNeeded)),
        Outcome::Wrong(kind) => {
            passwords::count_failure(sql, context, &state, &gate, &[&from[..], &[kind]].concat())?;
            return Ok(Step::done(Reply::Refused));
        }
        Outcome::Right(kind) => Some(kind),
    };
    if !state.password.is_current(context.keyring) {
        // The one moment at which the password is known and a new hash can be made of it.
        state.password = passwords::hash(context, &attempt.password)?;
    }
    gate.open(sql)?;
    store::save(sql, &state)?;
    let expires_at = sign_ins::begin(sql, context, &attempt.sign_in)?;
    let details = [&[attempt.sign_in.id.as_str()], &from[..], &[PASSWORD], second.as_slice()].concat();
    report(sql, context, &state.user, state::actor(&state.user), Action::SignedIn, &details)?;
    let account = Box::new(state::account(sql, state)?);
    Ok(Step::done(Reply::SignedIn { account, expires_at }))
}
