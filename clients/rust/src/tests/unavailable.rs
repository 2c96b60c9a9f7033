//! What becomes of a verification that nobody could decide: it fails, and nothing passes, unless that was asked for.

use std::time::Duration;

use serde_json::Value;

use super::guard::{Handler, guarded};
use super::scripted::Scripted;
use super::vectors;
use crate::{Code, Demand, Latchkey, OnUnavailable};

#[tokio::test]
async fn vectors_of_a_service_that_is_away() {
    let mut all = Vec::new();
    for vector in vectors("unavailable") {
        for or in [OnUnavailable::Deny, OnUnavailable::Allow] {
            all.push(tokio::spawn(one(vector.clone(), or)));
        }
    }
    for each in all {
        each.await.unwrap();
    }
}

async fn one(vector: Value, or: OnUnavailable) {
    let about = format!("{}, {or:?}", vector["about"]);
    let lines = vector["answers"].as_array().unwrap();
    // No answer comes at all, so that short is long enough.
    let hangs = lines.iter().any(|line| line == "hang" || line == "half");
    let timeout = if hangs { Duration::from_millis(200) } else { Duration::from_secs(20) };
    let client =
        |url: &str| Latchkey::builder(url, "own-key").on_unavailable(or).verify_timeout(timeout).build().unwrap();
    let passes = or == OnUnavailable::Allow && vector["allow"] == true;

    let server = Scripted::lines(lines.clone()).await;
    let outcome = client(&server.url).verify("presented-key", &Demand::new()).await;
    if passes {
        let decision = outcome.unwrap();
        assert_eq!((decision.valid, &decision.code), (true, &Code::Unverified), "{about}");
        assert_eq!((&decision.key_id, &decision.permissions), (&None, &None), "{about}");
        assert_eq!(decision.unavailable.as_ref().unwrap().code(), vector["deny"].as_str().unwrap(), "{about}");
    } else {
        assert_eq!(outcome.unwrap_err().code(), vector["deny"].as_str().unwrap(), "{about}");
    }

    // Without a word about it, a request does not pass.
    let server = Scripted::lines(lines.clone()).await;
    let handler = Handler::default();
    let (status, headers, body) = guarded(client(&server.url), &handler, &[("x-api-key", "presented-key")]).await;
    assert_eq!((status, handler.runs()), if passes { (200, 1) } else { (503, 0) }, "{about}");
    if !passes {
        assert!(headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1, "{about}");
        assert_eq!(body["code"], "verification_unavailable", "{about}");
    }
}

#[tokio::test]
async fn a_service_that_nobody_listens_for_is_away() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let failed = Latchkey::new(&url, "own-key").unwrap().verify("presented-key", &Demand::new()).await.unwrap_err();
    assert_eq!((failed.code(), failed.status(), failed.is_unavailable()), ("network_error", None, true));
}
