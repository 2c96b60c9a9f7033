//! A whole deployment in one process, and what a test can do with it.
//!
//! Every method runs to the end on this thread; what objects do after their answers runs next, or waits, or
//! is lost in a crash.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;

use futures_executor::{LocalPool, block_on};
use futures_util::task::LocalSpawn;
use latchkey::app::WantedSession;
use latchkey::app::{
    App, Call, Error, Idempotency, IssueKey, Patience, Principal, RotateKey, Settings, Verification, VerifyKey,
};
use latchkey::domain::api_key::ApiKey;
use latchkey::domain::consistency::Mode;
use latchkey::domain::id::{ApiKeyId, OrganizationId, SessionId};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::operation::Operation;
use latchkey::domain::session::{OrganizationStatus, Session};
use latchkey::domain::timestamp::Timestamp;
use latchkey::ports::World;
use latchkey::ports::{Address, Clock};

use super::cluster::Cluster;
use super::edges::Afterwork;
pub use super::held::{Held, Home};
use super::kv::FakeKv;
use super::ports::{CapturedLog, CommittedAssets, FakeLimiter, FakeWeb, ManualClock, PatientTimer, SeededEntropy};
use super::words::{root_secret, wanted_session};

/// When what follows an answer happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// As soon as the answer has left.
    AtOnce,
    /// When `catch_up` is called.
    Queued,
    /// Never: the object dies first.
    Lost,
}

/// The deployment.
pub struct House {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub kv: Arc<FakeKv>,
    pub objects: Arc<Cluster>,
    pub timer: Arc<PatientTimer>,
    pub entropy: Arc<SeededEntropy>,
    pub limiter: Arc<FakeLimiter>,
    pub log: Arc<CapturedLog>,
    pub web: Arc<FakeWeb>,
    pub assets: Arc<CommittedAssets>,
    /// What the isolate behind `app` still has to do.
    pub afterwork: Afterwork,
    pub(super) world: World,
    pub(super) settings: Settings,
    pub(super) strict: Cell<bool>,
    pool: RefCell<LocalPool>,
    afterwards: Cell<Afterwards>,
}

impl Drop for House {
    fn drop(&mut self) {
        // The objects hold the world and the world the objects.
        self.objects.set_world(None);
    }
}

impl House {
    /// A deployment that is always the same.
    pub fn new() -> Self {
        Self::configured(&[])
    }

    /// One whose operator has set something: variables as a deployment has them.
    pub fn configured(vars: &[(&str, &str)]) -> Self {
        Self::build(7, vars, None)
    }

    /// One with other draws.
    pub fn seeded(seed: u64) -> Self {
        println!("entropy seed {seed}");
        Self::build(seed, &[], None)
    }

    /// One whose databases are files, for a look at their bytes.
    pub fn on_disk(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Self::build(7, &[], Some(folder))
    }

    fn build(seed: u64, vars: &[(&str, &str)], folder: Option<PathBuf>) -> Self {
        let clock = Arc::new(ManualClock::default());
        let kv = Arc::new(FakeKv::new(clock.clone()));
        let objects = Arc::new(Cluster::new(folder));
        let entropy = Arc::new(SeededEntropy::new(seed));
        let timer = Arc::new(PatientTimer::new(clock.clone()));
        let (limiter, log, web) = (Arc::default(), Arc::default(), Arc::default());
        Self::compose(vars, clock, kv, objects, timer, entropy, limiter, log, web)
    }

    #[expect(clippy::too_many_arguments, reason = "one for each door")]
    fn compose(
        vars: &[(&str, &str)],
        clock: Arc<ManualClock>,
        kv: Arc<FakeKv>,
        objects: Arc<Cluster>,
        timer: Arc<PatientTimer>,
        entropy: Arc<SeededEntropy>,
        limiter: Arc<FakeLimiter>,
        log: Arc<CapturedLog>,
        web: Arc<FakeWeb>,
    ) -> Self {
        let digest = hex::encode(super::words::sha256(super::words::OPERATOR_TOKEN));
        let root = root_secret(1);
        let usual = [
            ("ROOT_SECRETS", root.as_str()),
            ("OPERATOR_TOKEN_SHA256", digest.as_str()),
            ("REGISTRATION", "open"),
            ("PLAN_CHANGES", "owner"),
        ];
        let (keyring, rules, settings) = Settings::parse(|wanted| {
            let mut all = vars.iter().chain(&usual);
            all.find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
        })
        .unwrap();
        let world = World {
            kv: kv.clone(),
            objects: objects.clone(),
            clock: clock.clone(),
            timer: timer.clone(),
            entropy: entropy.clone(),
            log: log.clone(),
            outbound: web.clone(),
            keyring: Arc::new(keyring),
            rules: Arc::new(rules),
        };
        objects.set_world(Some(world.clone()));
        let assets = Arc::<CommittedAssets>::default();
        let app = Arc::new(App::new(world.clone(), limiter.clone(), assets.clone(), settings.clone()));
        let pool = RefCell::new(LocalPool::new());
        let afterwards = Cell::new(Afterwards::AtOnce);
        let afterwork = Afterwork::default();
        Self {
            app,
            clock,
            kv,
            objects,
            timer,
            entropy,
            limiter,
            log,
            web,
            assets,
            afterwork,
            world,
            settings,
            strict: Cell::new(false),
            pool,
            afterwards,
        }
    }

