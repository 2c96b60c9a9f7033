//! One session under one design, event by event: arrivals without memory at its isolates, leases, renewals, reports.
//!
//! An isolate knows nothing of another; they meet at the object, in the order of time. Where a session has too much
//! traffic to follow all of it, only some isolates of each location are, each with all of its own traffic, and their
//! requests count as often as they stand for others. What happens inside an isolate is exact then, too.

use crate::authority::{Authority, Counted};
use crate::chance::Chance;
use crate::protocol::{Entry, Memory, PRESENT_MS, REPORT_WITHIN_MS};
use crate::world::{Arrivals, Place, Session};

const NEVER: u32 = u32::MAX;

/// When to watch.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    /// Isolates appear until then (ms), so that they are not in step.
    pub(crate) appear: u32,
    /// Nothing counts before.
    pub(crate) from: u32,
    pub(crate) until: u32,
    pub(crate) seed: u64,
}

/// What was seen of one session, a second.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Verifications that were followed, for the record of how large the sample is.
    pub(crate) followed: u64,
    pub(crate) verifications: f64,
    /// Decided without asking.
    pub(crate) hot: f64,
    /// Of those that had to ask, those that could also have been answered by KV.
    pub(crate) cold: f64,
    /// Of those that had to ask, those that spent a single token.
    pub(crate) single: f64,
    pub(crate) renewals: f64,
    pub(crate) reports: f64,
    pub(crate) object: Counted,
    /// The requests of the busiest second in a hundred.
    pub(crate) busy_second: f64,
    /// What changes of keys would have waited for (ms), each with the traffic that it stands for.
    pub(crate) waits: Vec<(f64, f64)>,
}

struct Isolate {
    born: u32,
    /// Until when a renewal is under way.
    renewing: u32,
    report_at: u32,
    asked_at: u32,
    used: Vec<u32>,
}

/// Follows a session. `places` are the isolates to follow, as `World::places_of` gives them.
pub(crate) fn follow(session: &Session, places: &[Place], memory: Memory, watch: Watch) -> Seen {
    Run::new(session, places, memory, watch).follow()
}

struct Run<'a> {
    session: &'a Session,
    places: &'a [Place],
    memory: Memory,
    watch: Watch,
    chance: Chance,
    isolates: Vec<Isolate>,
    entries: Vec<Entry>,
    object: Authority<'a>,
    ttl_ms: u32,
    /// How many isolates stand behind one that is followed, on average.
    one_in: f64,
    seen: Seen,
}

impl<'a> Run<'a> {
    fn new(session: &'a Session, places: &'a [Place], memory: Memory, watch: Watch) -> Self {
        let mut chance = Chance::new(watch.seed, session.number + 1);
        let keys = session.keys.len();
        let isolates = places
            .iter()
            .map(|_| Isolate {
                born: (chance.part() * f64::from(watch.appear)) as u32,
                renewing: 0,
                report_at: NEVER,
                asked_at: NEVER,
                used: Vec::new(),
            })
            .collect();
        let followed: f64 = places.iter().map(|place| place.rate).sum();
        let one_in = session.rate / followed;
        let rates: &[f64] = if one_in > 1.0 + 1e-9 { &session.keys } else { &[] };
        Self {
            session,
            places,
            memory,
            watch,
            chance,
            isolates,
            entries: vec![Entry::default(); keys * places.len()],
            object: Authority::new(keys, rates, watch.from, watch.until),
            ttl_ms: memory.ttl_ms(1.0),
            one_in,
            seen: Seen::default(),
        }
    }

    fn follow(mut self) -> Seen {
        let arrivals = Arrivals::new(self.session, self.places);
        let rate = self.session.rate / self.one_in / 1_000.0;
        let mut clock = 0.0;
        let mut next_look = 0;
        loop {
            clock += self.chance.gap(rate);
            let is_over = clock >= f64::from(self.watch.until);
            let now = if is_over { self.watch.until } else { clock as u32 };
            while next_look <= now {
                self.look(next_look, &arrivals);
                next_look += 1_000;
            }
            if is_over {
                break;
            }
            let (isolate, key) = arrivals.next(&mut self.chance);
            if self.isolates[isolate].born <= now {
                self.verify(isolate, key, now);
            }
        }
        self.end()
    }

    /// Once a second: how many isolates are there, and what a change would wait for.
    fn look(&mut self, now: u32, arrivals: &Arrivals) {
        let is_there =
            |isolate: &Isolate| isolate.asked_at != NEVER && now.saturating_sub(isolate.asked_at) < PRESENT_MS;
        let there = self.isolates.iter().zip(self.places).filter(|(isolate, _)| is_there(isolate));
        self.ttl_ms = self.memory.ttl_ms(there.map(|(_, place)| place.weight).sum::<f64>().max(1.0));
        if now >= self.watch.from {
            let key = arrivals.key(&mut self.chance);
            self.seen.waits.push((self.object.wait_ms(key, now).into(), 1.0));
        }
        self.object.wake(now);
    }

