//! The direct way for verifications: a call from JavaScript in place of a request of the platform.
//!
//! Turning the platform's requests and responses into ours costs more than a verification that asks nobody. So the shell
//! (entry.js) hands over method, URL, the headers that a verification looks at and the body as they are, and gets the
//! answer as text: at once if nothing had to be waited for, else as a promise. It is the same handlers and the same envelope
//! that answer (api/straight.rs); a request that is not plain takes the long way before anything has happened.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::BodyExt;
use tower_service::Service as _;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use worker::js_sys::Promise;

use super::{SERVICE, Service};
use crate::api::envelope::ALWAYS;
use crate::api::{RATE_LIMIT_POLICY, SERVER_TIMING, straight};
use crate::app::Background;

#[wasm_bindgen]
extern "C" {
    /// The platform's context of a request.
    pub type Lifetime;

    #[wasm_bindgen(method, js_name = waitUntil)]
    pub(super) fn wait_until(this: &Lifetime, work: &Promise);
}

/// Answers a request. `head` is lines: method, URL, then of each header its name and its value. The answer is text: a line
/// with the status; then headers in the same way, but those that are always there: first the ones whose values occur
/// again and again, after an empty line the others; after another empty line the body. Or it is a promise of that; or
/// undefined, if the request has to take the long way.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn direct(head: &str, body: Option<Vec<u8>>, lifetime: Lifetime) -> JsValue {
    let Some(mut service) = SERVICE.with(|cell| cell.get().cloned()) else { return JsValue::UNDEFINED };
    let Some(mut request) = read(head, body) else { return JsValue::UNDEFINED };
    let background = Background::default();
    request.extensions_mut().insert(background.clone());
    if let Some(colo) = service.colo.take() {
        request.extensions_mut().insert(colo);
    }
    let mut answering = Box::pin(answer(service, request, background, lifetime));
    // What can be decided here is decided in the first step: nobody has to come back for it.
    match answering.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(text) => JsValue::from(text),
        Poll::Pending => future_to_promise(waiting(answering)).into(),
    }
}

async fn waiting(answering: Pin<Box<impl Future<Output = String>>>) -> Result<JsValue, JsValue> {
    Ok(JsValue::from(answering.await))
}

fn read(head: &str, body: Option<Vec<u8>>) -> Option<Request<Body>> {
    let mut lines = head.split_terminator('\n');
    let mut request = Request::builder().method(lines.next()?).uri(lines.next()?);
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request = request.header(name, HeaderValue::from_str(value).ok()?);
    }
    request.body(body.map_or_else(Body::empty, Body::from)).ok()
}

async fn answer(service: Service, request: Request<Body>, background: Background, lifetime: Lifetime) -> String {
    let Service { mut router, app, .. } = service;
    let Some(app) = app else { return write(routed(&mut router, request).await).await };
    let response = match straight::begin(&app, request) {
        Ok(answering) => answering.await,
        Err(request) => routed(&mut router, request).await,
    };
    for job in background.take() {
        let app = Arc::clone(&app);
        let work = async move {
            app.carry_out(job).await;
            Ok(JsValue::UNDEFINED)
        };
        lifetime.wait_until(&future_to_promise(work));
    }
    write(response).await
}

pub(super) async fn routed(router: &mut Router, request: Request<Body>) -> Response<Body> {
    router.call(request).await.unwrap_or_else(|never| match never {})
}

/// The headers that every answer has, in the same way: whoever makes the response has them made once.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn standing() -> String {
    let mut text = String::new();
    for (name, value) in ALWAYS {
        line(&mut text, name.as_str(), value);
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // An empty line would end the headers. A blank around a value is none of it (RFC 9110 section 5.5).
    let value = if value.is_empty() { " " } else { value };
    for part in [name, "\n", value, "\n"] {
        text.push_str(part);
    }
}

/// Headers that many answers have in common.
const COMMON: [HeaderName; 3] = [CONTENT_TYPE, SERVER_TIMING, RATE_LIMIT_POLICY];

pub(super) async fn write(response: Response<Body>) -> String {
    let (parts, body) = response.into_parts();
    let mut text = String::with_capacity(2_048);
    text.push_str(parts.status.as_str());
    text.push('\n');
    for common in [true, false] {
        for (name, value) in &parts.headers {
            // Ours are ASCII.
            let Ok(value) = value.to_str() else { continue };
            let is_always = ALWAYS.iter().any(|always| always.0 == name && always.1 == value);
            if COMMON.contains(name) == common && !is_always {
                line(&mut text, name.as_str(), value);
            }
        }
        text.push('\n');
    }
    // A body of ours is text, and all of it is there.
    if let Ok(body) = body.collect().await
        && let Ok(body) = std::str::from_utf8(&body.to_bytes())
    {
        text.push_str(body);
    }
    text
}
