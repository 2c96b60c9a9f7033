//! A key with a lease: the decision, its tokens, and what its limits have refused.

use std::sync::Arc;

use super::pace::Pace;
use super::{Decision, Inquiry};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::{Caller, Reach};
use crate::domain::consistency::Mode;
use crate::domain::lease::bank::{Bank, BankReport};
use crate::domain::lease::grant::{Edition, KeyWish, Lease};
use crate::domain::lease::{Held, margin_ms};
use crate::domain::locator::Locator;
use crate::domain::rate_limit::{LimitUse, Refusal};
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand, Standing, decide};

/// What a lease takes beside the free parts of its record, about.
const BYTES: usize = 1_344;
/// How many banks one key may have at a time, and how many reports may wait.
const BANKS_MAX: usize = 4;
const REPORTS_MAX: usize = 16;
/// How long (ms) a bank is taken to last before there was one.
const LASTS_MS: i64 = 234;
/// A lease is renewed in its last third, or later if so much time (ms) is enough for an answer.
const AHEAD_MS: (i64, i64) = (600, 2_000);

/// What surrounds a key that has a lease: nothing that refuses, or it would have none.
const GOOD: Standing =
    Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active, domain_refused: false };

/// From when until when a lease counts, by the clock of this isolate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    /// Who has decided: the authority by a lease, or by a record.
    by: Mode,
    /// When it was asked for.
    pub(super) asked_at: Timestamp,
    /// When it ends.
    until: Timestamp,
    /// When it ends while the authority cannot be reached.
    stale_until: Timestamp,
}

impl Ends {
    /// Of a lease that was asked for at `asked_at` and has come at `now`; none if its time is over. The stale part does
    /// not outlive the key either: nobody else looks at its expiry there.
    pub(super) fn of_lease(key: &ApiKey, lease: &Lease, asked_at: Timestamp, now: Timestamp) -> Option<Self> {
        let life_ms = key.settings.expires_at.map_or(i64::MAX, |end| end.millis_since(lease.decided_at));
        let end = |ttl_ms: i64| Some(Held::new(0, asked_at, ttl_ms.min(life_ms), now)?.until());
        let until = end(lease.ttl_ms)?;
        let stale = if lease.stale_ms > 0 { end(lease.ttl_ms.saturating_add(lease.stale_ms)) } else { None };
        Some(Self { by: Mode::Leased, asked_at, until, stale_until: stale.unwrap_or(Timestamp::MIN) })
    }

    /// Of a record that accepts until a moment by the clock of its authority, from which this one may differ by the
    /// margin; none if that is over.
    pub(super) fn of_record(key: &ApiKey, lease: &Lease, now: Timestamp) -> Option<Self> {
        let until = lease.decided_at.plus_millis(lease.ttl_ms.saturating_sub(margin_ms(lease.ttl_ms)));
        let until = key.settings.expires_at.map_or(until, |end| until.min(end.plus_millis(-margin_ms(0))));
        let asked_at = lease.decided_at.min(now);
        (now < until).then_some(Self { by: Mode::Edge, asked_at, until, stale_until: Timestamp::MIN })
    }
}

/// A refusal by a limit, as long as it is remembered: for who wants as much, since another would have to come back at
/// another time.
struct Spent {
    cost: u32,
    limits: Vec<LimitUse>,
    at: Timestamp,
    until: Timestamp,
}

/// A key with a lease.
pub(super) struct Leased {
    key: Arc<ApiKey>,
    caller: Option<Arc<Caller>>,
    reach: Reach,
    edition: Edition,
    decided_at: Timestamp,
    ends: Ends,
    counts: bool,
    limits: Vec<LimitUse>,
    /// When the limits stood so, and the last bank was asked for.
    limits_at: Timestamp,
    banks: Vec<Bank>,
    /// Whether the last question has brought no tokens: another would bring none either.
    is_dry: bool,
    /// Banks that nothing is spent of any more, and whose grantor does not know that.
    closed: Vec<BankReport>,
    refusal: Option<Spent>,
    used: bool,
    /// How fast tokens are spent, those of single requests included.
    pace: Pace,
    /// How long (ms) the last bank was to last.
    lasts_ms: i64,
    bytes: usize,
    /// Where it stands in the index.
    pub(super) place: u64,
}

