//! An isolate's side of leases: what it may decide by itself, and until when.
//!
//! An entry is found by the hash of the presented secret key, so it belongs to one key of one organization. It holds no
//! plaintext. The book is bounded in entries and bytes; what was used longest ago goes first, which costs a question and
//! nothing else. A clock that is seen running backwards empties it, and nothing counts any more that was asked for
//! before: nobody knows how long ago that was.

mod entry;
mod index;
mod leased;
mod pace;
mod purse;

use std::sync::Arc;

use lru::LruCache;

use super::bank::{Bank, BankReport};
use super::grant::{Edition, KeyWish, Lease};
use crate::domain::api_key::ApiKey;
use crate::domain::caller::Caller;
use crate::domain::consistency::Mode;
use crate::domain::key_hash::KeyHash;
use crate::domain::locator::Locator;
use crate::domain::rate_limit::LimitUse;
use crate::domain::timestamp::Timestamp;
use crate::domain::verification::{Code, Demand};

use entry::Entry;
use index::Index;
use leased::{Ends, Leased};
use purse::{Purse, Purses};

/// The most entries.
pub const ENTRIES_MAX: usize = 20_000;
/// The most bytes all entries may take together, about.
pub const BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most keys of one renewal; those whose leases end first.
pub const RENEWED_MAX: usize = 256;
/// How long (ms) it is remembered that a key is revoked: that never changes back.
const REVOKED_MS: i64 = 600_000;
/// How long (ms) it is remembered that the authority has refused a key: longer than any record in KV is accepted.
const REFUSED_MS: i64 = 120_000;

/// A decision that was made here.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The decision.
    pub code: Code,
    /// The key, unless the code is `NotFound`.
    pub key: Option<Arc<ApiKey>>,
    /// Who has decided: the authority by a lease, or by a record in KV.
    pub mode: Mode,
    /// Whether the lease itself has ended, and the authority cannot be reached.
    pub is_stale: bool,
    /// When the authority decided, by the clock of this isolate: no later than this.
    pub as_of: Timestamp,
    /// How long (ms) the decision may still be relied on.
    pub rest_ms: u64,
    /// The limits that were looked at and may be seen, with what is left of them.
    pub limits: Vec<LimitUse>,
}

/// What a verification wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// What the key is wanted for.
    pub demand: &'a Demand,
    /// Who asks; none when the key speaks for itself.
    pub caller: Option<&'a Caller>,
    /// How many tokens it costs; none if nothing is to be spent, as for a caller's own key.
    pub cost: Option<u32>,
    /// Who may decide, at most.
    pub mode: Mode,
}

impl Inquiry<'_> {
    /// Whether whoever asks can see the key at all.
    fn sees(&self, key: &ApiKey) -> bool {
        self.caller.is_none_or(|caller| caller.reaches(&key.organization_id, &key.session_id))
    }
}

/// That the authority is asked something: when, and in which life of the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    at: Timestamp,
    life: u64,
}

impl Question {
    /// When it was asked.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// The leases of one isolate.
pub struct Book {
    entries: LruCache<KeyHash, Entry>,
    by_session: Index,
    purses: Purses,
    bytes: usize,
    seen: Timestamp,
    /// How often the clock was seen running backwards.
    life: u64,
}

impl Default for Book {
    fn default() -> Self {
        let (by_session, purses) = (Index::default(), Purses::default());
        Self { entries: LruCache::unbounded(), by_session, purses, bytes: 0, seen: Timestamp::MIN, life: 0 }
    }
}

impl Book {
    /// Looks at the clock: one that runs backwards ends all leases, those that are on their way here too.
    fn look_at(&mut self, now: Timestamp) {
        if now < self.seen {
            *self = Self { life: self.life.saturating_add(1), ..Self::default() };
        }
        self.seen = now;
    }

    /// The authority is about to be asked. What comes of it counts from here.
    pub fn ask(&mut self, now: Timestamp) -> Question {
        self.look_at(now);
        Question { at: now, life: self.life }
    }

