//! The object of one session, as far as it costs something: requests, rows, and until when a change would have to wait.

use crate::protocol::{HORIZON_STEP_MS, POLICY_MS};

/// Usage is written down at most once in this time.
pub(crate) const FLUSH_MS: u32 = 10_000;
const NEVER: u32 = u32::MAX;

/// What has been counted of one object since it was to be counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counted {
    /// Requests of isolates.
    pub(crate) asks: f64,
    /// Its own requests to the object of its organization.
    pub(crate) policies: f64,
    /// Calls of its alarm, each of which was set by a row.
    pub(crate) alarms: f64,
    /// Rows of usage: one for each key with anything new, and one of the session.
    pub(crate) usage_rows: f64,
    /// Times at which rows of usage were written.
    pub(crate) flushes: f64,
    pub(crate) horizon_rows: f64,
}

/// The object of one session.
pub(crate) struct Authority<'a> {
    /// Verifications a second of each key, where only a sample of them is seen; else empty.
    rates: &'a [f64],
    counts_from: u32,
    asked: Vec<u32>,
    /// The flush in which a key was last met.
    met: Vec<u32>,
    pending: u32,
    flush: u32,
    flushed_at: u32,
    alarm_at: u32,
    horizon: u32,
    policy_until: u32,
    /// When the last lease on each key ends.
    ends: Vec<u32>,
    /// Requests in each second.
    pub(crate) seconds: Vec<f64>,
    pub(crate) counted: Counted,
}

impl<'a> Authority<'a> {
    pub(crate) fn new(keys: usize, rates: &'a [f64], counts_from: u32, ends_at: u32) -> Self {
        Self {
            rates,
            counts_from,
            asked: vec![NEVER; keys],
            met: vec![NEVER; keys],
            pending: 0,
            flush: 0,
            flushed_at: 0,
            alarm_at: NEVER,
            horizon: 0,
            policy_until: 0,
            ends: vec![0; keys],
            seconds: vec![0.0; (ends_at.saturating_sub(counts_from) / 1_000) as usize + 1],
            counted: Counted::default(),
        }
    }

    /// A request of an isolate that stands for `weight` of them.
    pub(crate) fn ask(&mut self, weight: f64, now: u32) {
        if now >= self.policy_until {
            self.policy_until = now + POLICY_MS;
            self.count(now, |counted| counted.policies += 1.0);
        }
        self.count(now, |counted| counted.asks += weight);
        if let Some(second) = now.checked_sub(self.counts_from)
            && let Some(requests) = self.seconds.get_mut((second / 1_000) as usize)
        {
            *requests += weight;
        }
    }

    /// How long ago the key was asked for before now.
    pub(crate) fn since_ms(&mut self, key: usize, now: u32) -> f64 {
        let before = std::mem::replace(&mut self.asked[key], now);
        if before == NEVER { f64::INFINITY } else { f64::from(now.saturating_sub(before)) }
    }

    /// A lease on a key is given that ends so long after now.
    pub(crate) fn grant(&mut self, key: usize, end_ms: u32, is_lease: bool, now: u32) {
        let end = now + end_ms;
        self.ends[key] = self.ends[key].max(end);
        if is_lease && end > self.horizon {
            self.horizon = end + HORIZON_STEP_MS;
            self.count(now, |counted| counted.horizon_rows += 1.0);
        }
    }

    /// How long a change of this key that comes now would take until nobody decides by what was before.
    pub(crate) fn wait_ms(&self, key: usize, now: u32) -> u32 {
        self.ends[key].saturating_sub(now)
    }

    /// It has become known that keys were used.
    pub(crate) fn used(&mut self, keys: &[u32], now: u32) {
        self.wake(now);
        for key in keys {
            let met = &mut self.met[*key as usize];
            if *met != self.flush {
                *met = self.flush;
                self.pending += 1;
            }
        }
        if now.saturating_sub(self.flushed_at) >= FLUSH_MS || self.flush == 0 {
            self.write(now);
        } else if self.alarm_at == NEVER {
            self.alarm_at = self.flushed_at + FLUSH_MS;
        }
    }

    /// Lets an alarm go off whose time has come.
    pub(crate) fn wake(&mut self, now: u32) {
        if self.alarm_at <= now {
            let at = std::mem::replace(&mut self.alarm_at, NEVER);
            self.count(at, |counted| counted.alarms += 1.0);
            self.write(at);
        }
    }

    fn write(&mut self, now: u32) {
        let since = f64::from(now.saturating_sub(self.flushed_at)) / 1_000.0;
        let keys = if self.rates.is_empty() { f64::from(self.pending) } else { expected_keys(self.rates, since) };
        self.count(now, |counted| {
            counted.flushes += 1.0;
            counted.usage_rows += keys + 1.0;
        });
        (self.pending, self.flushed_at, self.flush) = (0, now, self.flush + 1);
    }

    fn count(&mut self, at: u32, add: impl FnOnce(&mut Counted)) {
        if at >= self.counts_from {
            add(&mut self.counted);
        }
    }
}

/// How many keys are used at least once in so many seconds, if they are used at these rates without memory.
pub(crate) fn expected_keys(rates: &[f64], seconds: f64) -> f64 {
    rates.iter().map(|rate| 1.0 - (-rate * seconds).exp()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn a_quiet_object_writes_at_once_and_a_busy_one_every_ten_seconds() {
        let mut quiet = Authority::new(2, &[], 0, 600_000);
        (0..10).for_each(|minute| quiet.used(&[0], minute * 60_000));
        assert_eq!((quiet.counted.flushes, quiet.counted.usage_rows, quiet.counted.alarms), (10.0, 20.0, 0.0));
        let mut busy = Authority::new(2, &[], 0, 600_000);
        (0..6_000).for_each(|tenth| busy.used(&[tenth % 2], tenth * 100));
        let counted = &busy.counted;
        assert_eq!((counted.flushes, counted.alarms), (60.0, 59.0), "{counted:?}");
        assert_eq!(counted.usage_rows, 1.0 + 1.0 + 59.0 * 3.0, "two keys and the session");
    }

    #[test]
    fn the_keys_of_a_sample_are_expected_and_not_counted() {
        let rates = [0.05, 0.2, 3.0];
        let mut chance = Chance::new(1, 1);
        let mut seen = 0.0;
        for _ in 0..20_000 {
            seen += rates.iter().filter(|rate| chance.gap(**rate) < 10.0).count() as f64;
        }
        assert!((seen / 20_000.0 - expected_keys(&rates, 10.0)).abs() < 0.02);
    }

    #[test]
    fn the_horizon_is_written_about_once_a_minute_and_the_policy_asked_for_as_often() {
        let mut object = Authority::new(1, &[], 0, 600_000);
        for second in 0..600 {
            object.ask(2.0, second * 1_000);
            object.grant(0, 5_255, true, second * 1_000);
        }
        assert!((9.0..=11.0).contains(&object.counted.horizon_rows), "{:?}", object.counted);
        assert_eq!((object.counted.policies, object.counted.asks), (10.0, 1_200.0));
        assert_eq!(object.seconds[..600], [2.0; 600]);
        assert_eq!((object.wait_ms(0, 599_000), object.wait_ms(0, 700_000)), (5_255, 0));
    }

    #[test]
    fn nothing_counts_before_it_is_to_be_counted() {
        let mut object = Authority::new(1, &[], 60_000, 120_000);
        object.ask(1.0, 59_999);
        object.used(&[0], 59_999);
        assert_eq!(object.counted, Counted::default());
    }
}
