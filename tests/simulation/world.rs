//! The world: true time, messages on their way, and what goes wrong.

use std::collections::BTreeMap;

use latchkey::domain::api_key::{ApiKey, KeySettings};
use latchkey::domain::audit::Actor;
use latchkey::domain::id::{ApiKeyId, OrganizationId, SessionId, VerificationId};
use latchkey::domain::key_hash::KeyHash;
use latchkey::domain::lease::grant::IsolateId;
use latchkey::domain::ledger::Hold;
use latchkey::domain::locator::Locator;
use latchkey::domain::permission::{Permission, Permissions};
use latchkey::domain::plan::{Plan as Tariff, PlanName};
use latchkey::domain::session::{LeakPolicy, OrganizationStatus, Policy, Session, SessionStatus};
use latchkey::domain::text::Name;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Demand;
use latchkey::organization::protocol::Draw;

use crate::change::{Change, PolicyChange, WIDE, Wanted};
use crate::isolate::Isolate;
use crate::kv::Value;
use crate::limits::{Limited, Tally};
use crate::messages::{Ask, Call, Reply};
use crate::observer::Observer;
use crate::organization::Organization;
use crate::plan::{Flaw, Plan};
use crate::random::{Clock, Random};
use crate::session::{Memory, Rows, SessionNode};
use crate::till::Answer;
use crate::usage::{self, Counted};

/// Something that happens at a moment.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Load,
    Trouble,
    Discontent,
    Mended,
    Settled,
    Deletions,
    Verify { isolate: usize, key: usize, demand: usize, is_strict: bool },
    Want(Change),
    Attempt(u64),
    Changed { change: u64, generation: i64, wait_ms: u64 },
    Acknowledged { change: Change, generation: i64 },
    ToSession { session: usize, call: Call },
    ToIsolate { isolate: usize, question: u64, reply: Option<Reply> },
    KvRead { isolate: usize, question: u64, value: Option<Value> },
    KvWrite { key: usize, value: Value },
    Draw { session: usize, question: u64, draw: Option<Draw> },
    Granted { session: usize, question: u64, grant: Option<Box<Answer>> },
    Return(u64, Hold),
    SetPolicy { change: u64, wanted: PolicyChange },
    Recall,
    Recalled { session: usize, life: u64, version: i64 },
    Patience { change: u64 },
    Quiet(usize),
    Report { isolate: usize, life: IsolateId, session: usize, rounds: usize },
    Audit,
}

/// Everything.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) random: Random,
    /// The true time (ms).
    pub(crate) time: i64,
    events: BTreeMap<(i64, u64), Event>,
    names: u64,
    pub(crate) demands: Vec<Demand>,
    pub(crate) hashes: Vec<KeyHash>,
    pub(crate) locators: Vec<Locator>,
    pub(crate) isolates: Vec<Isolate>,
    pub(crate) sessions: Vec<SessionNode>,
    pub(crate) organization: Organization,
    pub(crate) kv: Vec<Vec<(i64, Value)>>,
    pub(crate) wanted: BTreeMap<u64, Wanted>,
    /// What was spent of each key, each session, and the pool.
    pub(crate) tallies: Vec<Tally>,
    /// When which isolate has decided on which key by itself.
    pub(crate) decided: BTreeMap<(IsolateId, usize), Vec<i64>>,
    pub(crate) verification: VerificationId,
    pub(crate) observer: Observer,
    /// How many changes were answered at once, and how many later.
    pub(crate) waits: [u64; 2],
    /// Whether everything has been mended for so long that nothing may remind of it.
    pub(crate) has_settled: bool,
    /// Until when each session and the organization do not reach each other.
    pub(crate) cut_until: Vec<i64>,
    /// Whether everything is told as it happens.
    pub(crate) is_told: bool,
}

