//! Organizations as their operator sees them: founded, listed, changed, suspended, ended.

use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::{OrganizationChange, Page};

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
    assert_eq!(house.run(house.app.read_organization(&admin)).unwrap().id, home.organization.id);
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
    let change = OrganizationChange { name: Some(name("Acme & Sons")), plan: Some(Plan::preset(PlanName::Free)) };
    let outcome = house.run(house.app.change_organization(&home.organization.id, change)).unwrap();
    assert!(outcome.settled);
    let (listed, _) = house.run(house.app.list_organizations(page(10))).unwrap();
    assert_eq!(listed[0], outcome.reply);
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
