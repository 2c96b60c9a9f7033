//! The lists that are sent over HTTP to a worker as well: what is asked, and what this house answers.
//!
//! `BLESS=1 cargo test --test model vectors` writes `tests/vectors/lists.json` anew; without, it must be what the house
//! does.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::command::{Command, Twist, commands};
use crate::model::Model;
use crate::request::beginning;
use crate::world::{Seen, World};

const LISTS: u64 = 20;
const LENGTH: usize = 22;
const PLACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/lists.json");

fn portable(seed: u64) -> Vec<Command> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut runner = TestRunner::new_with_rng(Default::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let list = proptest::collection::vec(commands(true), LENGTH..=LENGTH).new_tree(&mut runner).unwrap();
    list.current()
}

fn answered(seen: &Seen) -> Value {
    let mut all = seen.request.to_json();
    all["status"] = seen.status.into();
    if !seen.code.is_empty() {
        all["code"] = seen.code.clone().into();
    }
    all
}

fn run(list: &[Command]) -> Vec<Value> {
    let mut model = Model::new(true, None);
    let mut world = World::new(&model);
    let step = |command: &Command, model: &mut Model, world: &mut World| {
        assert!(command.is_portable());
        *model = model.clone().apply(command);
        world.carry_out(command, model);
        world.check(model);
    };
    for command in list {
        step(command, &mut model, &mut world);
    }
    // What has become of each key is asked at last.
    for key in 0..model.keys.len() {
        step(&Command::Gate { at: key, key, twist: Twist::Whole }, &mut model, &mut world);
    }
    world.seen.iter().map(answered).collect()
}

fn written() -> String {
    let steps = |steps: &[Value]| {
        let lines: Vec<_> = steps.iter().map(|step| format!("      {step}")).collect();
        lines.join(",\n")
    };
    let first: Vec<_> = beginning().iter().map(crate::request::Request::to_json).collect();
    let lists: Vec<_> = (0..LISTS)
        .map(|seed| format!("    {{ \"seed\": {seed}, \"requests\": [\n{}\n    ] }}", steps(&run(&portable(seed)))))
        .collect();
    format!("{{\n  \"beginning\": [\n{}\n  ],\n  \"lists\": [\n{}\n  ]\n}}\n", steps(&first), lists.join(",\n"))
}

#[test]
fn vectors_for_a_worker_are_what_the_house_answers() {
    let now = written();
    if std::env::var("BLESS").is_ok() {
        std::fs::write(PLACE, &now).unwrap();
    }
    let before = std::fs::read_to_string(PLACE).unwrap_or_default();
    let parsed: Value = serde_json::from_str(&now).unwrap();
    let codes =
        |list: &Value| list["requests"].as_array().unwrap().iter().filter(|one| one["status"] == json!(201)).count();
    let created: usize = parsed["lists"].as_array().unwrap().iter().map(codes).sum();
    assert!(created > 40, "the lists create little: {created}");
    crate::support::people::assert_same(&before, &now, "BLESS=1 writes tests/vectors/lists.json anew");
}
