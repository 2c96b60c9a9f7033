//! Leases: a promise that what was said holds for a time, and the knowledge of who may still rely on it
//! (Gray & Cheriton, "Leases", 1989).
//!
//! The holder counts from the moment it *asked*, by its own clock; the grantor from the moment it answered, by its own.
//! Only durations are compared. Clocks may differ in speed and step within `margin_ms`, which holders take off and
//! grantors add.

use std::collections::BTreeMap;

use super::timestamp::Timestamp;

/// How far (ms) the end of a lease may be off: 250 ms, and 0.1 % of its length.
#[must_use]
pub fn margin_ms(ttl_ms: i64) -> i64 {
    250_i64.saturating_add(ttl_ms / 1_000)
}

/// A lease in the hands of its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What it says is of this version, or a later one.
    version: i64,
    until: Timestamp,
    /// The latest moment at which the clock was looked at.
    seen: Timestamp,
}

impl Held {
    /// A lease that was asked for at `asked_at` and has come at `now`; none if its time is over already, or if the
    /// clock has gone backwards meanwhile.
    #[must_use]
    pub fn new(version: i64, asked_at: Timestamp, ttl_ms: i64, now: Timestamp) -> Option<Self> {
        let until = asked_at.plus_millis(ttl_ms.saturating_sub(margin_ms(ttl_ms)));
        (asked_at <= now && now < until).then_some(Self { version, until, seen: now })
    }

    /// Whether it holds at `now` for somebody who has what it says in `version`. A clock that runs backwards ends it
    /// for good: nobody knows how much time has passed.
    pub fn is_live(&mut self, version: i64, now: Timestamp) -> bool {
        if now < self.seen {
            self.until = Timestamp::MIN;
        }
        self.seen = self.seen.max(now);
        version >= self.version && now < self.until
    }
}

/// The leases that a grantor has given out. Their ends are in memory; one number, the horizon, is durable and stands
/// for them when memory is lost.
#[derive(Debug, Clone)]
pub struct Granted<K> {
    /// Until when leases of a former life may run: the horizon as it was found.
    inherited: Timestamp,
    horizon: Timestamp,
    ends: BTreeMap<K, Timestamp>,
    /// The ends of leases on what was said before the last change.
    former: BTreeMap<K, Timestamp>,
}

/// How far (ms) the horizon is raised beyond what is needed, so that it is written once a minute and not once a lease.
const HORIZON_STEP_MS: i64 = 60_000;
/// From how many ends on those that are over are swept out.
const SWEPT_FROM: usize = 256;

impl<K: Ord> Granted<K> {
    /// After a start: all that is known is the horizon.
    #[must_use]
    pub fn restore(horizon: Timestamp) -> Self {
        Self { inherited: horizon, horizon, ends: BTreeMap::new(), former: BTreeMap::new() }
    }

