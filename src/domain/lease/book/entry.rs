//! One key in the memory of an isolate: its lease, its tokens, and what its limits have refused.

use std::sync::Arc;

use super::Decision;
use super::judge;
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Reach;
use crate::domain::consistency::Mode;
use crate::domain::lease::Held;
use crate::domain::lease::bank::{Bank, BankReport};
use crate::domain::lease::grant::{Edition, KeyWish, Lease};
use crate::domain::locator::Locator;
use crate::domain::rate_limit::{LimitUse, Refusal};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand};

/// What an entry takes beside its record's free parts, about.
const BYTES: usize = 1_536;
/// How many banks one key may have at a time.
const BANKS_MAX: usize = 4;

/// A refusal by a limit, as long as it is remembered.
struct Refused {
    cost: u32,
    limits: Vec<LimitUse>,
    at: Timestamp,
    until: Timestamp,
}

/// One key.
pub struct Entry {
    key: Arc<ApiKey>,
    reach: Reach,
    edition: Edition,
    mode: Mode,
    decided_at: Timestamp,
    asked_at: Timestamp,
    /// The lease; none if the key is revoked.
    held: Option<Held>,
    /// Until when it may be used while the authority cannot be reached.
    stale: Option<Held>,
    /// Until when it is remembered that the key is revoked.
    remembered_until: Timestamp,
    counts: bool,
    limits: Vec<LimitUse>,
    banks: Vec<Bank>,
    refusal: Option<Refused>,
    used: bool,
    /// Tokens spent since the last question, those of single requests included.
    spent: u32,
    bytes: usize,
}

impl Entry {
    pub(super) fn new(
        key: Arc<ApiKey>,
        lease: &Lease,
        asked_at: Timestamp,
        now: Timestamp,
        former: Option<Self>,
    ) -> Option<Self> {
        let held = Held::new(0, asked_at, lease.ttl_ms, now)?;
        let stale_ttl = lease.ttl_ms.saturating_add(lease.stale_ms);
        let stale = if lease.stale_ms > 0 { Held::new(0, asked_at, stale_ttl, now) } else { None };
        let mut banks = former.map_or_else(Vec::new, |former| former.banks);
        banks.extend(lease.bank.as_ref().map(|grant| Bank::new(grant, asked_at)));
        if banks.len() > BANKS_MAX {
            // The oldest: its tokens stay spent.
            banks.remove(0);
        }
        let bytes = BYTES.saturating_add(free_bytes(&key));
        Some(Self {
            key,
            reach: lease.reach,
            edition: lease.edition,
            mode: lease.mode,
            decided_at: lease.decided_at,
            asked_at,
            held: Some(held),
            stale,
            remembered_until: Timestamp::MIN,
            counts: lease.counts,
            limits: lease.limits.clone(),
            banks,
            refusal: None,
            used: false,
            spent: 0,
            bytes,
        })
    }

    pub(super) fn revoked(key: Arc<ApiKey>, now: Timestamp, until: Timestamp) -> Self {
        let bytes = BYTES.saturating_add(free_bytes(&key));
        Self {
            key,
            reach: Reach::Session,
            edition: Edition { key: 0, session: 0, policy: 0 },
            mode: Mode::Strict,
            decided_at: now,
            asked_at: now,
            held: None,
            stale: None,
            remembered_until: until,
            counts: false,
            limits: Vec::new(),
            banks: Vec::new(),
            refusal: None,
            used: false,
            spent: 0,
            bytes,
        }
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.held.is_none()
    }

    pub(super) fn is_remembered(&self, now: Timestamp) -> bool {
        now < self.remembered_until
    }

    pub(super) fn key(&self) -> &Arc<ApiKey> {
        &self.key
    }

    pub(super) fn edition(&self) -> Edition {
        self.edition
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn counts(&self) -> bool {
        self.counts
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_of(&self, session: Locator) -> bool {
        self.held.is_some() && self.key.session_id.locator() == session
    }

    pub(super) fn is_live(&mut self, now: Timestamp) -> bool {
        self.held.as_mut().is_some_and(|held| held.is_live(0, now))
    }

    pub(super) fn is_stale_live(&mut self, now: Timestamp) -> bool {
        self.stale.as_mut().is_some_and(|held| held.is_live(0, now))
    }

    pub(super) fn use_at(&mut self, _now: Timestamp) {
        self.used = true;
    }

    pub(super) fn judge(&self, demand: &Demand) -> Code {
        judge(&self.key, demand, self.decided_at)
    }

    /// The refusal of a limit that still stands for somebody who wants as much.
    pub(super) fn refused(&self, cost: u32, now: Timestamp) -> Option<Decision> {
        let refused = self.refusal.as_ref().filter(|refused| now < refused.until && cost >= refused.cost)?;
        let passed = u64::try_from(now.millis_since(refused.at)).unwrap_or(0);
        let limits = refused.limits.iter().map(|limit| later(limit, passed)).collect();
        Some(Decision { limits, ..self.decision(Code::RateLimited, now) })
    }

    pub(super) fn refuse(&mut self, cost: u32, limits: &[LimitUse], now: Timestamp) {
        let waits = limits.iter().filter_map(|limit| limit.refusal);
        let wait = waits.map(|refusal| refusal.wait_ms.unwrap_or(u64::MAX)).max().unwrap_or(0);
        let Some(lease_end) = self.held.map(|held| held.until()) else { return };
        let until = now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)).min(lease_end);
        self.refusal = Some(Refused { cost, limits: limits.to_vec(), at: now, until });
    }

