//! Workers KV as it is at its worst: stale, slow, silent, forgetful, late, and with one write a second for
//! one name.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use latchkey::domain::timestamp::Timestamp;
use latchkey::ports::{Clock, KeyValue, PortError};

use super::ports::ManualClock;

/// How one direction behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Well,
    /// Fails and does nothing.
    Down,
    /// Never answers.
    Hanging,
    /// Writes are stored, but their acknowledgement is lost.
    StoreThenFail,
    /// Writes are acknowledged, but lost.
    Losing,
    /// Writes are acknowledged, but land only when `land_late_writes` is called.
    Late,
    /// Writes wait until `open_gate` is called, and land then.
    Gated,
}

/// What a name has held, and since when.
type Values = Vec<(Timestamp, Vec<u8>)>;

/// A namespace that remembers every value a name has had.
pub struct FakeKv {
    clock: Arc<ManualClock>,
    names: Mutex<BTreeMap<String, Values>>,
    late: Mutex<Vec<(String, Vec<u8>)>>,
    waiting: Mutex<Vec<std::task::Waker>>,
    reading: Mutex<Mood>,
    writing: Mutex<Mood>,
    lag_ms: AtomicI64,
    one_write_a_second: AtomicBool,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl FakeKv {
    /// An empty namespace in good health.
    pub fn new(clock: Arc<ManualClock>) -> Self {
        Self {
            clock,
            names: Mutex::default(),
            late: Mutex::default(),
            waiting: Mutex::default(),
            reading: Mutex::new(Mood::Well),
            writing: Mutex::new(Mood::Well),
            lag_ms: AtomicI64::new(0),
            one_write_a_second: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        }
    }

    /// Sets how reads behave.
    pub fn reads_are(&self, mood: Mood) {
        *self.reading.lock().unwrap() = mood;
    }

    /// Sets how writes behave.
    pub fn writes_are(&self, mood: Mood) {
        *self.writing.lock().unwrap() = mood;
    }

    /// Sets both directions.
    pub fn is(&self, mood: Mood) {
        self.reads_are(mood);
        self.writes_are(mood);
    }

    /// Makes reads show the past.
    pub fn lags_by(&self, ms: i64) {
        self.lag_ms.store(ms, Ordering::Relaxed);
    }

    /// Refuses a second write of a name within a second, as the platform does.
    pub fn enforces_one_write_a_second(&self) {
        self.one_write_a_second.store(true, Ordering::Relaxed);
    }

    /// How often it was read.
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// How often it was written to, refused writes included.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// The latest values.
    pub fn latest(&self) -> BTreeMap<String, Vec<u8>> {
        let names = self.names.lock().unwrap();
        names.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.1.clone()))).collect()
    }

    /// Puts a value there behind everybody's back.
    pub fn plant(&self, name: &str, value: &[u8]) {
        self.store(name.to_owned(), value.to_vec());
    }

    /// Loses everything.
    pub fn forget_everything(&self) {
        self.names.lock().unwrap().clear();
    }

    /// Applies the writes that were held back, the latest first: each older one lands on top.
    pub fn land_late_writes(&self) {
        let late: Vec<_> = self.late.lock().unwrap().drain(..).rev().collect();
        for (name, value) in late {
            self.store(name, value);
        }
    }

    /// Lets the writes go on that wait, and later ones pass.
    pub fn open_gate(&self) {
        self.writes_are(Mood::Well);
        self.waiting.lock().unwrap().drain(..).for_each(std::task::Waker::wake);
    }

    async fn gate(&self) {
        std::future::poll_fn(|context| {
            if *self.writing.lock().unwrap() != Mood::Gated {
                return std::task::Poll::Ready(());
            }
            self.waiting.lock().unwrap().push(context.waker().clone());
            std::task::Poll::Pending
        })
        .await;
    }

    fn store(&self, name: String, value: Vec<u8>) {
        self.names.lock().unwrap().entry(name).or_default().push((self.clock.now(), value));
    }

    fn too_soon(&self, name: &str) -> bool {
        let names = self.names.lock().unwrap();
        let last = names.get(name).and_then(|values| values.last());
        last.is_some_and(|(at, _)| self.clock.now().as_millis() - at.as_millis() < 1_000)
    }
}

#[async_trait]
impl KeyValue for FakeKv {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let mood = *self.reading.lock().unwrap();
        match mood {
            Mood::Hanging => std::future::pending().await,
            Mood::Down | Mood::StoreThenFail => Err(PortError::new("kv get", "down")),
            Mood::Losing => Ok(None),
            Mood::Well | Mood::Late | Mood::Gated => {
                let seen = self.clock.now().plus_millis(-self.lag_ms.load(Ordering::Relaxed));
                let names = self.names.lock().unwrap();
                let values = names.get(name).map(Vec::as_slice).unwrap_or_default();
                Ok(values.iter().rev().find(|(at, _)| *at <= seen).map(|(_, value)| value.clone()))
            }
        }
    }

    async fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        let mood = *self.writing.lock().unwrap();
        if self.one_write_a_second.load(Ordering::Relaxed) && self.too_soon(name) {
            return Err(PortError::new("kv put", "KV PUT failed: 429 Too Many Requests"));
        }
        match mood {
            Mood::Hanging => std::future::pending().await,
            Mood::Down => return Err(PortError::new("kv put", "down")),
            Mood::Losing => return Ok(()),
            Mood::Late => self.late.lock().unwrap().push((name.to_owned(), value.to_vec())),
            Mood::Well => self.store(name.to_owned(), value.to_vec()),
            Mood::Gated => {
                self.gate().await;
                self.store(name.to_owned(), value.to_vec());
            }
            Mood::StoreThenFail => {
                self.store(name.to_owned(), value.to_vec());
                return Err(PortError::new("kv put", "no acknowledgement"));
            }
        }
        Ok(())
    }
}
