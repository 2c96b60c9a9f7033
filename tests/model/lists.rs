//! Drawing lists, running them, and what is said of one that fails.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use crate::command::{Command, commands};
use crate::flaw::Flaw;
use crate::model::Model;
use crate::world::{Tally, World};

/// So many lists that fail are shrunken, and so many are told of.
const SHRUNKEN: usize = 2;
const TOLD: usize = 20;

thread_local! {
    /// What is wrong on purpose in the lists of this test.
    static FLAW: Cell<Option<Flaw>> = const { Cell::new(None) };
    /// What has come of verifications in this test.
    static TALLY: Cell<Tally> = Cell::default();
}

/// Lists of anything that may happen.
pub(crate) struct Anything;

impl ReferenceStateMachine for Anything {
    type State = Model;
    type Transition = Command;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::new(false, FLAW.get())).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Command> {
        commands(model.is_portable)
    }

    fn apply(model: Model, command: &Command) -> Model {
        model.apply(command)
    }
}

impl StateMachineTest for Anything {
    type SystemUnderTest = World;
    type Reference = Self;

    fn init_test(model: &Model) -> World {
        World::new(model)
    }

    fn apply(mut world: World, model: &Model, command: Command) -> World {
        world.carry_out(&command, model);
        world
    }

    fn check_invariants(world: &World, model: &Model) {
        world.check(model);
    }

    fn teardown(mut world: World, model: Model) {
        let mut model = model;
        for command in [Command::Crash, Command::Heal] {
            // A crash loses what was counted last; a list without one is counted to the end.
            if command == Command::Heal || world.forgot {
                model = model.apply(&command);
                world.carry_out(&command, &model);
            }
        }
        world.check(&model);
        model = model.apply(&Command::Wait(3 * crate::command::MINUTE));
        world.carry_out(&Command::Wait(0), &model);
        world.check_end(&model);
        let mut tally = TALLY.get();
        tally.add(world.tally.get());
        TALLY.set(tally);
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

pub(crate) fn is_full() -> bool {
    std::env::var("LATCHKEY_PROOF").as_deref() == Ok("full")
}

/// The seeds of the lists to run.
pub(crate) fn seeds(quick: u64, full: u64) -> std::ops::Range<u64> {
    match number("LATCHKEY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("LATCHKEY_LISTS").unwrap_or(if is_full() { full } else { quick }),
    }
}

fn config(shrinks: bool) -> Config {
    let max_shrink_iters = if shrinks { 200 } else { 0 };
    Config { cases: 1, failure_persistence: None, max_shrink_iters, ..Config::default() }
}

fn runner(seed: u64, shrinks: bool) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config(shrinks), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Runs one list; if it fails, it may be taken apart until hardly anything is left of it.
fn run(seed: u64, shrinks: bool) -> Result<usize, String> {
    let length = Cell::new(0);
    let outcome = runner(seed, shrinks).run(&Anything::sequential_strategy(1..40), |(model, list, seen)| {
        length.set(list.len());
        Anything::test_sequential(config(shrinks), model, list, seen);
        Ok::<_, TestCaseError>(())
    });
    match outcome {
        Ok(()) => Ok(length.get()),
        Err(TestError::Fail(reason, (_, list, _))) => {
            let list = if shrinks { in_lines(&list) } else { String::new() };
            Err(format!("LATCHKEY_SEED={seed}: {reason}\n{list}"))
        }
        Err(other) => Err(format!("LATCHKEY_SEED={seed}: {other}")),
    }
}

pub(crate) fn in_lines(list: &[Command]) -> String {
    list.iter().map(|command| serde_json::to_string(command).unwrap() + "\n").collect()
}

/// Runs lists, and tells what has happened in them.
pub(crate) fn lists(seeds: impl Iterator<Item = u64>) {
    TALLY.set(Tally::default());
    let (mut count, mut commands) = (0_u64, 0_usize);
    let mut failures: Vec<String> = Vec::new();
    for seed in seeds {
        match run(seed, failures.len() < SHRUNKEN) {
            Ok(length) => commands += length,
            Err(failure) => failures.push(failure),
        }
        if failures.len() == TOLD {
            break;
        }
        count += 1;
        if count.is_multiple_of(250) {
            println!("{count} lists, {commands} commands, the last seed {seed}: {:?}", TALLY.get());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let tally = TALLY.get();
    println!("FIGURE {}", serde_json::json!({ "name": "model lists", "value": count }));
    println!("{commands} commands; verifications: {tally:?}");
    if count > 20 {
        let all = [tally.asked, tally.leased, tally.refused, tally.unavailable];
        assert!(all.iter().all(|times| *times > 10), "the world stands still: {tally:?}");
    }
}

/// How many verifications of the lists of this test KV has decided.
pub(crate) fn decided_by_kv() -> u64 {
    TALLY.get().edge
}

/// The list of a seed, as it is before anything fails.
pub(crate) fn list_of(seed: u64) -> Vec<Command> {
    let tree = Anything::sequential_strategy(10..40).new_tree(&mut runner(seed, false)).unwrap();
    tree.current().1
}

/// Runs a list of commands from the beginning.
pub(crate) fn live(list: Vec<Command>, flaw: Option<Flaw>) {
    Anything::test_sequential(config(false), Model::new(false, flaw), list, None);
}
