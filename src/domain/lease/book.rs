//! An isolate's side of leases: what it may decide by itself, and until when.
//!
//! An entry is found by the hash of the presented secret key, so it belongs to one key of one organization. It holds no
//! plaintext. The book is bounded in entries and bytes; what was used longest ago goes first, which costs a question and
//! nothing else. A clock that is seen running backwards empties it.

mod entry;

use std::sync::Arc;

use lru::LruCache;

use super::bank::BankReport;
use super::grant::{KeyWish, Lease};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Reach;
use crate::domain::consistency::Mode;
use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;
use crate::domain::rate_limit::LimitUse;
use crate::domain::session::{OrganizationStatus, SessionStatus};
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand, Standing, decide};

pub use entry::Entry;

/// The most entries.
pub const ENTRIES_MAX: usize = 20_000;
/// The most bytes all entries may take together, about.
pub const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long (ms) it is remembered that a key is revoked: that never changes back.
const REVOKED_MS: i64 = 600_000;

/// A decision that was made here.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The decision.
    pub code: Code,
    /// The key.
    pub key: Arc<ApiKey>,
    /// How far it reaches as a caller.
    pub reach: Reach,
    /// Who decided.
    pub mode: Mode,
    /// Whether the lease itself has ended, and the authority cannot be reached.
    pub is_stale: bool,
    /// When the authority decided, by the clock of this isolate: no later than this.
    pub as_of: Timestamp,
    /// How long (ms) the decision may still be relied on.
    pub rest_ms: u64,
    /// The limits, with what is left of them.
    pub limits: Vec<LimitUse>,
}

/// What a verification wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// What the key is wanted for.
    pub demand: &'a Demand,
    /// How many tokens it costs; none if nothing is to be spent, as for a caller's own key.
    pub cost: Option<u32>,
    /// Who may decide, at most.
    pub mode: Mode,
}

/// The leases of one isolate.
pub struct Book {
    entries: LruCache<KeyHash, Entry>,
    bytes: usize,
    seen: Timestamp,
}

impl Default for Book {
    fn default() -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, seen: Timestamp::MIN }
    }
}

impl Book {
    /// Looks at the clock: one that runs backwards ends all leases.
    fn look_at(&mut self, now: Timestamp) {
        if now < self.seen {
            self.entries.clear();
            self.bytes = 0;
        }
        self.seen = now;
    }

    /// Decides on a key by its lease, and spends what that costs; none if the authority has to be asked.
    pub fn decide(&mut self, hash: &KeyHash, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        self.look_at(now);
        let entry = self.entries.get_mut(hash)?;
        if entry.is_revoked() {
            return entry.is_remembered(now).then(|| entry.decision(Code::Revoked, now));
        }
        if inquiry.mode < entry.mode() || !entry.is_live(now) {
            return None;
        }
        entry.use_at(now);
        let code = entry.judge(inquiry.demand);
        let Some(cost) = inquiry.cost.filter(|_| code == Code::Valid) else {
            return Some(entry.decision(code, now));
        };
        if let Some(refused) = entry.refused(cost, now) {
            return Some(refused);
        }
        entry.spend(cost, now).then(|| entry.decision(Code::Valid, now))
    }

    /// The same while the authority cannot be reached, for sessions that allow it. Nothing that is counted is decided.
    pub fn decide_stale(&mut self, hash: &KeyHash, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        self.look_at(now);
        let entry = self.entries.get_mut(hash)?;
        if inquiry.mode < entry.mode() || entry.counts() || !entry.is_stale_live(now) {
            return None;
        }
        let code = entry.judge(inquiry.demand);
        Some(Decision { is_stale: true, ..entry.decision(code, now) })
    }

    /// Takes a lease that was asked for at `asked_at` and has come at `now`. One that comes after its end is nothing.
    pub fn take(&mut self, hash: KeyHash, key: Arc<ApiKey>, lease: &Lease, asked_at: Timestamp, now: Timestamp) {
        self.look_at(now);
        if asked_at > now {
            return;
        }
        let former = self.remove(&hash);
        if let Some(entry) = Entry::new(key, lease, asked_at, now, former) {
            self.insert(hash, entry);
        }
    }

