//! Limits over evictions, crashes and clocks that are set: never over, little under, and few rows.

use latchkey::domain::plan::{Plan, PlanName};
use latchkey::domain::verification::Code;

use crate::support::house::Home;
use crate::support::*;

fn limited_house(tokens: u32) -> (House, Home, Held) {
    let house = House::new();
    // What the authority does; isolates have tests of their own.
    house.be_strict();
    let home = house.found("Acme");
    let held = house.limited_key(&house.principal(&home.secret), &[("minute", tokens, 60_000)]);
    (house, home, held)
}

/// What is left of the key's one limit.
fn left_in(house: &House, held: &Held) -> u32 {
    house.left_of(&held.text)[0].1
}

#[test]
fn idling_until_the_object_is_evicted_brings_nothing_back() {
    let (house, home, held) = limited_house(60);
    let begun = house.now();
    assert_eq!(house.admitted(&held.text, 61), 60);
    for seconds in [0, 12, 30, 59] {
        house.advance(begun.plus_millis(seconds * 1_000).millis_since(house.now()));
        house.objects.restart_one(&home.session_address());
        assert_eq!(house.code(&held.text), Code::RateLimited, "after {seconds} s");
    }
    house.advance(begun.plus_millis(MINUTE).millis_since(house.now()));
    house.crash();
    assert_eq!(house.admitted(&held.text, 61), 60, "and a minute later all of it is back");
}

#[test]
fn an_eviction_of_a_quiet_object_burns_nothing_and_a_crash_of_a_busy_one_a_second_of_traffic() {
    let (house, home, held) = limited_house(16_000);
    for (quiet, burnt) in [(true, 0..=0), (false, 1..=1_000)] {
        for _ in 0..2_000 {
            house.clock.set(house.after(2));
            assert_eq!(house.code(&held.text), Code::Valid);
        }
        if quiet {
            house.advance(7_000);
        }
        let before = left_in(&house, &held);
        house.crash();
        let after = left_in(&house, &held);
        assert!(burnt.contains(&(before - after)), "quiet {quiet}: {before} before, {after} after");
        house.advance(2 * MINUTE);
        house.ring(&home.session_address());
        house.objects.restart_one(&home.session_address());
    }
    assert_eq!(left_in(&house, &held), 16_000, "what was burnt comes back with the rest");
}

#[test]
fn an_eviction_of_a_quiet_organization_burns_only_tokens_that_a_session_has_not_reported() {
    let house = House::new();
    // What the authority does; isolates have tests of their own.
    house.be_strict();
    let home = house.found_on("Acme", requests(16_000));
    for _ in 0..1_000 {
        house.clock.set(house.after(2));
        assert_eq!(house.code(&home.secret), Code::Valid);
    }
    assert!(house.next_alarm().is_some_and(|(at, _)| at <= house.after(7_000)), "somebody closes the block");
    house.advance(7_000);
    house.objects.restart_one(&home.address());
    // The last banks: 1/32 of what was left at most.
    assert!((14_530..=15_000).contains(&left_in_pool(&house, &home)));
    for _ in 0..1_000 {
        house.clock.set(house.after(2));
        assert_eq!(house.code(&home.secret), Code::Valid);
    }
    house.objects.restart_one(&home.address());
    assert!((12_840..14_000).contains(&left_in_pool(&house, &home)));
}

fn left_in_pool(house: &House, home: &Home) -> u32 {
    house.left_of(&home.secret)[0].1
}

/// Random arrivals, costs, crashes, evictions and clock steps, for one key, its session and the pool. Time is the sum
/// of the steps forward, as the promise says.
#[test]
fn no_window_of_time_ever_holds_more_than_its_limit_whatever_happens() {
    for seed in 0..as_many(5, 12_u64) {
        let mut state = seed;
        let mut below = move |sides: u64| {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % sides
        };
        let mut ms = |most: u64| i64::try_from(below(most)).unwrap();
        let house = House::seeded(seed);
        // What the authority does; isolates have tests of their own.
        house.be_strict();
        let home = house.found_on("Acme", requests(400));
        let admin = house.principal(&home.secret);
        let session = house.limited_session(&admin, &[("all", 160, 30_000)]);
        let mut request = with(limited(&[("fast", 64, 5_000), ("minute", 300, 60_000)]));
        request.session.id = Some(session.id.clone());
        let held = house.issue(&admin, request).unwrap();
        let bounds = [(64, 5_000), (300, 60_000), (160, 30_000), (400, 60_000)];
        let (mut time, mut latest, mut log) = (0_i64, house.now(), Vec::new());
        let mut refused = 0;
        for _ in 0..1_200 {
            match ms(40) {
                0 => house.crash(),
                1 => house.objects.restart_one(&home.address()),
                2 => house.objects.restart_one(&latchkey::ports::Address::Session(session.id.locator())),
                3 => house.advance(ms(9_000)),
                4 => house.clock.set(house.after(-ms(20_000))),
                5 => house.clock.set(house.after(ms(20_000))),
                _ => house.clock.set(house.after(ms(60))),
            }
            // A clock that was set back goes on from there; one that is a second behind at most is waited for.
            let step = house.now().millis_since(latest);
            time += step.max(0);
            if !(-1_000..=0).contains(&step) {
                latest = house.now();
            }
            let cost = u32::try_from(ms(4)).unwrap();
            if house.code_at(&held.text, cost) == Code::Valid {
                log.push((time, cost));
            } else {
                refused += 1;
            }
        }
        for (bound, window) in bounds {
            for (at, (end, _)) in log.iter().enumerate() {
                let within = log[..=at].iter().rev().take_while(|(begin, _)| end - begin < window);
                let spent: u32 = within.map(|(_, cost)| cost).sum();
                assert!(spent <= bound, "seed {seed}: {spent} of {bound} within {window} ms up to {end}");
            }
        }
        assert!(refused > 200 && log.len() > 200, "seed {seed}: {refused} refused, {} admitted", log.len());
    }
}

