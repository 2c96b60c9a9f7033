//! Inputs that were interesting once, read again in every run: `tests/vectors/input.txt`.

use std::collections::BTreeSet;

const CASES: &str = include_str!("../vectors/input.txt");

/// Those of a target. A line has its name, a blank, and the input: as a JSON string, or as `hex:` and digits.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    lines().filter(|(name, _)| *name == target).map(|(_, input)| bytes(input)).collect()
}

fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    let cases = CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    cases.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("no case: {line}")))
}

fn bytes(input: &str) -> Vec<u8> {
    match input.strip_prefix("hex:") {
        Some(digits) => hex::decode(digits).unwrap(),
        None => serde_json::from_str::<String>(input).unwrap_or_else(|_| panic!("no case: {input}")).into_bytes(),
    }
}

#[test]
fn every_case_belongs_to_a_target() {
    let names: BTreeSet<_> = super::parsers::targets().iter().map(|target| target.name).collect();
    let lost: Vec<_> = lines().filter(|(name, input)| !names.contains(name) || bytes(input).len() > 100_000).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(lines().count() >= 60);
}
