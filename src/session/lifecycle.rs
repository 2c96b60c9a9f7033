//! Reading, changing and ending keys.

use crate::domain::api_key::ApiKey;
use crate::domain::audit::Action;
use crate::domain::caller::Caller;
use crate::domain::change::Change;
use crate::domain::credits::{Balance, CreditChange, CreditSettings};
use crate::domain::id::ApiKeyId;
use crate::domain::key_change::KeyChange;
use crate::domain::rate_limit::LimitUse;
use crate::domain::text::Reason;
use crate::domain::timestamp::Timestamp;
use crate::object::ledgers::NewBalance;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::{Admission, admit, admit_to_end, require_state};
use super::issue::{refusal, require_covers, require_lifetime};
use super::policy::Memory;
use super::projection::{announce_audit, announce_key};
use super::protocol::Reply;
use super::store::{self, Keys};
use super::{domains, fence, spending, tally};

/// Reads a key within the caller's reach, with what is left of its limits.
pub fn read(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    caller: &Caller,
    key_id: &ApiKeyId,
) -> Result<Step<SessionObject>, Abort> {
    let state = store::state(sql)?.filter(|state| caller.reaches(&state.session.organization_id, &state.session.id));
    let Some(state) = state else {
        return Err(Rejection::KeyNotFound.into());
    };
    let key = store::key_by_id(sql, &state.session, key_id)?.ok_or(Rejection::KeyNotFound)?;
    let limits = spending::of_key(sql, &mut memory.ledgers, context, &state, &key)?;
    Ok(done(sql, context, key, limits)?)
}

/// Changes a key.
pub fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    key_id: &ApiKeyId,
    change: &KeyChange,
) -> Result<Step<SessionObject>, Abort> {
    let state = require_state(sql)?;
    let caller = match admit(sql, context, &state, authority, Rejection::KeyNotFound)? {
        Admission::Granted(caller) => caller,
        Admission::Ask(question) => return Ok(Step::Confirm(question)),
    };
    let before = store::key_by_id(sql, &state.session, key_id)?.ok_or(Rejection::KeyNotFound)?;
    let settings = change.apply(&before.settings);
    if change.regrants() {
        require_covers(caller.as_ref(), &settings)?;
    }
    let disabled = change.active.map_or(before.disabled, |active| !active);
    if before.rotated_to.is_some() && before.revocation.is_none() && !change.credits.is_keep() {
        // What may be spent is the successor's to say.
        return Err(Rejection::KeyRotated.into());
    }
    let standing = match before.settings.credits {
        Some(rules) => memory.ledgers.balance(sql, before.ledger().as_str(), context.now)?.map(|left| (rules, left)),
        None => None,
    };
    let balance = new_balance(standing, change, context.now);
    let mut after = before.clone().change(settings, disabled, context.now).map_err(refusal)?;
    if !(change.expires_at.is_keep() && change.not_before.is_keep()) {
        require_lifetime(&after.settings)?;
    }
    if let Some(question) = domains::require_verified(sql, context, &state, &after.settings, Some(&before.settings))? {
        return Ok(Step::Hear(question));
    }
    let limit = state.policy.plan.max_keys_per_session();
    let counted = if limit.is_some() { tally::counted_keys(sql, context.now)? } else { 0 };
    store::update_key(sql, &after)?;
    if let Some(limit) = limit {
        require_no_more_keys(sql, context, limit, counted)?;
    }
    fence::key(sql, memory, context, &before, &after)?;
    announce_key(sql, &after, context.now)?;
    let action = action(before.disabled, disabled, change);
    let seq = audit_log::record(sql, context, authority.actor(), action, key_id.as_str(), &change.fields())?;
    announce_audit(sql, seq, context.now)?;
    if let Some(balance) = balance {
        memory.ledgers.set_balance(sql, after.ledger().as_str(), balance, context.now)?;
        after.balance = balance.balance();
    }
    Ok(done(sql, context, after, Vec::new())?)
}

/// What a change is called: one that does nothing but switch the key off or on has a name of its own.
fn action(was_disabled: bool, is_disabled: bool, change: &KeyChange) -> Action {
    match change.fields()[..] {
        ["active"] if is_disabled && !was_disabled => Action::KeyDisabled,
        ["active"] if was_disabled && !is_disabled => Action::KeyEnabled,
        _ => Action::KeyUpdated,
    }
}

/// The balance that a change leaves, if it is about credits at all. Where there were none, it begins as it was asked,
/// or as a first refill gives.
fn new_balance(standing: Option<(CreditSettings, Balance)>, change: &KeyChange, now: Timestamp) -> Option<NewBalance> {
    let credits = match &change.credits {
        Change::Keep => return None,
        Change::Clear => return Some(NewBalance::Set(None)),
        Change::Set(credits) => credits,
    };
    // As the balance stands by the rules that end here.
    let left = standing.map(|(rules, balance)| balance.at(rules, now).remaining);
    let settings = credits.settings(standing.map(|(rules, _)| rules));
    let first = settings.refill.map_or(0, |refill| refill.amount);
    Some(match (credits.balance, left) {
        (Some(CreditChange::Set(remaining)), _) => NewBalance::Set(Some(Balance::new(remaining, now))),
        (Some(add), Some(left)) => NewBalance::Reckoned(Balance::new(add.apply(left), now)),
        (Some(add), None) => NewBalance::Set(Some(Balance::new(add.apply(0), now))),
        (None, Some(left)) => NewBalance::Reckoned(Balance::new(left, now)),
        (None, None) => NewBalance::Set(Some(Balance::new(first, now))),
    })
}

/// Refuses a change that would let the session have more keys than its plan allows, and more than it had.
fn require_no_more_keys(sql: &dyn Sql, context: &Context<'_>, limit: u32, before: i64) -> Result<(), Abort> {
    let counted = tally::counted_keys(sql, context.now)?;
    if counted > before && counted > i64::from(limit) {
        return Err(Rejection::KeyQuotaReached { limit }.into());
    }
    Ok(())
}

/// Ends a key. A repeat finds it ended and changes nothing.
pub fn revoke(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    key_id: &ApiKeyId,
    reason: Option<&Reason>,
) -> Result<Step<SessionObject>, Abort> {
    let state = require_state(sql)?;
    if let Admission::Ask(question) = admit_to_end(sql, context, &state, authority, Rejection::KeyNotFound)? {
        return Ok(Step::Confirm(question));
    }
    let before = store::key_by_id(sql, &state.session, key_id)?.ok_or(Rejection::KeyNotFound)?;
    if before.revocation.is_some() {
        return Ok(done(sql, context, before, Vec::new())?);
    }
    let after = before.clone().revoke(reason.cloned(), context.now);
    store::update_key(sql, &after)?;
    fence::key(sql, memory, context, &before, &after)?;
    announce_key(sql, &after, context.now)?;
    let seq = audit_log::record(sql, context, authority.actor(), Action::KeyRevoked, key_id.as_str(), &[])?;
    announce_audit(sql, seq, context.now)?;
    Ok(done(sql, context, after, Vec::new())?)
}

fn done(
    sql: &dyn Sql,
    context: &Context<'_>,
    key: ApiKey,
    limits: Vec<LimitUse>,
) -> Result<Step<SessionObject>, SqlError> {
    let id = key.id.clone();
    fence::done(sql, context, Keys::One(&id), Reply::Key { key: Box::new(key), limits, effective_at: None })
}
