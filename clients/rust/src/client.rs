//! The client and its settings, and every call that has no name of its own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, header};
use serde::Serialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::error::Error;
use crate::keys::Keys;
use crate::leases::Leases;
use crate::target::Target;
use crate::transport::{Call, Reply, Transport};
use crate::verification::Verification;

/// What to do with a verification that nobody could decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnavailable {
    /// It fails, and a [`VerifyLayer`](crate::VerifyLayer) answers 503.
    #[default]
    Deny,
    /// It passes with [`Code::Unverified`](crate::Code::Unverified), and nothing is known of the key. Not if the client's
    /// own key is refused.
    Allow,
}

/// A client of one service with one key. Clones share their connections and what they have kept.
#[derive(Clone)]
pub struct Latchkey {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) transport: Transport,
    pub(crate) leases: Leases,
    pub(crate) verify_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) on_unavailable: OnUnavailable,
}

/// Settings of a client: [`Latchkey::builder`].
#[must_use]
pub struct Builder {
    url: String,
    key: String,
    verify_timeout: Duration,
    timeout: Duration,
    on_unavailable: OnUnavailable,
    kept_decisions: usize,
    allow_http: bool,
    user_agent: String,
    clock: Clock,
}

impl Latchkey {
    /// A client with the default settings. `url` is where the service is, `https://keys.example.com`; `key` is the key that
    /// the client acts with, and `keys:verify` is enough to verify.
    ///
    /// # Errors
    ///
    /// As for [`Builder::build`].
    pub fn new(url: &str, key: &str) -> Result<Self, Error> {
        Self::builder(url, key).build()
    }

    /// A client with settings.
    pub fn builder(url: impl Into<String>, key: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            key: key.into(),
            verify_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            on_unavailable: OnUnavailable::Deny,
            kept_decisions: 5_000,
            allow_http: false,
            user_agent: concat!("latchkey-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            clock: Clock::of_this_machine(),
        }
    }

    /// Issues, reads, changes, rotates and revokes keys.
    pub fn keys(&self) -> Keys<'_> {
        Keys { latchkey: self }
    }

    /// What the key of this client is, and may do. The key spends of its own limits by asking.
    ///
    /// # Errors
    ///
    /// If the key is not good, with the code that says why; if the service cannot be asked.
    pub async fn whoami(&self) -> Result<Verification, Error> {
        self.call(Method::GET, "/v1/whoami".to_owned(), None::<&()>, None, false).await?.read()
    }

    /// Any operation of the API (docs/API.md): `request(Method::GET, "/v1/alerts?status=open", None::<&()>)`. Reads and
    /// deletions are sent twice after a broken connection, nothing else is. An answer that is no JSON comes as a string.
    ///
    /// # Errors
    ///
    /// If it is refused or cannot be sent.
    pub async fn request<B: Serialize>(&self, method: Method, path: &str, body: Option<&B>) -> Result<Value, Error> {
        if !path.starts_with('/') || path.starts_with("//") {
            return Err(Error::invalid_argument("`path` must begin with one slash."));
        }
        let is_repeatable = method == Method::GET || method == Method::DELETE;
        let reply = self.call(method, path.to_owned(), body, None, is_repeatable).await?;
        let kind = reply.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if reply.body.is_empty() {
            Ok(Value::Null)
        } else if kind.starts_with("application/json") {
            reply.read()
        } else {
            Ok(Value::String(String::from_utf8_lossy(&reply.body).into_owned()))
        }
    }

    pub(crate) async fn call<B: Serialize>(
        &self,
        method: Method,
        path: String,
        body: Option<&B>,
        idempotency_key: Option<&str>,
        is_repeatable: bool,
    ) -> Result<Reply, Error> {
        let body = body.map(serde_json::to_vec).transpose();
        let body = body.map_err(|_| Error::invalid_argument("The body cannot be written as JSON."))?;
        let timeout = self.inner.timeout;
        let call = Call { method, path, body, idempotency_key, is_repeatable, timeout, secret: "" };
        self.inner.transport.send(&call).await
    }
}

impl fmt::Debug for Latchkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Latchkey(…)")
    }
}

impl Builder {
    /// How long a verification may take, repeats included: 5 seconds unless given.
    pub fn verify_timeout(mut self, timeout: Duration) -> Self {
        self.verify_timeout = timeout;
        self
    }

    /// How long everything else may take: 30 seconds unless given, as a change may wait 20 until it is in force.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What to do with a verification that nobody could decide: it fails unless given.
    pub fn on_unavailable(mut self, or: OnUnavailable) -> Self {
        self.on_unavailable = or;
        self
    }

    /// How many decisions are kept while they stand: 5,000 unless given; 0 asks every time, and every request is counted.
    pub fn kept_decisions(mut self, most: usize) -> Self {
        self.kept_decisions = most;
        self
    }

    /// Lets keys go over plain http to other machines, within a network of your own.
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Names your program in the log and in usage.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// [`Error::INVALID_ARGUMENT`] if the URL is not https (to other machines than this, see [`Builder::allow_http`]) or has
    /// more than a path, if the key cannot be one, or if the machine has no certificates to trust.
    pub fn build(self) -> Result<Latchkey, Error> {
        let target = Target::parse(&self.url, self.allow_http)?;
        let inner = Inner {
            transport: Transport::new(target, &self.key, &self.user_agent, self.clock)?,
            leases: Leases::new(self.kept_decisions),
            verify_timeout: self.verify_timeout,
            timeout: self.timeout,
            on_unavailable: self.on_unavailable,
        };
        Ok(Latchkey { inner: Arc::new(inner) })
    }
}
