//! What opens and resolves alerts, and that nothing flaps.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::machine::{CALM_PAUSE_MS, OPEN_MS_MIN, Reading, Verdict, Watch, evaluate};
use super::readings::{Baseline, Failures, errors, spike};
use super::rules::{Rule, RuleChange, Rules};
use super::*;
use crate::domain::environment::Environment;
use crate::domain::sample::at;
use crate::domain::usage::outcomes::Outcomes;
use crate::domain::verification::Code;

const MINUTE: i64 = 60;

fn reading(second: i64, value: u64, volume: u64) -> Reading {
    Reading { at: at(second), value, threshold: 100, volume, minimum: 50 }
}

/// What comes of readings one after the other: second, verdict.
fn run(readings: impl IntoIterator<Item = Reading>) -> Vec<(i64, Verdict)> {
    let rule = Rule::default_of(Kind::TrafficSpike);
    let mut watch: Option<Watch> = None;
    let mut told = Vec::new();
    for reading in readings {
        let (verdict, after) = evaluate(Kind::TrafficSpike, &reading, &rule, watch.as_ref());
        watch = after;
        if verdict != Verdict::Nothing {
            told.push((reading.at.millis_since(at(0)) / 1_000, verdict));
        }
    }
    told
}

#[test]
fn it_opens_once_at_the_threshold_and_resolves_below_four_fifths_found_twice_after_ten_minutes() {
    let minutes = |values: &[u64]| {
        let numbered = (0..).zip(values).map(|(minute, value)| reading(minute * MINUTE, *value, 50));
        run(numbered.collect::<Vec<_>>())
    };
    assert_eq!(minutes(&[99, 99]), []);
    assert_eq!(minutes(&[100, 120, 99, 81]), [(0, Verdict::Open)]);
    let mut values = vec![100];
    values.extend([79; 12]);
    assert_eq!(minutes(&values), [(0, Verdict::Open), (10 * MINUTE, Verdict::Resolve)], "not within ten minutes");
    let mut values = vec![100; 12];
    values.extend([79, 80, 79, 79]);
    let told = minutes(&values);
    assert_eq!(told.last(), Some(&(15 * MINUTE, Verdict::Resolve)), "80 is not calm: it begins anew");
    assert_eq!(told.iter().filter(|(_, verdict)| *verdict == Verdict::Update).count(), 1, "once in ten minutes");
}

#[test]
fn two_findings_within_a_minute_are_one() {
    let calm = [0, 5, 10].map(|second| reading(20 * MINUTE + second, 10, 50));
    let told = run([reading(0, 100, 50)].into_iter().chain(calm));
    assert_eq!(told, [(0, Verdict::Open)]);
    let apart = [0, CALM_PAUSE_MS / 1_000].map(|second| reading(20 * MINUTE + second, 10, 50));
    let told = run([reading(0, 100, 50)].into_iter().chain(apart));
    assert_eq!(told, [(0, Verdict::Open), (21 * MINUTE, Verdict::Resolve)]);
}

#[test]
fn too_few_requests_open_nothing_and_a_few_less_resolve_nothing() {
    assert_eq!(run([reading(0, 1_000, 49)]), []);
    let wavering = (0..40).map(|minute| reading(minute * MINUTE, 110, if minute % 2 == 0 { 51 } else { 45 }));
    assert!(run(wavering).iter().all(|(_, verdict)| *verdict != Verdict::Resolve));
}

#[test]
fn what_gets_worse_is_told_at_once_and_a_rule_that_is_switched_off_ends_it() {
    assert_eq!(
        run([reading(0, 100, 50), reading(5, 499, 50), reading(10, 500, 50), reading(15, 900, 50)]),
        [(0, Verdict::Open), (10, Verdict::Update)]
    );
    let rule = RuleChange { enabled: Some(false), ..RuleChange::default() };
    let rule = rule.apply(Rule::default_of(Kind::TrafficSpike));
    let (_, watch) = evaluate(Kind::TrafficSpike, &reading(0, 100, 50), &Rule::default_of(Kind::TrafficSpike), None);
    assert!(watch.is_some());
    assert_eq!(evaluate(Kind::TrafficSpike, &reading(1, 100, 50), &rule, watch.as_ref()), (Verdict::Resolve, None));
    assert_eq!(evaluate(Kind::TrafficSpike, &reading(1, 100, 50), &rule, None), (Verdict::Nothing, None));
}

#[test]
fn an_alert_of_a_clock_that_was_set_far_back_is_not_open_for_ever() {
    let calm = [0, 2].map(|minute| reading(minute * MINUTE - 86_400, 10, 50));
    assert_eq!(run([reading(0, 100, 50)].into_iter().chain(calm)).last().unwrap().1, Verdict::Resolve);
}

#[test]
fn the_usual_traffic_is_that_since_the_first_request_and_nothing_before_it() {
    let rule = Rule::default_of(Kind::TrafficSpike);
    let is_spike = |requests: u64, baseline: Baseline| {
        let reading = spike(at(86_400), &rule, requests, baseline.in_window(at(86_400)));
        evaluate(Kind::TrafficSpike, &reading, &rule, None).0 == Verdict::Open
    };
    let since = |requests: u64, hours: i64| Baseline { requests, first: Some(at(86_400 - hours * 3_600)) };
    assert!(is_spike(100, Baseline::default()) && !is_spike(99, Baseline::default()), "nothing is usual yet");
    // 60 in ten minutes, for a day and for an hour.
    for usual in [since(8_640, 24), since(360, 1)] {
        assert_eq!(usual.in_window(at(86_400)), 60);
        assert!(is_spike(240, usual) && !is_spike(239, usual));
    }
    assert!(!is_spike(399, since(100, 0)) && is_spike(400, since(100, 0)), "a minute ago counts as ten");
    assert_eq!(since(60, 1).and(since(40, 24)), since(100, 24), "both, since the first of either");
    assert_eq!(Baseline::default().and(since(40, 2)), since(40, 2));
}

