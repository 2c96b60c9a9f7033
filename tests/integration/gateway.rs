//! The gateway without a platform: which requests get through, what their origins are sent, how soon a change is in force,
//! and what is counted. The signature is checked by what RFC 9421 says of it, not by what made it.

mod scene;

use axum::body::Body;
use axum::http::Request;
use latchkey::api::gateway::{Forward, Gated, answer, unreached};
use latchkey::domain::id::OrganizationId;
use serde_json::{Value, json};

use crate::support::house::Afterwards;
use crate::support::*;
use scene::{NULL, ORIGIN, created, is_signed, orders, scene, set};

#[test]
fn an_origin_is_sent_who_it_is_and_nothing_that_the_client_says_about_that() {
    let scene = scene(&orders());
    let key = scene.key(&json!({ "externalId": "Käufer/7" }));
    let bearer = format!("Bearer {}", text(&key, "key"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("Latchkey-Key-Id", "key_forged"),
        ("latchkey_external_id", "admin"),
        ("signature", "latchkey=:AAAA:"),
        ("connection", "close, x-internal"),
        ("x-internal", "1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("cf-connecting-ip", "192.0.2.7"),
        ("cookie", "theme=dark"),
        ("accept", "text/plain"),
    ];
    let forward = scene.send("POST", "/orders/7%20b?x=1&y", &headers).unwrap();
    assert_eq!(forward.url, "https://orders.example.com/base/7%20b?x=1&y");
    for (name, _) in &headers[..8] {
        assert!(forward.remove.contains(&name.to_lowercase()), "{name}");
    }
    assert_eq!(forward.remove.len(), 8, "{:?}", forward.remove);
    let fields = [
        ("latchkey-key-id", text(&key, "id")),
        ("latchkey-session-id", text(&key, "sessionId")),
        ("latchkey-organization-id", scene.owner.organization.clone()),
        ("latchkey-environment", "production".to_owned()),
        ("latchkey-external-id", "K%C3%A4ufer%2F7".to_owned()),
        ("latchkey-request-id", forward.request_id.clone()),
        ("via", "1.1 latchkey".to_owned()),
        ("x-forwarded-for", "192.0.2.7".to_owned()),
        ("x-forwarded-host", "latchkey.test".to_owned()),
        ("cookie", "theme=dark".to_owned()),
    ];
    for (name, value) in fields {
        assert_eq!(set(&forward, name), Some(value.as_str()), "{name}");
    }
    let secret = text(&scene.route, "secret");
    assert!(is_signed("POST", &forward, &secret, "latchkey"));
    assert!(!is_signed("GET", &forward, &secret, "latchkey"), "the method is signed");
    let covered = set(&forward, "signature-input").unwrap();
    for name in ["@method", "@path", "@query", "latchkey-key-id", "latchkey-external-id", "latchkey-request-id"] {
        assert!(covered.contains(&format!("\"{name}\"")), "{name}");
    }
    assert!(!serde_json::to_string(&forward).unwrap().contains(&text(&key, "key")), "the key ends here");
    assert!(forward.answer.iter().any(|(name, value)| name == "x-request-id" && *value == forward.request_id));
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day_and_neither_is_in_a_row() {
    let scene = scene(&orders());
    let key = text(&scene.key(&json!({})), "key");
    scene.get(&key, "/orders").unwrap();
    let rotated = scene.house.call(&scene.owner.key, "POST", &format!("{}/rotate_secret", scene.one()), &NULL).json();
    let (old, new) = (text(&scene.route, "secret"), text(&rotated, "secret"));
    scene.house.advance(DAY / 2);
    let both = scene.get(&key, "/orders").unwrap();
    assert!(is_signed("GET", &both, &new, "latchkey") && is_signed("GET", &both, &old, "latchkey-1"));
    scene.house.advance(DAY / 2);
    let one = scene.get(&key, "/orders").unwrap();
    assert!(is_signed("GET", &one, &new, "latchkey") && !set(&one, "signature").unwrap().contains("latchkey-1"));
    let dump = scene.house.objects.disks().iter().map(|(_, disk)| disk.dump(&[])).collect::<String>();
    assert!(![&old, &new].into_iter().any(|secret| dump.contains(&secret[6..])));
}

#[test]
fn whoever_is_not_let_through_is_told_as_by_the_gate() {
    let scene = scene(&orders());
    let house = &scene.house;
    let limit = json!([{ "name": "burst", "limit": 2, "windowMs": 60_000 }]);
    let good = text(&scene.key(&json!({ "rateLimits": limit })), "key");
    let poor = text(&scene.key(&json!({ "permissions": ["orders:write"] })), "key");
    let told = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(scene.send("GET", "/orders", &[]).unwrap_err().told(), told(401, "auth_missing_credentials"));
    assert_eq!(scene.refusal(&key_like("live"), "/orders"), told(401, "auth_invalid_key"));
    assert_eq!(scene.refusal(&poor, "/orders"), told(403, "insufficient_permissions"));
    assert_eq!(scene.refusal(&good, "/order"), told(404, "gateway_route_not_found"));
    assert_eq!(scene.refusal(&good, "/orders/..%2fadmin"), told(400, "invalid_request"));
    let looped = scene.send("GET", "/orders", &[("x-api-key", &good), ("via", "2.0 latchkey")]);
    assert_eq!(looped.unwrap_err().told(), told(508, "gateway_loop"));
    let both = scene.send("GET", "/orders", &[("x-api-key", &good), ("authorization", "Bearer x")]);
    assert_eq!(both.unwrap_err().told(), told(400, "auth_conflicting_credentials"));
    for _ in 0..2 {
        assert!(scene.get(&good, "/orders").is_ok(), "a refusal has spent nothing");
    }
    let limited = scene.get(&good, "/orders").unwrap_err();
    assert_eq!((limited.status, limited.code.as_str()), (429, "rate_limited"));
    assert!(limited.retry.is_some() && limited.limit.is_some_and(|limit| limit.contains("\"key.burst\";r=0")));

    // Who belongs elsewhere is nobody here, and what it has is not spent.
    let stranger = house.register("stranger");
    let foreign = json!({ "name": "Foreign", "rateLimits": limit });
    let foreign = text(&house.call(&stranger.key, "POST", "/v1/api_keys", &foreign).json(), "key");
    for _ in 0..5 {
        assert_eq!(scene.refusal(&foreign, "/orders"), told(401, "auth_invalid_key"));
    }
    assert_eq!(house.call(&foreign, "GET", "/v1/whoami", &NULL).header("ratelimit"), Some("\"key.burst\";r=1;t=60"));

    // An origin may ask for a session and an environment, as a verification may.
    let session = text(&house.call(&scene.owner.key, "POST", "/v1/sessions", &json!({ "name": "S" })).json(), "id");
    for (field, value, code) in
        [("sessionId", session.as_str(), "wrong_session"), ("environment", "staging", "wrong_environment")]
    {
        created(house, &scene.owner.key, &json!({ "path": format!("/{code}"), "origin": ORIGIN, field: value }));
        house.advance(4_000);
        assert_eq!(scene.refusal(&poor, &format!("/{code}")), told(403, code));
    }
    let unknown = OrganizationId::from_trusted("org_none".to_owned());
    let request = Request::get(format!("https://latchkey.test/gateway/{unknown}/")).header("x-api-key", &poor);
    let Gated::Answered(response) = house.run(answer(&house.app, request.body(Body::empty()).unwrap())) else {
        panic!()
    };
    assert_eq!(response.status(), 404);
    let late = unreached(&house.app, "req_1", &axum::http::HeaderMap::new(), true);
    assert_eq!((late.status().as_u16(), late.headers()["x-request-id"].to_str().unwrap()), (504, "req_1"));
}

#[test]
fn a_revoked_key_is_refused_at_once_however_often_it_was_let_through() {
    let scene = scene(&orders());
    let key = scene.key(&json!({}));
    for _ in 0..3 {
        assert!(scene.get(&text(&key, "key"), "/orders").is_ok());
    }
    let revoked = scene.house.call(&scene.owner.key, "DELETE", &format!("/v1/api_keys/{}", text(&key, "id")), &NULL);
    assert_eq!(revoked.status, 200);
    assert_eq!(scene.refusal(&text(&key, "key"), "/orders"), (401, "auth_key_revoked".to_owned()));
}

#[test]
fn a_hot_request_asks_nobody_and_a_change_is_in_force_when_it_is_answered() {
    let scene = scene(&orders());
    let house = &scene.house;
    let key = text(&scene.key(&json!({})), "key");
    for _ in 0..2 {
        assert!(scene.get(&key, "/orders").is_ok());
    }
    let verified = || house.objects.told(Kind::Session, "verify");
    let (calls, asked) = (verified(), scene.asked());
    for _ in 0..5 {
        assert!(scene.get(&key, "/orders").is_ok());
    }
    assert_eq!((verified(), scene.asked()), (calls, asked), "a lease on the key, and one on the routes");
    // In the second half of a lease it is renewed, behind an answer and once, however many meet there.
    house.clock.set(house.after(1_700));
    house.set_afterwards(Afterwards::Queued);
    assert!(scene.get(&key, "/orders").is_ok() && scene.get(&key, "/orders").is_ok());
    house.set_afterwards(Afterwards::AtOnce);
    house.afterwork.settle(house, &house.app);
    assert_eq!(scene.asked(), asked + 1);

    let change = |body: &Value| {
        let before = house.now();
        let answer = house.call(&scene.owner.key, "PATCH", &scene.one(), body);
        assert_eq!(answer.status, 200, "{answer:?}");
        house.now().millis_since(before)
    };
    let waited = change(&json!({ "permissions": ["orders:write"] }));
    assert!((2_900..=3_300).contains(&waited), "{waited}");
    assert_eq!(scene.refusal(&key, "/orders"), (403, "insufficient_permissions".to_owned()));
    assert!(change(&json!({ "permissions": [], "origin": "https://other.example.com" })) > 2_900);
    assert_eq!(scene.get(&key, "/orders/1").unwrap().url, "https://other.example.com/1");
    // A memory that is lost has left behind until when somebody may act on it; what is read is so everywhere.
    for path in [scene.one(), "/v1/gateway_routes".to_owned()] {
        house.crash();
        let before = house.now();
        assert_eq!(house.call(&scene.owner.key, "GET", &path, &NULL).status, 200);
        assert!(house.now().millis_since(before) > 2_900, "{path}");
    }
    house.crash();
    assert!(change(&json!({ "active": false })) > 2_900);
    assert_eq!(scene.refusal(&key, "/orders"), (404, "gateway_route_not_found".to_owned()));
    assert!(change(&json!({ "active": true })) > 2_900, "nobody knows who has heard of which");
    assert!(scene.get(&key, "/orders").is_ok());
    // A stricter route below another one takes something away from it; one beside it does not.
    let before = house.now();
    created(house, &scene.owner.key, &json!({ "path": "/orders/admin", "origin": ORIGIN, "permissions": "orders:*" }));
    assert!(house.now().millis_since(before) > 2_900);
    assert_eq!(scene.refusal(&key, "/orders/admin/x"), (403, "insufficient_permissions".to_owned()));
    let before = house.now();
    created(house, &scene.owner.key, &json!({ "path": "/beside", "origin": ORIGIN }));
    assert_eq!(house.now(), before);
    assert!(scene.get(&key, "/orders").is_ok());
    let before = house.now();
    assert_eq!(house.call(&scene.owner.key, "DELETE", &scene.one(), &NULL).status, 204);
    assert!(house.now().millis_since(before) > 2_900);
    assert_eq!(scene.refusal(&key, "/orders"), (404, "gateway_route_not_found".to_owned()));
}

#[test]
fn a_route_says_what_a_request_costs_who_may_decide_and_whose_keys_it_is_for() {
    let scene = scene(&json!({ "path": "/orders", "origin": ORIGIN, "cost": 3, "consistency": "strict" }));
    let house = &scene.house;
    let organization = format!("/operator/organizations/{}", scene.owner.organization);
    let plan = json!({ "plan": { "name": "pro", "requestsPerMinute": 1_000 } });
    assert_eq!(house.operate("PATCH", &organization, &plan).status, 200);
    house.advance(70_000);
    let limit = json!([{ "name": "burst", "limit": 7, "windowMs": 60_000 }]);
    let limited = text(&scene.key(&json!({ "rateLimits": limit })), "key");
    let told = |forward: &Forward| forward.answer.iter().find(|(name, _)| name == "ratelimit").map(|one| one.1.clone());
    for left in [4, 1] {
        let expected = format!("\"key.burst\";r={left};t=60");
        assert_eq!(told(&scene.get(&limited, "/orders").unwrap()), Some(expected));
    }
    assert_eq!(scene.refusal(&limited, "/orders"), (429, "rate_limited".to_owned()));
    let free = text(&scene.key(&json!({})), "key");
    let verified = || house.objects.told(Kind::Session, "verify");
    let before = verified();
    for _ in 0..4 {
        assert_eq!(told(&scene.get(&free, "/orders").unwrap()), None, "what others do is not told");
    }
    assert_eq!(verified(), before + 4);
    let by_owner = house.call(&scene.owner.key, "POST", "/v1/keys/verify", &json!({ "key": free }));
    assert!(by_owner.header("ratelimit").is_some_and(|limit| limit.starts_with("\"organization.requests\"")));
    for method in ["TRACE", "CONNECT"] {
        let refused = scene.send(method, "/orders", &[("x-api-key", &free)]).unwrap_err();
        assert_eq!(refused.told(), (400, "invalid_request".to_owned()), "{method}");
    }
    let stranger = house.register("stranger");
    let theirs = text(&house.call(&stranger.key, "POST", "/v1/sessions", &json!({ "name": "S" })).json(), "id");
    let foreign = json!({ "path": "/x", "origin": ORIGIN, "sessionId": theirs });
    let refused = house.call(&scene.owner.key, "POST", "/v1/gateway_routes", &foreign);
    assert_eq!(refused.refusal(), (404, "session_not_found".to_owned()));
    // Whoever makes keys up is told so before anybody is asked, also by an isolate that knows nothing.
    house.clock.set(house.after(4_000));
    let calls = house.objects.all_calls();
    assert_eq!(scene.refusal(&key_like("live"), "/orders"), (401, "auth_invalid_key".to_owned()));
    assert_eq!(house.objects.all_calls(), calls);
    // A secret that cannot be derived any more signs nothing, and unsigned nothing leaves.
    house
        .objects
        .disk(&scene.address())
        .tamper("UPDATE gateway_routes SET record = json_set(record, '$.secrets[0].root', 9)");
    assert_eq!(scene.refusal(&free, "/orders"), (503, "not_configured".to_owned()));
}

#[test]
fn a_table_that_could_not_be_told_leaves_nothing_that_a_later_one_relies_on() {
    for n in 1.. {
        let scene = scene(&orders());
        let (house, key) = (&scene.house, text(&scene.key(&json!({})), "key"));
        let disk = house.objects.disk(&scene.address());
        disk.fail_statement(n);
        let told = scene.get(&key, "/orders");
        if !disk.has_failed() {
            assert!(told.is_ok() && n > 3, "{n}");
            break;
        }
        assert!(scene.get(&key, "/orders").is_ok());
        house.crash();
        let before = house.now();
        assert_eq!(house.call(&scene.owner.key, "PATCH", &scene.one(), &json!({ "active": false })).status, 200);
        assert!(house.now().millis_since(before) > 2_900, "{n}");
    }
}

#[test]
fn without_its_organization_nothing_gets_through_beyond_the_lease() {
    let scene = scene(&orders());
    let house = &scene.house;
    let key = text(&scene.key(&json!({})), "key");
    assert!(scene.get(&key, "/orders").is_ok());
    house.objects.fault(Whom::Kind(Kind::Organization), Fault::Unreachable);
    assert!(scene.get(&key, "/orders").is_ok());
    house.clock.set(house.after(3_000));
    let away = scene.get(&key, "/orders").unwrap_err();
    assert_eq!((away.status, away.code.as_str()), (503, "verification_unavailable"));
    assert!(away.retry.is_some());
    house.objects.heal();
    assert!(scene.get(&key, "/orders").is_ok());
    // A clock that is set back does not tell how long ago that was.
    let asked = scene.asked();
    house.clock.set(house.after(-1));
    assert!(scene.get(&key, "/orders").is_ok());
    assert_eq!(scene.asked(), asked + 1);
}

#[test]
fn no_origin_of_the_corpus_is_saved_and_none_is_asked_that_may_not_be_any_more() {
    let scene = scene(&orders());
    let house = &scene.house;
    let key = text(&scene.key(&json!({})), "key");
    let corpus = include_str!("../vectors/egress.txt");
    for line in corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let (_, url) = line.split_once(' ').unwrap();
        let url: String = serde_json::from_str(&format!("\"{url}\"")).unwrap();
        for (method, path) in [("POST", "/v1/gateway_routes".to_owned()), ("PATCH", scene.one())] {
            let body = if method == "POST" { json!({ "path": "/x", "origin": url }) } else { json!({ "origin": url }) };
            let response = house.call(&scene.owner.key, method, &path, &body);
            assert_eq!(response.refusal(), (400, "invalid_request".to_owned()), "{url}");
            assert_eq!(response.json()["details"]["errors"][0]["pointer"], "/origin", "{url}");
        }
    }
    for url in ["http://127.0.0.1:9000/", "https://metadata.google.internal/", "https://10.0.0.1/", "https://a.com/?q"]
    {
        house
            .objects
            .disk(&scene.address())
            .tamper(&format!("UPDATE gateway_routes SET record = json_set(record, '$.origin', '{url}')"));
        house.advance(4_000);
        assert_eq!(scene.refusal(&key, "/orders"), (502, "origin_forbidden".to_owned()), "{url}");
    }
}

#[test]
fn what_an_origin_answers_is_counted_once_and_for_many_in_one_call() {
    let scene = scene(&orders());
    let house = &scene.house;
    let key = scene.key(&json!({}));
    let note = |status, latency_ms| {
        let forward = scene.get(&text(&key, "key"), "/orders").unwrap();
        let outcome = forward.outcome.unwrap();
        house.app.note_outcome(&outcome, status, latency_ms, &house.afterwork.background);
        outcome
    };
    let first = note(200, 10);
    for _ in 0..8 {
        note(200, 10);
    }
    note(504, 110);
    // Told again: it was counted.
    house.app.note_outcome(&first, 500, 1, &house.afterwork.background);
    house.app.note_outcome("ver_made up ses_1", 500, 1, &house.afterwork.background);
    house.afterwork.settle(house, &house.app);
    let told = house.objects.told(Kind::Session, "count_outcomes");
    house.afterwork.report(house, &house.app);
    assert_eq!(house.objects.told(Kind::Session, "count_outcomes"), told + 1);
    let usage = house.call(&scene.owner.key, "GET", &format!("/v1/api_keys/{}/usage", text(&key, "id")), &NULL).json();
    let outcomes = &usage["totals"]["outcomes"];
    assert_eq!(outcomes["byStatus"], json!({ "200": 9, "504": 1 }), "{usage}");
    assert_eq!(outcomes["latencyMs"]["average"], 20.0);
    // Of one session no more wait than have room.
    (0..10_500).for_each(|_| house.app.note_outcome(&first, 200, 1, &house.afterwork.background));
    house.afterwork.settle(house, &house.app);
    let told = house.objects.told(Kind::Session, "count_outcomes");
    house.afterwork.report(house, &house.app);
    assert_eq!(house.objects.told(Kind::Session, "count_outcomes"), told + 20, "in batches of 500");
}

#[test]
fn there_are_so_many_routes_each_with_a_path_of_its_own_and_who_is_bound_to_a_session_has_none() {
    let scene = scene(&orders());
    let house = &scene.house;
    let by = |key: &str, method: &str, path: &str, body: &Value| house.call(key, method, path, body);
    for number in 1..100 {
        created(house, &scene.owner.key, &json!({ "path": format!("/{number}"), "origin": ORIGIN }));
    }
    let more = by(&scene.owner.key, "POST", "/v1/gateway_routes", &json!({ "path": "/more", "origin": ORIGIN }));
    assert_eq!(more.refusal(), (409, "too_many_gateway_routes".to_owned()));
    let taken = by(&scene.owner.key, "PATCH", &scene.one(), &json!({ "path": "/1" }));
    assert_eq!(taken.refusal(), (409, "gateway_path_taken".to_owned()));
    assert_eq!(by(&scene.owner.key, "PATCH", &scene.one(), &json!({ "path": "/orders" })).status, 200);
    let session = text(&by(&scene.owner.key, "POST", "/v1/sessions", &json!({ "name": "S" })).json(), "id");
    let bound = text(&scene.key(&json!({ "sessionId": session, "permissions": ["*"] })), "key");
    for (method, path) in [("POST", "/v1/gateway_routes".to_owned()), ("GET", scene.one()), ("DELETE", scene.one())] {
        let refusal = by(&bound, method, &path, &if method == "POST" { orders() } else { NULL }).refusal();
        assert_eq!(refusal, (403, "outside_reach".to_owned()), "{method}");
    }
    let log = by(&scene.owner.key, "GET", "/v1/audit_log?limit=1&action=gateway_route.updated", &NULL).json();
    assert_eq!((&log["data"][0]["target"], &log["data"][0]["details"]), (&scene.route["id"], &json!(["path"])));
}
