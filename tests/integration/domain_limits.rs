//! Whose domains are, and how many there may be.

use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;
const NAME: &str = "example.com";

#[test]
fn domains_are_the_organizations_and_as_many_as_there_may_be() {
    let house = House::new();
    let (home, other) = (house.found("Acme"), house.found("Other"));
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let bound = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    let create = |secret: &str, name: &str| house.call(secret, "POST", "/v1/domains", &json!({ "domain": name }));
    assert_eq!(create(&bound.text, NAME).refusal(), (403, "outside_reach".to_owned()));
    let id = house.own(&home.secret, NAME);
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/verify")] {
        let path = format!("/v1/domains/{id}{path}");
        assert_eq!(house.call(&bound.text, method, &path, &NULL).refusal().1, "outside_reach");
        assert_eq!(house.call(&other.secret, method, &path, &NULL).refusal().1, "domain_not_found");
    }
    assert_eq!(create(&home.secret, "Example.COM").refusal(), (409, "domain_exists".to_owned()));
    // Each organization proves for itself what it may use; that another has done so says nothing.
    let theirs = create(&other.secret, NAME).json();
    let verify = format!("/v1/domains/{}/verify", text(&theirs, "id"));
    assert_eq!(house.call(&other.secret, "POST", &verify, &NULL).json()["status"], "pending");
    let bind = json!({ "name": "Bound", "domain": NAME });
    assert_eq!(
        house.call(&other.secret, "POST", "/v1/api_keys", &bind).refusal(),
        (409, "domain_not_verified".to_owned())
    );
    (1..100).for_each(|number| assert_eq!(create(&home.secret, &format!("d{number}.example")).status, 201));
    assert_eq!(create(&home.secret, "one-more.example").refusal(), (409, "too_many_domains".to_owned()));
    let long = format!("{}.example", ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(54)].join("."));
    assert_eq!(create(&other.secret, &long).status, 400, "no room for the label of its record");
}
