//! What keys of one session pay from together.

use super::*;
use crate::domain::id::ApiKeyId;
use crate::domain::lease::bank::BankReport;

/// A lease on a key that has no limits of its own, with tokens or without.
fn sharing(id: u64, tokens: u32) -> Lease {
    let bank = (tokens > 0).then_some(BankGrant { id, tokens, lasts_ms: 234 });
    Lease { shares: true, limits: vec![limit(Level::Session, 100, None)], bank, ..counting(0, 0) }
}

fn under(edition: Edition, lease: Lease) -> Lease {
    Lease { edition, ..lease }
}

fn take(book: &mut Book, number: u32, lease: &Lease, at_ms: i64) {
    let question = book.ask(at(at_ms));
    let mut key = sample_key(settings(&["emails:send"]));
    key.id = ApiKeyId::from_trusted(format!("key_{number}"));
    book.take(hash(number), Arc::new(key), lease, question, at(at_ms));
}

fn code(book: &mut Book, number: u32, at_ms: i64) -> Option<Code> {
    let decision = book.decide(&hash(number), &wanting(Mode::Edge, Some(1), &Demand::default()), at(at_ms));
    decision.map(|decision| decision.code)
}

/// Which keys ask, and for how many tokens.
fn wishes(book: &mut Book, at_ms: i64) -> Vec<(u32, u32, Vec<BankReport>)> {
    let number = |hash: &KeyHash| (0..9).find(|number| super::hash(*number) == *hash).unwrap();
    let wishes = book.wishes(key().session_id.locator(), at(at_ms));
    wishes.into_iter().map(|(hash, wish)| (number(&hash), wish.tokens, wish.banks)).collect()
}

#[test]
fn tokens_that_one_key_was_given_are_spent_by_others_of_its_session_and_by_none_with_limits_of_its_own() {
    let mut book = Book::default();
    take(&mut book, 0, &sharing(1, 3), 0);
    take(&mut book, 1, &sharing(0, 0), 1);
    take(&mut book, 2, &Lease { bank: None, ..counting(0, 0) }, 2);
    assert_eq!(
        [2, 1, 0, 1, 0].map(|number| code(&mut book, number, 10)),
        [None, Some(Code::Valid), Some(Code::Valid), Some(Code::Valid), None]
    );
    take(&mut book, 3, &counting(2, 3), 11);
    assert_eq!((code(&mut book, 0, 12), code(&mut book, 3, 12)), (None, Some(Code::Valid)), "nor the other way round");
    let decision = book.decide(&hash(1), &wanting(Mode::Edge, Some(0), &Demand::default()), at(12)).unwrap();
    assert_eq!(decision.limits[0].remaining, 100, "so many, the three that it takes for spent, and not those that are");
}

#[test]
fn tokens_are_not_spent_under_another_edition_of_session_or_policy_and_go_back() {
    for later in [Edition { key: 1, session: 2, policy: 1 }, Edition { key: 1, session: 1, policy: 2 }] {
        let mut book = Book::default();
        take(&mut book, 0, &sharing(1, 3), 0);
        take(&mut book, 1, &sharing(0, 0), 1);
        assert_eq!(code(&mut book, 1, 2), Some(Code::Valid));
        take(&mut book, 2, &under(later, sharing(2, 3)), 3);
        assert_eq!([0, 1, 2].map(|number| code(&mut book, number, 4)), [None, None, Some(Code::Valid)]);
        take(&mut book, 3, &sharing(3, 3), 5);
        assert_eq!(code(&mut book, 3, 6), None, "an answer that comes late brings none");
        let (_, reports) = book.wish(&hash(2), 0, at(6));
        assert_eq!(reports, [BankReport { id: 1, spent: 1 }, BankReport { id: 3, spent: 0 }]);
    }
    let mut book = Book::default();
    take(&mut book, 0, &sharing(1, 3), 0);
    take(&mut book, 0, &under(later_edition(), sharing(0, 0)), 1);
    assert_eq!(code(&mut book, 0, 2), Some(Code::Valid), "another edition of a key alone changes nothing about it");
}

