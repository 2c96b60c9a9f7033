//! Credits: each is spent once, whoever asks at the same time, whatever crashes; they are filled up once a period.

use latchkey::domain::credits::{CreditChange, Interval, Refill};
use latchkey::domain::key_change::KeyChange;
use latchkey::domain::timestamp::Timestamp;
use latchkey::domain::verification::Code;
use latchkey::object::Rejection;

use crate::support::house::Home;
use crate::support::*;

fn start() -> (House, Home, latchkey::app::Principal) {
    let house = House::new();
    let home = house.found("Acme");
    let admin = house.principal(&home.secret);
    (house, home, admin)
}

/// A key with so many credits and nothing else that could refuse.
fn credited(house: &House, admin: &latchkey::app::Principal, credits: u64, refill: Option<Refill>) -> Held {
    house.issue(admin, with_credits(settings(&["emails:send"]), credits, refill)).unwrap()
}

fn credits_of(house: &House, held: &Held) -> Option<u64> {
    house.verify_for(&held.text, dry()).unwrap().credits
}

fn on(house: &House, moment: &str) {
    house.clock.set(Timestamp::parse(moment).unwrap());
}

#[test]
fn of_a_burst_at_one_remaining_exactly_one_is_accepted_every_time() {
    let (house, _, admin) = start();
    let held = credited(&house, &admin, 0, None);
    for round in 0..as_many(200, 1_000) {
        house.change(&admin, held.id(), recredit(Some(CreditChange::Set(1)), Default::default())).unwrap();
        let codes: Vec<Code> =
            house.burst(&[held.text.as_str(); 64], 1).into_iter().map(|one| one.unwrap().code).collect();
        assert_eq!(codes.iter().filter(|code| **code == Code::Valid).count(), 1, "round {round}");
        assert_eq!(codes.iter().filter(|code| **code == Code::UsageExceeded).count(), 63, "round {round}");
    }
    assert_eq!(credits_of(&house, &held), Some(0));
}

#[test]
fn of_a_burst_exactly_one_is_accepted_also_while_a_pool_far_away_is_asked() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_000_000));
    let admin = house.principal(&home.secret);
    let held = credited(&house, &admin, 0, None);
    for round in 0..50 {
        house.change(&admin, held.id(), recredit(Some(CreditChange::Set(1)), Default::default())).unwrap();
        let valid = house.burst(&[held.text.as_str(); 64], 1).into_iter().filter(|one| {
            let code = one.as_ref().unwrap().code;
            assert!(matches!(code, Code::Valid | Code::UsageExceeded));
            code == Code::Valid
        });
        assert_eq!(valid.count(), 1, "round {round}");
    }
    let pool = house.left_of(&home.secret);
    assert_eq!(pool, [("organization.requests".to_owned(), 1_000_000 - 50)], "who was refused here drew nothing there");
}

#[test]
fn a_cost_takes_that_many_credits_and_a_cost_of_nothing_passes_at_nothing() {
    let (house, _, admin) = start();
    let held = credited(&house, &admin, 10, None);
    let verify = |cost| {
        let verified = house.verify_for(&held.text, costing(cost)).unwrap();
        (verified.code, verified.credits)
    };
    assert_eq!(verify(7), (Code::Valid, Some(3)));
    assert_eq!(verify(4), (Code::UsageExceeded, Some(3)), "all or nothing");
    assert_eq!(verify(0), (Code::Valid, Some(3)));
    assert_eq!(verify(3), (Code::Valid, Some(0)));
    assert_eq!(verify(1), (Code::UsageExceeded, Some(0)));
    assert_eq!(verify(0), (Code::Valid, Some(0)));
    let uncounted = house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(house.verify_for(&uncounted.text, costing(1_000_000)).unwrap().credits, None);
}

#[test]
fn a_balance_is_filled_up_once_a_day_at_midnight_and_never_lowered() {
    let (house, home, admin) = start();
    on(&house, "2026-03-01T12:00:00Z");
    let held = credited(&house, &admin, 5, Some(daily(3)));
    assert_eq!(house.code_at(&held.text, 5), Code::Valid);
    on(&house, "2026-03-01T23:59:59.999Z");
    assert_eq!(house.code(&held.text), Code::UsageExceeded, "not a millisecond early");
    on(&house, "2026-03-02T00:00:00Z");
    for expected in [Code::Valid, Code::Valid, Code::Valid, Code::UsageExceeded, Code::UsageExceeded] {
        assert_eq!(house.code(&held.text), expected);
        house.crash();
    }
    on(&house, "2026-03-02T23:59:59.999Z");
    assert_eq!(house.code(&held.text), Code::UsageExceeded, "once a day");
    on(&house, "2026-03-01T12:00:00Z");
    assert_eq!(house.code(&held.text), Code::UsageExceeded, "a clock set back brings nothing");
    on(&house, "2026-03-02T12:00:00Z");
    assert_eq!(house.code(&held.text), Code::UsageExceeded, "nor does its catching up");
    on(&house, "2026-03-05T00:00:00Z");
    assert_eq!(credits_of(&house, &held), Some(3), "days in which nobody looked do not add up");
    house.change(&admin, held.id(), recredit(Some(CreditChange::Set(100)), Default::default())).unwrap();
    on(&house, "2026-03-06T00:00:00Z");
    assert_eq!(credits_of(&house, &held), Some(100), "a refill takes nothing away");
    assert_eq!(house.code(&home.secret), Code::Valid);
}

