//! All Durable Objects of the deployment in this process: the production shells over disks that survive them.
//!
//! What follows an answer is queued, and run, left lying or lost as the test says. Two calls to one object
//! interleave only where the platform's would: at awaits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use latchkey::account::AccountObject;
use latchkey::directory::DirectoryObject;
use latchkey::domain::session::Region;
use latchkey::object::shell::Shell;
use latchkey::organization::OrganizationObject;
use latchkey::ports::World;
use latchkey::ports::{Address, Objects, PortError};
use latchkey::session::SessionObject;

use super::disk::{Disk, Mount};
pub use super::fault::{Fault, Kind, Whom};
use super::fault::{command_in, later};

enum Room {
    Session(Box<Shell<SessionObject, Mount>>),
    Organization(Box<Shell<OrganizationObject, Mount>>),
    Account(Shell<AccountObject, Mount>),
    Directory(Shell<DirectoryObject, Mount>),
}

/// What an object still does after it has answered.
pub type Rest = BoxFuture<'static, ()>;

struct Plot {
    disk: Arc<Disk>,
    room: Option<Arc<Room>>,
    region: Option<Region>,
}

/// The objects of one house.
pub struct Cluster {
    world: Mutex<Option<World>>,
    plots: Mutex<BTreeMap<String, (Address, Plot)>>,
    faults: Mutex<Vec<(Whom, Fault, Option<u32>)>>,
    planned: Mutex<Option<(u64, Fault, bool)>>,
    fuse: Mutex<Option<(Kind, i64)>>,
    interruption: Mutex<Option<(u64, Rest)>>,
    before_answer: Mutex<Option<(Whom, Rest)>>,
    late: Mutex<Vec<(Address, Vec<u8>)>>,
    calls: Mutex<BTreeMap<(Kind, String), u64>>,
    /// The last answer to each command, for `Fault::Believed`.
    answers: Mutex<BTreeMap<(Kind, String), Vec<u8>>>,
    skewed: AtomicBool,
    rests: Mutex<Vec<Rest>>,
    folder: Option<PathBuf>,
}

