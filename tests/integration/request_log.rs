//! The line that a request leaves in the operator's log: what it tells, and what it never does.

use latchkey::api::gateway::handed_over;
use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;

fn lines(house: &House) -> Vec<Value> {
    house.log.told().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_request_leaves_one_line_that_says_who_did_what_and_what_came_of_it() {
    let house = House::configured(&[("LOG_REQUESTS", "all"), ("LOG_ADDRESSES", "yes")]);
    let home = house.found("Acme");
    let issued = house.call(&home.secret, "POST", "/v1/api_keys", &json!({ "name": "CI", "permissions": ["a:b"] }));
    let path = format!("/v1/api_keys/{}?x=1", issued.json()["id"].as_str().unwrap());
    let refused = house.call(&home.secret, "DELETE", &path, &NULL);
    house.call(&home.secret, "GET", "/v1/whoami", &NULL);
    house.operate("GET", "/operator/organizations", &NULL);
    let nobody = house.request("GET", "/nowhere", &[("user-agent", "curl/8")], "");
    let owner = house.register("owner");
    house.call(&owner.token, "GET", &owner.path("/members"), &NULL);
    let lines = lines(&house);
    let [created, deleted, verified, operated, lost, registered, members] = lines.as_slice() else {
        panic!("{lines:#?}")
    };
    let organization = home.organization.id.as_str();
    assert_eq!(
        *created,
        json!({
            "level": "info", "event": "request", "requestId": issued.header("x-request-id"), "method": "POST",
            "route": "/v1/api_keys", "status": 201, "code": null, "durationMs": created["durationMs"], "kvMs": null,
            "objectsMs": null, "organizationId": organization, "actor": "api_key", "actorId": home.key_id.as_str(),
            "verification": null, "country": null, "colo": null, "client": null, "ip": "192.0.2.1",
        })
    );
    assert_eq!((&deleted["route"], &deleted["status"]), (&json!("/v1/api_keys/{id}"), &json!(400)));
    assert_eq!(deleted["code"], refused.json()["code"]);
    assert_eq!((&verified["verification"], &verified["route"]), (&json!("VALID"), &json!("/v1/whoami")));
    assert!(verified["objectsMs"].is_u64(), "{verified}");
    assert_eq!((&operated["actor"], &operated["actorId"]), (&json!("operator"), &NULL));
    assert_eq!((&lost["route"], &lost["status"], &lost["client"]), (&NULL, &json!(404), &json!("curl/8")));
    assert_eq!(lost["requestId"], nobody.header("x-request-id").unwrap());
    assert_eq!((&registered["route"], &registered["status"]), (&json!("/auth/register"), &json!(201)));
    assert_eq!((&members["actor"], &members["actorId"]), (&json!("user"), &json!(owner.user_id)));
}

#[test]
fn no_secret_no_body_no_query_and_no_address_is_in_a_line_and_nothing_breaks_it() {
    let house = House::configured(&[("LOG_REQUESTS", "all")]);
    let home = house.found("Acme");
    let name = "line\nbreak \u{2028}\u{1b}[31m \"quoted\"";
    house.call(&home.secret, "POST", "/v1/api_keys", &json!({ "name": name, "metadata": { "canary": "canary-body" } }));
    let odd = [("authorization", "Bearer canary-bearer"), ("x-api-key", "canary-key"), ("cookie", "a=canary-cookie")];
    for header in odd {
        let client = ("user-agent", "agent \"x\" \t canary");
        house.request("GET", "/v1/api_keys?search=canary-query", &[header, client], "");
    }
    house.request("POST", "/v1/keys/verify", &[("x-api-key", &home.secret), ("content-type", "application/json")], "{");
    house.request("BREW-A-VERY-LONG-POT-OF-COFFEE", "/v1/api_keys/canary-path", &[], "");
    for line in house.log.told() {
        for secret in ["canary-", "192.0.2", "line", home.secret.as_str()] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
        assert!(line.chars().all(|c| !c.is_control() && !['\u{2028}', '\u{2029}'].contains(&c)), "{line:?}");
    }
    assert_eq!(lines(&house).len(), 6);
}

#[test]
fn verifications_leave_a_line_only_where_all_requests_do() {
    for (logged, expected) in [("none", 0), ("management", 1), ("all", 3)] {
        let house = House::configured(&[("LOG_REQUESTS", logged)]);
        let home = house.found("Acme");
        house.call(&home.secret, "GET", "/v1/whoami", &NULL);
        house.call(&home.secret, "POST", "/v1/keys/verify", &json!({ "key": home.secret }));
        house.call(&home.secret, "GET", "/v1/api_keys", &NULL);
        assert_eq!(lines(&house).len(), expected, "{logged}");
    }
}

#[test]
fn what_came_of_a_request_that_was_handed_over_leaves_a_line_where_all_requests_do() {
    for (logged, expected) in [("none", 0), ("management", 0), ("all", 1)] {
        let house = House::configured(&[("LOG_REQUESTS", logged)]);
        handed_over(&house.app, "req_somebodys", 418, 12);
        let lines = lines(&house);
        assert_eq!(lines.len(), expected, "{logged}");
        for line in lines {
            let told = json!({ "level": "info", "event": "origin", "requestId": "req_somebodys", "status": 418, "durationMs": 12 });
            assert_eq!(line, told);
        }
    }
}
