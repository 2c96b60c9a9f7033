//! Tokens that are given out ahead of the requests that spend them.
//!
//! A token of a bank may be spent until the bank ends, so the window counts it as spent at that end, the margins of both
//! clocks included, until its holder reports: then what was spent counts from the report, and the rest is given back.
//! Banks keep their own ends and are never merged. A window never holds more than its limit that way, whatever becomes
//! of the holder; what it may hold less is bounded by how long a bank lasts and how much of a limit is out.
//!
//! A holder may pass tokens on, as a session does with those of the pool: to others, and for no longer than it has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::margin_ms;
use crate::domain::rate_limit::RateLimit;
use crate::domain::timestamp::Timestamp;

/// How long (ms) after the grant its tokens may still be spent, whatever clocks do: when they count as spent.
#[must_use]
pub fn spent_after_ms(lasts_ms: i64) -> i64 {
    lasts_ms.saturating_add(margin_ms(lasts_ms).saturating_mul(2))
}

/// The same where the holder may pass them on: the clock of a third one is to be allowed for.
#[must_use]
pub fn passed_on_after_ms(lasts_ms: i64) -> i64 {
    spent_after_ms(lasts_ms).saturating_add(margin_ms(lasts_ms))
}

/// Tokens of a limit that are out, within a window of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outstanding {
    /// Those that may still be spent.
    pub live: u32,
    /// Those of banks that are over, and that nobody has reported, or ever will.
    pub lost: u32,
}

/// Tokens for a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankGrant {
    /// Names it at its grantor.
    pub id: u64,
    /// How many tokens.
    pub tokens: u32,
    /// How long (ms) they may be spent, from the moment of the question.
    pub lasts_ms: i64,
}

/// What has become of a bank. Its holder spends nothing more of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankReport {
    /// Which.
    pub id: u64,
    /// How many of its tokens were spent.
    pub spent: u32,
}

/// Tokens in the hands of a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bank {
    id: u64,
    tokens: u32,
    spent: u32,
    until: Timestamp,
}

impl Bank {
    /// A bank that was asked for at `asked_at`.
    #[must_use]
    pub fn new(grant: &BankGrant, asked_at: Timestamp) -> Self {
        Self { id: grant.id, tokens: grant.tokens, spent: 0, until: asked_at.plus_millis(grant.lasts_ms) }
    }

    /// How many tokens may be spent now.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> u32 {
        if now < self.until { self.unspent() } else { 0 }
    }

    /// Spends tokens, all of them or none.
    pub fn spend(&mut self, cost: u32, now: Timestamp) -> bool {
        let enough = self.left(now) >= cost;
        if enough {
            self.spent = self.spent.saturating_add(cost);
        }
        enough
    }

    /// Takes tokens back that were passed on and not spent.
    pub fn take_back(&mut self, tokens: u32) {
        self.spent = self.spent.saturating_sub(tokens);
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How many were given.
    #[must_use]
    pub fn tokens(&self) -> u32 {
        self.tokens
    }

    /// How many were spent.
    #[must_use]
    pub fn spent(&self) -> u32 {
        self.spent
    }

    /// How many were not, whether they still may be or not: its grantor takes them for spent until it is told.
    #[must_use]
    pub fn unspent(&self) -> u32 {
        self.tokens.saturating_sub(self.spent)
    }

    /// When it ends.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// What its grantor is told. Nothing may be spent of it afterwards.
    #[must_use]
    pub fn report(&self) -> BankReport {
        BankReport { id: self.id, spent: self.spent }
    }
}

/// The banks that a grantor has given out, each with what is needed to give tokens back.
#[derive(Debug, Clone)]
pub struct Banks<D> {
    next: u64,
    out: BTreeMap<u64, Out<D>>,
    /// What this step has changed, in case it is taken back: banks given out, and those that were reported.
    undo: Vec<(u64, Option<Out<D>>)>,
}

/// A bank that is out.
#[derive(Debug, Clone, PartialEq)]
pub struct Out<D> {
    /// How many tokens.
    pub tokens: u32,
    /// When they count as spent.
    pub until: Timestamp,
    /// How they were debited.
    pub debit: D,
}

/// How many reports are waited for at once.
const OUT_MAX: usize = 4_096;

impl<D: Clone> Banks<D> {
    /// None is out. Names begin at `first`, which is drawn at random, so that those of a former life mean nothing here.
    #[must_use]
    pub fn new(first: u64) -> Self {
        Self { next: first / 2, out: BTreeMap::new(), undo: Vec::new() }
    }

    /// A step begins.
    pub fn begin(&mut self) {
        self.undo.clear();
    }

    /// A step is taken back: what it has given out was not, and what it has heard was not said.
    pub fn roll_back(&mut self) {
        while let Some((id, before)) = self.undo.pop() {
            match before {
                Some(out) => drop(self.out.insert(id, out)),
                None => drop(self.out.remove(&id)),
            }
        }
    }

