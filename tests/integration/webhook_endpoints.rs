//! Endpoints for webhooks: their secrets, where they may be, how many there are, and what is kept of what they were sent.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey::ports::SqlValue;
use serde_json::{Value, json};

use crate::support::people::ids;
use crate::support::webhooks::{Listening, URL, endpoint, listening};
use crate::support::*;

const NULL: Value = Value::Null;

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let to = listening(&json!(["*"]));
    let rotated = to.call("POST", &to.path("/rotate_secret"), &NULL);
    let new = text(&rotated, "secret");
    assert_ne!(new, to.secret);
    to.key("Both");
    let both = to.posted().remove(0);
    assert!(both.signatures.len() == 2 && both.is_signed_by(&to.secret) && both.is_signed_by(&new));
    to.house.advance(DAY);
    to.key("One");
    let one = to.posted().remove(0);
    assert!(one.signatures.len() == 1 && one.is_signed_by(&new));
    for _ in 0..9 {
        to.call("POST", &to.path("/rotate_secret"), &NULL);
    }
    to.key("Some");
    assert_eq!(to.posted().remove(0).signatures.len(), 4);
    // Under a newer root secret both sign as before.
    let newer = format!("{},{}", root_secret(2), root_secret(1));
    let house = to.house.redeployed(&newer);
    house.call(&to.owner.key, "POST", "/v1/api_keys", &json!({ "name": "Later" }));
    house.advance(2_000);
    assert!(to.posted().remove(0).signatures.len() == 4);
    drop(house);
    let dump = to.house.objects.disks().iter().map(|(_, disk)| disk.dump(&[])).collect::<String>();
    for secret in [&to.secret, &new] {
        let bytes = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        assert!(!dump.contains(&secret[6..]) && !dump.contains(&hex::encode(bytes)), "a secret is in a row");
    }
}

#[test]
fn keys_that_expire_are_told_a_week_and_a_day_before_and_when_it_has_happened() {
    let house = House::new();
    let owner = house.register("owner");
    let expiring = |name: &str, ms: i64| json!({ "name": name, "expiresAt": house.after(ms).to_string() });
    house.call(&owner.key, "POST", "/v1/api_keys", &expiring("Before anybody listened", HOUR));
    house.advance(2 * HOUR);
    let (endpoint, secret) =
        endpoint(&house, &owner, &json!({ "url": URL, "events": ["api_key.expiring", "api_key.expired"] }));
    for (name, ms) in [("Long", 10 * DAY), ("Days", 3 * DAY), ("Hours", 2 * HOUR)] {
        assert_eq!(house.call(&owner.key, "POST", "/v1/api_keys", &expiring(name, ms)).status, 201);
    }
    let revoked = house.call(&owner.key, "POST", "/v1/api_keys", &expiring("Revoked", 3 * DAY)).json();
    house.call(&owner.key, "DELETE", &format!("/v1/api_keys/{}", text(&revoked, "id")), &NULL);
    let to = Listening { house, owner, endpoint, secret };
    let began = to.house.now();
    let mut told = Vec::new();
    for _ in 0..11 * 24 {
        to.house.advance(HOUR);
        for message in to.posted() {
            let at = to.house.now().millis_since(began) / HOUR;
            let name = message.body["data"]["apiKey"]["name"].as_str().unwrap().to_owned();
            told.push((at, message.kind().to_owned(), name));
        }
    }
    let expected = [
        (3, "api_key.expired", "Hours"),
        (49, "api_key.expiring", "Days"),
        (73, "api_key.expired", "Days"),
        (73, "api_key.expiring", "Long"),
        (217, "api_key.expiring", "Long"),
        (241, "api_key.expired", "Long"),
    ];
    told.sort();
    let expected: Vec<_> =
        expected.iter().map(|(at, kind, name)| (*at, (*kind).to_owned(), (*name).to_owned())).collect();
    assert_eq!(told, expected);
}