#[test]
fn what_a_key_had_before_it_got_or_lost_limits_of_its_own_goes_back() {
    let mut book = Book::default();
    take(&mut book, 0, &counting(1, 3), 0);
    assert_eq!(code(&mut book, 0, 1), Some(Code::Valid));
    take(&mut book, 0, &under(later_edition(), sharing(2, 3)), 2);
    assert_eq!(book.wish(&hash(0), 0, at(3)).1, [BankReport { id: 1, spent: 1 }]);
    take(&mut book, 1, &sharing(0, 0), 4);
    take(&mut book, 0, &under(Edition { key: 3, session: 1, policy: 1 }, counting(3, 1)), 5);
    assert_eq!([0, 0, 1].map(|number| code(&mut book, number, 6)), [Some(Code::Valid), None, Some(Code::Valid)]);
    take(&mut book, 1, &counting(4, 1), 7);
    assert_eq!(
        [1, 1].map(|_| code(&mut book, 1, 8)),
        [Some(Code::Valid), None],
        "also if its edition says nothing of it"
    );
}

#[test]
fn one_key_asks_for_all_that_share_and_the_others_come_along_where_a_lease_ends_soon() {
    let mut book = Book::default();
    (0..3).for_each(|number| {
        take(&mut book, number, &sharing(number.into(), if number == 0 { 9 } else { 0 }), number.into())
    });
    take(&mut book, 3, &counting(7, 9), 3);
    (0..4).for_each(|number| assert_eq!(code(&mut book, number, 10), Some(Code::Valid)));
    assert!(!book.is_due(&hash(1), at(10)) && book.is_due(&hash(1), at(160)), "time runs out for all that share");
    assert_eq!(wishes(&mut book, 160), [(0, 3 + 1 + 1, vec![]), (3, 0, vec![])]);
    take(&mut book, 0, &sharing(4, 9), 161);
    (0..3).for_each(|number| assert_eq!(code(&mut book, number, 170), Some(Code::Valid)));
    let asked = wishes(&mut book, 171);
    assert_eq!(
        asked.iter().map(|(number, ..)| *number).collect::<Vec<_>>(),
        [1],
        "another one, whose lease ends first"
    );
    (0..3).for_each(|number| assert_eq!(code(&mut book, number, 172), Some(Code::Valid)));
    let soon = TTL - margin_ms(TTL) - 600;
    let reports = vec![BankReport { id: 0, spent: 9 }, BankReport { id: 4, spent: 0 }];
    let own = vec![BankReport { id: 7, spent: 1 }];
    assert_eq!(wishes(&mut book, soon), [(1, 0, reports), (2, 0, vec![]), (3, 0, own), (0, 0, vec![])]);
}

#[test]
fn a_limit_that_refuses_one_refuses_all_that_share_it() {
    let mut book = Book::default();
    take(&mut book, 0, &sharing(0, 0), 0);
    take(&mut book, 1, &sharing(0, 0), 0);
    let question = book.ask(at(1));
    book.refuse(&hash(0), 1, &[limit(Level::Session, 0, Some(1_000))], question);
    assert_eq!([0, 1].map(|number| code(&mut book, number, 2)), [Some(Code::RateLimited); 2]);
    assert_eq!(code(&mut book, 1, 1_001), None);
    let mut book = Book::default();
    take(&mut book, 0, &sharing(1, 1), 0);
    let question = book.ask(at(1));
    book.refuse(&hash(0), 1, &[limit(Level::Session, 0, Some(1_000))], question);
    assert_eq!([2, 3].map(|now| code(&mut book, 0, now)), [Some(Code::Valid), Some(Code::RateLimited)], "what is here");
}

#[test]
fn of_leases_that_were_asked_for_at_once_the_first_tells_whether_there_are_tokens() {
    let mut book = Book::default();
    (0..2).for_each(|number| take(&mut book, number, &sharing(0, 0), 0));
    let question = book.ask(at(100));
    book.renewed(hash(0), Some(&sharing(1, 3)), question, at(110));
    book.renewed(hash(1), Some(&sharing(0, 0)), question, at(110));
    (0..3).for_each(|_| assert_eq!(code(&mut book, 1, 120), Some(Code::Valid)));
    assert!(book.is_due(&hash(1), at(120)), "there may be more");
}

