//! The smaller doors: KV, clock, randomness, the failure limiter, the static assets and the log.

use std::cell::RefCell;

use async_trait::async_trait;
use http_body_util::BodyExt;
use worker::kv::KvStore;
use worker::send::SendFuture;
use worker::{
    AbortController, AbortSignal, Env, Fetch, Fetcher, Headers, Method, RateLimiter, Request, RequestInit,
    RequestRedirect, console_error, console_log,
};

use crate::domain::timestamp::Timestamp;
use crate::ports::{Assets, Clock, Entropy, FailureLimiter, Fetched, KeyValue, Limited, Log, Outbound, PortError};

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
        // Whole milliseconds, as the platform has them.
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        Timestamp::from_millis(worker::js_sys::Date::now() as i64)
    }
}

/// The CSPRNG of the runtime.
pub(super) struct SystemEntropy;

/// Seeds that are drawn and not given out yet. To draw calls JavaScript, and each request needs some.
struct Drawn {
    seeds: [[u8; 64]; 16],
    left: usize,
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { seeds: [[0; 64]; 16], left: 0 }) };
}

impl Drawn {
    fn next(&mut self) -> Result<[u8; 64], PortError> {
        if self.left == 0 {
            getrandom::fill(self.seeds.as_flattened_mut())
                .map_err(|error| PortError::new("random", error.to_string()))?;
            self.left = self.seeds.len();
        }
        self.left = self.left.saturating_sub(1);
        let seed = self.seeds.get_mut(self.left).ok_or_else(|| PortError::new("random", "none left".to_owned()))?;
        // Nothing of what was given out stays here.
        Ok(std::mem::replace(seed, [0; 64]))
    }
}

impl Entropy for SystemEntropy {
    fn seed(&self) -> Result<[u8; 64], PortError> {
        DRAWN.with_borrow_mut(Drawn::next)
    }
}

/// The rate-limit bindings. A deployment without them is not limited.
pub(super) struct Failures {
    authentication: Option<RateLimiter>,
    sign_in: Option<RateLimiter>,
}

impl Failures {
    pub(super) fn new(env: &Env) -> Self {
        // Whoever deploys without a binding has chosen so.
        let limiter = |name: &str| env.rate_limiter(name).ok();
        Self { authentication: limiter("AUTH_FAILURES"), sign_in: limiter("SIGN_INS") }
    }
}

#[async_trait]
impl FailureLimiter for Failures {
    async fn tolerates(&self, what: Limited, source: &str) -> Result<bool, PortError> {
        let limiter = match what {
            Limited::Authentication => &self.authentication,
            Limited::SignIn => &self.sign_in,
        };
        let Some(limiter) = limiter else { return Ok(true) };
        let outcome = SendFuture::new(limiter.limit(source.to_owned())).await;
        outcome.map(|outcome| outcome.success).map_err(|error| PortError::new("rate limit", error.to_string()))
    }
}

/// The assets binding. A deployment without it has no assets.
pub(super) struct StaticAssets(Option<Fetcher>);

impl StaticAssets {
    pub(super) fn new(env: &Env) -> Self {
        Self(env.assets("ASSETS").ok())
    }

    async fn fetch(assets: &Fetcher, path: &str) -> worker::Result<Option<Vec<u8>>> {
        // The host means nothing.
        let response = assets.fetch(format!("https://assets{path}"), None).await?;
        match response.status().as_u16() {
            200 => Ok(Some(response.into_body().collect().await?.to_bytes().into())),
            404 => Ok(None),
            status => Err(worker::Error::RustError(format!("status {status}"))),
        }
    }
}

#[async_trait]
impl Assets for StaticAssets {
    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PortError> {
        let Some(assets) = &self.0 else { return Ok(None) };
        let fetched = SendFuture::new(Self::fetch(assets, path)).await;
        fetched.map_err(|error| PortError::new("asset", error.to_string()))
    }
}

/// Ends a fetch when it is dropped: also where nobody waits for it any more, it would go on, and keep one of the few
/// connections that an invocation may have open.
struct Ending(Option<AbortController>);

impl Ending {
    fn new() -> (Self, AbortSignal) {
        let controller = AbortController::default();
        let signal = controller.signal();
        (Self(Some(controller)), signal)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

/// HTTP to the world outside.
pub(super) struct Web;

impl Web {
    async fn fetch(url: &str, headers: &[(&str, String)], body: &str) -> worker::Result<u16> {
        let named = Headers::new();
        named.set("content-type", "application/json")?;
        for (name, value) in headers {
            named.set(name, value)?;
        }
        let mut init = RequestInit::new();
        init.with_method(Method::Post)
            .with_headers(named)
            .with_body(Some(body.into()))
            // Where a redirect leads, nobody has allowed.
            .with_redirect(RequestRedirect::Manual);
        // The body is not read: it ends with this.
        let (_ending, signal) = Ending::new();
        Ok(Fetch::Request(Request::new_with_init(url, &init)?).send_with_signal(&signal).await?.status_code())
    }

    async fn read(url: &str, headers: &[(&str, String)], most_bytes: usize) -> worker::Result<Fetched> {
        let named = Headers::new();
        for (name, value) in headers {
            named.set(name, value)?;
        }
        let mut init = RequestInit::new();
        init.with_method(Method::Get).with_headers(named).with_redirect(RequestRedirect::Manual);
        let (_ending, signal) = Ending::new();
        let response = Fetch::Request(Request::new_with_init(url, &init)?).send_with_signal(&signal).await?;
        let status = response.status_code();
        let (mut pieces, mut body) = (worker::HttpResponse::try_from(response)?.into_body(), Vec::new());
        // In pieces: nobody has to believe what the other side says about its length.
        while let Some(piece) = pieces.frame().await {
            if let Ok(bytes) = piece?.into_data() {
                body.extend_from_slice(&bytes);
            }
            if body.len() > most_bytes {
                return Err(worker::Error::RustError("the answer is too long".to_owned()));
            }
        }
        Ok(Fetched { status, body })
    }
}

#[async_trait]
impl Outbound for Web {
    async fn post(&self, url: &str, headers: &[(&str, String)], body: &str) -> Result<u16, PortError> {
        let posted = SendFuture::new(Self::fetch(url, headers, body)).await;
        posted.map_err(|error| PortError::new("outbound post", error.to_string()))
    }

    async fn get(&self, url: &str, headers: &[(&str, String)], most_bytes: usize) -> Result<Fetched, PortError> {
        let read = SendFuture::new(Self::read(url, headers, most_bytes)).await;
        read.map_err(|error| PortError::new("outbound get", error.to_string()))
    }
}

/// Workers Logs.
pub(super) struct Console;

impl Log for Console {
    fn line(&self, line: &str) {
        console_error!("{line}");
    }

    fn info(&self, line: &str) {
        console_log!("{line}");
    }
}