#[test]
fn no_url_of_the_corpus_is_saved_and_none_is_sent_to_that_may_not_be_any_more() {
    let to = listening(&json!(["*"]));
    let corpus = include_str!("../vectors/egress.txt");
    for line in corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let (_, url) = line.split_once(' ').unwrap();
        let url: String = serde_json::from_str(&format!("\"{url}\"")).unwrap();
        for (method, path) in [("POST", "/v1/webhook_endpoints".to_owned()), ("PATCH", to.path(""))] {
            let response = to.house.call(&to.owner.key, method, &path, &json!({ "url": url }));
            assert_eq!(response.refusal(), (400, "invalid_request".to_owned()), "{url}");
            assert_eq!(response.json()["details"]["errors"][0]["pointer"], "/url", "{url}");
        }
    }
    // In a row all the same: from a time when it was allowed.
    for url in ["http://127.0.0.1:9000/", "https://metadata.google.internal/", "https://10.0.0.1/"] {
        let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
        disk.tamper(&format!("UPDATE webhook_endpoints SET record = json_set(record, '$.url', '{url}')"));
        to.house.crash();
        to.key("Told to nobody");
        to.house.advance(2_000);
        assert!(to.posted().is_empty(), "{url}");
        assert_eq!(to.deliveries("")[0]["lastError"], "forbidden", "{url}");
    }
}

#[test]
fn a_loopback_receiver_needs_the_setting_and_somebody_on_the_same_machine() {
    let body = json!({ "url": "http://127.0.0.1:9000/hook" }).to_string();
    let create = |house: &House, key: &str, host: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("host", host)];
        house.request("POST", "/v1/webhook_endpoints", &headers, &body).status
    };
    let deployed = House::new();
    let key = deployed.register("owner").key;
    for host in ["127.0.0.1:8787", "localhost", "latchkey.example.com"] {
        assert_eq!(create(&deployed, &key, host), 400, "{host}");
    }
    let local = House::configured(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]);
    let key = local.register("owner").key;
    for host in ["latchkey.example.com", "127.0.0.1.example.com", "10.0.0.1", ""] {
        assert_eq!(create(&local, &key, host), 400, "{host}");
    }
    for host in ["127.0.0.1:8787", "localhost:8787", "localhost", "[::1]:8787"] {
        assert_eq!(create(&local, &key, host), 201, "{host}");
    }
    let sent = |house: &House| {
        house.web.posted.lock().unwrap().clear();
        house.call(&key, "POST", "/v1/api_keys", &json!({ "name": "Key" }));
        house.advance(5_000);
        house.web.posted.lock().unwrap().len()
    };
    assert_eq!(sent(&local), 4);
    let deployed = local.reconfigured(&[]);
    assert_eq!(sent(&deployed), 0, "the same rows under a deployment's settings");
}

#[test]
fn there_are_so_many_endpoints_and_who_is_bound_to_a_session_has_none() {
    let to = listening(&json!(["*"]));
    for _ in 1..20 {
        endpoint(&to.house, &to.owner, &json!({ "url": URL, "active": false }));
    }
    let one_more = to.house.call(&to.owner.key, "POST", "/v1/webhook_endpoints", &json!({ "url": URL }));
    assert_eq!(one_more.refusal(), (409, "too_many_webhook_endpoints".to_owned()));
    let page = to.call("GET", "/v1/webhook_endpoints?limit=12", &NULL);
    let cursor = text(&page["pagination"], "nextCursor");
    let rest = to.call("GET", &format!("/v1/webhook_endpoints?limit=12&cursor={cursor}"), &NULL);
    let all: BTreeSet<String> = [ids(&page, "id"), ids(&rest, "id")].concat().into_iter().collect();
    assert_eq!(all.len(), 20);
    let session = to.call("POST", "/v1/sessions", &json!({ "name": "Customer" }));
    let bound = to.call("POST", &format!("/v1/sessions/{}/api_keys", text(&session, "id")), &NULL);
    for (method, path) in
        [("GET", "/v1/webhook_endpoints".to_owned()), ("DELETE", to.path("")), ("POST", to.path("/test"))]
    {
        let refused = to.house.call(&text(&bound, "key"), method, &path, &NULL);
        assert_eq!(refused.refusal(), (403, "outside_reach".to_owned()), "{method} {path}");
    }
    to.call("DELETE", &to.path(""), &NULL);
    assert_eq!(to.house.call(&to.owner.key, "GET", &to.path(""), &NULL).status, 404);
    to.house.advance(DAY);
    assert_eq!(to.house.undelivered(), 0);
}

