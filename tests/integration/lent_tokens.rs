//! Tokens that an isolate was lent and does not spend.

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

/// How many of the last 600 of 4,500 requests, 60 a second by turns of three times the limit, had to ask the session.
fn asks_at_the_limit(house: &House, turns: &[(&Edge<'_>, &Held)]) -> u64 {
    let mut before = 0;
    for nth in 0..4_500 {
        if nth == 3_900 {
            before = house.objects.told(Kind::Session, "verify");
        }
        house.advance(if nth % 3 == 0 { 16 } else { 17 });
        let (edge, held) = turns[nth % turns.len()];
        edge.code(&held.text);
        edge.settle();
    }
    house.objects.told(Kind::Session, "verify") - before
}

#[test]
fn near_a_limit_who_asks_alone_need_not_ask_for_each_token() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let admin = house.principal(&home.secret);
    let keys: Vec<Held> = (0..2).map(|_| house.issue(&admin, key(&["emails:send"])).unwrap()).collect();
    let edge = house.edge();
    assert_eq!(asks_at_the_limit(&house, &[(&edge, &keys[0]), (&edge, &keys[1])]), 0);
}

#[test]
fn near_a_limit_two_isolates_or_two_sessions_leave_tokens_for_each_other() {
    let house = House::new();
    let home = house.found_on("Acme", requests(1_200));
    let held = house.issue(&house.principal(&home.secret), key(&["emails:send"])).unwrap();
    let (one, other) = (house.edge(), house.edge());
    let isolates = asks_at_the_limit(&house, &[(&one, &held), (&other, &held)]);
    assert!(isolates > 20, "two isolates have asked {isolates} times");

    let home = house.found_on("Bolt", requests(1_200));
    let admin = house.principal(&home.secret);
    let session = house.create_session(&admin, "Second", None).unwrap();
    let first = house.issue(&admin, key(&["emails:send"])).unwrap();
    let second = house.issue(&admin, key_in(&session.id, &["emails:send"])).unwrap();
    let sessions = asks_at_the_limit(&house, &[(&one, &first), (&one, &second)]);
    assert!(sessions > 60, "two sessions were asked {sessions} times");
}
