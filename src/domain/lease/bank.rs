//! Tokens that are given out ahead of the requests that spend them.
//!
//! A token of a bank may be spent until the bank ends, so the window counts it as spent at that end, the margins of both
//! clocks included, until its holder reports: then what was spent counts from the report, and the rest is given back.
//! Banks keep their own ends and are never merged. A window never holds more than its limit that way, whatever becomes
//! of the holder; what it may hold less is bounded by how long a bank lasts and how much of a limit is out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::margin_ms;
use crate::domain::rate_limit::RateLimit;
use crate::domain::timestamp::Timestamp;

/// Into how many parts a window is divided of which a bank may last one.
const PARTS: u32 = 256;
/// Banks that would last less (ms) are not worth their asking: tokens are single then.
const SHORTEST_MS: i64 = 100;
/// Which part of a limit may be out in banks.
const SHARE: u32 = 200;

/// How long (ms) a bank of tokens of all these limits may last; none if tokens have to be single.
#[must_use]
pub fn lasts_ms(limits: &[RateLimit], ttl_ms: i64) -> Option<i64> {
    let parts = limits.iter().map(|limit| i64::from(limit.window_ms / PARTS));
    let lasts = parts.min().unwrap_or(i64::MAX).min(ttl_ms);
    (lasts >= SHORTEST_MS).then_some(lasts)
}

/// How many tokens of a limit may be out.
#[must_use]
pub fn share(limit: &RateLimit) -> u32 {
    limit.limit / SHARE
}

/// How long (ms) after the grant its tokens may still be spent, whatever clocks do: when they count as spent.
#[must_use]
pub fn spent_after_ms(lasts_ms: i64) -> i64 {
    lasts_ms.saturating_add(margin_ms(lasts_ms).saturating_mul(2))
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
        if now < self.until { self.tokens.saturating_sub(self.spent) } else { 0 }
    }

    /// Spends tokens, all of them or none.
    pub fn spend(&mut self, cost: u32, now: Timestamp) -> bool {
        let enough = self.left(now) >= cost;
        if enough {
            self.spent = self.spent.saturating_add(cost);
        }
        enough
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

/// How many reports are waited for at once, and how long (ms) after a bank has ended.
const OUT_MAX: usize = 4_096;
const REPORT_WITHIN_MS: i64 = 60_000;

impl<D> Banks<D> {
    /// None is out. Names begin at `now`, so that those of a former life mean nothing here.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { next: u64::try_from(now.as_millis()).unwrap_or(0).saturating_mul(1_000), out: BTreeMap::new() }
    }

    /// Gives out a bank.
    pub fn grant(&mut self, tokens: u32, lasts_ms: i64, debit: D, now: Timestamp) -> BankGrant {
        self.out.retain(|_, out| out.until.plus_millis(REPORT_WITHIN_MS) > now);
        if self.out.len() >= OUT_MAX {
            // Its tokens stay spent.
            self.out.pop_first();
        }
        self.next = self.next.saturating_add(1);
        let until = now.plus_millis(spent_after_ms(lasts_ms));
        self.out.insert(self.next, Out { tokens, until, debit });
        BankGrant { id: self.next, tokens, lasts_ms }
    }

    /// Takes a report. A bank that is not known, or was reported before, is none.
    pub fn settle(&mut self, report: &BankReport) -> Option<Out<D>> {
        self.out.remove(&report.id)
    }

    /// How many tokens are out that `concerns` holds for and that nobody has reported.
    pub fn tokens_out(&self, concerns: impl Fn(&D) -> bool) -> u32 {
        let concerned = self.out.values().filter(|out| concerns(&out.debit));
        concerned.fold(0, |sum, out| sum.saturating_add(out.tokens))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rate_limit::LimitName;

    fn limit(limit: u32, window_ms: u32) -> RateLimit {
        RateLimit { name: LimitName::parse("a").unwrap(), limit, window_ms }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn a_bank_lasts_a_256th_of_the_shortest_window_and_no_longer_than_its_lease() {
        assert_eq!(lasts_ms(&[limit(1, 60_000), limit(1, 3_600_000)], 5_000), Some(234));
        assert_eq!(lasts_ms(&[limit(1, 86_400_000)], 5_000), Some(5_000));
        assert_eq!(lasts_ms(&[limit(1, 60_000), limit(1, 1_000)], 5_000), None, "single tokens");
        assert_eq!((share(&limit(199, 60_000)), share(&limit(10_000, 60_000))), (0, 50));
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
    fn what_is_out_is_known_until_it_is_reported_once() {
        let mut banks = Banks::new(at(0));
        let (first, second) = (banks.grant(5, 234, "a", at(0)), banks.grant(7, 234, "b", at(0)));
        assert_eq!((banks.tokens_out(|_| true), banks.tokens_out(|subject| *subject == "b")), (12, 7));
        let report = BankReport { id: first.id, spent: 2 };
        assert_eq!(banks.settle(&report).map(|out| (out.tokens, out.until)), Some((5, at(234 + 500))));
        assert_eq!(banks.settle(&report), None, "a second report of it");
        assert_eq!(banks.tokens_out(|_| true), 7);
        let mut after = Banks::<&str>::new(at(60_000));
        assert_eq!(after.settle(&BankReport { id: second.id, spent: 0 }), None, "of a former life");
        assert!(after.grant(1, 234, "a", at(60_000)).id > second.id);
    }
}
