//! Tokens for isolates: banks of tokens of all limits of a key at once, the session's and the pool's included.
//!
//! They are debited ahead, as of the moment at which the bank must be over, and written down before it leaves. A report
//! gives back what was not spent.

use crate::domain::lease::askers::Askers;
use crate::domain::lease::bank::{BankGrant, BankReport, Banks, Outstanding, spent_after_ms};
use crate::domain::lease::grant::IsolateId;
use crate::domain::lease::lending::{Claims, allotment, is_worth_it, lasts_ms};
use crate::domain::plan::Pool;
use crate::object::Context;
use crate::object::ledgers::Debit;
use crate::organization::protocol::{Draw, DrawAction};
use crate::ports::{Sql, SqlError};

use super::policy::Memory;
use super::pool::PoolBanks;
use super::spending::Purse;
use super::store::State;

/// The tokens that a session has given out, and those that it has.
#[derive(Default)]
pub struct Banking {
    out: Option<Banks<Given>>,
    /// What it has of the pool.
    pub pool: PoolBanks,
    /// Which isolates ask; none stands for one that wishes for nothing.
    pub askers: Askers<Option<IsolateId>>,
}

/// Where the tokens of a bank come from.
#[derive(Debug, Clone)]
struct Given {
    debit: Debit,
    /// The bank of the pool that they were taken from.
    pool: Option<u64>,
}

impl Banking {
    /// A step begins.
    pub fn begin(&mut self) {
        self.out.iter_mut().for_each(Banks::begin);
        self.pool.begin();
    }

    /// A step is taken back.
    pub fn roll_back(&mut self) {
        self.out.iter_mut().for_each(Banks::roll_back);
        self.pool.roll_back();
    }

    fn out(&mut self, context: &Context<'_>) -> &mut Banks<Given> {
        self.out.get_or_insert_with(|| Banks::new(context.draw_number()))
    }

    fn tokens_out(&self, subject: &str, window_ms: u32, context: &Context<'_>) -> Outstanding {
        let out = self.out.as_ref();
        out.map_or(Outstanding::default(), |out| {
            out.tokens_out(window_ms, context.now, |given| given.debit.concerns(subject))
        })
    }

    /// What is asked of the organization along with a draw of its pool.
    pub fn draw(&mut self, state: &State, context: &Context<'_>, draw: Draw, expected: u32) -> Draw {
        let Some(limit) = state.policy.plan.pool(draw.pool) else { return draw };
        let Self { out, pool, askers } = self;
        let draw = Draw { alone: askers.is_alone(context.now), ..draw };
        pool.draw(draw, (state.policy.version, &limit), expected, context.now, |id| is_passed_on(out.as_ref(), id))
    }
}

/// Whether an isolate may have tokens of a bank of the pool.
fn is_passed_on(out: Option<&Banks<Given>>, id: u64) -> bool {
    out.is_some_and(|out| out.out().any(|one| one.debit.pool == Some(id)))
}

/// Gives an isolate a bank of at most so many tokens, for at most `ttl_ms`; none if tokens have to be single. Credits always
/// are.
///
/// # Errors
/// Those of the database, like all functions here.
pub fn bank(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    purse: &Purse<'_>,
    wish: u32,
    ttl_ms: i64,
) -> Result<Option<BankGrant>, SqlError> {
    let (state, now) = (purse.state(), context.now);
    let is_alone = memory.banking.askers.is_alone(now);
    let pool = state.policy.plan.pool(Pool::Requests);
    if wish == 0 || !purse.counts() || purse.has_credits() {
        return Ok(None);
    }
    let (mut tokens, mut limits) = (wish, Vec::new());
    for (subject, terms) in purse.ledgers() {
        let view = memory.ledgers.view(sql, subject, &terms, 0, now)?;
        for (limit, lately) in view.limits.into_iter().zip(view.lately) {
            let out = memory.banking.tokens_out(subject, limit.limit.window_ms, context);
            tokens = tokens.min(allotment(&limit, Claims { lately, out, is_alone }));
            limits.push(limit);
        }
    }
    let Some(mut lasts) = lasts_ms(&limits, is_alone, ttl_ms) else { return Ok(None) };
    let part = pool.and_then(|_| memory.banking.pool.part(state.policy.version, now));
    if purse.has_pool() {
        tokens = tokens.min(part.map_or(0, |part| part.tokens));
        lasts = lasts.min(part.map_or(0, |part| part.rest_ms));
    }
    if tokens == 0 || !is_worth_it(lasts) {
        return Ok(None);
    }
    let mut debit = Debit::default();
    for (subject, terms) in purse.ledgers() {
        memory.ledgers.spend_ahead(sql, subject, &terms, (tokens, spent_after_ms(lasts)), now, &mut debit)?;
    }
    purse.keep(sql, memory, context)?;
    if let Some(part) = part {
        memory.banking.pool.pass_on(part.bank, tokens, now);
    }
    let given = Given { debit, pool: part.map(|part| part.bank) };
    Ok(Some(memory.banking.out(context).grant(tokens, lasts, given, now)))
}

/// Takes reports. One that has been heard already, or is about a former life, changes nothing.
pub fn settle(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    reports: &[BankReport],
) -> Result<(), SqlError> {
    for report in reports {
        let Some(out) = memory.banking.out.as_mut().and_then(|out| out.settle(report)) else { continue };
        memory.ledgers.settle(sql, &out.debit.debit, report.spent, context.now)?;
        if let Some(bank) = out.debit.pool {
            memory.banking.pool.take_back(bank, out.tokens.saturating_sub(report.spent), context.now);
        }
    }
    Ok(())
}

/// What to ask the organization before tokens are given out, where there is a pool and nothing of it is here.
pub fn stock(memory: &mut Memory, context: &Context<'_>, state: &State, wish: u32) -> Option<Draw> {
    let pool = Pool::Requests;
    state.policy.plan.pool(pool)?;
    if wish == 0 || context.heard.is_some() || !memory.banking.pool.wants_fresh(state.policy.version, wish, context.now)
    {
        return None;
    }
    let draw = Draw::new(pool, 0, DrawAction::Spend);
    let draw = memory.banking.draw(state, context, draw, wish);
    (draw.wish > 0).then_some(draw)
}

/// What to tell the organization where nothing else is asked: that there are tokens here which nobody can spend any more.
pub fn give_back(memory: &mut Memory, context: &Context<'_>, state: &State) -> Option<Draw> {
    let Banking { out, pool, .. } = &*memory.banking;
    let is_owed = pool.owes(state.policy.version, context.now, |id| is_passed_on(out.as_ref(), id));
    if !is_owed || context.heard.is_some() {
        return None;
    }
    let draw = Draw::new(Pool::Requests, 0, DrawAction::Look);
    Some(memory.banking.draw(state, context, draw, 0)).filter(|draw| !draw.banks.is_empty())
}