    /// Spends tokens, of the bank that ends first; all of them or none.
    pub(super) fn spend(&mut self, cost: u32, now: Timestamp) -> bool {
        self.spent = self.spent.saturating_add(cost);
        if !self.counts || cost == 0 {
            return true;
        }
        let Some(bank) = self.banks.iter_mut().filter(|bank| bank.left(now) >= cost).min_by_key(|bank| bank.until())
        else {
            return false;
        };
        let enough = bank.spend(cost, now);
        if enough {
            for limit in &mut self.limits {
                limit.remaining = limit.remaining.saturating_sub(cost);
            }
        }
        enough
    }

    pub(super) fn decision(&self, code: Code, now: Timestamp) -> Decision {
        let until = self.held.map_or(now, |held| held.until());
        Decision {
            code,
            key: Arc::clone(&self.key),
            reach: self.reach,
            mode: self.mode,
            is_stale: false,
            as_of: self.asked_at,
            rest_ms: u64::try_from(until.millis_since(now)).unwrap_or(0),
            limits: self.limits.clone(),
        }
    }

    /// Whether it is time to ask again, before anybody has to wait: in the last third of the lease, or of the tokens.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let Some(held) = self.held else { return false };
        let (length, rest) = (held.until().millis_since(self.asked_at), held.until().millis_since(now));
        let ends = self.used && rest.saturating_mul(3) < length;
        ends || (self.counts && self.used && self.is_short(now))
    }

    /// Whether there is less than a third left of what was given.
    fn is_short(&self, now: Timestamp) -> bool {
        let Some(last) = self.banks.last() else { return false };
        let left: u32 = self.banks.iter().fold(0, |sum, bank| sum.saturating_add(bank.left(now)));
        left.saturating_mul(3) < last.tokens()
    }

    /// How many tokens to ask for, and what has become of those that are over. What is asked for is what was spent since
    /// the last question and half as much again: it grows with the demand and shrinks with it.
    pub(super) fn wish(&mut self, now: Timestamp) -> (u32, Vec<BankReport>) {
        let tokens = if self.counts { self.spent.saturating_add(self.spent / 2).saturating_add(1) } else { 0 };
        self.spent = 0;
        let (over, left): (Vec<Bank>, Vec<Bank>) = self.banks.drain(..).partition(|bank| bank.left(now) == 0);
        self.banks = left;
        (tokens, over.iter().map(Bank::report).collect())
    }

    /// What to ask for in a renewal; none if it was not used and there is nothing to report.
    pub(super) fn renewal(&mut self, now: Timestamp) -> Option<KeyWish> {
        let wants = self.used;
        let (tokens, banks) = self.wish(now);
        if !wants && banks.is_empty() {
            return None;
        }
        // What is spent from here on is asked for the next time.
        self.used = false;
        Some(KeyWish { key_id: self.key.id.clone(), edition: self.edition, tokens, banks, wants })
    }
}

/// A limit as it stands some time after it has refused.
fn later(limit: &LimitUse, passed_ms: u64) -> LimitUse {
    let mut later = limit.clone();
    later.restores_in_ms = limit.restores_in_ms.map(|ms| ms.saturating_sub(passed_ms));
    later.refusal =
        limit.refusal.map(|refusal| Refusal { wait_ms: refusal.wait_ms.map(|ms| ms.saturating_sub(passed_ms)) });
    later
}

/// What the parts of a record take that its owner fills.
fn free_bytes(key: &ApiKey) -> usize {
    let metadata = serde_json::to_string(key.settings.metadata.as_map()).map_or(0, |text| text.len().saturating_mul(4));
    let settings = &key.settings;
    let rows = settings.permissions.iter().count().saturating_add(settings.ip_allow_list.iter().count());
    metadata.saturating_add(rows.saturating_mul(64))
}
