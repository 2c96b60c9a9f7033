//! Tokens that an isolate was lent and does not spend.

use latchkey::domain::verification::Code;

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
