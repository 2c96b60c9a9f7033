//! The authority of a session as an object: rows that stay, memory that goes, and steps of which each is one transaction.
//!
//! What it decides about a call is in `desk`. Here it is carried out: an object may be evicted before a step, it may be
//! lost before the step is committed, after it, and after its answer has left, and a step may be taken back.

use std::collections::BTreeMap;

use latchkey::domain::api_key::ApiKey;
use latchkey::domain::lease::askers::Askers;
use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::lease::grantor::Grantor;
use latchkey::domain::lease::{Held, margin_ms};
use latchkey::domain::ledger::{BLOCK_IDLE_MS, Ledger, Snapshot};
use latchkey::domain::session::{Policy, Session};
use latchkey::domain::timestamp::Timestamp;
use latchkey::organization::protocol::Draw;
use latchkey::session::pool::PoolBanks;

use crate::desk::{Desk, Outcome};
use crate::kv::Value;
use crate::limits::Cap;
use crate::messages::{Ask, Call, From, Heard, Reply};
use crate::plan::Flaw;
use crate::purse::{self, Holds, Out};
use crate::random::Clock;
use crate::till::Answer;
use crate::usage::{Counted, Counting};
use crate::world::{Event, World};

/// What is on the disk of a session.
#[derive(Clone)]
pub(crate) struct Rows {
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) session: Session,
    pub(crate) policy: Policy,
    pub(crate) horizon: Timestamp,
    /// The longest lease (ms) so far.
    pub(crate) longest_ms: i64,
    /// When the last tightening of each key is in force, and the last of the whole session.
    pub(crate) effective: Vec<Timestamp>,
    pub(crate) session_effective: Timestamp,
    /// Whether it has ever asked the organization.
    pub(crate) has_asked: bool,
    /// What has been spent of the limits of each key, and at last of the session.
    pub(crate) ledgers: Vec<Option<Snapshot>>,
    /// What isolates have decided.
    pub(crate) usage: Counted,
}

/// What it knows beyond that.
pub(crate) struct Memory {
    pub(crate) grantor: Grantor<usize>,
    /// The horizon as it was found.
    pub(crate) inherited: Timestamp,
    pub(crate) policy: Option<Held>,
    /// How often the clock was seen to run backwards, and where it was seen last.
    pub(crate) steps: u64,
    pub(crate) seen: Timestamp,
    /// Whether this step has raised the horizon.
    pub(crate) raised: bool,
    /// For when the alarm is set that looks after what is left.
    pub(crate) quiet_at: Option<Timestamp>,
    /// When each key was last published with an end.
    pub(crate) published: BTreeMap<usize, Timestamp>,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) banks: Out,
    /// Which isolates ask.
    pub(crate) askers: Askers<IsolateId>,
    /// What it has of the pool.
    pub(crate) pool: PoolBanks,
    pub(crate) usage: Counting,
}

impl Rows {
    /// Until when leases may run that memory has lost.
    fn inherited(&self, now: Timestamp) -> Timestamp {
        self.horizon.min(now.plus_millis(self.longest_ms + margin_ms(self.longest_ms)))
    }
}

impl Memory {
    pub(crate) fn restore(rows: &Rows, first: u64, forgets: bool, now: Timestamp) -> Self {
        Self {
            grantor: Grantor::restore(rows.horizon, rows.longest_ms, now),
            inherited: rows.inherited(now),
            policy: None,
            steps: 0,
            seen: Timestamp::MIN,
            raised: false,
            quiet_at: None,
            published: BTreeMap::new(),
            ledgers: purse::restore(rows, forgets, now),
            banks: Out::new(first),
            askers: Askers::default(),
            pool: PoolBanks::default(),
            usage: Counting::restore(&rows.usage),
        }
    }
}

/// One session.
pub(crate) struct SessionNode {
    pub(crate) rows: Rows,
    pub(crate) memory: Memory,
    pub(crate) clock: Clock,
    pub(crate) pending: BTreeMap<u64, Pending>,
    pub(crate) last_step: i64,
    /// By when every lease on a key is over in any case.
    pub(crate) leased_until: Vec<i64>,
}

/// A call that waits for the organization.
pub(crate) struct Pending {
    call: Call,
    asked_at: Timestamp,
    steps: u64,
    before: Vec<ApiKey>,
    draw: Option<Draw>,
    holds: Holds,
    debited_at: i64,
    caps: Vec<Cap>,
}

/// What becomes of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    /// It is taken back, and the object goes on.
    Failed,
    CrashBefore,
    CrashAfter,
    /// Its answer has left already.
    CrashAnswered,
}

