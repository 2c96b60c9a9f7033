//! The designs that are compared: what each asks whom for, what that uses, and how long a revoked key lives on.

use std::sync::Arc;

use crate::authority::expected_keys;
use crate::chance::percentile;
use crate::prices::Use;
use crate::protocol::{Memory, TTL_MS_DEFAULT};
use crate::run::{Seen, Watch, follow};
use crate::world::{Session, Traffic, World};

/// What an object bears, by its platform's documentation (requests a second).
pub(crate) const SOFT_LIMIT: f64 = 1_000.0;
/// How long KV and the other cache remember.
pub(crate) const CACHE_MS: u32 = 60_000;
/// A session's traffic is followed in samples where there are more verifications than this to follow.
const FOLLOWED: f64 = 10_000.0;
/// How many verifications should be watched in all, which decides for how long a small load is.
const WATCHED: f64 = 1_000_000.0;
const SEED: u64 = 20_261_121;

/// Processor time of a Worker (ms): where nothing is asked, where KV is, and where an object is. Measured in workerd.
const CPU_HOT_MS: f64 = 0.15;
const CPU_KV_MS: f64 = 0.26;
const CPU_OBJECT_MS: f64 = 0.38;
/// For how long a request keeps an object active (s), and for how long a write that it confirms.
const ACTIVE_S: f64 = 0.002;
const WRITING_S: f64 = 0.012;
/// Rows for each key and minute in which it was used, beside those of a flush: the minute is gathered into its hour and
/// deleted; an hour is written, and deleted when its day has been gathered.
const ROLL_UP_ROWS: f64 = 1.0 + 2.0 / 60.0;
/// Rows for 1,000 verifications under an exact limit, by verifications a second: the table of docs/ARCHITECTURE.md.
const LIMIT_ROWS: [(f64, f64); 6] =
    [(1.0, 1_000.0), (2.0, 501.0), (5.0, 126.0), (10.0, 63.0), (100.0, 8.0), (1_000.0, 1.0)];

/// A way to verify keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Design {
    /// Latchkey's, with a session's maximum.
    Leased(u32),
    /// The same with leases that last exactly so long.
    LeasedFor(u32),
    /// The same as it is by default, and each answer brings leases on so many of the session's busiest keys: not built.
    HandingOut(usize),
    /// Each verification asks the object.
    ObjectAlways,
    /// Each verification reads KV, which has a cache of 60 s in each location.
    KvOnly,
    /// Each isolate remembers for 60 s what the object said.
    Cache,
}

impl Design {
    /// Those of the comparison.
    pub(crate) const ALL: [Self; 4] = [Self::Leased(TTL_MS_DEFAULT), Self::ObjectAlways, Self::Cache, Self::KvOnly];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Leased(_) | Self::LeasedFor(_) | Self::HandingOut(_) => "Latchkey, leased",
            Self::ObjectAlways => "object, always",
            Self::KvOnly => "KV only",
            Self::Cache => "cache of 60 s",
        }
    }

    fn memory(self) -> Memory {
        match self {
            Self::Leased(maximum) => Memory::Lease(maximum),
            Self::HandingOut(keys) => Memory::LeaseAnd(keys),
            Self::LeasedFor(ttl_ms) => Memory::LeaseOf(ttl_ms),
            Self::ObjectAlways => Memory::Nothing,
            Self::KvOnly | Self::Cache => Memory::Cache(CACHE_MS),
        }
    }

    /// Whether usage is counted and limits are kept.
    fn counts(self) -> bool {
        !matches!(self, Self::KvOnly | Self::Cache)
    }

    /// What a second of a session uses.
    fn used(self, seen: &Seen, session: &Session) -> Use {
        let hops = seen.verifications - seen.hot;
        let mut used = Use { verifications: seen.verifications, ..Use::default() };
        if self == Self::KvOnly {
            (used.cpu_ms, used.kv_reads) = (CPU_KV_MS * seen.verifications, seen.verifications);
            return used;
        }
        let background = seen.renewals + seen.reports;
        used.cpu_ms = CPU_HOT_MS * seen.hot + CPU_OBJECT_MS * (hops + background);
        used.object_requests = seen.object.asks;
        used.active_seconds = 1.0 - (-seen.object.asks * ACTIVE_S).exp();
        if self.memory().is_lease() {
            used.kv_reads = seen.cold;
        }
        if self.counts() {
            // The organization's horizon is a row, too, about as often as its policy is asked for.
            used.object_requests += seen.object.alarms + seen.object.policies;
            let roll_up = expected_keys(&session.keys, 60.0) / 60.0 * ROLL_UP_ROWS;
            let limits = session.keys.iter().zip(&session.limited).filter(|(_, is_limited)| **is_limited);
            let limits: f64 = limits.map(|(rate, _)| limit_rows(*rate)).sum();
            let rows = seen.object.usage_rows + seen.object.alarms + roll_up + limits + seen.object.policies;
            used.rows = rows + seen.object.horizon_rows;
            used.active_seconds += WRITING_S * (seen.object.flushes + seen.object.policies + limits);
        }
        used.active_seconds = used.active_seconds.min(1.0);
        used
    }
}