#[test]
fn a_month_that_is_too_short_is_filled_up_on_its_last_day_and_a_week_on_its_day() {
    let (house, _, admin) = start();
    let refills = |refill: Refill, days: &[&'static str]| {
        on(&house, "2026-01-31T12:00:00Z");
        let held = credited(&house, &admin, 0, Some(refill));
        let mut filled = Vec::new();
        for day in days {
            on(&house, &format!("{day}T00:00:00Z"));
            if house.code(&held.text) == Code::Valid {
                filled.push(*day);
                assert_eq!(house.code(&held.text), Code::UsageExceeded, "once");
            }
        }
        filled
    };
    let month = Refill { interval: Interval::Monthly, amount: 1, day: 31 };
    let days = ["2026-02-01", "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-30", "2026-03-31", "2026-04-30"];
    assert_eq!(refills(month, &days), ["2026-02-28", "2026-03-31", "2026-04-30"]);
    // 2026-02-01 is a Sunday.
    let week = Refill { interval: Interval::Weekly, amount: 1, day: 7 };
    let days = ["2026-02-01", "2026-02-02", "2026-02-07", "2026-02-08", "2026-02-09"];
    assert_eq!(refills(week, &days), ["2026-02-01", "2026-02-08"]);
}

#[test]
fn credits_are_set_added_to_given_a_refill_and_cleared() {
    let (house, home, admin) = start();
    on(&house, "2026-03-01T12:00:00Z");
    let held = house.issue(&admin, key(&["emails:send"])).unwrap();
    assert_eq!(credits_of(&house, &held), None);
    let change = |change: KeyChange| {
        let changed = house.change(&admin, held.id(), change).unwrap();
        let left = changed.settings.credits.and(changed.balance).map(|balance| balance.remaining);
        assert_eq!(credits_of(&house, &held), left, "the answer says what counts");
        left
    };
    assert_eq!(change(recredit(Some(CreditChange::Set(5)), Default::default())), Some(5), "they begin");
    assert_eq!(change(recredit(Some(CreditChange::Add(4)), Default::default())), Some(9));
    assert_eq!(house.code_at(&held.text, 2), Code::Valid);
    assert_eq!(change(recredit(Some(CreditChange::Add(-100)), Default::default())), Some(0), "never below nothing");
    assert_eq!(change(recredit(Some(CreditChange::Add(1)), set(daily(50)))), Some(1), "a refill begins tomorrow");
    on(&house, "2026-03-02T12:00:00Z");
    assert_eq!(credits_of(&house, &held), Some(50));
    assert_eq!(
        change(recredit(Some(CreditChange::Add(1)), Default::default())),
        Some(51),
        "added to what is there now"
    );
    assert_eq!(change(recredit(None, set(daily(70)))), Some(51), "another amount, from the next period on");
    on(&house, "2026-03-03T12:00:00Z");
    assert_eq!(credits_of(&house, &held), Some(70));
    assert_eq!(change(recredit(None, clear())), Some(70), "no refill any more: what was filled up stays");
    on(&house, "2026-04-03T12:00:00Z");
    assert_eq!(house.code_at(&held.text, 70), Code::Valid);
    on(&house, "2026-05-03T12:00:00Z");
    assert_eq!(house.code(&held.text), Code::UsageExceeded);
    assert_eq!(change(KeyChange { credits: clear(), ..KeyChange::default() }), None);
    assert_eq!(house.code(&held.text), Code::Valid, "without credits nothing is counted");
    assert_eq!(change(recredit(None, set(daily(8)))), Some(8), "they begin with a first refill");
    house.crash();
    assert_eq!(credits_of(&house, &held), Some(8));
    assert_eq!(house.code(&home.secret), Code::Valid);
}

