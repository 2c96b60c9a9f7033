//! Answers that are no problems: a status, a location where one is due, a JSON body or none, perhaps the cookie.

use axum::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::{Code, Problem};
use super::rate_limit_fields::fields;
use crate::domain::rate_limit::LimitUse;

/// A JSON answer.
pub(super) struct Reply<T> {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    cookie: Option<HeaderValue>,
    body: T,
}

impl<T> Reply<T> {
    /// 200.
    pub(super) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), cookie: None, body }
    }

    /// 201, with where the new thing is.
    pub(super) fn created(path: String, body: T) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(body) }.with(LOCATION, path)
    }

    /// 202: something may come of it, and the answer does not tell.
    pub(super) fn accepted(body: T) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::ok(body) }
    }

    /// 202 in place of any other status, where others have yet to hear of a change that stands.
    pub(super) fn settled(self, settled: bool) -> Self {
        if settled { self } else { Self { status: StatusCode::ACCEPTED, ..self } }
    }

    /// With a header.
    pub(super) fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With several headers.
    pub(super) fn with_all(mut self, headers: impl IntoIterator<Item = (HeaderName, String)>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// With the limit that a client has to look out for, if there are any.
    pub(super) fn within(self, limits: &[LimitUse]) -> Self {
        self.with_all(LimitUse::tightest(limits).into_iter().flat_map(fields))
    }

    /// With the cookie, as `cookies` writes it.
    pub(super) fn with_cookie(self, cookie: HeaderValue) -> Self {
        Self { cookie: Some(cookie), ..self }
    }
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        written(self.status, self.headers, self.cookie, serde_json::to_vec(&self.body).ok())
    }
}

/// Apart from the bodies, of which there are many types, so that it is compiled once.
fn written(
    status: StatusCode,
    fields: Vec<(HeaderName, String)>,
    cookie: Option<HeaderValue>,
    body: Option<Vec<u8>>,
) -> Response {
    let Some(body) = body else { return Problem::new(Code::InternalError).into_response() };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in fields {
        // Ids and cursors of ours, and what is percent-encoded, which are ASCII; a header that would not fit is left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    with_cookie(response, cookie)
}

/// 204: done, and there is nothing to say.
#[derive(Default)]
pub(super) struct NoContent {
    cookie: Option<HeaderValue>,
}

impl NoContent {
    /// With the cookie, as `cookies` writes it.
    pub(super) fn with_cookie(self, cookie: HeaderValue) -> Self {
        Self { cookie: Some(cookie) }
    }
}

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        with_cookie(StatusCode::NO_CONTENT.into_response(), self.cookie)
    }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::http::header::CONTENT_LENGTH;
    use futures_executor::block_on;
    use http_body_util::BodyExt;

    use super::super::cookies::CLEARED;
    use super::*;

    #[test]
    fn nothing_to_say_has_neither_a_body_nor_a_type_and_may_have_the_cookie() {
        let (head, body) = NoContent::default().with_cookie(CLEARED).into_response().into_parts();
        assert_eq!(head.status, StatusCode::NO_CONTENT);
        assert_eq!(head.headers.get(SET_COOKIE), Some(&CLEARED));
        assert!(!head.headers.contains_key(CONTENT_TYPE) && !head.headers.contains_key(CONTENT_LENGTH));
        assert!(block_on(body.collect()).unwrap().to_bytes().is_empty());
        assert!(!NoContent::default().into_response().headers().contains_key(SET_COOKIE));
    }

    #[test]
    fn a_reply_has_the_cookie_only_if_it_was_given_one() {
        let response = Reply::created("/x".to_owned(), ()).with_cookie(CLEARED).into_response();
        assert_eq!(response.headers().get(SET_COOKIE), Some(&CLEARED));
        assert_eq!(response.headers().get(LOCATION).unwrap(), "/x");
        let response = Reply::accepted(()).into_response();
        assert_eq!((response.status(), response.headers().get(SET_COOKIE)), (StatusCode::ACCEPTED, None));
    }
}
