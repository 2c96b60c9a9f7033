//! Two levels of leases: a policy that becomes narrower is in force when the isolates' leases have ended that sessions
//! have given under the one before, and not only when the sessions' own have.

use latchkey::app::{ChangedOrganization, Outcome, Patience};
use latchkey::domain::consistency::Consistency;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::OrganizationStatus;
use latchkey::domain::verification::Code;
use latchkey::organization::protocol::OrganizationChange;

use crate::support::house::Home;
use crate::support::leases::*;
use crate::support::*;

/// What an organization adds to what a session says.
const MARGIN: i64 = 252;

struct Yard {
    house: House,
    home: Home,
    held: Held,
}

fn yard_with(consistency: Consistency) -> Yard {
    let house = House::timeless();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Other", None).unwrap();
    let held = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    house.relax(&home.secret, &session.id, consistency);
    house.advance(10 * MINUTE);
    Yard { house, home, held }
}

impl Yard {
    fn set(&self, status: OrganizationStatus) -> Outcome<ChangedOrganization> {
        let work = self.house.app.set_organization_status(&self.home.organization.id, status, Patience::Wait);
        self.house.run(work).unwrap()
    }

    fn plan(&self, plan: Plan) -> Outcome<ChangedOrganization> {
        let change = OrganizationChange { plan: Some(plan), ..OrganizationChange::default() };
        self.house.run(self.house.app.change_organization(&self.home.organization.id, change, Patience::Wait)).unwrap()
    }

    fn told(&self) -> u64 {
        self.house.objects.told(Kind::Session, "initialize")
    }
}

#[test]
fn a_narrower_policy_waits_for_the_isolates_of_the_sessions_and_for_no_longer() {
    type Act = fn(&Yard) -> Outcome<ChangedOrganization>;
    let acts: [(Act, Code); 3] = [
        (|yard| yard.set(OrganizationStatus::Suspended), Code::OrganizationSuspended),
        (|yard| yard.set(OrganizationStatus::Deleted), Code::Revoked),
        (|yard| yard.plan(Plan::preset(PlanName::Free)), Code::Valid),
    ];
    for (act, code) in acts {
        let yard = yard_with(Consistency::default());
        yard.house.heat(&yard.held).unwrap();
        let granted = yard.house.now();
        yard.house.clock.set(granted.plus_millis(100));
        let before = yard.told();
        let outcome = act(&yard);
        assert_eq!((outcome.settled, outcome.in_force_at), (true, Some(granted.plus_millis(GRANTED + MARGIN))));
        assert_eq!(yard.house.waited(), [u64::try_from(GRANTED + MARGIN - 100).unwrap()]);
        assert_eq!(yard.house.code(&yard.held.text), code, "who asks knows at once");
        assert_eq!(yard.told() - before, 2, "each session once");
        assert_eq!(yard.house.undelivered_to_sessions(&yard.home), 1, "one has still to be waited for");
        yard.house.advance(30_000);
        assert_eq!((yard.told() - before, yard.house.undelivered_to_sessions(&yard.home)), (3, 0));
    }
}

#[test]
fn a_wider_policy_waits_for_nobody() {
    let yard = yard_with(Consistency::default());
    yard.plan(Plan::preset(PlanName::Free));
    yard.house.advance(10 * MINUTE);
    yard.house.heat(&yard.held).unwrap();
    let outcome = yard.plan(Plan::preset(PlanName::Enterprise));
    assert!(outcome.settled && outcome.in_force_at.is_none() && yard.house.waited().is_empty());
}

#[test]
fn a_session_that_has_to_wait_for_long_is_not_asked_again_and_again() {
    let yard = yard_with(Consistency { stale_seconds: 30, ..Consistency::default() });
    yard.house.heat(&yard.held).unwrap();
    let granted = yard.house.now();
    let before = yard.told();
    let outcome = yard.set(OrganizationStatus::Suspended);
    let at = outcome.in_force_at.unwrap();
    assert!(!outcome.settled && at >= granted.plus_millis(32_282) && at <= granted.plus_millis(32_282 + 300), "{at:?}");
    yard.house.advance(20_000);
    assert_eq!(yard.told() - before, 2);
    let again = yard.set(OrganizationStatus::Suspended);
    assert_eq!((again.settled, again.in_force_at), (true, Some(at)), "a repeat waits for the rest");
    yard.house.advance(20_000);
    assert_eq!((yard.told() - before, yard.house.undelivered_to_sessions(&yard.home)), (3, 0));
}

#[test]
fn an_organization_that_forgets_meanwhile_does_not_answer_too_early() {
    let yard = yard_with(Consistency { stale_seconds: 10, ..Consistency::default() });
    yard.house.heat(&yard.held).unwrap();
    let granted = yard.house.now();
    yard.set(OrganizationStatus::Suspended);
    yard.house.clock.set(granted.plus_millis(1_000));
    yard.house.objects.restart_one(&yard.home.address());
    let again = yard.set(OrganizationStatus::Suspended);
    assert!(again.in_force_at.unwrap() >= granted.plus_millis(12_262));
    yard.house.objects.restart_one(&yard.held.authority());
    yard.house.advance(60_000);
    assert!(yard.set(OrganizationStatus::Suspended).in_force_at.is_none());
}

#[test]
fn a_policy_that_a_session_hears_when_it_asks_ends_the_leases_under_the_former_one_as_well() {
    let yard = yard_with(Consistency::default());
    yard.house.heat(&yard.held).unwrap();
    let granted = yard.house.now();
    yard.house.objects.fault(Whom::Command(yard.held.authority(), "initialize"), Fault::Unreachable);
    assert!(!yard.set(OrganizationStatus::Suspended).settled);
    // It loses its memory, asks, and hears of it that way.
    yard.house.objects.restart_one(&yard.held.authority());
    assert_eq!(yard.house.code(&yard.held.text), Code::OrganizationSuspended);
    let session = yard.house.objects.disk(&yard.held.authority());
    let effective_at = session.number("SELECT effective_at FROM session");
    assert!(effective_at >= granted.plus_millis(GRANTED).as_millis());
}

impl House {
    /// How many messages to sessions an organization has not settled.
    fn undelivered_to_sessions(&self, home: &Home) -> i64 {
        self.objects.disk(&home.address()).number("SELECT count(*) FROM outbox WHERE lane = 'session'")
    }
}
