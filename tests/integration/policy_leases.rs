//! Policy under a lease: a session asks once a minute, and once a change has been answered nobody decides by the policy
//! before it, whoever cannot be reached, has lost its memory, or hears too late.

use latchkey::app::{Call, ChangedOrganization, Error, Outcome, Patience, Principal};
use latchkey::domain::operation::Operation;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::session::{OrganizationStatus, Session};
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::OrganizationChange;
use latchkey::ports::Address;

use crate::support::cluster::Rest;
use crate::support::house::Home;
use crate::support::*;

/// A lease, with what its grantor adds.
const LEASE: i64 = 60_000 + 310;
/// A lease as its holder counts it.
const HELD: i64 = 60_000 - 310;

/// An organization with two sessions. The session `other` is the one that things happen to.
struct Site {
    house: House,
    home: Home,
    admin: Principal,
    other: Session,
    theirs: Held,
}

fn site_on(plan: Plan) -> Site {
    let house = House::timeless();
    let home = house.found_on("Acme", plan);
    let admin = house.principal(&home.secret);
    let other = house.create_session(&admin, "Other", None).unwrap();
    let theirs = house.issue(&admin, key_in(&other.id, &["api_keys:*"])).unwrap();
    // Whatever leases there were are over.
    house.advance(10 * MINUTE);
    Site { house, home, admin, other, theirs }
}

fn site() -> Site {
    site_on(Plan::preset(PlanName::Enterprise))
}

impl Site {
    fn there(&self) -> Address {
        Address::Session(self.other.id.locator())
    }

    fn draws(&self) -> u64 {
        self.house.objects.told(Kind::Organization, "draw")
    }

    fn code(&self) -> Code {
        self.house.code(&self.theirs.text)
    }

    fn is_undecided(&self) -> bool {
        matches!(self.house.verify(&self.theirs.text), Err(Error::Rejected(Rejection::PolicyUnknown)))
    }

    fn set(&self, status: OrganizationStatus, patience: Patience) -> Outcome<ChangedOrganization> {
        self.house.run(self.house.app.set_organization_status(&self.home.organization.id, status, patience)).unwrap()
    }

    fn suspend(&self) -> Outcome<ChangedOrganization> {
        self.set(OrganizationStatus::Suspended, Patience::Wait)
    }

    fn plan(&self, plan: Plan) -> Outcome<ChangedOrganization> {
        let change = OrganizationChange { plan: Some(plan), ..OrganizationChange::default() };
        self.house.run(self.house.app.change_organization(&self.home.organization.id, change, Patience::Wait)).unwrap()
    }

    /// The organization reaches the session no more; others do, and the session reaches the organization.
    fn deafen(&self) {
        self.house.objects.fault(Whom::Command(self.there(), "initialize"), Fault::Unreachable);
    }

    fn heal(&self) {
        self.house.objects.heal();
    }

    /// A suspension that somebody else waits for.
    fn suspension(&self) -> Rest {
        let (app, id) = (self.house.app.clone(), self.home.organization.id.clone());
        Box::pin(async move {
            let status = OrganizationStatus::Suspended;
            app.set_organization_status(&id, status, Patience::RespondAsync).await.unwrap();
        })
    }
}

/// The moment from which on it is in force.
fn in_force(outcome: &Outcome<ChangedOrganization>, now: Timestamp) -> Timestamp {
    outcome.in_force_at.unwrap_or(now)
}

#[test]
fn a_session_asks_once_a_minute_and_not_for_each_verification() {
    let site = site();
    let before = site.draws();
    assert_eq!(site.code(), Code::Valid);
    assert_eq!(site.draws() - before, 1, "the first one asks");
    for _ in 0..1_200 {
        site.house.advance(500);
        assert_eq!(site.code(), Code::Valid);
    }
    assert_eq!(site.draws() - before, 11, "in ten minutes");
}

#[test]
fn a_session_that_has_lost_its_memory_asks_again() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    let before = site.draws();
    site.house.objects.restart_one(&site.there());
    assert_eq!((site.code(), site.draws() - before), (Code::Valid, 1));
    site.house.objects.restart_one(&site.there());
    site.house.no_draws(&site.home);
    assert!(site.is_undecided());
}

