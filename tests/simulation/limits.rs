//! Limits under leases: what the authority debits for a request of its own and for banks that it gives away, and whether
//! any window of true time has ever held more than its limit.

use std::collections::VecDeque;

use latchkey::domain::lease::bank::{BankGrant, BankReport, allotment, lasts_ms, spent_after_ms};
use latchkey::domain::ledger::{Hold, Ledger, Snapshot, Terms};
use latchkey::domain::rate_limit::{Level, LimitName, LimitUse, RateLimit, RateLimits};
use latchkey::domain::timestamp::Timestamp;

use crate::desk::Desk;
use crate::plan::Flaw;
use crate::random::Random;
use crate::session::Rows;
use crate::world::World;

/// A limit that schedules with limits put on each key.
pub(crate) fn any(random: &mut Random) -> RateLimits {
    let (limit, window_ms) = random.pick(&[(40, 1_000), (500, 30_000), (1_000, 30_000), (1_000, 60_000)]);
    RateLimits::new(vec![RateLimit { name: LimitName::parse("sample").unwrap(), limit, window_ms }]).unwrap()
}

/// What a wish for tokens says.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) wished: u32,
    pub(crate) banks: Vec<BankReport>,
}

/// The tokens of one key in true time.
#[derive(Default)]
pub(crate) struct Tally {
    /// When each was spent that a window may still hold.
    spent: VecDeque<i64>,
    /// How many were given away in banks and have not come back, and how many of these isolates have spent.
    pub(crate) given: u64,
    pub(crate) spent_ahead: u64,
}

impl Tally {
    /// One more is spent. Tells how many there are in its window with it.
    pub(crate) fn spend(&mut self, time: i64, window_ms: i64) -> usize {
        while self.spent.front().is_some_and(|first| *first <= time - window_ms) {
            self.spent.pop_front();
        }
        self.spent.push_back(time);
        self.spent.len()
    }
}

pub(crate) fn restore(rows: &Rows, forgets: bool, now: Timestamp) -> Vec<Ledger> {
    let ledger = |row: &Option<Snapshot>| match row {
        Some(row) if !forgets => Ledger::restore(row.clone(), now),
        _ => Ledger::new(now),
    };
    rows.ledgers.iter().map(ledger).collect()
}

fn terms(limits: &RateLimits) -> Terms<'_> {
    Terms { level: Level::Key, limits: limits.as_slice(), credits: None }
}

impl Desk<'_> {
    /// Takes what isolates report of their banks.
    pub(crate) fn settle(&mut self, reports: &[BankReport]) {
        for report in reports {
            let Some(out) = self.memory.banks.settle(report) else { continue };
            let (place, hold) = out.debit;
            let spent = if self.plan.has(Flaw::ReportGivesAllBack) { 0 } else { report.spent };
            self.memory.ledgers[place].settle(&hold, spent, self.now);
            self.returned.push((self.first + place, u64::from(out.tokens - report.spent)));
        }
    }

    /// Spends one token for whoever asks: the limits as they are then, and whether there was one.
    pub(crate) fn spend(&mut self, place: usize, limits: &RateLimits) -> (Vec<LimitUse>, bool) {
        let ledger = &mut self.memory.ledgers[place];
        let view = ledger.view(&terms(limits), 1, self.now);
        if view.shortage.is_some() {
            return (view.limits, false);
        }
        ledger.spend(&terms(limits), 1, self.now);
        self.keep(place, limits);
        (self.look(place, limits), true)
    }

    pub(crate) fn look(&mut self, place: usize, limits: &RateLimits) -> Vec<LimitUse> {
        self.memory.ledgers[place].view(&terms(limits), 0, self.now).limits
    }

    fn keep(&mut self, place: usize, limits: &RateLimits) {
        let ledger = &mut self.memory.ledgers[place];
        if ledger.needs_saving() {
            self.rows.ledgers[place] = Some(ledger.save(&terms(limits), self.now));
        }
    }

    /// Tokens for an isolate, to be spent before long.
    pub(crate) fn bank(&mut self, place: usize, limits: &RateLimits, wished: u32, ttl_ms: i64) -> Option<BankGrant> {
        let lasts = lasts_ms(limits.as_slice(), ttl_ms).filter(|_| wished > 0)?;
        let mut tokens = wished;
        for limit in self.look(place, limits) {
            let out = self.memory.banks.tokens_out(limit.limit.window_ms, self.now, |(its, _)| *its == place);
            tokens = tokens.min(allotment(&limit.limit, limit.remaining, out));
        }
        if tokens == 0 {
            return None;
        }
        let hold: Hold =
            self.memory.ledgers[place].spend_ahead(&terms(limits), tokens, spent_after_ms(lasts), self.now);
        self.keep(place, limits);
        self.given.push((self.first + place, tokens.into()));
        Some(self.memory.banks.grant(tokens, lasts, (place, hold), self.now))
    }
}

impl World {
    /// A token of a key is spent: by the authority itself, or by an isolate of what it was given.
    pub(crate) fn note_spending(&mut self, key: usize, ahead: bool) {
        let Some(limits) = &self.plan.limits else { return };
        let (tally, limit) = (&mut self.tallies[key], &limits.as_slice()[0]);
        let count = tally.spend(self.time, limit.window_ms.into());
        tally.spent_ahead += u64::from(ahead);
        if count > limit.limit as usize {
            self.observer.complain(format!("{count} of {limit:?} of key {key}"));
        }
        if tally.spent_ahead > tally.given {
            let Tally { given, spent_ahead, .. } = tally;
            self.observer.complain(format!("{spent_ahead} tokens of {given} given for key {key}"));
        }
    }

    pub(crate) fn note_tokens(&mut self, given: &[(usize, u64)], returned: &[(usize, u64)], spent: Option<usize>) {
        for (key, tokens) in given {
            self.tallies[*key].given += tokens;
        }
        for (key, tokens) in returned {
            self.tallies[*key].given -= tokens;
        }
        if let Some(key) = spent {
            self.note_spending(key, false);
        }
    }
}
