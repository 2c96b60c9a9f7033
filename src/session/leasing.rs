//! Leases on keys: which isolate may decide by itself, on which key, and for how long.
//!
//! Every lease is given in the step that has read the row of its key, and is covered by the horizon before the answer
//! leaves. A lease says that the key is good for whatever its record allows; what is not good is never leased.

use crate::domain::api_key::{ApiKey, Status};
use crate::domain::caller::Caller;
use crate::domain::consistency::Mode;
use crate::domain::lease::bank::BankReport;
use crate::domain::lease::grant::{Edition, IsolateId, KeyWish, Lease, RenewedKey, Wish};
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::object::ledgers::Debit;
use crate::object::{Abort, Context, PolicyQuestion, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::SessionObject;
use super::policy::{Known, Memory, current, question};
use super::protocol::{Renewal, Reply};
use super::spending::Purse;
use super::store::{self, State};
use super::{acceptance, admission, banking, usage};

/// How many keys one renewal may name. Of the others nothing is said.
const KEYS_MAX: usize = 500;
/// A policy that is known for less than this (ms), and less than a lease would like to last, is asked for ahead.
const AHEAD_MS: i64 = 30_000;
/// The pause (ms) between two such questions: while one is on its way, others go on with what is left.
const AHEAD_PAUSE_MS: i64 = 5_000;

/// What an isolate would like to have of one key.
pub struct Wanted<'a> {
    /// Who asks.
    pub isolate: IsolateId,
    /// How many tokens it expects to spend.
    pub tokens: u32,
    /// What has become of tokens that it had.
    pub banks: &'a [BankReport],
    /// Whether it has a lease on the key already.
    pub renews: bool,
    /// The limits as they stand, all of them.
    pub limits: Vec<LimitUse>,
}

impl<'a> Wanted<'a> {
    /// What a wish is for that came with a question about the key, whose limits stand so.
    pub fn of(wish: &'a Wish, limits: &[LimitUse]) -> Self {
        Self { isolate: wish.isolate, tokens: wish.tokens, banks: &wish.banks, renews: false, limits: limits.to_vec() }
    }
}

/// What has to be asked before leases are given: the policy, where it will soon be unknown.
pub fn ahead(memory: &mut Memory, context: &Context<'_>, state: &State) -> Option<Box<PolicyQuestion>> {
    let consistency = &state.session.consistency;
    let wanted = i64::from(consistency.ttl_ms).saturating_add(consistency.stale_ms());
    let rest = memory.policy_rest_ms(state.policy.version, context.now);
    if consistency.is_strict() || context.heard.is_some() || rest >= wanted.min(AHEAD_MS) {
        return None;
    }
    let is_asked = |at| (0..AHEAD_PAUSE_MS).contains(&context.now.millis_since(at));
    if memory.asked_ahead_at.is_some_and(is_asked) {
        return None;
    }
    memory.asked_ahead_at = Some(context.now);
    Some(question(state, None, Debit::default()))
}

/// The same, for one key that is asked for: only if it is going to get a lease.
pub fn ahead_of(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
) -> Result<Option<Box<PolicyQuestion>>, SqlError> {
    let expected =
        is_good(sql, state, key, context)? && memory.grantor(sql, context.now)?.is_expected(&key.id, context.now);
    Ok(if expected { ahead(memory, context, state) } else { None })
}

/// How many tokens an isolate is going to get ahead, if it may: so many are to be here. Its reports are taken first.
pub fn expected(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
    wish: &Wish,
) -> Result<u32, SqlError> {
    banking::settle(sql, memory, context, &wish.banks)?;
    let is_expected =
        !state.session.consistency.is_strict() && memory.grantor(sql, context.now)?.is_expected(&key.id, context.now);
    Ok(if is_expected && key.settings.credits.is_none() { wish.tokens } else { 0 })
}

/// Gives a lease on a key that has been read in this step, if it is worth one. Without its record.
pub fn lease(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
    wanted: Wanted<'_>,
) -> Result<Option<Lease>, SqlError> {
    let (now, consistency) = (context.now, &state.session.consistency);
    banking::settle(sql, memory, context, wanted.banks)?;
    let rest_ms = memory.policy_rest_ms(state.policy.version, now);
    // A key that ends takes its leases along.
    let left_ms = key.settings.expires_at.map_or(i64::MAX, |at| at.millis_since(now));
    let rest_ms = rest_ms.min(left_ms.saturating_add(consistency.stale_ms()));
    let grantor = memory.grantor(sql, context.now)?;
    let again = grantor.is_asked_again(&key.id, now) || wanted.renews;
    let ttl_ms = grantor.ttl_ms(wanted.isolate, consistency, rest_ms, now);
    let purse = Purse::of(sql, state, key, 0)?;
    let (Some(ttl_ms), true) = (ttl_ms, again && is_good(sql, state, key, context)? && !purse.has_credits()) else {
        return Ok(None);
    };
    let stale_ms = consistency.stale_ms().min(left_ms.saturating_sub(ttl_ms));
    memory.grant(sql, &key.id, ttl_ms.saturating_add(stale_ms), now)?;
    let counts = purse.counts();
    if !counts {
        acceptance::publish(sql, memory, context, state, key)?;
    }
    let bank = banking::bank(sql, memory, context, &purse, wanted.tokens, ttl_ms)?;
    Ok(Some(Lease {
        edition: edition(state, key),
        key: None,
        reach: Caller::new(key, &state.session).reach,
        mode: Mode::Leased,
        decided_at: now,
        ttl_ms,
        stale_ms,
        counts,
        shares: counts && !purse.is_own(),
        limits: wanted.limits,
        bank,
    }))
}