/// Rows a second of a key with a limit that is asked for so often: between the points of the table along straight lines
/// on paper with two logarithmic scales.
fn limit_rows(rate: f64) -> f64 {
    let [first, .., last] = LIMIT_ROWS;
    let for_1000 = if rate <= first.0 {
        first.1
    } else {
        let pair = LIMIT_ROWS.windows(2).find(|pair| rate <= pair[1].0);
        pair.map_or(last.1, |pair| {
            let part = (rate / pair[0].0).ln() / (pair[1].0 / pair[0].0).ln();
            pair[0].1 * (pair[1].1 / pair[0].1).powf(part)
        })
    };
    rate * for_1000 / 1_000.0
}

/// What came of a design under a load.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) design: Design,
    pub(crate) load: f64,
    pub(crate) used: Use,
    /// The part of verifications that waits for any I/O.
    pub(crate) waits: f64,
    /// Requests a second to one object: of the session that makes most, the 99th of 100 sessions, in the busiest second
    /// of 100 of the first.
    pub(crate) most: f64,
    pub(crate) p99: f64,
    pub(crate) busy_second: f64,
    /// Sessions whose object gets more than it bears, and their part of all verifications.
    pub(crate) over: usize,
    pub(crate) over_part: f64,
    /// How long (ms) a revoked key may be accepted somewhere: of keys as they are used, the median and 99 %.
    pub(crate) revoked_p50: f64,
    pub(crate) revoked_p99: f64,
}

