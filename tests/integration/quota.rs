//! How many keys a plan allows: exactly that many, whichever way one more would come about.

use latchkey::app::{ChangedOrganization, Outcome, Patience};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;
use latchkey::organization::protocol::{Excess, OrganizationChange};

use crate::support::house::Home;
use crate::support::*;

fn change_plan(house: &House, home: &Home, plan: Plan) -> Outcome<ChangedOrganization> {
    let change = OrganizationChange { plan: Some(plan), ..OrganizationChange::default() };
    house.run(house.app.change_organization(&home.organization.id, change, Patience::Wait)).unwrap()
}

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
    let plan = |name| assert!(change_plan(&house, &home, Plan::preset(name)).settled);
    plan(PlanName::Starter);
    let held: Vec<_> = (0..9).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), Rejection::KeyQuotaReached { limit: 10 });
    plan(PlanName::Free);
    assert!(held.iter().all(|held| house.code(&held.text) == Code::Valid));
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), FULL);
    let successor = house.rotate(&admin, held[0].id(), 0).expect("also a full session can rotate");
    assert_eq!(house.code(&successor.text), Code::Valid);
}

#[test]
fn of_sixty_four_at_the_same_time_exactly_as_many_are_created_as_fit() {
    for round in 0..as_many(3, 10) {
        let (house, home) = free();
        let admin = house.principal(&home.secret);
        for repetition in 0..20 {
            let session = house.create_session(&admin, "Fresh", None).unwrap();
            let there = house.issue(&admin, key_in(&session.id, &["api_keys:*"])).unwrap();
            let own = house.principal(&there.text);
            // Some ask from another session, which is asked in its turn; the others from this one.
            let by = |place: usize| if (place + repetition).is_multiple_of(2) { &admin } else { &own };
            let all = (0..64).map(|place| house.app.issue(by(place), key_in(&session.id, &["api_keys:*"]), None));
            let issued = house.run(futures_util::future::join_all(all));
            let (created, refused): (Vec<_>, Vec<_>) = issued.into_iter().partition(Result::is_ok);
            assert_eq!(created.len(), 2, "round {round}, repetition {repetition}: two and the one that was there");
            assert!(refused.into_iter().all(|one| refusal(one) == FULL));
            let (_, usage) = house.run(house.app.read_session(&admin, &session.id)).unwrap().reply;
            assert_eq!((usage.keys, usage.max_keys), (3, Some(3)));
            assert_eq!(refusal(house.issue(&own, key(&["api_keys:*"]))), FULL);
        }
    }
}

#[test]
fn of_sixty_four_ways_to_come_back_exactly_as_many_succeed_as_fit() {
    let house = House::new();
    let home = house.found_on("Acme", Plan { keys_per_session: Some(64), ..Plan::preset(PlanName::Enterprise) });
    let admin = house.principal(&home.secret);
    let held: Vec<_> = (0..63).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let until = |end| KeyChange { expires_at: end, ..KeyChange::default() };
    for one in &held {
        house.change(&admin, one.id(), until(set(house.after(1_000)))).unwrap();
    }
    house.advance(1_000);
    assert!(change_plan(&house, &home, Plan::preset(PlanName::Free)).reply.excess.is_none(), "they do not count");
    let all = held.iter().map(|one| house.app.change_key(&admin, one.id(), until(clear())));
    let revived = house.run(futures_util::future::join_all(all));
    let (done, refused): (Vec<_>, Vec<_>) = revived.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 2);
    assert!(refused.into_iter().all(|one| refusal(one) == FULL));
}

