//! Reading, changing and ending keys.

use crate::domain::api_key::ApiKey;
use crate::domain::audit::Action;
use crate::domain::caller::Caller;
use crate::domain::change::Change;
use crate::domain::credits::Balance;
use crate::domain::id::ApiKeyId;
use crate::domain::key_change::KeyChange;
use crate::domain::text::Reason;
use crate::domain::timestamp::Timestamp;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::Sql;

use super::SessionObject;
use super::admission::{Admission, admit, admit_to_end, require_state};
use super::issue::{refusal, require_covers, require_lifetime, require_quota};
use super::policy::Memory;
use super::projection::{announce_audit, announce_key};
use super::protocol::Reply;
use super::{spending, store};

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
    let limits = spending::of_key(sql, memory, context, &state, &key)?;
    Ok(Step::done(Reply::Key { key: Box::new(key), limits }))
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
    let counted = before.counts_for_quota(context.now);
    let disabled = change.active.map_or(before.disabled, |active| !active);
    let balance = new_balance(&before, change, context.now);
    let is_old_half = before.rotated_to.is_some();
    let mut after = before.change(settings, disabled, context.now).map_err(refusal)?;
    if is_old_half && balance.is_some() {
        // What may be spent is the successor's to say.
        return Err(Rejection::KeyRotated.into());
    }
    if !(change.expires_at.is_keep() && change.not_before.is_keep()) {
        require_lifetime(&after.settings)?;
    }
    if !counted && after.counts_for_quota(context.now) {
        require_quota(sql, context, &state)?;
    }
    store::update_key(sql, &after)?;
    announce_key(sql, &after, context.now)?;
    let seq =
        audit_log::record(sql, context, authority.actor(), Action::KeyUpdated, key_id.as_str(), &change.fields())?;
    announce_audit(sql, seq, context.now)?;
    if let Some(balance) = balance {
        memory.ledgers.set_balance(sql, after.ledger().as_str(), balance, context.now)?;
        after.balance = balance;
    }
    Ok(done(after))
}

/// The balance that a change leaves, if it is about credits at all. Where there were none, it begins as it was asked,
/// or as a first refill gives.
#[expect(clippy::option_option, reason = "a change to no credits is a change")]
fn new_balance(before: &ApiKey, change: &KeyChange, now: Timestamp) -> Option<Option<Balance>> {
    match &change.credits {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(credits) => {
            let settings = credits.settings(before.settings.credits);
            let begin = settings.refill.map_or(0, |refill| refill.amount);
            // As the balance stands by the rules that end here.
            let stands = before.settings.credits.zip(before.balance);
            let left = stands.map_or(begin, |(rules, balance)| balance.at(rules, now).remaining);
            let left = match credits.balance {
                None => left,
                Some(change) => change.apply(if stands.is_some() { left } else { 0 }),
            };
            Some(Some(Balance::new(left, now)))
        }
    }
}

/// Ends a key. A repeat finds it ended and changes nothing.
pub fn revoke(
    sql: &dyn Sql,
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
        return Ok(done(before));
    }
    let after = before.revoke(reason.cloned(), context.now);
    store::update_key(sql, &after)?;
    announce_key(sql, &after, context.now)?;
    let seq = audit_log::record(sql, context, authority.actor(), Action::KeyRevoked, key_id.as_str(), &[])?;
    announce_audit(sql, seq, context.now)?;
    Ok(done(after))
}

fn done(key: ApiKey) -> Step<SessionObject> {
    Step::done(Reply::Key { key: Box::new(key), limits: Vec::new() })
}