    /// Gives out a bank.
    pub fn grant(&mut self, tokens: u32, lasts_ms: i64, debit: D, now: Timestamp) -> BankGrant {
        if self.out.len() >= OUT_MAX {
            // Its tokens stay spent. Those that nobody has reported for a day count nowhere any more.
            let day_ago = now.plus_millis(-i64::from(RateLimit::WINDOW_MS_MAX));
            self.out.retain(|_, out| out.until > day_ago);
            if self.out.len() >= OUT_MAX {
                self.out.pop_first();
            }
        }
        self.next = self.next.wrapping_add(1);
        let until = now.plus_millis(spent_after_ms(lasts_ms));
        self.out.insert(self.next, Out { tokens, until, debit });
        self.undo.push((self.next, None));
        BankGrant { id: self.next, tokens, lasts_ms }
    }

    /// Takes a report. A bank that is not known, or was reported before, is none.
    pub fn settle(&mut self, report: &BankReport) -> Option<Out<D>> {
        let out = self.out.remove(&report.id)?;
        self.undo.push((report.id, Some(out.clone())));
        Some(out)
    }

    /// How many tokens are out that `concerns` holds for and that nobody has reported, within a window of time: those
    /// that nobody will ever report count in it as well, until they have left it.
    pub fn tokens_out(&self, window_ms: u32, now: Timestamp, concerns: impl Fn(&D) -> bool) -> Outstanding {
        let mut sum = Outstanding::default();
        for out in self.out.values().filter(|out| out.until.plus_millis(window_ms.into()) > now && concerns(&out.debit))
        {
            let part = if out.until > now { &mut sum.live } else { &mut sum.lost };
            *part = part.saturating_add(out.tokens);
        }
        sum
    }

    /// The banks that are out.
    pub fn out(&self) -> impl Iterator<Item = &Out<D>> {
        self.out.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn tokens_are_spent_all_or_none_and_not_after_the_end() {
        let mut bank = Bank::new(&BankGrant { id: 7, tokens: 5, lasts_ms: 234 }, at(0));
        assert!(bank.spend(3, at(10)) && !bank.spend(3, at(10)) && bank.spend(2, at(233)));
        assert!(bank.spend(0, at(234)) && bank.left(at(0)) == 0);
        let mut late = Bank::new(&BankGrant { id: 7, tokens: 5, lasts_ms: 234 }, at(0));
        assert!(!late.spend(1, at(234)));
        assert_eq!(bank.report(), BankReport { id: 7, spent: 5 });
    }

    #[test]
    fn tokens_that_come_back_may_be_spent_again_and_are_not_reported() {
        let mut bank = Bank::new(&BankGrant { id: 7, tokens: 5, lasts_ms: 234 }, at(0));
        assert!(bank.spend(5, at(10)));
        bank.take_back(2);
        assert_eq!((bank.left(at(20)), bank.report()), (2, BankReport { id: 7, spent: 3 }));
        bank.take_back(9);
        assert_eq!(bank.left(at(20)), 5, "never more than there were");
    }

    #[test]
    fn what_is_out_is_known_until_it_is_reported_once() {
        let mut banks = Banks::new(7);
        let (first, second) = (banks.grant(5, 234, "a", at(0)), banks.grant(7, 234, "b", at(0)));
        let out = |banks: &Banks<&str>, ms| banks.tokens_out(60_000, at(ms), |_| true);
        let of = |live, lost| Outstanding { live, lost };
        assert_eq!(out(&banks, 0), of(12, 0));
        assert_eq!(banks.tokens_out(60_000, at(0), |subject| *subject == "b"), of(7, 0));
        let report = BankReport { id: first.id, spent: 2 };
        assert_eq!(banks.settle(&report).map(|out| (out.tokens, out.until)), Some((5, at(234 + 500))));
        assert_eq!(banks.settle(&report), None, "a second report of it");
        assert_eq!((out(&banks, 733), out(&banks, 734)), (of(7, 0), of(0, 7)), "what nobody can spend any more");
        assert_eq!((out(&banks, 60_733), out(&banks, 60_734)), (of(0, 7), of(0, 0)), "until it has left");
        let mut after = Banks::<&str>::new(u64::MAX);
        assert_eq!(after.settle(&BankReport { id: second.id, spent: 0 }), None, "of a former life");
    }

    #[test]
    fn a_late_report_of_a_former_life_names_no_bank_of_this_one() {
        let names = [7, u64::MAX / 3].map(|first| Banks::new(first).grant(1, 234, "a", at(0)).id);
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn a_step_that_is_taken_back_has_given_and_heard_nothing() {
        let mut banks = Banks::new(7);
        let first = banks.grant(5, 234, "a", at(0));
        banks.begin();
        let second = banks.grant(7, 234, "b", at(0));
        let (one, other) = (BankReport { id: first.id, spent: 2 }, BankReport { id: second.id, spent: 2 });
        assert!(banks.settle(&one).is_some() && banks.settle(&other).is_some());
        banks.roll_back();
        assert_eq!(banks.settle(&other), None);
        assert!(banks.grant(1, 234, "b", at(0)).id > second.id, "no name is given twice");
        assert_eq!(banks.settle(&one).map(|out| out.tokens), Some(5));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut banks = Banks::new(7);
        let first = banks.grant(1, 234, "a", at(0));
        (0..OUT_MAX).for_each(|_| assert_eq!(banks.grant(1, 234, "a", at(1)).tokens, 1));
        assert_eq!((banks.out().count(), banks.settle(&BankReport { id: first.id, spent: 0 })), (OUT_MAX, None));
    }
}