impl Leased {
    /// A first lease of this edition; `closed` is what is left to report of a former one.
    pub(super) fn new(key: Arc<ApiKey>, lease: &Lease, ends: &Ends, closed: Vec<BankReport>) -> Self {
        // Limits are there twice, if one refuses.
        let limits = lease.limits.len().saturating_mul(256);
        let bytes = BYTES.saturating_add(free_bytes(&key)).saturating_add(limits);
        let mut leased = Self {
            key,
            caller: None,
            reach: lease.reach,
            edition: lease.edition,
            decided_at: lease.decided_at,
            ends: *ends,
            counts: lease.counts,
            limits: Vec::new(),
            limits_at: Timestamp::MIN,
            banks: Vec::new(),
            is_dry: false,
            closed,
            refusal: None,
            used: false,
            pace: Pace::default(),
            lasts_ms: LASTS_MS,
            bytes,
            place: 0,
        };
        leased.add(lease, ends);
        leased
    }

    /// Another lease of the same edition. Of the two, the one that ends later counts.
    pub(super) fn renew(&mut self, lease: &Lease, ends: &Ends) {
        if ends.until > self.ends.until {
            self.ends = *ends;
            self.decided_at = lease.decided_at;
        }
        self.refusal = None;
        self.add(lease, ends);
    }

    fn add(&mut self, lease: &Lease, ends: &Ends) {
        if ends.asked_at >= self.limits_at {
            self.limits.clone_from(&lease.limits);
            self.limits_at = ends.asked_at;
            self.is_dry = lease.bank.is_none();
        }
        if let Some(grant) = &lease.bank {
            self.banks.push(Bank::new(grant, ends.asked_at));
            self.lasts_ms = grant.lasts_ms;
        }
        if self.banks.len() > BANKS_MAX {
            // The oldest; whoever reports it spends nothing more of it.
            let oldest = self.banks.remove(0);
            self.report(&oldest);
        }
    }

    /// Ends it in favour of a later edition. What is left of its tokens goes back.
    pub(super) fn close(&mut self) -> Vec<BankReport> {
        for bank in std::mem::take(&mut self.banks) {
            self.report(&bank);
        }
        std::mem::take(&mut self.closed)
    }

    /// The tokens of a lease that is not taken go back whole.
    pub(super) fn give_back(&mut self, lease: &Lease) {
        if let Some(grant) = &lease.bank {
            self.report(&Bank::new(grant, self.ends.asked_at));
        }
    }

    fn report(&mut self, bank: &Bank) {
        if self.closed.len() >= REPORTS_MAX {
            // Its tokens stay spent.
            self.closed.remove(0);
        }
        self.closed.push(bank.report());
    }

    pub(super) fn key(&self) -> &Arc<ApiKey> {
        &self.key
    }

    pub(super) fn edition(&self) -> Edition {
        self.edition
    }

    pub(super) fn session(&self) -> Locator {
        self.key.session_id.locator()
    }