impl Cluster {
    /// No objects yet; databases in memory, or as files in a folder.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self {
            world: Mutex::new(None),
            plots: Mutex::default(),
            faults: Mutex::default(),
            planned: Mutex::default(),
            fuse: Mutex::default(),
            interruption: Mutex::default(),
            before_answer: Mutex::default(),
            late: Mutex::default(),
            calls: Mutex::default(),
            answers: Mutex::default(),
            skewed: AtomicBool::new(false),
            rests: Mutex::default(),
            folder,
        }
    }

    /// Moves in: the world that the objects live in, or `None` to leave it.
    pub fn set_world(&self, world: Option<World>) {
        *self.world.lock().unwrap() = world;
        self.restart();
    }

    /// Lets calls go wrong from now on.
    pub fn fault(&self, whom: Whom, fault: Fault) {
        self.faults.lock().unwrap().push((whom, fault, None));
    }

    /// Lets the next call of these go wrong.
    pub fn fault_once(&self, whom: Whom, fault: Fault) {
        self.faults.lock().unwrap().push((whom, fault, Some(1)));
    }

    /// Lets the `n`-th call from now on go wrong (1 = the next), whomever it is for.
    pub fn fault_nth(&self, n: u64, fault: Fault) {
        *self.planned.lock().unwrap() = Some((n, fault, false));
    }

    /// Lets every call from the `n`-th on go wrong.
    pub fn fault_from(&self, n: u64, fault: Fault) {
        *self.planned.lock().unwrap() = Some((n, fault, true));
    }

    /// Lets the `n`-th statement of every object of a kind fail, also of those that do not exist yet.
    pub fn fail_statement_of(&self, kind: Kind, n: i64) {
        *self.fuse.lock().unwrap() = Some((kind, n));
    }

    /// Takes back what `fail_statement_of` ordered.
    pub fn no_failures(&self) {
        *self.fuse.lock().unwrap() = None;
        self.disks().iter().for_each(|(_, disk)| disk.no_failure());
    }

    /// Lets something else happen before the `n`-th call from now on arrives (1 = the next).
    pub fn interrupt(&self, n: u64, with: Rest) {
        *self.interruption.lock().unwrap() = Some((n, with));
    }

    /// Whether the interruption is still to come; it is given up.
    pub fn was_not_interrupted(&self) -> bool {
        self.interruption.lock().unwrap().take().is_some()
    }

    fn interruption(&self) -> Option<Rest> {
        let mut planned = self.interruption.lock().unwrap();
        let (left, _) = planned.as_mut()?;
        *left -= 1;
        if *left > 0 {
            return None;
        }
        planned.take().map(|(_, with)| with)
    }

    /// Lets something else happen once the next call of these has been carried out, before its answer is back.
    pub fn before_answer(&self, of: Whom, with: Rest) {
        *self.before_answer.lock().unwrap() = Some((of, with));
    }

    /// The calls that were late arrive now, in their order.
    pub async fn deliver_late(&self) {
        let late = std::mem::take(&mut *self.late.lock().unwrap());
        for (address, request) in late {
            self.carry(&address, None, &request).await;
        }
    }

    /// Lets whoever speaks be a version ahead of whoever hears it, questions and answers alike.
    pub fn skew(&self) {
        self.skewed.store(true, Ordering::Relaxed);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.faults.lock().unwrap().clear();
        *self.planned.lock().unwrap() = None;
    }

    /// How many calls objects of a kind were sent.
    pub fn calls(&self, kind: Kind) -> u64 {
        self.calls.lock().unwrap().iter().filter(|((of, _), _)| *of == kind).map(|(_, calls)| calls).sum()
    }

    /// How often objects of a kind were told this.
    pub fn told(&self, kind: Kind, command: &str) -> u64 {
        self.calls.lock().unwrap().get(&(kind, command.to_owned())).copied().unwrap_or_default()
    }

    /// How many calls there were in all.
    pub fn all_calls(&self) -> u64 {
        self.calls.lock().unwrap().values().sum()
    }

    /// Every object that was ever contacted.
    pub fn addresses(&self) -> Vec<Address> {
        self.plots.lock().unwrap().values().map(|(address, _)| address.clone()).collect()
    }

    /// The disk of an object, which must exist.
    pub fn disk(&self, address: &Address) -> Arc<Disk> {
        self.plots.lock().unwrap().get(&name(address)).unwrap().1.disk.clone()
    }

    /// Where an object was placed.
    pub fn region(&self, address: &Address) -> Option<Region> {
        self.plots.lock().unwrap().get(&name(address)).unwrap().1.region
    }

    /// Every disk.
    pub fn disks(&self) -> Vec<(Address, Arc<Disk>)> {
        self.plots.lock().unwrap().values().map(|(address, plot)| (address.clone(), plot.disk.clone())).collect()
    }

    /// All objects lose their memory and keep their disks.
    pub fn restart(&self) {
        self.plots.lock().unwrap().values_mut().for_each(|(_, plot)| plot.room = None);
    }

    /// One object loses its memory and keeps its disk.
    pub fn restart_one(&self, address: &Address) {
        if let Some((_, plot)) = self.plots.lock().unwrap().get_mut(&name(address)) {
            plot.room = None;
        }
    }

    /// What objects want to do after their answers.
    pub fn take_rests(&self) -> Vec<Rest> {
        std::mem::take(&mut *self.rests.lock().unwrap())
    }

    /// An object's alarm handler.
    pub fn wake(&self, address: &Address) -> Rest {
        let room = self.room(address, None);
        Box::pin(async move {
            match &*room {
                Room::Session(shell) => shell.wake().await,
                Room::Organization(shell) => shell.wake().await,
                Room::Account(shell) => shell.wake().await,
                Room::Directory(shell) => shell.wake().await,
            }
        })
    }

    fn room(&self, address: &Address, region: Option<Region>) -> Arc<Room> {
        let mut plots = self.plots.lock().unwrap();
        let (_, plot) = plots.entry(name(address)).or_insert_with(|| {
            let file = self.folder.as_ref().map(|folder| folder.join(format!("{}.sqlite", name(address))));
            let disk = Disk::new(file);
            if let Some((_, n)) = self.fuse.lock().unwrap().filter(|(kind, _)| *kind == Kind::of(address)) {
                disk.fail_statement(n);
            }
            (address.clone(), Plot { disk, room: None, region })
        });
        let world = self.world.lock().unwrap().clone().unwrap();
        let mount = Mount(plot.disk.clone());
        let room = plot.room.get_or_insert_with(|| {
            Arc::new(match address {
                Address::Session(_) => Room::Session(Box::new(Shell::new(mount, world))),
                Address::Organization(_) => Room::Organization(Box::new(Shell::new(mount, world))),
                Address::Account(_) => Room::Account(Shell::new(mount, world)),
                Address::Directory => Room::Directory(Shell::new(mount, world)),
            })
        });
        room.clone()
    }

    fn meets(&self, address: &Address, request: &[u8]) -> Option<Fault> {
        if let Some((left, fault, stays)) = self.planned.lock().unwrap().as_mut() {
            *left = left.saturating_sub(1);
            if *left == 0 {
                let now = *fault;
                *left = if *stays { 1 } else { u64::MAX };
                return Some(now);
            }
        }
        let mut faults = self.faults.lock().unwrap();
        let place = faults.iter().position(|(whom, _, _)| whom.is_met(address, request))?;
        let (_, fault, left) = &mut faults[place];
        let fault = *fault;
        if left.as_mut().is_some_and(|left| {
            *left -= 1;
            *left == 0
        }) {
            faults.remove(place);
        }
        Some(fault)
    }

    async fn carry(&self, address: &Address, region: Option<Region>, request: &[u8]) -> Vec<u8> {
        macro_rules! serve {
            ($room:expr, $shell:expr, $kind:path) => {{
                let served = $shell.serve(request).await;
                let room = $room.clone();
                if !served.follow_up.is_empty() {
                    self.rests.lock().unwrap().push(Box::pin(async move {
                        if let $kind(shell) = &*room {
                            shell.afterwards(served.follow_up).await;
                        }
                    }));
                }
                served.response
            }};
        }
        let room = self.room(address, region);
        match &*room {
            Room::Session(shell) => serve!(room, shell, Room::Session),
            Room::Organization(shell) => serve!(room, shell, Room::Organization),
            Room::Account(shell) => serve!(room, shell, Room::Account),
            Room::Directory(shell) => serve!(room, shell, Room::Directory),
        }
    }
}

