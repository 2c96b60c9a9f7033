//! What an isolate may say by a lease, and what it must not say any more.

mod any_order;
mod limits;
mod sharing;

use super::*;
use crate::domain::caller::Reach;
use crate::domain::id::{OrganizationId, SessionId};
use crate::domain::lease::bank::BankGrant;
use crate::domain::lease::margin_ms;
use crate::domain::metadata::Metadata;
use crate::domain::permission::Permission;
use crate::domain::rate_limit::{Level, LimitName, RateLimit, Refusal};
use crate::domain::sample::{key as sample_key, settings};

const TTL: i64 = 5_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000 + ms)
}

fn hash(number: u32) -> KeyHash {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    KeyHash::new(1, bytes)
}

fn key() -> Arc<ApiKey> {
    Arc::new(sample_key(settings(&["emails:send"])))
}

fn lease() -> Lease {
    Lease {
        edition: Edition { key: 1, session: 1, policy: 1 },
        key: None,
        reach: Reach::Session,
        mode: Mode::Leased,
        decided_at: at(0),
        ttl_ms: TTL,
        stale_ms: 0,
        counts: false,
        shares: false,
        limits: Vec::new(),
        bank: None,
    }
}

fn later_edition() -> Edition {
    Edition { key: 2, session: 1, policy: 1 }
}

fn limit(level: Level, remaining: u32, wait_ms: Option<u64>) -> LimitUse {
    let limit = RateLimit { name: LimitName::parse("burst").unwrap(), limit: 1_000, window_ms: 60_000 };
    let refusal = wait_ms.map(|wait_ms| Refusal { wait_ms: Some(wait_ms) });
    LimitUse { level, limit, remaining, restores_in_ms: Some(30_000), refusal }
}

fn counting(id: u64, tokens: u32) -> Lease {
    let bank = Some(BankGrant { id, tokens, lasts_ms: 234 });
    Lease { counts: true, limits: vec![limit(Level::Key, 100, None)], bank, ..lease() }
}

fn wanting(mode: Mode, cost: Option<u32>, demand: &Demand) -> Inquiry<'_> {
    Inquiry { demand, caller: None, cost, mode }
}

/// What a book says of key 0 to somebody who wants nothing in particular.
fn said(book: &mut Book, now: i64) -> Option<Code> {
    spending(book, 1, now).map(|decision| decision.code)
}

fn spending(book: &mut Book, cost: u32, now: i64) -> Option<Decision> {
    book.decide(&hash(0), &wanting(Mode::Edge, Some(cost), &Demand::default()), at(now))
}

fn holding(lease: &Lease) -> Book {
    let mut book = Book::default();
    let question = book.ask(at(0));
    book.take(hash(0), key(), lease, question, at(10));
    book
}

#[test]
fn a_lease_decides_from_its_question_until_its_end_and_tells_for_how_long() {
    let mut book = holding(&lease());
    let end = TTL - margin_ms(TTL);
    let decision = spending(&mut book, 1, end - 1).unwrap();
    assert_eq!((decision.code, decision.mode, decision.rest_ms), (Code::Valid, Mode::Leased, 1));
    assert_eq!((decision.as_of, decision.key.unwrap().id.clone()), (at(0), key().id.clone()));
    assert_eq!(said(&mut book, end), None);
    let mut unknown = Book::default();
    assert_eq!(said(&mut unknown, 0), None);
}

#[test]
fn a_lease_that_comes_after_its_end_or_before_its_question_is_nothing() {
    for (asked, came) in [(0, TTL), (0, TTL - margin_ms(TTL)), (5, 4)] {
        let mut book = Book::default();
        let question = book.ask(at(asked));
        book.take(hash(0), key(), &lease(), question, at(came));
        assert_eq!(said(&mut book, came), None, "asked at {asked}, came at {came}");
    }
}

