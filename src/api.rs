//! HTTP: what a request must look like, which use case it calls, and how the answer is written.
//!
//! A handler extracts, calls one use case, and answers; it names its caller in its signature (H12). The
//! functions below are the whole table of routes; those of an organization are mounted twice.

pub mod body;
pub mod client_ip;
pub mod credentials;
pub mod envelope;
pub mod fields;
pub mod json;
pub mod limits;
pub mod problem;
pub mod query;

mod callers;
mod cookies;
mod csrf;
mod idempotency;
mod key_body;
mod key_requests;
mod keys;
mod meta;
mod mount;
#[cfg(test)]
mod openapi;
mod operator;
mod organization;
mod pages;
mod paths;
mod refusal;
mod reply;
mod session_keys;
mod sessions;
mod verification;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;
use crate::ports::{Entropy, Log};
use problem::{Code, Problem};

/// Marks a request that HTTP types cannot represent, such as one with a header that is not text.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable;

/// The service.
pub fn router(app: Arc<App>) -> Router {
    let world = app.world();
    let (entropy, log) = (Arc::clone(&world.entropy), Arc::clone(&world.log));
    let mut routes = Router::new()
        .route("/healthz", get(meta::healthz))
        .route("/openapi.json", get(meta::openapi))
        .route("/v1/whoami", get(verification::whoami))
        .route("/v1/organization", get(organization::read))
        .route("/organizations/{organizationId}", get(organization::read));
    for at in [mount::KEYS, mount::MEMBERS] {
        routes = management(routes, at);
    }
    if app.has_operator() {
        routes = routes
            .route("/operator/organizations", post(operator::create).get(operator::list))
            .route("/operator/organizations/{id}", get(operator::read).patch(operator::change).delete(operator::delete))
            .route("/operator/organizations/{id}/suspend", post(operator::suspend))
            .route("/operator/organizations/{id}/resume", post(operator::resume));
    }
    #[cfg(feature = "panic-route")]
    let routes = routes.route("/panic", get(meta::panic));
    envelope::enclose(routes.with_state(app).layer(from_fn(readable)), entropy, log)
}

/// What keys and members do alike: the same routes, mounted below both of their places.
fn management(routes: Router<Arc<App>>, at: &str) -> Router<Arc<App>> {
    let below = |path: &str| format!("{at}{path}");
    routes
        .route(&below("/keys/verify"), post(verification::verify))
        .route(&below("/api_keys"), post(keys::create).get(keys::list))
        .route(&below("/api_keys/{id}"), get(keys::read).patch(keys::change).delete(keys::revoke))
        .route(&below("/api_keys/{id}/rotate"), post(keys::rotate))
        .route(&below("/sessions"), post(sessions::create).get(sessions::list))
        .route(&below("/sessions/{id}"), get(sessions::read).patch(sessions::change).delete(sessions::delete))
        .route(&below("/sessions/{id}/api_keys"), post(session_keys::create).get(session_keys::list))
        .route(&below("/sessions/{id}/health"), get(sessions::health))
        .route(&below("/audit_log"), get(organization::audit_log))
}

/// What a deployment answers that cannot work: 503 to everything.
pub fn unconfigured(entropy: Arc<dyn Entropy>, log: Arc<dyn Log>) -> Router {
    let routes = Router::new().fallback(|| async { Problem::new(Code::NotConfigured) });
    envelope::enclose(routes, entropy, log)
}

async fn readable(request: Request, next: Next) -> Response {
    if request.extensions().get::<Unreadable>().is_some() {
        return Problem::new(Code::InvalidRequest).saying("A header or the URL is not readable text.").into_response();
    }
    next.run(request).await
}