fn name(address: &Address) -> String {
    match address {
        Address::Session(locator) => format!("session-{locator}"),
        Address::Organization(locator) => format!("organization-{locator}"),
        Address::Account(locator) => format!("account-{locator}"),
        Address::Directory => "directory".to_owned(),
    }
}

#[async_trait]
impl Objects for Cluster {
    async fn call(&self, address: &Address, region: Option<Region>, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let told = (Kind::of(address), command_in(&request).to_owned());
        *self.calls.lock().unwrap().entry(told.clone()).or_default() += 1;
        let skewed = self.skewed.load(Ordering::Relaxed);
        let request = if skewed { later(&request) } else { request };
        let failed = |detail: &str| PortError::new("object call", detail);
        if let Some(interruption) = self.interruption() {
            interruption.await;
        }
        match self.meets(address, &request) {
            None => {
                let answer = self.carry(address, region, &request).await;
                let met = self.before_answer.lock().unwrap().take_if(|(whom, _)| whom.is_met(address, &request));
                if let Some((_, rest)) = met {
                    rest.await;
                }
                self.answers.lock().unwrap().insert(told, answer.clone());
                Ok(if skewed { later(&answer) } else { answer })
            }
            Some(Fault::Unreachable) => Err(failed("unreachable")),
            Some(Fault::Overloaded) => Err(failed("overloaded")),
            Some(Fault::Retryable) => Err(PortError { retryable: true, ..failed("the code was updated") }),
            Some(Fault::Late) => {
                self.late.lock().unwrap().push((address.clone(), request));
                Err(failed("no answer"))
            }
            Some(Fault::Hanging) => std::future::pending().await,
            Some(Fault::Strange) => {
                Ok(br#"{"done":{"reply":{"reply":"unheard_of"},"wait_ms":0,"settled":true}}"#.to_vec())
            }
            Some(Fault::Believed) => {
                let last = self.answers.lock().unwrap().get(&told).cloned();
                last.ok_or_else(|| failed("nobody has asked this before"))
            }
            Some(Fault::Garbled) => {
                let answer = self.carry(address, region, &request).await;
                Ok(answer[..answer.len() / 2].to_vec())
            }
            Some(Fault::AnswerLost) => {
                self.carry(address, region, &request).await;
                Err(failed("the connection was cut"))
            }
            Some(Fault::Doubled) => {
                self.carry(address, region, &request).await;
                Ok(self.carry(address, region, &request).await)
            }
        }
    }
}