    /// The same world under other root secrets (newest first), after a new deployment.
    pub fn redeployed(&self, root_secrets: &str) -> Self {
        self.reconfigured(&[("ROOT_SECRETS", root_secrets)])
    }

    /// The same world with other variables, after a new deployment.
    pub fn reconfigured(&self, vars: &[(&str, &str)]) -> Self {
        Self::compose(
            vars,
            self.clock.clone(),
            self.kv.clone(),
            self.objects.clone(),
            self.timer.clone(),
            self.entropy.clone(),
            self.limiter.clone(),
            self.log.clone(),
            self.web.clone(),
        )
    }

    /// Decides when the rest of a command's work happens.
    pub fn set_afterwards(&self, afterwards: Afterwards) {
        self.afterwards.set(afterwards);
    }

    /// Runs a future of the house, then what follows.
    pub fn run<F: Future>(&self, work: F) -> F::Output {
        let output = self.finish(work);
        match self.afterwards.get() {
            Afterwards::AtOnce => self.afterwork.settle(self, &self.app),
            Afterwards::Queued => {}
            Afterwards::Lost => self.afterwork.lose(),
        }
        output
    }

    /// Runs a future of any isolate, then what objects do afterwards.
    pub fn finish<F: Future>(&self, work: F) -> F::Output {
        let output = block_on(work);
        match self.afterwards.get() {
            Afterwards::AtOnce => self.catch_up(),
            Afterwards::Queued => {}
            Afterwards::Lost => drop(self.objects.take_rests()),
        }
        output
    }

    /// Runs everything that objects still want to do, as far as it gets.
    pub fn catch_up(&self) {
        let mut pool = self.pool.borrow_mut();
        loop {
            let rests = self.objects.take_rests();
            for rest in rests {
                pool.spawner().spawn_local_obj(Box::pin(rest).into()).unwrap();
            }
            pool.run_until_stalled();
            let more = self.objects.take_rests();
            if more.is_empty() {
                return;
            }
            for rest in more {
                pool.spawner().spawn_local_obj(Box::pin(rest).into()).unwrap();
            }
        }
    }

    /// Every object dies where it stands: memory and unfinished work are gone.
    pub fn crash(&self) {
        drop(self.objects.take_rests());
        self.pool.replace(LocalPool::new());
        self.objects.restart();
    }

    /// The moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A moment from now.
    pub fn after(&self, ms: i64) -> Timestamp {
        self.now().plus_millis(ms)
    }

    /// Lets time pass, and every alarm ring that comes due, in order.
    pub fn advance(&self, ms: i64) {
        let end = self.after(ms);
        while let Some((at, address)) = self.next_alarm().filter(|(at, _)| *at <= end) {
            self.clock.set(at.max(self.now()));
            self.ring(&address);
        }
        self.clock.set(end);
    }

    /// Rings the alarm of an object now.
    pub fn ring(&self, address: &Address) {
        self.objects.disk(address).take_alarm();
        let wake = self.objects.wake(address);
        self.pool.borrow().spawner().spawn_local_obj(Box::pin(wake).into()).unwrap();
        self.catch_up();
    }

    /// The next alarm.
    pub fn next_alarm(&self) -> Option<(Timestamp, Address)> {
        let due = self.objects.disks().into_iter().filter_map(|(address, disk)| Some((disk.alarm()?, address)));
        due.min_by_key(|(at, _)| *at)
    }

    /// How many messages objects still have to send, but for sums of usage and alerts, which follow in their own time.
    pub fn undelivered(&self) -> i64 {
        let disks = self.objects.disks();
        let with_outbox = disks.iter().filter(|(_, disk)| disk.tables().iter().any(|table| table == "outbox"));
        with_outbox
            .map(|(_, disk)| disk.number("SELECT count(*) FROM outbox WHERE lane NOT IN ('usage', 'alerts')"))
            .sum()
    }

