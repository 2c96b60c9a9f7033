//! The straight way to the handlers of the two plain verifications, for whoever has no use for a router.
//!
//! The envelope and the handlers are those of the router, in the same order. What is left out is what leads there: a
//! tree of a hundred routes, and layers that each copy a request and allocate a future. They cost more than to decide.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::{IntoResponse, Response};

use super::envelope::Opened;
use super::verification;
use crate::app::App;

/// Answers a plain verification as the router would, but for the headers that are on every answer
/// ([`super::envelope::ALWAYS`]): those are the caller's to add.
///
/// # Errors
/// Any other request comes back as it was.
#[expect(clippy::result_large_err, reason = "it is moved on at once")]
pub fn begin(app: &Arc<App>, request: Request) -> Result<impl Future<Output = Response> + use<>, Request> {
    let is_whoami = request.method() == Method::GET && request.uri().path() == "/v1/whoami";
    if !is_whoami && !(request.method() == Method::POST && request.uri().path() == "/v1/keys/verify") {
        return Err(request);
    }
    Ok(answer(Arc::clone(app), request, is_whoami))
}

async fn answer(app: Arc<App>, mut request: Request, is_whoami: bool) -> Response {
    let world = app.world();
    let opened = match Opened::new(&mut request, &*world.entropy) {
        Ok(opened) => opened,
        Err((opened, problem)) => return opened.close(problem.into_response(), &*world.log),
    };
    let state = Arc::clone(&app);
    let response = if is_whoami {
        Handler::call(verification::whoami, request, state).await
    } else {
        Handler::call(verification::verify, request, state).await
    };
    opened.close(response, &*world.log)
}
