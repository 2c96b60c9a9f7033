//! Organizations as their operator and their owners see them: founded, listed, changed, suspended, ended.

use latchkey::app::Patience;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::{OrganizationChange, Page};
use serde_json::{Value, json};

use crate::support::people::{DENIED, assert_same};
use crate::support::*;

#[test]
fn a_new_organization_has_a_plan_a_default_session_and_one_key_that_may_everything() {
    let house = House::new();
    let home = house.found("Acme");
    assert!(home.settled);
    assert_eq!(home.organization.policy.plan, Plan::preset(PlanName::Enterprise), "no surprise limits");
    assert!(home.secret.starts_with("sk_live_"));
    let admin = house.principal(&home.secret);
    let (keys, more) = house.run(house.app.list_keys(&admin, all_keys(page(10)))).unwrap();
    assert_eq!((keys.len(), more), (1, false));
    assert_eq!(keys[0].settings.permissions, permissions(&["*"]));
    assert_eq!(house.run(house.app.read_organization(&admin)).unwrap().0.id, home.organization.id);
}

#[test]
fn the_directory_lists_every_organization_in_pages_newest_first() {
    let house = House::new();
    let homes: Vec<_> = (0..7)
        .map(|number| {
            house.advance(1);
            house.found(&format!("Organization {number}"))
        })
        .collect();
    let (mut seen, mut cursor) = (Vec::new(), page(3));
    loop {
        let (organizations, more) = house.run(house.app.list_organizations(cursor)).unwrap();
        cursor = Page { after: organizations.last().map(|last| (last.created_at, last.id.to_string())), limit: 3 };
        seen.extend(organizations.into_iter().map(|organization| organization.id));
        if !more {
            break;
        }
    }
    let newest_first: Vec<_> = homes.iter().rev().map(|home| home.organization.id.clone()).collect();
    assert_eq!(seen, newest_first);
}

#[test]
fn a_change_shows_in_the_directory_and_reaches_the_sessions() {
    let house = House::new();
    let home = house.found("Acme");
    let change = OrganizationChange {
        name: Some(name("Acme & Sons")),
        plan: Some(Plan::preset(PlanName::Free)),
        ..OrganizationChange::default()
    };
    let outcome = house.run(house.app.change_organization(&home.organization.id, change, Patience::Wait)).unwrap();
    assert!(outcome.settled);
    let (listed, _) = house.run(house.app.list_organizations(page(10))).unwrap();
    assert_eq!(listed[0], outcome.reply.organization);
    let admin = house.principal(&home.secret);
    house.issue(&admin, key(&["emails:send"])).unwrap();
    house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), Rejection::KeyQuotaReached { limit: 3 });
}

#[test]
fn a_suspension_stops_all_keys_of_all_sessions_and_can_be_undone() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let mut held = Vec::new();
    for number in 0..40 {
        let session = house.create_session(&admin, &format!("Customer {number}"), None).unwrap();
        held.push(house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap());
    }
    assert!(house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap());
    assert!(held.iter().all(|held| house.code(&held.text) == Code::OrganizationSuspended));
    assert!(house.set_status(&home.organization.id, OrganizationStatus::Active).unwrap());
    assert!(held.iter().all(|held| house.code(&held.text) == Code::Valid));
}

#[test]
fn an_end_is_final_for_keys_and_sessions_and_for_those_to_come() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    assert!(house.set_status(&home.organization.id, OrganizationStatus::Deleted).unwrap());
    assert_eq!((house.code(&held.text), house.code(&home.secret)), (Code::Revoked, Code::Revoked));
    for status in [OrganizationStatus::Active, OrganizationStatus::Suspended] {
        let again = house.set_status(&home.organization.id, status);
        assert_eq!(refusal(again), Rejection::OrganizationDeleted);
    }
    house.set_status(&home.organization.id, OrganizationStatus::Deleted).expect("a repeat changes nothing");
    let refused = refusal(house.issue(&admin, key(&["emails:send"])));
    assert!(matches!(refused, Rejection::CallerRefused { code: Code::Revoked, .. }), "{refused:?}");
    house.advance(70_000);
    assert_eq!(house.undelivered(), 0);
}

#[test]
fn an_id_that_leads_to_no_organization_is_one_that_does_not_exist() {
    let house = House::new();
    house.found("Acme");
    let elsewhere = House::seeded(99).found("Elsewhere").organization.id;
    let found = house.run(house.app.inspect_organization(&elsewhere));
    assert_eq!(refusal(found), Rejection::OrganizationNotFound);
    assert_eq!(refusal(house.set_status(&elsewhere, OrganizationStatus::Suspended)), Rejection::OrganizationNotFound);
}