    /// Decides on a key by its lease, and spends what that costs; none if the authority has to be asked.
    pub fn decide(&mut self, hash: &KeyHash, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        self.look_at(now);
        if inquiry.mode == Mode::Strict {
            return None;
        }
        match self.entries.get_mut(hash)? {
            Entry::Leased(leased) => leased.decide(inquiry, &mut self.purses, now),
            Entry::Revoked(revoked) => revoked.decide(inquiry, now),
            Entry::Refused(_) => None,
        }
    }

    /// Whether there is a lease on a key that goes on.
    #[must_use]
    pub fn holds(&self, hash: &KeyHash, now: Timestamp) -> bool {
        self.leased(hash).is_some_and(|leased| now < leased.until())
    }

    fn leased(&self, hash: &KeyHash) -> Option<&Leased> {
        match self.entries.peek(hash)? {
            Entry::Leased(leased) => Some(leased),
            Entry::Revoked(_) | Entry::Refused(_) => None,
        }
    }

    /// The same while the authority cannot be reached, for sessions that allow it. Nothing that is counted is decided.
    pub fn decide_stale(&mut self, hash: &KeyHash, inquiry: &Inquiry<'_>, now: Timestamp) -> Option<Decision> {
        self.look_at(now);
        if inquiry.mode == Mode::Strict {
            return None;
        }
        match self.entries.get_mut(hash)? {
            Entry::Leased(leased) => leased.decide_stale(inquiry, now),
            Entry::Revoked(_) | Entry::Refused(_) => None,
        }
    }

    /// The caller that presents this key, as its lease describes it.
    pub fn caller(&mut self, hash: &KeyHash) -> Option<Arc<Caller>> {
        match self.entries.peek_mut(hash)? {
            Entry::Leased(leased) => Some(leased.caller()),
            Entry::Revoked(_) | Entry::Refused(_) => None,
        }
    }

    /// Takes a lease. One that comes after its end is nothing, and neither is one on an earlier edition than is known, on
    /// a key that is revoked, or one that was asked for before the clock ran backwards.
    pub fn take(&mut self, hash: KeyHash, key: Arc<ApiKey>, lease: &Lease, question: Question, now: Timestamp) {
        self.look_at(now);
        if question.life != self.life || lease.mode == Mode::Strict {
            return;
        }
        let Some(ends) = Ends::of_lease(&key, lease, question.at, now) else { return };
        self.keep(hash, key, lease, &ends, now);
    }

    /// Takes a record of KV that accepts until `until`, by the clock of its authority. False if it is not to be believed:
    /// it is over, or something later is known.
    pub fn accept(&mut self, hash: KeyHash, key: Arc<ApiKey>, lease: &Lease, now: Timestamp) -> bool {
        self.look_at(now);
        // Such a record compares clocks, and ours is known to have been wrong.
        if lease.mode != Mode::Edge || lease.counts || self.life > 0 {
            return false;
        }
        let Some(ends) = Ends::of_record(&key, lease, now) else { return false };
        match self.entries.peek(&hash) {
            Some(Entry::Refused(refused)) if refused.is_remembered(now) => false,
            _ => self.keep(hash, key, lease, &ends, now),
        }
    }

