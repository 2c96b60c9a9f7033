//! What a session has of its organization's pool: banks that it spends single verifications from, and passes on to
//! isolates, without asking for each.
//!
//! A bank is good under the policy it was given under, and as long as the clock goes forward. What has become of it goes
//! along with the next question, once nobody can spend of it any more: neither here nor where it was passed on to.

use crate::domain::lease::bank::Bank;
use crate::domain::lease::lending::{is_worth_it, least_share, most_share};
use crate::domain::plan::Pool;
use crate::domain::rate_limit::{LimitUse, RateLimit};
use crate::domain::timestamp::Timestamp;
use crate::object::Heard;
use crate::organization::protocol::{Draw, DrawAction};

/// Tokens are asked for ahead if the question before was no longer ago than this (ms).
const PACE_MS: i64 = 500;
/// For so long (ms) after a bank was asked for, nobody asks for another one.
const FRESH_PAUSE_MS: i64 = 50;
/// So long (ms) after its end, nobody spends of a bank any more, wherever its tokens are.
const OVER_AFTER_MS: i64 = 2_000;
/// The most banks at a time.
const BANKS_MAX: usize = 16;

/// The banks of a session, and what is known of the pool beside them.
#[derive(Default)]
pub struct PoolBanks {
    held: Holdings,
    /// How it was when the step began, if that has changed anything.
    before: Option<Box<Holdings>>,
}

#[derive(Clone)]
struct Holdings {
    banks: Vec<Held>,
    /// The pool as it was when the organization last told, without these banks; and when that was.
    known: Option<(LimitUse, Timestamp)>,
    /// Tokens spent since the last question.
    spent: u32,
    asked_at: Timestamp,
    /// The latest moment at which the clock was looked at.
    seen: Timestamp,
}

#[derive(Clone)]
struct Held {
    bank: Bank,
    /// The policy that it was given under.
    version: i64,
    /// Nothing more is spent of it.
    is_over: bool,
}

impl Default for Holdings {
    fn default() -> Self {
        let (asked_at, seen) = (Timestamp::MIN, Timestamp::MIN);
        Self { banks: Vec::new(), known: None, spent: 0, asked_at, seen }
    }
}

impl Holdings {
    /// How many tokens to ask for beside these: what others expect to spend, or by what was spent since the last question and
    /// half as much again. None while such a question may be under way: many that come at once would bring a bank each.
    fn wish(&mut self, cost: u32, limit: &RateLimit, expected: u32, now: Timestamp) -> u32 {
        if self.is_asked(now) {
            self.spent = self.spent.saturating_add(cost);
            return 0;
        }
        let is_busy = (0..=PACE_MS).contains(&now.millis_since(self.asked_at));
        let spent = std::mem::replace(&mut self.spent, cost);
        self.asked_at = now;
        let own = if is_busy && spent > 0 { spent.saturating_add(spent / 2).saturating_add(1) } else { 0 };
        // What is passed on is known to be wanted. Of the rest nobody tells when it is not.
        own.min(least_share(limit)).max(expected.min(most_share(limit)))
    }

    fn is_asked(&self, now: Timestamp) -> bool {
        (0..FRESH_PAUSE_MS).contains(&now.millis_since(self.asked_at))
    }
}

impl Held {
    fn left(&self, version: i64, now: Timestamp) -> u32 {
        if self.is_over || self.version != version { 0 } else { self.bank.left(now) }
    }

    /// Whether there are fewer tokens left than `least`, and nobody else has any.
    fn is_done(&self, version: i64, least: u32, now: Timestamp, is_passed_on: impl Fn(u64) -> bool) -> bool {
        let is_elsewhere = is_passed_on(self.bank.id()) && self.rest_ms(now) > -OVER_AFTER_MS;
        self.left(version, now) < least && !is_elsewhere
    }

    fn rest_ms(&self, now: Timestamp) -> i64 {
        self.bank.until().millis_since(now)
    }
}

/// Tokens of a bank that may be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Of which bank.
    pub bank: u64,
    /// How many.
    pub tokens: u32,
    /// For how long (ms).
    pub rest_ms: i64,
}

impl PoolBanks {
    /// A step begins.
    pub fn begin(&mut self) {
        self.before = None;
    }

    /// A step is taken back.
    pub fn roll_back(&mut self) {
        if let Some(before) = self.before.take() {
            self.held = *before;
        }
    }

    fn change(&mut self, now: Timestamp) -> &mut Holdings {
        if self.before.is_none() {
            self.before = Some(Box::new(self.held.clone()));
        }
        if now < self.held.seen {
            // Nobody knows how much time has passed.
            self.held.banks.iter_mut().for_each(|held| held.is_over = true);
        }
        self.held.seen = now;
        &mut self.held
    }

    /// Spends tokens of the bank that ends first, all of them or none.
    pub fn pay(&mut self, version: i64, cost: u32, now: Timestamp) -> bool {
        if self.held.banks.is_empty() {
            return false;
        }
        let held = self.change(now);
        let enough = |one: &&mut Held| one.left(version, now) >= cost.max(1);
        let Some(one) = held.banks.iter_mut().filter(enough).min_by_key(|one| one.bank.until()) else { return false };
        held.spent = held.spent.saturating_add(cost);
        one.bank.spend(cost, now)
    }

