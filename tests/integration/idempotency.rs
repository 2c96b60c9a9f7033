//! `Idempotency-Key`: a retry gets the same key and the same secret, although nobody has stored it.

use latchkey::app::RotateKey;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;

use crate::support::house::{Afterwards, Home};
use crate::support::*;

type End<'a> = &'a dyn Fn(&Held);

fn keys(house: &House, home: &Home) -> i64 {
    house.objects.disk(&home.session_address()).number("SELECT count(*) FROM api_keys")
}

#[test]
fn the_same_request_gets_the_same_key_and_secret_and_another_body_is_refused() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let issue = |text: &str, body: &str| house.issue_under(&admin, key(&["emails:send"]), Some(&header(text, body)));
    let first = issue("a-request-of-mine", "{}").unwrap();
    let again = issue("a-request-of-mine", "{}").unwrap();
    assert_eq!((&first.text, first.id()), (&again.text, again.id()));
    assert_eq!(house.code(&first.text), Code::Valid);
    assert_eq!(refusal(issue("a-request-of-mine", "{ }")), Rejection::IdempotencyMismatch);
    let other = issue("another-request-of-mine", "{}").unwrap();
    assert_ne!((&first.text, first.id()), (&other.text, other.id()));
    assert_eq!(keys(&house, &home), 3);
}

#[test]
fn the_same_header_for_another_session_is_another_request() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let idempotency = header("a-request-of-mine", "{}");
    house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency)).unwrap();
    let elsewhere = house.issue_under(&admin, key_in(&session.id, &["emails:send"]), Some(&idempotency));
    assert_eq!(refusal(elsewhere), Rejection::IdempotencyMismatch);
}

#[test]
fn two_callers_with_the_same_header_do_not_meet() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let manager = house.issue(&root, key(&["*"])).unwrap();
    let other = house.principal(&manager.text);
    let idempotency = header("a-request-of-mine", "{}");
    let first = house.issue_under(&root, key(&["emails:send"]), Some(&idempotency)).unwrap();
    let second = house.issue_under(&other, key(&["emails:send"]), Some(&header("a-request-of-mine", "{ }"))).unwrap();
    assert_ne!(first.text, second.text);
    assert_eq!(house.issue_under(&root, key(&["emails:send"]), Some(&idempotency)).unwrap().text, first.text);
}

#[test]
fn whatever_answer_was_lost_the_retry_ends_with_exactly_one_key() {
    // Every call of the whole request fails once, before or after it was carried out.
    for fault in [Fault::Unreachable, Fault::AnswerLost] {
        for lost in 1..8 {
            let house = House::new();
            let home = house.found("Acme");
            let admin = house.principal(&home.secret);
            let session = house.create_session(&admin, "Customer", None).unwrap();
            let idempotency = header("a-request-of-mine", "{}");
            let issue = || house.issue_under(&admin, key_in(&session.id, &["emails:send"]), Some(&idempotency));
            house.objects.fault_nth(lost, fault);
            let first = issue();
            house.objects.heal();
            house.crash();
            house.advance(31_000);
            let retried = issue().unwrap();
            if let Ok(first) = first {
                assert_eq!((&first.text, first.id()), (&retried.text, retried.id()), "{fault:?} of call {lost}");
            }
            let disk = house.objects.disk(&retried.authority());
            assert_eq!(disk.number("SELECT count(*) FROM api_keys"), 1, "{fault:?} of call {lost}");
            assert_eq!(house.code(&retried.text), Code::Valid);
        }
    }
}

#[test]
fn a_retry_while_the_first_is_at_work_is_told_so_and_not_for_ever() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let idempotency = header("a-request-of-mine", "{}");
    let issue = || house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency));
    // The claim arrives, everything after it does not, and nobody releases it.
    house.objects.fault_from(2, Fault::Unreachable);
    assert!(issue().is_err());
    house.objects.heal();
    assert_eq!(refusal(issue()), Rejection::IdempotencyInFlight);
    house.advance(30_000);
    issue().unwrap();
    assert_eq!(keys(&house, &home), 2);
}

