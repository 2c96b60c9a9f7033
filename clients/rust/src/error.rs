//! What goes wrong, in one shape. No error has a key in it, whatever the service or a proxy said.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Everything that the client fails with.
#[derive(Clone)]
pub struct Error(Box<Facts>);

#[derive(Clone, Default)]
struct Facts {
    message: String,
    code: String,
    status: Option<u16>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    details: Map<String, Value>,
}

/// What is wrong with one field that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Violation {
    /// A field of the body, RFC 6901.
    #[serde(default)]
    pub pointer: Option<String>,
    /// A parameter of the query, or a header.
    #[serde(default)]
    pub parameter: Option<String>,
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
}

impl Error {
    /// The client or a call was given something that cannot be sent.
    pub const INVALID_ARGUMENT: &'static str = "invalid_argument";
    /// The service could not be reached, or the connection broke.
    pub const NETWORK_ERROR: &'static str = "network_error";
    /// It took longer than it may.
    pub const TIMEOUT: &'static str = "timeout";
    /// What answered is not the service.
    pub const UNEXPECTED_ANSWER: &'static str = "unexpected_answer";

    /// Switch on this: one of the service's codes (docs/API.md, "Errors") or one of the four here.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// For people; it may change.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer; `None` if there was none.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Names the request in the log of the service (`req_…`); `None` if it never got there.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait until another try makes sense; `None` if nobody has said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the service adds, such as which limit has refused.
    pub fn details(&self) -> &Map<String, Value> {
        &self.0.details
    }

    /// What is wrong with each field that was sent (`invalid_request`).
    pub fn violations(&self) -> Vec<Violation> {
        let each = self.0.details.get("errors").and_then(Value::as_array).into_iter().flatten();
        each.filter_map(|violation| Violation::deserialize(violation).ok()).collect()
    }

    /// Whether it says nothing about what was asked: the service is away, late or in trouble.
    pub fn is_unavailable(&self) -> bool {
        [Self::NETWORK_ERROR, Self::TIMEOUT].contains(&self.code()) || self.status().is_some_and(|status| status >= 500)
    }

    /// A mistake in what the client was given. It names the argument, never its value.
    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::own(Self::INVALID_ARGUMENT, message)
    }

    /// Of what went wrong with a connection nothing is kept: a text could hold what was sent.
    pub(crate) fn unreachable() -> Self {
        Self::own(Self::NETWORK_ERROR, "The service cannot be reached.")
    }

    pub(crate) fn timeout(after: Duration) -> Self {
        Self::own(Self::TIMEOUT, format!("The service has not answered within {} ms.", after.as_millis()))
    }

    pub(crate) fn unexpected(status: StatusCode, headers: &HeaderMap) -> Self {
        let Self(facts) = Self::own(
            Self::UNEXPECTED_ANSWER,
            format!("What has answered ({}) is not the service: check its URL.", status.as_u16()),
        );
        Self(Box::new(Facts { status: Some(status.as_u16()), request_id: request_id(headers), ..*facts }))
    }

    /// Out of an answer that is no success. `secrets` are what must not come out of it again.
    pub(crate) fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Self {
        let body = serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
        let mut body = if holds_none(&body, secrets) { body } else { Map::new() };
        let details = match body.remove("details") {
            Some(Value::Object(details)) => details,
            _ => Map::new(),
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        Self(Box::new(Facts {
            message: text("message").unwrap_or_else(|| format!("The service answered {}.", status.as_u16())),
            code: text("code").unwrap_or_else(|| Self::UNEXPECTED_ANSWER.to_owned()),
            status: Some(status.as_u16()),
            request_id: request_id(headers),
            retry_after: wait(headers, &details),
            details,
        }))
    }

    fn own(code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Facts { code: code.to_owned(), message: message.into(), ..Facts::default() }))
    }
}

/// The id of a request, out of an answer.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned)
}

fn wait(headers: &HeaderMap, details: &Map<String, Value>) -> Option<Duration> {
    if let Some(ms) = details.get("retryAfterMs").and_then(Value::as_u64) {
        return Some(Duration::from_millis(ms));
    }
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let plain = (1..=9).contains(&seconds.len()) && seconds.bytes().all(|byte| byte.is_ascii_digit());
    if plain { seconds.parse().ok().map(Duration::from_secs) } else { None }
}

fn holds_none(body: &Map<String, Value>, secrets: &[&str]) -> bool {
    let text = Value::Object(body.clone()).to_string();
    // As it stands in JSON, without the quotes around it.
    secrets.iter().all(|secret| secret.is_empty() || !text.contains(Value::from(*secret).to_string().trim_matches('"')))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("request_id", &self.0.request_id)
            .field("retry_after", &self.0.retry_after)
            .field("details", &self.0.details)
            .finish()
    }
}

impl std::error::Error for Error {}