    fn verify(&mut self, isolate: usize, key: usize, now: u32) {
        let weight = self.places[isolate].weight;
        self.seen.followed += 1;
        self.tally(now, |seen| seen.verifications += weight);
        if self.isolates[isolate].report_at <= now {
            let at = self.isolates[isolate].report_at;
            self.tally(at, |seen| seen.reports += weight);
            self.report(isolate, at);
        }
        let place = isolate * self.session.keys.len() + key;
        let is_single = self.session.limited[key] && self.memory.is_lease();
        if is_single || !self.entries[place].is_live(now) {
            self.hop(isolate, key, place, is_single, now);
            return;
        }
        self.tally(now, |seen| seen.hot += weight);
        if !self.memory.is_lease() {
            return;
        }
        if !self.entries[place].is_used {
            self.entries[place].is_used = true;
            self.isolates[isolate].used.push(key as u32);
        }
        let holder = &mut self.isolates[isolate];
        holder.report_at = holder.report_at.min(now + REPORT_WITHIN_MS);
        if self.entries[place].is_due(now) && holder.renewing <= now {
            self.renew(isolate, now);
        }
    }

    /// A verification waits for the object. It is given a lease if the key is worth it.
    fn hop(&mut self, isolate: usize, key: usize, place: usize, is_single: bool, now: u32) {
        let Place { weight, round_trip, .. } = self.places[isolate];
        let is_cold = !is_single || !self.entries[place].is_known;
        self.entries[place].is_known = true;
        self.tally(now, |seen| {
            seen.cold += if is_cold { weight } else { 0.0 };
            seen.single += if is_single { weight } else { 0.0 };
        });
        self.isolates[isolate].asked_at = now;
        self.object.ask(weight, now);
        self.object.used(&[key as u32], now);
        // Of a sample, questions for one key come as much rarer as there are isolates that nobody follows.
        let since = self.object.since_ms(key, now) / self.one_in;
        if !is_single
            && self.memory.is_worth_it(since)
            && let Some(use_ms) = self.memory.use_ms(self.ttl_ms)
        {
            self.object.grant(key, self.memory.end_ms(self.ttl_ms), self.memory.is_lease(), now);
            self.entries[place].expect(now, now + round_trip, use_ms);
            self.hand_out(isolate, now, round_trip, use_ms);
        }
    }

    /// What is not built: with each answer come leases on the busiest keys of the session, asked for or not.
    fn hand_out(&mut self, isolate: usize, now: u32, round_trip: u32, use_ms: u32) {
        let keys = self.session.keys.len();
        let end_ms = self.memory.end_ms(self.ttl_ms);
        for key in 0..self.memory.handed_out().min(keys) {
            if !self.session.limited[key] {
                self.object.grant(key, end_ms, true, now);
                self.entries[isolate * keys + key].expect(now, now + round_trip, use_ms);
            }
        }
    }

    /// One request, in the background, for all keys that were used since the last one.
    fn renew(&mut self, isolate: usize, now: u32) {
        let Place { weight, round_trip, .. } = self.places[isolate];
        self.tally(now, |seen| seen.renewals += weight);
        let Some(use_ms) = self.memory.use_ms(self.ttl_ms) else { return };
        let end_ms = self.memory.end_ms(self.ttl_ms);
        for index in 0..self.isolates[isolate].used.len() {
            let key = self.isolates[isolate].used[index] as usize;
            // What is asked for again may be asked for by anybody.
            self.object.since_ms(key, now);
            self.object.grant(key, end_ms, true, now);
            self.entries[isolate * self.session.keys.len() + key].expect(now, now + round_trip, use_ms);
        }
        self.hand_out(isolate, now, round_trip, use_ms);
        self.isolates[isolate].renewing = now + round_trip;
        self.report(isolate, now);
    }

    /// The object hears of what was decided without it.
    fn report(&mut self, isolate: usize, at: u32) {
        let holder = &mut self.isolates[isolate];
        (holder.asked_at, holder.report_at) = (at, NEVER);
        self.object.ask(self.places[isolate].weight, at);
        self.object.used(&holder.used, at);
        for key in holder.used.drain(..) {
            self.entries[isolate * self.session.keys.len() + key as usize].is_used = false;
        }
    }

    fn tally(&mut self, at: u32, add: impl FnOnce(&mut Seen)) {
        if at >= self.watch.from && at < self.watch.until {
            add(&mut self.seen);
        }
    }

    fn end(mut self) -> Seen {
        for isolate in 0..self.isolates.len() {
            let at = self.isolates[isolate].report_at;
            if at < self.watch.until {
                let weight = self.places[isolate].weight;
                self.tally(at, |seen| seen.reports += weight);
                self.report(isolate, at);
            }
        }
        let seconds = f64::from(self.watch.until - self.watch.from) / 1_000.0;
        let mut each: Vec<(f64, f64)> = self.object.seconds.iter().map(|asks| (*asks, 1.0)).collect();
        each.pop();
        let mean = self.object.counted.asks / seconds;
        // The sample fluctuates more than the whole by the root of what it stands for.
        let above = crate::chance::percentile(&mut each, 0.99) - mean;
        let mut seen = self.seen;
        seen.busy_second = mean + above / self.one_in.sqrt();
        for number in [
            &mut seen.verifications,
            &mut seen.hot,
            &mut seen.cold,
            &mut seen.single,
            &mut seen.renewals,
            &mut seen.reports,
        ] {
            *number /= seconds;
        }
        let counted = &self.object.counted;
        seen.object = Counted {
            asks: mean,
            policies: counted.policies / seconds,
            alarms: counted.alarms / seconds,
            usage_rows: counted.usage_rows / seconds,
            flushes: counted.flushes / seconds,
            horizon_rows: counted.horizon_rows / seconds,
        };
        let weight = self.session.rate / (seen.waits.len().max(1) as f64);
        seen.waits.iter_mut().for_each(|wait| wait.1 = weight);
        seen
    }
}