#[test]
fn a_new_name_reaches_every_member_and_the_directory() {
    let house = House::new();
    let owner = house.register("owner");
    let viewer = house.hire(&owner, "viewer", "viewer");
    let renamed = house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "name": "Acme & Sons" })).json();
    assert_eq!((&renamed["name"], &renamed["plan"]["name"]), (&json!("Acme & Sons"), &json!("enterprise")));
    for member in [&owner, &viewer] {
        assert_eq!(house.see(member, "/organizations")["data"][0]["name"], "Acme & Sons");
        assert_eq!(house.login(&member.email, PASSWORD).json()["organizations"][0]["name"], "Acme & Sons");
    }
    assert_eq!(house.operate("GET", "/operator/organizations", &Value::Null).json()["data"][0]["name"], "Acme & Sons");
    let operator = format!("/operator/organizations/{}", owner.organization);
    house.operate("PATCH", &operator, &json!({ "name": "Acme" }));
    house.operate("POST", &format!("{operator}/suspend"), &Value::Null);
    let seen = house.see(&viewer, "/organizations")["data"][0].clone();
    assert_eq!((&seen["name"], &seen["status"]), (&json!("Acme"), &json!("suspended")));
    assert_eq!(house.call(&owner.key, "GET", "/v1/organization", &Value::Null).status, 401);
}

#[test]
fn the_plan_is_the_owners_or_the_operators_choice_as_the_deployment_says() {
    for (plan_changes, by_owner) in [("owner", true), ("operator", false), ("", false)] {
        let house = House::configured(&[("PLAN_CHANGES", plan_changes)]);
        let owner = house.register("owner");
        let admin = house.hire(&owner, "admin", "admin");
        let choose = |by: &Someone, body: Value| house.call(&by.token, "PATCH", &owner.path(""), &body).refusal();
        let before = house.dump(&DENIED);
        assert_eq!(choose(&admin, json!({ "plan": "free" })).0, 403, "{plan_changes}");
        assert_eq!(choose(&admin, json!({ "plan": "free", "name": "New" })).0, 403, "{plan_changes}");
        for wrong in
            [json!("gold"), json!({ "name": "free" }), json!({ "name": "free", "keysPerSession": 9 }), json!(1)]
        {
            assert_eq!(choose(&owner, json!({ "plan": wrong })).0, 400, "{wrong}");
        }
        if !by_owner {
            let operators = (403, "plan_changes_by_operator".to_owned());
            assert_eq!(choose(&owner, json!({ "plan": "free" })), operators);
            assert_eq!(choose(&owner, json!({ "plan": "free", "name": "New" })), operators);
        }
        assert_same(&before, &house.dump(&DENIED), plan_changes);
        let (status, by) = if by_owner {
            (choose(&owner, json!({ "plan": "free" })).0, &owner)
        } else {
            let path = format!("/operator/organizations/{}", owner.organization);
            (house.operate("PATCH", &path, &json!({ "plan": { "name": "free" } })).status, &owner)
        };
        assert_eq!(status, 200);
        assert_eq!(house.see(by, &by.path(""))["plan"]["name"], "free");
        let issue = || house.call(&by.token, "POST", &by.path("/api_keys"), &json!({ "name": "Key" })).status;
        assert_eq!([issue(), issue(), issue()], [201, 201, 409], "the plan is in force");
    }
}

#[test]
fn a_user_founds_up_to_twenty_organizations_and_owns_each() {
    let house = House::configured(&[("ORGANIZATION_RETENTION_DAYS", "1")]);
    let ada = house.register("ada");
    let found = |name: &str| house.call(&ada.token, "POST", "/organizations", &json!({ "name": name }));
    for number in 2..=20 {
        let founded = found(&format!("Number {number}"));
        assert_eq!(founded.status, 201, "{}", founded.json());
        assert_eq!(house.call(&text(&founded.json()["apiKey"], "key"), "GET", "/v1/whoami", &Value::Null).status, 200);
    }
    assert_eq!(found("One more").refusal(), (409, "organization_limit_reached".into()));
    let list = house.see(&ada, "/organizations");
    assert_eq!(list["data"].as_array().unwrap().len(), 20);
    assert!(list["data"].as_array().unwrap().iter().all(|row| row["role"] == "owner"));
    assert_eq!(house.call(&ada.token, "DELETE", &ada.path(""), &Value::Null).status, 200);
    assert_eq!(found("In its place").status, 409, "a deleted one counts until its data is gone");
    house.advance(DAY + HOUR);
    assert_eq!(found("In its place").status, 201);
}