#[test]
fn failures_are_what_is_refused_and_what_failed_behind_what_was_let_through() {
    let counts = [(Code::Valid, 60), (Code::RateLimited, 10), (Code::Expired, 5)];
    let refused = Failures::of_verifications(&counts);
    assert_eq!((refused.requests, refused.failed), (75, 15));
    let rule = Rule::default_of(Kind::ErrorRate);
    let opens = |failures| evaluate(Kind::ErrorRate, &errors(at(0), &rule, failures), &rule, None).0 == Verdict::Open;
    assert!(opens(refused), "a fifth");
    assert!(!opens(Failures { failed: 14, ..refused }));
    assert!(!opens(Failures { requests: 49, failed: 49 }));
    let told = |statuses: &[(u16, u64)]| {
        let mut outcomes = Outcomes::default();
        statuses.iter().for_each(|(status, times)| (0..*times).for_each(|_| outcomes.record(*status, 1)));
        let both = refused.and(&outcomes);
        (both.requests, both.failed)
    };
    assert_eq!(told(&[(200, 10), (404, 20)]), (75, 15), "what clients get wrong is none");
    assert_eq!(told(&[(503, 10)]), (75, 25), "of 60 that were let through");
    assert_eq!(told(&[(200, 90), (503, 10)]), (115, 25), "more were let through than are counted");
}

#[test]
fn every_kind_has_a_word_and_a_rule_by_default_within_its_range() {
    let words: BTreeSet<&str> = Kind::ALL.map(Kind::as_str).into();
    assert_eq!(words.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        let rule = Rule::default_of(kind);
        assert_eq!(rule.threshold.is_some(), Rule::threshold_range(kind).is_some());
        if let (Some(threshold), Some((least, most))) = (rule.threshold, Rule::threshold_range(kind)) {
            assert!((least..=most).contains(&threshold), "{kind:?}");
        }
    }
    assert_eq!(Kind::parse("trafficSpike"), None);
}

#[test]
fn keys_are_due_after_ninety_days_in_production_after_thirty_in_development_and_elsewhere_never() {
    let days = Rule::default_of(Kind::RotationDue).days.unwrap();
    let all = [Environment::Production, Environment::Development, Environment::Staging].map(Some);
    assert_eq!(all.map(|environment| days.of(environment)), [Some(90), Some(30), None]);
    assert_eq!(days.of(None), None);
}

#[test]
fn a_change_names_what_it_changes() {
    let days = vec![(None, Some(7))];
    let all = RuleChange { enabled: Some(false), threshold: Some(1), minimum: Some(2), days };
    assert_eq!(all.names(), ["enabled", "threshold", "minimum", "environments"]);
    assert_eq!(RuleChange { minimum: Some(2), ..RuleChange::default() }.names(), ["minimum"]);
    assert!(RuleChange::default().names().is_empty());
}

#[test]
fn only_what_was_changed_is_kept_and_each_change_is_numbered() {
    let mut rules = Rules::default();
    assert_eq!(serde_json::to_string(&rules).unwrap(), r#"{"version":0}"#);
    let rule = RuleChange { threshold: Some(90), minimum: Some(7), ..RuleChange::default() };
    let rule = rule.apply(rules.of(Kind::NearLimit));
    assert_eq!((rule.threshold, rule.minimum), (Some(90), None), "what it has not, it does not get");
    rules.set(Kind::NearLimit, Some(rule));
    let text = r#"{"version":1,"own":[["near_limit",{"enabled":true,"threshold":90}]]}"#;
    assert_eq!(serde_json::to_string(&rules).unwrap(), text);
    assert_eq!(serde_json::from_str::<Rules>(text).unwrap(), rules);
    rules.set(Kind::NearLimit, None);
    assert_eq!((rules.version, rules.of(Kind::NearLimit)), (2, Rule::default_of(Kind::NearLimit)));
}

proptest! {
    #[test]
    fn nothing_flaps_on_a_measure_that_wavers_around_the_threshold(
        values in prop::collection::vec((80_u64..130, 1_i64..400), 1..200)
    ) {
        let mut second = 0;
        let readings: Vec<Reading> = values.into_iter().map(|(value, pause)| {
            second += pause;
            reading(second, value, 60)
        }).collect();
        let has_reached = readings.iter().any(|reading| reading.value >= 100);
        let told = run(readings);
        prop_assert_eq!(told.iter().filter(|(_, verdict)| *verdict == Verdict::Open).count(), usize::from(has_reached));
        prop_assert!(told.iter().all(|(_, verdict)| *verdict != Verdict::Resolve));
    }

    #[test]
    fn whatever_is_measured_it_opens_and_resolves_in_turns_and_no_faster_than_every_ten_minutes(
        values in prop::collection::vec((0_u64..200, 0_u64..100, 1_i64..400), 1..300)
    ) {
        let mut second = 0;
        let readings: Vec<Reading> = values.into_iter().map(|(value, volume, pause)| {
            second += pause;
            reading(second, value, volume)
        }).collect();
        let mut opened = None;
        for (second, verdict) in run(readings) {
            match verdict {
                Verdict::Open => {
                    prop_assert_eq!(opened, None);
                    opened = Some(second);
                }
                Verdict::Update => prop_assert!(opened.is_some()),
                Verdict::Resolve => {
                    let since = opened.take();
                    prop_assert!(since.is_some_and(|since| (second - since) * 1_000 >= OPEN_MS_MIN));
                }
                Verdict::Nothing => {}
            }
        }
    }
}