#[test]
fn without_the_organization_all_goes_on_until_the_lease_ends_and_then_only_what_takes_away() {
    for fault in [Fault::Unreachable, Fault::AnswerLost, Fault::Overloaded] {
        let site = site();
        let (house, there) = (&site.house, site.there());
        let own = house.principal(&site.theirs.text);
        let victim = house.issue(&own, key(&["api_keys:*"])).unwrap();
        let begun = house.now();
        house.objects.fault(Whom::One(site.home.address()), fault);
        for ms in [0, 1, 30_000, HELD - 1] {
            house.clock.set(begun.plus_millis(ms));
            assert_eq!(site.code(), Code::Valid, "{fault:?} after {ms} ms");
            house.issue(&own, key(&["api_keys:*"])).unwrap();
        }
        house.clock.set(begun.plus_millis(HELD));
        assert!(site.is_undecided(), "{fault:?}");
        assert_eq!(refusal(house.issue(&own, key(&["api_keys:*"]))), Rejection::PolicyUnknown, "{fault:?}");
        assert_eq!(refusal(house.rotate(&own, victim.id(), 0)), Rejection::PolicyUnknown, "{fault:?}");
        let own = house.principal(&site.theirs.text);
        house.revoke(&own, victim.id()).unwrap();
        assert_eq!(house.code(&victim.text), Code::Revoked, "{fault:?}: dead whatever the policy");
        site.heal();
        assert_eq!(site.code(), Code::Valid);
        assert!(house.objects.disk(&there).number("SELECT count(*) FROM api_keys") > 1);
    }
}

#[test]
fn a_change_that_everybody_hears_of_is_settled_at_once_and_decides_everything_after_it() {
    type Act = fn(&Site) -> Outcome<ChangedOrganization>;
    type Check = fn(&Site);
    let lower: Act = |site| site.plan(Plan { keys_per_session: Some(1), ..Plan::preset(PlanName::Enterprise) });
    let cases: [(Act, Check); 3] = [
        (Site::suspend, |site| {
            assert_eq!(site.code(), Code::OrganizationSuspended);
            assert_eq!(site.house.code(&site.home.secret), Code::OrganizationSuspended);
        }),
        (lower, |site| {
            let refused = refusal(site.house.issue(&site.admin, key_in(&site.other.id, &["emails:send"])));
            assert_eq!(refused, Rejection::KeyQuotaReached { limit: 1 });
        }),
        (
            |site| site.set(OrganizationStatus::Deleted, Patience::Wait),
            |site| {
                assert_eq!(site.code(), Code::Revoked);
                assert_eq!(site.house.code(&site.home.secret), Code::Revoked);
            },
        ),
    ];
    for (act, check) in cases {
        let site = site();
        assert_eq!((site.code(), site.house.code(&site.home.secret)), (Code::Valid, Code::Valid));
        site.house.set_afterwards(house::Afterwards::Lost);
        let outcome = act(&site);
        assert!(outcome.settled && outcome.in_force_at.is_none());
        check(&site);
        site.house.crash();
        check(&site);
        assert!(site.house.timer.slept().iter().all(|ms| *ms < 1_000), "nobody has waited");
    }
}

#[test]
fn an_unreachable_session_is_waited_for_until_its_lease_has_ended() {
    for (elapsed, settled) in [(0, false), (40_309, false), (40_310, true), (55_000, true)] {
        let site = site();
        assert_eq!(site.code(), Code::Valid);
        let granted = site.house.now();
        site.house.clock.set(site.house.after(elapsed));
        site.deafen();
        let outcome = site.suspend();
        assert_eq!(outcome.settled, settled, "after {elapsed} ms");
        assert_eq!(outcome.in_force_at, Some(granted.plus_millis(LEASE)));
        let wait = u64::try_from(LEASE - elapsed).unwrap();
        assert_eq!(site.house.timer.slept().contains(&wait), settled, "20 s at most are waited");
        assert_eq!(site.house.code(&site.home.secret), Code::OrganizationSuspended, "who is reached knows at once");
        assert_eq!(site.code(), Code::Valid, "it has not heard of it");
        site.house.clock.set(in_force(&outcome, site.house.now()));
        assert_eq!(site.code(), Code::OrganizationSuspended, "it asks");
        site.house.objects.restart_one(&site.there());
        site.house.no_draws(&site.home);
        assert!(site.is_undecided());
    }
}

#[test]
fn a_session_that_is_reached_by_nobody_and_reaches_nobody_decides_nothing_from_that_moment_on() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    site.deafen();
    site.house.no_draws(&site.home);
    let outcome = site.suspend();
    assert!(!outcome.settled);
    site.house.clock.set(outcome.in_force_at.unwrap().plus_millis(-2 * 310));
    assert!(site.is_undecided(), "a holder ends its lease earlier than its grantor");
    site.house.clock.set(outcome.in_force_at.unwrap());
    assert!(site.is_undecided());
    site.heal();
    assert_eq!(site.code(), Code::OrganizationSuspended);
}