    pub(super) fn until(&self) -> Timestamp {
        self.ends.until
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The caller that presents this key.
    pub(super) fn caller(&mut self) -> Arc<Caller> {
        let caller = self.caller.get_or_insert_with(|| Arc::new(Caller::reaching(&self.key, self.reach)));
        Arc::clone(caller)
    }

    /// Decides, and spends what that costs; none if the authority has to be asked.
    pub(super) fn decide(&mut self, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        if inquiry.mode < self.ends.by || now >= self.ends.until {
            return None;
        }
        if !inquiry.sees(&self.key) {
            return Some(self.unseen(now));
        }
        self.used = true;
        let code = self.judge(inquiry.demand);
        match inquiry.cost.filter(|_| code == Code::Valid && self.counts) {
            None => Some(self.decision(code, Vec::new(), now)),
            Some(cost) => self.pay(cost, inquiry, now),
        }
    }

    /// The same while the authority cannot be reached, except for what is counted.
    pub(super) fn decide_stale(&mut self, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        if inquiry.mode < self.ends.by || now >= self.ends.stale_until || (self.counts && inquiry.cost.is_some()) {
            return None;
        }
        let decision = if inquiry.sees(&self.key) {
            self.decision(self.judge(inquiry.demand), Vec::new(), now)
        } else {
            self.unseen(now)
        };
        Some(Decision { is_stale: true, rest_ms: rest_ms(self.ends.stale_until, now), ..decision })
    }

    /// What its record says of a demand. The authority has looked at its clock, and a lease ends before the key does.
    fn judge(&self, demand: &Demand) -> Code {
        decide(&self.key, GOOD, demand, self.decided_at)
    }

    fn decision(&self, code: Code, limits: Vec<LimitUse>, now: Timestamp) -> Decision {
        Decision {
            code,
            key: Some(Arc::clone(&self.key)),
            mode: self.ends.by,
            is_stale: false,
            as_of: self.ends.asked_at,
            rest_ms: rest_ms(self.ends.until, now),
            limits,
        }
    }

    /// To whom it lies out of reach it looks like no key at all.
    fn unseen(&self, now: Timestamp) -> Decision {
        Decision { key: None, ..self.decision(Code::NotFound, Vec::new(), now) }
    }

    /// A verification that everything but the limits allows.
    fn pay(&mut self, cost: u32, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        let viewer = inquiry.caller.map_or(self.reach, |caller| caller.reach);
        let seen = |limits: &[LimitUse], since: Timestamp| {
            let seen = limits.iter().filter(|limit| viewer.sees(limit));
            seen.map(|limit| later(limit, now.millis_since(since))).collect::<Vec<_>>()
        };
        let standing = self.refusal.as_ref().filter(|spent| now < spent.until && cost == spent.cost);
        if let Some(spent) = standing {
            return Some(self.decision(Code::RateLimited, seen(&spent.limits, spent.at), now));
        }
        if !self.spend(cost, now) {
            return None;
        }
        let decision = self.decision(Code::Valid, seen(&self.limits, self.limits_at), now);
        // Whoever answered the next request by this one would let it through without paying, also for a pool he cannot see.
        Some(if cost == 0 { decision } else { Decision { rest_ms: 0, ..decision } })
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
        let until = asked_at.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)).min(self.ends.until);
        self.refusal = Some(Spent { cost, limits: limits.to_vec(), at: asked_at, until });
    }

    /// Whether it is time to ask again, before anybody has to wait: near the end of the lease, or of the tokens.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let length = self.ends.until.millis_since(self.ends.asked_at);
        let (least, most) = AHEAD_MS;
        let ahead = (length / 4).clamp(least, most).min(length / 3);
        self.used && (self.ends.until.millis_since(now) <= ahead || (self.counts && self.is_short(now)))
    }

    /// Whether there is less than a third left of what was given, or of the time for it. A limit that refuses has no more.
    fn is_short(&self, now: Timestamp) -> bool {
        let refuses = self.is_dry || self.refusal.as_ref().is_some_and(|spent| now < spent.until);
        let Some(last) = self.banks.last().filter(|_| !refuses) else { return false };
        let left: u32 = self.banks.iter().fold(0, |sum, bank| sum.saturating_add(bank.left(now)));
        let length = last.until().millis_since(self.limits_at);
        left.saturating_mul(3) < last.tokens() || last.until().millis_since(now).saturating_mul(3) < length
    }

    /// Whether there is something to ask for or to report.
    pub(super) fn has_news(&self) -> bool {
        self.used || !self.closed.is_empty()
    }

    /// How many tokens to ask for, beside `cost` for the one who asks, and what has become of those that are over.
    pub(super) fn wish(&mut self, cost: u32, now: Timestamp) -> (u32, Vec<BankReport>) {
        self.pace.note(cost, self.lasts_ms, now);
        let tokens = if self.counts { self.pace.expected() } else { 0 };
        let (over, left): (Vec<Bank>, Vec<Bank>) = self.banks.drain(..).partition(|bank| bank.left(now) == 0);
        self.banks = left;
        for bank in &over {
            self.report(bank);
        }
        (tokens, std::mem::take(&mut self.closed))
    }

    /// What to ask for in a renewal.
    pub(super) fn renewal(&mut self, now: Timestamp) -> KeyWish {
        // What is used from here on is asked for the next time.
        let wants = std::mem::take(&mut self.used);
        let (tokens, banks) = self.wish(0, now);
        KeyWish { key_id: self.key.id.clone(), edition: self.edition, tokens, banks, wants }
    }
}

fn rest_ms(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.millis_since(now)).unwrap_or(0)
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

/// What the parts of a record take that its owner fills, about.
pub(super) fn free_bytes(key: &ApiKey) -> usize {
    let settings = &key.settings;
    let metadata = serde_json::to_string(settings.metadata.as_map()).map_or(0, |text| text.len().saturating_mul(4));
    let rows = settings.permissions.iter().count().saturating_add(settings.ip_allow_list.iter().count());
    // Permissions are there twice, if the key is a caller.
    metadata.saturating_add(rows.saturating_mul(128))
}
