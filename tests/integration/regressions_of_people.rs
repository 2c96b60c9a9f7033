//! What reviews of memberships found: links and invitations worth more than their author, limits that could be passed
//! by going round in circles, and what a suspension did not bind.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::people::{DENIED, assert_same};
use crate::support::*;

const NULL: Value = Value::Null;
const OTHER: &str = "another lamp, another ladder";

fn ended() -> (u16, String) {
    (409, "invitation_ended".into())
}

fn demote(house: &House, by: &Someone, whom: &Someone, role: &str) {
    let changed = house.call(&by.token, "PATCH", &by.member(whom), &json!({ "role": role }));
    assert_eq!(changed.status, 200, "{}", changed.json());
}

fn remove(house: &House, by: &Someone, whom: &Someone) {
    assert_eq!(house.call(&by.token, "DELETE", &by.member(whom), &NULL).status, 204);
}

/// Somebody as a member of the organization of another, whose paths are those below it.
fn hired(house: &House, owner: &Someone, name: &str, role: &str) -> Someone {
    Someone { organization: owner.organization.clone(), ..house.hire(owner, name, role) }
}

#[test]
fn an_owner_makes_no_reset_link_for_himself_nor_for_another_owner() {
    let house = House::new();
    let ada = house.register("ada");
    let bob = hired(&house, &ada, "bob", "owner");
    let carol = hired(&house, &ada, "carol", "admin");
    let before = house.dump(&DENIED);
    for owner in [&ada, &bob] {
        assert_eq!(house.ask_reset(owner, owner).refusal(), (409, "own_account".into()));
    }
    for (by, whom) in [(&ada, &bob), (&bob, &ada)] {
        assert_eq!(house.ask_reset(by, whom).refusal(), (403, "insufficient_role".into()));
    }
    assert_same(&before, &house.dump(&DENIED), "a refused link");
    assert_eq!(house.ask_reset(&bob, &carol).status, 200, "anybody else's");
}

#[test]
fn a_reset_link_is_worth_no_more_than_the_owner_who_made_it() {
    for role in [None, Some("admin"), Some("viewer")] {
        let house = House::new();
        let ada = house.register("ada");
        let bob = hired(&house, &ada, "bob", "owner");
        let carol = hired(&house, &ada, "carol", "member");
        let link = text(&house.ask_reset(&ada, &carol).json(), "token");
        let good = text(&house.ask_reset(&bob, &carol).json(), "token");
        match role {
            None => remove(&house, &bob, &ada),
            Some(role) => demote(&house, &bob, &ada, role),
        }
        assert_eq!(house.reset(&link, OTHER).refusal(), (400, "link_invalid".into()), "{role:?}");
        assert_eq!(house.login(&carol.email, OTHER).status, 401, "{role:?}");
        assert_eq!(house.login(&carol.email, PASSWORD).status, 200, "{role:?}: nothing was set");
        assert_eq!(house.reset(&good, OTHER).status, 204, "{role:?}: that of the owner who is still there");
    }
}

#[test]
fn a_reset_link_opens_no_other_owner_whoever_has_become_one_meanwhile() {
    let house = House::new();
    let ada = house.register("ada");
    let bob = hired(&house, &ada, "bob", "member");
    let link = text(&house.ask_reset(&ada, &bob).json(), "token");
    demote(&house, &ada, &bob, "owner");
    assert_eq!(house.reset(&link, OTHER).refusal(), (400, "link_invalid".into()));
    assert_eq!(house.login(&bob.email, PASSWORD).status, 200);
}

#[test]
fn a_deleted_organization_counts_as_long_as_it_can_be_copied_out() {
    let house = House::new();
    let (ada, bob) = (house.register("ada"), house.register("bob"));
    house.join(&ada, &bob, "viewer");
    assert_eq!(house.call(&bob.token, "DELETE", &bob.path(""), &NULL).status, 200);
    let elsewhere = (409, "member_elsewhere".to_owned());
    assert_eq!(house.ask_reset(&ada, &bob).refusal(), elsewhere);
    house.advance(30 * DAY - HOUR);
    let ada = Someone { token: house.another_token(&ada), ..ada };
    assert_eq!(house.ask_reset(&ada, &bob).refusal(), elsewhere);
    house.advance(2 * HOUR);
    assert_eq!(house.ask_reset(&ada, &bob).status, 200, "once the data is gone");
}