impl World {
    pub(crate) fn new(seed: u64, flaw: Option<Flaw>) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::new(&mut random, flaw);
        let tariff = plan.limits.as_ref().map_or(Tariff::preset(PlanName::Enterprise), Limited::tariff);
        let policy =
            Policy { version: 1, status: OrganizationStatus::Active, plan: tariff, domains: Default::default() };
        let locators: Vec<Locator> =
            (0..plan.sessions).map(|number| Locator::from_seed(&[number as u8 + 1; 8])).collect();
        let sessions: Vec<Session> = locators.iter().map(|locator| session(*locator, &plan)).collect();
        let keys: Vec<ApiKey> = (0..plan.sessions * plan.keys_each)
            .map(|number| key(number, &sessions[number / plan.keys_each], &plan))
            .collect();
        let nodes = sessions.iter().zip(keys.chunks(plan.keys_each)).map(|(session, keys)| {
            let rows = Rows {
                keys: keys.to_vec(),
                session: session.clone(),
                policy,
                horizon: Timestamp::MIN,
                longest_ms: 0,
                effective: vec![Timestamp::MIN; keys.len()],
                session_effective: Timestamp::MIN,
                has_asked: false,
                ledgers: vec![None; keys.len() + 1],
                usage: Counted::default(),
            };
            // How exact a limit is, is measured by the clock of its authority.
            let clock = if plan.limits.is_some() { Clock::default() } else { plan.clock(&mut random) };
            SessionNode {
                memory: Memory::restore(&rows, random.next(), false, clock.read(0)),
                rows,
                clock,
                pending: BTreeMap::new(),
                last_step: 0,
                leased_until: vec![0; keys.len()],
            }
        });
        let nodes = nodes.collect();
        let isolates =
            (0..plan.isolates).map(|name| Isolate::new(name as u64, plan.clock(&mut random), plan.sessions)).collect();
        let mut world = Self {
            time: 0,
            events: BTreeMap::new(),
            names: 1_000,
            demands: WIDE
                .iter()
                .map(|permission| Demand {
                    permissions: vec![Permission::parse(permission).unwrap()],
                    ..Demand::default()
                })
                .collect(),
            hashes: (0..keys.len()).map(|number| KeyHash::parse(&format!("h1:{number:064x}")).unwrap()).collect(),
            locators,
            isolates,
            organization: Organization::new(
                policy,
                if plan.limits.is_some() { Clock::default() } else { plan.clock(&mut random) },
            ),
            kv: vec![Vec::new(); keys.len()],
            wanted: BTreeMap::new(),
            tallies: (0..keys.len() + plan.sessions + 1).map(|_| Tally::default()).collect(),
            decided: BTreeMap::new(),
            verification: usage::verification(),
            observer: Observer::new(&keys, &sessions, policy),
            waits: [0; 2],
            has_settled: false,
            cut_until: vec![0; plan.sessions],
            is_told: std::env::var("LATCHKEY_TOLD").is_ok(),
            sessions: nodes,
            plan,
            random,
        };
        world.plan_in(0, Event::Load);
        world.plan_in(1_000, Event::Discontent);
        world.plan_in(world.plan.rough_ms, Event::Mended);
        if !world.is_calm() {
            world.plan_in(500, Event::Trouble);
        }
        world
    }

    /// Lets everything happen; what is wrong with it, if anything is.
    pub(crate) fn run(&mut self) -> Option<String> {
        while let Some(((time, _), event)) = self.events.pop_first() {
            self.time = time;
            if self.is_told {
                println!("{time}: {event:?}");
            }
            self.happen(event);
            if let Some(broken) = &self.observer.broken {
                return Some(format!("{broken}, at {time} ms"));
            }
        }
        None
    }

    /// Whether nothing is broken, and nothing ever was.
    pub(crate) fn is_calm(&self) -> bool {
        let Plan { lost, doubled, slow, crashes, .. } = &self.plan;
        (lost + doubled + slow + crashes == 0 && self.time < self.plan.rough_ms) || self.has_settled
    }

    pub(crate) fn name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    pub(crate) fn plan_in(&mut self, delay: i64, event: Event) {
        let name = self.name();
        self.events.insert((self.time + delay, name), event);
    }

    /// Sends a message: it may be lost, it may come twice, and it may be overtaken.
    pub(crate) fn send(&mut self, delay: i64, event: Event) {
        if self.random.per_mille(self.plan.lost) || self.is_cut(&event) {
            return;
        }
        if self.random.per_mille(self.plan.doubled) {
            let late = self.delay();
            self.plan_in(delay + late, event.clone());
        }
        let late = self.delay();
        self.plan_in(delay + late, event);
    }

    /// Whether a session and its organization do not reach each other.
    fn is_cut(&self, event: &Event) -> bool {
        let session = match event {
            Event::Draw { session, .. } | Event::Granted { session, .. } | Event::Recalled { session, .. } => *session,
            Event::ToSession { session, call } if matches!(call.ask, Ask::Policy(_)) => *session,
            _ => return false,
        };
        self.time < self.cut_until[session]
    }

    fn delay(&mut self) -> i64 {
        if self.random.per_mille(self.plan.slow) {
            let most = self.random.pick(&[4_000, 40_000]);
            self.random.within(500, most)
        } else {
            self.random.within(0, 15)
        }
    }

    /// How long (ms) a message between objects, or of an administrator, takes.
    pub(crate) fn way(&mut self) -> i64 {
        self.random.pick(&[1, 3, 20, 100])
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Load => self.load(),
            Event::Trouble => self.trouble(),
            Event::Discontent => self.discontent(),
            Event::Mended => self.mend(),
            Event::Settled => self.settle_down(),
            Event::Deletions => self.delete_all(),
            Event::Verify { isolate, key, demand, is_strict } => self.verify(isolate, key, demand, is_strict),
            Event::Want(change) => self.want(change),
            Event::Attempt(name) => self.attempt(name),
            Event::Changed { change, generation, wait_ms } => self.changed(change, generation, wait_ms),
            Event::Acknowledged { change, generation } => self.acknowledge(change, generation),
            Event::ToSession { session, call } => self.step_session(session, call, None),
            Event::ToIsolate { isolate, question, reply } => self.hear(isolate, question, reply),
            Event::KvRead { isolate, question, value } => self.hear_kv(isolate, question, value),
            Event::KvWrite { key, value } => self.write_kv(key, value),
            Event::Draw { session, question, draw } => self.draw(session, question, draw.as_ref()),
            Event::Granted { session, question, grant } => self.hear_organization(session, question, grant),
            Event::Return(life, hold) => self.organization.till.take_back(life, &hold),
            Event::SetPolicy { change, wanted } => self.set_policy(change, wanted),
            Event::Recall => self.recall(),
            Event::Recalled { session, life, version } => self.recalled(session, life, version),
            Event::Patience { change } => self.answer_change(change),
            Event::Quiet(session) => self.lower(session),
            Event::Report { isolate, life, session, rounds } => self.report(isolate, life, session, rounds),
            Event::Audit => self.audit(),
        }
    }

    fn load(&mut self) {
        // Most of it is one key at one isolate.
        let isolate = if self.random.per_mille(500) { 0 } else { self.random.below(self.isolates.len()) };
        let hot = if self.plan.limits.is_some() { 900 } else { 400 };
        let key = if self.random.per_mille(hot) { 0 } else { self.random.below(self.hashes.len()) };
        let key = self.presented(key);
        let (demand, is_strict) = (self.random.below(2), self.random.per_mille(30));
        self.verify(isolate, key, demand, is_strict);
        let pause = match self.random.below(1_000) {
            0..5 => self.random.within(2_000, 20_000),
            _ => self.random.within(0, 2 * self.plan.pace_ms),
        };
        if self.time + pause < self.plan.rough_ms {
            self.plan_in(pause, Event::Load);
        }
    }

    /// Which key is presented where one was meant: whoever has a successor uses both for a while.
    fn presented(&mut self, key: usize) -> usize {
        let each = self.plan.keys_each;
        let (root, spare) = (key / each * each, (key / each + 1) * each - 1);
        let is_rotated = self.observer.keys[spare].last().rotated_from.is_some();
        match key {
            key if key == root && is_rotated && self.random.per_mille(500) => spare,
            key if key == spare && !is_rotated => root,
            key => key,
        }
    }

    fn discontent(&mut self) {
        if self.time < self.plan.rough_ms {
            self.want_anything();
            let pause = self.random.within(100, 2 * self.plan.changes_ms);
            self.plan_in(pause, Event::Discontent);
        }
    }
}

