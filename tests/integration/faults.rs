//! When doors do not open: KV never changes an answer but "revoked", and no failure is ever a yes or a
//! "no such key".

use latchkey::app::{Error, VerifyKey};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::hash_index;

use crate::support::*;

const KV_MOODS: [Mood; 6] = [Mood::Well, Mood::Down, Mood::Hanging, Mood::Losing, Mood::StoreThenFail, Mood::Late];

#[test]
fn whatever_kv_does_the_answers_are_the_same() {
    for mood in KV_MOODS {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        house.kv.is(mood);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        assert_eq!(house.code(&held.text), Code::Valid, "{mood:?}: a new key verifies at once");
        house.change(&admin, held.id(), KeyChange { active: Some(false), ..KeyChange::default() }).unwrap();
        assert_eq!(house.code(&held.text), Code::Disabled, "{mood:?}");
        house.change(&admin, held.id(), KeyChange { active: Some(true), ..KeyChange::default() }).unwrap();
        assert_eq!(house.code(&held.text), Code::Valid, "{mood:?}");
        house.revoke(&admin, held.id()).unwrap();
        assert_eq!(house.code(&held.text), Code::Revoked, "{mood:?}: dead when the answer has left");
    }
}

#[test]
fn a_kv_that_is_empty_or_days_behind_changes_no_answer() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.kv.lags_by(5 * DAY);
    assert_eq!(house.code(&held.text), Code::Valid, "KV has not heard of it");
    house.advance(6 * DAY);
    house.revoke(&admin, held.id()).unwrap();
    assert_eq!(house.code(&held.text), Code::Revoked, "KV still says active");
    house.kv.forget_everything();
    assert_eq!(house.code(&held.text), Code::Revoked);
    assert_eq!(house.code(&home.secret), Code::Valid);
}

#[test]
fn an_authority_that_cannot_be_asked_is_never_a_yes_and_never_a_missing_key() {
    for kv in KV_MOODS {
        for fault in [Fault::Unreachable, Fault::AnswerLost, Fault::Hanging, Fault::Overloaded, Fault::Retryable] {
            let house = House::new();
            let home = house.found("Acme");
            house.kv.is(kv);
            house.objects.fault(Whom::One(home.session_address()), fault);
            for explain in [false, true] {
                let outcome = house.verify_for(&home.secret, VerifyKey { explain, ..VerifyKey::default() });
                assert!(is_unavailable(&outcome), "{kv:?} {fault:?}: {outcome:?}");
            }
            house.objects.heal();
            assert_eq!(house.code(&home.secret), Code::Valid);
        }
    }
}

#[test]
fn a_broken_database_is_a_failure_and_never_a_missing_key() {
    let house = House::new();
    let home = house.found("Acme");
    let disk = house.objects.disk(&home.session_address());
    disk.set_broken(true);
    let outcome = house.verify(&home.secret);
    assert!(matches!(outcome, Err(Error::Failed(_) | Error::Unavailable(_))), "{outcome:?}");
    disk.set_broken(false);
    for n in 1..10 {
        disk.fail_statement(n);
        match house.verify(&home.secret) {
            Ok(verification) => assert_eq!(verification.code, Code::Valid),
            Err(error) => assert!(matches!(error, Error::Failed(_) | Error::Unavailable(_)), "{error:?}"),
        }
        disk.no_failure();
    }
}

#[test]
fn a_tombstone_answers_for_an_authority_that_is_away() {
    for fault in [Fault::Unreachable, Fault::Hanging, Fault::Overloaded] {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        house.revoke(&admin, held.id()).unwrap();
        house.objects.fault(Whom::One(home.session_address()), fault);
        let verification = house.verify_for(&held.text, VerifyKey { explain: true, ..VerifyKey::default() }).unwrap();
        assert_eq!(verification.code, Code::Revoked, "{fault:?}");
        assert_eq!(verification.key.unwrap().id, *held.id());
        assert_eq!(verification.trace.len(), 2, "known, revoked");
        house.kv.reads_are(Mood::Hanging);
        assert_eq!(house.code(&held.text), Code::Revoked, "{fault:?}: this isolate remembers");
        let unavailable = house.edge().verify_for(&held.text, VerifyKey::default());
        assert!(is_unavailable(&unavailable), "{fault:?} and a KV that says nothing");
    }
}

#[test]
fn a_tombstone_that_names_another_session_proves_nothing() {
    let house = House::new();
    let (ours, theirs) = (house.found("Ours"), house.found("Theirs"));
    let dead = house.issue(&house.principal(&theirs.secret), key(&["emails:send"])).unwrap();
    let dead = house.revoke(&house.principal(&theirs.secret), dead.id()).unwrap();
    let value = hash_index::encode(&dead, None).unwrap();
    for name in house.kv.latest().keys() {
        house.kv.plant(name, &value);
    }
    assert_eq!(house.code(&ours.secret), Code::Valid);
    house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
    assert!(is_unavailable(&house.verify(&ours.secret)));
}

