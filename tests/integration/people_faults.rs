//! Registering, joining and leaving while objects fail at any step: nothing is lost, and repetitions converge.

use serde_json::{Value, json};

use crate::support::people::ids;
use crate::support::*;

const NULL: Value = Value::Null;
const FAULTS: [Fault; 6] =
    [Fault::Unreachable, Fault::AnswerLost, Fault::Hanging, Fault::Overloaded, Fault::Retryable, Fault::Doubled];
const EMAIL: &str = "ada@people.test";

/// Whoever registered can sign in, owns one organization, and its first key works.
fn is_whole(house: &House, shown: &str) {
    let again = house.visit("/auth/register", &House::registration(EMAIL));
    assert!([201, 409].contains(&again.status), "{shown}: {again:?}");
    house.advance(HOUR);
    let signed_in = house.login(EMAIL, PASSWORD).json();
    let organizations = signed_in["organizations"].as_array().unwrap_or_else(|| panic!("{shown}: {signed_in}"));
    assert_eq!(organizations.len(), 1, "{shown}");
    assert_eq!(organizations[0]["role"], "owner", "{shown}");
    let token = text(&signed_in, "accessToken");
    let path = format!("/organizations/{}", text(&organizations[0], "id"));
    let read = |rest: &str| house.call(&token, "GET", &format!("{path}{rest}"), &NULL).json();
    assert_eq!(ids(&read("/members"), "role"), ["owner"], "{shown}");
    assert_eq!((ids(&read("/sessions"), "id").len(), ids(&read("/api_keys"), "id").len()), (1, 1), "{shown}");
    assert_eq!(ids(&house.operate("GET", "/operator/users", &NULL).json(), "email"), [EMAIL], "{shown}");
    let listed = ids(&house.operate("GET", "/operator/organizations", &NULL).json(), "id");
    assert_eq!(listed, [text(&organizations[0], "id")], "{shown}");
    house.advance(5_000);
    assert_eq!(house.undelivered(), 0, "{shown}");
}

#[test]
fn a_registration_that_meets_a_fault_at_any_call_is_finished_or_begun_again() {
    for fault in FAULTS {
        for n in 1.. {
            let house = House::new();
            house.objects.fault_nth(n, fault);
            let response = house.visit("/auth/register", &House::registration(EMAIL));
            let calls = house.objects.all_calls();
            let shown = format!("{fault:?} of call {n}: {}", response.status);
            assert!([201, 202, 503].contains(&response.status), "{shown}");
            house.objects.heal();
            is_whole(&house, &shown);
            if calls < n {
                assert!(n > 4, "{shown}");
                break;
            }
        }
    }
}

#[test]
fn a_registration_that_meets_a_failing_statement_is_finished_or_begun_again() {
    for kind in [Kind::Directory, Kind::Account, Kind::Organization, Kind::Session] {
        for n in (1..60).step_by(3) {
            let house = House::new();
            house.objects.fail_statement_of(kind, n);
            let status = house.visit("/auth/register", &House::registration(EMAIL)).status;
            let shown = format!("statement {n} of {kind:?}: {status}");
            assert!([201, 202, 500, 503].contains(&status), "{shown}");
            house.crash();
            house.objects.no_failures();
            is_whole(&house, &shown);
        }
    }
}

#[test]
fn an_invitation_that_is_accepted_under_faults_makes_a_member_once() {
    for fault in FAULTS {
        for n in 1.. {
            let house = House::new();
            let owner = house.register("owner");
            let ada = house.register("ada");
            let (_, token) = house.invite(&owner, "member");
            let before = house.objects.all_calls();
            house.objects.fault_nth(n, fault);
            let accept =
                || house.call(&ada.token, "POST", "/auth/invitations/accept", &json!({ "token": token })).status;
            let first = accept();
            let calls = house.objects.all_calls() - before;
            house.objects.heal();
            let shown = format!("{fault:?} of call {n}: {first}");
            assert!([200, 202, 503].contains(&first) || (fault == Fault::Doubled && first == 409), "{shown}");
            let second = accept();
            assert!([200, 409].contains(&second), "{shown}, {second}");
            house.advance(HOUR);
            assert_eq!(house.see(&owner, &owner.path("/members"))["data"].as_array().unwrap().len(), 2, "{shown}");
            assert_eq!(house.see(&owner, &owner.path(""))["membersCount"], 2, "{shown}");
            let mut roles = ids(&house.see(&ada, "/organizations"), "role");
            roles.sort();
            assert_eq!(roles, ["member", "owner"], "{shown}");
            let added = ids(&house.see(&owner, &owner.path("/audit_log?action=member.added")), "target");
            assert_eq!(added, std::slice::from_ref(&ada.user_id), "{shown}");
            assert_eq!(house.undelivered(), 0, "{shown}");
            if calls < n {
                assert!(n > 4, "{shown}");
                break;
            }
        }
    }
}

