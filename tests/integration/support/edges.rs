//! Isolates: each an `App` of its own over the same objects, with its own memory and its own clock.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use latchkey::app::{App, Background, Error, Job, Principal, Verification, VerifyKey};
use latchkey::domain::caller::Caller;
use latchkey::domain::consistency::Mode;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;
use latchkey::ports::{Address, Clock, World};

use super::cluster::Kind;
use super::house::House;
use super::ports::ManualClock;

/// A clock that differs from the others'.
pub struct OwnClock {
    of: Arc<ManualClock>,
    offset_ms: AtomicI64,
}

impl OwnClock {
    /// One that agrees with another.
    pub fn new(of: Arc<ManualClock>) -> Self {
        Self { of, offset_ms: AtomicI64::new(0) }
    }

    /// Steps.
    pub fn differs_by(&self, ms: i64) {
        self.offset_ms.store(ms, Ordering::Relaxed);
    }
}

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        self.of.now().plus_millis(self.offset_ms.load(Ordering::Relaxed))
    }
}

/// What one isolate still has to do after its answers.
#[derive(Default)]
pub struct Afterwork {
    pub background: Background,
    reports: RefCell<Vec<Job>>,
}

impl Afterwork {
    /// Does what is to be done at once. What waits for a while is put aside.
    pub fn settle(&self, house: &House, app: &App) {
        loop {
            let jobs = self.background.take();
            if jobs.is_empty() {
                return;
            }
            for job in jobs {
                match job {
                    Job::Report(_) | Job::Outcomes(_) => self.reports.borrow_mut().push(job),
                    Job::Renew(_) | Job::HearOut(_) | Job::Note(_) | Job::Leak(_) | Job::Routes(_) => {
                        house.finish(app.carry_out(job));
                    }
                }
            }
        }
    }

    /// Lets the while pass, and does the rest.
    pub fn report(&self, house: &House, app: &App) {
        for job in self.reports.take() {
            house.finish(app.carry_out(job));
        }
    }

    /// How many reports wait for their time.
    pub fn waiting(&self) -> usize {
        self.reports.borrow().len()
    }

    /// The isolate is gone before it could do any of it.
    pub fn lose(&self) {
        drop(self.background.take());
        self.reports.take();
    }
}

/// An isolate.
pub struct Edge<'h> {
    pub house: &'h House,
    pub app: Arc<App>,
    pub clock: Arc<OwnClock>,
    pub afterwork: Afterwork,
}

/// What a verification has asked for: calls of session objects, and reads of KV.
pub type Asked = (u64, u64);

impl<'h> Edge<'h> {
    pub fn new(house: &'h House, app: Arc<App>, clock: Arc<OwnClock>) -> Self {
        Self { house, app, clock, afterwork: Afterwork::default() }
    }

    /// Verifies at the gate; what goes on afterwards waits.
    pub fn verify_for(&self, secret: &str, request: VerifyKey) -> Result<Verification, Error> {
        self.verify_by(secret, None, request)
    }

    /// Verifies for somebody; what goes on afterwards waits.
    pub fn verify_by(&self, secret: &str, by: Option<&Caller>, request: VerifyKey) -> Result<Verification, Error> {
        let request = VerifyKey { background: self.afterwork.background.clone(), ..request };
        self.house.finish(self.app.verify(secret, by, request))
    }

    /// The decision on a key, which must come about.
    pub fn code(&self, secret: &str) -> Code {
        self.verify_for(secret, VerifyKey::default()).unwrap().code
    }

    /// The decision without asking anybody, if there is one.
    pub fn here(&self, secret: &str) -> Option<Verification> {
        let request = VerifyKey { background: self.afterwork.background.clone(), ..VerifyKey::default() };
        self.app.verify_here(secret, None, &request)
    }

    /// The caller of a verification, asked for only if it has to be.
    pub fn caller(&self, secret: &str) -> Result<Principal, Error> {
        match self.app.authenticate_here(secret, None, &self.afterwork.background) {
            Some(here) => here,
            None => self.house.finish(self.app.authenticate_verifier(secret, None)),
        }
    }

    /// Uses a key until it has a lease.
    pub fn warm(&self, secret: &str) {
        for _ in 0..2 {
            assert_eq!(self.code(secret), Code::Valid);
        }
        assert_eq!(self.here(secret).map(|here| here.code), Some(Code::Valid), "it has a lease");
    }

    /// What goes on after the answers, without what waits for a while.
    pub fn settle(&self) {
        self.afterwork.settle(self.house, &self.app);
    }

    /// What something has asked for.
    pub fn asking<T>(&self, what: impl FnOnce() -> T) -> (T, Asked) {
        let count = || (self.house.objects.calls(Kind::Session), self.house.kv.reads());
        let before = count();
        let outcome = what();
        let after = count();
        (outcome, (after.0 - before.0, after.1 - before.1))
    }
}

impl House {
    /// Another isolate, which knows nothing yet.
    pub fn edge(&self) -> Edge<'_> {
        let clock = Arc::new(OwnClock::new(self.clock.clone()));
        let world = World { clock: clock.clone(), ..self.world.clone() };
        let app = Arc::new(App::new(world, self.limiter.clone(), self.assets.clone(), self.settings.clone()));
        Edge::new(self, app, clock)
    }

    /// A deployment in which waiting takes no time: for tests that tell the time themselves.
    pub fn timeless() -> Self {
        let house = Self::new();
        house.timer.stand_still();
        house
    }

    /// The next alarm within half a day: what somebody still has to do, but for what only time does to keys and alerts.
    pub fn next_work(&self) -> Option<(Timestamp, Address)> {
        self.next_alarm().filter(|(at, _)| *at < self.after(12 * 60 * 60 * 1_000))
    }

    /// The code of a verification that must come about.
    pub fn code(&self, secret: &str) -> Code {
        self.verify(secret).unwrap().code
    }

    /// From now on `verify` and its kin have the authority asked each time: for tests of what the authority does.
    pub fn be_strict(&self) {
        self.strict.set(true);
    }
}

/// A verification that wants it so.
pub fn wanting(mode: Mode) -> VerifyKey {
    VerifyKey { mode, ..VerifyKey::default() }
}
