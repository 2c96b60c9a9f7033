//! The small doors: clock, timer, chance, limiter and log, each under the test's control.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use latchkey::domain::timestamp::Timestamp;
use latchkey::ports::{Assets, Clock, Entropy, FailureLimiter, Fetched, Limited, Log, Outbound, PortError, Timer};
use sha2::{Digest, Sha512};

use super::domains::FakeResolver;

/// 2026-01-02T03:04:05.678Z, where every test begins.
pub const BEGINNING: i64 = 1_767_323_045_678;

/// A clock that goes where it is told.
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    fn default() -> Self {
        Self(AtomicI64::new(BEGINNING))
    }
}

impl ManualClock {
    /// Jumps to a moment, backwards too.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.as_millis(), Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Waits without taking time of the tests: a sleep ends once everybody else has had ample opportunity to go on, so in a
/// race against it exactly what hangs loses. The clock goes on while somebody sleeps, unless it stands still.
pub struct PatientTimer {
    clock: Arc<ManualClock>,
    slept: Mutex<Vec<u64>>,
    stands_still: AtomicBool,
}

impl PatientTimer {
    /// A timer for this clock.
    pub fn new(clock: Arc<ManualClock>) -> Self {
        Self { clock, slept: Mutex::default(), stands_still: AtomicBool::new(false) }
    }

    /// Whoever sleeps finds the clock where it was.
    pub fn stand_still(&self) {
        self.stands_still.store(true, Ordering::Relaxed);
    }

    /// Whoever sleeps finds the clock gone on, as at the beginning.
    #[allow(dead_code, reason = "for tests/model, which shares this support")]
    pub fn go_on(&self) {
        self.stands_still.store(false, Ordering::Relaxed);
    }

    /// How often a sleep lets the others go first.
    const TURNS: u32 = 64;

    /// The sleeps that ran out.
    pub fn slept(&self) -> Vec<u64> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Timer for PatientTimer {
    async fn sleep(&self, ms: u64) {
        let end = self.clock.now().plus_millis(i64::try_from(ms).unwrap());
        let mut turns = 0;
        std::future::poll_fn(|context| {
            turns += 1;
            if turns > Self::TURNS {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        self.slept.lock().unwrap().push(ms);
        // Whoever slept at the same time may have slept longer.
        if !self.stands_still.load(Ordering::Relaxed) {
            self.clock.set(end.max(self.clock.now()));
        }
    }
}

/// Chance that can be repeated: a counter under a hash.
pub struct SeededEntropy {
    seed: u64,
    drawn: AtomicU64,
    failing: AtomicBool,
}

impl SeededEntropy {
    /// The same draws for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0), failing: AtomicBool::new(false) }
    }

    /// Whether there is none to be had.
    pub fn fails(&self, failing: bool) {
        self.failing.store(failing, Ordering::Relaxed);
    }
}

impl Entropy for SeededEntropy {
    fn seed(&self) -> Result<[u8; 64], PortError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(PortError::new("entropy", "none left"));
        }
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        Ok(Sha512::digest(format!("{}/{number}", self.seed)).into())
    }
}

/// A limiter that tolerates everything until told otherwise, and remembers whom it was asked about.
#[derive(Default)]
pub struct FakeLimiter {
    /// Whether it has had enough.
    pub strict: AtomicBool,
    /// Whether it does not answer properly.
    pub failing: AtomicBool,
    /// Whom it counted.
    pub sources: Mutex<Vec<String>>,
}

#[async_trait]
impl FailureLimiter for FakeLimiter {
    async fn tolerates(&self, _: Limited, source: &str) -> Result<bool, PortError> {
        self.sources.lock().unwrap().push(source.to_owned());
        if self.failing.load(Ordering::Relaxed) {
            return Err(PortError::new("limiter", "down"));
        }
        Ok(!self.strict.load(Ordering::Relaxed))
    }
}

/// The assets of a deployment, from where its build takes them.
#[derive(Default)]
pub struct CommittedAssets {
    /// Whether they do not answer properly.
    pub failing: AtomicBool,
    /// Whether they were left out of the deployment.
    pub missing: AtomicBool,
}

#[async_trait]
impl Assets for CommittedAssets {
    async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, PortError> {
        if self.failing.load(Ordering::Relaxed) {
            return Err(PortError::new("asset", "down"));
        }
        let missing = self.missing.load(Ordering::Relaxed);
        Ok(std::fs::read(format!("{}/docs{path}", env!("CARGO_MANIFEST_DIR"))).ok().filter(|_| !missing))
    }
}

/// Keeps every line.
#[derive(Default)]
pub struct CapturedLog(Mutex<Vec<String>>, Mutex<Vec<String>>);

impl CapturedLog {
    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Those that tell of nothing bad.
    pub fn told(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Log for CapturedLog {
    fn line(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }

    fn info(&self, line: &str) {
        self.1.lock().unwrap().push(line.to_owned());
    }
}

/// What was posted: where to, the headers, the body.
pub type Posted = (String, Vec<(String, String)>, String);

/// A world outside that takes everything until told otherwise, and keeps it.
#[derive(Default)]
pub struct FakeWeb {
    /// Whether nobody answers properly.
    pub failing: AtomicBool,
    /// What was posted: where to, the headers, the body.
    pub posted: Mutex<Vec<Posted>>,
    /// What is answered to a post, by URL, in place of 204.
    pub answers: Mutex<HashMap<String, u16>>,
    /// What can be read there, by URL.
    pub pages: Mutex<HashMap<String, Vec<u8>>>,
    /// What happens while a message is under way.
    pub meanwhile: Mutex<Option<Meanwhile>>,
    /// The DNS over HTTPS.
    pub resolver: FakeResolver,
}

/// Something that happens while somebody else waits.
pub type Meanwhile = Box<dyn Fn() + Send>;

#[async_trait]
impl Outbound for FakeWeb {
    async fn post(&self, url: &str, headers: &[(&str, String)], body: &str) -> Result<u16, PortError> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.posted.lock().unwrap().push((url.to_owned(), headers, body.to_owned()));
        if let Some(meanwhile) = &*self.meanwhile.lock().unwrap() {
            meanwhile();
        }
        let otherwise = if self.failing.load(Ordering::Relaxed) { 503 } else { 204 };
        match self.answers.lock().unwrap().get(url) {
            Some(0) => Err(PortError::new("outbound post", "nobody answers")),
            answer => Ok(answer.copied().unwrap_or(otherwise)),
        }
    }

    async fn get(&self, url: &str, _: &[(&str, String)], most_bytes: usize) -> Result<Fetched, PortError> {
        let page = self.pages.lock().unwrap().get(url).cloned();
        let body = self.resolver.answer(url).or(page);
        match body {
            _ if self.failing.load(Ordering::Relaxed) => Err(PortError::new("outbound get", "nobody answers")),
            None => Ok(Fetched { status: 404, body: Vec::new() }),
            Some(body) if body.len() > most_bytes => Err(PortError::new("outbound get", "the answer is too long")),
            Some(body) => Ok(Fetched { status: 200, body }),
        }
    }
}
