//! While a deployment rolls out, workers and objects of neighbouring versions talk to each other. What the next version adds
//! is members of messages; whoever does not know them reads what it knows, and nothing comes out otherwise.

use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;

/// What a life of keys, sessions and people is answered with; every question and answer between the parts of the
/// deployment has members of a later version, or none.
fn life(skewed: bool) -> Vec<(u16, String)> {
    let house = House::new();
    if skewed {
        house.objects.skew();
    }
    let owner = house.register("ada");
    let member = house.hire(&owner, "bob", "viewer");
    let mut seen = Vec::new();
    let mut call = |by: &str, method: &str, path: &str, body: &Value| {
        let response = house.call(by, method, path, body);
        let body = if response.body.is_empty() { NULL } else { response.json() };
        let said = body["code"].as_str().unwrap_or_default().to_owned();
        seen.push((response.status, said));
        body
    };
    let session = call(&owner.key, "POST", "/v1/sessions", &json!({ "name": "Customer" }));
    let keys = format!("/v1/sessions/{}/api_keys", text(&session, "id"));
    let limits = json!({ "name": "Key", "rateLimits": [{ "name": "burst", "limit": 500, "windowMs": 60_000 }] });
    let made = [call(&owner.key, "POST", &keys, &json!({ "name": "One" })), call(&owner.key, "POST", &keys, &limits)];
    for key in &made {
        for _ in 0..3 {
            call(&owner.key, "POST", "/v1/keys/verify", &json!({ "key": key["key"] }));
            call(key["key"].as_str().unwrap(), "GET", "/v1/whoami", &NULL);
        }
    }
    let path = |key: &Value| format!("/v1/api_keys/{}", text(key, "id"));
    call(&owner.key, "PATCH", &path(&made[0]), &json!({ "permissions": ["emails:read"] }));
    let next = call(&owner.key, "POST", &format!("{}/rotate", path(&made[0])), &json!({ "overlapSeconds": 0 }));
    call(&owner.key, "DELETE", &path(&made[1]), &NULL);
    for key in made.iter().chain([&next]) {
        if let Some(secret) = key["key"].as_str() {
            call(secret, "GET", "/v1/whoami", &NULL);
        }
    }
    for list in ["/v1/api_keys", "/v1/sessions", "/v1/audit_log"] {
        call(&owner.key, "GET", list, &NULL);
    }
    call(&member.token, "GET", &owner.path("/api_keys"), &NULL);
    call(&member.token, "POST", &owner.path("/api_keys"), &json!({ "name": "No" }));
    call(&owner.token, "PATCH", &owner.member(&member), &json!({ "role": "admin" }));
    call(&member.token, "POST", &owner.path("/api_keys"), &json!({ "name": "Yes" }));
    call(&owner.token, "DELETE", &owner.member(&member), &NULL);
    call(&member.token, "GET", &owner.path("/api_keys"), &NULL);
    let operated = |house: &House, what: &str| {
        house.operate("POST", &format!("/operator/organizations/{}/{what}", owner.organization), &NULL).status
    };
    seen.push((operated(&house, "suspend"), String::new()));
    let response = house.call(&owner.key, "GET", "/v1/whoami", &NULL);
    seen.push(response.refusal());
    seen.push((operated(&house, "resume"), String::new()));
    seen.push((house.call(&owner.key, "GET", "/v1/whoami", &NULL).status, String::new()));
    house.advance(HOUR);
    assert_eq!(house.undelivered(), 0);
    seen
}

#[test]
fn members_that_a_later_version_adds_change_no_answer_on_either_side() {
    let (alike, skewed) = (life(false), life(true));
    assert!(alike.iter().filter(|(status, _)| *status < 300).count() > 20, "{alike:?}");
    assert_eq!(alike, skewed);
}
