//! Finds the one credential of a request, has it verified, and says what to answer if it is not good. Statuses, codes and
//! headers are those of the gate `GET /v1/whoami` (docs/API.md, "Verification codes").

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::client::{Latchkey, OnUnavailable};
use crate::demand::Demand;
use crate::error::Error;
use crate::verify::Decision;
use crate::words::Code;

/// What is answered in place of the handler.
pub(crate) struct Refused {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Value,
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: &str) -> Self {
        let headers = vec![
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ];
        Self { status, headers, body: json!({ "message": message, "code": code, "details": {} }) }
    }

    fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.push((name, value));
        }
        self
    }

    fn detailed(mut self, details: Map<String, Value>) -> Self {
        if let Some(body) = self.body.as_object_mut() {
            body.insert("details".to_owned(), Value::Object(details));
        }
        self
    }

    pub(crate) fn into_response<B: From<String>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.body.to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Decides on a request. Whatever goes wrong, it does not pass.
pub(crate) async fn decide(
    latchkey: &Latchkey,
    presented: &str,
    demand: &Demand,
    or: OnUnavailable,
    on_error: &(dyn Fn(&Error) + Send + Sync),
) -> Result<Decision, Refused> {
    let decision = match latchkey.verify_or(presented, demand, or).await {
        Ok(decision) => decision,
        Err(failed) => {
            on_error(&failed);
            return Err(unavailable(&failed));
        }
    };
    // Two ways of saying the same: nothing passes on one of them alone.
    if decision.valid && matches!(decision.code, Code::Valid | Code::Unverified) {
        return Ok(decision);
    }
    Err(refusal(&decision, demand))
}

