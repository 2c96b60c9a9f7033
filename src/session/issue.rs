//! Issuing and replacing keys. The secret was made at the edge; only its hash and hint arrive here.

use crate::domain::api_key::{ApiKey, KeySettings, Status, TransitionError};
use crate::domain::audit::{Action, Actor};
use crate::domain::caller::Caller;
use crate::domain::credits::Balance;
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::text::Name;
use crate::object::ledgers::NewBalance;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::{Admission, admit, require_state};
use super::policy::Memory;
use super::projection::{announce_audit, announce_key};
use super::protocol::{NewKey, NewSecret, Reply, Rotation};
use super::store::{self, Keys, State};
use super::{domains, fence, tally};

/// Issues a key.
pub fn issue(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    new: &NewKey,
) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    let caller = match admit(sql, context, &state, authority, Rejection::SessionNotFound)? {
        Admission::Granted(caller) => caller,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    require_covers(caller.as_ref(), &new.settings)?;
    if let Some(before) = already_issued(sql, context, &state, &new.secret)? {
        let id = before.id.clone();
        let reply = Reply::Key { key: Box::new(before), limits: Vec::new(), effective_at: None };
        return Ok(fence::done(sql, context, Keys::One(&id), reply)?);
    }
    require_open(&state)?;
    require_lifetime(&new.settings)?;
    require_quota(sql, context, &state)?;
    if let Some(question) = domains::require_verified(sql, context, &state, &new.settings, None)? {
        return Ok(Step::Hear(question));
    }
    let mut key = add(sql, context, &mut state, new, authority.actor())?;
    let seq = audit_log::record(sql, context, authority.actor(), Action::KeyCreated, key.id.as_str(), &[])?;
    announce_audit(sql, seq, context.now)?;
    if key.settings.credits.is_some() {
        let balance = Some(Balance::new(new.credits.unwrap_or(0), context.now));
        memory.ledgers.set_balance(sql, key.id.as_str(), NewBalance::Set(balance), context.now)?;
        key.balance = balance;
    }
    let mut reply = Reply::Key { key: Box::new(key), limits: Vec::new(), effective_at: None };
    domains::mark(sql, &mut reply)?;
    Ok(Step::done(reply))
}

/// Adds the row of a new key and tells the projections; the caller writes the audit row of the command.
pub fn add(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &mut State,
    new: &NewKey,
    actor: Actor,
) -> Result<ApiKey, SqlError> {
    state.keys_issued = state.keys_issued.saturating_add(1);
    let mut key = new.clone().record(&state.session, actor, context.now);
    if new.unnamed {
        key.settings.name = generated_name(&state.session.name, state.keys_issued);
    }
    store::insert_key(sql, &key, &new.secret.hash)?;
    store::save_state(sql, state)?;
    announce_key(sql, &key, context.now)?;
    Ok(key)
}

/// Replaces a key: a successor with the same settings, an overlap for the old one.
pub fn rotate(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    key_id: &ApiKeyId,
    rotation: &Rotation,
) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    let caller = match admit(sql, context, &state, authority, Rejection::KeyNotFound)? {
        Admission::Granted(caller) => caller,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let Some(old) = store::key_by_id(sql, &state.session, key_id)? else {
        return Err(Rejection::KeyNotFound.into());
    };
    let mut settings = old.settings.clone();
    settings.expires_at = rotation.expires_at.or(settings.expires_at);
    // Whoever rotates a key holds its successor: the same rule as for issuing one. But credits are not multiplied by it.
    let caller =
        caller.map(|caller| Caller { has_credits: caller.has_credits && settings.credits.is_none(), ..caller });
    require_covers(caller.as_ref(), &settings)?;
    if let Some(before) = already_issued(sql, context, &state, &rotation.secret)? {
        return Ok(rotated(sql, context, key_id, before)?);
    }
    require_open(&state)?;
    require_overlap_closed(sql, context, &state, &old)?;
    let retired = old.clone().retire(rotation.secret.id.clone(), rotation.overlap_ms, context.now).map_err(refusal)?;
    require_lifetime(&settings)?;
    state.keys_issued = state.keys_issued.saturating_add(1);
    let new = NewKey { secret: rotation.secret.clone(), settings, unnamed: false, credits: None };
    let mut successor = new.record(&state.session, authority.actor(), context.now);
    successor.rotated_from = Some(key_id.clone());
    successor.spends_as = Some(retired.ledger().clone());
    successor.balance = retired.balance;
    store::update_key(sql, &retired)?;
    fence::key(sql, memory, context, &old, &retired)?;
    store::insert_key(sql, &successor, &rotation.secret.hash)?;
    store::save_state(sql, &state)?;
    announce_key(sql, &retired, context.now)?;
    announce_key(sql, &successor, context.now)?;
    let details = [successor.id.as_str()];
    let seq = audit_log::record(sql, context, authority.actor(), Action::KeyRotated, key_id.as_str(), &details)?;
    announce_audit(sql, seq, context.now)?;
    Ok(rotated(sql, context, key_id, successor)?)
}

