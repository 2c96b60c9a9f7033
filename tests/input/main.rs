//! Bad input: requests made from the description of the API, most of them spoilt, and arbitrary bytes for every parser.
//! Nothing of it may be answered with 5xx, outside of what the description shows, or with a secret; nothing may panic.
//!
//! One number is one request, the same in every run. `LATCHKEY_PROOF=full` sends a million, `LATCHKEY_REQUESTS=n` so many;
//! `LATCHKEY_FROM=n` goes on from, or repeats, the thousand in which the n-th is.
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

/// The words of the integration tests, which are not built into this target's own folder.
#[path = "../integration"]
mod integration {
    #[allow(dead_code, unused_imports, reason = "what is not needed here is needed there")]
    pub mod support;
}

use integration::support;

mod judge;
mod known_parsers;
mod node;
mod odd;
mod parsers;
mod random;
mod request;
mod requests;
mod schema;
mod spoil;
mod town;
mod vectors;

/// Whether the long form was asked for.
pub(crate) fn full() -> bool {
    std::env::var("LATCHKEY_PROOF").as_deref() == Ok("full")
}

/// A number from the environment.
pub(crate) fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A line for whoever collects what was measured.
pub(crate) fn figure(name: &str, value: impl Into<serde_json::Value>, unit: &str) {
    println!("FIGURE {}", serde_json::json!({ "name": name, "value": value.into(), "unit": unit }));
}
