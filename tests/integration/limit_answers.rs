//! What clients read of limits and credits: bodies, header fields, refusals, and who would rather not wait.

use latchkey::domain::plan::{Plan, PlanName};
use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::http::Response;
use crate::support::*;

const NULL: Value = Value::Null;
const KEYS: &str = "/v1/api_keys";

/// A new key of the home with these members in its body.
fn created(house: &House, home: &Home, body: Value) -> Value {
    let mut body = body;
    body["name"] = "Shop".into();
    let answer = house.call(&home.secret, "POST", KEYS, &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

fn verified(house: &House, home: &Home, key: &Value, cost: u32) -> Response {
    house.call(&home.secret, "POST", "/v1/keys/verify", &json!({ "key": key["key"], "cost": cost }))
}

fn gate(house: &House, key: &Value, query: &str) -> Response {
    house.call(key["key"].as_str().unwrap(), "GET", &format!("/v1/whoami{query}"), &NULL)
}

fn burst(limit: u32) -> Value {
    json!({ "rateLimits": [{ "name": "burst", "limit": limit, "windowMs": 10_000 }] })
}

#[test]
fn a_verification_tells_every_limit_and_the_header_fields_the_tightest() {
    let house = House::new();
    let home = house.found("Acme");
    let limits = json!([
        { "name": "burst", "limit": 10, "windowMs": 10_000 },
        { "name": "day", "limit": 1000, "windowMs": 86_400_000 },
    ]);
    let key = created(&house, &home, json!({ "rateLimits": limits }));
    assert_eq!(key["rateLimits"], limits);
    let answer = verified(&house, &home, &key, 4);
    assert_eq!(answer.header("ratelimit"), Some("\"key.burst\";r=6;t=10"));
    assert_eq!(answer.header("ratelimit-policy"), Some("\"key.burst\";q=10;w=10"));
    let body = answer.json();
    let met = json!({ "level": "key", "name": "burst", "limit": 10, "windowMs": 10_000, "remaining": 6,
        "resetMs": 10_000, "retryAfterMs": null });
    assert_eq!((&body["code"], &body["rateLimits"][0]), (&json!("VALID"), &met));
    assert_eq!(body["rateLimits"][1]["remaining"], 996);
    assert_eq!((&body["limitedBy"], &body["credits"]), (&Value::Null, &Value::Null));
    house.advance(4_000);
    let refused = verified(&house, &home, &key, 7).json();
    assert_eq!((&refused["code"], &refused["rateLimits"][0]["retryAfterMs"]), (&json!("RATE_LIMITED"), &json!(6_000)));
    assert_eq!(refused["limitedBy"], json!({ "level": "key", "name": "burst" }));
    let one = format!("{KEYS}/{}", key["id"].as_str().unwrap());
    let read = house.call(&home.secret, "GET", &one, &NULL).json();
    let standing = json!({ "name": "burst", "limit": 10, "windowMs": 10_000, "remaining": 6, "resetMs": 6_000 });
    assert_eq!(read["rateLimits"][0], standing);
    let cleared = house.call(&home.secret, "PATCH", &one, &json!({ "rateLimits": null })).json();
    assert_eq!(cleared["rateLimits"], json!([]));
    assert_eq!(verified(&house, &home, &key, 1_000).header("ratelimit"), None, "a key without limits shows none");
}

#[test]
fn the_gate_names_the_limit_that_refuses_and_when_to_come_back() {
    let house = House::new();
    let home = house.found("Acme");
    let key = created(&house, &home, burst(5));
    assert_eq!(gate(&house, &key, "?cost=5").header("ratelimit"), Some("\"key.burst\";r=0;t=10"));
    assert_eq!(gate(&house, &key, "?cost=0").status, 200, "what costs nothing passes");
    for (query, status) in [("", 429), ("?on_limit=403", 403)] {
        let refused = gate(&house, &key, query);
        assert_eq!(refused.refusal(), (status, "rate_limited".to_owned()));
        assert_eq!(
            (refused.header("retry-after"), refused.header("ratelimit")),
            (Some("10"), Some("\"key.burst\";r=0;t=10"))
        );
        let mut details = refused.json()["details"].clone();
        details.as_object_mut().unwrap().remove("requestId");
        let expected = json!({ "limit": "key.burst", "level": "key", "name": "burst", "quota": 5, "windowMs": 10_000,
            "remaining": 0, "retryAfterMs": 10_000 });
        assert_eq!(details, expected);
    }
    let never = gate(&house, &key, "?cost=6");
    assert_eq!((never.status, never.header("retry-after")), (429, None));
    assert_eq!(never.json()["details"]["retryAfterMs"], Value::Null);
    assert_eq!(gate(&house, &key, "?cost=1000001").status, 400);
    house.advance(10_000);
    assert_eq!(gate(&house, &key, "").status, 200, "as it was told");
}

#[test]
fn credits_are_shown_changed_and_filled_up() {
    let house = House::new();
    let home = house.found("Acme");
    let refill = json!({ "interval": "monthly", "amount": 3, "day": 31 });
    let key = created(&house, &home, json!({ "credits": { "remaining": 2, "refill": refill } }));
    assert_eq!(key["credits"]["remaining"], 2);
    let next =
        latchkey::domain::timestamp::Timestamp::parse(key["credits"]["refill"]["nextAt"].as_str().unwrap()).unwrap();
    assert_eq!(verified(&house, &home, &key, 2).json()["credits"], json!({ "remaining": 0 }));
    let refused = gate(&house, &key, "");
    assert_eq!(refused.refusal(), (429, "usage_exceeded".to_owned()));
    let wait = next.millis_since(house.now());
    assert_eq!(refused.header("retry-after"), Some((wait + 999).div_euclid(1_000).to_string().as_str()));
    assert_eq!(refused.json()["details"]["limit"], "key.credits");
    assert_eq!(gate(&house, &key, "?cost=4").header("retry-after"), None, "no refill reaches so far");
    let one = format!("{KEYS}/{}", key["id"].as_str().unwrap());
    let change = |credits: Value| house.call(&home.secret, "PATCH", &one, &json!({ "credits": credits })).json();
    assert_eq!(change(json!({ "add": 5 }))["credits"]["remaining"], 5);
    let daily = change(json!({ "remaining": 1, "refill": { "interval": "daily", "amount": 9 } }));
    let refill = &daily["credits"]["refill"];
    assert_eq!(
        (&refill["interval"], &refill["day"], &daily["credits"]["remaining"]),
        (&json!("daily"), &Value::Null, &json!(1))
    );
    house.advance(DAY);
    assert_eq!(house.call(&home.secret, "GET", &one, &NULL).json()["credits"]["remaining"], 9);
    assert_eq!(change(Value::Null)["credits"], Value::Null);
}

#[test]
fn a_spent_pool_of_management_never_stands_in_the_way_of_a_revoke() {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Free));
    let key = created(&house, &home, json!({}));
    for left in (0..59).rev() {
        let answer = house.call(&home.secret, "GET", "/v1/sessions", &NULL);
        let expected = format!("\"organization.management\";r={left};t=60");
        assert_eq!((answer.status, answer.header("ratelimit")), (200, Some(expected.as_str())));
    }
    let refused = house.call(&home.secret, "GET", "/v1/sessions", &NULL);
    assert_eq!(refused.refusal(), (429, "rate_limited".to_owned()));
    assert_eq!((refused.header("retry-after"), &refused.json()["details"]["name"]), (Some("60"), &json!("management")));
    let verification = verified(&house, &home, &key, 1);
    assert_eq!(verification.header("ratelimit"), Some("\"organization.requests\";r=59;t=60"));
    let revoked = house.call(&home.secret, "DELETE", &format!("{KEYS}/{}", key["id"].as_str().unwrap()), &NULL);
    assert_eq!((revoked.status, revoked.header("ratelimit")), (200, None));
    house.advance(60_000);
    let read = house.call(&home.secret, "GET", "/v1/organization", &NULL).json();
    let pool = |name: &str, remaining: u32, reset: Value| json!({ "name": name, "limit": 60, "windowMs": 60_000, "remaining": remaining, "resetMs": reset });
    let limits = json!({ "keysPerSession": 3, "requests": pool("requests", 60, Value::Null),
        "management": pool("management", 59, json!(60_000)) });
    assert_eq!(read["limits"], limits);
}

