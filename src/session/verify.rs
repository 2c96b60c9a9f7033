//! Verification and authentication: the reads on which everything else stands.

use std::net::IpAddr;

use crate::domain::api_key::{ApiKey, Status};
use crate::domain::audit::Actor;
use crate::domain::caller::{Caller, Reach};
use crate::domain::key_hash::KeyHash;
use crate::domain::lease::grant::{Lease, Wish};
use crate::domain::permission::Permission;
use crate::domain::plan::Pool;
use crate::domain::rate_limit::{Level, LimitUse};
use crate::domain::session::SessionStatus;
use crate::domain::verification::{Check, Code, Demand, decide, explain};
use crate::object::{Abort, Context, Done, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::admission::standing;
use super::drawing::{self, Drawing};
use super::leasing::{self, Wanted};
use super::policy::{Known, Memory, current};
use super::projection::announce_audit;
use super::protocol::{Call, Reply, Verified, Verify};
use super::spending::{Funds, Purse};
use super::store::{self, State};

/// What a key does that acts for itself, among what keys were refused.
const OWN_CALL: &str = "own call";

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
        let reply = verified(Code::NotFound, None, Vec::new(), Funds::default(), None);
        let follow_up = memory.usage.count(context.now, request, None, Code::NotFound);
        return Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }));
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
    let standing = standing(sql, &state, &key)?;
    let code = decide(&key, standing, &request.demand, context.now);
    let spending = if code == Code::Valid {
        if !request.is_dry() {
            memory.banking.askers.note(wish.map(|wish| wish.isolate), context.now);
        }
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
    let trace =
        if request.explain { explain(&key, standing, &request.demand, funds.spent(), context.now) } else { Vec::new() };
    let follow_up = memory.usage.count(context.now, request, Some(&key), code);
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
    let refused = |code| Rejection::CallerRefused { code, needs: needs.clone() };
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
    let code = decide(&key, standing(sql, &state, &key)?, &demand, context.now);
    if code != Code::Valid {
        return match drawing::take_back(sql, memory, context, &state, Pool::Management)? {
            Some(question) => Ok(Step::Hear(question)),
            // That is to be found worth an alert. Once an hour will do.
            None if ends(code) && memory.denials.is_new(key.id.as_str(), (code.as_str(), OWN_CALL), context.now) => {
                memory.usage.refused(context.now, &key);
                Ok(Step::Refused(refused(code)))
            }
            None => Err(refused(code).into()),
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
    let follow_up = memory.usage.used(context.now, &key);
    Ok(Step::Done(Done { reply, wait_ms: 0, awaiting: Vec::new(), follow_up }))
}

/// Whether a code says that a key has ended.
fn ends(code: Code) -> bool {
    matches!(code, Code::Revoked | Code::Expired)
}

/// Writes down that a key was refused something.
pub fn note_denial(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    hashes: &[KeyHash],
    what: (&str, &str),
) -> Result<Step<SessionObject>, Abort> {
    if let Some((_, key)) = find(sql, context, hashes)? {
        let actor = Actor::ApiKey { id: key.id.clone() };
        if let Some(seq) = memory.denials.note(sql, context, actor, key.id.as_str(), what)? {
            announce_audit(sql, seq, context.now)?;
        }
    }
    Ok(Step::done(Reply::Acknowledged))
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

pub(super) fn find(
    sql: &dyn Sql,
    context: &Context<'_>,
    hashes: &[KeyHash],
) -> Result<Option<(State, ApiKey)>, SqlError> {
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