    /// Everything on every disk but the tables named.
    pub fn dump(&self, without: &[&str]) -> String {
        let disks = self.objects.disks();
        disks.iter().map(|(address, disk)| format!("{address:?}\n{}", disk.dump(without))).collect()
    }

    /// Authenticates a secret key for managing keys.
    pub fn principal(&self, secret: &str) -> Principal {
        self.authenticate(secret, Operation::WriteApiKeys).unwrap()
    }

    /// Makes sure that the organization is active, and authenticates its first key.
    pub fn principal_or_resumed(&self, home: &Home) -> Principal {
        self.set_status(&home.organization.id, OrganizationStatus::Active).unwrap();
        self.principal(&home.secret)
    }

    /// Authenticates a secret key for an operation.
    pub fn authenticate(&self, secret: &str, operation: Operation) -> Result<Principal, Error> {
        self.run(self.app.authenticate(secret, None, operation, Call::End))
    }

    /// Issues a key.
    pub fn issue(&self, by: &Principal, request: IssueKey) -> Result<Held, Error> {
        self.issue_under(by, request, None)
    }

    /// Issues a key under an `Idempotency-Key`.
    pub fn issue_under(
        &self,
        by: &Principal,
        request: IssueKey,
        idempotency: Option<&Idempotency>,
    ) -> Result<Held, Error> {
        let issued = self.run(self.app.issue(by, request, idempotency))?.reply;
        Ok(Held { key: issued.key, text: issued.secret.expose().to_owned() })
    }

    /// Rotates a key; the old one goes on for `overlap_ms`.
    pub fn rotate(&self, by: &Principal, key_id: &ApiKeyId, overlap_ms: i64) -> Result<Held, Error> {
        let request = RotateKey { key_id: key_id.clone(), overlap_ms, expires_at: None };
        self.rotate_under(by, request, None)
    }

    /// Rotates a key as asked.
    pub fn rotate_under(
        &self,
        by: &Principal,
        request: RotateKey,
        idempotency: Option<&Idempotency>,
    ) -> Result<Held, Error> {
        let issued = self.run(self.app.rotate(by, request, idempotency))?.reply;
        Ok(Held { key: issued.key, text: issued.secret.expose().to_owned() })
    }

    /// Revokes a key.
    pub fn revoke(&self, by: &Principal, key_id: &ApiKeyId) -> Result<ApiKey, Error> {
        self.run(self.app.revoke_key(by, key_id, None)).map(|outcome| outcome.reply)
    }

    /// Changes a key.
    pub fn change(&self, by: &Principal, key_id: &ApiKeyId, change: KeyChange) -> Result<ApiKey, Error> {
        self.run(self.app.change_key(by, key_id, change)).map(|outcome| outcome.reply)
    }

    /// Reads a key.
    pub fn read(&self, by: &Principal, key_id: &ApiKeyId) -> Result<ApiKey, Error> {
        self.run(self.app.read_key(by, key_id)).map(|outcome| outcome.reply.0)
    }

    /// Creates a session without a region.
    pub fn create_session(
        &self,
        by: &Principal,
        label: &str,
        environment: Option<latchkey::domain::environment::Environment>,
    ) -> Result<Session, Error> {
        self.run(self.app.create_session(by, WantedSession { environment, ..wanted_session(label) }))
            .map(|outcome| outcome.reply)
    }

    /// Deletes a session.
    pub fn delete_session(&self, by: &Principal, id: &SessionId) -> Result<Session, Error> {
        self.run(self.app.delete_session(by, id)).map(|outcome| outcome.reply)
    }

    /// Suspends, resumes or deletes an organization; answers whether everybody knows.
    pub fn set_status(&self, id: &OrganizationId, status: OrganizationStatus) -> Result<bool, Error> {
        self.run(self.app.set_organization_status(id, status, Patience::Wait)).map(|outcome| outcome.settled)
    }

    /// Verifies a secret key at the gate.
    pub fn verify(&self, secret: &str) -> Result<Verification, Error> {
        self.verify_for(secret, VerifyKey::default())
    }

    /// Verifies a secret key for something.
    pub fn verify_for(&self, secret: &str, request: VerifyKey) -> Result<Verification, Error> {
        let mode = if self.strict.get() { Mode::Strict } else { request.mode };
        let request = VerifyKey { background: self.afterwork.background.clone(), mode, ..request };
        self.run(self.app.verify(secret, None, request))
    }
}