#[test]
fn a_busy_ledger_writes_about_a_row_a_second_and_no_limit_writes_none() {
    println!("limit/min  load   verified  rows of the key  of the pool  all rows of the session  per thousand");
    // Rows of one ledger per thousand verifications: at most so many.
    for (per_minute, tries, most) in
        [(0, 2_000, 0), (60, 300, 1_000), (1_000, 2_000, 70), (10_000, 8_000, 8), (100_000, 12_000, 2)]
    {
        let house = House::new();
        // What the authority does; isolates have tests of their own.
        house.be_strict();
        let plan = if per_minute == 0 { Plan::preset(PlanName::Enterprise) } else { requests(per_minute) };
        let home = house.found_on("Acme", plan);
        let all = [("minute", per_minute, 60_000)];
        let held = house.limited_key(&house.principal(&home.secret), if per_minute == 0 { &[] } else { &all });
        // At nine tenths of the limit, evenly.
        let load = if per_minute == 0 { 900 } else { i64::from(per_minute) * 9 / 10 };
        let begun = house.now();
        let at = |number: i64| begun.plus_millis(number * MINUTE / load);
        let verify = |range: std::ops::Range<i64>| {
            for number in range {
                house.advance(at(number).millis_since(house.now()));
                assert_eq!(house.code(&held.text), Code::Valid, "{per_minute}: {number}");
            }
        };
        // A second or two until the blocks have found their size.
        let warm = load / 20;
        verify(0..warm);
        let (there, here) = (home.session_address(), home.address());
        house.count_rows(&there);
        house.count_rows(&here);
        let changes = || house.objects.disk(&there).number("SELECT total_changes()");
        let before = changes();
        verify(warm..warm + tries);
        let (key, pool) = (house.counted_rows(&there), house.counted_rows(&here));
        let all = changes() - before - key;
        let thousand = |rows: i64| rows * 1_000 / tries;
        println!(
            "{per_minute:>9} {load:>6} {tries:>9} {key:>16} {pool:>12} {all:>24} {:>13}",
            thousand(key).max(thousand(pool))
        );
        assert!(thousand(key) <= most && thousand(pool) <= most, "{per_minute}: {key} and {pool} rows for {tries}");
        assert!(per_minute == 0 || key > 0, "what is spent is written down");
        // What was counted is written down every ten seconds, and told every minute or two; and at nine tenths of a limit
        // there is an alert.
        let counted = 20 * (tries / load + 1) + 10;
        assert!(all <= key + tries / 10 + counted, "{per_minute}: {all} rows in all");
    }
}

#[test]
fn limits_give_away_less_than_a_hundredth_at_a_steady_load() {
    for (tokens, window_ms, load) in [(60, 60_000, 100), (1_000, 60_000, 100), (300, 5_000, 300)] {
        let house = House::new();
        // What the authority does; isolates have tests of their own.
        house.be_strict();
        let home = house.found("Acme");
        let held = house.limited_key(&house.principal(&home.secret), &[("steady", tokens, window_ms)]);
        let windows = 5;
        let tries = i64::from(tokens) * windows * load / 100;
        let span = i64::from(window_ms) * windows;
        let begun = house.now();
        let mut admitted = 0;
        for number in 0..tries {
            house.clock.set(begun.plus_millis(number * span / tries));
            admitted += i64::from(house.code(&held.text) == Code::Valid);
        }
        let most = i64::from(tokens) * windows;
        println!("{tokens} in {window_ms} ms at {load} %: {admitted} of {most}");
        assert!(admitted <= most && admitted * 100 >= most * 99, "{admitted} of {most}");
    }
}