#[test]
fn one_invitation_makes_one_account_however_many_register_with_it_at_once() {
    let house = House::configured(&[("REGISTRATION", "closed")]);
    let home = house.found("Acme");
    let path = format!("/operator/organizations/{}/invitations", home.organization.id);
    let token = text(&house.operate("POST", &path, &json!({ "role": "viewer" })).json(), "token");
    let bodies: Vec<Value> = (0..30)
        .map(|number| {
            let mut body = House::registration(&format!("{number}@people.test"));
            body["invitation"] = json!(token);
            body
        })
        .collect();
    let headers = [("content-type", "application/json")];
    let sent = bodies.iter().map(|body| house.sent("POST", "/auth/register", &headers, &body.to_string()));
    let answers: Vec<u16> = house.run(join_all(sent)).iter().map(|answer| answer.status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(bodies.iter().all(|body| house.visit("/auth/register", body).status == 409), "nor afterwards");
    let accounts: Vec<_> = house.objects.disks().into_iter().filter(|(at, _)| Kind::of(at) == Kind::Account).collect();
    assert_eq!(accounts.len(), 1);
    let members = house.objects.disk(&home.address()).number("SELECT count(*) FROM members");
    assert_eq!(members, 1);
}

#[test]
fn a_registration_that_broke_off_goes_on_with_its_invitation_and_the_same_address_only() {
    let house = House::configured(&[("REGISTRATION", "closed")]);
    let home = house.found("Acme");
    let path = format!("/operator/organizations/{}/invitations", home.organization.id);
    let token = text(&house.operate("POST", &path, &json!({ "role": "viewer" })).json(), "token");
    let register = |email: &str| {
        let mut body = House::registration(email);
        body["invitation"] = json!(token);
        house.visit("/auth/register", &body)
    };
    house.objects.fault_once(Whom::Kind(Kind::Account), Fault::Unreachable);
    assert_eq!(register("ada@people.test").status, 503);
    assert_eq!(register("eve@people.test").refusal(), ended());
    house.advance(DAY);
    assert_eq!(register("eve@people.test").refusal(), ended());
    assert_eq!(house.login("eve@people.test", PASSWORD).status, 401);
    let ada = register("ada@people.test");
    assert_eq!((ada.status, &ada.json()["organizations"][0]["role"]), (201, &json!("viewer")));
    assert_eq!(register("eve@people.test").refusal(), ended());
}

#[test]
fn an_invitation_is_worth_no_more_than_whoever_made_it() {
    for (inviter, becomes, role) in [
        ("admin", None, "member"),
        ("admin", Some("member"), "member"),
        ("admin", Some("viewer"), "viewer"),
        ("owner", Some("admin"), "owner"),
        ("owner", None, "owner"),
    ] {
        let house = House::new();
        let ada = house.register("ada");
        let bob = hired(&house, &ada, "bob", inviter);
        let carol = house.register("carol");
        let (_, token) = house.invite(&bob, role);
        let (_, good) = house.invite(&ada, role);
        match becomes {
            None => remove(&house, &ada, &bob),
            Some(lesser) => demote(&house, &ada, &bob, lesser),
        }
        let shown = format!("{inviter} who becomes {becomes:?}");
        let before = house.dump(&[]);
        assert_eq!(house.accept(&carol, &token).refusal(), ended(), "{shown}");
        if becomes.is_none() {
            assert_eq!(house.accept(&bob, &token).refusal(), ended(), "{shown}: no way back for the author");
        }
        let mut body = House::registration("dan@people.test");
        body["invitation"] = json!(token);
        assert_eq!(house.visit("/auth/register", &body).refusal(), ended(), "{shown}");
        assert_same(&before, &house.dump(&[]), &shown);
        assert_eq!(house.accept(&carol, &good).status, 200, "{shown}: that of somebody who may");
    }
    // Who may still invite as much as the link says has left nothing that ends.
    let house = House::new();
    let ada = house.register("ada");
    let bob = hired(&house, &ada, "bob", "owner");
    let (_, token) = house.invite(&bob, "member");
    demote(&house, &ada, &bob, "admin");
    assert_eq!(house.accept(&house.register("carol"), &token).status, 200);
}

#[test]
fn founding_and_deleting_in_turn_ends_at_the_limit_and_asks_the_limiter() {
    let house = House::new();
    let ada = house.register("ada");
    let asked = || house.limiter.sources.lock().unwrap().len();
    let found = |token: &str| house.call(token, "POST", "/organizations", &json!({ "name": "Next" }));
    let mut founded = 0;
    let refusal = loop {
        let before = asked();
        let response = found(&ada.token);
        assert!(asked() > before, "whoever founds in a loop is slowed down");
        if response.status != 201 {
            break response.refusal();
        }
        founded += 1;
        assert!(founded < 20, "no end");
        let path = format!("/organizations/{}", text(&response.json()["organization"], "id"));
        assert_eq!(house.call(&ada.token, "DELETE", &path, &NULL).status, 200);
    };
    assert_eq!((founded, refusal), (19, (409, "organization_limit_reached".into())));
    house.advance(31 * DAY);
    assert_eq!(found(&house.another_token(&ada)).status, 201, "what is erased counts no more");
}

#[test]
fn inviting_and_revoking_in_a_loop_ends_after_a_hundred_a_day() {
    let house = House::new();
    let ada = house.register("ada");
    let invite = || {
        let body = json!({ "role": "viewer", "email": "victim@elsewhere.test" });
        house.call(&ada.token, "POST", &ada.path("/invitations"), &body)
    };
    for day in 0..2 {
        let mut made = 0;
        let refusal = loop {
            let response = invite();
            if response.status != 201 {
                break response.refusal();
            }
            made += 1;
            assert!(made <= 100, "no end");
            let path = ada.path(&format!("/invitations/{}", text(&response.json()["invitation"], "id")));
            assert_eq!(house.call(&ada.token, "DELETE", &path, &NULL).status, 204);
        };
        assert_eq!((made, refusal), (100, (409, "too_many_invitations".into())), "day {day}");
        house.advance(DAY - 1_000);
        assert_eq!(invite().status, 409, "day {day}: not over");
        house.advance(1_000);
    }
}

struct Suspended {
    house: House,
    owner: Someone,
    admin: Someone,
    member: Someone,
    /// The ids of two keys, of a session that is not the default one, and of an invitation.
    keys: [String; 2],
    session: String,
    invitation: (String, String),
}

fn suspended() -> Suspended {
    let house = House::new();
    let owner = house.register("owner");
    let admin = hired(&house, &owner, "admin", "admin");
    let member = hired(&house, &owner, "member", "member");
    let made =
        |path: &str| text(&house.call(&owner.token, "POST", &owner.path(path), &json!({ "name": "It" })).json(), "id");
    let (keys, session) = ([made("/api_keys"), made("/api_keys")], made("/sessions"));
    let invitation = house.invite(&owner, "viewer");
    let path = format!("/operator/organizations/{}/suspend", owner.organization);
    assert_eq!(house.operate("POST", &path, &NULL).status, 200);
    house.advance(5_000);
    Suspended { house, owner, admin, member, keys, session, invitation }
}

#[test]
fn nobody_makes_or_changes_anything_in_a_suspended_organization() {
    let Suspended { house, owner, admin, member, keys, session, invitation } = suspended();
    let it = json!({ "name": "New" });
    let before = house.dump(&["sign_ins"]);
    for (method, path, body) in [
        ("POST", "/api_keys".to_owned(), it.clone()),
        ("POST", format!("/api_keys/{}/rotate", keys[0]), json!({ "overlapSeconds": 0 })),
        ("POST", "/sessions".to_owned(), it.clone()),
        ("POST", format!("/sessions/{session}/api_keys"), it.clone()),
        ("POST", "/invitations".to_owned(), json!({ "role": "viewer" })),
        ("DELETE", format!("/invitations/{}", invitation.0), NULL),
        ("PATCH", String::new(), it.clone()),
        ("PATCH", String::new(), json!({ "plan": "pro" })),
        ("DELETE", String::new(), NULL),
        ("POST", "/transfer".to_owned(), json!({ "userId": member.user_id })),
        ("PATCH", format!("/members/{}", member.user_id), json!({ "role": "admin" })),
        ("DELETE", format!("/members/{}", member.user_id), NULL),
        ("POST", format!("/members/{}/password_reset", member.user_id), NULL),
    ] {
        let refusal = house.call(&owner.token, method, &owner.path(&path), &body).refusal();
        assert_eq!(refusal, (409, "organization_suspended".into()), "{method} {path}");
    }
    for (who, method, path, body) in [
        (&admin, "POST", "/invitations".to_owned(), json!({ "role": "viewer" })),
        (&admin, "PATCH", String::new(), it.clone()),
        (&admin, "DELETE", format!("/members/{}", member.user_id), NULL),
        (&member, "POST", "/api_keys".to_owned(), it.clone()),
        (&member, "POST", "/sessions".to_owned(), it),
    ] {
        let refusal = house.call(&who.token, method, &owner.path(&path), &body).refusal();
        assert_eq!(refusal, (409, "organization_suspended".into()), "{} {method} {path}", who.email);
    }
    assert_same(&before, &house.dump(&["sign_ins"]), "what was refused");
}

#[test]
fn nobody_joins_a_suspended_organization() {
    let Suspended { house, owner, invitation, .. } = suspended();
    let carol = house.register("carol");
    let refused = (409, "organization_suspended".to_owned());
    assert_eq!(house.accept(&carol, &invitation.1).refusal(), refused);
    let mut body = House::registration("dan@people.test");
    body["invitation"] = json!(invitation.1);
    assert_eq!(house.visit("/auth/register", &body).refusal(), refused);
    assert_eq!(house.see(&owner, &owner.path("/members"))["data"].as_array().unwrap().len(), 3);
    let path = format!("/operator/organizations/{}/resume", owner.organization);
    assert_eq!(house.operate("POST", &path, &NULL).status, 200);
    let later = house.login("dan@people.test", PASSWORD);
    let joined = match later.status {
        200 => {
            let token = text(&later.json(), "accessToken");
            house.call(&token, "POST", "/auth/invitations/accept", &json!({ "token": invitation.1 })).status
        }
        _ => house.visit("/auth/register", &body).status,
    };
    assert!([200, 201].contains(&joined), "the invitation has waited: {joined}");
}

#[test]
fn members_of_a_suspended_organization_look_end_keys_copy_and_leave() {
    let Suspended { house, owner, admin, member, keys, session, .. } = suspended();
    for who in [&owner, &admin, &member] {
        for path in ["", "/api_keys", "/sessions", "/members", "/audit_log"] {
            house.see(who, &owner.path(path));
        }
    }
    house.see(&admin, &owner.path("/invitations"));
    for (who, path) in [
        (&owner, format!("/api_keys/{}", keys[0])),
        (&member, format!("/api_keys/{}", keys[1])),
        (&owner, format!("/sessions/{session}")),
    ] {
        assert_eq!(house.call(&who.token, "DELETE", &owner.path(&path), &NULL).status, 200, "{path}");
    }
    let copy = house.call(&owner.token, "POST", &owner.path("/export"), &NULL);
    assert_eq!((copy.status, copy.json()["members"].as_array().unwrap().len()), (200, 3));
    for who in [&member, &admin] {
        assert_eq!(house.call(&who.token, "DELETE", &who.member(who), &NULL).status, 204, "{}", who.email);
    }
    assert_eq!(house.see(&owner, &owner.path("/members"))["data"].as_array().unwrap().len(), 1);
    let resumed = format!("/operator/organizations/{}/resume", owner.organization);
    house.operate("POST", &resumed, &NULL);
    let made = house.call(&owner.token, "POST", &owner.path("/api_keys"), &json!({ "name": "New" }));
    assert_eq!(made.status, 201);
}
