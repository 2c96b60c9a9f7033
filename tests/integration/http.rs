//! The same house through its front door: statuses, bodies and headers as clients see them.

use serde_json::{Value, json};

use crate::support::*;

const NULL: Value = Value::Null;

fn create(house: &House, secret: &str, body: Value) -> Value {
    let response = house.call(secret, "POST", "/v1/api_keys", &body);
    assert_eq!(response.status, 201, "{:?}", response.json());
    response.json()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

#[test]
fn a_key_is_issued_once_used_rotated_and_revoked() {
    let house = House::new();
    let home = house.found("Acme");
    let issued = create(&house, &home.secret, json!({"name": "Backend", "permission": "sending_access"}));
    let (id, secret) = (text(&issued, "id"), text(&issued, "key"));
    assert_eq!(house.call(&secret, "GET", "/v1/whoami", &NULL).status, 200);
    let read = house.call(&home.secret, "GET", &format!("/v1/api_keys/{id}"), &NULL);
    assert_eq!(read.status, 200);
    for word in [secret.as_str(), "\"key\"", "\"hash\"", "h1:"] {
        assert!(!String::from_utf8_lossy(&read.body).contains(word), "{word}");
    }
    let rotated =
        house.call(&home.secret, "POST", &format!("/v1/api_keys/{id}/rotate"), &json!({"overlapSeconds": 60}));
    assert_eq!(rotated.status, 201, "{:?}", rotated.json());
    let gone = house.call(&home.secret, "DELETE", &format!("/v1/api_keys/{id}"), &NULL);
    assert_eq!(gone.status, 200);
    assert_eq!((gone.json()["active"].clone(), gone.json()["status"].clone()), (json!(false), json!("revoked")));
    assert_eq!(house.call(&secret, "GET", "/v1/whoami", &NULL).refusal(), (401, "auth_key_revoked".into()));
    let again = house.call(&home.secret, "DELETE", &format!("/v1/api_keys/{id}"), &NULL);
    assert_eq!((again.status, again.json()["revokedAt"].clone()), (200, gone.json()["revokedAt"].clone()));
}

/// Every route that needs a key, with something to send.
fn routes(id: &str, session: &str) -> Vec<(&'static str, String, Value)> {
    let key = format!("/v1/api_keys/{id}");
    let session = format!("/v1/sessions/{session}");
    vec![
        ("POST", "/v1/api_keys".into(), json!({"name": "K"})),
        ("GET", "/v1/api_keys".into(), NULL),
        ("GET", key.clone(), NULL),
        ("PATCH", key.clone(), json!({"name": "K"})),
        ("POST", format!("{key}/rotate"), json!({"overlapSeconds": 60})),
        ("DELETE", key, NULL),
        ("POST", "/v1/sessions".into(), json!({"name": "S"})),
        ("GET", "/v1/sessions".into(), NULL),
        ("GET", session.clone(), NULL),
        ("PATCH", session.clone(), json!({"name": "S"})),
        ("GET", format!("{session}/health"), NULL),
        ("GET", format!("{session}/api_keys"), NULL),
        ("POST", format!("{session}/api_keys"), json!({"name": "K"})),
        ("DELETE", session, NULL),
        ("GET", "/v1/organization".into(), NULL),
        ("GET", "/v1/audit_log".into(), NULL),
        ("POST", "/v1/keys/verify".into(), json!({"key": "x"})),
        ("POST", "/v1/outcomes".into(), json!({"outcomes": [{"keyId": id, "status": 200, "latencyMs": 1}]})),
        ("GET", "/v1/whoami".into(), NULL),
    ]
}

#[test]
fn without_a_good_credential_nothing_answers_and_nothing_changes() {
    let house = House::new();
    let home = house.found("Acme");
    let session = house.create_session(&house.principal(&home.secret), "Customer", None).unwrap();
    let before = house.dump(&[]);
    let calls = house.objects.all_calls();
    for (method, path, body) in routes(home.key_id.as_str(), session.id.as_str()) {
        let content = [("content-type", "application/json")];
        let none = house.request(method, &path, &content, &body.to_string());
        assert_eq!(none.refusal(), (401, "auth_missing_credentials".into()), "{method} {path}");
        assert!(none.header("www-authenticate").is_some());
        let query = format!("{path}?key={}&api_key={}", home.secret, home.secret);
        assert_eq!(house.request(method, &query, &content, &body.to_string()).status, 401, "{method} {path}");
        for wrong in [key_like("live"), OPERATOR_TOKEN.to_owned(), "x".into()] {
            let refused = house.call(&wrong, method, &path, &body);
            assert_eq!(refused.refusal(), (401, "auth_invalid_key".into()), "{method} {path}");
        }
    }
    assert_eq!((house.dump(&[]), house.objects.all_calls()), (before, calls));
}

#[test]
fn a_key_that_may_nothing_here_is_told_the_permission_it_lacks_and_no_more() {
    let house = House::new();
    let home = house.found("Acme");
    let sender = create(&house, &home.secret, json!({"name": "Sender", "permissions": ["emails:send"]}));
    for (method, path, body) in routes(home.key_id.as_str(), home.session_id.as_str()) {
        if path == "/v1/whoami" {
            continue;
        }
        let refused = house.call(&text(&sender, "key"), method, &path, &body);
        assert_eq!(refused.refusal(), (403, "insufficient_permissions".into()), "{method} {path}");
        assert!(!String::from_utf8_lossy(&refused.body).contains("emails:send"), "{method} {path}");
    }
}

#[test]
fn ids_that_are_foreign_unknown_or_made_up_are_told_apart_by_nobody() {
    let house = House::new();
    let (home, foreign) = (house.found("Ours"), house.found("Theirs"));
    let elsewhere = House::seeded(99).found("Elsewhere");
    let masked = |response: &Response| {
        let mut body = response.json();
        body["details"]["requestId"] = json!("");
        let mut headers: Vec<String> = response.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        (response.status, body, headers)
    };
    let made_up_key = foreign
        .key_id
        .as_str()
        .replace("key_", "key_0")
        .chars()
        .take(foreign.key_id.as_str().len())
        .collect::<String>();
    let made_up_session = format!("ses_{}", "A".repeat(19));
    house.principal(&home.secret);
    let calls_before = house.objects.all_calls();
    house.call(&home.secret, "GET", &format!("/v1/api_keys/{made_up_key}"), &NULL);
    assert_eq!(house.objects.all_calls(), calls_before + 1, "a made-up id reaches no object: this was the caller's");
    let victims =
        [(foreign.key_id.as_str(), foreign.session_id.as_str()), (made_up_key.as_str(), made_up_session.as_str())];
    let reference = (elsewhere.key_id.as_str(), elsewhere.session_id.as_str());
    for index in 0..routes("", "").len() {
        let (method, path, body) = routes(reference.0, reference.1)[index].clone();
        if !path.contains(reference.0) && !path.contains(reference.1) {
            continue;
        }
        let unknown = house.call(&home.secret, method, &path, &body);
        assert_eq!(unknown.status, 404, "{method} {path} {:?}", unknown.json());
        for victim in victims {
            let (method, path, body) = routes(victim.0, victim.1)[index].clone();
            let refused = house.call(&home.secret, method, &path, &body);
            assert_eq!(masked(&refused), masked(&unknown), "{method} {path}");
        }
    }
    assert_eq!(house.code(&foreign.secret), latchkey::domain::verification::Code::Valid);
}

#[test]
fn a_field_that_is_not_the_clients_to_set_is_refused_and_nothing_changes() {
    let house = House::new();
    let home = house.found("Acme");
    let before = house.objects.disk(&home.session_address()).number("SELECT count(*) FROM api_keys");
    let record = create(&house, &home.secret, json!({"name": "K"}));
    let path = format!("/v1/api_keys/{}", text(&record, "id"));
    for field in [
        "id",
        "organizationId",
        "userId",
        "tenantId",
        "plan",
        "rateLimit",
        "hash",
        "key",
        "createdAt",
        "revokedAt",
        "start",
        "last4",
        "createdBy",
    ] {
        for (method, path) in [("POST", "/v1/api_keys"), ("PATCH", path.as_str())] {
            let mut body = json!({"name": "K"});
            body[field] = json!(home.organization.id.as_str());
            let refused = house.call(&home.secret, method, path, &body);
            assert_eq!(refused.refusal(), (400, "invalid_request".into()), "{method} {field}");
            assert_eq!(refused.json()["details"]["errors"][0]["pointer"], json!(format!("/{field}")));
        }
    }
    assert_eq!(house.objects.disk(&home.session_address()).number("SELECT count(*) FROM api_keys"), before + 1);
}

#[test]
fn a_secret_sent_in_the_wrong_place_comes_back_nowhere() {
    let house = House::new();
    let home = house.found("Acme");
    let canary = key_like("live");
    for field in [
        "name",
        "permission",
        "permissions",
        "domain",
        "ipAllowList",
        "metadata",
        "externalId",
        "expiresAt",
        "notBefore",
        "sessionId",
        "environment",
        "surprise",
    ] {
        for value in [json!(canary), json!([canary]), json!({ "x": canary }), json!([[canary]])] {
            let mut body = json!({"name": "K"});
            body[field] = value;
            let response = house.call(&home.secret, "POST", "/v1/api_keys", &body);
            if response.status >= 400 {
                assert!(response.status < 500 && !String::from_utf8_lossy(&response.body).contains(&canary), "{field}");
            }
        }
    }
    house.call(&canary, "GET", &format!("/v1/whoami?x={canary}"), &NULL);
    house.call(&home.secret, "GET", &format!("/v1/api_keys/{canary}?q={canary}"), &NULL);
    house.call(&home.secret, "POST", "/v1/keys/verify", &json!({ "key": canary }));
    assert!(house.log.lines().iter().all(|line| !line.contains(&canary) && !line.contains(&home.secret)));
}

#[test]
fn an_idempotency_key_works_over_http_as_it_says() {
    let house = House::new();
    let home = house.found("Acme");
    let bearer = format!("Bearer {}", home.secret);
    let post = |key: &str, body: &str| {
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", key)];
        house.request("POST", "/v1/api_keys", &headers, body)
    };
    let first = post("0123456789abcdef", r#"{"name":"K"}"#);
    let again = post("0123456789abcdef", r#"{"name":"K"}"#);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(
        (first.json()["key"].clone(), first.json()["id"].clone()),
        (again.json()["key"].clone(), again.json()["id"].clone())
    );
    assert_eq!(post("0123456789abcdef", r#"{"name":"L"}"#).refusal(), (422, "idempotency_mismatch".into()));
    assert_eq!(post("short", r#"{"name":"K"}"#).status, 400);
    house.call(&home.secret, "DELETE", &format!("/v1/api_keys/{}", text(&first.json(), "id")), &NULL);
    assert_eq!(post("0123456789abcdef", r#"{"name":"K"}"#).refusal(), (409, "key_already_issued".into()));
}

#[test]
fn an_authority_that_is_away_is_a_503_that_says_when_to_come_back() {
    let house = House::new();
    let home = house.found("Acme");
    house.objects.fault(Whom::One(home.session_address()), Fault::Overloaded);
    for (method, path, body) in routes(home.key_id.as_str(), home.session_id.as_str()) {
        let response = house.call(&home.secret, method, &path, &body);
        let code = if path == "/v1/whoami" { "verification_unavailable" } else { "service_unavailable" };
        assert_eq!(response.refusal(), (503, code.to_owned()), "{method} {path}");
        assert!(response.header("retry-after").is_some(), "{method} {path}");
    }
    house.objects.heal();
    assert_eq!(house.call(&home.secret, "GET", "/v1/whoami", &NULL).status, 200);
}

#[test]
fn who_guesses_too_often_is_slowed_down_and_a_good_key_from_there_still_passes() {
    let house = House::new();
    let home = house.found("Acme");
    house.limiter.strict.store(true, std::sync::atomic::Ordering::Relaxed);
    let guess = house.call(&key_like("live"), "GET", "/v1/whoami", &NULL);
    assert_eq!(guess.refusal(), (429, "auth_too_many_failures".into()));
    assert!(guess.header("retry-after").is_some());
    assert_eq!(house.call(&home.secret, "GET", "/v1/whoami", &NULL).status, 200);
    let bearer = format!("Bearer {}", key_like("live"));
    for forged in ["1.1.1.1", "2.2.2.2", "3.3.3.3"] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("cf-connecting-ip", "192.0.2.1"),
            ("x-forwarded-for", forged),
            ("true-client-ip", forged),
        ];
        house.request("GET", "/v1/whoami", &headers, "");
    }
    house.request("GET", "/v1/whoami", &[("authorization", bearer.as_str()), ("x-forwarded-for", "9.9.9.9")], "");
    assert_eq!(*house.limiter.sources.lock().unwrap(), ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "unknown"]);
}

#[test]
fn a_cursor_is_worth_something_only_to_whom_it_was_given() {
    let house = House::new();
    let (home, other) = (house.found("Ours"), house.found("Theirs"));
    for _ in 0..5 {
        create(&house, &home.secret, json!({"name": "K"}));
    }
    let first = house.call(&home.secret, "GET", "/v1/api_keys?limit=2", &NULL);
    assert_eq!(first.status, 200);
    let body = first.json();
    let cursor = body["pagination"]["nextCursor"].as_str().unwrap();
    let next =
        |secret: &str, cursor: &str| house.call(secret, "GET", &format!("/v1/api_keys?limit=2&cursor={cursor}"), &NULL);
    assert_eq!(next(&home.secret, cursor).status, 200);
    assert_eq!(next(&other.secret, cursor).status, 400);
    let mut tampered = cursor.to_owned();
    tampered.replace_range(3..4, if &cursor[3..4] == "A" { "B" } else { "A" });
    for wrong in [tampered.as_str(), "x", "", &cursor[1..]] {
        assert_eq!(next(&home.secret, wrong).status, 400, "{wrong}");
    }
    for limit in ["0", "-1", "1e2", "99999999999999999999", "x", "1001"] {
        assert_eq!(
            house.call(&home.secret, "GET", &format!("/v1/api_keys?limit={limit}"), &NULL).status,
            400,
            "{limit}"
        );
    }
}
