//! What a record in KV may decide by itself, in sessions that allow it (`edge`): that a key is good, until an end that is
//! written in it.
//!
//! The end is covered by the grantor before it is written anywhere, so a change waits for it like for any lease; what
//! arrives in KV late, or comes back, has ended by itself.

use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::consistency::Mode;
use crate::domain::timestamp::Timestamp;
use crate::hash_index::Acceptance;
use crate::object::Context;
use crate::ports::{Sql, SqlError};

use super::leasing::edition;
use super::policy::Memory;
use super::projection::announce_acceptance;
use super::store::{self, State};

/// A record is published anew at most this often (ms).
pub(crate) const STEP_MS: i64 = 20_000;
/// A record that would accept for less (ms) is not worth its writing.
const SHORTEST_MS: i64 = 1_000;

/// A key that is good, and has no limits, is asked for: its record in KV is to accept it for a while.
pub fn publish(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
) -> Result<(), SqlError> {
    let (now, consistency) = (context.now, &state.session.consistency);
    if consistency.mode != Mode::Edge {
        return Ok(());
    }
    let left_ms = key.settings.expires_at.map_or(i64::MAX, |at| at.millis_since(now));
    let rest_ms = memory.policy_rest_ms(state.policy.version, now);
    let lasts_ms = i64::from(consistency.ttl_ms).min(rest_ms).min(left_ms);
    let before = store::acceptance(sql, &key.id)?;
    let is_young = before.published_at.is_some_and(|at| (0..STEP_MS).contains(&now.millis_since(at)));
    if lasts_ms < SHORTEST_MS || is_young || before.until >= Some(now.plus_millis(lasts_ms)) {
        return Ok(());
    }
    memory.grant(sql, &key.id, lasts_ms, now)?;
    store::save_acceptance(sql, &key.id, now, now.plus_millis(lasts_ms))?;
    announce_acceptance(sql, memory, key, now)
}

/// What the record of a key says of its own goodness when it is written at `now`.
pub fn of(sql: &dyn Sql, state: &State, key: &ApiKey, now: Timestamp) -> Result<Option<Acceptance>, SqlError> {
    let until = store::acceptance(sql, &key.id)?.until.filter(|until| *until > now);
    Ok(until.map(|until| {
        let reach = Caller::new(key, &state.session).reach;
        Acceptance { until, edition: edition(state, key), reach, decided_at: now }
    }))
}
