//! One HTTP request and its whole answer, over hyper: no redirects, no cookies, no proxy, no retries of its own but for a
//! connection that had ended before anything was written to it.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::error::Error;

/// An answer that is longer is not the service's: 1,000 keys with all that they may have are 5 MB.
const ANSWER_MAX_BYTES: usize = 16 << 20;
/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) enum Wire {
    Plain(Client<HttpConnector, Full<Bytes>>),
    #[cfg(feature = "tls")]
    Tls(Client<hyper_rustls::HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Wire {
    pub(crate) fn plain() -> Self {
        Self::Plain(pool(tcp()))
    }

    /// With the certificates that this machine trusts.
    #[cfg(feature = "tls")]
    pub(crate) fn tls() -> Result<Self, Error> {
        let mut tcp = tcp();
        tcp.enforce_http(false);
        let trusting = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots().map_err(|_| {
            Error::invalid_argument("This machine has no certificates to trust: install ca-certificates.")
        })?;
        Ok(Self::Tls(pool(trusting.https_only().enable_http1().wrap_connector(tcp))))
    }

    #[cfg(not(feature = "tls"))]
    pub(crate) fn tls() -> Result<Self, Error> {
        Err(Error::invalid_argument("This client was built without its feature `tls`."))
    }

    pub(crate) async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, HeaderMap, Bytes), Error> {
        let answered = match self {
            Self::Plain(client) => client.request(request).await,
            #[cfg(feature = "tls")]
            Self::Tls(client) => client.request(request).await,
        };
        let (head, body) = answered.map_err(|_| Error::unreachable())?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await.map_err(|_| Error::unreachable())?;
        Ok((head.status, head.headers, body.to_bytes()))
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp
}

fn pool<C: Connect + Clone>(connector: C) -> Client<C, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build(connector)
}