#[test]
fn a_clock_that_runs_backwards_ends_everything_also_what_is_on_its_way() {
    let mut book = holding(&lease());
    let question = book.ask(at(1_000));
    assert_eq!(said(&mut book, 999), None);
    assert_eq!((said(&mut book, 1_000), book.size()), (None, (0, 0)), "for good");
    book.take(hash(0), key(), &lease(), question, at(1_100));
    assert_eq!(said(&mut book, 1_100), None, "nobody knows how long ago that was asked");
    let question = book.ask(at(1_100));
    book.take(hash(0), key(), &lease(), question, at(1_110));
    assert_eq!(said(&mut book, 1_110), Some(Code::Valid));
}

#[test]
fn the_record_is_judged_for_each_demand() {
    let mut book = holding(&lease());
    let demand = Demand { permissions: vec![Permission::of("emails:delete")], ..Demand::default() };
    let decision = book.decide(&hash(0), &wanting(Mode::Edge, Some(1), &demand), at(20)).unwrap();
    assert_eq!(decision.code, Code::InsufficientPermissions);
    let demand = Demand { session_id: Some(SessionId::from_trusted("ses_other".to_owned())), ..Demand::default() };
    let decision = book.decide(&hash(0), &wanting(Mode::Edge, Some(1), &demand), at(20)).unwrap();
    assert_eq!(decision.code, Code::WrongSession);
}

#[test]
fn a_key_out_of_reach_looks_like_none_and_costs_nothing() {
    let mut dead = holding(&lease());
    dead.note(hash(0), &key(), Code::Revoked, Question { at: at(0), life: 0 }, at(10));
    for mut book in [holding(&counting(1, 5)), dead] {
        let mut caller = Caller::reaching(&key(), Reach::Session);
        let foreign = |caller: &Caller, book: &mut Book| {
            let demand = Demand::default();
            let inquiry = Inquiry { caller: Some(caller), ..wanting(Mode::Edge, Some(5), &demand) };
            book.decide(&hash(0), &inquiry, at(20)).unwrap()
        };
        caller.session_id = SessionId::from_trusted("ses_other".to_owned());
        let unseen = foreign(&caller, &mut book);
        assert_eq!((unseen.code, unseen.key.is_none(), unseen.limits.len()), (Code::NotFound, true, 0));
        caller.reach = Reach::Organization;
        caller.organization_id = OrganizationId::from_trusted("org_other".to_owned());
        assert_eq!(foreign(&caller, &mut book).code, Code::NotFound);
        caller.organization_id = key().organization_id.clone();
        assert_ne!(foreign(&caller, &mut book).code, Code::NotFound, "with all tokens still there");
    }
}

#[test]
fn whoever_wants_it_strict_is_told_nothing() {
    let mut book = holding(&Lease { stale_ms: 10_000, ..lease() });
    let demand = Demand::default();
    let strict = wanting(Mode::Strict, Some(1), &demand);
    assert!(book.decide(&hash(0), &strict, at(20)).is_none());
    assert!(book.decide_stale(&hash(0), &strict, at(20)).is_none());
    assert!(book.decide(&hash(0), &wanting(Mode::Leased, Some(1), &demand), at(20)).is_some());
    book.note(hash(0), &key(), Code::Revoked, Question { at: at(20), life: 0 }, at(20));
    assert!(book.decide(&hash(0), &strict, at(20)).is_none(), "not even that it is revoked");
    let strict_lease = Lease { mode: Mode::Strict, ..lease() };
    assert_eq!(said(&mut holding(&strict_lease), 20), None);
}

