//! Health of a session: what its organization adds to it, and that it does without.

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn health_knows_the_open_alerts_of_the_session_and_what_is_left_of_the_pool() {
    let house = House::new();
    let owner = house.register("owner");
    let session = house.call(&owner.key, "POST", "/v1/sessions", &json!({ "name": "Customer" })).json();
    let id = session["id"].as_str().unwrap();
    let bound = house.call(&owner.key, "POST", "/v1/api_keys", &json!({ "name": "Bound", "sessionId": id })).json();
    let health = |secret: &str| house.call(secret, "GET", &format!("/v1/sessions/{id}/health"), &Value::Null).json();
    let seen = |secret: &str| (health(secret)["openAlerts"].clone(), health(secret)["limitHeadroom"].clone());
    assert_eq!(seen(&owner.key), (json!(0), Value::Null));
    house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": bound["key"] }));
    house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": owner.key }));
    house.afterwork.settle(&house, &house.app);
    house.advance(MINUTE);
    assert_eq!(seen(&owner.key).0, 1, "that of another session is not counted");
    house.call(&owner.token, "PATCH", &owner.path(""), &json!({ "plan": "free" }));
    house.advance(MINUTE);
    let verify = |times| (0..times).for_each(|_| drop(house.verify(bound["key"].as_str().unwrap())));
    verify(30);
    let (alerts, left) = seen(&owner.key);
    assert!(alerts == 1 && (45..=50).contains(&left.as_u64().unwrap()), "{left}");
    assert_eq!(seen(bound["key"].as_str().unwrap()), (json!(1), Value::Null), "the pool is none of its business");
    let organization = house.organization_at(&owner.organization);
    house.objects.fault(Whom::One(organization), Fault::Unreachable);
    assert_eq!(seen(bound["key"].as_str().unwrap()).0, Value::Null);
}
