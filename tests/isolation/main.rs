//! One organization never meets another: a matrix made of the description itself. Every route, every place where an id can
//! stand, every credential there is, and for each of them the ids of somebody else, of nobody and of what is gone.
//!
//! A route, a parameter or a field that the description has and this suite does not know fails it. `LATCHKEY_PROOF=full`
//! tries every field of an answer in every body, and measures times.
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
    reason = "a test may panic, its name is its documentation, and the support serves the other suites as well"
)]

// The support of the integration tests, built into this target as well.
#[path = "../integration"]
mod integration {
    pub mod support;
}

use integration::support;

mod assignment;
mod callers;
mod examples;
mod matrix;
mod party;
mod places;
mod shots;
mod timing;
mod watch;

/// Whether the long form was asked for.
pub(crate) fn full() -> bool {
    std::env::var("LATCHKEY_PROOF").as_deref() == Ok("full")
}

/// A line for whoever collects what was measured.
pub(crate) fn figure(name: &str, value: impl Into<serde_json::Value>, unit: &str) {
    println!("FIGURE {}", serde_json::json!({ "name": name, "value": value.into(), "unit": unit }));
}