    /// What may be passed on of the bank that lasts longest.
    pub fn part(&mut self, version: i64, now: Timestamp) -> Option<Part> {
        if self.held.banks.is_empty() {
            return None;
        }
        let live = self.change(now).banks.iter().filter(|one| one.left(version, now) > 0);
        let one = live.max_by_key(|one| one.bank.until())?;
        let part = Part { bank: one.bank.id(), tokens: one.left(version, now), rest_ms: one.rest_ms(now) };
        is_worth_it(part.rest_ms).then_some(part)
    }

    /// Passes tokens on.
    pub fn pass_on(&mut self, bank: u64, tokens: u32, now: Timestamp) {
        let held = self.change(now);
        if let Some(one) = held.banks.iter_mut().find(|one| one.bank.id() == bank) {
            held.spent = held.spent.saturating_add(tokens);
            one.bank.spend(tokens, now);
        }
    }

    /// Takes tokens back that were passed on and not spent. Of a bank that is over, its report says so.
    pub fn take_back(&mut self, bank: u64, tokens: u32, now: Timestamp) {
        if let Some(one) = self.change(now).banks.iter_mut().find(|one| one.bank.id() == bank) {
            one.bank.take_back(tokens);
        }
    }

    /// Whether a bank should be asked for though there may be one: so that there is as much to pass on as is wished for, or half
    /// of it. A rest that is much less would be gone at once, and whoever got it would be back.
    pub fn wants_fresh(&mut self, version: i64, wish: u32, now: Timestamp) -> bool {
        !self.held.is_asked(now) && self.part(version, now).is_none_or(|part| part.tokens < wish / 2)
    }

    /// What to ask for along with `cost` tokens: a bank of so many, by what was spent since the last question or what others
    /// expect to; and what has become of banks that are over. `is_passed_on` tells of which ones somebody else
    /// may still have tokens.
    pub fn draw(
        &mut self,
        draw: Draw,
        terms: (i64, &RateLimit),
        expected: u32,
        now: Timestamp,
        is_passed_on: impl Fn(u64) -> bool,
    ) -> Draw {
        let (version, limit) = terms;
        let held = self.change(now);
        let (mut wish, mut least) = (0, 1);
        if draw.action == DrawAction::Spend {
            // A rest that is too small for this is better there, with what else there is.
            least = draw.cost.max(1);
            wish = held.wish(draw.cost, limit, expected, now);
        }
        let mut banks = Vec::new();
        for one in held.banks.iter_mut().filter(|one| one.is_done(version, least, now, &is_passed_on)) {
            one.is_over = true;
            banks.push(one.bank.report());
        }
        Draw { wish, banks, ..draw }
    }

    /// Whether there are tokens that the organization may have back: nobody can spend them any more.
    pub fn owes(&self, version: i64, now: Timestamp, is_passed_on: impl Fn(u64) -> bool) -> bool {
        self.held.banks.iter().any(|one| one.bank.unspent() > 0 && one.is_done(version, 1, now, &is_passed_on))
    }

    /// Takes what the organization has answered.
    pub fn hear(&mut self, heard: &Heard, now: Timestamp) {
        let (Some(grant), Some(draw)) = (&heard.grant, &heard.draw) else { return };
        let Some(drawn) = grant.pool.as_ref().filter(|_| draw.pool == Pool::Requests) else { return };
        let held = self.change(now);
        held.banks.retain(|one| draw.banks.iter().all(|report| report.id != one.bank.id()));
        held.known = Some((LimitUse { refusal: None, ..drawn.limit.clone() }, now));
        let Some(bank) = drawn.bank.filter(|bank| held.banks.iter().all(|one| one.bank.id() != bank.id)) else {
            return;
        };
        if held.banks.len() >= BANKS_MAX {
            // The oldest of those with the fewest tokens: these stay spent.
            let least = held.banks.iter().enumerate().min_by_key(|(_, one)| one.bank.unspent()).map(|(at, _)| at);
            least.map(|at| held.banks.remove(at));
        }
        let is_over = heard.asked_at > now;
        held.banks.push(Held { bank: Bank::new(&bank, heard.asked_at), version: grant.policy.version, is_over });
    }

    /// Whether one bank has so many tokens.
    pub fn can_pay(&self, version: i64, cost: u32, now: Timestamp) -> bool {
        now >= self.held.seen && self.held.banks.iter().any(|one| one.left(version, now) >= cost.max(1))
    }

    /// How many tokens are here.
    pub fn left(&self, version: i64, now: Timestamp) -> u32 {
        if now < self.held.seen {
            return 0;
        }
        self.held.banks.iter().fold(0, |sum, one| sum.saturating_add(one.left(version, now)))
    }

    /// The pool as it was when the organization last told, less what was spent since.
    pub fn view(&self, version: i64, now: Timestamp) -> Option<LimitUse> {
        let (limit, at) = self.held.known.as_ref()?;
        let passed = u64::try_from(now.millis_since(*at)).unwrap_or(0);
        let restores_in_ms = limit.restores_in_ms.map(|ms| ms.saturating_sub(passed));
        Some(self.with_left(LimitUse { restores_in_ms, ..limit.clone() }, version, now))
    }

    /// What the organization has told of the pool, and what is here of it: for somebody who was refused what he may spend of
    /// that, for others all that is not spent, since the organization takes it for spent.
    pub fn with_left(&self, limit: LimitUse, version: i64, now: Timestamp) -> LimitUse {
        let here = match limit.refusal {
            Some(_) => self.left(version, now),
            None => self.held.banks.iter().fold(0, |sum: u32, one| sum.saturating_add(one.bank.unspent())),
        };
        LimitUse { remaining: limit.remaining.saturating_add(here).min(limit.limit.limit), ..limit }
    }
}

#[cfg(test)]
mod tests;