#[test]
fn both_halves_of_a_rotation_spend_the_same_credits() {
    let (house, _, admin) = start();
    let old = credited(&house, &admin, 5, None);
    assert_eq!(house.code(&old.text), Code::Valid);
    let new = house.rotate(&admin, old.id(), HOUR).unwrap();
    assert_eq!((credits_of(&house, &old), credits_of(&house, &new)), (Some(4), Some(4)));
    let codes = [&old, &new, &old, &new, &old, &new].map(|held| house.code(&held.text));
    assert_eq!(codes[..4], [Code::Valid; 4]);
    assert_eq!(codes[4..], [Code::UsageExceeded; 2]);
    let more = || recredit(Some(CreditChange::Add(2)), Default::default());
    house.change(&admin, new.id(), more()).unwrap();
    assert_eq!((credits_of(&house, &old), credits_of(&house, &new)), (Some(2), Some(2)));
    house.advance(HOUR);
    assert_eq!((house.code(&old.text), house.code(&new.text)), (Code::Expired, Code::Valid));
    let third = house.rotate(&admin, new.id(), 0).unwrap();
    assert_eq!(credits_of(&house, &third), Some(1), "and so it goes on");
    house.crash();
    assert_eq!([house.code(&third.text), house.code(&third.text)], [Code::Valid, Code::UsageExceeded]);
}

#[test]
fn the_old_half_of_a_rotation_has_no_say_in_what_may_be_spent() {
    let (house, _, admin) = start();
    let old = house.issue(&admin, with_credits(limited(&[("burst", 5, 60_000)]), 5, None)).unwrap();
    house.rotate(&admin, old.id(), HOUR).unwrap();
    let refused = |change| assert_eq!(refusal(house.change(&admin, old.id(), change)), Rejection::KeyRotated);
    refused(relimit(&[("burst", 500, 60_000)]));
    refused(relimit(&[]));
    refused(KeyChange { credits: clear(), ..KeyChange::default() });
    refused(recredit(None, set(daily(9))));
    refused(recredit(Some(CreditChange::Set(500)), Default::default()));
    refused(recredit(Some(CreditChange::Add(1)), Default::default()));
    assert_eq!(credits_of(&house, &old), Some(5));
    house.change(&admin, old.id(), KeyChange { name: Some(name("Old")), ..KeyChange::default() }).unwrap();
}

#[test]
fn credits_survive_eviction_and_crash_to_the_last_one() {
    let (house, home, admin) = start();
    let held = house.issue(&admin, with_credits(limited(&[("burst", 100_000, 60_000)]), 100, None)).unwrap();
    for spent in 1..=100 {
        assert_eq!(house.code(&held.text), Code::Valid, "{spent}");
        match spent % 3 {
            0 => house.crash(),
            1 => house.ring(&home.session_address()),
            _ => {}
        }
        assert_eq!(credits_of(&house, &held), Some(100 - spent));
    }
    house.crash();
    assert_eq!(house.code(&held.text), Code::UsageExceeded);
}

#[test]
fn a_pool_that_refuses_gives_the_credits_back() {
    let house = House::new();
    let home = house.found_on("Acme", requests(3));
    let admin = house.principal(&home.secret);
    let held = house.issue(&admin, with_credits(limited(&[("burst", 50, 60_000)]), 50, None)).unwrap();
    assert_eq!(house.admitted(&held.text, 10), 3);
    let look = || {
        let seen = house.verify_for(&held.text, dry()).unwrap();
        (seen.credits, left(&seen)[0].clone())
    };
    assert_eq!(look(), (Some(47), ("key.burst".to_owned(), 47)));
    house.crash();
    assert_eq!(look().0, Some(47), "on the disk as well");
    house.advance(MINUTE);
    assert_eq!(house.admitted(&held.text, 10), 3);
    assert_eq!(look().0, Some(44));
}

#[test]
fn a_pool_that_cannot_be_asked_takes_no_credits() {
    for fault in [Fault::Unreachable, Fault::Hanging, Fault::Overloaded] {
        let house = House::new();
        let home = house.found_on("Acme", requests(1_000));
        let admin = house.principal(&home.secret);
        let held = house.issue(&admin, with_credits(limited(&[("burst", 50, 60_000)]), 50, None)).unwrap();
        assert_eq!(house.code(&held.text), Code::Valid);
        house.objects.fault(Whom::One(home.address()), fault);
        for _ in 0..5 {
            assert!(house.verify(&held.text).is_err());
        }
        house.objects.heal();
        let seen = house.verify_for(&held.text, dry()).unwrap();
        assert_eq!((seen.credits, left(&seen)[0].1), (Some(49), 49), "{fault:?}");
        house.crash();
        assert_eq!(credits_of(&house, &held), Some(49), "{fault:?}: on the disk as well");
    }
}