#[test]
fn of_the_banks_that_many_brought_who_have_asked_at_once_none_is_forgotten() {
    let mut book = Book::default();
    (1..=40).for_each(|id| take(&mut book, 0, &sharing(id, 3), 1));
    let reports = book.wish(&hash(0), 0, at(2)).1;
    assert_eq!(reports.iter().map(|report| report.id).collect::<Vec<_>>(), (1..=24).collect::<Vec<_>>());
}

#[test]
fn a_purse_goes_with_the_last_key_of_its_session_and_no_sooner() {
    let mut book = Book::default();
    take(&mut book, 0, &sharing(1, 3), 0);
    take(&mut book, 0, &under(Edition { key: 1, session: 1, policy: 2 }, sharing(2, 3)), 1);
    assert_eq!(book.wish(&hash(0), 0, at(2)).1, [BankReport { id: 1, spent: 0 }], "what is to be reported stays");
    let question = book.ask(at(3));
    book.doubt(hash(0), question, at(4));
    take(&mut book, 1, &sharing(0, 0), 5);
    assert_eq!((code(&mut book, 1, 6), book.wish(&hash(1), 0, at(6)).1), (None, vec![]));
}

#[test]
fn a_lease_is_held_until_its_end() {
    let mut book = holding(&lease());
    let end = TTL - margin_ms(TTL);
    assert!(book.holds(&hash(0), at(end - 1)) && !book.holds(&hash(0), at(end)) && !book.holds(&hash(1), at(0)));
    let question = book.ask(at(20));
    book.note(hash(0), &key(), Code::Revoked, question, at(20));
    assert!(!book.holds(&hash(0), at(20)));
}

#[test]
fn a_refusal_goes_on_while_leases_say_nothing_else_and_for_five_seconds_at_most() {
    let told = |name: &str, remaining| {
        let mut told = limit(Level::Session, remaining, None);
        told.limit.name = LimitName::parse(name).unwrap();
        Lease { limits: vec![told], ..sharing(0, 0) }
    };
    let after = |lease: &Lease, now: i64| {
        let mut book = Book::default();
        take(&mut book, 0, &sharing(0, 0), 0);
        let question = book.ask(at(1));
        book.refuse(&hash(0), 2, &[limit(Level::Session, 0, Some(9_000))], question);
        take(&mut book, 0, lease, 10);
        take(&mut book, 0, lease, now.min(3_000));
        let decision = book.decide(&hash(0), &wanting(Mode::Edge, Some(2), &Demand::default()), at(now));
        decision.map(|decision| decision.code)
    };
    let name = limit(Level::Session, 0, None).limit.name;
    let refused = Some(Code::RateLimited);
    assert_eq!([20, 5_000, 5_001].map(|now| after(&told(name.as_str(), 1), now)), [refused, refused, None]);
    assert_eq!(after(&told(name.as_str(), 2), 20), None, "there may be enough");
    assert_eq!(after(&told("another", 0), 20), None, "nobody says how it stands");
    assert_eq!(after(&sharing(1, 2), 20), Some(Code::Valid), "tokens have come");
}

#[test]
fn a_long_bank_is_renewed_no_sooner_than_an_answer_takes() {
    let mut book = Book::default();
    let bank = Some(BankGrant { id: 1, tokens: 9, lasts_ms: 1_170 });
    take(&mut book, 0, &Lease { bank, ..sharing(0, 0) }, 0);
    assert_eq!(code(&mut book, 0, 10), Some(Code::Valid));
    assert!(!book.is_due(&hash(0), at(1_020)) && book.is_due(&hash(0), at(1_021)));
}

#[test]
fn tokens_that_are_over_are_reported_though_nobody_has_used_the_key_since() {
    let mut book = Book::default();
    take(&mut book, 0, &sharing(1, 3), 0);
    take(&mut book, 1, &counting(2, 3), 0);
    let session = key().session_id.locator();
    assert!(book.has_tokens(session) && book.wishes(session, at(233)).is_empty(), "they may still be spent");
    let reports: Vec<_> = book.wishes(session, at(234)).into_iter().map(|(_, wish)| (wish.wants, wish.banks)).collect();
    let unspent = |id| (false, vec![BankReport { id, spent: 0 }]);
    assert_eq!(reports, [unspent(1), unspent(2)]);
    assert!(!book.has_tokens(session) && book.wishes(session, at(235)).is_empty());
}
