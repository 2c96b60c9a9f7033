//! One call of the service: sent, repeated once where that can do no harm, given up in time.
//!
//! Repeated is what may be sent twice: reads, deletions, whatever carries an `Idempotency-Key`, and what its caller says
//! may be. Then a connection that broke is tried once more, and so is a 503 that says to come back shortly.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::clock::{Clock, Moment};
use crate::error::Error;
use crate::target::{self, Target};
use crate::wire::Wire;

/// A 503 that says to wait longer than this is not waited for.
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// After a broken connection clients come back within this time, not all at once.
const SPREAD_MS: u64 = 100;

pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Without origin, with its query.
    pub(crate) path: String,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) idempotency_key: Option<&'a str>,
    /// Whether sending it twice is the same as sending it once, or nearly.
    pub(crate) is_repeatable: bool,
    /// For the whole call, repeats included.
    pub(crate) timeout: Duration,
    /// What must not stand in an error, besides the credential.
    pub(crate) secret: &'a str,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// When the request was sent that this answers.
    pub(crate) sent_at: Moment,
}

impl Reply {
    /// What the answer says; anything else than the service is told apart.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| self.unexpected())
    }

    pub(crate) fn unexpected(&self) -> Error {
        Error::unexpected(self.status, &self.headers)
    }
}

pub(crate) struct Transport {
    wire: Wire,
    base: String,
    key: String,
    authorization: HeaderValue,
    user_agent: HeaderValue,
    clock: Clock,
}

impl Transport {
    pub(crate) fn new(target: Target, key: &str, user_agent: &str, clock: Clock) -> Result<Self, Error> {
        Ok(Self {
            authorization: target::authorization(key)?,
            key: key.to_owned(),
            wire: if target.is_https { Wire::tls()? } else { Wire::plain() },
            base: target.base,
            user_agent: HeaderValue::try_from(user_agent)
                .map_err(|_| Error::invalid_argument("`user_agent` cannot stand in a header."))?,
            clock,
        })
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) async fn send(&self, call: &Call<'_>) -> Result<Reply, Error> {
        if call.timeout.is_zero() {
            return Err(Error::invalid_argument("The timeout must be more than 0."));
        }
        let within = tokio::time::timeout(call.timeout, self.attempts(call)).await;
        within.unwrap_or_else(|_| Err(Error::timeout(call.timeout)))
    }

    async fn attempts(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let started = Instant::now();
        let mut is_repeat = false;
        loop {
            let failed = match self.attempt(call).await {
                Ok(reply) => return Ok(reply),
                Err(failed) => failed,
            };
            let Some(pause) = pause_before(&failed, call.is_repeatable, is_repeat) else { return Err(failed) };
            if started.elapsed() + pause >= call.timeout {
                return Err(failed);
            }
            tokio::time::sleep(pause).await;
            is_repeat = true;
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Reply, Error> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{}{}", self.base, call.path))
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::USER_AGENT, self.user_agent.clone());
        if call.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(idempotency_key) = call.idempotency_key {
            request = request.header("idempotency-key", idempotency_key);
        }
        let body = Full::new(Bytes::from(call.body.clone().unwrap_or_default()));
        let request = request
            .body(body)
            .map_err(|_| Error::invalid_argument("The path or the idempotency key cannot stand in a request."))?;
        let sent_at = self.now();
        let (status, headers, body) = self.wire.exchange(request).await?;
        if !status.is_success() {
            return Err(Error::refusal(status, &headers, &body, &[&self.key, call.secret]));
        }
        Ok(Reply { status, headers, body, sent_at })
    }
}

/// How long to wait before a failed call is sent again; `None` if it is not.
fn pause_before(failed: &Error, is_repeatable: bool, is_repeat: bool) -> Option<Duration> {
    if !is_repeatable {
        return None;
    }
    // The first of the two is still at work, and its answer is the one to wait for: as often as there is time.
    if failed.code() == "idempotency_in_flight" {
        return Some(failed.retry_after().unwrap_or(Duration::from_secs(1)));
    }
    if is_repeat {
        return None;
    }
    if failed.code() == Error::NETWORK_ERROR {
        // Without chance, all of it.
        return Some(Duration::from_millis(getrandom::u64().map_or(SPREAD_MS, |chance| chance % SPREAD_MS)));
    }
    if failed.status() == Some(503) { failed.retry_after().filter(|pause| *pause <= PAUSE_MAX) } else { None }
}
