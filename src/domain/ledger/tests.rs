//! What a ledger shows and gives back.

mod rows;

use proptest::prelude::*;

use super::*;
use crate::domain::credits::{CreditSettings, Interval, Refill};
use crate::domain::sample::at;

fn limit(name: &str, limit: u32, window_ms: u32) -> RateLimit {
    RateLimit { name: LimitName::parse(name).unwrap(), limit, window_ms }
}

fn terms(limits: &[RateLimit]) -> Terms<'_> {
    Terms { level: Level::Key, limits, credits: None }
}

fn ms(millis: i64) -> Timestamp {
    at(0).plus_millis(millis)
}

/// Spends if there is enough, and says whether.
fn ask(ledger: &mut Ledger, terms: &Terms<'_>, cost: u32, now: Timestamp) -> bool {
    let fits = ledger.view(terms, cost, now).shortage.is_none();
    if fits {
        ledger.spend(terms, cost, now);
    }
    fits
}

fn left(ledger: &mut Ledger, terms: &Terms<'_>, now: Timestamp) -> Vec<u32> {
    ledger.view(terms, 0, now).limits.iter().map(|one| one.remaining).collect()
}

#[test]
fn the_first_spending_opens_the_window_and_the_last_token_leaves_zero() {
    let limits = [limit("a", 3, 1_000)];
    let mut ledger = Ledger::new(ms(0));
    let shown = ledger.view(&terms(&limits), 1, ms(0)).limits.remove(0);
    assert_eq!((shown.remaining, shown.restores_in_ms, shown.refusal), (3, None, None));
    assert_eq!(ledger.weight(), 0, "a look opens nothing");
    for (millis, after) in [(0, 2), (100, 1), (200, 0)] {
        assert!(ask(&mut ledger, &terms(&limits), 1, ms(millis)));
        assert_eq!(left(&mut ledger, &terms(&limits), ms(millis)), [after]);
    }
    let shown = ledger.view(&terms(&limits), 1, ms(300)).limits.remove(0);
    assert_eq!((shown.remaining, shown.restores_in_ms), (0, Some(700)));
    assert_eq!(shown.refusal, Some(Refusal { wait_ms: Some(700) }));
    assert!(!ask(&mut ledger, &terms(&limits), 1, ms(999)));
    assert!(ask(&mut ledger, &terms(&limits), 1, ms(1_000)));
    assert!(!ask(&mut ledger, &terms(&limits), 1, ms(1_099)));
    assert!(ask(&mut ledger, &terms(&limits), 1, ms(1_100)));
}

#[test]
fn requests_at_exactly_the_rate_all_pass_and_a_millisecond_closer_one_is_refused() {
    let limits = [limit("a", 10, 1_000)];
    let mut ledger = Ledger::new(ms(0));
    assert!((0..1_000).all(|nth| ask(&mut ledger, &terms(&limits), 1, ms(nth * 100))));
    let mut ledger = Ledger::new(ms(0));
    assert!(!(0..1_000).all(|nth| ask(&mut ledger, &terms(&limits), 1, ms(nth * 100 - nth / 10))));
}

#[test]
fn a_cost_above_the_limit_never_passes_and_a_cost_of_nothing_always() {
    let limits = [limit("a", 3, 1_000)];
    let mut ledger = Ledger::new(ms(0));
    let view = ledger.view(&terms(&limits), 4, ms(0));
    assert_eq!(view.shortage, Some(Shortage::Limit));
    assert_eq!(view.limits[0].refusal, Some(Refusal { wait_ms: None }));
    ledger.spend(&terms(&limits), 3, ms(0));
    ledger.save(&terms(&limits), ms(0));
    assert!(ask(&mut ledger, &terms(&limits), 0, ms(0)));
    assert!(!ledger.needs_saving());
    assert_eq!(left(&mut ledger, &terms(&limits), ms(0)), [0]);
}

