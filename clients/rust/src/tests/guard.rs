//! The layer: which requests reach what it wraps, and how the others are answered.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};
use tower_layer::Layer;
use tower_service::Service;

use super::scripted::{Scripted, verification};
use super::vectors;
use crate::{Demand, Latchkey, OnUnavailable, Verified, VerifyLayer};

/// What a layer wraps: it writes down whose key each request had that reached it.
#[derive(Clone, Default)]
pub(super) struct Handler(Arc<Mutex<Vec<Option<String>>>>);

impl Handler {
    pub(super) fn runs(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Service<Request<()>> for Handler {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let verified = request.extensions().get::<Verified>().unwrap();
        self.0.lock().unwrap().push(verified.key_id.clone());
        ready(Ok(Response::new("null".to_owned())))
    }
}

pub(super) async fn sent(layer: VerifyLayer, handler: &Handler, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
    let mut request = Request::new(());
    for (name, value) in headers {
        request.headers_mut().append(http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
    }
    let response = layer.layer(handler.clone()).call(request).await.unwrap();
    let body = serde_json::from_str(response.body()).unwrap();
    (response.status().as_u16(), response.headers().clone(), body)
}

pub(super) async fn guarded(client: Latchkey, handler: &Handler, headers: &[(&str, &str)]) -> (u16, HeaderMap, Value) {
    sent(VerifyLayer::new(client, Demand::new().permission("emails:send")).on_error(|_| ()), handler, headers).await
}

async fn answering(body: Value) -> (Scripted, Latchkey) {
    let server =
        Scripted::answering(move |_, _| json!({ "status": 200, "body": body, "limit": "\"burst\";r=0;t=1" })).await;
    let client = Latchkey::builder(&server.url, "own-key").verify_timeout(std::time::Duration::from_secs(20));
    let client = client.build().unwrap();
    (server, client)
}

#[tokio::test]
async fn vectors_of_statuses() {
    for vector in vectors("statuses") {
        let (_server, client) = answering(verification(&vector)).await;
        let handler = Handler::default();
        let (status, headers, body) = guarded(client, &handler, &[("authorization", "Bearer presented-key")]).await;
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            json!([status, body["code"], text("www-authenticate")]),
            json!([vector["status"], vector["error"], vector["challenge"]]),
            "{vector}"
        );
        assert_eq!(text("retry-after"), if vector["code"] == "RATE_LIMITED" { Some("2") } else { None }, "{vector}");
        assert_eq!((text("cache-control"), text("content-type")), (Some("no-store"), Some("application/json")));
        assert_eq!(
            (text("ratelimit"), &body["details"]["requestId"]),
            (Some("\"burst\";r=0;t=1"), &json!("req_scripted"))
        );
        assert_eq!(handler.runs(), 0, "{vector}");
    }
}

#[tokio::test]
async fn vectors_of_credentials() {
    for vector in vectors("credentials") {
        let (server, client) = answering(verification(&Value::Null)).await;
        let handler = Handler::default();
        let headers: Vec<_> = vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let (status, _, body) = guarded(client, &handler, &headers).await;
        let asked: Vec<Value> = server
            .seen
            .lock()
            .unwrap()
            .iter()
            .map(|seen| serde_json::from_str::<Value>(&seen.body).unwrap()["key"].clone())
            .collect();
        if let Some(presented) = vector["presents"].as_str() {
            assert_eq!((status, asked, handler.runs()), (200, vec![json!(presented)], 1), "{vector}");
        } else {
            assert_eq!((json!(status), &body["code"]), (vector["status"].clone(), &vector["code"]), "{vector}");
            assert_eq!((asked.len(), handler.runs()), (0, 0), "{vector}");
        }
    }
}

#[tokio::test]
async fn a_header_that_is_there_twice_is_a_list() {
    let (server, client) = answering(verification(&Value::Null)).await;
    for name in ["authorization", "x-api-key"] {
        let twice = [(name, "Bearer abc"), (name, "Bearer abc")];
        let (status, _, body) = guarded(client.clone(), &Handler::default(), &twice).await;
        assert_eq!((status, &body["code"]), (400, &json!("auth_malformed_header")));
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_good_request_goes_on_with_what_was_decided_and_its_answer_with_what_is_left() {
    let (server, client) = answering(verification(&Value::Null)).await;
    let handler = Handler::default();
    let layer = VerifyLayer::by_request(client, |request| {
        Demand::new().permission(format!("http:{}", request.method.as_str().to_lowercase()))
    });
    let (status, headers, _) = sent(layer, &handler, &[("x-api-key", "presented-key")]).await;
    assert_eq!((status, headers["ratelimit"].to_str().unwrap()), (200, "\"burst\";r=0;t=1"));
    assert_eq!(*handler.0.lock().unwrap(), [Some("key_made".to_owned())]);
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].line, "POST /v1/keys/verify");
    assert_eq!(seen[0].header("authorization").unwrap(), "Bearer own-key");
    assert_eq!(
        serde_json::from_str::<Value>(&seen[0].body).unwrap(),
        json!({ "key": "presented-key", "permissions": ["http:get"] })
    );
}

#[tokio::test]
async fn a_limit_says_which_and_how_long() {
    let (_server, client) = answering(verification(&json!({ "code": "RATE_LIMITED" }))).await;
    let (_, _, body) = guarded(client, &Handler::default(), &[("x-api-key", "presented-key")]).await;
    let expected = json!({ "requestId": "req_scripted", "limit": "key.burst", "level": "key", "name": "burst", "quota": 10, "windowMs": 1000, "remaining": 0, "retryAfterMs": 1200 });
    assert_eq!(body["details"], expected);
}

#[tokio::test]
async fn a_layer_may_be_told_otherwise_than_its_client_and_tells_why() {
    for (client_or, layer_or, status, runs) in
        [(OnUnavailable::Deny, OnUnavailable::Allow, 200, 1), (OnUnavailable::Allow, OnUnavailable::Deny, 503, 0)]
    {
        let server = Scripted::answering(|_, _| json!({ "status": 500, "code": "internal_error" })).await;
        let client = Latchkey::builder(&server.url, "own-key").on_unavailable(client_or).build().unwrap();
        let told = Arc::<Mutex<Vec<String>>>::default();
        let tell = told.clone();
        let layer = VerifyLayer::new(client, Demand::new()).on_unavailable(layer_or);
        let layer = layer.on_error(move |error| tell.lock().unwrap().push(error.code().to_owned()));
        let handler = Handler::default();
        let (answered, _, _) = sent(layer, &handler, &[("x-api-key", "presented-key")]).await;
        assert_eq!((answered, handler.runs()), (status, runs));
        assert_eq!(told.lock().unwrap().len(), 1 - runs);
    }
}
