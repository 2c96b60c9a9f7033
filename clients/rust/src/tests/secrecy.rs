//! Where keys may go, and where they may not stand.

use serde_json::{Value, json};

use super::scripted::Scripted;
use crate::{CreateKey, Demand, Error, Latchkey};

#[test]
fn keys_go_over_https_to_the_given_place_only() {
    let code = |url: &str| Latchkey::new(url, "own-key").err().map(|failed| failed.code().to_owned());
    for good in ["http://localhost:8787", "http://127.0.0.1", "http://127.8.9.10:1", "http://[::1]:8787/below/"] {
        assert_eq!(code(good), None, "{good}");
    }
    let wrong = [
        "",
        "keys.example.com",
        "/v1",
        "ftp://keys.example.com",
        "http://keys.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://10.0.0.1",
        "https://user:word@keys.example.com",
        "https://keys.example.com/?a=b",
        "https://keys.example.com/#a",
    ];
    for wrong in wrong {
        assert_eq!(code(wrong).as_deref(), Some(Error::INVALID_ARGUMENT), "{wrong}");
    }
    assert!(Latchkey::builder("http://keys.internal", "own-key").allow_http(true).build().is_ok());
    #[cfg(feature = "tls")]
    assert_eq!(code("https://keys.example.com"), None);
    #[cfg(not(feature = "tls"))]
    assert!(Latchkey::new("https://keys.example.com", "own-key").unwrap_err().message().contains("`tls`"));
}

#[test]
fn what_cannot_be_a_key_is_not_sent_and_not_repeated() {
    for key in ["", "two words", "line\nbreak", "schlüssel", &"k".repeat(513)] {
        let failed = Latchkey::new("http://localhost:8787", key).unwrap_err();
        assert_eq!(failed.code(), Error::INVALID_ARGUMENT);
        assert!(key.is_empty() || !format!("{failed} {failed:?}").contains(key));
    }
}

#[tokio::test]
async fn an_id_leads_nowhere_else_and_is_no_secret_key() {
    let server = Scripted::lines(Vec::new()).await;
    let client = Latchkey::new(&server.url, "own-key").unwrap();
    let secret = ["sk_", &"a1".repeat(24)].concat();
    for id in ["", "../sessions", "key_a/rotate", "key_a?x", "key a", &"k".repeat(65), secret.as_str()] {
        let failed = client.keys().get(id).await.unwrap_err();
        assert_eq!(failed.code(), Error::INVALID_ARGUMENT, "{id}");
        assert!(id.len() < 40 || !failed.message().contains(id));
    }
    for path in ["v1/sessions", "//elsewhere.example.com/", ""] {
        assert!(client.request(http::Method::GET, path, None::<&()>).await.is_err());
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_sent_does_not_get_it_into_an_error() {
    let server = Scripted::answering(|_, seen| {
        let echo = json!({ "message": format!("no: {}", seen.headers), "code": "invalid_request", "details": { "sent": seen.body } });
        json!({ "status": 400, "body": echo })
    })
    .await;
    let client = Latchkey::new(&server.url, "own-key-of-mine").unwrap();
    let failed = client.verify("presented\"key", &Demand::new()).await.unwrap_err();
    let shown = format!("{failed} {failed:?} {:?}", failed.details());
    assert!(!shown.contains("own-key-of-mine") && !shown.contains("presented"), "{shown}");
    assert_eq!((failed.status(), failed.code()), (Some(400), Error::UNEXPECTED_ANSWER));
}

#[tokio::test]
async fn neither_a_client_nor_an_issued_key_shows_its_key() {
    let server = Scripted::lines(Vec::new()).await;
    let client = Latchkey::new(&server.url, "own-key-of-mine").unwrap();
    let issued = client.keys().create(&CreateKey::named("Made")).await.unwrap();
    assert_eq!(issued.key.expose(), "made-key");
    let shown = format!("{client:?} {issued:?}");
    assert!(!shown.contains("own-key") && !shown.contains("made-key"), "{shown}");
}

#[tokio::test]
async fn a_refusal_says_what_is_wrong() {
    let errors = json!([{ "pointer": "/name", "code": "too_short", "message": "Too short." }, { "something": "else" }]);
    let body = json!({ "message": "No.", "code": "invalid_request", "details": { "requestId": "req_scripted", "errors": errors } });
    let server = Scripted::answering(move |_, _| json!({ "status": 400, "body": body })).await;
    let failed = Latchkey::new(&server.url, "own-key").unwrap().keys().create(&CreateKey::named("")).await.unwrap_err();
    assert_eq!(
        (failed.code(), failed.message(), failed.request_id()),
        ("invalid_request", "No.", Some("req_scripted"))
    );
    let found: Vec<_> = failed.violations().into_iter().map(|each| (each.pointer, each.code)).collect();
    assert_eq!(found, [(Some("/name".to_owned()), "too_short".to_owned())]);
}

#[tokio::test]
async fn a_request_that_has_no_name_of_its_own_is_answered_as_it_comes() {
    let server = Scripted::answering(|at, _| match at {
        0 => json!({ "status": 200, "body": { "data": [1] } }),
        _ => json!({ "status": 200, "html": true }),
    })
    .await;
    let client = Latchkey::new(&server.url, "own-key").unwrap();
    let get = || client.request(http::Method::GET, "/v1/alerts?status=open", None::<&()>);
    assert_eq!(get().await.unwrap(), json!({ "data": [1] }));
    assert_eq!(get().await.unwrap(), Value::from("<html>A page</html>"));
    assert_eq!(server.seen.lock().unwrap()[0].line, "GET /v1/alerts?status=open");
}
