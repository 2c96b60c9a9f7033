//! Policy under a lease, in any order of events: no decision that begins once a change has been answered, or once the
//! moment has come that its answer named, is made by a policy before it.

use std::sync::{Arc, Mutex};

use latchkey::app::{ChangedOrganization, Error, Outcome, Patience, Principal};
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::OrganizationChange;
use latchkey::ports::Address;

use crate::support::cluster::Rest;
use crate::support::house::Home;
use crate::support::*;

const KEYS: u32 = 8;

/// A policy as a decision betrays it, and from when on nothing before it may decide.
#[derive(Debug, Clone, Copy)]
struct Era {
    active: bool,
    /// Each session holds more keys than that, so whoever wants one more is told the number.
    keys: u32,
    in_force_at: Option<Timestamp>,
}

/// What a decision betrays.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    Active,
    Suspended,
    Keys(u32),
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Suspend,
    Resume,
    Plan(u32),
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn ms(&mut self, most: u64) -> i64 {
        i64::try_from(self.below(most)).unwrap()
    }

    fn keys(&mut self) -> u32 {
        1 + u32::try_from(self.below(u64::from(KEYS))).unwrap()
    }
}

struct World {
    house: House,
    home: Home,
    rooms: Vec<(Address, Principal, String)>,
    eras: Arc<Mutex<Vec<Era>>>,
    told: Vec<String>,
    is_faulty: bool,
    stepped_back: Timestamp,
    decided: u32,
    undecided: u32,
}

fn plan(keys: u32) -> Plan {
    Plan { keys_per_session: Some(keys), ..Plan::preset(PlanName::Enterprise) }
}

impl World {
    fn new(seed: u64) -> Self {
        let house = House::seeded(seed);
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let other = house.create_session(&admin, "Other", None).unwrap();
        let mut rooms = Vec::new();
        for session in [home.session_id.clone(), other.id] {
            let held = house.issue(&admin, key_in(&session, &["api_keys:*"])).unwrap();
            (1..KEYS).for_each(|_| drop(house.issue(&admin, key_in(&session, &["emails:send"])).unwrap()));
            rooms.push((Address::Session(session.locator()), house.principal(&held.text), held.text));
        }
        house.put_on(&home, plan(KEYS));
        house.advance(10 * MINUTE);
        let eras = vec![Era { active: true, keys: KEYS, in_force_at: Some(house.now()) }];
        let stepped_back = house.now();
        Self {
            house,
            home,
            rooms,
            eras: Arc::new(Mutex::new(eras)),
            told: Vec::new(),
            is_faulty: false,
            stepped_back,
            decided: 0,
            undecided: 0,
        }
    }

    /// A change, which notes from when on it decides.
    fn change(&self, change: Change, patience: Patience) -> Rest {
        let (app, id, clock) = (self.house.app.clone(), self.home.organization.id.clone(), self.house.clock.clone());
        let eras = self.eras.clone();
        Box::pin(async move {
            use latchkey::ports::Clock;

            let last = *eras.lock().unwrap().last().unwrap();
            let (next, tightens) = match change {
                Change::Suspend => (Era { active: false, ..last }, true),
                Change::Resume => (Era { active: true, ..last }, false),
                Change::Plan(keys) => (Era { keys, ..last }, keys <= last.keys),
            };
            let place = eras.lock().unwrap().len();
            let is_repeat = !matches!(change, Change::Plan(_)) && next.active == last.active;
            if !is_repeat {
                // From the moment of the question on it may decide; it must only later.
                eras.lock().unwrap().push(Era { in_force_at: None, ..next });
            }
            let outcome: Outcome<ChangedOrganization> = match change {
                Change::Suspend => app.set_organization_status(&id, OrganizationStatus::Suspended, patience).await,
                Change::Resume => app.set_organization_status(&id, OrganizationStatus::Active, patience).await,
                Change::Plan(keys) => {
                    let change = OrganizationChange { plan: Some(plan(keys)), ..OrganizationChange::default() };
                    app.change_organization(&id, change, patience).await
                }
            }
            .unwrap();
            assert!(outcome.settled || outcome.in_force_at.is_some(), "accepted, but from when on?");
            if tightens {
                let place = if is_repeat { place - 1 } else { place };
                let era = &mut eras.lock().unwrap()[place];
                let at = outcome.in_force_at.unwrap_or(clock.now());
                era.in_force_at = Some(era.in_force_at.map_or(at, |before| before.min(at)));
            }
        })
    }