#[test]
fn values_in_kv_that_are_not_ours_or_of_a_later_version_count_as_absent() {
    let house = House::new();
    let home = house.found("Acme");
    let good = house.kv.latest().into_values().next().unwrap();
    let later = String::from_utf8(good.clone()).unwrap().replacen("\"v\":\"1\"", "\"v\":\"2\"", 1);
    for value in [b"".as_slice(), b"{}", b"null", b"\xff\xfe", later.as_bytes(), &good[..good.len() / 2]] {
        for name in house.kv.latest().keys() {
            house.kv.plant(name, value);
        }
        assert_eq!(house.code(&home.secret), Code::Valid);
        house.objects.fault(Whom::Kind(Kind::Session), Fault::Unreachable);
        assert!(is_unavailable(&house.edge().verify_for(&home.secret, VerifyKey::default())));
        house.objects.heal();
    }
}

#[test]
fn reading_is_tried_again_where_the_platform_says_that_it_may_help_and_writing_never() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Retryable);
    assert_eq!(house.code(&home.secret), Code::Valid);
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Overloaded);
    let calls = house.objects.calls(Kind::Session);
    assert!(is_unavailable(&house.verify(&home.secret)));
    assert_eq!(house.objects.calls(Kind::Session), calls + 1, "an overloaded object is left alone");
    house.objects.fault_once(Whom::One(home.session_address()), Fault::Retryable);
    let calls = house.objects.calls(Kind::Session);
    assert!(is_unavailable(&house.issue(&admin, key(&["emails:send"]))));
    assert_eq!(house.objects.calls(Kind::Session), calls + 1);
}

#[test]
fn a_suspension_says_so_when_a_session_has_not_heard_of_it_and_then_catches_up() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    for fault in [Fault::Unreachable, Fault::Hanging] {
        house.objects.fault(Whom::One(held.authority()), fault);
        let settled = house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap();
        assert!(!settled, "{fault:?}: accepted, not done");
        assert_eq!(house.code(&home.secret), Code::OrganizationSuspended);
        house.objects.heal();
        house.advance(70_000);
        assert_eq!(house.code(&held.text), Code::OrganizationSuspended);
        assert!(house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap(), "a repeat is done");
        assert!(house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap());
        assert_eq!(house.code(&held.text), Code::Valid);
    }
}

#[test]
fn a_wait_for_somebody_who_never_answers_has_an_end() {
    let house = House::new();
    let home = house.found("Acme");
    house.objects.fault(Whom::Everybody, Fault::Hanging);
    house.kv.is(Mood::Hanging);
    assert!(is_unavailable(&house.verify(&home.secret)));
    assert_eq!(house.timer.slept(), [10_000, 300], "ten seconds for the authority, then 300 ms for a tombstone");
    assert!(is_unavailable(&house.try_found("Another", None)));
    assert!(is_unavailable(&house.run(house.app.list_organizations(page(1)))));
}

#[test]
fn a_verification_writes_nothing_to_kv() {
    let house = House::new();
    let home = house.found("Acme");
    let (reads, writes) = (house.kv.reads(), house.kv.writes());
    for _ in 0..10 {
        house.code(&home.secret);
        house.advance(2 * 60_000);
    }
    assert_eq!(house.kv.writes(), writes);
    assert!(house.kv.reads() <= reads + 10, "one look for a tombstone at most");
}

#[test]
fn an_object_that_cannot_set_its_alarm_says_that_it_failed_and_makes_good_at_the_next_contact() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.advance(DAY);
    let disk = house.objects.disk(&home.session_address());
    disk.set_alarm_broken(true);
    let outcome = house.issue(&admin, key(&["emails:send"]));
    assert!(matches!(outcome, Err(Error::Failed(_))), "{outcome:?}");
    disk.set_alarm_broken(false);
    house.crash();
    house.code(&home.secret);
    house.advance(HOUR);
    assert_eq!(house.undelivered(), 0);
    assert_eq!(house.next_work(), None);
}

#[test]
fn no_line_of_the_log_contains_a_secret() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.kv.is(Mood::Down);
    house.objects.fault(Whom::One(home.address()), Fault::Unreachable);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.advance(60_000);
    let lines = house.log.lines();
    assert!(lines.len() > 3, "failures are reported");
    for line in lines {
        assert!(!line.contains(&held.text) && !line.contains(&held.text[8..20]), "{line}");
        serde_json::from_str::<serde_json::Value>(&line).unwrap();
    }
}