impl World {
    fn fate(&mut self, ask: &Ask) -> Fate {
        let chance = if matches!(ask, Ask::Change(_)) { self.plan.crashes * 8 } else { self.plan.crashes };
        if matches!(ask, Ask::Look) || !self.random.per_mille(chance) {
            return Fate::Fine;
        }
        self.random.pick(&[Fate::Failed, Fate::CrashBefore, Fate::CrashAfter, Fate::CrashAnswered])
    }

    /// Everything in memory is lost. The next life may be on another machine.
    pub(crate) fn restart_session(&mut self, session: usize) {
        let node = &mut self.sessions[session];
        if self.plan.has(Flaw::ForgetsEffectiveAt) {
            node.rows.effective.fill(Timestamp::MIN);
            node.rows.session_effective = Timestamp::MIN;
        }
        if self.plan.limits.is_none() {
            node.clock.tremble(&mut self.random);
        }
        let now = node.clock.read(self.time);
        let forgets = self.plan.has(Flaw::LedgerForgets);
        node.memory = Memory::restore(&node.rows, self.random.next(), forgets, now);
        // Who waits for an answer of the former life waits in vain.
        node.pending.clear();
    }

    pub(crate) fn step_session(&mut self, session: usize, call: Call, heard: Option<Heard>) {
        let idle = self.time - self.sessions[session].last_step;
        if idle > 10_000 && self.sessions[session].pending.is_empty() && self.random.per_mille(700) {
            self.restart_session(session);
        }
        let mut fate = self.fate(&call.ask);
        if fate == Fate::CrashBefore {
            self.restart_session(session);
            return self.answer(&call, None);
        }
        let Self { plan, sessions, demands, time, .. } = self;
        let node = &mut sessions[session];
        node.last_step = *time;
        let now = node.clock.read(*time);
        let before = (fate == Fate::Failed || plan.has(Flaw::HorizonAfterwards)).then(|| node.rows.clone());
        node.memory.raised = false;
        node.memory.banks.begin();
        node.memory.pool.begin();
        let written = node.rows.usage.clone();
        let kept = (fate == Fate::Failed).then(|| (node.memory.ledgers.clone(), node.memory.usage.clone()));
        let mut desk = Desk {
            rows: &mut node.rows,
            memory: &mut node.memory,
            leased_until: &mut node.leased_until,
            is_steady: node.clock.is_steady(),
            plan,
            demands,
            now,
            time: *time,
            first: session * plan.keys_each,
            heard: heard.as_ref(),
            published: Vec::new(),
            given: Vec::new(),
            returned: Vec::new(),
            spent: None,
            returns: Vec::new(),
            is_taken_back: false,
            complaint: None,
        };
        let outcome = desk.handle(&call.ask);
        let Desk { published, complaint, given, returned, spent, returns, .. } = desk;
        if let Some(complaint) = complaint {
            self.observer.complain(complaint);
        }
        if self.sessions[session].memory.raised && fate == Fate::Fine && self.random.per_mille(self.plan.crashes * 8) {
            fate = Fate::CrashAnswered;
        }
        if let Some(before) = before {
            self.take_back(session, fate, before);
        }
        if let Some((ledgers, usage)) = kept {
            let memory = &mut self.sessions[session].memory;
            (memory.ledgers, memory.usage) = (ledgers, usage);
            memory.banks.roll_back();
            memory.pool.roll_back();
        } else {
            self.note_tokens(&given, &returned, spent);
            self.check_written(session, &written);
        }
        self.note_commits(session);
        self.keep_quiet(session);
        if fate == Fate::Failed {
            return self.answer(&call, None);
        }
        for (key, value) in published {
            self.publish(session, key, value);
        }
        for (life, hold) in returns {
            // It may be lost, but nobody sends it twice.
            if !self.random.per_mille(self.plan.lost) {
                let way = self.way();
                self.plan_in(way, Event::Return(life, hold));
            }
        }
        match outcome {
            Outcome::Done(_) if fate == Fate::CrashAfter => self.answer(&call, None),
            Outcome::Done(reply) => self.answer(&call, Some(reply)),
            Outcome::Ask(draw, holds) => self.ask_organization(session, call, now, (draw, holds)),
        }
        if matches!(fate, Fate::CrashAfter | Fate::CrashAnswered) {
            self.restart_session(session);
        }
    }

    /// Where nothing happens for a while, the horizon comes down, and blocks of tokens are closed.
    fn keep_quiet(&mut self, session: usize) {
        let SessionNode { memory, clock, .. } = &mut self.sessions[session];
        let open = memory.ledgers.iter().filter(|ledger| ledger.is_open());
        let closes_at = open.map(|ledger| ledger.saved_at().plus_millis(BLOCK_IDLE_MS)).min();
        let due = [memory.grantor.lowers_at(), closes_at, memory.usage.flush_at()].into_iter().flatten().min();
        let is_set = |at: &Timestamp| memory.quiet_at.is_some_and(|set| set <= *at);
        if let Some(at) = due.filter(|at| !is_set(at)) {
            let delay = at.millis_since(clock.read(self.time)).clamp(0, 20_000);
            memory.quiet_at = Some(at);
            self.plan_in(delay + 1, Event::Quiet(session));
        }
    }

