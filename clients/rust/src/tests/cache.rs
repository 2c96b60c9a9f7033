//! Decisions that are answered again: never for longer than the service has said, never what has spent of anything.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::scripted::{Scripted, verification};
use super::{demand, vectors};
use crate::clock::{Clock, Moment};
use crate::leases::{Kept, Leases, name_of};
use crate::{Code, Demand, Latchkey};

/// What has passed by each of the two clocks, in milliseconds.
#[derive(Clone, Default)]
struct Passed(Arc<Mutex<(i64, i64)>>);

impl Passed {
    fn set(&self, steady: i64, wall: i64) {
        *self.0.lock().unwrap() = (steady, wall);
    }

    fn clock(&self) -> Clock {
        let passed = self.clone();
        let since = |start: i64, passed: i64| Duration::from_millis(u64::try_from(start + passed).unwrap());
        Clock::new(move || {
            let (steady, wall) = *passed.0.lock().unwrap();
            Moment { steady: since(1_000, steady), wall: since(1_800_000_000_000, wall) }
        })
    }
}

#[tokio::test]
async fn vectors_of_kept_decisions() {
    for vector in vectors("cache") {
        let about = vector["about"].as_str().unwrap();
        let passed = Passed::default();
        let (answer, clock) = (vector["answer"].clone(), passed.clone());
        let server = Scripted::answering(move |at, _| {
            let after = answer["afterMs"].as_i64().unwrap_or(0);
            if at == 0 {
                clock.set(after, after);
            }
            // Later questions are answered with what is not kept.
            json!({ "status": 200, "body": verification(if at == 0 { &answer } else { &Value::Null }) })
        })
        .await;
        let client = Latchkey::builder(&server.url, "own-key").clock(passed.clock());
        let client = client.verify_timeout(Duration::from_secs(20)).build().unwrap();
        let asked = demand(&vector["demand"]);
        let _first = client.verify("presented-key", &asked).await.unwrap();
        assert_eq!(server.requests(), 1, "{about}");
        for later in vector["later"].as_array().unwrap() {
            let at = later["atMs"].as_i64().unwrap();
            passed.set(at, later["wallAtMs"].as_i64().unwrap_or(at));
            let key = later["key"].as_str().unwrap_or("presented-key");
            let other = later.get("demand").map_or_else(|| asked.clone(), demand);
            let before = server.requests();
            let decision = client.verify(key, &other).await.unwrap();
            let asks = later["asks"].as_bool().unwrap();
            assert_eq!(server.requests() > before, asks, "{about}, at {at}");
            assert_eq!((decision.valid, decision.is_repeated), (true, !asks), "{about}, at {at}");
            if !asks {
                let rest = decision.freshness.as_ref().unwrap().max_staleness_ms;
                assert!(
                    i64::try_from(rest).unwrap() <= vector["answer"]["staleness"].as_i64().unwrap() - at,
                    "{about}"
                );
                assert_eq!((&decision.verification_id, &decision.code), (&None, &Code::Valid), "{about}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_may_not_ask_any_more_has_nothing_to_answer_with() {
    let server = Scripted::answering(|at, _| match at {
        1 => json!({ "status": 401, "code": "auth_key_revoked" }),
        _ => json!({ "status": 200, "body": verification(&json!({ "staleness": 60_000 })) }),
    })
    .await;
    let client = Latchkey::new(&server.url, "own-key").unwrap();
    let kept = Demand::new();
    for _ in 0..3 {
        assert!(client.verify("one", &kept).await.unwrap().valid);
    }
    assert_eq!((server.requests(), client.inner.leases.len()), (1, 1));
    assert_eq!(client.verify("another", &kept).await.unwrap_err().code(), "auth_key_revoked");
    assert_eq!(client.inner.leases.len(), 0);
    assert!(!client.verify("one", &kept).await.unwrap().is_repeated);
}

#[tokio::test]
async fn nothing_is_kept_where_that_is_wished() {
    let stands = json!({ "status": 200, "body": verification(&json!({ "staleness": 60_000 })) });
    let server = Scripted::answering(move |_, _| stands.clone()).await;
    let client = Latchkey::builder(&server.url, "own-key").kept_decisions(0).build().unwrap();
    for _ in 0..2 {
        assert!(!client.verify("one", &Demand::new()).await.unwrap().is_repeated);
    }
    assert_eq!(server.requests(), 2);
}

#[test]
fn the_ones_used_longest_ago_go() {
    let leases = Leases::new(3);
    let now = Moment { steady: Duration::ZERO, wall: Duration::ZERO };
    let found = Arc::new(serde_json::from_value(verification(&Value::Null)).unwrap());
    let name = |key: &str| name_of(key, &Demand::new());
    let keep = |key| {
        let kept = Kept { verification: Arc::clone(&found), sent_at: now, lifetime: Duration::from_secs(1) };
        leases.keep(name(key), kept, now);
    };
    for key in ["a", "b", "c"] {
        keep(key);
    }
    assert!(leases.find(&name("a"), now).is_some());
    keep("d");
    keep("d");
    assert_eq!(leases.len(), 3);
    let there = ["a", "b", "c", "d"].map(|key| leases.find(&name(key), now).is_some());
    assert_eq!(there, [true, false, true, true]);
    // What no longer stands does not stay, either.
    let later = Moment { steady: Duration::from_secs(1), ..now };
    assert!(leases.find(&name("a"), later).is_none());
    assert_eq!(leases.len(), 2);
}
