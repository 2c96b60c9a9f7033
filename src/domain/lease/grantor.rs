//! The authority's side of leases on its keys: who gets one, for how long, and until when a change has to wait.
//!
//! A lease costs something, too: a change has to wait for its end, and somebody has to remember it. So only a key that
//! is asked for again soon gets one, and it lasts as long as it takes to keep renewals from becoming a load.

use std::collections::BTreeMap;
use std::hash::Hash;

use lru::LruCache;

use super::Granted;
use super::grant::IsolateId;
use crate::domain::consistency::Consistency;
use crate::domain::timestamp::Timestamp;

/// A key that is asked for again within this time (ms) gets a lease.
pub const AGAIN_WITHIN_MS: i64 = 5_000;
/// A lease lasts at least so long (ms), if the session allows it.
pub const TTL_MS_MIN: i64 = 2_000;
/// How many renewals a second one authority should get.
pub const RENEWALS_PER_SECOND: i64 = 150;
/// A lease whose use would be shorter (ms) is not given.
const SHORTEST_MS: i64 = 20;
/// How many keys it remembers to have been asked for.
const REMEMBERED: usize = 4_096;
/// How long (ms) an isolate counts as being there after it has asked.
const PRESENT_MS: i64 = 15_000;
/// How often (ms) those that are gone are taken out.
const COUNT_MS: i64 = 1_000;
/// How many isolates are counted.
const ISOLATES_MAX: usize = 8_192;

/// The leases on the keys of one authority.
pub struct Grantor<K: Ord + Hash + Eq> {
    granted: Granted<K>,
    asked: LruCache<K, Timestamp>,
    isolates: BTreeMap<IsolateId, Timestamp>,
    /// When those that are gone were last taken out.
    counted_at: Timestamp,
}

impl<K: Ord + Hash + Eq + Clone> Grantor<K> {
    /// After a start: all that is known is the horizon and the longest lease (ms); see `Granted`.
    #[must_use]
    pub fn restore(horizon: Timestamp, longest_ms: i64, now: Timestamp) -> Self {
        let granted = Granted::restore(horizon, longest_ms, now);
        Self { granted, asked: LruCache::unbounded(), isolates: BTreeMap::new(), counted_at: Timestamp::MIN }
    }

    /// How long (ms) a lease has lasted at most, to be written down with the horizon.
    #[must_use]
    pub fn longest_ms(&self) -> i64 {
        self.granted.longest_ms()
    }

    /// A key is asked for. Tells whether it was asked for a short while ago already.
    pub fn is_asked_again(&mut self, key: &K, now: Timestamp) -> bool {
        if self.asked.len() >= REMEMBERED && !self.asked.contains(key) {
            self.asked.pop_lru();
        }
        let before = self.asked.push(key.clone(), now);
        before.is_some_and(|(_, before)| now.millis_since(before) <= AGAIN_WITHIN_MS)
    }

    /// Whether it would count as asked for again now. Notes nothing.
    #[must_use]
    pub fn is_expected(&self, key: &K, now: Timestamp) -> bool {
        self.asked.peek(key).is_some_and(|before| now.millis_since(*before) <= AGAIN_WITHIN_MS)
    }

    /// How long (ms) a lease to this isolate lasts; none if there is to be none. `rest_ms` is how long the authority
    /// itself may go on: a lease never outlives the one that it is drawn from.
    pub fn ttl_ms(
        &mut self,
        isolate: IsolateId,
        consistency: &Consistency,
        rest_ms: i64,
        now: Timestamp,
    ) -> Option<i64> {
        self.isolates.insert(isolate, now);
        if !(0..COUNT_MS).contains(&now.millis_since(self.counted_at)) {
            self.isolates.retain(|_, seen| now.millis_since(*seen) < PRESENT_MS);
            self.counted_at = now;
        }
        if self.isolates.len() > ISOLATES_MAX {
            self.isolates.pop_first();
        }
        if consistency.is_strict() {
            return None;
        }
        let ttl = ttl_for(self.isolates.len(), consistency).min(rest_ms.saturating_sub(consistency.stale_ms()));
        (ttl.saturating_sub(super::margin_ms(ttl)) >= SHORTEST_MS).then_some(ttl)
    }