    /// Grants a lease of `ttl_ms` to `holder`. Returns the new horizon where it has to be written down before the lease
    /// leaves.
    pub fn grant(&mut self, holder: K, ttl_ms: i64, now: Timestamp) -> Option<Timestamp> {
        let end = now.plus_millis(ttl_ms.saturating_add(margin_ms(ttl_ms)));
        if self.ends.len() >= SWEPT_FROM && self.ends.len().is_power_of_two() {
            self.ends.retain(|_, end| *end > now);
        }
        let known = self.ends.entry(holder).or_insert(end);
        *known = end.max(*known);
        if end <= self.horizon {
            return None;
        }
        self.horizon = end.plus_millis(HORIZON_STEP_MS);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TTL: i64 = 60_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn a_lease_counts_from_the_question_and_ends_before_the_grantor_stops_waiting() {
        let mut held = Held::new(1, at(0), TTL, at(40)).unwrap();
        let margin = margin_ms(TTL);
        assert!(held.is_live(1, at(TTL - margin - 1)));
        assert!(!held.is_live(1, at(TTL - margin)));
        let mut granted = Granted::restore(Timestamp::MIN);
        granted.grant("s", TTL, at(20));
        granted.change(at(30));
        assert_eq!(granted.former_end(&"s"), at(20 + TTL + margin));
    }

    #[test]
    fn a_lease_on_what_is_said_now_holds_nobody_back() {
        let mut granted = Granted::restore(Timestamp::MIN);
        granted.grant("s", TTL, at(0));
        granted.change(at(1_000));
        let end = granted.former_end(&"s");
        granted.grant("s", TTL, at(30_000));
        assert_eq!(granted.former_end(&"s"), end, "it was granted after the change");
        granted.change(at(31_000));
        assert!(granted.former_end(&"s") > end, "and there was another change");
        assert_eq!(granted.former_holders(at(31_000)).collect::<Vec<_>>(), [&"s"]);
        assert_eq!(granted.former_holders(at(200_000)).count(), 0);
    }

    #[test]
    fn an_answer_that_comes_too_late_or_before_it_was_asked_for_grants_nothing() {
        assert_eq!(Held::new(1, at(0), TTL, at(TTL)), None);
        assert_eq!(Held::new(1, at(10), TTL, at(9)), None);
    }

    #[test]
    fn a_clock_that_runs_backwards_ends_a_lease_for_good() {
        let mut held = Held::new(1, at(0), TTL, at(100)).unwrap();
        assert!(held.is_live(1, at(100)));
        assert!(!held.is_live(1, at(99)));
        assert!(!held.is_live(1, at(101)), "also once it has caught up");
    }

    #[test]
    fn a_lease_is_worth_nothing_to_somebody_who_has_lost_what_it_says() {
        let mut held = Held::new(7, at(0), TTL, at(0)).unwrap();
        assert!(held.is_live(7, at(1)) && held.is_live(8, at(1)));
        assert!(!held.is_live(6, at(1)));
    }

    #[test]
    fn the_horizon_is_written_about_once_a_minute_and_stands_for_what_was_forgotten() {
        let mut granted = Granted::restore(Timestamp::MIN);
        let written = (0..600).filter_map(|second| granted.grant("s", TTL, at(second * 1_000))).collect::<Vec<_>>();
        assert!((8..=11).contains(&written.len()), "{} rows in ten minutes", written.len());
        let after = Granted::<&str>::restore(*written.last().unwrap());
        granted.change(at(600_000));
        assert!(after.former_end(&"s") >= granted.former_end(&"s"));
        assert!(after.former_end(&"nobody") >= granted.former_end(&"s"), "nobody knows who had one");
    }

    #[test]
    fn what_is_over_is_swept_out() {
        let mut granted = Granted::restore(Timestamp::MIN);
        for number in 0..10_000_i64 {
            granted.grant(number, TTL, at(number * 1_000));
        }
        assert!(granted.ends.len() <= 2 * SWEPT_FROM, "{} ends", granted.ends.len());
        assert!(granted.ends.contains_key(&9_999));
    }

    proptest! {
        /// Whatever the delays, drifts and restarts: while a holder relies on a lease, its grantor knows of it.
        #[test]
        fn nobody_relies_on_a_lease_that_its_grantor_believes_to_be_over(
            there in 0_i64..5_000, back in 0_i64..5_000, offset in -1_000_000_i64..1_000_000,
            drift in -900_i64..=900, elapsed in 0_i64..70_000, restarts in any::<bool>(),
        ) {
            // The holder's clock: another zero, and up to 0.09 % faster or slower.
            let holder = |real: i64| at(5_000_000 + offset + real + real * drift / 1_000_000);
            let mut granted = Granted::restore(Timestamp::MIN);
            let written = granted.grant("s", TTL, at(there)).unwrap();
            if restarts {
                granted = Granted::restore(written);
            }
            granted.change(at(there));
            if let Some(mut held) = Held::new(1, holder(0), TTL, holder(there + back)) {
                let now = there + back + elapsed;
                if held.is_live(1, holder(now)) {
                    prop_assert!(granted.former_end(&"s") > at(now));
                }
            }
        }
    }
}
