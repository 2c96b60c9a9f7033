//! Reading what was counted: from rows, and from what waits to be written down.

use super::heads::{self, Head};
use super::{RECENT_MAX, SESSION};
use crate::domain::caller::Caller;
use crate::domain::evidence::{self, Evidence};
use crate::domain::id::ApiKeyId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::series::{Grain, Slab};
use crate::domain::usage::{Origin, Seen, UsageQuery, Used};
use crate::domain::verification::Code;
use crate::object::{Abort, Rejection, Step, usage};
use crate::ports::{Sql, SqlError};
use crate::session::SessionObject;
use crate::session::policy::Memory;
use crate::session::protocol::Reply;
use crate::session::store::{self, State};

/// Reads the usage of a key or, without one, of the session.
pub fn read(
    sql: &dyn Sql,
    memory: &Memory,
    caller: &Caller,
    key_id: Option<&ApiKeyId>,
    query: &UsageQuery,
) -> Result<Step<SessionObject>, Abort> {
    require(sql, caller, key_id)?;
    let subject = key_id.map_or(SESSION, ApiKeyId::as_str);
    let head = current(sql, memory, subject)?;
    let mut kept = usage::read(sql, subject, query.from, query.to)?;
    kept.merge(&head.counted(query.from, query.to));
    let counted = Slab { last: head.last, ..kept.in_steps_of(query.granularity) };
    Ok(Step::done(Reply::Usage { usage: Box::new(counted) }))
}

/// Reads the last verifications of a key, the latest first.
pub fn requests(
    sql: &dyn Sql,
    memory: &Memory,
    caller: &Caller,
    key_id: &ApiKeyId,
    limit: u32,
) -> Result<Step<SessionObject>, Abort> {
    require(sql, caller, Some(key_id))?;
    let head = current(sql, memory, key_id.as_str())?;
    let limit = usize::try_from(limit).unwrap_or(RECENT_MAX);
    Ok(Step::done(Reply::Requests { requests: head.recent.into_iter().rev().take(limit).collect() }))
}

/// Tells who uses a key, since it was replaced or has ended; else since it was issued.
pub fn evidence(
    sql: &dyn Sql,
    memory: &Memory,
    caller: &Caller,
    key_id: &ApiKeyId,
) -> Result<Step<SessionObject>, Abort> {
    let state = reached(sql, caller)?.ok_or(Rejection::KeyNotFound)?;
    let key = store::key_by_id(sql, &state.session, key_id)?.ok_or(Rejection::KeyNotFound)?;
    let successor = match &key.rotated_to {
        Some(id) => store::key_by_id(sql, &state.session, id)?,
        None => None,
    };
    let since = successor.map_or(key.created_at, |successor| successor.created_at);
    let head = current(sql, memory, key_id.as_str())?;
    let mut counted = usage::read_from_step_of(sql, key_id.as_str(), since)?;
    counted.merge(&head.counted(Grain::Minute.start_of(since), Timestamp::MAX));
    let counts = counted.steps.sum();
    let of = |code: Code| counts.iter().find(|(known, _)| *known == code).map_or(0, |(_, count)| *count);
    // Of uses from before they were counted here only the time is known.
    let known = key.last_used_at.map(|at| Used { at, origin: Origin::default() });
    let last = Used::later(known, head.last);
    // Sums are kept by minutes, later by hours and days. Of the minute of the rotation what is known to have come before it is left out, and so is
    // all if the last use of all did.
    let began = Grain::Minute.start_of(since);
    let earlier = |seen: &&Seen| seen.code == Code::Valid && (began..since).contains(&seen.at);
    let earlier = u64::try_from(head.recent.iter().filter(earlier).count()).unwrap_or(u64::MAX);
    let is_used = last.as_ref().is_some_and(|last| last.at > since);
    let uses = if is_used { of(Code::Valid).saturating_sub(earlier) } else { 0 };
    let (clients, last_refused) = evidence::clients(&head.recent, since);
    let evidence = Evidence {
        since,
        uses,
        last,
        refused: of(Code::Revoked).saturating_add(of(Code::Expired)),
        last_refused,
        presented_at: evidence::presented_at(&head.recent, &counted.steps, since),
        clients,
    };
    Ok(Step::done(Reply::Evidence { key: Box::new(key), evidence: Box::new(evidence) }))
}

fn reached(sql: &dyn Sql, caller: &Caller) -> Result<Option<State>, Abort> {
    let state = store::state(sql)?;
    Ok(state.filter(|state| caller.reaches(&state.session.organization_id, &state.session.id)))
}

fn require(sql: &dyn Sql, caller: &Caller, key_id: Option<&ApiKeyId>) -> Result<(), Abort> {
    let not_found = if key_id.is_some() { Rejection::KeyNotFound } else { Rejection::SessionNotFound };
    let Some(state) = reached(sql, caller)? else { return Err(not_found.into()) };
    match key_id {
        Some(id) if store::key_by_id(sql, &state.session, id)?.is_none() => Err(not_found.into()),
        _ => Ok(()),
    }
}

/// What was counted of the session from `from` on and before `to`, by minutes as far as they are kept.
pub fn lately(sql: &dyn Sql, memory: &Memory, from: Timestamp, to: Timestamp) -> Result<Slab, SqlError> {
    let mut counted = usage::read(sql, SESSION, from, to)?;
    counted.merge(&current(sql, memory, SESSION)?.counted(from, to));
    Ok(counted)
}

/// The head of a subject with what waits to be written down.
fn current(sql: &dyn Sql, memory: &Memory, subject: &str) -> Result<Head, SqlError> {
    let mut head = heads::head(sql, subject)?;
    memory.usage.pending.of(subject).for_each(|delta| head.merge(delta));
    Ok(head)
}

/// What the organization is told of these hours: all that is written down of them, and the last use.
pub fn hours_to_tell(sql: &dyn Sql, hours: &[Timestamp]) -> Result<Slab, SqlError> {
    let head = heads::head(sql, SESSION)?;
    let mut told = Slab::default();
    for hour in hours {
        let to = hour.plus_millis(Grain::Hour.ms());
        told.merge(&usage::read(sql, SESSION, *hour, to)?);
        told.merge(&head.counted(*hour, to));
    }
    Ok(Slab { last: head.last, ..told.in_steps_of(Grain::Hour) })
}