    /// Whether it is the latest that is known now.
    fn keep(&mut self, hash: KeyHash, key: Arc<ApiKey>, lease: &Lease, ends: &Ends, now: Timestamp) -> bool {
        let session = key.session_id.locator();
        let mut closed = Vec::new();
        match self.entries.peek_mut(&hash) {
            Some(Entry::Revoked(revoked)) if revoked.is_remembered(now) => return false,
            // What was asked for before the refusal was may be older than it.
            Some(Entry::Refused(refused)) if refused.is_remembered(now) && ends.asked_at <= refused.asked_at => {
                return false;
            }
            Some(Entry::Leased(known)) if is_older(&lease.edition, &known.edition()) => {
                let unspent = lease.bank.as_ref().map(|grant| Bank::new(grant, ends.asked_at).report());
                match known.own() {
                    Some(own) => unspent.into_iter().for_each(|report| own.report(report)),
                    None => self.purses.report(session, unspent),
                }
                return false;
            }
            Some(Entry::Leased(known)) if known.edition() == lease.edition && known.shares() == lease.shares => {
                known.renew(lease, ends);
                match known.own() {
                    Some(own) => own.add(lease, ends.asked_at),
                    None => self.share(session, lease, ends, Vec::new()),
                }
                return true;
            }
            Some(Entry::Leased(known)) => closed = known.close(),
            Some(Entry::Revoked(_) | Entry::Refused(_)) | None => {}
        }
        if lease.shares {
            self.insert(hash, Entry::Leased(Box::new(Leased::new(key, lease, ends, None))));
            self.share(session, lease, ends, closed);
        } else {
            let mut own = Purse::new(closed);
            own.add(lease, ends.asked_at);
            self.insert(hash, Entry::Leased(Box::new(Leased::new(key, lease, ends, Some(own)))));
        }
        true
    }

    /// Puts the tokens of a lease into the purse of its session, and what is to be reported along. Under an edition that has
    /// been replaced they are not spent.
    fn share(&mut self, session: Locator, lease: &Lease, ends: &Ends, closed: Vec<BankReport>) {
        match self.purses.open(session, &lease.edition) {
            Some(purse) => purse.add(lease, ends.asked_at),
            None => {
                let unspent = lease.bank.as_ref().map(|grant| Bank::new(grant, ends.asked_at).report());
                self.purses.report(session, unspent);
            }
        }
        self.purses.report(session, closed);
    }

    /// The authority has decided, and given no lease. A key that is revoked is remembered, and so is that one was
    /// refused whatever it was wanted for: no earlier record makes it good again.
    pub fn note(&mut self, hash: KeyHash, key: &Arc<ApiKey>, code: Code, question: Question, now: Timestamp) {
        self.look_at(now);
        if code == Code::Revoked {
            let entry = Entry::revoked(Arc::clone(key), now, now.plus_millis(REVOKED_MS));
            self.insert(hash, entry);
        } else if code.ends_everything() {
            self.doubt(hash, question, now);
        } else if matches!(self.entries.peek(&hash), Some(Entry::Leased(leased)) if leased.edition().key < key.generation)
        {
            self.remove(&hash);
        }
    }

    /// The authority refuses whoever presents this key, and shows no record of it.
    pub fn doubt(&mut self, hash: KeyHash, question: Question, now: Timestamp) {
        self.look_at(now);
        if !matches!(self.entries.peek(&hash), Some(Entry::Revoked(_))) {
            self.insert(hash, Entry::refused(question.at, now.plus_millis(REFUSED_MS)));
        }
    }

    /// A limit has refused. It is remembered until there can be enough again, and for five seconds at most.
    pub fn refuse(&mut self, hash: &KeyHash, cost: u32, limits: &[LimitUse], question: Question) {
        if let Some(Entry::Leased(leased)) = self.entries.peek_mut(hash)
            && question.life == self.life
        {
            leased.refuse(cost, limits, question.at, &mut self.purses);
        }
    }

    /// How many tokens of a key's limits should be asked for, and what has become of those that were had.
    pub fn wish(&mut self, hash: &KeyHash, cost: u32, now: Timestamp) -> (u32, Vec<BankReport>) {
        self.look_at(now);
        match self.entries.peek_mut(hash) {
            Some(Entry::Leased(leased)) => leased.wish(cost, &mut self.purses, now),
            Some(Entry::Revoked(_) | Entry::Refused(_)) | None => (0, Vec::new()),
        }
    }

    /// Whether the lease on a key should be renewed now.
    pub fn is_due(&self, hash: &KeyHash, now: Timestamp) -> bool {
        self.leased(hash).is_some_and(|leased| leased.is_due(&self.purses, now))
    }

