//! The line that a request leaves in the operator's log: one JSON object, of members that are listed here and no others.
//!
//! Whoever recognises a caller or a route notes it on the way; the envelope writes the line once the answer is there. No
//! header, no body and no query is ever in it, and no address unless the operator wants them. JSON escapes what would
//! break a line or drive a terminal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use axum::http::Extensions;
use axum::response::Response;
use serde::Serialize;

use super::around::{Around, ServerTiming};
use super::client_ip::ClientIp;
use super::problem::Problem;
use crate::app::{Logged, Logging, Principal};
use crate::domain::caller::Bearer;
use crate::domain::timestamp::Timestamp;
use crate::ports::{Clock, Log};

/// What is known of a request while it is worked on.
#[derive(Clone, Default)]
pub(super) struct Facts(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    route: Option<String>,
    organization_id: Option<String>,
    actor: Option<(&'static str, Option<String>)>,
    verification: Option<&'static str>,
}

impl Facts {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(extensions: &Extensions, work: impl FnOnce(&mut Known)) {
        if let Some(facts) = extensions.get::<Self>() {
            work(&mut facts.known());
        }
    }

    /// Notes the route, without what stands in its places.
    pub(super) fn route(extensions: &Extensions, route: &str) {
        Self::note(extensions, |known| known.route = Some(route.to_owned()));
    }

    /// Notes who calls for an organization.
    pub(super) fn principal(extensions: &Extensions, principal: &Principal) {
        Self::note(extensions, |known| {
            known.organization_id = Some(principal.caller.organization_id.to_string());
            known.actor = Some(match &principal.caller.bearer {
                Bearer::Key { key_id } => ("api_key", Some(key_id.to_string())),
                Bearer::User { user_id } => ("user", Some(user_id.to_string())),
            });
        });
    }

    /// Notes a user who is signed in.
    pub(super) fn user(extensions: &Extensions, user_id: &str) {
        Self::note(extensions, |known| known.actor = Some(("user", Some(user_id.to_owned()))));
    }

    /// Notes that the operator calls.
    pub(super) fn operator(extensions: &Extensions) {
        Self::note(extensions, |known| known.actor = Some(("operator", None)));
    }

    /// Notes what a verification has come to.
    pub(super) fn verification(&self, code: &'static str) {
        self.known().verification = Some(code);
    }
}

/// A request that will leave a line.
pub(super) struct Draft {
    facts: Facts,
    began: Timestamp,
    method: String,
    country: Option<String>,
    colo: Option<String>,
    client: Option<String>,
    ip: Option<String>,
}

impl Draft {
    /// Begins a line, if this request is to leave one.
    pub(super) fn begin(
        logging: Logging,
        clock: &dyn Clock,
        request: &mut Request,
        is_verification: bool,
    ) -> Option<Self> {
        match logging.requests {
            Logged::None => return None,
            Logged::Management if is_verification => return None,
            Logged::Management | Logged::All => {}
        }
        let facts = Facts::default();
        request.extensions_mut().insert(facts.clone());
        let origin = Around::find(request.headers(), request.extensions()).origin;
        let ip = ClientIp::find(request.headers()).0.filter(|_| logging.addresses).map(|ip| ip.to_string());
        let (began, method) = (clock.now(), request.method().as_str().chars().take(METHOD_CHARACTERS_MAX).collect());
        Some(Self { facts, began, method, country: origin.country, colo: origin.colo, client: origin.client, ip })
    }

    /// Writes the line.
    pub(super) fn write(
        &self,
        log: &dyn Log,
        now: Timestamp,
        (request_id, response, timing): (&str, &Response, &ServerTiming),
    ) {
        let known = self.facts.known();
        let waited = timing.waited();
        let line = Line {
            level: "info",
            event: "request",
            request_id,
            method: &self.method,
            route: known.route.as_deref(),
            status: response.status().as_u16(),
            code: response.extensions().get::<Problem>().map(|problem| problem.code().as_str()),
            duration_ms: now.millis_since(self.began).max(0),
            kv_ms: waited.kv_ms,
            objects_ms: waited.objects_ms,
            organization_id: known.organization_id.as_deref(),
            actor: known.actor.as_ref().map(|(kind, _)| *kind),
            actor_id: known.actor.as_ref().and_then(|(_, id)| id.as_deref()),
            verification: known.verification,
            country: self.country.as_deref(),
            colo: self.colo.as_deref(),
            client: self.client.as_deref(),
            ip: self.ip.as_deref(),
        };
        // Every member can be written as JSON.
        if let Ok(line) = serde_json::to_string(&line) {
            log.info(&line.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"));
        }
    }
}

/// Writes what has become of a request that was handed over to an origin, if requests of its kind leave lines.
pub(super) fn write_origin(log: &dyn Log, logging: Logging, (request_id, status, duration_ms): (&str, u16, u32)) {
    match logging.requests {
        Logged::None | Logged::Management => {}
        Logged::All => {
            let line = OriginLine { level: "info", event: "origin", request_id, status, duration_ms };
            if let Ok(line) = serde_json::to_string(&line) {
                log.info(&line);
            }
        }
    }
}

/// The longest method that is written; those of HTTP are shorter, and a client may make up one.
const METHOD_CHARACTERS_MAX: usize = 16;

/// All that may ever stand in a line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    level: &'static str,
    event: &'static str,
    request_id: &'a str,
    method: &'a str,
    route: Option<&'a str>,
    status: u16,
    code: Option<&'static str>,
    duration_ms: i64,
    kv_ms: Option<u64>,
    objects_ms: Option<u64>,
    organization_id: Option<&'a str>,
    actor: Option<&'static str>,
    actor_id: Option<&'a str>,
    verification: Option<&'static str>,
    country: Option<&'a str>,
    colo: Option<&'a str>,
    client: Option<&'a str>,
    ip: Option<&'a str>,
}

/// All of the second line of a request that was handed over: the first one was written when that was decided.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OriginLine<'a> {
    level: &'static str,
    event: &'static str,
    request_id: &'a str,
    status: u16,
    duration_ms: u32,
}
