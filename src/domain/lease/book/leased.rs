//! A key with a lease: the decision, and what it is paid for from.

use std::sync::Arc;

use super::purse::{Purse, Purses};
use super::{Decision, Inquiry};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::{Caller, Reach};
use crate::domain::consistency::Mode;
use crate::domain::lease::bank::BankReport;
use crate::domain::lease::grant::{Edition, KeyWish, Lease};
use crate::domain::lease::{Held, margin_ms};
use crate::domain::locator::Locator;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand, Standing, decide};

/// What a lease takes beside the free parts of its record, about.
const BYTES: usize = 1_344;
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

/// A key with a lease.
pub(super) struct Leased {
    key: Arc<ApiKey>,
    caller: Option<Arc<Caller>>,
    reach: Reach,
    edition: Edition,
    decided_at: Timestamp,
    ends: Ends,
    counts: bool,
    /// Of a key that has limits of its own; the others pay from that of their session.
    own: Option<Purse>,
    used: bool,
    bytes: usize,
    /// Where it stands in the index.
    pub(super) place: u64,
}

impl Leased {
    /// A first lease of this edition; `own` is what it pays from, unless it shares that with its session.
    pub(super) fn new(key: Arc<ApiKey>, lease: &Lease, ends: &Ends, own: Option<Purse>) -> Self {
        // Limits are there twice, if one refuses.
        let limits = lease.limits.len().saturating_mul(256);
        let bytes = BYTES.saturating_add(free_bytes(&key)).saturating_add(limits);
        Self {
            key,
            caller: None,
            reach: lease.reach,
            edition: lease.edition,
            decided_at: lease.decided_at,
            ends: *ends,
            counts: lease.counts,
            own,
            used: false,
            bytes,
            place: 0,
        }
    }

    /// Another lease of the same edition. Of the two, the one that ends later counts.
    pub(super) fn renew(&mut self, lease: &Lease, ends: &Ends) {
        if ends.until > self.ends.until {
            self.ends = *ends;
            self.decided_at = lease.decided_at;
        }
    }

    /// Ends it in favour of another. What is left of its own tokens goes back.
    pub(super) fn close(&mut self) -> Vec<BankReport> {
        self.own.take().map(Purse::close).unwrap_or_default()
    }

    /// Whether it pays from the purse of its session.
    pub(super) fn shares(&self) -> bool {
        self.own.is_none()
    }

    /// What it pays from, if it does not share that.
    pub(super) fn own(&mut self) -> Option<&mut Purse> {
        self.own.as_mut()
    }

    fn purse<'a>(&'a self, purses: &'a Purses) -> Option<&'a Purse> {
        self.own.as_ref().or_else(|| purses.of(self.session(), &self.edition))
    }

    fn purse_mut<'a>(&'a mut self, purses: &'a mut Purses) -> Option<&'a mut Purse> {
        let session = self.session();
        match &mut self.own {
            Some(own) => Some(own),
            None => purses.of_mut(session, &self.edition),
        }
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
    pub(super) fn decide(&mut self, inquiry: &Inquiry<'_>, purses: &mut Purses, now: Timestamp) -> Option<Decision> {
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
            Some(cost) => self.pay(cost, inquiry, purses, now),
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
    fn pay(&mut self, cost: u32, inquiry: &Inquiry<'_>, purses: &mut Purses, now: Timestamp) -> Option<Decision> {
        let viewer = inquiry.caller.map_or(self.reach, |caller| caller.reach);
        let (code, limits) = self.purse_mut(purses)?.pay(cost, viewer, now)?;
        let decision = self.decision(code, limits, now);
        // Whoever answered the next request by this one would let it through without paying, also for a pool he cannot see.
        Some(if code == Code::Valid && cost > 0 { Decision { rest_ms: 0, ..decision } } else { decision })
    }

    /// A limit has refused this cost, when it was asked at `asked_at`. That holds until there can be enough again.
    pub(super) fn refuse(&mut self, cost: u32, limits: &[LimitUse], asked_at: Timestamp, purses: &mut Purses) {
        if let Some(purse) = self.purse_mut(purses) {
            purse.refuse(cost, limits, asked_at);
        }
    }

    /// Whether it is time to ask again, before anybody has to wait: near the end of the lease, or of the tokens.
    pub(super) fn is_due(&self, purses: &Purses, now: Timestamp) -> bool {
        let is_short = || self.counts && self.purse(purses).is_some_and(|purse| purse.is_short(now));
        self.used && (self.ends_soon(now) || is_short())
    }

    /// Whether the lease is near its end.
    pub(super) fn ends_soon(&self, now: Timestamp) -> bool {
        let length = self.ends.until.millis_since(self.ends.asked_at);
        let (least, most) = AHEAD_MS;
        let ahead = (length / 4).clamp(least, most).min(length / 3);
        self.ends.until.millis_since(now) <= ahead
    }

    /// Whether there is something to ask for or to report.
    pub(super) fn has_news(&self, purses: &Purses, now: Timestamp) -> bool {
        self.used || self.purse(purses).is_some_and(|purse| purse.has_reports(now))
    }

    /// Whether it has tokens, or shares some, or something is to be reported of them.
    pub(super) fn has_tokens(&self, purses: &Purses) -> bool {
        self.purse(purses).is_some_and(Purse::has_tokens)
    }

    /// How many tokens to ask for, beside `cost` for the one who asks, and what has become of those that are over.
    pub(super) fn wish(&mut self, cost: u32, purses: &mut Purses, now: Timestamp) -> (u32, Vec<BankReport>) {
        let counts = self.counts;
        let Some(purse) = self.purse_mut(purses) else { return (0, Vec::new()) };
        let (tokens, reports) = purse.wish(cost, now);
        (if counts { tokens } else { 0 }, reports)
    }

    /// What to ask for in a renewal, with so many tokens and these reports.
    pub(super) fn renewal(&mut self, (tokens, banks): (u32, Vec<BankReport>)) -> KeyWish {
        // What is used from here on is asked for the next time.
        let wants = std::mem::take(&mut self.used);
        KeyWish { key_id: self.key.id.clone(), edition: self.edition, tokens, banks, wants }
    }
}

fn rest_ms(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.millis_since(now)).unwrap_or(0)
}

/// What the parts of a record take that its owner fills, about.
pub(super) fn free_bytes(key: &ApiKey) -> usize {
    let settings = &key.settings;
    let metadata = serde_json::to_string(settings.metadata.as_map()).map_or(0, |text| text.len().saturating_mul(4));
    let rows = settings.permissions.iter().count().saturating_add(settings.ip_allow_list.iter().count());
    // Permissions are there twice, if the key is a caller.
    metadata.saturating_add(rows.saturating_mul(128))
}
