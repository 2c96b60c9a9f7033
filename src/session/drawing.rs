//! Drawing from the pools of the organization, which keeps them: a question in the middle of a step.
//!
//! Where there is a bank of the pool, it pays for a verification without a question. Else
//! what is spent here was debited before the question, and the answer finds everything anew: the key may have been
//! revoked meanwhile, and then the tokens go back to where they came from, those of the pool included.

use crate::domain::plan::Pool;
use crate::domain::verification::Code;
use crate::object::ledgers::Debit;
use crate::object::{Context, Heard, PolicyQuestion};
use crate::organization::protocol::{Draw, DrawAction, Grant};
use crate::ports::{Sql, SqlError};

use super::policy::{Memory, question};
use super::spending::{Funds, Purse};
use super::store::State;

/// How a spending ends, or the question that has to be asked first.
pub enum Drawing {
    /// With these funds left, or with what refuses.
    Ended(Funds),
    /// The organization keeps the pool.
    Ask(Box<PolicyQuestion>),
    /// The organization was asked, and has not answered: nothing is spent.
    Unanswered,
}

impl Default for Drawing {
    fn default() -> Self {
        Self::Ended(Funds::default())
    }
}

/// Spends a verification, here and in the pool; or only looks, if `dry`.
pub fn spend(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    purse: &Purse<'_>,
    dry: bool,
) -> Result<Drawing, SqlError> {
    let funds = purse.look(sql, memory, context)?;
    if let Some(heard) = asked(context) {
        let Some(grant) = &heard.grant else {
            memory.ledgers.give_back(sql, &heard.debit, context.now)?;
            // A refusal stands without the pool.
            let is_refused = looked(heard) && funds.refusal.is_some();
            return Ok(if is_refused { Drawing::Ended(funds) } else { Drawing::Unanswered });
        };
        if grant.policy.version == purse.state().policy.version {
            let ended = with_pool(sql, memory, context, purse, heard, grant)?;
            // Who has only looked because it was refused, and would not be any more, begins anew.
            if dry || !looked(heard) || ended.refusal.is_some() {
                return Ok(Drawing::Ended(ended));
            }
        }
        // A later policy has overtaken the answer: what was drawn under the former one goes back, and all begins anew.
        if let Some(question) = take_back(sql, memory, context, purse.state(), Pool::Requests)? {
            return Ok(Drawing::Ask(question));
        }
    }
    let looks = dry || funds.refusal.is_some();
    if !looks && pays(memory, context, purse) {
        purse.spend(sql, memory, context)?;
        purse.keep(sql, memory, context)?;
        let mut funds = purse.left(sql, memory, context)?;
        funds.limits.extend(memory.banking.pool.view(purse.state().policy.version, context.now));
        return Ok(Drawing::Ended(funds));
    }
    let debit = if looks { Debit::default() } else { purse.spend(sql, memory, context)? };
    if purse.has_pool() {
        // Also what is refused is told about every limit.
        let action = if looks { DrawAction::Look } else { DrawAction::Spend };
        let draw = Draw::new(Pool::Requests, purse.cost(), action);
        let draw = memory.banking.draw(purse.state(), context, draw, purse.expected());
        return Ok(Drawing::Ask(question(purse.state(), Some(draw), debit)));
    }
    if looks {
        return Ok(Drawing::Ended(funds));
    }
    purse.keep(sql, memory, context)?;
    Ok(Drawing::Ended(purse.left(sql, memory, context)?))
}

/// Counts a call that manages something.
pub fn count(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>, state: &State) -> Result<Drawing, SqlError> {
    if let Some(heard) = asked(context) {
        let Some(grant) = &heard.grant else { return Ok(Drawing::Unanswered) };
        if grant.policy.version == state.policy.version {
            let limits = grant.pool.iter().map(|drawn| drawn.limit.clone()).collect();
            return Ok(Drawing::Ended(Funds { limits, ..Funds::default() }));
        }
        if let Some(question) = take_back(sql, memory, context, state, Pool::Management)? {
            return Ok(Drawing::Ask(question));
        }
    }
    if state.policy.plan.pool(Pool::Management).is_none() {
        return Ok(Drawing::default());
    }
    let draw = Draw::new(Pool::Management, 1, DrawAction::Spend);
    Ok(Drawing::Ask(question(state, Some(draw), Debit::default())))
}

/// Whether a bank of the pool has paid. None does while there should be a fresh one, of which tokens can be passed on.
fn pays(memory: &mut Memory, context: &Context<'_>, purse: &Purse<'_>) -> bool {
    let (version, now, pool) = (purse.state().policy.version, context.now, &mut memory.banking.pool);
    let asks = purse.expected() > 0 && pool.wants_fresh(version, 0, now);
    purse.has_pool() && !asks && pool.pay(version, purse.cost(), now)
}

/// Takes back what was spent for something that is refused after all: here at once, in the pool by a question.
pub fn take_back(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &State,
    pool: Pool,
) -> Result<Option<Box<PolicyQuestion>>, SqlError> {
    let Some(heard) = asked(context) else { return Ok(None) };
    memory.ledgers.give_back(sql, &heard.debit, context.now)?;
    let drawn = heard.grant.as_ref().and_then(|grant| grant.pool.as_ref());
    let Some(drawn) = drawn.filter(|drawn| !drawn.debit.is_empty()) else { return Ok(None) };
    let action = DrawAction::Return(drawn.debit.clone());
    let draw = Draw::new(pool, 0, action);
    Ok(Some(question(state, Some(draw), Debit::default())))
}

/// The answer to a draw that was asked for in this command, and has not been returned since.
fn asked<'a>(context: &Context<'a>) -> Option<&'a Heard> {
    context.heard.filter(|heard| matches!(&heard.draw, Some(Draw { action: DrawAction::Spend | DrawAction::Look, .. })))
}

fn looked(heard: &Heard) -> bool {
    matches!(&heard.draw, Some(Draw { action: DrawAction::Look, .. }))
}

fn with_pool(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    purse: &Purse<'_>,
    heard: &Heard,
    grant: &Grant,
) -> Result<Funds, SqlError> {
    let looked = looked(heard);
    let (version, now) = (purse.state().policy.version, context.now);
    let drawn = grant.pool.as_ref().map(|drawn| drawn.limit.clone());
    let mut pool = drawn.map(|limit| memory.banking.pool.with_left(limit, version, now));
    if let Some(pool) = pool.as_mut().filter(|_| looked && memory.banking.pool.can_pay(version, purse.cost(), now)) {
        // The organization does not count what is here.
        pool.refusal = None;
    }
    let refused = pool.as_ref().is_some_and(|pool| pool.refusal.is_some());
    if refused {
        memory.ledgers.give_back(sql, &heard.debit, context.now)?;
    }
    if !refused && !looked {
        purse.keep(sql, memory, context)?;
    }
    let mut funds = if looked { purse.look(sql, memory, context)? } else { purse.left(sql, memory, context)? };
    funds.limits.extend(pool);
    if refused {
        funds.refusal = Some(Code::RateLimited);
    }
    Ok(funds)
}