/// Also if our own credential is the one that is refused: that says nothing about the one that was presented.
fn unavailable(failed: &Error) -> Refused {
    let message = "The key cannot be verified at the moment; that says nothing about the key.";
    let wait_ms = failed.retry_after().map_or(1_000, |wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    Refused::new(StatusCode::SERVICE_UNAVAILABLE, "verification_unavailable", message)
        .with(RETRY_AFTER, seconds(wait_ms))
}

/// How each decision leaves, and in which words.
fn answer_to(code: &Code) -> (StatusCode, &'static str, &'static str) {
    const UNAUTHORIZED: StatusCode = StatusCode::UNAUTHORIZED;
    const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;
    const LIMITED: StatusCode = StatusCode::TOO_MANY_REQUESTS;
    match code {
        Code::Revoked => (UNAUTHORIZED, "auth_key_revoked", "The API key has been revoked."),
        Code::Disabled => (UNAUTHORIZED, "auth_key_disabled", "The API key is disabled."),
        Code::Expired => (UNAUTHORIZED, "auth_key_expired", "The API key has expired."),
        Code::NotYetValid => (UNAUTHORIZED, "auth_key_not_yet_valid", "The API key is not valid yet."),
        Code::OrganizationSuspended => {
            (UNAUTHORIZED, "auth_organization_suspended", "The organization of the API key is suspended.")
        }
        Code::SessionDisconnected => {
            (UNAUTHORIZED, "auth_session_disconnected", "The session of the API key is disconnected.")
        }
        Code::WrongSession => (FORBIDDEN, "wrong_session", "The API key belongs to another session."),
        Code::WrongEnvironment => (FORBIDDEN, "wrong_environment", "The API key belongs to another environment."),
        Code::Forbidden => (FORBIDDEN, "forbidden_ip", "The API key may not be used from this address."),
        Code::InsufficientPermissions => (FORBIDDEN, "insufficient_permissions", "The API key lacks a permission."),
        Code::DomainNotAllowed => (FORBIDDEN, "domain_not_allowed", "The API key may not act for this domain."),
        Code::RateLimited => (LIMITED, "rate_limited", "The rate limit is reached."),
        Code::UsageExceeded => (LIMITED, "usage_exceeded", "The usage limit is reached."),
        // What contradicts itself, or is of later, is no key that we know.
        Code::NotFound | Code::Valid | Code::Unverified | Code::Other(_) => {
            (UNAUTHORIZED, "auth_invalid_key", "The API key is not valid.")
        }
    }
}

fn refusal(decision: &Decision, demand: &Demand) -> Refused {
    let (status, code, message) = answer_to(&decision.code);
    let mut refused = Refused::new(status, code, message);
    refused.headers.extend(decision.headers.iter().cloned());
    let mut details = Map::new();
    let mut say = |name: &str, value: Value| drop(details.insert(name.to_owned(), value));
    say("requestId", json!(decision.request_id));
    if status == StatusCode::UNAUTHORIZED {
        refused = refused.with(WWW_AUTHENTICATE, challenge("invalid_token", &[]));
    }
    if decision.code == Code::InsufficientPermissions {
        refused = refused.with(WWW_AUTHENTICATE, challenge("insufficient_scope", &demand.permissions));
    }
    if decision.code == Code::UsageExceeded {
        // When credits are filled up again a verification does not say.
        say("limit", json!("key.credits"));
        say("level", json!("key"));
        say("name", json!("credits"));
        say("remaining", json!(decision.credits.as_ref().map(|credits| credits.remaining)));
    }
    if decision.code == Code::RateLimited
        && let Some(by) = &decision.limited_by
    {
        say("limit", json!(format!("{}.{}", by.level, by.name)));
        say("level", json!(by.level));
        say("name", json!(by.name));
        let met = decision.rate_limits.iter().find(|met| met.level == by.level && met.name == by.name);
        if let Some(met) = met {
            say("quota", json!(met.limit));
            say("windowMs", json!(met.window_ms));
            say("remaining", json!(met.remaining));
            // Null if waiting never helps: the request costs more than the limit is.
            say("retryAfterMs", json!(met.retry_after_ms));
            if let Some(wait_ms) = met.retry_after_ms {
                refused = refused.with(RETRY_AFTER, seconds(wait_ms.max(met.reset_ms.unwrap_or(0))));
            }
        }
    }
    refused.detailed(details)
}

/// The one credential of a request, read as strictly as the service does.
pub(crate) fn credential(headers: &HeaderMap) -> Result<String, Refused> {
    let authorization = joined(headers, &AUTHORIZATION);
    let own = joined(headers, &HeaderName::from_static("x-api-key"));
    if [&authorization, &own].into_iter().flatten().any(|value| value.contains(',')) {
        let message = "A header with credentials was sent more than once or holds a list.";
        return Err(mistake("auth_malformed_header", message));
    }
    let presented = match (authorization, own) {
        (Some(_), Some(_)) => {
            let message = "Credentials were sent in more than one way; send one.";
            return Err(mistake("auth_conflicting_credentials", message));
        }
        (Some(authorization), None) if !authorization.is_empty() => bearer(&authorization)
            .ok_or_else(|| missing("The Authorization header must read \"Bearer KEY\"."))?
            .to_owned(),
        (None, Some(own)) if !own.is_empty() => own,
        (_, _) => {
            return Err(missing(
                "No API key was sent. Send it as \"Authorization: Bearer KEY\" or \"x-api-key: KEY\".",
            ));
        }
    };
    let plain = presented.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte));
    if plain && (1..=512).contains(&presented.len()) {
        return Ok(presented);
    }
    let (status, code, message) = answer_to(&Code::NotFound);
    Err(Refused::new(status, code, message).with(WWW_AUTHENTICATE, challenge("invalid_token", &[])))
}

/// All that was sent under a name, as one list.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    if values.is_empty() { None } else { Some(values.join(", ").trim().to_owned()) }
}

/// What follows the scheme: after spaces, or from a tab on, which no key has.
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, rest) = (authorization.get(..6)?, authorization.get(6..)?);
    let follows = rest.starts_with([' ', '\t']) && scheme.eq_ignore_ascii_case("bearer");
    if follows { Some(rest.trim_start_matches(' ')) } else { None }
}

fn missing(message: &str) -> Refused {
    let challenge = challenge("", &[]);
    Refused::new(StatusCode::UNAUTHORIZED, "auth_missing_credentials", message).with(WWW_AUTHENTICATE, challenge)
}

fn mistake(code: &str, message: &str) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, code, message).with(WWW_AUTHENTICATE, challenge("invalid_request", &[]))
}

/// RFC 6750 §3; of what is needed only what fits its grammar.
fn challenge(error: &str, permissions: &[String]) -> String {
    let scope = permissions.join(" ");
    let fits = !scope.is_empty() && scope.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte));
    let error = if error.is_empty() { String::new() } else { format!(", error=\"{error}\"") };
    let scope = if fits { format!(", scope=\"{scope}\"") } else { String::new() };
    format!("Bearer realm=\"latchkey\"{error}{scope}")
}

/// For a header that counts whole seconds.
fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1000).max(1)
}
