//! Words for limits and credits, and what a house can be asked about them.

use latchkey::app::WantedSession;
use latchkey::app::{Error, IssueKey, Patience, Principal, Verification, VerifyKey};
use latchkey::domain::api_key::KeySettings;
use latchkey::domain::change::Change;
use latchkey::domain::credits::{CreditChange, CreditSettings, Interval, Refill};
use latchkey::domain::key_change::{CreditsChange, KeyChange};
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::rate_limit::{LimitName, RateLimit, RateLimits};
use latchkey::domain::session::Session;
use latchkey::domain::verification::Code;
use latchkey::organization::protocol::OrganizationChange;
use latchkey::ports::Address;

use super::cluster::{Fault, Whom};
use super::held::{Held, Home};
use super::house::House;
use super::words::{settings, wanted_session, with};

/// A minute, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// One limit.
pub fn limit(label: &str, tokens: u32, window_ms: u32) -> RateLimit {
    RateLimit { name: LimitName::parse(label).unwrap(), limit: tokens, window_ms }
}

/// Several limits: names, tokens, windows.
pub fn limits(all: &[(&str, u32, u32)]) -> RateLimits {
    RateLimits::new(all.iter().map(|(label, tokens, window_ms)| limit(label, *tokens, *window_ms)).collect()).unwrap()
}

/// Settings with limits.
pub fn limited(all: &[(&str, u32, u32)]) -> KeySettings {
    KeySettings { rate_limits: limits(all), ..settings(&["emails:send"]) }
}

/// A key with limits and credits to issue in the caller's own session.
pub fn with_credits(settings: KeySettings, credits: u64, refill: Option<Refill>) -> IssueKey {
    let settings = KeySettings { credits: Some(CreditSettings { refill }), ..settings };
    IssueKey { credits: Some(credits), ..with(settings) }
}

/// A daily refill.
pub fn daily(amount: u64) -> Refill {
    Refill { interval: Interval::Daily, amount, day: 1 }
}

/// A change of limits.
pub fn relimit(all: &[(&str, u32, u32)]) -> KeyChange {
    KeyChange { rate_limits: Some(limits(all)), ..KeyChange::default() }
}

/// A change of credits.
pub fn recredit(balance: Option<CreditChange>, refill: Change<Refill>) -> KeyChange {
    KeyChange { credits: Change::Set(CreditsChange { balance, refill }), ..KeyChange::default() }
}

/// A plan of so many requests a minute, and otherwise no limits.
pub fn requests(per_minute: u32) -> Plan {
    Plan { requests_per_minute: Some(per_minute), ..Plan::preset(PlanName::Enterprise) }
}

/// A verification of this cost.
pub fn costing(cost: u32) -> VerifyKey {
    VerifyKey { cost, ..VerifyKey::default() }
}

/// A verification that spends nothing.
pub fn dry() -> VerifyKey {
    VerifyKey { dry_run: true, ..VerifyKey::default() }
}

/// What is left of each limit, by its label.
pub fn left(verification: &Verification) -> Vec<(String, u32)> {
    verification.limits.iter().map(|seen| (seen.label(), seen.remaining)).collect()
}

impl House {
    /// Issues a key with limits in the caller's own session.
    pub fn limited_key(&self, by: &Principal, all: &[(&str, u32, u32)]) -> Held {
        self.issue(by, with(limited(all))).unwrap()
    }

    /// The code of a verification at this cost.
    pub fn code_at(&self, secret: &str, cost: u32) -> Code {
        self.verify_for(secret, costing(cost)).unwrap().code
    }

    /// What is left of the limits of a key, looked at without spending anything.
    pub fn left_of(&self, secret: &str) -> Vec<(String, u32)> {
        left(&self.verify_for(secret, dry()).unwrap())
    }

    /// How many of so many verifications are valid; the others are refused by a limit.
    pub fn admitted(&self, secret: &str, tries: usize) -> usize {
        let is_valid = |code| match code {
            Code::Valid => true,
            Code::RateLimited => false,
            other => panic!("{other:?}"),
        };
        (0..tries).map(|_| self.code(secret)).filter(|code| is_valid(*code)).count()
    }

    /// Verifies several keys at the same time; their calls interleave.
    pub fn burst(&self, secrets: &[&str], cost: u32) -> Vec<Result<Verification, Error>> {
        let all = secrets.iter().map(|secret| self.app.verify(secret, None, costing(cost)));
        self.run(futures_util::future::join_all(all))
    }

    /// Creates a session with limits.
    pub fn limited_session(&self, by: &Principal, all: &[(&str, u32, u32)]) -> Session {
        self.run(self.app.create_session(by, WantedSession { rate_limits: limits(all), ..wanted_session("Limited") }))
            .unwrap()
            .reply
    }

    /// Puts an organization on a plan.
    pub fn put_on(&self, home: &Home, plan: Plan) {
        let change = OrganizationChange { plan: Some(plan), ..OrganizationChange::default() };
        self.run(self.app.change_organization(&home.organization.id, change, Patience::Wait)).unwrap();
    }

    /// The organization stops answering its sessions; everybody else reaches it.
    pub fn no_draws(&self, home: &Home) {
        self.objects.fault(Whom::Command(home.address(), "draw"), Fault::Unreachable);
    }

    /// From now on, counts the rows that an object writes for its ledgers.
    pub fn count_rows(&self, address: &Address) {
        let disk = self.objects.disk(address);
        disk.tamper("CREATE TABLE counted (n INTEGER NOT NULL)");
        for event in ["INSERT", "UPDATE"] {
            disk.tamper(&format!(
                "CREATE TRIGGER counted_{event} AFTER {event} ON ledgers BEGIN INSERT INTO counted VALUES (1); END"
            ));
        }
    }

    /// The rows that were written for ledgers since `count_rows`.
    pub fn counted_rows(&self, address: &Address) -> i64 {
        self.objects.disk(address).number("SELECT count(*) FROM counted")
    }
}
