//! Changes that take away, while isolates decide by leases: once one is answered, nobody decides by what was before.

use latchkey::app::{Principal, VerifyKey};
use latchkey::domain::consistency::{ConsistencyChange, Mode};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::{OrganizationStatus, SessionStatus};
use latchkey::domain::verification::{Code, Demand};
use latchkey::ports::Address;
use latchkey::session::protocol::SessionChange;

use crate::support::house::Home;
use crate::support::*;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn status(house: &House, by: &Principal, held: &Held, status: SessionStatus) {
    let change = SessionChange { status: Some(status), ..SessionChange::default() };
    house.run(house.app.change_session(by, &held.key.session_id, change)).unwrap();
}

fn allow_kv(house: &House, by: &Principal, held: &Held) {
    let consistency = Some(ConsistencyChange { mode: set(Mode::Edge), ..ConsistencyChange::default() });
    let change = SessionChange { consistency, ..SessionChange::default() };
    house.run(house.app.change_session(by, &held.key.session_id, change)).unwrap();
}

/// An organization, and a key in a session that can be disconnected.
fn customer(house: &House) -> (Home, Principal, Held) {
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    (home, admin, held)
}

fn sending() -> VerifyKey {
    let demand = Demand { permissions: vec![permission("emails:send")], ..Demand::default() };
    VerifyKey { demand, ..VerifyKey::default() }
}

#[test]
fn after_each_kind_of_change_every_isolate_says_what_is_so_now() {
    type Change = (Code, fn(&House, &Home, &Principal, &Held));
    let changes: [Change; 7] = [
        (Code::Revoked, |house, _, by, held| drop(house.revoke(by, held.id()).unwrap())),
        (Code::Disabled, |house, _, by, held| {
            drop(house.change(by, held.id(), KeyChange { active: Some(false), ..KeyChange::default() }).unwrap());
        }),
        (Code::InsufficientPermissions, |house, _, by, held| {
            let permissions = Some(permissions(&["emails:read"]));
            drop(house.change(by, held.id(), KeyChange { permissions, ..KeyChange::default() }).unwrap());
        }),
        (Code::Revoked, |house, _, by, held| drop(house.rotate(by, held.id(), 0).unwrap())),
        (Code::SessionDisconnected, |house, _, by, held| status(house, by, held, SessionStatus::Disconnected)),
        (Code::Revoked, |house, _, by, held| drop(house.delete_session(by, &held.key.session_id).unwrap())),
        (Code::OrganizationSuspended, |house, home, _, _| {
            house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
        }),
    ];
    for (kind, (expected, change)) in changes.into_iter().enumerate() {
        for restart in [false, true] {
            let house = House::new();
            let (home, admin, held) = customer(&house);
            let edges = [house.edge(), house.edge()];
            for edge in &edges {
                edge.warm(&held.text);
            }
            if restart {
                house.crash();
            }
            change(&house, &home, &admin, &held);
            for edge in &edges {
                let code = edge.verify_for(&held.text, sending()).unwrap().code;
                assert_eq!(code, expected, "change {kind}, restarted: {restart}");
            }
        }
    }
}

#[test]
fn an_isolate_that_has_heard_of_the_end_knows_it_before_the_change_is_answered() {
    let house = House::new();
    let (_, admin, held) = customer(&house);
    let (knowing, unknowing) = (house.edge(), house.edge());
    knowing.warm(&held.text);
    unknowing.warm(&held.text);
    let revoked = house.app.revoke_key(&admin, held.id(), None);
    // It is answered when nobody decides by a lease any more; what happens meanwhile happens in another turn.
    let mut revoked = Box::pin(revoked);
    let waker = futures_util::task::noop_waker();
    for _ in 0..8 {
        assert!(revoked.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(knowing.verify_for(&held.text, wanting(Mode::Strict)).unwrap().code, Code::Revoked);
    let (code, asked) = knowing.asking(|| knowing.code(&held.text));
    assert_eq!((code, asked), (Code::Revoked, (0, 0)), "it is remembered");
    assert_eq!(unknowing.code(&held.text), Code::Valid, "it may: nobody has been told that the key is dead");
    house.finish(revoked).unwrap();
    assert_eq!(unknowing.code(&held.text), Code::Revoked);
}

#[test]
fn whatever_happens_in_whatever_order_nothing_dead_is_accepted() {
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let house = House::seeded(seed);
        let (home, admin, held) = customer(&house);
        let session = Address::Session(held.key.session_id.locator());
        if seed % 3 == 0 {
            allow_kv(&house, &admin, &held);
        }
        let mut edges = vec![house.edge(), house.edge(), house.edge()];
        // What a sending is answered with, as far as anybody has been told.
        let (mut enabled, mut may_send, mut revoked, mut connected) = (true, true, false, true);
        for step in 0..120 {
            match dice.below(24) {
                0 if !revoked => {
                    enabled = !enabled;
                    let change = KeyChange { active: Some(enabled), ..KeyChange::default() };
                    house.change(&admin, held.id(), change).unwrap();
                }
                1 if !revoked => {
                    may_send = !may_send;
                    let granted = Some(permissions(&[if may_send { "emails:send" } else { "emails:read" }]));
                    let change = KeyChange { permissions: granted, ..KeyChange::default() };
                    house.change(&admin, held.id(), change).unwrap();
                }
                2 => {
                    connected = !connected;
                    let to = if connected { SessionStatus::Connected } else { SessionStatus::Disconnected };
                    status(&house, &admin, &held, to);
                }
                3 if step > 60 => {
                    revoked = true;
                    house.revoke(&admin, held.id()).unwrap();
                }
                4 => house.crash(),
                5 => house.objects.fault_once(Whom::One(session.clone()), Fault::AnswerLost),
                6 => house.kv.lags_by(i64::try_from(dice.below(120_000)).unwrap()),
                7 => {
                    let place = dice.below(3);
                    edges[place] = house.edge();
                }
                8 => edges[dice.below(3)].clock.differs_by(i64::try_from(dice.below(400)).unwrap() - 200),
                9..=14 => house.advance(i64::try_from(dice.below(1_500)).unwrap()),
                _ => {
                    let edge = &edges[dice.below(3)];
                    if let Ok(verification) = edge.verify_for(&held.text, sending()) {
                        let expected = match () {
                            () if revoked => Code::Revoked,
                            () if !enabled => Code::Disabled,
                            () if !connected => Code::SessionDisconnected,
                            () if !may_send => Code::InsufficientPermissions,
                            () => Code::Valid,
                        };
                        let good = verification.code == expected
                            || (verification.code != Code::Valid && expected == Code::Valid);
                        assert!(good, "seed {seed}, step {step}: {:?}, and it is {expected:?}", verification);
                    }
                    if dice.below(3) > 0 {
                        edge.settle();
                    }
                }
            }
        }
        house.objects.heal();
        drop(home);
    }
}
