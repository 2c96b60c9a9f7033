//! What the session knows of its organization's policy, and for how long it may act on it.
//!
//! The policy is in a row; that it is still the one in force is a lease, in memory. Without one a session grants
//! nothing: it asks. What only takes away goes on under the last policy heard if nobody answers, since refusing to
//! revoke a key would be worse.

use crate::domain::id::ApiKeyId;
use crate::domain::lease::Held;
use crate::domain::lease::grantor::Grantor;
use crate::domain::session::SessionStatus;
use crate::domain::timestamp::Timestamp;
use crate::object::denials::Denials;
use crate::object::ledgers::{Debit, Ledgers};
use crate::object::{Abort, Context, Heard, Memory as ObjectMemory, PolicyQuestion, Rejection};
use crate::organization::protocol::{Draw, Grant};
use crate::ports::{Sql, SqlError};

use super::alerts;
use super::banking::Banking;
use super::domains;
use super::outcomes::Counted;
use super::protocol::Command;
use super::state;
use super::store::{self, State};
use super::usage::Usage;

/// What a session knows beyond its rows.
#[derive(Default)]
pub struct Memory {
    /// That its policy is in force.
    pub lease: Option<Held>,
    /// What its keys have spent.
    pub ledgers: Ledgers,
    /// What they were used for.
    pub usage: Usage,
    /// Which key was refused what lately.
    pub denials: Denials,
    /// Of which keys it was written down lately that they were found.
    pub leaks: Denials,
    /// Which outcomes were counted.
    pub outcomes: Counted,
    /// The leases on its keys; none before the first look at the horizon.
    leases: Option<Grantor<ApiKeyId>>,
    /// The tokens that were given to isolates, and those that it has of the pool.
    pub banking: Box<Banking>,
    /// Whether this step has moved the horizon.
    moved: bool,
    /// When the policy was last asked for though it was known.
    pub asked_ahead_at: Option<Timestamp>,
    /// The version of the rules for alerts that are in the row; none until somebody has looked.
    rules: Option<i64>,
    /// Whether a step has left something for the outbox.
    has_work: bool,
    /// Where the clock was seen last, and how often it was seen running backwards.
    seen: Option<Timestamp>,
    steps: u64,
}

impl ObjectMemory for Memory {
    fn begin(&mut self) {
        self.ledgers.begin();
        self.banking.begin();
        self.usage.begin();
        self.outcomes.begin();
        self.denials.begin();
        self.leaks.begin();
        self.moved = false;
    }

    fn roll_back(&mut self) {
        self.ledgers.roll_back();
        self.banking.roll_back();
        self.usage.roll_back();
        self.outcomes.roll_back();
        self.denials.roll_back();
        self.leaks.roll_back();
        self.rules = None;
        if self.moved {
            // The row with the horizon is what it was. Starting over takes the one that stands.
            self.leases = None;
        }
    }

    fn take_work(&mut self) -> bool {
        let opened = self.ledgers.take_opened();
        let counted = self.usage.take_work();
        std::mem::take(&mut self.has_work) || opened || counted
    }
}

impl Memory {
    /// Looks at the clock. One that was set back does not tell how long ago anything was: nothing is known any more that
    /// was asked for before, and what is asked for from here on is measured by the clock as it is set now.
    pub fn look_at(&mut self, now: Timestamp) {
        if self.seen.is_some_and(|seen| now < seen) {
            self.lease = None;
            self.steps = self.steps.saturating_add(1);
        }
        self.seen = Some(now);
    }