#[test]
fn a_record_of_kv_decides_until_its_end_for_whoever_does_not_want_it_narrower() {
    let record = Lease { mode: Mode::Edge, ..lease() };
    let end = TTL - margin_ms(TTL);
    let mut book = Book::default();
    assert!(book.accept(hash(0), key(), &record, at(end - 1)));
    let decision = spending(&mut book, 1, end - 1).unwrap();
    assert_eq!((decision.code, decision.mode, decision.as_of), (Code::Valid, Mode::Edge, at(0)));
    let demand = Demand::default();
    assert!(book.decide(&hash(0), &wanting(Mode::Leased, Some(1), &demand), at(end - 1)).is_none());
    assert_eq!(said(&mut book, end), None);
    let mut dying = sample_key(settings(&["emails:send"]));
    dying.settings.expires_at = Some(at(1_000));
    let mut book = Book::default();
    assert!(book.accept(hash(0), Arc::new(dying), &record, at(20)));
    let end_of_key = 1_000 - margin_ms(0);
    assert_eq!(
        [end_of_key - 1, end_of_key].map(|ms| said(&mut book, ms)),
        [Some(Code::Valid), None],
        "nor beyond its key"
    );
    assert!(!Book::default().accept(hash(0), key(), &record, at(end)));
    assert!(!Book::default().accept(hash(0), key(), &lease(), at(0)), "a session without that mode");
    assert!(!Book::default().accept(hash(0), key(), &Lease { counts: true, ..record }, at(0)), "nor what is counted");
}

#[test]
fn a_record_of_kv_is_not_believed_against_what_is_known() {
    let record = Lease { mode: Mode::Edge, ..lease() };
    for code in Code::ALL.into_iter().filter(|code| code.ends_everything()) {
        let mut book = Book::default();
        let question = book.ask(at(0));
        book.note(hash(0), &key(), code, question, at(10));
        // Written down after the question was asked, and before it was answered.
        let record = Lease { decided_at: at(5), ..record.clone() };
        assert!(!book.accept(hash(0), key(), &record, at(20)), "{code:?}");
        assert_eq!(said(&mut book, 20), (code == Code::Revoked).then_some(Code::Revoked));
    }
    let mut book = holding(&Lease { edition: later_edition(), ..lease() });
    assert!(!book.accept(hash(0), key(), &record, at(20)), "an earlier edition");
    let mut book = Book::default();
    book.ask(at(20));
    book.ask(at(10));
    assert!(!book.accept(hash(0), key(), &record, at(20)), "the clock has run backwards");
    let mut book = Book::default();
    let question = book.ask(at(0));
    book.note(hash(0), &key(), Code::Disabled, question, at(10));
    for (ms, accepted) in [(REFUSED_MS + 9, false), (REFUSED_MS + 10, true)] {
        let later = Lease { decided_at: at(ms), ..record.clone() };
        assert_eq!(book.accept(hash(0), key(), &later, at(ms)), accepted, "{ms}");
    }
}

#[test]
fn an_earlier_edition_never_takes_the_place_of_a_later_one() {
    let narrow = Arc::new(sample_key(settings(&["emails:read"])));
    let demand = Demand { permissions: vec![Permission::of("emails:send")], ..Demand::default() };
    let mut book = Book::default();
    let question = book.ask(at(0));
    book.take(hash(0), narrow, &Lease { edition: later_edition(), ..lease() }, question, at(5));
    book.take(hash(0), key(), &counting(7, 5), question, at(10));
    let decision = book.decide(&hash(0), &wanting(Mode::Edge, Some(1), &demand), at(20)).unwrap();
    assert_eq!(decision.code, Code::InsufficientPermissions);
    assert_eq!(book.wish(&hash(0), 0, at(20)).1, [BankReport { id: 7, spent: 0 }], "its tokens go back");
    // The other parts count as well.
    for edition in [Edition { session: 0, ..later_edition() }, Edition { policy: 0, ..later_edition() }] {
        book.renewed(
            hash(0),
            Some(&Lease { edition, key: Some(Box::new((*key()).clone())), ..lease() }),
            question,
            at(20),
        );
        let decision = book.decide(&hash(0), &wanting(Mode::Edge, Some(1), &demand), at(20)).unwrap();
        assert_eq!(decision.code, Code::InsufficientPermissions);
    }
}