    /// Grants a lease on a key that ends `ttl_ms` from now at the latest. Returns the new horizon where it has to be
    /// written down before the lease leaves.
    pub fn grant(&mut self, key: &K, ttl_ms: i64, now: Timestamp) -> Option<Timestamp> {
        self.granted.grant(key.clone(), ttl_ms, now)
    }

    /// When the horizon may come down; see `Granted`.
    #[must_use]
    pub fn lowers_at(&self) -> Option<Timestamp> {
        self.granted.lowers_at()
    }

    /// Brings the horizon down where it is quiet. Returns it where it has to be written down.
    pub fn lower(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.granted.lower(now)
    }

    /// When the last lease on this key ends, whatever it says.
    #[must_use]
    pub fn end(&self, key: &K) -> Timestamp {
        self.granted.end(key)
    }

    /// The decision on a key becomes narrower.
    pub fn tighten(&mut self, key: &K, now: Timestamp) {
        self.granted.change_of(key, now);
    }

    /// The decision on every key becomes narrower.
    pub fn tighten_all(&mut self, now: Timestamp) {
        self.granted.change(now);
    }

    /// How long (ms) it takes until nobody decides on this key by what was before.
    #[must_use]
    pub fn fence_ms(&self, key: &K, now: Timestamp) -> u64 {
        rest(self.granted.former_end(key), now)
    }

    /// The same for all keys.
    #[must_use]
    pub fn fence_all_ms(&self, now: Timestamp) -> u64 {
        rest(self.granted.last_former_end(), now)
    }

    /// Whether a key has become narrower in this life, and somebody may not know it yet.
    #[must_use]
    pub fn is_fenced(&self, key: &K, now: Timestamp) -> bool {
        self.granted.former_holders(now).any(|holder| holder == key)
    }
}

/// How long (ms) leases last where so many isolates hold them.
#[must_use]
pub fn ttl_for(isolates: usize, consistency: &Consistency) -> i64 {
    let isolates = i64::try_from(isolates).unwrap_or(i64::MAX);
    let needed = isolates.saturating_mul(1_000) / RENEWALS_PER_SECOND;
    needed.max(TTL_MS_MIN).min(consistency.ttl_ms.into())
}