#[test]
fn a_session_shows_its_places_and_the_limits_that_its_keys_share() {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Starter));
    let limits = burst(10)["rateLimits"].clone();
    let session =
        house.call(&home.secret, "POST", "/v1/sessions", &json!({ "name": "Shop", "rateLimits": limits })).json();
    assert_eq!(session["rateLimits"], limits);
    let one = format!("/v1/sessions/{}", session["id"].as_str().unwrap());
    let keys = [0, 1].map(|_| house.call(&home.secret, "POST", &format!("{one}/api_keys"), &burst(8)).json());
    for key in &keys {
        assert_eq!(verified(&house, &home, key, 5).json()["code"], "VALID");
    }
    let refused = verified(&house, &home, &keys[0], 1).json();
    assert_eq!(refused["limitedBy"], json!({ "level": "session", "name": "burst" }));
    let read = house.call(&home.secret, "GET", &one, &NULL).json();
    let expected = json!({ "keys": { "limit": 10, "used": 2 }, "rateLimits": [
        { "name": "burst", "limit": 10, "windowMs": 10_000, "remaining": 0, "resetMs": 10_000 },
    ] });
    assert_eq!(read["limits"], expected);
    let cleared = house.call(&home.secret, "PATCH", &one, &json!({ "rateLimits": [] })).json();
    assert_eq!(cleared["rateLimits"], json!([]));
    // What gives more waits for nobody: an isolate may remember the refusal until its lease ends.
    house.advance(2_000);
    assert_eq!(verified(&house, &home, &keys[0], 1).json()["code"], "VALID");
}

