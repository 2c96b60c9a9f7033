//! Keys that were found where they should not be: whoever has one needs nothing else to report it, and learns nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use serde_json::{Value, json};

use crate::support::http::Response;
use crate::support::*;

const NULL: Value = Value::Null;
const LIST: &str = "https://api.github.com/meta/public_keys/secret_scanning";

/// A key with which GitHub might sign, which is on its list from now on.
pub fn listed(house: &House, id: &str, is_current: bool) -> SigningKey {
    let signing = SigningKey::from_slice(&[7; 32]).unwrap();
    // SubjectPublicKeyInfo (RFC 5480): what says that it is a point on P-256, then the point.
    let mut der = hex::decode("3059301306072a8648ce3d020106082a8648ce3d030107034200").unwrap();
    der.extend(signing.verifying_key().to_sec1_point(false).as_bytes());
    let text = STANDARD.encode(der);
    let (first, second) = text.split_at(64);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
    let list = json!({ "public_keys": [{ "key_identifier": id, "key": pem, "is_current": is_current }] });
    house.web.pages.lock().unwrap().insert(LIST.to_owned(), list.to_string().into_bytes());
    signing
}

/// A report of GitHub's.
pub fn reported(house: &House, id: &str, signing: &SigningKey, body: &str) -> Response {
    let signature: DerSignature = signing.sign(body.as_bytes());
    let signature = STANDARD.encode(signature.as_bytes());
    send(house, &[("github-public-key-identifier", id), ("github-public-key-signature", &signature)], body)
}

fn send(house: &House, headers: &[(&str, &str)], body: &str) -> Response {
    let headers = [headers, &[("content-type", "application/json"), ("cf-connecting-ip", "192.0.2.9")]].concat();
    house.request("POST", "/v1/leaks/github", &headers, body)
}

fn report(house: &House, key: &str) -> Response {
    let response =
        house.call("", "POST", "/v1/keys/report-leak", &json!({ "key": key, "url": "https://paste.example" }));
    house.afterwork.settle(house, &house.app);
    house.advance(60_000);
    response
}

fn alerts(house: &House, secret: &str) -> Vec<Value> {
    let page = house.call(secret, "GET", "/v1/alerts?kind=key_leaked&status=open", &NULL).json();
    page["data"].as_array().unwrap().clone()
}

#[test]
fn what_happens_to_a_leaked_key_its_session_has_chosen() {
    for (policy, status, code) in [("notify", "active", 200), ("disable", "disabled", 401), ("revoke", "revoked", 401)]
    {
        let house = House::new();
        let home = house.found("Acme");
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, key(&["emails:send"])).unwrap();
        let session = format!("/v1/sessions/{}", home.session_id);
        house.call(&home.secret, "PATCH", &session, &json!({ "leakPolicy": policy }));
        assert_eq!(report(&house, &held.text).status, 202);
        let read = house.call(&home.secret, "GET", &format!("/v1/api_keys/{}", held.id()), &NULL).json();
        assert_eq!(read["status"], status, "{policy}");
        assert_eq!(house.call(&held.text, "GET", "/v1/whoami", &NULL).status, code, "{policy}");
        let open = alerts(&house, &home.secret);
        assert_eq!((open.len(), &open[0]["subject"], &open[0]["severity"]), (1, &json!(held.id()), &json!("critical")));
        assert_eq!(open[0]["facts"], json!({ "policy": policy, "place": "https://paste.example" }));
        // Whoever reports it again changes nothing.
        report(&house, &held.text);
        assert_eq!(alerts(&house, &home.secret).len(), 1);
    }
}

#[test]
fn a_report_tells_nothing_about_the_key() {
    let house = House::new();
    let home = house.found("Acme");
    let answers = [home.secret.clone(), key_like("live"), "nonsense".to_owned(), String::new()]
        .map(|text| (report(&house, &text).status, report(&house, &text).body));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!((answers[0].0, answers[0].1.as_slice()), (202, br#"{"reported":true}"#.as_slice()));
}

#[test]
fn github_is_told_which_tokens_were_keys_and_nobody_else_may_say_that_he_is_github() {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    let body = json!([
        { "token": held.text, "type": "latchkey", "url": "https://github.example/a", "source": "content" },
        { "token": key_like("live"), "type": "latchkey", "url": "" },
        { "token": "of another product", "type": "other", "url": "" },
    ]);
    let signing = listed(&house, "k1", true);
    let taken = reported(&house, "k1", &signing, &body.to_string());
    let labels: Vec<_> = taken.json().as_array().unwrap().iter().map(|label| label["label"].clone()).collect();
    assert_eq!(
        (taken.status, labels),
        (200, vec![json!("true_positive"), json!("false_positive"), json!("false_positive")])
    );
    house.advance(60_000);
    assert_eq!(alerts(&house, &home.secret).len(), 1);
    let good = STANDARD.encode(Signer::<DerSignature>::sign(&signing, b"[]").as_bytes());
    let no_der = STANDARD.encode("no DER");
    let (id, signature) = ("github-public-key-identifier", "github-public-key-signature");
    for (headers, body) in [
        (vec![], ""),
        (vec![], "[]"),
        (vec![(id, "k1"), (signature, good.as_str())], ""),
        (vec![(id, "k1")], "[]"),
        (vec![(id, "k1"), (signature, "***")], "[]"),
        (vec![(id, "k1"), (signature, no_der.as_str())], "[]"),
        (vec![(id, "k1"), (signature, good.as_str())], "[] "),
    ] {
        assert_eq!(
            send(&house, &headers, body).refusal(),
            (400, "leak_signature_invalid".to_owned()),
            "{headers:?} {body}"
        );
    }
    assert_eq!(send(&house, &[(id, "k1"), (signature, &good)], "[]").status, 200, "so it would be");
    for body in ["{}", r#"["text"]"#, r#"[["text", "latchkey", ""]]"#, r#"[{"type": "latchkey"}]"#, "[{}]"] {
        let refused = reported(&house, "k1", &signing, body);
        assert_eq!(refused.refusal(), (400, "invalid_json".to_owned()), "{body}");
    }
    assert_eq!(send(&house, &[(id, "k2"), (signature, &good)], "[]").status, 503, "it may be on a newer list");
}

#[test]
fn a_key_that_github_uses_no_more_signs_nothing_and_a_list_that_was_read_stands_while_github_is_down() {
    let house = House::new();
    let signing = listed(&house, "old", false);
    for _ in 0..2 {
        assert_eq!(reported(&house, "old", &signing, "[]").status, 503, "no list can be used yet");
    }
    house.advance(60_000);
    listed(&house, "new", true);
    assert_eq!(reported(&house, "new", &signing, "[]").status, 200);
    house.web.pages.lock().unwrap().clear();
    house.advance(60_000);
    assert_eq!(reported(&house, "new", &signing, "[]").status, 200);
    assert_eq!(reported(&house, "newer", &signing, "[]").status, 503);
}
