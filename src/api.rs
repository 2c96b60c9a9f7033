//! HTTP: what a request must look like, which use case it calls, and how the answer is written.
//!
//! A handler extracts, calls one use case, and answers; it names its caller in its signature (H12). The
//! functions below are the whole table of routes; those of an organization are mounted twice. What is only handed
//! on (`gateway`) stands beside them.

pub mod around;
pub mod body;
pub mod client_ip;
pub mod credentials;
mod domain_body;
mod domains;
pub mod envelope;
pub mod fields;
pub mod gateway;
pub mod json;
pub mod limits;
pub mod problem;
pub mod query;
pub mod straight;

mod alert_rules;
mod alerts;
mod audit_export;
mod auth;
mod bulk;
mod callers;
mod canonical;
mod cookies;
mod csrf;
mod denials;
mod evidence;
mod export;
mod gateway_body;
mod gateway_routes;
mod idempotency;
mod identity;
mod imports;
mod invitations;
mod key_body;
mod key_requests;
mod keys;
mod leaks;
mod limit_body;
mod members;
mod meta;
mod mount;
#[cfg(test)]
mod openapi;
mod operator;
mod operator_users;
mod organization;
mod organizations;
mod outcome_body;
mod outcomes;
mod pages;
mod passwords;
mod paths;
mod people_body;
mod prefer;
mod rate_limit_fields;
mod refusal;
mod reply;
mod session_keys;
mod sessions;
mod sign_ins;
mod totp;
mod upkeep;
mod usage;
mod verification;
mod webhook_body;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};

use crate::app::App;
use crate::ports::{Entropy, Log};
use envelope::Outside;
use problem::{Code, Problem};

pub use around::SERVER_TIMING;
pub use rate_limit_fields::RATE_LIMIT_POLICY;

/// Marks a request that HTTP types cannot represent, such as one with a header that is not text.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable;

