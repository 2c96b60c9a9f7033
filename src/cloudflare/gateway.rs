//! The gateway's calls from JavaScript: what becomes of a request, what its origin has answered, and what a client is told
//! whose origin was not there. The shell (entry.js) carries bodies, header fields and WebSockets as the platform has them,
//! so that none of them passes through here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

use super::direct::{Lifetime, routed, write};
use super::{SERVICE, Service};
use crate::api::gateway::{Gated, answer, handed_over, unreached as told};
use crate::app::{App, Background};

/// Decides on a request, in the words of `direct`; the values of header fields that nobody looks at may be left out. The
/// answer is text, or a promise of it: an answer as `direct` writes it, or `forward`, a line break, and in JSON what to
/// send. It is undefined if the service is not set up yet.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn gate(head: &str, lifetime: Lifetime) -> JsValue {
    let Some(service) = SERVICE.with(|cell| cell.get().cloned()) else { return JsValue::UNDEFINED };
    let mut answering = Box::pin(gated(service, read(head), lifetime));
    // What can be decided here is decided in the first step: nobody has to come back for it.
    match answering.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(text) => JsValue::from(text),
        Poll::Pending => future_to_promise(waiting(answering)).into(),
    }
}

async fn waiting(answering: Pin<Box<impl Future<Output = String>>>) -> Result<JsValue, JsValue> {
    Ok(JsValue::from(answering.await))
}

/// A request that cannot be represented is one that no route answers.
fn read(head: &str) -> Request<Body> {
    parsed(head).unwrap_or_else(super::unreadable)
}

fn parsed(head: &str) -> Option<Request<Body>> {
    let mut lines = head.split_terminator('\n');
    let mut request = Request::builder().method(lines.next()?).uri(lines.next()?);
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request = request.header(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    request.body(Body::empty()).ok()
}

async fn gated(service: Service, mut request: Request<Body>, lifetime: Lifetime) -> String {
    let Service { mut router, app, mut colo } = service;
    let is_readable = request.extensions().get::<crate::api::Unreadable>().is_none();
    // The router says that there is no service, or that nobody can read this.
    let Some(app) = app.filter(|_| is_readable) else { return write(routed(&mut router, request).await).await };
    let background = Background::default();
    request.extensions_mut().insert(background.clone());
    if let Some(colo) = colo.take() {
        request.extensions_mut().insert(colo);
    }
    let gated = answer(&app, request).await;
    carry_out(&app, &background, &lifetime);
    match gated {
        Gated::Answered(response) => write(response).await,
        Gated::Forwarded(forward) => format!("forward\n{}", serde_json::to_string(&forward).unwrap_or_default()),
    }
}

fn carry_out(app: &Arc<App>, background: &Background, lifetime: &Lifetime) {
    for job in background.take() {
        let app = Arc::clone(app);
        let work = async move {
            app.carry_out(job).await;
            Ok(JsValue::UNDEFINED)
        };
        lifetime.wait_until(&future_to_promise(work));
    }
}

/// Notes what the client is answered in the end, and how long (ms) it took to begin.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn settle(outcome: Option<String>, request_id: &str, status: u16, latency_ms: u32, lifetime: Lifetime) {
    let Some(app) = SERVICE.with(|cell| cell.get().and_then(|service| service.app.clone())) else { return };
    handed_over(&app, request_id, status, latency_ms);
    let Some(outcome) = outcome else { return };
    let background = Background::default();
    app.note_outcome(&outcome, status, latency_ms, &background);
    carry_out(&app, &background, &lifetime);
}

/// Writes what a client is told whose origin was not there, or not in time.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript reaches it")]
pub fn unreached(request_id: &str, accept: &str, timed_out: bool) -> JsValue {
    let Some(app) = SERVICE.with(|cell| cell.get().and_then(|service| service.app.clone())) else {
        return JsValue::UNDEFINED;
    };
    let mut headers = HeaderMap::new();
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(ACCEPT, accept);
    }
    let response = told(&app, request_id, &headers, timed_out);
    future_to_promise(async move { Ok(JsValue::from(write(response).await)) }).into()
}
