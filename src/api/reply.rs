//! Answers that are no problems: a status, a location where one is due, a JSON body.

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::problem::{Code, Problem};

/// A JSON answer.
pub(super) struct Reply<T> {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: T,
}

impl<T> Reply<T> {
    /// 200.
    pub(super) fn ok(body: T) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body }
    }

    /// 201, with where the new thing is.
    pub(super) fn created(path: String, body: T) -> Self {
        Self { status: StatusCode::CREATED, headers: vec![(LOCATION, path)], body }
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
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let Ok(body) = serde_json::to_vec(&self.body) else {
            return Problem::new(Code::InternalError).into_response();
        };
        let mut response = (self.status, body).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            // Ids and cursors of ours, which are ASCII; a header that would not fit is left out.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
