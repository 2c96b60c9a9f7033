//! What clients read of freshness: in the body, and in `Server-Timing`.

use serde_json::json;

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
