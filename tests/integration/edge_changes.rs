//! Changes that take away, while isolates decide by leases: once one is answered, nobody decides by what was before.

use latchkey::app::{Error, Principal, RotateKey, VerifyKey};
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

/// A change of the session of a key; tells whether it is in force.
fn reconnect(house: &House, by: &Principal, held: &Held, change: SessionChange) -> Result<bool, Error> {
    let changed = house.run(house.app.change_session(by, &held.key.session_id, change));
    changed.map(|outcome| outcome.settled)
}

fn to(status: SessionStatus) -> SessionChange {
    SessionChange { status: Some(status), ..SessionChange::default() }
}

fn edge_mode() -> SessionChange {
    let consistency = Some(ConsistencyChange { mode: set(Mode::Edge), ..ConsistencyChange::default() });
    SessionChange { consistency, ..SessionChange::default() }
}

/// A change of a key; tells whether it is in force.
fn rekey(house: &House, by: &Principal, held: &Held, change: KeyChange) -> Result<bool, Error> {
    house.run(house.app.change_key(by, held.id(), change)).map(|outcome| outcome.settled)
}

fn kill(house: &House, by: &Principal, held: &Held) -> Result<bool, Error> {
    house.run(house.app.revoke_key(by, held.id(), None)).map(|outcome| outcome.settled)
}

fn active(active: bool) -> KeyChange {
    KeyChange { active: Some(active), ..KeyChange::default() }
}

fn granting(permission: &str) -> KeyChange {
    KeyChange { permissions: Some(permissions(&[permission])), ..KeyChange::default() }
}

/// Repeats a change until it is in force: an answer may be lost, or be 202.
fn firmly(house: &House, change: impl Fn() -> Result<bool, Error>) {
    for _ in 0..10 {
        match change() {
            Ok(true) => return,
            Ok(false) => house.advance(10_000),
            Err(error) => assert!(matches!(error, Error::Unavailable(_)), "{error:?}"),
        }
    }
    panic!("a change that is never in force");
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
    type Change = (Code, fn(&House, &Home, &Principal, &Held) -> Result<bool, Error>);
    let changes: [Change; 7] = [
        (Code::Revoked, |house, _, by, held| kill(house, by, held)),
        (Code::Disabled, |house, _, by, held| rekey(house, by, held, active(false))),
        (Code::InsufficientPermissions, |house, _, by, held| rekey(house, by, held, granting("emails:read"))),
        (Code::Revoked, |house, _, by, held| {
            let request = RotateKey { key_id: held.id().clone(), overlap_ms: 0, expires_at: None };
            house.run(house.app.rotate(by, request, None)).map(|outcome| outcome.settled)
        }),
        (Code::SessionDisconnected, |house, _, by, held| reconnect(house, by, held, to(SessionStatus::Disconnected))),
        (Code::Revoked, |house, _, by, held| {
            let deleted = house.run(house.app.delete_session(by, &held.key.session_id));
            deleted.map(|outcome| outcome.settled)
        }),
        (Code::OrganizationSuspended, |house, home, _, _| {
            house.set_status(&home.organization.id, OrganizationStatus::Suspended)
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
            let begun = house.now();
            let settled = change(&house, &home, &admin, &held).unwrap();
            // After a restart nobody knows who has a lease, and it may take longer than an answer may be held back.
            assert!(settled || restart, "change {kind}");
            if !settled {
                house.advance(70_000);
            }
            assert!(restart || house.now().millis_since(begun) < 3_000, "change {kind}: no longer than the lease");
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
            reconnect(&house, &admin, &held, edge_mode()).unwrap();
        }
        let mut edges = [house.edge(), house.edge(), house.edge()];
        // What a sending is answered with, as far as anybody has been told.
        let (mut enabled, mut may_send, mut revoked, mut connected) = (true, true, false, true);
        for step in 0..120 {
            match dice.below(24) {
                0 if !revoked => {
                    enabled = !enabled;
                    firmly(&house, || rekey(&house, &admin, &held, active(enabled)));
                }
                1 if !revoked => {
                    may_send = !may_send;
                    let permission = if may_send { "emails:send" } else { "emails:read" };
                    firmly(&house, || rekey(&house, &admin, &held, granting(permission)));
                }
                2 => {
                    connected = !connected;
                    let status = if connected { SessionStatus::Connected } else { SessionStatus::Disconnected };
                    firmly(&house, || reconnect(&house, &admin, &held, to(status)));
                }
                3 if step > 60 => {
                    revoked = true;
                    firmly(&house, || kill(&house, &admin, &held));
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
