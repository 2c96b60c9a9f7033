//! The header fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), written in one place.
//!
//! Both are lists of structured fields (RFC 9651) with one member: the limit that a client has to look out for. Names of
//! limits have only characters that stand in such a string as they are.

use std::sync::{Arc, OnceLock};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use crate::domain::rate_limit::LimitUse;

/// What is left, and when there is more.
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What is allowed, within which time.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Milliseconds as whole seconds, rounded up: nobody is told to come before it is time.
pub(super) fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}

/// Both fields of a limit. `t` is there only while something is spent; else there is nothing to wait for.
pub(super) fn fields(limit: &LimitUse) -> [(HeaderName, String); 2] {
    let (label, quota, window) = (limit.label(), limit.limit.limit, seconds(limit.limit.window_ms.into()));
    let remaining = limit.remaining;
    let more = limit.restores_in_ms.map_or_else(String::new, |ms| format!(";t={}", seconds(ms)));
    [
        (RATE_LIMIT, format!("\"{label}\";r={remaining}{more}")),
        (RATE_LIMIT_POLICY, format!("\"{label}\";q={quota};w={window}")),
    ]
}

/// Writes both fields.
pub(super) fn write(limit: &LimitUse, headers: &mut HeaderMap) {
    for (name, value) in fields(limit) {
        // Labels are ASCII; what would not fit is left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// The pool that a call was counted against. Whoever finds the caller notes it in the extensions of the request, and the
/// envelope, which has put it there, writes it on the answer: no handler has to remember it.
#[derive(Clone, Default)]
pub(super) struct Counted(Arc<OnceLock<LimitUse>>);

impl Counted {
    /// Notes the pool of a request.
    pub(super) fn note(extensions: &Extensions, pool: &LimitUse) {
        if let Some(Self(slot)) = extensions.get() {
            slot.get_or_init(|| pool.clone());
        }
    }

    /// Writes it on an answer that is no error: an error about a limit names that limit itself.
    pub(super) fn write(&self, response: &mut Response) {
        if let Some(pool) = self.0.get().filter(|_| response.status().is_success()) {
            write(pool, response.headers_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;

    use super::*;
    use crate::domain::rate_limit::{Level, LimitName, RateLimit};

    fn seen(remaining: u32, window_ms: u32, restores_in_ms: Option<u64>) -> LimitUse {
        let limit = RateLimit { name: LimitName::parse("burst").unwrap(), limit: 60, window_ms };
        LimitUse { level: Level::Key, limit, remaining, restores_in_ms, refusal: None }
    }

    fn written(limit: &LimitUse) -> [String; 2] {
        fields(limit).map(|(_, value)| value)
    }

    #[test]
    fn a_limit_is_written_as_the_draft_shows_it_in_whole_seconds_rounded_up() {
        for (limit, expected) in [
            (seen(12, 60_000, Some(30_000)), ["\"key.burst\";r=12;t=30", "\"key.burst\";q=60;w=60"]),
            (seen(0, 1_001, Some(1)), ["\"key.burst\";r=0;t=1", "\"key.burst\";q=60;w=2"]),
            (seen(60, 86_400_000, None), ["\"key.burst\";r=60", "\"key.burst\";q=60;w=86400"]),
        ] {
            assert_eq!(written(&limit), expected);
        }
    }

    #[test]
    fn what_was_counted_stands_on_an_answer_that_is_no_error() {
        for (status, expected) in [(StatusCode::OK, true), (StatusCode::ACCEPTED, true), (StatusCode::NOT_FOUND, false)]
        {
            let mut extensions = Extensions::new();
            let counted = Counted::default();
            extensions.insert(counted.clone());
            Counted::note(&extensions, &seen(1, 1_000, None));
            let mut response = status.into_response();
            counted.write(&mut response);
            assert_eq!(response.headers().contains_key(RATE_LIMIT), expected, "{status}");
            assert_eq!(response.headers().contains_key(RATE_LIMIT_POLICY), expected, "{status}");
        }
        let mut response = StatusCode::OK.into_response();
        Counted::default().write(&mut response);
        assert!(!response.headers().contains_key(RATE_LIMIT), "nothing was counted");
    }
}
