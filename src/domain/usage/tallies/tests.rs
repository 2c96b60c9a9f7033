//! What isolates report: everything once, as it was, in bounded memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::super::Origin;
use super::*;
use crate::domain::id::VerificationId;
use crate::domain::sample::at;

const ISOLATE: IsolateId = IsolateId(7);

fn here(number: u8) -> Locator {
    Locator::from_seed(&[number; 8])
}

fn key(number: u32) -> ApiKeyId {
    ApiKeyId::from_trusted(format!("key_{number}"))
}

fn seen(seconds: i64, code: Code) -> Seen {
    let id = VerificationId::from_trusted(format!("ver_{seconds}"));
    Seen { id, at: at(seconds), code, cost: 1, origin: Origin::default(), ip: None, tags: Vec::new() }
}

fn sum(reports: &[Report]) -> u64 {
    reports.iter().flat_map(|report| &report.tallies).map(|tally| total(&tally.counts)).sum()
}

fn numbers(reports: &[Report]) -> Vec<u64> {
    reports.iter().map(|report| report.seq).collect()
}

#[test]
fn verifications_are_tallied_by_key_minute_and_outcome() {
    let mut tallies = Tallies::new();
    for (second, code) in
        [(0, Code::Valid), (1, Code::Valid), (2, Code::Forbidden), (61, Code::Valid), (59, Code::Valid)]
    {
        tallies.note(here(1), &key(1), seen(second, code));
    }
    let reports = tallies.reports(here(1), ISOLATE);
    assert_eq!(numbers(&reports), [1]);
    let [first, second] = &reports[0].tallies[..] else { panic!("{reports:?}") };
    assert_eq!((first.minute, &first.counts), (at(0), &vec![(Code::Valid, 3), (Code::Forbidden, 1)]));
    assert_eq!((second.minute, &second.counts), (at(60), &vec![(Code::Valid, 1)]));
    assert_eq!(first.recent.len(), 4);
}

#[test]
fn what_is_not_written_down_is_sent_again_as_it_was() {
    let mut tallies = Tallies::new();
    tallies.note(here(1), &key(1), seen(0, Code::Valid));
    let first = tallies.reports(here(1), ISOLATE);
    assert_eq!(tallies.reports(here(1), ISOLATE), first, "nothing new, nothing changed");
    tallies.note(here(1), &key(1), seen(1, Code::Valid));
    let both = tallies.reports(here(1), ISOLATE);
    assert_eq!((numbers(&both), &both[..1]), (vec![1, 2], &first[..]));
    tallies.settled(here(1), 1);
    assert_eq!(tallies.reports(here(1), ISOLATE), both[1..]);
    assert!(tallies.has_unreported(here(1)));
    tallies.settled(here(1), 2);
    assert!(!tallies.has_unreported(here(1)) && tallies.sessions.is_empty());
}

#[test]
fn renewals_leave_room_for_a_report_and_what_is_held_up_follows_once_others_are_written_down() {
    let mut tallies = Tallies::new();
    for renewal in 1..=4_u64 {
        tallies.note(here(1), &key(1), seen(1, Code::Valid));
        let sent = tallies.reports_along(here(1), ISOLATE);
        assert_eq!((numbers(&sent).len(), sum(&sent)), (renewal.min(3) as usize, renewal.min(3)));
    }
    assert!(!tallies.is_held_up(here(1)));
    assert_eq!(sum(&tallies.reports(here(1), ISOLATE)), 4, "whoever comes to report takes all along");
    assert!(!tallies.is_held_up(here(1)), "nothing is left behind");
    tallies.note(here(1), &key(1), seen(1, Code::Valid));
    assert_eq!(sum(&tallies.reports(here(1), ISOLATE)), 4);
    assert!(tallies.is_held_up(here(1)) && !tallies.is_held_up(here(2)));
    tallies.settled(here(1), 4);
    assert!(!tallies.is_held_up(here(1)) && tallies.has_unreported(here(1)));
    assert_eq!(sum(&tallies.reports(here(1), ISOLATE)), 1);
}

