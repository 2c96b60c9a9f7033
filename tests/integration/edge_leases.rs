//! Isolates decide by leases: without asking while that is good, and not a moment longer.

use latchkey::app::{Basis, VerifyKey};
use latchkey::domain::caller::{Caller, Reach};
use latchkey::domain::consistency::{ConsistencyChange, Mode};
use latchkey::domain::verification::{Code, Demand};
use latchkey::hash_index;
use latchkey::object::Rejection;
use latchkey::session::protocol::SessionChange;

use crate::support::house::Home;
use crate::support::*;

/// What is left of a lease of 2 s after both sides' margins.
const HELD: i64 = 2_000 - 252;

fn home() -> (House, Home, Held) {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    (house, home, held)
}

fn be(house: &House, home: &Home, mode: Mode, ttl_ms: u32, stale_seconds: u32) {
    let consistency =
        Some(ConsistencyChange { mode: set(mode), ttl_ms: set(ttl_ms), stale_seconds: set(stale_seconds) });
    let change = SessionChange { consistency, ..SessionChange::default() };
    house.run(house.app.change_session(&house.principal(&home.secret), &home.session_id, change)).unwrap();
}

#[test]
fn a_hot_key_is_decided_without_asking_anybody() {
    let (house, _, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    let (codes, asked) = edge.asking(|| (0..100).map(|_| edge.code(&held.text)).collect::<Vec<_>>());
    assert_eq!((codes, asked), (vec![Code::Valid; 100], (0, 0)));
    let verification = edge.here(&held.text).unwrap();
    let freshness = verification.freshness;
    assert_eq!((freshness.basis, freshness.as_of), (Basis::Leased, house.now()));
    assert_eq!(freshness.max_staleness_ms, u64::try_from(HELD).unwrap());
    let demand = Demand { permissions: vec![permission("emails:delete")], ..Demand::default() };
    let (refused, asked) =
        edge.asking(|| edge.verify_for(&held.text, VerifyKey { demand, ..VerifyKey::default() }).unwrap());
    assert_eq!((refused.code, asked), (Code::InsufficientPermissions, (0, 0)), "for whatever it is wanted");
}

#[test]
fn a_key_that_nobody_asks_for_again_has_no_lease() {
    let (house, _, held) = home();
    let edge = house.edge();
    for _ in 0..3 {
        assert_eq!(edge.code(&held.text), Code::Valid);
        assert!(edge.here(&held.text).is_none());
        house.advance(5_001);
    }
}

#[test]
fn a_lease_ends_by_the_isolates_clock_from_the_moment_it_asked() {
    let (house, _, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    house.advance(HELD - 1);
    assert!(edge.here(&held.text).is_some());
    house.advance(1);
    assert!(edge.here(&held.text).is_none());
    // The second answer, which brings the lease, is under way until it is over.
    let edge = house.edge();
    house.advance(6_000);
    edge.code(&held.text);
    let clock = house.clock.clone();
    let late = house.after(HELD);
    house.objects.before_answer(Whom::Kind(Kind::Session), Box::pin(async move { clock.set(late) }));
    edge.code(&held.text);
    assert!(edge.here(&held.text).is_none(), "it has come too late");
}

#[test]
fn a_clock_that_runs_backwards_ends_all_leases() {
    let (house, home, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    edge.warm(&home.secret);
    edge.clock.differs_by(-1);
    assert!(edge.here(&held.text).is_none());
    edge.clock.differs_by(0);
    assert!(edge.here(&home.secret).is_none(), "for good");
    edge.warm(&held.text);
}

#[test]
fn hot_keys_are_renewed_together_behind_the_answers_and_nobody_waits() {
    let (house, home, held) = home();
    let other = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let edge = house.edge();
    edge.warm(&held.text);
    edge.warm(&other.text);
    let (renewals, verifications) = (house.objects.told(Kind::Session, "renew"), told(&house));
    for _ in 0..600 {
        house.advance(100);
        for secret in [&held.text, &other.text] {
            assert_eq!(edge.code(secret), Code::Valid);
        }
        edge.settle();
    }
    assert_eq!(told(&house), verifications, "no request has asked");
    let renewals = house.objects.told(Kind::Session, "renew") - renewals;
    // In the last third of what is left of two seconds, for both keys at once.
    assert!((30..=60_000 / 1_166 + 1).contains(&renewals), "{renewals} renewals in a minute");
}

fn told(house: &House) -> u64 {
    house.objects.told(Kind::Session, "verify")
}

#[test]
fn a_renewal_that_fails_is_not_repeated_at_once_and_one_is_under_way_at_a_time() {
    let (house, home, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    house.advance(HELD - 100);
    for _ in 0..10 {
        edge.code(&held.text);
    }
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    let (_, asked) = edge.asking(|| edge.settle());
    assert_eq!(asked, (1, 0), "ten uses, one renewal");
    let (_, asked) = edge.asking(|| {
        edge.code(&held.text);
        edge.settle();
    });
    assert_eq!(asked, (0, 0));
    house.objects.heal();
    house.advance(99);
    assert_eq!(edge.here(&held.text).map(|here| here.code), Some(Code::Valid), "until the lease ends");
    house.advance(1);
    assert!(edge.here(&held.text).is_none());
}

#[test]
fn a_renewal_whose_isolate_was_killed_is_replaced_after_a_while() {
    let (house, home, held) = home();
    be(&house, &home, Mode::Leased, 60_000, 0);
    // Many isolates make leases long.
    let edge = house.edge();
    edge.warm(&held.text);
    house.advance(HELD - 100);
    edge.code(&held.text);
    edge.afterwork.lose();
    for (after, expected) in [(50, 0), (12_000, 1)] {
        house.advance(after);
        edge.code(&held.text);
        edge.code(&held.text);
        house.advance(HELD - 100);
        edge.code(&held.text);
        let before = house.objects.told(Kind::Session, "renew");
        edge.settle();
        assert_eq!(house.objects.told(Kind::Session, "renew") - before, expected, "{after} ms later");
    }
}

#[test]
fn an_authority_that_is_away_leaves_what_is_leased_and_no_more() {
    for fault in [Fault::Unreachable, Fault::Hanging, Fault::Overloaded, Fault::AnswerLost] {
        let (house, home, held) = home();
        let edge = house.edge();
        edge.warm(&held.text);
        house.objects.fault(Whom::One(home.session_address()), fault);
        house.advance(HELD - 1);
        assert_eq!(edge.code(&held.text), Code::Valid, "{fault:?}");
        house.advance(1);
        assert!(is_unavailable(&edge.verify_for(&held.text, VerifyKey::default())), "{fault:?}");
        house.objects.heal();
        assert_eq!(edge.code(&held.text), Code::Valid);
    }
}

#[test]
fn where_the_owner_allows_it_a_lease_goes_on_for_a_while_without_its_authority() {
    let (house, home, held) = home();
    be(&house, &home, Mode::Leased, 5_000, 20);
    let edge = house.edge();
    edge.warm(&held.text);
    let begun = house.now();
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    house.advance(HELD);
    let verification = edge.verify_for(&held.text, VerifyKey::default()).unwrap();
    assert_eq!((verification.code, verification.freshness.basis), (Code::Valid, Basis::Stale));
    assert_eq!(verification.freshness.as_of, begun);
    assert!(is_unavailable(&edge.verify_for(&held.text, wanting(Mode::Strict))), "not to who wants it strict");
    assert!(edge.caller(&held.text).is_err(), "it may not have keys verified, also now");
    house.advance(22_000 - 272 - house.now().millis_since(begun) - 400);
    assert_eq!(edge.code(&held.text), Code::Valid);
    house.advance(1_000);
    assert!(is_unavailable(&edge.verify_for(&held.text, VerifyKey::default())));
}

#[test]
fn who_wants_it_strict_has_the_authority_alone_asked() {
    let (house, home, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    for _ in 0..3 {
        let (verification, asked) = edge.asking(|| edge.verify_for(&held.text, wanting(Mode::Strict)).unwrap());
        assert_eq!((verification.code, asked), (Code::Valid, (1, 0)), "no look into KV either");
        assert_eq!((verification.freshness.basis, verification.freshness.max_staleness_ms), (Basis::Strict, 0));
    }
    for request in [dry(), VerifyKey { explain: true, ..VerifyKey::default() }] {
        let (verification, asked) = edge.asking(|| edge.verify_for(&held.text, request).unwrap());
        assert_eq!((verification.freshness.basis, asked.0), (Basis::Strict, 1));
    }
    // Not even a tombstone answers for the authority.
    let dead = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    house.revoke(&house.principal(&home.secret), dead.id()).unwrap();
    house.objects.fault(Whom::One(home.session_address()), Fault::Hanging);
    assert!(is_unavailable(&house.edge().verify_for(&dead.text, wanting(Mode::Strict))));
    assert_eq!(house.edge().code(&dead.text), Code::Revoked);
    house.objects.heal();
    be(&house, &home, Mode::Strict, 5_000, 0);
    let edge = house.edge();
    for _ in 0..3 {
        let (code, asked) = edge.asking(|| edge.code(&held.text));
        assert_eq!((code, asked.0), (Code::Valid, 1), "a session that wants it so");
    }
    be(&house, &home, Mode::Leased, 0, 0);
    let (_, asked) = edge.asking(|| (0..3).map(|_| edge.code(&held.text)).collect::<Vec<_>>());
    assert_eq!(asked.0, 3, "without time there is no lease");
}

#[test]
fn whoever_has_keys_verified_is_known_by_a_lease_too_and_nobody_else() {
    let (house, home, held) = home();
    let admin = house.principal(&home.secret);
    let verifier = house.issue(&admin, key(&["keys:verify"])).unwrap();
    let edge = house.edge();
    for _ in 0..2 {
        edge.caller(&verifier.text).unwrap();
    }
    edge.warm(&held.text);
    let (caller, asked) = edge.asking(|| edge.caller(&verifier.text).unwrap());
    assert_eq!((caller.caller.bearer.as_str(), asked), (verifier.id().as_str(), (0, 0)));
    let (verification, asked) =
        edge.asking(|| edge.verify_by(&held.text, Some(&caller.caller), VerifyKey::default()).unwrap());
    assert_eq!((verification.code, asked), (Code::Valid, (0, 0)), "two leases, and nobody is asked");
    // A key that has a lease, and may not.
    let refused = refusal(edge.caller(&held.text));
    assert!(matches!(refused, Rejection::CallerRefused { code: Code::InsufficientPermissions, .. }), "{refused:?}");
    house.revoke(&admin, verifier.id()).unwrap();
    let refused = refusal(edge.caller(&verifier.text));
    assert!(matches!(refused, Rejection::CallerRefused { code: Code::Revoked, .. }), "{refused:?}");
    let calls = house.objects.told(Kind::Session, "authenticate");
    for _ in 0..3 {
        house.principal(&home.secret);
    }
    assert_eq!(house.objects.told(Kind::Session, "authenticate"), calls + 3, "who manages is asked about each time");
}

#[test]
fn a_lease_says_nothing_to_those_who_cannot_see_its_key() {
    let house = House::new();
    let (ours, theirs) = (house.found("Ours"), house.found("Theirs"));
    let admin = house.principal(&ours.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    let bound = house.issue(&admin, key(&["keys:verify"])).unwrap();
    let edge = house.edge();
    edge.warm(&held.text);
    let reaching = |caller: &Caller| {
        edge.asking(|| {
            let verification = edge.verify_by(&held.text, Some(caller), VerifyKey::default()).unwrap();
            (verification.code, verification.key.is_none(), verification.limits.len())
        })
    };
    let foreign = house.principal(&theirs.secret);
    let bound = Caller::reaching(&bound.key, Reach::Session);
    for stranger in [&*foreign.caller, &bound] {
        assert_eq!(reaching(stranger), ((Code::NotFound, true, 0), (0, 0)));
    }
    assert_eq!(reaching(&admin.caller), ((Code::Valid, false, 0), (0, 0)));
}

#[test]
fn forged_keys_cost_nothing_and_are_known_as_such_at_once() {
    let (house, _, held) = home();
    let edge = house.edge();
    let mut forged = held.text.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'a' { 'b' } else { 'a' });
    for text in [forged.as_str(), "", "sk_", &key_like("live")] {
        let (here, asked) = edge.asking(|| edge.here(text).unwrap());
        assert_eq!((here.code, asked), (Code::NotFound, (0, 0)));
        assert!(edge.caller(text).is_err());
    }
    assert!(edge.afterwork.background.take().is_empty());
}

#[test]
fn a_new_isolate_knows_nothing_and_is_never_wrong() {
    let (house, home, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    let after_a_panic = house.edge();
    assert!(after_a_panic.here(&held.text).is_none());
    house.revoke(&house.principal(&home.secret), held.id()).unwrap();
    assert_eq!(house.edge().code(&held.text), Code::Revoked);
}

#[test]
fn what_was_decided_is_reported_within_ten_seconds_and_once_for_many() {
    let (house, _, held) = home();
    let edge = house.edge();
    edge.warm(&held.text);
    for _ in 0..20 {
        edge.code(&held.text);
    }
    edge.settle();
    assert_eq!(edge.afterwork.waiting(), 1, "somebody will report");
    let (renewals, begun) = (house.objects.told(Kind::Session, "renew"), house.now());
    edge.afterwork.report(&house, &edge.app);
    assert!(house.objects.told(Kind::Session, "renew") > renewals);
    assert!(house.now().millis_since(begun) <= 20_000, "twice, should it not be written down yet");
    edge.warm(&held.text);
    edge.settle();
    assert_eq!(edge.afterwork.waiting(), 1, "the next use begins anew");
}

#[test]
fn what_is_counted_is_paid_from_banks_and_no_window_holds_more_than_its_limit() {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.limited_key(&house.principal(&home.secret), &[("burst", 2_000, 60_000)]);
    let edges = [house.edge(), house.edge(), house.edge()];
    let (mut valid, mut tries) = (0, 0);
    let before = told(&house);
    for _ in 0..1_500 {
        house.advance(10);
        for edge in &edges {
            tries += 1;
            valid += u32::from(edge.code(&held.text) == Code::Valid);
            edge.settle();
        }
    }
    assert!(valid <= 2_000, "{valid} of {tries} in 15 s");
    assert!(valid > 1_900, "{valid} of {tries}: hardly less either");
    let asked = told(&house) - before;
    assert!(asked < tries / 2, "{asked} of {tries} have asked");
}

#[test]
fn keys_of_a_session_spend_together_what_one_of_them_was_given() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let admin = house.principal(&home.secret);
    let keys: Vec<Held> = (0..8).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let edge = house.edge();
    let round = || {
        for held in &keys {
            // None comes twice while a bank lasts, of all of them four.
            house.advance(50);
            assert_eq!(edge.code(&held.text), Code::Valid);
            edge.settle();
        }
    };
    (0..3).for_each(|_| round());
    let told = |kind, command| house.objects.told(kind, command);
    let all = || [told(Kind::Session, "verify"), told(Kind::Session, "renew"), told(Kind::Organization, "draw")];
    let before = all();
    (0..25).for_each(|_| round());
    let after = all();
    let [asked, renewals, draws] = [0, 1, 2].map(|at| after[at] - before[at]);
    println!("{asked} asked, {renewals} renewals, {draws} draws for 200 requests");
    assert!(asked <= 20, "{asked} of 200 have asked");
    assert!(renewals <= 80 && draws <= 80, "{renewals} renewals, {draws} draws");
}

#[test]
fn who_has_a_lease_and_lacks_tokens_asks_the_authority_and_not_kv_unless_it_fails() {
    let house = House::new();
    // So few that tokens are single.
    let home = house.found_on("Acme", requests(100));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let edge = house.edge();
    (0..2).for_each(|_| assert_eq!(edge.code(&held.text), Code::Valid));
    for _ in 0..3 {
        assert_eq!(edge.asking(|| edge.code(&held.text)), (Code::Valid, (1, 0)));
    }
    house.objects.fault(Whom::One(home.session_address()), Fault::Hanging);
    let dead = hash_index::encode(&held.key.clone().revoke(None, house.now()), None).unwrap();
    house.kv.latest().keys().for_each(|name| house.kv.plant(name, &dead));
    let slept = house.timer.slept().len();
    assert_eq!(edge.code(&held.text), Code::Revoked);
    assert_eq!(house.timer.slept()[slept..], [10_000], "after the authority, not beside it");
}
