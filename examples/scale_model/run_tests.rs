//! The simulation against formulas, against itself in samples, and its books.

use crate::protocol::{Memory, TTL_MS_DEFAULT};
use crate::run::{Seen, Watch, follow};
use crate::world::{Place, Session, Traffic, World};

fn of_keys(keys: &[f64]) -> Session {
    let rate = keys.iter().sum();
    Session {
        number: 3,
        rate,
        shares: vec![1.0],
        home: 0,
        keys: keys.to_vec(),
        limited: vec![false; keys.len()],
        used_from: Vec::new(),
    }
}

fn alone(isolates: usize, rate: f64, round_trip: u32) -> Vec<Place> {
    vec![Place { location: 0, weight: 1.0, rate: rate / isolates as f64, round_trip }; isolates]
}

fn watch(from: u32, seconds: u32) -> Watch {
    Watch { appear: from / 2, from, until: from + seconds * 1_000, seed: 11 }
}

fn close(found: f64, expected: f64, part: f64, what: &str) {
    assert!((found / expected - 1.0).abs() < part, "{what}: {found} instead of {expected}");
}

/// A lease of one key, of use E, is renewed by the first request after 2 E / 3, if that comes before E; else the next one
/// has to wait. So a turn lasts 2 E / 3 + 1 / r, has 1 + 2 r E / 3 requests, and ends with a hop in exp(-r E / 3).
#[test]
fn one_key_follows_the_formula_of_leases() {
    for (rate, ttl_ms) in [(0.3, 5_000), (1.0, 5_000), (1.0, 2_000), (4.0, 2_000), (0.1, 60_000)] {
        let isolates = 200;
        let session = of_keys(&[rate * f64::from(isolates)]);
        let places = alone(isolates as usize, session.rate, 0);
        let seen = follow(&session, &places, Memory::LeaseOf(ttl_ms), watch(130_000, 4_000));
        let used = f64::from(ttl_ms - 250 - ttl_ms / 1_000) / 1_000.0;
        let turn = 2.0 * used / 3.0;
        let hops = (-rate * used / 3.0).exp() / (1.0 + rate * turn);
        close(1.0 - seen.hot / seen.verifications, hops, 0.06, "hops");
        let asks = f64::from(isolates) / (turn + 1.0 / rate);
        close(seen.object.asks - seen.reports, asks, 0.03, "requests");
    }
}

/// A cache of length C has one miss in 1 + r C requests.
#[test]
fn one_key_follows_the_formula_of_caches() {
    let session = of_keys(&[5.0]);
    let seen = follow(&session, &alone(20, 5.0, 0), Memory::Cache(60_000), watch(130_000, 4_000));
    close(1.0 - seen.hot / seen.verifications, 1.0 / (1.0 + 0.25 * 60.0), 0.03, "misses");
    assert_eq!((seen.renewals, seen.reports), (0.0, 0.0));
}

fn books_agree(seen: &Seen) {
    let hops = seen.object.asks - seen.renewals - seen.reports;
    close(
        seen.hot + hops,
        seen.verifications,
        1e-9,
        "verifications are hot or hops, and objects hear of hops and background",
    );
}

#[test]
fn every_verification_is_hot_or_a_hop_and_every_hop_is_a_request() {
    let world = World::new(4, Traffic::of(20_000.0));
    for (rank, one_in) in [(0, 1.0), (0, 5.0), (10, 1.0), (300, 1.0)] {
        let session = &world.sessions[rank];
        let places = world.places_of(session, one_in);
        for memory in [Memory::Lease(TTL_MS_DEFAULT), Memory::LeaseOf(250), Memory::Cache(60_000), Memory::Nothing] {
            let seen = follow(session, &places, memory, watch(25_000, 20));
            books_agree(&seen);
            assert_eq!(memory == Memory::Nothing || memory == Memory::LeaseOf(250), seen.hot == 0.0, "{memory:?}");
        }
    }
}

#[test]
fn a_sample_of_the_isolates_tells_the_same_as_all() {
    the_sample_tells_the_same(Traffic { per_isolate: 20.0, ..Traffic::of(20_000.0) });
    the_sample_tells_the_same(Traffic { per_isolate: 20.0, key_locations: 3, ..Traffic::of(20_000.0) });
}