#[test]
fn a_deletion_under_faults_is_either_refused_or_fences_every_key() {
    for fault in FAULTS {
        for n in 1.. {
            let house = House::new();
            let owner = house.register("owner");
            let session = house.call(&owner.token, "POST", &owner.path("/sessions"), &json!({ "name": "S" })).json();
            let path = owner.path(&format!("/sessions/{}/api_keys", text(&session, "id")));
            let key = text(&house.call(&owner.token, "POST", &path, &NULL).json(), "key");
            let before = house.objects.all_calls();
            house.objects.fault_nth(n, fault);
            let status = house.call(&owner.token, "DELETE", &owner.path(""), &NULL).status;
            let calls = house.objects.all_calls() - before;
            house.objects.heal();
            let shown = format!("{fault:?} of call {n}: {status}");
            assert!([200, 202, 503].contains(&status), "{shown}");
            let whoami = |key: &str| house.call(key, "GET", "/v1/whoami", &NULL).status;
            if status == 200 {
                assert_eq!((whoami(&owner.key), whoami(&key)), (401, 401), "{shown}");
            }
            let again = house.call(&owner.token, "DELETE", &owner.path(""), &NULL).status;
            assert!([200, 202].contains(&again), "{shown}, {again}");
            house.advance(HOUR);
            assert_eq!((whoami(&owner.key), whoami(&key)), (401, 401), "{shown}");
            assert_eq!(house.see(&owner, "/organizations")["data"][0]["status"], "deleted", "{shown}");
            let ended = ids(&house.see(&owner, &owner.path("/audit_log?action=organization.deleted")), "action");
            assert_eq!(ended.len(), 1, "{shown}");
            assert_eq!(house.undelivered(), 0, "{shown}");
            if calls < n {
                assert!(n > 4, "{shown}");
                break;
            }
        }
    }
}

#[test]
fn what_an_account_knows_of_its_memberships_converges_after_crashes() {
    let house = House::new();
    let owner = house.register("owner");
    let ada = house.hire(&owner, "ada", "member");
    house.objects.fault(Whom::Kind(Kind::Account), Fault::AnswerLost);
    let account = house.objects.disk(&house.account_of(&ada.user_id));
    house.objects.heal();
    // News that arrives out of order: the account is away for some of it, and everybody dies in between.
    for (role, away) in [("viewer", true), ("admin", false), ("viewer", true), ("owner", true), ("member", false)] {
        if away {
            house.objects.fault(Whom::One(house.account_of(&ada.user_id)), Fault::Unreachable);
        }
        house.set_afterwards(house::Afterwards::Lost);
        let status = house.call(&owner.token, "PATCH", &owner.member(&ada), &json!({ "role": role })).status;
        assert_eq!(status, if away { 202 } else { 200 }, "{role}");
        house.crash();
        house.set_afterwards(house::Afterwards::AtOnce);
        house.objects.heal();
    }
    assert_eq!(ids(&house.see(&ada, "/organizations"), "role"), ["member"]);
    house.objects.fault(Whom::One(house.account_of(&ada.user_id)), Fault::Unreachable);
    assert_eq!(house.call(&owner.token, "DELETE", &owner.member(&ada), &NULL).status, 204);
    house.objects.heal();
    assert_eq!(house.call(&ada.token, "GET", &owner.path(""), &NULL).status, 404, "whatever the copy says");
    house.advance(HOUR);
    assert_eq!(house.see(&ada, "/organizations")["data"], json!([]));
    assert_eq!(account.number("SELECT count(*) FROM outbox"), 0);
}