#[test]
fn who_has_no_lease_is_not_waited_for() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    site.house.advance(LEASE);
    site.house.objects.fault(Whom::One(site.there()), Fault::Unreachable);
    let outcome = site.suspend();
    assert!(outcome.settled && outcome.in_force_at.is_none());
    site.heal();
    site.deafen();
    assert_eq!(site.code(), Code::OrganizationSuspended);
}

#[test]
fn an_organization_that_has_forgotten_its_leases_waits_for_the_last_that_there_can_be() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    let granted = site.house.now();
    site.house.clock.set(site.house.after(5_000));
    site.house.objects.restart_one(&site.home.address());
    site.deafen();
    let at = site.suspend().in_force_at.unwrap();
    assert!((granted.plus_millis(LEASE)..=granted.plus_millis(2 * LEASE)).contains(&at), "{at:?}");
    assert_eq!(site.code(), Code::Valid);
    site.house.objects.restart_one(&site.home.address());
    let later = site.suspend().in_force_at.unwrap();
    assert!((at..=granted.plus_millis(2 * LEASE)).contains(&later), "however often it forgets: {later:?}");
    site.house.clock.set(later);
    assert_eq!(site.code(), Code::OrganizationSuspended);
}

#[test]
fn an_organization_that_has_forgotten_its_leases_waits_for_nobody_who_acknowledges() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    site.house.objects.restart_one(&site.home.address());
    let outcome = site.suspend();
    assert!(outcome.settled && outcome.in_force_at.is_none());
    assert_eq!(site.code(), Code::OrganizationSuspended);
}

#[test]
fn who_does_not_want_to_wait_is_told_from_when_on() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    let granted = site.house.now();
    site.house.clock.set(site.house.after(55_000));
    site.deafen();
    let outcome = site.set(OrganizationStatus::Suspended, Patience::RespondAsync);
    assert_eq!((outcome.settled, outcome.in_force_at), (false, Some(granted.plus_millis(LEASE))));
    assert!(site.house.timer.slept().iter().all(|ms| *ms != 5_310), "nobody has waited");
    site.heal();
    let outcome = site.set(OrganizationStatus::Suspended, Patience::RespondAsync);
    assert!(!outcome.settled, "it is known to be in force when the message is acknowledged, and it is not yet");
    site.house.advance(2_500);
    let outcome = site.set(OrganizationStatus::Suspended, Patience::RespondAsync);
    assert!(outcome.settled && outcome.in_force_at.is_none());
    assert_eq!(site.code(), Code::OrganizationSuspended);
}

#[test]
fn what_loosens_is_answered_at_once_and_what_is_said_again_is_waited_for_again() {
    let plan = |keys| Plan { keys_per_session: Some(keys), ..Plan::preset(PlanName::Enterprise) };
    let site = site_on(plan(5));
    assert_eq!(site.code(), Code::Valid);
    let granted = site.house.now();
    site.deafen();
    assert!(site.plan(plan(7)).settled);
    assert_eq!(site.plan(plan(7)).in_force_at, Some(granted.plus_millis(LEASE)), "the same again");
    assert_eq!(site.plan(plan(6)).in_force_at, Some(granted.plus_millis(LEASE)));
    let mixed = Plan { requests_per_minute: Some(9), ..plan(60) };
    assert_eq!(site.plan(mixed).in_force_at, Some(granted.plus_millis(LEASE)), "less of one is less");
    assert_eq!([site.suspend(), site.suspend()].map(|told| told.in_force_at), [Some(granted.plus_millis(LEASE)); 2]);
    let resumed = site.set(OrganizationStatus::Active, Patience::Wait);
    assert_eq!(resumed.in_force_at, Some(granted.plus_millis(LEASE)), "the lower plan is not in force yet");
    assert!(site.plan(plan(70)).settled, "more than anybody may be acting on");
    let deleted = site.set(OrganizationStatus::Deleted, Patience::Wait);
    assert_eq!(deleted.in_force_at, Some(granted.plus_millis(LEASE)));
    site.house.clock.set(granted.plus_millis(LEASE));
    assert_eq!(site.code(), Code::Revoked);
}

