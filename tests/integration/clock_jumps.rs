//! A clock that is set by an hour or by 400 days, ahead or back, between any two steps of a life and before any call of
//! one: nobody who was refused is let in by it, no limit gives more than its time, and afterwards life goes on.

use latchkey::domain::api_key::KeySettings;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::verification::Code;

use crate::support::edges::Edge;
use crate::support::*;

const JUMPS: [i64; 4] = [HOUR, 400 * DAY, -HOUR, -400 * DAY];
const STEPS: usize = 7;
/// Accepted in a minute.
const LIMIT: u32 = 5;

/// When the clock jumps: before this step, or before the call of that number in it.
#[derive(Debug, Clone, Copy)]
struct When {
    step: usize,
    call: Option<u64>,
}

struct Life<'h> {
    house: &'h House,
    edges: [Edge<'h>; 2],
    dead: Vec<Held>,
    accepted: u32,
    shown: String,
}

impl Life<'_> {
    /// Nobody who has been refused is let in, wherever it is tried.
    fn look(&self) {
        for held in &self.dead {
            for edge in &self.edges {
                let code = edge.verify_for(&held.text, Default::default()).map(|verification| verification.code);
                assert!(!matches!(code, Ok(Code::Valid)), "{}: {:?}", self.shown, held.key.settings.name);
            }
            let asked = self.house.edge().verify_for(&held.text, Default::default());
            assert!(!matches!(asked.map(|verification| verification.code), Ok(Code::Valid)), "{}", self.shown);
        }
    }

    fn spend(&mut self, held: &Held) {
        for turn in 0..2 * LIMIT {
            let edge = &self.edges[usize::try_from(turn % 2).unwrap()];
            let code = edge.verify_for(&held.text, Default::default()).map(|verification| verification.code);
            self.accepted += u32::from(matches!(code, Ok(Code::Valid)));
            edge.settle();
        }
    }
}

fn live(jump: i64, when: When) -> bool {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let issue = |settings: KeySettings| {
        let request = with(settings);
        let session = latchkey::app::SessionChoice { id: Some(session.id.clone()), environment: None };
        house.issue(&admin, latchkey::app::IssueKey { session, ..request }).unwrap()
    };
    let plain = || settings(&["emails:send"]);
    let (good, revoked, disabled, later) = (issue(plain()), issue(plain()), issue(plain()), issue(plain()));
    let short = issue(KeySettings { expires_at: Some(house.after(2 * HOUR)), ..plain() });
    let spent = issue(limited(&[("minutely", LIMIT, 60_000)]));
    let edges = [house.edge(), house.edge()];
    for held in [&good, &revoked, &disabled, &later, &short] {
        edges.iter().for_each(|edge| edge.warm(&held.text));
    }
    let mut life =
        Life { house: &house, edges, dead: Vec::new(), accepted: 0, shown: format!("{jump} ms at {when:?}") };
    let mut jumped = true;
    for step in 0..STEPS {
        if step == when.step {
            match when.call {
                None => house.clock.set(house.after(jump)),
                Some(call) => {
                    let (clock, at) = (house.clock.clone(), house.after(jump));
                    house.objects.interrupt(call, Box::pin(async move { clock.set(at) }));
                }
            }
        }
        // What is not in force at once is so when every lease has ended.
        match step {
            0 | 4 => life.spend(&spent),
            1 => drop(house.revoke(&admin, revoked.id()).map(|_| life.dead.push(revoked.clone()))),
            2 => {
                let off = KeyChange { active: Some(false), ..KeyChange::default() };
                drop(house.change(&admin, disabled.id(), off).map(|_| life.dead.push(disabled.clone())));
            }
            3 => {
                let code =
                    house.edge().verify_for(&short.text, Default::default()).map(|verification| verification.code);
                let expired = short.key.settings.expires_at.is_some_and(|end| house.now() >= end);
                let expected = if expired { Code::Expired } else { Code::Valid };
                assert!(
                    when.call.is_some() || code.is_err() || code.is_ok_and(|code| code == expected),
                    "{}",
                    life.shown
                );
            }
            5 => house.crash(),
            _ => drop(house.revoke(&admin, later.id()).map(|_| life.dead.push(later.clone()))),
        }
        if step == when.step && when.call.is_some() {
            jumped = !house.objects.was_not_interrupted();
        }
        house.advance(6_000);
        life.look();
    }
    // Both bursts lie within a minute, unless the jump was one ahead.
    let most = if jump > 0 { 2 * LIMIT } else { LIMIT };
    assert!(life.accepted <= most, "{}: {} accepted", life.shown, life.accepted);
    assert!(life.accepted >= LIMIT, "{}: {} accepted", life.shown, life.accepted);
    house.advance(3 * HOUR);
    // An object that has lost its memory, and whose clock is behind its last row, knows of no time that has passed since:
    // the time of its limits goes on from the first question.
    let _ = house.edge().verify_for(&spent.text, Default::default());
    house.advance(2 * MINUTE);
    life.look();
    let fresh = house.edge();
    assert_eq!([&good, &spent].map(|held| fresh.code(&held.text)), [Code::Valid; 2], "{}: life goes on", life.shown);
    let made = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    assert_eq!(fresh.code(&made.text), Code::Valid, "{}", life.shown);
    if jump >= -HOUR {
        house.advance(2 * HOUR);
        assert_eq!(house.undelivered(), 0, "{}", life.shown);
    }
    jumped
}

#[test]
fn a_clock_that_jumps_between_two_steps_lets_nobody_in() {
    for jump in JUMPS {
        for step in 0..STEPS {
            live(jump, When { step, call: None });
        }
    }
}

#[test]
fn a_clock_that_jumps_in_the_middle_of_a_step_lets_nobody_in() {
    let mut lives = 0;
    for jump in JUMPS {
        for step in 0..STEPS {
            for call in 1..100 {
                lives += 1;
                if !live(jump, When { step, call: Some(call) }) {
                    break;
                }
            }
        }
    }
    println!("FIGURE {{\"name\":\"lives in which the clock jumps before a call\",\"value\":{lives}}}");
}