#[test]
fn a_lower_plan_says_what_exceeds_it_and_takes_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    for _ in 0..4 {
        created(&house, &home, json!({}));
    }
    let path = format!("/operator/organizations/{}", home.organization.id);
    let lowered = house.operate("PATCH", &path, &json!({ "plan": { "name": "free" } })).json();
    assert_eq!(lowered["keysOverQuota"], json!({ "sessions": 1, "keys": 2 }));
    let raised = house.operate("PATCH", &path, &json!({ "plan": { "name": "pro" } })).json();
    assert_eq!(raised["keysOverQuota"], Value::Null);
}

#[test]
fn who_prefers_it_hears_at_once_from_when_on_a_change_is_in_force() {
    let house = House::new();
    let home = house.found("Acme");
    assert_eq!(house.code(&home.secret), latchkey::domain::verification::Code::Valid);
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    let path = format!("/operator/organizations/{}/suspend", home.organization.id);
    let bearer = format!("Bearer {OPERATOR_TOKEN}");
    let begun = house.now();
    let headers = [("authorization", bearer.as_str()), ("prefer", "wait=1, Respond-Async")];
    let answer = house.request("POST", &path, &headers, "");
    assert_eq!((answer.status, answer.header("preference-applied")), (202, Some("respond-async")));
    let at = latchkey::domain::timestamp::Timestamp::parse(answer.json()["effectiveAt"].as_str().unwrap()).unwrap();
    assert!((1..=61_000).contains(&at.millis_since(begun)), "{at} after {begun}");
    house.advance(at.millis_since(house.now()).max(0) + 1_000);
    house.objects.heal();
    let again = house.request("POST", &path, &headers, "");
    assert_eq!(
        (again.status, again.header("preference-applied")),
        (200, None),
        "there is nothing to wait for any more"
    );
}

#[test]
fn a_session_that_cannot_hear_from_its_organization_decides_nothing() {
    let house = House::new();
    let home = house.found("Acme");
    let key = created(&house, &home, burst(5));
    house.advance(HOUR);
    house.objects.fault(Whom::Kind(Kind::Organization), Fault::Unreachable);
    let refused = gate(&house, &key, "");
    assert_eq!(refused.refusal(), (503, "verification_unavailable".to_owned()));
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        house.call(&home.secret, "GET", "/v1/sessions", &NULL).refusal(),
        (503, "service_unavailable".to_owned())
    );
}
