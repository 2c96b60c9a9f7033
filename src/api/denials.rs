//! Denials: what a good key or a member was not allowed to do goes into the audit log.
//!
//! Handlers and extractors refuse in many places, and all of them answer 403; so it is the answer that is looked at. What
//! nobody was known for is no denial but a failed authentication, which is counted elsewhere. The note is taken behind
//! the answer: a flood of them slows nobody else, and the objects write down one an hour of a kind.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

use super::canonical::Facts;
use super::problem::{Code, Problem};
use crate::app::{Background, Denial, Denied, Job};

/// Who is asking, once that is known. The layer puts it there, and whoever recognises a caller fills it.
#[derive(Clone, Default)]
pub(super) struct Asking(Arc<Mutex<Option<Denied>>>);

impl Asking {
    /// Notes who is asking.
    pub(super) fn note(extensions: &Extensions, who: Denied) {
        if let Some(Self(asking)) = extensions.get() {
            *asking.lock().unwrap_or_else(PoisonError::into_inner) = Some(who);
        }
    }
}

/// The layer around everything that is managed.
pub(super) async fn note(mut request: Request, next: Next) -> Response {
    let asking = Asking::default();
    request.extensions_mut().insert(asking.clone());
    let background = request.extensions().get::<Background>().cloned().unwrap_or_default();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = format!("{} {path}", request.method());
    Facts::route(request.extensions(), path);
    let response = next.run(request).await;
    let denied = response.extensions().get::<Problem>().map(Problem::code).filter(|code| code.denies());
    if let Some(code) = denied.map(Code::as_str)
        && let Some(who) = asking.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    {
        background.add(Job::Note(Box::new(Denial::new(who, code, route))));
    }
    response
}
