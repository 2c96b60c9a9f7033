//! Liveness and the description of the API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::pages::no_parameters;
use super::problem::Problem;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;

/// That the service is there.
#[derive(Debug, Serialize)]
pub(super) struct HealthzBody {
    /// Always `ok`.
    status: &'static str,
    /// The version of the service.
    version: &'static str,
}

/// Tells that the service is there, and its version.
pub(super) async fn healthz(query: Query) -> Result<Reply<HealthzBody>, Problem> {
    no_parameters(query)?;
    Ok(Reply::ok(HealthzBody { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}

/// Describes the API as OpenAPI 3.1.
pub(super) async fn openapi(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(([(CONTENT_TYPE, "application/json")], app.description().await?).into_response())
}

/// Panics. It exists in the build that tests how a panic is contained, and in no other.
#[cfg(feature = "panic-route")]
#[expect(clippy::panic, reason = "the point of this route")]
pub(super) async fn panic() -> Response {
    panic!("as asked");
}
