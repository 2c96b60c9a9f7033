//! The smaller doors: KV, clock, randomness, the failure limiter and the log.

use async_trait::async_trait;
use worker::kv::KvStore;
use worker::send::SendFuture;
use worker::{Env, RateLimiter, console_error};

use crate::domain::timestamp::Timestamp;
use crate::ports::{Clock, Entropy, FailureLimiter, KeyValue, Log, PortError};

/// The KV namespace.
pub(super) struct Keys(KvStore);

impl Keys {
    pub(super) fn new(env: &Env) -> Result<Self, String> {
        env.kv("KEYS").map(Self).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl KeyValue for Keys {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        SendFuture::new(self.0.get(name).bytes()).await.map_err(|error| PortError::new("kv get", error.to_string()))
    }

    async fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        let failed = |error: worker::kv::KvError| PortError::new("kv put", error.to_string());
        let put = self.0.put_bytes(name, value).map_err(failed)?;
        SendFuture::new(put.execute()).await.map_err(failed)
    }
}

/// The machine's clock.
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(worker::Date::now().as_millis()).unwrap_or(i64::MAX))
    }
}

/// The CSPRNG of the runtime.
pub(super) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn seed(&self) -> Result<[u8; 64], PortError> {
        let mut seed = [0; 64];
        getrandom::fill(&mut seed).map_err(|error| PortError::new("random", error.to_string()))?;
        Ok(seed)
    }
}

/// The rate-limit binding for failed authentications. A deployment without one is not limited.
pub(super) struct Failures(Option<RateLimiter>);

impl Failures {
    pub(super) fn new(env: &Env) -> Self {
        Self(env.rate_limiter("AUTH_FAILURES").ok())
    }
}

#[async_trait]
impl FailureLimiter for Failures {
    async fn tolerates(&self, source: &str) -> Result<bool, PortError> {
        let Some(limiter) = &self.0 else { return Ok(true) };
        let outcome = SendFuture::new(limiter.limit(source.to_owned())).await;
        outcome.map(|outcome| outcome.success).map_err(|error| PortError::new("rate limit", error.to_string()))
    }
}

/// Workers Logs.
pub(super) struct Console;

impl Log for Console {
    fn line(&self, line: &str) {
        console_error!("{line}");
    }
}