/// Renews the leases of an isolate, and takes what it has decided by them.
pub fn renew(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    renewal: &Renewal,
) -> Result<Step<SessionObject>, Abort> {
    let Some(state) = store::state(sql)? else {
        let keys = renewal.keys.iter().map(|wish| RenewedKey { key_id: wish.key_id.clone(), lease: None }).collect();
        return Ok(Step::done(Reply::Renewed { keys, durable: None }));
    };
    // Before the policy, and again with each answer about it: reports count whatever the organization says.
    let durable = usage::apply(sql, memory, context, renewal.isolate, &renewal.reports)?;
    memory.banking.askers.note(Some(renewal.isolate), context.now);
    for wish in &renewal.keys {
        banking::settle(sql, memory, context, &wish.banks)?;
    }
    if !renewal.keys.iter().any(|wish| wish.wants) {
        if let Some(draw) = banking::give_back(memory, context, &state) {
            return Ok(Step::Hear(question(&state, Some(draw), Debit::default())));
        }
        return Ok(Step::done(Reply::Renewed { keys: Vec::new(), durable }));
    }
    let state = match current(sql, memory, context, state)? {
        Known::InForce(state) => state,
        Known::Ask(question) => return Ok(Step::Hear(question)),
        Known::Nothing(_) => return Ok(Step::Refused(Rejection::PolicyUnknown)),
    };
    let wanted = renewal.keys.iter().filter(|wish| wish.wants).take(KEYS_MAX);
    let tokens = wanted.fold(0, |sum: u32, wish| sum.saturating_add(wish.tokens));
    let draw = banking::stock(memory, context, &state, tokens);
    if let Some(draw) = draw.or_else(|| banking::give_back(memory, context, &state)) {
        return Ok(Step::Hear(question(&state, Some(draw), Debit::default())));
    }
    if let Some(question) = ahead(memory, context, &state) {
        return Ok(Step::Hear(question));
    }
    let mut keys = Vec::new();
    for wish in renewal.keys.iter().filter(|wish| wish.wants).take(KEYS_MAX) {
        let lease = renewed(sql, memory, context, &state, renewal.isolate, wish)?;
        keys.push(RenewedKey { key_id: wish.key_id.clone(), lease: lease.map(Box::new) });
    }
    Ok(Step::done(Reply::Renewed { keys, durable }))
}

/// Gives a lease on a key that its bearer presents for itself, with the record.
pub fn with_record(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
    wish: &Wish,
) -> Result<Option<Lease>, SqlError> {
    memory.banking.askers.note(Some(wish.isolate), context.now);
    let limits = limits(sql, memory, context, state, key)?;
    let lease = lease(sql, memory, context, state, key, Wanted::of(wish, &limits))?;
    Ok(lease.map(|lease| Lease { key: Some(Box::new(key.clone())), ..lease }))
}

fn renewed(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    isolate: IsolateId,
    wish: &KeyWish,
) -> Result<Option<Lease>, SqlError> {
    let Some(key) = store::key_by_id(sql, &state.session, &wish.key_id)? else { return Ok(None) };
    let limits = limits(sql, memory, context, state, &key)?;
    let wanted = Wanted { isolate, tokens: wish.tokens, banks: &wish.banks, renews: true, limits };
    let lease = lease(sql, memory, context, state, &key, wanted)?;
    Ok(lease.map(|lease| {
        let is_known = lease.edition == wish.edition;
        Lease { key: (!is_known).then(|| Box::new(key)), ..lease }
    }))
}

/// All limits of a key as they stand, as far as this is known here.
fn limits(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
) -> Result<Vec<LimitUse>, SqlError> {
    let purse = Purse::of(sql, state, key, 0)?;
    let mut limits = purse.left(sql, memory, context)?.limits;
    if purse.has_pool() {
        limits.extend(memory.banking.pool.view(state.policy.version, context.now));
    }
    Ok(limits)
}

/// Whether a key is good for whatever its record allows.
fn is_good(sql: &dyn Sql, state: &State, key: &ApiKey, context: &Context<'_>) -> Result<bool, SqlError> {
    let standing = admission::standing(sql, state, key)?;
    Ok(key.status(context.now) == Status::Active
        && standing.session == SessionStatus::Connected
        && standing.organization == OrganizationStatus::Active
        && !standing.domain_refused)
}

/// Which versions of all that a decision rests on are in force.
pub fn edition(state: &State, key: &ApiKey) -> Edition {
    Edition { key: key.generation, session: state.session.generation, policy: state.policy.version }
}