    /// Lets a session decide something, and holds what it says against what may decide.
    fn look(&mut self, room: usize, verifies: bool) {
        let (_, own, secret) = &self.rooms[room];
        let now = self.house.now();
        let oldest = {
            let eras = self.eras.lock().unwrap();
            eras.iter().rposition(|era| era.in_force_at.is_some_and(|at| at <= now)).unwrap()
        };
        let seen = if verifies {
            match self.house.verify(secret).map(|verified| verified.code) {
                Ok(Code::Valid) => Seen::Active,
                Ok(Code::OrganizationSuspended) => Seen::Suspended,
                Err(Error::Rejected(Rejection::PolicyUnknown)) => Seen::Nothing,
                other => panic!("{other:?}"),
            }
        } else {
            match self.house.issue(own, key(&["api_keys:*"])) {
                Err(Error::Rejected(Rejection::KeyQuotaReached { limit })) => Seen::Keys(limit),
                Err(Error::Rejected(Rejection::CallerRefused { code: Code::OrganizationSuspended, .. })) => {
                    Seen::Suspended
                }
                Err(Error::Rejected(Rejection::PolicyUnknown)) => Seen::Nothing,
                other => panic!("{other:?}"),
            }
        };
        self.told.push(format!("{now:?}: room {room} decides {seen:?}"));
        let eras = self.eras.lock().unwrap();
        let may = |era: &Era| match seen {
            Seen::Active => era.active,
            Seen::Suspended => !era.active,
            Seen::Keys(keys) => era.active && era.keys == keys,
            Seen::Nothing => self.is_faulty,
        };
        assert!(
            eras[oldest..].iter().any(may),
            "decided by a policy that is over: {seen:?}, of {:?}\n{:#?}",
            &eras[oldest..],
            self.told
        );
        if seen == Seen::Nothing { self.undecided += 1 } else { self.decided += 1 }
    }

    fn room(&self, dice: &mut Dice) -> usize {
        usize::try_from(dice.below(2)).unwrap()
    }

    fn any_change(&self, dice: &mut Dice) -> (Change, Patience) {
        let change = match dice.below(4) {
            0 | 1 => Change::Suspend,
            2 => Change::Resume,
            _ => Change::Plan(dice.keys()),
        };
        (change, if dice.below(2) == 0 { Patience::Wait } else { Patience::RespondAsync })
    }

    fn step(&mut self, dice: &mut Dice) {
        let event = dice.below(24);
        let room = self.room(dice);
        let address = self.rooms[room].0.clone();
        self.told.push(format!("{:?}: event {event} room {room}", self.house.now()));
        match event {
            0..6 => self.look(room, dice.below(3) > 0),
            6..10 => {
                let (change, patience) = self.any_change(dice);
                self.told.push(format!("{change:?} {patience:?}"));
                self.house.run(self.change(change, patience));
                self.told.push(format!("{:?}", self.eras.lock().unwrap().last().unwrap()));
            }
            10 => self.house.objects.restart_one(&self.home.address()),
            11 => self.house.objects.restart_one(&address),
            12 => self.house.crash(),
            13..16 => {
                let fault = [Fault::Unreachable, Fault::Late, Fault::AnswerLost, Fault::Doubled];
                let fault = fault[usize::try_from(dice.below(4)).unwrap()];
                self.house.objects.fault(Whom::Command(address, "initialize"), fault);
            }
            16 => {
                self.house.objects.fault(Whom::Command(self.home.address(), "draw"), Fault::Unreachable);
                self.is_faulty = true;
            }
            17 => {
                self.house.objects.heal();
                self.is_faulty = false;
            }
            18 => self.house.run(self.house.objects.deliver_late()),
            19 => {
                // Something is changed while a grant is on its way.
                let (change, _) = self.any_change(dice);
                let rest = self.change(change, Patience::RespondAsync);
                self.told.push(format!("{change:?} before the next grant arrives"));
                self.house.objects.before_answer(Whom::Command(self.home.address(), "draw"), rest);
                self.look(room, true);
                self.house.objects.before_answer(Whom::Everybody, Box::pin(async {}));
            }
            // Within the margin of the leases, and once in the life of one.
            20 if self.house.now() > self.stepped_back.plus_millis(2 * MINUTE) => {
                self.stepped_back = self.house.now();
                self.house.clock.set(self.house.after(-dice.ms(300)));
            }
            20 | 21 => self.house.clock.set(self.house.after(dice.ms(70_000))),
            22 => self.house.clock.set(self.house.after(dice.ms(1_000))),
            _ => self.house.advance(dice.ms(70_000)),
        }
        // The very moment at which something comes into force is the one to look at.
        let due = self.eras.lock().unwrap().iter().filter_map(|era| era.in_force_at).max();
        if let Some(at) = due.filter(|at| *at > self.house.now())
            && dice.below(6) == 0
        {
            self.house.clock.set(at);
            self.look(room, dice.below(3) > 0);
            self.look(1 - room, true);
        }
    }
}

#[test]
fn nothing_is_decided_by_a_policy_after_its_end_whatever_happens() {
    let (mut decided, mut undecided, mut changes) = (0, 0, 0);
    let worlds: u32 = as_many(40, 150);
    for seed in 0..u64::from(worlds) {
        let (mut world, mut dice) = (World::new(seed), Dice(seed));
        (0..80).for_each(|_| world.step(&mut dice));
        decided += world.decided;
        undecided += world.undecided;
        changes += world.eras.lock().unwrap().len();
    }
    println!("{decided} decisions, {undecided} undecided, {changes} changes");
    assert!(decided > 13 * worlds && 2 * undecided > worlds && changes > 6 * worlds as usize, "the world stands still");
}
