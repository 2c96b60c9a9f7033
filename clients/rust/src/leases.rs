//! Decisions that may be answered once more, for as long as the service has said that they stand.
//!
//! A verification that was `leased` says for how long its answer may be relied on (docs/API.md, "Freshness"), and a change
//! of the key is answered only after that: so a key that was revoked through any client is refused by all of them. Kept is
//! only what needs no counting; and never for longer than that, counted from the moment at which the question was sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock::Moment;
use crate::demand::{Consistency, Demand};
use crate::verification::Verification;
use crate::words::Code;

/// Whether a question may be answered without asking at all: not if it has to leave a trace.
pub(crate) fn may_be_kept(demand: &Demand) -> bool {
    demand.consistency != Some(Consistency::Strict) && demand.tags.is_empty() && !demand.spends_expressly()
}

/// For how long a decision may be used again, from the moment at which its question was sent; zero for not at all. The
/// service says 0 for whatever has spent of something; what shows limits or credits is left alone here as well.
pub(crate) fn lifetime(demand: &Demand, verification: &Verification) -> Duration {
    let spends = demand.cost != Some(0) && (!verification.rate_limits.is_empty() || verification.credits.is_some());
    if !may_be_kept(demand) || !verification.valid || verification.code != Code::Valid || spends {
        return Duration::ZERO;
    }
    let stands = verification.freshness.as_ref().map_or(0, |freshness| freshness.max_staleness_ms);
    // Clocks may drift by a thousandth.
    Duration::from_millis(stands - stands.div_ceil(1000))
}

/// What a decision is kept under: no key can be read out of it.
pub(crate) type Name = [u8; 32];

pub(crate) fn name_of(key: &str, demand: &Demand) -> Name {
    // What is absent (0) is not what is null: an environment of null asks for a session without one.
    let environment = match &demand.environment {
        None => json!(0),
        Some(environment) => json!(environment),
    };
    let question = json!([
        key,
        demand.permissions,
        demand.domain,
        demand.session_id,
        environment,
        demand.ip,
        demand.cost.unwrap_or(1),
        demand.consistency
    ]);
    Sha256::digest(question.to_string()).into()
}

#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) verification: Arc<Verification>,
    pub(crate) sent_at: Moment,
    pub(crate) lifetime: Duration,
}

impl Kept {
    /// For how long it still stands.
    fn rest(&self, now: Moment) -> Duration {
        now.since(self.sent_at).map_or(Duration::ZERO, |passed| self.lifetime.saturating_sub(passed))
    }
}

/// At most so many decisions; the ones used longest ago go.
pub(crate) struct Leases {
    most: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    kept: HashMap<Name, (Kept, u64)>,
    /// By when they were last used.
    used: BTreeMap<u64, Name>,
    uses: u64,
}

impl Leases {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, shelf: Mutex::default() }
    }

    /// Whether nothing is kept at all.
    pub(crate) fn is_off(&self) -> bool {
        self.most == 0
    }

    /// A decision that still stands, and for how long from `now` on.
    pub(crate) fn find(&self, name: &Name, now: Moment) -> Option<(Arc<Verification>, Duration)> {
        let mut shelf = self.shelf();
        let kept = shelf.take(name)?;
        let rest = kept.rest(now);
        if rest.is_zero() {
            return None;
        }
        let found = kept.verification.clone();
        shelf.put(*name, kept);
        Some((found, rest))
    }

    pub(crate) fn keep(&self, name: Name, kept: Kept, now: Moment) {
        if self.is_off() || kept.rest(now).is_zero() {
            return;
        }
        let mut shelf = self.shelf();
        drop(shelf.take(&name));
        while shelf.kept.len() >= self.most {
            let Some((_, oldest)) = shelf.used.pop_first() else { break };
            shelf.kept.remove(&oldest);
        }
        shelf.put(name, kept);
    }

    pub(crate) fn clear(&self) {
        *self.shelf() = Shelf::default();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shelf().kept.len()
    }

    /// Nothing panics while it is held, and if it did, forgetting is all that a half-done change does.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn take(&mut self, name: &Name) -> Option<Kept> {
        let (kept, used) = self.kept.remove(name)?;
        self.used.remove(&used);
        Some(kept)
    }

    fn put(&mut self, name: Name, kept: Kept) {
        self.uses += 1;
        self.used.insert(self.uses, name);
        self.kept.insert(name, (kept, self.uses));
    }
}