#[test]
fn a_smaller_plan_says_how_many_keys_exceed_it_and_takes_none() {
    let (house, home) = free();
    let admin = house.principal(&home.secret);
    let plan = |keys| change_plan(&house, &home, Plan { keys_per_session: Some(keys), ..Plan::preset(PlanName::Free) });
    assert_eq!(plan(10).reply.excess, None);
    let other = house.create_session(&admin, "Other", None).unwrap();
    let issue = |session| house.issue(&admin, key_in(session, &["emails:send"])).unwrap();
    let here: Vec<_> = (0..6).map(|_| issue(&home.session_id)).collect();
    let there: Vec<_> = (0..4).map(|_| issue(&other.id)).collect();
    let change = |held: &Held, change| house.change(&admin, held.id(), change).map(drop).unwrap();
    // Seven stand here: one is off and one yet to begin, and both count. One has ended, one expires, one is replaced.
    change(&here[0], KeyChange { active: Some(false), ..KeyChange::default() });
    change(&here[1], KeyChange { not_before: set(house.after(HOUR)), ..KeyChange::default() });
    house.revoke(&admin, here[2].id()).unwrap();
    change(&here[3], KeyChange { expires_at: set(house.after(1_000)), ..KeyChange::default() });
    house.rotate(&admin, here[4].id(), HOUR).unwrap();
    assert_eq!(plan(6).reply.excess, None);
    assert_eq!(plan(5).reply.excess, Some(Excess { sessions: 1, keys: 1 }));
    house.advance(1_000);
    assert_eq!(plan(5).reply.excess, None, "the same again, one having expired");
    assert_eq!(plan(3).reply.excess, Some(Excess { sessions: 2, keys: 3 }));
    assert_eq!(plan(1).reply.excess, Some(Excess { sessions: 2, keys: 7 }));
    assert_eq!(house.code(&home.secret), Code::Valid);
    assert!(here[4..].iter().chain(&there).all(|held| house.code(&held.text) == Code::Valid));
    assert_eq!(refusal(house.issue(&admin, key(&["emails:send"]))), Rejection::KeyQuotaReached { limit: 1 });
    house.rotate(&admin, there[0].id(), 0).expect("also a session with too many keys can rotate");
    change(&there[1], KeyChange { name: Some(name("Renamed")), ..KeyChange::default() });
    assert_eq!(plan(1).reply.excess, Some(Excess { sessions: 2, keys: 7 }), "a repeat says it again");
}

#[test]
fn whatever_happens_to_keys_and_the_clock_the_tally_is_what_counting_every_row_gives() {
    let house = House::new();
    let home = house.found_on("Acme", Plan { keys_per_session: Some(6), ..Plan::preset(PlanName::Free) });
    let admin = house.principal(&home.secret);
    let session = format!("/v1/sessions/{}", home.session_id.as_str());
    let disk = house.objects.disk(&home.session_address());
    let mut keys = Vec::new();
    let mut seed: u64 = 7;
    let mut seen = std::collections::BTreeSet::new();
    for step in 0..600 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let which = usize::try_from(seed >> 40).unwrap();
        let ends = house.after(i64::try_from((seed >> 20) % 3_600_000).unwrap() + 1_000);
        let expiry = |expires_at| KeyChange { expires_at, ..KeyChange::default() };
        let some: Option<&Held> = keys.get(which % keys.len().max(1));
        match ((seed >> 33) % 8, some) {
            (0 | 1, _) => keys.extend(house.issue(&admin, key(&["emails:send"])).ok()),
            (2 | 3, Some(held)) => drop(house.change(&admin, held.id(), expiry(set(ends)))),
            (4, Some(held)) => drop(house.change(&admin, held.id(), expiry(clear()))),
            (5, Some(held)) => drop(house.revoke(&admin, held.id())),
            (6, Some(held)) => keys.extend(house.rotate(&admin, held.id(), 600_000).ok()),
            (7, _) if step % 5 == 0 => house.clock.set(house.after(-1_800_000)),
            _ => house.advance(300_000),
        }
        let now = house.after(0).as_millis();
        let by_hand = disk.number(&format!(
            "SELECT (SELECT count(*) FROM api_keys WHERE counts = 1 AND (expires_at IS NULL OR expires_at > {now})) +
                (SELECT count(*) FROM api_keys AS old WHERE counts = 0 AND expires_at > {now}
                    AND json_extract(record, '$.revocation') IS NULL
                    AND NOT EXISTS (SELECT 1 FROM api_keys AS new WHERE new.id = json_extract(old.record, '$.rotated_to')
                        AND new.counts = 1 AND (new.expires_at IS NULL OR new.expires_at > {now})))"
        ));
        let told = house.call(&home.secret, "GET", &session, &serde_json::Value::Null).json();
        assert_eq!(told["limits"]["keys"]["used"], by_hand, "step {step}");
        seen.insert(by_hand);
    }
    assert!(seen.len() > 5, "{seen:?}");
}
