//! Verification and authentication: the reads on which everything else stands.

use std::net::IpAddr;

use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::permission::Permission;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand, decide, explain};
use crate::object::{Abort, Context, Done, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::standing;
use super::projection::announce_use;
use super::protocol::{Command, Reply, Verified, Verify};
use super::store::{self, State};

/// A use is written down at most this often (ms) for one key, so that no verification costs a row.
pub(crate) const LAST_USED_STEP_MS: i64 = 60_000;

/// Between one and two of these (ms) pass until a list shows a later use; reading the key shows it at once.
const USE_FEED_MS: i64 = 60_000;

/// Decides on a presented key.
pub fn verify(sql: &dyn Sql, context: &Context<'_>, request: &Verify) -> Result<Step<SessionObject>, Abort> {
    let (state, key) = match find(sql, context, &request.hashes)? {
        // A key that the asking caller cannot see looks like no key at all.
        Some((state, key)) if sees(request.caller.as_ref(), &key) => (state, key),
        _ => {
            return Ok(Step::done(Reply::Verified(Box::new(Verified {
                code: Code::NotFound,
                key: None,
                trace: Vec::new(),
            }))));
        }
    };
    let code = decide(&key, standing(&state), &request.demand, context.now);
    let trace =
        if request.explain { explain(&key, standing(&state), &request.demand, context.now) } else { Vec::new() };
    let follow_up = if code == Code::Valid && !request.dry_run { use_worth_noting(&key, context.now) } else { None };
    let reply = Reply::Verified(Box::new(Verified { code, key: Some(key), trace }));
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// Decides on the key that a caller presents for itself.
pub fn authenticate(
    sql: &dyn Sql,
    context: &Context<'_>,
    hashes: &[KeyHash],
    ip: Option<IpAddr>,
    needs: Option<&Permission>,
) -> Result<Step<SessionObject>, Abort> {
    let refused = |code| Rejection::CallerRefused { code, needs: needs.cloned() };
    let Some((state, key)) = find(sql, context, hashes)? else {
        return Err(refused(Code::NotFound).into());
    };
    let demand = Demand { permissions: needs.cloned().into_iter().collect(), ip, ..Demand::default() };
    let code = decide(&key, standing(&state), &demand, context.now);
    if code != Code::Valid {
        return Err(refused(code).into());
    }
    let reply = Reply::Caller(Box::new(Caller::new(&key, &state.session)));
    let follow_up = use_worth_noting(&key, context.now);
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// Notes a use. A first one is told to the directory at once, later ones with the next batch.
pub fn touch(sql: &dyn Sql, context: &Context<'_>, key_id: &ApiKeyId) -> Result<Step<SessionObject>, Abort> {
    let Some(state) = store::state(sql)? else {
        return Ok(Step::done(Reply::Acknowledged));
    };
    if let Some(key) = store::key_by_id(sql, &state.session, key_id)?
        && use_worth_noting(&key, context.now).is_some()
    {
        store::touch(sql, key_id, context.now)?;
        let delay = if key.last_used_at.is_some() { later_use_delay(context) } else { 0 };
        announce_use(sql, &key, context.now.plus_millis(delay))?;
    }
    Ok(Step::done(Reply::Acknowledged))
}

fn find(sql: &dyn Sql, context: &Context<'_>, hashes: &[KeyHash]) -> Result<Option<(State, ApiKey)>, SqlError> {
    let Some(state) = store::state(sql)? else {
        return Ok(None);
    };
    // An edge that is one root behind does not know the hash that this row may have moved to.
    let later = hashes.last().map(|hash| context.keyring.later(hash)).unwrap_or_default();
    let hashes = [hashes, &later].concat();
    Ok(store::key_by_hashes(sql, &state.session, &hashes)?.map(|key| (state, key)))
}

fn sees(caller: Option<&Caller>, key: &ApiKey) -> bool {
    caller.is_none_or(|caller| caller.reaches(&key.organization_id, &key.session_id))
}

/// When (ms from now) the directory hears of a use that is not the first: not everybody at the same time,
/// because ten thousand busy sessions may share one directory.
fn later_use_delay(context: &Context<'_>) -> i64 {
    let [a, b, ..] = *context.seed;
    USE_FEED_MS + i64::from(u16::from_be_bytes([a, b])) % USE_FEED_MS
}

fn use_worth_noting(key: &ApiKey, now: Timestamp) -> Option<Command> {
    let stale = key.last_used_at.is_none_or(|at| now.millis_since(at) >= LAST_USED_STEP_MS);
    stale.then(|| Command::Touch { key_id: key.id.clone() })
}
