//! What an authority debits for a request of its own and for banks that it gives away: of the key, of its session, and of
//! the organization's pool.

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::id::ApiKeyId;
use latchkey::domain::lease::bank::{BankGrant, BankReport, Banks, spent_after_ms};
use latchkey::domain::lease::lending::{Claims, allotment, is_worth_it, lasts_ms};
use latchkey::domain::ledger::{Hold, Ledger, Snapshot, Terms};
use latchkey::domain::plan::Pool;
use latchkey::domain::rate_limit::{Level, LimitUse, RateLimit, RateLimits};
use latchkey::domain::timestamp::Timestamp;
use latchkey::organization::protocol::{Draw, DrawAction};

use crate::desk::Desk;
use crate::limits::Spent;
use crate::plan::Flaw;
use crate::session::{Memory, Rows};

/// What a wish for tokens says.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) wished: u32,
    pub(crate) banks: Vec<BankReport>,
}

/// Where the tokens of a bank come from.
#[derive(Clone)]
pub(crate) struct Given {
    place: usize,
    holds: Holds,
    pool: Option<u64>,
}

/// What was debited from which ledgers.
pub(crate) type Holds = Vec<(usize, Hold)>;

/// How the spending of one token ends.
pub(crate) enum Spending {
    Done(Vec<LimitUse>),
    Refused(Vec<LimitUse>),
    /// The organization keeps the pool.
    Ask(Draw, Holds),
    /// It was asked, and has not answered.
    Unanswered,
}

/// Limits of a key or of its session, and their ledger.
pub(crate) struct Part {
    place: usize,
    level: Level,
    limits: RateLimits,
}

impl Part {
    fn terms(&self) -> Terms<'_> {
        Terms { level: self.level, limits: self.limits.as_slice(), credits: None }
    }
}

pub(crate) fn restore(rows: &Rows, forgets: bool, now: Timestamp) -> Vec<Ledger> {
    let ledger = |row: &Option<Snapshot>| match row {
        Some(row) if !forgets => Ledger::restore(row.clone(), now),
        _ => Ledger::new(now),
    };
    rows.ledgers.iter().map(ledger).collect()
}

