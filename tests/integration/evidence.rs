//! Who still uses a replaced key and when it can go; keys that lie idle; and many keys revoked at once.

use latchkey::domain::operation::Operation;
use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;

fn evidence(house: &House, secret: &str, id: &str) -> Value {
    let response = house.call(secret, "GET", &format!("/v1/api_keys/{id}/evidence"), &NULL);
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

/// A use of a key from somewhere.
fn used(house: &House, secret: &str, client: &str, country: &str) -> u16 {
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", bearer.as_str()), ("user-agent", client), ("cf-ipcountry", country)];
    house.request("GET", "/v1/whoami?consistency=strict", &headers, "").status
}

fn verdict(found: &Value) -> (bool, &str) {
    (found["safeToDelete"].as_bool().unwrap(), found["reason"].as_str().unwrap())
}

#[test]
fn the_old_half_of_a_rotation_says_who_still_uses_it_and_when_it_can_go() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let old = house.issue(&admin, key(&["emails:send"])).unwrap();
    used(&house, &old.text, "backend/1", "DE");
    assert_eq!(verdict(&evidence(&house, &home.secret, old.id().as_str())), (false, "in_use"));
    house.advance(HOUR);
    let new = house.rotate(&admin, old.id(), 10 * DAY).unwrap();
    let id = old.id().as_str();
    assert_eq!(verdict(&evidence(&house, &home.secret, id)), (false, "too_early"));
    house.advance(HOUR);
    let quiet = evidence(&house, &home.secret, id);
    assert_eq!(verdict(&quiet), (true, "unused_since_rotation"));
    assert_eq!((&quiet["uses"], &quiet["rotatedTo"]), (&json!(0), &json!(new.id().as_str())));
    assert_eq!(quiet["lastUsed"]["client"], "backend/1", "the last use of all, though it was before");
    (0..3).for_each(|_| assert_eq!(used(&house, &old.text, "cron/2", "FR"), 200));
    used(&house, &new.text, "backend/1", "DE");
    let busy = evidence(&house, &home.secret, id);
    assert_eq!((verdict(&busy), &busy["uses"]), ((false, "in_use"), &json!(3)));
    assert_eq!(busy["clients"].as_array().unwrap().len(), 1, "{busy}");
    assert_eq!((&busy["clients"][0]["client"], &busy["clients"][0]["seen"]), (&json!("cron/2"), &json!(3)));
    assert_eq!(busy["lastUsed"]["country"], "FR");
    house.advance(DAY);
    assert_eq!(verdict(&evidence(&house, &home.secret, id)), (true, "quiet"));
}

#[test]
fn a_revoked_key_that_is_still_presented_is_counted_and_named() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let old = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.rotate(&admin, old.id(), HOUR).unwrap();
    house.revoke(&admin, old.id()).unwrap();
    (0..2).for_each(|_| assert_eq!(used(&house, &old.text, "forgotten/1", "DE"), 401));
    house.advance(60_000);
    let found = evidence(&house, &home.secret, old.id().as_str());
    assert_eq!((verdict(&found), &found["refusedUses"]), ((true, "ended"), &json!(2)), "{found}");
    assert_eq!(
        (&found["lastRefused"]["client"], &found["lastRefused"]["country"]),
        (&json!("forgotten/1"), &json!("DE"))
    );
    assert!(found["revokedAt"].is_string() && found["uses"] == 0);
    let bound = house.create_session(&admin, "Customer", None).unwrap();
    let bound = house.issue(&admin, key_in(&bound.id, &["*"])).unwrap();
    let path = format!("/v1/api_keys/{}/evidence", old.id());
    assert_eq!(house.call(&bound.text, "GET", &path, &NULL).refusal(), (404, "api_key_not_found".to_owned()));
}

