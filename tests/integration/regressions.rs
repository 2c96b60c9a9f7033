//! What a hostile reading once found in the API's rules, one test each: none of it may come back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use latchkey::app::App;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::ports::{Address, FailureLimiter, Limited, PortError};
use serde_json::{Value, json};

use crate::support::house::Home;
use crate::support::*;

const NULL: Value = Value::Null;
const JSON: (&str, &str) = ("content-type", "application/json");

fn create(house: &House, secret: &str, body: Value) -> Value {
    let response = house.call(secret, "POST", "/v1/api_keys", &body);
    assert_eq!(response.status, 201, "{response:?}");
    response.json()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}"))
}

fn path(record: &Value) -> String {
    format!("/v1/api_keys/{}", text(record, "id"))
}

fn rotate(house: &House, secret: &str, id: &str) -> Response {
    house.call(secret, "POST", &format!("/v1/api_keys/{id}/rotate"), &json!({"overlapSeconds": 3_600}))
}

fn free() -> (House, Home) {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Free));
    (house, home)
}

#[test]
fn a_successor_is_not_rotated_while_its_predecessor_lives() {
    let house = House::new();
    let home = house.found("Acme");
    let first = create(&house, &home.secret, json!({"name": "K"}));
    let second = rotate(&house, &home.secret, text(&first, "id")).json();
    let refused = rotate(&house, &home.secret, text(&second, "id"));
    assert_eq!(refused.refusal(), (409, "overlap_open".to_owned()));
    assert_eq!(house.code(text(&second, "key")), Code::Valid);
    house.advance(HOUR);
    let third = rotate(&house, &home.secret, text(&second, "id"));
    assert_eq!(third.status, 201, "the overlap is over");
    house.call(&home.secret, "DELETE", &path(&second), &NULL);
    let fourth = rotate(&house, &home.secret, text(&third.json(), "id"));
    assert_eq!(fourth.status, 201, "a revoked predecessor does not live");
}

#[test]
fn whatever_is_rotated_a_free_session_has_at_most_one_old_half_for_each_key() {
    // How a holder could hide an old half from the rule: not at all, by switching it off, by a start to come,
    // and by ending its successor.
    for trick in ["none", "disable", "pending", "revoke", "expire"] {
        let (house, home) = free();
        let start = if trick == "pending" { house.after(30 * 60_000) } else { house.now() };
        let mut keys = vec![(home.key_id.to_string(), home.secret.clone())];
        for _ in 0..40 {
            let body = json!({"name": "K", "notBefore": start.to_string(), "permissions": ["*"]});
            let issued = house.call(&home.secret, "POST", "/v1/api_keys", &body);
            let fresh = if issued.status == 201 {
                issued
            } else {
                let candidates: Vec<String> = keys.iter().skip(1).map(|(id, _)| id.clone()).collect();
                let body = if trick == "expire" {
                    json!({"overlapSeconds": 3_600, "expiresAt": house.after(1_000).to_string()})
                } else {
                    json!({"overlapSeconds": 3_600})
                };
                let rotated = candidates.iter().find_map(|id| {
                    let rotated = house.call(&home.secret, "POST", &format!("/v1/api_keys/{id}/rotate"), &body);
                    (rotated.status == 201).then(|| (id.clone(), rotated))
                });
                let Some((old, rotated)) = rotated else { break };
                match trick {
                    "disable" => {
                        house.call(&home.secret, "PATCH", &format!("/v1/api_keys/{old}"), &json!({"active": false}));
                    }
                    "revoke" => {
                        house.call(&home.secret, "DELETE", &path(&rotated.json()), &NULL);
                    }
                    "expire" => house.advance(1_001),
                    _ => {}
                }
                rotated
            };
            keys.push((text(&fresh.json(), "id").to_owned(), text(&fresh.json(), "key").to_owned()));
        }
        for (id, _) in &keys {
            house.call(&home.secret, "PATCH", &format!("/v1/api_keys/{id}"), &json!({"active": true}));
        }
        if trick == "pending" {
            house.advance(30 * 60_000);
        }
        let good = keys.iter().filter(|(_, secret)| house.code(secret) == Code::Valid).count();
        assert!((3..=6).contains(&good), "{trick}: {good} keys verify under a plan of 3");
    }
}