fn session(locator: Locator, plan: &Plan) -> Session {
    let begin = Timestamp::from_millis(0);
    Session {
        id: SessionId::from_trusted(format!("ses_{locator}")),
        organization_id: OrganizationId::from_trusted("org_sample".to_owned()),
        name: Name::parse("sample").unwrap(),
        environment: None,
        region: None,
        is_default: true,
        status: SessionStatus::Connected,
        created_at: begin,
        updated_at: begin,
        generation: 1,
        rate_limits: plan.limits.as_ref().map(Limited::of_sessions).unwrap_or_default(),
        consistency: plan.consistency,
        leak_policy: LeakPolicy::default(),
    }
}

fn key(number: usize, session: &Session, plan: &Plan) -> ApiKey {
    let mut settings = KeySettings::new(Name::parse("sample").unwrap(), Permissions::parse(WIDE).unwrap());
    settings.rate_limits = plan.limits.as_ref().map(Limited::of_keys).unwrap_or_default();
    ApiKey {
        id: ApiKeyId::from_trusted(format!("key_{number}")),
        organization_id: session.organization_id.clone(),
        session_id: session.id.clone(),
        environment: None,
        start: "sk_".to_owned(),
        last4: "wxyz".to_owned(),
        settings,
        // What a rotation will issue nobody can use before.
        disabled: number % plan.keys_each == plan.keys_each - 1,
        revocation: None,
        rotated_from: None,
        rotated_to: None,
        created_at: session.created_at,
        created_by: Actor::Operator,
        updated_at: session.created_at,
        last_used_at: None,
        generation: 1,
        spends_as: None,
        balance: None,
        domain_verified: None,
        imported: None,
    }
}
