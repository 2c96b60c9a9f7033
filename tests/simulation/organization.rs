//! The organization as an object: it lends its policy to sessions, and calls them when it changes.

use std::collections::BTreeSet;

use latchkey::domain::lease::Granted;
use latchkey::domain::session::Policy;
use latchkey::domain::timestamp::Timestamp;
use latchkey::organization::protocol::Draw;

use crate::change::PolicyChange;
use crate::messages::{Ask, Call, From};
use crate::plan::Flaw;
use crate::random::Clock;
use crate::till::{Answer, LEASE_MS, Till};
use crate::world::{Event, World};

/// How long (ms) an answer waits for sessions to acknowledge, and how long a message to one of them is waited for.
const PATIENCE_MS: i64 = 2_000;
const MESSAGE_PATIENCE_MS: i64 = 10_000;
/// How long (ms) until those that have not acknowledged are called again.
const ALARM_MS: i64 = 5_000;

/// The organization.
pub(crate) struct Organization {
    pub(crate) policy: Policy,
    horizon: Timestamp,
    /// Sessions that have not acknowledged the policy in force.
    waiting: BTreeSet<usize>,
    granted: Granted<usize>,
    pub(crate) clock: Clock,
    pub(crate) till: Till,
    life: u64,
    /// Changes whose answers wait for acknowledgements: which, and what they report.
    answering: Vec<(u64, i64)>,
}

impl Organization {
    pub(crate) fn new(policy: Policy, clock: Clock) -> Self {
        Self {
            policy,
            horizon: Timestamp::MIN,
            waiting: BTreeSet::new(),
            granted: Granted::restore(Timestamp::MIN, LEASE_MS, Timestamp::MIN),
            clock,
            till: Till::new(),
            life: 0,
            answering: Vec::new(),
        }
    }

    /// How long (ms) until nobody who has not acknowledged acts on what was before.
    fn fence_ms(&self, now: Timestamp) -> u64 {
        let ends = self.waiting.iter().map(|session| self.granted.former_end(session));
        u64::try_from(ends.max().unwrap_or(Timestamp::MIN).millis_since(now)).unwrap_or(0)
    }
}

impl World {
    pub(crate) fn restart_organization(&mut self) {
        let organization = &mut self.organization;
        let now = organization.clock.read(self.time);
        organization.granted = Granted::restore(organization.horizon, LEASE_MS, now);
        organization.life += 1;
        organization.answering.clear();
        organization.till.restart(self.random.next(), &self.plan, now);
        if self.plan.limits.is_none() {
            organization.clock.tremble(&mut self.random);
        }
        if !organization.waiting.is_empty() {
            self.plan_in(ALARM_MS, Event::Recall);
        }
    }

    /// A session asks for the policy.
    pub(crate) fn draw(&mut self, session: usize, question: u64, draw: Option<&Draw>) {
        if self.random.per_mille(self.plan.crashes) {
            self.restart_organization();
            return;
        }
        let organization = &mut self.organization;
        let now = organization.clock.read(self.time);
        if let Some(horizon) = organization.granted.grant(session, LEASE_MS, now)
            && !self.plan.has(Flaw::PolicyHorizonInMemory)
        {
            organization.horizon = horizon;
        }
        let (grant, hold) = organization.till.serve(session, organization.policy, draw, now);
        let grant = Some(Box::new(Answer { grant, hold, drawn_at: self.time, cap: self.cap_of_pool() }));
        let way = self.way();
        self.send(way, Event::Granted { session, question, grant });
        if self.random.per_mille(self.plan.crashes) {
            self.restart_organization();
        }
    }

    pub(crate) fn set_policy(&mut self, change: u64, wanted: PolicyChange) {
        if self.random.per_mille(self.plan.crashes * 8) {
            self.restart_organization();
        }
        let all = 0..self.sessions.len();
        let organization = &mut self.organization;
        let now = organization.clock.read(self.time);
        let after = wanted.apply(&organization.policy);
        let mut waits = !organization.waiting.is_empty() && organization.fence_ms(now) > 0;
        if let Some(after) = after {
            let before = std::mem::replace(&mut organization.policy, after);
            organization.granted.change(now);
            organization.waiting = all.collect();
            waits |= self.plan.tightens_policy(&after, &before);
            self.observer.commit_policy(self.time, self.organization.policy);
            self.recall();
        }
        let version = self.organization.policy.version;
        if self.random.per_mille(self.plan.crashes * 8) {
            return self.restart_organization();
        }
        if !waits || self.plan.has(Flaw::PolicyAtCommit) {
            let way = self.way();
            return self.send(way, Event::Changed { change, generation: version, wait_ms: 0 });
        }
        self.organization.answering.push((change, version));
        self.plan_in(PATIENCE_MS, Event::Patience { change });
    }

    /// Calls those that have not acknowledged, and goes on until they have.
    pub(crate) fn recall(&mut self) {
        let Organization { policy, life, waiting, .. } = &self.organization;
        let (policy, life, waiting) = (*policy, *life, waiting.clone());
        for session in &waiting {
            let call = Call { from: From::Organization { session: *session, life }, ask: Ask::Policy(policy) };
            let way = self.way();
            self.send(way, Event::ToSession { session: *session, call });
        }
        if !waiting.is_empty() {
            self.plan_in(ALARM_MS, Event::Recall);
        }
    }

    /// A session has taken over a policy; its answer is waited for as long as it says.
    pub(crate) fn acknowledge_recall(&mut self, session: usize, life: u64, version: i64, wait_ms: u64) {
        let wait = i64::try_from(wait_ms).unwrap();
        if wait <= MESSAGE_PATIENCE_MS {
            let drift = self.random.within(-900, 900) * wait / 1_000_000;
            let way = self.way();
            self.send(way + wait + drift, Event::Recalled { session, life, version });
        }
    }

    pub(crate) fn recalled(&mut self, session: usize, life: u64, version: i64) {
        let organization = &mut self.organization;
        if life != organization.life || version != organization.policy.version {
            return;
        }
        organization.waiting.remove(&session);
        if organization.waiting.is_empty() {
            for (change, _) in organization.answering.clone() {
                self.answer_change(change);
            }
        }
    }

    /// Those that have not acknowledged are waited out.
    pub(crate) fn answer_change(&mut self, change: u64) {
        let organization = &mut self.organization;
        let Some(place) = organization.answering.iter().position(|(name, _)| *name == change) else { return };
        let (_, generation) = organization.answering.remove(place);
        let now = organization.clock.read(self.time);
        let at_once = self.plan.has(Flaw::UnreachableIsNotWaitedFor);
        let wait_ms = if at_once { 0 } else { organization.fence_ms(now) };
        let way = self.way();
        self.send(way, Event::Changed { change, generation, wait_ms });
    }
}