#[test]
fn numbers_in_metadata_come_back_to_the_last_digit() {
    let house = House::new();
    let home = house.found("Acme");
    let bearer = format!("Bearer {}", home.secret);
    let headers = [("authorization", bearer.as_str()), JSON];
    let mut numbers: Vec<String> = ["90.42225290942383", "0.1", "1e-7", "5e-324", "2.2250738585072014e-308", "-0.3"]
        .into_iter()
        .chain(["9007199254740991", "-9007199254740991", "0", "2251799813685248.5", "0.30000000000000004"])
        .map(str::to_owned)
        .collect();
    for number in 0..400_u64 {
        let digest = sha256(&number.to_string());
        let fraction = f64::from(u32::from_be_bytes(digest[..4].try_into().unwrap())) / 4_294_967_296.0;
        let scale = 10_f64.powi(i32::from(digest[4] % 24) - 12);
        numbers.push(serde_json::to_string(&(fraction * scale)).unwrap());
    }
    for numbers in numbers.chunks(40) {
        house.advance(1);
        let metadata = format!("{{\"n\":[{}]}}", numbers.join(","));
        let body = format!(r#"{{"name":"K","metadata":{metadata}}}"#);
        let created = house.request("POST", "/v1/api_keys", &headers, &body);
        assert_eq!(created.status, 201, "{created:?}");
        let read = house.call(&home.secret, "GET", &path(&created.json()), &NULL);
        let listed = house.call(&home.secret, "GET", "/v1/api_keys?limit=1", &NULL);
        for response in [created, read, listed] {
            assert!(String::from_utf8_lossy(&response.body).contains(&metadata), "{metadata} {response:?}");
        }
    }
}

#[test]
fn a_suspended_organization_gets_no_session_through_one_that_has_not_heard_of_it() {
    let house = House::new();
    let home = house.found("Acme");
    assert_eq!(house.code(&home.secret), Code::Valid);
    house.objects.fault(Whom::One(home.session_address()), Fault::Unreachable);
    assert!(!house.set_status(&home.organization.id, OrganizationStatus::Suspended).unwrap());
    house.objects.heal();
    assert_eq!(house.code(&home.secret), Code::Valid, "its session does not know yet");
    let organization = house.objects.disk(&home.address());
    for (path, body) in
        [("/v1/sessions", json!({"name": "S"})), ("/v1/api_keys", json!({"name": "K", "environment": "staging"}))]
    {
        let refused = house.call(&home.secret, "POST", path, &body);
        assert_eq!(refused.refusal(), (401, "auth_organization_suspended".to_owned()), "{path}");
        assert_eq!(organization.number("SELECT count(*) FROM sessions"), 1, "{path}");
    }
}

#[test]
fn whoever_is_bound_to_a_session_learns_nothing_of_the_organizations_log() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Customer", None).unwrap();
    let inside = house.issue(&admin, key_in(&session.id, &["*"])).unwrap();
    for _ in 0..5 {
        house.issue(&admin, key(&["emails:send"])).unwrap();
        house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    }
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let page = house.call(&inside.text, "GET", &format!("/v1/audit_log?limit=3{cursor}"), &NULL).json();
        assert_eq!(page["head"], NULL);
        for entry in page["data"].as_array().unwrap() {
            assert_eq!((&entry["hash"], entry["sessionId"].as_str()), (&NULL, Some(session.id.as_str())));
            seen.push(entry["seq"].as_i64().unwrap());
        }
        let Some(next) = page["pagination"]["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1], "the session's own numbers, without a gap");
}

#[test]
fn a_replay_gives_the_secret_again_as_long_as_the_key_is_good_whatever_it_is_called() {
    let house = House::new();
    let home = house.found("Acme");
    let bearer = format!("Bearer {}", home.secret);
    let headers = [("authorization", bearer.as_str()), JSON, ("idempotency-key", "0123456789abcdef")];
    let post = || house.request("POST", "/v1/api_keys", &headers, r#"{"name":"K"}"#);
    let first = post().json();
    let patch = |body: Value| assert_eq!(house.call(&home.secret, "PATCH", &path(&first), &body).status, 200);
    patch(json!({"name": "Renamed"}));
    let again = post();
    assert_eq!((again.status, text(&again.json(), "key")), (201, text(&first, "key")));
    patch(json!({"active": false}));
    assert_eq!(post().refusal(), (409, "key_already_issued".to_owned()), "201 would hand out a key that is refused");
    patch(json!({"active": true}));
    assert_eq!(text(&post().json(), "key"), text(&first, "key"));
}

#[test]
fn a_rotated_key_that_has_not_begun_can_be_switched_off() {
    let house = House::new();
    let home = house.found("Acme");
    let body = json!({"name": "K", "notBefore": house.after(DAY).to_string()});
    let pending = create(&house, &home.secret, body);
    assert_eq!(rotate(&house, &home.secret, text(&pending, "id")).status, 201);
    let off = house.call(&home.secret, "PATCH", &path(&pending), &json!({"active": false}));
    assert_eq!((off.status, &off.json()["status"]), (200, &json!("disabled")));
}

#[test]
fn a_weaker_key_may_stop_a_stronger_one_and_not_start_it() {
    let house = House::new();
    let home = house.found("Acme");
    let weak = create(&house, &home.secret, json!({"name": "W", "permissions": ["api_keys:read", "api_keys:write"]}));
    let body = json!({"name": "S", "permissions": ["emails:send"], "notBefore": house.after(DAY).to_string()});
    let strong = create(&house, &home.secret, body);
    let patch = |body: Value| house.call(text(&weak, "key"), "PATCH", &path(&strong), &body);
    let (hour, soon) = (house.after(HOUR).to_string(), house.after(2 * DAY).to_string());
    let refused = (403, "exceeds_own_permissions".to_owned());
    assert_eq!(patch(json!({"active": false})).status, 200);
    for more in [json!({"active": true}), json!({"notBefore": hour}), json!({"notBefore": null})] {
        assert_eq!(patch(more.clone()).refusal(), refused, "{more}");
    }
    for more in [json!({"expiresAt": soon}), json!({"permissions": ["emails:send"]}), json!({"ipAllowList": []})] {
        assert_eq!(patch(more.clone()).refusal(), refused, "{more}");
    }
    assert_eq!(patch(json!({"name": "Renamed"})).status, 200);
    let back = house.call(&home.secret, "PATCH", &path(&strong), &json!({"active": true, "notBefore": null}));
    assert_eq!(back.status, 200);
    assert_eq!(house.code(text(&strong, "key")), Code::Valid);
}

#[test]
fn an_idempotency_key_is_refused_where_nothing_keeps_its_promise() {
    let house = House::new();
    let home = house.found("Acme");
    let count = |address, table: &str| house.objects.disk(&address).number(&format!("SELECT count(*) FROM {table}"));
    let counts = || (count(Address::Directory, "organizations"), count(home.address(), "sessions"));
    for (path, token) in [("/operator/organizations", OPERATOR_TOKEN), ("/v1/sessions", home.secret.as_str())] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), JSON, ("idempotency-key", "0123456789abcdef")];
        let refused = house.request("POST", path, &headers, r#"{"name":"N"}"#);
        assert_eq!(refused.refusal(), (400, "invalid_request".to_owned()), "{path}");
    }
    assert_eq!(counts(), (1, 1));
}

