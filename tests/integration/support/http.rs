//! The house's front door: the production router and the straight way past it, one request at a time, as in a worker.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use latchkey::api::envelope::ALWAYS;
use latchkey::api::straight;
use latchkey::app::{App, Background};

use super::contract::CONTRACT;
use super::house::House;

/// What came back over HTTP.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
    /// Whether the body broke off: what there is of it is not all.
    pub broken_off: bool,
}

impl Response {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status and error code.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl House {
    /// Sends a request through the router; the answer must be one that the document shows.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let response = self.run(self.sent(method, path, headers, body));
        CONTRACT.check(method, path, body, &response);
        response
    }

    /// A request on its way: the router answers it when it is awaited.
    pub fn sent(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> impl Future<Output = Response> + Send + use<> {
        let answered = self.answered(method, path, headers, body);
        async {
            let response = answered.await;
            assert!(!response.broken_off, "{response:?}");
            response
        }
    }

    /// Sends a request without a body; the answer may break off.
    pub fn begin(&self, secret: &str, method: &str, path: &str) -> Response {
        let bearer = format!("Bearer {secret}");
        self.run(self.answered(method, path, &[("authorization", &bearer), ("cf-connecting-ip", "192.0.2.1")], ""))
    }

    fn answered(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> impl Future<Output = Response> + Send + use<> {
        answered_by(&self.app, self.written(method, path, headers, body))
    }

    /// Sends a request as it is: the straight way if it has one, else through the router.
    #[allow(dead_code, reason = "for tests/input, which shares this support")]
    pub fn deliver(&self, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(self.afterwork.background.clone());
        self.run(answered_by(&self.app, request))
    }

    /// Sends a request to another isolate; what goes on afterwards waits there.
    #[allow(dead_code, reason = "for tests/model, which shares this support")]
    pub fn request_at(
        &self,
        (app, background): (&Arc<App>, &Background),
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let mut request = self.written(method, path, headers, body);
        request.extensions_mut().insert(background.clone());
        let response = self.finish(answered_by(app, request));
        CONTRACT.check(method, path, body, &response);
        response
    }

    /// Sends a request through the router, also one that has a straight way.
    pub fn routed(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        let request = self.written(method, path, headers, body);
        let router = latchkey::api::router(self.app.clone());
        self.run(async { read(tower::ServiceExt::oneshot(router, request).await.unwrap()).await })
    }

    fn written(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(self.afterwork.background.clone());
        request
    }

    /// Sends a request with a secret key and, unless it is null, a JSON body.
    pub fn call(&self, secret: &str, method: &str, path: &str, body: &serde_json::Value) -> Response {
        let bearer = format!("Bearer {secret}");
        let mut headers = vec![("authorization", bearer.as_str()), ("cf-connecting-ip", "192.0.2.1")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_null() {
            headers.push(("content-type", "application/json"));
        }
        self.request(method, path, &headers, &text)
    }

    /// Sends a request with the operator's token and, unless it is null, a JSON body.
    pub fn operate(&self, method: &str, path: &str, body: &serde_json::Value) -> Response {
        self.call(super::words::OPERATOR_TOKEN, method, path, body)
    }
}

fn answered_by(app: &Arc<App>, request: Request<Body>) -> impl Future<Output = Response> + Send + use<> {
    let answering = straight::begin(app, request);
    let router = latchkey::api::router(app.clone());
    async {
        let response = match answering {
            Ok(answering) => {
                let mut response = answering.await;
                for (name, value) in ALWAYS {
                    let former = response.headers_mut().insert(name, value.parse().unwrap());
                    assert_eq!(former, None, "the caller adds it");
                }
                response
            }
            Err(request) => tower::ServiceExt::oneshot(router, request).await.unwrap(),
        };
        read(response).await
    }
}

async fn read(response: axum::response::Response) -> Response {
    let (head, mut frames) = response.into_parts();
    let (mut body, mut broken_off) = (Vec::new(), false);
    while let Some(frame) = http_body_util::BodyExt::frame(&mut frames).await {
        match frame {
            Ok(frame) => body.extend(frame.into_data().unwrap_or_default()),
            Err(_) => broken_off = true,
        }
    }
    Response { status: head.status.as_u16(), headers: head.headers, body, broken_off }
}
