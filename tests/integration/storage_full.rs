//! A database that takes nothing more: by a real bound of SQLite's, at whatever statement it is met. What takes something
//! away still happens, whoever is good stays good, and once there is room again everything goes on by itself.

use std::sync::Arc;

use latchkey::app::Error;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::ports::Address;
use serde_json::{Value, json};

use crate::support::disk::Disk;
use crate::support::*;

const NULL: Value = Value::Null;

fn storage_full() -> (u16, String) {
    (507, "storage_full".to_owned())
}

/// A session of its own with a key that manages it, and its disk.
fn customer(house: &House, owner: &str) -> (Held, Arc<Disk>) {
    let admin = house.principal(owner);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let manager = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    let disk = house.objects.disk(&manager.authority());
    (manager, disk)
}

/// Issues keys until there is no room for another one; those that there was room for.
fn fill(house: &House, manager: &Held) -> Vec<Held> {
    let by = house.principal(&manager.text);
    let mut made = Vec::new();
    loop {
        match house.issue(&by, key(&["emails:send"])) {
            Ok(held) => made.push(held),
            Err(Error::Rejected(Rejection::StorageFull)) => return made,
            Err(other) => panic!("after {}: {other:?}", made.len()),
        }
        assert!(made.len() < 1_000, "it never gets full");
    }
}

#[test]
fn in_a_full_session_good_keys_verify_and_others_are_revoked_one_by_one_and_all_at_once() {
    for crashes in [false, true] {
        let house = House::new();
        let home = house.found("Acme");
        let (manager, disk) = customer(&house, &home.secret);
        let by = house.principal(&manager.text);
        let mut keys: Vec<_> = (0..60).map(|_| house.issue(&by, key(&["emails:send"])).unwrap()).collect();
        keys.push(house.issue(&by, with(limited(&[("hourly", 1_000, 3_600_000)]))).unwrap());
        disk.set_full(true);
        keys.extend(fill(&house, &manager));
        let full = || {
            assert_eq!(
                house.call(&manager.text, "POST", "/v1/api_keys", &json!({ "name": "More" })).refusal(),
                storage_full()
            )
        };
        // Used and used again, over an hour, by isolates that know nothing.
        for _ in 0..60 {
            let edge = house.edge();
            for held in keys.iter().step_by(7).chain(keys.last()) {
                assert_eq!(edge.code(&held.text), Code::Valid);
                edge.settle();
            }
            house.advance(60_000);
        }
        full();
        for (number, held) in keys.iter().take(50).enumerate() {
            if crashes && number % 10 == 0 {
                house.crash();
            }
            let path = format!("/v1/api_keys/{}", held.id());
            assert_eq!(house.call(&manager.text, "DELETE", &path, &NULL).status, 200, "revocation {number}");
            assert_eq!(house.code(&held.text), Code::Revoked);
            assert_eq!(house.edge().code(&held.text), Code::Revoked);
        }
        full();
        let off = KeyChange { active: Some(false), ..KeyChange::default() };
        house.change(&by, keys[51].id(), off).unwrap();
        assert_eq!(house.code(&keys[51].text), Code::Disabled);
        assert_eq!(house.code(&keys[52].text), Code::Valid);
        let session = format!("/v1/sessions/{}", manager.key.session_id);
        let to = |status: &str| house.call(&home.secret, "PATCH", &session, &json!({ "status": status })).status;
        assert_eq!(to("disconnected"), 200);
        assert_eq!(house.code(&keys[52].text), Code::SessionDisconnected);

        disk.set_full(false);
        assert_eq!(to("connected"), 200);
        let held = house.issue(&by, key(&["emails:send"])).unwrap();
        assert_eq!(
            [&held, &keys[52], &keys[0]].map(|held| house.code(&held.text)),
            [Code::Valid, Code::Valid, Code::Revoked]
        );
        house.advance(HOUR);
        assert_eq!(house.undelivered(), 0, "everybody has heard of everything");
        assert_eq!(disk.number("SELECT count(*) FROM ballast"), 1, "for the next time");
        let ended = "SELECT count(*) FROM audit_log WHERE entry ->> '$.action' = 'api_key.revoked'";
        assert_eq!(disk.number(ended), 50, "each has its line in the log");
    }
}