#[test]
fn a_use_that_is_not_counted_is_reported_as_well() {
    let mut tallies = Tallies::new();
    tallies.note(here(1), &key(1), seen(3, Code::Valid));
    tallies.note(here(1), &key(1), seen(9, Code::Forbidden));
    let origin = Origin { country: Some("JP".to_owned()), ..Origin::default() };
    tallies.used(here(1), &key(1), Used { at: at(7), origin: origin.clone() });
    tallies.used(here(1), &key(1), Used { at: at(5), origin: Origin::default() });
    let tally = tallies.reports(here(1), ISOLATE).remove(0).tallies.remove(0);
    assert_eq!((tally.last, total(&tally.counts)), (Some(Used { at: at(7), origin }), 2));
}

#[test]
fn a_session_that_comes_back_begins_above_what_it_had() {
    let mut tallies = Tallies::new();
    for _ in 0..3 {
        tallies.note(here(1), &key(1), seen(0, Code::Valid));
        let seq = tallies.reports(here(1), ISOLATE)[0].seq;
        tallies.settled(here(1), seq);
    }
    tallies.note(here(1), &key(1), seen(0, Code::Valid));
    assert_eq!(numbers(&tallies.reports(here(1), ISOLATE)), [4]);
}

#[test]
fn the_recent_ones_of_a_tally_are_the_last_few() {
    let mut tallies = Tallies::new();
    (0..59).for_each(|second| tallies.note(here(1), &key(1), seen(second, Code::Valid)));
    let recent = &tallies.reports(here(1), ISOLATE)[0].tallies[0].recent;
    assert_eq!(recent.iter().map(|seen| seen.at).collect::<Vec<_>>(), (49..59).map(at).collect::<Vec<_>>());
}

#[test]
fn what_is_not_described_any_more_is_the_last_use_only_if_it_was_let_through() {
    let mut tallies = Tallies::new();
    for (second, code) in [(0, Code::Valid), (1, Code::Forbidden), (2, Code::Forbidden)] {
        tallies.note(here(1), &key(1), seen(second, code));
    }
    let Some(cell) = tallies.sessions.values_mut().flat_map(|of| of.open.values_mut()).flatten().next() else {
        panic!("nothing is tallied")
    };
    cell.keep(1);
    assert_eq!((cell.recent.len(), cell.last.as_ref().map(|used| used.at)), (1, Some(at(0))));
}

#[test]
fn a_report_of_many_keys_describes_fewer_verifications_of_each() {
    let mut tallies = Tallies::new();
    for number in 0..100 {
        (0..20).for_each(|second| tallies.note(here(1), &key(number), seen(second, Code::Valid)));
    }
    let reports = tallies.reports(here(1), ISOLATE);
    assert!(reports[0].tallies.iter().all(|tally| tally.recent.len() == 2 && tally.recent[1].at == at(19)));
    assert_eq!((sum(&reports), tallies.weight), (2_000, 300));
}

#[test]
fn a_report_is_bounded_and_what_does_not_fit_waits() {
    let mut tallies = Tallies::new();
    (0..1_500).for_each(|number| tallies.note(here(1), &key(number), seen(0, Code::Valid)));
    let mut counted = 0;
    for round in 1..=6 {
        let reports = tallies.reports(here(1), ISOLATE);
        assert!(reports.len() <= REPORTS_MAX, "{round}");
        assert!(reports.iter().all(|report| report.tallies.len() <= TALLIES_MAX));
        counted += sum(&reports[..1]);
        tallies.settled(here(1), reports[0].seq);
    }
    assert_eq!((counted, tallies.has_unreported(here(1))), (1_500, false));
}

#[test]
fn when_memory_is_full_details_go_first_and_counts_last() {
    let mut tallies = Tallies::new();
    // One busy key in more minutes than fit, as when an authority is away for days.
    let minutes = i64::try_from(WEIGHT_MAX).unwrap() * 2;
    (0..minutes).for_each(|minute| tallies.note(here(1), &key(1), seen(minute * 60, Code::Valid)));
    assert!(tallies.weight <= WEIGHT_MAX);
    let mut counted = 0;
    while tallies.has_unreported(here(1)) {
        let reports = tallies.reports(here(1), ISOLATE);
        counted += sum(&reports[..1]);
        tallies.settled(here(1), reports[0].seq);
    }
    assert_eq!((counted, tallies.take_lost()), (u64::try_from(minutes).unwrap(), 0));
}

