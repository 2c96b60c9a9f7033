//! The policy of the organization as its sessions hear it: under a lease, so that a change knows whom it has to wait for.
//!
//! A session acts on what it has heard for a minute. A change is told to all of them; its answer waits for those that
//! hold a lease and have not acknowledged, and for nobody else: the others have to ask before they decide anything.

use std::collections::BTreeMap;

use crate::domain::id::SessionId;
use crate::domain::lease::Granted;
use crate::domain::lease::askers::Askers;
use crate::domain::lease::bank::{BankGrant, Banks, passed_on_after_ms};
use crate::domain::lease::lending::{Claims, allotment, lasts_ms};
use crate::domain::ledger::Terms;
use crate::domain::organization::Organization;
use crate::domain::plan::Pool;
use crate::domain::rate_limit::{Level, LimitUse, RateLimit};
use crate::domain::session::{OrganizationStatus, Policy};
use crate::domain::timestamp::Timestamp;
use crate::object::denials::Denials;
use crate::object::ledgers::{Debit, Ledgers};
use crate::object::outbox::EntryKey;
use crate::object::usage::Rolling;
use crate::object::{Abort, Context, Memory as ObjectMemory, Rejection, Step};
use crate::ports::{Sql, SqlError};

use super::OrganizationObject;
use super::alerts::pools::Pools;
use super::alerts::rows::Surplus;
use super::changes::require_organization;
use super::gateway;
use super::protocol::{Draw, DrawAction, Drawn, Grant, Reply};
use super::{domains, store};

/// How long (ms) a session may act on a policy before it asks again.
pub(crate) const LEASE_MS: i64 = 60_000;

/// What an organization knows beyond its rows.
#[derive(Default)]
pub struct Memory {
    /// Who may act on which policy; none before the first look at the horizon.
    leases: Option<Granted<SessionId>>,
    /// The policies that sessions may be acting on besides the one in force.
    former: Vec<Policy>,
    /// From when on sessions act on the policy in force that have acknowledged it.
    acknowledged: BTreeMap<SessionId, Timestamp>,
    /// What its pools have given.
    pub ledgers: Ledgers,
    /// The tokens of its pools that sessions have; none before the first.
    banks: Option<Banks<(Pool, Debit)>>,
    /// Who asks for tokens of the pool of verifications.
    askers: Askers<SessionId>,
    /// Who was refused what lately.
    pub denials: Denials,
    /// When it last looked for usage that has become old.
    pub rolling: Rolling,
    /// Whether one of its pools is almost used up.
    pub pools: Pools,
    /// When it last looked whether too many alerts are kept.
    pub surplus: Surplus,
    /// Who acts on which routes.
    pub routes: gateway::Leases,
    /// Whether this step has raised the horizon.
    raised: bool,
}

impl ObjectMemory for Memory {
    fn begin(&mut self) {
        self.ledgers.begin();
        self.banks.iter_mut().for_each(Banks::begin);
        self.denials.begin();
        self.routes.begin();
        self.raised = false;
    }

    fn roll_back(&mut self) {
        self.ledgers.roll_back();
        self.banks.iter_mut().for_each(Banks::roll_back);
        self.denials.roll_back();
        self.routes.roll_back();
        if self.raised {
            // The row with the horizon is gone again. Starting over takes the one that stands.
            self.leases = None;
        }
    }

    fn take_work(&mut self) -> bool {
        let tight = self.pools.take_work();
        self.ledgers.take_opened() || tight
    }
}