#[test]
fn from_a_full_organization_people_are_removed_and_it_is_suspended() {
    let house = House::new();
    let owner = house.register("ada");
    let member = house.hire(&owner, "bob", "admin");
    let disk = house.objects.disk(&house.organization_at(&owner.organization));
    disk.set_full(true);
    let mut made = 0;
    let refusal = loop {
        let body = json!({ "name": format!("Session {made}") });
        let response = house.call(&member.token, "POST", &owner.path("/sessions"), &body);
        if response.status >= 300 {
            break response.refusal();
        }
        made += 1;
        assert!(made < 500, "it never gets full");
    };
    assert_eq!(refusal, storage_full());
    let list = owner.path("/api_keys");
    assert_eq!(house.call(&member.token, "GET", &list, &NULL).status, 200);
    assert!(house.call(&owner.token, "DELETE", &owner.member(&member), &NULL).status < 300);
    assert_eq!(house.call(&member.token, "GET", &list, &NULL).status, 404, "removed");
    assert_eq!(house.code(&owner.key), Code::Valid);
    let id = latchkey::domain::id::OrganizationId::parse(&owner.organization, house.app.keyring()).unwrap();
    house.set_status(&id, OrganizationStatus::Suspended).unwrap();
    house.advance(70_000);
    assert_eq!(house.code(&owner.key), Code::OrganizationSuspended);
    disk.set_full(false);
    house.set_status(&id, OrganizationStatus::Active).unwrap();
    assert_eq!(house.code(&owner.key), Code::Valid);
    assert_eq!(house.call(&owner.token, "POST", &owner.path("/sessions"), &json!({ "name": "Room" })).status, 201);
}

#[test]
fn from_a_full_account_one_is_signed_out() {
    let house = House::new();
    let ada = house.register("ada");
    let disk = house.objects.disk(&house.account_of(&ada.user_id));
    disk.set_full(true);
    let mut tokens = Vec::new();
    let refusal = loop {
        let response = house.login(&ada.email, PASSWORD);
        if response.status != 200 {
            break response.refusal();
        }
        tokens.push(text(&response.json(), "accessToken"));
        assert!(tokens.len() < 99, "it never gets full");
    };
    assert_eq!(refusal, storage_full());
    let list = ada.path("/api_keys");
    tokens.push(ada.token.clone());
    for token in &tokens {
        assert_eq!(house.call(token, "GET", &list, &NULL).status, 200);
        assert!(house.call(token, "POST", "/auth/logout", &NULL).status < 300);
        assert_eq!(house.call(token, "GET", &list, &NULL).status, 401);
    }
    disk.set_full(false);
    assert_eq!(house.login(&ada.email, PASSWORD).status, 200);
}

/// Whatever of the deployment is full, also all of it: nothing that was acknowledged is missing, and nobody who was
/// refused is let in.
#[test]
fn wherever_there_is_no_room_an_answer_tells_what_is_so() {
    for kinds in [
        &[Kind::Session][..],
        &[Kind::Organization],
        &[Kind::Directory],
        &[Kind::Session, Kind::Organization, Kind::Directory],
    ] {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let dead = house.issue(&admin, key(&["emails:send"])).unwrap();
        house.revoke(&admin, dead.id()).unwrap();
        let full = |full: bool| {
            let concerned = |(address, _): &(Address, Arc<Disk>)| kinds.contains(&Kind::of(address));
            house.objects.disks().iter().filter(|disk| concerned(disk)).for_each(|(_, disk)| disk.set_full(full));
        };
        full(true);
        let mut made = Vec::new();
        for number in 0..120 {
            let response = house.call(&home.secret, "POST", "/v1/api_keys", &json!({ "name": "More" }));
            match response.status {
                201 => made.push(text(&response.json(), "key")),
                _ => assert_eq!(response.refusal(), storage_full(), "{kinds:?}: {number}"),
            }
            assert_eq!(house.edge().code(&dead.text), Code::Revoked);
        }
        for secret in made.iter().chain([&home.secret]) {
            assert_eq!(house.edge().code(secret), Code::Valid, "{kinds:?}");
        }
        full(false);
        house.advance(HOUR);
        let undelivered = house.undelivered();
        let path = "/v1/api_keys?limit=1000&status=active";
        let listed = house.call(&home.secret, "GET", path, &NULL).json();
        let listed = listed.as_array().or(listed["data"].as_array()).unwrap().len();
        assert_eq!((listed, undelivered), (made.len() + 1, 0), "{kinds:?}");
    }
}