    /// Whether a session is to hear, now or later, what has become of tokens that it has given.
    pub fn has_tokens(&self, session: Locator) -> bool {
        let mut all = self.by_session.of(session).filter_map(|hash| self.leased(hash));
        all.any(|leased| leased.has_tokens(&self.purses))
    }

    /// What to ask a session for: the leases that were used since they were given, even where they would last a little
    /// longer. What has become of tokens is reported along. Of the keys that share a purse, one asks for all; the others only
    /// come along where a lease of theirs ends soon, since tokens are asked for far more often.
    pub fn wishes(&mut self, session: Locator, now: Timestamp) -> Vec<(KeyHash, KeyWish)> {
        self.look_at(now);
        let leased = self.by_session.of(session).filter_map(|hash| Some((*hash, self.leased(hash)?)));
        let mut news: Vec<_> = leased.filter(|(_, leased)| leased.has_news(&self.purses, now)).collect();
        news.sort_by_key(|(_, leased)| leased.until());
        news.truncate(RENEWED_MAX);
        let all = news.iter().any(|(_, leased)| leased.shares() && leased.ends_soon(now));
        let news: Vec<_> = news.into_iter().map(|(hash, leased)| (hash, leased.shares())).collect();
        let (Self { entries, purses, .. }, mut wishes, mut has_asked) = (self, Vec::new(), false);
        for (hash, shares) in news {
            let comes_along = shares && has_asked;
            if comes_along && !all {
                continue;
            }
            if let Some(Entry::Leased(leased)) = entries.peek_mut(&hash) {
                let tokens = if comes_along { (0, Vec::new()) } else { leased.wish(0, purses, now) };
                wishes.push((hash, leased.renewal(tokens)));
                has_asked |= shares;
            }
        }
        wishes
    }

    /// Takes what a renewal has brought. Without a lease, the key has to be asked for again.
    pub fn renewed(&mut self, hash: KeyHash, lease: Option<&Lease>, question: Question, now: Timestamp) {
        self.look_at(now);
        let known = self.leased(&hash).map(|leased| (Arc::clone(leased.key()), leased.edition()));
        let Some(lease) = lease else {
            // Only a lease is let go: that a key is revoked stays known.
            if known.is_some() {
                self.remove(&hash);
            }
            return;
        };
        let key = match (&lease.key, known) {
            (Some(key), _) => Arc::new((**key).clone()),
            (None, Some((key, edition))) if edition == lease.edition => key,
            // Meanwhile it was let go, or replaced by another edition: nobody knows what the lease is about.
            (None, _) => return,
        };
        self.take(hash, key, lease, question, now);
    }

    /// How many entries there are, and how many bytes they take, about.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.entries.len(), self.bytes)
    }

    fn insert(&mut self, hash: KeyHash, mut entry: Entry) {
        if let Entry::Leased(leased) = &mut entry {
            leased.place = self.by_session.add(leased.session(), hash);
        }
        // After that, so that its session is not forgotten meanwhile.
        self.remove(&hash);
        self.bytes = self.bytes.saturating_add(entry.bytes());
        self.entries.push(hash, entry);
        while self.entries.len() > ENTRIES_MAX || (self.bytes > BYTES_MAX && self.entries.len() > 1) {
            let Some((_, former)) = self.entries.pop_lru() else { break };
            self.forget(&former);
        }
    }

    fn remove(&mut self, hash: &KeyHash) {
        if let Some(former) = self.entries.pop(hash) {
            self.forget(&former);
        }
    }

    fn forget(&mut self, former: &Entry) {
        self.bytes = self.bytes.saturating_sub(former.bytes());
        if let Entry::Leased(leased) = former {
            let session = leased.session();
            if self.by_session.remove(session, leased.place) {
                self.purses.forget(session);
            }
        }
    }
}

/// Whether a decision rests on something that has been replaced since. Each part only ever grows.
fn is_older(edition: &Edition, known: &Edition) -> bool {
    edition.key < known.key || edition.session < known.session || edition.policy < known.policy
}

#[cfg(test)]
mod tests;
