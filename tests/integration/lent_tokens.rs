//! Tokens that an isolate was lent and does not spend, and how seldom it has to ask near a limit.

use latchkey::app::VerifyKey;
use latchkey::domain::consistency::Mode;
use latchkey::domain::verification::Code;

use crate::support::edges::Edge;
use crate::support::*;

#[test]
fn tokens_that_an_isolate_has_not_spent_are_there_for_others_again_once_it_has_reported() {
    let house = House::new();
    let home = house.found_on("Acme", requests(2_000));
    let admin = house.principal(&home.secret);
    let keys: Vec<Held> = (0..4).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let edge = house.edge();
    let mut spent = 0;
    for held in keys.iter().cycle().take(200) {
        house.advance(10);
        assert_eq!(edge.code(&held.text), Code::Valid);
        edge.settle();
        spent += 1;
    }
    let left = || house.run(house.app.read_organization(&admin)).unwrap().1[0].remaining;
    assert!(left() < 2_000 - spent - 10, "{} of {}", left(), 2_000 - spent);
    let begun = house.now();
    edge.afterwork.report(&house, &edge.app);
    assert!(house.now().millis_since(begun) <= 20_000);
    assert_eq!(left(), 2_000 - spent);
}

#[test]
fn who_is_lent_tokens_and_does_not_come_back_reports_that() {
    let house = House::new();
    let home = house.found_on("Acme", requests(2_000));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let edge = house.edge();
    let ask = || {
        house.advance(60);
        assert_eq!(edge.code(&held.text), Code::Valid);
        edge.settle();
        edge.afterwork.waiting()
    };
    let told = || house.objects.told(Kind::Session, "verify");
    let asks = (1..10).find(|_| ask() == 1);
    assert_eq!(asks, Some(told()), "nothing was decided here, but something lent: somebody will report");
}

/// How many of the last 600 of 4,500 requests, 60 a second by turns of three times the limit, had to ask the session, beside
/// those that are strict.
fn asks_at_the_limit(house: &House, turns: &[(&Edge<'_>, &Held, Mode)]) -> u64 {
    let told = || house.objects.told(Kind::Session, "verify");
    let mut asks = 0;
    for nth in 0..4_500 {
        house.advance(if nth % 3 == 0 { 16 } else { 17 });
        let (edge, held, mode) = turns[nth % turns.len()];
        let before = told();
        edge.verify_for(&held.text, VerifyKey { mode, ..VerifyKey::default() }).unwrap();
        edge.settle();
        if nth >= 3_900 && mode != Mode::Strict {
            asks += told() - before;
        }
    }
    asks
}

#[test]
fn near_a_limit_who_asks_alone_need_not_ask_for_each_token() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let admin = house.principal(&home.secret);
    let keys: Vec<Held> = (0..2).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let edge = house.edge();
    assert_eq!(asks_at_the_limit(&house, &[(&edge, &keys[0], Mode::Edge), (&edge, &keys[1], Mode::Edge)]), 0);
}

#[test]
fn near_a_limit_two_isolates_or_two_sessions_leave_tokens_for_each_other() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let (one, other) = (house.edge(), house.edge());
    let isolates = asks_at_the_limit(&house, &[(&one, &held, Mode::Edge), (&other, &held, Mode::Edge)]);
    assert!(isolates > 20, "two isolates have asked {isolates} times");

    let home = house.found_on("Bolt", requests(1_200));
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Second", None).unwrap();
    let first = house.issue(&admin, key(&["emails:send"])).unwrap();
    let second = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    let sessions = asks_at_the_limit(&house, &[(&one, &first, Mode::Edge), (&one, &second, Mode::Edge)]);
    assert!(sessions > 60, "two sessions were asked {sessions} times");
}

#[test]
fn near_a_limit_tokens_are_left_for_whoever_has_no_lease() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let edge = house.edge();
    let mut turns = [(&edge, &held, Mode::Edge); 20];
    turns[7].2 = Mode::Strict;
    let asks = asks_at_the_limit(&house, &turns);
    assert!(asks > 20, "who has leases has asked {asks} times");
}
