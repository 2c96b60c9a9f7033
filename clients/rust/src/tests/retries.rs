//! What is sent twice, and what is not.

use std::collections::BTreeSet;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::scripted::Scripted;
use super::vectors;
use crate::{CreateKey, Demand, Error, Latchkey};

/// Makes the call of a vector.
async fn made(client: &Latchkey, vector: &Value) -> Result<(), Error> {
    let keys = client.keys();
    match vector["call"].as_str().unwrap() {
        "verify" => {
            let demand = Demand { cost: vector["cost"].as_u64(), ..Demand::new() };
            client.verify("presented-key", &demand).await.map(drop)
        }
        "read" => keys.get("key_made").await.map(drop),
        "revoke" => keys.revoke("key_made", Some("made")).await.map(drop),
        "issue" => keys.create(&CreateKey::named("Made")).await.map(drop),
        "create a session" => {
            client.request(Method::POST, "/v1/sessions", Some(&json!({ "name": "Made" }))).await.map(drop)
        }
        "rename" => keys.update("key_made", &json!({ "name": "Made" })).await.map(drop),
        "add credits" => keys.update("key_made", &json!({ "credits": { "add": 100 } })).await.map(drop),
        "whoami" => client.whoami().await.map(drop),
        other => panic!("no such call: {other}"),
    }
}

#[tokio::test]
async fn vectors_of_repeats() {
    // Most of the time they wait, so they wait together.
    let all: Vec<_> = vectors("retries").into_iter().map(|vector| tokio::spawn(one(vector))).collect();
    for each in all {
        each.await.unwrap();
    }
}

async fn one(vector: Value) {
    let about = format!("{}: {}", vector["call"], vector["about"]);
    let server = Scripted::lines(vector["answers"].as_array().unwrap().clone()).await;
    let client = Latchkey::builder(&server.url, "own-key").verify_timeout(Duration::from_secs(20)).build().unwrap();
    let outcome = made(&client, &vector).await.err().map(|failed| failed.code().to_owned());
    assert_eq!(outcome.as_deref(), vector["fails"].as_str(), "{about}");
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.len() as u64, vector["requests"].as_u64().unwrap(), "{about}");
    let different: BTreeSet<_> = seen.iter().map(|seen| (&seen.line, &seen.body)).collect();
    assert_eq!(different.len(), 1, "the very same request, {about}");
    let keys: BTreeSet<_> = seen.iter().map(|seen| seen.header("idempotency-key")).collect();
    assert_eq!(keys.len(), 1, "{about}");
    let key = keys.into_iter().next().unwrap();
    assert_eq!(key.is_some_and(|key| (16..=255).contains(&key.len())), vector["sameIdempotencyKey"] == true, "{about}");
}

#[tokio::test]
async fn a_rotation_issues_one_key_and_each_call_another() {
    let server = Scripted::lines(vec![json!("cut")]).await;
    let client = Latchkey::new(&server.url, "own-key").unwrap();
    client.keys().rotate("key_made", &crate::RotateKey { overlap_seconds: 60, expires_at: None }).await.unwrap();
    client.keys().rotate("key_made", &crate::RotateKey::default()).await.unwrap();
    let seen = server.seen.lock().unwrap();
    let [first, again, other] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(
        (first.line.as_str(), first.body.as_str()),
        ("POST /v1/api_keys/key_made/rotate", r#"{"overlapSeconds":60}"#)
    );
    let key = |seen: &super::scripted::Seen| seen.header("idempotency-key").unwrap();
    assert_eq!(key(first), key(again));
    assert_ne!(key(first), key(other));
}

#[tokio::test]
async fn a_pause_that_the_time_does_not_allow_is_not_made() {
    let server =
        Scripted::lines(vec![json!({ "status": 409, "retryAfter": 60, "code": "idempotency_in_flight" })]).await;
    let client = Latchkey::new(&server.url, "own-key").unwrap();
    let failed = client.keys().create(&CreateKey::named("Made")).await.unwrap_err();
    assert_eq!((failed.code(), failed.retry_after()), ("idempotency_in_flight", Some(Duration::from_secs(60))));
    assert_eq!(server.requests(), 1);
}