fn the_sample_tells_the_same(traffic: Traffic) {
    let world = World::new(4, traffic);
    let session = &world.sessions[1];
    let of =
        |one_in| follow(session, &world.places_of(session, one_in), Memory::Lease(TTL_MS_DEFAULT), watch(25_000, 120));
    let (all, some) = (of(1.0), of(4.0));
    assert!(some.followed * 3 < all.followed * 2, "{} of {}", some.followed, all.followed);
    close(some.verifications, all.verifications, 0.02, "verifications");
    close(1.0 - some.hot / some.verifications, 1.0 - all.hot / all.verifications, 0.03, "hops");
    close(some.object.asks, all.object.asks, 0.03, "requests");
    close(some.busy_second, all.busy_second, 0.08, "the busiest second");
    close(some.object.usage_rows, all.object.usage_rows, 0.08, "rows");
}

#[test]
fn what_is_hot_waits_for_nothing_and_is_renewed_once_in_a_turn_whatever_the_number_of_keys() {
    let session = of_keys(&[20.0; 10]);
    let seen = follow(&session, &alone(1, 200.0, 100), Memory::Lease(TTL_MS_DEFAULT), watch(25_000, 600));
    assert_eq!(seen.hot, seen.verifications);
    close(seen.renewals, 1.0 / (1.748 * 2.0 / 3.0), 0.02, "renewals");
}

#[test]
fn a_key_that_is_asked_for_once_a_minute_gets_no_lease_and_its_delete_waits_for_nothing() {
    let session = of_keys(&[1.0 / 60.0]);
    let seen = follow(&session, &alone(1, session.rate, 20), Memory::Lease(TTL_MS_DEFAULT), watch(25_000, 36_000));
    assert!(seen.hot < 0.05 * seen.verifications, "{seen:?}");
    close(seen.cold + seen.hot, seen.verifications, 1e-9, "each time that it waits, KV is asked as well");
    let waiting = seen.waits.iter().filter(|(wait, _)| *wait > 0.0).count();
    assert!(waiting * 50 < seen.waits.len(), "{waiting} of {}", seen.waits.len());
}

#[test]
fn no_delete_waits_longer_than_the_longest_lease_and_its_margin() {
    let session = of_keys(&[50.0, 50.0]);
    let seen = follow(&session, &alone(30, 100.0, 80), Memory::LeaseOf(5_000), watch(25_000, 300));
    let longest = seen.waits.iter().map(|(wait, _)| *wait).fold(0.0, f64::max);
    assert!(longest <= 5_255.0 && longest > 4_500.0, "{longest}");
}

#[test]
fn what_is_handed_out_is_there_before_anybody_asks_for_it() {
    let session = of_keys(&[5.0; 20]);
    let of = |memory| follow(&session, &alone(40, session.rate, 20), memory, watch(25_000, 100)).hot;
    assert!(of(Memory::LeaseAnd(20)) > 1.5 * of(Memory::Lease(TTL_MS_DEFAULT)));
    assert_eq!(of(Memory::LeaseAnd(0)), of(Memory::Lease(TTL_MS_DEFAULT)));
}

#[test]
fn a_limited_key_waits_each_time_and_asks_kv_once() {
    let mut session = of_keys(&[10.0]);
    session.limited = vec![true];
    let seen = follow(&session, &alone(2, 10.0, 50), Memory::Lease(TTL_MS_DEFAULT), watch(25_000, 100));
    assert_eq!((seen.hot, seen.cold), (0.0, 0.0));
    assert_eq!(seen.single, seen.verifications);
}

#[test]
fn a_seed_repeats_itself() {
    let world = World::new(4, Traffic::of(5_000.0));
    let session = &world.sessions[2];
    let of = || {
        format!(
            "{:?}",
            follow(session, &world.places_of(session, 1.0), Memory::Lease(TTL_MS_DEFAULT), watch(25_000, 10))
        )
    };
    assert_eq!(of(), of());
}
