//! One-time links that set a password anew: who gets one, how it is sent, and what it does.
//!
//! A link stands as a hash. The nonce beside it gives the token again while it waits to be sent, together with the root
//! secret only. Links for the hook and links that somebody was handed do not push each other out.

use crate::domain::audit::{Action, Actor};
use crate::domain::id::OrganizationId;
use crate::domain::key_hash::KeyHash;
use crate::domain::keyring::Purpose;
use crate::domain::operation::Operation;
use crate::domain::password::Password;
use crate::domain::role::Role;
use crate::domain::timestamp::Timestamp;
use crate::domain::token::{Token, TokenKind};
use crate::domain::user::User;
use crate::object::outbox::{self, Delivery, EntryKey, Message};
use crate::object::rows::{execute, json, query_one};
use crate::object::{Abort, Context, Question, Rejection, Seat, Step};
use crate::ports::{Sql, SqlError, SqlValue};

use super::projection::{HOOK, report};
use super::protocol::{Reply, ResetBy};
use super::store::{self, State};
use super::{AccountObject, gates, memberships, passwords, second_factor, sign_ins, state};

/// The page of the dashboard that uses one.
pub const RESET_PAGE: &str = "password-reset";
/// How long (ms) a link is good that somebody asked for without proof.
pub(crate) const SENT_LIFE_MS: i64 = 60 * 60 * 1_000;
/// How long (ms) a link is good that an owner or the operator has made.
pub(crate) const HANDED_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// How many links of either kind may be open; the oldest goes.
pub(crate) const RESETS_MAX: i64 = 5;
/// How often (ms) a link is sent at most, so that strangers flood neither a mailbox nor the log: twelve rows an hour.
pub(crate) const SEND_PAUSE_MS: i64 = 5 * 60 * 1_000;

/// Makes a link.
pub fn request(sql: &dyn Sql, context: &Context<'_>, by: &ResetBy) -> Result<Step<AccountObject>, Abort> {
    let state = store::state(sql)?;
    match by {
        ResetBy::Anybody => match state {
            Some(state) if may_send(sql, context)? => send(sql, context, &state),
            // The same answer as to somebody who gets a link.
            _ => Ok(Step::done(Reply::Acknowledged)),
        },
        ResetBy::Owner(seat) => {
            if seat.needs != Operation::WriteOwners {
                return Err(Rejection::RoleInsufficient.into());
            }
            if context.confirmed.is_none() {
                return Ok(Step::Confirm(Question::Member(seat.clone())));
            }
            let state = state.ok_or(Rejection::MemberNotFound)?;
            if seat.user_id == state.user.id {
                // Whoever holds a stolen sign-in would be past the password and past the lock.
                return Err(Rejection::OwnAccount.into());
            }
            require_lesser_home(sql, &seat.organization_id)?;
            hand_over(sql, context, &state, Some(seat))
        }
        ResetBy::Operator => hand_over(sql, context, &state.ok_or(Rejection::UserNotFound)?, None),
    }
}

/// Whether a link may be sent now.
fn may_send(sql: &dyn Sql, context: &Context<'_>) -> Result<bool, SqlError> {
    let latest = query_one(sql, "SELECT max(created_at) FROM resets WHERE send = 1", &[])?;
    let latest = latest.map_or(Ok(None), |row| row.optional_timestamp(0))?;
    let paused = latest.is_some_and(|at| context.now.millis_since(at) < SEND_PAUSE_MS);
    Ok(context.rules.link_hook.is_some() && !paused)
}

/// An owner may only reset a password that opens nothing beyond the owner's organization, and not another owner's.
fn require_lesser_home(sql: &dyn Sql, organization_id: &OrganizationId) -> Result<(), Abort> {
    let reach = memberships::reach(sql)?;
    if !reach.contains(organization_id) {
        return Err(Rejection::MemberNotFound.into());
    }
    if reach.len() > 1 {
        return Err(Rejection::MemberElsewhere.into());
    }
    if memberships::list(sql)?.iter().any(|membership| membership.role == Role::Owner) {
        return Err(Rejection::RoleInsufficient.into());
    }
    Ok(())
}

fn send(sql: &dyn Sql, context: &Context<'_>, state: &State) -> Result<Step<AccountObject>, Abort> {
    let (_, hash) = add(sql, context, state, context.now.plus_millis(SENT_LIFE_MS), true, None)?;
    outbox::put(sql, HOOK, &hash.to_string(), 1, context.now)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::PasswordResetRequested, &[])?;
    Ok(Step::done(Reply::Acknowledged))
}

fn hand_over(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    owner: Option<&Seat>,
) -> Result<Step<AccountObject>, Abort> {
    let expires_at = context.now.plus_millis(HANDED_LIFE_MS);
    let (token, _) = add(sql, context, state, expires_at, false, owner)?;
    let actor = owner.map_or(Actor::Operator, |seat| Actor::User { id: seat.user_id.clone() });
    report(sql, context, &state.user, actor, Action::PasswordResetRequested, &[])?;
    Ok(Step::done(Reply::Link { token: token.expose().to_owned(), expires_at }))
}