impl Desk<'_> {
    /// From what a key is paid for: both halves of a rotation from one ledger, under the limits of the successor.
    pub(crate) fn purse(&self, record: &ApiKey) -> Vec<Part> {
        let named = |id: &ApiKeyId| self.rows.keys.iter().position(|key| key.id == *id);
        let successor = record.rotated_to.as_ref().and_then(named).map(|place| &self.rows.keys[place]);
        let doubles = self.plan.has(Flaw::RotationDoubles);
        let place = named(if doubles { &record.id } else { record.ledger() }).unwrap();
        let limits = successor.unwrap_or(record).settings.rate_limits.clone();
        let of_session = self.rows.session.rate_limits.clone();
        let parts = [(place, Level::Key, limits), (self.rows.keys.len(), Level::Session, of_session)];
        let parts = parts.into_iter().map(|(place, level, limits)| Part { place, level, limits });
        parts.filter(|part| !part.limits.is_empty()).collect()
    }

    /// Whether a key has limits of its own in it, so that no other key may spend of them.
    pub(crate) fn is_own(&self, purse: &[Part]) -> bool {
        purse.iter().any(|part| part.level == Level::Key)
    }

    pub(crate) fn pool(&self) -> Option<RateLimit> {
        self.rows.policy.plan.pool(Pool::Requests)
    }

    fn version(&self) -> i64 {
        self.rows.policy.version
    }

    /// Takes what isolates report of their banks.
    pub(crate) fn settle(&mut self, reports: &[BankReport]) {
        for report in reports {
            let Some(out) = self.memory.banks.settle(report) else { continue };
            let spent = if self.plan.has(Flaw::ReportGivesAllBack) { 0 } else { report.spent };
            for (place, hold) in &out.debit.holds {
                self.memory.ledgers[*place].settle(hold, spent, self.now);
            }
            if let Some(bank) = out.debit.pool {
                self.memory.pool.take_back(bank, out.tokens - report.spent, self.now);
            }
            self.returned.push((self.first + out.debit.place, u64::from(out.tokens - report.spent)));
        }
    }

    fn view(&mut self, purse: &[Part], cost: u32) -> (Vec<LimitUse>, bool) {
        let (mut limits, mut is_short) = (Vec::new(), false);
        for part in purse {
            let view = self.memory.ledgers[part.place].view(&part.terms(), cost, self.now);
            is_short |= view.shortage.is_some();
            limits.extend(view.limits);
        }
        (limits, is_short)
    }

    /// All limits as they stand.
    pub(crate) fn look(&mut self, purse: &[Part]) -> Vec<LimitUse> {
        let (mut limits, _) = self.view(purse, 0);
        if self.pool().is_some() {
            limits.extend(self.memory.pool.view(self.version(), self.now));
        }
        limits
    }

    fn keep(&mut self, purse: &[Part]) {
        for part in purse {
            let ledger = &mut self.memory.ledgers[part.place];
            if ledger.needs_saving() {
                self.rows.ledgers[part.place] = Some(ledger.save(&part.terms(), self.now));
            }
        }
    }

    fn debit(&mut self, purse: &[Part], tokens: u32, ahead_ms: i64) -> Holds {
        let mut holds = Vec::new();
        for part in purse {
            let hold = self.memory.ledgers[part.place].spend_ahead(&part.terms(), tokens, ahead_ms, self.now);
            holds.push((part.place, hold));
        }
        holds
    }

    /// Takes back what was debited before the organization was asked, and what it has given.
    pub(crate) fn take_back(&mut self) {
        let Some(heard) = self.heard.filter(|_| !self.is_taken_back) else { return };
        for (place, hold) in &heard.holds {
            self.memory.ledgers[*place].give_back(hold);
        }
        let hold = heard.grant.as_ref().and_then(|answer| answer.hold.clone());
        self.returns.extend(hold);
        self.is_taken_back = true;
    }

    /// Spends one token for whoever asks; `expected` is how many more an isolate is going to get.
    pub(crate) fn spend(&mut self, key: usize, purse: &[Part], expected: u32) -> Spending {
        if let Some(heard) = self.heard.filter(|heard| heard.draw.as_ref().is_some_and(|draw| draw.cost > 0)) {
            let Some(answer) = &heard.grant else {
                self.take_back();
                return Spending::Unanswered;
            };
            if answer.grant.policy.version == self.rows.policy.version {
                let (mut limits, _) = self.view(purse, 0);
                let drawn = answer.grant.pool.as_ref().map(|drawn| drawn.limit.clone());
                limits.extend(drawn.clone());
                if drawn.is_some_and(|limit| limit.refusal.is_some()) {
                    self.take_back();
                    return Spending::Refused(limits);
                }
                self.keep(purse);
                let (at, caps) = (heard.debited_at, Some(heard.caps.clone()));
                self.spent = Some(Spent { key, at, caps, of_pool: Some((answer.drawn_at, answer.cap)) });
                return Spending::Done(limits);
            }
            // Another policy has overtaken the answer: all begins anew.
            self.take_back();
        }
        let (limits, is_short) = self.view(purse, 1);
        if is_short {
            return Spending::Refused(limits);
        }
        let (version, now) = (self.version(), self.now);
        let Some(limit) = self.pool() else {
            self.debit(purse, 1, 0);
            return self.done(key, purse);
        };
        let asks = expected > 0 && self.memory.pool.wants_fresh(version, 0, now);
        if !asks && self.memory.pool.pay(version, 1, now) {
            self.debit(purse, 1, 0);
            return self.done(key, purse);
        }
        let holds = self.debit(purse, 1, 0);
        Spending::Ask(self.draw(1, &limit, expected), holds)
    }

    fn done(&mut self, key: usize, purse: &[Part]) -> Spending {
        self.keep(purse);
        self.spent = Some(Spent { key, at: self.time, caps: None, of_pool: None });
        Spending::Done(self.look(purse))
    }

    fn draw(&mut self, cost: u32, limit: &RateLimit, expected: u32) -> Draw {
        let (version, now) = (self.version(), self.now);
        let Memory { pool, banks, askers, .. } = &mut *self.memory;
        let draw = Draw { alone: askers.is_alone(now), ..Draw::new(Pool::Requests, cost, DrawAction::Spend) };
        let is_passed_on = |id| banks.out().any(|out| out.debit.pool == Some(id));
        pool.draw(draw, (version, limit), expected, now, is_passed_on)
    }

    /// What to ask for before tokens are given out, where there is a pool and nothing of it is here.
    pub(crate) fn stock(&mut self, wish: u32) -> Option<Draw> {
        let limit = self.pool()?;
        if wish == 0 || self.heard.is_some() || !self.memory.pool.wants_fresh(self.version(), wish, self.now) {
            return None;
        }
        Some(self.draw(0, &limit, wish)).filter(|draw| draw.wish > 0)
    }

    /// Tokens for an isolate, to be spent before long.
    pub(crate) fn bank(&mut self, place: usize, purse: &[Part], wished: u32, ttl_ms: i64) -> Option<BankGrant> {
        let pool = self.pool();
        let is_alone = self.memory.askers.is_alone(self.now);
        if purse.is_empty() && pool.is_none() {
            return None;
        }
        let (mut tokens, mut limits) = (wished, Vec::new());
        for part in purse {
            let view = self.memory.ledgers[part.place].view(&part.terms(), 0, self.now);
            let concerns = |given: &Given| given.holds.iter().any(|(place, _)| *place == part.place);
            for (limit, lately) in view.limits.into_iter().zip(view.lately) {
                let out = self.memory.banks.tokens_out(limit.limit.window_ms, self.now, concerns);
                tokens = tokens.min(allotment(&limit, Claims { lately, out, is_alone }));
                limits.push(limit);
            }
        }
        let mut lasts = lasts_ms(&limits, is_alone, ttl_ms)?;
        let (version, now) = (self.version(), self.now);
        let drawn = if pool.is_some() { Some(self.memory.pool.part(version, now)?) } else { None };
        if let Some(drawn) = drawn {
            tokens = tokens.min(drawn.tokens);
            lasts = lasts.min(drawn.rest_ms);
        }
        if tokens == 0 || !is_worth_it(lasts) {
            return None;
        }
        let forgotten = |part: &&Part| !(self.plan.has(Flaw::BankOfKeyAlone) && part.level == Level::Session);
        let debited: Vec<Part> = purse.iter().filter(forgotten).map(Part::copy).collect();
        let holds = self.debit(&debited, tokens, spent_after_ms(lasts));
        self.keep(purse);
        if let Some(drawn) = drawn {
            self.memory.pool.pass_on(drawn.bank, tokens, self.now);
        }
        // What keys share is given to the first of their session.
        let place = if self.is_own(purse) { place } else { 0 };
        self.given.push((self.first + place, tokens.into()));
        let given = Given { place, holds, pool: drawn.map(|drawn| drawn.bank) };
        Some(self.memory.banks.grant(tokens, lasts, given, self.now))
    }
}

impl Part {
    fn copy(&self) -> Self {
        Self { place: self.place, level: self.level, limits: self.limits.clone() }
    }
}

/// The banks that a session has given out.
pub(crate) type Out = Banks<Given>;