    /// Which rules for alerts it knows.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rules_version(&mut self, sql: &dyn Sql) -> Result<i64, SqlError> {
        match self.rules {
            Some(version) => Ok(version),
            None => Ok(*self.rules.insert(alerts::rules::read(sql)?.version)),
        }
    }

    /// How often the clock was seen running backwards.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Takes over the lease that an answer has brought, unless the clock was set back while it was on its way.
    fn hear(&mut self, heard: &Heard, grant: &Grant, now: Timestamp) {
        let lease = Held::new(grant.policy.version, heard.asked_at, grant.ttl_ms, now);
        self.lease = lease.filter(|_| heard.steps == self.steps);
    }

    /// Whether the policy of this version is known to be in force.
    pub fn knows(&mut self, version: i64, now: Timestamp) -> bool {
        self.lease.as_mut().is_some_and(|lease| lease.is_live(version, now))
    }

    /// How long (ms) the policy of this version is known to be in force.
    pub fn policy_rest_ms(&mut self, version: i64, now: Timestamp) -> i64 {
        let Some(lease) = self.lease.as_mut() else { return 0 };
        if lease.is_live(version, now) { lease.until().millis_since(now) } else { 0 }
    }

    /// The leases on the keys.
    ///
    /// # Errors
    /// Those of the database.
    pub fn grantor(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<&mut Grantor<ApiKeyId>, SqlError> {
        let leases = match self.leases.take() {
            Some(leases) => leases,
            None => {
                let (horizon, longest_ms) = store::lease_horizon(sql)?;
                Grantor::restore(horizon, longest_ms, now)
            }
        };
        Ok(self.leases.insert(leases))
    }

    /// Grants a lease on a key that ends `ttl_ms` from now at the latest, and has the horizon cover it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn grant(&mut self, sql: &dyn Sql, key: &ApiKeyId, ttl_ms: i64, now: Timestamp) -> Result<(), SqlError> {
        let grantor = self.grantor(sql, now)?;
        if let Some(horizon) = grantor.grant(key, ttl_ms, now) {
            let longest_ms = grantor.longest_ms();
            // The alarm is to bring it down again once it is quiet.
            (self.moved, self.has_work) = (true, true);
            store::save_lease_horizon(sql, horizon, longest_ms)?;
        }
        Ok(())
    }

    /// Brings the horizon down where nothing is granted any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lower_horizon(&mut self, sql: &dyn Sql, now: Timestamp) -> Result<(), SqlError> {
        if let Some(leases) = &mut self.leases
            && let Some(horizon) = leases.lower(now)
        {
            self.moved = true;
            store::save_lease_horizon(sql, horizon, leases.longest_ms())?;
        }
        Ok(())
    }

    /// When the horizon may come down.
    pub fn horizon_lowers_at(&self) -> Option<Timestamp> {
        self.leases.as_ref().and_then(Grantor::lowers_at)
    }

    /// This step leaves something for the outbox, though its command only counts.
    pub fn leaves_work(&mut self) {
        self.has_work = true;
    }
}

/// What a command needs of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing, or it looks after itself.
    Nothing,
    /// It is carried out under the policy in force or not at all.
    InForce,
    /// It is carried out in any case, under the policy in force if there is an answer.
    IfAnswered,
}

fn need(command: &Command) -> Need {
    match command {
        Command::Confirm { ends: false, .. }
        | Command::Issue { .. }
        | Command::Import { .. }
        | Command::ChangeKey { .. }
        | Command::RotateKey { .. } => Need::InForce,
        Command::ChangeSession { change, .. } if change.status != Some(SessionStatus::Deleted) => Need::InForce,
        Command::ChangeSession { .. } => Need::IfAnswered,
        Command::Confirm { ends: true, .. } | Command::RevokeKey { .. } | Command::DeleteSession { .. } => {
            Need::IfAnswered
        }
        // The first two know whether there is anything to decide. The others decide nothing by it.
        Command::Authenticate { .. }
        | Command::Verify(_)
        | Command::Renew(_)
        | Command::Initialize(_)
        | Command::Flush
        | Command::ReadUsage { .. }
        | Command::ReadRequests { .. }
        | Command::ReadEvidence { .. }
        | Command::CountOutcomes { .. }
        | Command::ReadKey { .. }
        | Command::ReadSession { .. }
        | Command::Health { .. }
        | Command::Claim(_)
        | Command::Release { .. }
        | Command::NoteDenial { .. }
        | Command::ReportLeak { .. }
        | Command::Upkeep { .. }
        | Command::Erase => Need::Nothing,
    }
}

/// Makes sure that a command meets the policy that it needs; else what has to be asked first.
///
/// # Errors
/// `PolicyUnknown` if the organization was asked and has not answered.
pub fn prepare(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    command: &Command,
) -> Result<Option<Box<PolicyQuestion>>, Abort> {
    let need = need(command);
    if need == Need::Nothing {
        return Ok(None);
    }
    let Some(state) = store::state(sql)? else {
        return Ok(None);
    };
    match (current(sql, memory, context, state)?, need) {
        (Known::InForce(_), _) | (Known::Nothing(_), Need::IfAnswered) => Ok(None),
        (Known::Ask(question), _) => Ok(Some(question)),
        (Known::Nothing(_), _) => Err(Rejection::PolicyUnknown.into()),
    }
}