#[test]
fn limits_of_the_same_numbers_are_limits_of_their_own_by_name() {
    let (one, other) = ([limit("a", 2, 1_000)], [limit("b", 2, 1_000)]);
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&one), 2, ms(0));
    assert_eq!(left(&mut ledger, &terms(&other), ms(0)), [2]);
    assert_eq!(left(&mut ledger, &terms(&one), ms(0)), [0]);
}

#[test]
fn one_limit_that_refuses_keeps_the_others_untouched() {
    let limits = [limit("a", 2, 1_000), limit("b", 5, 10_000)];
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&limits), 2, ms(0));
    assert!(!ask(&mut ledger, &terms(&limits), 1, ms(1)));
    assert_eq!(left(&mut ledger, &terms(&limits), ms(1)), [0, 3]);
    let view = ledger.view(&terms(&limits), 4, ms(1));
    let waits: Vec<_> = view.limits.iter().map(|one| one.refusal).collect();
    assert_eq!(
        waits,
        [Some(Refusal { wait_ms: None }), Some(Refusal { wait_ms: Some(9_999) })],
        "all that refuse say so"
    );
}

#[test]
fn a_limit_that_comes_back_remembers_and_what_is_over_is_dropped() {
    let (both, one) = ([limit("a", 5, 60_000), limit("b", 5, 1_000)], [limit("b", 5, 1_000)]);
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&both), 4, ms(0));
    ledger.spend(&terms(&one), 1, ms(10_000));
    let mut ledger = Ledger::restore(ledger.close(ms(10_000)), ms(10_000));
    assert_eq!(left(&mut ledger, &terms(&both), ms(20_000)), [1, 5]);
    ledger.spend(&terms(&one), 1, ms(60_000));
    assert_eq!(ledger.windows.len(), 1);
    assert!(ledger.close(ms(90_000)).windows.is_empty(), "nor is it written down");
}

#[test]
fn limits_that_come_and_go_under_ever_new_names_take_no_more_room_than_twice_the_most() {
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..100 {
        let limits = [limit(&format!("l{nth}"), 5, 86_400_000)];
        ledger.spend(&terms(&limits), 1, ms(nth));
    }
    assert_eq!(ledger.windows.len(), RATE_LIMITS_MAX + 1);
    let kept = [limit("l92", 5, 86_400_000), limit("l90", 5, 86_400_000)];
    assert_eq!(left(&mut ledger, &terms(&kept), ms(100)), [4, 5], "the latest are kept");
    let mut ledger = Ledger::new(ms(0));
    let many: Vec<_> = (0..=RATE_LIMITS_MAX).map(|nth| limit(&format!("l{nth}"), 5, 86_400_000)).collect();
    for (nth, one) in many.iter().enumerate() {
        ledger.spend(&terms(std::slice::from_ref(one)), 1, ms(i64::try_from(nth).unwrap()));
    }
    ledger.spend(&terms(&many[..1]), 1, ms(100));
    ledger.spend(&terms(&[limit("new", 5, 1_000)]), 1, ms(101));
    assert_eq!(
        left(&mut ledger, &terms(&many[..3]), ms(101)),
        [3, 5, 4],
        "not the oldest goes, but the one left first"
    );
}

#[test]
fn a_busy_day_fits_into_a_few_hundred_buckets() {
    let limits = [limit("a", 1_000_000_000, 86_400_000), limit("b", 1_000_000_000, 1_000)];
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..100_000 {
        ledger.spend(&terms(&limits), 1, ms(nth * 1_234));
    }
    (0..3_000).for_each(|nth| drop(ledger.spend(&terms(&limits), 1, ms(100_000 * 1_234 + nth))));
    assert!((2 * 256..=260 + 340).contains(&ledger.weight()), "{}", ledger.weight());
}

