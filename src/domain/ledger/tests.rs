//! What a ledger shows, gives back and writes down.

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
fn a_spending_that_went_into_a_row_before_it_was_given_back_stays_in_that_row() {
    let limits = [limit("a", 2, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    let hold = ledger.spend(&terms(&limits), 1, ms(0));
    let row = ledger.save(&terms(&limits), ms(0));
    assert!(!ledger.is_open());
    ledger.give_back(&hold);
    assert!(ledger.is_open(), "the row has more than was spent");
    assert_eq!(left(&mut ledger, &terms(&limits), ms(0)), [2]);
    assert_eq!(left(&mut Ledger::restore(row, ms(0)), &terms(&limits), ms(0)), [1]);
    // Nor does it make room in that row for others.
    let limits = [limit("a", 1_600, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    ledger.spend(&terms(&limits), 1, ms(0));
    ledger.save(&terms(&limits), ms(0));
    let hold = ledger.spend(&terms(&limits), 1, ms(1));
    ledger.save(&terms(&limits), ms(1));
    assert_eq!(ledger.block, 1);
    ledger.spend(&terms(&limits), 1, ms(2));
    ledger.give_back(&hold);
    assert!(!ledger.needs_saving());
    ledger.spend(&terms(&limits), 1, ms(2));
    assert!(ledger.needs_saving());
}

#[test]
fn a_row_counts_as_open_when_tokens_in_it_were_not_spent_after_all() {
    let limits = [limit("a", 2, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    let hold = ledger.spend_ahead(&terms(&limits), 2, 1_000, ms(0));
    ledger.settle(&hold, 1, ms(10));
    assert!(!ledger.is_open(), "it is in no row yet");
    let mut ledger = Ledger::new(ms(0));
    let hold = ledger.spend_ahead(&terms(&limits), 2, 1_000, ms(0));
    ledger.save(&terms(&limits), ms(0));
    assert!(!ledger.is_open());
    ledger.settle(&hold, 1, ms(10));
    assert!(ledger.is_open());
    ledger.spend_ahead(&terms(&limits), 1, 1_000, ms(10));
    assert_eq!(ledger.close(ms(10)).windows[0].ahead_ms, 0, "nothing is open, and so nothing ahead");
    // Where nothing is limited there is nothing in a row.
    let terms = Terms { credits: Some(CreditSettings::default()), ..terms(&[]) };
    let mut ledger = Ledger::new(ms(0));
    ledger.set_balance(Some(Balance::new(9, ms(0))));
    let hold = ledger.spend(&terms, 1, ms(0));
    ledger.save(&terms, ms(0));
    ledger.settle(&hold, 0, ms(10));
    ledger.give_back(&hold);
    assert!(!ledger.is_open());
}

#[test]
fn tokens_that_nobody_has_spent_are_in_no_row_unless_they_were_before() {
    let limits = [limit("a", 2, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    let hold = ledger.spend_ahead(&terms(&limits), 2, 1_000, ms(0));
    ledger.settle(&hold, 0, ms(10));
    assert!(!ledger.needs_saving());
    let hold = ledger.spend_ahead(&terms(&limits), 1, 1_000, ms(20));
    ledger.save(&terms(&limits), ms(20));
    ledger.spend(&terms(&limits), 1, ms(30));
    ledger.settle(&hold, 0, ms(40));
    assert!(ledger.needs_saving(), "what is spent after a row is in no row");
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
fn credits_are_written_with_each_spending_and_limits_beside_them_need_no_block() {
    let limits = [limit("a", 1_000, 1_000)];
    let terms = Terms { credits: Some(CreditSettings::default()), ..terms(&limits) };
    let mut ledger = Ledger::new(ms(0));
    ledger.set_balance(Some(Balance::new(100, ms(0))));
    assert!(ledger.needs_saving());
    for nth in 0..50 {
        ledger.spend(&terms, 1, ms(nth));
        assert!(ledger.needs_saving());
        let row = ledger.save(&terms, ms(nth));
        assert!(!ledger.needs_saving() && !ledger.is_open());
        let mut restored = Ledger::restore(row, ms(nth));
        assert!(!restored.needs_saving(), "what came out of a row stands in it");
        assert_eq!(restored.view(&terms, 0, ms(nth)), ledger.view(&terms, 0, ms(nth)));
    }
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
fn a_quiet_ledger_writes_each_spending_and_a_busy_one_a_block() {
    let limits = [limit("a", 1_600, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    for seconds in [0, 3, 6] {
        ledger.spend(&terms(&limits), 1, at(seconds));
        assert!(ledger.needs_saving());
        ledger.save(&terms(&limits), at(seconds));
        assert!(!ledger.is_open());
    }
    let blocks = [1, 3, 7, 15, 31, 63, 100, 100].map(|_| {
        let spent = (1..).find(|_| {
            ledger.spend(&terms(&limits), 1, at(6));
            ledger.needs_saving()
        });
        ledger.save(&terms(&limits), at(6));
        assert!(ledger.is_open());
        spent.unwrap()
    });
    assert_eq!(blocks, [1, 2, 4, 8, 16, 32, 64, 101], "one more than the block before");
    let sizes = [7, 9, 14, 20].map(|seconds| {
        ledger.save(&terms(&limits), at(seconds));
        ledger.block
    });
    assert_eq!(sizes, [100, 100, 50, 0], "two seconds are no pause, five halve it");
}

#[test]
fn an_open_block_is_closed_so_that_a_restart_costs_nothing() {
    let limits = [limit("a", 1_600, 60_000)];
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..20 {
        ledger.spend(&terms(&limits), 1, ms(nth));
        ledger.save(&terms(&limits), ms(nth));
    }
    assert!(ledger.is_open());
    let mut idle = ledger.clone();
    let row = idle.save(&terms(&limits), ms(60_021));
    assert_eq!((row.windows.len(), idle.block), (0, 0), "nothing counts any more, and nothing may");
    let mut crashed = Ledger::restore(ledger.save(&terms(&limits), ms(20)), ms(30));
    assert_eq!(left(&mut crashed, &terms(&limits), ms(30)), [1_600 - 20 - 100]);
    assert!(crashed.is_open(), "the row still has its block, and would cost it again");
    assert_eq!(crashed.saved_at(), ms(20));
    let closed = ledger.close(ms(30));
    assert!(!ledger.is_open());
    let mut evicted = Ledger::restore(closed, ms(30));
    assert!(!evicted.is_open());
    assert_eq!(left(&mut evicted, &terms(&limits), ms(30)), [1_600 - 20]);
}

#[test]
fn a_limit_that_is_new_or_came_back_since_the_last_row_has_no_block_in_it() {
    let (both, one) = ([limit("a", 1_600, 60_000), limit("b", 1_600, 60_000)], [limit("a", 1_600, 60_000)]);
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..5 {
        ledger.spend(&terms(&both), 1, ms(nth));
        ledger.save(&terms(&one), ms(nth));
    }
    ledger.spend(&terms(&one), 1, ms(6));
    assert!(!ledger.needs_saving());
    ledger.spend(&terms(&both), 1, ms(6));
    assert!(ledger.needs_saving());
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

#[test]
fn a_block_is_written_down_also_where_nothing_counts_any_more() {
    let limits = [limit("a", 1_600, 1_000)];
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..5 {
        ledger.spend(&terms(&limits), 1, ms(nth));
        ledger.save(&terms(&limits), ms(nth));
    }
    let row = ledger.save(&terms(&limits), ms(1_504));
    assert_eq!(row.windows.iter().map(|one| (one.spent.len(), one.open)).collect::<Vec<_>>(), [(0, 15)]);
}

#[test]
fn how_far_ahead_tokens_may_be_dated_is_written_down() {
    let name = LimitName::parse("a").unwrap();
    for ahead_ms in [0, 7] {
        let saved = SavedWindow { name: name.clone(), window_ms: 1_000, spent: vec![(1, 2)], open: 3, ahead_ms };
        let text = serde_json::to_string(&saved).unwrap();
        assert_eq!(serde_json::from_str::<SavedWindow>(&text).unwrap(), saved);
    }
}

#[test]
fn a_row_reads_as_it_always_did() {
    let limits = [limit("burst", 1_600, 60_000), limit("day", 9, 86_400_000)];
    let terms = Terms { credits: Some(CreditSettings::default()), ..terms(&limits[..1]) };
    let mut ledger = Ledger::new(ms(0));
    ledger.set_balance(Some(Balance::new(100, ms(0))));
    ledger.spend(&Terms { limits: &limits, ..terms }, 2, ms(5));
    ledger.spend(&terms, 3, ms(1_000));
    ledger.save(&Terms { credits: None, ..terms }, ms(1_000));
    let row = ledger.save(&Terms { credits: None, ..terms }, ms(1_500));
    let written = r#"{"clock":1500,"seen":1800000001500,"windows":[{"name":"burst","window_ms":60000,"spent":[[5,2],[1000,3]],"open":1},{"name":"day","window_ms":86400000,"spent":[[5,2]],"open":0}],"balance":{"remaining":95,"refilled_at":1800000001000}}"#;
    assert_eq!(serde_json::to_string(&row).unwrap(), written);
    assert_eq!(serde_json::from_str::<Snapshot>(written).unwrap(), row);
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
