//! Sessions that let KV decide: a record there accepts a key until an end that is written in it, and no longer.

use latchkey::app::{Basis, VerifyKey};
use latchkey::domain::consistency::{ConsistencyChange, Mode};
use latchkey::domain::verification::Code;
use latchkey::session::protocol::SessionChange;

use crate::support::house::Home;
use crate::support::*;

/// A key whose record in KV accepts it.
fn published() -> (House, Home, Held) {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let consistency = Some(ConsistencyChange { mode: set(Mode::Edge), ..ConsistencyChange::default() });
    let change = SessionChange { consistency, ..SessionChange::default() };
    house.run(house.app.change_session(&admin, &home.session_id, change)).unwrap();
    house.advance(2_000);
    let edge = house.edge();
    edge.warm(&held.text);
    house.advance(1_500);
    (house, home, held)
}

#[test]
fn an_isolate_that_knows_nothing_accepts_by_kv_and_has_a_lease_the_next_time() {
    let (house, home, held) = published();
    let edge = house.edge();
    // The authority is far away: KV answers first.
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Hanging);
    let verification = edge.verify_for(&held.text, VerifyKey::default()).unwrap();
    assert_eq!((verification.code, verification.freshness.basis), (Code::Valid, Basis::Edge));
    assert!(verification.freshness.max_staleness_ms > 0 && verification.freshness.as_of <= house.now());
    let (code, asked) = edge.asking(|| edge.code(&held.text));
    assert_eq!((code, asked), (Code::Valid, (0, 0)), "the record is remembered as long as it accepts");
}

#[test]
fn only_who_wants_it_no_narrower_is_answered_by_kv() {
    let (house, home, held) = published();
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    for mode in [Mode::Strict, Mode::Leased] {
        let edge = house.edge();
        assert!(is_unavailable(&edge.verify_for(&held.text, wanting(mode))), "{mode:?}");
    }
    let edge = house.edge();
    assert!(is_unavailable(&edge.verify_for(&held.text, dry())));
    assert_eq!(edge.code(&held.text), Code::Valid);
    assert!(is_unavailable(&edge.verify_for(&held.text, wanting(Mode::Leased))), "also once it is remembered");
}

#[test]
fn a_record_accepts_until_its_end_and_however_late_it_comes_no_longer() {
    let (house, home, held) = published();
    let admin = house.principal(&home.secret);
    let record = house.kv.latest();
    house.revoke(&admin, held.id()).unwrap();
    for (name, value) in record {
        house.kv.plant(&name, &value);
    }
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    assert!(is_unavailable(&house.edge().verify_for(&held.text, VerifyKey::default())));
    house.objects.heal();
    assert_eq!(house.edge().code(&held.text), Code::Revoked);
}

#[test]
fn what_an_isolate_has_learnt_counts_more_than_what_kv_says() {
    let (house, home, held) = published();
    let edge = house.edge();
    let mut revoking = Box::pin(async {
        let admin = house.app.authenticate(&home.secret, None, OPERATION, latchkey::app::Call::End).await.unwrap();
        let off = latchkey::domain::key_change::KeyChange { active: Some(false), ..Default::default() };
        house.app.change_key(&admin, held.id(), off).await
    });
    let waker = futures_util::task::noop_waker();
    for _ in 0..16 {
        assert!(revoking.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    }
    // Nobody has been told of it: an isolate that knows nothing may go by KV.
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Hanging);
    assert_eq!(house.edge().code(&held.text), Code::Valid);
    assert_eq!(edge.verify_for(&held.text, wanting(Mode::Strict)).unwrap().code, Code::Disabled);
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    assert!(is_unavailable(&edge.verify_for(&held.text, VerifyKey::default())), "but not one that has heard of it");
    house.objects.heal();
    drop(revoking);
}

const OPERATION: latchkey::domain::operation::Operation = latchkey::domain::operation::Operation::WriteApiKeys;

#[test]
fn an_authority_that_was_not_waited_for_is_heard_out_and_counts() {
    let (house, home, held) = published();
    let edge = house.edge();
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Hanging);
    edge.code(&held.text);
    assert_eq!(edge.afterwork.waiting(), 0, "it is not counted twice");
    let renewals = house.objects.told(Kind::Session, "renew");
    edge.settle();
    assert!(house.objects.told(Kind::Session, "renew") > renewals, "it was never reached: the isolate counts");
}