#[test]
fn a_lower_limit_or_a_longer_window_counts_what_was_spent_before() {
    let mut ledger = Ledger::new(ms(0));
    (0..8).for_each(|nth| assert!(ask(&mut ledger, &terms(&[limit("a", 8, 1_000)]), 1, ms(nth * 100))));
    let lower = [limit("a", 5, 1_000)];
    let shown = ledger.view(&terms(&lower), 1, ms(800)).limits.remove(0);
    assert_eq!((shown.remaining, shown.restores_in_ms), (0, Some(500)), "when five of the eight are out");
    let longer = [limit("a", 8, 60_000)];
    let shown = ledger.view(&terms(&longer), 2, ms(800)).limits.remove(0);
    assert_eq!((shown.remaining, shown.refusal), (0, Some(Refusal { wait_ms: Some(60_000 - 700) })));
}

#[test]
fn what_is_given_back_was_never_spent() {
    let limits = [limit("a", 50, 60_000), limit("b", 70, 10_000)];
    let terms = Terms { credits: Some(CreditSettings::default()), ..terms(&limits) };
    let mut ledger = Ledger::new(ms(0));
    ledger.set_balance(Some(Balance::new(9, ms(0))));
    ledger.spend(&terms, 2, ms(0));
    ledger.save(&terms, ms(0));
    for millis in [0, 1, 20, 5_000] {
        let before = ledger.view(&terms, 0, ms(millis));
        let hold = ledger.spend(&terms, 3, ms(millis));
        assert!(ledger.needs_saving());
        ledger.give_back(&hold);
        assert_eq!(ledger.view(&terms, 0, ms(millis)), before, "after {millis} ms");
        assert!(!ledger.needs_saving(), "no row for what has not happened");
    }
}

#[test]
fn a_limit_refuses_before_credits_do() {
    let limits = [limit("a", 2, 1_000)];
    let terms = Terms { credits: Some(CreditSettings::default()), ..terms(&limits) };
    let mut ledger = Ledger::new(ms(0));
    let shortage = |ledger: &mut Ledger, cost| ledger.view(&terms, cost, ms(0)).shortage;
    assert_eq!(shortage(&mut ledger, 1), Some(Shortage::Credits), "no balance is none left");
    ledger.set_balance(Some(Balance::new(1, ms(0))));
    assert_eq!(shortage(&mut ledger, 1), None);
    assert_eq!(shortage(&mut ledger, 2), Some(Shortage::Credits));
    assert_eq!(shortage(&mut ledger, 3), Some(Shortage::Limit));
    assert!(ask(&mut ledger, &terms, 1, ms(0)));
    assert_eq!(ledger.view(&terms, 0, ms(0)).credits, Some(0));
    assert_eq!(shortage(&mut ledger, 0), None);
}

#[test]
fn a_refill_is_seen_by_all_and_done_by_who_spends() {
    let refill = Refill { interval: Interval::Daily, amount: 10, day: 1 };
    let terms = Terms { credits: Some(CreditSettings { refill: Some(refill) }), ..terms(&[]) };
    let tomorrow = refill.next(ms(0));
    let mut ledger = Ledger::new(ms(0));
    ledger.set_balance(Some(Balance::new(4, ms(0))));
    ledger.save(&terms, ms(0));
    let early = ledger.spend(&terms, 3, tomorrow.plus_millis(-1));
    ledger.save(&terms, tomorrow);
    assert_eq!(ledger.view(&terms, 0, tomorrow).credits, Some(10));
    assert_eq!(ledger.balance().map(|balance| balance.remaining), Some(1), "a look changes nothing");
    assert!(!ledger.needs_saving());
    let late = ledger.spend(&terms, 9, tomorrow);
    assert!(ledger.needs_saving(), "the credits are as many as before, but not the same");
    // The refill has made up for what is given back now.
    ledger.give_back(&early);
    assert_eq!(ledger.view(&terms, 0, tomorrow).credits, Some(1));
    ledger.give_back(&late);
    assert_eq!(ledger.view(&terms, 0, tomorrow).credits, Some(10));
    assert_eq!(ledger.view(&terms, 0, ms(0)).credits, Some(10), "and not a second time");
}

