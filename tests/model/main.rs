//! Lists of commands against a model that knows nothing of objects, leases and caches: keys, sessions, organizations and
//! people, at several isolates, while the platform fails. After each command the service must have answered what the
//! model allows, and everything the model knows must be so.
//!
//! `LATCHKEY_PROOF=full` runs thousands of lists, `LATCHKEY_LISTS=500` so many; `LATCHKEY_SEED=7` runs the one that has
//! failed. A list that fails is printed shrunken, as JSON lines: paste it into `regressions`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    dead_code,
    missing_docs,
    unreachable_pub,
    unused_imports,
    reason = "a test may panic, and its name is its documentation; of the support not all is needed"
)]

#[path = "../integration"]
mod integration {
    pub mod support;
}

use integration::support;

mod command;
mod effects;
mod flaw;
mod flaws;
mod invariants;
mod judge;
mod lists;
mod model;
mod people;
mod regressions;
mod request;
mod roles;
mod vectors;
mod world;

use lists::{lists, seeds};

/// How many lists there are without being asked for more, and with.
const QUICK: u64 = 40;
const FULL: u64 = 6_000;

#[test]
fn whatever_happens_the_service_agrees_with_the_model_in_even_lists() {
    lists(seeds(QUICK, FULL).filter(|seed| seed.is_multiple_of(2)));
}

#[test]
fn whatever_happens_the_service_agrees_with_the_model_in_odd_lists() {
    lists(seeds(QUICK, FULL).filter(|seed| !seed.is_multiple_of(2)));
}