#[test]
fn memory_is_bounded_to_the_last_unit_and_nothing_goes_before_it_is_full() {
    let mut tallies = Tallies::new();
    let minutes = i64::try_from(WEIGHT_MAX).unwrap();
    let used = |minute: i64| Used { at: at(minute * 60), origin: Origin::default() };
    (0..minutes).for_each(|minute| tallies.used(here(1), &key(1), used(minute)));
    assert_eq!(tallies.weight, WEIGHT_MAX);
    tallies.used(here(1), &key(1), used(minutes));
    assert!(tallies.weight < WEIGHT_MAX);
    let mut tallies = Tallies::new();
    (0..minutes / 2).for_each(|minute| tallies.note(here(1), &key(1), seen(minute * 60, Code::Valid)));
    assert_eq!(tallies.weight, WEIGHT_MAX);
    // Each of these weighs two, so that there is no moment when it is full to the unit.
    let mut tallies = Tallies::new();
    tallies.used(here(1), &key(1), used(0));
    for minute in 1..=minutes {
        tallies.note(here(1), &key(1), seen(minute * 60, Code::Valid));
        assert!(tallies.weight <= WEIGHT_MAX);
    }
}

#[test]
fn no_more_is_dropped_than_it_takes() {
    let mut tallies = Tallies::new();
    let used = Used { at: at(0), origin: Origin::default() };
    for number in 0..=u32::try_from(WEIGHT_MAX).unwrap() {
        tallies.used(here(u8::try_from(number % 4).unwrap()), &key(number), used.clone());
    }
    assert_eq!((tallies.sessions.len(), tallies.weight), (3, WEIGHT_MAX / 4 * 3), "the largest of four was enough");
}

#[test]
fn details_of_a_full_memory_are_shortened_to_the_last_verification() {
    let mut tallies = Tallies::new();
    let keys = u32::try_from(WEIGHT_MAX / (RECENT_MAX + 1)).unwrap();
    for number in 0..=keys {
        (0..RECENT_MAX).for_each(|_| tallies.note(here(1), &key(number), seen(0, Code::Valid)));
    }
    let described: Vec<usize> =
        tallies.sessions.values().flat_map(Session::cells).map(|cell| cell.recent.len()).collect();
    assert!(described.iter().filter(|length| **length == 1).count() >= keys as usize, "{described:?}");
}

#[test]
fn what_does_not_fit_at_all_is_counted_as_lost() {
    let mut tallies = Tallies::new();
    let keys = u32::try_from(WEIGHT_MAX).unwrap();
    for number in (0..keys).chain(0..keys) {
        tallies.note(here(u8::try_from(number % 50).unwrap()), &key(number), seen(0, Code::Valid));
    }
    let kept: u64 = tallies.sessions.values().flat_map(Session::cells).map(|cell| total(&cell.counts)).sum();
    let (noted, lost) = (u64::from(keys) * 2, tallies.take_lost());
    assert!(lost > 0 && kept > 0, "{lost} {kept}");
    assert_eq!(kept + lost, noted);
}

proptest! {
    #[test]
    fn every_verification_is_in_exactly_one_report(
        steps in prop::collection::vec((0_u8..4, 0_u8..3, 0_i64..400), 1..300)
    ) {
        let mut tallies = Tallies::new();
        let mut by_number: BTreeMap<(u8, u64), Vec<Tally>> = BTreeMap::new();
        let mut noted = 0;
        for (what, session, second) in steps {
            match what {
                0 | 1 => {
                    noted += 1;
                    tallies.note(here(session), &key(u32::from(what)), seen(second, Code::Valid));
                }
                2 => for report in tallies.reports(here(session), ISOLATE) {
                    let before = by_number.insert((session, report.seq), report.tallies.clone());
                    prop_assert!(before.is_none_or(|before| before == report.tallies), "the content has changed");
                },
                _ => {
                    // Only what was sent can have been written down.
                    let sent = by_number.keys().filter(|(of, _)| *of == session).map(|(_, seq)| *seq).max();
                    tallies.settled(here(session), sent.unwrap_or(0).saturating_sub(u64::from(second % 2 == 0)));
                }
            }
            let weight: usize = tallies.sessions.values().map(Session::weight).sum();
            prop_assert_eq!(tallies.weight, weight);
        }
        for session in 0..3 {
            for report in tallies.reports(here(session), ISOLATE) {
                by_number.insert((session, report.seq), report.tallies);
            }
            tallies.settled(here(session), u64::MAX);
            for report in tallies.reports(here(session), ISOLATE) {
                by_number.insert((session, report.seq), report.tallies);
            }
        }
        let reported: u64 = by_number.values().flatten().map(|tally| total(&tally.counts)).sum();
        prop_assert_eq!(reported, noted);
    }
}
