//! The tower layer: whatever it wraps only runs for requests with a good key.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::client::{Latchkey, OnUnavailable};
use crate::demand::Demand;
use crate::error::Error;
use crate::gate::{credential, decide};
use crate::verify::Decision;

/// Verifies the key of each request, from `Authorization: Bearer` or `x-api-key`. A good one goes on, with a [`Verified`]
/// in its extensions; everything else is answered as the service's own gate would: 400, 401, 403 or 429 with its error,
/// `WWW-Authenticate`, `Retry-After`, `RateLimit`; and 503 if nobody could be asked. There is no flag to forget.
///
/// ```
/// use latchkey_client::{Demand, Latchkey, VerifyLayer};
///
/// let latchkey = Latchkey::new("http://localhost:8787", "own-key")?;
/// let layer = VerifyLayer::new(latchkey.clone(), Demand::new().permission("emails:send"));
/// // What a request needs may depend on the request.
/// let by_method = VerifyLayer::by_request(latchkey, |request| {
///     Demand::new().permission(if request.method == "GET" { "emails:read" } else { "emails:send" })
/// });
/// # drop((layer, by_method));
/// # Ok::<(), latchkey_client::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct VerifyLayer {
    latchkey: Latchkey,
    needs: Arc<dyn Fn(&Parts) -> Demand + Send + Sync>,
    on_error: Arc<dyn Fn(&Error) + Send + Sync>,
    on_unavailable: Option<OnUnavailable>,
}

impl VerifyLayer {
    /// Every request needs the same.
    pub fn new(latchkey: Latchkey, demand: Demand) -> Self {
        Self::by_request(latchkey, move |_| demand.clone())
    }

    /// What a request needs is seen in the request: its method, path, headers and extensions.
    pub fn by_request(latchkey: Latchkey, needs: impl Fn(&Parts) -> Demand + Send + Sync + 'static) -> Self {
        // As long as nobody says otherwise somebody has to see it.
        let on_error = |error: &Error| eprintln!("latchkey: {error}");
        Self { latchkey, needs: Arc::new(needs), on_error: Arc::new(on_error), on_unavailable: None }
    }

    /// Is told why nobody could be asked: 503 for whoever sent the request. A line on standard error unless given.
    pub fn on_error(mut self, tell: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.on_error = Arc::new(tell);
        self
    }

    /// What to do then, in place of what the client does.
    pub fn on_unavailable(mut self, or: OnUnavailable) -> Self {
        self.on_unavailable = Some(or);
        self
    }
}

impl fmt::Debug for VerifyLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyLayer(…)")
    }
}

impl<S> Layer<S> for VerifyLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, layer: self.clone() }
    }
}

/// The service that a [`VerifyLayer`] makes of another.
#[derive(Debug, Clone)]
pub struct Guard<S> {
    inner: S,
    layer: VerifyLayer,
}

/// What was decided on the key of a request; an extractor of axum with the feature `axum`.
#[derive(Debug, Clone)]
pub struct Verified(pub(crate) Arc<Decision>);

impl Deref for Verified {
    type Target = Decision;

    fn deref(&self) -> &Decision {
        &self.0
    }
}

impl<S, B, R> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready goes; its clone has to become so.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let layer = self.layer.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let presented = match credential(&parts.headers) {
                Ok(presented) => presented,
                Err(refused) => return Ok(refused.into_response()),
            };
            let demand = (layer.needs)(&parts);
            let or = layer.on_unavailable.unwrap_or(layer.latchkey.inner.on_unavailable);
            let decision = match decide(&layer.latchkey, &presented, &demand, or, &*layer.on_error).await {
                Ok(decision) => decision,
                Err(refused) => return Ok(refused.into_response()),
            };
            let headers = decision.headers.clone();
            parts.extensions.insert(Verified(Arc::new(decision)));
            let mut response = inner.call(Request::from_parts(parts, body)).await?;
            response.headers_mut().extend(headers);
            Ok(response)
        })
    }
}
