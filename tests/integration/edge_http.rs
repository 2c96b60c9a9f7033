//! What clients read of freshness: in the body, and in `Server-Timing`.

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn an_answer_says_who_has_decided_and_what_was_waited_for() {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let gate = |query: &str| house.call(&held.text, "GET", &format!("/v1/whoami{query}"), &json!(null));
    let told = |response: &Response| {
        let mode = response.json()["freshness"]["mode"].as_str().unwrap_or("none").to_owned();
        (mode, response.header("server-timing").unwrap_or("none").to_owned())
    };
    let asked = ("strict".to_owned(), "decision;desc=strict, do;dur=0".to_owned());
    assert_eq!((told(&gate("")), told(&gate(""))), (asked.clone(), asked.clone()));
    let leased = gate("");
    assert_eq!(told(&leased), ("leased".to_owned(), "decision;desc=leased".to_owned()));
    assert!(leased.json()["freshness"]["maxStalenessMs"].as_u64().unwrap() > 1_000);
    assert_eq!(told(&gate("?consistency=strict")), asked);
    assert_eq!(told(&gate("?consistency=leased")).0, "leased");
    let refused = gate("?permission=emails:delete");
    assert_eq!((refused.status, told(&refused).1.as_str()), (403, "decision;desc=leased"), "a refusal too");
    assert_eq!(gate("?consistency=eventual").refusal(), (400, "invalid_request".to_owned()));
    let forged = house.call(&key_like("live"), "GET", "/v1/whoami", &json!(null));
    assert_eq!((forged.status, told(&forged).1.as_str()), (401, "decision;desc=strict"));
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    let unknown = gate("?consistency=strict");
    assert_eq!((unknown.status, told(&unknown).1.as_str()), (503, "decision;desc=none, do;dur=0"));
    assert!(unknown.header("retry-after").is_some());
    assert_eq!(house.call(&held.text, "GET", "/healthz", &json!(null)).header("server-timing"), None);
}

#[test]
fn a_verification_for_somebody_is_decided_by_two_leases() {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let verify = |body: serde_json::Value| house.call(&home.secret, "POST", "/v1/keys/verify", &body);
    let plain = || verify(json!({ "key": held.text, "tags": ["checkout"] }));
    for _ in 0..2 {
        assert_eq!(plain().json()["freshness"]["mode"], "strict");
    }
    let calls = house.objects.calls(Kind::Session);
    let leased = plain();
    assert_eq!(
        (leased.json()["freshness"]["mode"].as_str(), leased.json()["valid"].as_bool()),
        (Some("leased"), Some(true))
    );
    assert_eq!(
        (leased.header("server-timing"), house.objects.calls(Kind::Session)),
        (Some("decision;desc=leased"), calls)
    );
    let strict = verify(json!({ "key": held.text, "consistency": "strict" }));
    assert_eq!(strict.json()["freshness"]["maxStalenessMs"], 0);
    assert_eq!(strict.header("server-timing"), Some("decision;desc=strict, do;dur=0"));
    assert_eq!(verify(json!({ "key": held.text, "consistency": "loose" })).status, 400);
    // Whoever manages is asked about each time, whatever leases there are.
    let calls = house.objects.told(Kind::Session, "authenticate");
    assert_eq!(house.call(&home.secret, "GET", "/v1/api_keys", &json!(null)).status, 200);
    assert_eq!(house.objects.told(Kind::Session, "authenticate"), calls + 1);
}

/// Method, path, headers and body, and the status that comes of them.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, &'a str, u16);

/// An answer without what no two answers have in common.
fn comparable(response: &Response) -> (u16, Vec<(String, String)>, Value) {
    let own = ["x-request-id", "content-length"];
    let headers = response.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    let id = response.header("x-request-id").unwrap();
    assert!(id.starts_with("req_"));
    let text = String::from_utf8(response.body.clone()).unwrap();
    let mut body: Value = serde_json::from_str(&text.replace(id, "req")).unwrap();
    assert!(body.get("details").is_none_or(|details| details["requestId"] == "req"));
    if let Some(verification) = body.get_mut("verificationId") {
        assert!(verification.take().as_str().unwrap().starts_with("ver_"));
    }
    (response.status, headers, body)
}

#[test]
fn the_straight_way_and_the_router_give_the_same_answer() {
    let house = House::new();
    let home = house.found("Acme");
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let (owner, good) = (format!("Bearer {}", home.secret), format!("Bearer {}", held.text));
    let forged = format!("Bearer {}", key_like("live"));
    let wanted = json!({"key": held.text, "permissions": ["emails:send"]}).to_string();
    let unwanted = json!({"key": held.text, "permissions": ["emails:delete"], "cost": 0}).to_string();
    let long = format!("/v1/whoami?a={}", "a".repeat(2_048));
    let json = ("content-type", "application/json");
    let mut cases: Vec<Case<'_>> = vec![
        ("GET", "/v1/whoami", vec![("authorization", &good)], "", 200),
        ("GET", "/v1/whoami?permission=emails:send", vec![("authorization", &good)], "", 200),
        ("GET", "/v1/whoami?consistency=strict", vec![("authorization", &good)], "", 200),
        ("GET", "/v1/whoami?permission=emails:delete", vec![("authorization", &good)], "", 403),
        ("GET", "/v1/whoami?nothing=1", vec![("authorization", &good)], "", 400),
        ("GET", "/v1/whoami", vec![("authorization", &forged)], "", 401),
        ("GET", "/v1/whoami", vec![("authorization", &forged), ("accept", "application/problem+json")], "", 401),
        ("GET", "/v1/whoami", vec![], "", 401),
        ("GET", "/v1/whoami", vec![("authorization", &good), ("x-api-key", "a")], "", 400),
        ("GET", &long, vec![("authorization", &good)], "", 414),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner), json], &wanted, 200),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner), json], &unwanted, 200),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner), json], "{}", 400),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner), json], "{", 400),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner), ("content-type", "text/plain")], &wanted, 415),
        ("POST", "/v1/keys/verify", vec![("authorization", &owner)], "", 400),
        ("POST", "/v1/keys/verify", vec![("authorization", &forged), json], &wanted, 401),
        ("POST", "/v1/keys/verify", vec![json], &wanted, 401),
    ];
    // What is near them takes the router anyway.
    cases.push(("GET", "/v1/whoami/", vec![], "", 404));
    cases.push(("DELETE", "/v1/whoami", vec![], "", 405));
    cases.push(("GET", "/v1/keys/verify", vec![], "", 405));
    // Once until both keys are leased, then for the sake of comparing.
    for compared in [false, false, true] {
        for (method, path, headers, body, status) in &cases {
            let straight = house.run(house.sent(method, path, headers, body));
            let routed = house.routed(method, path, headers, body);
            assert_eq!(straight.status, *status, "{method} {path} {body}");
            if compared {
                assert_eq!(comparable(&straight), comparable(&routed), "{method} {path} {body}");
            }
        }
    }
}
