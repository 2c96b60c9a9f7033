//! Arbitrary bytes for everything that reads what comes from outside, and spoilt pieces of what is right.
//!
//! Each target has its own property; all of them: no panic, and errors that say nothing of what was read. Such an error has
//! few texts, however many inputs there are.

mod door;
mod secrets;
mod wire;
mod words;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;

use latchkey::domain::keyring::Keyring;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::random::Random;
use super::town::Town;
use super::{figure, full, number, vectors};

/// How many texts the errors of one parser may have.
const ERROR_TEXTS_MAX: usize = 48;

/// What reads something.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Pieces that are right.
    pub(crate) seeds: fn(&Kit) -> Vec<Vec<u8>>,
    /// Reads, and insists on what has to be true then.
    pub(crate) read: fn(&Kit, &[u8]),
    /// How much more than the others it costs.
    pub(crate) cost: u32,
}

/// What the targets have in common.
pub(crate) struct Kit {
    pub(crate) town: Town,
    pub(crate) keyring: Keyring,
    errors: RefCell<BTreeSet<String>>,
}

impl Kit {
    fn new() -> Self {
        let keyring = Keyring::parse(&super::support::root_secret(1)).unwrap();
        Self { town: Town::new(), keyring, errors: RefCell::default() }
    }

    /// Remembers what an error says, but for numbers: where something is wrong may be told.
    pub(crate) fn error(&self, error: impl Display) {
        let said = error.to_string();
        let text: Vec<_> = said.split(|c: char| c.is_ascii_digit()).filter(|piece| !piece.is_empty()).collect();
        self.errors.borrow_mut().insert(text.join("#"));
    }
}

pub(crate) fn targets() -> Vec<Target> {
    [words::TARGETS, secrets::TARGETS, wire::TARGETS, door::TARGETS].concat()
}

/// The seeds as texts.
pub(crate) fn texts(seeds: &[&str]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

/// What is read as text, as far as it is one.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Bytes without sense, text without sense, or a seed with something done to it.
fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let spoilt = (0..seeds.len(), proptest::collection::vec((0..10_u8, any::<u16>(), any::<u8>()), 0..4));
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..64),
        1 => any::<String>().prop_map(String::into_bytes),
        6 => spoilt.prop_map(move |(seed, changes)| {
            let mut bytes = seeds[seed].clone();
            for (change, at, byte) in changes {
                spoil(&mut bytes, change, at.into(), byte);
            }
            bytes
        }),
    ]
}

fn spoil(bytes: &mut Vec<u8>, change: u8, at: usize, byte: u8) {
    let place = at % (bytes.len() + 1);
    match change {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, byte),
        2 if place < bytes.len() => bytes[place] ^= 1 << (byte % 8),
        3 if place < bytes.len() => drop(bytes.remove(place)),
        4 => bytes.extend_from_within(..place),
        5 => {
            let odd = super::odd::text(&mut Random::new(at as u64 * 256 + u64::from(byte)), "bait");
            bytes.splice(place..place, odd.into_bytes()).for_each(drop);
        }
        6 => {
            let odd = super::odd::value(&mut Random::new(at as u64 * 256 + u64::from(byte)), "bait");
            bytes.splice(place..place, odd.into_bytes()).for_each(drop);
        }
        7 if place < bytes.len() => bytes[place] = byte,
        8 => bytes.make_ascii_uppercase(),
        9 => bytes.extend([b' ', byte]),
        _ => {}
    }
}

#[test]
fn no_parser_panics_or_repeats_what_it_read() {
    let kit = Kit::new();
    let cases = number("LATCHKEY_CASES").unwrap_or(if full() { 100_000 } else { 800 });
    let (mut read, mut failures) = (0, Vec::new());
    for target in targets() {
        let seeds = (target.seeds)(&kit);
        assert!(!seeds.is_empty(), "{} has nothing that is right", target.name);
        for seed in seeds.iter().chain(vectors::of(target.name).iter()) {
            (target.read)(&kit, seed);
        }
        let cases = u32::try_from(cases).unwrap().div_ceil(target.cost);
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
        let seed = number("LATCHKEY_SEED").unwrap_or(0).to_le_bytes().repeat(4);
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        kit.errors.borrow_mut().clear();
        let outcome = runner.run(&inputs(seeds), |bytes| {
            (target.read)(&kit, &bytes);
            Ok(())
        });
        failures.extend(outcome.err().map(|error| format!("{}: {error}", target.name)));
        let texts = kit.errors.borrow();
        if texts.len() > ERROR_TEXTS_MAX {
            let some: Vec<_> = texts.iter().take(6).collect();
            failures.push(format!("{}: {} texts of errors, such as {some:?}", target.name, texts.len()));
        }
        read += u64::from(cases);
    }
    figure("input.parsers.targets", targets().len(), "parsers");
    figure("input.parsers.cases", read, "inputs");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