#[test]
fn a_clock_that_is_set_back_stops_the_windows_for_a_moment_only() {
    let limits = [limit("a", 1, 10_000)];
    let wait =
        |ledger: &mut Ledger, millis| ledger.view(&terms(&limits), 1, ms(millis)).limits[0].refusal.unwrap().wait_ms;
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&limits), 1, ms(0));
    ledger.save(&terms(&limits), ms(0));
    assert_eq!(wait(&mut ledger, 4_000), Some(6_000));
    assert_eq!(wait(&mut ledger, 3_500), Some(6_500), "it waits for a clock that trembles");
    assert_eq!(wait(&mut ledger, 4_000), Some(6_000));
    assert_eq!(wait(&mut ledger, -100_000), Some(6_000), "and goes on with one that was set");
    assert_eq!(ledger.saved_at(), ms(-104_000));
    assert_eq!(wait(&mut ledger, -95_000), Some(1_000));
    assert!(ask(&mut ledger, &terms(&limits), 1, ms(-94_000)));
}

fn any_limits() -> impl Strategy<Value = Vec<RateLimit>> {
    let numbers = (1..30_u32, proptest::sample::select(&[1_000_u32, 7_777, 60_000][..]));
    proptest::collection::vec(numbers, 1..4).prop_map(|all| {
        let named = |(nth, (tokens, window_ms))| limit(&format!("l{nth}"), tokens, window_ms);
        all.into_iter().enumerate().map(named).collect()
    })
}

proptest! {
    #[test]
    fn what_is_left_and_how_long_to_wait_are_exact(
        limits in any_limits(),
        arrivals in proptest::collection::vec((-900..9_000_i64, 0..12_u32), 1..60),
        cost in 1..30_u32,
    ) {
        let terms = terms(&limits);
        let mut ledger = Ledger::new(ms(0));
        let mut now = ms(0);
        for (wait, spent) in arrivals {
            now = now.plus_millis(wait);
            ask(&mut ledger, &terms, spent, now);
            let later = |millis: i64, cost| ledger.clone().view(&terms, cost, now.plus_millis(millis)).limits;
            let (single, wanted) = (later(0, 1), later(0, cost));
            for (place, one) in wanted.iter().enumerate() {
                prop_assert_eq!(one.remaining == 0, single[place].refusal.is_some());
                prop_assert_eq!(one.remaining == one.limit.limit, one.restores_in_ms.is_none());
                prop_assert_eq!(one.remaining < cost, one.refusal.is_some());
                if let Some(restores) = one.restores_in_ms {
                    let restores = i64::try_from(restores).unwrap();
                    prop_assert!(restores > 0);
                    prop_assert_eq!(later(restores - 1, cost)[place].remaining, one.remaining);
                    prop_assert!(later(restores, cost)[place].remaining > one.remaining);
                }
                if let Some(refusal) = one.refusal {
                    prop_assert_eq!(refusal.wait_ms.is_none(), cost > one.limit.limit);
                    let Some(wait) = refusal.wait_ms.and_then(|wait| i64::try_from(wait).ok()) else { continue };
                    prop_assert!(wait > 0);
                    prop_assert!(later(wait - 1, cost)[place].refusal.is_some());
                    prop_assert!(later(wait, cost)[place].refusal.is_none());
                }
            }
        }
    }
}

#[test]
fn what_was_spent_in_the_last_128th_of_a_window_was_so_lately_and_what_is_out() {
    let limits = [limit("a", 100, 60_000), limit("b", 100, 128_000)];
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&limits), 3, ms(0));
    let mut lately = |now| ledger.view(&terms(&limits), 0, ms(now)).lately;
    assert_eq!([467, 468, 999, 1_000].map(&mut lately), [[3, 3], [0, 3], [0, 3], [0, 0]]);
    ledger.spend_ahead(&terms(&limits), 5, 734, ms(1_000));
    assert_eq!(ledger.view(&terms(&limits), 0, ms(2_000)).lately, [5, 5]);
    assert_eq!(ledger.view(&terms(&[limit("new", 9, 60_000)]), 0, ms(2_000)).lately, [0]);
}
