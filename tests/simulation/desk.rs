//! What the authority of a session decides in one synchronous step, with the machines of the domain.

use std::sync::Arc;

use latchkey::domain::api_key::{ApiKey, Status};
use latchkey::domain::caller::Reach;
use latchkey::domain::consistency::Mode;
use latchkey::domain::lease::Held;
use latchkey::domain::lease::grant::{Edition, IsolateId, KeyWish, Lease};
use latchkey::domain::lease::grantor::ttl_for;
use latchkey::domain::lease::margin_ms;
use latchkey::domain::ledger::Hold;
use latchkey::domain::session::{OrganizationStatus, Policy, SessionStatus};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::{Code, Demand, Standing, decide};
use latchkey::organization::protocol::Draw;

use crate::change::Change;
use crate::kv::Value;
use crate::limits::Spent;
use crate::messages::{Ask, Heard, Reply};
use crate::plan::{Flaw, Plan};
use crate::purse::{Holds, Spending};
use crate::session::{Memory, Rows};
use crate::usage;

/// How long (ms) before the end of its policy a session asks again.
const AHEAD_MS: i64 = 30_000;
/// How often (ms) a key is published with an end.
const PUBLISHED_MS: i64 = 20_000;
/// The shortest use (ms) that a lease may have.
const SHORTEST_MS: i64 = 20;

pub(crate) enum Outcome {
    Done(Reply),
    /// The organization has to be asked first, perhaps for tokens of its pool; this was debited here.
    Ask(Option<Draw>, Holds),
}

/// One step of a session.
pub(crate) struct Desk<'a> {
    pub(crate) rows: &'a mut Rows,
    pub(crate) memory: &'a mut Memory,
    pub(crate) leased_until: &'a mut Vec<i64>,
    /// Whether durations can be told from its clock.
    pub(crate) is_steady: bool,
    pub(crate) plan: &'a Plan,
    pub(crate) demands: &'a [Demand],
    pub(crate) now: Timestamp,
    pub(crate) time: i64,
    /// The number of its first key.
    pub(crate) first: usize,
    pub(crate) heard: Option<&'a Heard>,
    /// What KV is to be told.
    pub(crate) published: Vec<(usize, Value)>,
    /// Of which keys how many tokens were given away, and how many came back.
    pub(crate) given: Vec<(usize, u64)>,
    pub(crate) returned: Vec<(usize, u64)>,
    /// What was spent here.
    pub(crate) spent: Option<Spent>,
    /// What goes back to the organization, and whether what was debited for this request has.
    pub(crate) returns: Vec<(u64, Hold)>,
    pub(crate) is_taken_back: bool,
    pub(crate) complaint: Option<String>,
}

