//! What isolates have decided by their leases and report: counted once, over losses, repetition, disorder and crashes.

use latchkey::domain::id::ApiKeyId;
use latchkey::domain::lease::grant::{Edition, IsolateId, KeyWish};
use latchkey::domain::usage::Seen;
use latchkey::domain::usage::series::{Grain, total};
use latchkey::domain::usage::tallies::Tallies;
use latchkey::domain::verification::Code;
use latchkey::object::Answer;
use latchkey::ports::Objects;
use latchkey::session::protocol::{Command, Renewal, Reply};
use proptest::prelude::*;

use crate::support::*;
use crate::usage::{Scene, seen};

#[test]
fn reports_are_counted_once_however_often_and_in_whichever_order_they_come() {
    let scene = Scene::new();
    let (session, isolate) = (scene.held.id().locator(), IsolateId(u64::MAX));
    let mut tallies = Tallies::new();
    let mut sent = vec![];
    for number in 0..4 {
        tallies.note(session, scene.held.id(), seen(&scene.house, number, Code::Valid));
        sent.push(tallies.reports(session, isolate));
    }
    for reports in [&sent[1], &sent[0], &sent[1], &sent[3], &sent[2], &sent[3]] {
        scene.report(reports.clone());
    }
    assert_eq!(scene.counted(), 4);
    scene.house.advance(10_000);
    assert_eq!(scene.report(sent[3].clone()), Some(4), "now all of it is written down");
    scene.house.crash();
    assert_eq!(scene.report(sent[3].clone()), Some(4));
    assert_eq!(scene.counted(), 4);
}

#[test]
fn what_a_crash_has_taken_is_counted_when_it_is_reported_again() {
    let scene = Scene::new();
    let (session, isolate) = (scene.held.id().locator(), IsolateId(7));
    let mut tallies = Tallies::new();
    tallies.note(session, scene.held.id(), seen(&scene.house, 0, Code::Valid));
    let durable = scene.report(tallies.reports(session, isolate));
    assert_eq!(durable, Some(1), "it was quiet: written down at once");
    tallies.settled(session, 1);
    for number in 1..=3 {
        tallies.note(session, scene.held.id(), seen(&scene.house, number, Code::Valid));
        assert_eq!(scene.report(tallies.reports(session, isolate)), Some(1), "counted, and in memory");
    }
    assert_eq!(scene.counted(), 4);
    scene.house.crash();
    assert_eq!(scene.counted(), 1, "the crash has taken what was in memory");
    let durable = scene.report(tallies.reports(session, isolate)).unwrap();
    assert_eq!((durable, scene.counted()), (4, 4), "and has been written down: it was quiet since");
    tallies.settled(session, durable);
    assert!(!tallies.has_unreported(session));
}

#[test]
fn a_report_whose_rows_are_taken_back_counts_when_it_comes_again() {
    let scene = Scene::new();
    let (session, isolate) = (scene.held.id().locator(), IsolateId(7));
    let mut tallies = Tallies::new();
    tallies.note(session, scene.held.id(), seen(&scene.house, 0, Code::Valid));
    let reports = tallies.reports(session, isolate);
    // With a wish, so that something can fail behind what was written down.
    let edition = Edition { key: 1, session: 1, policy: 1 };
    let wish = KeyWish { key_id: scene.held.id().clone(), edition, tokens: 0, banks: vec![], wants: true };
    let renew = Command::Renew(Box::new(Renewal { isolate, keys: vec![wish], reports: reports.clone() }));
    let request = serde_json::to_vec(&renew).unwrap();
    let disk = scene.house.objects.disk(&scene.at());
    for statement in 1..40 {
        disk.fail_statement(statement);
        let answer = scene.house.run(scene.house.objects.call(&scene.at(), None, request.clone())).unwrap();
        if !disk.has_failed() {
            disk.no_failure();
            break;
        }
        disk.no_failure();
        let answer: Answer<Reply> = serde_json::from_slice(&answer).unwrap();
        if matches!(answer, Answer::Failed { .. }) {
            // It may have failed after the commit. What is in memory is what is in rows in any case.
            let in_rows = u64::try_from(scene.in_rows()).unwrap();
            assert_eq!(scene.counted(), in_rows, "statement {statement}");
        }
    }
    assert_eq!((scene.report(reports), scene.counted(), scene.in_rows()), (Some(1), 1, 1));
}