#[test]
fn null_is_no_name_no_status_and_no_plan() {
    let house = House::new();
    let home = house.found("Acme");
    let session = house.objects.disk(&home.session_address());
    let organization = house.objects.disk(&home.address());
    let rows = || [&session, &organization].map(|disk| disk.number("SELECT count(*) FROM audit_log"));
    let before = rows();
    let invalid = (400, "invalid_request".to_owned());
    for field in ["name", "status"] {
        let body = json!({ field: null });
        let refused = house.call(&home.secret, "PATCH", &format!("/v1/sessions/{}", home.session_id), &body);
        assert_eq!(refused.refusal(), invalid, "{body}");
        assert_eq!(refused.json()["details"]["errors"][0]["pointer"], json!(format!("/{field}")));
    }
    for field in ["name", "plan"] {
        let body = json!({ field: null });
        let path = format!("/operator/organizations/{}", home.organization.id);
        assert_eq!(house.operate("PATCH", &path, &body).refusal(), invalid, "{body}");
    }
    assert_eq!(rows(), before);
}

struct HangingLimiter;

#[async_trait]
impl FailureLimiter for HangingLimiter {
    async fn tolerates(&self, _: Limited, _: &str) -> Result<bool, PortError> {
        std::future::pending().await
    }
}

#[test]
fn a_limiter_that_fails_or_never_answers_turns_a_401_into_nothing_else() {
    let mut house = House::new();
    let invalid = (401, "auth_invalid_key".to_owned());
    house.limiter.failing.store(true, Ordering::Relaxed);
    assert_eq!(house.call(&key_like("live"), "GET", "/v1/whoami", &NULL).refusal(), invalid);
    let settings = settings_of(&root_secret(1)).2;
    house.app = Arc::new(App::new(house.app.world().clone(), Arc::new(HangingLimiter), house.assets.clone(), settings));
    assert_eq!(house.call(&key_like("live"), "GET", "/v1/whoami", &NULL).refusal(), invalid);
    assert_eq!(house.timer.slept().iter().sum::<u64>(), 200, "that is how long it may take");
}

#[test]
fn every_change_says_from_when_on_it_is_in_force() {
    let house = House::new();
    let home = house.found("Acme");
    let record = create(&house, &home.secret, json!({"name": "K"}));
    let session = house.create_session(&house.principal(&home.secret), "Customer", None).unwrap();
    house.advance(1_234);
    let session = format!("/v1/sessions/{}", session.id);
    let organization = format!("/operator/organizations/{}", home.organization.id);
    let in_force = |response: Response| {
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(response.json()["effectiveAt"], json!(house.now().to_string()), "{response:?}");
    };
    in_force(house.call(&home.secret, "PATCH", &path(&record), &json!({"name": "L"})));
    in_force(house.call(&home.secret, "DELETE", &path(&record), &NULL));
    in_force(house.call(&home.secret, "PATCH", &session, &json!({"name": "T"})));
    in_force(house.call(&home.secret, "DELETE", &session, &NULL));
    in_force(house.operate("PATCH", &organization, &json!({"name": "B"})));
    in_force(house.operate("POST", &format!("{organization}/suspend"), &NULL));
    in_force(house.operate("POST", &format!("{organization}/resume"), &NULL));
    in_force(house.operate("DELETE", &organization, &NULL));
}
