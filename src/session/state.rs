//! The session itself: its beginning, its changes, its end, and the policy it lives under.

use crate::domain::audit::{Action, Actor};
use crate::domain::caller::Caller;
use crate::domain::health::Recent;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::{OrganizationStatus, Policy, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::series::Grain;
use crate::object::{Abort, Authority, Context, Rejection, Step, audit_log};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::{Admission, admit, admit_to_end, require_state};
use super::issue::add;
use super::policy::Memory;
use super::projection::{announce_all_keys, announce_audit, announce_session};
use super::protocol::{Health, Initialize, Reply, SessionChange, SessionUsage};
use super::store::{self, Keys, State};
use super::{domains, fence, spending, tally, usage};

/// Begins to exist, with a first key if one was sent along; or takes over a newer policy.
pub fn initialize(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    new: &Initialize,
) -> Result<Step<SessionObject>, Abort> {
    if let Some(before) = store::state(sql)? {
        if before.session.id != new.session.id {
            return Err(Rejection::LocatorTaken.into());
        }
        let mut state = before;
        if new.policy.version > state.policy.version {
            domains::take(sql, new.domains.as_deref())?;
            set_policy(sql, memory, context, &mut state, new.policy, new.policy_by.clone())?;
        }
        return Ok(done(sql, context, state)?);
    }
    let mut state = State { session: new.session.clone(), policy: new.policy, keys_issued: 0 };
    if new.policy.status == OrganizationStatus::Deleted {
        // The organization ended before this session first heard of it.
        state.session.status = SessionStatus::Deleted;
    }
    store::save_state(sql, &state)?;
    domains::take(sql, new.domains.as_deref())?;
    let mut details = Vec::new();
    if let Some(key) = &new.first_key {
        // The first key of an organization has no credits: nobody was asked for any.
        details.push(add(sql, context, &mut state, key, new.actor.clone())?.id.to_string());
    }
    let details: Vec<&str> = details.iter().map(String::as_str).collect();
    let target = new.session.id.as_str();
    let seq = audit_log::record(sql, context, new.actor.clone(), Action::SessionCreated, target, &details)?;
    announce_audit(sql, seq, context.now)?;
    announce_session(sql, &state.session, context.now)?;
    Ok(done(sql, context, state)?)
}

/// Reads the session, if the caller reaches it, with what is used of its limits.
pub fn read(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    caller: &Caller,
) -> Result<Step<SessionObject>, Abort> {
    let state = reached(sql, caller)?;
    let usage = SessionUsage {
        keys: tally::counted_keys(sql, context.now)?,
        max_keys: state.policy.plan.max_keys_per_session(),
        limits: spending::of_session(sql, &mut memory.ledgers, context, &state)?,
    };
    let reply = Reply::Session { session: Box::new(state.session), usage: Some(Box::new(usage)), effective_at: None };
    Ok(fence::done(sql, context, Keys::None, reply)?)
}

/// Counts the keys by status, and looks at what was counted lately.
pub fn health(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    caller: &Caller,
) -> Result<Step<SessionObject>, Abort> {
    let state = reached(sql, caller)?;
    let (keys, last_used_at) = store::health(sql, &state.session, context.now)?;
    let counted = usage::lately(sql, memory, context.now.plus_millis(-Grain::Hour.ms()), Timestamp::MAX)?;
    let headroom =
        spending::of_session(sql, &mut memory.ledgers, context, &state)?.iter().map(LimitUse::percent_left).min();
    let recent = Some(Box::new(Recent { headroom, ..Recent::of(&counted, context.now) }));
    let reply = Reply::Health(Box::new(Health { session: state.session, keys, last_used_at, recent }));
    Ok(fence::done(sql, context, Keys::All, reply)?)
}

/// Renames, connects or disconnects.
pub fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
    change: &SessionChange,
) -> Result<Step<SessionObject>, Abort> {
    if change.status == Some(SessionStatus::Deleted) {
        // However it is asked for, an end takes the keys along.
        return delete(sql, memory, context, authority);
    }
    let mut state = require_state(sql)?;
    if let Admission::Ask(question) = admit(sql, context, &state, authority, Rejection::SessionNotFound)? {
        return Ok(Step::Confirm(question));
    }
    if state.session.status == SessionStatus::Deleted {
        return Err(Rejection::SessionDeleted.into());
    }
    if change.status == Some(SessionStatus::Disconnected) && state.session.is_production_default() {
        return Err(Rejection::DefaultSession.into());
    }
    let (before, mut details) = (state.session.clone(), Vec::new());
    if let Some(name) = &change.name {
        state.session.name = name.clone();
        details.push("name");
    }
    if let Some(status) = change.status {
        state.session.status = status;
        details.push("status");
    }
    if let Some(limits) = &change.rate_limits {
        state.session.rate_limits = limits.clone();
        details.push("rateLimits");
    }
    if let Some(consistency) = &change.consistency {
        state.session.consistency = consistency.apply(state.session.consistency);
        details.push("consistency");
    }
    if let Some(policy) = change.leak_policy {
        state.session.leak_policy = policy;
        details.push("leakPolicy");
    }
    fence::session(sql, memory, context, &before, &state.session)?;
    commit(sql, context, &mut state, authority.actor(), Action::SessionUpdated, &details)?;
    Ok(done(sql, context, state)?)
}

