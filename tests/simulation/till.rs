//! The organization's pool: tokens that sessions draw one by one, and banks that they spend and pass on.

use latchkey::domain::lease::askers::Askers;
use latchkey::domain::lease::bank::{BankGrant, Banks, passed_on_after_ms};
use latchkey::domain::lease::lending::{Claims, allotment, lasts_ms};
use latchkey::domain::ledger::{Hold, Ledger, Snapshot, Terms};
use latchkey::domain::plan::Pool;
use latchkey::domain::rate_limit::{Level, RateLimit};
use latchkey::domain::session::{OrganizationStatus, Policy};
use latchkey::domain::timestamp::Timestamp;
use latchkey::object::ledgers::Debit;
use latchkey::organization::protocol::{Draw, DrawAction, Drawn, Grant};

use crate::limits::Cap;
use crate::plan::{Flaw, Plan};

/// How long (ms) a session may act on a policy before it asks again.
pub(crate) const LEASE_MS: i64 = 60_000;

/// What the organization answers a session.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) grant: Grant,
    /// What was debited for the request itself, in which life, and when in true time.
    pub(crate) hold: Option<(u64, Hold)>,
    pub(crate) drawn_at: i64,
    pub(crate) cap: Option<Cap>,
}

/// The pool as an object keeps it.
pub(crate) struct Till {
    ledger: Ledger,
    row: Option<Snapshot>,
    banks: Banks<Hold>,
    /// Which sessions ask.
    askers: Askers<usize>,
    life: u64,
}

fn terms(limit: &RateLimit) -> Terms<'_> {
    Terms { level: Level::Organization, limits: std::slice::from_ref(limit), credits: None }
}

impl Till {
    pub(crate) fn new() -> Self {
        let (ledger, banks) = (Ledger::new(Timestamp::from_millis(0)), Banks::new(0));
        Self { ledger, row: None, banks, askers: Askers::default(), life: 0 }
    }

    /// Memory is lost.
    pub(crate) fn restart(&mut self, first: u64, plan: &Plan, now: Timestamp) {
        self.ledger = match &self.row {
            Some(row) if !plan.has(Flaw::PoolForgets) => Ledger::restore(row.clone(), now),
            _ => Ledger::new(now),
        };
        (self.banks, self.askers, self.life) = (Banks::new(first), Askers::default(), first);
    }

    fn keep(&mut self, limit: &RateLimit, now: Timestamp) {
        if self.ledger.needs_saving() {
            self.row = Some(self.ledger.save(&terms(limit), now));
        }
    }

    /// Serves a session, and tells what was debited for the request itself.
    pub(crate) fn serve(
        &mut self,
        session: usize,
        policy: Policy,
        draw: Option<&Draw>,
        now: Timestamp,
    ) -> (Grant, Option<(u64, Hold)>) {
        let mut grant = Grant { policy, policy_by: None, ttl_ms: LEASE_MS, pool: None, rules: None, domains: None };
        let Some(draw) = draw else { return (grant, None) };
        for report in &draw.banks {
            if let Some(out) = self.banks.settle(report) {
                self.ledger.settle(&out.debit, report.spent, now);
            }
        }
        let Some(limit) = policy.plan.pool(Pool::Requests) else { return (grant, None) };
        if policy.status != OrganizationStatus::Active || draw.action != DrawAction::Spend {
            return (grant, None);
        }
        self.askers.note(session, now);
        let is_alone = draw.alone && self.askers.is_alone(now);
        let mut view = self.ledger.view(&terms(&limit), draw.cost, now);
        let mut hold = None;
        if view.shortage.is_none() {
            if draw.cost > 0 {
                hold = Some((self.life, self.ledger.spend(&terms(&limit), draw.cost, now)));
                self.keep(&limit, now);
            }
            let bank = self.bank(&limit, (draw.wish, is_alone), now);
            view = self.ledger.view(&terms(&limit), 0, now);
            grant.pool = view.limits.pop().map(|limit| Drawn { limit, debit: Debit::default(), bank });
        } else {
            grant.pool = view.limits.pop().map(|limit| Drawn { limit, debit: Debit::default(), bank: None });
        }
        (grant, hold)
    }

    fn bank(&mut self, limit: &RateLimit, (wish, is_alone): (u32, bool), now: Timestamp) -> Option<BankGrant> {
        let view = self.ledger.view(&terms(limit), 0, now);
        let lasts = lasts_ms(&view.limits, is_alone, LEASE_MS).filter(|_| wish > 0)?;
        let out = self.banks.tokens_out(limit.window_ms, now, |_| true);
        let claims = Claims { lately: *view.lately.first()?, out, is_alone };
        let tokens = wish.min(allotment(view.limits.first()?, claims));
        if tokens == 0 {
            return None;
        }
        let hold = self.ledger.spend_ahead(&terms(limit), tokens, passed_on_after_ms(lasts), now);
        self.keep(limit, now);
        Some(self.banks.grant(tokens, lasts, hold, now))
    }

    /// What was spent for a request that is refused after all. Of a former life it stays spent.
    pub(crate) fn take_back(&mut self, life: u64, hold: &Hold) {
        if life == self.life {
            self.ledger.give_back(hold);
        }
    }
}
