//! What a grantor knows of the leases that are out: until when it has to wait before a change is in force.

use std::collections::BTreeMap;

use super::margin_ms;
use crate::domain::timestamp::Timestamp;

/// The leases that a grantor has given out. Their ends are in memory; one number, the horizon, is durable and stands
/// for them when memory is lost.
#[derive(Debug, Clone)]
pub struct Granted<K> {
    /// Until when leases of a former life may run: the horizon as it was found.
    inherited: Timestamp,
    horizon: Timestamp,
    /// When the last lease of this life ends, and when it was granted.
    last_end: Timestamp,
    last_grant: Timestamp,
    /// How long (ms) a lease has lasted at most, as far as that is written down.
    longest_ms: i64,
    ends: BTreeMap<K, Timestamp>,
    /// The ends of leases on what was said before the last change.
    former: BTreeMap<K, Timestamp>,
}

/// How far (ms) the horizon is raised beyond what is needed, so that it is written once a minute and not once a lease.
const HORIZON_STEP_MS: i64 = 60_000;
/// How long (ms) after the last lease the horizon comes down to what is needed.
const QUIET_MS: i64 = 5_000;
/// From how many ends on those that are over are swept out.
const SWEPT_FROM: usize = 256;

impl<K: Ord> Granted<K> {
    /// After a start: all that is known is the horizon, and how long (ms) a lease of any former life lasted at most.
    /// None of them can have been granted later than now, so none ends later than that from now.
    #[must_use]
    pub fn restore(horizon: Timestamp, longest_ms: i64, now: Timestamp) -> Self {
        let (ends, former) = (BTreeMap::new(), BTreeMap::new());
        let inherited = horizon.min(now.plus_millis(longest_ms.saturating_add(margin_ms(longest_ms))));
        Self { inherited, horizon, last_end: horizon, last_grant: Timestamp::MIN, longest_ms, ends, former }
    }

    /// Grants a lease of `ttl_ms` to `holder`. Returns the horizon where it has to be written down before the lease leaves,
    /// and with it the longest lease.
    pub fn grant(&mut self, holder: K, ttl_ms: i64, now: Timestamp) -> Option<Timestamp> {
        let end = now.plus_millis(ttl_ms.saturating_add(margin_ms(ttl_ms)));
        if self.ends.len() >= SWEPT_FROM && self.ends.len().is_power_of_two() {
            self.ends.retain(|_, end| *end > now);
        }
        let known = self.ends.entry(holder).or_insert(end);
        *known = end.max(*known);
        self.last_end = end.max(self.last_end);
        self.last_grant = now.max(self.last_grant);
        let is_longer = ttl_ms > self.longest_ms;
        self.longest_ms = ttl_ms.max(self.longest_ms);
        if end > self.horizon {
            self.horizon = end.plus_millis(HORIZON_STEP_MS);
        } else if !is_longer {
            return None;
        }
        Some(self.horizon)
    }

    /// How long (ms) a lease has lasted at most, in this life and those before.
    #[must_use]
    pub fn longest_ms(&self) -> i64 {
        self.longest_ms
    }

    /// When the horizon may come down, if nothing is granted until then; none if it stands where it has to.
    #[must_use]
    pub fn lowers_at(&self) -> Option<Timestamp> {
        (self.last_end < self.horizon).then(|| self.last_grant.plus_millis(QUIET_MS))
    }

    /// Nothing has been granted for a while: the horizon comes down to where the last lease ends that was ever granted,
    /// so that nobody has to wait for more after memory is lost. Returns it where it has to be written down.
    pub fn lower(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.lowers_at().filter(|at| *at <= now)?;
        self.horizon = self.last_end;
        Some(self.horizon)
    }

    /// Until when leases may run that were granted before memory was lost.
    #[must_use]
    pub fn inherited(&self) -> Timestamp {
        self.inherited
    }

    /// What leases say changes: those that are out are former ones from here on.
    pub fn change(&mut self, now: Timestamp) {
        self.former.retain(|_, end| *end > now);
        for (holder, end) in std::mem::take(&mut self.ends) {
            let known = self.former.entry(holder).or_insert(end);
            *known = end.max(*known);
        }
    }

    /// What leases of one holder say changes.
    pub fn change_of(&mut self, holder: &K, now: Timestamp) {
        self.former.retain(|_, end| *end > now);
        if let Some((holder, end)) = self.ends.remove_entry(holder) {
            let known = self.former.entry(holder).or_insert(end);
            *known = end.max(*known);
        }
    }

    /// When the last lease ends that `holder` may have on anything.
    #[must_use]
    pub fn end(&self, holder: &K) -> Timestamp {
        self.ends.get(holder).copied().unwrap_or(Timestamp::MIN).max(self.former_end(holder))
    }

    /// When the last lease ends that anybody may have on what was said before the last change.
    #[must_use]
    pub fn last_former_end(&self) -> Timestamp {
        self.former.values().copied().max().unwrap_or(Timestamp::MIN).max(self.inherited)
    }

    /// When the last lease ends that `holder` may have on what was said before the last change.
    #[must_use]
    pub fn former_end(&self, holder: &K) -> Timestamp {
        self.former.get(holder).copied().unwrap_or(Timestamp::MIN).max(self.inherited)
    }

    /// Those who may still hold a former lease that was granted in this life.
    pub fn former_holders(&self, now: Timestamp) -> impl Iterator<Item = &K> {
        self.former.iter().filter(move |(_, end)| **end > now).map(|(holder, _)| holder)
    }
}