/// Follows all sessions of a deployment under a design, on all cores.
pub(crate) fn measure(design: Design, traffic: Traffic) -> Outcome {
    let world = Arc::new(World::new(SEED, if design == Design::KvOnly { of_kv(traffic) } else { traffic }));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers: Vec<_> = (0..cores)
        .map(|core| {
            let world = Arc::clone(&world);
            std::thread::spawn(move || {
                let mine = (core..world.sessions.len()).step_by(cores);
                mine.map(|index| (index, session(design, &world, &world.sessions[index], traffic.load)))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    // A worker that has failed has said why; without its part there is nothing to say.
    let mut all: Vec<(usize, Seen)> =
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect();
    all.sort_by_key(|(index, _)| *index);
    sum_up(design, traffic.load, &world, all)
}

/// KV has one cache in each location. What a verification costs there is always the same, and how long it remembers does
/// not depend on the load from some load on; so no more is followed.
fn of_kv(traffic: Traffic) -> Traffic {
    Traffic { per_isolate: f64::INFINITY, load: traffic.load.min(10_000.0), ..traffic }
}

fn session(design: Design, world: &World, session: &Session, load: f64) -> Seen {
    let memory = design.memory();
    // Isolates appear during one turn; after another, none of them is in its first.
    let turn = memory.ttl_ms(f64::INFINITY).max(10_000);
    let from = 2 * turn + 5_000;
    let watched = (WATCHED / load * 1_000.0).clamp(20_000.0, 1_200_000.0);
    let until = from + watched as u32;
    let one_in = (session.rate * f64::from(until) / 1_000.0 / FOLLOWED).max(1.0);
    follow(session, &world.places_of(session, one_in), memory, Watch { appear: turn, from, until, seed: SEED })
}

fn sum_up(design: Design, load: f64, world: &World, all: Vec<(usize, Seen)>) -> Outcome {
    let asks_objects = design != Design::KvOnly;
    let mut used = Use::default();
    let (mut hot, mut over_part) = (0.0, 0.0);
    let (mut requests, mut waits) = (Vec::new(), Vec::new());
    for (index, seen) in all {
        let session = &world.sessions[index];
        used.add(&design.used(&seen, session));
        hot += seen.hot;
        if asks_objects {
            requests.push((seen.object.asks, seen.busy_second));
            over_part += if seen.object.asks > SOFT_LIMIT { session.rate / load } else { 0.0 };
        }
        waits.extend(seen.waits);
    }
    let mut each: Vec<(f64, f64)> = requests.iter().map(|(asks, _)| (*asks, 1.0)).collect();
    let most =
        requests.iter().copied().fold((0.0, 0.0), |most: (f64, f64), next| if next.0 > most.0 { next } else { most });
    Outcome {
        design,
        load,
        used,
        waits: if asks_objects { 1.0 - hot / used.verifications } else { 1.0 },
        most: most.0,
        busy_second: most.1,
        p99: percentile(&mut each, 0.99),
        over: each.iter().filter(|(asks, _)| *asks > SOFT_LIMIT).count(),
        over_part,
        revoked_p50: percentile(&mut waits, 0.5),
        revoked_p99: percentile(&mut waits, 0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_write_the_rows_of_the_table_and_what_lies_between() {
        for (rate, for_1000) in LIMIT_ROWS {
            assert!((limit_rows(rate) - rate * for_1000 / 1_000.0).abs() < 1e-9, "{rate}");
        }
        assert!((limit_rows(0.5) - 0.5).abs() < 1e-12, "a row each");
        assert!((limit_rows(5_000.0) - 5.0).abs() < 1e-12);
        let between = limit_rows(7.0) / 7.0 * 1_000.0;
        assert!((63.0..126.0).contains(&between), "{between}");
    }

    #[test]
    fn a_second_of_a_session_uses_what_one_works_out_by_hand() {
        let world = World::new(1, Traffic::of(1_000.0));
        let session = Session {
            number: 0,
            rate: 100.0,
            shares: world.sessions[0].shares.clone(),
            home: world.sessions[0].home,
            keys: vec![100.0],
            limited: vec![false],
            used_from: Vec::new(),
        };
        let mut seen =
            Seen { verifications: 100.0, hot: 90.0, cold: 8.0, renewals: 4.0, reports: 1.0, ..Seen::default() };
        seen.object.asks = 15.0;
        let leased = Design::Leased(5_000).used(&seen, &session);
        assert_eq!((leased.kv_reads, leased.object_requests), (8.0, 15.0));
        assert!((leased.cpu_ms - (90.0 * 0.15 + 15.0 * 0.38)).abs() < 1e-9);
        assert!((leased.active_seconds - (1.0 - (-0.03_f64).exp())).abs() < 1e-9);
        assert!((leased.rows - ROLL_UP_ROWS / 60.0).abs() < 1e-9);
        let kv = Design::KvOnly.used(&seen, &session);
        assert_eq!((kv.kv_reads, kv.object_requests, kv.rows), (100.0, 0.0, 0.0));
        assert!((kv.dollars() - (0.30 + 0.26 * 0.02 + 0.50)).abs() < 1e-9);
        let cache = Design::Cache.used(&seen, &session);
        assert_eq!((cache.kv_reads, cache.object_requests, cache.rows), (0.0, 15.0, 0.0));
    }

    #[test]
    fn what_keeps_an_object_active_overlaps() {
        let mut chance = crate::chance::Chance::new(9, 0);
        let (mut now, mut until, mut active) = (0.0_f64, 0.0_f64, 0.0);
        while now < 2_000.0 {
            now += chance.gap(300.0);
            active += (now + ACTIVE_S) - until.max(now).min(now + ACTIVE_S);
            until = now + ACTIVE_S;
        }
        let expected = 1.0 - (-300.0 * ACTIVE_S).exp();
        assert!((active / 2_000.0 - expected).abs() < 0.005, "{} instead of {expected}", active / 2_000.0);
    }
}
