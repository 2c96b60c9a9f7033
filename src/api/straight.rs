//! The straight way to the handlers of the two plain verifications, for whoever has no use for a router.
//!
//! The envelope and the handlers are those of the router, in the same order. What is left out is what leads there: a
//! tree of a hundred routes, and layers that each copy a request and allocate a future. They cost more than to decide.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use super::canonical::Facts;
use super::envelope::{Opened, Outside};
use super::verification;
use crate::app::App;

/// Answers a plain verification as the router would, but for the headers that are on every answer
/// ([`super::envelope::ALWAYS`]): those are the caller's to add.
///
/// # Errors
/// Any other request comes back as it was.
#[expect(clippy::result_large_err, reason = "it is moved on at once")]
pub fn begin(app: &Arc<App>, request: Request) -> Result<impl Future<Output = Response> + use<>, Request> {
    let is_whoami = match (request.method(), request.uri().path()) {
        (&Method::GET, "/v1/whoami") => true,
        (&Method::POST, "/v1/keys/verify") => false,
        _ => return Err(request),
    };
    Ok(answer(Arc::clone(app), request, is_whoami))
}

async fn answer(app: Arc<App>, mut request: Request, is_whoami: bool) -> Response {
    let outside = Outside::of(&app);
    let (opened, refused) = Opened::new(&mut request, &outside, true);
    Facts::route(request.extensions(), request.uri().path());
    let state = Arc::clone(&app);
    let response = match refused {
        Some(problem) => problem.into_response(),
        None if is_whoami => Handler::call(verification::whoami, request, state).await,
        None => Handler::call(verification::verify, request, state).await,
    };
    opened.close(response, &outside)
}