#[test]
fn that_a_key_is_revoked_is_remembered_and_no_lease_undoes_it() {
    let mut book = holding(&lease());
    let question = book.ask(at(20));
    book.note(hash(0), &key(), Code::Revoked, question, at(30));
    book.take(hash(0), key(), &Lease { edition: later_edition(), ..lease() }, question, at(40));
    book.renewed(hash(0), None, question, at(40));
    book.doubt(hash(0), question, at(40));
    assert_eq!(said(&mut book, 30 + REVOKED_MS - 1), Some(Code::Revoked));
    assert_eq!(said(&mut book, 30 + REVOKED_MS), None, "from here on the authority is asked again");
    let question = book.ask(at(30 + REVOKED_MS));
    book.take(hash(0), key(), &lease(), question, at(30 + REVOKED_MS));
    assert_eq!(said(&mut book, 30 + REVOKED_MS), Some(Code::Valid), "and believed");
}

#[test]
fn what_the_authority_refuses_is_not_decided_by_what_was_asked_before() {
    for code in Code::ALL.into_iter().filter(|code| code.ends_everything() && *code != Code::Revoked) {
        let mut book = holding(&lease());
        let (before, question) = (book.ask(at(20)), book.ask(at(30)));
        book.note(hash(0), &key(), code, question, at(40));
        book.take(hash(0), key(), &lease(), before, at(50));
        assert_eq!(said(&mut book, 50), None, "{code:?}");
        let after = book.ask(at(60));
        book.take(hash(0), key(), &lease(), after, at(70));
        assert_eq!(said(&mut book, 70), Some(Code::Valid), "it was changed back");
    }
    let mut book = holding(&lease());
    let question = book.ask(at(20));
    book.note(hash(0), &key(), Code::Valid, question, at(30));
    assert_eq!(said(&mut book, 30), Some(Code::Valid));
    let changed = ApiKey { generation: 2, ..(*key()).clone() };
    book.note(hash(0), &Arc::new(changed), Code::Forbidden, question, at(30));
    assert_eq!(said(&mut book, 30), None, "the record has changed");
}

#[test]
fn while_the_authority_is_away_a_lease_goes_on_where_that_was_granted() {
    let stale = |book: &mut Book, now: i64| {
        book.decide_stale(&hash(0), &wanting(Mode::Edge, Some(1), &Demand::default()), at(now))
    };
    let mut book = holding(&Lease { stale_ms: 10_000, ..lease() });
    let end = TTL + 10_000 - margin_ms(TTL + 10_000);
    let decision = stale(&mut book, end - 1).unwrap();
    assert_eq!((decision.code, decision.is_stale, decision.rest_ms), (Code::Valid, true, 1));
    let leased = book.decide_stale(&hash(0), &wanting(Mode::Leased, Some(1), &Demand::default()), at(end - 1));
    assert!(leased.is_some(), "who wants a lease has one");
    assert!(stale(&mut book, end).is_none());
    assert!(stale(&mut holding(&lease()), TTL).is_none(), "it was not granted");
    assert!(stale(&mut holding(&Lease { stale_ms: 10_000, ..counting(1, 5) }), 20).is_none(), "nor if it is counted");
    let mut dying = sample_key(settings(&["emails:send"]));
    dying.settings.expires_at = Some(at(7_000));
    let mut book = Book::default();
    let question = book.ask(at(0));
    book.take(hash(0), Arc::new(dying), &Lease { stale_ms: 10_000, ..lease() }, question, at(10));
    assert!(stale(&mut book, 6_000).is_some() && stale(&mut book, 7_000).is_none(), "nor beyond the key's own end");
}

