//! Reading what was counted: from rows, and from what waits to be written down.

use super::heads::{self, Head};
use super::{RECENT_MAX, SESSION};
use crate::domain::caller::Caller;
use crate::domain::id::ApiKeyId;
use crate::domain::timestamp::Timestamp;
use crate::domain::usage::series::{Grain, Series, Slab};
use crate::domain::usage::{UsageQuery, Used};
use crate::object::{Abort, Rejection, Step, usage};
use crate::ports::{Sql, SqlError};
use crate::session::SessionObject;
use crate::session::policy::Memory;
use crate::session::protocol::Reply;
use crate::session::store;

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
    let mut kept = usage::read(sql, subject, query.from, query.to)?.steps;
    kept.merge(&head.minutes.within(query.from, query.to));
    let steps = kept.in_steps_of(query.granularity);
    Ok(Step::done(Reply::Usage { usage: Box::new(Slab { steps, last: head.last }) }))
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

fn require(sql: &dyn Sql, caller: &Caller, key_id: Option<&ApiKeyId>) -> Result<(), Abort> {
    let not_found = if key_id.is_some() { Rejection::KeyNotFound } else { Rejection::SessionNotFound };
    let state = store::state(sql)?.filter(|state| caller.reaches(&state.session.organization_id, &state.session.id));
    let Some(state) = state else { return Err(not_found.into()) };
    match key_id {
        Some(id) if store::key_by_id(sql, &state.session, id)?.is_none() => Err(not_found.into()),
        _ => Ok(()),
    }
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
    let mut told = Series::default();
    for hour in hours {
        let to = hour.plus_millis(Grain::Hour.ms());
        let mut counted = usage::read(sql, SESSION, *hour, to)?.steps;
        counted.merge(&head.minutes.clone().within(*hour, to));
        told.merge(&counted.in_steps_of(Grain::Hour));
    }
    let last: Option<Used> = head.last;
    Ok(Slab { steps: told, last })
}