#[test]
fn deliveries_are_read_by_pages_and_forgotten_after_a_week() {
    let to = listening(&json!(["*"]));
    for n in 0..5 {
        to.key(&format!("Key {n}"));
    }
    let first = to.call("GET", &to.path("/deliveries?limit=3&status=delivered"), &NULL);
    let cursor = text(&first["pagination"], "nextCursor");
    let second = to.call("GET", &to.path(&format!("/deliveries?limit=3&cursor={cursor}")), &NULL);
    let seqs = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|row| row["seq"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((seqs(&first), seqs(&second)), (vec![5, 4, 3], vec![2, 1]));
    let one = to.call("GET", &to.path(&format!("/deliveries/{}", text(&first["data"][0], "id"))), &NULL);
    assert_eq!(one["payload"], to.posted().last().unwrap().body);
    to.house.advance(7 * DAY + HOUR);
    assert!(to.deliveries("").is_empty());
    let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
    assert_eq!(disk.number("SELECT count(*) FROM webhook_events"), 0);
    to.key("Later");
    assert_eq!(to.posted().last().unwrap().body["data"]["seq"], 6, "numbers go on");
}

#[test]
fn of_more_than_ten_thousand_deliveries_the_oldest_go_sent_or_not() {
    let to = listening(&json!(["*"]));
    to.answer(500);
    let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
    let numbers = || -> Vec<i64> {
        let rows = disk.rows("SELECT seq FROM webhook_deliveries ORDER BY number");
        rows.iter().map(|row| if let SqlValue::Integer(seq) = row[0] { seq } else { panic!("{row:?}") }).collect()
    };
    (0..4).for_each(|n| drop(to.key(&format!("Key {n}"))));
    assert_eq!(numbers(), [1, 2, 3, 4]);
    // As if there had been as many in between as are kept.
    disk.tamper("UPDATE webhook_deliveries SET number = 10000 WHERE number = 4");
    to.key("Number 10,001");
    assert_eq!(numbers(), [2, 3, 4, 5], "ten thousand numbers back, and no further");
    to.key("Number 10,002");
    assert_eq!(numbers(), [3, 4, 5, 6]);
    to.answer(204);
    to.posted();
    to.house.advance(HOUR);
    let told: BTreeSet<i64> = to.posted().iter().map(|message| message.body["data"]["seq"].as_i64().unwrap()).collect();
    assert_eq!(told, BTreeSet::from([3, 4, 5, 6]), "what is gone is not sent, and holds nothing back");
    assert_eq!(to.deliveries("?status=delivered").len(), 4);
}

#[test]
fn a_slow_or_dead_endpoint_does_not_hold_back_another() {
    let to = listening(&json!(["*"]));
    let other = "https://other.example.com/";
    endpoint(&to.house, &to.owner, &json!({ "url": other }));
    to.answer(500);
    to.house.set_afterwards(house::Afterwards::Queued);
    for n in 0..40 {
        to.key(&format!("Key {n}"));
    }
    to.house.set_afterwards(house::Afterwards::AtOnce);
    to.house.advance(20_000);
    let posted = to.posted();
    let to_other: Vec<i64> = posted
        .iter()
        .filter(|message| message.url == other)
        .map(|message| message.body["data"]["seq"].as_i64().unwrap())
        .collect();
    assert_eq!(to_other, (1..=40).collect::<Vec<_>>(), "in order, each once");
    assert!(posted.iter().filter(|message| message.url == URL).count() > 10, "and the dead one is being tried");
}

#[test]
fn an_erased_organization_tells_nobody_and_keeps_nothing_of_its_webhooks() {
    let to = listening(&json!(["*"]));
    to.answer(500);
    to.key("Pending");
    to.house.call(&to.owner.token, "DELETE", &to.owner.path(""), &NULL);
    to.house.advance(31 * DAY);
    to.posted();
    to.house.advance(DAY);
    assert!(to.posted().is_empty());
    let disk = to.house.objects.disk(&to.house.organization_at(&to.owner.organization));
    for table in ["webhook_endpoints", "webhook_events", "webhook_deliveries", "webhook_state"] {
        assert_eq!(disk.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}