impl Desk<'_> {
    pub(crate) fn handle(&mut self, ask: &Ask) -> Outcome {
        if self.now < self.memory.seen {
            self.memory.steps += 1;
            self.memory.policy = None;
        }
        self.memory.seen = self.now;
        let known = self.hear();
        match ask {
            Ask::Look => Outcome::Done(Reply::Unavailable),
            Ask::Verify { key, demand, isolate, tokens } => {
                self.settle(&tokens.banks);
                self.verify(*key, &self.demands[*demand], (*isolate, tokens.wished), known)
            }
            Ask::Renew { isolate, wishes, reports } => {
                let told = (*isolate, reports.as_slice());
                let durable = usage::apply(self.rows, self.memory, self.plan, told, self.now);
                wishes.iter().for_each(|wish| self.settle(&wish.banks));
                let is_wanted = wishes.iter().any(|wish| wish.wants);
                if is_wanted && !known && self.heard.is_none() {
                    return self.ask();
                }
                self.memory.askers.note(*isolate, self.now);
                let tokens = wishes.iter().filter(|wish| wish.wants).map(|wish| wish.tokens).sum();
                if let Some(draw) = self.stock(tokens).filter(|_| is_wanted) {
                    return Outcome::Ask(Some(draw), Holds::new());
                }
                let renewed = wishes.iter().map(|wish| self.renew(*isolate, wish, known)).collect();
                Outcome::Done(Reply::Renewed(renewed, durable))
            }
            Ask::Change(Change::Key(key, change)) => self.change_key(*key, *change),
            Ask::Change(Change::Session(_, change)) => self.change_session(*change),
            Ask::Change(Change::Policy(_)) => Outcome::Done(Reply::Unavailable),
            Ask::Policy(policy) => {
                self.take_over(*policy);
                let at_once = self.plan.has(Flaw::RecallAcknowledgedAtOnce);
                let wait_ms = if at_once { 0 } else { self.memory.grantor.fence_all_ms(self.now) };
                Outcome::Done(Reply::Changed { generation: self.rows.policy.version, wait_ms })
            }
        }
    }

    fn ask(&self) -> Outcome {
        let never = self.plan.has(Flaw::PolicyIsNeverRenewed) && self.rows.has_asked;
        if self.heard.is_some() || never { Outcome::Done(Reply::Unavailable) } else { Outcome::Ask(None, Holds::new()) }
    }

    /// Takes over what was heard of the organization, and tells whether the policy is known to be in force.
    fn hear(&mut self) -> bool {
        if let Some((heard, answer)) = self.heard.and_then(|heard| Some((heard, heard.grant.as_ref()?))) {
            let policy = answer.grant.policy;
            self.take_over(policy);
            let lease = Held::new(policy.version, heard.asked_at, answer.grant.ttl_ms, self.now);
            self.memory.policy = lease.filter(|_| heard.steps == self.memory.steps);
            self.memory.pool.hear(&heard.told(), self.now);
        }
        let (version, now) = (self.rows.policy.version, self.now);
        self.memory.policy.as_mut().is_some_and(|held| held.is_live(version, now))
    }

    fn take_over(&mut self, policy: Policy) {
        if policy.version > self.rows.policy.version {
            if self.plan.tightens_policy(&policy, &self.rows.policy) {
                self.memory.grantor.tighten_all(self.now);
            }
            self.rows.policy = policy;
        }
    }

    fn rest_ms(&self) -> i64 {
        self.memory.policy.map_or(0, |held| held.until().millis_since(self.now))
    }

    /// The record as it is, or as it was before the organization was asked.
    fn record(&self, key: usize) -> ApiKey {
        let before = self.heard.and_then(|heard| heard.before.get(key - self.first));
        before.unwrap_or(&self.rows.keys[key - self.first]).clone()
    }

    fn standing(&self) -> Standing {
        Standing { session: self.rows.session.status, organization: self.rows.policy.status, domain_refused: false }
    }

    fn verify(&mut self, key: usize, demand: &Demand, asker: (IsolateId, u32), known: bool) -> Outcome {
        let record = self.record(key);
        let is_over = record.status(self.now) != Status::Active && self.heard.is_none();
        if !is_over && !known {
            return self.ask();
        }
        let wanted = i64::from(self.rows.session.consistency.ttl_ms) + self.rows.session.consistency.stale_ms();
        let is_short = self.rest_ms() < AHEAD_MS.min(wanted);
        if !is_over && is_short && self.heard.is_none() && !self.plan.has(Flaw::PolicyIsNeverRenewed) {
            return Outcome::Ask(None, Holds::new());
        }
        let mut code = decide(&record, self.standing(), demand, self.now);
        let (mut limits, purse) = (Vec::new(), self.purse(&record));
        if code == Code::Valid && (!purse.is_empty() || self.pool().is_some()) {
            self.memory.askers.note(asker.0, self.now);
            let expected = if self.memory.grantor.is_expected(&key, self.now) { asker.1 } else { 0 };
            match self.spend(key, &purse, expected) {
                Spending::Done(left) => limits = left,
                Spending::Refused(left) => (limits, code) = (left, Code::RateLimited),
                Spending::Ask(draw, holds) => return Outcome::Ask(Some(draw), holds),
                Spending::Unanswered => return Outcome::Done(Reply::Unavailable),
            }
        } else {
            self.take_back();
        }
        let lease = self.lease(key, &record, asker, false);
        self.publish_with_end(key, &record);
        Outcome::Done(Reply::Verified { code, key: Arc::new(record), lease, at: self.now, limits })
    }

    fn renew(&mut self, isolate: IsolateId, wish: &KeyWish, known: bool) -> (usize, Option<Lease>) {
        let place = self.rows.keys.iter().position(|key| key.id == wish.key_id).unwrap();
        let key = self.first + place;
        if !wish.wants || !known {
            return (key, None);
        }
        let record = self.record(key);
        let mut lease = self.lease(key, &record, (isolate, wish.tokens), true);
        if let Some(lease) = &mut lease {
            if self.plan.has(Flaw::RenewsOldEdition) {
                lease.edition = wish.edition;
            }
            lease.key = (lease.edition != wish.edition).then(|| Box::new(record));
        }
        (key, lease)
    }

    fn lease(&mut self, key: usize, record: &ApiKey, asker: (IsolateId, u32), renews: bool) -> Option<Lease> {
        let (isolate, wished) = asker;
        let again = self.memory.grantor.is_asked_again(&key, self.now) || renews;
        let (consistency, standing) = (self.rows.session.consistency, self.standing());
        let is_good = record.status(self.now) == Status::Active
            && standing.session == SessionStatus::Connected
            && standing.organization == OrganizationStatus::Active;
        if !is_good || !again {
            return None;
        }
        let rest = if self.plan.has(Flaw::OutlivesPolicy) { 1_000_000 } else { self.rest_ms() };
        let few = self.memory.grantor.ttl_ms(isolate, &consistency, rest, self.now)?;
        let stale = consistency.stale_ms();
        let mut ttl_ms = few.max(ttl_for(self.plan.crowd, &consistency).min(rest - stale));
        let mut stale_ms = stale;
        if let Some(end) = record.settings.expires_at {
            // Neither it nor its stale part outlives the key.
            let left = end.millis_since(self.now);
            ttl_ms = ttl_ms.min(left);
            stale_ms = stale_ms.min(left - ttl_ms);
        }
        if ttl_ms - margin_ms(ttl_ms) < SHORTEST_MS {
            return None;
        }
        let covered = if self.plan.has(Flaw::StaleIsNotCovered) { ttl_ms } else { ttl_ms + stale_ms };
        self.cover(key, covered);
        let purse = self.purse(record);
        let bank = self.bank(key - self.first, &purse, wished, ttl_ms);
        let counts = !purse.is_empty() || self.pool().is_some();
        let limits = self.look(&purse);
        Some(Lease {
            edition: self.edition(record),
            key: None,
            reach: Reach::Session,
            mode: Mode::Leased,
            decided_at: self.now,
            ttl_ms,
            stale_ms,
            counts,
            shares: counts && (!self.is_own(&purse) || self.plan.has(Flaw::SharesLimitsOfKeys)),
            limits,
            bank,
        })
    }

    fn edition(&self, record: &ApiKey) -> Edition {
        let Rows { session, policy, .. } = &*self.rows;
        Edition { key: record.generation, session: session.generation, policy: policy.version }
    }

    /// Something that accepts leaves, for so long.
    fn cover(&mut self, key: usize, ttl_ms: i64) {
        let over = self.time + ttl_ms + 3 * margin_ms(ttl_ms);
        let known = &mut self.leased_until[key - self.first];
        *known = over.max(*known);
        let without_margin = self.plan.has(Flaw::GrantorWithoutMargin);
        let ttl_ms = if without_margin { (ttl_ms - 250) * 1_000 / 1_001 } else { ttl_ms };
        if let Some(horizon) = self.memory.grantor.grant(&key, ttl_ms, self.now) {
            self.memory.raised = true;
            if !self.plan.has(Flaw::HorizonInMemory) {
                self.rows.horizon = horizon;
                self.rows.longest_ms = self.memory.grantor.longest_ms();
            }
        }
    }

    /// In `edge` mode a key that is asked for is published with an end.
    fn publish_with_end(&mut self, key: usize, record: &ApiKey) {
        let (consistency, standing) = (self.rows.session.consistency, self.standing());
        let is_good = record.status(self.now) == Status::Active
            && standing.session == SessionStatus::Connected
            && standing.organization == OrganizationStatus::Active;
        let is_due = self.memory.published.get(&key).is_none_or(|at| self.now.millis_since(*at) >= PUBLISHED_MS);
        let counts = !self.purse(record).is_empty() || self.pool().is_some();
        if counts || consistency.mode != Mode::Edge || consistency.is_strict() || !is_good || !is_due {
            return;
        }
        let left = record.settings.expires_at.map_or(i64::MAX, |end| end.millis_since(self.now));
        let ttl_ms = i64::from(consistency.ttl_ms).min(self.rest_ms()).min(left);
        if ttl_ms - margin_ms(ttl_ms) < SHORTEST_MS {
            return;
        }
        if !self.plan.has(Flaw::KvIsNotCovered) {
            self.cover(key, ttl_ms);
        }
        self.memory.published.insert(key, self.now);
        self.publish(key, record.clone(), Some(self.now.plus_millis(ttl_ms)));
    }

    pub(crate) fn publish(&mut self, key: usize, record: ApiKey, accept_until: Option<Timestamp>) {
        let edition = self.edition(&record);
        let record = Arc::new(record);
        let value = Value { session: usize::MAX, record, decided_at: self.now, edition, accept_until };
        self.published.push((key, value));
    }
}
