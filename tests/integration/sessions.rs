//! Sessions: defaults that come into being when they are needed, disconnection, and an end that takes all
//! keys along.

use latchkey::app::WantedSession;
use latchkey::domain::environment::Environment;
use latchkey::domain::session::{Region, SessionStatus};
use latchkey::domain::verification::Code;
use latchkey::hash_index;
use latchkey::object::Rejection;
use latchkey::ports::Address;
use latchkey::session::protocol::SessionChange;

use crate::support::*;

#[test]
fn the_default_session_of_an_environment_is_made_once_when_it_is_first_needed() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let first = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    let second = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    assert_eq!(first.key.session_id, second.key.session_id);
    assert_ne!(first.key.session_id, home.session_id);
    let production = house.issue(&admin, key_for(Environment::Production, &["emails:send"])).unwrap();
    assert_eq!(production.key.session_id, home.session_id);
    let (sessions, more) = house.run(house.app.list_sessions(&admin, page(10))).unwrap();
    assert_eq!((sessions.len(), more), (2, false));
    assert!(sessions.iter().all(|session| session.is_default));
}

#[test]
fn a_default_session_whose_object_was_away_is_there_when_it_is_asked_for_again() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    house.objects.fault_nth(3, Fault::Unreachable);
    drop(house.issue(&admin, key_for(Environment::Staging, &["emails:send"])));
    house.objects.heal();
    house.advance(70_000);
    let held = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    assert_eq!(house.code(&held.text), Code::Valid);
    assert_eq!(house.run(house.app.list_sessions(&admin, page(10))).unwrap().0.len(), 2);
}

#[test]
fn a_session_named_together_with_another_environment_is_refused() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", Some(Environment::Staging)).unwrap();
    let mut request = key_in(&session.id, &["emails:send"]);
    request.session.environment = Some(Environment::Production);
    assert_eq!(refusal(house.issue(&admin, request)), Rejection::EnvironmentContradicts);
}

#[test]
fn an_end_revokes_every_key_publishes_every_tombstone_and_is_final() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held: Vec<_> = (0..70).map(|_| house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap()).collect();
    house.advance(DAY);
    house.delete_session(&admin, &session.id).unwrap();
    for held in &held {
        assert_eq!(house.code(&held.text), Code::Revoked);
    }
    house.advance(70_000);
    let dead =
        house.kv.latest().values().filter(|value| hash_index::decode(value).unwrap().revocation.is_some()).count();
    assert_eq!((dead, house.undelivered()), (70, 0));
    house.objects.fault(Whom::One(Address::Session(session.id.locator())), Fault::Unreachable);
    assert_eq!(house.code(&held[69].text), Code::Revoked, "the tombstone answers");
    house.objects.heal();

    let (listed, _) = house.run(house.app.list_keys(&admin, all_keys(page(100)))).unwrap();
    assert_eq!(listed.iter().filter(|key| key.revocation.is_some()).count(), 70, "they stay listed");
    let again = house.delete_session(&admin, &session.id).unwrap();
    assert_eq!(again.status, SessionStatus::Deleted, "a repeat changes nothing");
    let connect = SessionChange { status: Some(SessionStatus::Connected), ..SessionChange::default() };
    let revived = house.run(house.app.change_session(&admin, &session.id, connect));
    assert_eq!(refusal(revived), Rejection::SessionDeleted);
    assert_eq!(refusal(house.issue(&admin, key_in(&session.id, &["emails:send"]))), Rejection::SessionDeleted);
}

#[test]
fn an_ended_default_session_gives_its_place_free() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let first = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    house.delete_session(&admin, &first.key.session_id).unwrap();
    let second = house.issue(&admin, key_for(Environment::Staging, &["emails:send"])).unwrap();
    assert_ne!(first.key.session_id, second.key.session_id);
    assert_eq!((house.code(&first.text), house.code(&second.text)), (Code::Revoked, Code::Valid));
}

#[test]
fn the_production_default_session_stays() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    assert_eq!(refusal(house.delete_session(&admin, &home.session_id)), Rejection::DefaultSession);
    for status in [SessionStatus::Disconnected, SessionStatus::Deleted] {
        let change = SessionChange { status: Some(status), ..SessionChange::default() };
        let changed = house.run(house.app.change_session(&admin, &home.session_id, change));
        assert_eq!(refusal(changed), Rejection::DefaultSession, "{status:?}");
    }
    assert_eq!(house.code(&home.secret), Code::Valid);
}

#[test]
fn health_counts_keys_by_status() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let mut requests: Vec<_> = (0..5).map(|_| key_in(&session.id, &["emails:send"])).collect();
    requests[1].settings.not_before = Some(house.after(DAY));
    requests[3].settings.expires_at = Some(house.after(1));
    let held: Vec<_> = requests.into_iter().map(|request| house.issue(&admin, request).unwrap()).collect();
    let off = latchkey::domain::key_change::KeyChange { active: Some(false), ..Default::default() };
    house.change(&admin, held[2].id(), off).unwrap();
    house.revoke(&admin, held[4].id()).unwrap();
    house.advance(1);
    house.code(&held[0].text);
    let health = house.run(house.app.session_health(&admin, &session.id)).unwrap().reply;
    assert_eq!(health.health.keys, [1, 1, 1, 1, 1], "active, pending, disabled, expired, revoked");
    assert_eq!(health.health.last_used_at, Some(house.now()));
}

#[test]
fn a_session_is_placed_where_it_was_asked_for() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let wanted = WantedSession { region: Some(Region::Oc), ..wanted_session("Oceania") };
    let work = house.app.create_session(&admin, wanted);
    let session = house.run(work).unwrap().reply;
    assert_eq!(house.objects.region(&Address::Session(session.id.locator())), Some(Region::Oc));
}
