//! What people do stands in the logs: of their account, and of every organization that they belong to at that time.

use latchkey::domain::audit::GENESIS;
use serde_json::{Value, json};

use crate::audit::verify_chain;
use crate::support::people::ids;
use crate::support::*;

const NULL: Value = Value::Null;
const WRONG: &str = "not the right password";

/// The log of an organization, oldest first: who, what, to whom.
fn log(house: &House, by: &Someone, organization: &Someone) -> Vec<(String, String, String)> {
    house.advance(5_000);
    let page = house.see(by, &organization.path("/audit_log?limit=100"));
    let rows = page["data"].as_array().unwrap().iter().rev();
    rows.map(|row| {
        let actor = row["actor"]["id"].as_str().unwrap_or(row["actor"]["type"].as_str().unwrap());
        (actor.to_owned(), text(row, "action"), text(row, "target"))
    })
    .collect()
}

fn all_chains_verify(house: &House) {
    for (address, disk) in house.objects.disks() {
        if disk.tables().iter().any(|table| table == "audit_log") {
            let length = verify_chain(&disk).unwrap_or_else(|seq| panic!("{address:?} breaks at {seq}"));
            let heads = disk.rows("SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1");
            assert!(length == 0 || format!("{heads:?}") != GENESIS, "{address:?}");
        }
    }
}

#[test]
fn sign_ins_members_invitations_and_roles_stand_in_the_log_of_the_organization() {
    let house = House::new();
    let owner = house.register("owner");
    let ada = house.hire(&owner, "ada", "member");
    let start = log(&house, &owner, &owner).len();
    let token = house.another_token(&ada);
    house.login(&ada.email, WRONG);
    house.login("nobody@people.test", WRONG);
    house.call(&token, "POST", "/auth/logout", &NULL);
    house.call(&ada.token, "PATCH", "/auth/user", &json!({ "firstName": "Augusta" }));
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "quite another password" });
    house.call(&ada.token, "POST", "/auth/password", &change);
    house.advance(5_000);
    let (id, _) = house.invite(&owner, "viewer");
    house.call(&owner.token, "DELETE", &owner.path(&format!("/invitations/{id}")), &NULL);
    house.call(&owner.token, "PATCH", &owner.member(&ada), &json!({ "role": "admin" }));
    house.operate("POST", &format!("/operator/users/{}/password_reset", ada.user_id), &NULL);
    house.advance(5_000);
    house.call(&owner.token, "POST", &owner.path("/transfer"), &json!({ "userId": ada.user_id }));
    house.call(&ada.token, "DELETE", &owner.member(&owner), &NULL);
    house.login(&owner.email, WRONG);
    house.call(&ada.token, "PATCH", &owner.path(""), &json!({ "name": "Ada's" }));
    let (owner_id, ada_id) = (owner.user_id.as_str(), ada.user_id.as_str());
    let log = log(&house, &ada, &owner);
    let seen: Vec<_> =
        log[start..].iter().map(|(who, what, whom)| (who.as_str(), what.as_str(), whom.as_str())).collect();
    assert_eq!(
        seen,
        [
            (ada_id, "user.signed_in", ada_id),
            (ada_id, "user.sign_in_failed", ada_id),
            (ada_id, "user.signed_out", ada_id),
            (ada_id, "user.updated", ada_id),
            (ada_id, "user.password_changed", ada_id),
            (owner_id, "invitation.created", id.as_str()),
            (owner_id, "invitation.revoked", id.as_str()),
            (owner_id, "member.role_changed", ada_id),
            ("operator", "user.password_reset_requested", ada_id),
            (owner_id, "organization.transferred", ada_id),
            (ada_id, "member.removed", owner_id),
            (ada_id, "organization.updated", owner.organization.as_str()),
        ],
        "and nothing of who has left"
    );
    let began: Vec<_> = log[..start].iter().map(|(.., what, _)| what.as_str()).collect();
    let first = ["organization.created", "session.created", "invitation.created", "member.added"];
    assert_eq!(began, first);
    all_chains_verify(&house);
    let whole = house.see(&ada, &owner.path("/audit_log?limit=100")).to_string();
    for private in [PASSWORD, WRONG, "people.test", "Augusta", "lkat_", "lkpr_", "lkiv_"] {
        assert!(!whole.contains(private), "{private}");
    }
}