impl Memory {
    fn leases(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<&mut Granted<SessionId>, SqlError> {
        let leases = match self.leases.take() {
            Some(leases) => leases,
            None => Granted::restore(store::lease_horizon(sql)?, LEASE_MS, now),
        };
        Ok(self.leases.insert(leases))
    }
}

/// Tells a session its policy, for a time, and gives it what it wants of a pool if that is there.
pub fn draw(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    session_id: &SessionId,
    draw: Option<&Draw>,
    (known_rules, known_domains): (i64, i64),
) -> Result<Step<OrganizationObject>, Abort> {
    let organization = require_organization(sql)?;
    if !store::has_session(sql, session_id)? {
        return Err(Rejection::SessionNotFound.into());
    }
    let pool = match draw {
        Some(draw) => serve(sql, memory, context, &organization, (session_id, draw))?,
        None => None,
    };
    if let Some(horizon) = memory.leases(sql, context.now)?.grant(session_id.clone(), LEASE_MS, context.now) {
        memory.raised = true;
        store::save_lease_horizon(sql, horizon)?;
    }
    let Organization { policy, policy_by, .. } = organization;
    let rules = memory.pools.later_rules(sql, known_rules)?;
    let version = policy.domains.version;
    let domains = if version > known_domains { Some(Box::new(domains::store::book(sql, version)?)) } else { None };
    let grant = Grant { policy, policy_by, ttl_ms: LEASE_MS, pool, rules, domains };
    Ok(Step::done(Reply::Granted { grant: Box::new(grant) }))
}

fn serve(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    organization: &Organization,
    (session_id, draw): (&SessionId, &Draw),
) -> Result<Option<Drawn>, SqlError> {
    settle(sql, memory, context, draw)?;
    let Some(limit) = organization.policy.plan.pool(draw.pool) else { return Ok(None) };
    // What is refused for another reason spends nothing.
    if organization.policy.status != OrganizationStatus::Active && !matches!(draw.action, DrawAction::Return(_)) {
        return Ok(None);
    }
    let (subject, now) = (draw.pool.as_str(), context.now);
    let terms = Terms { level: Level::Organization, limits: std::slice::from_ref(&limit), credits: None };
    let ledgers = &mut memory.ledgers;
    let mut debit = Debit::default();
    let mut view = ledgers.view(sql, subject, &terms, draw.cost, now)?;
    match &draw.action {
        DrawAction::Look => {}
        DrawAction::Spend if view.shortage.is_some() || draw.cost == 0 => {}
        DrawAction::Spend => {
            ledgers.spend(sql, subject, &terms, draw.cost, now, &mut debit)?;
            ledgers.keep(sql, subject, &terms, now)?;
            view = ledgers.view(sql, subject, &terms, 0, now)?;
        }
        DrawAction::Return(before) => {
            ledgers.give_back(sql, before, now)?;
            view = ledgers.view(sql, subject, &terms, 0, now)?;
        }
    }
    if draw.pool == Pool::Requests && draw.action == DrawAction::Spend {
        memory.askers.note(session_id.clone(), now);
    }
    let is_alone = draw.alone && memory.askers.is_alone(now);
    let mut bank = None;
    if draw.action == DrawAction::Spend && view.shortage.is_none() {
        bank = self::bank(sql, memory, context, &limit, (draw, is_alone))?;
        if bank.is_some() {
            view = memory.ledgers.view(sql, subject, &terms, 0, now)?;
        }
    }
    if let Some(limit) = view.limits.first() {
        memory.pools.drawn(sql, limit)?;
    }
    Ok(view.limits.into_iter().next().map(|limit| Drawn { limit, debit, bank }))
}

/// Takes what a session says of the tokens that it had.
fn settle(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>, draw: &Draw) -> Result<(), SqlError> {
    for report in &draw.banks {
        if let Some(out) = memory.banks.as_mut().and_then(|banks| banks.settle(report)) {
            let (_, debit) = &out.debit;
            memory.ledgers.settle(sql, debit, report.spent, context.now)?;
        }
    }
    Ok(())
}

/// Gives a session tokens ahead, if there are enough.
fn bank(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    limit: &RateLimit,
    (draw, is_alone): (&Draw, bool),
) -> Result<Option<BankGrant>, SqlError> {
    if draw.wish == 0 {
        return Ok(None);
    }
    let Memory { ledgers, banks, .. } = memory;
    let banks = banks.get_or_insert_with(|| Banks::new(context.draw_number()));
    let (subject, now) = (draw.pool.as_str(), context.now);
    let terms = Terms { level: Level::Organization, limits: std::slice::from_ref(limit), credits: None };
    let view = ledgers.view(sql, subject, &terms, 0, now)?;
    let Some(lasts) = lasts_ms(&view.limits, is_alone, LEASE_MS) else { return Ok(None) };
    let out = banks.tokens_out(limit.window_ms, now, |(pool, _)| *pool == draw.pool);
    let stand = view.limits.iter().zip(&view.lately);
    let allotted = stand.map(|(limit, lately)| allotment(limit, Claims { lately: *lately, out, is_alone }));
    let tokens = allotted.fold(draw.wish, u32::min);
    if tokens == 0 {
        return Ok(None);
    }
    let mut debit = Debit::default();
    ledgers.spend_ahead(sql, subject, &terms, (tokens, passed_on_after_ms(lasts)), now, &mut debit)?;
    ledgers.keep(sql, subject, &terms, now)?;
    Ok(Some(banks.grant(tokens, lasts, (draw.pool, debit), now)))
}

/// What is used of the pools.
pub fn pools(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    organization: &Organization,
) -> Result<Vec<LimitUse>, SqlError> {
    let mut pools = Vec::new();
    for pool in Pool::ALL {
        if let Some(limit) = organization.policy.plan.pool(pool) {
            let terms = Terms { level: Level::Organization, limits: std::slice::from_ref(&limit), credits: None };
            pools.extend(memory.ledgers.view(sql, pool.as_str(), &terms, 0, context.now)?.limits);
        }
    }
    Ok(pools)
}

/// The policy changes. Tells whether the answer has to wait: if anything that a session may be acting on allows more, or
/// nobody knows what that is; and if nothing changes at all, since it may be what somebody has not heard of yet.
/// Loosening does not wait: who has not heard of it refuses a little longer.
pub fn change(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    before: Policy,
    after: &Policy,
) -> Result<bool, SqlError> {
    let is_settled = fence_ms(sql, memory, context)?.is_none();
    let leases = memory.leases(sql, context.now)?;
    let knows_all = leases.inherited() <= context.now;
    leases.change(context.now);
    memory.acknowledged.clear();
    if is_settled {
        memory.former.clear();
    }
    if !memory.former.contains(&before) {
        memory.former.push(before);
    }
    let tightens = memory.former.iter().any(|former| after.tightens(former));
    Ok(tightens || !before.tightens(after) || !(is_settled || knows_all))
}

/// Who has to hear of a change first: whoever may be acting on what was before.
pub fn former_holders(sql: &dyn Sql, memory: &mut Memory, now: Timestamp) -> Result<Vec<SessionId>, SqlError> {
    Ok(memory.leases(sql, now)?.former_holders(now).cloned().collect())
}

/// How long (ms) an answer about a change of the policy has to wait: until the last lease ends of those that have not
/// acknowledged, and of those to whom a session that has acknowledged has given some in its turn.
pub fn fence_ms(sql: &dyn Sql, memory: &Memory, context: &Context<'_>) -> Result<Option<u64>, SqlError> {
    let mut last = Timestamp::MIN;
    for session in store::waiting_sessions(sql)? {
        let end = match &memory.leases {
            Some(leases) => leases.former_end(&session),
            None => store::lease_horizon(sql)?,
        };
        let acknowledged = memory.acknowledged.get(&session).copied();
        last = last.max(acknowledged.map_or(end, |until| until.min(end)));
    }
    Ok(u64::try_from(last.millis_since(context.now)).ok().filter(|wait| *wait > 0))
}

/// A session has taken the policy, and the isolates that it has given leases to act on it from `until` on.
pub fn acknowledged(memory: &mut Memory, entry: &EntryKey, until: Timestamp) {
    if entry.lane == super::projection::SESSION {
        memory.acknowledged.insert(SessionId::from_trusted(entry.subject.clone()), until);
    }
}

/// Whether an entry is about a policy and not about the beginning of a session.
pub fn is_recall(entry: &EntryKey) -> bool {
    entry.lane == super::projection::SESSION && entry.subject == crate::object::outbox::EVERY_SUBJECT
}
