//! What is counted: tokens of banks, and what limits have refused.

use super::*;

#[test]
fn tokens_are_spent_of_the_bank_that_ends_first_and_none_beyond() {
    let mut book = holding(&counting(1, 3));
    let question = book.ask(at(100));
    book.take(hash(0), key(), &counting(2, 3), question, at(110));
    let left = |decision: Decision| decision.limits[0].remaining;
    assert_eq!(spending(&mut book, 2, 120).map(left), Some(101), "the authority takes the first three for spent");
    assert_eq!(spending(&mut book, 2, 120).map(left), Some(99), "the first has only one left");
    assert_eq!(spending(&mut book, 2, 120).map(|decision| decision.code), None, "all or none");
    assert_eq!(spending(&mut book, 0, 120).map(|decision| decision.code), Some(Code::Valid));
    assert_eq!(said(&mut book, 234), Some(Code::Valid), "one is left in the second");
    assert_eq!(said(&mut book, 235), None);
    let (tokens, reports) = book.wish(&hash(0), 1, at(350));
    assert_eq!((tokens, reports.len()), (6 + 3 + 1, 2), "half as much again as was spent, and one");
    assert_eq!(reports.iter().map(|report| report.spent).collect::<Vec<_>>(), [2, 3]);
    let again = book.wish(&hash(0), 0, at(350));
    assert_eq!(again, (6 + 3 + 1, Vec::new()), "each is reported once, and who asks at the same time wants no less");
    assert_eq!(book.wish(&hash(0), 0, at(900)).0, 0, "nobody has come for a while");
}

#[test]
fn of_more_than_sixteen_banks_the_first_goes_back() {
    let mut book = holding(&counting(1, 3));
    for id in 2..=17 {
        assert_eq!(book.wish(&hash(0), 0, at(20)).1, [], "no more than sixteen");
        let question = book.ask(at(20));
        book.take(hash(0), key(), &counting(id, 3), question, at(20));
    }
    let reports = book.wish(&hash(0), 0, at(20)).1;
    assert_eq!(reports.iter().map(|report| (report.id, report.spent)).collect::<Vec<_>>(), [(1, 0)]);
}

#[test]
fn what_has_been_paid_for_holds_for_one_request_only() {
    let mut book = holding(&counting(1, 3));
    assert_eq!(spending(&mut book, 1, 20).map(|decision| decision.rest_ms), Some(0));
    let free = spending(&mut book, 0, 20).unwrap();
    assert!(free.rest_ms > 0 && free.code == Code::Valid, "it costs nothing the next time either");
}

#[test]
fn what_is_refused_otherwise_spends_nothing_and_says_nothing_of_limits() {
    let mut book = holding(&counting(1, 1));
    let demand = Demand { permissions: vec![Permission::of("emails:delete")], ..Demand::default() };
    let refused = book.decide(&hash(0), &wanting(Mode::Edge, Some(1), &demand), at(20)).unwrap();
    assert_eq!((refused.code, refused.limits.len()), (Code::InsufficientPermissions, 0));
    assert_eq!(said(&mut book, 20), Some(Code::Valid));
    let caller = book.decide(&hash(0), &wanting(Mode::Leased, None, &Demand::default()), at(20));
    assert_eq!(caller.map(|decision| decision.code), Some(Code::Valid), "a caller pays nothing for itself");
}