    pub(crate) fn lower(&mut self, session: usize) {
        let Self { plan, sessions, time, .. } = self;
        let SessionNode { memory, rows, clock, .. } = &mut sessions[session];
        memory.quiet_at = None;
        let now = clock.read(*time);
        let to_now = plan.has(Flaw::LowersTooFar) && memory.grantor.lowers_at().is_some_and(|at| at <= now);
        if let Some(horizon) = memory.grantor.lower(now) {
            rows.horizon = if to_now { now } else { horizon };
        }
        for (ledger, row) in memory.ledgers.iter_mut().zip(&mut rows.ledgers) {
            if ledger.is_open() && ledger.saved_at().plus_millis(BLOCK_IDLE_MS) <= now {
                *row = Some(ledger.close(now));
            }
        }
        let written = rows.usage.clone();
        memory.usage.flush(&mut rows.usage, now);
        self.check_written(session, &written);
        self.keep_quiet(session);
    }

    fn take_back(&mut self, session: usize, fate: Fate, before: Rows) {
        let node = &mut self.sessions[session];
        if fate == Fate::Failed {
            node.rows = before;
            if node.memory.raised && !self.plan.has(Flaw::HorizonOfFailedStep) {
                // The row with the horizon is gone again. Starting over takes the one that stands.
                let now = node.clock.read(self.time);
                node.memory.grantor = Grantor::restore(node.rows.horizon, node.rows.longest_ms, now);
                node.memory.inherited = node.rows.inherited(now);
            }
        } else if fate == Fate::CrashAnswered {
            node.rows.horizon = before.horizon;
            node.rows.longest_ms = before.longest_ms;
        }
    }

    fn note_commits(&mut self, session: usize) {
        let node = &self.sessions[session];
        for (place, key) in node.rows.keys.iter().enumerate() {
            self.observer.commit_key(session * self.plan.keys_each + place, self.time, key);
        }
        self.observer.commit_session(session, self.time, &node.rows.session);
    }

    fn publish(&mut self, session: usize, key: usize, mut value: Value) {
        value.session = session;
        let delay = self.way() + if self.random.per_mille(200) { self.random.within(0, 60_000) } else { 0 };
        self.plan_in(delay, Event::KvWrite { key, value });
    }

    fn ask_organization(&mut self, session: usize, call: Call, now: Timestamp, asked: (Option<Draw>, Holds)) {
        let (draw, holds) = asked;
        let name = self.name();
        let caps = if let Ask::Verify { key, .. } = call.ask { self.caps(key) } else { Vec::new() };
        let debited_at = self.time;
        let node = &mut self.sessions[session];
        let before = if self.plan.has(Flaw::RowFromBeforeAwait) { node.rows.keys.clone() } else { Vec::new() };
        node.rows.has_asked = true;
        node.pending.insert(
            name,
            Pending {
                call,
                asked_at: now,
                steps: node.memory.steps,
                before,
                draw: draw.clone(),
                holds,
                debited_at,
                caps,
            },
        );
        let way = self.way();
        self.send(way, Event::Draw { session, question: name, draw });
        let patience = self.random.pick(&[2_000, 10_000]);
        self.plan_in(patience, Event::Granted { session, question: name, grant: None });
    }

    /// The organization has answered, or is waited for no longer.
    pub(crate) fn hear_organization(&mut self, session: usize, question: u64, grant: Option<Box<Answer>>) {
        let Some(pending) = self.sessions[session].pending.remove(&question) else { return };
        let Pending { call, asked_at, steps, before, draw, holds, debited_at, caps } = pending;
        self.step_session(session, call, Some(Heard { asked_at, steps, grant, before, draw, holds, debited_at, caps }));
    }

    /// Nothing is an answer that has been lost, or a call that has failed.
    fn answer(&mut self, call: &Call, reply: Option<Reply>) {
        match call.from {
            From::Isolate { isolate, question } => {
                let reply = reply.filter(|reply| !matches!(reply, Reply::Unavailable));
                self.send(self.plan.ways[isolate], Event::ToIsolate { isolate, question, reply });
            }
            From::Admin(change) => {
                let way = self.way();
                if let Some(Reply::Changed { generation, wait_ms }) = reply {
                    self.send(way, Event::Changed { change, generation, wait_ms });
                }
            }
            From::Organization { session, life } => {
                if let Some(Reply::Changed { generation, wait_ms }) = reply {
                    self.acknowledge_recall(session, life, generation, wait_ms);
                }
            }
        }
    }
}
