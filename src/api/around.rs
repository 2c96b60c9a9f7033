//! What surrounds a verification: where it comes from, what goes on after its answer, and what was waited for.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

use super::canonical::Facts;
use crate::app::{Background, Basis, Waited};
use crate::domain::leak_place::without_keys;
use crate::domain::usage::Origin;

/// Where Cloudflare puts the country of the client; it overwrites what the client sends.
const COUNTRY: HeaderName = HeaderName::from_static("cf-ipcountry");
/// What a verification has cost in time (W3C Server Timing).
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// How much is kept of what a client calls itself.
pub(super) const CLIENT_CHARACTERS_MAX: usize = 64;

/// The location of the platform that a request has come to; whoever knows it puts it into the extensions.
#[derive(Debug, Clone)]
pub struct Colo(pub Arc<str>);

/// Where a request comes from, by the words of the platform and of the client.
#[must_use]
pub fn origin(country: Option<&str>, colo: Option<&str>, client: Option<&str>) -> Origin {
    let code = |text: &str| text.len() <= 3 && !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    Origin {
        country: country.filter(|text| code(text)).map(str::to_ascii_uppercase),
        colo: colo.filter(|text| code(text)).map(str::to_ascii_uppercase),
        client: client.map(called),
    }
}

/// What a client calls itself, as far as it is kept: a key that it sends there is not.
pub(super) fn called(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    without_keys(&plain).chars().take(CLIENT_CHARACTERS_MAX).collect()
}

/// What surrounds a verification.
pub(super) struct Around {
    /// Where it comes from.
    pub(super) origin: Origin,
    /// What goes on after its answer.
    pub(super) background: Background,
    /// What was waited for.
    pub(super) timing: ServerTiming,
    /// Where the line in the log is drafted, if there will be one.
    pub(super) facts: Option<Facts>,
}

impl Around {
    /// Reads it off a request.
    pub(super) fn find(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let colo = extensions.get::<Colo>().map(|Colo(colo)| &**colo);
        Self {
            origin: origin(text(&COUNTRY), colo, text(&USER_AGENT)),
            background: extensions.get().cloned().unwrap_or_default(),
            timing: extensions.get().cloned().unwrap_or_default(),
            facts: extensions.get().cloned(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Around {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::find(&parts.headers, &parts.extensions))
    }
}

/// What a verification has waited for, as the header `Server-Timing` says it: `kv` and `do`, each only if it was waited
/// for. Handlers note it, and the envelope, which has put it there, writes it on the answer.
#[derive(Clone, Default)]
pub(super) struct ServerTiming(Arc<Mutex<Option<Timing>>>);

#[derive(Clone, Copy, Default)]
struct Timing {
    basis: Option<Basis>,
    waited: Waited,
}

impl ServerTiming {
    /// Notes what was waited for, and who has decided if that is known. What was waited for twice is added up.
    pub(super) fn note(&self, basis: Option<Basis>, waited: Waited) {
        let mut timing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let timing = timing.get_or_insert_default();
        let sum = |a: Option<u64>, b: Option<u64>| a.map_or(b, |a| Some(a.saturating_add(b.unwrap_or(0))));
        timing.basis = basis.or(timing.basis);
        timing.waited = Waited {
            kv_ms: sum(timing.waited.kv_ms, waited.kv_ms),
            objects_ms: sum(timing.waited.objects_ms, waited.objects_ms),
        };
    }

    /// What was waited for so far.
    pub(super) fn waited(&self) -> Waited {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|timing| timing.waited).unwrap_or_default()
    }

    /// Writes it on an answer.
    pub(super) fn write(&self, response: &mut Response) {
        let Some(timing) = *self.0.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        if let Ok(value) = HeaderValue::try_from(server_timing(timing.basis, &timing.waited)) {
            response.headers_mut().insert(SERVER_TIMING, value);
        }
    }
}

/// The value of the header: who has decided, and what was waited for.
#[must_use]
pub fn server_timing(basis: Option<Basis>, waited: &Waited) -> String {
    let mut value = format!("decision;desc={}", basis.map_or("none", Basis::as_str));
    for (name, ms) in [("kv", waited.kv_ms), ("do", waited.objects_ms)] {
        if let Some(ms) = ms {
            value += &format!(", {name};dur={ms}");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_platform_says_is_taken_and_what_a_client_says_is_cut() {
        let long = format!("curl/8 {}\u{7f}", "x ".repeat(100));
        let found = origin(Some("de"), Some("FRA"), Some(&long));
        assert_eq!((found.country.as_deref(), found.colo.as_deref()), (Some("DE"), Some("FRA")));
        let client = found.client.unwrap();
        assert!(client.starts_with("curl/8 x") && client.chars().count() == CLIENT_CHARACTERS_MAX);
        let key = origin(None, None, Some(&format!("Bearer sk_live_{}", "x".repeat(48))));
        assert_eq!(key.client.as_deref(), Some("Bearer sk_live_…"));
        let odd = origin(Some("Germany"), Some(""), Some("a\tb"));
        assert_eq!((odd.country, odd.colo, odd.client.as_deref()), (None, None, Some("ab")));
    }

    #[test]
    fn only_what_was_waited_for_is_told_and_added_up() {
        let timing = ServerTiming::default();
        let mut response = Response::default();
        timing.write(&mut response);
        assert!(!response.headers().contains_key(SERVER_TIMING), "no verification");
        timing.note(None, Waited { kv_ms: None, objects_ms: Some(7) });
        timing.note(Some(Basis::Strict), Waited { kv_ms: None, objects_ms: Some(5) });
        timing.write(&mut response);
        assert_eq!(response.headers()[SERVER_TIMING], "decision;desc=strict, do;dur=12");
        let kv = Waited { kv_ms: Some(3), objects_ms: None };
        assert_eq!(server_timing(Some(Basis::Edge), &kv), "decision;desc=edge, kv;dur=3");
        assert_eq!(server_timing(Some(Basis::Leased), &Waited::default()), "decision;desc=leased");
    }
}
