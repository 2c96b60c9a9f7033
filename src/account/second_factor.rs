//! The second factor: an authenticator's codes, and recovery codes for the day the authenticator is lost.
//!
//! The secret is stored nowhere: it is derived from a root secret, a nonce and the user's id whenever it is needed.

use crate::domain::audit::{Action, Actor};
use crate::domain::id::SignInId;
use crate::domain::keyring::Purpose;
use crate::domain::password::Password;
use crate::domain::totp::{RecoveryCode, TotpSecret};
use crate::object::rows::{execute, query_one};
use crate::object::{Abort, Context, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::projection::report;
use super::protocol::{RemovedBy, Reply, SecondFactor};
use super::store::{self, State, Totp};
use super::{AccountObject, passwords, sign_ins, state};

/// What an authenticator shows beside the address.
const ISSUER: &str = "Latchkey";
/// What the audit log calls the factors.
const TOTP: &str = "totp";
const RECOVERY_CODE: &str = "recovery_code";

/// What a second factor is worth; with the word for the audit log.
pub enum Outcome {
    /// None is set up.
    NotNeeded,
    /// One is set up, and none was presented.
    Missing,
    /// Not the one.
    Wrong(&'static str),
    /// It was right, and is used up.
    Right(&'static str),
}

/// Decides on a second factor; the password was right. The caller writes the account.
pub fn check(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &mut State,
    presented: Option<&SecondFactor>,
) -> Result<Outcome, SqlError> {
    let user_id = state.user.id.as_str();
    let Some(totp) = state.totp.as_mut().filter(|totp| totp.confirmed) else {
        return Ok(Outcome::NotNeeded);
    };
    match presented {
        None => Ok(Outcome::Missing),
        Some(SecondFactor::Totp(code)) => {
            let Some(step) = secret(context, totp, user_id)?.accept(code, context.now, totp.last_step) else {
                return Ok(Outcome::Wrong(TOTP));
            };
            totp.last_step = Some(step);
            Ok(Outcome::Right(TOTP))
        }
        Some(SecondFactor::RecoveryCode(code)) => {
            let used = use_recovery_code(sql, context, code)?;
            Ok(if used { Outcome::Right(RECOVERY_CODE) } else { Outcome::Wrong(RECOVERY_CODE) })
        }
    }
}

/// Begins to set up a second factor; one that was begun and not finished is replaced. Nothing is in force yet and the
/// next attempt overwrites it, so there is nothing to report: the audit log hears of it when it is enabled.
pub fn begin(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    password: &Password,
) -> Result<Step<AccountObject>, Abort> {
    let mut state = sign_ins::require(sql, context, by)?;
    if is_enabled(&state) {
        return Err(Rejection::TotpEnabled.into());
    }
    if !passwords::check_again(sql, context, &state, by, password)? {
        return Ok(Step::done(Reply::Refused));
    }
    let totp = Totp {
        nonce: hex::encode(context.draw(1)),
        version: context.keyring.newest_version(),
        confirmed: false,
        last_step: None,
        begun_by: by.clone(),
    };
    let secret = secret(context, &totp, state.user.id.as_str())?;
    let uri = secret.uri(ISSUER, state.user.profile.email.as_str());
    state.totp = Some(totp);
    store::save(sql, &state)?;
    Ok(Step::done(Reply::TotpBegun { secret: secret.base32(), uri }))
}

/// Finishes it with a first code. Wrong codes are not counted: only the sign-in that was shown the secret can do this,
/// so there is nothing that it could guess.
pub fn confirm(sql: &dyn Sql, context: &Context<'_>, by: &SignInId, code: &str) -> Result<Step<AccountObject>, Abort> {
    let mut state = sign_ins::require(sql, context, by)?;
    if is_enabled(&state) {
        return Err(Rejection::TotpEnabled.into());
    }
    let totp = state.totp.as_mut().filter(|totp| totp.begun_by == *by).ok_or(Rejection::TotpNotEnabled)?;
    let accepted = secret(context, totp, state.user.id.as_str())?.accept(code, context.now, totp.last_step);
    totp.last_step = Some(accepted.ok_or(Rejection::TotpWrong)?);
    totp.confirmed = true;
    store::save(sql, &state)?;
    let codes = draw_recovery_codes(sql, context)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::TotpEnabled, &[])?;
    Ok(Step::done(Reply::RecoveryCodes { codes }))
}

/// Draws recovery codes anew; those before are void.
pub fn renew_recovery_codes(
    sql: &dyn Sql,
    context: &Context<'_>,
    by: &SignInId,
    password: &Password,
) -> Result<Step<AccountObject>, Abort> {
    let state = sign_ins::require(sql, context, by)?;
    if !is_enabled(&state) {
        return Err(Rejection::TotpNotEnabled.into());
    }
    if !passwords::check_again(sql, context, &state, by, password)? {
        return Ok(Step::done(Reply::Refused));
    }
    let codes = draw_recovery_codes(sql, context)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::RecoveryCodesRenewed, &[])?;
    Ok(Step::done(Reply::RecoveryCodes { codes }))
}

/// Takes the second factor away, and the recovery codes with it.
pub fn remove(sql: &dyn Sql, context: &Context<'_>, by: &RemovedBy) -> Result<Step<AccountObject>, Abort> {
    let mut state = match by {
        RemovedBy::User { by, .. } => sign_ins::require(sql, context, by)?,
        RemovedBy::Operator => store::state(sql)?.ok_or(Rejection::UserNotFound)?,
    };
    if !is_enabled(&state) {
        return Err(Rejection::TotpNotEnabled.into());
    }
    let actor = match by {
        RemovedBy::User { by, password } => {
            if !passwords::check_again(sql, context, &state, by, password)? {
                return Ok(Step::done(Reply::Refused));
            }
            state::actor(&state.user)
        }
        RemovedBy::Operator => Actor::Operator,
    };
    state.totp = None;
    store::save(sql, &state)?;
    execute(sql, "DELETE FROM recovery_codes", &[])?;
    report(sql, context, &state.user, actor, Action::TotpDisabled, &[])?;
    Ok(Step::done(Reply::Acknowledged))
}

/// Whether a second factor is needed to sign in.
pub fn is_enabled(state: &State) -> bool {
    state.totp.as_ref().is_some_and(|totp| totp.confirmed)
}

fn secret(context: &Context<'_>, totp: &Totp, user_id: &str) -> Result<TotpSecret, SqlError> {
    let damaged = || SqlError("a second factor cannot be derived".to_owned());
    let nonce = hex::decode(&totp.nonce).map_err(|_| damaged())?;
    let derived = context.keyring.derived(totp.version, Purpose::Totp, &nonce, user_id.as_bytes());
    let secret = derived.as_ref().and_then(|derived| derived.first_chunk());
    secret.copied().map(TotpSecret::new).ok_or_else(damaged)
}

/// The seed is drawn and not derived from anything in a row, so that the codes are in the answer and nowhere else.
fn draw_recovery_codes(sql: &dyn Sql, context: &Context<'_>) -> Result<Vec<String>, SqlError> {
    let nonce = [context.draw(1), context.draw(2), context.draw(3)].concat();
    let version = context.keyring.newest_version();
    let seed = context.keyring.derived(version, Purpose::Link, &nonce, b"recovery codes");
    let seed = seed.ok_or_else(|| SqlError("recovery codes cannot be derived".to_owned()))?;
    execute(sql, "DELETE FROM recovery_codes", &[])?;
    let codes = RecoveryCode::draw(&seed);
    for code in &codes {
        if let Some(hash) = code.hashes(context.keyring).last() {
            // Two alike (once in 2^44 draws) are one code that is good once.
            execute(sql, "INSERT OR IGNORE INTO recovery_codes (hash) VALUES (?)", &[hash.to_string().into()])?;
        }
    }
    Ok(codes.iter().map(RecoveryCode::expose).collect())
}

/// Uses a recovery code up; false if it is none.
fn use_recovery_code(sql: &dyn Sql, context: &Context<'_>, code: &str) -> Result<bool, SqlError> {
    let Some(code) = RecoveryCode::parse(code) else {
        return Ok(false);
    };
    let params = store::candidates(context.keyring, &code.hashes(context.keyring));
    let places = vec!["?"; params.len()].join(", ");
    let statement = format!("DELETE FROM recovery_codes WHERE hash IN ({places}) RETURNING hash");
    Ok(query_one(sql, &statement, &params)?.is_some())
}