fn rest(end: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(end.millis_since(now)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::consistency::Mode;
    use crate::domain::lease::margin_ms;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    fn grantor() -> Grantor<&'static str> {
        Grantor::restore(Timestamp::MIN, 0, Timestamp::MIN)
    }

    #[test]
    fn only_a_key_that_is_asked_for_again_is_worth_a_lease() {
        let mut grantor = grantor();
        assert!(!grantor.is_asked_again(&"a", at(0)));
        assert!(grantor.is_asked_again(&"a", at(5_000)));
        assert!(!grantor.is_asked_again(&"b", at(5_000)));
        assert!(!grantor.is_asked_again(&"a", at(10_001)));
    }

    #[test]
    fn who_is_forgotten_for_want_of_room_lends_nobody_his_time() {
        let mut grantor = Grantor::<usize>::restore(Timestamp::MIN, 0, Timestamp::MIN);
        assert!((0..2 * REMEMBERED).all(|key| !grantor.is_asked_again(&key, at(0))));
        assert!(!grantor.is_asked_again(&(REMEMBERED / 2), at(0)), "forgotten");
        assert!(grantor.is_asked_again(&(2 * REMEMBERED - 1), at(0)));
    }

    #[test]
    fn leases_get_longer_with_the_number_of_isolates_up_to_what_the_session_allows() {
        let standard = Consistency::default();
        assert_eq!([1, 300, 600, 750, 9_000].map(|n| ttl_for(n, &standard)), [2_000, 2_000, 4_000, 5_000, 5_000]);
        assert_eq!(ttl_for(1, &Consistency { ttl_ms: 700, ..standard }), 700);
    }

    #[test]
    fn an_isolate_is_present_for_a_while_after_it_has_asked() {
        let (mut grantor, standard) = (grantor(), Consistency::default());
        for isolate in 0..750 {
            grantor.ttl_ms(IsolateId(isolate), &standard, 60_000, at(0));
        }
        let mut ttl = |ms: i64| grantor.ttl_ms(IsolateId(0), &standard, 60_000, at(ms));
        assert_eq!([2_000, PRESENT_MS - COUNT_MS].map(&mut ttl), [Some(5_000), Some(5_000)]);
        assert_eq!(ttl(PRESENT_MS), Some(2_000));
    }

    #[test]
    fn a_lease_never_outlives_the_one_it_is_drawn_from() {
        let mut grantor = grantor();
        let (isolate, standard) = (IsolateId(1), Consistency::default());
        assert_eq!(grantor.ttl_ms(isolate, &standard, 60_000, at(0)), Some(2_000));
        assert_eq!(grantor.ttl_ms(isolate, &standard, 1_500, at(0)), Some(1_500));
        assert_eq!(grantor.ttl_ms(isolate, &standard, 250, at(0)), None);
        let stale = Consistency { stale_seconds: 30, ..standard };
        assert_eq!(grantor.ttl_ms(isolate, &stale, 31_000, at(0)), Some(1_000), "nor does its stale part");
        let strict = Consistency { mode: Mode::Strict, ..standard };
        assert_eq!(grantor.ttl_ms(isolate, &strict, 60_000, at(0)), None);
    }

    #[test]
    fn a_change_waits_for_the_leases_on_its_key_and_for_no_others() {
        let mut grantor = grantor();
        grantor.grant(&"a", 2_000, at(0));
        grantor.grant(&"b", 5_000, at(0));
        grantor.tighten(&"a", at(100));
        grantor.tighten(&"idle", at(100));
        let wait = u64::try_from(2_000 + margin_ms(2_000) - 100).unwrap();
        assert_eq!((grantor.fence_ms(&"a", at(100)), grantor.fence_ms(&"idle", at(100))), (wait, 0));
        assert!(grantor.is_fenced(&"a", at(100)) && !grantor.is_fenced(&"b", at(100)));
        grantor.grant(&"a", 5_000, at(200));
        assert_eq!(grantor.fence_ms(&"a", at(200)), wait - 100, "what is granted now is the new decision");
        grantor.tighten_all(at(300));
        assert_eq!(grantor.fence_all_ms(at(300)), u64::try_from(5_000 + margin_ms(5_000) - 100).unwrap());
        assert_eq!(grantor.fence_all_ms(at(60_000)), 0);
    }

    #[test]
    fn where_it_is_quiet_the_horizon_comes_down_to_the_last_end_and_no_further() {
        let mut grantor = grantor();
        grantor.grant(&"a", 9_000, at(0));
        let raised = grantor.grant(&"b", 2_000, at(1_000));
        assert_eq!((raised, grantor.lowers_at(), grantor.lower(at(5_999))), (None, Some(at(6_000)), None));
        let end = at(9_000 + margin_ms(9_000));
        assert_eq!((grantor.lower(at(6_000)), grantor.lowers_at()), (Some(end), None));
        grantor.grant(&"c", 60_000, at(7_000));
        grantor.tighten_all(at(7_000));
        assert_eq!(grantor.lower(at(90_000)), Some(at(67_000 + margin_ms(60_000))), "also of what is over, or former");
        let mut after = Grantor::restore(at(500_000), 60_000, at(0));
        after.grant(&"a", 2_000, at(0));
        assert_eq!(after.lowers_at(), None, "what was inherited stands");
        after.grant(&"a", 60_000, at(450_000));
        assert_eq!(after.lower(at(460_000)), Some(at(510_000 + margin_ms(60_000))));
    }

    #[test]
    fn after_a_restart_every_change_waits_for_the_horizon_or_the_longest_lease() {
        let mut before = grantor();
        let horizon = before.grant(&"a", 2_000, at(0)).unwrap();
        let after = Grantor::<&str>::restore(horizon, before.longest_ms(), at(1_000));
        let longest = u64::try_from(2_000 + margin_ms(2_000)).unwrap();
        assert_eq!(after.fence_ms(&"b", at(1_000)), longest, "and for no more than the longest lease from here");
        let late = Grantor::<&str>::restore(horizon, before.longest_ms(), at(61_000));
        assert!(late.fence_ms(&"b", at(61_000)) < longest);
        assert_eq!(before.grant(&"a", 2_000, at(100)), None);
        assert_eq!(before.grant(&"a", 2_001, at(100)), Some(horizon), "a longer one is written down");
    }
}