/// What is known of the policy.
pub enum Known {
    /// The session, with the policy in force.
    InForce(Box<State>),
    /// The organization knows.
    Ask(Box<PolicyQuestion>),
    /// The organization was asked, and has not answered. This is the session under the last policy heard.
    Nothing(Box<State>),
}

/// Takes over what was heard, and tells whether the policy is in force. If nobody knows, what was debited is given back.
pub fn current(sql: &dyn Sql, memory: &mut Memory, context: &Context<'_>, mut state: State) -> Result<Known, Abort> {
    if let Some((heard, grant)) = context.heard.and_then(|heard| Some((heard, heard.grant.as_ref()?))) {
        take_over(sql, memory, context, &mut state, grant)?;
        if let Some(rules) = &grant.rules {
            alerts::rules::save(sql, rules)?;
            memory.rules = None;
        }
        memory.hear(heard, grant, context.now);
        memory.banking.pool.hear(heard, context.now);
    }
    // A deleted session refuses for good, whatever the policy: there is nothing to ask, and nothing to take over.
    if state.session.status == SessionStatus::Deleted || memory.knows(state.policy.version, context.now) {
        return Ok(Known::InForce(Box::new(state)));
    }
    if let Some(heard) = context.heard {
        memory.ledgers.give_back(sql, &heard.debit, context.now)?;
        return Ok(Known::Nothing(Box::new(state)));
    }
    Ok(Known::Ask(question(&state, None, Debit::default())))
}

fn take_over(
    sql: &dyn Sql,
    memory: &mut Memory,
    context: &Context<'_>,
    state: &mut State,
    grant: &Grant,
) -> Result<(), Abort> {
    let (heard, known) = (&grant.policy, &state.policy);
    // A version of the code that knew of no domains has forgotten what the policy said of them.
    let lacks = heard.version == known.version && heard.domains.version > known.domains.version;
    if heard.version > known.version || lacks {
        domains::take(sql, grant.domains.as_deref())?;
        state::set_policy(sql, memory, context, state, grant.policy, grant.policy_by.clone())?;
        memory.leaves_work();
    }
    Ok(())
}

/// Asks the organization for its policy and, perhaps, for something of a pool.
pub fn question(state: &State, draw: Option<Draw>, debit: Debit) -> Box<PolicyQuestion> {
    Box::new(PolicyQuestion {
        organization_id: state.session.organization_id.clone(),
        session_id: state.session.id.clone(),
        draw,
        debit,
        // Whoever sends it knows these.
        steps: 0,
        rules: 0,
        domains: state.policy.domains.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::{Plan, PlanName};
    use crate::domain::session::{OrganizationStatus, Policy};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    /// Whether the policy is known at 1,001, by an answer to what was asked at 1,000, if the clock showed this meanwhile.
    fn knows_after(meanwhile: &[i64]) -> bool {
        let mut memory = Memory::default();
        memory.look_at(at(1_000));
        let plan = Plan::preset(PlanName::Free);
        let policy = Policy { version: 1, status: OrganizationStatus::Active, plan, domains: Default::default() };
        let grant = Grant { policy, policy_by: None, ttl_ms: 60_000, pool: None, rules: None, domains: None };
        let (draw, debit, steps) = (None, Debit::default(), memory.steps());
        for moment in meanwhile {
            memory.look_at(at(*moment));
        }
        memory.look_at(at(1_001));
        let heard = Heard { asked_at: at(1_000), grant: Some(grant.clone()), draw, debit, steps };
        memory.hear(&heard, &grant, at(1_001));
        memory.knows(1, at(1_001))
    }

    #[test]
    fn an_answer_that_the_clock_was_set_back_under_is_none_even_once_the_clock_has_caught_up() {
        assert!(knows_after(&[]) && knows_after(&[1_000, 1_001]));
        assert!(!knows_after(&[500]) && !knows_after(&[999, 1_000]));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_what_was_known_though_nobody_wanted_to_know_it_meanwhile() {
        let mut memory = Memory::default();
        memory.look_at(at(1_000));
        memory.lease = Held::new(1, at(1_000), 60_000, at(1_001));
        assert!(memory.knows(1, at(1_001)));
        memory.look_at(at(500));
        memory.look_at(at(1_002));
        assert!(!memory.knows(1, at(1_002)));
    }
}
