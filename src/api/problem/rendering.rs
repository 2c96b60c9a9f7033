//! How a problem looks on the wire: our own shape by default, RFC 9457 for who asks, and the headers that go with it.
//!
//! Every 401 carries a challenge (RFC 9110 §15.5.2, RFC 6750 §3): without an `error` if nothing was presented, and never
//! with more about a key than the code says.

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::super::cookies::CLEARED;
use super::super::rate_limit_fields;
use super::{Code, Problem, Retry};

/// What a client should wait when nobody knows better.
const DEFAULT_RETRY_SECONDS: u64 = 1;

/// The two shapes of an error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `{message, code, details}` as `application/json`.
    Own,
    /// `application/problem+json` (RFC 9457), with `code` and `details` as extensions.
    ProblemDetails,
}

impl Form {
    /// What the client wants: problem details only if it names them, and not less than plain JSON.
    #[must_use]
    pub fn wanted(headers: &HeaderMap) -> Self {
        let weight = |media_type: &str| {
            let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let ranges = accepted.flat_map(|value| value.split(',')).map(str::trim);
            ranges.filter_map(|range| weight_of(range, media_type)).fold(0.0, f32::max)
        };
        let details = weight("application/problem+json");
        if details > 0.0 && details >= weight("application/json") { Self::ProblemDetails } else { Self::Own }
    }
}

/// The `q` of one media range if it names `media_type`; an unreadable `q` counts as 0.
fn weight_of(range: &str, media_type: &str) -> Option<f32> {
    let mut parts = range.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(media_type) {
        return None;
    }
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    q.map_or(Some(1.0), |q| Some(q.parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)))
}

/// Writes a problem out. `request_id` is ours; nothing of the request is repeated, its path included.
#[must_use]
pub fn render(problem: &Problem, request_id: &str, form: Form) -> Response {
    let (body, media_type) = match form {
        Form::Own => (own(problem, request_id), "application/json"),
        Form::ProblemDetails => (problem_details(problem, request_id), "application/problem+json"),
    };
    let text = body.to_string();
    let length = text.len();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = problem.status();
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(challenge) = challenge(problem) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = retry_after(problem) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if let Some(limit) = &problem.limit {
        rate_limit_fields::write(limit, headers);
    }
    if problem.clears_cookie {
        headers.insert(SET_COOKIE, CLEARED);
    }
    response
}

fn message(problem: &Problem) -> &'static str {
    problem.message.unwrap_or_else(|| problem.code.default_message())
}

fn details(problem: &Problem, request_id: &str) -> Value {
    let mut details = problem.details.clone();
    if !problem.errors.is_empty() {
        details.insert("errors".to_owned(), problem.errors.iter().map(super::FieldError::to_value).collect());
    }
    details.insert("requestId".to_owned(), request_id.into());
    Value::Object(details)
}

fn own(problem: &Problem, request_id: &str) -> Value {
    json!({
        "message": message(problem),
        "code": problem.code.as_str(),
        "details": details(problem, request_id),
    })
}

fn problem_details(problem: &Problem, request_id: &str) -> Value {
    json!({
        "type": format!("urn:latchkey:problem:{}", problem.code.as_str()),
        "title": problem.code.default_message(),
        "status": problem.status().as_u16(),
        "detail": message(problem),
        "instance": format!("urn:latchkey:request:{request_id}"),
        "code": problem.code.as_str(),
        "details": details(problem, request_id),
    })
}

/// RFC 6750 §3.1. Only the permission that was missing is named, and only if it fits the grammar of the attribute.
fn challenge(problem: &Problem) -> Option<HeaderValue> {
    let error = match (problem.code.status(), problem.code) {
        // Who signs in has presented no token yet.
        (_, Code::AuthMissingCredentials | Code::SignInFailed | Code::SecondFactorRequired) => String::new(),
        (_, Code::AuthConflictingCredentials | Code::AuthMalformedHeader) => ", error=\"invalid_request\"".to_owned(),
        (_, Code::InsufficientPermissions) => insufficient_scope(problem.required_permission.as_deref()),
        (StatusCode::UNAUTHORIZED, _) => ", error=\"invalid_token\"".to_owned(),
        _ => return None,
    };
    HeaderValue::try_from(format!("Bearer realm=\"latchkey\"{error}")).ok()
}