#[test]
fn what_members_do_with_keys_and_sessions_names_them() {
    let house = House::new();
    let owner = house.register("owner");
    let ada = house.hire(&owner, "ada", "member");
    let key = house.call(&ada.token, "POST", &owner.path("/api_keys"), &json!({ "name": "Key" })).json();
    let one = format!("/api_keys/{}", text(&key, "id"));
    house.call(&ada.token, "PATCH", &owner.path(&one), &json!({ "name": "New" }));
    house.call(&ada.token, "POST", &owner.path(&format!("{one}/rotate")), &json!({ "overlapSeconds": 60 }));
    house.call(&ada.token, "DELETE", &owner.path(&one), &NULL);
    let session = house.call(&ada.token, "POST", &owner.path("/sessions"), &json!({ "name": "Session" })).json();
    house.call(&ada.token, "DELETE", &owner.path(&format!("/sessions/{}", text(&session, "id"))), &NULL);
    house.advance(5_000);
    let path = owner.path(&format!("/audit_log?actor={}", ada.user_id));
    let mut actions = ids(&house.see(&owner, &path), "action");
    actions.reverse();
    assert_eq!(
        actions,
        [
            "member.added",
            "api_key.created",
            "api_key.updated",
            "api_key.rotated",
            "api_key.revoked",
            "session.created",
            "session.deleted"
        ]
    );
    let bad = house.see(&owner, &owner.path("/audit_log?action=member.added"));
    assert_eq!(ids(&bad, "target"), [ada.user_id]);
    all_chains_verify(&house);
}

#[test]
fn the_own_log_is_read_in_pages_by_nobody_else() {
    let house = House::new();
    let (ada, eve) = (house.register("ada"), house.register("eve"));
    for _ in 0..3 {
        house.login(&ada.email, WRONG);
        house.login(&eve.email, WRONG);
    }
    let mut seen = Vec::new();
    let mut path = "/auth/audit_log?limit=2".to_owned();
    loop {
        let page = house.see(&ada, &path);
        assert_eq!(page["head"]["seq"], 4);
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|row| (row["seq"].as_i64().unwrap(), text(row, "action"))),
        );
        let Some(cursor) = page["pagination"]["nextCursor"].as_str() else { break };
        path = format!("/auth/audit_log?limit=2&cursor={cursor}");
        let elsewhere = house.call(&eve.token, "GET", &path, &NULL);
        assert_eq!(elsewhere.refusal(), (400, "invalid_request".into()), "a cursor of somebody else's");
    }
    let failed = "user.sign_in_failed".to_owned();
    assert_eq!(seen, [(4, failed.clone()), (3, failed.clone()), (2, failed), (1, "user.created".to_owned())]);
    let newest = &house.see(&ada, "/auth/audit_log?limit=1")["data"][0];
    assert_eq!(newest["details"], json!(["192.0.2.1", "password"]), "where from, and what was wrong");
    house.advance(5_000);
    all_chains_verify(&house);
}

#[test]
fn each_entry_reaches_each_organization_once_whatever_happens_on_the_way() {
    for fault in [Fault::Unreachable, Fault::AnswerLost, Fault::Doubled, Fault::Hanging] {
        let house = House::new();
        let (owner, ada) = (house.register("owner"), house.register("ada"));
        house.join(&owner, &ada, "member");
        let first = log(&house, &owner, &owner).len();
        house.objects.fault(Whom::Kind(Kind::Organization), fault);
        for _ in 0..3 {
            house.login(&ada.email, WRONG);
        }
        house.login(&ada.email, PASSWORD);
        house.advance(60_000);
        house.crash();
        house.objects.heal();
        house.advance(HOUR);
        assert_eq!(house.undelivered(), 0, "{fault:?}");
        for organization in [&owner, &ada] {
            let log = log(&house, organization, organization);
            let count =
                |action: &str| log.iter().filter(|(who, what, _)| *who == ada.user_id && what == action).count();
            assert_eq!((count("user.sign_in_failed"), count("user.signed_in")), (3, 1), "{fault:?}");
        }
        assert_eq!(log(&house, &owner, &owner).len(), first + 4, "{fault:?}");
        all_chains_verify(&house);
    }
}

#[test]
fn what_a_user_did_before_joining_and_after_leaving_is_nobody_elses_business() {
    let house = House::new();
    let (owner, ada) = (house.register("owner"), house.register("ada"));
    house.login(&ada.email, WRONG);
    house.advance(5_000);
    house.join(&owner, &ada, "member");
    // Removed before the copy has left.
    house.login(&ada.email, PASSWORD);
    house.call(&owner.token, "DELETE", &owner.member(&ada), &NULL);
    house.login(&ada.email, PASSWORD);
    let log = log(&house, &owner, &owner);
    assert!(!log.iter().any(|(_, what, whom)| what.starts_with("user.") && *whom == ada.user_id), "{log:?}");
    all_chains_verify(&house);
}
