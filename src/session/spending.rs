//! What a verification spends: tokens of the key's and the session's limits, credits of the key, and tokens of the
//! organization's pool. All of it or nothing.
//!
//! The two ledgers are here; the pool is the organization's. So what is here is debited first, then the pool is asked,
//! and all is given back if it refuses: else a token would be missing from the pool for as long as the answer is on
//! its way back.

use crate::domain::api_key::ApiKey;
use crate::domain::credits::CreditSettings;
use crate::domain::ledger::{Shortage, Terms};
use crate::domain::plan::Pool;
use crate::domain::rate_limit::{Level, LimitUse, RateLimit, RateLimits};
use crate::domain::verification::{Code, Spent};
use crate::object::Context;
use crate::object::ledgers::{Debit, Ledgers};
use crate::ports::{Sql, SqlError};

use super::policy::Memory;
use super::store::{self, State};

/// The subject of the session's own ledger; keys spend under their ids.
const SESSION: &str = "session";

/// From what one verification of one key is spent.
pub struct Purse<'a> {
    subject: String,
    key_limits: RateLimits,
    credits: Option<CreditSettings>,
    state: &'a State,
    cost: u32,
    expected: u32,
}

/// What there is, or was.
#[derive(Debug, Default)]
pub struct Funds {
    /// The limits.
    pub limits: Vec<LimitUse>,
    /// The credits, if the key has any.
    pub credits: Option<u64>,
    /// What refuses, if anything does.
    pub refusal: Option<Code>,
}

impl Funds {
    /// What a trace says of it.
    pub fn spent(&self) -> Spent {
        Spent { has_limits: !self.limits.is_empty(), has_credits: self.credits.is_some(), refusal: self.refusal }
    }
}

impl<'a> Purse<'a> {
    /// The purse of a key. While a key and its successor overlap, the successor's limits count for both.
    pub fn of(sql: &dyn Sql, state: &'a State, key: &ApiKey, cost: u32) -> Result<Self, SqlError> {
        let successor = key.rotated_to.as_ref().map_or(Ok(None), |id| store::key_by_id(sql, &state.session, id))?;
        let settings = &successor.as_ref().unwrap_or(key).settings;
        Ok(Self {
            subject: key.ledger().to_string(),
            key_limits: settings.rate_limits.clone(),
            credits: settings.credits,
            state,
            cost,
            expected: 0,
        })
    }

    /// The session that the key belongs to.
    pub fn state(&self) -> &State {
        self.state
    }

    /// Whether it is paid for in credits, too.
    pub fn has_credits(&self) -> bool {
        self.credits.is_some()
    }

    /// Whether there are limits: of the key, of the session, or of the organization's pool.
    pub fn counts(&self) -> bool {
        self.limits().next().is_some() || self.has_pool()
    }

    /// Whether the key has anything of its own that could run out, beside what its session and organization have.
    pub fn is_own(&self) -> bool {
        !self.key_limits.is_empty() || self.has_credits()
    }

    /// Whether tokens of the organization's pool are spent as well.
    pub fn has_pool(&self) -> bool {
        self.state.policy.plan.pool(Pool::Requests).is_some()
    }

    /// Its own limits: those of the key and of the session.
    pub fn limits(&self) -> impl Iterator<Item = &RateLimit> {
        self.key_limits.as_slice().iter().chain(self.state.session.rate_limits.as_slice())
    }

    /// The same purse where somebody expects to spend so many more tokens soon.
    pub fn expecting(self, tokens: u32) -> Self {
        Self { expected: tokens, ..self }
    }

    /// How many more tokens somebody expects to spend soon.
    pub fn expected(&self) -> u32 {
        self.expected
    }

    /// How many tokens and credits it is about.
    pub fn cost(&self) -> u32 {
        self.cost
    }

    fn key_terms(&self) -> Terms<'_> {
        Terms { level: Level::Key, limits: self.key_limits.as_slice(), credits: self.credits }
    }

    /// The ledgers in which there is anything that could run out.
    pub(super) fn ledgers(&self) -> impl Iterator<Item = (&str, Terms<'_>)> {
        let all = [(self.subject.as_str(), self.key_terms()), (SESSION, session_terms(self.state))];
        all.into_iter().filter(|(_, terms)| !terms.limits.is_empty() || terms.credits.is_some())
    }

    /// Looks: what is there, and would it do?
    pub fn look(&self, sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<Funds, SqlError> {
        self.view(sql, memory, context, self.cost)
    }

    /// What is left.
    pub fn left(&self, sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<Funds, SqlError> {
        self.view(sql, memory, context, 0)
    }

    fn view(&self, sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>, cost: u32) -> Result<Funds, SqlError> {
        let mut funds = Funds::default();
        for (subject, terms) in self.ledgers() {
            let view = memory.ledgers.view(sql, subject, &terms, cost, context.now)?;
            funds.limits.extend(view.limits);
            funds.credits = funds.credits.or(view.credits);
            funds.refusal = match view.shortage {
                Some(Shortage::Limit) => Some(Code::RateLimited),
                Some(Shortage::Credits) => funds.refusal.or(Some(Code::UsageExceeded)),
                None => funds.refusal,
            };
        }
        Ok(funds)
    }

    /// Debits; whoever calls has looked in the same step, and calls `keep` once it is certain.
    pub fn spend(&self, sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<Debit, SqlError> {
        let mut debit = Debit::default();
        if self.cost > 0 {
            for (subject, terms) in self.ledgers() {
                memory.ledgers.spend(sql, subject, &terms, self.cost, context.now, &mut debit)?;
            }
        }
        Ok(debit)
    }

    /// Writes down what was spent, before anybody hears that it was good.
    pub fn keep(&self, sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>) -> Result<(), SqlError> {
        for (subject, terms) in self.ledgers() {
            memory.ledgers.keep(sql, subject, &terms, context.now)?;
        }
        Ok(())
    }
}

fn session_terms(state: &State) -> Terms<'_> {
    Terms { level: Level::Session, limits: state.session.rate_limits.as_slice(), credits: None }
}

/// The limits of the session, with what is left of them.
pub fn of_session(
    sql: &dyn Sql,
    ledgers: &mut Ledgers,
    context: &Context<'_>,
    state: &State,
) -> Result<Vec<LimitUse>, SqlError> {
    if state.session.rate_limits.is_empty() {
        return Ok(Vec::new());
    }
    Ok(ledgers.view(sql, SESSION, &session_terms(state), 0, context.now)?.limits)
}

/// The limits of a key, with what is left of them.
pub fn of_key(
    sql: &dyn Sql,
    ledgers: &mut Ledgers,
    context: &Context<'_>,
    state: &State,
    key: &ApiKey,
) -> Result<Vec<LimitUse>, SqlError> {
    let purse = Purse::of(sql, state, key, 0)?;
    if purse.key_limits.is_empty() {
        return Ok(Vec::new());
    }
    Ok(ledgers.view(sql, &purse.subject, &purse.key_terms(), 0, context.now)?.limits)
}
