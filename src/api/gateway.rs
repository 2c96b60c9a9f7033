//! `/gateway/{organizationId}/…`: the service in front of an origin. What the bare gate decides is decided here, for the
//! same bearer, by what a route asks for; a request that is let through is handed over and not answered.
//!
//! It stands beside the router: the platform carries the bodies of both directions and WebSockets (`cloudflare/entry.js`),
//! and this says what it sends, or answers in its place.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{CONNECTION, COOKIE, HOST, UPGRADE, VIA};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::around::Around;
use super::callers::{unknown, waited_since};
use super::canonical::{Facts, write_origin};
use super::client_ip::ClientIp;
use super::cookies::COOKIE_NAME;
use super::credentials::Presented;
use super::envelope::{Opened, Outside, refusal};
use super::identity;
use super::problem::{Code, Problem};
use super::rate_limit_fields;
use super::verification::{noted, refused, unavailable};
use crate::app::{Admitted, App, Passing, Refused, VerifyKey};
use crate::domain::caller::Reach;
use crate::domain::gateway::path::RequestPath;
use crate::domain::gateway::signature::{Message, sign};
use crate::domain::gateway::{Route, handover};
use crate::domain::id::OrganizationId;
use crate::domain::permission::Permission;
use crate::domain::rate_limit::LimitUse;
use crate::domain::verification;

/// Where it is mounted.
pub const MOUNT: &str = "/gateway/";
/// The name of a request, as its origin gets to know it.
const REQUEST_ID: &str = "latchkey-request-id";

/// What becomes of a request.
#[derive(Debug)]
pub enum Gated {
    /// It is answered here.
    Answered(Response),
    /// It is sent to its origin.
    Forwarded(Box<Forward>),
}

/// What an origin is sent, and what is done with its answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Forward {
    /// Where to.
    pub url: String,
    /// How long (ms) it may take until the origin begins to answer.
    pub timeout_ms: u32,
    /// Whether it becomes a WebSocket.
    pub upgrade: bool,
    /// Header fields of the client's that are taken off.
    pub remove: Vec<String>,
    /// Header fields that are set.
    pub set: Vec<(String, String)>,
    /// Header fields of the answer that are set.
    pub answer: Vec<(String, String)>,
    /// The name of the request.
    pub request_id: String,
    /// What the outcome is told under.
    pub outcome: Option<String>,
}

/// Decides on a request.
pub async fn answer(app: &Arc<App>, mut request: Request) -> Gated {
    let outside = Outside::of(app);
    let (opened, refused) = Opened::new(&mut request, &outside, true);
    Facts::route(request.extensions(), MOUNT);
    let (parts, _) = request.into_parts();
    let request_id = opened.request_id().to_owned();
    let passed = match refused {
        Some(problem) => Err(problem),
        None => pass(app, &parts, &request_id).await,
    };
    match passed {
        Ok((mut forward, limits)) => {
            let mut response = ().into_response();
            if let Some(limit) = LimitUse::tightest(&limits) {
                rate_limit_fields::write(limit, response.headers_mut());
            }
            let response = opened.close(response, &outside);
            forward.answer = listed(response.headers());
            Gated::Forwarded(Box::new(forward))
        }
        Err(problem) => Gated::Answered(opened.close(problem.into_response(), &outside)),
    }
}

/// Leaves a line about what a request that was handed over was answered, and how long (ms) that took to begin.
pub fn handed_over(app: &App, request_id: &str, status: u16, latency_ms: u32) {
    write_origin(&*app.world().log, app.logging(), (request_id, status, latency_ms));
}

/// What a client is answered whose origin was not there, or not in time. `headers` are what says how it is written.
#[must_use]
pub fn unreached(app: &App, request_id: &str, headers: &HeaderMap, timed_out: bool) -> Response {
    let code = if timed_out { Code::OriginTimeout } else { Code::OriginUnreachable };
    refusal(Problem::new(code), request_id, headers, &Outside::of(app))
}

fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |(name, value): (&HeaderName, &axum::http::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    headers.iter().filter_map(text).filter(|(name, _)| !name.starts_with("content-")).collect()
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn pass(app: &App, parts: &Parts, request_id: &str) -> Result<(Forward, Vec<LimitUse>), Problem> {
    let (headers, query) = (&parts.headers, parts.uri.query());
    if [Method::CONNECT, Method::TRACE].contains(&parts.method) {
        return Err(Problem::new(Code::InvalidRequest).saying("The gateway hands on no CONNECT and no TRACE."));
    }
    if handover::is_loop(header(headers, &VIA)) {
        return Err(Problem::new(Code::GatewayLoop));
    }
    let presented = Presented::find(headers, query.unwrap_or_default())?;
    let rest = parts.uri.path().strip_prefix(MOUNT).unwrap_or_default();
    let (organization, path) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len())).unwrap_or_default();
    let organization = OrganizationId::parse(organization, app.keyring()).map_err(|_| Code::GatewayRouteNotFound)?;
    let path = if path.is_empty() { "/" } else { path };
    let path = RequestPath::parse(path).ok_or_else(|| {
        Problem::new(Code::InvalidRequest).saying("The path has segments that not everybody reads alike.")
    })?;
    let (around, ClientIp(ip)) = (Around::find(headers, &parts.extensions), ClientIp::find(headers));
    let (origin, background) = (around.origin.clone(), around.background.clone());
    let mut verify = VerifyKey { origin, background, ..VerifyKey::default() };
    verify.demand.ip = ip;
    let began = app.now();
    let passing = Passing { presented: presented.expose(), organization: &organization, path: &path, verify };
    let (route, mut verification, outcome) = match Box::pin(app.pass(passing)).await {
        Ok(Admitted { route, verification, outcome }) => {
            (route, noted(Ok(verification), &around, began, app)?, outcome)
        }
        Err(Refused::NoKey) => return Err(unknown(app, ip).await),
        Err(Refused::NoRoute) => return Err(Problem::new(Code::GatewayRouteNotFound)),
        Err(Refused::Forbidden) => return Err(Problem::new(Code::OriginForbidden)),
        Err(Refused::Failed(error)) => {
            around.timing.note(None, waited_since(began, app.now()));
            return Err(unavailable(error));
        }
    };
    // How much happens in other sessions is nobody's business who holds a key of one.
    verification.limits.retain(|limit| Reach::Session.sees(limit));
    match Code::of_refusal(verification.code) {
        None => {}
        Some(Code::AuthInvalidKey) => return Err(unknown(app, ip).await),
        Some(code) => {
            let problem = refused(code, &verification, route.terms.cost, app.now());
            return Err(missing(&verification, &route).map_or(problem.clone(), |needed| problem.requiring(needed)));
        }
    }
    let target = handover::target(&route, &path, query).ok_or_else(|| Problem::new(Code::OriginForbidden))?;
    let mut fields: Vec<(&'static str, String)> = vec![(REQUEST_ID, request_id.to_owned())];
    fields.extend(verification.key.iter().flat_map(|key| identity::named(key)));
    let message =
        Message { method: parts.method.as_str(), path: &target.path, query: target.query.as_deref(), fields: &fields };
    // A route whose secrets are gone with their root secret lets nothing through.
    let signed = sign(app.keyring(), &route, &message, app.now()).ok_or_else(|| Problem::new(Code::NotConfigured))?;
    let (remove, mut set) = rewritten(parts, ip);
    set.extend(fields.into_iter().chain(signed).map(|(name, value)| (name.to_owned(), value)));
    let forward = Forward {
        url: target.url,
        timeout_ms: route.terms.timeout_ms,
        upgrade: header(headers, &UPGRADE).eq_ignore_ascii_case("websocket"),
        remove,
        set,
        answer: Vec::new(),
        request_id: request_id.to_owned(),
        outcome,
    };
    Ok((forward, verification.limits))
}

/// The first permission that a key lacks, if that is what it was refused for.
fn missing<'r>(verification: &crate::app::Verification, route: &'r Route) -> Option<&'r Permission> {
    let key = verification.key.as_ref().filter(|_| verification.code == verification::Code::InsufficientPermissions)?;
    route.terms.permissions.iter().find(|needed| !key.settings.permissions.allows(needed))
}

/// What is taken off of the client's header fields, and what takes the place of some of them.
fn rewritten(parts: &Parts, ip: Option<std::net::IpAddr>) -> (Vec<String>, Vec<(String, String)>) {
    let headers = &parts.headers;
    let connection = header(headers, &CONNECTION);
    let is_taken_off = |name: &&HeaderName| handover::is_taken_off(name.as_str(), connection);
    let mut remove: Vec<String> = headers.keys().filter(is_taken_off).map(ToString::to_string).collect();
    let mut set = vec![("via".to_owned(), handover::via(header(headers, &VIA)))];
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    let host = authority.unwrap_or_else(|| header(headers, &HOST));
    set.push(("x-forwarded-host".to_owned(), host.to_owned()));
    set.push(("x-forwarded-proto".to_owned(), parts.uri.scheme_str().unwrap_or("https").to_owned()));
    set.extend(ip.map(|ip| ("x-forwarded-for".to_owned(), ip.to_string())));
    if let Some(cookie) = headers.get(COOKIE) {
        let kept = cookie.to_str().ok().and_then(|field| handover::without_cookie(field, COOKIE_NAME));
        match kept {
            Some(kept) => set.push((COOKIE.to_string(), kept)),
            None => remove.push(COOKIE.to_string()),
        }
    }
    (remove, set)
}
