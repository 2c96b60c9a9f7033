//! The whole protocol of leases in one place: the machines of the domain, driven through schedules of everything that may
//! go wrong, in a time of their own. Nothing here waits, and one seed is one schedule.
//!
//! `LATCHKEY_SCHEDULES=1000000` runs so many; `LATCHKEY_SEED=7` runs the one that has failed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic, and its name is its documentation"
)]

mod change;
mod desk;
mod isolate;
mod kv;
mod observer;
mod organization;
mod plan;
mod random;
mod session;
mod world;

use plan::Flaw;
use world::World;

/// How many schedules there are without being asked for more.
const SCHEDULES: u64 = 2_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn seeds() -> std::ops::Range<u64> {
    match number("LATCHKEY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LATCHKEY_SCHEDULES").unwrap_or(SCHEDULES),
    }
}

#[test]
fn no_schedule_breaks_a_promise() {
    let (mut accepted, mut refused, mut unavailable, mut waits) = ([0; 4], 0, 0, [0; 2]);
    let mut failures: Vec<String> = Vec::new();
    for seed in seeds() {
        let mut world = World::new(seed, None);
        if let Some(broken) = world.run() {
            failures.push(format!("LATCHKEY_SEED={seed}: {broken}"));
            if failures.len() == 5 {
                break;
            }
        }
        for (sum, one) in accepted.iter_mut().zip(world.observer.accepted) {
            *sum += one;
        }
        refused += world.observer.refused;
        unavailable += world.observer.unavailable;
        waits[0] += world.waits[0];
        waits[1] += world.waits[1];
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("accepted {accepted:?}, refused {refused}, unavailable {unavailable}, changes at once and later {waits:?}");
}

#[test]
fn every_flaw_is_found() {
    let mut missed = Vec::new();
    for flaw in Flaw::ALL {
        let found = (0..SCHEDULES).find_map(|seed| Some((seed, World::new(seed, Some(flaw)).run()?)));
        match found {
            Some((seed, broken)) => println!("{flaw:?}: schedule {seed}: {broken}"),
            None => missed.push(flaw),
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}
