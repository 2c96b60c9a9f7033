//! The scale model: what verifications cost, how many wait, and what objects bear, by load and design. `npm run scale`.
//!
//! `cargo run --release --example scale_model -- docs/PERFORMANCE.md docs/performance/scale.svg` simulates, replaces the
//! tables between the marks in the first file, and draws the second. Read `world` (traffic), `protocol` (rules), `run`
//! (one session, event by event), `authority` (its object), `designs` (what it uses), `prices`.
#![allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a model on a developer's machine; it is no part of the worker"
)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may panic"))]

mod authority;
mod chance;
mod designs;
mod plot;
mod prices;
mod protocol;
mod report;
mod run;
#[cfg(test)]
mod run_tests;
mod study;
mod world;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (page, picture) = (arguments.next(), arguments.next());
    let study = study::Study::carry_out();
    let tables = report::tables(&study);
    match (page, picture) {
        (Some(page), Some(picture)) => {
            let text = report::replaced(&std::fs::read_to_string(&page)?, &tables)?;
            std::fs::write(page, text)?;
            std::fs::write(picture, plot::picture(&study))?;
        }
        _ => println!("{tables}"),
    }
    Ok(())
}
