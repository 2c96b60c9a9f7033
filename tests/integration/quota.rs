//! How many keys a plan allows: exactly that many, whichever way one more would come about.

use latchkey::app::Patience;
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::OrganizationChange;

use crate::support::house::Home;
use crate::support::*;

const FULL: Rejection = Rejection::KeyQuotaReached { limit: 3 };

fn free() -> (House, Home) {
    let house = House::new();
    let home = house.found_on("Acme", Plan::preset(PlanName::Free));
    (house, home)
}

#[test]
fn a_free_session_holds_three_keys_and_not_one_more() {
    let (house, home) = free();
    let admin = house.principal(&home.secret);
    for _ in 0..2 {
        house.issue(&admin, key(&["emails:send"])).unwrap();
    }
    let before = house.dump(&[]);
    for _ in 0..20 {
        assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), FULL);
    }
    assert_eq!(house.dump(&[]), before, "a refusal leaves nothing behind");
    let session = house.create_session(&admin, "Another", None).unwrap();
    house.issue(&admin, key_in(&session.id, &["emails:send"])).expect("the quota is each session's own");
}

#[test]
fn what_counts_and_what_does_not() {
    let (house, home) = free();
    let admin = house.principal(&home.secret);
    let issue = || house.issue(&admin, key(&["emails:send"]));
    let (first, second) = (issue().unwrap(), issue().unwrap());
    let change = |held: &Held, change| house.change(&admin, held.id(), change);

    change(&first, KeyChange { active: Some(false), ..KeyChange::default() }).unwrap();
    assert_eq!(refusal(issue()), FULL, "a disabled key counts");
    change(&first, KeyChange { active: Some(true), not_before: set(house.after(HOUR)), ..KeyChange::default() })
        .unwrap();
    assert_eq!(refusal(issue()), FULL, "a pending key counts");
    change(&first, KeyChange { not_before: clear(), expires_at: set(house.after(1_000)), ..KeyChange::default() })
        .unwrap();
    house.advance(999);
    assert_eq!(refusal(issue()), FULL, "the last millisecond counts");
    house.advance(1);
    let third = issue().expect("an expired key does not count");
    let revived = change(&first, KeyChange { expires_at: clear(), ..KeyChange::default() });
    assert_eq!(refusal(revived), FULL, "reviving at the quota is refused");
    assert_eq!(house.code(&first.text), Code::Expired);

    house.revoke(&admin, second.id()).unwrap();
    change(&first, KeyChange { expires_at: clear(), ..KeyChange::default() }).expect("a revoked key does not count");
    assert_eq!(house.code(&first.text), Code::Valid);
    let successor = house.rotate(&admin, third.id(), HOUR).expect("a rotation at the quota takes no place");
    assert_eq!((house.code(&third.text), house.code(&successor.text)), (Code::Valid, Code::Valid));
    assert_eq!(refusal(issue()), FULL);
    house.advance(HOUR);
    assert_eq!(refusal(issue()), FULL, "the old half of a rotation gives no place free twice");
}

#[test]
fn the_old_half_of_a_rotation_cannot_be_brought_back_as_one_key_more() {
    let (house, home) = free();
    let admin = house.principal(&home.secret);
    let first = house.issue(&admin, key(&["emails:send"])).unwrap();
    house.issue(&admin, key(&["emails:send"])).unwrap();
    house.rotate(&admin, first.id(), HOUR).unwrap();
    let longer = house.change(&admin, first.id(), KeyChange { expires_at: clear(), ..KeyChange::default() });
    assert_eq!(refusal(longer), Rejection::KeyRotated);
    assert_eq!(refusal(house.rotate(&admin, first.id(), HOUR)), Rejection::KeyRotated);
}

#[test]
fn a_smaller_plan_takes_no_key_away_and_a_larger_one_counts_at_once() {
    let (house, home) = free();
    let admin = house.principal(&home.secret);
    let plan = |name| {
        let change = OrganizationChange { plan: Some(Plan::preset(name)), ..OrganizationChange::default() };
        assert!(
            house.run(house.app.change_organization(&home.organization.id, change, Patience::Wait)).unwrap().settled
        );
    };
    plan(PlanName::Starter);
    let held: Vec<_> = (0..9).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), Rejection::KeyQuotaReached { limit: 10 });
    plan(PlanName::Free);
    assert!(held.iter().all(|held| house.code(&held.text) == Code::Valid));
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), FULL);
    let successor = house.rotate(&admin, held[0].id(), 0).expect("also a full session can rotate");
    assert_eq!(house.code(&successor.text), Code::Valid);
}
