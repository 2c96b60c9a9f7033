//! A key of this session was found where it should not be. Whoever has it can prove that by the key itself; what happens
//! then the session has chosen beforehand.

use crate::domain::api_key::{ApiKey, Status};
use crate::domain::audit::{Action, Actor};
use crate::domain::key_hash::KeyHash;
use crate::domain::session::LeakPolicy;
use crate::domain::text::Reason;
use crate::object::{Abort, Context, Step, audit_log};
use crate::ports::Sql;

use super::policy::Memory;
use super::projection::{announce_audit, announce_key};
use super::protocol::Reply;
use super::store::{self, Keys};
use super::{SessionObject, fence, verify};

/// Hears of a leak. Tells whether there is, or was, such a key.
pub fn report(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    hashes: &[KeyHash],
    place: Option<&str>,
) -> Result<Step<SessionObject>, Abort> {
    let Some((state, before)) = verify::find(sql, context, hashes)? else {
        return Ok(Step::done(Reply::Leaked { known: false }));
    };
    let after = respond(&before, state.session.leak_policy, context);
    let details: Vec<&str> = std::iter::once(state.session.leak_policy.as_str()).chain(place).collect();
    let actor = Actor::LeakReport;
    if after == before {
        // Nothing changes, so only that it was found is written down, and that once an hour.
        // Apart from denials: whoever is refused on purpose again and again shall not have it go unheard.
        if memory.leaks.is_new(before.id.as_str(), ("leaked", ""), context.now) {
            let seq = audit_log::record(sql, context, actor, Action::KeyLeaked, before.id.as_str(), &details)?;
            announce_audit(sql, seq, context.now)?;
        }
        return Ok(Step::done(Reply::Leaked { known: true }));
    }
    store::update_key(sql, &after)?;
    fence::key(sql, memory, context, &before, &after)?;
    announce_key(sql, &after, context.now)?;
    let action = if after.revocation.is_some() { Action::KeyRevoked } else { Action::KeyDisabled };
    let seq = audit_log::record(sql, context, actor, action, after.id.as_str(), &details)?;
    announce_audit(sql, seq, context.now)?;
    Ok(fence::done(sql, context, Keys::One(&after.id), Reply::Leaked { known: true })?)
}

/// The key as the policy leaves it. One that has ended has nothing to lose.
fn respond(key: &ApiKey, policy: LeakPolicy, context: &Context<'_>) -> ApiKey {
    let lives = matches!(key.status(context.now), Status::Active | Status::Pending | Status::Disabled);
    match policy {
        LeakPolicy::Revoke if lives => key.clone().revoke(Some(Reason::of("leaked")), context.now),
        LeakPolicy::Disable if lives && !key.disabled => {
            let (settings, unchanged) = (key.settings.clone(), key.clone());
            key.clone().change(settings, true, context.now).unwrap_or(unchanged)
        }
        LeakPolicy::Notify | LeakPolicy::Disable | LeakPolicy::Revoke => key.clone(),
    }
}
