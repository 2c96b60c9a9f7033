//! What the gate tells a proxy: whose request it is, in header fields, and only if the proxy wants to know.

use serde_json::{Value, json};

use crate::support::http::Response;
use crate::support::*;

const FIELDS: [&str; 5] = [
    "latchkey-key-id",
    "latchkey-session-id",
    "latchkey-organization-id",
    "latchkey-environment",
    "latchkey-external-id",
];

fn told(answer: &Response) -> [Option<&str>; 5] {
    FIELDS.map(|name| answer.header(name))
}

#[test]
fn whose_request_it_is_stands_in_header_fields_if_that_was_asked_for() {
    let house = House::new();
    let home = house.found("Acme");
    let session =
        house.call(&home.secret, "POST", "/v1/sessions", &json!({ "name": "A", "environment": "staging" })).json();
    let body = json!({ "name": "Shop", "externalId": "kunde-7/ü" });
    let keys = format!("/v1/sessions/{}/api_keys", session["id"].as_str().unwrap());
    let key = house.call(&home.secret, "POST", &keys, &body).json();
    let secret = key["key"].as_str().unwrap();
    let gate = |query: &str| house.call(secret, "GET", &format!("/v1/whoami{query}"), &Value::Null);

    assert_eq!((told(&gate("")), gate("").status), ([None; 5], 200));
    let answer = gate("?identity=headers");
    let identity = answer.json();
    let text = |name: &str| identity[name].as_str();
    let expected =
        [text("keyId"), text("sessionId"), text("organizationId"), Some("staging"), Some("kunde-7%2F%C3%BC")];
    assert_eq!((told(&answer), expected[0].is_some()), (expected, true));

    // Nobody is told whose a key is that does not pass.
    house.call(&home.secret, "DELETE", &format!("/v1/api_keys/{}", key["id"].as_str().unwrap()), &Value::Null);
    let revoked = gate("?identity=headers");
    assert_eq!((told(&revoked), revoked.status), ([None; 5], 401));
    assert_eq!(gate("?identity=body").status, 400);
}

#[test]
fn a_field_without_a_value_is_there_and_empty_so_that_nobody_else_fills_it() {
    let house = House::new();
    let home = house.found("Acme");
    let answer = house.call(&home.secret, "GET", "/v1/whoami?identity=headers", &Value::Null);
    let [key, session, organization, environment, external] = told(&answer);
    assert!([key, session, organization].iter().all(|id| id.is_some_and(|id| !id.is_empty())));
    assert_eq!(environment, Some(answer.json()["environment"].as_str().unwrap_or_default()));
    assert_eq!(external, Some(""));
}