#[test]
fn a_message_that_comes_late_or_twice_brings_no_old_policy_back() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    let told = Whom::Command(site.there(), "initialize");
    site.house.objects.fault_once(told.clone(), Fault::Late);
    assert!(!site.suspend().settled);
    site.house.objects.fault_once(told, Fault::Doubled);
    assert!(site.set(OrganizationStatus::Active, Patience::Wait).settled);
    assert_eq!(site.code(), Code::Valid);
    site.house.run(site.house.objects.deliver_late());
    assert_eq!(site.code(), Code::Valid, "the suspension is over");
    let changes = "SELECT count(*) FROM audit_log WHERE json_extract(entry, '$.action') = 'session.policy_changed'";
    assert_eq!(site.house.objects.disk(&site.there()).number(changes), 1, "one of the two was ever heard of, once");
}

#[test]
fn a_grant_that_is_overtaken_by_a_change_or_by_time_is_worth_nothing() {
    let site = site();
    let draw = || Whom::Command(site.home.address(), "draw");
    site.house.objects.before_answer(draw(), site.suspension());
    assert_eq!(site.code(), Code::OrganizationSuspended, "the message was faster than the grant");

    let site = self::site();
    let clock = site.house.clock.clone();
    let late = site.house.after(HELD);
    let draw = Whom::Command(site.home.address(), "draw");
    site.house.objects.before_answer(draw, Box::pin(async move { clock.set(late) }));
    assert!(site.is_undecided(), "it was over when it came");
}

#[test]
fn a_grant_that_is_on_its_way_is_waited_for() {
    let site = site();
    site.deafen();
    let asked = site.house.now();
    site.house.objects.before_answer(Whom::Command(site.home.address(), "draw"), site.suspension());
    assert_eq!(site.code(), Code::Valid, "it began before the answer");
    let outcome = site.suspend();
    assert_eq!((outcome.settled, outcome.in_force_at), (false, Some(asked.plus_millis(LEASE))));
}

#[test]
fn a_clock_that_steps_back_ends_the_lease_for_good() {
    let site = site();
    assert_eq!(site.code(), Code::Valid);
    let (before, seen) = (site.draws(), site.house.now());
    site.house.clock.set(seen.plus_millis(-1));
    assert_eq!((site.code(), site.draws() - before), (Code::Valid, 1));
    site.house.no_draws(&site.home);
    site.house.clock.set(seen.plus_millis(-2));
    assert!(site.is_undecided());
    site.house.clock.set(seen.plus_millis(5));
    assert!(site.is_undecided(), "also once it has caught up");
}

#[test]
fn a_refusal_that_takes_back_what_was_heard_leaves_no_lease_over_the_old_policy() {
    let site = site();
    let own = site.house.principal(&site.theirs.text);
    site.deafen();
    let outcome = site.suspend();
    site.house.clock.set(outcome.in_force_at.unwrap());
    // Both hear of the suspension and are refused, and what they have written is taken back.
    let refused = site.house.authenticate(&site.theirs.text, Operation::WriteApiKeys);
    let suspended = |rejection| matches!(rejection, Rejection::CallerRefused { code: Code::OrganizationSuspended, .. });
    assert!(suspended(refusal(refused)));
    site.house.no_draws(&site.home);
    assert!(site.is_undecided());
    site.heal();
    site.deafen();
    assert!(suspended(refusal(site.house.issue(&own, key(&["api_keys:*"])))));
    site.house.no_draws(&site.home);
    assert!(site.is_undecided());
    assert_eq!(refusal(site.house.issue(&own, key(&["api_keys:*"]))), Rejection::PolicyUnknown);
}

#[test]
fn what_reaches_across_sessions_to_take_away_goes_on_without_the_organization() {
    let site = site();
    let victim = site.house.issue(&site.admin, key_in(&site.other.id, &["emails:send"])).unwrap();
    site.house.advance(2 * MINUTE);
    site.house.objects.fault(Whom::One(site.home.address()), Fault::Unreachable);
    let admin = site.house.principal(&site.home.secret);
    site.house.revoke(&admin, victim.id()).unwrap();
    assert_eq!(site.house.code(&victim.text), Code::Revoked);
    let counted = site.house.app.authenticate(&site.home.secret, None, Operation::ReadApiKeys, Call::Manage);
    assert_eq!(refusal(site.house.run(counted)), Rejection::PolicyUnknown);
    assert_eq!(refusal(site.house.issue(&admin, key(&["emails:send"]))), Rejection::PolicyUnknown);
    site.house.delete_session(&admin, &site.other.id).unwrap();
    assert_eq!(site.code(), Code::Revoked);
}
