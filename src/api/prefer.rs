//! The `Prefer` header (RFC 7240), of which one preference is known: `respond-async`.
//!
//! Whoever sends it would rather hear at once from when on a change is in force than wait until it is.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde::Serialize;

use super::reply::Reply;
use crate::app::Patience;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RESPOND_ASYNC: &str = "respond-async";

/// What a client prefers. What it does not say, or nobody here knows, is as it always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefer(pub(super) Patience);

impl Prefer {
    fn read(headers: &HeaderMap) -> Self {
        let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
        let asked = values.flat_map(preferences).any(|name| name.eq_ignore_ascii_case(RESPOND_ASYNC));
        Self(if asked { Patience::RespondAsync } else { Patience::Wait })
    }

    /// An answer that is final, or says that the preference made it come before the end.
    pub(super) fn applied<T: Serialize>(self, reply: Reply<T>, settled: bool) -> Reply<T> {
        let reply = reply.settled(settled);
        if settled || self.0 == Patience::Wait {
            reply
        } else {
            reply.with(PREFERENCE_APPLIED, RESPOND_ASYNC.to_owned())
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

/// The preferences in a list, without their parameters. A comma or semicolon in quotes divides nothing.
fn preferences(list: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let divided = list.split(move |character| {
        let divides = character == ',' && !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        divides
    });
    divided.map(|preference| preference.split(';').next().unwrap_or_default().trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asks(values: &[&'static str]) -> bool {
        let lines = values.iter().map(|value| (PREFER, HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        lines.for_each(|(name, value)| {
            headers.append(name, value);
        });
        Prefer::read(&headers).0 == Patience::RespondAsync
    }

    #[test]
    fn one_preference_is_known_however_it_is_listed() {
        for values in [
            vec!["respond-async"],
            vec!["Respond-Async, wait=10"],
            vec!["return=minimal; foo=\"a;b\" ,\trespond-async"],
            vec!["wait=5", "handling=lenient, RESPOND-ASYNC; x"],
            vec!["foo=\"a \\\" , b\", respond-async"],
        ] {
            assert!(asks(&values), "{values:?}");
        }
    }

    #[test]
    fn every_other_preference_is_ignored() {
        for values in [
            vec![],
            vec![""],
            vec!["wait=10"],
            vec!["respond-asynchronously"],
            vec!["foo=respond-async"],
            vec!["foo; respond-async"],
            vec!["foo=\", respond-async, \""],
            vec!["foo=\"\\\", respond-async, \""],
        ] {
            assert!(!asks(&values), "{values:?}");
        }
    }
}