#[test]
fn after_a_day_the_header_is_free_again_and_its_row_gone() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let idempotency = header("a-request-of-mine", "{}");
    let issue = || house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency)).unwrap();
    let first = issue();
    house.advance(DAY - 1);
    assert_eq!(issue().text, first.text);
    house.advance(1);
    let second = issue();
    assert_ne!((first.id(), &first.text), (second.id(), &second.text));
    house.advance(2 * DAY);
    assert_eq!(house.objects.disk(&home.session_address()).number("SELECT count(*) FROM claims"), 0);
}

#[test]
fn a_key_that_is_no_longer_active_is_not_shown_again() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let ends: [(&str, End<'_>); 3] = [
        ("revoked", &|held| drop(house.revoke(&admin, held.id()).unwrap())),
        ("rotated", &|held| drop(house.rotate(&admin, held.id(), 0).unwrap())),
        ("expired", &|held| {
            let change = KeyChange { expires_at: set(house.after(1_000)), ..KeyChange::default() };
            house.change(&admin, held.id(), change).unwrap();
            house.advance(1_000);
        }),
    ];
    for (how, end) in ends {
        let idempotency = header(how, "{}");
        let held = house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency)).unwrap();
        end(&held);
        let retried = house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency));
        assert_eq!(refusal(retried), Rejection::KeyAlreadyIssued, "{how}");
    }
}

#[test]
fn under_a_new_root_secret_the_old_secret_cannot_be_derived_and_no_second_key_is_made() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let idempotency = header("a-request-of-mine", "{}");
    let first = house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency)).unwrap();
    let renewed = house.redeployed(&format!("{},{}", root_secret(2), root_secret(1)));
    let admin = renewed.principal(&home.secret);
    let retried = renewed.issue_under(&admin, key(&["emails:send"]), Some(&idempotency));
    assert_eq!(refusal(retried), Rejection::KeyAlreadyIssued);
    assert_eq!(keys(&renewed, &home), 2);
    assert_eq!(renewed.code(&first.text), Code::Valid);
}

#[test]
fn a_rotation_can_be_retried_like_a_create() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let old = house.issue(&admin, key(&["emails:send"])).unwrap();
    let idempotency = header("rotate-it", "{}");
    let request = || RotateKey { key_id: old.id().clone(), overlap_ms: 0, expires_at: None };
    house.objects.fault_nth(3, Fault::AnswerLost);
    let lost = house.rotate_under(&admin, request(), Some(&idempotency));
    assert!(is_unavailable(&lost), "{lost:?}");
    house.objects.heal();
    house.advance(30_000);
    let first = house.rotate_under(&admin, request(), Some(&idempotency)).unwrap();
    let again = house.rotate_under(&admin, request(), Some(&idempotency)).unwrap();
    assert_eq!((&first.text, first.id()), (&again.text, again.id()));
    assert_eq!((house.code(&first.text), house.code(&old.text)), (Code::Valid, Code::Revoked));
    assert_eq!(keys(&house, &home), 3);
}

#[test]
fn a_retry_is_authorized_anew() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let manager = house.issue(&root, key(&["api_keys:*", "emails:send"])).unwrap();
    let caller = house.principal(&manager.text);
    let idempotency = header("a-request-of-mine", "{}");
    house.issue_under(&caller, key(&["emails:send"]), Some(&idempotency)).unwrap();
    let fewer = KeyChange { permissions: Some(permissions(&["emails:read"])), ..KeyChange::default() };
    house.change(&root, manager.id(), fewer).unwrap();
    let retried = refusal(house.issue_under(&caller, key(&["emails:send"]), Some(&idempotency)));
    assert!(matches!(retried, Rejection::CallerRefused { code: Code::InsufficientPermissions, .. }), "{retried:?}");
}

#[test]
fn an_application_without_chance_issues_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let before = house.dump(&[]);
    house.entropy.fails(true);
    house.set_afterwards(Afterwards::Queued);
    assert!(is_unavailable(&house.issue(&admin, key(&["emails:send"]))));
    let idempotency = header("a-request-of-mine", "{}");
    assert!(is_unavailable(&house.issue_under(&admin, key(&["emails:send"]), Some(&idempotency))));
    assert!(is_unavailable(&house.try_found("Another", None)));
    assert_eq!(house.dump(&[]), before);
}
