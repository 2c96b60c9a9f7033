//! Who belongs to an organization: invitations, roles, owners, leaving, and changes that meet a removal on their way.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::people::{DENIED, assert_same, ids};
use crate::support::*;

const NULL: Value = Value::Null;

fn accept(house: &House, who: &Someone, token: &str) -> Response {
    house.call(&who.token, "POST", "/auth/invitations/accept", &json!({ "token": token }))
}

fn set_role(house: &House, by: &Someone, owner: &Someone, whom: &Someone, role: &str) -> (u16, String) {
    house.call(&by.token, "PATCH", &owner.member(whom), &json!({ "role": role })).refusal()
}

fn remove(house: &House, by: &Someone, owner: &Someone, whom: &Someone) -> u16 {
    house.call(&by.token, "DELETE", &owner.member(whom), &NULL).status
}

/// The role that both the organization and the account know.
fn role_of(house: &House, owner: &Someone, whom: &Someone) -> String {
    let there = text(&house.see(whom, &owner.member(whom)), "role");
    let own = house.see(whom, "/auth/user");
    let copy = own["organizations"].as_array().unwrap().iter().find(|row| row["id"] == json!(owner.organization));
    assert_eq!(copy.map(|copy| text(copy, "role")), Some(there.clone()), "the copy of the account");
    there
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn an_invitation_is_made_seen_accepted_and_spent() {
    let house = House::configured(&[("DASHBOARD_URL", "https://keys.test")]);
    let (owner, ada, eve) = (house.register("owner"), house.register("ada"), house.register("eve"));
    let path = owner.path("/invitations");
    let made = house.call(&owner.token, "POST", &path, &json!({ "role": "admin", "email": "ADA@people.test" })).json();
    let token = text(&made, "token");
    assert!(token.starts_with("lkiv_"));
    assert_eq!(made["url"], json!(format!("https://keys.test/invitation#token={token}")));
    let list = house.see(&owner, &path);
    assert_eq!(list["data"][0], made["invitation"]);
    assert_eq!((&list["data"][0]["status"], &list["data"][0]["acceptedBy"]), (&json!("pending"), &NULL));
    assert!(!house.dump(&[]).contains(&token) && !list.to_string().contains("lkiv_"));
    let before = house.dump(&[]);
    assert_eq!(accept(&house, &eve, &token).refusal(), refused(403, "invitation_for_another"));
    assert_eq!(accept(&house, &owner, &token).refusal(), refused(403, "invitation_for_another"));
    for wrong in ["", "x", &ada.token, &token.replace("lkiv_", "lkpr_")] {
        assert_eq!(accept(&house, &ada, wrong).refusal(), refused(400, "link_invalid"), "{wrong:?}");
    }
    assert_same(&before, &house.dump(&[]), "an invitation that was not accepted");
    let accepted = accept(&house, &ada, &token).json();
    assert_eq!((&accepted["id"], &accepted["role"]), (&json!(owner.organization), &json!("admin")));
    assert_eq!(role_of(&house, &owner, &ada), "admin");
    assert_eq!(house.see(&ada, "/organizations")["data"].as_array().unwrap().len(), 2);
    let spent = &house.see(&ada, &path)["data"][0];
    assert_eq!((&spent["status"], &spent["acceptedBy"]), (&json!("accepted"), &json!(ada.user_id)));
    assert_eq!(accept(&house, &ada, &token).refusal(), refused(409, "invitation_ended"));
    let revoke = house.call(&owner.token, "DELETE", &format!("{path}/{}", text(spent, "id")), &NULL);
    assert_eq!(revoke.refusal(), refused(409, "invitation_ended"), "what is accepted is not taken back");
    assert_eq!(house.see(&owner, &owner.path(""))["membersCount"], 2);
}

#[test]
fn an_invitation_ends_when_it_is_taken_back_when_a_week_is_over_and_with_its_organization() {
    let house = House::new();
    let (owner, ada) = (house.register("owner"), house.register("ada"));
    let (id, token) = house.invite(&owner, "member");
    let revoke = || house.call(&owner.token, "DELETE", &owner.path(&format!("/invitations/{id}")), &NULL).status;
    assert_eq!((revoke(), revoke()), (204, 204), "a repeat changes nothing");
    assert_eq!(accept(&house, &ada, &token).refusal(), refused(409, "invitation_ended"));
    let (_, good) = house.invite(&owner, "member");
    house.clock.set(house.after(7 * DAY - 1));
    assert_eq!(house.see(&owner, &owner.path("/invitations?limit=1"))["data"][0]["status"], "pending");
    let late = house.after(1);
    let ada = Someone { token: house.another_token(&ada), ..ada };
    let owner = Someone { token: house.another_token(&owner), ..owner };
    let (_, last) = house.invite(&owner, "viewer");
    house.clock.set(late);
    assert_eq!(accept(&house, &ada, &good).refusal(), refused(409, "invitation_ended"), "a week is over");
    house.call(&owner.token, "DELETE", &owner.path(""), &NULL);
    assert_eq!(accept(&house, &ada, &last).refusal(), refused(409, "invitation_ended"), "the organization is deleted");
    let list = house.see(&owner, &owner.path("/invitations"));
    assert_eq!(ids(&list, "status"), ["pending", "expired", "revoked"]);
}

#[test]
fn nobody_becomes_a_member_twice() {
    let house = House::new();
    let (owner, ada) = (house.register("owner"), house.register("ada"));
    let [first, second] = [(), ()].map(|()| house.invite(&owner, "member").1);
    assert_eq!(accept(&house, &ada, &first).status, 200);
    assert_eq!(accept(&house, &ada, &second).refusal(), refused(409, "already_member"));
    let body = json!({ "role": "viewer", "email": "Ada@people.test" });
    let again = house.call(&owner.token, "POST", &owner.path("/invitations"), &body);
    assert_eq!(again.refusal(), refused(409, "already_member"));
    let bob = house.register("bob");
    assert_eq!(accept(&house, &bob, &second).status, 200, "the refusal has not spent it");
}

#[test]
fn links_are_worth_no_more_than_their_author() {
    for event in ["demoted", "removed", "suspended"] {
        let house = House::new();
        let owner = house.register("owner");
        let (author, member) = (house.hire(&owner, "author", "owner"), house.hire(&owner, "member", "member"));
        let made = |path: &str, body: &Value| {
            let response = house.call(&author.token, "POST", path, body);
            text(&response.json(), "token")
        };
        let invitation = made(&owner.path("/invitations"), &json!({ "role": "viewer" }));
        let reset = made(&format!("{}/password_reset", owner.member(&member)), &NULL);
        match event {
            "demoted" => assert_eq!(set_role(&house, &owner, &owner, &author, "member").0, 200),
            "removed" => assert_eq!(remove(&house, &owner, &owner, &author), 204),
            _ => {
                let path = format!("/operator/organizations/{}/suspend", owner.organization);
                assert_eq!(house.operate("POST", &path, &NULL).status, 200);
            }
        }
        let body = json!({ "token": reset, "newPassword": "quite another password" });
        assert_eq!(house.visit("/auth/password/reset", &body).refusal(), refused(400, "link_invalid"), "{event}");
        assert_eq!(house.login(&member.email, PASSWORD).status, 200, "{event}");
        let late = accept(&house, &house.register("late"), &invitation).refusal();
        let code = if event == "suspended" { "organization_suspended" } else { "invitation_ended" };
        assert_eq!(late, refused(409, code), "{event}");
    }
}

#[test]
fn of_all_who_follow_a_link_at_once_one_becomes_a_member() {
    let house = House::new();
    let owner = house.register("owner");
    let people = ["ada", "bob", "eve"].map(|name| house.register(name));
    let (_, token) = house.invite(&owner, "member");
    let body = json!({ "token": token }).to_string();
    let sent = people.iter().map(|who| {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        house.sent("POST", "/auth/invitations/accept", &headers, &body)
    });
    let mut answers: Vec<_> = house.run(join_all(sent)).iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [200, 409, 409]);
    assert_eq!(house.see(&owner, &owner.path("/members"))["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_hundred_invitations_may_be_pending_and_expired_ones_are_not() {
    let house = House::new();
    let owner = house.register("owner");
    for _ in 0..100 {
        house.invite(&owner, "viewer");
    }
    let one_more = |owner: &Someone| {
        house.call(&owner.token, "POST", &owner.path("/invitations"), &json!({ "role": "viewer" })).status
    };
    assert_eq!(one_more(&owner), 409);
    house.advance(7 * DAY);
    assert_eq!(one_more(&Someone { token: house.another_token(&owner), ..owner.clone() }), 201);
}

#[test]
fn an_admin_looks_after_everybody_but_owners() {
    let house = House::new();
    let owner = house.register("owner");
    let [admin, peer] = ["admin", "peer"].map(|name| house.hire(&owner, name, "admin"));
    let member = house.hire(&owner, "member", "member");
    let forbidden = refused(403, "insufficient_role");
    for role in ["viewer", "admin", "member"] {
        assert_eq!(set_role(&house, &admin, &owner, &member, role).0, 200);
        assert_eq!(role_of(&house, &owner, &member), role);
    }
    assert_eq!(set_role(&house, &admin, &owner, &peer, "viewer").0, 200);
    let before = house.dump(&DENIED);
    for (whom, role) in [(&member, "owner"), (&admin, "owner"), (&owner, "admin"), (&owner, "owner")] {
        assert_eq!(set_role(&house, &admin, &owner, whom, role), forbidden, "{} {role}", whom.email);
    }
    assert_eq!(remove(&house, &admin, &owner, &owner), 403);
    let invite = |by: &Someone, role: &str| {
        house.call(&by.token, "POST", &owner.path("/invitations"), &json!({ "role": role })).status
    };
    assert_eq!(invite(&admin, "owner"), 403);
    for wrong in ["Owner", "", "root", "OWNER"] {
        assert_eq!(set_role(&house, &owner, &owner, &member, wrong), refused(400, "invalid_request"), "{wrong}");
    }
    assert_same(&before, &house.dump(&DENIED), "what an admin may not do");
    assert_eq!((invite(&admin, "admin"), invite(&owner, "owner")), (201, 201));
    assert_eq!(set_role(&house, &owner, &owner, &member, "owner").0, 200);
    assert_eq!(set_role(&house, &owner, &owner, &member, "viewer").0, 200, "an owner unmakes another");
    assert_eq!(remove(&house, &admin, &owner, &peer), 204);
}

#[test]
fn the_last_owner_neither_leaves_nor_steps_down() {
    let house = House::new();
    let owner = house.register("owner");
    let other = house.hire(&owner, "other", "member");
    let before = house.dump(&[]);
    let last = refused(409, "last_owner");
    assert_eq!(set_role(&house, &owner, &owner, &owner, "admin"), last);
    assert_eq!(house.call(&owner.token, "DELETE", &owner.member(&owner), &NULL).refusal(), last);
    assert_same(&before, &house.dump(&[]), "the last owner");
    assert_eq!(set_role(&house, &owner, &owner, &other, "owner").0, 200);
    assert_eq!(remove(&house, &owner, &owner, &owner), 204);
    assert_eq!(house.call(&other.token, "DELETE", &owner.member(&other), &NULL).refusal(), last);
    let names = ids(&house.see(&other, &owner.path("/members")), "userId");
    assert_eq!(names, [other.user_id]);
}

#[test]
fn of_two_owners_who_leave_at_once_one_remains() {
    // Before the fourth call the organization has decided nothing about either.
    for n in 1..=4 {
        let house = House::new();
        let owner = house.register("owner");
        let other = house.hire(&owner, "other", "owner");
        // The one leaves as a whole before the n-th call of the other.
        house.objects.interrupt(n, house.meanwhile(&owner.token, "DELETE", &owner.member(&owner), &NULL));
        let answer = house.call(&other.token, "DELETE", &owner.member(&other), &NULL);
        assert_eq!(answer.refusal(), refused(409, "last_owner"), "before call {n}");
        let disk = house.objects.disk(&house.organization_at(&owner.organization));
        assert_eq!(disk.number("SELECT count(*) FROM members WHERE role = 'owner'"), 1, "before call {n}");
    }
}

#[test]
fn an_organization_is_handed_over_and_its_owner_stays_as_an_admin() {
    let house = House::new();
    let owner = house.register("owner");
    let heir = house.hire(&owner, "heir", "viewer");
    let transfer = |by: &Someone, to: &Someone| {
        house.call(&by.token, "POST", &owner.path("/transfer"), &json!({ "userId": to.user_id })).refusal()
    };
    let before = house.dump(&[]);
    assert_eq!(transfer(&owner, &owner).0, 200, "to oneself");
    assert_same(&before, &house.dump(&[]), "a transfer to oneself");
    assert_eq!(transfer(&owner, &heir).0, 200);
    assert_eq!((role_of(&house, &owner, &owner), role_of(&house, &owner, &heir)), ("admin".into(), "owner".into()));
    assert_eq!(transfer(&owner, &owner), refused(403, "insufficient_role"));
    assert_eq!(house.call(&owner.token, "DELETE", &owner.path(""), &NULL).status, 403);
    assert_eq!(remove(&house, &heir, &owner, &owner), 204);
    assert_eq!(house.call(&heir.token, "PATCH", &owner.path(""), &json!({ "name": "Mine" })).status, 200);
}

#[test]
fn whoever_is_removed_is_a_stranger_from_the_next_call_on_and_the_keys_stay() {
    let house = House::new();
    let owner = house.register("owner");
    let ada = house.register("ada");
    house.join(&owner, &ada, "member");
    let made = house.call(&ada.token, "POST", &owner.path("/api_keys"), &json!({ "name": "Ada's" })).json();
    let by_ada = json!({ "type": "user", "id": ada.user_id });
    assert_eq!(made["createdBy"], by_ada);
    let rotated = format!("/api_keys/{}/rotate", text(&made, "id"));
    let rotated = house.call(&ada.token, "POST", &owner.path(&rotated), &json!({ "overlapSeconds": 60 })).json();
    assert_eq!(rotated["createdBy"], by_ada);
    assert_eq!(remove(&house, &owner, &owner, &ada), 204);
    for (method, path) in [("GET", ""), ("GET", "/api_keys"), ("POST", "/api_keys"), ("GET", "/members")] {
        let answer =
            house.call(&ada.token, method, &owner.path(path), &if method == "POST" { json!({}) } else { NULL });
        assert_eq!(answer.refusal(), refused(404, "organization_not_found"), "{method} {path}");
    }
    assert_eq!(ids(&house.see(&ada, "/organizations"), "id"), std::slice::from_ref(&ada.organization));
    assert_eq!(house.see(&ada, &ada.path(""))["status"], "active", "elsewhere nothing has changed");
    assert_eq!(
        house.call(&text(&rotated, "key"), "GET", "/v1/whoami", &NULL).status,
        200,
        "keys are the organization's"
    );
    let read = house.see(&owner, &owner.path(&format!("/api_keys/{}", text(&made, "id"))));
    assert_eq!(read["createdBy"], by_ada);
    assert_eq!(remove(&house, &owner, &owner, &ada), 404, "removed is removed");
    let viewer = house.hire(&owner, "viewer", "viewer");
    assert_eq!(remove(&house, &viewer, &owner, &viewer), 204, "everybody may leave");
}

#[test]
fn the_hook_is_told_whom_an_invitation_is_for_until_it_listens() {
    let hook = [("LINK_HOOK_URL", "https://hook.test/"), ("LINK_HOOK_SECRET", "a secret of the hook's and ours")];
    let house = House::configured(&hook);
    let (owner, ada) = (house.register("owner"), house.register("ada"));
    house.web.failing.store(true, std::sync::atomic::Ordering::Relaxed);
    let body = json!({ "role": "viewer", "email": ada.email });
    let made = house.call(&owner.token, "POST", &owner.path("/invitations"), &body);
    assert_eq!(made.status, 201, "nobody waits for the hook");
    house.invite(&owner, "member");
    house.web.failing.store(false, std::sync::atomic::Ordering::Relaxed);
    house.advance(5 * 60_000);
    let posted: Vec<Value> =
        house.web.posted.lock().unwrap().iter().map(|(.., body)| serde_json::from_str(body).unwrap()).collect();
    assert!(posted.len() > 1 && posted.iter().all(|message| *message == posted[0]), "{posted:?}");
    let data = &posted[0]["data"];
    assert_eq!((&data["email"], &data["token"]), (&json!(ada.email), &made.json()["token"]), "the one with an address");
    assert_eq!(accept(&house, &ada, &text(data, "token")).status, 200);
}