#[test]
fn keys_that_lie_idle_are_listed_and_those_in_use_or_revoked_are_not() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let [idle, busy, gone] = [0; 3].map(|_| house.issue(&admin, key(&["emails:send"])).unwrap());
    house.revoke(&admin, gone.id()).unwrap();
    house.advance(100 * DAY);
    used(&house, &busy.text, "backend/1", "DE");
    let admin = house.authenticate(&home.secret, Operation::WriteApiKeys).unwrap();
    let fresh = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.advance(10 * 60_000);
    let unused = |query: &str| -> Vec<String> {
        let page = house.call(&home.secret, "GET", &format!("/v1/api_keys/unused{query}"), &NULL).json();
        page["data"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(unused(""), [idle.id().as_str()]);
    assert_eq!(unused("?days=101"), [""; 0]);
    assert_eq!(unused("?days=100&environment=staging"), [""; 0]);
    assert!(!unused("?days=1").contains(&fresh.id().to_string()));
}

#[test]
fn many_keys_are_revoked_at_once_by_name_and_each_says_what_became_of_it() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let [one, two] = [0; 2].map(|_| house.issue(&admin, key(&["emails:send"])).unwrap());
    house.revoke(&admin, two.id()).unwrap();
    let made_up = format!("key_{}", "0".repeat(31));
    let ids = json!([one.id(), two.id(), made_up]);
    let revoke = |body: Value| house.call(&home.secret, "POST", "/v1/api_keys/revoke", &body).json();
    let results = |answer: &Value| -> Vec<String> {
        answer["data"].as_array().unwrap().iter().map(|key| key["result"].as_str().unwrap().to_owned()).collect()
    };
    let dry = revoke(json!({ "ids": ids, "dryRun": true }));
    assert_eq!(
        (results(&dry), &dry["count"]),
        (["revoked", "already_revoked", "not_found"].map(str::to_owned).into(), &json!(3))
    );
    assert_eq!(used(&house, &one.text, "a", "DE"), 200, "nothing has happened");
    let done = revoke(json!({ "ids": ids, "reason": "Leaked" }));
    assert_eq!(results(&done), results(&dry));
    assert_eq!(used(&house, &one.text, "a", "DE"), 401);
    assert_eq!(results(&revoke(json!({ "ids": [one.id()] }))), ["already_revoked"]);
    for wrong in [
        json!({}),
        json!({ "ids": [one.id()], "filter": {} }),
        json!({ "ids": ["key_x"] }),
        json!({ "filter": { "search": "" }, "dryRun": true }),
        json!({ "filter": { "externalId": "" }, "dryRun": true }),
    ] {
        assert_eq!(house.call(&home.secret, "POST", "/v1/api_keys/revoke", &wrong).status, 400, "{wrong}");
    }
}

#[test]
fn a_filter_revokes_what_was_confirmed_and_nothing_else() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let named = |text: &str| {
        let mut request = key(&["emails:send"]);
        request.settings.name = name(text);
        house.issue(&admin, request).unwrap()
    };
    let keys = ["CI 1", "CI 2", "Production"].map(named);
    let revoke = |body: Value| house.call(&home.secret, "POST", "/v1/api_keys/revoke", &body);
    let filter = json!({ "search": "CI" });
    assert_eq!(revoke(json!({ "filter": filter, "dryRun": true })).json()["count"], 2);
    for confirm in [NULL, json!(1), json!(3)] {
        let refused = revoke(json!({ "filter": filter, "confirm": confirm }));
        assert_eq!(refused.refusal(), (409, "confirmation_needed".to_owned()));
        assert_eq!(refused.json()["details"]["count"], 2);
    }
    assert!(keys.iter().all(|key| used(&house, &key.text, "a", "DE") == 200), "nothing has happened");
    let done = revoke(json!({ "filter": filter, "confirm": 2 }));
    assert_eq!((done.status, done.json()["count"].as_i64()), (200, Some(2)));
    assert_eq!(keys.map(|key| used(&house, &key.text, "a", "DE")), [401, 401, 200]);
    assert_eq!(revoke(json!({ "filter": filter, "dryRun": true })).json()["count"], 0, "revoked ones are not meant");
}
