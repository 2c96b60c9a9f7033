//! Who calls: asked at the authority of the presented key each time, never answered from a copy.

use latchkey::app::Call;
use latchkey::app::Error;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::operation::Operation;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;

use crate::support::*;

fn refused_as(house: &House, secret: &str) -> Code {
    match refusal(house.authenticate(secret, Operation::WriteApiKeys)) {
        Rejection::CallerRefused { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_management_key_that_is_no_longer_good_mints_nothing_however_stale_kv_is() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let manager = house.issue(&root, key(&["api_keys:*"])).unwrap();
    house.kv.lags_by(10 * DAY);
    let before = house.principal(&manager.text);
    house.revoke(&root, manager.id()).unwrap();
    for _ in 0..1_000 {
        assert_eq!(refused_as(&house, &manager.text), Code::Revoked);
    }
    let created = house.issue(&before, key(&["emails:send"]));
    let Rejection::CallerRefused { code, .. } = refusal(created) else { panic!() };
    assert_eq!(code, Code::Revoked, "checked again where the create commits");
    let (keys, _) = house.run(house.app.list_keys(&root, all_keys(page(50)))).unwrap();
    assert_eq!(keys.len(), 2);
}

#[test]
fn every_state_but_active_refuses_a_caller_with_its_own_code() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let manager = house.issue(&root, key(&["api_keys:*"])).unwrap();
    let change = |change| house.change(&root, manager.id(), change).unwrap();
    change(KeyChange { active: Some(false), ..KeyChange::default() });
    assert_eq!(refused_as(&house, &manager.text), Code::Disabled);
    change(KeyChange { active: Some(true), not_before: set(house.after(HOUR)), ..KeyChange::default() });
    assert_eq!(refused_as(&house, &manager.text), Code::NotYetValid);
    change(KeyChange { not_before: clear(), ip_allow_list: Some(networks(&["10.0.0.0/8"])), ..KeyChange::default() });
    assert_eq!(refused_as(&house, &manager.text), Code::Forbidden);
    let inside = "10.0.0.1".parse().ok();
    assert!(house.run(house.app.authenticate(&manager.text, inside, Operation::WriteApiKeys, Call::Manage)).is_ok());
    let sender = house.issue(&root, key(&["emails:send"])).unwrap();
    assert_eq!(refused_as(&house, &sender.text), Code::InsufficientPermissions);
    assert_eq!(refused_as(&house, &key_like("live")), Code::NotFound);
    assert_eq!(refused_as(&house, ""), Code::NotFound);
}

#[test]
fn authentication_neither_reads_kv_nor_survives_the_loss_of_the_authority() {
    let house = House::new();
    let home = house.found("Acme");
    let reads = house.kv.reads();
    house.principal(&home.secret);
    assert_eq!(house.kv.reads(), reads);
    for fault in [Fault::Unreachable, Fault::Overloaded, Fault::Hanging, Fault::AnswerLost] {
        house.objects.fault(Whom::One(home.session_address()), fault);
        let outcome = house.authenticate(&home.secret, Operation::WriteApiKeys);
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "{fault:?}: {outcome:?}");
        house.objects.heal();
    }
    house.principal(&home.secret);
}

#[test]
fn a_forged_caller_costs_no_io() {
    let house = House::new();
    house.found("Acme");
    let (reads, calls) = (house.kv.reads(), house.objects.all_calls());
    assert_eq!(refused_as(&house, &key_like("live")), Code::NotFound);
    assert_eq!((house.kv.reads(), house.objects.all_calls()), (reads, calls));
}

#[test]
fn a_stored_hash_presented_as_a_key_opens_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    let disk = house.objects.disk(&home.session_address());
    for row in disk.rows("SELECT hash FROM api_keys") {
        let latchkey::ports::SqlValue::Text(hash) = &row[0] else { panic!() };
        for text in [hash.as_str(), hash.trim_start_matches("h1:"), &format!("sk_live_{}", &hash[3..51])] {
            assert_eq!(refused_as(&house, text), Code::NotFound);
            assert_eq!(house.code(text), Code::NotFound);
        }
    }
}

#[test]
fn only_the_operators_own_token_is_the_operators() {
    let house = House::new();
    assert_eq!(house.app.is_operator(OPERATOR_TOKEN), Some(true));
    for wrong in ["", " ", "operator-token-of-the-test", &OPERATOR_TOKEN.to_uppercase(), &key_like("live")] {
        assert_eq!(house.app.is_operator(wrong), Some(false), "{wrong}");
    }
}

#[test]
fn a_caller_revoked_between_authentication_and_commit_is_refused_at_the_commit() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let session = house.create_session(&root, "Customer", None).unwrap();
    let victim = house.issue(&root, key_in(&session.id, &["emails:send"])).unwrap();
    let manager = house.issue(&root, key(&["*"])).unwrap();
    let stale = house.principal(&manager.text);
    house.revoke(&root, manager.id()).unwrap();

    let before = house.dump(&[]);
    let own = house.issue(&stale, key(&["emails:send"]));
    let other_session = house.issue(&stale, key_in(&session.id, &["emails:send"]));
    let revoked = house.revoke(&stale, victim.id());
    let changed = house.change(&stale, victim.id(), KeyChange { active: Some(false), ..KeyChange::default() });
    let rotated = house.rotate(&stale, victim.id(), 0);
    let deleted = house.delete_session(&stale, &session.id);
    let created = house.create_session(&stale, "Another", None);
    let refusals = [
        refusal(own),
        refusal(other_session),
        refusal(revoked),
        refusal(changed),
        refusal(rotated),
        refusal(deleted),
        refusal(created),
    ];
    for rejection in refusals {
        assert!(matches!(rejection, Rejection::CallerRefused { code: Code::Revoked, .. }), "{rejection:?}");
    }
    assert_eq!(house.dump(&[]), before, "nothing was left behind");
    assert_eq!(house.code(&victim.text), Code::Valid);
}

#[test]
fn a_change_in_another_session_is_refused_while_the_callers_authority_cannot_be_asked() {
    let house = House::new();
    let home = house.found("Acme");
    let root = house.principal(&home.secret);
    let session = house.create_session(&root, "Customer", None).unwrap();
    let held = house.issue(&root, key_in(&session.id, &["emails:send"])).unwrap();
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    assert!(matches!(house.revoke(&root, held.id()), Err(Error::Failed(_) | Error::Unavailable(_))));
    house.objects.heal();
    assert_eq!(house.code(&held.text), Code::Valid, "an unconfirmed caller changes nothing");
    house.revoke(&root, held.id()).unwrap();
    assert_eq!(house.code(&held.text), Code::Revoked);
}