#[test]
fn what_comes_late_counts_where_it_belongs_for_a_day_and_a_clock_ahead_counts_now() {
    let scene = Scene::new();
    let report = |isolate, age_ms: i64| {
        let mut tallies = Tallies::new();
        let late = Seen { at: scene.house.after(-age_ms), ..seen(&scene.house, 0, Code::Valid) };
        tallies.note(scene.held.id().locator(), scene.held.id(), late);
        tallies.reports(scene.held.id().locator(), IsolateId(isolate))
    };
    let now = scene.house.now();
    for (isolate, age_ms) in [(1, 0), (2, -HOUR), (3, 5 * HOUR), (4, 24 * HOUR), (5, 26 * HOUR)] {
        assert!(scene.report(report(isolate, age_ms)).is_some() || isolate > 1);
    }
    scene.house.advance(10_000);
    assert!(scene.report(report(5, 26 * HOUR)).is_some(), "what is not counted is settled all the same");
    let hours = scene.read(true, Grain::Hour).steps;
    let at = |age_ms: i64| hours.at(Grain::Hour.start_of(now.plus_millis(-age_ms))).map(|counts| total(counts));
    assert_eq!([at(0), at(5 * HOUR), at(24 * HOUR), at(26 * HOUR)], [Some(2), Some(1), Some(1), None]);
}

#[test]
fn where_too_many_keys_wait_they_are_written_down_at_once() {
    let scene = Scene::new();
    let (session, isolate) = (scene.held.id().locator(), IsolateId(7));
    let mut tallies = Tallies::new();
    for round in 1..=3_u64 {
        let mut reports = vec![];
        for number in 0..if round == 2 { 400 } else { 600 } {
            let key_id = ApiKeyId::from_trusted(format!("key_{number}"));
            tallies.note(session, &key_id, seen(&scene.house, number, Code::Valid));
        }
        while reports.len() < if round == 2 { 2 } else { 3 } {
            reports = tallies.reports(session, isolate);
        }
        let last = reports.last().unwrap().seq;
        let durable = scene.report(reports).unwrap();
        assert_eq!(durable == last, round != 2, "quiet at first, then few, then too many: {round}");
        if round != 2 {
            tallies.settled(session, durable);
        } else {
            scene.house.advance(10_000);
            tallies.settled(session, last);
            // And now it is busy again.
            scene.verify(1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_report_counts_once_whatever_happens_on_the_way(
        steps in prop::collection::vec((0_u8..7, 0_usize..2, 1_i64..8_000), 1..80)
    ) {
        let scene = Scene::new();
        let session = scene.held.id().locator();
        let mut isolates = [(IsolateId(1), Tallies::new(), vec![]), (IsolateId(2), Tallies::new(), vec![])];
        let (mut noted, mut own) = (0, 0);
        for (what, which, ms) in steps {
            let (isolate, tallies, on_the_way) = &mut isolates[which];
            match what {
                0 | 1 => {
                    noted += 1;
                    tallies.note(session, scene.held.id(), seen(&scene.house, noted, Code::Valid));
                }
                // Sent, and lost or late.
                2 => on_the_way.push(tallies.reports(session, *isolate)),
                // Sent and answered; or the answer is lost.
                3 | 4 => {
                    let reports = tallies.reports(session, *isolate);
                    let durable = if reports.is_empty() { None } else { scene.report(reports) };
                    if what == 3 && let Some(durable) = durable {
                        tallies.settled(session, durable);
                    }
                }
                // Something that was on the way arrives, perhaps again.
                5 => if let Some(late) = on_the_way.iter().rev().nth(usize::try_from(ms).unwrap() % 3).cloned()
                    && !late.is_empty()
                {
                    scene.report(late);
                },
                _ => {
                    // What the object has decided itself is lost with it; here it is given the time to write it down.
                    own += 1;
                    scene.verify(1_000 + own);
                    scene.house.advance(10_000);
                    scene.house.advance(ms);
                    scene.house.crash();
                }
            }
            scene.house.advance(ms / 7);
            prop_assert!(scene.counted() <= noted + own, "counted twice");
        }
        for (isolate, tallies, on_the_way) in &mut isolates {
            while tallies.has_unreported(session) {
                scene.house.advance(10_000);
                let durable = scene.report(tallies.reports(session, *isolate));
                tallies.settled(session, durable.unwrap_or(0));
            }
            for late in on_the_way.iter().filter(|late| !late.is_empty()) {
                scene.report(late.clone());
            }
        }
        prop_assert_eq!(scene.counted(), noted + own);
    }
}
