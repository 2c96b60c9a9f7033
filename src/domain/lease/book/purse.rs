//! What an isolate has to pay with: tokens that it was given ahead, how fast it spends them, and what limits have refused.
//!
//! A key with limits of its own has a purse of its own. All the others of a session pay from the same limits, and so they
//! pay from one purse: what one of them has asked for, another one may spend. A purse belongs to one edition of session and
//! policy; under any other its tokens are not spent, and go back.

use std::collections::BTreeMap;

use super::pace::Pace;
use crate::domain::caller::Reach;
use crate::domain::lease::bank::{Bank, BankReport};
use crate::domain::lease::grant::{Edition, Lease};
use crate::domain::locator::Locator;
use crate::domain::rate_limit::{LimitUse, Refusal};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::Code;

/// How many banks there may be at a time in one purse, and how many reports may wait: more than many requests bring that ask
/// at once, since each is given half of what is left at most.
const BANKS_MAX: usize = 16;
const REPORTS_MAX: usize = 64;
/// How long (ms) before a bank ends the next one is asked for at most.
const AHEAD_MS: i64 = 150;
/// How long (ms) a refusal is remembered at most: others may give back what they have not spent.
const REFUSED_MS: i64 = 5_000;
/// How long (ms) a bank is taken to last before there was one.
const LASTS_MS: i64 = 234;

/// A refusal by a limit, as long as it is remembered: for who wants as much, since another would have to come back at
/// another time.
struct Spent {
    cost: u32,
    limits: Vec<LimitUse>,
    at: Timestamp,
    until: Timestamp,
}

impl Spent {
    /// Whether limits that have refused stand no better now.
    fn stands(&self, limits: &[LimitUse]) -> bool {
        let is_spent = |refusing: &LimitUse| {
            let of_it = |one: &&LimitUse| one.level == refusing.level && one.limit.name == refusing.limit.name;
            limits.iter().find(of_it).is_some_and(|one| one.remaining < self.cost)
        };
        self.limits.iter().filter(|limit| limit.refusal.is_some()).all(is_spent)
    }
}

/// What there is to pay with.
pub(super) struct Purse {
    limits: Vec<LimitUse>,
    /// When the limits stood so, and the last bank was asked for.
    limits_at: Timestamp,
    banks: Vec<Bank>,
    /// Whether tokens have been asked for since the limits stood so.
    has_asked: bool,
    /// Whether that has brought none: another question would bring none either.
    is_dry: bool,
    /// Banks that nothing is spent of any more, and whose grantor does not know that.
    closed: Vec<BankReport>,
    refusal: Option<Spent>,
    /// How fast tokens are spent, those of single requests included.
    pace: Pace,
    /// How long (ms) the last bank was to last.
    lasts_ms: i64,
}

impl Purse {
    /// An empty one; `closed` is what is left to report of a former one.
    pub(super) fn new(closed: Vec<BankReport>) -> Self {
        Self {
            limits: Vec::new(),
            limits_at: Timestamp::MIN,
            banks: Vec::new(),
            has_asked: false,
            is_dry: false,
            closed,
            refusal: None,
            pace: Pace::default(),
            lasts_ms: LASTS_MS,
        }
    }

    /// Takes what came with a lease that was asked for at `asked_at`. A refusal goes on where that says nothing else.
    pub(super) fn add(&mut self, lease: &Lease, asked_at: Timestamp) {
        self.refusal = self.refusal.take().filter(|spent| lease.bank.is_none() && spent.stands(&lease.limits));
        if asked_at >= self.limits_at {
            // The authority takes for spent what it has given before.
            let held = self.banks.iter().fold(0, |sum: u32, bank| sum.saturating_add(bank.unspent()));
            let seen = |limit: &LimitUse| {
                let remaining = limit.remaining.saturating_add(held).min(limit.limit.limit);
                LimitUse { remaining, ..limit.clone() }
            };
            self.limits = lease.limits.iter().map(seen).collect();
            self.limits_at = asked_at;
            self.is_dry = std::mem::take(&mut self.has_asked) && lease.bank.is_none();
        }
        if let Some(grant) = &lease.bank {
            self.banks.push(Bank::new(grant, asked_at));
            self.lasts_ms = grant.lasts_ms;
        }
        if self.banks.len() > BANKS_MAX {
            // The oldest; whoever reports it spends nothing more of it.
            let oldest = self.banks.remove(0);
            self.report(oldest.report());
        }
    }