/// Ends the session. That its keys are revoked follows; KV hears of each.
pub fn delete(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    authority: &Authority,
) -> Result<Step<SessionObject>, Abort> {
    let mut state = require_state(sql)?;
    if let Admission::Ask(question) = admit_to_end(sql, context, &state, authority, Rejection::SessionNotFound)? {
        return Ok(Step::Confirm(question));
    }
    if state.session.status == SessionStatus::Deleted {
        return Ok(done(sql, context, state)?);
    }
    if state.session.is_production_default() {
        return Err(Rejection::DefaultSession.into());
    }
    end(sql, context, &mut state)?;
    fence::everything(sql, memory, context)?;
    commit(sql, context, &mut state, authority.actor(), Action::SessionDeleted, &[])?;
    Ok(done(sql, context, state)?)
}

/// Takes over a later policy. An organization that ends takes its sessions along.
pub fn set_policy(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &mut State,
    policy: Policy,
    by: Option<Actor>,
) -> Result<(), Abort> {
    let before = std::mem::replace(&mut state.policy, policy);
    if state.session.status == SessionStatus::Deleted {
        // Nothing is left that a policy could change; least of all when the session ended.
        return Ok(store::save_state(sql, state)?);
    }
    if policy.status == OrganizationStatus::Deleted {
        end(sql, context, state)?;
    }
    if policy.tightens(&before) {
        fence::everything(sql, memory, context)?;
    }
    commit(sql, context, state, by.unwrap_or(Actor::Operator), Action::PolicyChanged, &[])
}

fn end(sql: &dyn Sql, context: &Context<'_>, state: &mut State) -> Result<(), Abort> {
    state.session.status = SessionStatus::Deleted;
    announce_all_keys(sql, context.now)?;
    Ok(())
}

fn commit(
    sql: &dyn Sql,
    context: &Context<'_>,
    state: &mut State,
    actor: Actor,
    action: Action,
    details: &[&str],
) -> Result<(), Abort> {
    state.session.updated_at = context.now;
    state.session.generation = state.session.generation.saturating_add(1);
    store::save_state(sql, state)?;
    announce_session(sql, &state.session, context.now)?;
    let seq = audit_log::record(sql, context, actor, action, state.session.id.as_str(), details)?;
    announce_audit(sql, seq, context.now)?;
    Ok(())
}

fn reached(sql: &dyn Sql, caller: &Caller) -> Result<State, Abort> {
    let state = store::state(sql)?.filter(|state| caller.reaches(&state.session.organization_id, &state.session.id));
    state.ok_or(Abort::Rejected(Rejection::SessionNotFound))
}

fn done(sql: &dyn Sql, context: &Context<'_>, state: State) -> Result<Step<SessionObject>, SqlError> {
    fence::done(
        sql,
        context,
        Keys::None,
        Reply::Session { session: Box::new(state.session), usage: None, effective_at: None },
    )
}