    /// The authority was asked and has given no lease: what was held is not renewed. A key that is revoked is remembered.
    pub fn note(&mut self, hash: KeyHash, key: &Arc<ApiKey>, code: Code, now: Timestamp) {
        self.look_at(now);
        if code == Code::Revoked {
            self.remove(&hash);
            self.insert(hash, Entry::revoked(Arc::clone(key), now, now.plus_millis(REVOKED_MS)));
        }
    }

    /// A limit has refused. It is remembered until there can be enough again, and no longer than the lease.
    pub fn refuse(&mut self, hash: &KeyHash, cost: u32, limits: &[LimitUse], now: Timestamp) {
        self.look_at(now);
        if let Some(entry) = self.entries.get_mut(hash) {
            entry.refuse(cost, limits, now);
        }
    }

    /// How many tokens of a key's limits should be asked for, and what has become of those that were had.
    pub fn wish(&mut self, hash: &KeyHash, now: Timestamp) -> (u32, Vec<BankReport>) {
        self.entries.get_mut(hash).map_or((0, Vec::new()), |entry| entry.wish(now))
    }

    /// Whether a session has leases here that should be renewed now.
    pub fn is_due(&self, hash: &KeyHash, now: Timestamp) -> bool {
        self.entries.peek(hash).is_some_and(|entry| entry.is_due(now))
    }

    /// What to ask a session for: leases that were used since they were given, all of them, though some would last a
    /// little longer. Banks that have ended are reported along.
    pub fn wishes(&mut self, session: Locator, now: Timestamp) -> Vec<(KeyHash, KeyWish)> {
        let mut wishes = Vec::new();
        for (hash, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.is_of(session)) {
            if let Some(wish) = entry.renewal(now) {
                wishes.push((*hash, wish));
            }
        }
        wishes
    }

    /// Takes what a renewal has brought. Without a lease, the key has to be asked for again.
    pub fn renewed(&mut self, hash: KeyHash, lease: Option<&Lease>, asked_at: Timestamp, now: Timestamp) {
        self.look_at(now);
        let Some(lease) = lease else {
            self.remove(&hash);
            return;
        };
        let known = self.entries.peek(&hash).map(|entry| (Arc::clone(entry.key()), entry.edition()));
        let key = match (&lease.key, known) {
            (Some(key), _) => Arc::new((**key).clone()),
            (None, Some((key, edition))) if edition == lease.edition => key,
            // Meanwhile it was let go, or replaced by another edition: nobody knows what the lease is about.
            (None, _) => return,
        };
        self.take(hash, key, lease, asked_at, now);
    }

    /// How many entries there are, and how many bytes they take, about.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    fn insert(&mut self, hash: KeyHash, entry: Entry) {
        self.bytes = self.bytes.saturating_add(entry.bytes());
        if let Some((_, former)) = self.entries.push(hash, entry) {
            self.bytes = self.bytes.saturating_sub(former.bytes());
        }
        while self.entries.len() > ENTRIES_MAX || (self.bytes > BYTES_MAX && self.entries.len() > 1) {
            let Some((_, former)) = self.entries.pop_lru() else { break };
            self.bytes = self.bytes.saturating_sub(former.bytes());
        }
    }

    fn remove(&mut self, hash: &KeyHash) -> Option<Entry> {
        let former = self.entries.pop(hash)?;
        self.bytes = self.bytes.saturating_sub(former.bytes());
        Some(former)
    }
}

/// What surrounds a key that has a lease: nothing that refuses, or it would have none.
const GOOD: Standing = Standing { session: SessionStatus::Connected, organization: OrganizationStatus::Active };

fn judge(key: &ApiKey, demand: &Demand, decided_at: Timestamp) -> Code {
    // The authority has looked at its clock, and a lease ends before the key does.
    decide(key, GOOD, demand, decided_at)
}