    /// Ends it. What is left of its tokens goes back.
    pub(super) fn close(mut self) -> Vec<BankReport> {
        for bank in std::mem::take(&mut self.banks) {
            self.report(bank.report());
        }
        self.closed
    }

    /// What is to be reported along: of a purse that has ended, or of tokens that are not taken.
    pub(super) fn report(&mut self, report: BankReport) {
        if self.closed.len() >= REPORTS_MAX {
            // Its tokens stay spent.
            self.closed.remove(0);
        }
        self.closed.push(report);
    }

    /// Pays for a verification that everything but the limits allows, or tells that a limit has refused as much a while ago;
    /// with the limits as they stand, as far as somebody of this reach may see them. None if the authority has to be asked.
    pub(super) fn pay(&mut self, cost: u32, viewer: Reach, now: Timestamp) -> Option<(Code, Vec<LimitUse>)> {
        let seen = |limits: &[LimitUse], since: Timestamp| {
            let seen = limits.iter().filter(|limit| viewer.sees(limit));
            seen.map(|limit| later(limit, now.millis_since(since))).collect::<Vec<_>>()
        };
        // First what there is: somebody else's question may have brought it, beside the one that was refused.
        if self.spend(cost, now) {
            return Some((Code::Valid, seen(&self.limits, self.limits_at)));
        }
        let standing = self.refusal.as_ref().filter(|spent| now < spent.until && cost == spent.cost);
        standing.map(|spent| (Code::RateLimited, seen(&spent.limits, spent.at)))
    }

    /// Spends tokens, of the bank that ends first; all of them or none.
    fn spend(&mut self, cost: u32, now: Timestamp) -> bool {
        if cost == 0 {
            return true;
        }
        let enough = self.banks.iter_mut().filter(|bank| bank.left(now) >= cost).min_by_key(|bank| bank.until());
        if !enough.is_some_and(|bank| bank.spend(cost, now)) {
            return false;
        }
        self.pace.note(cost, self.lasts_ms, now);
        for limit in &mut self.limits {
            limit.remaining = limit.remaining.saturating_sub(cost);
        }
        true
    }

    /// A limit has refused this cost, when it was asked at `asked_at`. That holds until there can be enough again.
    pub(super) fn refuse(&mut self, cost: u32, limits: &[LimitUse], asked_at: Timestamp) {
        let waits = limits.iter().filter_map(|limit| limit.refusal);
        let wait = waits.map(|refusal| refusal.wait_ms.unwrap_or(u64::MAX)).max().unwrap_or(0);
        let until = asked_at.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX).min(REFUSED_MS));
        self.refusal = Some(Spent { cost, limits: limits.to_vec(), at: asked_at, until });
    }

    /// Whether there is less than a third left of what was given, or of the time for it, or less time than an answer takes. A
    /// limit that refuses has no more.
    pub(super) fn is_short(&self, now: Timestamp) -> bool {
        let refuses = self.is_dry || self.refusal.as_ref().is_some_and(|spent| now < spent.until);
        let Some(last) = self.banks.last().filter(|_| !refuses) else { return false };
        let left: u32 = self.banks.iter().fold(0, |sum, bank| sum.saturating_add(bank.left(now)));
        let ahead = (last.until().millis_since(self.limits_at) / 3).min(AHEAD_MS);
        left.saturating_mul(3) < last.tokens() || last.until().millis_since(now) < ahead
    }

    /// Whether there are tokens, or were some that are not reported.
    pub(super) fn has_tokens(&self) -> bool {
        !self.closed.is_empty() || !self.banks.is_empty()
    }

    /// Whether there is something to report: what has become of tokens that nobody here can spend any more.
    pub(super) fn has_reports(&self, now: Timestamp) -> bool {
        !self.closed.is_empty() || self.banks.iter().any(|bank| bank.left(now) == 0)
    }

    /// How many tokens to ask for, beside `cost` for the one who asks, and what has become of those that are over.
    pub(super) fn wish(&mut self, cost: u32, now: Timestamp) -> (u32, Vec<BankReport>) {
        self.pace.note(cost, self.lasts_ms, now);
        let (over, left): (Vec<Bank>, Vec<Bank>) = self.banks.drain(..).partition(|bank| bank.left(now) == 0);
        self.banks = left;
        for bank in &over {
            self.report(bank.report());
        }
        let tokens = self.pace.expected();
        self.has_asked |= tokens > 0;
        (tokens, std::mem::take(&mut self.closed))
    }
}

