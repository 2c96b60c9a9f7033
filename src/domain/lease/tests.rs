//! The two sides of one lease, and both of them under clocks that drift.

use proptest::prelude::*;

use super::*;
use crate::domain::timestamp::Timestamp;

const TTL: i64 = 60_000;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + ms)
}

#[test]
fn a_lease_counts_from_the_question_and_ends_before_the_grantor_stops_waiting() {
    let mut held = Held::new(1, at(0), TTL, at(40)).unwrap();
    let margin = margin_ms(TTL);
    assert!(held.is_live(1, at(TTL - margin - 1)));
    assert!(!held.is_live(1, at(TTL - margin)));
    let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
    granted.grant("s", TTL, at(20));
    granted.change(at(30));
    assert_eq!(granted.former_end(&"s"), at(20 + TTL + margin));
}

#[test]
fn a_lease_on_what_is_said_now_holds_nobody_back() {
    let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
    granted.grant("s", TTL, at(0));
    granted.change(at(1_000));
    let end = granted.former_end(&"s");
    granted.grant("s", TTL, at(30_000));
    assert_eq!(granted.former_end(&"s"), end, "it was granted after the change");
    granted.change(at(31_000));
    assert!(granted.former_end(&"s") > end, "and there was another change");
    assert_eq!(granted.former_holders(at(31_000)).collect::<Vec<_>>(), [&"s"]);
    let last = granted.former_end(&"s");
    assert_eq!([last.plus_millis(-1), last].map(|now| granted.former_holders(now).count()), [1, 0]);
}

#[test]
fn an_answer_that_comes_too_late_or_before_it_was_asked_for_grants_nothing() {
    assert_eq!(Held::new(1, at(0), TTL, at(TTL)), None);
    assert_eq!(Held::new(1, at(10), TTL, at(9)), None);
}

#[test]
fn a_clock_that_runs_backwards_ends_a_lease_for_good() {
    let mut held = Held::new(1, at(0), TTL, at(100)).unwrap();
    assert!(held.is_live(1, at(100)));
    assert!(!held.is_live(1, at(99)));
    assert!(!held.is_live(1, at(101)), "also once it has caught up");
}

#[test]
fn a_lease_is_worth_nothing_to_somebody_who_has_lost_what_it_says() {
    let mut held = Held::new(7, at(0), TTL, at(0)).unwrap();
    assert!(held.is_live(7, at(1)) && held.is_live(8, at(1)));
    assert!(!held.is_live(6, at(1)));
}

#[test]
fn the_horizon_is_written_about_once_a_minute_and_stands_for_what_was_forgotten() {
    let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
    let written = (0..600).filter_map(|second| granted.grant("s", TTL, at(second * 1_000))).collect::<Vec<_>>();
    assert!((8..=11).contains(&written.len()), "{} rows in ten minutes", written.len());
    let after = Granted::<&str>::restore(*written.last().unwrap(), TTL, at(600_000));
    granted.change(at(600_000));
    assert!(after.former_end(&"s") >= granted.former_end(&"s"));
    assert!(after.former_end(&"nobody") >= granted.former_end(&"s"), "nobody knows who had one");
}

#[test]
fn nobody_is_swept_out_whose_lease_goes_on() {
    let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
    for holder in 0..600 {
        granted.grant(holder, TTL, at(holder));
    }
    granted.change(at(700));
    assert_eq!(granted.former_holders(at(700)).count(), 600);
}

#[test]
fn what_is_over_is_swept_out() {
    let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
    for number in 0..10_000_i64 {
        granted.grant(number, TTL, at(number * 1_000));
    }
    granted.change(at(10_000_000));
    assert!(granted.former_holders(at(9_999_000)).count() > 0);
    assert!(granted.former_holders(Timestamp::MIN).count() <= 512, "those that are over were let go");
}

proptest! {
    /// Whatever the delays, drifts and restarts: while a holder relies on a lease, its grantor knows of it.
    #[test]
    fn nobody_relies_on_a_lease_that_its_grantor_believes_to_be_over(
        there in 0_i64..5_000, back in 0_i64..5_000, offset in -1_000_000_i64..1_000_000,
        drift in -900_i64..=900, elapsed in 0_i64..70_000, restarts in any::<bool>(),
    ) {
        // The holder's clock: another zero, and up to 0.09 % faster or slower.
        let holder = |real: i64| at(5_000_000 + offset + real + real * drift / 1_000_000);
        let mut granted = Granted::restore(Timestamp::MIN, 0, Timestamp::MIN);
        let written = granted.grant("s", TTL, at(there)).unwrap();
        if restarts {
            granted = Granted::restore(written, granted.longest_ms(), at(there));
        }
        granted.change(at(there));
        if let Some(mut held) = Held::new(1, holder(0), TTL, holder(there + back)) {
            let now = there + back + elapsed;
            if held.is_live(1, holder(now)) {
                prop_assert!(granted.former_end(&"s") > at(now));
            }
        }
    }
}