fn insufficient_scope(required: Option<&str>) -> String {
    let attribute = required.filter(|text| is_scope_token(text)).map(|text| format!(", scope=\"{text}\""));
    format!(", error=\"insufficient_scope\"{}", attribute.unwrap_or_default())
}

fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// Every 429 and 503 says when to come back, unless that is never; RFC 6585 allows it, clients rely on it. Where a limit
/// is shown, not before there is more of it (draft-ietf-httpapi-ratelimit-headers-10).
fn retry_after(problem: &Problem) -> Option<u64> {
    let expected = matches!(problem.code.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
        || problem.code == Code::IdempotencyInFlight;
    let restores = problem.limit.as_ref().and_then(|limit| limit.restores_in_ms).map_or(0, rate_limit_fields::seconds);
    match problem.retry {
        Retry::After(wait) => Some(u64::from(wait).max(restores)),
        Retry::Usual => expected.then_some(DEFAULT_RETRY_SECONDS),
        Retry::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{FieldCode, FieldError};
    use super::*;
    use crate::domain::rate_limit::{Level, LimitName, LimitUse, RateLimit, Refusal};

    const ID: &str = "req_0123";

    fn header(problem: &Problem, name: axum::http::HeaderName) -> Option<String> {
        let response = render(problem, ID, Form::Own);
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn codes_are_unique_and_their_statuses_are_errors() {
        let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().is_client_error() || code.status().is_server_error()));
    }

    #[test]
    fn the_own_shape_is_message_code_details() {
        let problem = Problem::from(FieldError::new(FieldCode::Required, "is required").within("name"));
        assert_eq!(
            own(&problem.with("limit", 3), ID),
            json!({"message": "The request is not valid.", "code": "invalid_request", "details": {
                "requestId": "req_0123", "limit": 3,
                "errors": [{"pointer": "/name", "code": "required", "message": "is required"}],
            }})
        );
    }

    #[test]
    fn problem_details_follow_rfc_9457() {
        assert_eq!(
            problem_details(&Problem::new(Code::NotFound).saying("No such route."), ID),
            json!({"type": "urn:latchkey:problem:not_found", "title": "There is nothing here.", "status": 404,
                "detail": "No such route.", "instance": "urn:latchkey:request:req_0123",
                "code": "not_found", "details": {"requestId": "req_0123"}})
        );
    }

    #[test]
    fn every_401_has_a_challenge_and_only_a_presented_key_an_error() {
        for code in Code::ALL {
            let challenge = header(&Problem::new(*code), WWW_AUTHENTICATE);
            let expected = match (code.status(), code) {
                (_, Code::AuthMissingCredentials | Code::SignInFailed | Code::SecondFactorRequired) => {
                    Some("Bearer realm=\"latchkey\"")
                }
                (_, Code::AuthConflictingCredentials | Code::AuthMalformedHeader) => {
                    Some("Bearer realm=\"latchkey\", error=\"invalid_request\"")
                }
                (_, Code::InsufficientPermissions) => Some("Bearer realm=\"latchkey\", error=\"insufficient_scope\""),
                (StatusCode::UNAUTHORIZED, _) => Some("Bearer realm=\"latchkey\", error=\"invalid_token\""),
                _ => None,
            };
            assert_eq!(challenge.as_deref(), expected, "{code:?}");
        }
    }

    #[test]
    fn only_a_missing_permission_that_fits_is_named() {
        for (permission, end) in [
            ("api_keys:write", "error=\"insufficient_scope\", scope=\"api_keys:write\""),
            ("*", "scope=\"*\""),
            ("a\"b", "error=\"insufficient_scope\""),
            ("a\r\nb", "error=\"insufficient_scope\""),
            ("ä", "error=\"insufficient_scope\""),
        ] {
            let problem = Problem::new(Code::InsufficientPermissions).requiring(&permission);
            assert!(header(&problem, WWW_AUTHENTICATE).unwrap().ends_with(end));
        }
    }

    #[test]
    fn who_shall_come_back_is_told_when() {
        for (problem, seconds) in [
            (Problem::new(Code::RateLimited), Some("1")),
            (Problem::new(Code::RateLimited).retry_after_ms(0), Some("1")),
            (Problem::new(Code::RateLimited).retry_after_ms(1_001).limits_as_forbidden(), Some("2")),
            (Problem::new(Code::VerificationUnavailable), Some("1")),
            (Problem::new(Code::NotFound), None),
        ] {
            assert_eq!(header(&problem, RETRY_AFTER).as_deref(), seconds);
        }
    }

    fn refusing(restores_in_ms: Option<u64>, wait_ms: Option<u64>) -> LimitUse {
        let limit = RateLimit { name: LimitName::parse("burst").unwrap(), limit: 10, window_ms: 1_500 };
        LimitUse { level: Level::Key, limit, remaining: 3, restores_in_ms, refusal: Some(Refusal { wait_ms }) }
    }

    #[test]
    fn a_limit_that_refuses_is_named_with_the_time_after_which_it_does_not() {
        let problem = Problem::new(Code::RateLimited).limited_by(&refusing(Some(700), Some(1_200)));
        let expected = json!({"limit": "key.burst", "level": "key", "name": "burst", "quota": 10, "windowMs": 1_500,
            "remaining": 3, "retryAfterMs": 1_200, "requestId": ID});
        assert_eq!(details(&problem, ID), expected);
        assert_eq!(header(&problem, rate_limit_fields::RATE_LIMIT).as_deref(), Some("\"key.burst\";r=3;t=1"));
        let policy = header(&problem, rate_limit_fields::RATE_LIMIT_POLICY);
        assert_eq!(policy.as_deref(), Some("\"key.burst\";q=10;w=2"));
        assert_eq!(header(&problem, RETRY_AFTER).as_deref(), Some("2"));
    }

    #[test]
    fn nobody_is_told_to_come_back_where_that_never_helps() {
        let never = Problem::new(Code::RateLimited).limited_by(&refusing(Some(700), None));
        assert_eq!((header(&never, RETRY_AFTER), details(&never, ID)["retryAfterMs"].is_null()), (None, true));
        let spent = |wait_ms| Problem::new(Code::UsageExceeded).out_of_credits(0, wait_ms);
        assert_eq!(header(&spent(None), RETRY_AFTER), None);
        assert_eq!(header(&spent(Some(86_400_000)), RETRY_AFTER).as_deref(), Some("86400"));
        assert_eq!(details(&spent(None), ID)["limit"], "key.credits");
    }

    #[test]
    fn nobody_is_told_to_come_back_before_the_limit_that_is_shown_has_more() {
        let shown = refusing(Some(9_001), None);
        let problem = Problem::new(Code::UsageExceeded).showing(Some(&shown)).out_of_credits(0, Some(2_000));
        assert_eq!(header(&problem, RETRY_AFTER).as_deref(), Some("10"));
        assert_eq!(header(&problem, rate_limit_fields::RATE_LIMIT).as_deref(), Some("\"key.burst\";r=3;t=10"));
    }

    #[test]
    fn a_limit_can_leave_as_403_and_nothing_else_changes() {
        assert_eq!(Problem::new(Code::UsageExceeded).limits_as_forbidden().status(), StatusCode::FORBIDDEN);
        assert_eq!(Problem::new(Code::NotFound).limits_as_forbidden().status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn problem_details_are_sent_to_who_names_them() {
        for (accept, form) in [
            ("application/problem+json", Form::ProblemDetails),
            ("text/html, Application/Problem+JSON;q=0.5", Form::ProblemDetails),
            ("application/problem+json, application/json", Form::ProblemDetails),
            ("application/json, application/problem+json;q=0.9", Form::Own),
            ("application/problem+json;q=0", Form::Own),
            ("application/problem+json;q=NaN", Form::Own),
            ("application/json, text/plain, */*", Form::Own),
            ("*/*", Form::Own),
            ("", Form::Own),
            (";,;q=", Form::Own),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Form::wanted(&headers), form, "{accept}");
        }
    }
}
