//! From when on a change that takes something away is in force: isolates may act on what was before until their leases
//! end, and records in KV until the end that is written in them.
//!
//! The moment is written down with the change, so that whoever repeats it or reads what came of it waits as well. What
//! is waited for is known to the grantor in memory; after a restart the horizon stands for it.

use crate::domain::api_key::ApiKey;
use crate::domain::session::Session;
use crate::object::{Context, Done, Step};
use crate::ports::{Sql, SqlError};

use super::policy::Memory;
use super::protocol::Reply;
use super::store::{self, Keys};
use super::{SessionObject, domains};

/// A key changes in this step.
pub fn key(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    before: &ApiKey,
    after: &ApiKey,
) -> Result<(), SqlError> {
    let now = context.now;
    let grantor = memory.grantor(sql, context.now)?;
    let mut wait_ms = 0;
    if after.tightens(before, grantor.end(&after.id)) {
        grantor.tighten(&after.id, now);
        wait_ms = grantor.fence_ms(&after.id, now);
    }
    // While the two overlap, what the successor may spend counts for both.
    if let Some(former) = after.rotated_from.as_ref().filter(|_| after.settings.spends_tighter(&before.settings)) {
        grantor.tighten(former, now);
        let former_ms = grantor.fence_ms(former, now);
        wait_ms = wait_ms.max(former_ms);
        if former_ms > 0 {
            store::fence_key(sql, former, now.plus_millis(millis(former_ms)))?;
        }
    }
    if wait_ms == 0 { Ok(()) } else { store::fence_key(sql, &after.id, now.plus_millis(millis(wait_ms))) }
}

/// The session changes in this step, which counts for all its keys.
pub fn session(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    before: &Session,
    after: &Session,
) -> Result<(), SqlError> {
    if after.tightens(before) { everything(sql, memory, context) } else { Ok(()) }
}

/// Something becomes narrower in this step that all keys depend on.
pub fn everything(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<(), SqlError> {
    let grantor = memory.grantor(sql, context.now)?;
    grantor.tighten_all(context.now);
    let wait_ms = grantor.fence_all_ms(context.now);
    if wait_ms == 0 { Ok(()) } else { store::fence_all(sql, context.now.plus_millis(millis(wait_ms))) }
}

/// An answer that tells of the session, and of these keys. It is held back until everybody acts on what it tells.
pub fn done(
    sql: &dyn Sql,
    context: &Context<'_>,
    keys: Keys<'_>,
    mut reply: Reply,
) -> Result<Step<SessionObject>, SqlError> {
    let effective_at = store::effective_at(sql, keys)?;
    if let Reply::Key { effective_at: at, .. }
    | Reply::Rotated { effective_at: at, .. }
    | Reply::Session { effective_at: at, .. } = &mut reply
    {
        *at = effective_at;
    }
    domains::mark(sql, &mut reply)?;
    let wait_ms = effective_at.and_then(|at| u64::try_from(at.millis_since(context.now)).ok()).unwrap_or(0);
    Ok(Step::Done(Done { reply, wait_ms, awaiting: Vec::new(), follow_up: None }))
}

fn millis(wait_ms: u64) -> i64 {
    i64::try_from(wait_ms).unwrap_or(i64::MAX)
}