/// The purses that keys of one session share.
#[derive(Default)]
pub(super) struct Purses(BTreeMap<Locator, Shared>);

struct Shared {
    edition: Edition,
    purse: Purse,
}

impl Purses {
    /// The purse that keys of a session pay from under this edition, if there is one.
    pub(super) fn of(&self, session: Locator, edition: &Edition) -> Option<&Purse> {
        self.0.get(&session).filter(|shared| is_same(&shared.edition, edition)).map(|shared| &shared.purse)
    }

    /// The same, to pay from.
    pub(super) fn of_mut(&mut self, session: Locator, edition: &Edition) -> Option<&mut Purse> {
        self.0.get_mut(&session).filter(|shared| is_same(&shared.edition, edition)).map(|shared| &mut shared.purse)
    }

    /// The purse that a lease of this edition adds to: a new one if it is later than what is known, with what is left to
    /// report of the former. None if something later is known.
    pub(super) fn open(&mut self, session: Locator, edition: &Edition) -> Option<&mut Purse> {
        let known = self.0.get(&session).map(|shared| shared.edition);
        if known.is_none_or(|known| is_later(edition, &known)) {
            let closed = self.0.remove(&session).map(|former| former.purse.close()).unwrap_or_default();
            self.0.insert(session, Shared { edition: *edition, purse: Purse::new(closed) });
        }
        self.of_mut(session, edition)
    }

    /// What is to be reported for a session, whatever the edition.
    pub(super) fn report(&mut self, session: Locator, reports: impl IntoIterator<Item = BankReport>) {
        if let Some(shared) = self.0.get_mut(&session) {
            reports.into_iter().for_each(|report| shared.purse.report(report));
        }
    }

    /// Nobody pays from it any more.
    pub(super) fn forget(&mut self, session: Locator) {
        self.0.remove(&session);
    }
}

fn is_same(one: &Edition, other: &Edition) -> bool {
    (one.session, one.policy) == (other.session, other.policy)
}

/// Whether this one has replaced what is known. Each part only ever grows.
fn is_later(edition: &Edition, known: &Edition) -> bool {
    edition.session >= known.session && edition.policy >= known.policy && !is_same(edition, known)
}

/// A limit as it stands some time (ms) after it was looked at.
fn later(limit: &LimitUse, passed_ms: i64) -> LimitUse {
    let passed = u64::try_from(passed_ms).unwrap_or(0);
    let mut later = limit.clone();
    later.restores_in_ms = limit.restores_in_ms.map(|ms| ms.saturating_sub(passed));
    later.refusal =
        limit.refusal.map(|refusal| Refusal { wait_ms: refusal.wait_ms.map(|ms| ms.saturating_sub(passed)) });
    later
}