fn add(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    expires_at: Timestamp,
    send: bool,
    issuer: Option<&Seat>,
) -> Result<(Token, KeyHash), SqlError> {
    let (nonce, version) = (hex::encode(context.draw(1)), context.keyring.newest_version());
    let (token, hash) = derive(context, &state.user, &nonce, version)?;
    execute(
        sql,
        "DELETE FROM resets WHERE send = ?1 AND (issuer IS NULL) = ?2 AND hash NOT IN (SELECT hash FROM resets
            WHERE send = ?1 AND (issuer IS NULL) = ?2 ORDER BY created_at DESC, hash LIMIT ?3)",
        &[send.into(), issuer.is_none().into(), (RESETS_MAX - 1).into()],
    )?;
    execute(
        sql,
        "INSERT INTO resets (hash, nonce, version, created_at, expires_at, send, issuer)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        &[
            hash.to_string().into(),
            nonce.into(),
            i64::from(version).into(),
            context.now.into(),
            expires_at.into(),
            send.into(),
            issuer.map_or(Ok(SqlValue::Null), json)?,
        ],
    )?;
    Ok((token, hash))
}

/// The token that follows from what stands in a row, and its newest hash.
fn derive(context: &Context<'_>, user: &User, nonce: &str, version: u8) -> Result<(Token, KeyHash), SqlError> {
    let failed = || SqlError("a link cannot be derived".to_owned());
    let salt = hex::decode(nonce).map_err(|_| failed())?;
    let seed = context.keyring.derived(version, Purpose::Link, &salt, b"password reset").ok_or_else(failed)?;
    let token = Token::generate(TokenKind::PasswordReset, user.id.locator(), &seed, context.keyring);
    let token = token.ok_or_else(failed)?;
    let hash = token.hashes(context.keyring).last().copied().ok_or_else(failed)?;
    Ok((token, hash))
}

/// The message that carries a link to the hook. Pointless for one that has ended, and for one that waited while a new
/// root was put in front: its tag would come out another now. Its user asks again.
pub fn notification(sql: &dyn Sql, context: &Context<'_>, user: &User, entry: EntryKey) -> Result<Delivery, SqlError> {
    let version = context.keyring.newest_version();
    let row = query_one(
        sql,
        "SELECT nonce, created_at, expires_at FROM resets WHERE hash = ? AND version = ? AND expires_at > ?",
        &[entry.subject.as_str().into(), i64::from(version).into(), context.now.into()],
    )?;
    let body = match row {
        None => None,
        Some(row) => {
            let (token, _) = derive(context, user, row.text(0)?, version)?;
            let body = serde_json::json!({
                "type": "password_reset",
                "timestamp": row.timestamp(1)?.to_string(),
                "data": {
                    "email": user.profile.email.as_str(),
                    "firstName": user.profile.first_name.as_str(),
                    "token": token.expose(),
                    "url": context.rules.page(RESET_PAGE, token.expose()),
                    "expiresAt": row.timestamp(2)?.to_string(),
                },
            });
            Some(body.to_string())
        }
    };
    // The same for every attempt. The hash is keyed, so half of it tells nothing.
    let digits = entry.subject.rsplit(':').next().and_then(|digits| digits.get(..32)).unwrap_or_default();
    let id = format!("msg_{digits}");
    Ok(Delivery { settles: vec![entry], message: Message::Notify { id, body } })
}

/// Uses a link: sets the password, and ends every sign-in and every other link. The second factor stays: who reads
/// somebody's mail does not have it.
pub fn reset(
    sql: &dyn Sql,
    context: &Context<'_>,
    hashes: &[KeyHash],
    new: &Password,
) -> Result<Step<AccountObject>, Abort> {
    let mut state = store::state(sql)?.ok_or(Rejection::LinkInvalid)?;
    let mut params = store::candidates(context.keyring, hashes);
    let places = vec!["?"; params.len()].join(", ");
    params.push(context.now.into());
    let statement = format!("SELECT issuer FROM resets WHERE hash IN ({places}) AND expires_at > ?");
    let row = query_one(sql, &statement, &params)?.ok_or(Rejection::LinkInvalid)?;
    if row.optional_text(0)?.is_some() {
        // Since an owner made the link, the user may have come to more, and the owner to less.
        let issuer: Seat = row.json(0)?;
        require_lesser_home(sql, &issuer.organization_id).map_err(|abort| match abort {
            Abort::Rejected(_) => Abort::Rejected(Rejection::LinkInvalid),
            Abort::Failed(error) => Abort::Failed(error),
        })?;
        if context.confirmed.is_none() {
            return Ok(Step::Confirm(Question::Role(issuer)));
        }
    }
    if new.is_of(&state.user.profile.email) {
        // Whoever held the link did not know the address; here it is known.
        return Err(Rejection::PasswordIsAddress.into());
    }
    state.password = passwords::hash(context, new)?;
    store::save(sql, &state)?;
    if !second_factor::is_enabled(&state) {
        // Failures guard the second factor as well, which a new password says nothing about.
        gates::open_all(sql)?;
    }
    sign_ins::end_all(sql, None)?;
    end_all(sql)?;
    report(sql, context, &state.user, state::actor(&state.user), Action::PasswordReset, &[])?;
    Ok(Step::done(Reply::Acknowledged))
}

/// Ends all links. A message that waits to carry one becomes pointless.
pub fn end_all(sql: &dyn Sql) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM resets", &[])
}

/// Removes those that have expired.
pub fn prune(sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
    execute(sql, "DELETE FROM resets WHERE expires_at <= ?", &[now.into()])
}

/// When the next one expires.
pub fn prune_at(sql: &dyn Sql) -> Result<Option<Timestamp>, SqlError> {
    query_one(sql, "SELECT min(expires_at) FROM resets", &[])?.map_or(Ok(None), |row| row.optional_timestamp(0))
}