/// The service.
pub fn router(app: Arc<App>) -> Router {
    let outside = Outside::of(&app);
    let mut routes = Router::new()
        .route("/healthz", get(meta::healthz))
        .route("/openapi.json", get(meta::openapi))
        .route("/v1/whoami", get(verification::whoami))
        .route("/v1/keys/report-leak", post(leaks::report))
        .route("/v1/leaks/github", post(leaks::github))
        .route("/leaks/gitleaks.toml", get(leaks::gitleaks))
        .route("/v1/organization", get(organization::read))
        .route("/auth/register", post(auth::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/logout", post(auth::logout))
        .route("/auth/user", get(auth::read).patch(auth::change))
        .route("/auth/password", post(passwords::change))
        .route("/auth/password/forgot", post(passwords::forgot))
        .route("/auth/password/reset", post(passwords::reset))
        .route("/auth/sign_ins", get(sign_ins::list))
        .route("/auth/sign_ins/{id}", delete(sign_ins::end))
        .route("/auth/audit_log", get(sign_ins::audit_log))
        .route("/auth/audit_log/export", get(sign_ins::export_audit_log))
        .route("/auth/totp", post(totp::begin).delete(totp::remove))
        .route("/auth/totp/confirm", post(totp::confirm))
        .route("/auth/totp/recovery_codes", post(totp::renew))
        .route("/auth/invitations/accept", post(invitations::accept))
        .route("/organizations", post(organizations::create).get(organizations::list))
        .route(
            "/organizations/{organizationId}",
            get(organization::read).patch(organizations::change).delete(organizations::delete),
        )
        .route("/organizations/{organizationId}/export", post(export::export))
        .route("/organizations/{organizationId}/transfer", post(members::transfer))
        .route("/organizations/{organizationId}/members", get(members::list))
        .route(
            "/organizations/{organizationId}/members/{userId}",
            get(members::read).patch(members::change).delete(members::remove),
        )
        .route("/organizations/{organizationId}/members/{userId}/password_reset", post(members::reset_password))
        .route("/organizations/{organizationId}/invitations", post(invitations::create).get(invitations::list))
        .route("/organizations/{organizationId}/invitations/{id}", delete(invitations::revoke));
    for at in [mount::KEYS, mount::MEMBERS] {
        routes = management(routes, at);
    }
    if app.has_operator() {
        routes = routes
            .route("/operator/organizations", post(operator::create).get(operator::list))
            .route("/operator/organizations/{id}", get(operator::read).patch(operator::change).delete(operator::delete))
            .route("/operator/organizations/{id}/suspend", post(operator::suspend))
            .route("/operator/organizations/{id}/resume", post(operator::resume))
            .route("/operator/organizations/{id}/invitations", post(operator_users::invite))
            .route("/operator/organizations/{id}/metrics", get(upkeep::metrics_of))
            .route("/operator/organizations/{id}/republish", post(upkeep::republish))
            .route("/operator/metrics", get(upkeep::metrics))
            .route("/operator/users", get(operator_users::list))
            .route("/operator/users/{userId}/password_reset", post(operator_users::reset_password))
            .route("/operator/users/{userId}/totp", delete(operator_users::remove_totp));
    }
    #[cfg(feature = "panic-route")]
    let routes = routes.route("/panic", get(meta::panic));
    // On the routes themselves: only there it is known which one was asked for.
    let routes = routes.route_layer(from_fn(denials::note));
    envelope::enclose(routes.with_state(app).layer(from_fn(readable)), outside)
}

/// What keys and members do alike: the same routes, mounted below both of their places.
fn management(routes: Router<Arc<App>>, at: &str) -> Router<Arc<App>> {
    let below = |path: &str| format!("{at}{path}");
    routes
        .route(&below("/keys/verify"), post(verification::verify))
        .route(&below("/outcomes"), post(outcomes::create))
        .route(&below("/api_keys"), post(keys::create).get(keys::list))
        .route(&below("/api_keys/revoke"), post(bulk::revoke))
        .route(&below("/api_keys/unused"), get(bulk::unused))
        .route(&below("/api_keys/{id}/evidence"), get(evidence::of_key))
        .route(&below("/api_keys/{id}"), get(keys::read).patch(keys::change).delete(keys::revoke))
        .route(&below("/api_keys/{id}/rotate"), post(keys::rotate))
        .route(&below("/api_keys/{id}/usage"), get(usage::of_key))
        .route(&below("/api_keys/{id}/requests"), get(usage::requests))
        .route(&below("/imports"), post(imports::create))
        .route(&below("/sessions"), post(sessions::create).get(sessions::list))
        .route(&below("/sessions/{id}"), get(sessions::read).patch(sessions::change).delete(sessions::delete))
        .route(&below("/sessions/{id}/api_keys"), post(session_keys::create).get(session_keys::list))
        .route(&below("/sessions/{id}/health"), get(sessions::health))
        .route(&below("/sessions/{id}/usage"), get(usage::of_session))
        .route(&below("/usage"), get(usage::of_organization))
        .route(&below("/audit_log"), get(organization::audit_log))
        .route(&below("/audit_log/export"), get(audit_export::export))
        .route(&below("/alert_rules"), get(alert_rules::list))
        .route(&below("/alert_rules/{kind}"), patch(alert_rules::change).delete(alert_rules::reset))
        .route(&below("/alerts"), get(alerts::list))
        .route(&below("/alerts/{id}"), get(alerts::read))
        .route(&below("/alerts/{id}/acknowledge"), post(alerts::acknowledge))
        .route(&below("/domains"), post(domains::create).get(domains::list))
        .route(&below("/domains/{id}"), get(domains::read).patch(domains::change).delete(domains::delete))
        .route(&below("/domains/{id}/verify"), post(domains::verify))
        .route(&below("/gateway_routes"), post(gateway_routes::create).get(gateway_routes::list))
        .route(
            &below("/gateway_routes/{id}"),
            get(gateway_routes::read).patch(gateway_routes::change).delete(gateway_routes::delete),
        )
        .route(&below("/gateway_routes/{id}/rotate_secret"), post(gateway_routes::rotate_secret))
        .route(&below("/webhook_endpoints"), post(webhooks::create).get(webhooks::list))
        .route(&below("/webhook_endpoints/{id}"), get(webhooks::read).patch(webhooks::change).delete(webhooks::delete))
        .route(&below("/webhook_endpoints/{id}/rotate_secret"), post(webhooks::rotate_secret))
        .route(&below("/webhook_endpoints/{id}/test"), post(webhooks::test))
        .route(&below("/webhook_endpoints/{id}/deliveries"), get(webhooks::deliveries))
        .route(&below("/webhook_endpoints/{id}/deliveries/{deliveryId}"), get(webhooks::delivery))
        .route(&below("/webhook_endpoints/{id}/deliveries/{deliveryId}/replay"), post(webhooks::replay))
}

/// What a deployment answers that cannot work: 503 to everything.
pub fn unconfigured(entropy: Arc<dyn Entropy>, log: Arc<dyn Log>) -> Router {
    let routes = Router::new().fallback(|| async { Problem::new(Code::NotConfigured) });
    envelope::enclose(routes, Outside { entropy, log, logging: None })
}

async fn readable(request: Request, next: Next) -> Response {
    if request.extensions().get::<Unreadable>().is_some() {
        return Problem::new(Code::InvalidRequest).saying("A header or the URL is not readable text.").into_response();
    }
    next.run(request).await
}