#[test]
fn a_refusal_by_a_limit_is_remembered_until_there_can_be_enough_and_no_longer_than_the_lease() {
    let mut book = holding(&Lease { bank: None, ..counting(1, 1) });
    let question = book.ask(at(50));
    let refusing = [limit(Level::Key, 0, Some(1_000)), limit(Level::Session, 3, None)];
    book.refuse(&hash(0), 2, &refusing, question);
    let refused = spending(&mut book, 2, 450).unwrap();
    let rest = |limit: &LimitUse| (limit.restores_in_ms, limit.refusal.and_then(|refusal| refusal.wait_ms));
    assert_eq!(refused.code, Code::RateLimited);
    assert_eq!(refused.limits.iter().map(rest).collect::<Vec<_>>(), [(Some(29_600), Some(600)), (Some(29_600), None)]);
    assert!(spending(&mut book, 3, 450).is_none(), "who wants more has to come back at another time");
    assert!(spending(&mut book, 1, 450).is_none(), "there may be one");
    assert!(spending(&mut book, 2, 1_050).is_none());
    let mut book = holding(&Lease { bank: None, ..counting(1, 1) });
    book.refuse(&hash(0), 1, &[limit(Level::Key, 0, Some(600_000))], question);
    let end = TTL - margin_ms(TTL);
    assert_eq!((said(&mut book, end - 1), said(&mut book, end)), (Some(Code::RateLimited), None));
    let mut book = holding(&Lease { bank: None, ..counting(1, 1) });
    book.refuse(&hash(0), 1, &[limit(Level::Key, 0, Some(600_000))], question);
    let question = book.ask(at(60));
    book.take(hash(0), key(), &Lease { edition: later_edition(), ..lease() }, question, at(70));
    assert_eq!(said(&mut book, 80), Some(Code::Valid), "it belongs to its edition");
}

#[test]
fn a_refusal_that_was_asked_for_before_the_clock_ran_backwards_is_not_remembered() {
    let mut book = Book::default();
    let former = book.ask(at(500));
    let question = book.ask(at(0));
    book.take(hash(0), key(), &Lease { bank: None, ..counting(1, 1) }, question, at(10));
    book.refuse(&hash(0), 1, &[limit(Level::Key, 0, Some(600_000))], former);
    assert_eq!(said(&mut book, 20), None, "nobody knows how long ago that was: it is asked again");
    book.refuse(&hash(0), 1, &[limit(Level::Key, 0, Some(600_000))], question);
    assert_eq!(said(&mut book, 20), Some(Code::RateLimited));
}

#[test]
fn the_pool_is_shown_to_those_who_see_all_sessions_or_when_it_refuses() {
    let pool = Lease { limits: vec![limit(Level::Organization, 9, None)], ..counting(1, 2) };
    let mut book = holding(&pool);
    assert_eq!(spending(&mut book, 1, 20).unwrap().limits.len(), 0);
    let (demand, caller) = (Demand::default(), Caller::reaching(&key(), Reach::Organization));
    let inquiry = Inquiry { caller: Some(&caller), ..wanting(Mode::Edge, Some(1), &demand) };
    assert_eq!(book.decide(&hash(0), &inquiry, at(20)).unwrap().limits.len(), 1);
    let question = book.ask(at(20));
    book.refuse(&hash(0), 1, &[limit(Level::Organization, 0, Some(100))], question);
    assert_eq!(spending(&mut book, 1, 20).unwrap().limits.len(), 1);
    let mut book = holding(&Lease { reach: Reach::Organization, ..pool });
    assert_eq!(spending(&mut book, 1, 20).unwrap().limits.len(), 1, "a key that sees them itself");
}

#[test]
fn tokens_that_run_out_are_asked_for_unless_there_are_none_to_be_had() {
    let mut book = holding(&counting(1, 9));
    spending(&mut book, 6, 20);
    assert!(!book.is_due(&hash(0), at(20)));
    assert!(book.is_due(&hash(0), at(160)), "their time is");
    spending(&mut book, 1, 20);
    assert!(book.is_due(&hash(0), at(20)));
    book.wishes(key().session_id.locator(), at(20));
    let question = book.ask(at(20));
    book.renewed(hash(0), Some(&Lease { bank: None, ..counting(0, 0) }), question, at(30));
    spending(&mut book, 1, 30);
    assert!(!book.is_due(&hash(0), at(30)), "the next question would bring none either");
    let mut book = holding(&counting(1, 9));
    spending(&mut book, 8, 20);
    let question = book.ask(at(20));
    book.refuse(&hash(0), 1, &[limit(Level::Key, 0, Some(1_000))], question);
    assert!(!book.is_due(&hash(0), at(20)), "a limit that refuses has no more");
}