/// The key that an earlier attempt of the same request has issued. A retry derives the same secret, so the
/// same hash under the same id is that key; another hash means the secret cannot be derived any more.
fn already_issued(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &State,
    secret: &NewSecret,
) -> Result<Option<ApiKey>, Abort> {
    let Some(before) = store::key_by_id(sql, &state.session, &secret.id)? else {
        return Ok(None);
    };
    let same = store::hash_of(sql, &secret.id)?.is_some_and(|hash| {
        let later = |one: &KeyHash, other: &KeyHash| context.keyring.later(one).contains(other);
        hash == secret.hash || later(&hash, &secret.hash) || later(&secret.hash, &hash)
    });
    let usable = matches!(before.status(context.now), Status::Active | Status::Pending);
    if !same || !usable {
        return Err(Rejection::KeyAlreadyIssued.into());
    }
    Ok(Some(before))
}

/// Refuses to hand out more than the caller has.
pub fn require_covers(caller: Option<&Caller>, settings: &KeySettings) -> Result<(), Abort> {
    if caller.is_some_and(|caller| !caller.covers(settings)) {
        return Err(Rejection::ExceedsOwnPermissions.into());
    }
    Ok(())
}

/// Refuses to rotate a key whose predecessor still lives: old halves take no place in the plan, so a chain of
/// them would be a way around it. One that is switched off, or has yet to begin, may come back.
fn require_overlap_closed(sql: &dyn Sql, context: &Context<'_>, state: &State, key: &ApiKey) -> Result<(), Abort> {
    let Some(before) = &key.rotated_from else { return Ok(()) };
    let before = store::key_by_id(sql, &state.session, before)?;
    let lives = |key: ApiKey| key.revocation.is_none() && key.settings.expires_at.is_none_or(|at| at > context.now);
    if before.is_some_and(lives) {
        return Err(Rejection::OverlapOpen.into());
    }
    Ok(())
}

/// Refuses settings under which the key could never verify.
pub fn require_lifetime(settings: &KeySettings) -> Result<(), Abort> {
    match (settings.not_before, settings.expires_at) {
        (Some(not_before), Some(expires_at)) if expires_at <= not_before => Err(Rejection::EmptyLifetime.into()),
        _ => Ok(()),
    }
}

/// Refuses when the plan allows no further key.
pub fn require_quota(sql: &dyn Sql, context: &Context<'_>, state: &State) -> Result<(), Abort> {
    let Some(limit) = state.policy.plan.max_keys_per_session() else {
        return Ok(());
    };
    tally::settle(sql, context.now)?;
    if tally::counted_keys(sql, context.now)? >= i64::from(limit) {
        return Err(Rejection::KeyQuotaReached { limit }.into());
    }
    Ok(())
}

pub(super) fn require_open(state: &State) -> Result<(), Abort> {
    if state.session.status == SessionStatus::Deleted {
        return Err(Rejection::SessionDeleted.into());
    }
    match state.policy.status {
        OrganizationStatus::Active => Ok(()),
        // No key gets this far; a member does.
        OrganizationStatus::Suspended => Err(Rejection::OrganizationSuspended.into()),
        OrganizationStatus::Deleted => Err(Rejection::OrganizationDeleted.into()),
    }
}

/// What the lifecycle's no means to a client.
pub fn refusal(error: TransitionError) -> Rejection {
    match error {
        TransitionError::Revoked => Rejection::KeyRevoked,
        TransitionError::NotActive => Rejection::KeyNotActive,
        TransitionError::Rotated => Rejection::KeyRotated,
    }
}

pub(super) fn generated_name(session: &Name, number: i64) -> Name {
    let name = Name::parse(&format!("{session} key #{number}"));
    name.unwrap_or_else(|_| Name::of(&format!("API key #{number}")))
}

/// What is waited for is that the key it replaces has ended, if that was at once.
fn rotated(
    sql: &dyn Sql,
    context: &Context<'_>,
    former: &ApiKeyId,
    successor: ApiKey,
) -> Result<Step<SessionObject>, SqlError> {
    fence::done(sql, context, Keys::One(former), Reply::Rotated { successor: Box::new(successor), effective_at: None })
}