#[test]
fn a_lease_is_renewed_near_its_end_if_it_was_used() {
    let mut book = holding(&lease());
    let due = |book: &Book, now: i64| book.is_due(&hash(0), at(now));
    assert!(!due(&book, 4_700), "nobody has used it");
    said(&mut book, 20);
    let end = TTL - margin_ms(TTL);
    assert!(!due(&book, end - end / 4 - 2) && due(&book, end - end / 4));
    let mut short = holding(&Lease { ttl_ms: 900, ..lease() });
    said(&mut short, 20);
    let its_end = 900 - margin_ms(900);
    assert!(!due(&short, its_end - its_end / 3 - 2) && due(&short, its_end - its_end / 3), "a third of a short one");
    let wishes = book.wishes(key().session_id.locator(), at(4_000));
    let [(of, wish)] = &wishes[..] else { panic!("{wishes:?}") };
    assert_eq!((*of, wish.wants, wish.tokens, wish.edition), (hash(0), true, 0, lease().edition));
    assert!(!due(&book, 4_700) && book.wishes(key().session_id.locator(), at(4_000)).is_empty(), "once");
    let question = book.ask(at(4_000));
    book.renewed(hash(0), Some(&lease()), question, at(4_100));
    assert_eq!(said(&mut book, 4_000 + end - 1), Some(Code::Valid), "also if the record is left out");
    book.renewed(hash(0), None, question, at(4_000 + end - 1));
    assert_eq!(said(&mut book, 4_000 + end - 1), None, "the authority wants to be asked");
}

#[test]
fn a_renewal_without_the_record_belongs_to_the_edition_that_was_asked_about() {
    let mut book = holding(&lease());
    let question = book.ask(at(100));
    book.renewed(hash(0), Some(&Lease { edition: later_edition(), ..lease() }), question, at(4_700));
    assert_eq!(said(&mut book, 4_800), None, "nobody knows what it is about");
    let mut empty = Book::default();
    empty.renewed(hash(0), Some(&lease()), question, at(110));
    assert_eq!(said(&mut empty, 110), None);
}

#[test]
fn only_leases_of_the_session_are_renewed_and_not_too_many_at_once() {
    let mut book = Book::default();
    let question = book.ask(at(0));
    let total = u32::try_from(RENEWED_MAX).unwrap() + 10;
    for number in 0..total {
        book.take(hash(number), key(), &lease(), question, at(10));
        book.decide(&hash(number), &wanting(Mode::Edge, Some(1), &Demand::default()), at(10));
    }
    assert!(book.wishes(Locator::from_seed(&[9; 8]), at(20)).is_empty());
    let session = key().session_id.locator();
    assert_eq!((book.wishes(session, at(20)).len(), book.wishes(session, at(20)).len()), (RENEWED_MAX, 10));
}

#[test]
fn a_book_is_bounded_and_lets_go_what_was_used_longest_ago() {
    let mut book = Book::default();
    let question = book.ask(at(0));
    let total = u32::try_from(ENTRIES_MAX).unwrap() + 100;
    for number in 0..total {
        book.take(hash(number), key(), &lease(), question, at(10));
        assert_eq!(said(&mut book, 10), Some(Code::Valid), "in use");
    }
    let (entries, bytes) = book.size();
    assert!(entries <= ENTRIES_MAX && bytes <= BYTES_MAX, "{entries} entries, {bytes} bytes");
    assert!(book.decide(&hash(1), &wanting(Mode::Edge, Some(1), &Demand::default()), at(10)).is_none());
    for number in 0..total {
        book.doubt(hash(number), question, at(10));
    }
    assert_eq!(book.size().0, ENTRIES_MAX, "small ones are counted, too");
    let text = serde_json::from_str(&format!("{{\"a\": \"{}\"}}", "x".repeat(3_000))).unwrap();
    let mut fat = settings(&["emails:send"]);
    fat.metadata = Metadata::new(text).unwrap();
    let fat = Arc::new(sample_key(fat));
    for number in total..total + 10_000 {
        book.take(hash(number), Arc::clone(&fat), &lease(), question, at(10));
    }
    let (entries, bytes) = book.size();
    assert!(entries < 4_000 && bytes <= BYTES_MAX, "{entries} entries, {bytes} bytes");
    assert!(book.wishes(key().session_id.locator(), at(20)).len() <= RENEWED_MAX);
}
