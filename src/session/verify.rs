//! Verification and authentication: the reads on which everything else stands.

use std::net::IpAddr;

use crate::domain::api_key::{ApiKey, Status};
use crate::domain::caller::{Caller, Reach};
use crate::domain::id::ApiKeyId;
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::grant::{Lease, Wish};
use crate::domain::permission::Permission;
use crate::domain::plan::Pool;
use crate::domain::rate_limit::{Level, LimitUse};
use crate::domain::session::SessionStatus;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Check, Code, Demand, decide, explain};
use crate::object::{Abort, Context, Done, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::standing;
use super::drawing::{self, Drawing};
use super::leasing::{self, Wanted};
use super::policy::{Known, Memory, current};
use super::projection::announce_use;
use super::protocol::{Call, Command, Reply, Verified, Verify};
use super::spending::{Funds, Purse};
use super::store::{self, State};

/// A use is written down at most this often (ms) for one key, so that no verification costs a row.
pub(crate) const LAST_USED_STEP_MS: i64 = 60_000;

/// Between one and two of these (ms) pass until a list shows a later use; reading the key shows it at once.
const USE_FEED_MS: i64 = 60_000;

/// Decides on a presented key, and spends what that costs.
pub fn verify(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    request: &Verify,
) -> Result<Step<SessionObject>, Abort> {
    let found = find(sql, context, &request.hashes)?;
    // A key that the asking caller cannot see looks like no key at all.
    let Some((state, key)) = found.filter(|(_, key)| sees(request.caller.as_ref(), key)) else {
        return Ok(Step::done(verified(Code::NotFound, None, Vec::new(), Funds::default(), None)));
    };
    let state = match surroundings(sql, memory, context, state, &key)? {
        Known::InForce(state) => state,
        Known::Ask(question) => return Ok(Step::Hear(question)),
        Known::Nothing(_) => return Ok(Step::Refused(Rejection::PolicyUnknown)),
    };
    let key = as_of(sql, &state, key)?;
    let wish = request.wish.as_ref().filter(|_| !request.is_dry());
    if wish.is_some()
        && let Some(question) = leasing::ahead_of(sql, memory, context, &state, &key)?
    {
        return Ok(Step::Hear(question));
    }
    let code = decide(&key, standing(&state), &request.demand, context.now);
    let spending = if code == Code::Valid {
        let expected = match wish {
            Some(wish) => leasing::expected(sql, memory, context, &state, &key, wish)?,
            None => 0,
        };
        let purse = Purse::of(sql, &state, &key, request.cost)?.expecting(expected);
        drawing::spend(sql, memory, context, &purse, request.is_dry())?
    } else {
        drawing::take_back(sql, memory, context, &state, Pool::Requests)?.map_or(Drawing::default(), Drawing::Ask)
    };
    let mut funds = match spending {
        Drawing::Ended(funds) => funds,
        Drawing::Ask(question) => return Ok(Step::Hear(question)),
        Drawing::Unanswered => return Ok(Step::Refused(Rejection::PolicyUnknown)),
    };
    let code = funds.refusal.unwrap_or(code);
    let trace = if request.explain {
        explain(&key, standing(&state), &request.demand, funds.spent(), context.now)
    } else {
        Vec::new()
    };
    let follow_up = if code == Code::Valid && !request.is_dry() { use_worth_noting(&key, context.now) } else { None };
    let reach = Caller::new(&key, &state.session).reach;
    let lease = match wish {
        Some(wish) => leasing::lease(sql, memory, context, &state, &key, Wanted::of(wish, &funds.limits))?,
        None => {
            // Whoever sends no wish may not know that there is more in the answer than its reader may see.
            let viewer = request.caller.as_ref().map_or(reach, |caller| caller.reach);
            funds.limits.retain(|limit| may_see(viewer, limit));
            None
        }
    };
    let reply = verified(code, Some((key, reach)), trace, funds, lease);
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// A key that somebody presents for itself.
pub struct Presented<'a> {
    /// Its hash, at every pepper version.
    pub hashes: &'a [KeyHash],
    /// The address it comes from.
    pub ip: Option<IpAddr>,
    /// What it must be allowed to do.
    pub needs: Option<&'a Permission>,
    /// What for.
    pub call: Call,
    /// An isolate that would like to know the next time without asking.
    pub wish: Option<&'a Wish>,
}

/// Decides on the key that a caller presents for itself.
pub fn authenticate(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    presented: &Presented<'_>,
) -> Result<Step<SessionObject>, Abort> {
    let needs = presented.needs.cloned();
    let refused = |code| Abort::Rejected(Rejection::CallerRefused { code, needs: needs.clone() });
    let (state, key) = find(sql, context, presented.hashes)?.ok_or_else(|| refused(Code::NotFound))?;
    let state = match surroundings(sql, memory, context, state, &key)? {
        Known::InForce(state) => state,
        Known::Ask(question) => return Ok(Step::Hear(question)),
        Known::Nothing(state) if presented.call == Call::End => state,
        Known::Nothing(_) => return Ok(Step::Refused(Rejection::PolicyUnknown)),
    };
    let key = as_of(sql, &state, key)?;
    let wish = presented.wish.filter(|_| presented.call == Call::Verify);
    if wish.is_some()
        && let Some(question) = leasing::ahead_of(sql, memory, context, &state, &key)?
    {
        return Ok(Step::Hear(question));
    }
    let demand = Demand { permissions: needs.iter().cloned().collect(), ip: presented.ip, ..Demand::default() };
    let code = decide(&key, standing(&state), &demand, context.now);
    if code != Code::Valid {
        return match drawing::take_back(sql, memory, context, &state, Pool::Management)? {
            Some(question) => Ok(Step::Hear(question)),
            None => Err(refused(code)),
        };
    }
    let counted = match presented.call {
        Call::Manage => drawing::count(sql, memory, context, &state)?,
        Call::Verify | Call::End => Drawing::default(),
    };
    let pool = match counted {
        Drawing::Ended(funds) => funds.limits.into_iter().next(),
        Drawing::Ask(question) => return Ok(Step::Hear(question)),
        Drawing::Unanswered => return Ok(Step::Refused(Rejection::PolicyUnknown)),
    };
    if let Some(limit) = pool.as_ref().filter(|pool| pool.refusal.is_some()) {
        return Err(Rejection::RateLimited { limit: Box::new(limit.clone()) }.into());
    }
    let caller = Box::new(Caller::new(&key, &state.session));
    let pool = pool.filter(|limit| may_see(caller.reach, limit));
    let lease = match wish {
        Some(wish) => leasing::with_record(sql, memory, context, &state, &key, wish)?,
        None => None,
    };
    let reply = Reply::Authenticated { caller, pool: pool.map(Box::new), lease: lease.map(Box::new) };
    let follow_up = use_worth_noting(&key, context.now);
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// How far a pool is used tells how much happens in other sessions. Whoever is bound to one learns that it is spent, and
/// nothing before.
fn may_see(reach: Reach, limit: &LimitUse) -> bool {
    reach == Reach::Organization || limit.level != Level::Organization || limit.refusal.is_some()
}

/// What surrounds a key. One that has ended by itself needs no organization to be refused.
fn surroundings(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: State,
    key: &ApiKey,
) -> Result<Known, Abort> {
    if key.status(context.now) != Status::Active && context.heard.is_none() {
        return Ok(Known::InForce(Box::new(state)));
    }
    current(sql, memory, context, state)
}

/// The key as it stands once the policy has been heard: an organization that has ended takes its keys along.
fn as_of(sql: &dyn Sql, state: &State, key: ApiKey) -> Result<ApiKey, SqlError> {
    if state.session.status != SessionStatus::Deleted || key.revocation.is_some() {
        return Ok(key);
    }
    Ok(store::key_by_id(sql, &state.session, &key.id)?.unwrap_or(key))
}

fn verified(
    code: Code,
    found: Option<(ApiKey, Reach)>,
    trace: Vec<Check>,
    funds: Funds,
    lease: Option<Lease>,
) -> Reply {
    let (Funds { limits, credits, .. }, (key, reach)) = (funds, found.unzip());
    Reply::Verified(Box::new(Verified { code, key, trace, limits, credits, reach, lease: lease.map(Box::new) }))
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
