//! When a ledger writes a row, and what stands in it.

use super::*;

/// So many tokens were spent, a millisecond apart, each in a row of its own.
fn busy(limits: &[RateLimit], tokens: i64) -> Ledger {
    let mut ledger = Ledger::new(ms(0));
    for nth in 0..tokens {
        ledger.spend(&terms(limits), 1, ms(nth));
        ledger.save(&terms(limits), ms(nth));
    }
    ledger
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
fn a_block_is_written_down_also_where_nothing_counts_any_more() {
    let limits = [limit("a", 1_600, 1_000)];
    let mut ledger = busy(&limits, 5);
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
    let mut ledger = busy(&limits, 20);
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
