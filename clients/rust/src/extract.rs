//! `Verified` in the arguments of an axum handler.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::layer::Verified;

/// A handler wants to know whose key it is, and no [`VerifyLayer`](crate::VerifyLayer) is before it: a mistake of the
/// server, so 500, and the handler does not run.
#[derive(Debug, Clone, Copy)]
pub struct NotGuarded;

impl IntoResponse for NotGuarded {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, "No VerifyLayer is before this route.").into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Verified {
    type Rejection = NotGuarded;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NotGuarded> {
        parts.extensions.get::<Self>().cloned().ok_or(NotGuarded)
    }
}
